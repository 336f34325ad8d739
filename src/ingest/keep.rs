//! Which pages that were not understood are kept. Enough of them that a later fix can fill the gap, few enough that
//! a page that changes at every poll cannot fill the disk.
//!
//! A page that gives some rows is recorded as far as it goes, and not kept: a row that lost its figures looks like one
//! whose figures are not out yet, and headers have such rows every morning.

use crate::domain::{Page, Timestamp};
use crate::store::{KeptPage, KeptSighting, NewPage, StoreError, StoredSource, Tables};

/// The most pages that are kept of a source.
pub const MAX_PAGES: usize = 20;

/// Keeps a page that an attempt brought, and lets go of another where there are too many.
pub(super) fn keep(
    tables: Tables<'_>,
    source: &StoredSource,
    page: &Page,
    poll: i64,
) -> Result<(), StoreError> {
    let new = NewPage { url: &page.url, content_type: page.content_type.as_deref(), body: &page.body };
    tables.keep_page(source.id, &new, KeptSighting { poll, seen_at: page.captured_at })?;
    let pages = tables.pages_of(source.id)?;
    if pages.len() > MAX_PAGES {
        let spots = spots(tables, source, &pages)?;
        superfluous(&spots).map_or(Ok(()), |at| tables.drop_page(pages[at].id))?;
    }
    Ok(())
}

/// Where in time a kept page stands.
#[derive(Debug, Clone, Copy)]
struct Spot {
    first_seen: Timestamp,
    last_seen: Timestamp,
    /// Whether the source was understood between the page before and this one.
    begins_episode: bool,
}

fn spots(tables: Tables<'_>, source: &StoredSource, pages: &[KeptPage]) -> Result<Vec<Spot>, StoreError> {
    let mut spots: Vec<Spot> = Vec::with_capacity(pages.len());
    for page in pages {
        let (first_seen, last_seen) = (page.first_seen, page.last_seen);
        let understood = tables.sighting_before(source.id, first_seen)?.map(|seen| seen.seen_at);
        let before = spots.last().map(|before| before.first_seen);
        let begins_episode = before.is_none_or(|before| understood.is_some_and(|seen| seen > before));
        spots.push(Spot { first_seen, last_seen, begins_episode });
    }
    Ok(spots)
}

/// Which page goes: never the first, nor the one seen last; and, while others are left, not the first or the last of
/// any episode either. Of the rest the one that stands closest between its neighbours, so that those that stay are
/// spread over the time in which nothing was understood.
fn superfluous(spots: &[Spot]) -> Option<usize> {
    let newest = spots.iter().map(|spot| spot.last_seen).max();
    let inner: Vec<usize> =
        (1..spots.len().saturating_sub(1)).filter(|&at| Some(spots[at].last_seen) != newest).collect();
    let is_middle = |at: usize| !spots[at].begins_episode && !spots[at + 1].begins_episode;
    let middle: Vec<usize> = inner.iter().copied().filter(|&at| is_middle(at)).collect();
    let candidates = if middle.is_empty() { inner } else { middle };
    candidates.into_iter().min_by_key(|&at| spots[at + 1].first_seen - spots[at - 1].first_seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap()
    }

    fn spot(minute: i64) -> Spot {
        Spot { first_seen: at(minute), last_seen: at(minute), begins_episode: minute == 0 }
    }

    fn minutes(spots: &[Spot]) -> Vec<i64> {
        spots.iter().map(|spot| (spot.first_seen - at(0)).num_minutes()).collect()
    }

    /// What stays of pages that come one by one.
    fn kept(most: usize, pages: impl IntoIterator<Item = Spot>) -> Vec<i64> {
        let mut kept: Vec<Spot> = Vec::new();
        for page in pages {
            kept.push(page);
            if kept.len() > most {
                kept.remove(superfluous(&kept).unwrap());
            }
        }
        minutes(&kept)
    }

    #[test]
    fn what_stays_is_spread_over_the_whole_outage() {
        let kept = kept(20, (0..1440).map(spot));
        assert_eq!((kept.len(), kept[0], kept[19]), (20, 0, 1439));
        let widest = kept.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(widest <= Some(160), "{kept:?}");
    }

    #[test]
    fn the_first_and_the_last_page_of_each_episode_stay() {
        let begins = |minute| Spot { begins_episode: true, ..spot(minute) };
        let episodes = [spot(0), spot(1), spot(2), begins(100), spot(101), spot(102), spot(103)];
        assert_eq!(kept(6, episodes), [0, 2, 100, 101, 102, 103]);
        assert_eq!(kept(5, episodes), [0, 2, 100, 102, 103]);
        // More episodes than there is room for: the first page and the newest stay all the same.
        assert_eq!(kept(3, [spot(0), begins(10), begins(20), begins(90)]), [0, 20, 90]);
    }

    #[test]
    fn a_page_that_is_seen_again_and_again_stays() {
        let lasting = Spot { last_seen: at(9), ..spot(1) };
        assert_eq!(minutes(&[spot(0), lasting, spot(2), spot(9)]).len(), 4);
        let spots = [spot(0), lasting, spot(2), spot(8)];
        assert_eq!(superfluous(&spots), Some(2));
    }

    #[test]
    fn there_is_always_one_to_let_go_of() {
        assert_eq!(superfluous(&[]), None);
        assert_eq!(superfluous(&[spot(0), spot(1)]), None);
        assert_eq!(superfluous(&[spot(0), spot(1), spot(2)]), Some(1));
    }
}
