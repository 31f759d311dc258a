/* A timer's registers and count: the same bytes as GptmRegisters in gptm.py, which has the meaning. */
#ifndef TB_GPTM_H
#define TB_GPTM_H

#include "../cpu/tb_core.h"

struct tb_gptm {
    struct tb_block block; /* first: the core knows no more of it */
    uint32_t tamr, ctl, imr, ris, tailr, start_value, held_value;
    uint64_t start_ns; /* while it runs, the counter was start_value then */
};

#endif
