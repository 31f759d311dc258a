#include "core/modem_link.h"

#include "core/bytes.h"

#define WRAPPER_VERSION 0x0001u
#define WPORT_MANAGEMENT 0x0001u

/* Judges as much of the header as is there: version, destination (ours), a length that fits. */
static bool may_be_frame(const struct modem_link *link) {
    static const uint8_t version[2] = {WRAPPER_VERSION >> 8, WRAPPER_VERSION & 0xFFu};
    for (unsigned i = 0; i < link->count && i < 2u; i++) {
        if (link->octets[i] != version[i]) {
            return false;
        }
    }
    if (link->count >= 6u && get_u16(&link->octets[4]) != WPORT_MANAGEMENT) {
        return false;
    }
    return link->count < WRAPPER_HEADER_BYTES || get_u16(&link->octets[6]) <= CONFIG_MODEM_APDU_MAX;
}

static void drop_first(struct modem_link *link) {
    for (unsigned i = 1; i < link->count; i++) {
        link->octets[i - 1u] = link->octets[i];
    }
    link->count--;
}

static bool is_complete(const struct modem_link *link) {
    return link->count >= WRAPPER_HEADER_BYTES && link->count >= WRAPPER_HEADER_BYTES + get_u16(&link->octets[6]);
}

bool modem_link_take(struct modem_link *link, uint8_t octet, uint64_t now_us) {
    if (is_complete(link) || now_us - link->last_octet_us > CONFIG_MODEM_GAP_US) {
        link->count = 0;
    }
    link->last_octet_us = now_us;
    link->octets[link->count] = octet;
    link->count++;
    while (link->count > 0 && !may_be_frame(link)) {
        drop_first(link);
    }
    return is_complete(link);
}

const uint8_t *modem_link_apdu(const struct modem_link *link, size_t *length) {
    *length = get_u16(&link->octets[6]);
    return &link->octets[WRAPPER_HEADER_BYTES];
}
