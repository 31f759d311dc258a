/*
 * Finds 62056-47 wrapper frames in the octets from the modem. Anything malformed is skipped octet by octet until a header
 * fits again; half a frame is dropped after a silence. Pure: fed octet by octet.
 */
#ifndef TBR_MODEM_LINK_H
#define TBR_MODEM_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define WRAPPER_HEADER_BYTES 8u

struct modem_link {
    uint8_t octets[WRAPPER_HEADER_BYTES + CONFIG_MODEM_APDU_MAX];
    uint8_t count;
    uint64_t last_octet_us;
};

/* True when this octet completed a frame: its APDU is then at modem_link_apdu(), until the next octet is fed. */
bool modem_link_take(struct modem_link *link, uint8_t octet, uint64_t now_us);
const uint8_t *modem_link_apdu(const struct modem_link *link, size_t *length);

#endif
