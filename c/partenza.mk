# SPDX-License-Identifier: BSD-2-Clause
# How a service in C is compiled and linked; `include` it, with these set:
#   PARTENZA     the project's directory
#   SEL4_PREFIX  the kernel that it will run on
#   OUT          where its files go
# A program NAME.elf of the sources A.c and B.c is then
#   $(OUT)/NAME.elf: $(call partenza_objects,A B)
# Static, without a C library, in two segments: code, which cannot be written, and data, which cannot be run. The kernel's
# headers want gnu11 and -fcommon.

CC = gcc
PARTENZA_CFLAGS = -std=gnu11 -Os -Wall -Wextra -Wno-unused-parameter -Werror -ffreestanding -fno-pic -mno-red-zone -mgeneral-regs-only -fcommon \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns \
	-ffunction-sections -fdata-sections -ffile-prefix-map=$(abspath $(PARTENZA))/= \
	-I $(PARTENZA)/c/include -isystem $(SEL4_PREFIX)/libsel4/include
PARTENZA_LDFLAGS = -static -no-pie -nostdlib -nostartfiles -T $(PARTENZA)/support/sel4.ld \
	-Wl,--gc-sections,--strip-debug,--build-id=none,-z,max-page-size=4096,-z,noexecstack

partenza_objects = $(foreach name,microkit memory $(1),$(OUT)/c/$(name).o)

vpath %.c $(PARTENZA)/c/src

$(OUT)/c/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(PARTENZA_CFLAGS) $(CFLAGS) -MMD -c -o $@ $<

$(OUT)/%.elf:
	$(CC) $(PARTENZA_LDFLAGS) -o $@ $^

-include $(wildcard $(OUT)/c/*.d)
