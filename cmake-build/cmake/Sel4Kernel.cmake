# SPDX-License-Identifier: BSD-2-Clause
#
# Builds kernel.elf and kernel32.elf of one variant, in the steps of seL4 5.0.0's own Makefile:
# generate headers from XML and bit field descriptions, join all C files into one unit, compile, link.
#
# That Makefile itself does not work with today's tools. What is done differently, and why:
#  - flags that distributions' compilers turn on are turned off: stack protector, stack clash protection,
#    CET, PIE (a kernel has none of what they need);
#  - --param=min-pagesize=0: GCC 12 takes the kernel's reads of the BIOS data area for null pointers;
#  - file names that assertions print are cut to the source tree, so that builds from two places are equal;
#  - no warnings: the source is not ours to change;
#  - include guards of generated headers lose the path of the build directory;
#  - PLY writes a table beside bitfield_gen.py, so each run of it gets a private copy of the tools;
#  - the kernel's stack is aligned to its size, by a generated mode/kernel/stack.h that is found before the
#    kernel's own (_sel4_write_stack_header below says why), and the linked kernel is checked for it.

include_guard()

# Only the flags below count: a kernel must not differ because of someone's CFLAGS or build type.
set(CMAKE_C_FLAGS "")
set(CMAKE_ASM_FLAGS "")
set(CMAKE_EXE_LINKER_FLAGS "")
set(CMAKE_BUILD_TYPE "")

execute_process(COMMAND "${CMAKE_C_COMPILER}" -dumpmachine OUTPUT_VARIABLE _machine OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT _machine MATCHES "^x86_64")
  message(FATAL_ERROR "${CMAKE_C_COMPILER} compiles for ${_machine}; seL4 5.0.0 is built for x86_64 here.\n"
    "Choose a compiler that does: -DCMAKE_C_COMPILER=x86_64-linux-gnu-gcc")
endif()

set(_sel4_definitions ARCH_X86 X86_64 __KERNEL_64__ KERNEL_64=y __X86_64__=y HAVE_AUTOCONF)
set(_sel4_c_flags -m64 -O2 -nostdinc -ffreestanding -fno-pic -mcmodel=kernel
  -mno-mmx -mno-sse -mno-sse2 -mno-3dnow
  -fno-asynchronous-unwind-tables -fno-stack-protector -fcf-protection=none -w)
set(_sel4_asm_flags -m64 -nostdinc)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  list(APPEND _sel4_c_flags -fno-integrated-as) # inline assembly writes the prefix rex.w as GNU as reads it
  list(APPEND _sel4_asm_flags -fno-integrated-as)
else()
  list(APPEND _sel4_c_flags --param=min-pagesize=0 -fno-stack-clash-protection)
endif()
set(_sel4_link_flags -m64 -nostdlib -static
  -Wl,-m,elf_x86_64 -Wl,-n -Wl,-z,noexecstack -Wl,--build-id=none)
execute_process(COMMAND "${CMAKE_LINKER}" --help OUTPUT_VARIABLE _help ERROR_QUIET)
if(_help MATCHES "no-warn-rwx-segments")
  list(APPEND _sel4_link_flags -Wl,--no-warn-rwx-segments) # the kernel's boot segment is one, by design
endif()

# The C files of pc99/x86_64, relative to SEL4_SOURCE, in the order in which the Makefile joins them.
function(_sel4_c_sources variant result)
  file(GLOB_RECURSE files RELATIVE "${SEL4_SOURCE}" "${SEL4_SOURCE}/src/*.c")
  list(FILTER files EXCLUDE REGEX "^src/arch/arm/|^src/arch/x86/32/|^src/config/")
  list(FILTER files EXCLUDE REGEX "^src/plat/([^p]|p[^c])")
  if(NOT variant STREQUAL "debug")
    list(FILTER files EXCLUDE REGEX "/machine/capdl\\.c$")
  endif()
  list(SORT files COMPARE STRING)
  list(APPEND files src/config/default_domain.c)
  set(${result} "${files}" PARENT_SCOPE)
endfunction()

# The headers that apply to pc99/x86_64, absolute; bitfield_gen drops accessors that nobody mentions.
function(_sel4_headers result)
  file(GLOB_RECURSE files "${SEL4_SOURCE}/include/*.h")
  list(FILTER files EXCLUDE REGEX "/include/arch/arm/|/include/plat/([^p]|p[^c])")
  set(${result} "${files}" PARENT_SCOPE)
endfunction()

# Include directories of VARIANT: generated before shipped ones.
function(_sel4_include_dirs variant result)
  sel4_work_dir(${variant} work)
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
function(_sel4_write_stack_header variant)
  sel4_work_dir(${variant} work)
  _sel4_write("${work}/64/mode/kernel/stack.h"
    "#pragma once\n\n#include <config.h>\n#include <util.h>\n\n#define KERNEL_STACK_ALIGNMENT BIT(CONFIG_KERNEL_STACK_BITS)\n")
  # A build from before this header was here has no dependency on it.
  set_property(SOURCE "${work}/kernel_all.c" APPEND PROPERTY OBJECT_DEPENDS "${work}/64/mode/kernel/stack.h")
endfunction()

# The command that runs one of seL4's Python tools.
function(sel4_python_command result)
  set(${result} "${CMAKE_COMMAND}" -E env PYTHONHASHSEED=0 "${SEL4_PYTHON}" -B -W ignore PARENT_SCOPE)
endfunction()

# The command that preprocesses a file which is not C; append: -x c FILE -o OUTPUT
function(_sel4_preprocess_command variant result)
  _sel4_include_dirs(${variant} dirs)
  list(TRANSFORM dirs PREPEND -I)
  set(definitions ${_sel4_definitions})
  list(TRANSFORM definitions PREPEND -D)
  set(${result} "${CMAKE_C_COMPILER}" -E -P -nostdinc ${definitions} ${dirs} PARENT_SCOPE)
endfunction()

# Generates headers out of bit field descriptions, one after the other, with a private copy of the tools.
# sel4_generate_bitfields(VARIANT NAME INCLUDE dir ARGUMENTS... FILES input.bf output-without-suffix ...)
function(sel4_generate_bitfields variant name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "INCLUDE" "ARGUMENTS;FILES")
  sel4_work_dir(${variant} work)
  sel4_python_command(python)
  _sel4_preprocess_command(${variant} preprocess)
  if(arg_INCLUDE)
    list(APPEND preprocess "-I${arg_INCLUDE}")
  endif()
  set(tools "${work}/tools/${name}")
  set(outputs "")
  set(commands COMMAND "${CMAKE_COMMAND}" -E make_directory "${tools}"
    COMMAND "${CMAKE_COMMAND}" -E copy "${SEL4_SOURCE}/tools/bitfield_gen.py" "${SEL4_SOURCE}/tools/lex.py"
      "${SEL4_SOURCE}/tools/umm.py" "${tools}")
  while(arg_FILES)
    list(POP_FRONT arg_FILES input output)
    get_filename_component(dir "${output}" DIRECTORY)
    file(MAKE_DIRECTORY "${dir}")
    file(RELATIVE_PATH relative "${work}" "${output}")
    foreach(path IN ITEMS output relative) # the include guard is the whole path of the file: cut it down
      string(TOUPPER "${${path}}_gen.h" ${path}_guard)
      string(REGEX REPLACE "[^A-Z0-9_]" "_" ${path}_guard "${${path}_guard}")
    endforeach()
    list(APPEND commands
      COMMAND ${preprocess} -x c "${input}" -o "${output}.pbf"
      COMMAND ${python} "${tools}/bitfield_gen.py" ${arg_ARGUMENTS} "${output}.pbf" "${output}_gen.h"
      COMMAND sed -i "s/${output_guard}/SEL4_${relative_guard}/" "${output}_gen.h")
    list(APPEND outputs "${output}.pbf" "${output}_gen.h")
  endwhile()
  add_custom_command(OUTPUT ${outputs} ${commands}
    DEPENDS "${SEL4_SOURCE_STAMP}" "${work}/autoconf.h" "${work}/kernel/gen_config.h"
    WORKING_DIRECTORY "${work}" COMMENT "seL4 ${variant}: bit fields of ${name}" VERBATIM)
endfunction()

# Generates the kernel's headers; returns their paths.
function(_sel4_generate_headers variant result)
  sel4_work_dir(${variant} work)
  sel4_python_command(python)
  set(interfaces "${SEL4_SOURCE}/libsel4")
  set(invocations ${python} "${SEL4_SOURCE}/tools/invocation_header_gen.py")
  file(MAKE_DIRECTORY "${work}/api" "${work}/arch/api")
  set(generated "${work}/api/invocation.h" "${work}/arch/api/invocation.h" "${work}/arch/api/sel4_invocation.h"
    "${work}/arch/api/syscall.h")
  add_custom_command(OUTPUT ${generated}
    COMMAND ${invocations} --xml "${interfaces}/include/interfaces/sel4.xml" --dest "${work}/api/invocation.h"
    COMMAND ${invocations} --arch --xml "${interfaces}/arch_include/x86/interfaces/sel4arch.xml"
      --dest "${work}/arch/api/invocation.h"
    COMMAND ${invocations} --sel4_arch --xml "${interfaces}/sel4_arch_include/x86_64/interfaces/sel4arch.xml"
      --dest "${work}/arch/api/sel4_invocation.h"
    COMMAND ${python} "${SEL4_SOURCE}/tools/syscall_header_gen.py" --xml "${SEL4_SOURCE}/include/api/syscall.xml"
      --kernel_header "${work}/arch/api/syscall.h"
    DEPENDS "${SEL4_SOURCE_STAMP}" COMMENT "seL4 ${variant}: system calls and invocations" VERBATIM)

  _sel4_c_sources(${variant} sources)
  _sel4_headers(headers)
  set(prune "")
  foreach(file IN LISTS sources headers)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${SEL4_SOURCE}")
    list(APPEND prune --prune "${file}")
  endforeach()
  set(bases 64/mode/api/shared_types arch/object/structures plat/64/plat_mode/machine/hardware)
  list(TRANSFORM bases PREPEND "${work}/")
  list(GET bases 0 shared)
  list(GET bases 1 structures)
  list(GET bases 2 hardware)
  sel4_generate_bitfields(${variant} kernel ARGUMENTS ${prune} FILES
    "${SEL4_SOURCE}/include/64/mode/api/shared_types.bf" "${shared}"
    "${SEL4_SOURCE}/include/arch/x86/arch/object/structures.bf" "${structures}"
    "${SEL4_SOURCE}/include/plat/pc99/plat/64/plat_mode/machine/hardware.bf" "${hardware}")
  list(TRANSFORM bases APPEND _gen.h)
  set(${result} ${generated} ${bases} PARENT_SCOPE)
endfunction()

# Adds the target that builds VARIANT's kernel.elf and kernel32.elf, in its work directory.
function(sel4_add_kernel variant)
  sel4_work_dir(${variant} work)
  _sel4_generate_headers(${variant} generated)
  _sel4_write_stack_header(${variant})
  _sel4_include_dirs(${variant} include_dirs)
  _sel4_c_sources(${variant} sources)

  # The kernel's own script joins the files and says with #line where each came from.
  add_custom_command(OUTPUT "${work}/kernel_all.c"
    COMMAND bash "${SEL4_SOURCE}/tools/cpp_gen.sh" ${sources} > "${work}/kernel_all.c"
    DEPENDS "${SEL4_SOURCE_STAMP}"
    WORKING_DIRECTORY "${SEL4_SOURCE}" COMMENT "seL4 ${variant}: one unit" VERBATIM)

  _sel4_preprocess_command(${variant} preprocess)
  add_custom_command(OUTPUT "${work}/linker.lds"
    COMMAND ${preprocess} -x c "${SEL4_SOURCE}/src/plat/pc99/linker.lds" -o "${work}/linker.lds"
    DEPENDS "${SEL4_SOURCE_STAMP}" "${work}/autoconf.h" "${work}/kernel/gen_config.h"
    COMMENT "seL4 ${variant}: linker script" VERBATIM)

  set(asm 64/head.S 64/machine_asm.S 64/traps.S multiboot.S)
  list(TRANSFORM asm PREPEND "${SEL4_SOURCE}/src/arch/x86/")
  set(elf sel4-${variant})
  add_executable(${elf} "${work}/kernel_all.c" ${asm} ${generated})
  set_target_properties(${elf} PROPERTIES OUTPUT_NAME kernel.elf SUFFIX "" RUNTIME_OUTPUT_DIRECTORY "${work}"
    EXCLUDE_FROM_ALL ON C_STANDARD 99 C_EXTENSIONS OFF
    LINK_DEPENDS "${work}/linker.lds;${CMAKE_CURRENT_SOURCE_DIR}/cmake/CheckStack.cmake")
  target_sources(${elf} PRIVATE "${work}/linker.lds")
  # Part of linking: a kernel that fails the check is not there afterwards.
  add_custom_command(TARGET ${elf} POST_BUILD
    COMMAND "${CMAKE_COMMAND}" -D "NM=${CMAKE_NM}" -D "KERNEL=$<TARGET_FILE:${elf}>"
      -P "${CMAKE_CURRENT_SOURCE_DIR}/cmake/CheckStack.cmake" VERBATIM)
  target_include_directories(${elf} PRIVATE ${include_dirs})
  target_compile_definitions(${elf} PRIVATE ${_sel4_definitions} $<$<STREQUAL:${variant},debug>:DEBUG>)
  target_compile_options(${elf} PRIVATE
    $<$<COMPILE_LANGUAGE:C>:${_sel4_c_flags}> $<$<COMPILE_LANGUAGE:ASM>:${_sel4_asm_flags}>
    "-ffile-prefix-map=${SEL4_SOURCE}=seL4" "-ffile-prefix-map=${work}=generated")
  target_link_options(${elf} PRIVATE ${_sel4_link_flags} "-Wl,-T,${work}/linker.lds")

  # QEMU's multiboot loader takes 32-bit ELF only; the code inside stays what it is.
  add_custom_command(OUTPUT "${work}/kernel32.elf"
    COMMAND "${CMAKE_OBJCOPY}" -O elf32-i386 "${work}/kernel.elf" "${work}/kernel32.elf"
    DEPENDS ${elf} COMMENT "seL4 ${variant}: kernel32.elf" VERBATIM)
endfunction()
