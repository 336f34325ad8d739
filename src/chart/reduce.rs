//! Points into as few as look the same: per pixel column the first, least, greatest and last. Pure.

/// A point of a line: seconds and value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) at: f64,
    pub(super) value: f64,
}

/// Time cut into columns one pixel wide.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    start: f64,
    seconds: f64,
}

impl Columns {
    /// A stretch of time as so many columns.
    pub(super) fn new(start: f64, end: f64, count: u32) -> Self {
        Self { start, seconds: ((end - start) / f64::from(count.max(1))).max(f64::MIN_POSITIVE) }
    }

    /// The column of an instant, as a whole number.
    pub(super) fn of(self, at: f64) -> f64 {
        ((at - self.start) / self.seconds).floor()
    }
}

/// The points that a line through all of them needs: four per column, so that spikes survive and
/// every column is entered and left where the whole line would.
pub(super) fn reduce(points: impl Iterator<Item = Point>, columns: Columns) -> Vec<Point> {
    let mut kept = Vec::new();
    let mut column: Option<Column> = None;
    for point in points {
        let number = columns.of(point.at);
        match &mut column {
            Some(open) if open.number == number => open.add(point),
            _ => {
                let done = column.replace(Column::begin(number, point));
                keep(done, &mut kept);
            }
        }
    }
    keep(column, &mut kept);
    kept
}

struct Column {
    number: f64,
    first: Point,
    least: Point,
    greatest: Point,
    last: Point,
}

impl Column {
    fn begin(number: f64, point: Point) -> Self {
        Self { number, first: point, least: point, greatest: point, last: point }
    }

    fn add(&mut self, point: Point) {
        if point.value < self.least.value {
            self.least = point;
        }
        if point.value > self.greatest.value {
            self.greatest = point;
        }
        self.last = point;
    }
}

fn keep(column: Option<Column>, kept: &mut Vec<Point>) {
    let Some(Column { first, least, greatest, last, .. }) = column else { return };
    let (earlier, later) = if least.at <= greatest.at { (least, greatest) } else { (greatest, least) };
    let begin = kept.len();
    for point in [first, earlier, later] {
        if !kept[begin..].contains(&point) {
            kept.push(point);
        }
    }
    // A step has two values at one instant: what comes last is last, even where it was an extreme.
    if kept.last() != Some(&last) {
        kept.push(last);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn extremes(points: &[Point]) -> (f64, f64) {
        let values = || points.iter().map(|point| point.value);
        (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max))
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(reduce(std::iter::empty(), Columns::new(0.0, 0.0, 10)).is_empty());
    }

    #[test]
    fn a_column_keeps_its_spike() {
        let points = [1.0, 2.0, 99.0, 2.0, 3.0].map(|value| Point { at: value / 100.0, value });
        let values: Vec<f64> =
            reduce(points.into_iter(), Columns::new(0.0, 10.0, 2)).iter().map(|p| p.value).collect();
        assert_eq!(values, [1.0, 99.0, 3.0]);
    }

    #[test]
    fn a_step_in_the_last_column_ends_where_it_goes() {
        let points = [5.0, 9.0, 1.0].map(|value| Point { at: 1.0, value });
        let kept = reduce(points.into_iter(), Columns::new(0.0, 1.0, 10));
        assert_eq!(kept.last(), points.last());
    }

    proptest! {
        #[test]
        fn extremes_and_ends_survive(
            steps in prop::collection::vec((0..50u32, -1000..1000i32), 1..2000),
            count in 1..200u32,
        ) {
            let mut at = 0.0;
            let points: Vec<Point> = steps.into_iter().map(|(step, value)| {
                at += f64::from(step);
                Point { at, value: f64::from(value) }
            }).collect();
            let columns = Columns::new(0.0, at, count);
            let number = |point: &Point| columns.of(point.at);
            let kept = reduce(points.iter().copied(), columns);
            prop_assert_eq!(extremes(&kept), extremes(&points));
            prop_assert_eq!(kept.first(), points.first());
            prop_assert_eq!(kept.last(), points.last());
            prop_assert!(kept.windows(2).all(|pair| pair[0].at <= pair[1].at));
            prop_assert!(kept.len() <= 4 * (count as usize + 1));
            let widest = |points: &[Point]| {
                let mut found = Vec::new();
                for column in points.chunk_by(|a, b| number(a) == number(b)) {
                    let (low, high) = extremes(column);
                    found.push((number(&column[0]), low, high));
                }
                found
            };
            prop_assert_eq!(widest(&kept), widest(&points));
        }
    }
}
