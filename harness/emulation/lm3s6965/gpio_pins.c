/* Writes of a port's DATA that only switch a chip select, inside the native core: a meter makes sixty of them a second.
 *
 * LM3S6965 data sheet, chapter "General-Purpose Input/Outputs": the address bits 9-2 are the mask of the bits written.
 * All else that a port does is in gpio.py.
 */
#include "gpio_pins.h"

enum { DATA_END = 0x400 };

/* False: not here, since another pin is switched as well. */
bool tb_pins_write(struct tb_block *block, uint32_t offset, uint32_t value, uint64_t now_ns)
{
    (void)now_ns;
    struct tb_pins *p = (struct tb_pins *)block;
    uint32_t changed = (p->data ^ value) & offset >> 2;
    if (offset >= DATA_END || changed & ~p->quick)
        return false;
    p->data ^= changed;
    p->level ^= changed;
    uint32_t rising = changed & p->level, falling = changed & ~p->level;
    p->ris |= ((p->both & changed) | (~p->both & ((p->event & rising) | (~p->event & falling)))) & ~p->sense;
    if (block->core)
        tb_forget_words(block->core, block->base);
    if (p->part && p->select & p->quick)
        p->part->select(p->part, !(p->level & p->select));
    return true;
}

static bool read_nothing(struct tb_block *block, uint32_t offset, uint64_t now_ns, uint32_t *value)
{
    (void)block, (void)offset, (void)now_ns, (void)value;
    return false;
}

static void do_nothing(struct tb_block *block) { (void)block; }

/* No quick pin interrupts: the port's line stays as it is. */
static uint32_t same_level(const struct tb_block *block) { return block->line; }

void tb_pins_init(struct tb_pins *p)
{
    *p = (struct tb_pins){.select = 0};
    p->block = (struct tb_block){
        .due_ns = TB_NEVER, .read = read_nothing, .write = tb_pins_write, .step = do_nothing, .level = same_level};
}

size_t tb_pins_size(void) { return sizeof(struct tb_pins); }
