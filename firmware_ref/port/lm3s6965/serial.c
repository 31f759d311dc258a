/* The three UARTs: received octets go into small rings, sent ones come from the caller's buffer, 16 per interrupt at most. */
#include "port/lm3s6965/port.h"

#define RING_OCTETS 64u
#define PORTS 3u

struct port {
    const uint8_t *out;
    volatile uint32_t left;
    uint8_t ring[RING_OCTETS];
    uint8_t first;
    volatile uint8_t count;
};

static struct port ports[PORTS];
static const uint32_t bases[PORTS] = {UART0_BASE, UART1_BASE, UART2_BASE};

void handle_uart0(void);
void handle_uart1(void);
void handle_uart2(void);

static void set_up_pins(uint32_t base, uint32_t pins) {
    GPIO_AFSEL(base) = GPIO_AFSEL(base) | pins;
    GPIO_DEN(base) = GPIO_DEN(base) | pins;
}

/* Divisor in 64ths: 16 MHz / (16 x baud). */
static void set_up_uart(uint32_t base, uint32_t divisor_64ths, uint32_t format, uint32_t control) {
    UART_CTL(base) = 0;
    UART_IBRD(base) = divisor_64ths / 64u;
    UART_FBRD(base) = divisor_64ths % 64u;
    UART_LCRH(base) = format;
    UART_IFLS(base) = UART_IFLS_TX_1_8_RX_1_8;
    UART_IM(base) = UART_INT_RX | UART_INT_RT;
    UART_CTL(base) = control;
}

#define DIVISOR_300_BAUD 213333u  /* 3333 + 21/64 */
#define DIVISOR_9600_BAUD 6667u   /* 104 + 11/64 */
#define DIVISOR_115200_BAUD 556u  /* 8 + 44/64: +0.06 % */

void serial_begin(void) {
    set_up_pins(GPIO_A_BASE, 3u);        /* PA0, PA1 */
    set_up_pins(GPIO_D_BASE, 3u << 2);   /* PD2, PD3 */
    set_up_pins(GPIO_G_BASE, 3u);        /* PG0, PG1 */
    set_up_uart(UART0_BASE, DIVISOR_300_BAUD, UART_LCRH_7E1, UART_CTL_TX_RX_ON);
    set_up_uart(UART1_BASE, DIVISOR_115200_BAUD, UART_LCRH_8N1, UART_CTL_TX_RX_ON);
    set_up_uart(UART2_BASE, DIVISOR_115200_BAUD, UART_LCRH_8N1, UART_CTL_TX_RX_ON);
    enable_line(IRQ_UART0);
    enable_line(IRQ_UART1);
    enable_line(IRQ_UART2);
}

static void fill_transmitter(uint32_t base, struct port *port) {
    while (port->left > 0 && (UART_FR(base) & UART_FR_TXFF) == 0) {
        UART_DR(base) = *port->out;
        port->out++;
        port->left--;
    }
}

void hal_serial_send(enum hal_port which, const uint8_t *octets, size_t length) {
    struct port *port = &ports[which];
    const uint32_t base = bases[which];
    disable_interrupts();
    port->out = octets;
    port->left = (uint32_t)length;
    UART_ICR(base) = UART_INT_TX;
    fill_transmitter(base, port);
    if (port->left > 0) {
        UART_IM(base) = UART_IM(base) | UART_INT_TX;
    }
    enable_interrupts();
}

bool hal_serial_is_sending(enum hal_port which) { return ports[which].left > 0; }

bool hal_serial_is_quiet(enum hal_port which) {
    return ports[which].left == 0 && (UART_FR(bases[which]) & UART_FR_BUSY) == 0;
}

/* The receiver's FIFO is emptied with the change: LCRH switches it off and on. */
void hal_optical_set_speed(enum hal_optical_speed speed) {
    disable_interrupts();
    UART_LCRH(UART0_BASE) = 0;
    set_up_uart(UART0_BASE, speed == HAL_OPTICAL_9600_BAUD ? DIVISOR_9600_BAUD : DIVISOR_300_BAUD, UART_LCRH_7E1,
                UART_CTL_TX_RX_ON);
    ports[HAL_PORT_OPTICAL].count = 0;
    enable_interrupts();
}

bool hal_serial_take(enum hal_port which, uint8_t *octet) {
    struct port *port = &ports[which];
    disable_interrupts();
    const bool has_octet = port->count > 0;
    if (has_octet) {
        *octet = port->ring[port->first];
        port->first = (uint8_t)((port->first + 1u) % RING_OCTETS);
        port->count--;
    }
    enable_interrupts();
    return has_octet;
}

/* A full ring drops the octet; so does one received with a framing, parity, break or overrun error. */
static void take_received(uint32_t base, struct port *port) {
    while ((UART_FR(base) & UART_FR_RXFE) == 0) {
        const uint32_t received = UART_DR(base);
        if (port->count < RING_OCTETS && (received & UART_DR_ERRORS) == 0) {
            port->ring[(port->first + port->count) % RING_OCTETS] = (uint8_t)received;
            port->count++;
        }
    }
}

static void handle_uart(enum hal_port which) {
    struct port *port = &ports[which];
    const uint32_t base = bases[which];
    const uint32_t causes = UART_MIS(base);
    UART_ICR(base) = causes;
    if ((causes & (UART_INT_RX | UART_INT_RT)) != 0) {
        take_received(base, port);
        time_note_call();
    }
    if ((causes & UART_INT_TX) != 0) {
        fill_transmitter(base, port);
        if (port->left == 0) {
            UART_IM(base) = UART_IM(base) & ~UART_INT_TX;
            time_note_call();
        }
    }
}

void handle_uart0(void) { handle_uart(HAL_PORT_OPTICAL); }
void handle_uart1(void) { handle_uart(HAL_PORT_MODEM); }
void handle_uart2(void) { handle_uart(HAL_PORT_DIAGNOSTIC); }
