// SPDX-License-Identifier: BSD-2-Clause
//! At most one deadline per service, in a binary heap in the caller's storage.
//!
//! A layer may have hundreds of services starting at once, and the executor asks for the earliest deadline after
//! every event: a scan would make a boot quadratic. Here the earliest is read in O(1), arming at the end costs O(1)
//! (equal timeouts arrive in order), anything else O(log n). Equal deadlines come in service order: no event may
//! depend on how the heap happens to lie.

use crate::spec::ServiceId;
use crate::time::{Duration, Instant};

/// Storage for one service; the caller provides as many as there are services.
///
/// One slice holds two tables: `entry` is that of the heap's place i, `place` that of service i.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimerCell {
    entry: Entry,
    place: u16,
}

/// Compared by deadline first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    deadline: Instant,
    service: ServiceId,
}

/// Not in the heap.
const NOWHERE: u16 = u16::MAX;

#[derive(Debug)]
pub(crate) struct Timers<'a> {
    cells: &'a mut [TimerCell],
    armed: usize,
}

impl<'a> Timers<'a> {
    pub(crate) fn new(cells: &'a mut [TimerCell]) -> Self {
        for cell in cells.iter_mut() {
            cell.place = NOWHERE;
        }
        Self { cells, armed: 0 }
    }

    /// The earliest deadline and whose it is.
    pub(crate) fn first(&self) -> Option<(Instant, ServiceId)> {
        let entry = self.cells[..self.armed].first()?.entry;
        Some((entry.deadline, entry.service))
    }

    /// Arms the service's deadline in place of any that it had.
    pub(crate) fn arm(&mut self, service: ServiceId, deadline: Instant) {
        self.disarm(service);
        self.armed += 1;
        self.rise(self.armed - 1, Entry { deadline, service });
    }

    pub(crate) fn disarm(&mut self, service: ServiceId) {
        let place = core::mem::replace(&mut self.cells[service.index()].place, NOWHERE);
        if place == NOWHERE {
            return;
        }
        self.armed -= 1;
        let place = usize::from(place);
        if place < self.armed {
            // The last one fills the gap, which moves to where it belongs.
            let last = self.cells[self.armed].entry;
            let place = self.sink(place, last);
            self.rise(place, last);
        }
    }

    /// Every armed deadline is `span` later; their order stays.
    pub(crate) fn delay_all(&mut self, span: Duration) {
        for cell in &mut self.cells[..self.armed] {
            cell.entry.deadline = cell.entry.deadline.after(span);
        }
    }

    pub(crate) fn is_armed(&self, service: ServiceId) -> bool {
        self.cells[service.index()].place != NOWHERE
    }

    fn put(&mut self, place: usize, entry: Entry) {
        self.cells[place].entry = entry;
        self.cells[entry.service.index()].place = place as u16;
    }

    /// Puts `entry` at the gap `place`, or as far above as its parents are later.
    fn rise(&mut self, mut place: usize, entry: Entry) {
        while place > 0 {
            let parent = (place - 1) / 2;
            let above = self.cells[parent].entry;
            if above <= entry {
                break;
            }
            self.put(place, above);
            place = parent;
        }
        self.put(place, entry);
    }

    /// Moves the gap `place` down while a child is earlier than `entry`.
    fn sink(&mut self, mut place: usize, entry: Entry) -> usize {
        loop {
            let left = 2 * place + 1;
            let children = &self.cells[..self.armed][left.min(self.armed)..];
            let (child, below) = match children {
                [] => return place,
                [only] => (left, only.entry),
                [first, second, ..] if first.entry < second.entry => (left, first.entry),
                [_, second, ..] => (left + 1, second.entry),
            };
            if entry < below {
                return place;
            }
            self.put(place, below);
            place = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Against a model: the earliest armed deadline is first, ties in service order.
        #[test]
        fn the_earliest_armed_deadline_is_first(
            ops in prop::collection::vec((0u16..24, prop::option::weighted(0.7, 0u64..40)), 1..200)
        ) {
            let mut cells = [TimerCell::default(); 24];
            let mut timers = Timers::new(&mut cells);
            let mut model = BTreeMap::new();
            for (service, deadline) in ops {
                match deadline {
                    Some(at) => {
                        timers.arm(ServiceId(service), Instant::from_micros(at));
                        model.insert(service, at);
                    }
                    None => {
                        timers.disarm(ServiceId(service));
                        model.remove(&service);
                    }
                }
                let expected = model.iter().map(|(s, at)| (*at, *s)).min();
                prop_assert_eq!(timers.first().map(|(at, s)| (at.as_micros(), s.0)), expected);
            }
        }
    }
}
