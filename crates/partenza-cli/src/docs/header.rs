// SPDX-License-Identifier: BSD-2-Clause
//! c/include/partenza/codes.h: the numbers of the protocol for C (SPEC S-10). A variant's number is what postcard makes
//! of it, so the header cannot disagree with the types.

use std::fmt::{Debug, Write};

use partenza_interfaces::{INFO, error as services};
use partenza_protocol::control::{Directive, Level};
use partenza_protocol::event::{BootState, CapKind, ServiceState};
use partenza_protocol::startup::LAYOUT;
use partenza_protocol::{ABI, Op, error};
use serde::Serialize;

/// All variants; does not compile when one is missing.
macro_rules! variants {
    ($type:ident { $($name:ident $(($value:expr))?),* $(,)? }) => {{
        fn complete(variant: $type) {
            match variant { $($type::$name { .. } => {})* }
        }
        let _ = complete;
        vec![$(variant(&$type::$name $(($value))?)),*]
    }};
}

/// The number and the name of a variant.
fn variant<T: Serialize + Debug>(value: &T) -> (u8, String) {
    let mut bytes = [0; 16];
    // A number above 127 would take two bytes; no enum here comes near that.
    let number = postcard::to_slice(value, &mut bytes).map_or(0, |bytes| bytes[0]);
    let debug = format!("{value:?}");
    (number, debug.split('(').next().unwrap_or_default().to_owned())
}

pub fn page() -> String {
    let mut out = String::from(
        "/* SPDX-License-Identifier: BSD-2-Clause\n * Written by `partenza docs` from the protocol's types: change them, not \
         this.\n */\n#ifndef PARTENZA_CODES_H\n#define PARTENZA_CODES_H\n\n",
    );
    let _ = writeln!(
        out,
        "/* Version of the supervisor interface, told in hello. */\n#define PZ_ABI {ABI}\n/* Layout of the startup page. \
         */\n#define PZ_STARTUP_LAYOUT_VERSION {LAYOUT}\n/* Label of `partenza/info`, which every service answers. \
         */\n#define PZ_LABEL_INFO {INFO}\n"
    );
    out.push_str("/* Operations of the supervisor channel, by label. */\nenum pz_op {\n");
    for op in Op::ALL {
        let _ = writeln!(out, "    PZ_OP_{} = {},", screaming(&format!("{op:?}")), op.label());
    }
    out.push_str("};\n");
    closed(
        &mut out,
        ("pz_directive_kind", "PZ_DIRECTIVE", "What the Supervisor wants."),
        variants!(Directive { Nothing, Probe(0), PrepareStop, Stop, Crash, Changed(0) }),
    );
    closed(
        &mut out,
        ("pz_level", "PZ_LEVEL", "How important a line is."),
        variants!(Level { Error, Warn, Info, Debug }),
    );
    closed(
        &mut out,
        ("pz_state", "PZ_STATE", "States of a service."),
        variants!(ServiceState {
            Pending,
            Starting,
            Running,
            Degraded,
            Unhealthy,
            Crashed,
            Restarting,
            Stopping,
            Stopped,
            Failed,
            Disabled
        }),
    );
    closed(
        &mut out,
        ("pz_boot_state", "PZ_BOOT", "States of the system; PZ_BOOT_BOOTING_LAYER is followed by a layer."),
        variants!(BootState {
            KernelHandoff,
            Initializing,
            BootingLayer(0),
            BootComplete,
            SupervisorMode,
            ShuttingDown,
            EmergencyStop,
            BootFailed,
            Panic
        }),
    );
    closed(
        &mut out,
        ("pz_cap_kind", "PZ_CAP", "What a capability is to."),
        variants!(CapKind {
            Endpoint,
            Notification,
            Supervisor,
            FaultHandler,
            IrqHandler,
            IoPorts,
            Memory,
            Device,
            Thread
        }),
    );
    out.push_str("\n/* Errors: labels of answers, PZ-E0401 is 401 (docs/errors.md). */\nenum pz_error {\n    PZ_OK = 0,\n");
    for row in error::TABLE.iter().chain(services::TABLE) {
        let (group, name) = row.name.split_once("::").unwrap_or(("", row.name));
        let group = screaming(group.trim_end_matches("Error"));
        let _ =
            writeln!(out, "    PZ_ERROR_{group}_{} = {}, /* {} */", screaming(name), row.code.0, row.text);
    }
    out.push_str("};\n\n#endif\n");
    out
}

/// An enum, and how many variants it has.
fn closed(out: &mut String, (name, prefix, about): (&str, &str, &str), variants: Vec<(u8, String)>) {
    let _ = writeln!(out, "\n/* {about} */\nenum {name} {{");
    for (number, variant) in &variants {
        let _ = writeln!(out, "    {prefix}_{} = {number},", screaming(variant));
    }
    let _ = writeln!(out, "}};\n#define {prefix}_COUNT {}", variants.len());
}

/// `PrepareStop` as `PREPARE_STOP`.
fn screaming(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_uppercase());
    }
    out
}
