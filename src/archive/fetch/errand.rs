//! From a place to what is asked for. Pure. A plan may come from anybody: it leads neither to another host than the
//! one that its files are said to lie on, nor into a private network.

use url::Url;

use super::member;
use crate::archive::place::{ByteRange, Place};
use crate::fetch::{Request, leads_inside};

/// Where things lie, as far as a plan does not say it.
#[derive(Debug, Clone)]
pub struct Where {
    /// What the names of files are put below, with its slash.
    pub base: String,
    /// A host that may lie in a private network.
    pub private: Option<String>,
}

impl Where {
    /// What is asked for to have a place.
    ///
    /// # Errors
    /// Nothing is; the text says why.
    pub(super) fn request(&self, place: &Place) -> Result<(Url, Request), String> {
        match place {
            Place::Range(range) => self.of_range(range),
            Place::Memento(memento) => self.of_page(&memento.to_string()),
        }
    }

    fn of_page(&self, address: &str) -> Result<(Url, Request), String> {
        let url = Url::parse(address).map_err(|error| error.to_string())?;
        if let Some(what) = leads_inside(&url).filter(|_| url.host_str() != self.private.as_deref()) {
            let host = url.host_str().unwrap_or_default();
            return Err(format!("{host} is {what}; --private {host} says that it is meant"));
        }
        Ok((url, Request { url: address.to_owned(), bytes: None }))
    }

    fn of_range(&self, range: &ByteRange) -> Result<(Url, Request), String> {
        if range.length > member::MOST {
            return Err(format!("more than {} MiB are not fetched at once", member::MOST >> 20));
        }
        let escaped = range.file.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        let climbs = range.file.split(['/', '\\']).any(|part| part == "..");
        if climbs || range.file.starts_with(['/', '\\']) || range.file.contains("://") {
            return Err("the file is not below --base".to_owned());
        }
        let url = Url::parse(&format!("{}{escaped}", self.base)).map_err(|error| error.to_string())?;
        let request = Request { url: url.to_string(), bytes: Some((range.offset, range.length)) };
        Ok((url, request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(place: &str) -> Result<String, String> {
        let at = Where { base: "https://data.example/".to_owned(), private: Some("127.0.0.1".to_owned()) };
        at.request(&place.parse().unwrap()).map(|(_, request)| request.url)
    }

    #[test]
    fn files_lie_below_the_base_and_nowhere_else() {
        for (file, expected) in [
            ("crawl-data/x/warc/y.warc.gz", Ok("https://data.example/crawl-data/x/warc/y.warc.gz")),
            ("a b?c#d%e", Ok("https://data.example/a%20b%3Fc%23d%25e")),
            ("../x", Err(())),
            ("a/../../x", Err(())),
            ("/x", Err(())),
            ("//other.example/x", Err(())),
            ("\\\\other.example\\x", Err(())),
            ("https://other.example/x", Err(())),
            ("s3://bucket/x", Err(())),
        ] {
            let url = asked(&format!("{file}\t0\t1"));
            assert_eq!(url.as_deref().map_err(|_| ()), expected, "{file}");
        }
        assert!(asked("x\t0\t99999999999").is_err());
    }

    #[test]
    fn a_plan_leads_into_no_private_network() {
        for (host, is_asked) in [
            ("web.archive.org", true),
            ("127.0.0.1:8080", true),
            ("127.0.0.2", false),
            ("169.254.169.254", false),
            ("localhost", false),
            ("router", false),
            ("[::1]", false),
        ] {
            let told = asked(&format!("http://{host}/web/20240423123456id_/http://a.id/"));
            assert_eq!(told.is_ok(), is_asked, "{told:?}");
        }
    }
}
