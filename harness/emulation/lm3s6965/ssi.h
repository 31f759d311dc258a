/* The serial interface's registers and FIFOs: the same bytes as SsiRegisters in ssi.py, which has the meaning. */
#ifndef TB_SSI_H
#define TB_SSI_H

#include "spi_part.h"

enum { TB_SSI_FIFO = 8 };

/* A word has ended at ``at_ns``: returns what the part sent meanwhile. For a part that is not native. */
typedef uint32_t (*tb_ssi_told)(uint32_t word, uint32_t bits, uint64_t at_ns);

struct tb_ssi {
    struct tb_block block; /* first: the core knows no more of it. due_ns: the end of the word on the line */
    uint32_t ready; /* pins, bit clock and part fit: checked since one of them was last changed */
    uint32_t cr0, cr1, cpsr, im, overrun, shifting, tx_count, rx_count;
    uint32_t tx[TB_SSI_FIFO], rx[TB_SSI_FIFO]; /* the oldest first; zero behind the last */
    struct tb_spi_part *part; /* that answers without Python while ``ready``, or NULL */
    tb_ssi_told told;
};

#endif
