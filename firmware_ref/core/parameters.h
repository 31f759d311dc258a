/* The parameter page in flash: who the meter is and whom it reports to, and its calibration. Written once in production. Pure. */
#ifndef TBR_PARAMETERS_H
#define TBR_PARAMETERS_H

#include "core/front_end.h"
#include "dlms/alert.h"

#define PARAMETERS_BYTES 24u

/* Calibration of the front end, 32 octets into the page: magic, gains of line and neutral current and of voltage, CRC. */
#define PARAMETERS_GAINS_AT 32u
#define PARAMETERS_GAINS_BYTES 20u

/*
 * The diagnostic port's password, 64 octets into the page: magic, salt, SHA-256 of salt and password, CRC (INT-4). Points to
 * salt and digest in the page; NULL where none was programmed, and then no password opens the port.
 */
#define PARAMETERS_ACCESS_AT 64u
#define PARAMETERS_ACCESS_BYTES 56u
#define PARAMETERS_SALT_BYTES 16u
const uint8_t *parameters_find_access(const uint8_t *page);

/* Thresholds of seal, tilt and vibration, 128 octets into the page: magic, four values of 16 bits, CRC. */
#define PARAMETERS_LIMITS_AT 128u
#define PARAMETERS_LIMITS_BYTES 16u

/* SEAL-2, SEAL-3, TILT-1, TILT-2. */
struct tamper_limits {
    uint16_t debounce_ms;
    uint16_t storm_debounce_ms;
    uint16_t tilt_deg;
    uint16_t vibration_ms;
};

/* From the page, or the reference values where it is blank (NULL) or damaged. */
void parameters_read(const uint8_t *page, struct alert_parties *parties);

/* Each gain in 2^-16; 1.0 each where the block is blank or damaged, or holds a gain that no adjustment gives. */
void parameters_read_gains(const uint8_t *page, uint32_t gains[FRONT_END_CHANNELS]);

/* The values of config.h where the block is blank or damaged, or holds one that a requirement does not allow. */
void parameters_read_limits(const uint8_t *page, struct tamper_limits *limits);
/* Whether the requirements allow the values (CONFIG_..._LEAST, CONFIG_..._MOST). */
bool parameters_allow(const struct tamper_limits *limits);

/* Whether a block is neither blank nor whole: what stands in for it is not what the meter was given (INT-2). */
bool parameters_are_damaged(const uint8_t *page);

#endif
