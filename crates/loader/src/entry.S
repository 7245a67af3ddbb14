/* SPDX-License-Identifier: BSD-2-Clause */
/* From the machine's reset or a boot loader's jump to Rust, and from Rust to the kernel. Assembly, because here the stack, the MMU
 * and the exception level are made that Rust code stands on; after `enter_kernel` there is no code of ours mapped any more. */

    .section .text.start, "ax"
    .global _start
_start:
    /* The header of a Linux image (Documentation/arch/arm64/booting.rst): QEMU and U-Boot load such a file to a multiple of
     * 2 MiB plus text_offset and start it with the device tree's address in x0. As an ELF file's entry QEMU gives x0 = 0. */
    b       start
    .word   0
    .quad   0x200000                /* text_offset */
    .quad   0                       /* image_size, by the packer */
    .quad   0xa                     /* little endian, 4 KiB pages, anywhere in memory */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .word   0

    .global parameters
parameters:
    .ascii  "PZLOAD01"
    .fill   8, 8, 0                 /* by the packer: parameters.rs */

    /* x19: the device tree's address or 0. x20: how firmware is called: 0 not at all, 1 HVC, 2 SMC. Without EL2 and EL3 QEMU
     * itself answers HVC; with EL2 but no EL3 it answers SMC; at EL3 nobody is there to answer. */
start:
    msr     daifset, #0xf
    mov     x19, x0
    mov     x20, #1
    mrs     x0, CurrentEL
    cmp     x0, #(3 << 2)
    b.eq    el3
    cmp     x0, #(2 << 2)
    b.eq    el2
    b       el1

    /* EL3: to secure EL1. There the GIC's registers are the secure ones and interrupts group 0, which this kernel's driver
     * works with as it is; in the non-secure world it would find all interrupts to be the secure world's. */
el3:
    mov     x20, #0
    mov     x0, #0x430              /* SCR_EL3: RW, RES1; NS = 0 */
    msr     scr_el3, x0
    msr     cptr_el3, xzr
    mov     x0, #0x3c5              /* EL1h, all interrupts masked */
    msr     spsr_el3, x0
    adr     x0, el1
    msr     elr_el3, x0
    ldr     x0, =0x30d00800         /* SCTLR_EL1: RES1, MMU and caches off */
    msr     sctlr_el1, x0
    isb
    eret

    /* EL2: nothing is trapped there any more. */
el2:
    mov     x20, #2
    mov     x0, #(1 << 31)          /* HCR_EL2: RW */
    msr     hcr_el2, x0
    mrs     x0, cnthctl_el2
    orr     x0, x0, #3              /* EL1 has the physical timer and count */
    msr     cnthctl_el2, x0
    msr     cntvoff_el2, xzr
    mov     x0, #0x33ff             /* CPTR_EL2: RES1, floating point is not trapped */
    msr     cptr_el2, x0
    msr     hstr_el2, xzr
    mrs     x0, pmcr_el0
    ubfx    x0, x0, #11, #5
    msr     mdcr_el2, x0            /* EL1 has all event counters */
    mrs     x0, midr_el1
    msr     vpidr_el2, x0
    mrs     x0, mpidr_el1
    msr     vmpidr_el2, x0
    msr     vttbr_el2, xzr
    ldr     x0, =0x30d00800
    msr     sctlr_el1, x0
    mov     x0, #0x3c5
    msr     spsr_el2, x0
    adr     x0, el1
    msr     elr_el2, x0
    isb
    eret

el1:
    adr     x0, _start
    ldr     x1, =_start
    cmp     x0, x1
    b.ne    wrong_address

    /* The MMU with an identity map: without it all memory is Device, where the unaligned accesses that compiled Rust makes fault.
     * Registers have the values that seL4 5.0.0's page tables assume, because the kernel leaves them as they are.
     * MAIR, by index: 0 nGnRnE, 1 nGnRE, 2 GRE, 3 non-cacheable, 4 write-back (the kernel's enum mair_types).
     * TCR: 48-bit addresses both ways, 4 KiB pages, walks write-back and inner shareable, 16-bit ASIDs, and the physical
     * addresses that the processor has, up to 48 bits. */
    ldr     x0, =0x000000ff440c0400
    msr     mair_el1, x0
    ldr     x0, =0x00000010b5103510
    mrs     x1, id_aa64mmfr0_el1
    and     x1, x1, #0xf
    mov     x2, #5
    cmp     x1, x2
    csel    x1, x1, x2, lo
    orr     x0, x0, x1, lsl #32
    msr     tcr_el1, x0
    ldr     x0, =identity
    msr     ttbr0_el1, x0
    ldr     x0, =KERNEL_TABLES
    msr     ttbr1_el1, x0
    /* User level reads the physical and the virtual count (EL0PCTEN, EL0VCTEN) and programs no timer. */
    mov     x0, #3
    msr     cntkctl_el1, x0
    msr     pmuserenr_el0, xzr
    /* Rust's prebuilt core copies with vector registers. The kernel takes them away again. */
    mov     x0, #(3 << 20)
    msr     cpacr_el1, x0
    isb
    tlbi    vmalle1
    ic      iallu
    dsb     sy
    isb
    /* SCTLR: RES1, MMU and caches on; user level may clean caches by address, read CTR, zero blocks, and wait. */
    ldr     x0, =0x34d5d805
    msr     sctlr_el1, x0
    isb
    ldr     x0, =stack_top
    mov     sp, x0
    mov     x29, xzr
    mov     x0, x19
    mov     x1, x20
    bl      prepare
    /* fall through: x0 is the address of what the kernel is entered with */

    /* Five words: the kernel's entry, then x0 to x3: the root task's start and end (physical), physical minus virtual, entry.
     * Tables that Rust wrote are seen by the walker: both are write-back and inner shareable. */
enter_kernel:
    mov     x9, x0
    dsb     sy
    tlbi    vmalle1
    ic      iallu
    dsb     sy
    isb
    ldr     x8, [x9]
    ldp     x0, x1, [x9, #8]
    ldp     x2, x3, [x9, #24]
    br      x8

    /* The image stands somewhere else, so nothing that knows its own address works: no table, no Rust. Prints with the MMU off,
     * a byte at a time. */
wrong_address:
    adr     x0, wrong_address_text
    ldr     x1, =0x09000000
1:  ldrb    w2, [x0], #1
    cbz     w2, 3f
2:  ldr     w3, [x1, #0x18]
    tbnz    w3, #5, 2b              /* the PL011's transmit FIFO is full */
    str     w2, [x1]
    b       1b
3:  wfi
    b       3b
wrong_address_text:
    .ascii  "loader: PZ-E0156: the image was loaded to a wrong address\n"
    .asciz  "  load it to 0x40200000, which the header of a Linux image and that of a uImage say\n"
    .balign 8
    .ltorg

    /* The identity map: 1 GiB of devices, then 255 GiB of write-back memory, in blocks of 1 GiB. */
    .section .data.tables, "aw"
    .balign 4096
identity:
    .quad   identity_1 + 3
    .fill   511, 8, 0
identity_1:
    .quad   0x0060000000000401      /* AF, index 0, execute-never */
    .set    block, 1
    .rept   255
    .quad   (block << 30) | 0x711   /* AF, inner shareable, index 4 */
    .set    block, block + 1
    .endr
    .fill   256, 8, 0
