// SPDX-License-Identifier: BSD-2-Clause
//! What can be done with the slots of one's own CSpace, and with those that are none.

use core::fmt::Write;

use partenza_service::{Context, Level, Text};
use sel4::sys::{Kind, Registers, label, number, syscall};
use sel4_microkit::slots;

use crate::memo::Memo;

/// Slots that the longest CSpace could have, and more.
const SLOTS: usize = 4096;
/// Slots in which a service of these tests can have something.
const OWN: u64 = 512;
/// One of so many CPtrs that are too large is sent to in a way that is answered.
const SAMPLE: usize = 128;
/// Slots of which a call ends its caller: its own fault endpoint speaks for the kernel, and a call without the right to be
/// answered waits for ever.
fn deadly(context: &Context, slot: u64) -> bool {
    let supervisor = context.supervisor().channel().index() as u64;
    slot == slots::FAULT_ENDPOINT || slot == slots::BASE_OUTPUT_NOTIFICATION + supervisor
}

fn info(label: u64, caps: usize, words: usize) -> u64 {
    sel4::MessageInfo::new(label, 0, caps, words).into_word()
}

/// Calls and gives the answer's label.
fn call(slot: u64, label: u64, caps: usize, words: [u64; 4]) -> u64 {
    let input = Registers { cap_or_badge: slot, info: info(label, caps, words.len()), mrs: words };
    // SAFETY: the service holds nothing by which its own memory could be changed, which is what is tried here.
    let answer = unsafe { syscall(Kind::Call, number::Call, input) };
    sel4::MessageInfo::from_word(answer.info).label()
}

/// Names capabilities to go with a message.
fn with_caps(caps: [u64; 3]) {
    sel4::with_ipc_buffer_mut(|buffer| buffer.caps_or_badges_mut().copy_from_slice(&caps));
}

/// SPEC F-10: every invocation on every slot. What is answered with 0 was done; of whom it was done is told.
pub fn walk(context: &Context) {
    let mut made = 0u32;
    let mut willing = Text::<100>::new();
    for slot in 0..OWN {
        if deadly(context, slot) {
            continue;
        }
        let mut done = false;
        for label in 1..label::COUNT as u64 {
            for words in [[0; 4], [1, slot, 64, 7], [0x43, 0, 0, 0], [u64::MAX; 4]] {
                with_caps([slot, slots::INPUT, slots::FAULT_ENDPOINT]);
                done |= call(slot, label, (label % 4) as usize, words) == 0;
                made += 1;
            }
        }
        // Somebody else's service answers as it likes.
        if done && !is_endpoint(context, slot) {
            // What does not fit is missed by whoever reads it.
            let _ = write!(willing, " {slot}");
        }
    }
    context.log(Level::Info, format_args!("made {made} invocations, done on{}", willing.as_str()));
}

/// Whether the slot leads to somebody who answers.
fn is_endpoint(context: &Context, slot: u64) -> bool {
    (slots::BASE_OUTPUT_ENDPOINT..slots::BASE_IRQ).contains(&slot) && !deadly(context, slot)
}

/// A message to each CPtr that there could be; where it dies of one, the next life goes on behind it.
pub fn slots(context: &Context) {
    loop {
        let slot = Memo::turn();
        if slot >= SLOTS {
            break;
        }
        let input = Registers { cap_or_badge: slot as u64, info: info(3000, 0, 2), mrs: [1, 2, 3, 4] };
        // SAFETY: as in `call`.
        unsafe { syscall(Kind::NBSend, number::NBSend, input) };
        // Behind the last slot this is a fault; of those, some will do.
        if slot < OWN as usize || slot.is_multiple_of(SAMPLE) {
            // SAFETY: as in `call`.
            unsafe { syscall(Kind::Send, number::Send, input) };
        }
    }
    context.log(Level::Info, format_args!("tried {SLOTS} slots"));
}

/// Rights, badges and copies that it was not given: by invocations of a CNode, and by handing capabilities on.
pub fn mint(context: &Context) {
    let mut done = 0u32;
    let supervisor = slots::BASE_OUTPUT_ENDPOINT + context.supervisor().channel().index() as u64;
    let moves = [
        label::CNodeCopy,
        label::CNodeMint,
        label::CNodeMove,
        label::CNodeMutate,
        label::CNodeRotate,
        label::CNodeSaveCaller,
        label::UntypedRetype,
    ];
    for cnode in (0..OWN).filter(|slot| !deadly(context, *slot) && !is_endpoint(context, *slot)) {
        for label in moves {
            for source in [slots::INPUT, slots::FAULT_ENDPOINT, supervisor] {
                with_caps([source, cnode, supervisor]);
                // To slot 300 from `source`, all rights, badge of Init's.
                done += u32::from(call(cnode, u64::from(label), 1, [300, 64, source, 64]) == 0);
            }
        }
    }
    // To everybody who can be called; what arrives is counted by nobody, because nobody says where it should go.
    for peer in (0..64).map(|id| slots::BASE_OUTPUT_ENDPOINT + id) {
        with_caps([supervisor, slots::FAULT_ENDPOINT, slots::INPUT]);
        call(peer, 3000, 3, [0; 4]);
    }
    // Where an answer's capabilities should go, if one had any.
    let nowhere = sel4::cap::CNode::from_bits(slots::INPUT).absolute_cptr_from_bits_with_depth(300, 64);
    sel4::with_ipc_buffer_mut(|buffer| buffer.set_recv_slot(&nowhere));
    call(supervisor, 3000, 0, [0; 4]);
    for slot in 300..310 {
        done += u32::from(call(slot, u64::from(label::IRQAckIRQ), 0, [0; 4]) == 0);
    }
    context.log(Level::Info, format_args!("{done} were done"));
}

/// Deletes, revokes, recycles, clears.
pub fn revoke(context: &Context) {
    let mut done = 0u32;
    let deeds = [
        label::CNodeDelete,
        label::CNodeRevoke,
        label::CNodeCancelBadgedSends,
        label::TCBSuspend,
        label::X86PageUnmap,
        label::X86PageTableUnmap,
    ];
    for slot in (0..OWN).filter(|slot| !deadly(context, *slot) && !is_endpoint(context, *slot)) {
        for label in deeds {
            for index in [slots::INPUT, slots::FAULT_ENDPOINT, slot] {
                done += u32::from(call(slot, u64::from(label), 0, [index, 64, 0, 0]) == 0);
            }
        }
    }
    context.log(Level::Info, format_args!("{done} were done"));
}

/// With the one range of ports that it has.
pub fn ports(context: &Context) {
    let ports = sel4::cap::IOPort::from_bits(slots::BASE_IOPORT);
    let mut open = (0..=u16::MAX).filter(|port| ports.ioport_in8(*port).is_ok());
    let (first, mut last, mut count) = (open.next(), 0, 1);
    for port in open {
        (last, count) = (port, count + 1);
    }
    context.log(Level::Info, format_args!("could read {count}, {:#x} to {last:#x}", first.unwrap_or(0)));
}
