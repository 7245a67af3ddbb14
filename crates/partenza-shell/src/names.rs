// SPDX-License-Identifier: BSD-2-Clause
//! The names of all services by number, for records that speak of services by number.

use heapless::{String, Vec};
use partenza_interfaces::Message;
use partenza_protocol::ServiceId;

use crate::system::{System, Trouble, for_each_service};

/// Services in one plan at most.
const SERVICES: usize = 512;
/// Bytes that all names together may take; services past that are shown as `?`.
const TEXT: usize = 8 * 1024;

/// Names side by side in one text.
#[derive(Debug, Default)]
pub struct Names {
    text: String<TEXT>,
    /// Where each name ends.
    ends: Vec<u16, SERVICES>,
}

impl Names {
    #[must_use]
    pub const fn new() -> Self {
        Self { text: String::new(), ends: Vec::new() }
    }

    /// Asks for all names; what cannot be kept is left out.
    pub fn load(&mut self, system: &mut dyn System, message: &mut Message) -> Result<(), Trouble> {
        self.text.clear();
        self.ends.clear();
        for_each_service(system, message, &mut |row| {
            let fits = self.text.push_str(row.name).is_ok();
            let end =
                if fits { self.text.len() } else { usize::from(self.ends.last().copied().unwrap_or(0)) };
            // TEXT fits 16 bits, and a service past SERVICES has no name here.
            let _ = self.ends.push(end as u16);
            Ok(())
        })
    }

    /// All names, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| self.name(ServiceId(at as u16)))
    }

    #[must_use]
    pub fn name(&self, id: ServiceId) -> &str {
        let at = usize::from(id.0);
        let start =
            at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied().map(usize::from));
        let (Some(start), Some(end)) = (start, self.ends.get(at)) else { return "?" };
        self.text.get(start..usize::from(*end)).filter(|name| !name.is_empty()).unwrap_or("?")
    }
}
