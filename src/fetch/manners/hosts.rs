//! One request at a time to each host, and some time from the start of one to the start of the next, however many
//! sources share it. Hosts wait for each other only where there are no places left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;
use url::Url;

use super::places::{Place, Places};

/// When the newest request to a host began. Whoever holds the lock may make the next.
type Gate = Arc<tokio::sync::Mutex<Option<Instant>>>;

/// The hosts that were asked so far.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    gates: Mutex<HashMap<String, Gate>>,
    places: Places,
}

/// The right to make one request to a host, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _gate: OwnedMutexGuard<Option<Instant>>,
    place: Place,
}

impl Turn {
    /// Makes the request, after which the host may be asked again. The place is still taken, by the answer, unless it
    /// was given to others because the answer was slow to come.
    pub async fn ask<T>(self, request: impl Future<Output = T>) -> (T, Option<Place>) {
        let Self { _gate, place } = self;
        place.hold(request).await
    }
}

impl Hosts {
    /// Waits for a turn at the host of an address, first come, first served. Giving up while waiting costs nothing.
    pub(super) async fn turn(&self, url: &str, spacing: Duration) -> Turn {
        let mut gate = self.gate(&host(url)).lock_owned().await;
        if let Some(before) = *gate {
            tokio::time::sleep_until(before + spacing).await;
        }
        let place = self.places.take().await;
        *gate = Some(Instant::now());
        Turn { _gate: gate, place }
    }

    fn gate(&self, host: &str) -> Gate {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(host.to_owned()).or_default().clone()
    }
}

/// Name and port; http and https of one host on one port are the same host.
fn host(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return url.to_owned() };
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::places::MOST_AT_ONCE;
    use super::*;

    const SPACING: Duration = Duration::from_secs(1);

    /// When each of some requests began and ended, in seconds. Each takes three.
    async fn times(urls: &[&'static str]) -> Vec<(u64, u64)> {
        let (hosts, began) = (Arc::new(Hosts::default()), Instant::now());
        let mut tasks = Vec::new();
        for url in urls.iter().copied() {
            let hosts = hosts.clone();
            tasks.push(tokio::spawn(async move {
                let turn = hosts.turn(url, SPACING).await;
                let start = began.elapsed().as_secs();
                tokio::time::sleep(Duration::from_secs(3)).await;
                drop(turn);
                (start, began.elapsed().as_secs())
            }));
        }
        let mut times = Vec::new();
        for task in tasks {
            times.push(task.await.unwrap());
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_is_in_flight_at_a_host_and_others_do_not_wait_for_it() {
        let urls =
            ["http://a.example/1", "http://a.example/2", "https://b.example/", "http://a.example:80/3"];
        assert_eq!(times(&urls).await, [(0, 3), (3, 6), (0, 3), (6, 9)]);
        let apart = ["http://a.example/", "https://a.example/", "http://a.example:8080/"];
        assert_eq!(times(&apart).await, [(0, 3), (0, 3), (0, 3)]);
    }

    #[tokio::test(start_paused = true)]
    async fn quick_requests_are_spaced() {
        let (hosts, began) = (Hosts::default(), Instant::now());
        for second in 0..3 {
            drop(hosts.turn("http://a.example/", SPACING).await);
            assert_eq!(began.elapsed().as_secs(), second);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_spacing_counts_from_the_request_and_not_from_the_wait_for_a_place() {
        let (hosts, began) = (Hosts::default(), Instant::now());
        let mut others = Vec::new();
        for number in 0..MOST_AT_ONCE {
            others.push(hosts.turn(&format!("http://{number}.example/"), SPACING).await);
        }
        let waiting = hosts.turn("http://a.example/", SPACING);
        let leaving = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            others.clear();
        };
        drop(tokio::join!(waiting, leaving).0);
        drop(hosts.turn("http://a.example/", SPACING).await);
        assert_eq!(began.elapsed().as_secs(), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_gives_up_waiting_lets_the_next_one_in() {
        let (hosts, began) = (Hosts::default(), Instant::now());
        drop(hosts.turn("http://a.example/", SPACING).await);
        let hasty =
            tokio::time::timeout(Duration::from_millis(100), hosts.turn("http://a.example/", SPACING));
        assert!(hasty.await.is_err());
        drop(hosts.turn("http://a.example/", SPACING).await);
        assert_eq!(began.elapsed().as_secs(), 1);
    }
}
