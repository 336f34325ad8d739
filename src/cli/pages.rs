//! What the daemon shows of itself over HTTP while it runs, where an address is given.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::calendar::Calendar;
use crate::clock;
use crate::domain::{Attempt, DeliveryFate, Timestamp};
use crate::fetch::Client;
use crate::poll::{Plan, Polled, Schedule};
use crate::query::{self, QueryError, SourceHealth};
use crate::store::Tables;
use crate::web::{self, Listen, Metrics, Pages, Standing};

use super::context::Context;
use super::status::polling;

/// How long the pages may take to end: a little more than they give an answer on its way.
const GOODBYE: Duration = Duration::from_millis(400);

/// What the daemon tells the pages: whoever has a copy may tell.
#[derive(Debug, Clone)]
pub(super) struct Telling {
    metrics: Arc<Metrics>,
    standing: Arc<Standing>,
    planned: Arc<RwLock<Planned>>,
}

/// When polls are due, as the plan in force says.
#[derive(Debug, Default)]
struct Planned {
    schedules: HashMap<String, Schedule>,
    calendar: Option<Calendar>,
}

impl Planned {
    fn of(plan: &Plan<Client>) -> Self {
        let schedule = |polled: &Polled<Client>| (polled.source.name.clone(), polled.schedule.clone());
        Self { schedules: plan.sources.iter().map(schedule).collect(), calendar: Some(plan.calendar.clone()) }
    }

    /// How every recorded source does; nothing is said before there is a plan.
    fn healths(&self, tables: Tables<'_>, now: Timestamp) -> Result<Vec<SourceHealth>, QueryError> {
        let Some(calendar) = &self.calendar else { return Ok(Vec::new()) };
        query::health(tables, now, calendar, |source| {
            let schedule = self.schedules.get(&source.name);
            schedule.map(|schedule| polling(tables, &source.name, schedule, now, calendar)).transpose()
        })
    }
}

impl Telling {
    fn new(context: &Context) -> Self {
        Self {
            metrics: Arc::new(Metrics::new(context.now)),
            standing: Arc::default(),
            planned: Arc::default(),
        }
    }

    /// This is polled, from now on.
    pub(super) fn polls(&self, plan: &Plan<Client>) {
        let names: Vec<&str> = plan.sources.iter().map(|polled| polled.source.name.as_str()).collect();
        names.iter().for_each(|source| self.metrics.expect(source));
        *self.planned.write().unwrap_or_else(PoisonError::into_inner) = Planned::of(plan);
        self.standing.polls(names.into_iter().map(str::to_owned));
    }

    /// Every loop has begun.
    pub(super) fn started(&self) {
        self.standing.started();
    }

    /// A poll was recorded.
    pub(super) fn polled(&self, source: &str, attempt: &Attempt) {
        self.metrics.observe(source, attempt);
    }

    /// It was tried to deliver a message of an alert. Of a channel that an alert writes out (`ntfy:...`) only the kind
    /// is told: the rest is an address, which may be all that it takes to use it.
    pub(super) fn delivered(&self, channel: &str, fate: DeliveryFate) {
        let name = channel.split_once(':').map_or(channel, |(kind, _)| kind);
        self.metrics.delivery(name, fate.word());
    }

    /// All that was recorded until now is on a team's server; so many rows of it are new there.
    #[cfg(feature = "postgres")]
    pub(super) fn copied(&self, server: &str, new: u64, now: Timestamp) {
        self.metrics.copied(server, new, now);
    }

    /// The daemon was asked to stop.
    pub(super) fn stopping(&self) {
        self.standing.stopping();
    }
}

/// The socket that the pages are served on, if they are to be served.
#[derive(Debug)]
pub(super) struct Showing {
    telling: Telling,
    listener: Option<TcpListener>,
}

impl Showing {
    /// Opens the socket, where there is to be one, and says which address it got.
    pub(super) async fn open(context: &Context, listen: Option<Listen>) -> anyhow::Result<Self> {
        let listen = listen.or(context.config.listen);
        let listener = match listen {
            Some(listen) => Some(listen.bind().await?),
            None => None,
        };
        if let Some(listener) = &listener {
            tracing::info!(address = %listener.local_addr()?, "serving /healthz, /readyz and /metrics");
        }
        if let Some(open) = listen.filter(|listen| !listen.is_loopback()) {
            tracing::warn!(address = %open, "there is no authentication: whoever reaches this address can read it");
        }
        Ok(Self { telling: Telling::new(context), listener })
    }

    /// For whatever has something to tell.
    pub(super) fn telling(&self) -> Telling {
        self.telling.clone()
    }

    /// Serves the pages until the polling beside them has ended: the last poll is shown too. Workers that hang are not
    /// waited for.
    pub(super) async fn beside<T>(
        self,
        context: &Context,
        workers: &Handle,
        polling: impl Future<Output = T>,
    ) -> T {
        let (going_on, ended) = oneshot::channel::<()>();
        let serving = self.serve(context, async { drop(ended.await) }).map(|serving| workers.spawn(serving));
        let result = polling.await;
        drop(going_on);
        if let Some(serving) = serving
            && let Ok(Err(error)) = tokio::time::timeout(GOODBYE, serving).await
        {
            tracing::error!(%error, "the pages ended early");
        }
        result
    }

    fn serve<S: Future<Output = ()>>(
        self,
        context: &Context,
        shutdown: S,
    ) -> Option<impl Future<Output = ()> + use<S>> {
        let planned = self.telling.planned;
        let health = move |tables: Tables<'_>, now| {
            planned.read().unwrap_or_else(PoisonError::into_inner).healths(tables, now)
        };
        let pages = Pages {
            database: context.config.database.clone(),
            zone: context.zone,
            clock: clock::now,
            health: Arc::new(health),
            metrics: self.telling.metrics,
            standing: self.telling.standing,
        };
        self.listener.map(|listener| web::serve(listener, pages, shutdown))
    }
}
