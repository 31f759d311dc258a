/* How urgent an event is (COM-5): a minor one may wait to be reported with others, a major one never does. */
#ifndef TBR_SEVERITY_H
#define TBR_SEVERITY_H

#include <stdbool.h>
#include <stdint.h>

#define SEVERITY_MAJOR 1u
#define SEVERITY_MINOR 2u

/* The severity of an event code, as it stands in the alert. */
uint8_t severity_of(uint8_t code);
bool severity_is_minor(uint8_t code);
/* COM-1: whether its alert can wait for CONFIG_DECISION_WAIT_US more and still be in time, at its slowest. */
bool severity_has_slack(uint8_t code);

#endif
