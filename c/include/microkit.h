/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Microkit's API for protection domains in C, as far as this kernel and this release go (docs/c.md has the
 * differences). A protection domain defines `init` and `notified`, and `protected` and `fault` where it is called or has
 * children. <sel4/sel4.h> is the kernel's own, from the prefix that it was installed to.
 */
#ifndef MICROKIT_H
#define MICROKIT_H

#include <stdbool.h>

#include <sel4/sel4.h>

#ifdef CONFIG_KERNEL_MCS
#error "this library is for kernels without MCS"
#endif

typedef unsigned int microkit_channel;
typedef unsigned int microkit_child;
typedef unsigned int microkit_ioport;
typedef seL4_MessageInfo_t microkit_msginfo;

/* Of a badge, which has 28 bits on this kernel: two are flags, the others are channels. */
#define MICROKIT_BADGE_BITS 28
#define MICROKIT_MAX_CHANNELS (MICROKIT_BADGE_BITS - 2)
#define MICROKIT_MAX_CHANNEL_ID (MICROKIT_MAX_CHANNELS - 1)
#define MICROKIT_MAX_IOPORT_ID 61
#define MICROKIT_MAX_CHILD_ID 61
#define MICROKIT_PD_NAME_LENGTH 64

/* The CSpace: each kind at a base to which an id is added. */
#define INPUT_CAP 1
#define BASE_OUTPUT_NOTIFICATION_CAP 10
#define BASE_ENDPOINT_CAP 74
#define BASE_IRQ_CAP 138
#define BASE_CHILD_TCB_CAP 202
#define BASE_IOPORT_CAP 394

/* What the protection domain defines. */
void init(void);
void notified(microkit_channel ch);
microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo);
seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo);

/* Filled in by `partenza`. */
extern char microkit_name[MICROKIT_PD_NAME_LENGTH];
extern char microkit_passive;
extern seL4_Word microkit_irqs, microkit_notifications, microkit_pps, microkit_ioports;

/* What the loader passed: the message registers, and the page that <partenza/startup.h> reads or NULL. */
extern seL4_IPCBuffer *__sel4_ipc_buffer;
extern const void *microkit_startup_page;

/* A signal that goes out when the protection domain next waits. */
extern bool microkit_have_signal;
extern seL4_CPtr microkit_signal_cap;
extern seL4_MessageInfo_t microkit_signal_msg;

void microkit_dbg_putc(int c);
void microkit_dbg_puts(const char *s);
void microkit_dbg_put8(seL4_Uint8 x);
void microkit_dbg_put32(seL4_Uint32 x);

/* Ends the protection domain by a write to that address, which its fault reports. */
_Noreturn void microkit_internal_crash(seL4_Error err);

/* A channel that the system description does not give is told where there is a console, and nothing happens. */
void microkit_notify(microkit_channel ch);
void microkit_irq_ack(microkit_channel ch);
void microkit_deferred_notify(microkit_channel ch);
void microkit_deferred_irq_ack(microkit_channel ch);
microkit_msginfo microkit_ppcall(microkit_channel ch, microkit_msginfo msginfo);

/*
 * The thread of a child. A restart lets the same incarnation run again from its entry, on its first stack, with its data as
 * it left them: not what the Supervisor does, which a service that greeted its Supervisor needs. Where the child is not there,
 * which its state may well be, nothing happens.
 */
void microkit_pd_restart(microkit_child child, seL4_Word entry_point);
void microkit_pd_stop(microkit_child child);

/* Offsets are ports, within the range of that id. */
seL4_Uint8 microkit_x86_ioport_read_8(microkit_ioport ioport_id, seL4_Word port_addr);
seL4_Uint16 microkit_x86_ioport_read_16(microkit_ioport ioport_id, seL4_Word port_addr);
seL4_Uint32 microkit_x86_ioport_read_32(microkit_ioport ioport_id, seL4_Word port_addr);
void microkit_x86_ioport_write_8(microkit_ioport ioport_id, seL4_Word port_addr, seL4_Word value);
void microkit_x86_ioport_write_16(microkit_ioport ioport_id, seL4_Word port_addr, seL4_Word value);
void microkit_x86_ioport_write_32(microkit_ioport ioport_id, seL4_Word port_addr, seL4_Word value);

static inline microkit_msginfo microkit_msginfo_new(seL4_Word label, seL4_Uint16 count)
{
    return seL4_MessageInfo_new(label, 0, 0, count);
}

static inline seL4_Word microkit_msginfo_get_label(microkit_msginfo msginfo)
{
    return seL4_MessageInfo_get_label(msginfo);
}

static inline seL4_Word microkit_msginfo_get_count(microkit_msginfo msginfo)
{
    return seL4_MessageInfo_get_length(msginfo);
}

static inline void microkit_mr_set(seL4_Uint8 mr, seL4_Word value)
{
    seL4_SetMR(mr, value);
}

static inline seL4_Word microkit_mr_get(seL4_Uint8 mr)
{
    return seL4_GetMR(mr);
}

#endif
