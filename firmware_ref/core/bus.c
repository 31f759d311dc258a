#include "core/bus.h"

#include "config.h"

bool bus_is_free(const struct bus *bus) { return !bus->is_taken; }

/* Nine clocks an octet; two address octets at most. */
static uint64_t nominal_us(const struct hal_i2c_transfer *transfer) {
    const uint32_t octets = (uint32_t)transfer->tx_length + transfer->rx_length + 2u;
    return (uint64_t)(octets * 9u) * (transfer->fast ? 5u : 20u) / 2u;
}

void bus_start(struct bus *bus, const struct hal_i2c_transfer *transfer, uint64_t now_us) {
    bus->transfer = *transfer;
    bus->is_taken = true;
    bus->late_at_us = now_us + 2u * nominal_us(transfer) + CONFIG_I2C_MARGIN_US;
    hal_i2c_start(&bus->transfer);
}

enum bus_result bus_poll(struct bus *bus, uint64_t now_us) {
    const enum hal_i2c_state state = hal_i2c_state();
    if (state == HAL_I2C_BUSY) {
        if (now_us < bus->late_at_us) {
            return BUS_BUSY;
        }
        hal_i2c_abort();
        bus->is_taken = false;
        return BUS_LATE;
    }
    bus->is_taken = false;
    return state == HAL_I2C_DONE ? BUS_DONE : BUS_NACK;
}
