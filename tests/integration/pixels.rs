//! Pictures of hours and days beside pictures of every run: nobody can tell them apart.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Asia::Jakarta;
use pantau::chart::{self, Beside, ChartKind, ChartSpec};
use pantau::domain::{Figures, Kind, Level, Observation, Quantity, Run, TimeRange, Verdict};
use pantau::ingest::{self, saved_page};
use pantau::parse::Layout;
use pantau::query;
use pantau::series::Detail;
use pantau::store::{Store, StoreError, StoredIndicator};

use crate::script::at;

/// How much a colour may differ, of 255, before it counts as another: a stroke that begins elsewhere within the same
/// pixel covers up to half of it more or less.
const ALIKE: u8 = 128;

/// How many of the 720,000 pixels may differ at their place by more than half of that.
const SHIFTED: usize = 200;

/// How many pixels away the same colour may be: hours and days are at most as wide as one.
const BESIDE: isize = 1;

/// The same where silences of less than a pixel part a line in one picture and not in the other: a part too short to be
/// seen as a line is a dot.
const DOT: isize = 4;

const KINDS: [ChartKind; 4] = [ChartKind::Line, ChartKind::Candle, ChartKind::Rebase, ChartKind::Drawdown];

/// Numbers that look random and are always the same.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, end: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % end).cast_signed()
    }
}

/// Sightings of a level, a run each, from 9 to 16 o'clock of every weekday.
fn sessions(first: &str, days: i64, apart: TimeDelta, mut level: impl FnMut() -> i64) -> Vec<Run> {
    let mut runs = Vec::new();
    for day in (0..days).filter(|day| day % 7 < 5) {
        let morning = at(first) + TimeDelta::days(day);
        let times = std::iter::successors(Some(morning), |at| Some(*at + apart));
        let session = times.take_while(|at| *at < morning + TimeDelta::hours(7));
        runs.extend(session.map(|at| run(at, level())));
    }
    runs
}

fn run(at: DateTime<Utc>, mantissa: i64) -> Run {
    let level = Some(Level(Quantity::new(mantissa, 2).unwrap()));
    let figures = Figures { level, ..Figures::default() };
    Run { first_seen: at, last_seen: at, figures, verdict: Verdict::Unverifiable }
}

/// A level that walks.
fn walk(seed: u64, step: u64) -> impl FnMut() -> i64 {
    let (mut random, mut level) = (Seeded(seed), 90_000);
    move || {
        level = (level + random.below(2 * step + 1) - step.cast_signed()).clamp(30_000, 200_000);
        level
    }
}

/// A level that stands, but for spikes of one sighting.
fn spikes() -> impl FnMut() -> i64 {
    let mut random = Seeded(7);
    move || if random.below(2000) == 0 { 80_000 + random.below(20_000) } else { 90_000 + random.below(20) }
}

fn stored(runs: &[Run]) -> (Store, StoredIndicator) {
    let mut store = Store::open_in_memory().unwrap();
    let source = ingest::Source {
        name: "kontan".to_owned(),
        url: "https://example.org/".to_owned(),
        layout: Layout::Kontan,
        slowest_poll: std::time::Duration::from_secs(60),
    };
    let rows = b"| INDIKATOR |\nLQ45 1 0 0%".to_vec();
    let page = saved_page("page".to_owned(), rows, at("2001-01-01T09:00"));
    store.write(|tables| ingest::ingest(tables, &source, &page)).unwrap();
    let indicator = store.tables().indicators().unwrap().remove(0);
    let seen = store.tables().newest_run(indicator.id).unwrap().unwrap();
    store
        .write(|tables| {
            tables.take_run(indicator.id, seen.run.first_seen)?;
            runs.iter().try_for_each(|run| {
                tables.put_run(indicator.id, &Observation { run: *run, capture: seen.capture })
            })?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    (store, indicator)
}

/// The pixels of a picture in rows.
fn pixels(png: &[u8]) -> (usize, Vec<[u8; 3]>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let samples = info.color_type.samples();
    let pixels = bytes.chunks_exact(samples).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    (usize::try_from(info.width).unwrap(), pixels)
}

fn differs(a: &[u8; 3], b: &[u8; 3], most: u8) -> bool {
    a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > most)
}

/// How many pixels differ clearly at their place.
fn shifted(one: &[u8], other: &[u8]) -> usize {
    pixels(one).1.iter().zip(&pixels(other).1).filter(|(a, b)| differs(a, b, ALIKE / 2)).count()
}

/// How many inked pixels of one picture have none in the other that is alike, neither there nor so many pixels away.
fn missing(one: &[u8], other: &[u8], reach: isize) -> usize {
    let ((width, one), (_, other)) = (pixels(one), pixels(other));
    let width = width.cast_signed();
    let offsets: Vec<isize> =
        (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| y * width + x)).collect();
    let alike = |a: &[u8; 3], b: &[u8; 3]| !differs(a, b, ALIKE);
    let is_near = |place: usize, pixel: &[u8; 3]| {
        let places = offsets.iter().filter_map(|offset| place.checked_add_signed(*offset));
        alike(pixel, &other[place])
            || places.filter_map(|place| other.get(place)).any(|near| alike(pixel, near))
    };
    let is_ink = |pixel: &[u8; 3]| differs(pixel, &[255; 3], ALIKE);
    one.iter().enumerate().filter(|(place, pixel)| is_ink(pixel) && !is_near(*place, pixel)).count()
}

/// Draws runs both ways; expects that parts were read together, and that each picture has all that the other has.
fn expect_alike(name: &str, kinds: &[ChartKind], runs: &[Run], reach: isize) {
    let (store, indicator) = stored(runs);
    let (tables, range) = (store.tables(), TimeRange::default());
    let span = query::seen(tables, &indicator, range).unwrap().unwrap();
    let all = query::series(tables, &indicator, range, Jakarta, Detail::RUNS).unwrap();
    for kind in kinds {
        let spec = ChartSpec { kind: *kind, ..ChartSpec::new(Jakarta) };
        let (spec, detail) = chart::detail(spec, Kind::Index, Jakarta, span, &[]);
        let few = query::series(tables, &indicator, range, Jakarta, detail).unwrap();
        assert!(few.parts().len() * 3 < all.parts().len(), "{name} {kind}: {} parts", few.parts().len());
        let [(few, few_words), (all, all_words)] = [&few, &all].map(|series| {
            let series = std::slice::from_ref(series);
            let drawing = chart::draw(&spec, series, Beside::default(), &|_| true).unwrap();
            let is_word = |line: &&str| !line.starts_with('<');
            let words: Vec<String> =
                drawing.svg().unwrap().lines().filter(is_word).map(str::to_owned).collect();
            (drawing.png(&[]).unwrap(), words)
        });
        keep(&format!("{name}-{kind}-few.png"), &few);
        keep(&format!("{name}-{kind}-all.png"), &all);
        assert!(all_words.len() > 5, "{name} {kind}: {all_words:?}");
        assert_eq!(few_words, all_words, "{name} {kind}");
        let missing = (missing(&all, &few, reach), missing(&few, &all, reach));
        assert_eq!(missing, (0, 0), "{name} {kind}: ink that only one of the pictures has");
        assert!(reach == DOT || shifted(&all, &few) <= SHIFTED, "{name} {kind}: {}", shifted(&all, &few));
    }
}

/// Leaves a picture in a folder that is named, for a look at it.
fn keep(name: &str, png: &[u8]) {
    if let Some(folder) = std::env::var_os("KEEP_PICTURES") {
        std::fs::write(std::path::Path::new(&folder).join(name), png).unwrap();
    }
}

#[test]
fn a_year_looks_the_same_in_hours() {
    let year = sessions("2024-01-01T09:00", 364, TimeDelta::minutes(2), walk(1, 80));
    expect_alike("year", &KINDS, &year, BESIDE);
}

#[test]
fn five_years_look_the_same_in_days() {
    let years = sessions("2020-01-06T09:00", 5 * 364, TimeDelta::minutes(5), walk(2, 200));
    expect_alike("years", &KINDS, &years, BESIDE);
}

#[test]
fn a_spike_of_one_sighting_is_where_it_was() {
    let year = sessions("2024-01-01T09:00", 364, TimeDelta::minutes(2), spikes());
    expect_alike("spikes", &[ChartKind::Line, ChartKind::Drawdown], &year, BESIDE);
    let years = sessions("2020-01-06T09:00", 5 * 364, TimeDelta::minutes(10), spikes());
    expect_alike("rare", &[ChartKind::Line, ChartKind::Drawdown], &years, BESIDE);
}

#[test]
fn silences_of_less_than_a_pixel_leave_the_line_where_it_was() {
    let mut years = sessions("2020-01-06T09:00", 5 * 364, TimeDelta::minutes(5), walk(3, 200));
    years.retain(|run| !(5 * 3600..6 * 3600 + 1800).contains(&(run.first_seen.timestamp() % 86_400)));
    expect_alike("noon", &[ChartKind::Line], &years, DOT);
}
