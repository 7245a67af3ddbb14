// SPDX-License-Identifier: BSD-2-Clause
//! Names that the Supervisor tells have a limit, so that every list, status and event of the system fits its message.

use partenza_protocol::request::MAX_NAME;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::Model;
use crate::source::Span;

/// Bytes of a name that a finding shows.
const SHOWN: usize = 24;

/// Checks every name and version. Findings go to `out`.
pub fn check(model: &Model<'_>, out: &mut Diagnostics) {
    let mut limit = |what: &str, name: &str, span: Span| {
        if name.len() > MAX_NAME {
            let begin = partenza_protocol::cut(name, SHOWN);
            let message = format!("{what} `{begin}…` has {} bytes; messages carry {MAX_NAME}", name.len());
            out.push(Diagnostic::error(Code::NameTooLong, message).at(span, "too long"));
        }
    };
    if let Some(name) = &model.config.system {
        limit("the system's name", &name.value, name.span);
    }
    for region in &model.system.regions {
        limit("the memory region", &region.name.value, region.name.span);
    }
    for service in &model.services {
        limit("the protection domain", service.name(), service.pd.name.span);
        let Some(manifest) = service.manifest else { continue };
        limit("the version", &manifest.version.value.to_string(), manifest.version.span);
        for provided in &manifest.provides {
            limit("the interface", &provided.interface.value, provided.interface.span);
            limit("the version", &provided.version.value.to_string(), provided.version.span);
        }
    }
}
