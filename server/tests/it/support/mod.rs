//! A running product for one test, and clients that talk to it as people and scripts do.

mod client;
mod events;
pub(crate) mod schema;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use domain::{account::User, time::Seconds};
use server::{
    build_router,
    clock::Clock,
    config::{Config, HttpConfig, MonitoringConfig},
    site::Site,
    wiring::{self, Product},
};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) use self::{
    client::{Client, Reply},
    events::Frame,
};

/// A password no list of common ones has.
pub(crate) const PASSWORD: &str = "a long walk by the river";

/// The product, serving on loopback until it is dropped.
pub(crate) struct TestApp {
    pub(crate) product: Product,
    address: SocketAddr,
    folder: TempDir,
}

impl TestApp {
    /// With the demo cluster attached.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With a configuration changed by `change`.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::by(Clock::system(), change).await
    }

    /// With a clock of its own.
    pub(crate) async fn by(clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            data_dir: folder.path().join("data"),
            http: HttpConfig {
                listen: SocketAddr::from(([127, 0, 0, 1], 0)),
                ..HttpConfig::default()
            },
            // The loops do not run by themselves during a test.
            monitoring: MonitoringConfig {
                collect_every_s: 86_400,
                evaluate_every_s: 86_400,
                refresh_every_s: 1,
            },
            ..Config::default()
        };
        change(&mut config);
        let product = wiring::assemble(config, clock, Site::empty())
            .await
            .unwrap();
        product.start().await.unwrap();
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let service =
            build_router(&product.app).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self {
            product,
            address,
            folder,
        }
    }

    /// Stops the product as the server does; what it kept stays in the folder.
    pub(crate) async fn stop(self) -> TempDir {
        self.product.stop().await;
        self.folder
    }

    /// An account, as the services know it.
    pub(crate) async fn user(&self, name: &str) -> User {
        let core = &self.product.app.core;
        let account = core.database.users().by_name(name).await.unwrap();
        core.owner(account.unwrap().id).await.unwrap()
    }

    /// The folder of the database and the keys.
    pub(crate) fn data_dir(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Somebody without cookie or token.
    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.address)
    }

    /// A new account, signed in by cookie.
    pub(crate) async fn signed_in(&self, name: &str) -> Client {
        let mut client = self.anonymous();
        let reply = client
            .form(
                "/api/fn/register",
                &[("name", name), ("password", PASSWORD), ("next", "/")],
            )
            .await;
        assert!(
            reply.status < 400,
            "register: {} {}",
            reply.status,
            reply.text
        );
        client
    }

    /// A new account's token with every scope.
    pub(crate) async fn token(&self, name: &str) -> Client {
        self.token_with(name, &domain::account::Scope::ALL).await
    }

    /// A new account's token with some scopes.
    pub(crate) async fn token_with(&self, name: &str, scopes: &[domain::account::Scope]) -> Client {
        let database = &self.product.app.core.database;
        let now = self.product.app.core.now();
        let account = database.users().create(name, PASSWORD, now).await.unwrap();
        let request = store::tokens::TokenRequest {
            name: "test".to_owned(),
            scopes: scopes.iter().copied().collect(),
            expires_at: None,
        };
        let token = database
            .tokens()
            .create(account.id, &request, now)
            .await
            .unwrap();
        self.anonymous().with_token(token.secret)
    }

    /// A client of the demo cluster that does not go through the product.
    pub(crate) async fn kube(&self) -> kube::Client {
        kube_client(&self.data_dir().join("demo.kubeconfig")).await
    }
}

/// The system's clock, put forward by a test.
#[derive(Clone, Default)]
pub(crate) struct MovedClock(Arc<AtomicI64>);

impl MovedClock {
    pub(crate) fn clock(&self) -> Clock {
        let moved = self.clone();
        Clock::from_fn(move || {
            let forward = Seconds(moved.0.load(Ordering::SeqCst));
            Clock::system().now() + forward
        })
    }

    pub(crate) fn forward(&self, by: Seconds) {
        self.0.fetch_add(by.0, Ordering::SeqCst);
    }
}

/// A client for the kubeconfig at `path`.
pub(crate) async fn kube_client(path: &Path) -> kube::Client {
    let kubeconfig = kube::config::Kubeconfig::read_from(path).unwrap();
    let config = kube::Config::from_custom_kubeconfig(
        kubeconfig,
        &kube::config::KubeConfigOptions::default(),
    )
    .await
    .unwrap();
    kube::Client::try_from(config).unwrap()
}

/// The id of the demo cluster of whoever `client` is.
pub(crate) async fn demo(client: &Client) -> String {
    let clusters = client.get("/api/v1/clusters").await;
    assert_eq!(clusters.status, 200, "{}", clusters.text);
    let demo = clusters.json();
    let demo = demo
        .as_array()
        .unwrap()
        .iter()
        .find(|cluster| cluster["is_demo"] == true);
    demo.expect("the demo cluster is attached")["id"]
        .as_str()
        .unwrap()
        .to_owned()
}
