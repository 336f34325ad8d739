//! Which entries are worth fetching. Pure.

use crate::archive::addresses::Globs;
use crate::archive::index::Entry;
use crate::archive::memento::is_web;

/// How a filter names what a list leaves open.
const UNSAID: &str = "-";
/// What lists call a note that a page was the same as one before.
const REVISIT: &str = "warc/revisit";

/// What is asked for. An empty filter takes everything; one that names values takes an entry that leaves the value
/// open only where `-` is among them.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Statuses, such as `200`.
    pub statuses: Vec<String>,
    /// Kinds of files, such as `text/html`, without parameters and in any case.
    pub mimes: Vec<String>,
    /// Addresses.
    pub addresses: Globs,
}

/// Why an entry was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// Its place was planned already.
    Repeated,
    /// Its address is not wanted.
    Address,
    /// Its status is not wanted.
    Status,
    /// Its kind is not wanted.
    Mime,
    /// Common Crawl keeps what robots.txt files said, and answers that are no pages, in files of their own.
    NoPageFile,
    /// A note that a page was the same as one before has no page in its bytes. A memento of it has: the archive looks
    /// up the page.
    Revisit,
    /// Something else than a page: `dns:`, `warcinfo:`.
    NotOfTheWeb,
}

impl LeftOut {
    /// The reason in words, for counting.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Repeated => "repeated",
            Self::Address => "other addresses",
            Self::Status => "other statuses",
            Self::Mime => "other kinds of files",
            Self::NoPageFile => "robots.txt and diagnostics",
            Self::Revisit => "revisits without a page",
            Self::NotOfTheWeb => "neither http nor https",
        }
    }
}

impl Wanted {
    /// Whether an entry is asked for, or why not.
    ///
    /// # Errors
    /// It is not.
    pub fn judge(&self, entry: &Entry) -> Result<(), LeftOut> {
        let url = entry.url.as_deref();
        let mime = entry.mime.as_deref().map(essence);
        let is_revisit = mime.is_some_and(|mime| mime.eq_ignore_ascii_case(REVISIT));
        let range = entry.range.as_ref();
        for (is_left_out, reason) in [
            (url.is_some_and(|url| !is_web(url)), LeftOut::NotOfTheWeb),
            (range.is_some_and(|range| !is_page_file(&range.file)), LeftOut::NoPageFile),
            (range.is_some() && is_revisit, LeftOut::Revisit),
            (!self.addresses.want(url), LeftOut::Address),
            (!takes(&self.statuses, entry.status.as_deref()), LeftOut::Status),
            (!takes(&self.mimes, mime), LeftOut::Mime),
        ] {
            if is_left_out {
                return Err(reason);
            }
        }
        Ok(())
    }
}

fn takes(values: &[String], found: Option<&str>) -> bool {
    let found = found.unwrap_or(UNSAID);
    values.is_empty() || values.iter().any(|value| value.eq_ignore_ascii_case(found))
}

/// `text/html` of `text/html; charset=utf-8`.
fn essence(mime: &str) -> &str {
    mime.split(';').next().unwrap_or_default().trim()
}

/// In the files of a crawl of Common Crawl, pages are below `/warc/`; other archives name theirs as they like.
fn is_page_file(file: &str) -> bool {
    !file.contains("/segments/") || file.contains("/warc/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::place::ByteRange;

    fn memento(status: Option<&str>, mime: Option<&str>) -> Entry {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Entry {
            url: Some("http://www.kontan.co.id:80/".to_owned()),
            time: None,
            status: owned(status),
            mime: owned(mime),
            range: None,
        }
    }

    fn wanted(statuses: &[&str], mimes: &[&str], globs: &[&str]) -> Wanted {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let addresses = Globs::new(&owned(globs)).unwrap();
        Wanted { statuses: owned(statuses), mimes: owned(mimes), addresses }
    }

    #[test]
    fn what_a_list_leaves_open_is_asked_for_by_a_dash() {
        let (page, revisit) =
            (memento(Some("200"), Some("Text/HTML; x")), memento(None, Some("warc/revisit")));
        for (statuses, of_page, of_revisit) in [
            (&[][..], Ok(()), Ok(())),
            (&["200"], Ok(()), Err(LeftOut::Status)),
            (&["200", "-"], Ok(()), Ok(())),
            (&["301"], Err(LeftOut::Status), Err(LeftOut::Status)),
        ] {
            let wanted = wanted(statuses, &[], &[]);
            assert_eq!((wanted.judge(&page), wanted.judge(&revisit)), (of_page, of_revisit), "{statuses:?}");
        }
        let html = wanted(&[], &["text/html"], &["www.kontan.co.id/"]);
        assert_eq!(html.judge(&page), Ok(()));
        assert_eq!(html.judge(&revisit), Err(LeftOut::Mime));
        assert_eq!(html.judge(&memento(None, None)), Err(LeftOut::Mime));
        assert_eq!(wanted(&[], &["-"], &[]).judge(&memento(None, None)), Ok(()));
        assert_eq!(wanted(&[], &[], &["a.id/"]).judge(&page), Err(LeftOut::Address));
    }

    #[test]
    fn only_files_of_pages_are_taken_from_a_crawl() {
        let lies_in = |file: &str, mime: &str| Entry {
            range: Some(ByteRange { file: file.to_owned(), offset: 0, length: 1 }),
            ..memento(Some("200"), Some(mime))
        };
        let crawl = "crawl-data/CC-MAIN-2025-33/segments/1754151279808.15";
        for (file, mime, expected) in [
            (format!("{crawl}/warc/x.warc.gz"), "text/html", Ok(())),
            (format!("{crawl}/warc/x.warc.gz"), "warc/revisit", Err(LeftOut::Revisit)),
            (format!("{crawl}/robotstxt/x.warc.gz"), "text/html", Err(LeftOut::NoPageFile)),
            (format!("{crawl}/crawldiagnostics/x.warc.gz"), "text/html", Err(LeftOut::NoPageFile)),
            ("crawl-data/CC-NEWS/2019/05/x.warc.gz".to_owned(), "text/html", Ok(())),
            ("archive/rec.warc.gz".to_owned(), "text/html", Ok(())),
        ] {
            assert_eq!(Wanted::default().judge(&lies_in(&file, mime)), expected, "{file} {mime}");
        }
    }
}
