/* Monotonic time from timer 0, running freely; the next deadline from timer 1, one shot. No periodic tick (PWR-1). */
#include "config.h"
#include "port/lm3s6965/port.h"

static volatile uint32_t time_wraps;
static volatile bool time_was_woken, time_was_called;
static uint64_t deadline_us; /* what timer 1 was last set to */
static uint64_t floor_us;    /* an expired deadline has passed, whatever timer 0 says */

void handle_timer0(void);
void handle_timer1(void);

void time_note_wake(void) { time_was_woken = true; }

void time_note_call(void) {
    time_was_called = true;
    time_was_woken = true;
}

/* Taken back before what has come is looked at: what comes in between calls again. */
bool hal_was_called(void) {
    const bool was_called = time_was_called;
    if (was_called) {
        time_was_called = false;
    }
    return was_called;
}

void time_begin(void) {
    TIMER_CTL(TIMER0_BASE) = 0;
    TIMER_CFG(TIMER0_BASE) = TIMER_CFG_32_BIT;
    TIMER_TAMR(TIMER0_BASE) = TIMER_TAMR_PERIODIC;
    TIMER_TAILR(TIMER0_BASE) = 0xFFFFFFFFu;
    TIMER_IMR(TIMER0_BASE) = TIMER_INT_TATO;
    TIMER_CTL(TIMER0_BASE) = TIMER_CTL_TAEN;
    TIMER_CTL(TIMER1_BASE) = 0;
    TIMER_CFG(TIMER1_BASE) = TIMER_CFG_32_BIT;
    TIMER_TAMR(TIMER1_BASE) = TIMER_TAMR_ONE_SHOT;
    TIMER_IMR(TIMER1_BASE) = TIMER_INT_TATO;
    enable_line(IRQ_TIMER0A);
    enable_line(IRQ_TIMER1A);
}

/*
 * Callable from handlers too, where a wrap may be pending and not yet counted. The down-counter is read before the flag:
 * when the flag is up and the counter stands in its upper half, the wrap came before the reading.
 */
uint64_t hal_time_us(void) {
    uint32_t mask;
    __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(mask)::"memory");
    const uint32_t elapsed = 0xFFFFFFFFu - TIMER_TAR(TIMER0_BASE);
    uint64_t wraps = time_wraps;
    if ((TIMER_RIS(TIMER0_BASE) & TIMER_INT_TATO) != 0 && elapsed < 0x80000000u) {
        wraps++;
    }
    uint64_t now_us = (wraps << 32 | elapsed) / CONFIG_CYCLES_PER_US;
    if (now_us < floor_us) {
        now_us = floor_us;
    }
    __asm volatile("msr primask, %0" ::"r"(mask) : "memory");
    return now_us;
}

void handle_timer0(void) {
    TIMER_ICR(TIMER0_BASE) = TIMER_INT_TATO;
    time_wraps++;
    time_note_wake();
}

/*
 * On silicon floor_us changes nothing. It lets the firmware run on models whose free-running timer reads 0 (QEMU 7.2).
 * The flag is asked first: an interrupt left pending by a deadline that was replaced meanwhile says nothing about the new one.
 */
void handle_timer1(void) {
    if ((TIMER_RIS(TIMER1_BASE) & TIMER_INT_TATO) != 0) {
        TIMER_ICR(TIMER1_BASE) = TIMER_INT_TATO;
        floor_us = deadline_us;
    }
    time_note_wake();
}

static void set_deadline(uint64_t now_us, uint64_t wake_us) {
    const uint64_t latest_us = now_us + CONFIG_WAKE_MAX_US;
    deadline_us = wake_us < latest_us ? wake_us : latest_us;
    TIMER_CTL(TIMER1_BASE) = 0;
    TIMER_ICR(TIMER1_BASE) = TIMER_INT_TATO;
    TIMER_TAILR(TIMER1_BASE) = (uint32_t)(deadline_us - now_us) * CONFIG_CYCLES_PER_US;
    TIMER_CTL(TIMER1_BASE) = TIMER_CTL_TAEN;
}

/*
 * WFI wakes on a pending interrupt also while interrupts are masked: nothing can slip in between look and sleep. A handler
 * that notes no wake, as in the middle of a transfer, is followed by sleep again.
 */
void time_sleep_until_us(uint64_t wake_us) {
    disable_interrupts();
    const uint64_t now_us = hal_time_us();
    if (!time_was_woken && wake_us > now_us) {
        set_deadline(now_us, wake_us);
        while (!time_was_woken) {
            __asm volatile("dsb\n\twfi" ::: "memory");
            enable_interrupts(); /* the handler runs here */
            __asm volatile("isb" ::: "memory");
            disable_interrupts();
        }
    }
    time_was_woken = false;
    enable_interrupts();
    __asm volatile("isb" ::: "memory");
}

/* A turn takes three cycles at least (subtract 1, taken branch 1 plus a refill of 1 to 3), so this never returns early. */
void time_spin_us(uint32_t spin_us) {
    uint32_t turns = spin_us * CONFIG_CYCLES_PER_US / 3u + 1u;
    __asm volatile("1: subs %0, #1\n\tbne 1b" : "+r"(turns)::"cc");
}
