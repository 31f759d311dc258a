/* A port's outputs that a write of DATA may switch without Python: the same bytes as PinRegisters in gpio.py. */
#ifndef TB_GPIO_PINS_H
#define TB_GPIO_PINS_H

#include "spi_part.h"

struct tb_pins {
    struct tb_block block; /* first: the core knows no more of it. It has no line and no time of its own here */
    uint32_t data, level, ris; /* as in the port: here is where they are kept */
    uint32_t sense, both, event, quick; /* told by the port; quick: pins that nothing but the port itself and the part hold */
    uint32_t select; /* the pin that is the part's chip select */
    struct tb_spi_part *part;
};

#endif
