/* SEAL-1: the case switch on PC4: pull-up, closed case low, open case high, an interrupt on both edges. */
#include "config.h"
#include "port/lm3s6965/port.h"

static struct {
    struct hal_edge edges[CONFIG_SEAL_EDGES];
    uint8_t first;
    uint8_t count;
    bool is_held; /* the interrupt is off until the main loop has taken the edges */
} case_edges;

void handle_gpio_c(void);

/* Port C also carries JTAG on PC0-PC3: every register keeps its other bits. */
void case_switch_begin(void) {
    GPIO_DIR(GPIO_C_BASE) = GPIO_DIR(GPIO_C_BASE) & ~CASE_SWITCH_PIN;
    GPIO_AFSEL(GPIO_C_BASE) = GPIO_AFSEL(GPIO_C_BASE) & ~CASE_SWITCH_PIN;
    GPIO_PUR(GPIO_C_BASE) = GPIO_PUR(GPIO_C_BASE) | CASE_SWITCH_PIN;
    GPIO_DEN(GPIO_C_BASE) = GPIO_DEN(GPIO_C_BASE) | CASE_SWITCH_PIN;
    GPIO_IS(GPIO_C_BASE) = GPIO_IS(GPIO_C_BASE) & ~CASE_SWITCH_PIN;
    GPIO_IBE(GPIO_C_BASE) = GPIO_IBE(GPIO_C_BASE) | CASE_SWITCH_PIN;
    time_spin_us(20); /* the pull-up charges the line */
    GPIO_ICR(GPIO_C_BASE) = CASE_SWITCH_PIN;
    GPIO_IM(GPIO_C_BASE) = GPIO_IM(GPIO_C_BASE) | CASE_SWITCH_PIN;
    enable_line(IRQ_GPIO_C);
}

bool hal_case_is_open(void) { return (GPIO_DATA(GPIO_C_BASE, CASE_SWITCH_PIN) & CASE_SWITCH_PIN) != 0; }

/*
 * Cleared before the level is read, so an edge in between interrupts again instead of being lost. When the main loop falls
 * behind, the interrupt is switched off: however fast the edges come, the processor is the meter's (SEAL-3). What comes
 * meanwhile is one edge, taken when it is switched on again: debouncing needs no more than that there was one (SEAL-2).
 */
void handle_gpio_c(void) {
    if (case_edges.is_held) {
        return; /* it was pending when it was switched off */
    }
    GPIO_ICR(GPIO_C_BASE) = CASE_SWITCH_PIN;
    const struct hal_edge edge = {.time_us = hal_time_us(), .open = hal_case_is_open()};
    case_edges.edges[(case_edges.first + case_edges.count) % CONFIG_SEAL_EDGES] = edge;
    case_edges.count++;
    if (case_edges.count == CONFIG_SEAL_EDGES) {
        GPIO_IM(GPIO_C_BASE) = GPIO_IM(GPIO_C_BASE) & ~CASE_SWITCH_PIN;
        case_edges.is_held = true;
    }
    time_note_wake();
}

bool hal_case_take_edge(struct hal_edge *edge) {
    disable_interrupts();
    const bool has_edge = case_edges.count > 0;
    if (has_edge) {
        *edge = case_edges.edges[case_edges.first];
        case_edges.first = (uint8_t)((case_edges.first + 1u) % CONFIG_SEAL_EDGES);
        case_edges.count--;
    } else if (case_edges.is_held) {
        case_edges.is_held = false;
        GPIO_IM(GPIO_C_BASE) = GPIO_IM(GPIO_C_BASE) | CASE_SWITCH_PIN;
    }
    enable_interrupts();
    return has_edge;
}
