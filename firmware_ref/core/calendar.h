/* UTC seconds to the 12-octet COSEM date-time (62056-6-2), for alerts and the log. */
#ifndef TBR_CALENDAR_H
#define TBR_CALENDAR_H

#include "hal/hal.h"

#define COSEM_DATE_TIME_BYTES 12u

/* Deviation 0 (UTC); the status octet says whether the clock could be trusted (TIME-1). */
uint8_t *put_date_time(uint8_t *at, const struct hal_utc *utc);
/* The time of 12 octets in UTC; false unless every field is given and possible. The clock status is not looked at. */
bool get_date_time(const uint8_t *at, struct hal_utc *utc);

#endif
