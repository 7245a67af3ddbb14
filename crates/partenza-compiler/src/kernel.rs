// SPDX-License-Identifier: BSD-2-Clause
//! The kernel that a system is compiled for: what its prefix says, and what follows from its version.
//!
//! This is the one module that knows kernels apart. A new kernel is a new row of [`Facts`].

use std::path::{Path, PathBuf};

use partenza_plan::ObjectSizes;
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic};
use crate::elf;
use crate::source::Inputs;

/// What depends on a kernel's family.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Name of the ABI module, as the ABI note of ELF files carries it.
    pub abi: &'static str,
    pub sizes: ObjectSizes,
    /// Highest channel or interrupt id that has a badge bit.
    pub max_channel: u8,
    /// Badge bit of protected calls.
    pub call_bit: u8,
    /// Badge bit of a child's faults.
    pub fault_bit: u8,
    /// First address that services cannot use.
    pub address_end: u64,
    /// Slots that BootInfo's fixed capabilities take.
    pub initial_slots: u64,
    /// Highest IOAPIC pin and vector.
    pub max_pin: u8,
    /// Physical address at which device memory ends (`PADDR_USER_DEVICE_TOP`).
    pub device_end: u64,
    /// Physical address of the kernel's image (`PADDR_LOAD`).
    pub load_address: u64,
    /// Pages of devices that the kernel keeps, and what is there.
    pub kept: &'static [(u64, &'static str)],
    /// Alignment that the kernel's code takes its stack to have, whatever it was linked with.
    pub stack_alignment: u64,
}

/// seL4 5.0.0, x86_64: badges of 28 bits, fault addresses of 32.
const V5_X86_64: Facts = Facts {
    abi: "v5_x86_64",
    sizes: ObjectSizes { tcb: 11, endpoint: 4, notification: 5, slot: 5, table: 12 },
    max_channel: 25,
    call_bit: 27,
    fault_bit: 26,
    address_end: 1 << 32,
    initial_slots: 16,
    max_pin: 23,
    device_end: 1 << 47,
    load_address: 0x10_0000,
    kept: &[
        (0xfee0_0000, "local APIC"),
        (0xfec0_0000, "IOAPIC"),
        // Writing there may raise any interrupt; of that page the kernel hands out pieces too small for a frame.
        (0xffff_f000, "region of message-signalled interrupts"),
    ],
    // Its restore_user_context rounds the stack pointer to the stack's size; so up to 7.0.0.
    stack_alignment: 4096,
};

/// An installed kernel.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub prefix: PathBuf,
    pub version: String,
    /// `x86_64`
    pub arch: String,
    pub mcs: bool,
    pub debug: bool,
    pub root_cnode_bits: u8,
    /// Untypeds that BootInfo lists at most; each takes a slot.
    pub untyped_slots: u64,
    pub facts: Facts,
}

/// Why a prefix is not a kernel that systems can be compiled for. The text says how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadKernel(pub String);

impl std::fmt::Display for BadKernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Kernel {
    /// Reads the prefix's configuration, which is noted in `inputs`.
    ///
    /// # Errors
    /// It is no prefix, or its kernel is not supported.
    pub fn open(prefix: &Path, inputs: &Inputs) -> Result<Kernel, BadKernel> {
        let file = config_file(prefix);
        let text = inputs.text(&file).map_err(|error| {
            BadKernel(format!("{} is not an installed seL4: {}: {error}", prefix.display(), file.display()))
        })?;
        let json = serde_json::from_slice(&text)
            .map_err(|error| BadKernel(format!("{}: {error}", file.display())))?;
        Self::from_config(prefix, &json)
    }

    /// # Errors
    /// The kernel that `config` describes is not supported.
    pub fn from_config(prefix: &Path, config: &Value) -> Result<Kernel, BadKernel> {
        let text = |key: &str| config.get(key).and_then(Value::as_str);
        let on = |key: &str| config.get(key).is_some_and(|v| *v == Value::Bool(true));
        let number = |key: &str| match config.get(key) {
            Some(Value::String(text)) => text.parse::<u64>().ok(),
            Some(value) => value.as_u64(),
            None => None,
        };
        let version = text("VERSION").unwrap_or("unknown").to_owned();
        let arch = text("SEL4_ARCH").unwrap_or("unknown").to_owned();
        let mcs = on("KERNEL_MCS");
        let facts = match (version.as_str(), arch.as_str(), mcs) {
            ("5.0.0", "x86_64", false) => V5_X86_64,
            _ => {
                let mcs = if mcs { ", MCS" } else { "" };
                return Err(BadKernel(format!(
                    "{}: seL4 {version} for {arch}{mcs} is not supported; supported is seL4 5.0.0 for x86_64",
                    prefix.display()
                )));
            }
        };
        Ok(Kernel {
            prefix: prefix.to_path_buf(),
            version,
            arch,
            mcs,
            debug: on("DEBUG_BUILD"),
            root_cnode_bits: number("ROOT_CNODE_SIZE_BITS").unwrap_or(12) as u8,
            untyped_slots: number("MAX_NUM_BOOTINFO_UNTYPED_CAPS").unwrap_or(230),
            facts,
        })
    }

    /// The kernel with its symbols.
    #[must_use]
    pub fn elf_file(&self) -> PathBuf {
        self.prefix.join("bin/kernel.elf")
    }

    /// A warning if the kernel was linked with a stack that its code cannot reset. Nothing is said of one without symbols, or
    /// of a prefix without a kernel: then there is nothing to look at.
    #[must_use]
    pub fn check_stack(&self) -> Option<Diagnostic> {
        let bytes = std::fs::read(self.elf_file()).ok()?;
        let elf = elf::read(&bytes).ok()?;
        let (address, _) = *elf.symbols.get("kernel_stack_alloc")?;
        if address.is_multiple_of(self.facts.stack_alignment) {
            return None;
        }
        let message = format!(
            "{}: the stack of this seL4 {} is at {address:#x}, which is no multiple of {}",
            self.elf_file().display(),
            self.version,
            self.facts.stack_alignment
        );
        let note = "an interrupt that is pending when the kernel returns resets its stack into other data";
        Some(Diagnostic::warning(Code::KernelStack, message).note(note))
    }

    /// The kernel's image for QEMU's multiboot loader.
    #[must_use]
    pub fn boot_image(&self) -> PathBuf {
        self.prefix.join("bin/kernel32.elf")
    }
}

fn config_file(prefix: &Path) -> PathBuf {
    prefix.join("libsel4/include/kernel/gen_config.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_kernel_is_known_by_version_architecture_and_scheduler() {
        let config = json!({"VERSION": "5.0.0", "SEL4_ARCH": "x86_64", "KERNEL_MCS": false,
            "ROOT_CNODE_SIZE_BITS": "16", "DEBUG_BUILD": true});
        let kernel = Kernel::from_config(Path::new("k"), &config).unwrap();
        assert_eq!((kernel.root_cnode_bits, kernel.debug, kernel.facts.max_channel), (16, true, 25));
        for other in [
            json!({"VERSION": "5.0.0", "SEL4_ARCH": "x86_64", "KERNEL_MCS": true}),
            json!({"VERSION": "99.0.0", "SEL4_ARCH": "x86_64"}),
            json!({}),
        ] {
            assert!(Kernel::from_config(Path::new("k"), &other).is_err(), "{other}");
        }
        assert!(Kernel::open(Path::new("/nonexistent"), &Inputs::default()).is_err());
    }
}
