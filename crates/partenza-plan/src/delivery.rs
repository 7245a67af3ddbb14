// SPDX-License-Identifier: BSD-2-Clause
//! Programs that come after the boot (SPEC D-6): handed over piece by piece, checked against the plan's hash, then as good
//! as those that came with the image.
//!
//! ```text
//!         piece at 0             next piece              last piece, hash as planned
//! absent ────────────► open(n) ────────────► open(n+m) ──────────────────────────────► complete
//!    ▲                    │                      │
//!    └────────────────────┴──────────────────────┘  a refused piece; its deliverer's end; 5 s without one, and another begins
//! ```
//!
//! Rules:
//! * One delivery is open at a time, and only who began it goes on with it. What anybody else says of it changes nothing.
//! * Each piece is hashed as it comes, so every step is bounded by the length of a message (SPEC I-2).
//! * What is complete is never written again, and what is not complete nobody may look at: an unfinished delivery leaves
//!   bytes in the store, which the next one writes over.

use partenza_protocol::error::{DeliveryError, SupervisorError};
use partenza_protocol::request::Deliver;
use partenza_protocol::{Code, decode};

use crate::archived::{Image, Plan};
use crate::sha256::Sha256;
use crate::{MAX_SERVICES, ServiceId};

/// A delivery that gets nothing for so many microseconds gives way to another.
pub const STALLED: u64 = 5_000_000;

/// What programs lie in: the archive, and the memory behind it for those that come later, with what is known of these.
pub struct Store<'a> {
    archive: &'a [u8],
    bytes: &'a mut [u8],
    /// By image; there are no more of them than services.
    complete: [bool; MAX_SERVICES],
    open: Option<Delivery>,
}

/// The one that is open.
struct Delivery {
    service: ServiceId,
    /// `None`: the host.
    by: Option<ServiceId>,
    /// Bytes so far.
    taken: u32,
    sum: Sha256,
    /// When the last piece came.
    last: u64,
}

/// A piece that was not taken. The delivery that it belongs to is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotTaken {
    /// Whose program it is, where there is such a service.
    pub service: Option<ServiceId>,
    pub code: Code,
}

impl<'a> Store<'a> {
    #[must_use]
    pub fn new(archive: &'a [u8], bytes: &'a mut [u8]) -> Self {
        Self { archive, bytes, complete: [false; MAX_SERVICES], open: None }
    }

    /// Bytes for programs that come later.
    #[must_use]
    pub fn room(&self) -> usize {
        self.bytes.len()
    }

    /// What offsets of the image's segments count in.
    #[must_use]
    pub fn holder(&self, image: &Image) -> &[u8] {
        if image.delivered.is_some() { self.bytes } else { self.archive }
    }

    /// Whether the image of that number can be run.
    #[must_use]
    pub fn has(&self, number: u16, image: &Image) -> bool {
        image.delivered.is_none() || self.complete[usize::from(number)]
    }

    /// Takes a piece in the payload of a message of `by`; `None` is the host. `now` is in microseconds. Gives the number of
    /// the image that is complete with it.
    ///
    /// # Errors
    /// [`SupervisorError`] for a message that is none, and for an unknown service; else see [`DeliveryError`].
    pub fn take(
        &mut self,
        plan: &Plan,
        payload: &[u8],
        by: Option<ServiceId>,
        now: u64,
    ) -> Result<Option<u16>, NotTaken> {
        let unknown = |error: SupervisorError| NotTaken { service: None, code: error.code() };
        let piece: Deliver<'_> = decode(payload).map_err(|_| unknown(SupervisorError::Malformed))?;
        let service = plan.find(piece.service).ok_or(unknown(SupervisorError::NoSuchService))?;
        let number = plan.service(service).image.to_native();
        let outcome =
            self.take_piece(service, by, (number, plan.image_of(plan.service(service))), &piece, now);
        if outcome.is_err() || piece.last {
            self.abandon(by);
        }
        match outcome {
            Ok(()) => {
                self.complete[usize::from(number)] = piece.last;
                Ok(piece.last.then_some(number))
            }
            Err(error) => Err(NotTaken { service: Some(service), code: error.code() }),
        }
    }

    fn take_piece(
        &mut self,
        service: ServiceId,
        by: Option<ServiceId>,
        (number, image): (u16, &Image),
        piece: &Deliver<'_>,
        now: u64,
    ) -> Result<(), DeliveryError> {
        let Some(planned) = image.delivered.as_ref() else { return Err(DeliveryError::NotAwaited) };
        if self.has(number, image) {
            return Err(DeliveryError::Complete);
        }
        if piece.offset == 0 {
            if self.open.as_ref().is_some_and(|open| open.by != by && now.saturating_sub(open.last) < STALLED)
            {
                return Err(DeliveryError::Busy);
            }
            self.open = Some(Delivery { service, by, taken: 0, sum: Sha256::default(), last: now });
        }
        let place = (service, by, piece.offset);
        let Some(open) = self.open.as_mut().filter(|open| (open.service, open.by, open.taken) == place)
        else {
            return Err(DeliveryError::OutOfTurn);
        };
        let (begin, whole) = (image.begin() as usize, image.bytes());
        let end = u64::from(piece.offset) + piece.bytes.len() as u64;
        let place = self.bytes.get_mut(begin + piece.offset as usize..begin + end as usize);
        let fits = !piece.bytes.is_empty() && end <= whole && piece.last == (end == whole);
        let Some(place) = place.filter(|_| fits) else { return Err(DeliveryError::WrongLength) };
        place.copy_from_slice(piece.bytes);
        open.sum.update(piece.bytes);
        (open.taken, open.last) = (end as u32, now);
        if piece.last && open.sum.clone().finish() != **planned {
            return Err(DeliveryError::WrongHash);
        }
        Ok(())
    }

    /// Ends the delivery of `by`, if there is one; gives whose program it was.
    pub fn abandon(&mut self, by: Option<ServiceId>) -> Option<ServiceId> {
        self.open.take_if(|open| open.by == by).map(|open| open.service)
    }
}
