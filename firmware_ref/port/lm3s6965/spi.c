/*
 * SSI0, master of the metrology front end. A whole access goes into the FIFO at once, so it takes one interrupt. The chip
 * select is a plain pin: SSI0Fss would rise whenever the FIFO ran empty.
 */
#include "port/lm3s6965/port.h"

static struct {
    uint8_t *in;
    uint8_t length;
    volatile bool is_busy;
} spi;

void handle_ssi0(void);

void spi_begin(void) {
    const uint32_t pins = 1u << 2 | 1u << 4 | 1u << 5; /* PA2 clock, PA4 receive, PA5 transmit */
    GPIO_DATA(GPIO_A_BASE, FRONT_END_SELECT_PIN) = FRONT_END_SELECT_PIN;
    GPIO_DIR(GPIO_A_BASE) = GPIO_DIR(GPIO_A_BASE) | FRONT_END_SELECT_PIN;
    GPIO_AFSEL(GPIO_A_BASE) = GPIO_AFSEL(GPIO_A_BASE) | pins;
    GPIO_DEN(GPIO_A_BASE) = GPIO_DEN(GPIO_A_BASE) | pins | FRONT_END_SELECT_PIN;
    SSI_CR1 = 0;
    SSI_CR0 = SSI_CR0_MODE_3_8_BITS;
    SSI_CPSR = SSI_CPSR_4_MHZ;
    SSI_IM = SSI_INT_RX; /* four octets or more have come */
    SSI_CR1 = SSI_CR1_SSE;
    enable_line(IRQ_SSI0);
}

void hal_spi_start(const uint8_t *out, uint8_t *in, uint8_t length) {
    spi.in = in;
    spi.length = length;
    spi.is_busy = true;
    /*
     * Not interrupted: behind another handler the receive interrupt would come before the last octet is in the FIFO. The
     * select line falls well before the first clock edge: several instructions lie between.
     */
    disable_interrupts();
    GPIO_DATA(GPIO_A_BASE, FRONT_END_SELECT_PIN) = 0;
    for (unsigned i = 0; i < length; i++) {
        SSI_DR = out[i];
    }
    enable_interrupts();
}

bool hal_spi_is_busy(void) { return spi.is_busy; }

/* Four octets have come; those after the fourth are on their way, 2 us each, and waited for that long. */
static void __attribute__((noinline)) end_access(void) {
    for (unsigned i = 0; i < spi.length; i++) {
        for (unsigned tries = 0; i >= 4u && tries < 10u && (SSI_SR & SSI_SR_RNE) == 0; tries++) {
            time_spin_us(1);
        }
        spi.in[i] = (uint8_t)SSI_DR;
    }
    GPIO_DATA(GPIO_A_BASE, FRONT_END_SELECT_PIN) = FRONT_END_SELECT_PIN;
    spi.is_busy = false;
    time_note_wake();
}

/* The fifth octet may raise the interrupt a second time, which then finds nothing to do. */
void handle_ssi0(void) {
    if (spi.is_busy) {
        end_access();
    }
}
