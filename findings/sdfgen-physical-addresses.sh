#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Guess: MemoryRegion(physical=True) is placed where no other region of the system is, and aligned as its mapping is.
# Seen: sdfgen 0.35.1 (PyPI) counts down from the top of physical memory that it was told. Regions with an address of
#   their own (`paddr=`) are not looked at: both get the same phys_addr, also when the one with the address came first.
#   A region of 2 MiB gets a virtual address that is a multiple of 2 MiB, and a physical one that is a multiple of 4 KiB only.
# Matters: the Microkit refuses the first ("overlap"), which shows in its tool and not in sdfgen. The second is accepted, and
#   the region cannot have large pages: it costs 512 page mappings in place of one.
set -euo pipefail
command -v python3 >/dev/null || { echo "no python3: not tried" >&2; exit 2; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet --disable-pip-version-check sdfgen==0.35.1 ||
  { echo "sdfgen 0.35.1 cannot be installed: not tried" >&2; exit 2; }
"$work/venv/bin/python" - <<'PYTHON' > "$work/out"
from importlib.metadata import version
from sdfgen import SystemDescription as Sdf

print("sdfgen", version("sdfgen"))
sdf = Sdf(Sdf.Arch.AARCH64, 0x8000_0000)
regions = [
    Sdf.MemoryRegion(sdf, "placed", 0x1000, paddr=0x7fff_f000),
    Sdf.MemoryRegion(sdf, "small", 0x1000, physical=True),
    Sdf.MemoryRegion(sdf, "large", 0x20_0000, physical=True),
]
domain = Sdf.ProtectionDomain("domain", "domain.elf")
for region in regions:
    sdf.add_mr(region)
    domain.add_map(Sdf.Map(region, domain.get_map_vaddr(region), "rw"))
sdf.add_pd(domain)
for line in sdf.render().splitlines():
    if "<memory_region" in line or "<map" in line:
        print(line.strip())
PYTHON
cat "$work/out"
diff - "$work/out" <<'SEEN' && echo "as described"
sdfgen 0.35.1
<memory_region name="placed" size="0x1000" phys_addr="0x7ffff000" />
<memory_region name="small" size="0x1000" phys_addr="0x7ffff000" />
<memory_region name="large" size="0x200000" phys_addr="0x7fdff000" />
<map mr="placed" vaddr="0x20000000" perms="rw" cached="true" />
<map mr="small" vaddr="0x20001000" perms="rw" cached="true" />
<map mr="large" vaddr="0x20200000" perms="rw" cached="true" />
SEEN
