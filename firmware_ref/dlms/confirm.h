/* data-notification-confirm (tag 10): what the head-end answers to an alert. Pure. */
#ifndef TBR_CONFIRM_H
#define TBR_CONFIRM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/calendar.h"

struct confirm {
    uint32_t invoke_id;
    uint8_t date_time[COSEM_DATE_TIME_BYTES];
};

/* False for anything but exactly one well-formed confirmation. */
bool confirm_parse(const uint8_t *apdu, size_t length, struct confirm *confirm);

#endif
