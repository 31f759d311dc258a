#include "core/bus.h"

#include "config.h"

/* Nine clocks an octet; two address octets at most. */
static uint64_t nominal_us(const struct hal_i2c_transfer *transfer) {
    const uint32_t octets = (uint32_t)transfer->tx_length + transfer->rx_length + 2u;
    return (uint64_t)(octets * 9u) * (transfer->fast ? 5u : 20u) / 2u;
}

static unsigned find_client(const struct bus *bus, enum bus_result state) {
    unsigned client = 0;
    while (client < BUS_CLIENTS && bus->states[client] != state) {
        client++;
    }
    return client;
}

/* Notes the end of the transfer under way. True when the bus is free for the next one. */
static bool end_transfer(struct bus *bus, uint64_t now_us) {
    const unsigned client = find_client(bus, BUS_BUSY);
    if (client == BUS_CLIENTS) {
        return true;
    }
    const enum hal_i2c_state state = hal_i2c_state();
    if (state != HAL_I2C_BUSY) {
        bus->states[client] = state == HAL_I2C_DONE ? BUS_DONE : BUS_NACK;
        return true;
    }
    if (now_us < bus->late_at_us) {
        return false;
    }
    hal_i2c_abort();
    bus->states[client] = BUS_LATE;
    return true;
}

static void move_on(struct bus *bus, uint64_t now_us) {
    if (!end_transfer(bus, now_us)) {
        return;
    }
    const unsigned next = find_client(bus, BUS_QUEUED);
    if (next < BUS_CLIENTS) {
        bus->states[next] = BUS_BUSY;
        bus->late_at_us = now_us + 2u * nominal_us(&bus->transfers[next]) + CONFIG_I2C_MARGIN_US;
        hal_i2c_start(&bus->transfers[next]);
    }
}

bool bus_is_quiet(const struct bus *bus) {
    return find_client(bus, BUS_BUSY) == BUS_CLIENTS && find_client(bus, BUS_QUEUED) == BUS_CLIENTS;
}

void bus_request(struct bus *bus, enum bus_client client, const struct hal_i2c_transfer *transfer, uint64_t now_us) {
    bus->transfers[client] = *transfer;
    bus->states[client] = BUS_QUEUED;
    move_on(bus, now_us);
}

enum bus_result bus_poll(struct bus *bus, enum bus_client client, uint64_t now_us) {
    move_on(bus, now_us);
    const enum bus_result state = (enum bus_result)bus->states[client];
    if (state <= BUS_BUSY) {
        return BUS_BUSY;
    }
    bus->states[client] = BUS_IDLE;
    return state;
}

uint64_t bus_late_at_us(const struct bus *bus) { return bus->late_at_us; }
