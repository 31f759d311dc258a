/* The serial interface's FIFOs and shift, inside the native core: a meter moves ninety words a second to its front end.
 *
 * LM3S6965 data sheet, chapter "Synchronous Serial Interface". What sets the line up is ssi.py's matter; a word for a line
 * that was not looked at since is refused here, and comes again from there.
 */
#include <string.h>

#include "ssi.h"

enum { DR = 0x008, SR = 0x00C, RIS = 0x018, MIS = 0x01C };
enum { LOOPBACK = 1, ENABLE = 2 };
enum { INT_OVERRUN = 1, INT_RX = 4, INT_TX = 8, HALF = TB_SSI_FIFO / 2 };
enum { TX_EMPTY = 0x01, TX_NOT_FULL = 0x02, RX_NOT_EMPTY = 0x04, RX_FULL = 0x08, BUSY = 0x10 };

static uint32_t word_bits(const struct tb_ssi *m) { return (m->cr0 & 0xF) + 1; }

static bool is_shifting(const struct tb_ssi *m) { return m->block.due_ns != TB_NEVER; }

/* Bit rate = core clock / (CPSDVSR x (1 + SCR)). */
static uint64_t word_ns(const struct tb_ssi *m)
{
    uint64_t cycles = (uint64_t)word_bits(m) * m->cpsr * (1 + (m->cr0 >> 8));
    return (uint64_t)((unsigned __int128)cycles * m->block.ppb / m->block.hz);
}

static uint32_t pop(uint32_t *fifo, uint32_t *count)
{
    uint32_t first = fifo[0];
    memmove(fifo, fifo + 1, (TB_SSI_FIFO - 1) * sizeof *fifo);
    fifo[TB_SSI_FIFO - 1] = 0;
    --*count;
    return first;
}

/* The next word goes onto the line, which is free from ``from_ns`` on. */
static void start(struct tb_ssi *m, uint64_t from_ns)
{
    m->shifting = 0;
    m->block.due_ns = TB_NEVER;
    if (!m->tx_count || !(m->cr1 & ENABLE))
        return;
    m->shifting = pop(m->tx, &m->tx_count);
    m->block.due_ns = from_ns + word_ns(m);
}

void tb_ssi_start(struct tb_ssi *m, uint64_t now_ns)
{
    if (!is_shifting(m))
        start(m, now_ns);
}

static uint32_t exchange(struct tb_ssi *m, uint32_t word, uint64_t at_ns)
{
    if (m->cr1 & LOOPBACK)
        return word;
    if (m->part)
        return m->part->exchange(m->part, word, word_bits(m), at_ns);
    return m->told(word, word_bits(m), at_ns);
}

/* The word on the line has ended; the next one follows back to back. */
void tb_ssi_step(struct tb_block *block)
{
    struct tb_ssi *m = (struct tb_ssi *)block;
    uint64_t at_ns = block->due_ns;
    uint32_t word = exchange(m, m->shifting, at_ns);
    if (m->rx_count < TB_SSI_FIFO)
        m->rx[m->rx_count++] = word;
    else
        m->overrun = INT_OVERRUN;
    start(m, at_ns);
}

/* False: not here. A word for a full FIFO is lost. */
bool tb_ssi_write(struct tb_block *block, uint32_t offset, uint32_t value, uint64_t now_ns)
{
    struct tb_ssi *m = (struct tb_ssi *)block;
    if (offset != DR || (!m->ready && !is_shifting(m) && m->cr1 & ENABLE))
        return false;
    if (m->tx_count < TB_SSI_FIFO)
        m->tx[m->tx_count++] = value & ((2u << (m->cr0 & 0xF)) - 1);
    tb_ssi_start(m, now_ns);
    return true;
}

static uint32_t flags(const struct tb_ssi *m)
{
    return (m->tx_count ? 0 : TX_EMPTY) | (m->tx_count < TB_SSI_FIFO ? TX_NOT_FULL : 0) | (m->rx_count ? RX_NOT_EMPTY : 0) |
           (m->rx_count == TB_SSI_FIFO ? RX_FULL : 0) | (is_shifting(m) || m->tx_count ? BUSY : 0);
}

static uint32_t raw_status(const struct tb_ssi *m)
{
    return m->overrun | (m->rx_count >= HALF ? INT_RX : 0) | (m->tx_count <= HALF ? INT_TX : 0);
}

bool tb_ssi_read(struct tb_block *block, uint32_t offset, uint64_t now_ns, uint32_t *value)
{
    (void)now_ns;
    struct tb_ssi *m = (struct tb_ssi *)block;
    switch (offset) {
    case DR:
        if (!m->rx_count)
            return false;
        *value = pop(m->rx, &m->rx_count);
        if (m->im)
            tb_block_changed(block);
        return true;
    case SR: *value = flags(m); return true;
    case RIS: *value = raw_status(m); return true;
    case MIS: *value = raw_status(m) & m->im; return true;
    default: return false;
    }
}

uint32_t tb_ssi_level(const struct tb_block *block)
{
    const struct tb_ssi *m = (const struct tb_ssi *)block;
    return raw_status(m) & m->im;
}

void tb_ssi_init(struct tb_ssi *m, tb_ssi_told told)
{
    *m = (struct tb_ssi){.told = told};
    m->block = (struct tb_block){.read = tb_ssi_read, .write = tb_ssi_write, .step = tb_ssi_step, .level = tb_ssi_level};
}

size_t tb_ssi_size(void) { return sizeof(struct tb_ssi); }
