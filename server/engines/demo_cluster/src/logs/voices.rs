//! How different programs write their logs.

use domain::time::{Seconds, Timestamp};

use super::{CELL, LogLine};
use crate::{
    chance::{between, hex, mix, pick, unit},
    company::Fate,
    usage::Profile,
    value::{wire_micro_time, wire_time},
};

/// Seconds at the start of a run that belong to its opening lines.
pub(super) const OPENING: i64 = 2;

/// One run of a container.
pub(super) struct Run<'a> {
    pub seed: u64,
    pub started_at: Timestamp,
    pub until: Timestamp,
    /// How it ended, if it did: `Completed`, `Error`, `OOMKilled`.
    pub ended_by: Option<&'a str>,
    pub fate: Fate,
    /// The workload's name.
    pub name: &'a str,
    pub pod: &'a str,
    pub image: &'a str,
    pub profile: Option<Profile>,
    pub founded_at: Timestamp,
    pub load_seed: u64,
}

impl Run<'_> {
    fn version(&self) -> &str {
        self.image.rsplit(':').next().unwrap_or("latest")
    }

    /// Demand as a share of its weekday peak; 1 for programs whose demand nobody described.
    fn busy(&self, at: Timestamp) -> f64 {
        self.profile.map_or(1.0, |profile| {
            let demand = profile.demand.at(self.load_seed, self.founded_at, at);
            (demand / profile.demand.level.max(0.001)).min(4.0)
        })
    }

    fn leaked_mib(&self, at: Timestamp) -> f64 {
        let hours = at.seconds_since(self.started_at).max(0) as f64 / 3600.0;
        self.profile.map_or(0.0, |profile| {
            profile.memory_idle + profile.leak_per_hour * hours
        })
    }
}

/// A way of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// JSON lines of the company's own services.
    Service,
    /// A web server's access log.
    Access,
    Postgres,
    Redis,
    /// `klog`, as Kubernetes' own components write.
    Klog,
    /// `key=value` lines of Prometheus and Grafana.
    Logfmt,
    Dns,
    /// A program nobody described.
    Plain,
}

impl Voice {
    /// The voice of the program in the image.
    pub(super) fn of(run: &Run<'_>) -> Self {
        let path = run.image.split(['@']).next().unwrap_or(run.image);
        let name = path.rsplit('/').next().unwrap_or(path);
        match name.split(':').next().unwrap_or(name) {
            "nginx" | "httpd" | "caddy" => Self::Access,
            "postgres" => Self::Postgres,
            "redis" | "valkey" => Self::Redis,
            "coredns" => Self::Dns,
            "prometheus" | "grafana" => Self::Logfmt,
            kube if kube.starts_with("kube-") || kube == "etcd" || kube == "metrics-server" => {
                Self::Klog
            }
            _ if path.starts_with("registry.example.com/") => Self::Service,
            _ => Self::Plain,
        }
    }

    /// Most lines in a cell, at peak.
    const fn most_lines(self) -> i64 {
        match self {
            Self::Service | Self::Access => 4,
            Self::Postgres | Self::Logfmt | Self::Dns | Self::Redis | Self::Klog | Self::Plain => 1,
        }
    }

    /// Share of cells with anything in them.
    const fn talkativeness(self) -> f64 {
        match self {
            Self::Service | Self::Access => 1.0,
            Self::Postgres | Self::Logfmt => 0.25,
            Self::Dns | Self::Plain => 0.12,
            Self::Redis | Self::Klog => 0.06,
        }
    }

    /// Lines of one cell of ten seconds.
    pub(super) fn cell(self, run: &Run<'_>, cell: i64) -> Vec<LogLine> {
        let chance = mix(run.seed, cell as u64);
        let start = Timestamp::from_seconds(cell * CELL);
        if unit(chance) >= self.talkativeness() {
            return Vec::new();
        }
        let most = (self.most_lines() as f64 * run.busy(start))
            .round()
            .max(1.0) as i64;
        let mut lines: Vec<_> = (0..between(mix(chance, 1), 1, most))
            .map(|index| {
                let chance = mix(chance, 0x11 + index as u64);
                let at = Timestamp(start.0 + between(chance, 0, CELL * 1000 - 1));
                LogLine {
                    at,
                    text: self.line(run, at, mix(chance, 7)),
                }
            })
            .collect();
        lines.sort_by_key(|line| line.at);
        lines
    }

    fn line(self, run: &Run<'_>, at: Timestamp, chance: u64) -> String {
        match self {
            Self::Service => service(run, at, chance),
            Self::Access => access(at, chance),
            Self::Postgres => postgres(at, chance),
            Self::Redis => redis(at, chance),
            Self::Klog => klog(at, chance),
            Self::Logfmt => logfmt(run, at, chance),
            Self::Dns => dns(chance),
            Self::Plain => format!("{} {} alive", wire_time(at), run.name),
        }
    }

    /// What the program says when it starts.
    pub(super) fn opening(self, run: &Run<'_>) -> Vec<LogLine> {
        let texts = match self {
            Self::Service => service_opening(run),
            Self::Access => vec![
                "/docker-entrypoint.sh: Configuration complete; ready for start up".to_owned(),
                format!("{} [notice] 1#1: start worker processes", slashed(run.started_at)),
            ],
            Self::Postgres => vec![
                format!("{} [1] LOG:  starting PostgreSQL 16.6 on x86_64-pc-linux-gnu", spaced(run.started_at)),
                format!("{} [1] LOG:  listening on IPv4 address \"0.0.0.0\", port 5432", spaced(run.started_at)),
                format!("{} [1] LOG:  database system is ready to accept connections", spaced(run.started_at)),
            ],
            Self::Redis => vec![
                format!("1:C {} * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo", spaced(run.started_at)),
                format!("1:M {} * Ready to accept connections tcp", spaced(run.started_at)),
            ],
            Self::Klog => vec![format!(
                "{} 1 server.go:{}] \"Starting\" version=\"{}\"",
                klog_head('I', run.started_at),
                100 + run.seed % 400,
                run.version()
            )],
            Self::Logfmt => vec![format!(
                "time={} level=INFO source=main.go:642 msg=\"Starting {}\" version={}",
                wire_micro_time(run.started_at),
                run.name,
                run.version()
            )],
            Self::Dns => vec![
                ".:53".to_owned(),
                "[INFO] plugin/reload: Running configuration SHA512 = 591cf328cccc12bc490481273e738df5".to_owned(),
                format!("CoreDNS-{}", run.version().trim_start_matches('v')),
            ],
            Self::Plain => vec![format!("{} starting", run.name)],
        };
        spread(texts, run.started_at)
    }

    /// What the program says last; nothing when it still runs or was killed without warning.
    pub(super) fn farewell(self, run: &Run<'_>) -> Vec<LogLine> {
        match (run.ended_by, run.fate) {
            (Some("Error"), Fate::Crashes { .. }) => {
                spread(stack_trace(run), run.until - Seconds(1))
            }
            (Some("OOMKilled"), _) => vec![LogLine {
                at: Timestamp(run.until.0 - 340),
                text: memory_warning(run, run.until),
            }],
            (Some(_) | None, _) => Vec::new(),
        }
    }
}

fn spread(texts: Vec<String>, from: Timestamp) -> Vec<LogLine> {
    texts
        .into_iter()
        .enumerate()
        .map(|(index, text)| LogLine {
            at: Timestamp(from.0 + 40 + 55 * index as i64),
            text,
        })
        .collect()
}

fn json_line(at: Timestamp, level: &str, service: &str, rest: &str) -> String {
    format!(
        "{{\"time\":\"{}\",\"level\":\"{level}\",\"service\":\"{service}\",{rest}}}",
        millis(at)
    )
}

fn service(run: &Run<'_>, at: Timestamp, chance: u64) -> String {
    if run.fate == Fate::Leaks && unit(chance) < 0.08 {
        return memory_warning(run, at);
    }
    if let "ingest" | "report-worker" = run.name {
        return batch(run, at, chance);
    }
    let paths: &[&str] = match run.name {
        "storefront" => &["/", "/products", "/cart", "/search", "/account/orders"],
        "checkout" => &["/checkout", "/checkout/confirm", "/shipping/quotes"],
        "catalog" => &["/v1/products", "/v1/categories", "/v1/prices"],
        "recommendations" => &["/v1/similar", "/v1/for-you"],
        "gateway" => &[
            "/v1/authorize",
            "/v1/capture",
            "/v1/refund",
            "/webhooks/bank",
        ],
        "ledger" => &["/v1/entries", "/v1/balance"],
        _ => &["/", "/healthz"],
    };
    let slow = unit(mix(chance, 1));
    let status = match unit(mix(chance, 2)) {
        share if share < 0.955 => 200,
        share if share < 0.985 => 404,
        share if share < 0.995 => 429,
        _ => 503,
    };
    let level = if status >= 500 { "error" } else { "info" };
    let duration = 3.0 + 55.0 * slow * slow + if slow > 0.98 { 420.0 } else { 0.0 };
    let rest = format!(
        "\"method\":\"{}\",\"path\":\"{}\",\"status\":{status},\"duration_ms\":{duration:.1},\"trace_id\":\"{}\"",
        if unit(mix(chance, 3)) < 0.8 {
            "GET"
        } else {
            "POST"
        },
        pick(mix(chance, 4), paths),
        hex(mix(chance, 5), 16),
    );
    json_line(at, level, run.name, &rest)
}

fn batch(run: &Run<'_>, at: Timestamp, chance: u64) -> String {
    let busy = run.busy(at);
    let rows = (busy * between(chance, 380, 520) as f64) as i64;
    if run.name == "report-worker" && busy < 2.0 {
        return json_line(
            at,
            "info",
            run.name,
            "\"msg\":\"queue empty\",\"waiting\":0",
        );
    }
    let rest = format!(
        "\"msg\":\"batch written\",\"rows\":{rows},\"duration_ms\":{},\"partition\":{}",
        between(mix(chance, 1), 40, 260),
        between(mix(chance, 2), 0, 11)
    );
    json_line(at, "info", run.name, &rest)
}

fn memory_warning(run: &Run<'_>, at: Timestamp) -> String {
    let used = run.leaked_mib(at);
    let rest = format!(
        "\"msg\":\"vector cache over its budget, nothing evicted\",\"heap_mib\":{used:.0},\"cached_vectors\":{}",
        (used * 412.0) as u64
    );
    json_line(at, "warn", run.name, &rest)
}

fn service_opening(run: &Run<'_>) -> Vec<String> {
    let line = |rest: &str| json_line(run.started_at, "info", run.name, rest);
    vec![
        line(&format!(
            "\"msg\":\"starting\",\"version\":\"{}\"",
            run.version()
        )),
        line(&format!(
            "\"msg\":\"settings read\",\"pod\":\"{}\"",
            run.pod
        )),
    ]
}

/// What a service writes that dies for want of a setting.
fn stack_trace(run: &Run<'_>) -> Vec<String> {
    let error = json_line(
        run.until,
        "error",
        run.name,
        "\"msg\":\"cannot start\",\"error\":\"required setting FEATURE_STORE_URL is not set\"",
    );
    let package = run.name.replace('-', "");
    vec![
        error,
        "panic: required setting FEATURE_STORE_URL is not set".to_owned(),
        String::new(),
        "goroutine 1 [running]:".to_owned(),
        format!("{package}/internal/settings.MustRead({{0xc000126000, 0x11}})"),
        "\t/src/internal/settings/settings.go:58 +0x1c5".to_owned(),
        "main.main()".to_owned(),
        format!("\t/src/cmd/{}/main.go:41 +0x9a", run.name),
    ]
}

fn access(at: Timestamp, chance: u64) -> String {
    let status = if unit(mix(chance, 1)) < 0.96 {
        200
    } else {
        404
    };
    format!(
        "10.244.{}.{} - - [{}] \"GET {} HTTP/1.1\" {status} {} \"-\" \"Mozilla/5.0\" \"-\"",
        chance % 3,
        2 + chance % 200,
        clf(at),
        pick(
            mix(chance, 2),
            &[
                "/",
                "/index.html",
                "/style.css",
                "/logo.svg",
                "/favicon.ico"
            ]
        ),
        between(mix(chance, 3), 300, 24_000)
    )
}

fn postgres(at: Timestamp, chance: u64) -> String {
    let head = spaced(at);
    let process = 40 + chance % 900;
    match chance % 3 {
        0 => format!("{head} [27] LOG:  checkpoint starting: time"),
        1 => format!(
            "{head} [27] LOG:  checkpoint complete: wrote {} buffers ({:.1}%); 0 WAL file(s) added, 0 removed, 1 recycled",
            between(chance, 200, 4000),
            unit(chance) * 9.0
        ),
        _ => format!(
            "{head} [{process}] LOG:  duration: {}.{} ms  statement: SELECT id, price FROM products WHERE category = $1",
            between(chance, 500, 2400),
            chance % 1000
        ),
    }
}

fn redis(at: Timestamp, chance: u64) -> String {
    let head = spaced(at);
    match chance % 2 {
        0 => format!(
            "1:M {head} * {} changes in 60 seconds. Saving...",
            between(chance, 10_000, 60_000)
        ),
        _ => format!("1:M {head} * Background saving terminated with success"),
    }
}

fn klog(at: Timestamp, chance: u64) -> String {
    let head = klog_head('I', at);
    match chance % 3 {
        0 => format!(
            "{head} 1 trace.go:236] Trace[{}]: \"List\" (total time: {}ms)",
            chance % 1_000_000,
            between(chance, 500, 900)
        ),
        1 => format!("{head} 1 reflector.go:376] \"Caches populated\" type=\"*v1.EndpointSlice\""),
        _ => format!("{head} 1 cidrallocator.go:277] \"updated ClusterIP allocator\""),
    }
}

fn logfmt(run: &Run<'_>, at: Timestamp, chance: u64) -> String {
    let message = match (run.name, chance % 3) {
        ("prometheus", 0) => "write block",
        ("prometheus", 1) => "Head GC completed",
        ("prometheus", _) => "WAL checkpoint complete",
        (_, 0) => "Request Completed",
        (_, 1) => "Usage stats are ready to report",
        (_, _) => "Completed cleanup jobs",
    };
    format!(
        "time={} level=INFO source=head.go:{} msg=\"{message}\" duration={}ms",
        wire_micro_time(at),
        between(chance, 600, 1400),
        between(mix(chance, 1), 4, 900)
    )
}

fn dns(chance: u64) -> String {
    format!(
        "[INFO] 10.244.{}.{}:{} - {} \"A IN {}. udp 54 false 512\" NOERROR qr,aa,rd 106 0.0002{}s",
        chance % 3,
        2 + chance % 200,
        between(chance, 32_000, 60_000),
        chance % 65_536,
        pick(
            mix(chance, 1),
            &[
                "catalog.shop.svc.cluster.local",
                "postgres.data.svc.cluster.local",
                "gateway.payments.svc.cluster.local",
            ],
        ),
        chance % 100
    )
}

/// `2026-11-24T06:12:24.250Z`.
fn millis(at: Timestamp) -> String {
    let micros = wire_micro_time(at);
    format!("{}Z", micros.trim_end_matches("000Z"))
}

/// `2026-11-24 06:12:24.250 UTC`.
fn spaced(at: Timestamp) -> String {
    format!("{} UTC", millis(at).replace('T', " ").trim_end_matches('Z'))
}

/// `2026/11/24 06:12:24`.
fn slashed(at: Timestamp) -> String {
    wire_time(at)
        .replace('-', "/")
        .replace('T', " ")
        .replace('Z', "")
}

/// `24/Nov/2026:06:12:24 +0000`.
fn clf(at: Timestamp) -> String {
    let when = at.to_offset();
    let month = when.month().to_string();
    format!(
        "{:02}/{}/{}:{:02}:{:02}:{:02} +0000",
        when.day(),
        &month[..3],
        when.year(),
        when.hour(),
        when.minute(),
        when.second()
    )
}

/// `I1124 06:12:24.250000`.
fn klog_head(level: char, at: Timestamp) -> String {
    let when = at.to_offset();
    format!(
        "{level}{:02}{:02} {:02}:{:02}:{:02}.{:06}",
        u8::from(when.month()),
        when.day(),
        when.hour(),
        when.minute(),
        when.second(),
        at.0.rem_euclid(1000) * 1000
    )
}
