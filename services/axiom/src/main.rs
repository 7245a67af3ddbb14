// SPDX-License-Identifier: BSD-2-Clause
//! `axiom`: the event log that cannot be changed unnoticed. Serves `axiom/log`.
//!
//! The log is in memory: it holds the last entries and is gone with the incarnation. Writers need the right to
//! write, readers the right to read, on their channel; axiom itself is author 255 of the first entry. It may be given a
//! channel to `storage/blocks`, and says so; keeping the log there is not in this release.
#![no_std]
#![no_main]

use core::fmt::Write;

use partenza_interfaces::chain::{CAPACITY, Chain};
use partenza_interfaces::log::{APPEND, Append, QUERY, Query};
use partenza_service::{Answered, Call, Code, Context, InfoText, Service, serve};
use sel4_microkit::{Handler, protection_domain};
use static_cell::ConstStaticCell;

/// The author of what axiom writes itself.
const SELF: u8 = 255;

static CHAIN: ConstStaticCell<Chain> = ConstStaticCell::new(Chain::new());

struct Axiom {
    chain: &'static mut Chain,
}

impl Service for Axiom {
    fn start(&mut self, _context: &Context) -> Result<(), Code> {
        self.chain.append(SELF, b"log begins")?;
        Ok(())
    }

    fn call(&mut self, _context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            APPEND => {
                call.needs_write()?;
                let Append { payload } = call.request()?;
                let appended = self.chain.append(call.channel().index() as u8, payload)?;
                call.answer(&appended)
            }
            QUERY => {
                call.needs_read()?;
                let Query { from } = call.request()?;
                call.answer(&self.chain.slice(from))
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, context: &Context, text: &mut InfoText) {
        let storage = if context.peer("storage/blocks").is_ok() { "has" } else { "has not" };
        // Text never fails.
        let _ = write!(
            text,
            "event log as a hash chain (BLAKE2s)\n{} entries appended, the last {CAPACITY} are kept, in memory only\n\
             {storage} a channel to storage/blocks; keeping the log there is not in this release",
            self.chain.total()
        );
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Axiom { chain: CHAIN.take() })
}
