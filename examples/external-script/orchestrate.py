#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A script in place of the orchestrator (SPEC S-8).

It starts QEMU with a system in which nothing starts by itself, and is the orchestrator over the second serial line: it
starts services in its own order, watches events, starts what crashes again after a pause of its own, stops everything in
reverse, and has the machine go off. Python's standard library only; docs/protocol.md describes all that is said here.

    orchestrate.py --kernel build/kernel/debug/bin/kernel32.elf --image build/partenza/image.elf

Exit code: 0 all went as it should, 1 it did not.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
import zlib

# What is started, and what must be ready before it: the script's policy.
ORDER = [("counter", []), ("caller", ["counter"]), ("beside", [])]
# What is told to crash once everything is up, to show what follows.
VICTIM = "counter"
PAUSE = 0.2

EVENT, ANSWER, REQUEST = 0, 1, 2
LABEL_BASE = 64
START, STOP, SHUTDOWN, CRASH = 32, 33, 37, 63
# Places of the events in `event::Event`, as far as they matter here.
STATE, REGISTERED, STARTING, READY, CRASHED, FAILED, STOPPED, FINISHED = 2, 3, 4, 7, 10, 11, 25, 33
SUPERVISOR_MODE = 4


class Trouble(Exception):
    """The system did not do what it was asked."""


def cobs_encode(data):
    out, block = bytearray(), bytearray()
    for byte in data:
        if byte == 0:
            out += bytes([len(block) + 1]) + block
            block = bytearray()
        else:
            block.append(byte)
            if len(block) == 254:
                out += b"\xff" + block
                block = bytearray()
    return bytes(out + bytes([len(block) + 1]) + block)


def cobs_decode(data):
    out, at = bytearray(), 0
    while at < len(data):
        code = data[at]
        if code == 0 or at + code > len(data):
            return None
        out += data[at + 1 : at + code]
        at += code
        if code < 255 and at < len(data):
            out.append(0)
    return bytes(out)


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def text(data, at):
    length, at = varint(data, at)
    return data[at : at + length].decode(), at + length


class Line:
    """The second serial line: frames out, frames in."""

    def __init__(self, stream):
        self.stream = stream
        self.pending = b""
        self.frames = []
        self.tag = 0

    def send(self, operation, name=None):
        self.tag = (self.tag + 1) % 256
        payload = b""
        if name is not None:
            payload = bytes([1, len(name)]) + name.encode()
        body = bytes([REQUEST, self.tag]) + (LABEL_BASE + operation).to_bytes(2, "little") + payload
        body += zlib.crc32(body).to_bytes(4, "little")
        self.stream.sendall(cobs_encode(body) + b"\0")
        return self.tag

    def receive(self, deadline):
        """The next sound frame, without its sum; None when the line is closed."""
        while not self.frames:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Trouble("nothing more was said in time")
            self.stream.settimeout(left)
            try:
                data = self.stream.recv(4096)
            except socket.timeout:
                continue
            except ConnectionError:
                return None
            if not data:
                return None
            *pieces, self.pending = (self.pending + data).split(b"\0")
            for piece in filter(None, pieces):
                frame = cobs_decode(piece)
                if frame and len(frame) > 4 and zlib.crc32(frame[:-4]).to_bytes(4, "little") == frame[-4:]:
                    self.frames.append(frame[:-4])
        return self.frames.pop(0)


class Orchestrator:
    """Knows what runs, and decides what happens next."""

    def __init__(self, line, deadline):
        self.line = line
        self.deadline = deadline
        self.names = {}
        self.state = {}
        self.lives = {}
        self.up = False
        self.finished = False
        self.answers = {}

    def step(self):
        frame = self.line.receive(self.deadline)
        if frame is None:
            raise Trouble("the line was closed")
        if frame[0] == ANSWER:
            self.answers[frame[1]] = int.from_bytes(frame[2:4], "little")
        elif frame[0] == EVENT:
            self.event(frame[1:])

    def event(self, record):
        _, at = varint(record, 0)
        _, at = varint(record, at)
        kind, at = varint(record, at)
        if kind == FINISHED:
            self.finished = True
        elif kind == STATE:
            state, _ = varint(record, at)
            self.up = self.up or state == SUPERVISOR_MODE
        elif kind == REGISTERED:
            number, at = varint(record, at)
            self.names[number], _ = text(record, at)
        elif kind in (STARTING, READY, CRASHED, FAILED, STOPPED):
            number, at = varint(record, at)
            name = self.names.get(number, "?")
            word = {STARTING: "starting", READY: "ready", CRASHED: "crashed", FAILED: "failed", STOPPED: "stopped"}[kind]
            if kind == STARTING:
                self.lives[name], _ = varint(record, at)
            # A service that crashed has failed, too, where nobody restarts it.
            if not (word == "failed" and self.state.get(name) == "crashed"):
                self.state[name] = word
            say(f"{name} {word}")

    def wait(self, what, there):
        while not there():
            try:
                self.step()
            except Trouble as trouble:
                raise Trouble(f"waiting for {what}: {trouble}") from None

    def ask(self, operation, name=None):
        tag = self.line.send(operation, name)
        self.wait(f"an answer to operation {operation}", lambda: tag in self.answers)
        label = self.answers.pop(tag)
        if label != 0:
            raise Trouble(f"operation {operation} of {name} was refused: PZ-E{label:04}")

    def is_ready(self, name):
        return self.state.get(name) == "ready"

    def start(self, name, needs):
        for need in needs:
            if not self.is_ready(need):
                raise Trouble(f"{name} needs {need}, which is not ready")
        # What became of an earlier life no longer counts.
        self.state[name] = "asked for"
        self.ask(START, name)
        self.wait(f"{name}, ready", lambda: self.state.get(name) in ("ready", "crashed", "failed"))
        if not self.is_ready(name):
            raise Trouble(f"{name} {self.state[name]}")

    def run(self):
        self.wait("the root task", lambda: self.up)
        if self.state:
            raise Trouble(f"something started by itself: {self.state}")
        for name, needs in ORDER:
            self.start(name, needs)
        say(f"all {len(ORDER)} are up; {VICTIM} is told to crash")
        self.ask(CRASH, VICTIM)
        self.wait(f"{VICTIM}, crashed", lambda: self.state.get(VICTIM) == "crashed")
        self.restart(VICTIM)
        for name, _ in reversed(ORDER):
            self.ask(STOP, name)
            self.wait(f"{name}, stopped", lambda name=name: self.state.get(name) == "stopped")
        # With nothing left to stop, the machine is off before it could answer.
        self.line.send(SHUTDOWN)
        self.wait("the end", lambda: self.finished)

    def restart(self, lost):
        """Whoever needs what was lost is stopped first and started last."""
        dependents = [(name, needs) for name, needs in ORDER if lost in needs]
        for name, _ in reversed(dependents):
            self.ask(STOP, name)
            self.wait(f"{name}, stopped", lambda name=name: self.state.get(name) == "stopped")
        say(f"{lost} is started again after a pause")
        time.sleep(PAUSE)
        for name, needs in [(lost, []), *dependents]:
            self.start(name, needs)
        if self.lives[lost] != 2:
            raise Trouble(f"{lost} has incarnation {self.lives[lost]}, not 2")


def say(line):
    print(line, flush=True)


def qemu(args, line):
    """The machine, with its second serial line at `line`."""
    return subprocess.Popen(
        [
            args.qemu, "-machine", "q35", "-accel", "tcg", "-cpu", "qemu64,+fsgsbase,+rdrand", "-m", "128",
            "-display", "none", "-monitor", "none", "-nodefaults", "-no-reboot",
            "-kernel", args.kernel, "-initrd", args.image,
            "-serial", "file:" + args.console,
            "-chardev", f"socket,id=line,fd={line.fileno()}", "-serial", "chardev:line",
            "-fw_cfg", "name=opt/partenza/timeouts,string=1000",
        ],
        stdin=subprocess.DEVNULL,
        pass_fds=[line.fileno()],
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", required=True, help="the kernel's boot image, PREFIX/bin/kernel32.elf")
    parser.add_argument("--image", required=True, help="what `partenza pack` made")
    parser.add_argument("--qemu", default="qemu-system-x86_64")
    parser.add_argument("--console", default=os.devnull, help="where the console's text goes")
    parser.add_argument("--timeout", type=float, default=60, help="seconds")
    args = parser.parse_args()
    ours, theirs = socket.socketpair()
    machine = qemu(args, theirs)
    theirs.close()
    try:
        Orchestrator(Line(ours), time.monotonic() + args.timeout).run()
        code = machine.wait(timeout=10)
        if code != 0:
            raise Trouble(f"QEMU ended with {code}")
    except (Trouble, subprocess.TimeoutExpired) as trouble:
        print(f"orchestrate: {trouble}", file=sys.stderr)
        return 1
    finally:
        if machine.poll() is None:
            machine.kill()
            machine.wait()
    say("the machine is off")
    return 0


if __name__ == "__main__":
    sys.exit(main())
