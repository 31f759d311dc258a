/* The I2C0 master, interrupt by interrupt: one octet each. A STOP lies between the written and the read part. */
#include "config.h"
#include "port/lm3s6965/port.h"

static struct {
    const struct hal_i2c_transfer *transfer;
    volatile uint8_t state; /* enum hal_i2c_state */
    uint8_t at;             /* octets done in this part */
    uint8_t length;         /* octets of this part; a probe writes one zero octet */
    bool is_reading;
} i2c;

void handle_i2c0(void);

static void set_up_pins(void) {
    const uint32_t pins = (1u << 2) | (1u << 3); /* PB2 SCL, PB3 SDA */
    GPIO_AFSEL(GPIO_B_BASE) = GPIO_AFSEL(GPIO_B_BASE) | pins;
    GPIO_ODR(GPIO_B_BASE) = GPIO_ODR(GPIO_B_BASE) | pins;
    GPIO_DEN(GPIO_B_BASE) = GPIO_DEN(GPIO_B_BASE) | pins;
}

void i2c_begin(void) {
    set_up_pins();
    i2c.state = HAL_I2C_DONE;
    I2C_MCR = I2C_MCR_MASTER;
    I2C_MTPR = I2C_MTPR_100_KHZ;
    I2C_MIMR = 1;
    enable_line(IRQ_I2C0);
}

static void wait_bus_idle(void) {
    /* Only a STOP after an error can still be on its way: 10 us at 100 kHz, 40 us at most. */
    for (unsigned tries = 0; tries < 20u && (I2C_MCS & I2C_MCS_BUSY) != 0; tries++) {
        time_spin_us(2);
    }
}

/* Starts the next octet: START with the first, STOP with the last, an acknowledge for all read ones but the last. */
static void start_octet(void) {
    const bool is_last = i2c.at + 1u == i2c.length;
    uint32_t command = I2C_MCS_RUN;
    command |= i2c.at == 0 ? I2C_MCS_START : 0;
    command |= is_last ? I2C_MCS_STOP : i2c.is_reading ? I2C_MCS_ACK : 0;
    if (!i2c.is_reading) {
        I2C_MDR = i2c.transfer->tx_length > 0 ? i2c.transfer->tx[i2c.at] : 0;
    }
    I2C_MCS = command;
}

static void start_part(bool is_reading) {
    const struct hal_i2c_transfer *transfer = i2c.transfer;
    i2c.is_reading = is_reading;
    i2c.at = 0;
    i2c.length = is_reading ? transfer->rx_length : transfer->tx_length > 0 ? transfer->tx_length : 1u;
    I2C_MSA = (uint32_t)transfer->address << 1 | (is_reading ? 1u : 0u);
    start_octet();
}

void hal_i2c_start(const struct hal_i2c_transfer *transfer) {
    wait_bus_idle();
    I2C_MICR = 1;
    i2c.transfer = transfer;
    i2c.state = HAL_I2C_BUSY;
    I2C_MTPR = transfer->fast ? I2C_MTPR_400_KHZ : I2C_MTPR_100_KHZ;
    start_part(transfer->tx_length == 0 && transfer->rx_length > 0);
}

enum hal_i2c_state hal_i2c_state(void) { return (enum hal_i2c_state)i2c.state; }

void hal_i2c_abort(void) {
    disable_interrupts();
    I2C_MCS = I2C_MCS_STOP;
    i2c.state = HAL_I2C_NACK;
    enable_interrupts();
}

static void end_transfer(enum hal_i2c_state state) {
    i2c.state = (uint8_t)state;
    time_note_wake();
}

void handle_i2c0(void) {
    I2C_MICR = 1;
    const uint32_t status = I2C_MCS;
    if (i2c.state != HAL_I2C_BUSY || (status & I2C_MCS_BUSY) != 0) {
        return; /* the interrupt of a STOP that followed an error */
    }
    if ((status & I2C_MCS_ERROR) != 0) {
        const bool stop_was_sent = i2c.at + 1u == i2c.length || (status & I2C_MCS_ARBLST) != 0;
        if (!stop_was_sent) {
            I2C_MCS = I2C_MCS_STOP;
        }
        end_transfer(HAL_I2C_NACK);
        return;
    }
    if (i2c.is_reading) {
        i2c.transfer->rx[i2c.at] = (uint8_t)I2C_MDR;
    }
    i2c.at++;
    if (i2c.at < i2c.length) {
        start_octet();
    } else if (!i2c.is_reading && i2c.transfer->rx_length > 0) {
        start_part(true);
    } else {
        end_transfer(HAL_I2C_DONE);
    }
}
