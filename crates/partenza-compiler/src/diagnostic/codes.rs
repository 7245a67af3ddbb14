// SPDX-License-Identifier: BSD-2-Clause
//! Everything that the host can find wrong, with a number that stays (SPEC H, P-1).
//!
//! `PZ-0101`: four digits without a letter, so that they never meet the target's `PZ-E0101`. Codes are never reused or
//! renumbered; a number that is missing was one. The hundreds say where to look: 0 files, 1 fields of YAML, 2 what the Microkit would refuse in
//! system.xml, 3 what the chosen kernel or board cannot do, 4 services and their order, 5 authority, 6 ELF files,
//! 7 images, 8 systems that run.

use std::fmt;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub code: Code,
    pub number: u16,
    /// `UnknownField`
    pub name: &'static str,
    /// What it means, in one line.
    pub title: &'static str,
    /// How to mend it, where the finding itself has nothing better to say.
    pub hint: &'static str,
}

macro_rules! codes {
    ($($name:ident = $number:literal: $title:literal, $hint:literal;)*) => {
        /// A row's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Code { $(#[doc = $title] $name = $number,)* }

        /// All rows, by code.
        pub const TABLE: &[Row] = &[
            $(Row { code: Code::$name, number: $number, name: stringify!($name), title: $title, hint: $hint },)*
        ];
    };
}

codes! {
    FileUnreadable = 1: "a file cannot be read", "check the path and its permissions";
    NotText = 2: "a file is not UTF-8 text", "save it as UTF-8";
    XmlSyntax = 3: "not well-formed XML", "mend the markup at that place";
    YamlSyntax = 4: "not well-formed YAML", "mend the syntax at that place; indentation is by spaces";
    YamlFeature = 5: "a YAML feature that these files do not use", "write the value out: no anchors, aliases, tags or several documents";

    UnknownField = 101: "a field that does not exist", "remove it, or correct its spelling";
    MissingField = 102: "a field that must be there is missing", "add it";
    WrongType = 103: "a value of the wrong type", "docs/fields.md says what each field takes";
    BadValue = 104: "a value that the field does not know", "use one of the values listed";
    BadNumber = 105: "a number out of its range", "docs/fields.md says what each field takes";
    BadDuration = 106: "not a duration", "write a number with its unit: 500us, 500ms, 5s, 2m, 1h";
    BadSize = 107: "not a size", "write a number of bytes, or one with its unit: 64KiB, 2MiB, 1GiB";
    BadVersion = 108: "not a version", "write three numbers, as in 0.1.0";
    BadRequirement = 109: "not a version requirement", "write a range, as in \">=1.0, <2\"";
    DuplicateField = 110: "a field stands twice", "keep one of them";
    UnknownSpec = 111: "a specification version that this release does not know", "write `partenza: \"1.0\"`";
    NoEffect = 112: "accepted, but without effect in this release", "nothing to mend; see CHANGELOG.md";
    OldName = 113: "a name of Partenza's chapters for a field", "nothing breaks; write the field by its own name";
    Disagree = 114: "two fields that do not go together", "change one of them";

    UnknownElement = 201: "an element that does not exist, or not here", "remove it, or correct its spelling";
    UnknownAttribute = 202: "an attribute that the element does not have", "remove it, or correct its spelling";
    MissingAttribute = 203: "an attribute that must be there is missing", "add it";
    StrayText = 204: "text inside an element", "system.xml holds elements and attributes only";
    BadAttribute = 205: "an attribute's value is not what it must be", "docs/elements.md says what each attribute takes";
    MissingElement = 207: "an element that must be there is missing", "add it";
    DuplicateName = 208: "two things of one name", "rename one of them";
    UnknownReference = 209: "a name that nothing has", "correct the name, or define what it names";
    DuplicateId = 210: "one id is used twice in a protection domain", "channels and interrupts of a PD share one space of ids: choose another";
    ChannelEnds = 211: "a channel does not have two proper ends", "a channel has exactly two `<end>` elements, at most one with pp=\"true\"";
    Unaligned = 212: "not a multiple of the page size", "round it to the page size";
    OverlappingMaps = 213: "two mappings of a protection domain overlap", "move one of them";
    OverlappingRegions = 214: "two memory regions overlap in physical memory", "move one of them, or map one region twice";
    PriorityInversion = 215: "a caller's priority is not below its server's", "give the server a higher priority than every PD that calls it";
    SharedIrq = 216: "one interrupt has two holders", "an interrupt goes to one protection domain (SPEC F-4)";
    SharedPorts = 217: "I/O port ranges overlap", "a port goes to one protection domain (SPEC F-4)";
    UnusedRegion = 218: "a memory region that nobody maps", "map it, or remove it";
    DuplicateElement = 219: "an element that may stand once stands twice", "keep one of them";
    NotOnBoard = 220: "something that this board or configuration of the Microkit does not have", "leave it out, or judge for another board: `--board`";
    MapOutside = 221: "a mapping outside the address space", "move it down: stack and IPC buffer are at the top of a protection domain's address space";
    PrefillFile = 222: "a prefill file that is missing, empty or too large", "name a file that is there with --search-path, and give the region its size";
    TooManyDomains = 223: "more domains or schedule entries than the Microkit's kernels have", "there are 16 domains and fewer than 100 entries";
    BusyMonitor = 224: "on x86, a protection domain with a virtual machine can have neither callers nor children", "put them into a protection domain without a virtual machine";

    ChannelTooHigh = 301: "a channel id that this kernel has no badge bit for", "use ids 0 to 25 on this kernel";
    AddressTooHigh = 302: "an address above 4 GiB", "this kernel reports fault addresses in 32 bits: keep services below 4 GiB";
    ReservedHardware = 303: "hardware that is Init's own", "choose other hardware, or give Init another console, event line, timer or power switch (`console`, `reserved` in partenza.yaml)";
    KernelIgnores = 304: "this kernel has no such thing", "nothing to mend: the attribute has no effect on this kernel";
    KernelCannot = 305: "this kernel or board cannot do that", "choose another kernel (`--kernel`), or leave it out";
    TooManySlots = 306: "the kernel's root CNode cannot hold the system", "build the kernel with a larger ROOT_CNODE_SIZE_BITS";
    TooMuchMemory = 307: "the machine's memory cannot hold the system", "give the machine more memory: `--memory`";
    TooManyServices = 308: "more protection domains than are supported", "the limit is 512";
    NoRoom = 309: "no room in an address space", "move or shrink the mappings of that protection domain";
    BeyondMicrokit = 310: "more than the Microkit itself takes", "nothing to mend: this tool takes up to 512 protection domains";
    NotYet = 311: "the Microkit can do that, this release cannot yet", "leave it out; see CHANGELOG.md for what is supported";
    NotGrantable = 313: "a physical address that the kernel hands out to nobody", "use the device's address, from its manual or the machine's description";
    NameTooLong = 314: "a name that is longer than messages carry", "shorten it to 64 bytes";

    NoManifest = 401: "a protection domain without a manifest", "write manifests/NAME.yaml: without it there is no readiness, no order and no restart";
    UnusedManifest = 402: "a manifest that no protection domain runs", "add a protection domain, or remove the file";
    UnknownService = 403: "no protection domain of that name", "names here are those of `<protection_domain name=…>`";
    NoProvider = 404: "nothing provides what is required", "add a service that provides it, or mark the requirement `optional: true`";
    WrongVersion = 405: "what is required is there, in another version", "change the requirement, or the provider's version";
    DependencyCycle = 406: "services require each other in a circle", "make one of the requirements optional, or split a service";
    HigherLayer = 407: "a service requires one of a higher layer", "a service depends only on its own or lower layers (SPEC C-3)";
    WrongId = 408: "a manifest's id is not its file's name", "rename one of them";
    ManifestMissing = 409: "the manifest that partenza.yaml names is not there", "write it, or correct the name";
    BadLayer = 410: "a layer that services cannot be in", "layers 0 and 1 are the kernel's and Init's: use 2 to 255";
    BudgetTooSmall = 411: "a layer's services may take longer than the layer", "shorten `health.startup_timeout`, or raise the layer's budget (`boot: layers`)";
    EntrypointDiffers = 412: "a protection domain runs another ELF file than its manifest says", "name one file in both: `program_image` of system.xml, `entrypoint` of the manifest";
    BadFallback = 413: "a fallback that cannot stand in", "name another service that starts on demand";
    BadSidecar = 414: "a sidecar that cannot accompany its service", "name a service of its own";
    UnknownExtension = 415: "an extension that nobody registered", "register it in extensions.yaml, or correct the name";
    WrongExtension = 416: "an extension of another version", "change the range, or the registered version";
    Incompatible = 417: "two extensions that do not work together", "leave one of them out, or take versions that work together";
    RequiresItself = 418: "a service requires itself", "remove the requirement";
    NotStarted = 419: "a service of the boot requires one that the boot does not start", "start both `eager`, or neither";
    RecoveryGap = 420: "a recovery boot that does not hold together", "name what it starts and what that requires in `recovery.services`, or soften the requirement";
    BadPanic = 421: "a service that cannot show why the system went down", "name one that starts `on-demand`, tells when it is ready and requires nobody";
    ProviderTwice = 422: "a service is listed as a provider of two interfaces", "`providers` gives each service one endpoint to share: list it once";
    ProviderUnreached = 423: "a client may call one provider of an interface and not another", "give it a channel to each service of the list, with the same id at the servers' ends";
    BadDelivery = 424: "a service that others count on before its program is there", "pack its program into the image, or have it start `on-demand`";
    BadParent = 425: "a parent that cannot get the faults of its children", "start it no later than its children, and let no other provider take its place";

    RequiredNotGranted = 501: "a required capability has no grant", "grant it in partenza.yaml, `services: NAME: grants`";
    ObjectNotAsked = 502: "system.xml gives what no manifest asked for", "remove it from system.xml, or ask for it in the manifest and name it in a grant";
    GrantNotAsked = 503: "a grant that the manifest does not ask for", "remove it, or ask for it in the manifest";
    NoSuchObject = 504: "a grant names an object that the PD does not have", "system.xml is the only source of authority: add the object there";
    RightsDiffer = 505: "rights asked and rights given differ", "give what is asked; less is possible for optional capabilities only";
    WrongParts = 506: "a grant is not made of what its kind needs", "docs/fields.md has a table of the kinds of capabilities";
    GrantedTwice = 507: "one object is named by two grants", "each object serves one purpose";
    WrongPeer = 508: "a channel does not lead to what it is granted for", "name the channel to the provider, and the interface in the provider's `provides`";
    OptionalAbsent = 509: "an optional capability is not granted", "nothing to mend: the service is told";
    UnknownOperation = 510: "no such operation of the supervisor", "see `partenza explain PZ-0510`";
    UnknownKind = 511: "no such kind of capability", "docs/fields.md has a table of the kinds of capabilities";
    NoFreeChannel = 512: "no channel id is left for the supervisor channel", "free one of the ids";
    CallWithoutRequire = 513: "a required call to something that is not required", "add it to `requires`: without it the server may not run yet";
    AboveBound = 514: "system.xml gives more than the manifest allows", "`resources` of the manifest are upper bounds";
    NeedsSupervisor = 515: "the service speaks with the Supervisor but has no channel to it", "write `supervisor_channel: auto`";
    PolicyViolated = 516: "the system allows what its policy forbids", "take away one step of the way shown, or change the rule";
    UnknownTarget = 517: "a rule names something that the system does not have", "name a service, a memory region or a device";
    SharedDevice = 518: "a device's memory has two holders", "a device goes to one protection domain (SPEC F-4): reach it through that one";

    ElfMissing = 601: "the ELF file is not there", "build it, or name its directory with --search-path or PARTENZA_SEARCH_PATH";
    NotElf = 602: "not an ELF file", "`program_image` names the service's executable";
    Elf32 = 603: "a 32-bit ELF file", "build it for the kernel's 64-bit target";
    ElfMachine = 604: "an ELF file for another processor", "build it for the kernel's architecture";
    ElfDynamic = 605: "a dynamic or position-independent executable", "link it statically at a fixed address (-static, -no-pie)";
    ElfTruncated = 606: "the ELF file ends before its contents do", "build or copy it again";
    ElfOverlap = 607: "segments overlap", "mend the linker script";
    ElfSharedPage = 608: "two segments share a page", "align segments to pages in the linker script";
    ElfWritableCode = 609: "a segment is both writable and executable", "separate code and data in the linker script (SPEC D-5)";
    ElfEntry = 610: "the entry point is not in an executable segment", "set ENTRY in the linker script";
    ElfForeign = 611: "an ELF file for another kernel", "build it with SEL4_PREFIX set to the kernel that boots";
    ElfMicrokit = 612: "an ELF file of the unmodified Microkit, with system calls of an MCS kernel", "build it against this kernel, or choose an MCS kernel (`--kernel`)";
    ElfTooHigh = 613: "a segment above 4 GiB", "link it at 0x200000: this kernel reports fault addresses in 32 bits";
    NoSymbol = 614: "a symbol that the ELF file does not have", "correct the name, or keep the symbol (#[used], KEEP)";
    SymbolReadOnly = 615: "a symbol to be written lies in a read-only segment", "put it into .data";
    SymbolSize = 616: "a symbol is not of the size that is written to it", "setvar symbols are 8 bytes";
    NoSegments = 617: "the ELF file has nothing to load", "link it as an executable";
    ElfPageZero = 618: "a segment covers page 0", "link it at 0x200000: page 0 stays unmapped so that null pointers fault";

    BadKernel = 701: "not a kernel that is supported", "name an installed kernel's prefix with --kernel or SEL4_PREFIX; else it is build/kernel/debug below this directory, where `make kernels` puts one";
    BadRootTask = 702: "not a root task that an archive can be injected into", "name the prebuilt root task with --root-task or PARTENZA_ROOT_TASK; else it is looked for on the search path (--search-path, PARTENZA_SEARCH_PATH, build/sel4 below this directory)";
    StartupFull = 703: "arguments, environment and channel names do not fit the startup page", "shorten them: together they have 4 KiB";
    TooManyItems = 704: "more items than a message or a mask can hold", "leave some out";
    KernelStack = 705: "a kernel that resets its stack into other data", "link kernel_stack_alloc at a multiple of 4096, as cmake-build/ does, or use seL4 8.0.0 or later";
    NotImage = 706: "not an image that `partenza pack` made", "pack the system: `partenza pack DIR -o image.elf`; `partenza run DIR` does both";
    ImageForeign = 707: "an image for another kernel", "name the kernel that it was packed for (`--kernel`), or pack it again for this one";

    NoSystem = 801: "no system is running here", "start one with `partenza run`, or say where it is with --control or --line";
    SystemSilent = 802: "the system does not answer", "it may still boot, hang, or have no event line (`reserved: {events: com2}` in partenza.yaml); try again";
    SystemGone = 803: "the system ended, or its line was closed", "nothing to mend if it was shut down";
    LineUnusable = 804: "a line or socket cannot be opened", "check the path and its permissions, and that nobody else has it";
    ControlTaken = 805: "another system runs with this control socket", "name another one with --control";
    AnswerMalformed = 806: "the system's answer cannot be read", "use the `partenza` of the release that packed the system";
    LineBusy = 807: "the line is busy with what others ask", "try again, or end some of the commands that ask through the same control socket";
    KernelHalted = 808: "the kernel has halted", "reboot: nothing runs any more; its words on the console say what it met";
}

impl Code {
    /// The row of this code.
    #[must_use]
    pub fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.code == self).unwrap_or(&TABLE[0])
    }

    /// It is about what stands in one file, not about what files say together.
    #[must_use]
    pub fn is_of_a_file(self) -> bool {
        (self as u16) < 200 || matches!(self, Code::XmlSyntax | Code::UnknownElement | Code::UnknownAttribute)
    }

    /// `PZ-0101` or `0101` to a row.
    #[must_use]
    pub fn parse(text: &str) -> Option<&'static Row> {
        let digits = text.strip_prefix("PZ-").unwrap_or(text);
        let number = digits.parse::<u16>().ok()?;
        TABLE.iter().find(|row| row.number == number)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PZ-{:04}", *self as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_how_to_mend_it_and_is_found_by_its_code() {
        for row in TABLE {
            assert!(!row.title.is_empty() && !row.hint.is_empty(), "{}", row.name);
            assert_eq!(Code::parse(&row.code.to_string()).map(|r| r.code), Some(row.code));
            assert_eq!(row.code.row().name, row.name);
        }
        assert!(Code::parse("PZ-9999").is_none());
        assert!(Code::parse("PZ-E0101").is_none());
    }
}
