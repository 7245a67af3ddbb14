// SPDX-License-Identifier: BSD-2-Clause
//! Pages of the codes about systems that run: 801 and up.

use super::page::{Page, words};
use crate::diagnostic::codes::Code;

pub const PAGES: &[Page] = &[
    words(
        Code::NoSystem,
        "A command that asks a running system looks for the control socket of `partenza run` or `partenza attach`: the one \
         that is named, else control.sock in the current directory, in build/*/ and in build/image/*/.",
        "partenza status, in a directory where nothing runs",
        "partenza run . in one terminal, partenza status in another; partenza status --line /dev/ttyUSB0 for a board",
    ),
    words(
        Code::SystemSilent,
        "Questions are asked three times, 1.5 seconds each; what must not be done twice is sent once and waited for as \
         long. A change that was not answered may have happened all the same: look before asking again.",
        "partenza restart network while the machine stands in a debugger",
        "partenza log -n 20, and then what it says",
    ),
    words(
        Code::SystemGone,
        "The line was closed while the command spoke with the system: the machine went off, QEMU ended, a cable was pulled.",
        "partenza log --follow, and QEMU is killed",
        "partenza shutdown, after which log --follow ends with 0",
    ),
    words(
        Code::LineUnusable,
        "A line is a serial device, a socket, or tcp:HOST:PORT, and one program at a time has it.",
        "partenza status --line /dev/ttyUSB0 while partenza attach /dev/ttyUSB0 runs",
        "partenza status, which goes through attach's control socket",
    ),
    words(
        Code::ControlTaken,
        "Whoever connects to the socket would not know which of two systems answers. A socket that a killed run left \
         behind is no obstacle: it is replaced.",
        "partenza run image.elf, twice at the same time",
        "the second with --control second.sock",
    ),
    words(
        Code::AnswerMalformed,
        "Command and system take turns at reading what the other wrote; between two releases a message can mean something \
         else, and nothing is guessed.",
        "the `partenza` of another release than the system's root task",
        "the same; partenza version shows which one packed the system",
    ),
    words(
        Code::LineBusy,
        "One request is on the line at a time, and whoever holds the line serves its clients in turn. A command waits a \
         minute for its turn and its answer; this says nothing about the system, which answers the others.",
        "a hundred scripts that each run partenza status without a pause",
        "one that does, or partenza log --follow, which asks once",
    ),
    words(
        Code::KernelHalted,
        "seL4 stops the processor for good when an assertion of its own fails, or when it meets an exception in its own code. \
         A debug kernel says why on the console; a release kernel says nothing. `partenza run` sees it by the processor, which \
         waits with interrupts off, and tells every command that waits. Nothing a service prints is taken for it.",
        "partenza run image.elf, whose console ends with KERNEL EXCEPTION and halting...",
        "partenza run image.elf; report the kernel's words where its source is from",
    ),
];
