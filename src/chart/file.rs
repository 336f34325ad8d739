//! A finished drawing: as SVG, as PNG with texts inside, and on disk, whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::ChartError;
use super::theme::{FAMILY, fonts};
use crate::files;

/// What made the picture, in its `Software` text.
const SOFTWARE: &str = concat!("pantau ", env!("CARGO_PKG_VERSION"));

/// A drawn chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    svg: String,
}

impl Drawing {
    pub(super) fn new(svg: String) -> Self {
        Self { svg }
    }

    /// The drawing as SVG. The same chart of the same data is the same text.
    #[must_use]
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The drawing as PNG. Beside the pixels it carries `Software` and the given texts, such as
    /// `("Query", …)` and `("Digest", …)`.
    ///
    /// # Errors
    /// The drawing cannot be rendered, or a keyword is empty, longer than 79 letters or not Latin-1.
    pub fn png(&self, texts: &[(&str, String)]) -> Result<Vec<u8>, ChartError> {
        let pixels = render(&self.svg)?;
        encode(&pixels, texts).map_err(ChartError::Encode)
    }
}

fn render(svg: &str) -> Result<Pixmap, ChartError> {
    let options = Options { font_family: FAMILY.to_owned(), fontdb: fonts()?, ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| ChartError::Pixels(error.to_string()))?;
    let size = tree.size().to_int_size();
    let mut pixels = Pixmap::new(size.width(), size.height())
        .ok_or_else(|| ChartError::Pixels("no memory for a picture of this size".to_owned()))?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    Ok(pixels)
}

/// Eight bits of red, green and blue; the background is opaque, so there is nothing else to keep.
fn encode(pixels: &Pixmap, texts: &[(&str, String)]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    for (keyword, text) in [("Software", SOFTWARE.to_owned())].iter().chain(texts) {
        add_text(&mut encoder, keyword, text)?;
    }
    let opaque: Vec<u8> =
        pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&opaque)?;
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
