// SPDX-License-Identifier: BSD-2-Clause
//! What is known of a PC's hardware by its address: names for people, and whether its holder can start DMA.
//!
//! Without an IOMMU a device that masters the bus reads and writes all of memory, and does so for whoever programs it.
//! The rule is conservative: hardware counts as a bus master unless it is known not to be one.
//! * I/O ports below 0x400 belong to ISA devices, which move data by DMA only through the 8237 controllers: their
//!   registers and page registers count, the rest does not. The 8237's channels belong to nobody else.
//! * Ports from 0x400 on belong to PCI devices and chipsets (PCI configuration, 0xcf8, too): they count, but for the two
//!   ports of fw_cfg whose DMA interface is another pair.
//! * A region with a physical address counts, but for VGA memory and the HPET. Of a region of RAM with a fixed address a
//!   plan does not say that it is RAM, so it counts as well.

use partenza_plan::Region;

/// Ports, their device, and whether it starts DMA. Ascending, without overlaps.
const PORTS: &[(u16, u16, &str, bool)] = &[
    (0x000, 0x01f, "DMA controller 1", true),
    (0x020, 0x021, "interrupt controller 1", false),
    (0x040, 0x043, "PIT", false),
    (0x060, 0x064, "keyboard controller", false),
    (0x070, 0x071, "CMOS clock", false),
    (0x080, 0x08f, "DMA page registers", true),
    (0x0a0, 0x0a1, "interrupt controller 2", false),
    (0x0c0, 0x0df, "DMA controller 2", true),
    (0x170, 0x177, "IDE secondary", false),
    (0x1f0, 0x1f7, "IDE primary", false),
    (0x2e8, 0x2ef, "COM4", false),
    (0x2f8, 0x2ff, "COM2", false),
    (0x300, 0x31f, "ISA network adapter", false),
    (0x376, 0x376, "IDE secondary control", false),
    (0x378, 0x37f, "LPT1", false),
    (0x3b0, 0x3df, "VGA", false),
    (0x3e8, 0x3ef, "COM3", false),
    (0x3f6, 0x3f6, "IDE primary control", false),
    (0x3f8, 0x3ff, "COM1", false),
    (0x510, 0x511, "fw_cfg", false),
    (0xcf8, 0xcff, "PCI configuration", true),
];

/// First port that no ISA device has.
const PCI: u16 = 0x400;

/// Device memory that is known not to master the bus: first byte, first byte past, name.
const QUIET: &[(u64, u64, &str)] = &[(0xa_0000, 0xc_0000, "VGA memory"), (0xfed0_0000, 0xfed0_1000, "HPET")];

/// Whether a holder of these ports can make a device read and write any memory.
pub fn ports_master(first: u16, last: u16) -> bool {
    let overlaps = |row: &&(u16, u16, &str, bool)| row.0 <= last && first <= row.1;
    let listed: Vec<_> = PORTS.iter().filter(overlaps).collect();
    if listed.iter().any(|row| row.3) {
        return true;
    }
    last >= PCI && !listed.iter().any(|row| row.0 <= first && last <= row.1)
}

/// The device of these ports, if all of them are one known device's.
pub fn ports_name(first: u16, last: u16) -> Option<&'static str> {
    PORTS.iter().find(|row| row.0 <= first && last <= row.1).map(|row| row.2)
}

/// `0x3f8-0x3ff`
pub fn ports_range(first: u16, last: u16) -> String {
    if first == last { format!("{first:#x}") } else { format!("{first:#x}-{last:#x}") }
}

/// Whether a holder of this region can make a device read and write any memory.
pub fn region_masters(region: &Region<'_>) -> bool {
    let Some(start) = region.physical else { return false };
    let end = start.saturating_add(region_bytes(region));
    !QUIET.iter().any(|row| row.0 <= start && end <= row.1)
}

/// Bytes of a region.
pub fn region_bytes(region: &Region<'_>) -> u64 {
    u64::from(region.pages).checked_shl(region.page_bits.into()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isa_devices_are_no_bus_masters_but_the_dma_controllers() {
        assert!(!ports_master(0x1f0, 0x1f7));
        assert!(!ports_master(0x3f8, 0x3ff));
        assert!(!ports_master(0x240, 0x24f));
        assert!(ports_master(0, 0xf));
        assert!(ports_master(0x80, 0x80));
        assert!(ports_master(0x60, 0xc0));
    }

    #[test]
    fn what_is_not_known_to_be_harmless_counts() {
        assert!(ports_master(0xcf8, 0xcff));
        assert!(ports_master(0xc000, 0xc03f));
        assert!(ports_master(0x3f8, 0x400));
        assert!(!ports_master(0x510, 0x511));
        assert!(ports_master(0x510, 0x51b));
        assert_eq!(ports_name(0x3f8, 0x3ff), Some("COM1"));
        assert_eq!(ports_name(0x3f8, 0x400), None);
    }

    #[test]
    fn device_memory_counts_but_for_what_is_known() {
        let region = |physical, pages| Region { name: "r", page_bits: 12, pages, physical, slot: 0 };
        assert!(!region_masters(&region(None, 16)));
        assert!(!region_masters(&region(Some(0xb_8000), 8)));
        assert!(!region_masters(&region(Some(0xfed0_0000), 1)));
        assert!(region_masters(&region(Some(0xfed0_0000), 2)));
        assert!(region_masters(&region(Some(0xfebc_0000), 32)));
        assert!(region_masters(&region(Some(u64::MAX - 4095), 32)));
    }
}
