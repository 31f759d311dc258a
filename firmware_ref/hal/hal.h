/*
 * The only header the core knows of the device: time, the case switch, the I2C bus, SPI, the
 * analogue-to-digital converter, the modem, the optical and the
 * diagnostic port, the clock. Nothing here waits: what takes time is started and asked for later.
 */
#ifndef TBR_HAL_H
#define TBR_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HAL_NEVER UINT64_MAX

/* Monotonic time since reset, in microseconds. */
uint64_t hal_time_us(void);

/* One edge of the case switch as the interrupt saw it: when, and the level right after. */
struct hal_edge {
    uint64_t time_us;
    bool open;
};
/* Takes the oldest recorded edge; false when there is none. */
bool hal_case_take_edge(struct hal_edge *edge);
bool hal_case_is_open(void);

/* Whether terminal L has voltage against earth; the sense bridges gaps of some 20 ms (MET-3). */
bool hal_line_is_live(void);

/* UTC for a monotonic time: seconds since 1970, hundredths, and the COSEM clock status octet. */
struct hal_utc {
    uint32_t seconds;
    uint8_t hundredths;
    uint8_t status;
};
#define HAL_UTC_VALID 0x00u
#define HAL_UTC_INVALID 0x01u
#define HAL_UTC_DOUBTFUL 0x02u
struct hal_utc hal_utc_at(uint64_t time_us);
/* Sets the clock by so many hundredths of a second, forward if positive; kept over resets by the clock's battery (TIME-1). */
void hal_correct_clock(int64_t by_hundredths);
/* Seconds of the battery's clock, which no correction moves (INT-4). */
uint32_t hal_battery_seconds(void);
/* False when the clock was never set. */
bool hal_is_clock_set(void);

/* Whether the accelerometer's interrupt line is high. A rise of it ends the sleep. */
bool hal_motion_is_signalled(void);

/*
 * One I2C transfer: the octets of tx are written (if tx_length > 0), the bus is released, then rx_length octets are
 * read. A transfer without either is a bare address probe with one zero octet (the secure element's wake token).
 */
struct hal_i2c_transfer {
    const uint8_t *tx;
    uint8_t *rx;
    uint8_t tx_length;
    uint8_t rx_length;
    uint8_t address;
    bool fast; /* 400 kHz, else 100 kHz */
};
enum hal_i2c_state { HAL_I2C_BUSY, HAL_I2C_DONE, HAL_I2C_NACK };
/* The transfer and its buffers stay untouched until hal_i2c_state() is no longer BUSY. */
void hal_i2c_start(const struct hal_i2c_transfer *transfer);
enum hal_i2c_state hal_i2c_state(void);
/* Gives a hung transfer up and frees the bus. */
void hal_i2c_abort(void);

/*
 * One access over SPI to the front end: `length` octets go out and as many come in, eight at most. `in` may be `out`.
 * Both stay untouched until hal_spi_is_busy() is false. There is no acknowledgement: a part that is not there reads as
 * all ones or all zeros.
 */
#define HAL_SPI_OCTETS_MAX 8u
void hal_spi_start(const uint8_t *out, uint8_t *in, uint8_t length);
bool hal_spi_is_busy(void);

/*
 * The analogue-to-digital converter, 10 bits: the chip's own temperature, and the thermistor at the terminals. Waited for,
 * some microseconds. False when there is no converter or no result.
 */
struct hal_adc {
    uint16_t chip;
    uint16_t terminal;
};
bool hal_adc_read(struct hal_adc *adc);

/* Serial ports. A sent buffer stays untouched until is_sending() is false. */
enum hal_port { HAL_PORT_OPTICAL, HAL_PORT_MODEM, HAL_PORT_DIAGNOSTIC };
void hal_serial_send(enum hal_port port, const uint8_t *octets, size_t length);
bool hal_serial_is_sending(enum hal_port port);
/* True once the last stop bit has left the port as well. */
bool hal_serial_is_quiet(enum hal_port port);
/* Of the optical port, both ways, from now on. Only while it is quiet. What it has received is dropped. */
enum hal_optical_speed { HAL_OPTICAL_300_BAUD, HAL_OPTICAL_9600_BAUD };
void hal_optical_set_speed(enum hal_optical_speed speed);
/* Takes one received octet; false when there is none. */
bool hal_serial_take(enum hal_port port, uint8_t *octet);

/*
 * Whether something has come since this was asked last that ends the sleep and is no sensor's: an octet, the end of a sending,
 * a change of the high voltage on the communication lines.
 */
bool hal_was_called(void);

/* Why the device last reset: one of the words printed in the banner. */
const char *hal_reset_cause(void);
/* How many times the device has booted since its battery was fitted. */
uint32_t hal_boot_count(void);

/*
 * Words that the battery keeps over reset and loss of mains; 0 when the battery was changed. Keeping one takes 0.1 ms
 * and is waited for.
 */
enum hal_kept {
    HAL_KEPT_PORT_LOCK,
    HAL_KEPT_PORT_GUESSES,
    HAL_KEPT_CLOCK_S,
    HAL_KEPT_CLOCK_HUNDREDTHS,
    HAL_KEPT_MAGNET_S,
    HAL_KEPT_CASE_S,
    HAL_KEPT_KEYS_WIPED,
    HAL_KEPT_BATTERY_LOW,
    HAL_KEPT_LIMITS,
    HAL_KEPT_WORDS
};
uint32_t hal_kept(enum hal_kept which);
void hal_keep(enum hal_kept which, uint32_t value);

/* Whether the battery was too weak since this was asked last; at the first time, since power-on (PWR-1). */
bool hal_battery_is_low(void);

/* High voltage on the communication lines now, and since when without a break (SIG-4). */
bool hal_is_line_overdriven(uint64_t *since_us);

/* The magnetic latch: set by a strong field, also without any supply, until it is reset (MAG-4). */
bool hal_latch_is_set(void);
void hal_latch_reset(void);

/* The device's parameter page, or NULL where none was programmed. */
const uint8_t *hal_parameter_page(void);
/* The page of keys, KEY_PAGE_BYTES octets, FF where none was programmed. */
const uint8_t *hal_key_page(void);
/* Writes zeros over that page; waits for it, some 0.3 ms (SIG-4). */
void hal_key_page_wipe(void);
/* The page of installed positions, CONFIG_POSITION_PAGE_BYTES octets, FF where nothing is. */
const uint8_t *hal_position_page(void);
/* Writes octets, a multiple of four, into a blank place of that page; waits for it, some 30 us for four. */
void hal_position_write(uint32_t at, const uint8_t *octets, uint32_t count);

#endif
