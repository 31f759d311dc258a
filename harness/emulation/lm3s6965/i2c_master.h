/* The I2C master's registers and steps: the same bytes as I2cRegisters in i2c_master.py, which has the meaning. */
#ifndef TB_I2C_MASTER_H
#define TB_I2C_MASTER_H

#include "../cpu/tb_core.h"

/* A step of a command, each ended at its own time. The first five are told to the bus when they end. */
enum tb_i2c_step { STEP_START = 0, STEP_REPEATED_START, STEP_WRITE, STEP_STOP, STEP_READ, STEP_NONE };

/* A step has ended at ``now_ns``. ``byte``: what was sent; of a read, whether the master acknowledges it. ``bit_ns``:
 * how long a bit took. Returns the acknowledge, or of a read the byte. */
typedef uint32_t (*tb_i2c_told)(uint32_t step, uint32_t byte, uint32_t bit_ns, uint64_t begin_ns, uint64_t now_ns);

struct tb_i2c {
    struct tb_block block; /* first: the core knows no more of it */
    uint32_t ready; /* the master is on and has its pins: checked since that was last changed */
    uint32_t mtpr, msa, mdr, mimr, mris, command, busy, error, bus_owned, receiving, step;
    uint64_t begin_ns; /* of the step under way */
    tb_i2c_told told;
};

#endif
