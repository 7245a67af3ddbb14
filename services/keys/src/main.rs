// SPDX-License-Identifier: BSD-2-Clause
//! `keys`: authentication codes with keys that never leave this service. Serves `keys/mac`.
//!
//! The root key comes from the incarnation's secret, so codes hold until the next restart and no longer. Signing is
//! done only if `policy` allows `derive root`; verifying then has nothing to verify.
#![no_std]
#![no_main]

use core::fmt::Write;

use partenza_interfaces::mac::{Message, RootKey, SIGN, Signed, VERIFY};
use partenza_service::clients::allowed;
use partenza_service::{Answered, Call, Code, Context, InfoText, Service, ServiceError, serve};
use sel4_microkit::{Handler, protection_domain};

struct Keys {
    /// `None`: policy forbids it.
    root: Option<RootKey>,
}

impl Keys {
    fn root(&self) -> Result<&RootKey, Code> {
        self.root.as_ref().ok_or(ServiceError::ForbiddenByPolicy.code())
    }
}

impl Service for Keys {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        if allowed(context, "derive", "root")? {
            self.root = Some(RootKey::from_entropy(&context.startup().secret().0));
        }
        Ok(())
    }

    fn call(&mut self, _context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            SIGN => {
                call.needs_write()?;
                let message: Message<'_> = call.request()?;
                call.answer(&self.root()?.sign(call.client(), &message))
            }
            VERIFY => {
                call.needs_read()?;
                let signed: Signed<'_> = call.request()?;
                call.answer(&self.root()?.verify(call.client(), &signed))
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        let keys = match self.root {
            Some(_) => "a key for each client and purpose, lost at restart",
            None => "none: policy forbids deriving them",
        };
        // Text never fails.
        let _ = write!(text, "authentication codes (keyed BLAKE2s)\nkeys: {keys}");
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Keys { root: None })
}
