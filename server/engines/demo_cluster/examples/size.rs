//! What a cluster of a given size costs: `cargo run --release -p demo_cluster --example size -- 10000`.
//!
//! Prints pods and nodes, the time to found the cluster, the mean and the longest time of a simulated
//! second at rest and during a rollout of a tenth of the Deployments, and the memory of the process.

use std::{error::Error, fs, io::Write as _, time::Instant};

use demo_cluster::{
    Cluster,
    registry::{DEPLOYMENT, NODE, POD},
    value,
};
use domain::time::{Seconds, Timestamp};

/// A Tuesday morning.
const NOW: Timestamp = Timestamp::from_seconds(1_763_976_600);
/// Simulated seconds measured in each state.
const SECONDS: usize = 120;

fn main() -> Result<(), Box<dyn Error>> {
    let pods = std::env::args().nth(1).map_or(Ok(0), |it| it.parse())?;
    let mut out = std::io::stdout().lock();
    let start = Instant::now();
    let mut cluster = Cluster::of_size(7, NOW, pods);
    let founding = start.elapsed();
    let count = |kind| cluster.store().list(kind, None).count();
    writeln!(out, "pods {}, nodes {}", count(POD), count(NODE))?;
    writeln!(out, "founded in {:.1} s", founding.as_secs_f64())?;
    writeln!(out, "a second at rest: {}", seconds(&mut cluster))?;
    let released = release(&mut cluster)?;
    let during = seconds(&mut cluster);
    writeln!(out, "a second while {released} Deployments roll: {during}")?;
    writeln!(out, "memory {} MiB", resident_kib()? / 1024)?;
    Ok(())
}

/// Mean and longest time of a simulated second.
fn seconds(cluster: &mut Cluster) -> String {
    let mut times: Vec<f64> = (0..SECONDS)
        .map(|_| {
            let start = Instant::now();
            cluster.advance(cluster.now() + Seconds(1));
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    let longest = times.last().copied().unwrap_or_default();
    format!("mean {mean:.1} ms, longest {longest:.1} ms")
}

/// Gives every tenth Deployment another image; says how many that were.
fn release(cluster: &mut Cluster) -> Result<usize, Box<dyn Error>> {
    let keys: Vec<(String, String)> = cluster
        .store()
        .list(DEPLOYMENT, None)
        .step_by(10)
        .map(|it| (value::namespace(it).to_owned(), value::name(it).to_owned()))
        .collect();
    let now = cluster.now();
    for (namespace, name) in &keys {
        cluster
            .store_mut()
            .update(DEPLOYMENT, namespace, name, now, |deployment| {
                deployment["spec"]["template"]["spec"]["containers"][0]["image"] =
                    "registry.example.com/other:2.0.0".into();
            })
            .map_err(|status| status.message().to_owned())?;
    }
    Ok(keys.len())
}

/// Memory of this process that is in use, KiB, as Linux tells it.
fn resident_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("no VmRSS in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
