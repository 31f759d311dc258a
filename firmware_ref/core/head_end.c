#include "core/head_end.h"

#include "core/bytes.h"

static int64_t hundredths_of(const struct hal_utc *utc) { return (int64_t)utc->seconds * 100 + utc->hundredths; }

static void queue_event(struct event_queue *queue, enum event_code code, const struct hal_utc *time) {
    const struct event event = {.code = (uint8_t)code, .time = *time};
    event_queue_put(queue, &event);
}

/*
 * TIME-1: a correction is an event with the time of the old clock; its alert is made by the new one, so it states the drift. The
 * request is not authenticated yet, so one beyond what a clock may drift changes nothing and is an event too.
 */
static uint8_t set_clock(struct event_queue *queue, const struct hal_utc *wanted, uint64_t now_us) {
    const struct hal_utc old = hal_utc_at(now_us);
    const int64_t by_hundredths = hundredths_of(wanted) - hundredths_of(&old);
    const bool is_large = by_hundredths > CONFIG_CLOCK_CORRECTION_MAX_HUNDREDTHS ||
                          by_hundredths < -CONFIG_CLOCK_CORRECTION_MAX_HUNDREDTHS;
    if (wanted->seconds < CONFIG_CLOCK_PLAUSIBLE_S || (hal_is_clock_set() && is_large)) {
        queue_event(queue, EVENT_CLOCK_INVALID, &old);
        return REQUEST_REFUSED;
    }
    if (by_hundredths != 0) {
        hal_correct_clock(by_hundredths);
        queue_event(queue, EVENT_CLOCK_ADJUSTED, &old);
    }
    return REQUEST_DONE;
}

void head_end_take_apdu(struct head_end *head_end, struct event_queue *queue, const uint8_t *apdu, size_t length,
                        uint64_t now_us) {
    const struct request request = request_parse(apdu, length);
    uint8_t result = REQUEST_DONE;
    if (request.kind == REQUEST_NONE) {
        return;
    }
    if (request.kind == REQUEST_SET_CLOCK) {
        result = set_clock(queue, &request.clock, now_us);
    } else {
        head_end->billing_left = request.frames;
        head_end->billing_sent = 0;
        head_end->billing_at_us = now_us;
    }
    head_end->answer_length = (uint8_t)request_put_answer(head_end->answer, &request, result);
}

uint64_t head_end_step(struct head_end *head_end, const struct billing_values *values, uint64_t now_us) {
    const bool has_answer = head_end->answer_length > 0;
    const uint64_t due_us = has_answer ? now_us : head_end->billing_left > 0 ? head_end->billing_at_us : HAL_NEVER;
    if (due_us > now_us) {
        return due_us;
    }
    if (hal_serial_is_sending(HAL_PORT_MODEM)) {
        return HAL_NEVER; /* the port's interrupt calls again at its end */
    }
    if (has_answer) {
        put_octets(head_end->frame, head_end->answer, head_end->answer_length);
        hal_serial_send(HAL_PORT_MODEM, head_end->frame, head_end->answer_length);
        head_end->answer_length = 0;
        return now_us;
    }
    struct billing_values now = *values;
    head_end->billing_left--;
    head_end->billing_sent++;
    head_end->billing_at_us = now_us + CONFIG_BILLING_PAUSE_US;
    now.number = head_end->billing_sent;
    now.time = hal_utc_at(now_us);
    billing_put_frame(head_end->frame, &now);
    hal_serial_send(HAL_PORT_MODEM, head_end->frame, BILLING_FRAME_BYTES);
    return head_end->billing_left > 0 ? head_end->billing_at_us : HAL_NEVER;
}
