// SPDX-License-Identifier: BSD-2-Clause
//! `identity`: tokens that say who their holder is. Serves `identity/tokens`.
//!
//! A token's tag is made and verified by `keys`, so this service holds nothing worth stealing. At start it has a tag
//! made, and sees that it is accepted and that a changed one is not.
#![no_std]
#![no_main]

use core::fmt::Write;

use partenza_interfaces::mac::{Message, SIGN, Signed, Tag, VERIFY, Verdict};
use partenza_interfaces::tokens::{CHECK, ISSUE, Token, signed_bytes};
use partenza_service::clients::allowed;
use partenza_service::{Answered, Call, Code, Context, InfoText, Level, Service, ServiceError, serve};
use sel4_microkit::{Handler, protection_domain};

const PURPOSE: &str = "token";

#[derive(Default)]
struct Identity {
    permitted: bool,
    issued: u32,
}

fn sign(context: &Context, data: &[u8]) -> Result<Tag, Code> {
    context.peer("keys/mac")?.ask(SIGN, &Message { purpose: PURPOSE, data })
}

fn verify(context: &Context, data: &[u8], tag: Tag) -> Result<Verdict, Code> {
    let message = Message { purpose: PURPOSE, data };
    context.peer("keys/mac")?.ask(VERIFY, &Signed { message, tag })
}

/// Whether `keys` accepts what it signed and nothing else.
fn keys_hold(context: &Context) -> Result<bool, Code> {
    let tag = sign(context, b"self-check")?;
    let genuine = verify(context, b"self-check", tag)?;
    let forged = verify(context, b"self-cheque", tag)?;
    Ok((genuine, forged) == (Verdict::Genuine, Verdict::Forged))
}

impl Service for Identity {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        self.permitted = allowed(context, "issue", "tokens")?;
        match keys_hold(context) {
            Ok(true) => {
                context.emit(Level::Info, "keys/mac accepts what it signed and refuses what was changed")
            }
            Ok(false) => return Err(ServiceError::DeviceFailed.code()),
            Err(code) => {
                self.permitted = false;
                context.log(Level::Warn, format_args!("keys/mac does not sign: {code}"));
            }
        }
        Ok(())
    }

    fn call(&mut self, context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            ISSUE => {
                call.needs_write()?;
                if !self.permitted {
                    return Err(ServiceError::ForbiddenByPolicy.code());
                }
                let (subject, number) = (call.client(), self.issued);
                let bytes = signed_bytes(subject, number).ok_or(ServiceError::OutOfRange)?;
                let tag = sign(context, &bytes)?;
                self.issued = number.checked_add(1).ok_or(ServiceError::Full)?;
                call.answer(&Token { subject, number, tag })
            }
            CHECK => {
                call.needs_read()?;
                let Token { subject, number, tag } = call.request()?;
                let bytes = signed_bytes(subject, number).ok_or(ServiceError::OutOfRange)?;
                call.answer(&verify(context, &bytes, tag)?)
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        let permitted =
            if self.permitted { "" } else { "\nissuing is forbidden by policy, or keys are missing" };
        // Text never fails.
        let _ = write!(text, "tokens signed by keys/mac: {} issued{permitted}", self.issued);
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Identity::default())
}
