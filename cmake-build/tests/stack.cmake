# SPDX-License-Identifier: BSD-2-Clause
# The check of the kernel's stack accepts an aligned one and refuses, and removes, every other kernel.
file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")

# Links an ELF file whose SYMBOL is at ADDRESS, checks it and compares what comes out.
function(expect symbol address accepted words)
  set(elf "${SCRATCH}/${symbol}-${address}.elf")
  file(WRITE "${SCRATCH}/stack.c" "char ${symbol}[4096] __attribute__((aligned(16)));\n")
  execute_process(COMMAND "${COMPILER}" -m64 -nostdlib -static -Wl,--section-start=.bss=${address} -Wl,-e,0
    "${SCRATCH}/stack.c" -o "${elf}" COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${CMAKE_COMMAND}" -D "NM=${NM}" -D "KERNEL=${elf}" -P "${CHECK}"
    RESULT_VARIABLE result ERROR_VARIABLE said)
  string(REGEX REPLACE "[ \n]+" " " said "${said}") # CMake wraps what it says
  if(accepted AND (result OR NOT EXISTS "${elf}"))
    message(SEND_ERROR "${symbol} at ${address} was refused:\n${said}")
  elseif(NOT accepted AND (NOT result OR EXISTS "${elf}" OR NOT said MATCHES "${words}"))
    message(SEND_ERROR "${symbol} at ${address} was not refused with `${words}`:\n${said}")
  endif()
endfunction()

expect(kernel_stack_alloc 0x807000 TRUE "")
expect(kernel_stack_alloc 0x8074d0 FALSE "0x[0-9a-f]*8074d0")
expect(kernel_stack_alloc 0x807800 FALSE "multiple of 4096")
expect(another_stack 0x807000 FALSE "no symbol")
file(REMOVE_RECURSE "${SCRATCH}")
