// SPDX-License-Identifier: BSD-2-Clause
//! What is asked, granted and given must be the same, object by object (SPEC A-2, F).

mod support;

use partenza_compiler::Code;
use partenza_plan::{Interface, Object, Rights};
use partenza_protocol::startup::{RIGHT_READ, RIGHT_WRITE, Startup};
use partenza_protocol::{Badge, Op, ServiceId};
use support::Bench;

#[test]
fn what_agrees_is_accepted_and_planned_to_the_bit() {
    let compiled = Bench::pair().good();
    let plan = compiled.plan();
    let (server, client) = (&plan.services[0], &plan.services[1]);
    assert_eq!((server.name, client.name), ("server", "client"));
    assert_eq!((server.layer, server.critical, client.critical), (4, true, false));
    let provided = Interface { name: "storage/files", version: "1.2.0" };
    assert_eq!((server.version, server.provides.as_slice()), ("0.2.0", &[provided][..]));
    assert_eq!(client.requires[0].on, ServiceId(0));
    assert!(client.permissions.allows(Op::Status) && !client.permissions.allows(Op::Restart));
    // Framebuffer is the first optional capability, supervisor the second.
    assert_eq!(client.optional, 0b10);

    let cap = |service: &partenza_plan::Service<'_>, cptr| {
        let grant = service.caps.iter().find(|grant| grant.cptr == cptr);
        grant.map(|g| (g.object, g.rights, g.badge))
    };
    assert_eq!(cap(server, 1), Some((Object::Endpoint(0), Rights::READ, 0)));
    assert_eq!(cap(client, 1), Some((Object::Notification(ServiceId(1)), Rights::READ, 0)));
    let fault = Badge::fault(ServiceId(1)).0;
    assert_eq!(cap(client, 2), Some((Object::FaultHandler, Rights::CALL, fault)));
    assert_eq!(cap(client, 10 + 3), Some((Object::Notification(ServiceId(0)), Rights::SIGNAL, 1 << 0)));
    assert_eq!(cap(client, 74 + 3), Some((Object::Endpoint(0), Rights::CALL, 1 << 27)));
    assert_eq!(cap(server, 10), None, "notify=\"false\"");
    assert_eq!(cap(server, 138 + 2), Some((Object::Irq(0), Rights::default(), 0)));
    assert_eq!(cap(server, 394 + 1), Some((Object::IoPorts(0x1f0, 0x1f7), Rights::default(), 0)));
    let control = Badge::control(ServiceId(1)).0;
    assert_eq!(client.supervisor_channel, Some(25));
    assert_eq!(cap(client, 10 + 25), Some((Object::Supervisor, Rights::SIGNAL, control)));
    assert_eq!(cap(client, 74 + 25), Some((Object::Supervisor, Rights::CALL, control)));
    assert_eq!((client.cnode_radix, server.cnode_radix), (7, 9));

    assert_eq!((plan.irqs[0].pin, plan.irqs[0].vector, plan.irqs[0].channel), (14, 5, 2));
    assert!(server.maps[0].writable && !client.maps[0].writable);
}

#[test]
fn the_startup_page_names_channels_at_both_ends() {
    let compiled = Bench::pair().good();
    let plan = compiled.plan();
    let server = Startup::read(plan.services[0].startup).unwrap();
    let client = Startup::read(plan.services[1].startup).unwrap();
    assert_eq!((server.serves(), client.serves()), (Some(0), None));
    let channel = client.channel("storage/files").unwrap();
    assert_eq!((channel.id, channel.rights), (3, RIGHT_READ | RIGHT_WRITE));
    let channel = server.channel("client").unwrap();
    assert_eq!((channel.id, channel.rights), (0, RIGHT_READ | RIGHT_WRITE));
    assert!(client.args().eq(["one"]) && client.env().eq(["TERM=dumb"]));
    assert!(server.provides().eq(["storage/files@1.2.0"]));
    assert_eq!(client.channel("supervisor/control").map(|c| c.id), Some(25));
}

#[test]
fn a_reader_is_told_that_it_only_reads() {
    let bench = Bench::pair();
    bench.edit("manifests/client.yaml", "- call: storage/files", "- axiom: storage/files\n      rights: r");
    bench.edit(
        "partenza.yaml",
        "call: {storage/files: {channel: 3}}",
        "axiom: {storage/files: {channel: 3, rights: r}}",
    );
    let compiled = bench.good();
    let plan = compiled.plan();
    let server = Startup::read(plan.services[0].startup).unwrap();
    assert_eq!(server.channel("client").unwrap().rights, RIGHT_READ);
    bench.edit("partenza.yaml", "rights: r}", "rights: rw}");
    bench.error(
        Code::RightsDiffer,
        "partenza.yaml:11:51",
        "asks for `axiom: storage/files` with rights r and gets rw",
    );
}

#[test]
fn a_required_capability_without_a_grant() {
    let bench = Bench::pair();
    bench.edit("partenza.yaml", "      call: {storage/files: {channel: 3}}\n", "");
    let text = bench.errors(&[Code::RequiredNotGranted]);
    assert!(text.contains("client.yaml:11:13") && text.contains("which nothing grants"), "{text}");
    assert!(
        text.contains("write `call: {storage/files: {channel: 3}}` under `services: client: grants:`"),
        "{text}"
    );
}

#[test]
fn an_object_that_no_manifest_asked_for() {
    let bench = Bench::pair();
    bench.edit("system.xml", "<program_image", "<ioport id=\"9\" addr=\"0x60\" size=\"1\"/>\n<program_image");
    bench.error(Code::ObjectNotAsked, "system.xml:4:6", "`server` is given I/O ports 0x60 to 0x60");
    let bench = Bench::pair();
    bench.edit("system.xml", "<irq ", "<map mr=\"shared\" vaddr=\"0x8000000\"/>\n<irq ");
    bench.good(); // the same region a second time: the grant names the region
    let bench = Bench::pair();
    bench.edit("system.xml", "<irq ", "<irq id=\"7\" pin=\"10\" vector=\"9\"/>\n<irq ");
    bench.error(Code::ObjectNotAsked, "system.xml:7:6", "interrupt 7 (pin 10)");
    let bench = Bench::pair();
    bench.edit(
        "system.xml",
        "</system>",
        "<channel><end pd=\"client\" id=\"4\"/><end pd=\"server\" id=\"4\"/></channel></system>",
    );
    bench.errors(&[Code::ObjectNotAsked, Code::ObjectNotAsked]);
}

#[test]
fn signals_are_granted_by_name() {
    let bench = Bench::pair();
    bench.edit(
        "system.xml",
        "</system>",
        "<channel><end pd=\"client\" id=\"4\"/><end pd=\"server\" id=\"4\" notify=\"false\"/></channel></system>",
    );
    bench.edit("manifests/client.yaml", "- call:", "- notify: wake\n    - call:");
    bench.edit("partenza.yaml", "      call:", "      notify: {wake: 4}\n      call:");
    bench.good();
    bench.edit("partenza.yaml", "wake: 4", "wake: 3");
    bench.errors(&[Code::ObjectNotAsked, Code::WrongParts, Code::GrantedTwice]);
}

#[test]
fn a_grant_that_the_manifest_does_not_ask_for() {
    let bench = Bench::pair();
    bench.edit(
        "partenza.yaml",
        "memory: {buffer: shared}\n      supervisor",
        "memory: {bufer: shared}\n      supervisor",
    );
    let text = bench.errors(&[Code::RequiredNotGranted, Code::GrantNotAsked]);
    assert!(text.contains("did you mean `buffer`?"), "{text}");
}

#[test]
fn objects_that_are_not_there() {
    for (from, to, what, meant) in [
        ("ioport: 1", "ioport: 5", "no `<ioport>` with id 5", "`ioport: 1`"),
        ("irq: 2", "irq: 5", "no `<irq>` with id 5", "`irq: 2`"),
        ("buffer: shared", "buffer: sharde", "no `<map>` of region `sharde`", "`memory: shared`"),
        ("{channel: 3}", "{channel: 4}", "no channel end with id 4", "`channel: 3`"),
    ] {
        let bench = Bench::pair();
        bench.edit("partenza.yaml", from, to);
        let text = bench.errors(&[Code::NoSuchObject]);
        assert!(text.contains(what) && text.contains(&format!("did you mean {meant}?")), "{text}");
    }
}

#[test]
fn rights_must_agree_unless_optional() {
    let bench = Bench::pair();
    bench.edit("system.xml", "perms=\"r\"", "perms=\"rw\"");
    bench.error(Code::RightsDiffer, "system.xml:11:6", "with rights r and gets rw");
    let bench = Bench::pair();
    bench.edit("manifests/client.yaml", "rights: r\n", "rights: rw\n");
    bench.error(Code::RightsDiffer, "client.yaml:13:15", "gets only r");
    // Optional: less is possible.
    bench.edit("manifests/client.yaml", "    - memory: buffer\n      rights: rw\n", "");
    bench.edit("manifests/client.yaml", "optional:\n", "optional:\n    - memory: buffer\n      rights: rw\n");
    bench.good();
}

#[test]
fn a_grant_must_be_made_of_what_its_kind_needs() {
    let bench = Bench::pair();
    bench.edit("manifests/server.yaml", "block-device: disk", "serial: disk");
    bench.edit("partenza.yaml", "block-device: {disk: {ioport: 1, irq: 2}}", "serial: {disk: {ioport: 1}}");
    let text = bench.errors(&[Code::ObjectNotAsked, Code::ObjectNotAsked, Code::WrongParts]);
    assert!(text.contains("one I/O port range and one interrupt"), "{text}");
    bench.edit("partenza.yaml", "{ioport: 1}", "{ioport: 1, irq: 2}");
    bench.good();
    bench.edit("partenza.yaml", "{ioport: 1, irq: 2}", "{ioport: 1, memory: shared}");
    let text =
        bench.errors(&[Code::UnknownField, Code::ObjectNotAsked, Code::ObjectNotAsked, Code::WrongParts]);
    assert!(text.contains("known here: irq, ioport"), "{text}");
}

#[test]
fn a_framebuffer_is_device_memory_and_write_only_means_writable() {
    let bench = Bench::pair();
    let screen = "<memory_region name=\"screen\" size=\"0x1000\" phys_addr=\"0xb8000\"/>\n  <memory_region";
    bench.edit("system.xml", "<memory_region", screen);
    bench.edit("system.xml", "<map mr=\"shared\" vaddr=\"0x4_000_000\" perms=\"r\"/>", "<map mr=\"shared\" \
        vaddr=\"0x4_000_000\" perms=\"r\"/><map mr=\"screen\" vaddr=\"0x5_000_000\" perms=\"rw\" cached=\"false\"/>");
    bench.edit("partenza.yaml", "supervisor:", "framebuffer: {screen: screen}\n      supervisor:");
    let compiled = bench.good();
    let plan = compiled.plan();
    assert_eq!(plan.services[1].optional, 0b11);
    assert_eq!(plan.regions[1].physical, Some(0xb8000), "RAM comes first");
    assert!(!plan.services[1].maps[1].cached);
    bench.edit("system.xml", " phys_addr=\"0xb8000\"", "");
    bench.error(Code::WrongParts, "partenza.yaml:13:29", "so it is no framebuffer");
}

#[test]
fn a_channel_must_lead_to_what_it_is_granted_for() {
    let bench = Bench::pair();
    bench.edit("partenza.yaml", "    provides: {storage/files: {channel: 0}}\n", "");
    let text = bench.errors(&[Code::ObjectNotAsked, Code::WrongPeer]);
    assert!(text.contains("write `services: server: provides: {storage/files: {channel: 0}}`"), "{text}");
    let bench = Bench::pair();
    bench.edit("system.xml", " pp=\"true\"", "");
    bench.errors(&[Code::WrongParts, Code::WrongParts]);
}

#[test]
fn operations_of_the_supervisor() {
    let bench = Bench::pair();
    bench.edit("partenza.yaml", "[status]", "[status, shutdown]");
    bench.error(Code::GrantNotAsked, "partenza.yaml:13:28", "`shutdown` was not asked for");
    bench.edit("partenza.yaml", "shutdown", "restrat");
    let text = bench.errors(&[Code::UnknownOperation]);
    assert!(text.contains("did you mean `restart`?"), "{text}");
    let bench = Bench::pair();
    bench.edit("manifests/client.yaml", "  optional:\n", "    - supervisor: [crash]\n  optional:\n");
    bench.edit("manifests/client.yaml", "    - supervisor: [status, restart]\n", "");
    let text = bench.errors(&[Code::RequiredNotGranted, Code::GrantNotAsked]);
    assert!(text.contains("`crash` is not granted"), "{text}");
}

#[test]
fn the_supervisor_channel_has_an_id_of_its_own() {
    let bench = Bench::pair();
    bench.edit("partenza.yaml", "  client:\n", "  client:\n    supervisor_channel: 3\n");
    bench.error(Code::DuplicateId, "partenza.yaml:10:25", "id 3 of the supervisor channel is in use");
    bench.edit("partenza.yaml", "supervisor_channel: 3", "supervisor_channel: none");
    bench.error(Code::NeedsSupervisor, "partenza.yaml:10:25", "has no channel to it");
    bench.edit("partenza.yaml", "supervisor_channel: none", "supervisor_channel: 7");
    assert_eq!(bench.good().plan().services[1].supervisor_channel, Some(7));
}

#[test]
fn resources_of_the_manifest_are_bounds() {
    let bench = Bench::pair();
    bench.edit("manifests/client.yaml", "layer: 7\n", "layer: 7\nresources: {stack: 4KiB, priority: 50}\n");
    let text = bench.errors(&[Code::AboveBound, Code::AboveBound]);
    assert!(text.contains("stack_size of `client`") && text.contains("priority of `client`"), "{text}");
    bench.edit("manifests/client.yaml", "{stack: 4KiB, priority: 50}", "{stack: 8KiB, memory: 8KiB}");
    bench.error(Code::AboveBound, "client.yaml:6:34", "memory");
    bench.edit("manifests/client.yaml", "memory: 8KiB", "memory: 64KiB");
    bench.good();
}

#[test]
fn kinds_that_do_not_exist_or_not_yet() {
    let bench = Bench::pair();
    bench.edit("manifests/client.yaml", "- call:", "- cal: x\n    - call:");
    bench.error(Code::UnknownKind, "client.yaml:11:7", "did you mean `call`?");
    bench.edit("manifests/client.yaml", "- cal: x", "- spawn: x");
    bench.error(Code::UnknownKind, "client.yaml:11:7", "not supported yet");
}

#[test]
fn a_required_call_to_what_is_not_required_is_a_warning() {
    let bench = Bench::pair();
    let requires = "requires:\n  - interface: storage/files\n    version: \">=1.0, <2\"\n";
    bench.edit("manifests/client.yaml", requires, "");
    assert_eq!(bench.remarks(), [Code::OptionalAbsent, Code::CallWithoutRequire]);
    bench.edit("manifests/client.yaml", "layer: 7\n", "layer: 7\nrequires:\n  - module: server\n");
    assert_eq!(bench.remarks(), [Code::OptionalAbsent]);
}

#[test]
fn a_pd_that_uses_every_id_has_none_for_the_supervisor() {
    let bench = Bench::pair();
    let silent = |id| {
        format!(
            "<channel><end pd=\"client\" id=\"{id}\" notify=\"false\"/>\
             <end pd=\"server\" id=\"{id}\" notify=\"false\"/></channel>\n"
        )
    };
    // 0 and 2 are the server's own already, 3 is the client's.
    let some: String = [1].into_iter().chain(4..25).map(silent).collect();
    bench.edit("system.xml", "</system>", &format!("{some}</system>"));
    assert_eq!(bench.good().plan().services[0].supervisor_channel, Some(25));
    bench.edit(
        "system.xml",
        "</system>",
        &format!("{}{}</system>", silent(25), silent(3).replace("client\" id=\"3", "client\" id=\"0")),
    );
    bench.error(Code::NoFreeChannel, "system.xml:3:28", "`server` uses every channel id");
}

#[test]
fn what_no_grant_names_is_explained_by_what_to_write() {
    let say = |file: &str, from: &str, to: &str, text: &str| {
        let bench = Bench::pair();
        bench.edit(file, from, to);
        let shown = bench.errors(&[Code::ObjectNotAsked]);
        assert!(shown.contains(text), "no {text:?} in:\n{shown}");
    };
    let pd = "<protection_domain name=\"client\" priority=\"100\">\n";
    let with = |object: &str| format!("{pd}{object}\n");
    let map = "<map mr=\"more\" vaddr=\"0x5_000_000\" perms=\"r\"/>";
    let bench = Bench::pair();
    bench.edit("system.xml", "<system>", "<system><memory_region name=\"more\" size=\"0x1000\"/>");
    bench.edit("system.xml", pd, &with(map));
    assert!(bench.errors(&[Code::ObjectNotAsked]).contains("`memory: {NAME: more}`"));
    say("system.xml", pd, &with("<ioport id=\"7\" addr=\"0x300\" size=\"8\"/>"), "`ioport: {NAME: 7}`");
    say("system.xml", pd, &with("<irq id=\"7\" pin=\"9\" vector=\"9\"/>"), "`irq: {NAME: 7}`");
}

#[test]
fn a_manifest_that_cannot_be_read_is_the_only_thing_told_of_it() {
    let bench = Bench::pair();
    bench.edit("manifests/server.yaml", "layer: 4", "layer: [4");
    let text = bench.errors(&[Code::YamlSyntax]);
    assert!(text.contains("server.yaml:"), "{text}");
    for (from, to, help) in [
        ("version: 0.2.0", "\tversion: 0.2.0", "YAML takes no tabs"),
        ("version: 0.2.0", "version: >=0.2", "quote what has a meaning in YAML: \">=0.2\""),
        ("version: 0.2.0", "description: files: all of them", "\"files: all of them\""),
    ] {
        let bench = Bench::pair();
        bench.edit("manifests/server.yaml", from, to);
        let text = bench.errors(&[Code::YamlSyntax]);
        assert!(text.contains(help), "no {help:?} in:\n{text}");
    }
}

#[test]
fn a_renamed_manifest_is_one_error() {
    let bench = Bench::pair();
    let (from, to) =
        (bench.dir.path().join("manifests/client.yaml"), bench.dir.path().join("manifests/caller.yaml"));
    std::fs::rename(from, to).unwrap();
    bench.error(Code::WrongId, "caller.yaml:2:5", "call the file client.yaml, or write `id: caller`");
}
