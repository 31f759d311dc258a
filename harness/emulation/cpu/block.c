/* Blocks of the chip that work inside the native core: which is due when, and which accesses are theirs. */
#include "tb_core.h"

/* Something is to be done at another time than before, or the clock goes on at another rate. */
void tb_rearm(struct tb_core *core)
{
    uint64_t due_ns = TB_NEVER;
    for (uint32_t i = 0; i < core->block_count; i++) {
        if (core->blocks[i]->due_ns < due_ns) {
            core->next_block = core->blocks[i];
            due_ns = core->next_block->due_ns;
        }
    }
    core->block_cycle = due_ns == TB_NEVER ? TB_NEVER : tb_cycle_at(core, due_ns);
    if (core->block_cycle < core->limit)
        core->limit = core->block_cycle;
}

/* The line follows what the block says. */
static void drive(struct tb_block *block)
{
    uint32_t level = block->level(block) != 0;
    if (level == block->line)
        return;
    block->line = level;
    if (block->core)
        tb_set_irq(block->core, block->irq, (int)level);
}

/* Its registers were changed. */
void tb_block_changed(struct tb_block *block)
{
    drive(block);
    if (block->core)
        tb_rearm(block->core);
}

bool tb_block_read(struct tb_block *block, uint32_t offset, uint64_t now_ns, uint32_t *value)
{
    return block->read(block, offset, now_ns, value);
}

bool tb_block_write(struct tb_block *block, uint32_t offset, uint32_t value, uint64_t now_ns)
{
    if (!block->write(block, offset, value, now_ns))
        return false;
    tb_block_changed(block);
    return true;
}

void tb_block_step(struct tb_block *block)
{
    block->step(block);
    tb_block_changed(block);
}

/* False: there are too many. */
bool tb_attach(struct tb_core *core, struct tb_block *block)
{
    if (core->block_count == TB_BLOCKS)
        return false;
    core->blocks[core->block_count++] = block;
    block->core = core;
    tb_rearm(core);
    return true;
}

/* The block whose page this is, if it can be asked. */
struct tb_block *tb_block_at(const struct tb_core *core, uint32_t address)
{
    for (uint32_t i = 0; i < core->block_count; i++)
        if ((address & ~0xFFFu) == core->blocks[i]->base)
            return core->blocks[i]->open ? core->blocks[i] : NULL;
    return NULL;
}

/* What they have to do by now, in this run. Its time may lie between two instructions, and behind the end of the run
 * although the core stands behind both. */
void tb_catch_up(struct tb_core *core, uint64_t cycles)
{
    while (core->block_cycle <= cycles && core->next_block->due_ns <= core->target_ns && !core->stop)
        tb_block_step(core->next_block);
}

/* The processor stands still for good, the world does not: let the blocks go on to ``until_ns``. */
void tb_idle_until(struct tb_core *core, uint64_t until_ns)
{
    core->target_ns = until_ns;
    core->stop = 0;
    tb_catch_up(core, TB_NEVER - 1);
}
