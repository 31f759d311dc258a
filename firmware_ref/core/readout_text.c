#include "core/readout_text.h"

#include "core/bytes.h"
#include "core/calendar.h"
#include "core/magnet.h"

uint8_t *put_text(uint8_t *at, const char *text) {
    for (; *text != '\0'; text++) {
        at = put_u8(at, (uint8_t)*text);
    }
    return at;
}

/* `digits` digits with leading zeros; what does not fit is cut off at the left. */
uint8_t *put_digits(uint8_t *at, uint32_t value, unsigned digits) {
    for (unsigned i = digits; i > 0; i--) {
        at[i - 1u] = (uint8_t)('0' + value % 10u);
        value /= 10u;
    }
    return at + digits;
}

uint8_t *put_hex(uint8_t *at, uint32_t value, unsigned digits) {
    static const char hexadecimal[] = "0123456789ABCDEF";
    for (unsigned i = digits; i > 0; i--) {
        at = put_u8(at, (uint8_t)hexadecimal[value >> (4u * (i - 1u)) & 0x0Fu]);
    }
    return at;
}

/* "(nnn.nn*unit)", or "()" for a value that the meter does not have. */
static uint8_t *put_value(uint8_t *at, bool is_known, uint32_t value, unsigned decimals, const char *unit) {
    uint32_t one = 1;
    for (unsigned i = 0; i < decimals; i++) {
        one *= 10u;
    }
    at = put_u8(at, '(');
    if (is_known) {
        at = put_digits(at, value / one, 3);
        at = put_digits(put_u8(at, '.'), value % one, decimals);
        at = put_text(put_u8(at, '*'), unit);
    }
    return put_u8(at, ')');
}

static uint8_t *put_component(uint8_t *at, bool is_known, int32_t value_10_uT) {
    const bool is_negative = value_10_uT < 0;
    const uint32_t size_10_uT = (uint32_t)(is_negative ? -value_10_uT : value_10_uT);
    uint8_t *end = put_value(at, is_known, size_10_uT, 2, "mT");
    if (!is_known || !is_negative) {
        return end;
    }
    /* The sign goes between the bracket and the digits, which are one place further on then. */
    for (uint8_t *octet = end; octet > at + 1; octet--) {
        *octet = octet[-1];
    }
    at[1] = '-';
    return end + 1;
}

uint8_t *put_date(uint8_t *at, const struct hal_utc *utc) {
    static const char separators[] = {'-', '-', ' ', ':', ':'};
    static const uint8_t places[] = {2, 3, 5, 6, 7}; /* month, day, hour, minute, second in a COSEM date-time */
    uint8_t date_time[COSEM_DATE_TIME_BYTES];
    put_date_time(date_time, utc);
    at = put_digits(at, get_u16(date_time), 4);
    for (unsigned i = 0; i < sizeof places; i++) {
        at = put_digits(put_u8(at, (uint8_t)separators[i]), date_time[places[i]], 2);
    }
    return at;
}

static uint8_t *put_title(uint8_t *at, const uint8_t *title) {
    at = put_u8(at, '(');
    at = put_hex(put_hex(at, get_u32(title), 8), get_u32(&title[4]), 8);
    return put_u8(at, ')');
}

/* Hundredths of a volt and thousandths of an ampere, rounded down. */
unsigned readout_put_line(uint8_t line[READOUT_LINE_BYTES], unsigned number, const struct readout_values *values,
                          const uint8_t *title) {
    static const char *const codes[] = {"0-0:96.1.0",  "0-0:1.0.0",   "0-0:96.5.0",  "1-0:32.7.0",  "1-0:31.7.0", "1-0:91.7.0",
                                        "0-0:96.50.0", "0-0:96.50.1", "0-0:96.50.2", "0-0:96.50.3", "0-0:96.50.4"};
    if (number >= sizeof codes / sizeof codes[0]) {
        return 0;
    }
    const struct hall_field *field = &values->field;
    uint8_t *at = put_text(line, codes[number]);
    switch (number) {
    case 0:
        at = put_title(at, title);
        break;
    case 1:
        at = put_u8(put_date(put_u8(at, '('), &values->clock), ')');
        break;
    case 2:
        at = put_u8(put_hex(put_u8(at, '('), values->status, 8), ')');
        break;
    case 3:
        at = put_value(at, values->has_electrical, values->voltage_uV / 10000u, 2, "V");
        break;
    case 4:
        at = put_value(at, values->has_electrical, values->line_uA / 1000u, 3, "A");
        break;
    case 5:
        at = put_value(at, values->has_electrical, values->neutral_uA / 1000u, 3, "A");
        break;
    case 6:
        at = put_value(at, values->has_field, magnet_magnitude(field), 2, "mT");
        break;
    case 7:
        at = put_component(at, values->has_field, field->x);
        break;
    case 8:
        at = put_component(at, values->has_field, field->y);
        break;
    case 9:
        at = put_component(at, values->has_field, field->z);
        break;
    default:
        at = put_u8(put_digits(put_u8(at, '('), values->samples, 10), ')');
        break;
    }
    return (unsigned)(at - line);
}
