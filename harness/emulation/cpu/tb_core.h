/* The emulated Cortex-M3: what the C files of this folder share.
 *
 * Unicorn executes instructions; everything around them is here: exact time, NVIC, SysTick, exception entry and
 * return, sleep. ARM ARM = ARM DDI 0403 (ARMv7-M), TRM = ARM DDI 0337 (Cortex-M3).
 */
#ifndef TB_CORE_H
#define TB_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unicorn/unicorn.h>
/* after it: arm.h uses its types */
#include <unicorn/arm.h>

#define TB_FLASH_BASE 0x00000000u
#define TB_RAM_BASE 0x20000000u
#define TB_SCS_BASE 0xE000E000u
#define TB_DWT_BASE 0xE0001000u
#define TB_NEVER UINT64_MAX
#define TB_MAX_RANGES 16

/* Exception numbers, ARM ARM B1.5.2. */
enum { EXC_NMI = 2, EXC_HARD_FAULT = 3, EXC_SVCALL = 11, EXC_PENDSV = 14, EXC_SYSTICK = 15, EXC_IRQ0 = 16 };
enum { EXC_COUNT = 80 }; /* 16 system exceptions and up to 64 lines */

/* TRM 3.9: twelve cycles from assertion to the first instruction of a handler, six when tail-chained. The return is
 * not in the table of the TRM; eight words are unstacked while the pipeline refills. */
enum { CYCLES_ENTRY = 12, CYCLES_TAIL_CHAIN = 6, CYCLES_RETURN = 10, CYCLES_REFILL = 2 };

/* A set of exceptions, one bit per exception number. */
typedef unsigned __int128 exc_set;
#define EXC_BIT(number) ((exc_set)1 << (number))

#define TB_NPRIV 1u /* CONTROL.nPRIV */

enum sleep_kind { AWAKE = 0, SLEEP_WFI = 1, SLEEP_WFE = 2 };

/* Why tb_run came back. */
enum stop_reason { STOP_DEADLINE = 0, STOP_FAULT = 1, STOP_HOST = 2, STOP_RESET = 3 };

/* Keep in step with FAULT_KINDS in errors.py. */
enum fault_kind {
    FAULT_NONE = 0, FAULT_READ_UNMAPPED, FAULT_WRITE_UNMAPPED, FAULT_FETCH_UNMAPPED, FAULT_WRITE_FLASH,
    FAULT_UNDEFINED, FAULT_REFUSED, FAULT_NOT_THUMB, FAULT_UNALIGNED, FAULT_DIVIDE, FAULT_STACKING,
    FAULT_UNSTACKING, FAULT_BAD_RETURN, FAULT_BREAKPOINT, FAULT_ESCALATED, FAULT_UNPRIVILEGED, FAULT_NOT_MODELLED,
    FAULT_ENGINE, FAULT_BUS, FAULT_VECTOR, FAULT_FETCH_DEVICE, FAULT_BIT_BAND,
    FAULT_UNALIGNED_DEVICE
};

/* All state but memories and what Unicorn holds while it runs: plain data, copied whole into a snapshot. */
struct tb_state {
    exc_set enabled, pending, active, level;
    uint64_t cycles;        /* start of the instruction being executed */
    uint64_t instructions;
    uint64_t sleep_cycles;
    uint64_t systick_zero;  /* cycle at which the counter reaches 0 (while enabled) */
    uint64_t dwt_base;      /* cycle at which DWT_CYCCNT was 0 */
    uint32_t pc;            /* instruction being executed */
    uint32_t next_pc;       /* where it goes on without a branch; where to resume after a stop */
    uint32_t cost;          /* cycles of the instruction being executed */
    uint32_t it_begin, it_end; /* instructions governed by the last IT */
    uint32_t powered, sleeping, event;
    uint32_t systick_ctrl, systick_load, systick_value, systick_counted;
    uint32_t systick_top;   /* what the counter was last reloaded with: LOAD may have changed since */
    uint32_t exclusive;     /* the local monitor: open for a STREX to any address, or not (ARM ARM A3.4.1) */
    uint32_t vtor, prigroup, scr, ccr, shcsr, cfsr, hfsr, mmfar, bfar, demcr, dwt_ctrl;
    uint32_t regs[16], xpsr, msp, psp, control, primask, basepri, faultmask; /* valid while stopped */
    uint8_t priority[EXC_COUNT];
};

struct tb_fault {
    uint32_t kind, address, value, width, pc;
};

/* Where cycles stand in time: timebase.py has the meaning and is the master; this copy is for the bus's callbacks. */
struct tb_time {
    uint64_t base_cycles, base_ns, base_rest_fs, hz, ppb; /* ppb: 10^9 and the clock's error, at 10^9 its length is nominal */
};

typedef uint32_t (*tb_bus_read)(uint32_t address, uint32_t width, uint64_t now_ns);
typedef void (*tb_bus_write)(uint32_t address, uint32_t width, uint32_t value, uint64_t now_ns);
typedef void (*tb_bus_reset)(void);

/* A register whose content is known before it is read; standing.py is the master of it. */
enum word_kind { WORD_UNKNOWN = 0, WORD_HELD = 1 };
enum { TB_WORDS = 16 };
struct tb_word {
    uint32_t address, kind, value;
};

struct tb_core;

/* A block of the chip that lives inside the native core: its registers are answered here, and what it does by itself
 * takes place between two instructions at exactly its time, without going back to Python. Keep in step with
 * NativeRegisters in native_block.py. */
struct tb_block {
    uint32_t base, open; /* its page of registers; open: its clock is on, else Python says what is wrong */
    uint64_t due_ns;     /* when it has something to do, or TB_NEVER */
    uint64_t hz, ppb;    /* the core clock, as in struct tb_time */
    bool (*read)(struct tb_block *block, uint32_t offset, uint64_t now_ns, uint32_t *value); /* false: Python answers */
    bool (*write)(struct tb_block *block, uint32_t offset, uint32_t value, uint64_t now_ns);
    void (*step)(struct tb_block *block);               /* do it */
    uint32_t (*level)(const struct tb_block *block);    /* of its interrupt line */
    struct tb_core *core;                               /* it is attached to, or NULL */
    uint32_t irq, line;                                 /* its interrupt, and the level last told */
};
enum { TB_BLOCKS = 8 };

struct tb_range {
    struct tb_core *core;
    uint32_t base, size;
};

struct tb_core {
    struct tb_state s; /* first: Python maps the same bytes */
    struct tb_fault fault;
    struct tb_time time;
    uint64_t target_ns, deadline; /* where the run ends, and the first cycle there */
    struct tb_block *blocks[TB_BLOCKS], *next_block; /* the one that is due first */
    uint32_t block_count;
    uint64_t block_cycle; /* the first cycle at which it is due */
    uint64_t limit; /* the code hook looks up when cycles reach this; 0 = at the next instruction */
    uint32_t attention, stop, flush, running;
    uint32_t irq_lines, flash_bytes, ram_bytes, ram_code;
    uint8_t *flash, *ram, *classes; /* classes: one byte per halfword of flash, see decode.c */
    uc_engine *uc;
    tb_bus_read bus_read;
    tb_bus_write bus_write;
    tb_bus_reset bus_reset;
    uint64_t accessing; /* count of the instruction that last reached a range of the bus */
    struct tb_word *words; /* TB_WORDS of them, or NULL */
    uint32_t range_count;
    struct tb_range ranges[TB_MAX_RANGES];
};

/* decode.c: a class byte is (class << 5) | cycles; 0 = not decoded yet. */
enum op_class { OP_PLAIN = 0, OP_IT, OP_SLEEP, OP_UNMASK, OP_ALIGNED, OP_DIVIDE, OP_REFUSED, OP_EXCLUSIVE };
#define OP_CLASS(byte) ((byte) >> 5)
#define OP_CYCLES(byte) ((byte) & 31)
uint8_t tb_decode(uint32_t first, uint32_t second, uint32_t next);
static inline bool tb_is_wide(uint32_t first) { return first >= 0xE800; }

/* exceptions.c */
bool tb_take_pending(struct tb_core *core, uint32_t return_address);
bool tb_enter(struct tb_core *core, int number, uint32_t return_address);
void tb_return(struct tb_core *core, uint32_t exc_return);
bool tb_may_run(struct tb_core *core, int number);
bool tb_would_wake(struct tb_core *core);
void tb_pend(struct tb_core *core, int number);
int tb_pending_number(struct tb_core *core);

/* scs.c */
uint32_t tb_scs_read(struct tb_core *core, uint32_t address, uint32_t width);
void tb_scs_write(struct tb_core *core, uint32_t address, uint32_t width, uint32_t value);
void tb_systick_sync(struct tb_core *core);

/* exclusive.c */
bool tb_exclusive(struct tb_core *core, uint32_t address, uint32_t first, uint32_t second);

/* core.c */
void tb_on_code(uc_engine *uc, uint64_t address64, uint32_t size, void *user);
void tb_on_interrupt(uc_engine *uc, uint32_t number, void *user);
bool tb_on_invalid(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user);
void tb_attend_next(struct tb_core *core);
void tb_set_irq(struct tb_core *core, uint32_t line, int level);
void tb_invalidate(struct tb_core *core, uint32_t address, uint32_t size);
void tb_raise(struct tb_core *core, int kind, uint32_t address, uint32_t width, uint32_t value);
bool tb_fault_here(struct tb_core *core, int kind, uint32_t address, uint32_t value);
bool tb_in_it_block(const struct tb_state *s, uint32_t address);
bool tb_skip(struct tb_core *core, uint32_t address, uint32_t size, uint32_t cycles);

/* bus.c */
int tb_map_range(struct tb_core *core, uint32_t base, uint32_t size, bool private);
uint64_t tb_cycle_at(const struct tb_core *core, uint64_t at_ns);
void tb_forget_words(struct tb_core *core, uint32_t page);

/* block.c */
void tb_rearm(struct tb_core *core);
void tb_block_changed(struct tb_block *block);
bool tb_block_write(struct tb_block *block, uint32_t offset, uint32_t value, uint64_t now_ns);
struct tb_block *tb_block_at(const struct tb_core *core, uint32_t address);
void tb_catch_up(struct tb_core *core, uint64_t cycles);

/* engine.c */
bool tb_load32(struct tb_core *core, uint32_t address, uint32_t *value);
bool tb_store32(struct tb_core *core, uint32_t address, uint32_t value);
uint32_t tb_get(struct tb_core *core, int id);
void tb_set(struct tb_core *core, int id, uint32_t value);
int tb_register(uint32_t number);
void tb_get_many(struct tb_core *core, const int *ids, uint32_t *values, int count); /* 16 at most */
void tb_set_many(struct tb_core *core, const int *ids, uint32_t *values, int count);
uint32_t tb_elevate(struct tb_core *core);
void tb_unelevate(struct tb_core *core, uint32_t control);
uint32_t tb_half_at(struct tb_core *core, uint32_t address);
uint8_t *tb_memory_at(struct tb_core *core, uint32_t address, bool to_write);

#endif
