# SPDX-License-Identifier: BSD-2-Clause
#
# Finds a Python that can run seL4's generators: one that has ply, six and tempita.
#
# The first python3 in PATH often is not it (pyenv, a virtual environment), while the system's own has
# Debian's packages. So every candidate is asked, and the answer is whether the imports work.

function(sel4_python_has_modules result candidate)
  execute_process(
    COMMAND "${candidate}" -c "import ply.yacc, six.moves, tempita"
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(failed)
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

# Sets SEL4_PYTHON (cache). -DSEL4_PYTHON=/path/to/python3 overrides the search.
function(sel4_find_python)
  find_program(SEL4_PYTHON NAMES python3 python PATHS /usr/bin /usr/local/bin
    VALIDATOR sel4_python_has_modules
    DOC "Python with ply, six and tempita, for seL4's generators")
  set(usable TRUE)
  if(SEL4_PYTHON)
    sel4_python_has_modules(usable "${SEL4_PYTHON}") # it may have been given, and is not validated then
  endif()
  if(NOT SEL4_PYTHON OR NOT usable)
    unset(SEL4_PYTHON CACHE)
    message(FATAL_ERROR
      "No python3 with the modules ply, six and tempita was found; seL4's generators need them.\n"
      "Debian:    apt-get install python3 python3-ply python3-six python3-tempita   (or: support/setup)\n"
      "elsewhere: pip install ply six Tempita, and -DSEL4_PYTHON=/path/to/that/python3")
  endif()
endfunction()
