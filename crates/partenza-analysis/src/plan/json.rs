// SPDX-License-Identifier: BSD-2-Clause
//! The boot plan as JSON; the shape is documented in docs/analysis.md and stays. Times are microseconds, sizes bytes.

use partenza_plan::{Object, ServiceId};
use serde_json::{Value, json};

use super::{Report, policy, readiness_word, start_word};
use crate::names::rights;
use crate::{JSON_FORMAT, authority, devices};

#[must_use]
pub fn json(report: &Report<'_, '_>) -> Value {
    let plan = report.plan();
    let names = |ids: &[ServiceId]| ids.iter().map(|id| report.names.service(*id)).collect::<Vec<_>>();
    let layers: Vec<Value> = report
        .timing
        .layers
        .iter()
        .map(|layer| {
            json!({
                "layer": layer.number,
                "services": layer.services,
                "budget_us": layer.budget,
                "begins_us": layer.begin,
                "worst_us": layer.worst,
                "over_budget": layer.over_budget(),
                "critical_path": names(&layer.chain),
            })
        })
        .collect();
    let services: Vec<Value> = report.ids().map(|id| service(report, id)).collect();
    let regions: Vec<Value> = plan
        .regions
        .iter()
        .map(|region| {
            json!({
                "name": region.name,
                "bytes": devices::region_bytes(region),
                "page_bytes": 1u64 << region.page_bits,
                "physical": region.physical,
            })
        })
        .collect();
    let totals = &report.totals;
    json!({
        "format": JSON_FORMAT,
        "system": plan.system,
        "tool": plan.tool,
        "kernel": {"version": plan.kernel.version, "arch": plan.kernel.arch, "mcs": plan.kernel.mcs},
        "parallel": plan.boot.parallel,
        "timeout_percent": plan.boot.timeout_percent,
        "worst_us": report.timing.total,
        "layers": layers,
        "services": services,
        "regions": regions,
        "memory": {
            "services": totals.services,
            "regions": totals.regions,
            "objects": totals.objects,
            "total": totals.memory,
            "shared_pages": totals.shared,
        },
        "slots": totals.slots,
    })
}

fn service(report: &Report<'_, '_>, id: ServiceId) -> Value {
    let plan = report.plan();
    let service = plan.service(id);
    let memory = &report.memory[usize::from(id.0)];
    let worst = report.timing.services[usize::from(id.0)].map(|worst| {
        json!({
            "starts_us": worst.start,
            "ready_us": worst.ready,
            "after": worst.after.map(|id| report.names.service(id)),
            "critical_path": worst.critical_path,
        })
    });
    let requires: Vec<Value> = service
        .requires
        .iter()
        .map(|d| json!({"service": report.names.service(d.on), "required": d.required}))
        .collect();
    let provides: Vec<Value> = service
        .provides
        .iter()
        .map(|provided| json!({"interface": provided.name, "version": provided.version}))
        .collect();
    let maps: Vec<Value> = service
        .maps
        .iter()
        .map(|map| {
            json!({
                "region": plan.regions.get(usize::from(map.region)).map(|region| region.name),
                "address": map.address,
                "rights": if map.writable { "rw" } else { "r" },
                "cached": map.cached,
            })
        })
        .collect();
    json!({
        "name": service.name,
        "version": service.version,
        "layer": service.layer,
        "critical": service.critical,
        "class": policy::class_word(service.class),
        "restart": policy::restart_json(&service.restart),
        "fallback": service.fallback.map(|id| report.names.service(id)),
        "health": policy::health_json(&service.health),
        "start": start_word(service.start),
        "readiness": readiness_word(service.readiness),
        "startup_timeout_us": service.startup_timeout,
        "prepare_timeout_us": service.prepare_timeout,
        "stop_timeout_us": service.stop_timeout,
        "priority": service.priority,
        "program": plan.image_of(service).file,
        "delivered": plan.image_of(service).delivered.map(|hash| {
            json!({"bytes": plan.image_of(service).bytes(), "sha256": hex(hash)})
        }),
        "requires": requires,
        "provides": provides,
        "worst": worst,
        "grants": service.caps.iter().map(|grant| {
            json!({
                "cptr": grant.cptr,
                "kind": kind(&grant.object),
                "rights": rights(grant.rights),
                "badge": grant.badge,
                "to": report.names.words(id, grant),
                "interface": report.names.interface(id, grant),
            })
        }).collect::<Vec<_>>(),
        "maps": maps,
        "operations": authority::granted_operations(service.permissions),
        "memory": {
            "objects": memory.objects,
            "incarnation": memory.incarnation,
            "stack": memory.stack,
            "reserved": memory.reserved,
            "shared_pages": memory.shared,
        },
        "slots": memory.slots,
        "own_slots": memory.own_slots,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn kind(object: &Object) -> &'static str {
    match object {
        Object::Endpoint(_) => "endpoint",
        Object::Notification(_) => "notification",
        Object::Supervisor => "supervisor",
        Object::FaultHandler => "fault-handler",
        Object::Parent(_) => "parent",
        Object::Child(_) => "child",
        Object::Irq(_) => "irq",
        Object::IoPorts(..) => "ioports",
    }
}
