#include "core/parameters.h"

#include "core/bytes.h"
#include "core/crc.h"

#define MAGIC_PARAMETERS 0x54425031u /* "TBP1" */

/* magic 4, originator title 8, recipient title 8, CRC 4 */
void parameters_read(const uint8_t *page, struct alert_parties *parties) {
    static const struct alert_parties reference = {.originator = {'T', 'B', 'R', 0, 0, 0, 0, 1},
                                                   .recipient = {'T', 'B', 'R', 'H', 'E', 'A', 'D', '1'}};
    *parties = reference;
    if (page == NULL || get_u32(page) != MAGIC_PARAMETERS ||
        get_u32(&page[PARAMETERS_BYTES - 4u]) != crc32_ieee(page, PARAMETERS_BYTES - 4u)) {
        return;
    }
    put_octets(parties->originator, &page[4], SYSTEM_TITLE_BYTES);
    put_octets(parties->recipient, &page[12], SYSTEM_TITLE_BYTES);
}
