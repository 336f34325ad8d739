//! From values to pixels, and the room that labels take. Pure.

/// A linear map of one axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// Maps the values `from` and `to` onto the pixels `start` and `end`.
    pub(super) fn new((from, to): (f64, f64), (start, end): (f64, f64)) -> Self {
        Self { from, to, start, end }
    }

    /// The pixel of a value.
    pub(super) fn px(&self, value: f64) -> f64 {
        let share = if self.to == self.from { 0.5 } else { (value - self.from) / (self.to - self.from) };
        self.start + share * (self.end - self.start)
    }

    /// The value of a pixel.
    pub(super) fn value(&self, px: f64) -> f64 {
        self.from + (px - self.start) / (self.end - self.start) * (self.to - self.from)
    }
}

/// Least and greatest value with room around them, so that neither lies on the frame. Values that do not
/// move get a little room of their own.
pub(super) fn with_room(low: f64, high: f64) -> (f64, f64) {
    if high > low {
        return (low, high);
    }
    let around = if low == 0.0 { 1.0 } else { low.abs() * 0.005 };
    (low - around, high + around)
}

/// Places for labels as near as can be to where they belong, in the same order, none nearer to the next
/// than `distance` and all within bounds, as long as there is room for them.
pub(super) fn apart(wanted: &[f64], distance: f64, (top, bottom): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut groups: Vec<Group> = Vec::new();
    for index in order {
        groups.push(Group::of(index, wanted[index]));
        while settle(&mut groups, distance, (top, bottom)) {}
    }
    let mut places = vec![0.0; wanted.len()];
    for group in &groups {
        let mut place = group.start(distance, (top, bottom));
        for member in &group.members {
            places[*member] = place;
            place += distance;
        }
    }
    places
}

/// Labels that touch, and therefore move as one around the middle of where they belong.
struct Group {
    members: Vec<usize>,
    centers: f64,
}

impl Group {
    fn of(index: usize, wanted: f64) -> Self {
        Self { members: vec![index], centers: wanted }
    }

    fn count(&self) -> f64 {
        f64::from(u32::try_from(self.members.len()).unwrap_or(u32::MAX))
    }

    fn length(&self, distance: f64) -> f64 {
        (self.count() - 1.0) * distance
    }

    fn start(&self, distance: f64, (top, bottom): (f64, f64)) -> f64 {
        let length = self.length(distance);
        (self.centers / self.count() - length / 2.0).min(bottom - length).max(top)
    }
}

/// Joins the last two groups when they overlap; answers whether they did.
fn settle(groups: &mut Vec<Group>, distance: f64, bounds: (f64, f64)) -> bool {
    let overlap = match groups.as_slice() {
        [.., above, below] => {
            above.start(distance, bounds) + above.length(distance) + distance > below.start(distance, bounds)
        }
        _ => false,
    };
    if overlap
        && let Some(below) = groups.pop()
        && let Some(above) = groups.last_mut()
    {
        above.members.extend(below.members);
        above.centers += below.centers;
    }
    overlap
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_scale_maps_its_ends() {
        let scale = Scale::new((0.0, 10.0), (200.0, 100.0));
        assert_eq!((scale.px(0.0), scale.px(5.0), scale.px(10.0)), (200.0, 150.0, 100.0));
        assert_eq!(scale.value(150.0), 5.0);
    }

    #[test]
    fn labels_with_room_stay_where_they_belong() {
        assert_eq!(apart(&[50.0, 10.0], 16.0, (0.0, 100.0)), [50.0, 10.0]);
        assert_eq!(apart(&[50.0, 50.0], 16.0, (0.0, 100.0)), [42.0, 58.0]);
        assert_eq!(apart(&[0.0, 0.0], 16.0, (0.0, 100.0)), [0.0, 16.0]);
    }

    proptest! {
        #[test]
        fn labels_never_overlap(wanted in prop::collection::vec(0.0..300.0f64, 1..18)) {
            let places = apart(&wanted, 16.0, (0.0, 300.0));
            let mut sorted = places.clone();
            sorted.sort_by(f64::total_cmp);
            prop_assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= 16.0 - 1e-6));
            prop_assert!(sorted.iter().all(|place| (-1e-6..=300.0 + 1e-6).contains(place)));
        }
    }
}
