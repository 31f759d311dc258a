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
/* TIME-1: what the clock was set by, kept by the battery; the real-time clock itself runs on, so no fraction of a second is lost. */
static int64_t correction_hundredths;

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

/* From 34 years back to 102 years forward: a clock that was never set counts from 1970. */
static int64_t kept_correction(void) {
    const uint32_t seconds = hal_kept(HAL_KEPT_CLOCK_S);
    return ((int64_t)(int32_t)(seconds - 0x40000000u) + 0x40000000) * 100 + hal_kept(HAL_KEPT_CLOCK_HUNDREDTHS) % 100u;
}

/* Whole seconds in one word: a power cut between the two leaves the clock less than a second off (TIME-1). */
static void keep_correction(void) {
    int64_t seconds = correction_hundredths / 100, hundredths = correction_hundredths % 100;
    if (hundredths < 0) {
        hundredths += 100;
        seconds--;
    }
    hal_keep(HAL_KEPT_CLOCK_S, (uint32_t)seconds);
    hal_keep(HAL_KEPT_CLOCK_HUNDREDTHS, (uint32_t)hundredths);
}

void clock_begin(void) {
    const uint32_t control =
        HIB_CTL_CLK32EN | HIB_CTL_CLKSEL | HIB_CTL_RTCEN | HIB_CTL_PINWEN | HIB_CTL_LOWBATEN;
    if ((HIB_CTL & control) != control) {
        write_slowly(&HIB_CTL, HIB_CTL | control);
    }
    count_boot();
    correction_hundredths = kept_correction();
    utc_anchor.anchor_seconds = HIB_RTCC;
    utc_anchor.anchor_us = hal_time_us();
    write_slowly(&HIB_IC, HIB_INT_RTCALT0);
    write_slowly(&HIB_IM, HIB_INT_RTCALT0);
    /* Two seconds ahead: the one that is running may end before the write has crossed over. */
    write_slowly(&HIB_RTCM0, HIB_RTCC + 2u);
    enable_line(IRQ_HIBERNATION);
}

uint32_t hal_battery_seconds(void) { return HIB_RTCC; }

/* PWR-1: the module's own comparator, at 2.35 V. Cleared, it tells at the next look what holds then. */
bool hal_battery_is_low(void) {
    const bool is_low = (HIB_RIS & HIB_INT_LOWBAT) != 0;
    if (is_low) {
        disable_interrupts();
        write_slowly(&HIB_IC, HIB_INT_LOWBAT);
        enable_interrupts();
    }
    return is_low;
}

/* MAG-4: what is noted on battery is UTC, as every other time. */
uint32_t clock_seconds(void) { return (uint32_t)(HIB_RTCC + correction_hundredths / 100); }

void clock_ask_for_hibernation(void) { write_slowly(&HIB_CTL, HIB_CTL | HIB_CTL_HIBREQ); }

/*
 * One write only, which clears the interrupt; clock_service() does the other one. A match reached without supply stays pending in
 * the processor though its status was cleared, and says nothing of when a second begins (TIME-1).
 */
void handle_hibernation(void) {
    if ((HIB_RIS & HIB_INT_RTCALT0) == 0) {
        return;
    }
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
    /* Negative before the alignment, also for what began hours ago: 31 years keep the division on one side of zero. */
    const int64_t since_hundredths = (int64_t)((time_us - anchor_us + 1000000000000000u) / 10000u) - 100000000000;
    const int64_t hundredths = (int64_t)anchor_seconds * 100 + since_hundredths + correction_hundredths;
    const struct hal_utc utc = {.seconds = (uint32_t)(hundredths / 100),
                                .hundredths = (uint8_t)(hundredths % 100),
                                .status = !hal_is_clock_set() ? HAL_UTC_INVALID
                                          : is_aligned        ? HAL_UTC_VALID
                                                              : HAL_UTC_DOUBTFUL};
    return utc;
}

/* Main loop only, as the correction. The anchor is one aligned word: no interrupt can split it. */
bool hal_is_clock_set(void) {
    const uint32_t anchor_seconds = *(const volatile uint32_t *)&utc_anchor.anchor_seconds;
    return (int64_t)anchor_seconds + correction_hundredths / 100 >= (int64_t)CONFIG_CLOCK_PLAUSIBLE_S;
}

void hal_correct_clock(int64_t by_hundredths) {
    correction_hundredths += by_hundredths;
    keep_correction();
}

uint32_t hal_boot_count(void) { return boot_count; }
