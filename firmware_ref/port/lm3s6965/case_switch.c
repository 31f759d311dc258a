/* SEAL-1: the case switch on PC4: pull-up, closed case low, open case high, an interrupt on both edges. */
#include "config.h"
#include "port/lm3s6965/port.h"

static struct {
    struct hal_edge edges[CONFIG_SEAL_EDGES];
    uint8_t first;
    uint8_t count;
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

/* Cleared before the level is read, so an edge in between interrupts again instead of being lost. */
void handle_gpio_c(void) {
    GPIO_ICR(GPIO_C_BASE) = CASE_SWITCH_PIN;
    const struct hal_edge edge = {.time_us = hal_time_us(), .open = hal_case_is_open()};
    if (case_edges.count < CONFIG_SEAL_EDGES) {
        case_edges.count++;
    }
    /* On overflow the last one is replaced: debouncing only needs the newest edge to be right (SEAL-2, SEAL-3). */
    case_edges.edges[(case_edges.first + case_edges.count - 1u) % CONFIG_SEAL_EDGES] = edge;
    time_note_wake();
}

bool hal_case_take_edge(struct hal_edge *edge) {
    disable_interrupts();
    const bool has_edge = case_edges.count > 0;
    if (has_edge) {
        *edge = case_edges.edges[case_edges.first];
        case_edges.first = (uint8_t)((case_edges.first + 1u) % CONFIG_SEAL_EDGES);
        case_edges.count--;
    }
    enable_interrupts();
    return has_edge;
}
