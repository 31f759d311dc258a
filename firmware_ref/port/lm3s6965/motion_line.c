/* TILT-1, TILT-2: the accelerometer's interrupt on PD4, active high, driven by the part; a rise ends the sleep. */
#include "port/lm3s6965/port.h"

void handle_gpio_d(void);

/* Port D also carries the modem on PD2 and PD3: every register keeps its other bits. */
void motion_line_begin(void) {
    GPIO_DIR(GPIO_D_BASE) = GPIO_DIR(GPIO_D_BASE) & ~MOTION_PIN;
    GPIO_AFSEL(GPIO_D_BASE) = GPIO_AFSEL(GPIO_D_BASE) & ~MOTION_PIN;
    GPIO_PDR(GPIO_D_BASE) = GPIO_PDR(GPIO_D_BASE) | MOTION_PIN; /* low also where no part drives it */
    GPIO_DEN(GPIO_D_BASE) = GPIO_DEN(GPIO_D_BASE) | MOTION_PIN;
    GPIO_IS(GPIO_D_BASE) = GPIO_IS(GPIO_D_BASE) & ~MOTION_PIN;
    GPIO_IBE(GPIO_D_BASE) = GPIO_IBE(GPIO_D_BASE) & ~MOTION_PIN;
    GPIO_IEV(GPIO_D_BASE) = GPIO_IEV(GPIO_D_BASE) | MOTION_PIN;
    GPIO_ICR(GPIO_D_BASE) = MOTION_PIN;
    GPIO_IM(GPIO_D_BASE) = GPIO_IM(GPIO_D_BASE) | MOTION_PIN;
    enable_line(IRQ_GPIO_D);
}

bool hal_motion_is_signalled(void) { return (GPIO_DATA(GPIO_D_BASE, MOTION_PIN) & MOTION_PIN) != 0; }

void handle_gpio_d(void) {
    GPIO_ICR(GPIO_D_BASE) = MOTION_PIN;
    time_note_wake();
}
