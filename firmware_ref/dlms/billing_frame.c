#include "dlms/billing_frame.h"

#include "core/bytes.h"

#define NORMAL_UNCONFIRMED 0x00000000u /* bits 31 and 30 of long-invoke-id-and-priority: COM-2, never before an alert */

void billing_put_frame(uint8_t frame[BILLING_FRAME_BYTES], const struct billing_values *values) {
    static const uint8_t load_profile[6] = {1, 0, 99, 1, 0, 255};
    uint8_t *at = put_u16(put_u16(put_u16(frame, 1), 1), 1);
    at = put_u16(at, BILLING_FRAME_BYTES - 8u);
    at = put_u32(put_u8(at, 0x0F), NORMAL_UNCONFIRMED | values->number);
    at = put_date_time(put_u8(at, COSEM_DATE_TIME_BYTES), &values->time);
    at = put_u8(put_u8(at, 0x02), 4);
    at = put_octets(put_u8(put_u8(at, 0x09), sizeof load_profile), load_profile, sizeof load_profile);
    at = put_u16(put_u8(at, 0x12), values->number);
    at = put_u32(put_u8(at, 0x06), values->line_mA);
    put_u32(put_u8(at, 0x06), values->voltage_mV);
}
