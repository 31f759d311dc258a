/*
 * Port E. PE3 is high while there is high voltage on the communication lines (SIG-4). Life without mains (MAG-4, PWR-1): PE0 says that the mains are there, and falls 20 ms at least before the supply does: then
 * hibernation is asked for, which begins when the supply is gone. A pulse at WAKE, from the magnetic latch or the case
 * switch, starts the processor from the battery; it notes what it finds and asks for hibernation again.
 */
#include "config.h"
#include "core/vigil.h"
#include "port/lm3s6965/port.h"

void handle_gpio_e(void);

static uint64_t overdriven_since_us;

void power_begin(void) {
    GPIO_DATA(GPIO_E_BASE, LATCH_RESET_PIN) = 0;
    GPIO_DIR(GPIO_E_BASE) = LATCH_RESET_PIN;
    GPIO_DEN(GPIO_E_BASE) = MAINS_PIN | LATCH_PIN | LATCH_RESET_PIN | INJECTION_PIN;
    GPIO_IBE(GPIO_E_BASE) = INJECTION_PIN; /* of the mains the falling edge alone, as after reset */
    GPIO_ICR(GPIO_E_BASE) = MAINS_PIN | INJECTION_PIN;
    GPIO_IM(GPIO_E_BASE) = MAINS_PIN | INJECTION_PIN;
    enable_line(IRQ_GPIO_E);
}

static bool is_on_mains(void) { return (GPIO_DATA(GPIO_E_BASE, MAINS_PIN) & MAINS_PIN) != 0; }

/* The mains may come back before the supply is gone: asking changes nothing then, the wake line takes it back. */
void handle_gpio_e(void) {
    const uint32_t causes = GPIO_MIS(GPIO_E_BASE);
    GPIO_ICR(GPIO_E_BASE) = causes;
    if ((causes & INJECTION_PIN) != 0) {
        overdriven_since_us = hal_time_us(); /* of any edge: a break that is over already counts as one */
        GPIO_IM(GPIO_E_BASE) = MAINS_PIN;    /* the next one is told once this has been taken, whatever their rate (SEAL-3) */
        time_note_call();
    }
    if ((causes & MAINS_PIN) != 0) {
        clock_ask_for_hibernation();
    }
}

bool hal_is_line_overdriven(uint64_t *since_us) {
    disable_interrupts();
    *since_us = overdriven_since_us;
    GPIO_IM(GPIO_E_BASE) = MAINS_PIN | INJECTION_PIN;
    enable_interrupts();
    return (GPIO_DATA(GPIO_E_BASE, INJECTION_PIN) & INJECTION_PIN) != 0;
}

bool hal_latch_is_set(void) { return (GPIO_DATA(GPIO_E_BASE, LATCH_PIN) & LATCH_PIN) != 0; }

void hal_latch_reset(void) {
    GPIO_DATA(GPIO_E_BASE, LATCH_RESET_PIN) = LATCH_RESET_PIN;
    time_spin_us(CONFIG_LATCH_PULSE_US);
    GPIO_DATA(GPIO_E_BASE, LATCH_RESET_PIN) = 0;
}

/* MAG-4. A supply that stays, however often hibernation is asked for, is no battery: the meter works, whatever PE0 says. */
void power_watch_on_battery(void) {
    unsigned tries = 0;
    if (is_on_mains()) {
        return;
    }
    const bool was_open = hal_case_is_open();
    time_spin_us(CONFIG_SEAL_DEBOUNCE_US);
    vigil_note(clock_seconds(), was_open && hal_case_is_open());
    while (!is_on_mains()) {
        clock_ask_for_hibernation();
        time_spin_us(CONFIG_HIBERNATE_AGAIN_US); /* the supply goes within this */
        if (++tries == CONFIG_HIBERNATE_TRIES) {
            return;
        }
    }
    SCB_AIRCR = AIRCR_RESET_REQUEST; /* the mains came meanwhile: begin as at power-on */
    for (;;) {
    }
}
