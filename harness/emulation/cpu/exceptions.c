/* Exceptions of ARMv7-M: which one is next, entry, return, tail-chaining (ARM ARM B1.5).
 *
 * Unicorn has the registers and the two stacks but no NVIC: it is told here what a real core would do to them.
 */
#include <string.h>

#include "tb_core.h"

enum { PRIORITY_NONE = 256, CONTROL_SPSEL = 2, XPSR_EXCEPTION = 0x1FF, XPSR_ALIGNED = 1 << 9 };
enum { XPSR_IT_AND_T = 0x0700FC00, XPSR_T = 1 << 24 };
enum { CCR_NONBASETHRDENA = 1, CCR_STKALIGN = 1 << 9, SCR_SLEEPONEXIT = 1 << 1 };

static int next_member(exc_set *set)
{
    uint64_t low = (uint64_t)*set, high = (uint64_t)(*set >> 64);
    int number = low ? __builtin_ctzll(low) : 64 + __builtin_ctzll(high);
    *set &= ~EXC_BIT(number);
    return number;
}

static int priority_of(const struct tb_state *s, int number)
{
    return number == EXC_NMI ? -2 : number == EXC_HARD_FAULT ? -1 : s->priority[number];
}

/* PRIGROUP splits a priority into the part that preempts and the part that only orders. */
static int group_of(const struct tb_state *s, int priority)
{
    return priority < 0 ? priority : priority & (0xFE << s->prigroup);
}

static int active_group(const struct tb_state *s)
{
    int lowest = PRIORITY_NONE;
    for (exc_set left = s->active; left;) {
        int group = group_of(s, priority_of(s, next_member(&left)));
        lowest = group < lowest ? group : lowest;
    }
    return lowest;
}

/* The priority that something must beat to run now; for waking from WFI PRIMASK does not count (ARM ARM B1.5.17). */
static int execution_group(struct tb_core *core, bool for_waking)
{
    static const int MASKS[3] = {UC_ARM_REG_BASEPRI, UC_ARM_REG_PRIMASK, UC_ARM_REG_FAULTMASK};
    uint32_t masks[3], control = tb_elevate(core);
    tb_get_many(core, MASKS, masks, 3);
    tb_unelevate(core, control);
    int lowest = active_group(&core->s);
    if (masks[0] && group_of(&core->s, (int)masks[0]) < lowest)
        lowest = group_of(&core->s, (int)masks[0]);
    if (!for_waking && lowest > 0 && masks[1] & 1)
        lowest = 0;
    if (lowest > -1 && masks[2] & 1)
        lowest = -1;
    return lowest;
}

/* The pending and enabled exception that comes first: lowest priority value, then lowest number; 0 if none. */
int tb_pending_number(struct tb_core *core)
{
    const struct tb_state *s = &core->s;
    int best = 0, best_priority = PRIORITY_NONE;
    for (exc_set left = s->pending & (s->enabled | (EXC_BIT(EXC_IRQ0) - 1)); left;) {
        int number = next_member(&left);
        if (priority_of(s, number) < best_priority) {
            best = number;
            best_priority = priority_of(s, number);
        }
    }
    return best;
}

static bool preempts(struct tb_core *core, int number, bool for_waking)
{
    const struct tb_state *s = &core->s;
    return number && group_of(s, priority_of(s, number)) < execution_group(core, for_waking);
}

/* Does its priority beat what runs now? */
bool tb_may_run(struct tb_core *core, int number)
{
    return preempts(core, number, false);
}

bool tb_would_wake(struct tb_core *core)
{
    return preempts(core, tb_pending_number(core), true);
}

void tb_pend(struct tb_core *core, int number)
{
    if (!(core->s.pending & EXC_BIT(number)) && core->s.scr & 1 << 4) /* SEVONPEND */
        core->s.event = 1;
    core->s.pending |= EXC_BIT(number);
    tb_attend_next(core);
}

/* The vector of ``number``; the handler runs next. */
static bool start_handler(struct tb_core *core, int number, uint32_t exc_return, uint32_t flags)
{
    struct tb_state *s = &core->s;
    uint32_t vector, slot = s->vtor + 4u * (uint32_t)number;
    if (!tb_load32(core, slot, &vector) || !(vector & 1)) {
        tb_raise(core, FAULT_VECTOR, slot, 4, (uint32_t)number);
        return false;
    }
    s->active |= EXC_BIT(number);
    s->pending &= ~EXC_BIT(number);
    s->event = 1; /* ARM ARM B1.5.18: entry is an event */
    s->exclusive = 0; /* ARM ARM B1.5.6: so that code which was interrupted between LDREX and STREX tries again */
    static const int ENTERED[2] = {UC_ARM_REG_XPSR, UC_ARM_REG_LR};
    tb_set_many(core, ENTERED, (uint32_t[]){flags | XPSR_T | (uint32_t)number, exc_return}, 2);
    s->next_pc = vector & ~1u;
    return true;
}

/* The registers of a frame in its order, then what else entry and return need. */
enum { FRAME_LR = 5, FRAME_PC, FRAME_XPSR, SEEN_SP = 6, SEEN_XPSR, SEEN_CONTROL, SEEN_COUNT };
static const int SEEN[SEEN_COUNT] = {UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3, UC_ARM_REG_R12,
                                     UC_ARM_REG_LR, UC_ARM_REG_SP, UC_ARM_REG_XPSR, UC_ARM_REG_CONTROL};

/* Store R0-R3, R12, LR, return address and xPSR below SP; false if there is no RAM. */
static bool push_frame(struct tb_core *core, const uint32_t seen[SEEN_COUNT], uint32_t return_address)
{
    uint32_t align = core->s.ccr & CCR_STKALIGN ? seen[SEEN_SP] >> 2 & 1 : 0;
    uint32_t frame = seen[SEEN_SP] - 32 - 4 * align;
    bool stored = true;
    for (uint32_t i = 0; i <= FRAME_LR; i++)
        stored &= tb_store32(core, frame + 4 * i, seen[i]);
    stored &= tb_store32(core, frame + 4 * FRAME_PC, return_address);
    stored &= tb_store32(core, frame + 4 * FRAME_XPSR, (seen[SEEN_XPSR] & ~(uint32_t)XPSR_ALIGNED) | align << 9);
    if (!stored)
        tb_raise(core, FAULT_STACKING, frame, 32, 0);
    tb_set(core, UC_ARM_REG_SP, frame);
    return stored;
}

/* Exception entry, ARM ARM B1.5.6. Afterwards it goes on at ``return_address``. */
bool tb_enter(struct tb_core *core, int number, uint32_t return_address)
{
    uint32_t seen[SEEN_COUNT];
    tb_get_many(core, SEEN, seen, SEEN_COUNT);
    bool handler = seen[SEEN_XPSR] & XPSR_EXCEPTION;
    bool process = !handler && seen[SEEN_CONTROL] & CONTROL_SPSEL;
    if (!push_frame(core, seen, return_address))
        return false;
    if (!handler && seen[SEEN_CONTROL]) { /* a handler is on MSP; MRS CONTROL still shows nPRIV there */
        tb_elevate(core);
        tb_set(core, UC_ARM_REG_CONTROL, seen[SEEN_CONTROL] & TB_NPRIV);
    }
    core->s.cycles += CYCLES_ENTRY;
    uint32_t exc_return = handler ? 0xFFFFFFF1u : process ? 0xFFFFFFFDu : 0xFFFFFFF9u;
    return start_handler(core, number, exc_return, seen[SEEN_XPSR] & 0xF8000000u);
}

/* Enter the pending exception that may run now, if there is one. */
bool tb_take_pending(struct tb_core *core, uint32_t return_address)
{
    int number = tb_pending_number(core);
    return preempts(core, number, false) && tb_enter(core, number, return_address);
}

/* May the handler return like this? ARM ARM B1.5.8, "integrity checks on exception returns". */
static bool may_return(const struct tb_state *s, int number, uint32_t exc_return)
{
    bool nested = (s->active & ~EXC_BIT(number)) != 0;
    if (!number || !(s->active & EXC_BIT(number)))
        return false;
    if (exc_return == 0xFFFFFFF1u)
        return nested;
    return (exc_return == 0xFFFFFFF9u || exc_return == 0xFFFFFFFDu) && (!nested || s->ccr & CCR_NONBASETHRDENA);
}

static bool pop_frame(struct tb_core *core, uint32_t exc_return)
{
    struct tb_state *s = &core->s;
    bool process = exc_return & 4;
    bool to_thread = exc_return & 8;
    int stack = process ? UC_ARM_REG_PSP : UC_ARM_REG_MSP;
    uint32_t frame = tb_get(core, stack), words[8];
    for (uint32_t i = 0; i < 8; i++)
        if (!tb_load32(core, frame + 4 * i, &words[i])) {
            tb_raise(core, FAULT_UNSTACKING, frame, 32, 0);
            return false;
        }
    if (((words[FRAME_XPSR] & XPSR_EXCEPTION) == 0) != to_thread) {
        tb_raise(core, FAULT_BAD_RETURN, exc_return, 4, words[FRAME_XPSR]);
        return false;
    }
    s->next_pc = words[FRAME_PC] & ~1u;
    bool realigned = s->ccr & CCR_STKALIGN && words[FRAME_XPSR] & XPSR_ALIGNED;
    uint32_t unprivileged = tb_get(core, UC_ARM_REG_CONTROL) & TB_NPRIV;
    if (to_thread && unprivileged)
        tb_set(core, UC_ARM_REG_CONTROL, 0); /* or Unicorn would refuse SPSEL below */
    int ids[8] = {[6] = stack, [7] = UC_ARM_REG_XPSR};
    memcpy(ids, SEEN, 6 * sizeof ids[0]);
    words[6] = (frame + 32) | (realigned ? 4 : 0);
    words[7] = (words[FRAME_XPSR] & ~(uint32_t)XPSR_ALIGNED) | XPSR_T;
    tb_set_many(core, ids, words, 8);
    if (to_thread && (process || unprivileged))
        tb_set(core, UC_ARM_REG_CONTROL, (process ? CONTROL_SPSEL : 0) | unprivileged);
    return true;
}

/* Exception return, ARM ARM B1.5.8; straight into the next handler where one is due (tail-chaining). */
void tb_return(struct tb_core *core, uint32_t exc_return)
{
    struct tb_state *s = &core->s;
    uint32_t xpsr = tb_get(core, UC_ARM_REG_XPSR);
    int number = (int)(xpsr & XPSR_EXCEPTION);
    if (number >= EXC_COUNT || !may_return(s, number, exc_return)) {
        tb_raise(core, FAULT_BAD_RETURN, exc_return, 4, xpsr);
        return;
    }
    s->active &= ~EXC_BIT(number);
    s->event = 1;
    s->exclusive = 0; /* ARM ARM B1.5.8 */
    if (number != EXC_NMI)
        tb_set(core, UC_ARM_REG_FAULTMASK, 0);
    if (s->level & EXC_BIT(number)) /* the line is still asserted: it interrupts again */
        tb_pend(core, number);
    int next = tb_pending_number(core);
    if (preempts(core, next, false)) {
        s->cycles += CYCLES_TAIL_CHAIN;
        start_handler(core, next, exc_return, xpsr & 0xF8000000u);
        return;
    }
    if (!pop_frame(core, exc_return))
        return;
    s->cycles += CYCLES_RETURN;
    if (exc_return & 8 && s->scr & SCR_SLEEPONEXIT)
        s->sleeping = SLEEP_WFI;
}
