#include "dlms/alert.h"

#include "core/bytes.h"
#include "core/calendar.h"
#include "core/severity.h"
#include "core/sha256.h"

#define WRAPPER_VERSION 0x0001u
#define WPORT_MANAGEMENT 0x0001u
#define WRAPPER_BYTES 8u

#define TAG_GENERAL_SIGNING 0xDFu
#define TAG_DATA_NOTIFICATION 0x0Fu
#define TYPE_STRUCTURE 0x02u
#define TYPE_DOUBLE_LONG_UNSIGNED 0x06u
#define TYPE_OCTET_STRING 0x09u
#define TYPE_UNSIGNED 0x11u
#define TYPE_ENUM 0x16u

#define CONTENT_BYTES 56u

/* 0-0:96.11.1.255, event code object of the fraud (tamper) log. */
static const uint8_t obis_event_code[6] = {0, 0, 96, 11, 1, 255};

uint32_t alert_invoke_id(uint32_t counter) { return 0xC0000000u | (counter & 0x00FFFFFFu); }

static uint8_t *put_string(uint8_t *at, const uint8_t *octets, uint8_t count) {
    return put_octets(put_u8(at, count), octets, count);
}

static uint8_t *put_date_time_string(uint8_t *at, const struct hal_utc *utc) {
    return put_date_time(put_u8(at, COSEM_DATE_TIME_BYTES), utc);
}

static uint8_t *put_notification(uint8_t *at, const struct alert_record *record) {
    at = put_u8(at, TAG_DATA_NOTIFICATION);
    at = put_u32(at, alert_invoke_id(record->counter));
    at = put_date_time_string(at, &record->sent_time);
    at = put_u8(put_u8(at, TYPE_STRUCTURE), 6);
    at = put_string(put_u8(at, TYPE_OCTET_STRING), obis_event_code, sizeof obis_event_code);
    at = put_u8(put_u8(at, TYPE_UNSIGNED), record->code);
    at = put_u32(put_u8(at, TYPE_DOUBLE_LONG_UNSIGNED), record->counter);
    at = put_date_time_string(put_u8(at, TYPE_OCTET_STRING), &record->event_time);
    at = put_u32(put_u8(at, TYPE_DOUBLE_LONG_UNSIGNED), record->sequence);
    return put_u8(put_u8(at, TYPE_ENUM), severity_of(record->code));
}

void alert_put_signed_part(uint8_t part[ALERT_SIGNED_BYTES], const struct alert_parties *parties,
                           const struct alert_record *record) {
    uint8_t *at = put_u8(part, 8); /* transaction-id: the event counter, 8 octets */
    at = put_u32(put_u32(at, 0), record->counter);
    at = put_string(at, parties->originator, SYSTEM_TITLE_BYTES);
    at = put_string(at, parties->recipient, SYSTEM_TITLE_BYTES);
    at = put_date_time_string(at, &record->sent_time);
    at = put_u8(at, 0); /* other-information: none */
    at = put_u8(at, CONTENT_BYTES);
    put_notification(at, record);
}

void alert_digest(uint8_t digest[32], const struct alert_parties *parties, const struct alert_record *record) {
    uint8_t part[ALERT_SIGNED_BYTES];
    struct sha256 sha;
    alert_put_signed_part(part, parties, record);
    sha256_begin(&sha);
    sha256_add(&sha, part, sizeof part);
    sha256_end(&sha, digest);
}

void alert_put_frame(uint8_t frame[ALERT_FRAME_BYTES], const struct alert_parties *parties,
                     const struct alert_record *record, const uint8_t signature[ALERT_SIGNATURE_BYTES]) {
    uint8_t *at = put_u16(frame, WRAPPER_VERSION);
    at = put_u16(at, WPORT_MANAGEMENT);
    at = put_u16(at, WPORT_MANAGEMENT);
    at = put_u16(at, ALERT_FRAME_BYTES - WRAPPER_BYTES);
    at = put_u8(at, TAG_GENERAL_SIGNING);
    alert_put_signed_part(at, parties, record);
    put_string(at + ALERT_SIGNED_BYTES, signature, ALERT_SIGNATURE_BYTES);
}
