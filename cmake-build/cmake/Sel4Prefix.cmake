# SPDX-License-Identifier: BSD-2-Clause
#
# Decides where the kernel comes from. Exactly one of:
#   nothing given            built here, debug and release; SEL4_CHOSEN_PREFIX is that of VARIANT
#   SEL4_PREFIX              an installed seL4, taken as it is
#   MICROKIT_SDK BOARD CONFIG  a kernel of a Microkit SDK, shown in the layout of a prefix by links
# A prefix that lacks something is refused here, by name, and not later by a compiler.
#
# Adds the target `kernels`, part of all. Sets in the caller SEL4_CHOSEN_PREFIX and SEL4_BUILDS_KERNEL.

# Stops with what is missing, if anything is.
function(_sel4_check_prefix prefix from)
  set(missing "")
  foreach(file IN ITEMS bin/kernel.elf libsel4/include/kernel/gen_config.json libsel4/include/interfaces/object-api.xml
      libsel4/include/interfaces/object-api-arch.xml libsel4/include/interfaces/object-api-sel4-arch.xml
      libsel4/include/api/syscall.xml)
    if(NOT EXISTS "${prefix}/${file}")
      string(APPEND missing "\n  ${file}")
    endif()
  endforeach()
  if(missing)
    message(FATAL_ERROR "${from} has no seL4 of the layout that is needed; in ${prefix} there is no${missing}\n"
      "A prefix is what `ninja install` of seL4 16 leaves in its CMAKE_INSTALL_PREFIX.")
  endif()
endfunction()

# Says in one line what kernel a prefix has.
function(_sel4_describe prefix)
  file(READ "${prefix}/libsel4/include/kernel/gen_config.json" json)
  foreach(key IN ITEMS SEL4_ARCH PLAT KERNEL_MCS DEBUG_BUILD)
    string(JSON ${key} ERROR_VARIABLE absent GET "${json}" ${key})
    if(absent)
      set(${key} "?")
    endif()
  endforeach()
  message(STATUS "seL4 from ${prefix}: ${SEL4_ARCH} ${PLAT}, MCS ${KERNEL_MCS}, debug ${DEBUG_BUILD}")
endfunction()

# Links the parts of an SDK's board directory into the layout of a prefix, in the build directory.
function(_sel4_prefix_of_sdk result)
  set(board "${MICROKIT_SDK}/board/${BOARD}/${CONFIG}")
  if(NOT BOARD OR NOT CONFIG OR NOT IS_DIRECTORY "${board}")
    file(GLOB choices RELATIVE "${MICROKIT_SDK}/board" "${MICROKIT_SDK}/board/*/*")
    list(JOIN choices "\n  " choices)
    message(FATAL_ERROR "MICROKIT_SDK wants -DBOARD=... and -DCONFIG=...; BOARD/CONFIG of this SDK:\n  ${choices}")
  endif()
  set(prefix "${CMAKE_BINARY_DIR}/sdk/${BOARD}/${CONFIG}")
  file(REMOVE_RECURSE "${prefix}")
  file(MAKE_DIRECTORY "${prefix}/bin" "${prefix}/libsel4" "${prefix}/support")
  foreach(link IN ITEMS elf/sel4.elf=bin/kernel.elf elf/sel4_32.elf=bin/kernel32.elf include=libsel4/include
      platform_gen.json=support/platform_gen.json object_sizes.json=support/object_sizes.json
      invocations_all.json=support/invocations_all.json)
    string(REPLACE "=" ";" link "${link}")
    list(GET link 0 from)
    list(GET link 1 to)
    if(EXISTS "${board}/${from}")
      file(CREATE_LINK "${board}/${from}" "${prefix}/${to}" SYMBOLIC)
    endif()
  endforeach()
  set(${result} "${prefix}" PARENT_SCOPE)
endfunction()

function(sel4_choose_prefix)
  add_custom_target(kernels ALL)
  if(SEL4_PREFIX AND MICROKIT_SDK)
    message(FATAL_ERROR "SEL4_PREFIX and MICROKIT_SDK exclude each other")
  elseif(SEL4_PREFIX)
    set(chosen "${SEL4_PREFIX}")
    _sel4_check_prefix("${chosen}" "SEL4_PREFIX")
  elseif(MICROKIT_SDK)
    _sel4_prefix_of_sdk(chosen)
    _sel4_check_prefix("${chosen}" "MICROKIT_SDK with BOARD ${BOARD} and CONFIG ${CONFIG}")
  else()
    if(NOT VARIANT MATCHES "^(debug|release)$")
      message(FATAL_ERROR "VARIANT is ${VARIANT}; it is debug or release")
    endif()
    if(NOT SEL4_ARCH MATCHES "^(x86_64|aarch64)$")
      message(FATAL_ERROR "SEL4_ARCH is ${SEL4_ARCH}; it is x86_64 or aarch64")
    endif()
    set(start "")
    if(NOT SEL4_ARCH STREQUAL "x86_64")
      set(start "${SEL4_ARCH}-")
    endif()
    set(SEL4_BUILDS_KERNEL TRUE PARENT_SCOPE)
    set(SEL4_PREFIX_START "${start}" PARENT_SCOPE)
    set(SEL4_CHOSEN_PREFIX "${KERNEL_DIR}/${start}${VARIANT}" PARENT_SCOPE)
    return()
  endif()
  _sel4_describe("${chosen}")
  set(SEL4_BUILDS_KERNEL FALSE PARENT_SCOPE)
  set(SEL4_CHOSEN_PREFIX "${chosen}" PARENT_SCOPE)
endfunction()
