#include "dlms/optical.h"

#include "core/bytes.h"

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

bool optical_take(struct optical *optical, uint8_t octet, uint64_t now_us) {
    if (octet == '/' || now_us - optical->last_octet_us > CONFIG_OPTICAL_GAP_US) {
        optical->count = 0;
    }
    optical->last_octet_us = now_us;
    if (optical->count == CONFIG_OPTICAL_LINE_MAX) {
        return false; /* too long for a request: ignored until the next start character */
    }
    optical->line[optical->count] = octet;
    optical->count++;
    if (octet != '\n') {
        return false;
    }
    const bool is_for_us = is_request_for_us(optical);
    optical->count = 0;
    return is_for_us;
}
