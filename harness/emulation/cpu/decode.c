/* From an instruction's halfwords to its class and cycles (docs/cycle-model.md).
 *
 * TRM = ARM DDI 0337 table "Cortex-M3 instruction set summary", zero wait states. The refill of a taken branch is
 * added where the branch is seen to be taken (core.c); a load to PC costs one cycle more here, so that it comes to
 * the three cycles of reload the TRM gives. Where the TRM gives a range the upper end stands here.
 */
#include "tb_core.h"

static uint8_t op(int class, int cycles) { return (uint8_t)(class << 5 | cycles); }

static int count_bits(uint32_t list) { return __builtin_popcount(list); }

/* Which registers a single load or store takes its address from; 0 = not one that can follow a load in the pipeline. */
static uint32_t address_registers(uint32_t first)
{
    uint32_t n = first >> 3 & 7;
    if (first >> 12 == 5) /* register offset */
        return 1u << n | 1u << (first >> 6 & 7);
    if (first >> 13 == 3 || first >> 12 == 8) /* immediate offset */
        return 1u << n;
    if (first >> 12 == 9) /* relative to SP */
        return 1u << 13;
    if (first >> 11 == 9) /* literal */
        return 1u << 15;
    /* The wide ones show their offset register in the second halfword only: taken as not pipelined if they might. */
    if ((first & 0xFE00) == 0xF800 && (first & 0x80))
        return 1u << (first & 15);
    return 0;
}

/* A load is one cycle shorter for its follower if that is a load or store whose address does not need it: the cycle is
 * taken off here, because the follower always runs right after it (TRM, load/store timings). */
static int load_cycles(uint32_t target, uint32_t next)
{
    uint32_t used = address_registers(next);
    return used && !(used & 1u << target) ? 1 : 2;
}

static uint8_t decode_misc16(uint32_t first)
{
    switch (first >> 8 & 15) {
    case 4: case 5: /* PUSH */
        return op(OP_PLAIN, 1 + count_bits(first & 0x1FF));
    case 12: case 13: /* POP */
        return op(OP_PLAIN, 1 + count_bits(first & 0x1FF) + (first >> 8 & 1));
    case 6: /* CPS */
        return (first & 0xFFE8) == 0xB660 ? op(OP_UNMASK, 2) : op(OP_REFUSED, 1);
    case 14: /* BKPT */
        return op(OP_REFUSED, 1);
    case 15:
        if (first & 15)
            return op(OP_IT, 1);
        return first == 0xBF20 || first == 0xBF30 || first == 0xBF40 ? op(OP_SLEEP, 1) : op(OP_PLAIN, 1);
    default:
        return op(OP_PLAIN, 1);
    }
}

static uint8_t decode_narrow(uint32_t first, uint32_t next)
{
    switch (first >> 12) {
    case 4:
        if (first >> 11 == 9)
            return op(OP_PLAIN, load_cycles(first >> 8 & 7, next));
        return op(OP_PLAIN, 1); /* MUL is 1; BX, BLX and MOV PC get their refill when taken */
    case 5: /* register offset: stores 0-2, loads 3-7 */
        return op(OP_PLAIN, (first >> 9 & 7) < 3 ? 2 : load_cycles(first & 7, next));
    case 6: case 7: case 8: /* immediate offset; a store is always one cycle (TRM) */
        return op(OP_PLAIN, first & 0x800 ? load_cycles(first & 7, next) : 1);
    case 9:
        return op(OP_PLAIN, first & 0x800 ? load_cycles(first >> 8 & 7, next) : 1);
    case 11:
        return decode_misc16(first);
    case 12: /* STM, LDM */
        return op(OP_ALIGNED, 1 + count_bits(first & 0xFF));
    case 13:
        return (first >> 8 & 15) == 14 ? op(OP_REFUSED, 1) : op(OP_PLAIN, 1);
    default:
        return op(OP_PLAIN, 1);
    }
}

/* LDM, STM, LDRD, STRD, exclusives, TBB. Based on SP they can't be unaligned: SP[1:0] is always 0. */
static uint8_t decode_multiple(uint32_t first, uint32_t second)
{
    int class = (first & 15) == 13 ? OP_PLAIN : OP_ALIGNED;
    if (!(first & 0x40)) {
        int to_pc = (first & 0x10) && (second & 0x8000);
        return op(class, 1 + count_bits(second) + to_pc);
    }
    if ((first & 0xFFF0) == 0xE8D0 && (second & 0xE0) == 0) /* TBB, TBH: load 2, add 1, reload 3 */
        return op(OP_PLAIN, 4);
    if ((first & 0xFF60) == 0xE840) { /* exclusives: LDREX, STREX, and the byte and halfword forms */
        return op(OP_EXCLUSIVE, 2);
    }
    return op((first & 15) == 15 ? OP_PLAIN : class, 3); /* LDRD, STRD: 1 + N */
}

static uint8_t decode_branch_or_system(uint32_t first, uint32_t second)
{
    if (second & 0x5000) /* B.W, BL */
        return op(OP_PLAIN, 1);
    if ((first & 0x380) != 0x380) /* conditional B.W */
        return op(OP_PLAIN, 1);
    switch (first >> 4 & 0x7F) {
    case 0x38: case 0x39: /* MSR */
        return op(OP_UNMASK, 2);
    case 0x3A: /* hints: NOP.W 0, WFE.W 2, WFI.W 3, SEV.W 4 */
        return (second & 0xFF) >= 2 && (second & 0xFF) <= 4 ? op(OP_SLEEP, 1) : op(OP_PLAIN, 1);
    case 0x3B: /* CLREX; barriers, of which ISB refills the pipeline */
        if ((second & 0xF0) == 0x20)
            return op(OP_EXCLUSIVE, 1);
        return op(OP_PLAIN, (second & 0xF0) == 0x60 ? 1 + CYCLES_REFILL : 1);
    case 0x3E: case 0x3F: /* MRS */
        return op(OP_PLAIN, 2);
    default:
        return op(OP_REFUSED, 1);
    }
}

static uint8_t decode_single(uint32_t first, uint32_t second, uint32_t next)
{
    uint32_t target = second >> 12;
    if (!(first & 0x10)) { /* store: register offset has an all-zero [11:6] */
        bool by_register = !(first & 0x80) && !(second & 0xFC0);
        return op(OP_PLAIN, by_register ? 2 : 1);
    }
    if (target == 15) /* LDR PC: two and three; the byte and halfword forms are preload hints */
        return op(OP_PLAIN, (first & 0x60) == 0x40 ? 3 : 1);
    return op(OP_PLAIN, load_cycles(target, next));
}

static uint8_t decode_multiply(uint32_t first, uint32_t second)
{
    if (!(first & 0x80)) /* MUL 1, MLA and MLS 2 */
        return op(OP_PLAIN, second >> 12 == 15 ? 1 : 2);
    switch (first >> 4 & 7) {
    case 0: case 2: /* SMULL, UMULL: 3 to 5 */
        return op(OP_PLAIN, 5);
    case 1: case 3: /* SDIV, UDIV: 2 to 12 */
        return op(OP_DIVIDE, 12);
    default: /* SMLAL, UMLAL: 4 to 7 */
        return op(OP_PLAIN, 7);
    }
}

/* ``next`` is the halfword that follows the instruction (for pairs of loads). */
uint8_t tb_decode(uint32_t first, uint32_t second, uint32_t next)
{
    if (!tb_is_wide(first))
        return decode_narrow(first, next);
    if ((first & 0xEC00) == 0xEC00) /* coprocessor space: this part has neither FPU nor coprocessor */
        return op(OP_REFUSED, 1);
    if ((first & 0xFE00) == 0xE800)
        return decode_multiple(first, second);
    if ((first & 0xF800) == 0xF000)
        return second & 0x8000 ? decode_branch_or_system(first, second) : op(OP_PLAIN, 1);
    if ((first & 0xFE00) == 0xF800)
        return decode_single(first, second, next);
    if ((first & 0xFF00) == 0xFB00)
        return decode_multiply(first, second);
    return op(OP_PLAIN, 1);
}
