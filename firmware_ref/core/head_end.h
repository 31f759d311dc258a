/*
 * What the head-end asked for besides confirmations: the clock set (TIME-1), billing data pushed frame by frame with pauses in
 * between, always behind the alerts (COM-2).
 */
#ifndef TBR_HEAD_END_H
#define TBR_HEAD_END_H

#include "core/event_queue.h"
#include "dlms/billing_frame.h"
#include "dlms/request.h"

struct head_end {
    uint64_t billing_at_us; /* the next frame, if any are left */
    uint16_t billing_left;
    uint16_t billing_sent;
    uint8_t frame[BILLING_FRAME_BYTES]; /* what the modem is sending */
    uint8_t answer[REQUEST_ANSWER_BYTES_MAX];
    uint8_t answer_length;
};

/* An APDU from the head-end; what is no request for this meter is dropped. */
void head_end_take_apdu(struct head_end *head_end, struct event_queue *queue, const uint8_t *apdu, size_t length,
                        uint64_t now_us);
/* Sends what is due unless the modem is sending; `values` are those of now. Returns when to call again. */
uint64_t head_end_step(struct head_end *head_end, const struct billing_values *values, uint64_t now_us);

#endif
