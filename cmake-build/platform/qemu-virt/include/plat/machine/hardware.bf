-- SPDX-License-Identifier: GPL-2.0-only
-- The platform has no bit fields of its own; bitfield_gen.py wants a base nevertheless.
base 32
