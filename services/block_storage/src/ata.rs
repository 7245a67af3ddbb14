// SPDX-License-Identifier: BSD-2-Clause
//! The master disk of an ATA channel, by programmed I/O: IDENTIFY DEVICE and READ SECTORS, 28-bit addresses.
//!
//! Every wait is bounded. The channel's interrupt is not used: its line stays masked at the interrupt controller.

use partenza_interfaces::blocks::BLOCK;
use partenza_service::{Code, Ports, ServiceError};

/// First port of the primary channel.
pub const PRIMARY: u16 = 0x1f0;

/// Registers, as offsets from the first port.
const DATA: u16 = 0;
const SECTOR_COUNT: u16 = 2;
const LBA_LOW: u16 = 3;
const LBA_MIDDLE: u16 = 4;
const LBA_HIGH: u16 = 5;
const DEVICE: u16 = 6;
/// Status when read, command when written.
const STATUS: u16 = 7;

const BUSY: u8 = 0x80;
const FAULT: u8 = 0x20;
const DATA_REQUEST: u8 = 0x08;
const ERROR: u8 = 0x01;

const IDENTIFY_DEVICE: u8 = 0xec;
const READ_SECTORS: u8 = 0x20;

/// Master, and the bits that old disks want set.
const MASTER: u8 = 0xa0;
/// The address is one of blocks, not of cylinders.
const LBA: u8 = 0x40;

/// A bus that nobody drives reads as ones.
const FLOATING: u8 = 0xff;

/// Status reads before a disk counts as failed: about 20 ms of a 1 GHz processor, far more than a disk takes that is
/// spun up.
const PATIENCE: u32 = 20_000;

/// What was found.
pub enum Probe {
    Nothing { status: u8 },
    Disk(Disk),
}

/// A disk that answered.
pub struct Disk {
    ports: Ports,
    blocks: u32,
}

impl Disk {
    /// Looks for a disk.
    ///
    /// # Errors
    /// The ports are not those of an ATA channel.
    pub fn probe(ports: Ports) -> Result<Probe, Code> {
        let nothing = |status| Ok(Probe::Nothing { status });
        let status = ports.read8(STATUS)?;
        if status == FLOATING {
            return nothing(status);
        }
        ports.write8(DEVICE, MASTER)?;
        for register in [SECTOR_COUNT, LBA_LOW, LBA_MIDDLE, LBA_HIGH] {
            ports.write8(register, 0)?;
        }
        ports.write8(STATUS, IDENTIFY_DEVICE)?;
        // No status at all: there is a controller, and no disk at it.
        let status = ports.read8(STATUS)?;
        if status == 0 || wait_for_data(ports).is_err() {
            return nothing(status);
        }
        let mut disk = Self { ports, blocks: 0 };
        let mut identity = [0; BLOCK];
        disk.take(&mut identity)?;
        // Words 60 and 61: addressable blocks.
        disk.blocks = u32::from_le_bytes([identity[120], identity[121], identity[122], identity[123]]);
        Ok(if disk.blocks == 0 { Probe::Nothing { status } } else { Probe::Disk(disk) })
    }

    pub const fn blocks(&self) -> u32 {
        self.blocks
    }

    /// Reads a block.
    ///
    /// # Errors
    /// [`ServiceError::OutOfRange`], or [`ServiceError::DeviceFailed`].
    pub fn read(&self, block: u32, bytes: &mut [u8; BLOCK]) -> Result<(), Code> {
        if block >= self.blocks {
            return Err(ServiceError::OutOfRange.code());
        }
        let [low, middle, high, top] = block.to_le_bytes();
        let ports = self.ports;
        ports.write8(DEVICE, MASTER | LBA | top & 0x0f)?;
        ports.write8(SECTOR_COUNT, 1)?;
        ports.write8(LBA_LOW, low)?;
        ports.write8(LBA_MIDDLE, middle)?;
        ports.write8(LBA_HIGH, high)?;
        ports.write8(STATUS, READ_SECTORS)?;
        wait_for_data(ports)?;
        self.take(bytes)
    }

    fn take(&self, bytes: &mut [u8; BLOCK]) -> Result<(), Code> {
        for pair in bytes.chunks_exact_mut(2) {
            pair.copy_from_slice(&self.ports.read16(DATA)?.to_le_bytes());
        }
        Ok(())
    }
}

/// Waits until the disk has a block to hand over.
fn wait_for_data(ports: Ports) -> Result<(), Code> {
    for _ in 0..PATIENCE {
        let status = ports.read8(STATUS)?;
        if status & BUSY == 0 {
            if status & (ERROR | FAULT) != 0 {
                break;
            }
            if status & DATA_REQUEST != 0 {
                return Ok(());
            }
        }
    }
    Err(ServiceError::DeviceFailed.code())
}
