# SPDX-License-Identifier: BSD-2-Clause
#
# seL4 5.0.0 for AArch64, on a platform whose files are in platform/PLATFORM: what Sel4Config.cmake, Sel4Kernel.cmake
# and Sel4Headers.cmake ask an architecture.

include_guard()

set(SEL4_PLATFORM_DIR "${CMAKE_CURRENT_SOURCE_DIR}/platform/qemu-virt")

set(SEL4_COMPILER_MACHINE "^aarch64")      # what the compiler says it compiles for (-dumpmachine)
set(SEL4_COMPILER_HINT aarch64-linux-gnu-gcc)
set(SEL4_XML_ARCH arm)                     # libsel4/arch_include/arm
set(SEL4_XML_SEL4_ARCH aarch64)            # libsel4/sel4_arch_include/aarch64
set(SEL4_STUB_OPTIONS --buffer -a aarch64 --word-size 64) # of syscall_stub_gen.py
set(SEL4_LIBSEL4_C_FLAGS -mgeneral-regs-only) # how a C program for this kernel is compiled
set(SEL4_KERNEL_FILES kernel.elf)

# ARM_CORTEX_A53 says that cache lines have 64 bytes (mode/machine/hardware.h) and nothing else; one of the processors
# that 5.0.0 knows must be named, whatever the machine has.
set(SEL4_DEFINITIONS ARCH_ARM AARCH64 __KERNEL_64__ ARMV8_A ARM_CORTEX_A53 HAVE_AUTOCONF)
# The kernel has no floating point state of its own, and no library with the helpers for atomics.
set(SEL4_C_FLAGS -O2 -nostdlib -nostdinc -ffreestanding -fno-pic -fno-pie -mgeneral-regs-only -mno-outline-atomics
  -fno-asynchronous-unwind-tables -fno-stack-protector -mbranch-protection=none -w)
if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
  list(APPEND SEL4_C_FLAGS -fno-stack-clash-protection)
endif()
set(SEL4_ASM_FLAGS -nostdinc)
set(SEL4_LINK_FLAGS -nostdlib -static -no-pie -Wl,-n -Wl,-z,noexecstack -Wl,--build-id=none)

set(SEL4_STRUCTURES_BF "${SEL4_SOURCE}/include/arch/arm/arch/object/structures.bf")
set(SEL4_HARDWARE_BF "${SEL4_PLATFORM_DIR}/include/plat/machine/hardware.bf")
set(SEL4_HARDWARE_OUTPUT plat/machine/hardware)
set(SEL4_LINKER_SCRIPT "${SEL4_PLATFORM_DIR}/src/linker.lds")
set(SEL4_PLAT_CONSTANTS "${SEL4_PLATFORM_DIR}/include/plat/api/constants.h")
file(GLOB SEL4_PLATFORM_SOURCES CONFIGURE_DEPENDS "${SEL4_PLATFORM_DIR}/src/*.c")
set(SEL4_ASM_SOURCES 64/head.S 64/traps.S armv/armv8-a/64/machine_asm.S)
list(TRANSFORM SEL4_ASM_SOURCES PREPEND "${SEL4_SOURCE}/src/arch/arm/")

# The architecture's part of the configuration.
macro(sel4_arch_config)
  _sel4_fact(ARCH arm)
  _sel4_fact(SEL4_ARCH aarch64)
  _sel4_fact(PLAT qemu-arm-virt)
  _sel4_flag(ARCH_ARM ON)
  _sel4_flag(ARCH_AARCH64 ON)
  _sel4_flag(ARCH_ARM_V8A ON)
  _sel4_flag(ARM_CORTEX_A53 ON)
  _sel4_flag(PLAT_QEMU_ARM_VIRT ON)
  _sel4_value(WORD_SIZE 64)
  _sel4_value(KERNEL_STACK_BITS 12)

  # tpidr_el0 holds the address of the IPC buffer; 5.0.0 has no other way.
  _sel4_flag(IPC_BUF_TPIDRURW ON)
  _sel4_flag(HAVE_FPU ON)
  _sel4_value(FPU_MAX_RESTORES_SINCE_SWITCH 64)
  _sel4_value(FLUSH_WORK_UNIT 64)
  _sel4_flag(ARM_HYPERVISOR_SUPPORT OFF) # 5.0.0 has none for AArch64
  _sel4_flag(ARM_SMMU OFF)

endmacro()

# The C files of AArch64, relative to SEL4_SOURCE. Left out: the drivers of 32-bit boards (l2c_310.c, priv_timer.c), and
# fpu.c, which the platform replaces (platform/qemu-virt/src/fpu.c says why).
function(sel4_arch_c_sources result)
  file(GLOB_RECURSE files RELATIVE "${SEL4_SOURCE}" "${SEL4_SOURCE}/src/*.c")
  list(FILTER files EXCLUDE REGEX "^src/arch/x86/|^src/arch/arm/32/|^src/arch/arm/armv/|^src/config/|^src/plat/")
  list(FILTER files EXCLUDE REGEX "(/l2c_310|/priv_timer|^src/arch/arm/64/machine/fpu)\\.c$")
  file(GLOB armv8 RELATIVE "${SEL4_SOURCE}" "${SEL4_SOURCE}/src/arch/arm/armv/armv8-a/64/*.c")
  set(${result} ${files} ${armv8} PARENT_SCOPE)
endfunction()

# The headers that apply to AArch64 and the platform, absolute.
function(sel4_arch_headers result)
  file(GLOB_RECURSE files "${SEL4_SOURCE}/include/*.h")
  list(FILTER files EXCLUDE REGEX "/include/arch/x86/|/include/plat/|/32/")
  file(GLOB_RECURSE platform "${SEL4_PLATFORM_DIR}/include/*.h")
  set(${result} ${files} ${platform} PARENT_SCOPE)
endfunction()

# Include directories of a kernel whose generated headers are in WORK: generated before shipped ones.
function(sel4_arch_include_dirs work result)
  set(dirs "${work}" "${work}/64" "${SEL4_PLATFORM_DIR}/include")
  foreach(dir IN ITEMS "" /64 /arch/arm /arch/arm/arch/64 /arch/arm/armv/armv8-a/64)
    list(APPEND dirs "${SEL4_SOURCE}/include${dir}")
  endforeach()
  set(${result} "${dirs}" PARENT_SCOPE)
endfunction()

# Nothing is generated beside what all architectures have, and nothing follows the link: this kernel loads the address
# of its stack's top and never rounds, and its stack is aligned to 4096 bytes anyway (mode/kernel/stack.h).
function(sel4_arch_generate work)
endfunction()
function(sel4_arch_finish elf work)
endfunction()
