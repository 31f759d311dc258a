/*
 * The analogue-to-digital converter: sequencer 2 takes the chip's temperature sensor and input 0, the thermistor at the
 * terminals, 2 us together at 1 million samples a second, and is waited for. Its clock is the 16 MHz oscillator (data sheet:
 * 14 to 18 MHz with the PLL bypassed).
 */
#include "port/lm3s6965/port.h"

#define TRIES 10u

void adc_begin(void) {
    ADC_ACTSS = 0;
    ADC_SSMUX2 = 0;
    ADC_SSCTL2 = ADC_CTL_TEMPERATURE_THEN_LAST;
    ADC_ACTSS = ADC_SEQUENCER_2;
}

bool hal_adc_read(struct hal_adc *adc) {
    ADC_ISC = ADC_SEQUENCER_2;
    ADC_PSSI = ADC_SEQUENCER_2;
    for (unsigned tries = 0; tries < TRIES; tries++) {
        time_spin_us(1);
        if ((ADC_RIS & ADC_SEQUENCER_2) != 0) {
            adc->chip = (uint16_t)ADC_SSFIFO2;
            adc->terminal = (uint16_t)ADC_SSFIFO2;
            return true;
        }
    }
    return false;
}
