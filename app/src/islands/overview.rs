//! What is going on in a cluster, kept current.

use domain::{
    OpsError,
    cluster::{Attention, Overview, Utilisation},
    ids::ClusterId,
    resources::{Availability, Event},
    series::Series,
    time::Timestamp,
};
use leptos::prelude::*;

use super::{
    live::{Stream, use_events},
    page,
};
use crate::components::{
    ask_button::AskButton,
    chart::{Chart, ChartData},
    state::{Empty, Missing},
    status::SeverityMark,
    text::sentence,
    time::Ago,
    usage::{cores, memory, percent},
    workloads::WorkloadTable,
};

/// The overview, kept current while it is looked at.
#[island]
pub fn LiveOverview(
    /// As it was when the page was asked for.
    overview: Overview,
) -> impl IntoView {
    let id = overview.cluster.id;
    let overview = RwSignal::new(overview);
    let url = Signal::stored(Some(format!("/api/v1/clusters/{id}/overview/events")));
    let stream = use_events(url, &["overview"], move |_, data| {
        if let Ok(newer) = serde_json::from_str::<Overview>(&data) {
            overview.set(newer);
            // Ages that read as before are not written again, though they may have moved on since.
            request_animation_frame(page::move_times_on);
        }
    });
    let workloads = Memo::new(move |_| overview.read().workloads.clone());
    let stale = Memo::new(move |_| overview.read().stale.clone());
    let attention = Memo::new(move |_| overview.read().attention.clone());
    let warnings = Memo::new(move |_| overview.read().warnings.clone());
    view! {
        <p class="age">{move || freshness(stream.get(), &overview.read())}</p>
        {move || stale.get().map(|why| stale_notice(why, overview.read_untracked().taken_at))}
        <Summary overview />
        <div class="two">
            <div class="stack">
                <Charts overview />
                <section class="card" aria-label="Workloads by pressure">
                    <div class="head">
                        <h2>"Workloads by pressure"</h2>
                        <span class="end">
                            <a class="btn" href=format!("/c/{id}/autoscaling")>
                                "Autoscaling"
                            </a>
                        </span>
                    </div>
                    {move || view! { <WorkloadTable cluster=id workloads=workloads.get() /> }}
                </section>
            </div>
            <div class="stack">
                <section class="card" aria-label="Needs attention">
                    <h2>"Needs attention"</h2>
                    {move || attention_list(id, attention.get())}
                </section>
                <section class="card" aria-label="Recent warnings">
                    <h2>"Warnings of the last hour"</h2>
                    {move || warning_list(&warnings.read())}
                </section>
            </div>
        </div>
    }
    .into_any()
}

/// Says that what follows is how it stood, and why it is not known how it stands.
fn stale_notice(why: OpsError, taken_at: Timestamp) -> AnyView {
    let hint = (!why.hint.is_empty()).then(|| view! { <p class="sub pre">{why.hint}</p> });
    view! {
        <div class="problem" role="status">
            <p>
                <span class="shape bad" aria-hidden="true">"■ "</span>
                {sentence(&why.message)}
                " What is shown is how it stood "
                <Ago at=taken_at />
                "."
            </p>
            {hint}
        </div>
    }
    .into_any()
}

fn freshness(stream: Stream, overview: &Overview) -> AnyView {
    let is_live = stream == Stream::Live && overview.stale.is_none();
    let live = match stream {
        Stream::Live if is_live => "live · ",
        Stream::Connecting => "reconnecting · ",
        Stream::Live | Stream::Off => "",
    };
    let class = if is_live { "dot-live" } else { "dot-still" };
    match overview.measured_at {
        Some(at) => {
            view! { <span class=class>{live} "metrics measured " <Ago at /></span> }.into_any()
        }
        None => view! { <span class="dot-still">{live} "no metrics"</span> }.into_any(),
    }
}

#[component]
fn Summary(overview: RwSignal<Overview>) -> impl IntoView {
    view! {
        <section class="cards" aria-label="Summary">
            <div class="card">
                <h2>"Nodes"</h2>
                <p class="big">
                    {move || overview.read().nodes_ready}
                    " "
                    <span class="sub">{move || format!("of {} ready", overview.read().nodes_total)}</span>
                </p>
                <p class="sub">{move || capacity(&overview.read())}</p>
            </div>
            <div class="card">
                <h2>"Pods"</h2>
                <p class="big">{move || overview.read().pods.total}</p>
                <p class="sub">{move || pod_words(&overview.read())}</p>
            </div>
            <div class="card">
                <h2>"CPU " <span>"of allocatable"</span></h2>
                {move || share(&overview.read().cpu, cores)}
            </div>
            <div class="card">
                <h2>"Memory " <span>"of allocatable"</span></h2>
                {move || share(&overview.read().memory, memory)}
            </div>
        </section>
    }
    .into_any()
}

fn capacity(overview: &Overview) -> String {
    let cpu = overview.cpu.as_option().map(|cpu| cores(cpu.allocatable));
    let ram = overview
        .memory
        .as_option()
        .map(|ram| memory(ram.allocatable));
    match (cpu, ram) {
        (Some(cpu), Some(ram)) => format!("{cpu} · {ram} allocatable"),
        (Some(one), None) | (None, Some(one)) => format!("{one} allocatable"),
        (None, None) => String::new(),
    }
}

fn pod_words(overview: &Overview) -> AnyView {
    let pods = overview.pods;
    let pending =
        (pods.pending > 0).then(|| view! { " · " <b class="warn">{pods.pending}" pending"</b> });
    let failing =
        (pods.failing > 0).then(|| view! { " · " <b class="bad">{pods.failing}" failing"</b> });
    let ended = (pods.succeeded > 0).then(|| format!(" · {} ended", pods.succeeded));
    view! {
        <b class="ok">{pods.running}" running"</b>
        {pending}
        {failing}
        {ended}
    }
    .into_any()
}

fn share<T: Copy>(of: &Availability<Utilisation<T>>, words: fn(T) -> String) -> AnyView {
    match of {
        Availability::Available(use_of) => view! {
            <p class="big">{percent(use_of.percent)}</p>
            <p class="sub">{format!("{} of {} used", words(use_of.used), words(use_of.allocatable))}</p>
        }
        .into_any(),
        Availability::Unavailable(why) => view! {
            <p class="big">"—"</p>
            <Missing why=why.clone() />
        }
        .into_any(),
    }
}

#[component]
fn Charts(overview: RwSignal<Overview>) -> impl IntoView {
    let cpu = Memo::new(move |_| overview.read().cpu_history.clone());
    let ram = Memo::new(move |_| overview.read().memory_history.clone());
    let cpu_limit = Memo::new(move |_| {
        let overview = overview.read();
        overview.cpu.as_option().map(|cpu| cpu.allocatable.cores())
    });
    let ram_limit = Memo::new(move |_| {
        let overview = overview.read();
        overview
            .memory
            .as_option()
            .map(|ram| ram.allocatable.0 as f64 / f64::from(1 << 30))
    });
    view! {
        <section class="card" aria-label="CPU, last 24 hours">
            <h2>"CPU, last 24 hours"</h2>
            <History history=cpu limit=cpu_limit quantity="CPU" unit="cores" id="chart-cpu" />
        </section>
        <section class="card" aria-label="Memory, last 24 hours">
            <h2>"Memory, last 24 hours"</h2>
            <History history=ram limit=ram_limit quantity="Memory" unit="GiB" id="chart-memory" />
        </section>
    }
    .into_any()
}

#[component]
fn History(
    history: Memo<Availability<Series>>,
    limit: Memo<Option<f64>>,
    quantity: &'static str,
    unit: &'static str,
    id: &'static str,
) -> impl IntoView {
    let why = Memo::new(move |_| match &*history.read() {
        Availability::Available(_) => None,
        Availability::Unavailable(why) => Some(why.clone()),
    });
    let data = Signal::derive(move || {
        let series = history.read().as_option().cloned();
        let series =
            series.unwrap_or_else(|| Series::from_samples(&[], domain::time::Seconds(300)));
        let mut chart = ChartData::of_history(quantity, unit, series);
        chart.limits = limit
            .get()
            .map(|value| ("allocatable".to_owned(), value))
            .into_iter()
            .collect();
        chart
    });
    move || match why.get() {
        Some(why) => view! { <Missing why /> }.into_any(),
        None => view! { <Chart data id /> }.into_any(),
    }
}

fn attention_list(cluster: ClusterId, items: Vec<Attention>) -> AnyView {
    if items.is_empty() {
        return view! {
            <Empty title="Nothing needs attention">
                <p>"No pod is failing or waiting, and no workload is near its limits."</p>
            </Empty>
        }
        .into_any();
    }
    let items = items
        .into_iter()
        .map(|item| {
            let label = format!("Ask why about {}", item.subject);
            view! {
                <li>
                    <SeverityMark severity=item.severity />
                    <span>
                        <b>{item.subject}</b>
                        " "
                        {item.summary}
                        <span class="sub block">{item.detail}</span>
                    </span>
                    <span aria-label=label role="group">
                        <AskButton cluster message=item.question label="Ask why" />
                    </span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="list">{items}</ul> }.into_any()
}

fn warning_list(events: &[Event]) -> AnyView {
    if events.is_empty() {
        return view! { <p class="sub">"No warnings in the last hour."</p> }.into_any();
    }
    let items = events
        .iter()
        .map(|event| {
            let object = format!(
                "{} {}/{}",
                event.object_kind, event.namespace, event.object_name
            );
            view! {
                <li>
                    <p>
                        <b class="warn">{event.reason.clone()}</b>
                        <span class="sub">
                            {format!(" {}×, last ", event.count)} <Ago at=event.last_seen />
                        </span>
                    </p>
                    <p class="mono">{object}</p>
                    <p class="sub">{event.message.clone()}</p>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="plain events scroll" tabindex="0" aria-label="Warning events">
            {items}
        </ul>
    }
    .into_any()
}
