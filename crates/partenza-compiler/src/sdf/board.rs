// SPDX-License-Identifier: BSD-2-Clause
//! The configurations under which the Microkit judges a description: its boards, as release 2.3.0 builds them.
//!
//! A board is what the Microkit's verdict depends on, and nothing else: it says nothing of the kernel that this project
//! boots (that is [`crate::kernel`]).

/// Highest id of channels, interrupts, I/O ports and vCPUs.
pub const MAX_ID: u8 = 61;
pub const MAX_PRIORITY: u8 = 254;

/// A processor's architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    Aarch64,
    Riscv64,
    X86_64,
}

impl Arch {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Arch::Aarch64 => "aarch64",
            Arch::Riscv64 => "riscv64",
            Arch::X86_64 => "x86_64",
        }
    }
}

/// A board in one configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Board {
    pub name: &'static str,
    /// The configuration's name.
    pub config: &'static str,
    pub arch: Arch,
    /// seL4 is a hypervisor: protection domains may have virtual machines.
    pub hypervisor: bool,
    /// seL4 drives an IOMMU: there may be `<io_address_space>`.
    pub iommu: bool,
    /// seL4 forwards calls to the secure monitor: `smc="true"` is possible.
    pub smc: bool,
    /// Processors that seL4 runs on; more than one means no domain schedule.
    pub cores: u8,
    /// Processors in its smp configurations, 1 where there are none.
    pub smp_cores: u8,
    /// Last address of user space (seL4_UserVSpaceTop).
    pub user_top: u64,
}

/// Domains that the Microkit's kernels have (KernelNumDomains).
pub const DOMAINS: u64 = 16;
/// Entries that their domain schedule has (KernelNumDomainSchedules).
pub const DOMAIN_SCHEDULES: u64 = 100;
/// Pages that regions can be made of.
pub const PAGE_SIZES: [u64; 2] = [0x1000, 0x20_0000];

/// Stage-2 translation of 40 and 44 physical address bits, and stage 1.
const ARM_40: u64 = (1 << 40) - 1;
const ARM_44: u64 = (1 << 44) - 1;
const ARM_EL1: u64 = (1 << 47) - 1;
/// The two 47-bit and 38-bit halves that are the user's, less a page.
const X86_64: u64 = (1 << 47) - 0x1001;
const SV39: u64 = (1 << 38) - 0x1001;

const fn arm(name: &'static str, cores: u8, user_top: u64) -> Board {
    Board {
        name,
        config: "debug",
        arch: Arch::Aarch64,
        hypervisor: true,
        iommu: false,
        smc: true,
        cores,
        smp_cores: cores,
        user_top,
    }
}

const fn riscv(name: &'static str, cores: u8) -> Board {
    Board { hypervisor: false, arch: Arch::Riscv64, smc: false, ..arm(name, cores, SV39) }
}

const fn x86(name: &'static str, hypervisor: bool, cores: u8) -> Board {
    Board { hypervisor, arch: Arch::X86_64, iommu: true, smc: false, ..arm(name, cores, X86_64) }
}

/// Boards of release 2.3.0; `cores` is what their smp configurations have, 1 where there are none.
const BOARDS: &[Board] = &[
    riscv("ariane", 1),
    riscv("cheshire", 1),
    riscv("hifive_p550", 4),
    arm("imx8mm_evk", 4, ARM_40),
    arm("imx8mp_evk", 4, ARM_40),
    arm("imx8mp_iotgate", 4, ARM_40),
    arm("imx8mq_evk", 4, ARM_40),
    arm("kria_k26", 1, ARM_40),
    arm("maaxboard", 4, ARM_40),
    arm("odroidc2", 4, ARM_40),
    arm("odroidc4", 4, ARM_40),
    arm("qemu_virt_aarch64", 4, ARM_40),
    Board { hypervisor: false, ..arm("qemu_virt_aarch64_el1", 4, ARM_EL1) },
    riscv("qemu_virt_riscv64", 4),
    arm("rock3b", 1, ARM_40),
    arm("rockpro64", 4, ARM_40),
    arm("rpi4b_1gb", 4, ARM_44),
    arm("rpi4b_2gb", 4, ARM_44),
    arm("rpi4b_4gb", 4, ARM_44),
    arm("rpi4b_8gb", 4, ARM_44),
    riscv("serengeti", 1),
    riscv("star64", 4),
    arm("stm32mp2", 2, ARM_40),
    arm("tqma8xqp1gb", 4, ARM_40),
    arm("ultra96v2", 4, ARM_40),
    x86("x86_64_generic", false, 16),
    x86("x86_64_generic_vtx", true, 16),
    arm("zcu102", 4, ARM_40),
];

/// Configurations of the Microkit's own parser tests.
const REFERENCE: &[Board] = &[
    Board { smc: false, ..arm("aarch64", 1, ARM_40) },
    Board { smc: false, ..arm("aarch64-smp4", 4, ARM_40) },
    Board::X86_64,
];

const CONFIGS: [&str; 3] = ["debug", "release", "benchmark"];
const SMP_CONFIGS: [&str; 3] = ["smp-debug", "smp-release", "smp-benchmark"];

impl Board {
    /// What a description for x86_64 is judged under when nobody names a board: everything that the Microkit can do
    /// there, on one processor.
    pub const X86_64: Board = x86("x86_64", true, 1);

    /// The board of that name in a configuration: `debug`, `release`, `benchmark`, each also with `smp-` before it.
    /// The reference configurations `aarch64`, `aarch64-smp4` and `x86_64` are the same in all.
    ///
    /// # Errors
    /// There is no such board or configuration; the text names those that there are.
    pub fn choose(name: &str, config: &str) -> Result<Board, String> {
        if let Some(board) = REFERENCE.iter().find(|board| board.name == name) {
            return Ok(*board);
        }
        let Some(board) = BOARDS.iter().find(|board| board.name == name) else {
            let known: Vec<&str> = REFERENCE.iter().chain(BOARDS).map(|board| board.name).collect();
            return Err(format!("no board `{name}`; there are {}", known.join(", ")));
        };
        let known = |configs: [&'static str; 3]| configs.into_iter().find(|known| *known == config);
        let smp = known(SMP_CONFIGS).filter(|_| board.cores > 1);
        let Some(config) = smp.or_else(|| known(CONFIGS)) else {
            let smp = if board.cores > 1 { ", each also as smp-…" } else { "" };
            return Err(format!(
                "no configuration `{config}` of {name}; there are {}{smp}",
                CONFIGS.join(", ")
            ));
        };
        Ok(Board { config, cores: if smp.is_some() { board.cores } else { 1 }, ..*board })
    }

    /// How to name the configuration that has more processors than this one, and how many those are.
    #[must_use]
    pub fn more_cores(&self) -> Option<(String, u8)> {
        if self.name == REFERENCE[0].name {
            return Some((format!("--board {}", REFERENCE[1].name), REFERENCE[1].cores));
        }
        let more = self.smp_cores > self.cores;
        more.then(|| (format!("--board-config smp-{}", self.config), self.smp_cores))
    }

    /// First address that a map of a protection domain cannot reach: below it are stack, a guard page, IPC buffer.
    #[must_use]
    pub const fn map_end(&self, stack: u64) -> u64 {
        let ipc_buffer = self.user_top & !(PAGE_SIZES[0] - 1);
        (ipc_buffer - PAGE_SIZES[0]).saturating_sub(stack)
    }

    /// First address that a map of a virtual machine cannot reach.
    #[must_use]
    pub const fn guest_end(&self) -> u64 {
        self.user_top + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_is_chosen_by_name_and_configuration() {
        let smp = Board::choose("qemu_virt_aarch64", "smp-debug").unwrap();
        assert_eq!((smp.arch, smp.cores, smp.hypervisor), (Arch::Aarch64, 4, true));
        assert_eq!(Board::choose("qemu_virt_aarch64", "debug").unwrap().cores, 1);
        assert!(!Board::choose("x86_64_generic", "release").unwrap().hypervisor);
        assert_eq!(Board::choose("x86_64", "").unwrap(), Board::X86_64);
        for (board, config) in
            [("qemu_virt_arm", "debug"), ("kria_k26", "smp-debug"), ("zcu102", "fast"), ("zcu102", "smp-")]
        {
            assert!(Board::choose(board, config).is_err(), "{board} {config}");
        }
    }

    #[test]
    fn the_stack_is_below_a_guard_page_and_the_ipc_buffer() {
        for (name, ipc_buffer) in [
            ("x86_64_generic", 0x7fff_ffff_e000),
            ("qemu_virt_aarch64", 0xff_ffff_f000),
            ("rpi4b_1gb", 0xfff_ffff_f000),
            ("qemu_virt_aarch64_el1", 0x7fff_ffff_f000),
            ("qemu_virt_riscv64", 0x3f_ffff_e000),
        ] {
            let board = Board::choose(name, "release").unwrap();
            assert_eq!(board.map_end(0x2000), ipc_buffer - 0x3000, "{name}");
        }
    }
}
