/* The parameter page in flash: who the meter is and whom it reports to. Written once in production. Pure. */
#ifndef TBR_PARAMETERS_H
#define TBR_PARAMETERS_H

#include "dlms/alert.h"

#define PARAMETERS_BYTES 24u

/* From the page, or the reference values where it is blank (NULL) or damaged. */
void parameters_read(const uint8_t *page, struct alert_parties *parties);

#endif
