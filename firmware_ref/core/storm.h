/*
 * SEAL-3: an interrupt storm on the case switch's line. Every edge fills a bucket that leaks evenly; full, there is a storm,
 * and it ends after a quiet time. Pure: it is told each edge, and answers with at most one change.
 */
#ifndef TBR_STORM_H
#define TBR_STORM_H

#include <stdbool.h>
#include <stdint.h>

struct storm {
    uint64_t first_us; /* the edge with which the bucket began to fill */
    uint64_t last_us;  /* the newest edge */
    uint32_t fill_us;  /* the bucket, in the time it takes to leak empty */
    bool is_present;
};

/* An edge was seen. True when it begins a storm. */
bool storm_take_edge(struct storm *storm, uint64_t time_us);
/* True when the storm has ended by now. */
bool storm_sample(struct storm *storm, uint64_t now_us);
/* When storm_sample() is wanted next; HAL_NEVER without a storm. */
uint64_t storm_deadline_us(const struct storm *storm);

#endif
