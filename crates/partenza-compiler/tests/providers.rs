// SPDX-License-Identifier: BSD-2-Clause
//! Services that take each other's place behind one endpoint, calls that are granted by lookup (SPEC S-2, S-5), and the
//! budget of requests (SPEC S-4).

mod support;

use partenza_compiler::Code;
use partenza_plan::{Dependency, LateCall, Object, Overload};
use support::Bench;

/// `one` and `two` provide `a/b`; `client` calls both.
fn bench() -> Bench {
    let bench = Bench::new();
    let pd = |name: &str, priority: u8| {
        format!(
            "<protection_domain name=\"{name}\" priority=\"{priority}\"><program_image path=\"a.elf\"/></protection_domain>\n"
        )
    };
    let channel = |id: u8, server: &str| {
        format!(
            "<channel><end pd=\"client\" id=\"{id}\" pp=\"true\"/><end pd=\"{server}\" id=\"0\"/></channel>\n"
        )
    };
    let xml = [pd("one", 9), pd("two", 9), pd("client", 5), channel(3, "one"), channel(4, "two")].concat();
    bench.file("system.xml", format!("<system>\n{xml}</system>\n"));
    let manifest = |name: &str, lines: &str| {
        let head = format!(
            "partenza: \"1.0\"\nid: {name}\nversion: 1.0.0\nlayer: 2\nhealth: {{startup_timeout: 100ms}}\n"
        );
        bench.file(&format!("manifests/{name}.yaml"), head + lines);
    };
    manifest("one", "provides: [{interface: a/b, version: 1.0.0}]\n");
    manifest("two", "provides: [{interface: a/b, version: 1.1.0}]\n");
    manifest("client", "requires: [{interface: a/b}]\ncapabilities: {required: [{call: a/b}]}\n");
    bench.file(
        "partenza.yaml",
        "partenza: \"1.0\"\nservices:\n  one: {provides: {a/b: {channel: 0}}}\n  two: {provides: {a/b: {channel: 0}}}\n  \
         client: {grants: {call: {a/b: {channel: [3, 4]}}}}\nproviders: {a/b: [two, one]}\n",
    );
    bench
}

#[test]
fn providers_share_an_endpoint_in_order_of_preference() {
    let compiled = bench().good();
    let plan = compiled.plan();
    let id = |name: &str| plan.find(name).unwrap();
    let [group] = plan.providers.as_slice() else { panic!("one group") };
    assert_eq!((group.interface, group.services.as_slice()), ("a/b", &[id("two"), id("one")][..]));
    assert_eq!(plan.objects.endpoints, 1);
    let ends = |name: &str| {
        let caps = plan.service(id(name)).caps.iter();
        caps.filter(|grant| grant.object == Object::Endpoint(group.endpoint))
            .map(|g| g.cptr)
            .collect::<Vec<_>>()
    };
    assert_eq!((ends("one"), ends("two"), ends("client")), (vec![1], vec![1], vec![74 + 3, 74 + 4]));
    let badges: Vec<u64> =
        plan.service(id("client")).caps.iter().filter(|g| g.cptr > 74).map(|g| g.badge).collect();
    assert_eq!(badges[0], badges[1], "whoever serves knows the client by the same channel");
}

/// What is required by its interface is required of whoever serves; what is required by name, of that one.
#[test]
fn a_client_requires_any_of_the_providers_of_its_interface() {
    let edges = |bench: &Bench| {
        let compiled = bench.good();
        let plan = compiled.plan();
        let client = plan.services.iter().find(|service| service.name == "client").expect("it is there");
        let edge =
            |d: &Dependency| (plan.service(d.on).name.to_owned(), d.required, d.restart_with, d.shared);
        client.requires.iter().map(edge).collect::<Vec<_>>()
    };
    let all =
        |required, restart| ["two", "one"].map(|name| (name.to_owned(), required, restart, true)).to_vec();
    let bench = bench();
    assert_eq!(edges(&bench), all(true, false));
    bench.edit("manifests/client.yaml", "interface: a/b}]", "interface: a/b, restart-with: true}]");
    assert_eq!(edges(&bench), all(true, true));
    bench.edit("manifests/client.yaml", "restart-with: true}]", "optional: true}]");
    assert_eq!(edges(&bench), all(false, false));
    bench.edit("manifests/client.yaml", "[{interface: a/b, optional: true}]", "[{module: one}]");
    assert_eq!(edges(&bench), [("one".to_owned(), true, false, false)]);
}

#[test]
fn each_provider_fits_what_its_clients_require() {
    let old = bench();
    old.edit("manifests/client.yaml", "interface: a/b}]", "interface: a/b, version: \">=1.1\"}]");
    old.error(Code::WrongVersion, "manifests/client.yaml:6:", "`one` may take the place of `two`");
    let higher = bench();
    higher.edit("manifests/one.yaml", "layer: 2", "layer: 3");
    let told = higher.errors(&[Code::HigherLayer]);
    assert!(told.contains("out of `providers`"), "{told}");
    // The requirement is met without it, and in one order or another.
    higher.edit("manifests/client.yaml", "interface: a/b}]", "interface: a/b, optional: true}]");
    assert!(higher.good().plan().services.iter().all(|service| service.requires.is_empty()));
}

#[test]
fn one_provider_that_the_boot_starts_is_enough() {
    let bench = bench();
    bench.edit("manifests/two.yaml", "layer: 2", "layer: 2\nstart: on-demand");
    let _ = bench.good();
    bench.edit("manifests/one.yaml", "layer: 2", "layer: 2\nstart: on-demand");
    bench.error(
        Code::NotStarted,
        "manifests/client.yaml:6:",
        "`client` starts with the boot and requires `two`",
    );
}

#[test]
fn one_provider_in_the_recovery_set_is_enough() {
    let bench = bench();
    bench.edit(
        "partenza.yaml",
        "providers:",
        "boot: {max_attempts: 3}\nrecovery: {services: [client]}\nproviders:",
    );
    bench.error(Code::RecoveryGap, "partenza.yaml:7:", "starts `client` and not `two`");
    bench.edit("partenza.yaml", "[client]", "[client, one]");
    let _ = bench.good();
    bench.edit("partenza.yaml", "[client, one]", "[client], soften: [client->one]");
    assert_eq!(bench.good().plan().recovery.soften.len(), 2, "what is softened for one is for both");
}

#[test]
fn one_provider_alone_is_no_group() {
    let bench = bench();
    bench.edit("partenza.yaml", "[two, one]", "[two]");
    let compiled = bench.good();
    assert!(compiled.plan().providers.is_empty());
    assert_eq!(compiled.plan().objects.endpoints, 2);
}

#[test]
fn a_service_is_listed_for_one_interface() {
    let bench = bench();
    bench.edit(
        "manifests/one.yaml",
        "version: 1.0.0}]",
        "version: 1.0.0}, {interface: c/d, version: 1.0.0}]",
    );
    bench.edit(
        "manifests/two.yaml",
        "version: 1.1.0}]",
        "version: 1.1.0}, {interface: c/d, version: 1.0.0}]",
    );
    bench.edit("partenza.yaml", "[two, one]", "[two, one], c/d: [one, two]");
    let told = bench.errors(&[Code::ProviderTwice, Code::ProviderTwice]);
    assert!(told.contains("`one` is listed") && told.contains("`two` is listed"), "{told}");
}

#[test]
fn a_client_reaches_all_providers_alike() {
    let one_way = bench();
    let line = "<channel><end pd=\"client\" id=\"4\" pp=\"true\"/><end pd=\"two\" id=\"0\"/></channel>\n";
    one_way.edit("system.xml", line, "");
    one_way.edit("partenza.yaml", "[3, 4]", "3");
    one_way.edit("partenza.yaml", "  two: {provides: {a/b: {channel: 0}}}\n", "");
    one_way.error(Code::ProviderUnreached, "system.xml:5:", "`client` may call `one` and not `two`");
    let crooked = bench();
    crooked.edit("system.xml", "pd=\"two\" id=\"0\"", "pd=\"two\" id=\"7\"");
    crooked.edit(
        "partenza.yaml",
        "two: {provides: {a/b: {channel: 0}}}",
        "two: {provides: {a/b: {channel: 7}}}",
    );
    crooked.error(Code::ProviderUnreached, "system.xml:5:", "channel 7 to `two` and channel 0 to `one`");
}

#[test]
fn calls_are_granted_by_lookup_where_the_grant_says_so() {
    let bench = Bench::pair();
    assert!(bench.good().plan().services[1].late_calls.is_empty());
    bench.edit("partenza.yaml", "{channel: 3}", "{channel: 3, bind: lookup}");
    assert_eq!(bench.good().plan().services[1].late_calls, [LateCall { cptr: 74 + 3, on_grant: false }]);
    bench.edit("partenza.yaml", "bind: lookup", "bind: grant");
    assert_eq!(bench.good().plan().services[1].late_calls, [LateCall { cptr: 74 + 3, on_grant: true }]);
    bench.edit("partenza.yaml", "bind: grant", "bind: late");
    bench.error(Code::BadValue, "partenza.yaml:11:", "expected start, lookup, grant");
}

#[test]
fn the_budget_of_requests_reaches_the_plan() {
    let bench = bench();
    assert_eq!(bench.good().plan().overload, Overload::DEFAULT);
    bench.edit(
        "partenza.yaml",
        "providers:",
        "overload: {requests: 50, period: 10ms, restart_after: 0, calm: 1s}\nproviders:",
    );
    let expected = Overload { requests: 50, period: 10_000, restart_after: 0, calm: 1_000_000 };
    assert_eq!(bench.good().plan().overload, expected);
}
