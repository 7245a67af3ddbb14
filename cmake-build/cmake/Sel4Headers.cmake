# SPDX-License-Identifier: BSD-2-Clause
#
# Assembles a variant's prefix: kernel, XML descriptions, configuration and libsel4 for C programs.
#
# Layout and names are those that seL4 16 installs, so sel4.xml and the two sel4arch.xml of 5.0.0 become
# object-api.xml, object-api-arch.xml and object-api-sel4-arch.xml. Their content is not touched; their
# conditions (`condition="defined(CONFIG_VTX)"`) are for the reader to evaluate against gen_config.json.
# Files are copied only when they differ, so their times change only when they do.

# Generates libsel4's headers below the variant's work directory.
function(sel4_add_headers variant)
  sel4_work_dir(${variant} work)
  sel4_python_command(python)
  set(libsel4 "${SEL4_SOURCE}/libsel4")
  set(out "${work}/libsel4/include")
  set(xmls "${libsel4}/sel4_arch_include/${SEL4_XML_SEL4_ARCH}/interfaces/sel4arch.xml"
    "${libsel4}/arch_include/${SEL4_XML_ARCH}/interfaces/sel4arch.xml" "${libsel4}/include/interfaces/sel4.xml")
  set(invocations ${python} "${libsel4}/tools/invocation_header_gen.py" --libsel4)
  file(MAKE_DIRECTORY "${out}/interfaces" "${out}/sel4/arch" "${out}/sel4/sel4_arch")

  add_custom_command(
    OUTPUT "${out}/sel4/invocation.h" "${out}/sel4/arch/invocation.h" "${out}/sel4/sel4_arch/invocation.h"
      "${out}/sel4/syscall.h" "${out}/interfaces/sel4_client.h"
    COMMAND ${invocations} --xml "${libsel4}/include/interfaces/sel4.xml" --dest "${out}/sel4/invocation.h"
    COMMAND ${invocations} --arch --xml "${libsel4}/arch_include/${SEL4_XML_ARCH}/interfaces/sel4arch.xml"
      --dest "${out}/sel4/arch/invocation.h"
    COMMAND ${invocations} --sel4_arch --xml "${libsel4}/sel4_arch_include/${SEL4_XML_SEL4_ARCH}/interfaces/sel4arch.xml"
      --dest "${out}/sel4/sel4_arch/invocation.h"
    COMMAND ${python} "${libsel4}/tools/syscall_header_gen.py" --xml "${libsel4}/include/api/syscall.xml"
      --libsel4_header "${out}/sel4/syscall.h"
    COMMAND ${python} "${libsel4}/tools/syscall_stub_gen.py" ${SEL4_STUB_OPTIONS}
      -o "${out}/interfaces/sel4_client.h" ${xmls}
    DEPENDS "${SEL4_SOURCE_STAMP}" COMMENT "seL4 ${variant}: libsel4" VERBATIM)

  sel4_generate_bitfields(${variant} libsel4 INCLUDE "${libsel4}/arch_include/${SEL4_XML_ARCH}" ARGUMENTS --environment libsel4 FILES
    "${libsel4}/include/sel4/types_64.bf" "${out}/sel4/types"
    "${libsel4}/include/sel4/shared_types_64.bf" "${out}/sel4/shared_types"
    "${libsel4}/sel4_arch_include/${SEL4_XML_SEL4_ARCH}/sel4/sel4_arch/types.bf" "${out}/sel4/sel4_arch/types")
endfunction()

# Copies files into DIR of the prefix, or one file to PATH of the prefix; appends the copies to `installed` of the caller.
macro(_sel4_install path)
  set(dir "${prefix}/${path}")
  set(copies "")
  foreach(file IN ITEMS ${ARGN})
    get_filename_component(name "${file}" NAME)
    list(APPEND copies "${dir}/${name}")
  endforeach()
  add_custom_command(OUTPUT ${copies}
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${dir}"
    COMMAND "${CMAKE_COMMAND}" -E copy_if_different ${ARGN} "${dir}"
    DEPENDS ${ARGN} "${SEL4_SOURCE_STAMP}" COMMENT "seL4 ${variant}: install ${path}/" VERBATIM)
  list(APPEND installed ${copies})
endmacro()
macro(_sel4_install_as path file)
  add_custom_command(OUTPUT "${prefix}/${path}"
    COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${file}" "${prefix}/${path}"
    DEPENDS "${file}" "${SEL4_SOURCE_STAMP}" COMMENT "seL4 ${variant}: install ${path}" VERBATIM)
  list(APPEND installed "${prefix}/${path}")
endmacro()

# Adds the target kernel-VARIANT, which fills the prefix of VARIANT.
function(sel4_add_prefix variant)
  sel4_work_dir(${variant} work)
  set(libsel4 "${SEL4_SOURCE}/libsel4")
  set(generated "${work}/libsel4/include")
  sel4_prefix_dir(${variant} prefix)
  set(include libsel4/include)
  set(installed "")

  set(kernels ${SEL4_KERNEL_FILES})
  list(TRANSFORM kernels PREPEND "${work}/")
  _sel4_install(bin ${kernels})
  _sel4_install(libsel4/src "${libsel4}/src/sel4_bootinfo.c")

  _sel4_install_as(${include}/interfaces/object-api.xml "${libsel4}/include/interfaces/sel4.xml")
  _sel4_install_as(${include}/interfaces/object-api-arch.xml "${libsel4}/arch_include/${SEL4_XML_ARCH}/interfaces/sel4arch.xml")
  _sel4_install_as(${include}/interfaces/object-api-sel4-arch.xml
    "${libsel4}/sel4_arch_include/${SEL4_XML_SEL4_ARCH}/interfaces/sel4arch.xml")
  _sel4_install(${include}/api "${libsel4}/include/api/syscall.xml" "${libsel4}/include/api/syscall.xsd")
  _sel4_install(${include}/kernel "${work}/kernel/gen_config.json" "${work}/kernel/gen_config.h")
  _sel4_install_as(${include}/sel4/gen_config.json "${work}/sel4/gen_config.json")
  _sel4_install_as(${include}/sel4/gen_config.h "${work}/sel4/gen_config.h")
  _sel4_install_as(${include}/autoconf.h "${work}/autoconf.h")

  # Headers: shipped ones, then generated ones, directory by directory.
  file(GLOB shipped "${libsel4}/include/sel4/*.h")
  _sel4_install(${include}/sel4 ${shipped} "${generated}/sel4/invocation.h" "${generated}/sel4/syscall.h"
    "${generated}/sel4/types.pbf" "${generated}/sel4/types_gen.h"
    "${generated}/sel4/shared_types.pbf" "${generated}/sel4/shared_types_gen.h")
  file(GLOB shipped "${libsel4}/arch_include/${SEL4_XML_ARCH}/sel4/arch/*.h")
  _sel4_install(${include}/sel4/arch ${shipped} "${generated}/sel4/arch/invocation.h")
  file(GLOB shipped "${libsel4}/sel4_arch_include/${SEL4_XML_SEL4_ARCH}/sel4/sel4_arch/*.h")
  _sel4_install(${include}/sel4/sel4_arch ${shipped} "${generated}/sel4/sel4_arch/invocation.h"
    "${generated}/sel4/sel4_arch/types.pbf" "${generated}/sel4/sel4_arch/types_gen.h")
  _sel4_install(${include}/sel4/plat/api "${SEL4_PLAT_CONSTANTS}")
  _sel4_install(${include}/interfaces "${generated}/interfaces/sel4_client.h")

  add_custom_target(kernel-${variant} DEPENDS ${installed})
  install(DIRECTORY "${prefix}" DESTINATION . USE_SOURCE_PERMISSIONS)
endfunction()
