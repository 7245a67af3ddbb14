# SPDX-License-Identifier: BSD-2-Clause
#
# Fails, and removes KERNEL, unless that ELF file's kernel_stack_alloc is aligned to 4096 bytes. Sel4Kernel.cmake
# (_sel4_write_stack_header) says what happens on a kernel where it is not.
#
#   cmake -D NM=nm -D KERNEL=kernel.elf -P CheckStack.cmake

execute_process(COMMAND "${NM}" "${KERNEL}" OUTPUT_VARIABLE symbols ERROR_VARIABLE errors RESULT_VARIABLE failed)
if(failed)
  set(problem "its symbols cannot be read: ${errors}")
elseif(NOT symbols MATCHES "([0-9a-f]+) [A-Za-z] kernel_stack_alloc\n")
  set(problem "it has no symbol kernel_stack_alloc")
else()
  set(address "${CMAKE_MATCH_1}")
  if(NOT address MATCHES "000$")
    string(CONCAT problem "kernel_stack_alloc is at 0x${address}, which is not a multiple of 4096: "
      "an interrupt that is pending when the kernel returns would reset the stack into other data")
  endif()
endif()
if(problem)
  file(REMOVE "${KERNEL}")
  message(FATAL_ERROR "${KERNEL}: ${problem}")
endif()
