// SPDX-License-Identifier: BSD-2-Clause
//! `filesystem`: what the disk holds. Serves `storage/files`.
//!
//! It reaches the disk by calling `storage/blocks` and owns no hardware. At start it reads the first block, if there
//! is a disk and policy allows `mount volume`, and records what it found. Files are not in this release.
#![no_std]
#![no_main]

use core::fmt::Write;

use partenza_interfaces::blocks::{Block, GEOMETRY, Geometry, READ, Read};
use partenza_interfaces::files::{VOLUME, Volume};
use partenza_interfaces::log::MAX_PAYLOAD;
use partenza_service::clients::{allowed, record};
use partenza_service::{
    Answered, Call, Code, Context, InfoText, Message, Service, ServiceError, Text, serve,
};
use sel4_microkit::{Handler, protection_domain};

struct Filesystem {
    volume: Volume,
}

fn mount(context: &Context) -> Result<Volume, Code> {
    if !allowed(context, "mount", "volume")? {
        return Ok(Volume::Forbidden);
    }
    let disk = context.peer("storage/blocks")?;
    let blocks = match disk.get::<Geometry>(GEOMETRY) {
        Ok(geometry) => geometry.blocks,
        Err(code) if code == ServiceError::DeviceAbsent.code() => return Ok(Volume::NoDisk),
        Err(code) => return Err(code),
    };
    let mut message = Message::new();
    message.put(&Read { block: 0 }).map_err(|_| ServiceError::Malformed)?;
    disk.exchange(READ, &mut message)?;
    let Block { bytes } = message.get().map_err(|_| ServiceError::Malformed)?;
    Ok(Volume::identify(blocks, bytes.try_into().map_err(|_| ServiceError::Malformed)?))
}

/// The volume in words.
fn words(volume: Volume, out: &mut dyn Write) -> core::fmt::Result {
    match volume {
        Volume::NoDisk => write!(out, "no volume: there is no disk"),
        Volume::Forbidden => write!(out, "no volume: mounting is forbidden by policy"),
        Volume::Unformatted { blocks } => write!(out, "disk of {blocks} blocks without a partition table"),
        Volume::Partitioned { blocks, partitions } => {
            write!(out, "disk of {blocks} blocks with {partitions} partitions")
        }
    }
}

impl Service for Filesystem {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        self.volume = mount(context)?;
        let mut line = Text::<MAX_PAYLOAD>::new();
        // Text never fails.
        let _ = words(self.volume, &mut line);
        record(context, line.as_str())?;
        Ok(())
    }

    fn call(&mut self, _context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            VOLUME => {
                call.needs_read()?;
                call.answer(&self.volume)
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        // Text never fails.
        let _ = words(self.volume, text);
        text.push("\nreading and writing files is not in this release");
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Filesystem { volume: Volume::NoDisk })
}
