/* What an alert says, apart from who sends it: kept in the outbox, written to the log, encoded for the wire. */
#ifndef TBR_ALERT_RECORD_H
#define TBR_ALERT_RECORD_H

#include "hal/hal.h"

struct alert_record {
    uint32_t sequence;          /* the log's, from 1 */
    uint32_t counter;           /* the secure element's (SIG-1) */
    struct hal_utc event_time;  /* first edge of the lasting change */
    struct hal_utc sent_time;   /* when the alert was made; the same in every repeat */
    uint8_t code;
    uint16_t count;             /* how many detections it stands for (LOG-1) */
};

#endif
