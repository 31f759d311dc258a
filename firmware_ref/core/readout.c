#include "core/readout.h"

#include "core/bytes.h"
#include "core/log_text.h"
#include "core/readout_text.h"

#define STX 0x02u
#define ETX 0x03u

static void begin_listening(struct readout *readout) {
    readout->state = READOUT_LISTENING;
    readout->due_us = HAL_NEVER;
}

/* A request is taken at any time of a session, an acknowledgement only after an identification. */
static bool take_message(struct readout *readout, enum optical_message message, uint64_t now_us) {
    const bool is_acknowledgement = message >= OPTICAL_READ_OUT;
    if (message == OPTICAL_REQUEST) {
        readout->state = READOUT_IDENTIFYING;
        readout->due_us = now_us + CONFIG_OPTICAL_ANSWER_US;
    } else if (is_acknowledgement && readout->state == READOUT_IDENTIFIED) {
        readout->state = READOUT_PREPARING;
        readout->due_us = now_us + CONFIG_OPTICAL_ANSWER_US;
        readout->is_fast = message == OPTICAL_READ_OUT_FAST || message == OPTICAL_READ_LOG_FAST ||
                           message == OPTICAL_INSTALL_FAST;
        readout->is_log = message == OPTICAL_READ_LOG || message == OPTICAL_READ_LOG_FAST;
        readout->wants_install = message >= OPTICAL_INSTALL;
        return true;
    }
    return false;
}

/* While the meter sends it does not listen: an optical head may reflect its own octets. */
bool readout_listen(struct readout *readout, uint64_t now_us) {
    uint8_t octet = 0;
    bool wants_values = false;
    const bool is_deaf = readout->state >= READOUT_FETCHING || hal_serial_is_sending(HAL_PORT_OPTICAL);
    while (hal_serial_take(HAL_PORT_OPTICAL, &octet)) {
        if (!is_deaf) {
            wants_values = take_message(readout, optical_take(&readout->optical, octet, now_us), now_us) || wants_values;
        }
    }
    return wants_values;
}

static void send_identity(struct readout *readout, uint64_t now_us) {
    static const uint8_t identity[] = CONFIG_OPTICAL_IDENTITY;
    const uint64_t sending_us = (sizeof identity - 1u) * CONFIG_OPTICAL_OCTET_US;
    hal_serial_send(HAL_PORT_OPTICAL, identity, sizeof identity - 1u);
    readout->state = READOUT_IDENTIFIED;
    readout->due_us = now_us + sending_us + CONFIG_OPTICAL_ACKNOWLEDGE_US;
}

static void begin_block(struct readout *readout, uint64_t now_us) {
    if (readout->is_fast) {
        hal_optical_set_speed(HAL_OPTICAL_9600_BAUD);
    }
    readout->next_line = 0;
    readout->check = 0;
    readout->state = READOUT_SENDING;
    readout->due_us = now_us;
}

static void add_to_check(struct readout *readout, const uint8_t *from, const uint8_t *end) {
    for (; from < end; from++) {
        readout->check ^= *from;
    }
}

/* What the block ends with. BCC covers all after STX up to and including ETX. */
static uint8_t *put_end(struct readout *readout, uint8_t *at) {
    uint8_t *end = put_u8(put_u8(put_u8(put_u8(at, '!'), '\r'), '\n'), ETX);
    add_to_check(readout, at, end);
    readout->state = READOUT_ENDING;
    return put_u8(end, readout->check);
}

/* The next line of the values. */
static uint8_t *put_values_line(struct readout *readout, uint8_t *at, const uint8_t *title) {
    const unsigned length = readout_put_line(at, readout->next_line, &readout->values, title);
    readout->next_line++;
    if (length == 0) {
        return put_end(readout, at);
    }
    uint8_t *end = put_u8(put_u8(at + length, '\r'), '\n');
    add_to_check(readout, at, end);
    return end;
}

/* After the last cause the end is due. */
static void fetch(struct readout *readout, unsigned index) {
    readout->log.index = (uint8_t)index;
    readout->is_asked = false;
    readout->state = index < CONFIG_CAUSES ? READOUT_FETCHING : READOUT_SENDING;
}

/* Line 0 is the header, after it comes each state in pieces: `next_line` counts those from 1. */
static uint8_t *put_log_piece(struct readout *readout, uint8_t *at) {
    struct readout_log *log = &readout->log;
    uint8_t *end = at;
    if (readout->next_line == 0) {
        end += log_text_put_header(at, log->has_log, log->newest);
    } else if (log->index < CONFIG_CAUSES) {
        end += log_text_put_piece(at, readout->next_line - 1u, &log->state);
    } else {
        return put_end(readout, at);
    }
    const bool is_line_over = readout->next_line == 0 || end[-1] == ')';
    readout->next_line++;
    if (is_line_over) {
        end = put_u8(put_u8(end, '\r'), '\n');
        fetch(readout, readout->next_line == 1u ? 0 : log->index + 1u);
    }
    add_to_check(readout, at, end);
    return end;
}

static void send_line(struct readout *readout, const uint8_t *title, uint64_t now_us) {
    uint8_t *at = readout->line;
    if (readout->next_line == 0) {
        at = put_u8(at, STX);
    }
    at = readout->is_log ? put_log_piece(readout, at) : put_values_line(readout, at, title);
    hal_serial_send(HAL_PORT_OPTICAL, readout->line, (size_t)(at - readout->line));
    readout->due_us = now_us;
}

void readout_begin_log(struct readout *readout, bool has_log, uint32_t newest) {
    readout->log = (struct readout_log){.has_log = has_log, .newest = newest};
}

bool readout_wants_state(struct readout *readout) {
    const bool wants = readout->state == READOUT_FETCHING && !readout->is_asked;
    readout->is_asked = readout->is_asked || wants;
    return wants;
}

void readout_take_state(struct readout *readout, const struct cause_state *state, uint64_t now_us) {
    if (readout->state != READOUT_FETCHING) {
        return; /* the session has ended meanwhile */
    }
    readout->due_us = now_us;
    readout->next_line = 1;
    if (state == NULL) {
        fetch(readout, CONFIG_CAUSES);
    } else if (state->sequence == 0) {
        fetch(readout, readout->log.index + 1u);
    } else {
        readout->log.state = *state;
        readout->state = READOUT_SENDING;
    }
}

static void end_block(struct readout *readout, uint64_t now_us) {
    if (!hal_serial_is_quiet(HAL_PORT_OPTICAL)) {
        readout->due_us = now_us + CONFIG_OPTICAL_POLL_US;
        return;
    }
    if (readout->is_fast) {
        hal_optical_set_speed(HAL_OPTICAL_300_BAUD);
    }
    begin_listening(readout);
}

static void do_due(struct readout *readout, const uint8_t *title, uint64_t now_us) {
    switch (readout->state) {
    case READOUT_IDENTIFYING:
        send_identity(readout, now_us);
        break;
    case READOUT_IDENTIFIED:
        begin_listening(readout);
        break;
    case READOUT_PREPARING:
        begin_block(readout, now_us);
        break;
    case READOUT_SENDING:
        send_line(readout, title, now_us);
        break;
    case READOUT_ENDING:
        end_block(readout, now_us);
        break;
    default:
        break;
    }
}

uint64_t readout_step(struct readout *readout, const uint8_t *title, uint64_t now_us) {
    if (readout->state == READOUT_LISTENING || readout->state == READOUT_FETCHING) {
        return HAL_NEVER;
    }
    if (now_us < readout->due_us) {
        return readout->due_us;
    }
    if (readout->state != READOUT_IDENTIFIED && hal_serial_is_sending(HAL_PORT_OPTICAL)) {
        return HAL_NEVER; /* the port's interrupt calls again at its end */
    }
    do_due(readout, title, now_us);
    return readout->state == READOUT_LISTENING || readout->state == READOUT_FETCHING ? HAL_NEVER : readout->due_us;
}
