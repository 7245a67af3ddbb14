#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Guess: SystemDescription.render() adds the protection domains and regions that channels and maps name, or raises.
# Seen: sdfgen 0.35.1 (PyPI) writes the channel and the map, and no element for a protection domain that was not given to
#   add_pd or a region that was not given to add_mr. Nothing is raised.
# Matters: a forgotten add_pd shows in the Microkit's tool ("invalid PD name") at a line of a generated file, or not at all
#   where the forgotten domain was named by nobody else: then the system boots without it.
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
client = Sdf.ProtectionDomain("client", "client.elf")
server = Sdf.ProtectionDomain("server", "server.elf")
shared = Sdf.MemoryRegion(sdf, "shared", 0x1000)
client.add_map(Sdf.Map(shared, client.get_map_vaddr(shared), "rw"))
sdf.add_pd(client)
sdf.add_channel(Sdf.Channel(client, server))
# Neither sdf.add_pd(server) nor sdf.add_mr(shared).
for line in sdf.render().splitlines()[1:]:
    print(line.strip())
PYTHON
cat "$work/out"
diff - "$work/out" <<'SEEN' && echo "as described"
sdfgen 0.35.1
<system>
<protection_domain name="client">
<program_image path="client.elf" />
<map mr="shared" vaddr="0x20000000" perms="rw" cached="true" />
</protection_domain>
<channel>
<end pd="client" id="0" />
<end pd="server" id="0" />
</channel>
</system>
SEEN
