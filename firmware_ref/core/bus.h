/*
 * The I2C bus, shared: each client has one transfer at a time in the queue, the first client that waits goes next. A
 * transfer has a time limit: a part that is absent or holds the bus never stops the meter.
 */
#ifndef TBR_BUS_H
#define TBR_BUS_H

#include "hal/hal.h"

/*
 * In order of precedence. The Hall sensor's transfers are the shortest (0.3 ms, ten times a second) and never wait longer
 * than for the one under way (2 ms); the secure element's own working time leaves the bus free. The accelerometer's transfers are
 * short too (0.5 ms), and may wait for the one under way or next.
 */
enum bus_client { BUS_HALL, BUS_SECURE_ELEMENT, BUS_EEPROM, BUS_MOTION, BUS_CLIENTS };

/* Nothing asked for; waiting; under way; then the results. */
enum bus_result { BUS_IDLE, BUS_QUEUED, BUS_BUSY, BUS_DONE, BUS_NACK, BUS_LATE };

struct bus {
    struct hal_i2c_transfer transfers[BUS_CLIENTS];
    uint64_t late_at_us;
    uint8_t states[BUS_CLIENTS]; /* enum bus_result */
};

/* True while nothing is queued or under way. */
bool bus_is_quiet(const struct bus *bus);
/* Queues the client's transfer; its buffers stay untouched until bus_poll() gives a result. */
void bus_request(struct bus *bus, enum bus_client client, const struct hal_i2c_transfer *transfer, uint64_t now_us);
/* BUSY, or the result of the client's transfer, once. */
enum bus_result bus_poll(struct bus *bus, enum bus_client client, uint64_t now_us);
/* When the transfer under way will be given up: whoever waits calls again by then. */
uint64_t bus_late_at_us(const struct bus *bus);

#endif
