#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Guess: on QEMU's aarch64 machine `virt` the first `-device virtio-…-device` of the command line sits at the first virtio-mmio
#   transport, 0x0a000000, the next at 0x0a000200; and devices can be given to different drivers page by page.
# Seen: QEMU 7.2 (Debian 12) fills the 32 transports from the top: the first device is at 0x0a003e00, the second at 0x0a003c00.
#   A transport is 0x200 bytes long, so the first eight devices lie in one page, 0x0a003000.
# Matters: a system description that names 0x0a000000 finds an empty transport (device id 0). And whoever maps the page of one
#   of the first eight devices on seL4, where a page is the smallest region, holds the registers of all eight: a driver
#   for the network that reaches the disk. A device of its own page is had by leaving transports empty between
#   (`-device …,bus=virtio-mmio-bus.N`), or by PCI.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
qemu=$(command -v qemu-system-aarch64 || true)
if [ -z "$qemu" ]; then
  cd "$work"
  # What it needs and this machine lacks, into the temporary folder.
  packages=$(apt-get -s --no-install-recommends install qemu-system-arm | awk '/^Inst/ { print $2 }') &&
    apt-get download -q $packages >/dev/null || { echo "Debian's qemu-system-arm cannot be had: not tried" >&2; exit 2; }
  for package in ./*.deb; do dpkg -x "$package" root; done
  export LD_LIBRARY_PATH="$work/root/usr/lib/$(uname -m)-linux-gnu:$work/root/lib/$(uname -m)-linux-gnu"
  qemu=$work/root/usr/bin/qemu-system-aarch64
fi
version=$("$qemu" --version | sed -n '1s/.*version \([0-9]*\.[0-9]*\).*/\1/p')
printf 'info qtree\nquit\n' | timeout 120 "$qemu" -machine virt -cpu cortex-a53 -m 64 -nodefaults -display none -S \
  -monitor stdio -device virtio-rng-device,id=first -device virtio-net-device,id=second > "$work/tree"
{ echo "QEMU $version"
  tr -d '\r' < "$work/tree" | awk '/mmio 0000/ { at = $2; sub(/\/.*/, "", at) } /id "(first|second)"/ { print $NF, "at", at }'
} > "$work/out"
cat "$work/out"
diff - "$work/out" <<'SEEN' && echo "as described"
QEMU 7.2
"first" at 000000000a003e00
"second" at 000000000a003c00
SEEN
