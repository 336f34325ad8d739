//! A finished drawing: as SVG, as PNG with texts inside, and on disk, whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::indexed::{Indexed, Indexing};
use super::pixels;
use super::shapes::Shape;
use super::svg::svg;
use super::{ChartError, Size};
use crate::files;

/// What made the picture, in its `Software` text.
const SOFTWARE: &str = concat!("pantau ", env!("CARGO_PKG_VERSION"));

/// How hard zlib tries. Of the rows of a chart, level 6 leaves a twentieth less in three times the time.
const LEVEL: u8 = 2;

/// A drawn chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    size: Size,
    shapes: Vec<Shape>,
}

impl Drawing {
    pub(super) fn new(size: Size, shapes: Vec<Shape>) -> Self {
        Self { size, shapes }
    }

    /// The drawing as SVG. The same chart of the same data is the same text.
    ///
    /// # Errors
    /// The drawing cannot be written down.
    pub fn svg(&self) -> Result<String, ChartError> {
        svg(self.size, &self.shapes)
    }

    /// The drawing as PNG. Beside the pixels it carries `Software` and the given texts, such as
    /// `("Query", …)` and `("Digest", …)`.
    ///
    /// # Errors
    /// The drawing cannot be rendered, or a keyword is empty, longer than 79 letters or not Latin-1.
    pub fn png(&self, texts: &[(&str, String)]) -> Result<Vec<u8>, ChartError> {
        let mut indexing = Indexing::default();
        pixels::draw(self.size, &self.shapes, |band| indexing.look_at(band))?;
        encode(self.size, &indexing.finish(), texts).map_err(ChartError::Encode)
    }
}

/// Eight bits a pixel. The background is opaque, so there is nothing to keep but colours.
fn encode(size: Size, indexed: &Indexed, texts: &[(&str, String)]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.width(), size.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(indexed.colours.as_flattened());
    // Most rows of a chart are nearly the row above.
    encoder.set_filter(png::Filter::Up);
    encoder.set_deflate_compression(png::DeflateCompression::Level(LEVEL));
    for (keyword, text) in [("Software", SOFTWARE.to_owned())].iter().chain(texts) {
        add_text(&mut encoder, keyword, text)?;
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&indexed.indices)?;
    writer.finish()?;
    Ok(bytes)
}

/// Plain text where it is ASCII, which every reader of PNGs knows; international text otherwise.
fn add_text<W: Write>(
    encoder: &mut png::Encoder<'_, W>,
    keyword: &str,
    text: &str,
) -> Result<(), png::EncodingError> {
    if text.is_ascii() {
        encoder.add_text_chunk(keyword.to_owned(), text.to_owned())
    } else {
        encoder.add_itxt_chunk(keyword.to_owned(), text.to_owned())
    }
}

/// Writes a file whole or not at all: beside its target first, then over it.
///
/// # Errors
/// The folder cannot be written; the target is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), ChartError> {
    let failed = |source| ChartError::Write { path: path.to_owned(), source };
    let beside = files::beside(path).map_err(failed)?;
    let written = write_new(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| {
        // Nothing more can be done about a leftover that cannot be removed either.
        let _ = fs::remove_file(&beside);
        failed(source)
    })
}

/// A picture is made to be shown: who may read it is up to the umask. No link is followed.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lq45.png");
        write(&path, b"old").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["lq45.png"]);
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        let refusal = write(&taken, b"new").unwrap_err().to_string();
        assert!(refusal.starts_with("failed to write "), "{refusal}");
        assert_eq!(names(folder.path()), ["taken"]);
        assert!(write(&folder.path().join("no/such/folder.png"), b"").is_err());
    }
}
