/* LDREX, STREX, CLREX and the local monitor (ARM ARM A3.4).
 *
 * Unicorn keeps a monitor of its own that no snapshot can hold, compares values instead (so that a store in between
 * which puts the old value back goes unseen) and does not clear it at exceptions. Here the monitor is one bit of the
 * state: which addresses a reservation covers is up to the implementation (ARM ARM A3.4.1), and here it is all of
 * memory. Loads are left to the engine, and stores inside an IT block too: there it can't be made to skip one.
 */
#include <string.h>

#include "tb_core.h"

/* 1, 2 or 4 bytes: the word forms have an encoding of their own, the others say it in the second halfword. */
static uint32_t width_of(uint32_t first, uint32_t second)
{
    if ((first & 0xFFE0) == 0xE840)
        return 4;
    return (second & 0xF0) == 0x50 ? 2 : 1;
}

/* STREX: stores and answers 0 while the monitor is set, else answers 1. Afterwards it is clear. */
static bool store(struct tb_core *core, uint32_t address, uint32_t at, uint32_t width, uint32_t second)
{
    uint32_t source = second >> 12, result = width == 4 ? second >> 8 & 15 : second & 15;
    uint32_t value = tb_get(core, tb_register(source)), failed = !core->s.exclusive;
    uint8_t *target = tb_memory_at(core, at & ~3u, true);
    if (!target) /* no exclusive access to a peripheral is known of this part */
        return tb_fault_here(core, FAULT_NOT_MODELLED, address, at);
    if (!failed) {
        memcpy(target + (at & 3), &value, width);
        tb_invalidate(core, at, width);
    }
    core->s.exclusive = 0;
    tb_set(core, tb_register(result), failed);
    return tb_skip(core, address, 4, 2);
}

/* An exclusive at ``address``; true if it is not to run in the engine any more. */
bool tb_exclusive(struct tb_core *core, uint32_t address, uint32_t first, uint32_t second)
{
    if ((first & 0xFFF0) == 0xF3B0) { /* CLREX */
        core->s.exclusive = 0;
        return false;
    }
    uint32_t width = width_of(first, second), at = tb_get(core, tb_register(first & 15));
    if (width == 4)
        at += (second & 0xFF) * 4;
    if (at & (width - 1))
        return tb_fault_here(core, FAULT_UNALIGNED, address, at);
    if (!(first & 0x10) && tb_in_it_block(&core->s, address)) {
        core->s.exclusive = 0;
        return false;
    }
    if (!(first & 0x10))
        return store(core, address, at, width, second);
    core->s.exclusive = 1;
    return false;
}
