// SPDX-License-Identifier: BSD-2-Clause
//! I/O ports of a driver, which only x86 has.

use partenza_interfaces::ServiceError;
use partenza_protocol::Code;
use sel4_microkit::IoPort;

/// A range of I/O ports that a driver was given, by its device's registers.
///
/// A port is one address of 16 bits; a register of 16 or 32 bits takes two or four in a row, and all of them must be in the
/// range. Offsets are in ports from the base.
#[derive(Clone, Copy)]
pub struct Ports {
    cap: sel4::cap::IOPort,
    base: u16,
}

macro_rules! registers {
    ($($read:ident, $write:ident: $t:ty, $input:ident, $output:ident;)*) => {
        $(
            #[doc = concat!("Reads the `", stringify!($t), "` at that offset from the base.")]
            ///
            /// # Errors
            /// [`ServiceError::DeviceFailed`]: a byte of it is not in the range.
            pub fn $read(&self, offset: u16) -> Result<$t, Code> {
                self.cap.$input(self.port(offset)?).map_err(refused)
            }

            #[doc = concat!("Writes the `", stringify!($t), "` at that offset from the base.")]
            ///
            /// # Errors
            /// [`ServiceError::DeviceFailed`]: a byte of it is not in the range.
            pub fn $write(&self, offset: u16, value: $t) -> Result<(), Code> {
                self.cap.$output(self.port(offset)?, value).map_err(refused)
            }
        )*
    };
}

impl Ports {
    /// The range of a driver that has one. `base` is the device's first port, which its driver knows.
    ///
    /// # Errors
    /// [`ServiceError::NoSuchChannel`]: the plan gives no range, or more than one; then say which with [`Ports::of`].
    pub fn find(base: u16) -> Result<Self, Code> {
        let mut given = IoPort::given();
        match (given.next(), given.next()) {
            (Some(range), None) => Self::of(range, base),
            _ => Err(ServiceError::NoSuchChannel.code()),
        }
    }

    /// The range with this id in system.xml, which a service learns from a variable of its own:
    /// `IoPort::new(*var!(index_ports: usize = 0))` and `<ioport setvar_id="index_ports" …/>`.
    ///
    /// # Errors
    /// [`ServiceError::NoSuchChannel`]: the plan gives no range of this id.
    pub fn of(range: IoPort, base: u16) -> Result<Self, Code> {
        if range.is_given() {
            Ok(Self { cap: range.cap(), base })
        } else {
            Err(ServiceError::NoSuchChannel.code())
        }
    }

    registers! {
        read8, write8: u8, ioport_in8, ioport_out8;
        read16, write16: u16, ioport_in16, ioport_out16;
        read32, write32: u32, ioport_in32, ioport_out32;
    }

    fn port(&self, offset: u16) -> Result<u16, Code> {
        self.base.checked_add(offset).ok_or(ServiceError::DeviceFailed.code())
    }
}

fn refused(_: sel4::Error) -> Code {
    ServiceError::DeviceFailed.code()
}
