/* The front end's bus frame: the same bytes as FrameRegisters in ade7953_frame.py, which has the meaning. */
#ifndef TB_ADE7953_FRAME_H
#define TB_ADE7953_FRAME_H

#include "../lm3s6965/spi_part.h"

/* What Python is asked: a register's content, a register's new content; or it is told what went wrong. */
enum tb_ade7953_asked { ASKED_READ = 0, ASKED_WRITE, ASKED_BITS, ASKED_OPERATION, ASKED_TOO_LONG };
typedef uint32_t (*tb_ade7953_ask)(uint32_t what, uint32_t address, uint32_t value, uint64_t at_ns);

struct tb_ade7953 {
    struct tb_spi_part part; /* first: the bus knows no more of it */
    uint32_t selected;
    uint32_t count, address, operation, value; /* of the frame under way: octets so far, and what they said */
    uint32_t last_op, last_address, last_data;
    tb_ade7953_ask ask;
};

#endif
