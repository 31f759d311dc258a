/*
 * The whole meter: joins seal, queue, reporter, log and ports. The port's main loop calls meter_step() and sleeps until
 * the time it returns, or the next interrupt.
 */
#ifndef TBR_METER_H
#define TBR_METER_H

#include "core/banner.h"
#include "core/bus.h"
#include "core/event_log.h"
#include "core/event_queue.h"
#include "core/modem_link.h"
#include "core/reporter.h"
#include "core/seal.h"
#include "dlms/optical.h"

enum banner_state { BANNER_STATE_DUE, BANNER_DONE };

struct meter {
    struct seal seal;
    struct event_queue queue;
    struct bus bus;
    struct event_log log;
    struct reporter reporter;
    struct modem_link modem;
    struct optical optical;
    char banner[BANNER_BYTES];
    uint8_t banner_state;
};

void meter_begin(struct meter *meter, uint64_t now_us);
/* Does what is due and returns the time of what is due next. */
uint64_t meter_step(struct meter *meter, uint64_t now_us);

#endif
