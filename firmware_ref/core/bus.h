/* One transfer at a time on I2C, with a time limit: a part that is absent or holds the bus never stops the meter. */
#ifndef TBR_BUS_H
#define TBR_BUS_H

#include "hal/hal.h"

enum bus_result { BUS_BUSY, BUS_DONE, BUS_NACK, BUS_LATE };

struct bus {
    struct hal_i2c_transfer transfer;
    uint64_t late_at_us;
    bool is_taken;
};

bool bus_is_free(const struct bus *bus);
/* Only when free. */
void bus_start(struct bus *bus, const struct hal_i2c_transfer *transfer, uint64_t now_us);
/* The result of the transfer under way; anything but BUSY also frees the bus. */
enum bus_result bus_poll(struct bus *bus, uint64_t now_us);

#endif
