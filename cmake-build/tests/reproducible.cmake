# SPDX-License-Identifier: BSD-2-Clause
# Builds a variant again, with source, build directory and prefix elsewhere, and compares every file.
file(REMOVE_RECURSE "${SCRATCH}")
file(COPY "${SOURCE}/" DESTINATION "${SCRATCH}/moved/cmake-build")
execute_process(
  COMMAND "${CMAKE_COMMAND}" -S "${SCRATCH}/moved/cmake-build" -B "${SCRATCH}/b" -G "${GENERATOR}"
    "-DCMAKE_C_COMPILER=${COMPILER}" "-DSEL4_PYTHON=${PYTHON}" "-DKERNEL_DIR=${SCRATCH}/kernel" ${OPTIONS}
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(
  COMMAND "${CMAKE_COMMAND}" --build "${SCRATCH}/b" --target "kernel-${VARIANT}"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

get_filename_component(name "${PREFIX}" NAME)
file(GLOB_RECURSE expected RELATIVE "${PREFIX}" "${PREFIX}/*")
file(GLOB_RECURSE found RELATIVE "${SCRATCH}/kernel/${name}" "${SCRATCH}/kernel/${name}/*")
if(NOT expected STREQUAL found)
  message(FATAL_ERROR "The second build installed other files:\n${expected}\n${found}")
endif()
foreach(file IN LISTS expected)
  file(SHA256 "${PREFIX}/${file}" first)
  file(SHA256 "${SCRATCH}/kernel/${name}/${file}" second)
  if(NOT first STREQUAL second)
    message(SEND_ERROR "${file} differs between two builds")
  endif()
endforeach()
file(REMOVE_RECURSE "${SCRATCH}")
