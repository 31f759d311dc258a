/* What the parts of this port share with each other; nothing outside the port includes it. */
#ifndef TBR_PORT_H
#define TBR_PORT_H

#include "hal/hal.h"
#include "port/lm3s6965/registers.h"

static inline void disable_interrupts(void) { __asm volatile("cpsid i" ::: "memory"); }
static inline void enable_interrupts(void) { __asm volatile("cpsie i" ::: "memory"); }

/* Enables an interrupt line in the NVIC. All lines keep priority 0: no interrupt interrupts another (SEAL-4, stack). */
static inline void enable_line(uint32_t line) { NVIC_ISER(line / 32u) = 1u << (line % 32u); }

/* A handler calls this when the main loop has to look; in the middle of a transfer it does not. */
void time_note_wake(void);
/* The same, for what is no sensor's: hal_was_called(). */
void time_note_call(void);
void time_begin(void);
/* Sleeps until the time or an interrupt. */
void time_sleep_until_us(uint64_t wake_us);
/* For bring-up and bus recovery only: returns after at least this time. Counts loops, so it works without a timer. */
void time_spin_us(uint32_t spin_us);

void system_begin(void);
void watchdog_begin(void);
/* Called in every turn of the main loop; feeds it once a second. */
void watchdog_feed(uint64_t now_us);
void case_switch_begin(void);
void earth_sense_begin(void);
void motion_line_begin(void);
void i2c_begin(void);
void serial_begin(void);
void spi_begin(void);
void adc_begin(void);
void clock_begin(void);
/* Seconds of the real-time clock. */
uint32_t clock_seconds(void);
/* Lets the hibernation module take over when the supply goes, with the wake pin armed. From a handler, or before interrupts. */
void clock_ask_for_hibernation(void);
void power_begin(void);
/* Returns at once on mains; on battery it notes what has moved, and does not return (MAG-4). */
void power_watch_on_battery(void);
/* Moves the next alignment on; returns when to call again. */
uint64_t clock_service(uint64_t now_us);

#endif
