//! An API server that plays a script: pods as the test says, and none of anything else.

use std::sync::{Arc, Mutex};

use domain::cluster::ClusterMode;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::{KubeCluster, fake_api::FakeApi, transport::Limits};

/// What is answered to one request for pods.
pub(super) enum Reply {
    /// A whole answer.
    Whole(u16, Value),
    /// A watch: these bytes, then the end of the stream.
    Ended(String),
    /// A watch: these bytes, then silence.
    Open(String),
}

/// Answers the request for pods with this query, knowing how many came before it.
type Script = dyn Fn(&str, usize) -> Reply + Send + Sync;

/// The server, and what it was asked.
pub(super) struct Scripted {
    api: FakeApi,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub(super) async fn start(
        script: impl Fn(&str, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let script: Arc<Script> = Arc::new(script);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let play = {
            let asked = Arc::clone(&asked);
            move |listener| play(listener, script, asked)
        };
        Self {
            api: FakeApi::before(listener, play).await,
            asked,
        }
    }

    pub(super) fn cluster(&self, limits: Limits) -> KubeCluster {
        self.api.cluster_within(ClusterMode::Approve, limits)
    }

    /// How many requests for pods were lists, and how many watches.
    pub(super) fn lists_and_watches(&self) -> (usize, usize) {
        let asked = self.asked.lock().unwrap();
        let watches = asked.iter().filter(|query| is_watch(query)).count();
        (asked.len() - watches, watches)
    }
}

pub(super) fn is_watch(query: &str) -> bool {
    query.contains("watch=true")
}

/// A list of pods at a version.
pub(super) fn pods(version: u32, names: &[&str]) -> Reply {
    let items: Vec<Value> = names.iter().map(|name| pod(name, version)).collect();
    let list = json!({"kind": "PodList", "apiVersion": "v1",
        "metadata": {"resourceVersion": version.to_string()}, "items": items});
    Reply::Whole(200, list)
}

/// A line of a watch.
pub(super) fn event(kind: &str, name: &str, version: u32) -> String {
    format!("{}\n", json!({"type": kind, "object": pod(name, version)}))
}

/// The end of a watch whose version is too old.
pub(super) fn gone() -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 410,
        "reason": "Expired", "message": "too old resource version: 1 (7)", "metadata": {}})
}

fn pod(name: &str, version: u32) -> Value {
    json!({"kind": "Pod", "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "shop", "resourceVersion": version.to_string()},
        "spec": {"containers": [{"name": "main"}]}, "status": {"phase": "Running"}})
}

async fn play(listener: TcpListener, script: Arc<Script>, asked: Arc<Mutex<Vec<String>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (script, asked) = (Arc::clone(&script), Arc::clone(&asked));
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            while let Some(target) = request(&mut stream).await {
                let reply = match target.strip_prefix("/api/v1/pods?") {
                    Some(query) => {
                        let before = asked.lock().unwrap().len();
                        asked.lock().unwrap().push(query.to_owned());
                        script(query, before)
                    }
                    None if is_watch(&target) => Reply::Open(String::new()),
                    None => nothing(&target),
                };
                if !answer(stream.get_mut(), reply).await {
                    break;
                }
            }
        });
    }
}

/// An empty list of whatever is listed; metrics are not there.
fn nothing(target: &str) -> Reply {
    if target.contains("metrics.k8s.io") {
        return Reply::Whole(404, json!({"kind": "Status", "code": 404}));
    }
    Reply::Whole(
        200,
        json!({"metadata": {"resourceVersion": "1"}, "items": []}),
    )
}

/// Path and query of the next request on a connection; none of those made here has a body.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut target = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            return target;
        }
        target = target.or_else(|| line.split(' ').nth(1).map(str::to_owned));
    }
}

/// Whether the connection can be used again.
async fn answer(stream: &mut TcpStream, reply: Reply) -> bool {
    const STREAM: &str =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = |text: &str| match text {
        "" => String::new(),
        _ => format!("{:x}\r\n{text}\r\n", text.len()),
    };
    let (text, is_open) = match reply {
        Reply::Whole(status, body) => {
            let body = body.to_string();
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} Told\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
            );
            (head + &body, false)
        }
        Reply::Ended(lines) => (format!("{STREAM}{}0\r\n\r\n", chunk(&lines)), false),
        Reply::Open(lines) => (format!("{STREAM}{}", chunk(&lines)), true),
    };
    let written = stream.write_all(text.as_bytes()).await.is_ok();
    if is_open && written {
        std::future::pending::<()>().await;
    }
    written
}
