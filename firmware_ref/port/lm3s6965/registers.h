/*
 * The LM3S6965 registers in use, each listed in firmware_ref/README.md. 32-bit accesses only.
 * Source: LM3S6965 data sheet, register descriptions of each block; ARMv7-M for the private peripheral bus.
 */
#ifndef TBR_REGISTERS_H
#define TBR_REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* System control */
#define SYSCTL_BASE 0x400FE000u
#define SYSCTL_RESC REGISTER(SYSCTL_BASE + 0x05Cu)
#define SYSCTL_RCC REGISTER(SYSCTL_BASE + 0x060u)
#define SYSCTL_RCC2 REGISTER(SYSCTL_BASE + 0x070u)
#define SYSCTL_RCGC0 REGISTER(SYSCTL_BASE + 0x100u)
#define SYSCTL_RCGC1 REGISTER(SYSCTL_BASE + 0x104u)
#define SYSCTL_RCGC2 REGISTER(SYSCTL_BASE + 0x108u)
#define RCC_MOSCDIS (1u << 0)
#define RCC_IOSCDIS (1u << 1)
#define RCC_OSCSRC_MASK (3u << 4)
#define RCC_BYPASS (1u << 11)
#define RCC_PWRDN (1u << 13)
#define RCC_USESYSDIV (1u << 22)
#define RCC2_USERCC2 (1u << 31)
#define RCGC0_WATCHDOG (1u << 3)
#define RCGC0_HIBERNATION (1u << 6)
#define RCGC0_ADC (1u << 16)
#define RCGC0_ADC_1_MSPS (3u << 8)
#define RCGC1_UARTS (7u << 0)
#define RCGC1_SSI0 (1u << 4)
#define RCGC1_I2C0 (1u << 12)
#define RCGC1_TIMER0 (1u << 16)
#define RCGC1_TIMER1 (1u << 17)
#define RCGC2_PORT_A (1u << 0)
#define RCGC2_PORT_B (1u << 1)
#define RCGC2_PORT_C (1u << 2)
#define RCGC2_PORT_D (1u << 3)
#define RCGC2_PORT_E (1u << 4)
#define RCGC2_PORT_G (1u << 6)

/* GPIO */
#define GPIO_A_BASE 0x40004000u
#define GPIO_B_BASE 0x40005000u
#define GPIO_C_BASE 0x40006000u
#define GPIO_D_BASE 0x40007000u
#define GPIO_E_BASE 0x40024000u
#define GPIO_G_BASE 0x40026000u
#define GPIO_DATA(base, pins) REGISTER((base) + ((uint32_t)(pins) << 2))
#define GPIO_DIR(base) REGISTER((base) + 0x400u)
#define GPIO_IS(base) REGISTER((base) + 0x404u)
#define GPIO_IBE(base) REGISTER((base) + 0x408u)
#define GPIO_IM(base) REGISTER((base) + 0x410u)
#define GPIO_MIS(base) REGISTER((base) + 0x418u)
#define GPIO_ICR(base) REGISTER((base) + 0x41Cu)
#define GPIO_AFSEL(base) REGISTER((base) + 0x420u)
#define GPIO_ODR(base) REGISTER((base) + 0x50Cu)
#define GPIO_PUR(base) REGISTER((base) + 0x510u)
#define GPIO_PDR(base) REGISTER((base) + 0x514u)
#define GPIO_DEN(base) REGISTER((base) + 0x51Cu)
#define GPIO_IEV(base) REGISTER((base) + 0x40Cu)
#define GPIO_LOCK(base) REGISTER((base) + 0x520u)
#define GPIO_LOCK_KEY 0x1ACCE551u
#define GPIO_CR(base) REGISTER((base) + 0x524u)
#define JTAG_PINS_B 0x80u /* TRST */
#define JTAG_PINS_C 0x0Fu /* TCK, TMS, TDI, TDO */
#define CASE_SWITCH_PIN (1u << 4) /* PC4 */
#define EARTH_SENSE_PIN (1u << 0) /* PD0 */
#define MAINS_PIN (1u << 0)       /* PE0 */
#define LATCH_PIN (1u << 1)       /* PE1 */
#define LATCH_RESET_PIN (1u << 2) /* PE2 */
#define MOTION_PIN (1u << 4) /* PD4 */
#define INJECTION_PIN (1u << 3)   /* PE3 */
#define FRONT_END_SELECT_PIN (1u << 3) /* PA3 */

/* Flash controller */
#define FLASH_BASE 0x400FD000u
#define FLASH_FMA REGISTER(FLASH_BASE + 0x000u)
#define FLASH_FMD REGISTER(FLASH_BASE + 0x004u)
#define FLASH_FMC REGISTER(FLASH_BASE + 0x008u)
#define FLASH_USECRL REGISTER(SYSCTL_BASE + 0x140u)
#define FLASH_USER_DBG REGISTER(SYSCTL_BASE + 0x1D0u)
#define FLASH_USER_DBG_UNWRITTEN (1u << 31)
#define FLASH_FMA_USER_DBG 0x75100000u
#define FLASH_FMC_COMMIT 0xA4420008u /* key and COMT; bit 3 stays set until it is done */
#define FLASH_FMC_WRITE 0xA4420001u /* key and WRITE; bit 0 stays set until it is done */

/* UART (PL011) */
#define UART0_BASE 0x4000C000u
#define UART1_BASE 0x4000D000u
#define UART2_BASE 0x4000E000u
#define UART_DR(base) REGISTER((base) + 0x000u)
#define UART_FR(base) REGISTER((base) + 0x018u)
#define UART_IBRD(base) REGISTER((base) + 0x024u)
#define UART_FBRD(base) REGISTER((base) + 0x028u)
#define UART_LCRH(base) REGISTER((base) + 0x02Cu)
#define UART_CTL(base) REGISTER((base) + 0x030u)
#define UART_IFLS(base) REGISTER((base) + 0x034u)
#define UART_IM(base) REGISTER((base) + 0x038u)
#define UART_MIS(base) REGISTER((base) + 0x040u)
#define UART_ICR(base) REGISTER((base) + 0x044u)
#define UART_DR_ERRORS (0xFu << 8)
#define UART_FR_BUSY (1u << 3)
#define UART_FR_RXFE (1u << 4)
#define UART_FR_TXFF (1u << 5)
#define UART_INT_RX (1u << 4)
#define UART_INT_TX (1u << 5)
#define UART_INT_RT (1u << 6)
#define UART_LCRH_8N1 0x70u /* 8 data bits, FIFO on */
#define UART_LCRH_7E1 0x56u /* 7 data bits, even parity, FIFO on */
#define UART_IFLS_TX_1_8_RX_1_8 0x00u
#define UART_CTL_TX_RX_ON 0x301u
#define UART_CTL_TX_ON 0x101u

/* SSI0 (PL022) */
#define SSI0_BASE 0x40008000u
#define SSI_CR0 REGISTER(SSI0_BASE + 0x000u)
#define SSI_CR1 REGISTER(SSI0_BASE + 0x004u)
#define SSI_DR REGISTER(SSI0_BASE + 0x008u)
#define SSI_SR REGISTER(SSI0_BASE + 0x00Cu)
#define SSI_CPSR REGISTER(SSI0_BASE + 0x010u)
#define SSI_CR0_MODE_3_8_BITS 0xC7u /* SCR 0, SPH 1, SPO 1, Freescale frames, 8 bits */
#define SSI_CR0_MODE_3_16_BITS 0xCFu
#define SSI_CR1_SSE (1u << 1)
#define SSI_SR_RNE (1u << 2)
#define SSI_SR_BSY (1u << 4)
#define SSI_CPSR_4_MHZ 4u

/* I2C0 master */
#define I2C0_BASE 0x40020000u
#define I2C_MSA REGISTER(I2C0_BASE + 0x00u)
#define I2C_MCS REGISTER(I2C0_BASE + 0x04u)
#define I2C_MDR REGISTER(I2C0_BASE + 0x08u)
#define I2C_MTPR REGISTER(I2C0_BASE + 0x0Cu)
#define I2C_MIMR REGISTER(I2C0_BASE + 0x10u)
#define I2C_MICR REGISTER(I2C0_BASE + 0x1Cu)
#define I2C_MCR REGISTER(I2C0_BASE + 0x20u)
#define I2C_MCS_RUN (1u << 0)
#define I2C_MCS_START (1u << 1)
#define I2C_MCS_STOP (1u << 2)
#define I2C_MCS_ACK (1u << 3)
#define I2C_MCS_BUSY (1u << 0)
#define I2C_MCS_ERROR (1u << 1)
#define I2C_MCS_ARBLST (1u << 4)
#define I2C_MCR_MASTER (1u << 4)
#define I2C_MTPR_100_KHZ 7u /* 16 MHz / (2 x 10 x (1 + 7)) */
#define I2C_MTPR_400_KHZ 1u

/* General-purpose timers, 32-bit modes */
#define TIMER0_BASE 0x40030000u
#define TIMER1_BASE 0x40031000u
#define TIMER_CFG(base) REGISTER((base) + 0x000u)
#define TIMER_TAMR(base) REGISTER((base) + 0x004u)
#define TIMER_CTL(base) REGISTER((base) + 0x00Cu)
#define TIMER_IMR(base) REGISTER((base) + 0x018u)
#define TIMER_RIS(base) REGISTER((base) + 0x01Cu)
#define TIMER_ICR(base) REGISTER((base) + 0x024u)
#define TIMER_TAILR(base) REGISTER((base) + 0x028u)
#define TIMER_TAR(base) REGISTER((base) + 0x048u)
#define TIMER_CFG_32_BIT 0u
#define TIMER_TAMR_ONE_SHOT 1u
#define TIMER_TAMR_PERIODIC 2u
#define TIMER_CTL_TAEN (1u << 0)
#define TIMER_INT_TATO (1u << 0)

/* Watchdog */
#define WATCHDOG_BASE 0x40000000u
#define WDT_LOAD REGISTER(WATCHDOG_BASE + 0x000u)
#define WDT_CTL REGISTER(WATCHDOG_BASE + 0x008u)
#define WDT_ICR REGISTER(WATCHDOG_BASE + 0x00Cu)
#define WDT_LOCK REGISTER(WATCHDOG_BASE + 0xC00u)
#define WDT_CTL_INTEN_RESEN 3u
#define WDT_UNLOCK_KEY 0x1ACCE551u

/* ADC: sequencer 2, four steps at most */
#define ADC_BASE 0x40038000u
#define ADC_ACTSS REGISTER(ADC_BASE + 0x000u)
#define ADC_RIS REGISTER(ADC_BASE + 0x004u)
#define ADC_ISC REGISTER(ADC_BASE + 0x00Cu)
#define ADC_PSSI REGISTER(ADC_BASE + 0x028u)
#define ADC_SSMUX2 REGISTER(ADC_BASE + 0x080u)
#define ADC_SSCTL2 REGISTER(ADC_BASE + 0x084u)
#define ADC_SSFIFO2 REGISTER(ADC_BASE + 0x088u)
#define ADC_SEQUENCER_2 (1u << 2)
#define ADC_CTL_TEMPERATURE_THEN_LAST 0x68u /* first step: temperature sensor; second one: interrupt flag and end */

/* Hibernation module */
#define HIB_BASE 0x400FC000u
#define HIB_RTCC REGISTER(HIB_BASE + 0x000u)
#define HIB_RTCM0 REGISTER(HIB_BASE + 0x004u)
#define HIB_CTL REGISTER(HIB_BASE + 0x010u)
#define HIB_IM REGISTER(HIB_BASE + 0x014u)
#define HIB_RIS REGISTER(HIB_BASE + 0x018u)
#define HIB_IC REGISTER(HIB_BASE + 0x020u)
#define HIB_DATA(word) REGISTER(HIB_BASE + 0x030u + 4u * (uint32_t)(word))
#define HIB_CTL_RTCEN (1u << 0)
#define HIB_CTL_HIBREQ (1u << 1)
#define HIB_CTL_CLKSEL (1u << 2) /* 32.768 kHz oscillator, not a 4.19 MHz crystal */
#define HIB_CTL_PINWEN (1u << 4)
#define HIB_CTL_LOWBATEN (1u << 5)
#define HIB_CTL_CLK32EN (1u << 6)
#define HIB_INT_RTCALT0 (1u << 0)
#define HIB_INT_LOWBAT (1u << 2)

/* ARMv7-M */
#define NVIC_ISER(word) REGISTER(0xE000E100u + 4u * (uint32_t)(word))
#define SCB_VTOR REGISTER(0xE000ED08u)
#define SCB_AIRCR REGISTER(0xE000ED0Cu)
#define AIRCR_RESET_REQUEST 0x05FA0004u

/* Interrupt lines */
#define IRQ_GPIO_C 2u
#define IRQ_GPIO_E 4u
#define IRQ_GPIO_D 3u
#define IRQ_UART0 5u
#define IRQ_UART1 6u
#define IRQ_I2C0 8u
#define IRQ_TIMER0A 19u
#define IRQ_TIMER1A 21u
#define IRQ_UART2 33u
#define IRQ_HIBERNATION 43u
#define IRQ_COUNT 44u

#endif
