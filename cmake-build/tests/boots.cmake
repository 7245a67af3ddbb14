# SPDX-License-Identifier: BSD-2-Clause
# The debug kernel boots up to the point where it wants a root task. It then halts, so QEMU is ended by time.
execute_process(
  COMMAND "${QEMU}" -machine q35 -accel tcg -cpu qemu64,+fsgsbase -m 128 -kernel "${KERNEL}"
    -display none -serial stdio -monitor none -nodefaults -no-reboot
  INPUT_FILE /dev/null OUTPUT_VARIABLE console ERROR_VARIABLE errors TIMEOUT 5)
if(NOT console MATCHES "Expect at least one boot module")
  message(FATAL_ERROR "The kernel did not get as far as asking for a root task. Its console:\n${console}\n${errors}")
endif()
