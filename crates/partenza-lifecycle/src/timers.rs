// SPDX-License-Identifier: BSD-2-Clause
//! At most one deadline per service, in a binary heap in the caller's storage.
//!
//! A layer may have hundreds of services starting at once, and the executor asks for the earliest deadline after
//! every event: a scan would make a boot quadratic. Here the earliest is read in O(1), arming at the end costs O(1)
//! (equal timeouts arrive in order), anything else O(log n). Equal deadlines come in service order: no event may
//! depend on how the heap happens to lie.

use crate::config::ServiceId;
use crate::time::Instant;

/// Storage for one service; the caller provides as many as there are services.
///
/// One slice holds two tables: `service` is that of the heap's place i, the others are those of service i.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimerCell {
    service: ServiceId,
    place: u16,
    deadline: Instant,
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
        (self.armed > 0).then(|| self.key(0))
    }

    /// Arms the service's deadline in place of any that it had.
    pub(crate) fn arm(&mut self, service: ServiceId, deadline: Instant) {
        self.disarm(service);
        self.cells[service.index()].deadline = deadline;
        self.armed += 1;
        self.put(self.armed - 1, service);
        self.rise(self.armed - 1);
    }

    pub(crate) fn disarm(&mut self, service: ServiceId) {
        let place = self.cells[service.index()].place;
        if place == NOWHERE {
            return;
        }
        self.cells[service.index()].place = NOWHERE;
        self.armed -= 1;
        let place = usize::from(place);
        if place < self.armed {
            let last = self.cells[self.armed].service;
            self.put(place, last);
            self.rise(place);
            self.sink(usize::from(self.cells[last.index()].place));
        }
    }

    fn key(&self, place: usize) -> (Instant, ServiceId) {
        let service = self.cells[place].service;
        (self.cells[service.index()].deadline, service)
    }

    fn put(&mut self, place: usize, service: ServiceId) {
        self.cells[place].service = service;
        self.cells[service.index()].place = place as u16;
    }

    fn swap(&mut self, a: usize, b: usize) {
        let (at_a, at_b) = (self.cells[a].service, self.cells[b].service);
        self.put(a, at_b);
        self.put(b, at_a);
    }

    fn rise(&mut self, mut place: usize) {
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.key(parent) <= self.key(place) {
                break;
            }
            self.swap(place, parent);
            place = parent;
        }
    }

    fn sink(&mut self, mut place: usize) {
        loop {
            let left = 2 * place + 1;
            if left >= self.armed {
                break;
            }
            let right = left + 1;
            let child = if right < self.armed && self.key(right) < self.key(left) { right } else { left };
            if self.key(place) <= self.key(child) {
                break;
            }
            self.swap(place, child);
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
