/* The application's vector table, memory initialisation, main loop, and what happens on a fault. */
#include "core/meter.h"
#include "port/lm3s6965/port.h"

extern uint32_t link_stack_top[], link_data_load[], link_data_start[], link_data_end[], link_bss_start[], link_bss_end[];

void handle_reset(void);
void handle_fault(void);
void handle_gpio_c(void);
void handle_gpio_e(void);
void handle_gpio_d(void);
void handle_uart0(void);
void handle_uart1(void);
void handle_uart2(void);
void handle_i2c0(void);
void handle_timer0(void);
void handle_timer1(void);
void handle_hibernation(void);

struct vector_table {
    uint32_t *stack_top;
    void (*handlers[15 + IRQ_COUNT])(void);
};

#define SYSTEM(number) ((number)-1)
#define LINE(number) (15u + (number))

/* Lines without a handler stay disabled in the NVIC; should one fire all the same, it counts as a fault. */
__attribute__((section(".vectors"), used)) const struct vector_table vectors = {
    .stack_top = link_stack_top,
    .handlers =
        {
            [SYSTEM(1)] = handle_reset,
            [SYSTEM(2)] = handle_fault, /* NMI */
            [SYSTEM(3)] = handle_fault, /* hard fault */
            [SYSTEM(4)] = handle_fault, /* memory management */
            [SYSTEM(5)] = handle_fault, /* bus */
            [SYSTEM(6)] = handle_fault, /* usage */
            [SYSTEM(11)] = handle_fault,
            [SYSTEM(12)] = handle_fault,
            [SYSTEM(14)] = handle_fault,
            [SYSTEM(15)] = handle_fault,
            [LINE(IRQ_GPIO_C)] = handle_gpio_c,
            [LINE(IRQ_GPIO_E)] = handle_gpio_e,
            [LINE(IRQ_GPIO_D)] = handle_gpio_d,
            [LINE(IRQ_UART0)] = handle_uart0,
            [LINE(IRQ_UART1)] = handle_uart1,
            [LINE(IRQ_I2C0)] = handle_i2c0,
            [LINE(IRQ_TIMER0A)] = handle_timer0,
            [LINE(IRQ_TIMER1A)] = handle_timer1,
            [LINE(IRQ_UART2)] = handle_uart2,
            [LINE(IRQ_HIBERNATION)] = handle_hibernation,
        },
};

/* INT-3: a fault ends in a reset; events are in the log, and the reset cause is in the next banner. */
void handle_fault(void) {
    SCB_AIRCR = AIRCR_RESET_REQUEST;
    for (;;) {
    }
}

static struct meter meter;

static void run_meter(void) {
    meter_begin(&meter, hal_time_us());
    for (;;) {
        const uint64_t now_us = hal_time_us();
        const uint64_t next_us = meter_step(&meter, now_us);
        const uint64_t clock_us = clock_service(now_us);
        watchdog_feed(now_us);
        time_sleep_until_us(clock_us < next_us ? clock_us : next_us);
    }
}

void handle_reset(void) {
    const uint32_t *from = link_data_load;
    for (uint32_t *to = link_data_start; to < link_data_end; to++, from++) {
        *to = *from;
    }
    for (uint32_t *to = link_bss_start; to < link_bss_end; to++) {
        *to = 0;
    }
    system_begin();
    watchdog_begin();
    time_begin();
    case_switch_begin();
    earth_sense_begin();
    clock_begin();
    power_begin();
    power_watch_on_battery();
    motion_line_begin();
    i2c_begin();
    serial_begin();
    spi_begin();
    adc_begin();
    enable_interrupts();
    run_meter();
}
