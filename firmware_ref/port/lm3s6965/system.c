/* Clock tree, pins, watchdog, reset cause, parameters: what is set once at boot. */
#include "config.h"
#include "core/keys.h"
#include "port/lm3s6965/oscillator.h"
#include "port/lm3s6965/port.h"

static uint32_t reset_cause;
static uint64_t feed_at_us;

static void enable_blocks(void) {
    SYSCTL_RCGC0 = SYSCTL_RCGC0 | RCGC0_WATCHDOG | RCGC0_HIBERNATION | RCGC0_ADC | RCGC0_ADC_1_MSPS;
    SYSCTL_RCGC1 = RCGC1_UARTS | RCGC1_SSI0 | RCGC1_I2C0 | RCGC1_TIMER0 | RCGC1_TIMER1;
    SYSCTL_RCGC2 = RCGC2_PORT_A | RCGC2_PORT_B | RCGC2_PORT_C | RCGC2_PORT_D | RCGC2_PORT_E |
                   RCGC2_PORT_G;
    (void)SYSCTL_RCGC2; /* three clocks pass before a block may be touched; two reads take longer */
    (void)SYSCTL_RCGC2;
}

void system_begin(void) {
    set_clock_16_mhz();
    enable_blocks();
    reset_cause = SYSCTL_RESC;
    SYSCTL_RESC = 0;
}

/* RESC bits: 0 external, 1 power-on, 2 brown-out, 3 watchdog, 4 software, 5 LDO. Power-on leaves others set too. */
const char *hal_reset_cause(void) {
    static const char *const names[] = {"external", "power-on", "brown-out", "watchdog", "software", "regulator"};
    static const uint8_t order[] = {1, 2, 3, 4, 5, 0};
    for (unsigned i = 0; i < sizeof order; i++) {
        if ((reset_cause >> order[i] & 1u) != 0) {
            return names[order[i]];
        }
    }
    return "unknown";
}

const uint8_t *hal_parameter_page(void) { return (const uint8_t *)(uintptr_t)CONFIG_PARAMETERS_ADDRESS; }

const uint8_t *hal_key_page(void) { return (const uint8_t *)(uintptr_t)CONFIG_KEYS_ADDRESS; }

const uint8_t *hal_position_page(void) { return (const uint8_t *)(uintptr_t)CONFIG_POSITION_ADDRESS; }

/*
 * The flash's time base is the clock's microsecond; the program waits in flash while a word is written. A flash that does not end
 * is left: the record is not whole then, which its reader notices.
 */
static void write_word(uint32_t address, uint32_t word) {
    FLASH_USECRL = CONFIG_CYCLES_PER_US - 1u;
    FLASH_FMA = address;
    FLASH_FMD = word;
    FLASH_FMC = FLASH_FMC_WRITE;
    for (unsigned left = CONFIG_FLASH_POLLS; left > 0 && (FLASH_FMC & 1u) != 0; left--) {
    }
}

void hal_position_write(uint32_t at, const uint8_t *octets, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 4u) {
        write_word(CONFIG_POSITION_ADDRESS + at + i, (uint32_t)octets[i] | (uint32_t)octets[i + 1u] << 8 |
                                                         (uint32_t)octets[i + 2u] << 16 | (uint32_t)octets[i + 3u] << 24);
    }
}

/* A bit of flash goes from 1 to 0 without an erasure. */
void hal_key_page_wipe(void) {
    for (uint32_t at = 0; at < KEY_PAGE_BYTES; at += 4u) {
        write_word(CONFIG_KEYS_ADDRESS + at, 0);
    }
}

/*
 * The first expiry only sets a flag (its interrupt stays off), the second resets. Locked in between, so that a runaway
 * program can't switch it off by chance.
 */
void watchdog_begin(void) {
    WDT_LOCK = WDT_UNLOCK_KEY;
    WDT_LOAD = CONFIG_WATCHDOG_PERIOD_US * CONFIG_CYCLES_PER_US;
    WDT_CTL = WDT_CTL_INTEN_RESEN;
    WDT_LOCK = 0;
}

void watchdog_feed(uint64_t now_us) {
    if (now_us < feed_at_us) {
        return;
    }
    feed_at_us = now_us + CONFIG_WATCHDOG_FEED_US;
    WDT_LOCK = WDT_UNLOCK_KEY;
    WDT_ICR = 0;
    WDT_LOAD = CONFIG_WATCHDOG_PERIOD_US * CONFIG_CYCLES_PER_US;
    WDT_LOCK = 0;
}
