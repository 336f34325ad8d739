//! What a text says of one indicator, as far as it is recorded: its name, its figures and what they come to. A quote
//! without its words, and small, since an archive that comes in any order is held by the ten thousand texts.

use std::collections::HashMap;
use std::rc::Rc;

use crate::domain::{Figures, Quote, Slug, Verdict};

/// How an indicator is called.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) label: String,
    pub(super) slug: Slug,
}

/// What a text says of one indicator, kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    name: Rc<Name>,
    figures: Figures,
    verdict: Verdict,
}

/// What a text says of one indicator, wherever that is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) label: &'a str,
    pub(super) slug: &'a Slug,
    pub(super) figures: Figures,
    pub(super) verdict: Verdict,
}

impl Kept {
    pub(super) fn claim(&self) -> Claim<'_> {
        let Name { label, slug } = &*self.name;
        Claim { label, slug, figures: self.figures, verdict: self.verdict }
    }
}

impl<'a> From<&'a Quote> for Claim<'a> {
    fn from(quote: &'a Quote) -> Self {
        let Quote { label, slug, figures, verdict, .. } = quote;
        Self { label, slug, figures: *figures, verdict: *verdict }
    }
}

/// Names that are each kept once, however many texts have them.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, Rc<Name>>);

impl Names {
    /// What is kept of quotes.
    pub(super) fn keep(&mut self, quotes: Vec<Quote>) -> Rc<[Kept]> {
        quotes.into_iter().map(|quote| self.keep_one(quote)).collect()
    }

    fn keep_one(&mut self, quote: Quote) -> Kept {
        let Quote { label, slug, figures, verdict, .. } = quote;
        let name = match self.0.get(&label) {
            Some(known) => known.clone(),
            None => self.0.entry(label.clone()).or_insert(Rc::new(Name { label, slug })).clone(),
        };
        Kept { name, figures, verdict }
    }
}
