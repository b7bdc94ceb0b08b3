//! What a cluster of a given size costs: `cargo run --release -p demo_cluster --example size -- 10000`.
//!
//! Prints pods and nodes, what founding the cluster and a list of all pods took, what a simulated second takes at
//! rest and during a rollout of a tenth of the Deployments, and the memory of the process. Times are of the
//! processor, in steps of 10 ms, so that other programs on the machine do not show.

use std::{error::Error, fs, io::Write as _};

use demo_cluster::{
    Cluster,
    api::{Options, Request, Verb},
    registry::{DEPLOYMENT, NODE, POD},
    value,
};
use domain::time::{Seconds, Timestamp};

/// A Tuesday morning.
const NOW: Timestamp = Timestamp::from_seconds(1_763_976_600);
/// Simulated seconds measured in each state.
const SECONDS: u32 = 120;
/// Milliseconds of one tick of the kernel's accounts.
const TICK_MS: f64 = 10.0;

fn main() -> Result<(), Box<dyn Error>> {
    let pods = std::env::args().nth(1).map_or(Ok(0), |it| it.parse())?;
    let mut out = std::io::stdout().lock();
    let mut cluster = Cluster::of_size(7, NOW, pods);
    let founding = processor_ms()?;
    let count = |kind| cluster.store().list(kind, None).count();
    writeln!(out, "pods {}, nodes {}", count(POD), count(NODE))?;
    writeln!(out, "founding: {:.1} s", founding / 1000.0)?;
    writeln!(out, "listing all pods: {}", listing(&mut cluster)?)?;
    writeln!(out, "a second at rest: {}", seconds(&mut cluster)?)?;
    let released = release(&mut cluster)?;
    let during = seconds(&mut cluster)?;
    writeln!(out, "a second while {released} Deployments roll: {during}")?;
    writeln!(out, "memory {} MiB", resident_kib()? / 1024)?;
    Ok(())
}

/// What a list of all pods as JSON takes, and how long it is.
fn listing(cluster: &mut Cluster) -> Result<String, Box<dyn Error>> {
    let start = processor_ms()?;
    let list = cluster
        .call(&Request {
            verb: Verb::List,
            kind: POD,
            namespace: None,
            name: None,
            subresource: None,
            body: None,
            options: Options::default(),
        })
        .map_err(|status| status.message().to_owned())?;
    let bytes = serde_json::to_vec(&list)?.len();
    let taken = processor_ms()? - start;
    Ok(format!("{taken:.0} ms, {} MiB", bytes >> 20))
}

/// Mean and longest time of a simulated second.
fn seconds(cluster: &mut Cluster) -> Result<String, Box<dyn Error>> {
    let start = processor_ms()?;
    let (mut before, mut longest) = (start, 0.0);
    for _ in 0..SECONDS {
        cluster.advance(cluster.now() + Seconds(1));
        let now = processor_ms()?;
        longest = f64::max(longest, now - before);
        before = now;
    }
    let mean = (before - start) / f64::from(SECONDS);
    Ok(format!("mean {mean:.1} ms, longest {longest:.0} ms"))
}

/// Milliseconds the processor has worked for this process, as Linux tells it.
fn processor_ms() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // Fields are counted after the name, which is in parentheses and may contain anything.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?;
    let ticks = |place| -> Result<f64, Box<dyn Error>> {
        let field = fields.split_whitespace().nth(place);
        Ok(field.ok_or("too few fields in /proc/self/stat")?.parse()?)
    };
    Ok((ticks(11)? + ticks(12)?) * TICK_MS)
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
