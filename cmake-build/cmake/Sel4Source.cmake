# SPDX-License-Identifier: BSD-2-Clause
#
# Fetches seL4 5.0.0, verifies it and unpacks it into the build directory.
#
# The source comes in the crates.io package `sel4-sys`, which cargo fetches like any other package; the
# crate itself is never compiled. Trust rests on one number, the SHA-256 in sel4-source/Cargo.lock: cargo
# checks it when it downloads, but not what it finds already unpacked in its cache. Therefore it is checked
# here again on the .crate file, and the build uses its own copy, unpacked from the file that was checked.

set(SEL4_CRATE "" CACHE FILEPATH "The sel4-sys .crate file, where cargo cannot fetch it; verified like a fetched one")

# Reads version and checksum of the package out of the lock file.
function(_sel4_read_lock lock version checksum)
  file(READ "${lock}" text)
  if(NOT text MATCHES "name = \"sel4-sys\"\nversion = \"([^\"]+)\"\nsource = \"[^\"]+\"\nchecksum = \"([0-9a-f]+)\"")
    message(FATAL_ERROR "${lock} does not pin sel4-sys")
  endif()
  set(${version} "${CMAKE_MATCH_1}" PARENT_SCOPE)
  set(${checksum} "${CMAKE_MATCH_2}" PARENT_SCOPE)
endfunction()

# Lets cargo fetch the package and returns the path of the .crate file in its cache.
function(_sel4_fetch_crate manifest version result)
  find_program(CARGO NAMES cargo PATHS "$ENV{HOME}/.cargo/bin" DOC "Fetches the package with seL4's source")
  if(NOT CARGO)
    message(FATAL_ERROR "cargo was not found; it comes with Rust, see https://rustup.rs")
  endif()
  message(STATUS "Fetching sel4-sys ${version} (seL4 5.0.0) with cargo")
  execute_process(
    COMMAND "${CARGO}" metadata --locked --format-version 1 --manifest-path "${manifest}"
    OUTPUT_VARIABLE metadata ERROR_VARIABLE errors RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "cargo could not fetch sel4-sys ${version}:\n${errors}\n"
      "Without access to a registry, give the file: -DSEL4_CRATE=/path/to/sel4-sys-${version}.crate")
  endif()
  string(JSON count LENGTH "${metadata}" packages)
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON name GET "${metadata}" packages ${i} name)
    if(name STREQUAL "sel4-sys")
      string(JSON found GET "${metadata}" packages ${i} manifest_path)
    endif()
  endforeach()
  # .../registry/src/INDEX/sel4-sys-V/Cargo.toml was unpacked from .../registry/cache/INDEX/sel4-sys-V.crate
  string(REGEX REPLACE "/registry/src/([^/]+/sel4-sys-[^/]+)/Cargo.toml$" "/registry/cache/\\1.crate" crate "${found}")
  if(crate STREQUAL found OR NOT EXISTS "${crate}")
    message(FATAL_ERROR "cargo found sel4-sys at ${found}, which is not in its registry cache (a vendored source?).\n"
      "Give the package's file itself: -DSEL4_CRATE=/path/to/sel4-sys-${version}.crate")
  endif()
  set(${result} "${crate}" PARENT_SCOPE)
endfunction()

# Sets in the caller: SEL4_SOURCE, the root of the kernel's source; SEL4_SOURCE_STAMP, a file that is newer
# when the source is another; SEL4_VERSION.
function(sel4_fetch_source)
  set(lock "${CMAKE_CURRENT_SOURCE_DIR}/sel4-source/Cargo.lock")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${lock}")
  _sel4_read_lock("${lock}" version checksum)

  set(unpacked "${CMAKE_BINARY_DIR}/source")
  set(stamp "${unpacked}/verified")
  set(have "")
  if(EXISTS "${stamp}")
    file(READ "${stamp}" have)
  endif()
  if(NOT have STREQUAL checksum)
    if(SEL4_CRATE)
      set(crate "${SEL4_CRATE}")
    else()
      _sel4_fetch_crate("${CMAKE_CURRENT_SOURCE_DIR}/sel4-source/Cargo.toml" "${version}" crate)
    endif()
    file(SHA256 "${crate}" actual)
    if(NOT actual STREQUAL checksum)
      message(FATAL_ERROR "${crate} is not the package that ${lock} pins:\n"
        "  expected SHA-256 ${checksum}\n  found            ${actual}\nDelete that file and try again.")
    endif()
    file(REMOVE_RECURSE "${unpacked}")
    file(ARCHIVE_EXTRACT INPUT "${crate}" DESTINATION "${unpacked}")
    file(WRITE "${stamp}" "${checksum}")
  endif()

  set(source "${unpacked}/sel4-sys-${version}/seL4")
  file(STRINGS "${source}/VERSION" sel4_version LIMIT_COUNT 1)
  set(SEL4_SOURCE "${source}" PARENT_SCOPE)
  set(SEL4_SOURCE_STAMP "${stamp}" PARENT_SCOPE)
  set(SEL4_VERSION "${sel4_version}" PARENT_SCOPE)
endfunction()
