// SPDX-License-Identifier: BSD-2-Clause
//! What a refusal says of what was asked. The shell and the `partenza` command of the host print the same text; only the
//! commands in their hints differ.

use core::fmt::{self, Display, Formatter};

use partenza_protocol::Code;
use partenza_protocol::error::LookupError;
use partenza_protocol::request::{Lookup, Release, Switch};

use crate::show;

/// A lookup that was refused: `nothing provides that interface: `storage/files` from 1.2.0 on, before 2.0.0`.
pub struct LookupRefused<'a>(pub Code, pub &'a Lookup<'a>);

impl LookupRefused<'_> {
    /// Whether another release might do.
    #[must_use]
    pub fn depends_on_the_release(&self) -> bool {
        let Lookup { at_least, below, .. } = self.1;
        self.0 == LookupError::NotFound.code() && (*at_least != Release::default() || below.is_some())
    }
}

impl Display for LookupRefused<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Lookup { interface, at_least, below } = self.1;
        write!(f, "{}: `{interface}`", show::text(self.0))?;
        if *at_least != Release::default() || below.is_some() {
            write!(f, " from {at_least} on")?;
        }
        below.map_or(Ok(()), |below| write!(f, ", before {below}"))
    }
}

/// A switch that was refused.
pub struct SwitchRefused<'a>(pub Code, pub &'a Switch<'a>);

impl SwitchRefused<'_> {
    /// The hint, where the code's own says something else.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        (self.0 == LookupError::NotFound.code()).then_some("`providers` of partenza.yaml lists them")
    }
}

impl Display for SwitchRefused<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Switch { interface, provider } = self.1;
        if self.0 == LookupError::NotFound.code() {
            return write!(f, "`{provider}` is none of the providers of `{interface}`");
        }
        write!(f, "{}: `{provider}`", show::text(self.0))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use partenza_protocol::error::SupervisorError;
    use std::string::ToString;

    #[test]
    fn a_refusal_names_what_was_asked_for() {
        let release = |major| Release { major, ..Release::default() };
        let any = Lookup { interface: "a/b", at_least: Release::default(), below: None };
        let some = Lookup { at_least: release(1), below: Some(release(2)), ..any };
        let code = LookupError::NotFound.code();
        assert_eq!(LookupRefused(code, &any).to_string(), "nothing provides that interface: `a/b`");
        assert!(!LookupRefused(code, &any).depends_on_the_release());
        let text = LookupRefused(code, &some).to_string();
        assert_eq!(text, "nothing provides that interface: `a/b` from 1.0.0 on, before 2.0.0");
        assert!(LookupRefused(code, &some).depends_on_the_release());
        let switch = Switch { interface: "a/b", provider: "c" };
        assert_eq!(SwitchRefused(code, &switch).to_string(), "`c` is none of the providers of `a/b`");
        let unknown = SwitchRefused(SupervisorError::NoSuchService.code(), &switch).to_string();
        assert_eq!(unknown, "no service of that name: `c`");
    }
}
