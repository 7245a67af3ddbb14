// SPDX-License-Identifier: BSD-2-Clause
//! Devices go to one holder (SPEC F-4). Interrupts and ports are held apart with system.xml itself; here are the
//! registers of devices in memory, of which only the grants tell that they are no shared memory.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kinds::Kind;
use crate::resolve::Model;

/// Checks every region that is granted as a device. Findings go to `out`.
pub fn check(model: &Model<'_>, out: &mut Diagnostics) {
    let mut holders: HashMap<&str, Vec<(usize, crate::Span)>> = HashMap::new();
    for (at, service) in model.services.iter().enumerate() {
        let mut maps: Vec<_> = service.pd.maps.iter().map(|map| &map.region).collect();
        maps.dedup_by_key(|region| &region.value);
        for region in maps {
            let list = holders.entry(&region.value).or_default();
            if !list.iter().any(|(other, _)| *other == at) {
                list.push((at, region.span));
            }
        }
    }
    for (at, service) in model.services.iter().enumerate() {
        let grants = service.entry.map_or(&[][..], |entry| &entry.grants);
        for grant in grants.iter().filter(|grant| is_device(grant.kind)) {
            for region in &grant.memory {
                let others = holders.get(region.value.as_str()).map_or(&[][..], Vec::as_slice);
                let Some((other, span)) = others.iter().find(|(other, _)| *other != at) else { continue };
                let message = format!(
                    "the device memory `{}` of `{}` is mapped by `{}` too",
                    region.value,
                    service.name(),
                    model.services[*other].name()
                );
                let found = Diagnostic::error(Code::SharedDevice, message).at(*span, "mapped here");
                out.push(found.at(region.span, format!("granted as a {}", grant.kind.row().word)));
            }
        }
    }
}

fn is_device(kind: Kind) -> bool {
    matches!(kind, Kind::BlockDevice | Kind::NetworkDevice | Kind::Framebuffer | Kind::Serial)
}
