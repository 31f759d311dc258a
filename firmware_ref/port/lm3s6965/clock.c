/*
 * UTC from the hibernation module's real-time clock (seconds since 1970) and timer 0. The clock has whole seconds only,
 * so its match interrupt marks where a second begins on the timer; repeated, since the two oscillators drift (TIME-1).
 */
#include "config.h"
#include "port/lm3s6965/port.h"

#define WORD_MAGIC 0u
#define WORD_BOOTS 1u
#define WORD_KEPT 2u /* the first of enum hal_kept */
#define BATTERY_MAGIC 0x54425231u /* "TBR1" */

static struct {
    uint64_t anchor_us;      /* on the timer */
    uint32_t anchor_seconds; /* on the clock, at anchor_us */
    bool is_aligned;
    bool is_match_due; /* the match register waits to be moved on */
} utc_anchor;
static uint32_t boot_count;

void handle_hibernation(void);

/* 92 us must lie between writes to this module: they cross into the 32 kHz domain (data sheet, t_HIB_REG_WRITE). */
#define WRITE_GAP_US 100u

/* Waits first, since anyone may have written just now. With interrupts off, or before they are on. */
static void write_slowly(volatile uint32_t *target, uint32_t value) {
    time_spin_us(WRITE_GAP_US);
    *target = value;
}

uint32_t hal_kept(enum hal_kept which) { return HIB_DATA(WORD_KEPT + (uint32_t)which); }

void hal_keep(enum hal_kept which, uint32_t value) {
    disable_interrupts();
    write_slowly(&HIB_DATA(WORD_KEPT + (uint32_t)which), value);
    enable_interrupts();
}

static void count_boot(void) {
    if (HIB_DATA(WORD_MAGIC) == BATTERY_MAGIC) {
        boot_count = HIB_DATA(WORD_BOOTS) + 1u;
    } else {
        boot_count = 1;
        for (uint32_t word = 0; word < HAL_KEPT_WORDS; word++) {
            write_slowly(&HIB_DATA(WORD_KEPT + word), 0);
        }
        write_slowly(&HIB_DATA(WORD_MAGIC), BATTERY_MAGIC);
    }
    write_slowly(&HIB_DATA(WORD_BOOTS), boot_count);
}

void clock_begin(void) {
    const uint32_t control = HIB_CTL_CLK32EN | HIB_CTL_CLKSEL | HIB_CTL_RTCEN;
    if ((HIB_CTL & control) != control) {
        write_slowly(&HIB_CTL, HIB_CTL | control);
    }
    count_boot();
    utc_anchor.anchor_seconds = HIB_RTCC;
    utc_anchor.anchor_us = hal_time_us();
    write_slowly(&HIB_IC, HIB_INT_RTCALT0);
    write_slowly(&HIB_IM, HIB_INT_RTCALT0);
    /* Two seconds ahead: the one that is running may end before the write has crossed over. */
    write_slowly(&HIB_RTCM0, HIB_RTCC + 2u);
    enable_line(IRQ_HIBERNATION);
}

/* One write only, which clears the interrupt; clock_service() does the other one. */
void handle_hibernation(void) {
    const uint64_t now_us = hal_time_us();
    write_slowly(&HIB_IC, HIB_INT_RTCALT0);
    utc_anchor.anchor_us = now_us;
    utc_anchor.anchor_seconds = HIB_RTCM0;
    utc_anchor.is_aligned = true;
    utc_anchor.is_match_due = true;
    time_note_wake();
}

uint64_t clock_service(uint64_t now_us) {
    disable_interrupts();
    const bool is_due = utc_anchor.is_match_due;
    const uint64_t write_at_us = utc_anchor.anchor_us + WRITE_GAP_US;
    const uint32_t match_seconds = utc_anchor.anchor_seconds + CONFIG_CLOCK_ALIGN_S;
    enable_interrupts();
    if (!is_due) {
        return HAL_NEVER;
    }
    if (now_us < write_at_us) {
        return write_at_us;
    }
    utc_anchor.is_match_due = false;
    disable_interrupts();
    write_slowly(&HIB_RTCM0, match_seconds);
    enable_interrupts();
    return HAL_NEVER;
}

struct hal_utc hal_utc_at(uint64_t time_us) {
    disable_interrupts();
    const uint64_t anchor_us = utc_anchor.anchor_us;
    const uint32_t anchor_seconds = utc_anchor.anchor_seconds;
    const bool is_aligned = utc_anchor.is_aligned;
    enable_interrupts();
    uint32_t seconds = anchor_seconds;
    uint64_t since_us = time_us - anchor_us;
    if (time_us < anchor_us) {
        /* An edge from just before the alignment. */
        const uint32_t back_seconds = (uint32_t)((anchor_us - time_us) / 1000000u) + 1u;
        seconds -= back_seconds;
        since_us = time_us + (uint64_t)back_seconds * 1000000u - anchor_us;
    }
    const struct hal_utc utc = {.seconds = seconds + (uint32_t)(since_us / 1000000u),
                                .hundredths = (uint8_t)(since_us % 1000000u / 10000u),
                                .status = anchor_seconds < CONFIG_CLOCK_PLAUSIBLE_S ? HAL_UTC_INVALID
                                          : is_aligned                             ? HAL_UTC_VALID
                                                                                   : HAL_UTC_DOUBTFUL};
    return utc;
}

/* One aligned word: no interrupt can split it. */
bool hal_is_clock_set(void) { return *(const volatile uint32_t *)&utc_anchor.anchor_seconds >= CONFIG_CLOCK_PLAUSIBLE_S; }

uint32_t hal_boot_count(void) { return boot_count; }
