#include "core/readout.h"

#include "core/bytes.h"
#include "core/readout_text.h"

#define STX 0x02u
#define ETX 0x03u

static void begin_listening(struct readout *readout) {
    readout->state = READOUT_LISTENING;
    readout->due_us = HAL_NEVER;
}

/* A request is taken at any time of a session, an acknowledgement only after an identification. */
static bool take_message(struct readout *readout, enum optical_message message, uint64_t now_us) {
    const bool is_acknowledgement = message == OPTICAL_READ_OUT || message == OPTICAL_READ_OUT_FAST;
    if (message == OPTICAL_REQUEST) {
        readout->state = READOUT_IDENTIFYING;
        readout->due_us = now_us + CONFIG_OPTICAL_ANSWER_US;
    } else if (is_acknowledgement && readout->state == READOUT_IDENTIFIED) {
        readout->state = READOUT_PREPARING;
        readout->due_us = now_us + CONFIG_OPTICAL_ANSWER_US;
        readout->is_fast = message == OPTICAL_READ_OUT_FAST;
        return true;
    }
    return false;
}

/* While the meter sends it does not listen: an optical head may reflect its own octets. */
bool readout_listen(struct readout *readout, uint64_t now_us) {
    uint8_t octet = 0;
    bool wants_values = false;
    const bool is_deaf = readout->state >= READOUT_SENDING || hal_serial_is_sending(HAL_PORT_OPTICAL);
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

/* The next line, with what the block begins and ends with. BCC covers all after STX up to and including ETX. */
static void send_line(struct readout *readout, const uint8_t *title, uint64_t now_us) {
    const bool is_first = readout->next_line == 0;
    uint8_t *at = readout->line;
    if (is_first) {
        at = put_u8(at, STX);
    }
    const unsigned length = readout_put_line(at, readout->next_line, &readout->values, title);
    const bool is_last = length == 0;
    at = is_last ? put_u8(at, '!') : at + length;
    at = put_u8(put_u8(at, '\r'), '\n');
    if (is_last) {
        at = put_u8(at, ETX);
    }
    for (const uint8_t *octet = &readout->line[is_first ? 1 : 0]; octet < at; octet++) {
        readout->check ^= *octet;
    }
    if (is_last) {
        at = put_u8(at, readout->check);
        readout->state = READOUT_ENDING;
    }
    readout->next_line++;
    hal_serial_send(HAL_PORT_OPTICAL, readout->line, (size_t)(at - readout->line));
    readout->due_us = now_us;
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
    if (readout->state == READOUT_LISTENING) {
        return HAL_NEVER;
    }
    if (now_us < readout->due_us) {
        return readout->due_us;
    }
    if (readout->state != READOUT_IDENTIFIED && hal_serial_is_sending(HAL_PORT_OPTICAL)) {
        return HAL_NEVER; /* the port's interrupt calls again at its end */
    }
    do_due(readout, title, now_us);
    return readout->state == READOUT_LISTENING ? HAL_NEVER : readout->due_us;
}
