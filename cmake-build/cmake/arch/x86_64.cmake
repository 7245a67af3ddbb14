# SPDX-License-Identifier: BSD-2-Clause
#
# seL4 5.0.0 for x86_64 PCs (pc99): what Sel4Config.cmake, Sel4Kernel.cmake and Sel4Headers.cmake ask an architecture.

include_guard()

set(SEL4_COMPILER_MACHINE "^x86_64")       # what the compiler says it compiles for (-dumpmachine)
set(SEL4_COMPILER_HINT x86_64-linux-gnu-gcc)
set(SEL4_XML_ARCH x86)                     # libsel4/arch_include/x86
set(SEL4_XML_SEL4_ARCH x86_64)             # libsel4/sel4_arch_include/x86_64
set(SEL4_STUB_OPTIONS -a x86_64 -w 64)     # of syscall_stub_gen.py
set(SEL4_LIBSEL4_C_FLAGS -m64)             # how a C program for this kernel is compiled
set(SEL4_KERNEL_FILES kernel.elf kernel32.elf)

set(SEL4_DEFINITIONS ARCH_X86 X86_64 __KERNEL_64__ KERNEL_64=y __X86_64__=y HAVE_AUTOCONF)
set(SEL4_C_FLAGS -m64 -O2 -nostdinc -ffreestanding -fno-pic -mcmodel=kernel
  -mno-mmx -mno-sse -mno-sse2 -mno-3dnow
  -fno-asynchronous-unwind-tables -fno-stack-protector -fcf-protection=none -w)
set(SEL4_ASM_FLAGS -m64 -nostdinc)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  list(APPEND SEL4_C_FLAGS -fno-integrated-as) # inline assembly writes the prefix rex.w as GNU as reads it
  list(APPEND SEL4_ASM_FLAGS -fno-integrated-as)
else()
  list(APPEND SEL4_C_FLAGS --param=min-pagesize=0 -fno-stack-clash-protection)
endif()
set(SEL4_LINK_FLAGS -m64 -nostdlib -static
  -Wl,-m,elf_x86_64 -Wl,-n -Wl,-z,noexecstack -Wl,--build-id=none)

set(SEL4_STRUCTURES_BF "${SEL4_SOURCE}/include/arch/x86/arch/object/structures.bf")
set(SEL4_HARDWARE_BF "${SEL4_SOURCE}/include/plat/pc99/plat/64/plat_mode/machine/hardware.bf")
set(SEL4_HARDWARE_OUTPUT plat/64/plat_mode/machine/hardware)
set(SEL4_LINKER_SCRIPT "${SEL4_SOURCE}/src/plat/pc99/linker.lds")
set(SEL4_PLAT_CONSTANTS "${SEL4_SOURCE}/libsel4/sel4_plat_include/pc99/sel4/plat/api/constants.h")
set(SEL4_PLATFORM_SOURCES "")
set(SEL4_ASM_SOURCES 64/head.S 64/machine_asm.S 64/traps.S multiboot.S)
list(TRANSFORM SEL4_ASM_SOURCES PREPEND "${SEL4_SOURCE}/src/arch/x86/")

# The architecture's part of the configuration.
macro(sel4_arch_config)
  _sel4_fact(ARCH x86)
  _sel4_fact(SEL4_ARCH x86_64)
  _sel4_fact(PLAT pc99)
  _sel4_flag(ARCH_X86 ON)
  _sel4_flag(ARCH_X86_64 ON)
  _sel4_flag(ARCH_X86_GENERIC ON)
  _sel4_flag(PLAT_PC99 ON)
  _sel4_value(WORD_SIZE 64)
  _sel4_value(CACHE_LN_SZ 64)
  _sel4_value(KERNEL_STACK_BITS 12)

  # Interrupts. Plain xAPIC: QEMU's emulated processor has no x2APIC.
  _sel4_flag(IRQ_IOAPIC ON)
  _sel4_flag(IRQ_PIC OFF)
  _sel4_value(MAX_NUM_IOAPIC 1)
  _sel4_flag(XAPIC ON)
  _sel4_flag(X2APIC OFF)

  # Processor features that every x86_64 machine has, and FSGSBASE (QEMU: -cpu qemu64,+fsgsbase).
  _sel4_flag(HAVE_FPU ON)
  _sel4_flag(FXSAVE ON)
  _sel4_flag(XSAVE OFF)
  _sel4_value(XSAVE_SIZE 512)
  _sel4_value(FPU_MAX_RESTORES_SINCE_SWITCH 64)
  _sel4_flag(SYSCALL ON)
  _sel4_flag(SYSENTER OFF)
  _sel4_flag(FSGSBASE_INST ON)
  _sel4_flag(FSGSBASE_MSR OFF)
  _sel4_flag(SUPPORT_PCID OFF)
  _sel4_flag(HUGE_PAGE OFF)
  _sel4_flag(IOMMU OFF)
  _sel4_flag(VTX OFF)
  _sel4_flag(MULTIBOOT_GRAPHICS_MODE_NONE ON)
endmacro()

# The C files of pc99/x86_64, relative to SEL4_SOURCE.
function(sel4_arch_c_sources result)
  file(GLOB_RECURSE files RELATIVE "${SEL4_SOURCE}" "${SEL4_SOURCE}/src/*.c")
  list(FILTER files EXCLUDE REGEX "^src/arch/arm/|^src/arch/x86/32/|^src/config/")
  list(FILTER files EXCLUDE REGEX "^src/plat/([^p]|p[^c])")
  set(${result} "${files}" PARENT_SCOPE)
endfunction()

# The headers that apply to pc99/x86_64, absolute.
function(sel4_arch_headers result)
  file(GLOB_RECURSE files "${SEL4_SOURCE}/include/*.h")
  list(FILTER files EXCLUDE REGEX "/include/arch/arm/|/include/plat/([^p]|p[^c])")
  set(${result} "${files}" PARENT_SCOPE)
endfunction()

# Include directories of a kernel whose generated headers are in WORK: generated before shipped ones.
function(sel4_arch_include_dirs work result)
  set(dirs "${work}" "${work}/64" "${work}/plat/64")
  foreach(dir IN ITEMS "" /64 /arch/x86 /arch/x86/arch/64 /plat/pc99 /plat/pc99/plat/64)
    list(APPEND dirs "${SEL4_SOURCE}/include${dir}")
  endforeach()
  set(${result} "${dirs}" PARENT_SCOPE)
endfunction()

# Writes the mode/kernel/stack.h that this kernel is built with, in place of the one in its source.
#
# From 5.0.0 to 7.0.0, restore_user_context finds the top of the kernel's stack by rounding the stack pointer up to
# the stack's size, when an interrupt is pending on the way out of the kernel. That is right only if the stack is
# aligned to its size. include/arch/x86/arch/64/mode/kernel/stack.h aligns it to 16, so the kernel goes on with a
# stack pointer inside whatever comes after the stack: the interrupt table, as this compiler lays it out.
# Upstream stopped rounding in commit 3998787749ad ("x86: Correctly reset kernel stack on nested interrupt",
# January 2018, first released in 8.0.0). The source stays as it is here: the alignment makes the rounding right.
function(sel4_arch_generate work)
  _sel4_write("${work}/64/mode/kernel/stack.h"
    "#pragma once\n\n#include <config.h>\n#include <util.h>\n\n#define KERNEL_STACK_ALIGNMENT BIT(CONFIG_KERNEL_STACK_BITS)\n")
  # A build from before this header was here has no dependency on it.
  set_property(SOURCE "${work}/kernel_all.c" APPEND PROPERTY OBJECT_DEPENDS "${work}/64/mode/kernel/stack.h")
endfunction()

# What follows the link of the target ELF in WORK.
function(sel4_arch_finish elf work)
  # Part of linking: a kernel that fails the check is not there afterwards.
  set_property(TARGET ${elf} APPEND PROPERTY LINK_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/cmake/CheckStack.cmake")
  add_custom_command(TARGET ${elf} POST_BUILD
    COMMAND "${CMAKE_COMMAND}" -D "NM=${CMAKE_NM}" -D "KERNEL=$<TARGET_FILE:${elf}>"
      -P "${CMAKE_CURRENT_SOURCE_DIR}/cmake/CheckStack.cmake" VERBATIM)
  # QEMU's multiboot loader takes 32-bit ELF only; the code inside stays what it is.
  add_custom_command(OUTPUT "${work}/kernel32.elf"
    COMMAND "${CMAKE_OBJCOPY}" -O elf32-i386 "${work}/kernel.elf" "${work}/kernel32.elf"
    DEPENDS ${elf} COMMENT "seL4 ${elf}: kernel32.elf" VERBATIM)
endfunction()
