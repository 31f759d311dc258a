#include "core/eeprom.h"

#include "core/bytes.h"

uint8_t *eeprom_page(struct eeprom *eeprom) { return &eeprom->buffer[2]; }

static void begin(struct eeprom *eeprom, uint16_t page, uint8_t length, bool is_write, uint64_t now_us) {
    put_u16(eeprom->buffer, (uint16_t)(page * CONFIG_EEPROM_PAGE_BYTES));
    eeprom->length = length;
    eeprom->is_write = is_write;
    eeprom->phase = EEPROM_PHASE_TRANSFER;
    eeprom->status = EEPROM_WORKING;
    eeprom->wake_at_us = now_us;
    eeprom->late_at_us = now_us + CONFIG_EEPROM_LATE_US;
}

void eeprom_begin_write(struct eeprom *eeprom, uint16_t page, uint8_t length, uint64_t now_us) {
    begin(eeprom, page, length, true, now_us);
}

void eeprom_begin_read(struct eeprom *eeprom, uint16_t page, uint8_t length, uint64_t now_us) {
    begin(eeprom, page, length, false, now_us);
}

static void start_transfer(struct eeprom *eeprom, struct bus *bus, uint64_t now_us) {
    struct hal_i2c_transfer transfer = {
        .address = CONFIG_EEPROM_ADDRESS, .tx = eeprom->buffer, .tx_length = 2, .fast = true};
    if (eeprom->phase == EEPROM_PHASE_TRANSFER) {
        if (eeprom->is_write) {
            transfer.tx_length = (uint8_t)(2u + eeprom->length);
        } else {
            transfer.rx = eeprom_page(eeprom);
            transfer.rx_length = eeprom->length;
        }
    }
    /* While settling only the page address is written: acknowledged once the write cycle is over. */
    bus_request(bus, BUS_EEPROM, &transfer, now_us);
    eeprom->is_on_bus = true;
}

static uint64_t end_access(struct eeprom *eeprom, enum eeprom_status status, uint64_t now_us) {
    eeprom->phase = EEPROM_PHASE_NONE;
    eeprom->status = (uint8_t)status;
    return now_us;
}

static uint64_t take_result(struct eeprom *eeprom, enum bus_result result, uint64_t now_us) {
    if (result == BUS_DONE) {
        if (eeprom->phase == EEPROM_PHASE_TRANSFER && eeprom->is_write) {
            eeprom->phase = EEPROM_PHASE_SETTLE;
            eeprom->wake_at_us = now_us + CONFIG_EEPROM_WRITE_US;
            eeprom->late_at_us = now_us + CONFIG_EEPROM_LATE_US;
            return eeprom->wake_at_us;
        }
        return end_access(eeprom, EEPROM_FINISHED, now_us);
    }
    if (result == BUS_NACK && now_us < eeprom->late_at_us) {
        eeprom->wake_at_us = now_us + CONFIG_EEPROM_POLL_US;
        return eeprom->wake_at_us;
    }
    return end_access(eeprom, EEPROM_FAILED, now_us);
}

uint64_t eeprom_step(struct eeprom *eeprom, struct bus *bus, uint64_t other_needs_bus_at_us, uint64_t now_us) {
    if (eeprom->status != EEPROM_WORKING) {
        return HAL_NEVER;
    }
    if (eeprom->is_on_bus) {
        const enum bus_result result = bus_poll(bus, BUS_EEPROM, now_us);
        if (result == BUS_BUSY) {
            return bus_late_at_us(bus);
        }
        eeprom->is_on_bus = false;
        return take_result(eeprom, result, now_us);
    }
    if (now_us < eeprom->wake_at_us) {
        return eeprom->wake_at_us;
    }
    /* COM-1: whoever signs goes first. It calls again when it has done with the bus. */
    const bool is_in_the_way = other_needs_bus_at_us < now_us + CONFIG_EEPROM_TRANSFER_US;
    if (is_in_the_way || !bus_is_quiet(bus)) {
        return HAL_NEVER;
    }
    start_transfer(eeprom, bus, now_us);
    return bus_late_at_us(bus);
}
