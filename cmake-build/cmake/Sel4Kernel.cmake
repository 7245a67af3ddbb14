# SPDX-License-Identifier: BSD-2-Clause
#
# Builds kernel.elf of one variant, in the steps of seL4 5.0.0's own Makefile: generate headers from XML and
# bit field descriptions, join all C files into one unit, compile, link. What depends on the architecture is
# in arch/ARCH.cmake.
#
# That Makefile itself does not work with today's tools. What is done differently, and why:
#  - flags that distributions' compilers turn on are turned off: stack protector, stack clash protection,
#    CET, PIE (a kernel has none of what they need);
#  - --param=min-pagesize=0: GCC 12 takes the kernel's reads of the BIOS data area for null pointers;
#  - file names that assertions print are cut to the source tree, so that builds from two places are equal;
#  - no warnings: the source is not ours to change;
#  - include guards of generated headers lose the path of the build directory;
#  - PLY writes a table beside bitfield_gen.py, so each run of it gets a private copy of the tools;
#  - on x86_64 the kernel's stack is aligned to its size, by a generated mode/kernel/stack.h that is found
#    before the kernel's own (arch/x86_64.cmake says why), and the linked kernel is checked for it.

include_guard()

# Only the flags below count: a kernel must not differ because of someone's CFLAGS or build type.
set(CMAKE_C_FLAGS "")
set(CMAKE_ASM_FLAGS "")
set(CMAKE_EXE_LINKER_FLAGS "")
set(CMAKE_BUILD_TYPE "")

execute_process(COMMAND "${CMAKE_C_COMPILER}" -dumpmachine OUTPUT_VARIABLE _machine OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT _machine MATCHES "${SEL4_COMPILER_MACHINE}")
  message(FATAL_ERROR "${CMAKE_C_COMPILER} compiles for ${_machine}; this build is seL4 5.0.0 for ${SEL4_ARCH}.\n"
    "Choose a compiler that does: -DCMAKE_C_COMPILER=${SEL4_COMPILER_HINT}")
endif()

execute_process(COMMAND "${CMAKE_LINKER}" --help OUTPUT_VARIABLE _help ERROR_QUIET)
if(_help MATCHES "no-warn-rwx-segments")
  list(APPEND SEL4_LINK_FLAGS -Wl,--no-warn-rwx-segments) # the kernel's boot segment is one, by design
endif()

# The C files of VARIANT, relative to SEL4_SOURCE or absolute, in the order in which they are joined.
function(_sel4_c_sources variant result)
  sel4_arch_c_sources(files)
  if(NOT variant STREQUAL "debug")
    list(FILTER files EXCLUDE REGEX "/machine/capdl\\.c$")
  endif()
  list(SORT files COMPARE STRING)
  list(APPEND files ${SEL4_PLATFORM_SOURCES} src/config/default_domain.c)
  set(${result} "${files}" PARENT_SCOPE)
endfunction()

function(_sel4_include_dirs variant result)
  sel4_work_dir(${variant} work)
  sel4_arch_include_dirs("${work}" dirs)
  set(${result} "${dirs}" PARENT_SCOPE)
endfunction()

# The command that runs one of seL4's Python tools.
function(sel4_python_command result)
  set(${result} "${CMAKE_COMMAND}" -E env PYTHONHASHSEED=0 "${SEL4_PYTHON}" -B -W ignore PARENT_SCOPE)
endfunction()

# The command that preprocesses a file which is not C; append: -x c FILE -o OUTPUT
function(_sel4_preprocess_command variant result)
  _sel4_include_dirs(${variant} dirs)
  list(TRANSFORM dirs PREPEND -I)
  set(definitions ${SEL4_DEFINITIONS})
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
    COMMAND ${invocations} --arch --xml "${interfaces}/arch_include/${SEL4_XML_ARCH}/interfaces/sel4arch.xml"
      --dest "${work}/arch/api/invocation.h"
    COMMAND ${invocations} --sel4_arch --xml "${interfaces}/sel4_arch_include/${SEL4_XML_SEL4_ARCH}/interfaces/sel4arch.xml"
      --dest "${work}/arch/api/sel4_invocation.h"
    COMMAND ${python} "${SEL4_SOURCE}/tools/syscall_header_gen.py" --xml "${SEL4_SOURCE}/include/api/syscall.xml"
      --kernel_header "${work}/arch/api/syscall.h"
    DEPENDS "${SEL4_SOURCE_STAMP}" COMMENT "seL4 ${variant}: system calls and invocations" VERBATIM)

  _sel4_c_sources(${variant} sources)
  sel4_arch_headers(headers) # bitfield_gen drops accessors that nobody mentions
  set(prune "")
  foreach(file IN LISTS sources headers)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${SEL4_SOURCE}")
    list(APPEND prune --prune "${file}")
  endforeach()
  set(bases 64/mode/api/shared_types arch/object/structures ${SEL4_HARDWARE_OUTPUT})
  list(TRANSFORM bases PREPEND "${work}/")
  list(GET bases 0 shared)
  list(GET bases 1 structures)
  list(GET bases 2 hardware)
  sel4_generate_bitfields(${variant} kernel ARGUMENTS ${prune} FILES
    "${SEL4_SOURCE}/include/64/mode/api/shared_types.bf" "${shared}"
    "${SEL4_STRUCTURES_BF}" "${structures}"
    "${SEL4_HARDWARE_BF}" "${hardware}")
  list(TRANSFORM bases APPEND _gen.h)
  set(${result} ${generated} ${bases} PARENT_SCOPE)
endfunction()

# Writes the declaration with which the kernel's memzero is compiled, in front of its source.
#
# All memory that the kernel hands out it clears by memzero, a loop of one word a turn: 0.5 instructions a byte, which is a
# third of what a restart costs and most of what the hand-over of untypeds costs. With its loop unrolled it takes a third
# of that. Only this loop: elsewhere in the kernel loops are short, and unrolling costs more than it saves. No
# string instructions, which would be shorter still: the kernel does not clear the direction flag when it is entered.
# GCC takes the attribute from a declaration; clang does not know it, and has the loop as it was.
function(_sel4_write_clearing_header work)
  _sel4_write("${work}/clearing.h"
    "#pragma once\n\nvoid memzero(void *s, unsigned long n) __attribute__((optimize(\"unroll-loops\")));\n")
  set_property(SOURCE "${work}/kernel_all.c" APPEND PROPERTY OBJECT_DEPENDS "${work}/clearing.h")
endfunction()

# Adds the target that builds VARIANT's SEL4_KERNEL_FILES, in its work directory.
function(sel4_add_kernel variant)
  sel4_work_dir(${variant} work)
  _sel4_generate_headers(${variant} generated)
  sel4_arch_generate("${work}")
  _sel4_include_dirs(${variant} include_dirs)
  _sel4_c_sources(${variant} sources)

  # The kernel's own script joins the files and says with #line where each came from.
  add_custom_command(OUTPUT "${work}/kernel_all.c"
    COMMAND bash "${SEL4_SOURCE}/tools/cpp_gen.sh" ${sources} > "${work}/kernel_all.c"
    DEPENDS "${SEL4_SOURCE_STAMP}" ${SEL4_PLATFORM_SOURCES}
    WORKING_DIRECTORY "${SEL4_SOURCE}" COMMENT "seL4 ${variant}: one unit" VERBATIM)

  _sel4_preprocess_command(${variant} preprocess)
  add_custom_command(OUTPUT "${work}/linker.lds"
    COMMAND ${preprocess} -x c "${SEL4_LINKER_SCRIPT}" -o "${work}/linker.lds"
    DEPENDS "${SEL4_SOURCE_STAMP}" "${work}/autoconf.h" "${work}/kernel/gen_config.h"
    COMMENT "seL4 ${variant}: linker script" VERBATIM)

  set(elf sel4-${variant})
  _sel4_write_clearing_header("${work}")
  add_executable(${elf} "${work}/kernel_all.c" ${SEL4_ASM_SOURCES} ${generated})
  set_target_properties(${elf} PROPERTIES OUTPUT_NAME kernel.elf SUFFIX "" RUNTIME_OUTPUT_DIRECTORY "${work}"
    EXCLUDE_FROM_ALL ON C_STANDARD 99 C_EXTENSIONS OFF
    LINK_DEPENDS "${work}/linker.lds")
  target_sources(${elf} PRIVATE "${work}/linker.lds")
  target_include_directories(${elf} PRIVATE ${include_dirs})
  target_compile_definitions(${elf} PRIVATE ${SEL4_DEFINITIONS} $<$<STREQUAL:${variant},debug>:DEBUG>)
  target_compile_options(${elf} PRIVATE
    $<$<COMPILE_LANGUAGE:C>:${SEL4_C_FLAGS}> $<$<COMPILE_LANGUAGE:ASM>:${SEL4_ASM_FLAGS}>
    "$<$<COMPILE_LANGUAGE:C>:SHELL:-include ${work}/clearing.h>"
    "-ffile-prefix-map=${SEL4_SOURCE}=seL4" "-ffile-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}=cmake-build" "-ffile-prefix-map=${work}=generated")
  target_link_options(${elf} PRIVATE ${SEL4_LINK_FLAGS} "-Wl,-T,${work}/linker.lds")
  sel4_arch_finish(${elf} "${work}")
endfunction()
