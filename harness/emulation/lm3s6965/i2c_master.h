/* The I2C master's registers and steps: the same bytes as I2cRegisters in i2c_master.py, which has the meaning. */
#ifndef TB_I2C_MASTER_H
#define TB_I2C_MASTER_H

#include "../cpu/tb_core.h"

/* A step of a command, each ended at its own time. The first five are told to the bus when they end. */
enum tb_i2c_step { STEP_START = 0, STEP_REPEATED_START, STEP_WRITE, STEP_STOP, STEP_READ, STEP_NONE, STEP_LOGGED };

/* A step has ended at ``now_ns``. ``byte``: what was sent; of a read, whether the master acknowledges it. ``bit_ns``:
 * how long a bit took. Returns the acknowledge, or of a read the byte. STEP_LOGGED: somebody must see the log. */
typedef uint32_t (*tb_i2c_told)(uint32_t step, uint32_t byte, uint32_t bit_ns, uint64_t now_ns);

enum { TB_I2C_LOG = 64 };

/* What was done to the wires and not yet handed over to i2c_wire.py, which says what the numbers mean. */
struct tb_i2c_log {
    uint64_t count;
    uint64_t from_ns[TB_I2C_LOG], to_ns[TB_I2C_LOG], steps[TB_I2C_LOG];
};

struct tb_i2c {
    struct tb_block block; /* first: the core knows no more of it */
    uint32_t ready; /* the master is on and has its pins: checked since that was last changed */
    uint32_t mtpr, msa, mdr, mimr, mris, command, busy, error, bus_owned, receiving, step;
    uint32_t ahead_count; /* octets that the part has handed over before they are read */
    uint64_t ahead;       /* the next one lowest */
    uint64_t begin_ns;    /* of the step under way */
    tb_i2c_told told;
    uint64_t watched; /* somebody wants to know at once what was logged */
    struct tb_i2c_log log;
};

#endif
