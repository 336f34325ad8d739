//! A picture as places in a table of at most 256 colours: a quarter of the bytes of its pixels, and quickly packed.
//! Knows pixels, not what they show.
//!
//! Lines and letters on a flat background come to some 100 to 300 colours, nearly all of them the soft edges of a few.
//! Where there are more than fit, the commonest stay what they are, and each of the others becomes a neighbour that
//! nobody can tell from it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// What an eight-bit PNG can tell apart.
const MOST_COLOURS: usize = 256;

/// So many of the commonest colours are never replaced: theme, lines and all their common edges.
const KEPT: usize = 128;

/// Red, green and blue.
type Rgb = [u8; 3];

/// Red, green, blue and opacity.
type Pixel = [u8; 4];

/// Pixels as indices into their colours.
pub(super) struct Indexed {
    pub(super) colours: Vec<Rgb>,
    pub(super) indices: Vec<u8>,
}

/// What a picture consists of, as far as it was looked at.
#[derive(Default)]
pub(super) struct Indexing {
    /// Each colour, and how many pixels have it.
    colours: Vec<(Rgb, usize)>,
    numbers: HashMap<u32, u32, BuildHasherDefault<Spread>>,
    stretches: Vec<Stretch>,
}

/// Neighbouring pixels of one colour, which is told by its number. Of a crowded picture there are many.
struct Stretch {
    colour: u32,
    pixels: u32,
}

impl Indexing {
    /// Looks at opaque pixels of four bytes each: the next ones of the picture, of which there may be any number.
    #[expect(clippy::cast_possible_truncation, reason = "the largest picture has 64 million pixels")]
    pub(super) fn look_at(&mut self, pixels: &[u8]) {
        let mut pixels: &[Pixel] = pixels.as_chunks().0;
        while let Some(first) = pixels.first() {
            let alike = alike(pixels, *first);
            let colour = self.number(*first);
            self.colours[colour as usize].1 += alike;
            self.stretches.push(Stretch { colour, pixels: alike as u32 });
            pixels = &pixels[alike..];
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are no more colours than pixels")]
    fn number(&mut self, pixel: Pixel) -> u32 {
        let [red, green, blue, _] = pixel;
        let next = self.colours.len() as u32;
        let number = *self.numbers.entry(u32::from_le_bytes(pixel)).or_insert(next);
        if number == next {
            self.colours.push(([red, green, blue], 0));
        }
        number
    }

    /// The same pixels are always the same table and indices.
    pub(super) fn finish(self) -> Indexed {
        let colours = table(&self.by_frequency());
        let places: Vec<u8> = self.colours.iter().map(|(colour, _)| nearest(&colours, *colour)).collect();
        let pixels = self.colours.iter().map(|(_, count)| count).sum();
        let mut indices = Vec::with_capacity(pixels);
        for Stretch { colour, pixels } in self.stretches {
            indices.resize(indices.len() + pixels as usize, places[colour as usize]);
        }
        Indexed { colours, indices }
    }

    /// All colours, the commonest first.
    fn by_frequency(&self) -> Vec<Rgb> {
        let mut colours = self.colours.clone();
        colours.sort_by_key(|(colour, count)| (usize::MAX - count, *colour));
        colours.into_iter().map(|(colour, _)| colour).collect()
    }
}

/// How many pixels in a row are like the first; most of a picture is background, so eight are looked at together.
fn alike(pixels: &[Pixel], first: Pixel) -> usize {
    let is_first = |eight: &&[Pixel; 8]| eight.iter().fold(true, |same, pixel| same & (*pixel == first));
    let eights = pixels.as_chunks().0.iter().take_while(is_first).count();
    let rest = pixels[eights * 8..].iter().take_while(|pixel| **pixel == first).count();
    eights * 8 + rest
}

/// Spreads colours over a hash table. The usual hasher, which withstands an enemy, takes longer than all the rest.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        // The golden ratio, after Fibonacci hashing; the good bits are the high ones.
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The colours that stay: all, or as many as are needed for each to have one of them near, as near as can be.
fn table(common: &[Rgb]) -> Vec<Rgb> {
    if common.len() <= MOST_COLOURS {
        return common.to_vec();
    }
    let (mut near, mut far) = (0, u8::MAX);
    let mut colours = Vec::new();
    while near < far {
        let middle = near.midpoint(far);
        match table_within(common, middle) {
            Some(table) => (far, colours) = (middle, table),
            None => near = middle + 1,
        }
    }
    colours
}

/// Colours such that none is farther than `far` from one of them, if so many fit.
fn table_within(common: &[Rgb], far: u8) -> Option<Vec<Rgb>> {
    let (kept, rest) = common.split_at(KEPT);
    let mut colours = kept.to_vec();
    for colour in rest {
        if colours.iter().all(|other| distance(*other, *colour) > far) {
            colours.push(*colour);
        }
        if colours.len() > MOST_COLOURS {
            return None;
        }
    }
    Some(colours)
}

/// The largest difference of a channel.
fn distance(a: Rgb, b: Rgb) -> u8 {
    let [red, green, blue] = [0, 1, 2].map(|channel: usize| a[channel].abs_diff(b[channel]));
    red.max(green).max(blue)
}

/// The place of the colour that is nearest; tables have at most 256.
fn nearest(colours: &[Rgb], colour: Rgb) -> u8 {
    let place = (0..=u8::MAX).zip(colours).min_by_key(|(_, other)| distance(**other, colour));
    place.map_or(0, |(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at one pixel after the other, which makes no difference.
    fn indexed(colours: &[Rgb]) -> Indexed {
        let mut indexing = Indexing::default();
        colours.iter().for_each(|[red, green, blue]| indexing.look_at(&[*red, *green, *blue, 255]));
        indexing.finish()
    }

    fn shown(indexed: &Indexed) -> Vec<Rgb> {
        indexed.indices.iter().map(|place| indexed.colours[usize::from(*place)]).collect()
    }

    #[test]
    fn as_many_colours_as_fit_are_exact() {
        let all: Vec<Rgb> = (0..=u8::MAX).map(|shade| [shade, 255 - shade, shade / 2]).collect();
        let indexed = indexed(&all);
        assert_eq!((shown(&indexed), indexed.colours.len()), (all, 256));
    }

    #[test]
    fn the_commonest_colours_stand_first() {
        let indexed = indexed(&[[9; 3], [1; 3], [1; 3], [9; 3], [1; 3], [5; 3]]);
        assert_eq!(indexed.colours, [[1; 3], [9; 3], [5; 3]]);
        assert_eq!(indexed.indices, [1, 0, 0, 1, 0, 2]);
    }

    #[test]
    fn more_colours_than_fit_lose_what_nobody_sees() {
        let many: Vec<Rgb> = (0..1600_u16)
            .map(|number| [number % 40 * 2, number / 40 * 3, 128].map(|c| u8::try_from(c).unwrap()))
            .collect();
        let common: Vec<Rgb> = many.iter().take(KEPT).copied().collect();
        let all = [many.clone(), common.repeat(3)].concat();
        let indexed = indexed(&all);
        let farthest = all.iter().zip(shown(&indexed)).map(|(a, b)| distance(*a, b)).max();
        assert!(indexed.colours.len() <= 256 && farthest.unwrap() <= 8, "{farthest:?}");
        assert!(common.iter().all(|colour| indexed.colours.contains(colour)));
    }
}
