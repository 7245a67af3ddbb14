// SPDX-License-Identifier: BSD-2-Clause
//! A protection domain with its own stack and a heap: answers a call with its words sorted.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;

use sel4_microkit::{
    Channel, Handler, Infallible, MessageInfo, protection_domain, with_msg_regs, with_msg_regs_mut,
};

struct Sort;

impl Handler for Sort {
    type Error = Infallible;

    fn protected(&mut self, _: Channel, message: MessageInfo) -> Result<MessageInfo, Infallible> {
        let mut words: Vec<u64> = with_msg_regs(|regs| regs[..message.count()].to_vec());
        words.sort_unstable();
        with_msg_regs_mut(|regs| regs[..words.len()].copy_from_slice(&words));
        Ok(message)
    }
}

#[protection_domain(stack_size = 8 * 1024, heap_size = 16 * 1024)]
fn init() -> impl Handler {
    Sort
}
