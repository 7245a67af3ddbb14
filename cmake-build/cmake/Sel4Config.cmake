# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel's configuration: one table, from which come the header that the kernel is compiled with and the
# JSON that everything else reads (SEL4_PREFIX/libsel4/include/{kernel,sel4}/gen_config.{h,json}).
#
# Forms follow seL4 16: keys without CONFIG_, flags are true or false, all else is a string. Flags that are
# off are listed too, because conditions in the kernel's XML ask for them. Options that a user may want to
# change carry the names that seL4's own CMake gives them.

set(KernelRootCNodeSizeBits 16 CACHE STRING "Slots of the root task's CNode, as a power of two; each page of its image and each object of ours takes one")
set(KernelTimerTickMS 100 CACHE STRING "Kernel timer tick in ms; ticks come in idle too, so a long one is a quiet one")
set(KernelTimeSlice 1 CACHE STRING "Ticks until a thread yields to another of its priority")
set(KernelRetypeFanOutLimit 256 CACHE STRING "Most objects that one Untyped_Retype makes")
set(KernelMaxNumWorkUnitsPerPreemption 100 CACHE STRING "Deletions between two looks at pending interrupts")
set(KernelNumDomains 1 CACHE STRING "Scheduler domains")
set(KernelFastpath ON CACHE BOOL "IPC fast path")
set(SEL4_OPTIONS KernelRootCNodeSizeBits KernelTimerTickMS KernelTimeSlice KernelRetypeFanOutLimit
  KernelMaxNumWorkUnitsPerPreemption KernelNumDomains KernelFastpath)

# Adds a flag, a value or a fact to the table that sel4_configure is building. A fact is in the JSON only.
macro(_sel4_flag key on)
  if(${on})
    string(APPEND header "#define CONFIG_${key}  1\n")
    list(APPEND json "    \"${key}\": true")
  else()
    string(APPEND header "/* disabled: CONFIG_${key} */\n")
    list(APPEND json "    \"${key}\": false")
  endif()
endmacro()
macro(_sel4_value key value)
  string(APPEND header "#define CONFIG_${key}  ${value}\n")
  list(APPEND json "    \"${key}\": \"${value}\"")
endmacro()
macro(_sel4_number key option low high)
  if(NOT ${option} MATCHES "^[0-9]+$" OR ${option} LESS ${low} OR ${option} GREATER ${high})
    message(FATAL_ERROR "${option} is ${${option}}; it must be a number from ${low} to ${high}")
  endif()
  _sel4_value(${key} ${${option}})
endmacro()
macro(_sel4_fact key value)
  list(APPEND json "    \"${key}\": \"${value}\"")
endmacro()

# Writes a file only if its content is new, so that nothing is built again for nothing.
function(_sel4_write path content)
  set(old "")
  if(EXISTS "${path}")
    file(READ "${path}" old)
  endif()
  if(NOT old STREQUAL content)
    file(WRITE "${path}" "${content}")
  endif()
endfunction()

# Writes DIR/NAME/gen_config.h and .json from `header` and `json`, and empties both.
macro(_sel4_write_config dir name)
  list(JOIN json ",\n" body)
  _sel4_write("${dir}/${name}/gen_config.h" "#pragma once\n\n${header}")
  _sel4_write("${dir}/${name}/gen_config.json" "{\n${body}\n}\n")
  set(header "")
  set(json "")
endmacro()

# Where VARIANT's generated files are.
function(sel4_work_dir variant result)
  set(${result} "${CMAKE_BINARY_DIR}/${variant}" PARENT_SCOPE)
endfunction()

# Where VARIANT's prefix is.
function(sel4_prefix_dir variant result)
  set(${result} "${KERNEL_DIR}/${SEL4_PREFIX_START}${variant}" PARENT_SCOPE)
endfunction()

function(sel4_configure variant)
  sel4_work_dir(${variant} work)
  string(COMPARE EQUAL "${variant}" debug debug)
  set(header "")
  set(json "")

  _sel4_fact(VERSION "${SEL4_VERSION}")
  sel4_arch_config()

  # Sizes and scheduling.
  _sel4_number(ROOT_CNODE_SIZE_BITS KernelRootCNodeSizeBits 8 24)
  _sel4_number(TIMER_TICK_MS KernelTimerTickMS 1 1000)
  _sel4_number(TIME_SLICE KernelTimeSlice 1 1000)
  _sel4_number(RETYPE_FAN_OUT_LIMIT KernelRetypeFanOutLimit 1 1024)
  _sel4_number(MAX_NUM_WORK_UNITS_PER_PREEMPTION KernelMaxNumWorkUnitsPerPreemption 1 10000)
  _sel4_number(NUM_DOMAINS KernelNumDomains 1 16)
  _sel4_value(NUM_PRIORITIES 256)
  _sel4_value(RESET_CHUNK_BITS 8)
  _sel4_value(MAX_NUM_BOOTINFO_UNTYPED_CAPS 167)
  _sel4_value(MAX_NUM_NODES 1)
  _sel4_flag(ENABLE_SMP_SUPPORT OFF)
  _sel4_flag(KERNEL_MCS OFF)
  _sel4_flag(FASTPATH ${KernelFastpath})

  # What tells debug from release.
  _sel4_flag(DEBUG_BUILD ${debug})
  _sel4_flag(PRINTING ${debug})
  _sel4_flag(IRQ_REPORTING ${debug})
  if(debug)
    _sel4_value(USER_STACK_TRACE_LENGTH 16)
  endif()
  _sel4_flag(COLOUR_PRINTING OFF)
  _sel4_flag(OPTIMISATION_O2 ON)
  _sel4_flag(VERIFICATION_BUILD OFF)
  _sel4_flag(HARDWARE_DEBUG_API OFF)
  _sel4_flag(DANGEROUS_CODE_INJECTION OFF)
  _sel4_flag(NO_BENCHMARKS ON)
  _sel4_flag(ENABLE_BENCHMARKS OFF)
  _sel4_flag(BENCHMARK_TRACK_UTILISATION OFF)
  _sel4_value(MAX_NUM_TRACE_POINTS 0)
  _sel4_write_config("${work}" kernel)

  _sel4_flag(LIB_SEL4_INLINE_INVOCATIONS ON)
  _sel4_flag(LIB_SEL4_DEFAULT_FUNCTION_ATTRIBUTES OFF)
  _sel4_flag(LIB_SEL4_PUBLIC_SYMBOLS OFF)
  _sel4_flag(LIB_SEL4_STUBS_USE_IPC_BUFFER_ONLY OFF)
  _sel4_write_config("${work}" sel4)

  # seL4 5.0.0 includes its configuration under this name, in the kernel and in libsel4.
  _sel4_write("${work}/autoconf.h"
    "#pragma once\n\n#define AUTOCONF_INCLUDED\n#include <kernel/gen_config.h>\n#include <sel4/gen_config.h>\n")
endfunction()
