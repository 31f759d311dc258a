/*
 * SSI0, master of the metrology front end. A whole access goes into the FIFO at once and is waited for, 12 us: an interrupt
 * and another turn of the main loop would take as long. Interrupts stay on meanwhile. The chip select is a plain pin:
 * SSI0Fss would rise whenever the FIFO ran empty.
 */
#include "port/lm3s6965/port.h"

#define US_PER_OCTET 2u /* at 4 MHz */

static bool has_wide_words;

/* Data sheet, SSICR1: nothing is changed while SSE is set. */
static void set_format(bool is_wide) {
    SSI_CR1 = 0;
    SSI_CR0 = is_wide ? SSI_CR0_MODE_3_16_BITS : SSI_CR0_MODE_3_8_BITS;
    SSI_CR1 = SSI_CR1_SSE;
    has_wide_words = is_wide;
}

void spi_begin(void) {
    const uint32_t pins = 1u << 2 | 1u << 4 | 1u << 5; /* PA2 clock, PA4 receive, PA5 transmit */
    GPIO_DATA(GPIO_A_BASE, FRONT_END_SELECT_PIN) = FRONT_END_SELECT_PIN;
    GPIO_DIR(GPIO_A_BASE) = GPIO_DIR(GPIO_A_BASE) | FRONT_END_SELECT_PIN;
    GPIO_AFSEL(GPIO_A_BASE) = GPIO_AFSEL(GPIO_A_BASE) | pins;
    GPIO_DEN(GPIO_A_BASE) = GPIO_DEN(GPIO_A_BASE) | pins | FRONT_END_SELECT_PIN;
    SSI_CPSR = SSI_CPSR_4_MHZ;
    set_format(true);
}

/*
 * The words are waited for: three quarters of their time blindly (a spin lasts up to two thirds longer than it is asked for),
 * then looking. Those that never come read as all ones, like a part that is not there.
 */
static bool wait_for_words(unsigned length) {
    time_spin_us(US_PER_OCTET * length * 3u / 4u);
    for (unsigned tries = 0; tries < 20u; tries++) {
        if ((SSI_SR & (SSI_SR_BSY | SSI_SR_RNE)) == SSI_SR_RNE) {
            return true;
        }
        time_spin_us(1);
    }
    return false;
}

static void exchange_narrow(const uint8_t *out, uint8_t *in, unsigned length) {
    for (unsigned i = 0; i < length; i++) {
        SSI_DR = out[i];
    }
    const bool have_come = wait_for_words(length);
    for (unsigned i = 0; i < length; i++) {
        in[i] = (uint8_t)(have_come ? SSI_DR : 0xFFu);
    }
}

static void exchange_wide(const uint8_t *out, uint8_t *in, unsigned length) {
    for (unsigned i = 0; i < length; i += 2u) {
        SSI_DR = (uint32_t)out[i] << 8 | out[i + 1u];
    }
    const bool have_come = wait_for_words(length);
    for (unsigned i = 0; i < length; i += 2u) {
        const uint32_t word = have_come ? SSI_DR : 0xFFFFu;
        in[i] = (uint8_t)(word >> 8);
        in[i + 1u] = (uint8_t)word;
    }
}

/* The select line falls well before the first clock edge: several instructions lie between. */
void hal_spi_start(const uint8_t *out, uint8_t *in, uint8_t length) {
    const bool is_even = length % 2u == 0;
    if (is_even != has_wide_words) {
        set_format(is_even);
    }
    GPIO_DATA(GPIO_A_BASE, FRONT_END_SELECT_PIN) = 0;
    if (is_even) {
        exchange_wide(out, in, length);
    } else {
        exchange_narrow(out, in, length);
    }
    GPIO_DATA(GPIO_A_BASE, FRONT_END_SELECT_PIN) = FRONT_END_SELECT_PIN;
}

bool hal_spi_is_busy(void) { return false; }
