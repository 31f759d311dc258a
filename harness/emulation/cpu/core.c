/* The run loop: Unicorn executes, a native code hook before every instruction keeps the exact time.
 *
 * Measured (Unicorn 2.1.4): this hook runs SHA-256 at well over 100 M instructions/s; a hook in Python at 5 to 30 M,
 * and a block hook counts whole blocks before they run. What the hook must look at (deadline, SysTick, pending
 * exceptions, a stop) is folded into one number, ``limit``.
 */
#include <string.h>

#include "tb_core.h"

/* No code is ever executed here, so emu_start never ends by reaching it. */
#define UNTIL 0xF0000000u

void tb_attend_next(struct tb_core *core)
{
    core->attention = 1;
    core->limit = 0;
}

/* The first fault counts; what follows from it does not. */
void tb_raise(struct tb_core *core, int kind, uint32_t address, uint32_t width, uint32_t value)
{
    if (!core->fault.kind)
        core->fault = (struct tb_fault){(uint32_t)kind, address, value, width, core->s.pc};
    tb_attend_next(core);
}

static void set_limit(struct tb_core *core)
{
    const struct tb_state *s = &core->s;
    uint64_t limit = core->deadline;
    if ((s->systick_ctrl & 3) == 3 && s->systick_zero < limit)
        limit = s->systick_zero;
    if (core->block_cycle < limit)
        limit = core->block_cycle;
    core->limit = core->attention || core->stop || core->flush ? 0 : limit;
}

static void continue_at(struct tb_core *core)
{
    /* Writing PC inside a hook makes Unicorn drop the block and go on there, without leaving emu_start. */
    tb_set(core, UC_ARM_REG_PC, core->s.next_pc | 1);
}

bool tb_in_it_block(const struct tb_state *s, uint32_t address)
{
    return address - s->it_begin < s->it_end - s->it_begin;
}

/* Something is due before the instruction at ``address``; true if that instruction is not to run now. */
static bool attend(struct tb_core *core, uint32_t address)
{
    struct tb_state *s = &core->s;
    tb_systick_sync(core);
    /* Unicorn looks for a stop at the end of an IT block only: what is due waits for that, three instructions at most. */
    if (tb_in_it_block(s, address) && !core->fault.kind)
        return false;
    s->cost = 0;
    s->next_pc = address;
    tb_catch_up(core, s->cycles);
    if (core->stop || core->flush || core->fault.kind || s->sleeping || s->cycles >= core->deadline) {
        uc_emu_stop(core->uc);
        return true;
    }
    core->attention = 0;
    if (s->pending && tb_take_pending(core, address)) {
        set_limit(core);
        continue_at(core);
        return true;
    }
    set_limit(core);
    if (core->fault.kind)
        uc_emu_stop(core->uc);
    return core->fault.kind != FAULT_NONE;
}

/* Decode, and remember it for flash. RAM may be rewritten by any store, so it is decoded every time. */
static uint8_t classify(struct tb_core *core, uint32_t address)
{
    uint32_t first = tb_half_at(core, address);
    uint32_t next = address + (tb_is_wide(first) ? 4 : 2);
    uint8_t class = tb_decode(first, tb_half_at(core, address + 2), tb_half_at(core, next));
    if (address < core->flash_bytes)
        core->classes[address >> 1] = class;
    else
        core->ram_code = 1;
    return class;
}

static void begin_it_block(struct tb_core *core, uint32_t address)
{
    struct tb_state *s = &core->s;
    int count = 4 - __builtin_ctz(tb_half_at(core, address) & 15);
    s->it_begin = s->it_end = address + 2;
    while (count--)
        s->it_end += tb_is_wide(tb_half_at(core, s->it_end)) ? 4 : 2;
}

/* The hook is not called for the instructions an IT block skips: they show as a jump forward inside the block. Each
 * takes a cycle (TRM: an instruction that fails its condition). Anything else that is not in sequence is a taken branch. */
static __attribute__((noinline)) uint64_t jump_cycles(struct tb_core *core, uint32_t address, uint32_t size)
{
    struct tb_state *s = &core->s;
    if (!tb_in_it_block(s, s->next_pc) || address <= s->next_pc || address > s->it_end) {
        s->it_begin = s->it_end = 0; /* left for good: a loop put there later must not pass for the old block */
        return CYCLES_REFILL + (size == 4 && address & 2); /* one more to fetch a wide target off a word (TRM: "P") */
    }
    uint32_t skipped = 0;
    for (uint32_t at = s->next_pc; at < address; at += tb_is_wide(tb_half_at(core, at)) ? 4 : 2)
        skipped++;
    s->instructions += skipped;
    return skipped;
}

/* A fault of the instruction at ``address``, which does not run. */
bool tb_fault_here(struct tb_core *core, int kind, uint32_t address, uint32_t value)
{
    core->s.pc = core->s.next_pc = address;
    core->s.cost = 0;
    tb_raise(core, kind, address, 0, value);
    uc_emu_stop(core->uc);
    return true;
}

/* The instruction at ``address`` was done here instead of by the engine: go on behind it. */
bool tb_skip(struct tb_core *core, uint32_t address, uint32_t size, uint32_t cycles)
{
    struct tb_state *s = &core->s;
    s->pc = address;
    s->next_pc = address + size;
    s->cost = 0;
    s->cycles += cycles;
    s->instructions++;
    continue_at(core);
    return true;
}

/* Unicorn does not fault where a Cortex-M3 does: ARM ARM A3.2.1, unaligned multiples and doubles. */
static bool check_alignment(struct tb_core *core, uint32_t address, uint32_t first)
{
    uint32_t base = tb_is_wide(first) ? first & 15 : first >> 8 & 7;
    uint32_t at = tb_get(core, tb_register(base));
    return at & 3 ? tb_fault_here(core, FAULT_UNALIGNED, address, at) : false;
}

static bool begin_sleep(struct tb_core *core, uint32_t address, uint32_t size, uint32_t kind)
{
    struct tb_state *s = &core->s;
    if (tb_in_it_block(s, address))
        return tb_fault_here(core, FAULT_NOT_MODELLED, address, kind);
    s->pc = address;
    s->next_pc = address + size;
    s->cost = 0;
    s->cycles += 1;
    s->instructions++;
    s->sleeping = kind;
    uc_emu_stop(core->uc);
    return true;
}

/* An instruction that needs more than its cycles added; true if it is not to run now. */
static bool special(struct tb_core *core, uint32_t address, uint32_t size, uint8_t class)
{
    uint32_t first = tb_half_at(core, address), second = tb_half_at(core, address + 2), hint = size == 2 ? first >> 4 & 15 : second & 15;
    switch (OP_CLASS(class)) {
    case OP_IT:
        begin_it_block(core, address);
        return false;
    case OP_UNMASK:
        tb_attend_next(core);
        return false;
    case OP_SLEEP:
        if (hint == 4)
            core->s.event = 1;
        return hint != 4 && begin_sleep(core, address, size, hint == 2 ? SLEEP_WFE : SLEEP_WFI);
    case OP_EXCLUSIVE:
        return tb_exclusive(core, address, first, second);
    case OP_ALIGNED:
        return check_alignment(core, address, first);
    case OP_DIVIDE:
        if (core->s.ccr & 1 << 4 && tb_get(core, tb_register(second & 15)) == 0)
            return tb_fault_here(core, FAULT_DIVIDE, address, 0);
        return false;
    case OP_REFUSED:
        return tb_fault_here(core, first >> 8 == 0xBE ? FAULT_BREAKPOINT : FAULT_REFUSED, address, first << 16 | (size == 4 ? second : 0));
    default:
        return false;
    }
}

/* The instruction at ``address`` runs now. */
static inline void account(struct tb_state *s, uint32_t address, uint32_t size, uint8_t class)
{
    s->pc = address;
    s->next_pc = address + size;
    s->cost = OP_CYCLES(class);
    s->instructions++;
}

/* The rare part of the hook, kept out of line so that the common part saves no registers. */
static __attribute__((noinline)) void on_code_slowly(struct tb_core *core, uint32_t address, uint32_t size)
{
    if (core->s.cycles >= core->limit && attend(core, address))
        return;
    uint8_t class = address < core->flash_bytes ? core->classes[address >> 1] : 0;
    class = class ? class : classify(core, address);
    if (OP_CLASS(class) == OP_PLAIN || !special(core, address, size, class))
        account(&core->s, address, size, class);
}

/* Before every instruction. Time stands at its start while it runs, so an access sees the time of its instruction. */
void tb_on_code(uc_engine *uc, uint64_t address64, uint32_t size, void *user)
{
    struct tb_core *core = user;
    struct tb_state *s = &core->s;
    uint32_t address = (uint32_t)address64;
    uint64_t cycles = s->cycles + s->cost;
    (void)uc;
    if (address != s->next_pc)
        cycles += jump_cycles(core, address, size);
    s->cycles = cycles;
    if (cycles < core->limit && address < core->flash_bytes) {
        uint8_t class = core->classes[address >> 1];
        if ((uint8_t)(class - 1) < 31) { /* decoded, and plain */
            account(s, address, size, class);
            return;
        }
    }
    on_code_slowly(core, address, size);
}

/* Numbers of Unicorn's UC_HOOK_INTR on ARM: QEMU's EXCP_ constants. */
enum { INTR_SVC = 2, INTR_EXCEPTION_EXIT = 8 };

void tb_on_interrupt(uc_engine *uc, uint32_t number, void *user)
{
    struct tb_core *core = user;
    struct tb_state *s = &core->s;
    s->cycles += s->cost;
    s->cost = 0;
    if (number == INTR_EXCEPTION_EXIT) {
        tb_return(core, tb_get(core, UC_ARM_REG_PC) | 1);
    } else if (number == INTR_SVC) {
        if (!tb_may_run(core, EXC_SVCALL))
            tb_raise(core, FAULT_ESCALATED, s->pc, 0, 0);
        s->pending |= EXC_BIT(EXC_SVCALL);
        tb_take_pending(core, s->next_pc);
    } else {
        tb_raise(core, FAULT_ENGINE, s->pc, 0, number);
    }
    set_limit(core);
    if (core->fault.kind || s->sleeping)
        uc_emu_stop(uc);
    else
        continue_at(core);
}

static bool is_on_bus(const struct tb_core *core, uint32_t address)
{
    for (uint32_t i = 0; i < core->range_count; i++)
        if (address - core->ranges[i].base < core->ranges[i].size)
            return true;
    return false;
}

bool tb_on_invalid(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user)
{
    int kind = FAULT_READ_UNMAPPED;
    (void)uc;
    if (address >> 25 == 0x22000000 >> 25 || address >> 25 == 0x42000000 >> 25)
        kind = FAULT_BIT_BAND;
    else if (type == UC_MEM_WRITE_PROT)
        kind = FAULT_WRITE_FLASH;
    else if (type == UC_MEM_WRITE_UNMAPPED)
        kind = FAULT_WRITE_UNMAPPED;
    else if (type == UC_MEM_FETCH_UNMAPPED || type == UC_MEM_FETCH_PROT)
        kind = is_on_bus(user, (uint32_t)address) ? FAULT_FETCH_DEVICE : FAULT_FETCH_UNMAPPED;
    tb_raise(user, kind, (uint32_t)address, (uint32_t)size, (uint32_t)value);
    return false;
}

/* Sleep to the next thing that can happen inside the core; true once awake. */
static bool sleep_on(struct tb_core *core)
{
    struct tb_state *s = &core->s;
    for (;;) {
        tb_systick_sync(core);
        tb_catch_up(core, s->cycles);
        if (core->stop)
            return false;
        if (tb_would_wake(core) || (s->sleeping == SLEEP_WFE && s->event)) {
            s->event = s->sleeping == SLEEP_WFE ? 0 : s->event;
            s->sleeping = AWAKE;
            core->attention = 1;
            return true;
        }
        if (s->cycles >= core->deadline)
            return false;
        uint64_t next = core->deadline;
        if ((s->systick_ctrl & 3) == 3 && s->systick_zero < next)
            next = s->systick_zero;
        if (core->block_cycle < next)
            next = core->block_cycle;
        s->sleep_cycles += next - s->cycles;
        s->cycles = next;
    }
}

/* The engine ended by itself. Without the T bit the last jump went to an even address (ARM ARM B1.5.14, INVSTATE). */
static void explain(struct tb_core *core, uc_err err)
{
    uint32_t pc = core->s.pc, target = tb_get(core, UC_ARM_REG_PC);
    if (!(tb_get(core, UC_ARM_REG_XPSR) & 1 << 24))
        tb_raise(core, FAULT_NOT_THUMB, target, 0, 0);
    else if (err == UC_ERR_INSN_INVALID)
        tb_raise(core, FAULT_UNDEFINED, pc, 0, tb_half_at(core, pc) << 16 | tb_half_at(core, pc + 2));
    else if (err == UC_ERR_FETCH_PROT || err == UC_ERR_FETCH_UNMAPPED)
        tb_raise(core, FAULT_FETCH_UNMAPPED, target, 0, 0);
    else if (err == UC_ERR_READ_UNMAPPED || err == UC_ERR_WRITE_UNMAPPED) /* from RAM's last bytes past its end */
        tb_raise(core, err == UC_ERR_READ_UNMAPPED ? FAULT_READ_UNMAPPED : FAULT_WRITE_UNMAPPED, core->ram_bytes + TB_RAM_BASE, 0, 0);
    else
        tb_raise(core, FAULT_ENGINE, target, 0, (uint32_t)err);
}

/* Run to the first instruction boundary at or after ``target_ns``. */
int tb_run(struct tb_core *core, uint64_t target_ns)
{
    struct tb_state *s = &core->s;
    core->target_ns = target_ns;
    core->deadline = tb_cycle_at(core, target_ns);
    core->running = 1;
    core->accessing = TB_NEVER;
    core->attention = 1;
    for (;;) {
        if (core->flush) {
            uc_ctl_flush_tb(core->uc);
            core->flush = 0;
        }
        if (!tb_in_it_block(s, s->next_pc))
            tb_catch_up(core, s->cycles);
        if (core->stop || core->fault.kind || (s->sleeping && !sleep_on(core)) || s->cycles >= core->deadline)
            break;
        set_limit(core);
        uc_err err = uc_emu_start(core->uc, s->next_pc | 1, UNTIL, 0, 0);
        if (err && !core->fault.kind && !core->stop)
            explain(core, err);
    }
    core->running = 0;
    int reason = (int)core->stop ? (int)core->stop : core->fault.kind ? STOP_FAULT : STOP_DEADLINE;
    core->stop = 0;
    return reason;
}

/* From inside a bus access: stop at the next instruction at or after this time. emu_stop would run the access twice. */
void tb_set_deadline(struct tb_core *core, uint64_t at_ns)
{
    core->target_ns = at_ns;
    core->deadline = tb_cycle_at(core, at_ns);
    if (core->deadline < core->limit)
        core->limit = core->deadline;
}

/* From inside a bus access: stop before the next instruction. */
void tb_stop(struct tb_core *core, uint32_t reason)
{
    core->stop = reason;
    core->limit = 0;
}

void tb_set_irq(struct tb_core *core, uint32_t line, int level)
{
    exc_set bit = EXC_BIT(EXC_IRQ0 + line);
    bool was = (core->s.level & bit) != 0;
    if (level && !was)
        tb_pend(core, (int)(EXC_IRQ0 + line));
    core->s.level = level ? core->s.level | bit : core->s.level & ~bit;
}

/* Flash or RAM was written from outside: forget what was decoded and translated of it. */
void tb_invalidate(struct tb_core *core, uint32_t address, uint32_t size)
{
    enum { BLOCK_BYTES = 2048 }; /* a translated block holds 512 instructions at most */
    if (address >= core->flash_bytes) {
        core->flush |= core->ram_code;
    } else {
        uint32_t begin = address < BLOCK_BYTES ? 0 : address - BLOCK_BYTES;
        for (uint32_t at = begin >> 1; at < (address + size + 1) >> 1 && !core->flush; at++)
            core->flush |= core->classes[at] != 0;
        /* The cycles of a load depend on the instruction after it, hence the four bytes before. */
        uint32_t first = (address < 4 ? 0 : address - 4) >> 1;
        memset(core->classes + first, 0, ((address + size + 1) >> 1) - first);
    }
    if (core->flush)
        core->limit = 0;
}
