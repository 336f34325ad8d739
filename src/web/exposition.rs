//! Metrics as text, in the form that the caller asks for: OpenMetrics, or the older text format of Prometheus.
//! Knows no metric.

use std::collections::HashMap;
use std::fmt;

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;

/// The two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    OpenMetrics,
    Text,
}

impl Form {
    /// What an `Accept` header prefers. A caller that does not name OpenMetrics may not know it.
    pub(super) fn accepted(accept: &str) -> Self {
        let weight = |media_type: &str| {
            let ranges = accept.split(',').map(|range| range.split(';').map(str::trim).collect::<Vec<_>>());
            let named = ranges
                .filter(|range| range.first().is_some_and(|name| name.eq_ignore_ascii_case(media_type)));
            named.map(|range| quality(&range[1..])).fold(0.0, f32::max)
        };
        let open = weight("application/openmetrics-text");
        if open > 0.0 && open >= weight("text/plain") { Self::OpenMetrics } else { Self::Text }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    pub(super) fn encode(self, registries: &[&Registry]) -> Result<String, fmt::Error> {
        let text = open_metrics(registries)?;
        Ok(if self == Self::OpenMetrics { text } else { classic(&text) })
    }
}

/// The `q` of a media range; 1 where there is none.
fn quality(parameters: &[&str]) -> f32 {
    let written = parameters.iter().find_map(|parameter| parameter.strip_prefix("q="));
    written.map_or(1.0, |q| q.parse().unwrap_or(0.0))
}

pub(super) fn open_metrics(registries: &[&Registry]) -> Result<String, fmt::Error> {
    let mut text = String::new();
    for registry in registries {
        encode_registry(&mut text, registry)?;
    }
    encode_eof(&mut text)?;
    Ok(text)
}

/// The older format names a family by its samples (`polls_total`, not `polls`), and knows no info, no unit and no end
/// mark. Only lines that begin with `#` differ, and none of those holds a label: a line break in a label is escaped.
fn classic(open: &str) -> String {
    let described = |line: &'_ str| {
        line.strip_prefix("# TYPE ")
            .and_then(|rest| rest.split_once(' '))
            .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
    };
    let kinds: HashMap<String, String> = open.lines().filter_map(described).collect();
    let renamed = |name: &str| match kinds.get(name).map(String::as_str) {
        Some("counter") => format!("{name}_total"),
        Some("info") => format!("{name}_info"),
        _ => name.to_owned(),
    };
    let mut text = String::with_capacity(open.len());
    for line in open.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("EOF" | "UNIT"), ..) => continue,
            (Some("#"), Some("TYPE"), Some(name), Some("info")) => {
                text += &format!("# TYPE {} gauge", renamed(name))
            }
            (Some("#"), Some(word), Some(name), Some(rest)) => {
                text += &format!("# {word} {} {rest}", renamed(name))
            }
            _ => text += line,
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_gets_the_form_it_prefers() {
        // The first is what Prometheus 2.42 sends, the second what 3 does.
        for (accept, form) in [
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Form::OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                Form::OpenMetrics,
            ),
            ("text/plain, application/openmetrics-text;q=0.5", Form::Text),
            ("application/openmetrics-text; q=0", Form::Text),
            ("text/html,*/*;q=0.8", Form::Text),
            ("*/*", Form::Text),
            ("", Form::Text),
            (";;q=,,q=x", Form::Text),
        ] {
            assert_eq!(Form::accepted(accept), form, "{accept}");
        }
    }

    #[test]
    fn the_older_format_names_families_by_their_samples() {
        let open = "# HELP polls How many.\n# TYPE polls counter\npolls_total{source=\"# HELP x y\"} 1\n\
                    # HELP build Which.\n# TYPE build info\nbuild_info{version=\"1\"} 1\n\
                    # HELP age_seconds Old.\n# TYPE age_seconds gauge\n# UNIT age_seconds seconds\nage_seconds 2\n# EOF\n";
        let text = "# HELP polls_total How many.\n# TYPE polls_total counter\npolls_total{source=\"# HELP x y\"} 1\n\
                    # HELP build_info Which.\n# TYPE build_info gauge\nbuild_info{version=\"1\"} 1\n\
                    # HELP age_seconds Old.\n# TYPE age_seconds gauge\nage_seconds 2\n";
        assert_eq!(classic(open), text);
    }
}
