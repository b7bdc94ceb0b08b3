//! What a cluster holds, kept in memory while somebody looks at it.
//!
//! It begins with the first look and ends when nobody has looked for [`Pace::audience`]. It answers only what is
//! current: between a failure and the next list it answers nothing, and whoever asks lists for themselves.

mod follow;
mod kept;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::resources::{Autoscaler, Event, Node, Pod, Workload};
use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    core::v1::{Event as EventObject, Namespace, Node as NodeObject, Pod as PodObject},
};
use kube::Client;
use tokio::{task::JoinSet, time::Instant};

use crate::objects;
use follow::{Followed, follow};
use kept::Kept;

/// How often a cluster is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// After this long without a look nobody is there.
    pub(crate) audience: Duration,
    /// The least time between the beginnings of two watches, however soon a server ends them.
    pub(crate) between_watches: Duration,
    /// After this long everything is listed anew, so that an event that was never sent is missed for that long at most.
    pub(crate) relist: Duration,
    /// Pauses after the first, second … failure in a row; the last one stays.
    pub(crate) pauses: [Duration; 4],
}

impl Pace {
    /// Of every connection outside tests.
    pub(crate) const DEFAULT: Self = Self {
        audience: Duration::from_secs(120),
        between_watches: Duration::from_secs(1),
        relist: Duration::from_secs(300),
        pauses: [
            Duration::from_secs(5),
            Duration::from_secs(10),
            Duration::from_secs(20),
            Duration::from_secs(30),
        ],
    };
}

/// A cluster in memory. Dropping it ends what follows the cluster.
pub(crate) struct Mirror {
    client: Client,
    kinds: Arc<Kinds>,
    audience: Arc<Audience>,
    pace: Pace,
    following: Mutex<JoinSet<()>>,
}

/// The kinds a look is made of.
#[derive(Default)]
pub(crate) struct Kinds {
    pub(crate) namespaces: Kept<String>,
    pub(crate) nodes: Kept<Node>,
    pub(crate) pods: Kept<Pod>,
    pub(crate) deployments: Kept<Workload>,
    pub(crate) stateful_sets: Kept<Workload>,
    pub(crate) daemon_sets: Kept<Workload>,
    pub(crate) autoscalers: Kept<Autoscaler>,
    pub(crate) events: Kept<Event>,
}

/// When somebody last looked, and for how long they count as being there.
struct Audience {
    last: Mutex<Instant>,
    patience: Duration,
}

impl Audience {
    fn is_there(&self) -> bool {
        self.last().elapsed() < self.patience
    }

    fn note(&self) {
        *self.last() = Instant::now();
    }

    fn last(&self) -> MutexGuard<'_, Instant> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mirror {
    pub(crate) fn new(client: Client, pace: Pace) -> Self {
        Self {
            client,
            kinds: Arc::default(),
            audience: Arc::new(Audience {
                last: Mutex::new(Instant::now()),
                patience: pace.audience,
            }),
            pace,
            following: Mutex::default(),
        }
    }

    /// Notes that somebody looks, and begins to follow the cluster if nothing does.
    pub(crate) fn look(&self) {
        self.audience.note();
        let mut following = self
            .following
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while following.try_join_next().is_some() {}
        if !following.is_empty() {
            return;
        }
        self.begin(
            &mut following,
            |kinds| &kinds.namespaces,
            |it: Namespace| it.metadata.name,
        );
        self.begin(
            &mut following,
            |kinds| &kinds.nodes,
            |it: NodeObject| Some(objects::node(it)),
        );
        self.begin(
            &mut following,
            |kinds| &kinds.pods,
            |it: PodObject| Some(objects::pod(it)),
        );
        self.begin(
            &mut following,
            |kinds| &kinds.deployments,
            |it: Deployment| objects::workload(it),
        );
        self.begin(
            &mut following,
            |kinds| &kinds.stateful_sets,
            |it: StatefulSet| objects::workload(it),
        );
        self.begin(
            &mut following,
            |kinds| &kinds.daemon_sets,
            |it: DaemonSet| objects::workload(it),
        );
        self.begin(
            &mut following,
            |kinds| &kinds.autoscalers,
            objects::autoscaler,
        );
        self.begin(
            &mut following,
            |kinds| &kinds.events,
            |it: EventObject| Some(objects::event(it)),
        );
    }

    fn begin<K: Followed, T: Send + 'static>(
        &self,
        following: &mut JoinSet<()>,
        of: fn(&Kinds) -> &Kept<T>,
        convert: fn(K) -> Option<T>,
    ) {
        let (client, kinds) = (self.client.clone(), Arc::clone(&self.kinds));
        let (audience, pace) = (Arc::clone(&self.audience), self.pace);
        // Whoever looks next waits for the list even if the task has not begun yet.
        of(&kinds).begin();
        following
            .spawn(async move { follow(client, of(&kinds), convert, (&audience, &pace)).await });
    }

    /// What is kept of each kind.
    pub(crate) fn kinds(&self) -> &Kinds {
        &self.kinds
    }
}
