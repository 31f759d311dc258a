/*
 * The readout at the optical port (IEC 62056-21 mode C): answers the sign-on, takes the acknowledgement, sends the values, or
 * the security log (LOG-3), line by line and goes back to 300 baud. Byte by byte in docs/readout.md.
 */
#ifndef TBR_READOUT_H
#define TBR_READOUT_H

#include "core/hall_part.h"
#include "core/log_page.h"
#include "dlms/optical.h"
#include "hal/hal.h"

/* What a block says, all of one instant. */
struct readout_values {
    struct hal_utc clock;
    uint32_t status;
    uint32_t line_uA;
    uint32_t neutral_uA;
    uint32_t voltage_uV;
    struct hall_field field;
    uint32_t samples;
    bool has_electrical; /* false: those values are not known, and given as empty */
    bool has_field;
};

/* What a block of the security log says: the newest sequence, then one state after the other as they are read. */
struct readout_log {
    struct cause_state state;
    uint32_t newest;
    uint8_t index; /* of the cause, in core/causes.h */
    bool has_log;
};

enum readout_state {
    READOUT_LISTENING,
    READOUT_IDENTIFYING, /* waits for the answer time, then identifies */
    READOUT_IDENTIFIED,  /* waits for the acknowledgement */
    READOUT_PREPARING,   /* waits for the answer time, then changes speed */
    READOUT_FETCHING,    /* waits for the log's next state */
    READOUT_SENDING,
    READOUT_ENDING,      /* waits until the last stop bit has left */
};

#define READOUT_LINE_BYTES 40u

struct readout {
    struct optical optical;
    union {
        struct readout_values values;
        struct readout_log log;
    };
    uint64_t due_us; /* of the state: what it waits for, or when it gives up */
    uint8_t line[READOUT_LINE_BYTES];
    uint8_t next_line;
    uint8_t check; /* BCC so far */
    uint8_t state;
    bool is_fast;
    bool is_log; /* the security log, not the values */
    bool is_asked; /* FETCHING: someone reads it already */
    bool wants_install; /* the acknowledgement also said that the meter is in its installed position */
};

/*
 * Takes what has come; true when a session wants its values: the caller puts those of now into `values`, or, where `is_log`,
 * calls readout_begin_log().
 */
bool readout_listen(struct readout *readout, uint64_t now_us);
void readout_begin_log(struct readout *readout, bool has_log, uint32_t newest);
/* True once for each state of the log that is wanted: that of cause `log.index`. */
bool readout_wants_state(struct readout *readout);
/* The state wanted; NULL when the log can no longer be read. One that was never there is left out. */
void readout_take_state(struct readout *readout, const struct cause_state *state, uint64_t now_us);
/* Sends what is due; returns when to call again. `title` is the meter's system title. */
uint64_t readout_step(struct readout *readout, const uint8_t *title, uint64_t now_us);

#endif
