//! `ai4k8s demo-cluster`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use demo_api::{DemoApi, DemoOptions, Faults, Scenario};

use super::{Outcome, logging, say};

/// What can be set on the command line.
#[derive(Debug, clap::Args)]
pub(super) struct DemoCluster {
    /// Loopback port of its Kubernetes API; 0 for any free one.
    #[arg(long, default_value_t = 6443)]
    port: u16,
    /// Where to write the kubeconfig (mode 0600).
    #[arg(long, value_name = "FILE")]
    kubeconfig_out: PathBuf,
    /// Keep state, certificates and token here; without it every start is a new cluster.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// What the company and its load follow from.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Simulated seconds per second.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Run about this many pods, with as many nodes as they need, instead of the company's own.
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    pods: usize,
    /// Trouble to begin with, a minute of simulated time after the start.
    #[arg(long, value_name = "NAME", value_parser = scenarios())]
    scenario: Option<Scenario>,
    /// What goes wrong on purpose, comma-separated: latency=250ms@0.5, refuse=429@0.1, retry-after=2s,
    /// drop-watches=30s, stale-metrics=2m, seed=7.
    #[arg(
        long,
        value_name = "FAULTS",
        default_value = "",
        hide_default_value = true
    )]
    faults: Faults,
}

/// Reads a speed, which must let time pass.
fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if speed.is_finite() && speed > 0.0 {
        Ok(speed)
    } else {
        Err("time must pass: a number above 0".to_owned())
    }
}

/// The names of the scenarios, for help and completion.
fn scenarios() -> impl TypedValueParser<Value = Scenario> {
    PossibleValuesParser::new(Scenario::ALL.map(Scenario::name))
        .try_map(|name| name.parse::<Scenario>())
}

impl DemoCluster {
    pub(super) async fn run(self) -> Outcome {
        logging::start();
        kube_cluster::ensure_crypto();
        let demo = DemoApi::start(DemoOptions {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)),
            data_dir: self.data_dir,
            seed: self.seed,
            speed: self.speed,
            pods: self.pods,
            scenario: self.scenario,
            faults: self.faults,
        })
        .await?;
        demo.write_kubeconfig(&self.kubeconfig_out)?;
        say(&format!("demo cluster on https://{}", demo.address()));
        say(&format!(
            "kubectl --kubeconfig {} get pods -A",
            self.kubeconfig_out.display()
        ));
        tokio::signal::ctrl_c().await?;
        demo.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        demo: DemoCluster,
    }

    fn parse(arguments: &[&str]) -> Result<DemoCluster, clap::Error> {
        let line = ["demo-cluster", "--kubeconfig-out", "demo.kubeconfig"];
        Line::try_parse_from(line.iter().chain(arguments)).map(|line| line.demo)
    }

    #[test]
    fn reads_scenario_size_and_faults() {
        let demo = parse(&[
            "--scenario",
            "node-loss",
            "--pods",
            "1000",
            "--speed",
            "60",
            "--faults",
            "refuse=429@0.1,retry-after=2s",
        ])
        .unwrap();
        assert_eq!((demo.scenario, demo.pods), (Some(Scenario::NodeLoss), 1000));
        assert_eq!(demo.faults.refusals.len(), 1);
    }

    #[test]
    fn nothing_is_out_of_the_ordinary_by_default() {
        let demo = parse(&[]).unwrap();
        assert_eq!((demo.scenario, demo.pods), (None, 0));
        assert_eq!(demo.faults, Faults::default());
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for arguments in [
            ["--scenario", "calm"],
            ["--faults", "rain=1s"],
            ["--speed", "0"],
        ] {
            assert!(parse(&arguments).is_err(), "{arguments:?}");
        }
    }
}
