//! The three pages: `/healthz`, `/readyz` and `/metrics`. Reads the database off the async workers, one reading at a
//! time, and never through the writer.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HOST, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono_tz::Tz;
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::format;
use crate::query::{QueryError, SourceHealth};
use crate::store::{Store, Tables};

use super::exposition::Form;
use super::health::HealthPage;
use super::standing::Phase;
use super::{Metrics, Standing, gauges, host, process, reading};

/// How long a page waits for the database, the readings ahead of it included.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells how every recorded source does. Whether an age is too great depends on when polls are due, which only the
/// caller knows.
pub type HealthOf = Arc<dyn Fn(Tables<'_>, Timestamp) -> Result<Vec<SourceHealth>, QueryError> + Send + Sync>;

/// What the pages are made from.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "health is a function")]
pub struct Pages {
    /// The database file.
    pub database: PathBuf,
    /// The zone of the times on the pages.
    pub zone: Tz,
    /// Tells the time.
    pub clock: Clock,
    /// How every recorded source does.
    pub health: HealthOf,
    /// The counters of the daemon.
    pub metrics: Arc<Metrics>,
    /// What the daemon says of itself.
    pub standing: Arc<Standing>,
}

/// The pages, and whose turn it is to read.
struct Desk {
    pages: Pages,
    turn: Arc<Semaphore>,
}

/// What a reader of the pages may name this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Only an address or localhost: the listener is a loopback one.
    Own,
    /// Any: whoever opened the listener to others knows what it is called.
    Any,
}

/// Why a page has no reading.
#[derive(Debug, thiserror::Error)]
enum NoReading {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("the database did not answer within {} s", PATIENCE.as_secs())]
    Late,
}

pub(super) fn router(pages: Pages, names: Names) -> Router {
    let desk = Arc::new(Desk { pages, turn: Arc::new(Semaphore::new(1)) });
    let router = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .fallback(async || (StatusCode::NOT_FOUND, "there is /healthz, /readyz and /metrics\n"))
        .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n"))
        .with_state(desk)
        .layer(from_fn(refuse_body));
    let router = match names {
        Names::Own => router.layer(from_fn(refuse_strangers)),
        Names::Any => router,
    };
    router.layer(from_fn(harden))
}

async fn healthz(State(desk): State<Arc<Desk>>) -> Response {
    let polled = desk.pages.standing.polled();
    let names = polled.clone();
    let health = desk.pages.health.clone();
    match desk.read(move |store, now| reading::healths(store, &health, &names, now)).await {
        Ok((healths, now)) => {
            let page = HealthPage::new(&polled, &healths, desk.pages.zone, now);
            let status = if page.is_fresh() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            json(status, serde_json::to_string(&page))
        }
        Err(error) => {
            complain(&error);
            json(StatusCode::SERVICE_UNAVAILABLE, Ok(r#"{"status":"unknown","sources":[]}"#.to_owned()))
        }
    }
}

async fn readyz(State(desk): State<Arc<Desk>>) -> Response {
    let phase = desk.pages.standing.phase();
    if phase != Phase::Running {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", phase.word())).into_response();
    }
    match desk.read(|store, _| Ok(store.tables().sources()?)).await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            complain(&error);
            (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be read\n").into_response()
        }
    }
}

/// Without a database the counters are still true, and one gauge says that the rest is missing.
async fn metrics(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    let polled = desk.pages.standing.polled();
    let names = polled.clone();
    let health = desk.pages.health.clone();
    let read = desk.read(move |store, now| reading::read(store, &health, &names, now)).await;
    let reading = read.inspect_err(complain).ok().map(|(reading, _)| reading);
    let mut gauges = Registry::default();
    gauges::register(&mut gauges, reading.as_ref(), &polled);
    process::register(&mut gauges);
    let accept = headers.get_all(ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
    let form = Form::accepted(&accept.collect::<Vec<_>>().join(","));
    match form.encode(&[desk.pages.metrics.registry(), &gauges]) {
        Ok(text) => ([(CONTENT_TYPE, form.content_type())], text).into_response(),
        Err(error) => failed(&error),
    }
}

impl Desk {
    /// Reads where blocking is allowed, and says when that was. However many ask, one reads. The connection is closed
    /// again: a database that was replaced is seen.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store, Timestamp) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<(T, Timestamp), NoReading> {
        let database = self.pages.database.clone();
        let reading = async {
            let turn = self.turn.clone().acquire_owned().await;
            let now = (self.pages.clock)();
            let reading = move || {
                // Kept by the reading itself: one that nobody waits for any more still reads.
                let _turn = turn;
                work(&Store::open_reader(&database)?, now)
            };
            let done = tokio::task::spawn_blocking(reading).await;
            let done = done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            Ok((done?, now))
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap_or(Err(NoReading::Late))
    }
}

/// The cause is for the log: whoever asks need not know where the database lies.
fn complain(error: &NoReading) {
    tracing::warn!(error = %format::error_chain(error), "a page could not be made");
}

fn json(status: StatusCode, body: serde_json::Result<String>) -> Response {
    match body {
        Ok(body) => (status, [(CONTENT_TYPE, "application/json")], body + "\n").into_response(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error = %format::error_chain(error), "a page could not be written");
    (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be written\n").into_response()
}

/// A page that is read takes no content.
async fn refuse_body(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        next.run(request).await
    } else {
        (StatusCode::PAYLOAD_TOO_LARGE, "no content is taken\n").into_response()
    }
}

/// Refuses a caller that knows this machine by a name which a stranger may have given it. A caller that names no host
/// is no browser.
async fn refuse_strangers(request: Request, next: Next) -> Response {
    let target = request.uri().authority().map(|authority| authority.as_str());
    let mut headers = request.headers().get_all(HOST).iter();
    let is_own =
        target.is_none_or(host::is_own) && headers.all(|value| value.to_str().is_ok_and(host::is_own));
    if is_own {
        next.run(request).await
    } else {
        (
            StatusCode::FORBIDDEN,
            "a loopback listener answers to an address or to localhost, not to this name\n",
        )
            .into_response()
    }
}

async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
