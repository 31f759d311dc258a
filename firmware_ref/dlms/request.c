#include "dlms/request.h"

#include "core/bytes.h"

#define TAG_SET_RESPONSE 0xC5u
#define TAG_ACTION_RESPONSE 0xC7u
#define NORMAL 0x01u
#define INVOKE_AT 2u
#define DATE_TIME_AT 15u
#define SET_BYTES (DATE_TIME_AT + COSEM_DATE_TIME_BYTES)
#define FRAMES_AT 14u
#define ACTION_BYTES (FRAMES_AT + 2u)

/* After tag, choice and invoke-id: class 8, 0-0:1.0.0.255, attribute 2, no selection, octet-string of 12. */
static const uint8_t set_clock[] = {0x00, 0x08, 0, 0, 1, 0, 0, 255, 0x02, 0x00, 0x09, COSEM_DATE_TIME_BYTES};
/* Class 40 (push setup), 0-0:25.9.0.255, method 1, with a parameter: long-unsigned. */
static const uint8_t push_billing[] = {0x00, 0x28, 0, 0, 25, 9, 0, 255, 0x01, 0x01, 0x12};

struct request request_parse(const uint8_t *apdu, size_t length) {
    struct request request = {.kind = REQUEST_NONE};
    if (length == SET_BYTES && apdu[0] == 0xC1u && apdu[1] == NORMAL && same_octets(&apdu[3], set_clock, sizeof set_clock) &&
        get_date_time(&apdu[DATE_TIME_AT], &request.clock)) {
        request.kind = REQUEST_SET_CLOCK;
    }
    if (length == ACTION_BYTES && apdu[0] == 0xC3u && apdu[1] == NORMAL &&
        same_octets(&apdu[3], push_billing, sizeof push_billing)) {
        request.kind = REQUEST_PUSH_BILLING;
        request.frames = get_u16(&apdu[FRAMES_AT]);
    }
    request.invoke = request.kind != REQUEST_NONE ? apdu[INVOKE_AT] : 0u;
    return request;
}

size_t request_put_answer(uint8_t frame[REQUEST_ANSWER_BYTES_MAX], const struct request *request, uint8_t result) {
    const bool is_action = request->kind == REQUEST_PUSH_BILLING;
    uint8_t *at = put_u16(put_u16(put_u16(frame, 1), 1), 1);
    at = put_u16(at, is_action ? 5u : 4u);
    at = put_u8(at, is_action ? TAG_ACTION_RESPONSE : TAG_SET_RESPONSE);
    at = put_u8(put_u8(put_u8(at, NORMAL), request->invoke), result);
    if (is_action) {
        at = put_u8(at, 0); /* no data */
    }
    return (size_t)(at - frame);
}
