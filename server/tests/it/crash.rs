//! Killed without warning, started again: every job has one end, nothing acknowledged is lost.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use k8s_openapi::api::apps::v1::Deployment;
use serde_json::{Value, json};
use store::{Database, DatabaseOptions, audit::AuditVerdict};

use crate::support::{PASSWORD, kube_client};

/// How long to let the server live before it is killed; the job takes a good part of a second.
const LIVES_MS: [u64; 5] = [0, 30, 90, 200, 450];

struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// The real binary on a folder, once it says where it serves.
    fn start(data_dir: &Path, site: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ai4k8s"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .arg("--site")
            .arg(site)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit('/').next().unwrap().parse();
        Self {
            address: address.unwrap_or_else(|_| panic!("the server did not start: {line}")),
            process,
        }
    }

    fn kill(mut self) {
        // SIGKILL: nothing is written on the way out.
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ends the process also when an assertion failed; it is gone already after `kill`.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(data_dir: &Path, arguments: &[&str], input: &str) -> String {
    let mut process = Command::new(env!("CARGO_BIN_EXE_ai4k8s"))
        .args(arguments)
        .arg("--data-dir")
        .arg(data_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    process
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

struct Caller {
    http: reqwest::Client,
    token: String,
}

impl Caller {
    /// A new account with a token, both made by the command line.
    fn new(data_dir: &Path) -> Self {
        let user = ["user", "add", "--name", "ada", "--password-stdin"];
        command(data_dir, &user, PASSWORD);
        let token = command(data_dir, &["token", "create", "--user", "ada"], "");
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60));
        Self {
            http: http.build().unwrap(),
            token: token.lines().last().unwrap().to_owned(),
        }
    }

    /// Starts the job on the demo cluster; its id.
    async fn enable(&self, server: &Server) -> String {
        let clusters = self.get(server, "/api/v1/clusters").await;
        let cluster = clusters[0]["id"].as_str().unwrap();
        let path = format!("/api/v1/clusters/{cluster}/autoscaling/predictive");
        let bounds = json!({"deployment": "storefront", "namespace": "shop", "min_replicas": 2, "max_replicas": 10});
        let started = self.post(server, &path, &bounds).await;
        let job = started["job_id"].as_str();
        job.unwrap_or_else(|| panic!("{started}")).to_owned()
    }

    async fn get(&self, server: &Server, path: &str) -> Value {
        let request = self
            .http
            .get(format!("http://{}{path}", server.address))
            .bearer_auth(&self.token);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, server: &Server, path: &str, body: &Value) -> Value {
        let request = self
            .http
            .post(format!("http://{}{path}", server.address))
            .bearer_auth(&self.token);
        request
            .json(body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn terminal(&self, server: &Server, job: &str) -> Value {
        let path = format!("/api/v1/jobs/{job}/events");
        let url = format!("http://{}{path}", server.address);
        let stream = self
            .http
            .get(url)
            .bearer_auth(&self.token)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let ends = stream.matches("\"status\":\"completed\"").count()
            + stream.matches("\"status\":\"failed\"").count()
            + stream.matches("\"status\":\"cancelled\"").count();
        assert_eq!(ends, 1, "exactly one end: {stream}");
        self.get(server, &format!("/api/v1/jobs/{job}")).await
    }
}

/// Replicas of the storefront, asked of the demo cluster itself.
async fn replicas(data_dir: &Path) -> i64 {
    let kube = kube_client(&data_dir.join("demo.kubeconfig")).await;
    let deployments: kube::Api<Deployment> = kube::Api::namespaced(kube, "shop");
    let storefront = deployments.get("storefront").await.unwrap();
    storefront.spec.unwrap().replicas.unwrap().into()
}

/// What is stored is whole, and no write is left without an outcome.
async fn check_store(data_dir: &Path) {
    let options = DatabaseOptions {
        url: None,
        data_dir: data_dir.to_path_buf(),
    };
    let database = Database::open(&options).await.unwrap();
    assert_eq!(database.integrity().await.unwrap(), Ok(()));
    assert_eq!(database.intents().unsettled().await.unwrap(), []);
    let verdict = database.audit().verify().await.unwrap();
    assert!(matches!(verdict, AuditVerdict::Intact { rows } if rows > 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_cut_off_at_any_time_ends_once_after_the_restart() {
    kube_cluster::ensure_crypto();
    let folder = tempfile::tempdir().unwrap();
    let site = tempfile::tempdir().unwrap();
    std::fs::write(site.path().join("manifest.json"), "{}").unwrap();
    let data = folder.path().join("data");
    let caller = Caller::new(&data);
    let mut jobs = Vec::new();
    for life in LIVES_MS {
        let server = Server::start(&data, site.path());
        let job = caller.enable(&server).await;
        tokio::time::sleep(Duration::from_millis(life)).await;
        server.kill();
        let server = Server::start(&data, site.path());
        let ended = caller.terminal(&server, &job).await;
        assert_eq!(ended["status"], "completed", "{ended}");
        let to = ended["result"]["predictive_autoscaling"]["to"].as_i64();
        assert_eq!(
            replicas(&data).await,
            to.unwrap(),
            "the cluster is as the job says"
        );
        jobs.push(job);
        server.kill();
    }
    let server = Server::start(&data, site.path());
    for job in &jobs {
        let kept = caller.get(&server, &format!("/api/v1/jobs/{job}")).await;
        assert_eq!(kept["status"], "completed");
    }
    server.kill();
    check_store(&data).await;
}
