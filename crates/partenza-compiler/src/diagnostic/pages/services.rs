// SPDX-License-Identifier: BSD-2-Clause
//! PZ-04xx: services, who requires whom, their order.

use super::page::{CONFIG, EXTENSIONS, MANIFEST, Page, SYSTEM, piece, words};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    piece(
        Code::NoManifest,
        "Without a manifest nobody knows what the service needs or when it works: system.xml alone grants, it boots in the \
         last layer, counts as ready when it is started, and is never restarted.",
        SYSTEM,
        "<protection_domain name=\"plain\" priority=\"9\"><program_image path=\"client.elf\"/></protection_domain>",
        "",
    ),
    words(
        Code::UnusedManifest,
        "Its service does not run. Either the protection domain is missing, or the name of one of them is misspelt.",
        "manifests/terminol.yaml, and a protection domain `terminal`",
        "manifests/terminal.yaml, and a protection domain `terminal`",
    ),
    piece(
        Code::UnknownService,
        "What is said of a service that does not exist holds for nobody, and the service that was meant goes without it.",
        CONFIG,
        "console: {uart: com1, handover: cleint}",
        "console: {uart: com1, handover: client}",
    ),
    piece(
        Code::NoProvider,
        "A service starts only when everything that it requires runs: this one never would.",
        MANIFEST,
        "interface: storage/flies",
        "interface: storage/files",
    ),
    piece(
        Code::WrongVersion,
        "The interface is there, and its version promises something else than this service was written for.",
        MANIFEST,
        "version: \">=3.0\"",
        "version: \">=1.0, <2\"",
    ),
    piece(
        Code::DependencyCycle,
        "Each would wait for the other to run first. The circle is told before boot, not found as a timeout in it.",
        "manifests/server.yaml",
        "layer: 7\nrequires: [{module: client}]",
        "layer: 7",
    ),
    piece(
        Code::HigherLayer,
        "Layers boot in ascending order, so what is in a higher one does not run yet (SPEC C-3).",
        MANIFEST,
        "layer: 5",
        "layer: 7",
    ),
    piece(
        Code::WrongId,
        "A manifest is found by its file's name, and named by its id: if they differ, one of the two is somebody else's.",
        MANIFEST,
        "id: cleint",
        "id: client",
    ),
    piece(
        Code::ManifestMissing,
        "Grants answer what a manifest asks for. Without the manifest nobody asked.",
        CONFIG,
        "    manifest: cleint",
        "    manifest: client",
    ),
    piece(
        Code::BadLayer,
        "Layer 0 is the kernel, layer 1 is Init; services begin with layer 2.",
        MANIFEST,
        "layer: 1",
        "layer: 7",
    ),
    piece(
        Code::BudgetTooSmall,
        "At worst each service of the longest chain takes its whole `startup_timeout`. If that is more than the layer may \
         take, the layer is over its budget while no service is late: one of the two numbers is not meant.",
        CONFIG,
        "boot: {layers: {7: 300ms}}",
        "boot: {layers: {7: 2s}}",
    ),
    piece(
        Code::EntrypointDiffers,
        "The author wrote the manifest for one program, and the integrator runs another.",
        MANIFEST,
        "entrypoint: server.elf",
        "entrypoint: client.elf",
    ),
    piece(
        Code::BadFallback,
        "A fallback is started in the place of a service that failed too often (SPEC L-8). It must be another service, one \
         that does not run already, and a chain of them must end.",
        MANIFEST,
        "fallback: client",
        "",
    ),
    piece(
        Code::BadSidecar,
        "A sidecar starts before its service, stops after it and shares its fate (SPEC S-3): it can belong to one service \
         only, and not to itself.",
        MANIFEST,
        "sidecars: [client]",
        "",
    ),
    piece(
        Code::UnknownExtension,
        "The registry says which extensions the system has. One that is not in it, and not core, is not there.",
        MANIFEST,
        "extension: tracign",
        "extension: tracing",
    ),
    piece(
        Code::WrongExtension,
        "The extension is there, and its version promises something else than this service was written for.",
        MANIFEST,
        "extension: tracing, version: \">=2\"",
        "extension: tracing, version: \">=1\"",
    ),
    piece(
        Code::Incompatible,
        "The registry's matrix says which versions of extensions work together. Two that are both used and do not would \
         fail at run time, in each other's services.",
        EXTENSIONS,
        "    works-with: {lifecycle: \">=2\"}",
        "    works-with: {lifecycle: \">=1, <2\"}",
    ),
    piece(
        Code::RequiresItself,
        "It would wait for itself. The requirement is ignored, so nothing breaks; most likely another service was meant.",
        MANIFEST,
        "  - interface: storage/files\n    version: \">=1.0, <2\"\n  - module: client",
        "  - interface: storage/files\n    version: \">=1.0, <2\"",
    ),
    piece(
        Code::NotStarted,
        "A boot starts its `eager` services and no others, so one that requires a `deferred` or `on-demand` service would \
         fail in every boot (SPEC C-4, C-6).",
        CONFIG,
        "  server:\n    start: on-demand",
        "  server:",
    ),
    piece(
        Code::RecoveryGap,
        "A recovery boot is the last one that is tried. It starts the services of `recovery.services` and no others, so \
         what these require must be among them, or be softened (SPEC Q-2).",
        CONFIG,
        "boot: {max_attempts: 3}\nrecovery: {services: [client]}",
        "boot: {max_attempts: 3}\nrecovery: {services: [client], soften: [client->server]}",
    ),
    piece(
        Code::BadPanic,
        "When a failure has brought the system down, this service is started last, to show why, and told to stop when it is \
         ready. Nobody else runs by then.",
        CONFIG,
        "recovery: {panic: server}",
        "",
    ),
    words(
        Code::ProviderTwice,
        "Services that are listed together share one endpoint, of which one at a time serves it (SPEC S-2). A service has one \
         endpoint, so it can share it with one group only.",
        "providers: {storage/files: [filesystem, ramfs], storage/blocks: [disk, ramfs]}",
        "providers: {storage/files: [filesystem, ramfs]}",
    ),
    words(
        Code::ProviderUnreached,
        "When a provider takes another's place it hears the other's clients. system.xml is the only source of authority, so it \
         must allow each of them to call either; and a provider knows its clients by the ids of its own ends, so these must be \
         the same (SPEC S-2, A-2).",
        "one channel, from `client` to `filesystem`, and providers: {storage/files: [filesystem, ramfs]}",
        "a second channel, from `client` to `ramfs`, with the same id at the server's end",
    ),
    piece(
        Code::BadDelivery,
        "With `binary: delivered` a program is not in the image but handed over after the boot (SPEC D-6). Until then the \
         service cannot be started, so the boot cannot start it, and it cannot stand in for another.",
        CONFIG,
        "  client:\n    binary: delivered",
        "  client:",
    ),
    words(
        Code::BadParent,
        "A parent gets the faults of its children first (SPEC J-3), so it is there when they start, and what they report \
         comes to nobody else. While it does not run, faults of its children go to the Supervisor.",
        "`<protection_domain name=\"driver\" id=\"0\" …>` inside `warden`; layer 4 for `driver`, layer 5 for `warden`",
        "layer 4 for both, or a lower one for `warden`",
    ),
];
