/* The one clock setting, shared by boot block and application. */
#ifndef TBR_OSCILLATOR_H
#define TBR_OSCILLATOR_H

#include "port/lm3s6965/registers.h"

/*
 * 16 MHz from the oscillator on OSC0, PLL bypassed. The order follows the data sheet (system control, initialisation):
 * first bypass, then the source.
 */
static inline void set_clock_16_mhz(void) {
    uint32_t rcc = SYSCTL_RCC;
    rcc = (rcc | RCC_BYPASS) & ~(RCC_USESYSDIV | RCC_MOSCDIS);
    SYSCTL_RCC = rcc;
    SYSCTL_RCC2 = SYSCTL_RCC2 & ~RCC2_USERCC2;
    rcc = (rcc | RCC_PWRDN | RCC_IOSCDIS) & ~RCC_OSCSRC_MASK;
    SYSCTL_RCC = rcc;
}

#endif
