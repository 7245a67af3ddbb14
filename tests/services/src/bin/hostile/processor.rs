// SPDX-License-Identifier: BSD-2-Clause
//! What the processor and its memory management refuse: one attempt a life, in this order, then peace.

use core::arch::asm;

use partenza_service::{Context, Level};

use crate::memo::Memo;

/// An instruction, by name.
type Attempt = (&'static str, fn());

macro_rules! attempts {
    ($($name:literal: $($line:literal),+;)*) => {
        &[$(($name, || {
            // SAFETY: of another program's it can take nothing; of this one's it may take everything.
            unsafe { asm!($($line),+, out("rax") _, out("rcx") _, out("rdx") _, out("r11") _, options(nostack)) }
        })),*]
    };
}

/// Every one of them must be a fault.
const INSTRUCTIONS: &[Attempt] = attempts! {
    "ud2": "ud2";
    "hlt": "hlt";
    "cli": "cli";
    "sti": "sti";
    "in": "in al, 0x60";
    "out": "mov al, 2", "mov dx, 0xcf9", "out dx, al";
    "mov cr0": "mov rax, cr0";
    "mov cr3": "mov rax, cr3", "mov cr3, rax";
    "mov dr7": "xor eax, eax", "mov dr7, rax";
    "rdmsr": "mov ecx, 0xc0000082", "rdmsr";
    "wrmsr": "mov ecx, 0xc0000082", "xor eax, eax", "xor edx, edx", "wrmsr";
    "invlpg": "invlpg [0]";
    "wbinvd": "wbinvd";
    "clts": "clts";
    "lgdt": "lgdt [rsp]";
    "lidt": "lidt [rsp]";
    "ltr": "xor eax, eax", "ltr ax";
    "swapgs": "swapgs";
    "int of a device": "int 0x30";
    "int of Linux": "int 0x80";
    "far return": "xor eax, eax", "push 8", "push rax", "retfq";
    "a system call that is none": "mov rdx, -9999", "syscall";
    "the halt of a debug kernel": "mov rdx, -10", "syscall";
    "a stack that is no address": "mov rax, rsp", "movabs rcx, 0x8000000000000000", "mov rsp, rcx", "push rax";
    "a jump that is no address": "movabs rax, 0x8000000000000000", "jmp rax";
    "a trap after each step": "pushfq", "or qword ptr [rsp], 0x100", "popfq", "nop", "nop";
};

pub fn instructions(context: &Context) {
    let turn = Memo::turn();
    match INSTRUCTIONS.get(turn) {
        Some((name, attempt)) => {
            context.log(Level::Info, format_args!("tries {name}"));
            attempt();
            context.log(Level::Error, format_args!("{name} is allowed"));
        }
        None => context.log(Level::Info, format_args!("tried {}", INSTRUCTIONS.len())),
    }
}

/// Where there is something of somebody else's, or of the kernel's, or of its own that may not be written.
const ADDRESSES: &[(usize, bool)] = &[
    // Null, and the page that begins there.
    (0, false),
    (0xff8, true),
    // The witness's region, which it alone maps.
    (0x2000_0000, false),
    (0x2000_0000, true),
    // The region that the witness shows it.
    (0x1800_0000, true),
    // Its own text.
    (0x20_0000, true),
    // Just behind the memo.
    (0x1000_1000, false),
    // Where Init has its archive and its window, at its own addresses.
    (0x40_0000, false),
    (0x80_0000, false),
    // The local APIC, the IOAPIC, the HPET.
    (0xfee0_0000, false),
    (0xfec0_0000, true),
    (0xfed0_0000, true),
    // The kernel's window and image.
    (0xffff_ff80_0000_0000, false),
    (0xffff_ffff_8010_0000, true),
    // No address at all.
    (0x8000_0000_0000_0000, false),
];

pub fn addresses(context: &Context) {
    let turn = Memo::turn();
    let Some((address, write)) = ADDRESSES.get(turn) else {
        return context.log(Level::Info, format_args!("tried {}", ADDRESSES.len()));
    };
    context.log(Level::Info, format_args!("tries {address:#x}"));
    // SAFETY: whatever is there, is it not this program's to use; the attempt faults.
    unsafe {
        if *write {
            asm!("mov byte ptr [{}], 1", in(reg) *address, options(nostack));
        } else {
            asm!("mov {0}, qword ptr [{0}]", inout(reg) *address => _, options(nostack));
        }
    }
    context.log(Level::Error, format_args!("{address:#x} can be touched"));
}

/// Writes to one page after the other from its own image on.
pub fn exhaust(context: &Context) {
    context.log(Level::Info, format_args!("takes all there is"));
    let mut page = 0x20_0000_usize;
    while page < 0x1_0000_0000 {
        page += 0x1000;
        // SAFETY: reads what it has, up to the first page that it has not; there the thread ends.
        unsafe { asm!("mov {0}, qword ptr [{0}]", inout(reg) page => _, options(nostack)) }
    }
}
