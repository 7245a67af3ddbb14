// SPDX-License-Identifier: BSD-2-Clause
//! Parents and children (SPEC J-3): what a parent is given, what must be asked and granted for it, and which parents
//! could not do their work.

mod support;

use partenza_compiler::Code;
use partenza_plan::{InvalidPlan, Object, Rights};
use partenza_protocol::Badge;
use support::Bench;

/// `warden` holds `driver` (3), which holds `helper` (3, too); `other` is nobody's.
fn bench() -> Bench {
    let bench = Bench::new();
    let pd = |name: &str, attributes: &str, inside: &str| {
        format!(
            "<protection_domain name=\"{name}\" priority=\"9\"{attributes}>\n<program_image path=\"a.elf\"/>\n\
             {inside}</protection_domain>\n"
        )
    };
    let driver = pd("driver", " id=\"3\"", &pd("helper", " id=\"3\"", ""));
    let xml = format!("<system>\n{}{}</system>\n", pd("warden", "", &driver), pd("other", "", ""));
    bench.file("system.xml", xml);
    let manifest = |name: &str, lines: &str| {
        let head = format!(
            "partenza: \"1.0\"\nid: {name}\nversion: 1.0.0\nlayer: 5\nhealth: {{startup_timeout: 100ms}}\n"
        );
        bench.file(&format!("manifests/{name}.yaml"), head + lines);
    };
    manifest("warden", "capabilities: {required: [{child-control: ward}]}\n");
    manifest("driver", "capabilities: {required: [{child-control: hand}]}\n");
    manifest("helper", "");
    manifest("other", "");
    bench.file(
        "partenza.yaml",
        "partenza: \"1.0\"\nservices:\n  warden: {grants: {child-control: {ward: driver}}}\n  \
         driver: {grants: {child-control: {hand: {child: helper}}}}\n  helper: {}\n  other: {}\n",
    );
    bench
}

#[test]
fn a_parent_hears_its_children_and_holds_their_threads() {
    let compiled = bench().good();
    let plan = compiled.plan();
    let id = |name: &str| plan.find(name).unwrap();
    let cap = |name: &str, cptr: u32| {
        let grant = plan.service(id(name)).caps.iter().find(|grant| grant.cptr == cptr);
        grant.map(|grant| (grant.object, grant.rights, grant.badge))
    };
    for (parent, child) in [("warden", "driver"), ("driver", "helper")] {
        let (above, below) = (plan.service(id(parent)), plan.service(id(child)));
        // Nobody calls either: the endpoint is for the faults.
        assert!(matches!(cap(parent, 1), Some((Object::Endpoint(_), Rights::READ, 0))));
        let thread = (Object::Child(id(child)), Rights::default(), 0);
        assert_eq!(cap(parent, 202 + 3), Some(thread));
        assert_eq!(cap(child, 2), Some((Object::Parent(id(parent)), Rights::CALL, 1 << 26 | 3)));
        assert_eq!(below.parent().map(|(id, _)| id), Some(id(parent)));
        assert!(above.children().eq([(id(child), 205)]));
        assert_eq!(above.cnode_radix, 8);
    }
    assert_eq!(plan.objects.endpoints, 2);
    for name in ["warden", "other"] {
        let fault = Badge::fault(id(name)).0;
        assert_eq!(cap(name, 2), Some((Object::FaultHandler, Rights::CALL, fault)));
    }
    assert_eq!(cap("other", 1).map(|(object, ..)| object), Some(Object::Notification(id("other"))));
    assert_eq!(plan.service(id("other")).cnode_radix, 7);
}

/// What the root task looks at before it hands out a parent's endpoint.
#[test]
fn a_plan_whose_parent_has_no_endpoint_is_refused() {
    let compiled = bench().good();
    let mut plan = compiled.plan();
    let (warden, driver) = (plan.find("warden").unwrap(), plan.find("driver").unwrap());
    plan.services[usize::from(warden.0)].caps.retain(|grant| grant.cptr != 1);
    let refused = Err(InvalidPlan::OutOfRange(Some(driver)));
    assert_eq!(plan.check(compiled.archive.len(), 0), refused);
}

/// SPEC O-2: without manifests the system description alone grants.
#[test]
fn a_family_without_manifests_has_what_the_description_says() {
    let bench = bench();
    for file in ["partenza.yaml", "manifests/warden.yaml", "manifests/driver.yaml", "manifests/helper.yaml"] {
        std::fs::remove_file(bench.dir.path().join(file)).unwrap();
    }
    std::fs::remove_file(bench.dir.path().join("manifests/other.yaml")).unwrap();
    let compiled = bench.good();
    let plan = compiled.plan();
    assert_eq!(plan.services.iter().filter(|service| service.parent().is_some()).count(), 2);
}

#[test]
fn a_child_is_asked_for_and_granted_by_name() {
    let bench = bench();
    bench.edit("manifests/warden.yaml", "capabilities: {required: [{child-control: ward}]}\n", "");
    bench.edit("partenza.yaml", "warden: {grants: {child-control: {ward: driver}}}", "warden: {}");
    bench.error(Code::ObjectNotAsked, "system.xml:4:", "`warden` is given the child `driver`");

    let bench = self::bench();
    bench.edit("partenza.yaml", "warden: {grants: {child-control: {ward: driver}}}", "warden: {}");
    let text = bench.errors(&[Code::RequiredNotGranted]);
    assert!(
        text.contains("write `child-control: {ward: driver}` under `services: warden: grants:`"),
        "{text}"
    );

    let bench = self::bench();
    bench.edit("partenza.yaml", "{ward: driver}", "{ward: helper}");
    let text = bench.errors(&[Code::NoSuchObject]);
    assert!(text.contains("partenza.yaml:3:") && text.contains("`warden` has no child `helper`"), "{text}");
    assert!(text.contains("did you mean `child: driver`?"), "{text}");

    let bench = self::bench();
    bench.edit(
        "manifests/warden.yaml",
        "{child-control: ward}",
        "{child-control: ward}, {child-control: two}",
    );
    bench.edit("partenza.yaml", "{ward: driver}", "{ward: driver, two: driver}");
    bench.error(Code::GrantedTwice, "partenza.yaml:3:", "second");

    let bench = self::bench();
    bench.edit("partenza.yaml", "{ward: driver}", "{ward: {child: [driver, helper]}}");
    let text = bench.errors(&[Code::ObjectNotAsked, Code::WrongParts]);
    assert!(
        text.contains("a grant of `child-control: ward` is one protection domain inside this one"),
        "{text}"
    );
}

#[test]
fn a_parent_starts_no_later_than_its_children() {
    let bench = bench();
    bench.edit("manifests/driver.yaml", "layer: 5", "layer: 4");
    bench.edit("manifests/helper.yaml", "layer: 5", "layer: 4");
    bench.error(
        Code::BadParent,
        "manifests/warden.yaml:4:",
        "`driver` (layer 4) is a child of `warden`, which starts later (layer 5)",
    );
    bench.edit("manifests/warden.yaml", "layer: 5", "layer: 3");
    bench.good();

    for start in ["deferred", "on-demand"] {
        let bench = self::bench();
        bench.edit("manifests/warden.yaml", "layer: 5", &format!("layer: 5\nstart: {start}"));
        bench.error(Code::BadParent, "system.xml:2:", &format!("which has `start: {start}`"));
        for child in ["driver", "helper"] {
            bench.edit(&format!("manifests/{child}.yaml"), "layer: 5", "layer: 5\nstart: on-demand");
        }
        bench.good();
    }
}

/// Who takes its place would get the faults of children that are not its own.
#[test]
fn nobody_takes_the_place_of_a_parent() {
    let bench = bench();
    for provider in ["warden", "other"] {
        let interface = "layer: 5\nprovides: [{interface: a/b, version: 1.0.0}]";
        bench.edit(&format!("manifests/{provider}.yaml"), "layer: 5", interface);
    }
    bench.edit("partenza.yaml", "  other: {}\n", "  other: {}\nproviders: {a/b: [other, warden]}\n");
    bench.error(Code::BadParent, "partenza.yaml:7:", "`warden` has children, and others may take its place");
    bench.edit("partenza.yaml", "[other, warden]", "[warden]");
    bench.good();
}
