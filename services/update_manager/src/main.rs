// SPDX-License-Identifier: BSD-2-Clause
//! `update_manager`: whether what runs may be replaced. Serves `update/status` where it is given a channel.
//!
//! At start it asks the filesystem for a volume to take updates from and `policy` whether it may `install updates`,
//! and records both. Installing is not in this release.
#![no_std]
#![no_main]

use core::fmt::Write;

use partenza_interfaces::files::{VOLUME, Volume};
use partenza_interfaces::log::MAX_PAYLOAD;
use partenza_interfaces::updates::{STATUS, Status};
use partenza_service::clients::{allowed, record};
use partenza_service::{Answered, Call, Code, Context, InfoText, Service, Text, serve};
use sel4_microkit::{Handler, protection_domain};

struct UpdateManager {
    permitted: bool,
    volume: Volume,
}

impl UpdateManager {
    fn words(&self, out: &mut dyn Write) -> core::fmt::Result {
        let policy = if self.permitted { "permits" } else { "forbids" };
        let source = match self.volume {
            Volume::Partitioned { .. } => "there is a volume",
            Volume::NoDisk | Volume::Forbidden | Volume::Unformatted { .. } => "there is no volume",
        };
        write!(out, "policy {policy} installing updates, {source} to take them from")
    }
}

impl Service for UpdateManager {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        self.volume = context.peer("storage/files")?.get(VOLUME)?;
        self.permitted = allowed(context, "install", "updates")?;
        let mut line = Text::<MAX_PAYLOAD>::new();
        // Text never fails.
        let _ = self.words(&mut line);
        record(context, line.as_str())?;
        Ok(())
    }

    fn call(&mut self, _context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            STATUS => {
                call.needs_read()?;
                call.answer(&Status { permitted: self.permitted })
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        // Text never fails.
        let _ = self.words(text);
        text.push("\ninstalling is not in this release");
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(UpdateManager { permitted: false, volume: Volume::NoDisk })
}
