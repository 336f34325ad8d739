//! Pictures: the reduction of a year's points to what fits into a picture, and the picture as PNG.

use chrono_tz::Asia::Jakarta;
use divan::Bencher;
use pantau::chart::{Beside, ChartKind, ChartSpec, Drawing, Size, draw};
use pantau::series::Series;

use crate::year;

fn drawn(series: &[Series], kind: ChartKind) -> Drawing {
    let size = Size::new(1600, 900).unwrap();
    let spec = ChartSpec { kind, size, ..ChartSpec::new(Jakarta) };
    draw(&spec, series, Beside::default(), &|_| true).unwrap()
}

/// Every observation of the year, of which a few a pixel column are left.
#[divan::bench]
fn points_of_a_year_reduced_and_drawn(bencher: Bencher<'_, '_>) {
    let series = [year::series()];
    assert!(drawn(&series, ChartKind::Drawdown).svg().unwrap().len() < 1_000_000, "reduced");
    bencher.bench_local(|| drawn(&series, ChartKind::Drawdown));
}

#[divan::bench]
fn a_chart_as_png(bencher: Bencher<'_, '_>) {
    let drawing = drawn(&[year::series()], ChartKind::Line);
    assert!(drawing.png(&[]).unwrap().starts_with(b"\x89PNG"));
    bencher.bench_local(|| drawing.png(&[]).unwrap());
}
