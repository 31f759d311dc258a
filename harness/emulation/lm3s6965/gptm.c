/* The timers, inside the native core: a meter starts one before each sleep, and reads another for the time.
 *
 * LM3S6965 data sheet, chapter "General-Purpose Timers", 32-bit one-shot and periodic mode. What a write may not do is
 * refused here without a word and explained by gptm.py, where the same write comes again.
 */
#include "gptm.h"

enum { TAMR = 0x004, CTL = 0x00C, IMR = 0x018, RIS = 0x01C, MIS = 0x020, ICR = 0x024, TAILR = 0x028, TAR = 0x048 };
enum { ONE_SHOT = 1, PERIODIC = 2, ENABLE = 1, STALL = 2, TIMEOUT = 1 };

static uint64_t to_cycles(const struct tb_gptm *t, uint64_t ns)
{
    return (uint64_t)((unsigned __int128)ns * t->block.hz / t->block.ppb);
}

/* The first nanosecond at which so many clocks are over. */
static uint64_t ns_covering(const struct tb_gptm *t, uint64_t cycles)
{
    return (uint64_t)(((unsigned __int128)cycles * t->block.ppb + t->block.hz - 1) / t->block.hz);
}

/* TAR. In a period after the first the counter goes on from TAILR. */
static uint32_t count_at(const struct tb_gptm *t, uint64_t now_ns)
{
    if (!(t->ctl & ENABLE))
        return t->held_value;
    uint64_t elapsed = to_cycles(t, now_ns - t->start_ns);
    if (elapsed <= t->start_value)
        return (uint32_t)(t->start_value - elapsed);
    if (t->tamr == ONE_SHOT)
        return 0;
    return (uint32_t)(t->tailr - (elapsed - t->start_value - 1) % ((uint64_t)t->tailr + 1));
}

void tb_gptm_count_from(struct tb_gptm *t, uint32_t value, uint64_t now_ns)
{
    t->start_value = value;
    t->start_ns = now_ns;
    t->block.due_ns = now_ns + ns_covering(t, value);
}

static bool control(struct tb_gptm *t, uint32_t value, uint64_t now_ns)
{
    bool was_running = t->ctl & ENABLE, runs = value & ENABLE;
    if (value & ~(uint32_t)(ENABLE | STALL) || (runs && !was_running && t->tamr != ONE_SHOT && t->tamr != PERIODIC))
        return false;
    if (was_running && !runs) {
        t->held_value = count_at(t, now_ns);
        t->block.due_ns = TB_NEVER;
    }
    t->ctl = value;
    if (runs && !was_running)
        tb_gptm_count_from(t, t->tailr, now_ns);
    return true;
}

bool tb_gptm_write(struct tb_block *block, uint32_t offset, uint32_t value, uint64_t now_ns)
{
    struct tb_gptm *t = (struct tb_gptm *)block;
    switch (offset) {
    case CTL:
        return control(t, value, now_ns);
    case IMR:
        if (value & ~(uint32_t)TIMEOUT)
            return false;
        t->imr = value;
        return true;
    case ICR:
        t->ris &= ~value;
        return true;
    case TAILR:
        /* A running counter goes on from the new value. */
        t->tailr = value;
        if (t->ctl & ENABLE)
            tb_gptm_count_from(t, value, now_ns);
        else
            t->held_value = value;
        return true;
    default:
        return false;
    }
}

bool tb_gptm_read(struct tb_block *block, uint32_t offset, uint64_t now_ns, uint32_t *value)
{
    const struct tb_gptm *t = (const struct tb_gptm *)block;
    switch (offset) {
    case TAMR: *value = t->tamr; return true;
    case CTL: *value = t->ctl; return true;
    case IMR: *value = t->imr; return true;
    case RIS: *value = t->ris; return true;
    case MIS: *value = t->ris & t->imr; return true;
    case TAILR: *value = t->tailr; return true;
    case TAR: *value = count_at(t, now_ns); return true;
    default: return false;
    }
}

uint32_t tb_gptm_level(const struct tb_block *block)
{
    const struct tb_gptm *t = (const struct tb_gptm *)block;
    return t->ris & t->imr;
}

/* The counter reached 0. */
void tb_gptm_step(struct tb_block *block)
{
    struct tb_gptm *t = (struct tb_gptm *)block;
    uint64_t now_ns = block->due_ns;
    t->ris |= TIMEOUT;
    if (t->tamr == ONE_SHOT) {
        t->ctl &= ~(uint32_t)ENABLE;
        t->held_value = t->tailr;
        block->due_ns = TB_NEVER;
        return;
    }
    /* Counted from the first start, so that a thousand periods are exact. */
    uint64_t period = (uint64_t)t->tailr + 1;
    uint64_t periods = (to_cycles(t, now_ns - t->start_ns) - t->start_value) / period + 1;
    block->due_ns = t->start_ns + ns_covering(t, t->start_value + periods * period);
}

void tb_gptm_init(struct tb_gptm *t)
{
    *t = (struct tb_gptm){.tailr = UINT32_MAX, .start_value = UINT32_MAX, .held_value = UINT32_MAX};
    t->block = (struct tb_block){.read = tb_gptm_read, .write = tb_gptm_write, .step = tb_gptm_step, .level = tb_gptm_level};
}

size_t tb_gptm_size(void) { return sizeof(struct tb_gptm); }
