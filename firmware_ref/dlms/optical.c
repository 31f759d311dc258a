#include "dlms/optical.h"

#include "core/bytes.h"

#define ACK 0x06u

/* "/?" address "!" CR LF; an empty address calls every meter, leading zeros of ours may be left out (62056-21, 6.3.1). */
static bool is_request_for_us(const struct optical *optical) {
    static const uint8_t own_address[] = CONFIG_OPTICAL_ADDRESS;
    const unsigned own_length = sizeof own_address - 1u;
    const uint8_t *line = optical->line;
    if (optical->count < 5u || line[0] != '/' || line[1] != '?' || line[optical->count - 3u] != '!' ||
        line[optical->count - 2u] != '\r') {
        return false;
    }
    const uint8_t *address = &line[2];
    unsigned length = optical->count - 5u;
    if (length == 0) {
        return true;
    }
    while (length > 1u && *address == '0') {
        address++;
        length--;
    }
    unsigned skip = 0;
    while (skip + 1u < own_length && own_address[skip] == '0') {
        skip++;
    }
    return length == own_length - skip && same_octets(address, &own_address[skip], length);
}

/*
 * ACK, protocol '0', speed, mode, CR LF. Mode '0' is the data readout, '6' to '9' are the maker's: '6' is the security log,
 * '7' says that the meter is in its installed position. A speed that was not offered means: stay (docs/readout.md).
 */
static enum optical_message judge_acknowledgement(const struct optical *optical) {
    const uint8_t *line = optical->line;
    if (optical->count != 6u || line[1] != '0' || line[4] != '\r') {
        return OPTICAL_NOTHING;
    }
    const bool is_fast = line[2] == CONFIG_OPTICAL_SPEED;
    switch (line[3]) {
    case '0':
        return is_fast ? OPTICAL_READ_OUT_FAST : OPTICAL_READ_OUT;
    case CONFIG_OPTICAL_LOG_MODE:
        return is_fast ? OPTICAL_READ_LOG_FAST : OPTICAL_READ_LOG;
    case CONFIG_OPTICAL_INSTALL_MODE:
        return is_fast ? OPTICAL_INSTALL_FAST : OPTICAL_INSTALL;
    default:
        return OPTICAL_NOTHING;
    }
}

enum optical_message optical_take(struct optical *optical, uint8_t octet, uint64_t now_us) {
    if (octet == '/' || octet == ACK || now_us - optical->last_octet_us > CONFIG_OPTICAL_GAP_US) {
        optical->count = 0;
    }
    optical->last_octet_us = now_us;
    if (optical->count == CONFIG_OPTICAL_LINE_MAX) {
        return OPTICAL_NOTHING; /* too long for a request: ignored until the next start character */
    }
    optical->line[optical->count] = octet;
    optical->count++;
    if (octet != '\n') {
        return OPTICAL_NOTHING;
    }
    enum optical_message message = OPTICAL_NOTHING;
    if (optical->line[0] == ACK) {
        message = judge_acknowledgement(optical);
    } else if (is_request_for_us(optical)) {
        message = OPTICAL_REQUEST;
    }
    optical->count = 0;
    return message;
}
