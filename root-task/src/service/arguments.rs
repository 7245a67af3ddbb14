// SPDX-License-Identifier: BSD-2-Clause
//! Arguments with which a service is spawned, in the startup page's form.

use partenza_plan::ServiceId;

/// Services at one time that run with such arguments.
const MAX: usize = 16;
/// Bytes of one's arguments, each with two for its length.
pub const MAX_BYTES: usize = 256;

/// What one service is spawned with.
pub struct Spawned {
    service: ServiceId,
    pub arguments: heapless::Vec<u8, MAX_BYTES>,
    pub count: u16,
}

/// Arguments that do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl Spawned {
    /// # Errors
    /// They are longer than [`MAX_BYTES`].
    pub fn new<'a>(service: ServiceId, arguments: impl Iterator<Item = &'a str>) -> Result<Self, TooLong> {
        let mut this = Self { service, arguments: heapless::Vec::new(), count: 0 };
        for argument in arguments {
            let length = (argument.len() as u16).to_le_bytes();
            let written = this.arguments.extend_from_slice(&length);
            written
                .and_then(|()| this.arguments.extend_from_slice(argument.as_bytes()))
                .map_err(|_| TooLong)?;
            this.count += 1;
        }
        Ok(this)
    }
}

/// All of them.
#[derive(Default)]
pub struct SpawnedList(heapless::Vec<Spawned, MAX>);

impl SpawnedList {
    /// The arguments with which it was spawned.
    #[must_use]
    pub fn of(&self, id: ServiceId) -> Option<&Spawned> {
        self.0.iter().find(|spawned| spawned.service == id)
    }

    /// Nothing more follows from the request.
    pub fn forget(&mut self, id: ServiceId) {
        self.0.retain(|spawned| spawned.service != id);
    }

    /// Keeps the arguments, in place of older ones. `false`: there are too many.
    pub fn keep(&mut self, spawned: Spawned) -> bool {
        self.forget(spawned.service);
        self.0.push(spawned).is_ok()
    }
}
