/*
 * The 24LC256 EEPROM, one page at a time: reads, or writes and waits until the part acknowledges again (LOG-2).
 * It yields the bus to the secure element: a transfer starts only when there is time for it (COM-1).
 */
#ifndef TBR_EEPROM_H
#define TBR_EEPROM_H

#include "config.h"
#include "core/bus.h"

enum eeprom_status { EEPROM_IDLE, EEPROM_WORKING, EEPROM_FINISHED, EEPROM_FAILED };
enum eeprom_phase { EEPROM_PHASE_NONE, EEPROM_PHASE_TRANSFER, EEPROM_PHASE_SETTLE };

struct eeprom {
    uint8_t buffer[2 + CONFIG_EEPROM_PAGE_BYTES]; /* page address, then the page's octets */
    uint64_t wake_at_us;
    uint64_t late_at_us;
    uint8_t length;
    uint8_t phase;
    uint8_t status;
    bool is_write;
    bool is_on_bus;
};

/* The octets to write are put here before eeprom_begin_write(); those read are found here. */
uint8_t *eeprom_page(struct eeprom *eeprom);
void eeprom_begin_write(struct eeprom *eeprom, uint16_t page, uint8_t length, uint64_t now_us);
void eeprom_begin_read(struct eeprom *eeprom, uint16_t page, uint8_t length, uint64_t now_us);
/* Moves on; returns when to call again. The bus is left to others from other_needs_bus_at_us on. */
uint64_t eeprom_step(struct eeprom *eeprom, struct bus *bus, uint64_t other_needs_bus_at_us, uint64_t now_us);

#endif
