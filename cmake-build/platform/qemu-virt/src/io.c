/* SPDX-License-Identifier: GPL-2.0-only */
/* The debug kernel's console: a PL011, which QEMU leaves switched on. */
#include <config.h>
#include <stdint.h>
#include <util.h>
#include <machine/io.h>
#include <plat/machine/devices.h>

#define UARTDR      0x000
#define UARTFR      0x018
#define UARTFR_TXFF BIT(5)
#define UART_REG(x) ((volatile uint32_t *)(UART_PPTR + (x)))

#if defined(CONFIG_DEBUG_BUILD) || defined(CONFIG_PRINTING)
void putDebugChar(unsigned char c)
{
    while ((*UART_REG(UARTFR) & UARTFR_TXFF) != 0);
    *UART_REG(UARTDR) = c;
}
#endif

#ifdef CONFIG_DEBUG_BUILD
/* The kernel declares it and nothing in it reads: input is the terminal driver's. */
unsigned char getDebugChar(void)
{
    return 0;
}
#endif
