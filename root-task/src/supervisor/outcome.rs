// SPDX-License-Identifier: BSD-2-Clause
//! How a message ends.

use partenza_protocol::Code;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::Rejection;

/// How a message ends.
pub enum Outcome {
    /// The answer is this many bytes of the outbox.
    Answer(usize),
    /// An error, for the caller.
    Refuse(Code),
    /// An error, for the caller, that also counts against it.
    Reject(Rejection, Code),
    /// The caller waits.
    Later,
}

pub fn answer(outcome: Result<(), Code>) -> Outcome {
    match outcome {
        Ok(()) => Outcome::Answer(0),
        Err(code) => refusal_of(code),
    }
}

/// A malformed message counts against its sender; that something is not so does not.
pub fn refusal_of(code: Code) -> Outcome {
    if code == SupervisorError::Malformed.code() { malformed() } else { Outcome::Refuse(code) }
}

pub fn malformed() -> Outcome {
    Outcome::Reject(Rejection::Malformed, SupervisorError::Malformed.code())
}

pub fn out_of_state(why: Rejection) -> Outcome {
    Outcome::Reject(why, SupervisorError::OutOfState.code())
}
