// SPDX-License-Identifier: BSD-2-Clause
//! Messages: sending, receiving, answering.
//!
//! The plain forms keep the whole message in the IPC buffer, as rust-sel4 does. The `_with_mrs`
//! forms keep the first four words in registers and touch no memory; the words after them, where
//! the message has more, are in the IPC buffer.

use crate::abi::NUM_FAST_MESSAGE_REGISTERS;
use crate::sys::{Kind, Registers, number, syscall};
use crate::{CPtrBits, Cap, CapType, InvocationContext, IpcBuffer, MessageInfo, Word, cap};

/// A badge, of at most [`BADGE_BITS`](crate::BADGE_BITS) bits.
pub type Badge = Word;

type Mrs = [Word; NUM_FAST_MESSAGE_REGISTERS];

/// A received message, its first words in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecvWithMRs {
    /// The message info.
    pub info: MessageInfo,
    /// The sender's badge.
    pub badge: Badge,
    /// The first words, those beyond the message's length being of no meaning.
    pub msg: [Word; NUM_FAST_MESSAGE_REGISTERS],
}

/// An answer, its first words in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallWithMRs {
    /// The message info.
    pub info: MessageInfo,
    /// The first words, those beyond the message's length being of no meaning.
    pub msg: [Word; NUM_FAST_MESSAGE_REGISTERS],
}

/// Up to four words of a message.
pub trait FastMessages {
    /// The words, those that are not there as 0.
    fn into_mrs(self) -> [Word; NUM_FAST_MESSAGE_REGISTERS];
}

impl<const N: usize> FastMessages for [Word; N] {
    #[inline(always)]
    fn into_mrs(self) -> Mrs {
        const { assert!(N <= NUM_FAST_MESSAGE_REGISTERS) };
        core::array::from_fn(|i| if i < N { self[i] } else { 0 })
    }
}

/// What gives the right to answer. On kernels without MCS the kernel keeps it itself: `()`.
pub trait ConveysReplyAuthority {}

impl ConveysReplyAuthority for () {}

/// What [`Cap::recv`] takes on this kernel.
pub type ReplyAuthority = ();

#[inline(always)]
fn send_regs(kind: Kind, number: i64, dest: CPtrBits, info: MessageInfo, mrs: Mrs) -> Registers {
    // SAFETY: sends or receives a message, which touches no memory but the IPC buffer; an invocation of an object: see
    // `invocations`.
    unsafe { syscall(kind, number, Registers { cap_or_badge: dest, info: info.into_word(), mrs }) }
}

#[inline(always)]
fn buffered(buffer: &IpcBuffer) -> Mrs {
    let msg = buffer.msg_regs();
    [msg[0], msg[1], msg[2], msg[3]]
}

#[inline(always)]
fn into_buffer(buffer: &mut IpcBuffer, reply: Registers) -> (MessageInfo, Badge) {
    buffer.msg_regs_mut()[..NUM_FAST_MESSAGE_REGISTERS].copy_from_slice(&reply.mrs);
    (MessageInfo::from_word(reply.info), reply.cap_or_badge)
}

#[inline(always)]
fn received(reply: Registers) -> RecvWithMRs {
    RecvWithMRs { info: MessageInfo::from_word(reply.info), badge: reply.cap_or_badge, msg: reply.mrs }
}

impl<T: CapType, C: InvocationContext> Cap<T, C> {
    /// Corresponds to `seL4_Send`: blocks until received.
    #[inline]
    pub fn send(self, info: MessageInfo) {
        self.invoke(|bits, buffer| {
            send_regs(Kind::Send, number::Send, bits, info, buffered(buffer));
        });
    }

    /// Corresponds to `seL4_NBSend`: sends if somebody waits, else does nothing.
    #[inline]
    pub fn nb_send(self, info: MessageInfo) {
        self.invoke(|bits, buffer| {
            send_regs(Kind::NBSend, number::NBSend, bits, info, buffered(buffer));
        });
    }

    /// Corresponds to `seL4_Call`: sends and waits for the answer.
    #[inline]
    pub fn call(self, info: MessageInfo) -> MessageInfo {
        self.invoke(|bits, buffer| {
            let reply = send_regs(Kind::Call, number::Call, bits, info, buffered(buffer));
            into_buffer(buffer, reply).0
        })
    }

    /// Corresponds to `seL4_Recv`: waits for a message or, on a bound notification, a signal.
    #[inline]
    pub fn recv(self, _reply_authority: impl ConveysReplyAuthority) -> (MessageInfo, Badge) {
        self.invoke(|bits, buffer| {
            let info = MessageInfo::from_word(0);
            into_buffer(buffer, send_regs(Kind::Recv, number::Recv, bits, info, [0; 4]))
        })
    }

    /// Corresponds to `seL4_NBRecv`: a badge of 0 is "nothing there".
    #[inline]
    pub fn nb_recv(self, _reply_authority: impl ConveysReplyAuthority) -> (MessageInfo, Badge) {
        self.invoke(|bits, buffer| {
            let info = MessageInfo::from_word(0);
            into_buffer(buffer, send_regs(Kind::NBRecv, number::NBRecv, bits, info, [0; 4]))
        })
    }

    /// Corresponds to `seL4_ReplyRecv`: answers the last caller and waits for the next message.
    #[inline]
    pub fn reply_recv(
        self,
        info: MessageInfo,
        _reply_authority: impl ConveysReplyAuthority,
    ) -> (MessageInfo, Badge) {
        self.invoke(|bits, buffer| {
            let mrs = buffered(buffer);
            into_buffer(buffer, send_regs(Kind::ReplyRecv, number::ReplyRecv, bits, info, mrs))
        })
    }

    /// [`send`](Self::send) of up to four words, in registers.
    #[inline(always)]
    pub fn send_with_mrs<M: FastMessages>(self, info: MessageInfo, messages: M) {
        send_regs(Kind::Send, number::Send, self.bits(), info, messages.into_mrs());
    }

    /// [`nb_send`](Self::nb_send) of up to four words, in registers.
    #[inline(always)]
    pub fn nb_send_with_mrs<M: FastMessages>(self, info: MessageInfo, messages: M) {
        send_regs(Kind::NBSend, number::NBSend, self.bits(), info, messages.into_mrs());
    }

    /// [`call`](Self::call) with up to four words, in registers.
    #[inline(always)]
    pub fn call_with_mrs<M: FastMessages>(self, info: MessageInfo, messages: M) -> CallWithMRs {
        let reply = send_regs(Kind::Call, number::Call, self.bits(), info, messages.into_mrs());
        CallWithMRs { info: MessageInfo::from_word(reply.info), msg: reply.mrs }
    }

    /// [`recv`](Self::recv), the first four words in registers.
    #[inline(always)]
    pub fn recv_with_mrs(self, _reply_authority: impl ConveysReplyAuthority) -> RecvWithMRs {
        let info = MessageInfo::from_word(0);
        received(send_regs(Kind::Recv, number::Recv, self.bits(), info, [0; 4]))
    }

    /// [`nb_recv`](Self::nb_recv), the first four words in registers.
    #[inline(always)]
    pub fn nb_recv_with_mrs(self, _reply_authority: impl ConveysReplyAuthority) -> RecvWithMRs {
        let info = MessageInfo::from_word(0);
        received(send_regs(Kind::NBRecv, number::NBRecv, self.bits(), info, [0; 4]))
    }

    /// [`reply_recv`](Self::reply_recv), the first four words of both messages in registers.
    #[inline(always)]
    pub fn reply_recv_with_mrs<M: FastMessages>(
        self,
        info: MessageInfo,
        messages: M,
        _reply_authority: impl ConveysReplyAuthority,
    ) -> RecvWithMRs {
        let mrs = messages.into_mrs();
        received(send_regs(Kind::ReplyRecv, number::ReplyRecv, self.bits(), info, mrs))
    }
}

impl<C: InvocationContext> cap::Notification<C> {
    /// Corresponds to `seL4_Signal`.
    #[inline(always)]
    pub fn signal(self) {
        let info = MessageInfo::from_word(0);
        send_regs(Kind::Send, number::Send, self.bits(), info, [0; 4]);
    }

    /// Corresponds to `seL4_Wait`.
    #[inline(always)]
    pub fn wait(self) -> ((), Badge) {
        let info = MessageInfo::from_word(0);
        ((), send_regs(Kind::Recv, number::Recv, self.bits(), info, [0; 4]).cap_or_badge)
    }

    /// Corresponds to `seL4_Poll`: a badge of 0 is "nothing there".
    #[inline(always)]
    pub fn poll(self) -> (MessageInfo, Badge) {
        let message = self.nb_recv_with_mrs(());
        (message.info, message.badge)
    }
}

/// Corresponds to `seL4_Reply`: answers the last caller, of whom there may be none.
#[inline]
pub fn reply(ipc_buffer: &mut IpcBuffer, info: MessageInfo) {
    send_regs(Kind::Reply, number::Reply, 0, info, buffered(ipc_buffer));
}

/// [`reply`] with up to four words, in registers.
#[inline(always)]
pub fn reply_with_mrs<M: FastMessages>(info: MessageInfo, messages: M) {
    send_regs(Kind::Reply, number::Reply, 0, info, messages.into_mrs());
}

/// Corresponds to `seL4_Yield`.
#[inline(always)]
pub fn r#yield() {
    // SAFETY: touches no memory.
    unsafe { syscall(Kind::Yield, number::Yield, Registers::default()) };
}
