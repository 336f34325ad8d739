//! From the keys of a `[[source]]` to its layout: which keys belong to which, and what they must hold.

use std::collections::HashSet;
use std::ops::Range;

use toml::Spanned;

use super::error::Problem;
use super::file::{Indicator, LayoutName, LocaleName, Placed, Source};
use crate::domain::{CATALOGUE, Slug};
use crate::parse::{CssRules, JsonIndicator, JsonRules, Layout, Locale, MAX_LABEL, MAX_ROWS};

/// The layout that a source describes.
pub(super) fn layout(source: &Source) -> Result<Layout, Problem> {
    let name = *source.layout.get_ref();
    if name != LayoutName::Css {
        refuse(name, css_keys(source))?;
    }
    if name != LayoutName::Json {
        refuse(name, source.indicator.first().map(|first| ("indicator", first.span())))?;
    }
    match name {
        LayoutName::Kontan => Ok(Layout::Kontan),
        LayoutName::Css => css(source).map(Layout::Css),
        LayoutName::Json => json(source).map(Layout::Json),
    }
}

/// A text that must not be blank.
pub(super) fn text(key: &str, value: &Placed<String>) -> Result<Option<String>, Problem> {
    let Some(value) = value else { return Ok(None) };
    if value.get_ref().trim().is_empty() {
        return Err(Problem::new(value.span(), format!("`{key}` must not be empty")));
    }
    Ok(Some(value.get_ref().clone()))
}

type Place = (&'static str, Range<usize>);

fn css_keys(source: &Source) -> Option<Place> {
    let texts = [
        ("row", &source.row),
        ("label", &source.label),
        ("level", &source.level),
        ("change", &source.change),
        ("percent", &source.percent),
    ];
    let locale = source.locale.as_ref().map(|locale| ("locale", locale.span()));
    texts.into_iter().find_map(|(key, value)| Some((key, value.as_ref()?.span()))).or(locale)
}

fn refuse(layout: LayoutName, place: Option<Place>) -> Result<(), Problem> {
    let Some((key, at)) = place else { return Ok(()) };
    let (word, hint) = (layout.word(), hint(layout, key));
    Err(Problem::new(at, format!("`{key}` does not belong to a source of layout \"{word}\"{hint}")))
}

fn hint(layout: LayoutName, key: &str) -> &'static str {
    match (layout, key) {
        (_, "indicator") => "; only json sources name indicators",
        (LayoutName::Json, _) => "; a json source has it in [[source.indicator]]",
        _ => "; only css sources have selectors",
    }
}

fn css(source: &Source) -> Result<CssRules, Problem> {
    let needed = |key: &str, value: &Placed<String>| {
        text(key, value)?
            .ok_or_else(|| Problem::new(source.layout.span(), format!("a css source needs the key `{key}`")))
    };
    let rules = CssRules {
        row: needed("row", &source.row)?,
        label: needed("label", &source.label)?,
        level: text("level", &source.level)?,
        change: text("change", &source.change)?,
        percent: text("percent", &source.percent)?,
        locale: match source.locale.as_ref().map(|locale| *locale.get_ref()) {
            Some(LocaleName::En) => Locale::English,
            Some(LocaleName::Id) | None => Locale::Indonesian,
        },
    };
    if rules.level.is_none() && rules.percent.is_none() {
        return Err(Problem::new(source.layout.span(), "a css source needs `level` or `percent`"));
    }
    rules.check().map_err(|problem| Problem::new(source.layout.span(), problem))?;
    Ok(rules)
}

fn json(source: &Source) -> Result<JsonRules, Problem> {
    if source.indicator.is_empty() {
        return Err(Problem::new(source.layout.span(), "a json source needs a [[source.indicator]]"));
    }
    if let Some(beyond) = source.indicator.get(MAX_ROWS) {
        let text = format!("a json source has at most {MAX_ROWS} indicators");
        return Err(Problem::new(beyond.span(), text));
    }
    let mut seen = HashSet::new();
    let mut indicators = Vec::with_capacity(source.indicator.len());
    for placed in &source.indicator {
        let indicator = indicator(placed)?;
        let slug = Slug::of(&indicator.label);
        if !seen.insert(slug.clone()) {
            return Err(Problem::new(placed.span(), format!("two indicators are called `{slug}`")));
        }
        indicators.push(indicator);
    }
    Ok(JsonRules { indicators })
}

fn indicator(placed: &Spanned<Indicator>) -> Result<JsonIndicator, Problem> {
    let file = placed.get_ref();
    let indicator = JsonIndicator {
        label: short(label(placed)?, placed)?,
        level: pointer("level", &file.level)?,
        change: pointer("change", &file.change)?,
        percent: pointer("percent", &file.percent)?,
        previous_close: pointer("previous_close", &file.previous_close)?,
        kind: file.kind,
        unit: text("unit", &file.unit)?,
    };
    if indicator.level.is_none() && indicator.percent.is_none() {
        let text = format!("the indicator \"{}\" needs `level` or `percent`", indicator.label);
        return Err(Problem::new(placed.span(), text));
    }
    Ok(indicator)
}

/// The label as written, else the catalogue's label of the slug, else the slug in upper case.
fn label(placed: &Spanned<Indicator>) -> Result<String, Problem> {
    let file = placed.get_ref();
    let (label, slug) = (text("label", &file.label)?, slug(&file.slug)?);
    match (label, slug) {
        (Some(label), None) => fitting(label, &file.label),
        (None, Some(slug)) => Ok(label_of(&slug)),
        (Some(label), Some(slug)) if Slug::of(&label) == slug => Ok(label),
        (Some(label), Some(slug)) => {
            let text = format!("the slug of \"{label}\" is `{}`, not `{slug}`", Slug::of(&label));
            Err(Problem::new(placed.span(), text))
        }
        (None, None) => Err(Problem::new(placed.span(), "an indicator needs a `label` or a `slug`")),
    }
}

fn short(label: String, placed: &Spanned<Indicator>) -> Result<String, Problem> {
    if label.chars().count() > MAX_LABEL {
        let text = format!("the label of an indicator is longer than {MAX_LABEL} characters");
        return Err(Problem::new(placed.span(), text));
    }
    Ok(label)
}

fn fitting(label: String, place: &Placed<String>) -> Result<String, Problem> {
    if Slug::of(&label).as_str().is_empty() {
        let at = place.as_ref().map_or(0..0, Spanned::span);
        return Err(Problem::new(at, format!("`label`: \"{label}\" has neither a letter nor a digit")));
    }
    Ok(label)
}

fn slug(value: &Placed<String>) -> Result<Option<Slug>, Problem> {
    let Some(value) = value else { return Ok(None) };
    let slug = Slug::of(value.get_ref());
    if slug.as_str().is_empty() || slug.as_str() != value.get_ref() {
        let text = format!("`slug`: '{}' is not a slug; write it like usd-idr", value.get_ref());
        return Err(Problem::new(value.span(), text));
    }
    Ok(Some(slug))
}

fn label_of(slug: &Slug) -> String {
    let known = CATALOGUE.iter().find(|known| Slug::of(known.label) == *slug);
    known.map_or_else(|| slug.as_str().to_uppercase(), |known| known.label.to_owned())
}

fn pointer(key: &str, value: &Placed<String>) -> Result<Option<String>, Problem> {
    let Some(value) = value else { return Ok(None) };
    if !value.get_ref().starts_with('/') {
        let text = format!("`{key}`: '{}' is not a JSON pointer; it must start with '/'", value.get_ref());
        return Err(Problem::new(value.span(), text));
    }
    Ok(Some(value.get_ref().clone()))
}
