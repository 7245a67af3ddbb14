// SPDX-License-Identifier: BSD-2-Clause
//! What went wrong while objects were made: a code for the event, and a detail that names step and kernel error.

use partenza_protocol::Code;
use partenza_protocol::error::{BootError, GrantError};

/// The operation that the kernel refused; its number is in the high byte of an event's detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    Retype = 1,
    AssignAsid = 2,
    MapTable = 3,
    CopyFrame = 4,
    MapFrame = 5,
    Mint = 6,
    Configure = 7,
    Bind = 8,
    WriteRegisters = 9,
    Interrupt = 10,
    DeviceMemory = 11,
    Revoke = 12,
    Unmap = 13,
}

/// Why something was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectError {
    pub code: Code,
    /// `step << 8 | kernel error`; 0 where the kernel was not asked.
    pub detail: u32,
}

impl ObjectError {
    #[must_use]
    pub fn kernel(step: Step, error: sel4::Error) -> Self {
        let code = match step {
            Step::Mint => GrantError::MintRefused.code(),
            Step::Interrupt => GrantError::IrqRefused.code(),
            Step::DeviceMemory => GrantError::NoSuchDevice.code(),
            _ => BootError::KernelRefused.code(),
        };
        Self { code, detail: (step as u32) << 8 | error as u32 }
    }

    #[must_use]
    pub fn because(error: impl Into<Code>) -> Self {
        Self { code: error.into(), detail: 0 }
    }
}

/// Attaches the step to a kernel's answer.
pub trait During<T> {
    /// # Errors
    /// The kernel refused.
    fn during(self, step: Step) -> Result<T, ObjectError>;
}

impl<T> During<T> for Result<T, sel4::Error> {
    #[inline]
    fn during(self, step: Step) -> Result<T, ObjectError> {
        self.map_err(|error| ObjectError::kernel(step, error))
    }
}
