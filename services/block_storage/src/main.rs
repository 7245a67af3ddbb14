// SPDX-License-Identifier: BSD-2-Clause
//! `block_storage`: the blocks of one ATA disk, read only. Serves `storage/blocks`.
//!
//! At start it asks the disk who it is. Where no disk answers the service runs all the same and says so: every call is
//! then refused with [`ServiceError::DeviceAbsent`].
#![no_std]
#![no_main]

mod ata;

use core::fmt::Write;

use partenza_interfaces::blocks::{BLOCK, Block, GEOMETRY, Geometry, READ, Read};
use partenza_service::{Answered, Call, Code, Context, InfoText, Level, Ports, Service, ServiceError, serve};
use sel4_microkit::{Handler, protection_domain};

use ata::{Disk, PRIMARY, Probe};

/// What stands behind the ports.
enum Device {
    NotAsked,
    /// Nothing, or no disk; the status register as it was read.
    Absent {
        status: u8,
    },
    Present(Disk),
}

struct BlockStorage {
    device: Device,
    reads: u32,
}

impl BlockStorage {
    fn disk(&self) -> Result<&Disk, Code> {
        match &self.device {
            Device::Present(disk) => Ok(disk),
            Device::Absent { .. } | Device::NotAsked => Err(ServiceError::DeviceAbsent.code()),
        }
    }
}

impl Service for BlockStorage {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        self.device = match Disk::probe(Ports::find(PRIMARY)?)? {
            Probe::Nothing { status } => {
                context.log(Level::Info, format_args!("no disk, ATA status {status:#04x}"));
                Device::Absent { status }
            }
            Probe::Disk(disk) => {
                context.log(Level::Info, format_args!("disk of {} blocks", disk.blocks()));
                Device::Present(disk)
            }
        };
        Ok(())
    }

    fn call(&mut self, _context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            GEOMETRY => {
                call.needs_read()?;
                call.answer(&Geometry { blocks: self.disk()?.blocks() })
            }
            READ => {
                call.needs_read()?;
                let Read { block } = call.request()?;
                let mut bytes = [0; BLOCK];
                self.disk()?.read(block, &mut bytes)?;
                self.reads = self.reads.saturating_add(1);
                call.answer(&Block { bytes: &bytes })
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        // Text never fails.
        let _ = match &self.device {
            Device::NotAsked => write!(text, "the disk was not asked yet"),
            Device::Absent { status } => write!(text, "no disk: the ATA status register reads {status:#04x}"),
            Device::Present(disk) => write!(
                text,
                "ATA disk of {} blocks of {BLOCK} bytes, read only\n{} blocks read",
                disk.blocks(),
                self.reads
            ),
        };
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(BlockStorage { device: Device::NotAsked, reads: 0 })
}
