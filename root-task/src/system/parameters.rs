// SPDX-License-Identifier: BSD-2-Clause
//! Boot parameters: the plan's, overridden by the platform's (SPEC B-4). On pc99 these are QEMU's fw_cfg files
//! `opt/partenza/NAME`.
//!
//! | name | value | effect |
//! |---|---|---|
//! | `log` | `error warn info debug` | least important level on the console |
//! | `quiet` | `on off` | nothing on the console |
//! | `parallel` | `on off` | SPEC C-5 |
//! | `timeouts` | percent | scales every timeout and budget |
//! | `hold` | a service's name | created, not started |
//! | `on-failure` | `halt reboot poweroff` | after a failed boot |
//! | `after-boot` | `stay halt reboot poweroff` | after BootComplete |
//! | `verify` | `on off` | prove at the end of an incarnation, a failed start and the system that everything came back |
//! | `bench` | `on off` | account instructions and system calls |
//! | `recovery` | `on off` | a recovery boot, whatever the attempt counter says |
//! | `last-gasp` | `panic fault exception archive twice` | Init ends that way after BootComplete, to try SPEC B-6: it panics, touches the page under its stack, makes an instruction that is none, writes to the archive; it panics, and so does who tells of it |

use partenza_plan::archived::Plan;
use partenza_plan::{AtEnd, Boot};
use partenza_protocol::control::Level;

/// What the boot was asked to be like.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    pub boot: Boot,
    pub bench: bool,
    pub last_gasp: Option<LastGasp>,
    /// `None`: the attempt counter decides.
    pub recovery: Option<bool>,
    #[cfg(feature = "tamper")]
    pub tamper: crate::service::tamper::Deeds,
}

/// How Init is to end itself, for a test of what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastGasp {
    Panic,
    Fault,
    /// It makes an instruction that is none.
    Exception,
    /// It writes to its archive, which it may only read.
    Archive,
    /// It panics, and so does the thread that tells of it.
    Twice,
}

/// The name is not a parameter, or the value not one of its.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadParameter;

impl Parameters {
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self {
            boot: plan.boot.unpack(),
            bench: false,
            last_gasp: None,
            recovery: None,
            #[cfg(feature = "tamper")]
            tamper: crate::service::tamper::Deeds::default(),
        }
    }

    /// Overrides one parameter; without success nothing changes.
    ///
    /// # Errors
    /// [`BadParameter`].
    pub fn set(&mut self, plan: &Plan, name: &str, value: &str) -> Result<(), BadParameter> {
        match name {
            "log" => self.boot.log = level(value)?,
            "quiet" => self.boot.quiet = switch(value)?,
            "parallel" => self.boot.parallel = switch(value)?,
            "timeouts" => self.boot.timeout_percent = percent(value)?,
            "hold" => self.boot.hold = Some(plan.find(value).ok_or(BadParameter)?),
            "on-failure" => self.boot.on_failure = at_end(value)?,
            "after-boot" => {
                self.boot.after_boot = if value == "stay" { None } else { Some(at_end(value)?) };
            }
            "verify" => self.boot.verify_reclaim = switch(value)?,
            "bench" => self.bench = switch(value)?,
            "recovery" => self.recovery = Some(switch(value)?),
            "last-gasp" => {
                self.last_gasp = Some(match value {
                    "panic" => LastGasp::Panic,
                    "fault" => LastGasp::Fault,
                    "exception" => LastGasp::Exception,
                    "archive" => LastGasp::Archive,
                    "twice" => LastGasp::Twice,
                    _ => return Err(BadParameter),
                });
            }
            #[cfg(feature = "tamper")]
            "tamper" => {
                self.tamper = crate::service::tamper::Deeds::parse(plan, value).ok_or(BadParameter)?
            }
            _ => return Err(BadParameter),
        }
        Ok(())
    }
}

fn switch(value: &str) -> Result<bool, BadParameter> {
    match value {
        "on" | "true" | "1" => Ok(true),
        "off" | "false" | "0" => Ok(false),
        _ => Err(BadParameter),
    }
}

fn level(value: &str) -> Result<Level, BadParameter> {
    match value {
        "error" => Ok(Level::Error),
        "warn" => Ok(Level::Warn),
        "info" => Ok(Level::Info),
        "debug" => Ok(Level::Debug),
        _ => Err(BadParameter),
    }
}

fn percent(value: &str) -> Result<u32, BadParameter> {
    value.parse().ok().filter(|percent| (1..=100_000).contains(percent)).ok_or(BadParameter)
}

fn at_end(value: &str) -> Result<AtEnd, BadParameter> {
    match value {
        "halt" => Ok(AtEnd::Halt),
        "reboot" => Ok(AtEnd::Reboot),
        "poweroff" => Ok(AtEnd::PowerOff),
        _ => Err(BadParameter),
    }
}
