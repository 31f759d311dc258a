/* A block of the chip that works inside the native core: when it is due, and which accesses are its own. */
#include "tb_core.h"

void tb_attach(struct tb_core *core, struct tb_block *block)
{
    core->block = block;
    block->core = core;
    tb_block_rearmed(core);
}

/* It has something to do at another time than before, or the clock goes on at another rate. */
void tb_block_rearmed(struct tb_core *core)
{
    bool due = core->block && core->block->due_ns != TB_NEVER;
    core->block_cycle = due ? tb_cycle_at(core, core->block->due_ns) : TB_NEVER;
    if (core->block_cycle < core->limit)
        core->limit = core->block_cycle;
}

/* The block whose page this is, if it can be asked. */
struct tb_block *tb_block_at(const struct tb_core *core, uint32_t address)
{
    struct tb_block *block = core->block;
    return block && block->open && address - block->base < 0x1000 ? block : NULL;
}

/* What it has to do by now, in this run. Its time may lie between two instructions, and behind the end of the run
 * although the core stands behind both. */
void tb_catch_up(struct tb_core *core, uint64_t cycles)
{
    while (core->block_cycle <= cycles && core->block->due_ns <= core->target_ns && !core->stop) {
        core->block->step(core->block);
        tb_block_rearmed(core);
    }
}

/* The processor stands still for good, the world does not: let the block go on to ``until_ns``. */
void tb_idle_until(struct tb_core *core, uint64_t until_ns)
{
    core->target_ns = until_ns;
    core->stop = 0;
    tb_catch_up(core, TB_NEVER - 1);
}
