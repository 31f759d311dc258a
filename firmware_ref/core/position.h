/*
 * TILT-1: the installed position, in non-volatile memory: neither a reset nor a supply cut makes the meter take the position
 * that it is found in for the one it was installed in. Records follow one another in a page that is never erased; the last
 * whole one counts, so a record torn by a power cut leaves the one before.
 */
#ifndef TBR_POSITION_H
#define TBR_POSITION_H

#include "core/accelerometer.h"

/* The position installed last; false, and upright, where none has been. */
bool position_read(struct acceleration *installed);
/* Keeps a position; false when the page is full (64 installations) and the one before stays. */
bool position_keep(const struct acceleration *installed);
/* How many more can be kept: an installer sees it on the diagnostic port. */
unsigned position_places_left(void);

#endif
