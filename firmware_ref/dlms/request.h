/*
 * What the head-end asks of the meter: to set its clock, to push billing data; and the answer (IEC 62056-5-3, SET and ACTION,
 * normal). Byte by byte in docs/alert-format.md. Pure.
 */
#ifndef TBR_REQUEST_H
#define TBR_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/calendar.h"

#define REQUEST_ANSWER_BYTES_MAX 13u

enum request_kind { REQUEST_NONE, REQUEST_SET_CLOCK, REQUEST_PUSH_BILLING };

struct request {
    struct hal_utc clock; /* SET_CLOCK */
    uint16_t frames;      /* PUSH_BILLING */
    uint8_t kind;
    uint8_t invoke;
};

/* data-access-result of SET, action-result of ACTION */
#define REQUEST_DONE 0u
#define REQUEST_REFUSED 3u /* read-write-denied */

/* NONE for anything but exactly one of the two requests. */
struct request request_parse(const uint8_t *apdu, size_t length);
/* The answer as a whole wrapper frame; returns its length. */
size_t request_put_answer(uint8_t frame[REQUEST_ANSWER_BYTES_MAX], const struct request *request, uint8_t result);

#endif
