//! The rules of sites for robots, as they were read: how long a copy is good, and what holds while none can be had.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::fetch::{Fetch, FetchError, Robots};

/// How long a copy is good.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);
/// How long the last copy is used beyond that where no newer one can be had.
const USED_BEYOND: Duration = Duration::from_secs(24 * 3600);
/// How long to wait after a failure before a newer copy is asked for again.
const AFTER_FAILURE: Duration = Duration::from_secs(3600);

/// The rules of every site that was asked for them, by the site and the name of the robot.
#[derive(Debug, Default)]
pub(super) struct Rulebook(Mutex<HashMap<(String, String), Copy>>);

/// The rules of a site as they were last read.
#[derive(Debug, Clone)]
struct Copy {
    rules: Arc<Robots>,
    read_at: Instant,
    failed_at: Option<Instant>,
}

impl Copy {
    /// Whether it holds without asking for a newer one.
    fn is_good(&self, now: Instant) -> bool {
        let failed_lately = self.failed_at.is_some_and(|failed_at| now < failed_at + AFTER_FAILURE);
        now < self.read_at + GOOD_FOR || failed_lately && self.is_usable(now)
    }

    /// Whether it holds where no newer one can be had.
    fn is_usable(&self, now: Instant) -> bool {
        now < self.read_at + GOOD_FOR + USED_BEYOND
    }
}

impl Rulebook {
    /// The rules for an address, if they need not be asked for.
    pub(super) fn known(&self, fetch: &impl Fetch, url: &str) -> Option<Arc<Robots>> {
        let copies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        copies
            .get(&key(fetch, url))
            .filter(|copy| copy.is_good(Instant::now()))
            .map(|copy| copy.rules.clone())
    }

    /// Asks for the rules of the site of an address.
    ///
    /// # Errors
    /// They cannot be had, and there is no copy that could stand in for them.
    pub(super) async fn read(&self, fetch: &impl Fetch, url: &str) -> Result<(), FetchError> {
        let read = fetch.robots(url).await;
        let (key, now) = (key(fetch, url), Instant::now());
        let mut copies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(rules) => {
                copies.insert(key, Copy { rules: Arc::new(rules), read_at: now, failed_at: None });
                Ok(())
            }
            Err(error) => match copies.get_mut(&key).filter(|copy| copy.is_usable(now)) {
                Some(copy) => {
                    copy.failed_at = Some(now);
                    Ok(())
                }
                None => Err(error),
            },
        }
    }
}

fn key(fetch: &impl Fetch, url: &str) -> (String, String) {
    let site = Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.origin().ascii_serialization());
    (site, fetch.robot_name().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;
    use crate::domain::Validators;
    use crate::fetch::Fetched;

    #[derive(Default)]
    struct Site {
        is_down: AtomicBool,
        asked: AtomicUsize,
    }

    impl Fetch for Site {
        async fn fetch(&self, url: &str, _: &Validators) -> Result<Fetched, FetchError> {
            Err(FetchError::Status { url: url.to_owned(), status: 500, retry_after: None })
        }

        async fn robots(&self, url: &str) -> Result<Robots, FetchError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            if self.is_down.load(Ordering::Relaxed) {
                return Err(FetchError::Status { url: url.to_owned(), status: 500, retry_after: None });
            }
            Ok(Robots::read("pantau", b"User-agent: *\nDisallow: /no\n").unwrap())
        }

        fn robot_name(&self) -> &str {
            "pantau"
        }
    }

    const PAGE: &str = "https://a.example/no";

    /// Asks as a poll does; says whether the rules are known, and how often the site was asked.
    async fn ask(book: &Rulebook, site: &Site) -> (bool, usize) {
        if book.known(site, PAGE).is_none() {
            let _ = book.read(site, PAGE).await;
        }
        (book.known(site, PAGE).is_some(), site.asked.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn a_copy_is_good_for_a_day_and_stands_in_for_one_more() {
        let (book, site) = (Rulebook::default(), Site::default());
        let hours = |hours: u64| tokio::time::sleep(Duration::from_secs(hours * 3600));
        assert_eq!(ask(&book, &site).await, (true, 1));
        assert!(!book.known(&site, PAGE).unwrap().allows(PAGE));
        site.is_down.store(true, Ordering::Relaxed);
        hours(23).await;
        assert_eq!(ask(&book, &site).await, (true, 1));
        hours(1).await;
        assert_eq!(ask(&book, &site).await, (true, 2));
        assert_eq!(ask(&book, &site).await, (true, 2), "asked again only after an hour");
        hours(1).await;
        assert_eq!(ask(&book, &site).await, (true, 3));
        hours(23).await;
        assert_eq!(ask(&book, &site).await, (false, 4));
        site.is_down.store(false, Ordering::Relaxed);
        assert_eq!(ask(&book, &site).await, (true, 5));
    }

    #[tokio::test(start_paused = true)]
    async fn without_any_copy_nothing_is_known_until_one_can_be_read() {
        let (book, site) = (Rulebook::default(), Site::default());
        site.is_down.store(true, Ordering::Relaxed);
        assert_eq!(ask(&book, &site).await, (false, 1));
        assert_eq!(ask(&book, &site).await, (false, 2));
    }
}
