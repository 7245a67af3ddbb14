// SPDX-License-Identifier: BSD-2-Clause
//! Messages that mean nothing, the same in every run.

use partenza_protocol::Op;
use partenza_protocol::control::Hello;
use partenza_service::{Code, Peer, ServiceError};
use partenza_test_services::Noise;
use sel4_microkit::{MessageInfo, with_msg_bytes_mut, with_msg_regs_mut};

/// Words in a message at most.
const WORDS: usize = 120;
/// Bits of a label on the narrowest kernel.
const LABEL: u64 = (1 << 20) - 1;

/// What a virtual memory fault of another thread would look like.
pub fn fault_message(supervisor: &Peer) -> Result<(), Code> {
    with_msg_regs_mut(|words| words[..4].copy_from_slice(&[0x20_0000, 0, 0, 6]));
    match supervisor.channel().pp_call(MessageInfo::new(5, 4)).label() {
        0 => Ok(()),
        code => Err(u16::try_from(code).map_or(ServiceError::Malformed.code(), Code)),
    }
}

/// Sends messages of five kinds in turn. None of them is well formed, but by a chance that the fixed seed excludes.
pub fn garbage(supervisor: &Peer, count: u32) {
    let mut noise = Noise::new(0x5eed);
    for turn in 0..count {
        with_msg_regs_mut(|words| words.fill_with(|| noise.word()));
        let length = noise.word() as usize % (WORDS + 1);
        let operations = Op::ALL.len() as u64;
        let operation = Op::ALL[(noise.word() % operations) as usize].label();
        let info = match turn % 5 {
            // Any label at all.
            0 => MessageInfo::new(noise.word() & LABEL, length),
            // An operation, with noise for a payload.
            1 => MessageInfo::new(operation, length.max(1)),
            // The same with the version right, at its longest.
            2 => {
                with_msg_bytes_mut(|bytes| bytes[0] = partenza_protocol::VERSION);
                MessageInfo::new(operation, WORDS)
            }
            // A hello that breaks off.
            3 => {
                with_msg_bytes_mut(|bytes| bytes[0] = partenza_protocol::VERSION);
                MessageInfo::new(Op::Hello.label(), size_of::<Hello>() / 16)
            }
            // Capabilities that nobody asked for. One that is not there would be a fault of the sender.
            _ => MessageInfo::from_inner(with_capabilities(supervisor, operation)),
        };
        // Whatever the answer is, there has to be one.
        let _ = supervisor.channel().pp_call(info);
    }
}

fn with_capabilities(supervisor: &Peer, label: u64) -> sel4::MessageInfo {
    let own = sel4_microkit::slots::BASE_OUTPUT_ENDPOINT + supervisor.channel().index() as u64;
    sel4::with_ipc_buffer_mut(|buffer| buffer.caps_or_badges_mut().fill(own));
    sel4::MessageInfo::new(label, 0, 3, 3)
}
