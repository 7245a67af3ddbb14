/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loop of a protection domain: entry, `init`, interrupts let in, then messages and signals for ever.
 *
 * Started with the startup page's address in rdi, or 0, the IPC buffer's in rsi, and a stack aligned to 16 bytes.
 */
#include <microkit.h>

#include <stddef.h>
#include <stdint.h>

/* Found by name and written before the program starts; so they are in a segment that can be, and not zeroed. */
#define PATCHED __attribute__((section(".data.microkit"), used))

PATCHED char microkit_name[MICROKIT_PD_NAME_LENGTH];
PATCHED char microkit_passive;
PATCHED seL4_Word microkit_irqs;
PATCHED seL4_Word microkit_notifications;
PATCHED seL4_Word microkit_pps;
PATCHED seL4_Word microkit_ioports;

seL4_IPCBuffer *__sel4_ipc_buffer;
const void *microkit_startup_page;

bool microkit_have_signal;
seL4_CPtr microkit_signal_cap;
seL4_MessageInfo_t microkit_signal_msg;

/* For which kernel this was compiled: `partenza` refuses to boot it on another. */
struct abi_note {
    uint32_t owner_length, length, type;
    char owner[12];
    uint16_t format;
    uint8_t architecture, flags, role, zero[3];
    char kernel[8], abi[16];
};

enum { X86_64 = 1, FLAG_DEBUG = 2, PROTECTION_DOMAIN = 2 };

#ifdef CONFIG_PRINTING
#define FLAGS FLAG_DEBUG
#else
#define FLAGS 0
#endif

__attribute__((section(".note.sel4.abi"), used)) static const struct abi_note note = {
    9, 32, 1, "seL4-ABI", 1, X86_64, FLAGS, PROTECTION_DOMAIN, {0}, "5.0.0", "v5_x86_64",
};

_Static_assert(sizeof(struct abi_note) == 56, "the note has its size in itself");

/* Stack, startup page and IPC buffer as the loader passed them: a parent that restarts its child sets the entry only. */
__attribute__((used)) static seL4_Word microkit_entered[3];

__asm__(".section .text._start, \"ax\", @progbits\n"
        ".globl _start\n"
        "_start:\n"
        "    cmpq $0, microkit_entered(%rip)\n"
        "    jne 1f\n"
        "    mov %rsp, microkit_entered(%rip)\n"
        "    mov %rdi, microkit_entered+8(%rip)\n"
        "    mov %rsi, microkit_entered+16(%rip)\n"
        "1:  mov microkit_entered(%rip), %rsp\n"
        "    mov microkit_entered+8(%rip), %rdi\n"
        "    mov microkit_entered+16(%rip), %rsi\n"
        "    xor %ebp, %ebp\n"
        "    call microkit_main\n"
        "    ud2\n"
        ".text\n");

#define CALL_FLAG ((seL4_Word)1 << (MICROKIT_BADGE_BITS - 1))
#define FAULT_FLAG ((seL4_Word)1 << (MICROKIT_BADGE_BITS - 2))

void microkit_dbg_putc(int c)
{
#ifdef CONFIG_PRINTING
    seL4_DebugPutChar((char)c);
#endif
}

void microkit_dbg_puts(const char *s)
{
    while (*s) {
        microkit_dbg_putc(*s++);
    }
}

static void decimal(seL4_Uint32 x)
{
    if (x >= 10) {
        decimal(x / 10);
    }
    microkit_dbg_putc('0' + (int)(x % 10));
}

void microkit_dbg_put8(seL4_Uint8 x)
{
    decimal(x);
}

void microkit_dbg_put32(seL4_Uint32 x)
{
    decimal(x);
}

_Noreturn void microkit_internal_crash(seL4_Error err)
{
    __asm__ volatile("movb $0, (%0)" : : "r"((uintptr_t)err) : "memory");
    __builtin_trap();
}

/* What the kernel's headers end with when a label has too many bits, and the like. */
_Noreturn void __assert_fail(const char *what, const char *file, int line, const char *function)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": does not hold in ");
    microkit_dbg_puts(function);
    microkit_dbg_puts(", ");
    microkit_dbg_puts(file);
    microkit_dbg_puts(":");
    microkit_dbg_put32((seL4_Uint32)line);
    microkit_dbg_puts(": ");
    microkit_dbg_puts(what);
    microkit_dbg_puts("\n");
    microkit_internal_crash(seL4_InvalidArgument);
}

/* Called without being defined: the Microkit ends such a protection domain as well. */
__attribute__((weak)) microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(" is called, and has no function `protected`\n");
    microkit_internal_crash(seL4_NoError);
}

__attribute__((weak)) seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(" has a child that faulted, and no function `fault`\n");
    microkit_internal_crash(seL4_NoError);
}

static bool given(seL4_Word mask, unsigned id, const char *what)
{
    if (id < 64 && mask >> id & 1) {
        return true;
    }
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(what);
    microkit_dbg_put32(id);
    microkit_dbg_puts("\n");
    return false;
}

void microkit_notify(microkit_channel ch)
{
    if (given(microkit_notifications, ch, " may not notify on channel ")) {
        /* Not seL4_Signal, which sends a word with it on this kernel: the Supervisor takes it for a message. */
        seL4_Send(BASE_OUTPUT_NOTIFICATION_CAP + ch, seL4_MessageInfo_new(0, 0, 0, 0));
    }
}

void microkit_irq_ack(microkit_channel ch)
{
    if (given(microkit_irqs, ch, " has no interrupt on channel ")) {
        seL4_IRQHandler_Ack(BASE_IRQ_CAP + ch);
    }
}

/* The Microkit sends these with the next wait in one system call, which this kernel does not have. */
static void defer(seL4_CPtr cap, seL4_MessageInfo_t msg)
{
    microkit_have_signal = true;
    microkit_signal_cap = cap;
    microkit_signal_msg = msg;
}

void microkit_deferred_notify(microkit_channel ch)
{
    if (given(microkit_notifications, ch, " may not notify on channel ")) {
        defer(BASE_OUTPUT_NOTIFICATION_CAP + ch, seL4_MessageInfo_new(0, 0, 0, 0));
    }
}

void microkit_deferred_irq_ack(microkit_channel ch)
{
    if (given(microkit_irqs, ch, " has no interrupt on channel ")) {
        defer(BASE_IRQ_CAP + ch, seL4_MessageInfo_new(IRQAckIRQ, 0, 0, 0));
    }
}

microkit_msginfo microkit_ppcall(microkit_channel ch, microkit_msginfo msginfo)
{
    if (!given(microkit_pps, ch, " may not call on channel ")) {
        return seL4_MessageInfo_new(seL4_InvalidCapability, 0, 0, 0);
    }
    /* The message may lie in memory that the compiler believes nobody looks at. */
    __asm__ volatile("" : : : "memory");
    msginfo = seL4_Call(BASE_ENDPOINT_CAP + ch, msginfo);
    __asm__ volatile("" : : : "memory");
    return msginfo;
}

/* A child that the Supervisor has taken back, or not started yet, is none that could be told anything. */
static void tell_child(seL4_Error error, const char *what, microkit_child child)
{
    if (error) {
        microkit_dbg_puts(microkit_name);
        microkit_dbg_puts(what);
        microkit_dbg_put32(child);
        microkit_dbg_puts("\n");
    }
}

void microkit_pd_restart(microkit_child child, seL4_Word entry_point)
{
    seL4_UserContext context = {.rip = entry_point};
    tell_child(seL4_TCB_WriteRegisters(BASE_CHILD_TCB_CAP + child, true, 0, 1, &context), " cannot restart child ", child);
}

void microkit_pd_stop(microkit_child child)
{
    tell_child(seL4_TCB_Suspend(BASE_CHILD_TCB_CAP + child), " cannot stop child ", child);
}

#define IOPORT(bits)                                                                           \
    seL4_Uint##bits microkit_x86_ioport_read_##bits(microkit_ioport id, seL4_Word port)        \
    {                                                                                          \
        if (!given(microkit_ioports, id, " has no I/O ports ")) {                              \
            return 0;                                                                          \
        }                                                                                      \
        return seL4_X86_IOPort_In##bits(BASE_IOPORT_CAP + id, (seL4_Uint16)port).result;       \
    }                                                                                          \
    void microkit_x86_ioport_write_##bits(microkit_ioport id, seL4_Word port, seL4_Word value) \
    {                                                                                          \
        if (given(microkit_ioports, id, " has no I/O ports ")) {                               \
            seL4_X86_IOPort_Out##bits(BASE_IOPORT_CAP + id, port, value);                      \
        }                                                                                      \
    }

IOPORT(8)
IOPORT(16)
IOPORT(32)

/* Interrupts that came before there was anybody to: let in once. */
static void let_interrupts_in(void)
{
    for (seL4_Word irqs = microkit_irqs; irqs; irqs &= irqs - 1) {
        seL4_IRQHandler_Ack(BASE_IRQ_CAP + (seL4_CPtr)__builtin_ctzl(irqs));
    }
}

static _Noreturn void serve(void)
{
    bool answers = false;
    microkit_msginfo msg = seL4_MessageInfo_new(0, 0, 0, 0);
    for (;;) {
        seL4_Word badge;
        if (microkit_have_signal) {
            microkit_have_signal = false;
            if (answers) {
                /* The registers hold the answer's words; neither a signal nor an acknowledgement takes any. */
                seL4_Reply(msg);
                answers = false;
            }
            if (seL4_MessageInfo_get_label(microkit_signal_msg) == IRQAckIRQ) {
                seL4_IRQHandler_Ack(microkit_signal_cap);
            } else {
                seL4_Send(microkit_signal_cap, microkit_signal_msg);
            }
        }
        __asm__ volatile("" : : : "memory");
        msg = answers ? seL4_ReplyRecv(INPUT_CAP, msg, &badge) : seL4_Recv(INPUT_CAP, &badge);
        __asm__ volatile("" : : : "memory");
        answers = true;
        if (badge & CALL_FLAG) {
            msg = protected((microkit_channel)(badge & ~CALL_FLAG), msg);
        } else if (badge & FAULT_FLAG) {
            microkit_msginfo reply = msg;
            answers = fault((microkit_child)(badge & ~FAULT_FLAG), msg, &reply);
            msg = reply;
        } else {
            answers = false;
            for (; badge; badge &= badge - 1) {
                notified((microkit_channel)__builtin_ctzl(badge));
            }
        }
    }
}

__attribute__((used)) static _Noreturn void microkit_main(const void *startup_page, seL4_IPCBuffer *ipc_buffer)
{
    microkit_startup_page = startup_page;
    __sel4_ipc_buffer = ipc_buffer;
    microkit_have_signal = false;
    /* Where this kernel's own functions look for it. */
    seL4_SetUserData((seL4_Word)ipc_buffer);
    init();
    let_interrupts_in();
    serve();
}
