# SPDX-License-Identifier: BSD-2-Clause
#
# The reference system as CMake targets: image, simulate, and tests for CTest.
#
# Each delegates to the Makefile, with the chosen kernel as SEL4_PREFIX; there is one description of how the
# system is built, and it is not here. MAKEFLAGS and MAKELEVEL are dropped, so that it is all the same whether
# this runs under Ninja, under make or by hand.

find_program(MAKE_PROGRAM NAMES gmake make REQUIRED DOC "Runs the project's Makefile")
set(_delegate "${CMAKE_COMMAND}" -E env --unset=MAKEFLAGS --unset=MAKELEVEL
  "${MAKE_PROGRAM}" --no-print-directory -C "${PARTENZA_ROOT}" "SEL4_PREFIX=${SEL4_CHOSEN_PREFIX}")

add_custom_target(image COMMAND ${_delegate} image USES_TERMINAL VERBATIM
  COMMENT "The reference system's image")
add_custom_target(simulate COMMAND ${_delegate} run USES_TERMINAL VERBATIM
  COMMENT "The reference system in QEMU; Ctrl-A X ends it")
add_dependencies(image kernels)
add_dependencies(simulate kernels)

# The project's own tests, those in QEMU included.
add_test(NAME system COMMAND ${_delegate} test)
set_tests_properties(system PROPERTIES LABELS system TIMEOUT 3600)

if(SEL4_BUILDS_KERNEL)
  # ctest builds nothing by itself: the first test makes the kernels, the others need it.
  add_test(NAME kernels COMMAND "${CMAKE_COMMAND}" --build "${CMAKE_BINARY_DIR}" --target kernels)
  set_tests_properties(kernels PROPERTIES FIXTURES_SETUP kernels)
  set_tests_properties(system PROPERTIES FIXTURES_REQUIRED kernels)

  set(_options "-DSEL4_ARCH=${SEL4_ARCH}")
  foreach(option IN LISTS SEL4_OPTIONS)
    list(APPEND _options "-D${option}=${${option}}")
  endforeach()

  # A kernel whose stack is not aligned is refused when it is linked.
  if(SEL4_ARCH STREQUAL "x86_64")
    add_test(NAME stack COMMAND "${CMAKE_COMMAND}" -D "COMPILER=${CMAKE_C_COMPILER}" -D "NM=${CMAKE_NM}"
      -D "CHECK=${CMAKE_CURRENT_SOURCE_DIR}/cmake/CheckStack.cmake" -D "SCRATCH=${CMAKE_BINARY_DIR}/stack"
      -P "${CMAKE_CURRENT_SOURCE_DIR}/tests/stack.cmake")
  endif()

  foreach(variant IN ITEMS debug release)
    sel4_prefix_dir(${variant} prefix)
    # C programs can be written against the prefix.
    add_test(NAME libsel4-${variant} COMMAND "${CMAKE_C_COMPILER}" ${SEL4_LIBSEL4_C_FLAGS} -std=gnu99 -ffreestanding -fsyntax-only
      -I "${prefix}/libsel4/include" "${CMAKE_CURRENT_SOURCE_DIR}/tests/libsel4.c")
    set_tests_properties(libsel4-${variant} PROPERTIES FIXTURES_REQUIRED kernels)

    # The same kernel comes out, to the byte, wherever it is built.
    add_test(NAME reproducible-${variant} COMMAND "${CMAKE_COMMAND}"
      -D "SOURCE=${CMAKE_CURRENT_SOURCE_DIR}" -D "GENERATOR=${CMAKE_GENERATOR}" -D "COMPILER=${CMAKE_C_COMPILER}"
      -D "PYTHON=${SEL4_PYTHON}" -D "PREFIX=${prefix}" -D "VARIANT=${variant}"
      -D "OPTIONS=${_options}"
      -D "SCRATCH=${CMAKE_BINARY_DIR}/again/${variant}" -P "${CMAKE_CURRENT_SOURCE_DIR}/tests/reproducible.cmake")
    set_tests_properties(reproducible-${variant} PROPERTIES FIXTURES_REQUIRED kernels)
  endforeach()

  # The debug kernel starts in QEMU, and, given no root task, says so. (On AArch64 nothing starts it but the loader.)
  find_program(QEMU_X86_64 NAMES qemu-system-x86_64 DOC "Boots the kernel in the tests")
  if(QEMU_X86_64 AND SEL4_ARCH STREQUAL "x86_64")
    add_test(NAME kernel-boots COMMAND "${CMAKE_COMMAND}" -D "QEMU=${QEMU_X86_64}"
      -D "KERNEL=${KERNEL_DIR}/debug/bin/kernel32.elf" -P "${CMAKE_CURRENT_SOURCE_DIR}/tests/boots.cmake")
    set_tests_properties(kernel-boots PROPERTIES FIXTURES_REQUIRED kernels)
  endif()
endif()
