#include "dlms/confirm.h"

#include "core/bytes.h"

#define TAG_DATA_NOTIFICATION_CONFIRM 0x10u
#define CONFIRM_BYTES (1u + 4u + 1u + COSEM_DATE_TIME_BYTES)

bool confirm_parse(const uint8_t *apdu, size_t length, struct confirm *confirm) {
    if (length != CONFIRM_BYTES || apdu[0] != TAG_DATA_NOTIFICATION_CONFIRM || apdu[5] != COSEM_DATE_TIME_BYTES) {
        return false;
    }
    confirm->invoke_id = get_u32(&apdu[1]);
    put_octets(confirm->date_time, &apdu[6], COSEM_DATE_TIME_BYTES);
    return true;
}
