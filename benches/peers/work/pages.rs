//! Pages with the header near the top, at the end or nowhere, and what it takes to read them.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use anyhow::{Context, Result, bail};
use pantau::parse::{Reading, parse};

use crate::corpus::filler::Filler;
use crate::corpus::random::Random;
use crate::kontan;
use crate::market::Market;

use super::{Stopwatch, say, tell};

/// The bytes of a page, about.
const PAGE_BYTES: usize = 397_000;

/// Makes a page of 398 KB.
pub(super) fn make(place: &str, path: &Path) -> Result<()> {
    let mut random = Random::new(1);
    let filler = Filler::new(&mut random).markup(PAGE_BYTES, &mut random);
    let page = Market::new(1).page();
    let (begin, end) = (page.find("<div>| ").context("a bar")?, page.find("<h1>").context("an article")?);
    let (head, block, rest) = (&page[..begin], &page[begin..end], &page[end..]);
    let page = match place {
        "top" => format!("{head}{block}{filler}{rest}"),
        "end" => format!("{head}{filler}{block}{rest}"),
        "absent" => format!("{head}{filler}{rest}"),
        other => bail!("'{other}' is no place"),
    };
    Ok(fs::write(path, page)?)
}

/// Reads a page so many times. Tells the processor time of one in microseconds, and the rows.
pub(super) fn read(rounds: u32, path: &Path) -> Result<()> {
    let page = fs::read(path)?;
    let layout = kontan::source().layout;
    let read = || parse(black_box(&page), Some("text/html; charset=utf-8"), &layout);
    let Reading { quotes, .. } = read();
    let stopwatch = Stopwatch::begin()?;
    (0..rounds).for_each(|_| drop(black_box(read())));
    tell(stopwatch.micros()? / f64::from(rounds));
    for quote in &quotes {
        say(format_args!("{}", quote.text));
    }
    if quotes.is_empty() {
        say(format_args!("no rows"));
    }
    Ok(())
}

/// Looks for the word of the bar so many times: the least that any reader has to do.
pub(super) fn search(rounds: u32, path: &Path) -> Result<()> {
    let page = fs::read(path)?;
    let finder = memchr::memmem::Finder::new(b"INDIKATOR");
    let stopwatch = Stopwatch::begin()?;
    for _ in 0..rounds {
        black_box(finder.find(black_box(&page)));
    }
    tell(stopwatch.micros()? / f64::from(rounds));
    Ok(())
}
