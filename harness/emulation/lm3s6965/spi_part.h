/* A part at the far end of the SPI bus that answers inside the native core. */
#ifndef TB_SPI_PART_H
#define TB_SPI_PART_H

#include "../cpu/tb_core.h"

struct tb_spi_part {
    /* The word sent while ``word`` was received; ``at_ns`` is when its last bit ended. */
    uint32_t (*exchange)(struct tb_spi_part *part, uint32_t word, uint32_t bits, uint64_t at_ns);
    /* The level of its chip select, low for selected; told also when it did not change. */
    void (*select)(struct tb_spi_part *part, uint32_t low);
};

#endif
