/* What the processor reaches outside its memories: ranges of the bus, with the time of each access, and its own SCS.
 *
 * An access that Python answers costs about 1 us; blocks inside the native core, and words whose content was told before,
 * are answered at once.
 */
#include "tb_core.h"

static bool is_multiple(uint32_t first)
{
    if (tb_is_wide(first))
        return first >> 9 == 0xE800 >> 9;
    return first >> 12 == 12 || (first & 0xF600) == 0xB400; /* LDM, STM; PUSH, POP */
}

/* The engine makes two accesses or more of an unaligned one. A peripheral has no answer to that (ARM ARM A3.2.1: Device
 * memory), so an instruction that comes a second time is a fault, unless it is one of several accesses. */
static bool is_split(struct tb_core *core, uint32_t address, unsigned size)
{
    bool again = core->accessing == core->s.instructions;
    core->accessing = core->s.instructions;
    if (!again || is_multiple(tb_half_at(core, core->s.pc)))
        return false;
    tb_raise(core, FAULT_UNALIGNED_DEVICE, address, size, 0);
    return true;
}

void tb_set_time(struct tb_core *core, uint64_t base_cycles, uint64_t base_ns, uint64_t base_rest_fs, uint64_t hz, uint64_t ppb)
{
    core->time = (struct tb_time){base_cycles, base_ns, base_rest_fs, hz, ppb};
    tb_rearm(core);
}

enum { FS_PER_NS = 1000000 };

/* The time of the current instruction, rounded down: Timebase.ns_at, its two roundings drawn into one. */
static uint64_t now_ns(const struct tb_core *core)
{
    const struct tb_time *t = &core->time;
    unsigned __int128 ahead = (unsigned __int128)(core->s.cycles - t->base_cycles) * t->ppb * FS_PER_NS;
    return t->base_ns + (uint64_t)(((unsigned __int128)t->base_rest_fs * t->hz + ahead) / ((unsigned __int128)t->hz * FS_PER_NS));
}

/* The first cycle at or after ``at_ns``: Timebase.cycle_at. A time before the base is long over. */
uint64_t tb_cycle_at(const struct tb_core *core, uint64_t at_ns)
{
    const struct tb_time *t = &core->time;
    if (at_ns <= t->base_ns)
        return t->base_cycles;
    unsigned __int128 ahead_fs = (unsigned __int128)(at_ns - t->base_ns) * FS_PER_NS - t->base_rest_fs;
    unsigned __int128 fs_hz = (unsigned __int128)t->ppb * FS_PER_NS;
    return t->base_cycles + (uint64_t)((ahead_fs * t->hz + fs_hz - 1) / fs_hz);
}

void tb_set_words(struct tb_core *core, struct tb_word *words) { core->words = words; }

/* What registers of this page were told to contain holds no longer. */
void tb_forget_words(struct tb_core *core, uint32_t page)
{
    for (struct tb_word *word = core->words; word && word < core->words + TB_WORDS; word++)
        if ((word->address & ~0xFFFu) == page)
            word->kind = WORD_UNKNOWN;
}

/* The content of a register that the peripheral has told in advance, as a number of 32 bits; anything else is -1. */
static int64_t standing_word(const struct tb_core *core, uint32_t address)
{
    const struct tb_word *word = core->words, *end = word + TB_WORDS;
    if (!word)
        return -1;
    while (word < end && word->address != address)
        word++;
    return word == end || word->kind == WORD_UNKNOWN ? -1 : (int64_t)word->value;
}

static uint64_t read_range(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
    struct tb_range *range = user;
    (void)uc;
    if (is_split(range->core, range->base + (uint32_t)offset, size))
        return 0;
    struct tb_block *block = size == 4 ? tb_block_at(range->core, range->base + (uint32_t)offset) : NULL;
    uint32_t answer;
    if (block && block->read(block, range->base + (uint32_t)offset - block->base, now_ns(range->core), &answer))
        return answer;
    int64_t known = size == 4 ? standing_word(range->core, range->base + (uint32_t)offset) : -1;
    if (known >= 0)
        return (uint64_t)known;
    return range->core->bus_read(range->base + (uint32_t)offset, size, now_ns(range->core));
}

static void write_range(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
    struct tb_range *range = user;
    (void)uc;
    if (is_split(range->core, range->base + (uint32_t)offset, size))
        return;
    struct tb_block *block = size == 4 ? tb_block_at(range->core, range->base + (uint32_t)offset) : NULL;
    uint64_t at_ns = now_ns(range->core);
    if (!block || !tb_block_write(block, range->base + (uint32_t)offset - block->base, (uint32_t)value, at_ns))
        range->core->bus_write(range->base + (uint32_t)offset, size, (uint32_t)value, at_ns);
}

static uint64_t read_private(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
    struct tb_range *range = user;
    (void)uc;
    if (is_split(range->core, range->base + (uint32_t)offset, size))
        return 0;
    return tb_scs_read(range->core, range->base + (uint32_t)offset, size);
}

static void write_private(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
    struct tb_range *range = user;
    (void)uc;
    if (!is_split(range->core, range->base + (uint32_t)offset, size))
        tb_scs_write(range->core, range->base + (uint32_t)offset, size, (uint32_t)value);
}

int tb_map_range(struct tb_core *core, uint32_t base, uint32_t size, bool private)
{
    if (core->range_count == TB_MAX_RANGES)
        return UC_ERR_NOMEM;
    struct tb_range *range = &core->ranges[core->range_count++];
    *range = (struct tb_range){core, base, size};
    return (int)uc_mmio_map(core->uc, base, size, private ? read_private : read_range, range,
                            private ? write_private : write_range, range);
}

int tb_map(struct tb_core *core, uint32_t base, uint32_t size) { return tb_map_range(core, base, size, false); }
