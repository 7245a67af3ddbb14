// SPDX-License-Identifier: BSD-2-Clause
//! What a root task's `main` may return.

use core::convert::Infallible;
use core::fmt;

/// The type of what does not happen, as in rust-sel4.
pub type Never = Infallible;

/// The result of `main`: an error to report, if it ever comes to that.
pub trait Termination {
    /// What is reported.
    type Error: fmt::Debug;

    /// The error.
    fn report(self) -> Self::Error;
}

/// Names `!`, which stable Rust lets a function return but not a trait be implemented for by name.
mod never {
    pub trait Returns {
        type Type;
    }

    impl<T> Returns for fn() -> T {
        type Type = T;
    }

    pub type Bang = <fn() -> ! as Returns>::Type;
}

impl Termination for never::Bang {
    type Error = Never;

    fn report(self) -> Never {
        self
    }
}

impl Termination for Never {
    type Error = Never;

    fn report(self) -> Never {
        self
    }
}

impl<E: fmt::Debug> Termination for Result<Never, E> {
    type Error = E;

    fn report(self) -> E {
        match self {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }
}
