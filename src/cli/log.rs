//! The log of the daemon on stderr: lines for people, or a JSON object a line. What comes from pages and servers is
//! escaped in both.

use std::fmt;
use std::io::{self, Write};

use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

use crate::config::LogFormat;
use crate::format::{escape, escape_json};

use super::context::Context;

/// Logs to stderr; RUST_LOG refines what -q and -v say.
pub(super) fn start(context: &Context, format: LogFormat) {
    let level = match (context.quiet, context.verbose) {
        (true, _) => "error",
        (false, 0) => "info",
        (false, 1) => "pantau=debug,info",
        (false, _) => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    // A line that stderr does not take is lost: to speak of that there too would be to panic.
    let log = tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false);
    match format {
        LogFormat::Text => {
            let is_coloured = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
            let fields = debug_fn(field).delimited(" ");
            log.with_writer(io::stderr).with_ansi(is_coloured).fmt_fields(fields).init();
        }
        LogFormat::Json => log.json().flatten_event(true).with_writer(|| EscapedJson(io::stderr())).init(),
    }
}

/// One field of a line, and nothing in it that a terminal obeys: not even a line feed.
fn field(line: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = format!("{value:?}");
    match field.name() {
        "message" => write!(line, "{}", escape(&value)),
        name => write!(line, "{name}={}", escape(&value)),
    }
}

/// Takes whole lines of JSON.
struct EscapedJson<W>(W);

impl<W: Write> Write for EscapedJson<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(escape_json(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_json_has_nothing_raw_in_it_but_its_end() {
        let mut written = Vec::new();
        EscapedJson(&mut written).write_all("{\"detail\":\"\u{9b}2J\u{202e}\"}\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "{\"detail\":\"\\u009b2J\\u202e\"}\n");
    }
}
