/*
 * hal.h on a PC: simulated time, and a device whose I2C parts and far serial ends are the test at the other end of
 * standard input and output. Deterministic: nothing happens but what a line asks for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "core/keys.h"
#include "port/host/host.h"

#define EDGES_MAX 4096u
#define RECEIVED_MAX 8192u
#define PORTS 3u

static struct {
    uint64_t now_us;
    struct hal_edge edges[EDGES_MAX]; /* planned, in order of time */
    size_t edges_planned, edges_happened, edges_taken;
    bool is_case_open;
    bool is_line_dead; /* no voltage between terminal L and earth */
    const struct hal_i2c_transfer *transfer;
    uint64_t transfer_ends_us;
    enum hal_i2c_state transfer_result, transfer_state;
    uint64_t spi_until_us;
    uint64_t sending_until_us[PORTS];
    bool is_end_untold[PORTS]; /* of a sending */
    bool was_called;
    uint32_t optical_octet_ns;
    uint8_t received[PORTS][RECEIVED_MAX];
    size_t received_first[PORTS], received_end[PORTS];
    bool is_latch_set, is_overdriven, is_battery_low;
    uint64_t overdriven_since_us;
    uint32_t kept[HAL_KEPT_WORDS];
    int64_t correction_hundredths;
    bool is_clock_lost;
    uint8_t parameters[256];
    bool has_parameters;
    uint8_t keys[KEY_PAGE_BYTES]; /* inverted, as the positions */
    uint8_t key_page[KEY_PAGE_BYTES];
    bool is_motion_signalled;
    uint8_t positions[CONFIG_POSITION_PAGE_BYTES]; /* inverted, so that zeroed memory is a blank page */
    uint8_t position_page[CONFIG_POSITION_PAGE_BYTES];
} host;

static const char *const port_names[PORTS] = {"optical", "modem", "diagnostic"};
#define OCTET_NS_300_BAUD 33333333u
#define OCTET_NS_9600_BAUD 1041667u
#define OCTET_NS_115200_BAUD 86806u

static void fail(const char *what) {
    fprintf(stderr, "host port: %s\n", what);
    exit(2);
}

uint64_t hal_time_us(void) { return host.now_us; }
void host_set_time_us(uint64_t now_us) { host.now_us = now_us; }

/* Case switch */

void host_set_case(bool open) { host.is_case_open = open; }

void host_plan_edge(uint64_t time_us, bool open) {
    if (host.edges_planned == EDGES_MAX) {
        fail("more edges than the host port keeps; raise EDGES_MAX");
    }
    host.edges[host.edges_planned] = (struct hal_edge){.time_us = time_us, .open = open};
    host.edges_planned++;
}

bool hal_case_is_open(void) { return host.is_case_open; }

void host_set_line_live(bool live) { host.is_line_dead = !live; }

bool hal_line_is_live(void) { return !host.is_line_dead; }
bool hal_motion_is_signalled(void) { return host.is_motion_signalled; }
void host_set_motion(bool is_signalled) { host.is_motion_signalled = is_signalled; }

bool hal_case_take_edge(struct hal_edge *edge) {
    if (host.edges_taken == host.edges_happened) {
        return false;
    }
    *edge = host.edges[host.edges_taken];
    host.edges_taken++;
    return true;
}

/* Clock: the test's epoch, 2026-06-01T08:00:00Z, at time 0. */

static uint32_t host_epoch_s(void) { return host.is_clock_lost ? 0u : 1780300800u; }

void host_lose_clock(void) { host.is_clock_lost = true; }

bool hal_is_clock_set(void) { return !host.is_clock_lost || host.correction_hundredths > CONFIG_CLOCK_PLAUSIBLE_S * 100ll; }

struct hal_utc hal_utc_at(uint64_t time_us) {
    const int64_t hundredths = (int64_t)host_epoch_s() * 100 + (int64_t)(time_us / 10000u) + host.correction_hundredths;
    return (struct hal_utc){.seconds = (uint32_t)(hundredths / 100),
                            .hundredths = (uint8_t)(hundredths % 100),
                            .status = hal_is_clock_set() ? HAL_UTC_VALID : HAL_UTC_INVALID};
}

uint32_t hal_battery_seconds(void) { return host_epoch_s() + (uint32_t)(host.now_us / 1000000u); }

void hal_correct_clock(int64_t by_hundredths) { host.correction_hundredths += by_hundredths; }

/* I2C: the test answers "ack HEX", "nack" or "hang" (a part that holds the bus). */

void hal_i2c_start(const struct hal_i2c_transfer *transfer) {
    if (host.transfer_state == HAL_I2C_BUSY && host.transfer != NULL) {
        fail("a transfer was started while another was under way");
    }
    printf("i2c %llu %02X %s ", (unsigned long long)host.now_us, transfer->address, transfer->fast ? "400" : "100");
    host_print_hex(transfer->tx, transfer->tx_length);
    printf(" %u\n", transfer->rx_length);
    fflush(stdout);
    const uint32_t octets = (uint32_t)transfer->tx_length + transfer->rx_length + 1u;
    host.transfer = transfer;
    host.transfer_state = HAL_I2C_BUSY;
    host.transfer_ends_us = host.now_us + octets * (transfer->fast ? 23u : 90u);
    host.transfer_result = HAL_I2C_DONE;
    char *answer = host_read_line();
    if (strcmp(answer, "hang") == 0) {
        host.transfer_ends_us = HAL_NEVER;
    } else if (strcmp(answer, "nack") == 0) {
        host.transfer_result = HAL_I2C_NACK;
    } else if (strncmp(answer, "ack ", 4) != 0 ||
               host_read_hex(&answer[4], transfer->rx, transfer->rx_length) != transfer->rx_length) {
        fail("expected 'ack HEX' with as many octets as asked for, 'nack' or 'hang'");
    }
}

enum hal_i2c_state hal_i2c_state(void) { return host.transfer_state; }

void hal_i2c_abort(void) {
    host.transfer = NULL;
    host.transfer_state = HAL_I2C_NACK;
}

/* SPI: the test answers with as many octets as were sent, or "late". An access takes 12 us, a late one 5 ms. */

void hal_spi_start(const uint8_t *out, uint8_t *in, uint8_t length) {
    if (hal_spi_is_busy()) {
        fail("an SPI access was started while another was under way");
    }
    printf("spi %llu ", (unsigned long long)host.now_us);
    host_print_hex(out, length);
    printf("\n");
    const char *answer = host_read_line();
    const bool is_late = strcmp(answer, "late") == 0;
    if (!is_late && host_read_hex(answer, in, length) != length) {
        fail("expected as many octets as the SPI access has, or 'late'");
    }
    host.spi_until_us = host.now_us + (is_late ? 5000u : 12u);
}

bool hal_spi_is_busy(void) { return host.now_us < host.spi_until_us; }

/* ADC: the test answers "CHIP TERMINAL" in codes, or "none". */

bool hal_adc_read(struct hal_adc *adc) {
    unsigned chip = 0, terminal = 0;
    printf("adc %llu\n", (unsigned long long)host.now_us);
    if (sscanf(host_read_line(), "%u %u", &chip, &terminal) != 2) {
        return false;
    }
    adc->chip = (uint16_t)chip;
    adc->terminal = (uint16_t)terminal;
    return true;
}

/* Serial ports */

void host_receive(enum hal_port port, const uint8_t *octets, size_t count) {
    if (host.received_first[port] == host.received_end[port]) {
        host.received_first[port] = host.received_end[port] = 0;
    }
    if (host.received_end[port] + count > RECEIVED_MAX) {
        fail("more received octets than the host port keeps");
    }
    memcpy(&host.received[port][host.received_end[port]], octets, count);
    host.received_end[port] += count;
    host.was_called = true;
}

bool hal_serial_take(enum hal_port port, uint8_t *octet) {
    if (host.received_first[port] == host.received_end[port]) {
        return false;
    }
    *octet = host.received[port][host.received_first[port]];
    host.received_first[port]++;
    return true;
}

static uint32_t octet_ns_of(enum hal_port port) {
    if (port != HAL_PORT_OPTICAL) {
        return OCTET_NS_115200_BAUD;
    }
    return host.optical_octet_ns != 0 ? host.optical_octet_ns : OCTET_NS_300_BAUD;
}

void hal_optical_set_speed(enum hal_optical_speed speed) {
    if (!hal_serial_is_quiet(HAL_PORT_OPTICAL)) {
        fail("the optical port's speed was changed in the middle of an octet");
    }
    host.optical_octet_ns = speed == HAL_OPTICAL_9600_BAUD ? OCTET_NS_9600_BAUD : OCTET_NS_300_BAUD;
    printf("speed %llu %u\n", (unsigned long long)host.now_us, speed == HAL_OPTICAL_9600_BAUD ? 9600u : 300u);
}

void hal_serial_send(enum hal_port port, const uint8_t *octets, size_t length) {
    printf("sent %s %llu ", port_names[port], (unsigned long long)host.now_us);
    host_print_hex(octets, length);
    printf("\n");
    host.sending_until_us[port] = host.now_us + (uint64_t)length * octet_ns_of(port) / 1000u;
    host.is_end_untold[port] = true;
}

bool hal_serial_is_sending(enum hal_port port) { return host.now_us < host.sending_until_us[port]; }
bool hal_serial_is_quiet(enum hal_port port) { return !hal_serial_is_sending(port); }

/* The rest of the device */

const char *hal_reset_cause(void) { return "power-on"; }
uint32_t hal_boot_count(void) { return 1; }
const uint8_t *hal_parameter_page(void) { return host.has_parameters ? host.parameters : NULL; }

const uint8_t *hal_key_page(void) {
    for (size_t i = 0; i < sizeof host.keys; i++) {
        host.key_page[i] = (uint8_t)~host.keys[i];
    }
    return host.key_page;
}

void hal_key_page_wipe(void) {
    memset(host.keys, 0xFF, sizeof host.keys);
    printf("keys wiped\n");
}

void host_set_keys(const uint8_t *octets, size_t count) {
    if (count != sizeof host.keys) {
        fail("key page of another length");
    }
    for (size_t i = 0; i < count; i++) {
        host.keys[i] = (uint8_t)~octets[i];
    }
}

const uint8_t *hal_position_page(void) {
    for (size_t i = 0; i < sizeof host.positions; i++) {
        host.position_page[i] = (uint8_t)~host.positions[i];
    }
    return host.position_page;
}

void host_set_position(uint32_t at, const uint8_t *octets, uint32_t count) {
    if (at % 4u != 0 || count % 4u != 0 || at + count > sizeof host.positions) {
        fail("an installed position was written outside of its page or not in words");
    }
    for (uint32_t i = 0; i < count; i++) {
        host.positions[at + i] |= (uint8_t)~octets[i]; /* flash: bits only go to 0 */
    }
}

void hal_position_write(uint32_t at, const uint8_t *octets, uint32_t count) {
    printf("position %u ", (unsigned)at);
    host_print_hex(octets, count);
    printf("\n");
    host_set_position(at, octets, count);
}

void host_set_parameters(const uint8_t *octets, size_t count) {
    if (count > sizeof host.parameters) {
        fail("parameter page too long");
    }
    memset(host.parameters, 0xFF, sizeof host.parameters);
    memcpy(host.parameters, octets, count);
    host.has_parameters = true;
}

bool hal_is_line_overdriven(uint64_t *since_us) {
    *since_us = host.overdriven_since_us;
    return host.is_overdriven;
}
void host_set_overdriven(bool is_overdriven) {
    host.is_overdriven = is_overdriven;
    host.overdriven_since_us = host.now_us;
    host.was_called = true;
}

bool hal_was_called(void) {
    const bool was_called = host.was_called;
    host.was_called = false;
    return was_called;
}

bool hal_latch_is_set(void) { return host.is_latch_set; }
void hal_latch_reset(void) {
    host.is_latch_set = false;
    printf("latch-reset %llu\n", (unsigned long long)host.now_us);
}
void host_set_latch(bool is_set) { host.is_latch_set = is_set; }

bool hal_battery_is_low(void) { return host.is_battery_low; }
void host_set_battery_low(bool is_low) { host.is_battery_low = is_low; }

uint32_t hal_kept(enum hal_kept which) { return host.kept[which]; }

void hal_keep(enum hal_kept which, uint32_t value) {
    host_set_kept((unsigned)which, value);
    printf("kept %u %u\n", (unsigned)which, (unsigned)value);
}

void host_set_kept(unsigned which, uint32_t value) {
    if (which >= HAL_KEPT_WORDS) {
        fail("no such battery-backed word");
    }
    host.kept[which] = value;
}

/* Time */

uint64_t host_next_event_us(void) {
    uint64_t next_us = HAL_NEVER;
    if (host.edges_happened < host.edges_planned) {
        next_us = host.edges[host.edges_happened].time_us;
    }
    if (host.transfer_state == HAL_I2C_BUSY && host.transfer != NULL && host.transfer_ends_us < next_us) {
        next_us = host.transfer_ends_us;
    }
    if (host.spi_until_us > host.now_us && host.spi_until_us < next_us) {
        next_us = host.spi_until_us;
    }
    for (size_t i = 0; i < PORTS; i++) {
        if (host.sending_until_us[i] > host.now_us && host.sending_until_us[i] < next_us) {
            next_us = host.sending_until_us[i];
        }
    }
    return next_us;
}

void host_run_events(void) {
    while (host.edges_happened < host.edges_planned && host.edges[host.edges_happened].time_us <= host.now_us) {
        host.is_case_open = host.edges[host.edges_happened].open;
        host.edges_happened++;
    }
    if (host.transfer_state == HAL_I2C_BUSY && host.transfer != NULL && host.transfer_ends_us <= host.now_us) {
        host.transfer = NULL;
        host.transfer_state = host.transfer_result;
    }
    for (size_t i = 0; i < PORTS; i++) {
        if (host.is_end_untold[i] && host.sending_until_us[i] <= host.now_us) {
            host.is_end_untold[i] = false;
            host.was_called = true;
        }
    }
}
