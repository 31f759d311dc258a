#include "core/banner.h"

#include "config.h"
#include "core/position.h"

struct text {
    char *start;
    size_t length;
};

/* Cuts off what does not fit: a banner is for people. */
static void add_text(struct text *text, const char *words) {
    for (; *words != '\0' && text->length < BANNER_BYTES; words++) {
        text->start[text->length] = *words;
        text->length++;
    }
}

static void add_number(struct text *text, uint32_t value) {
    char digits[11];
    unsigned at = sizeof digits - 1u;
    digits[at] = '\0';
    do {
        at--;
        digits[at] = (char)('0' + value % 10u);
        value /= 10u;
    } while (value > 0);
    add_text(text, &digits[at]);
}

static void add_hex(struct text *text, const uint8_t *octets, size_t count) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < count; i++) {
        const char pair[3] = {digits[octets[i] >> 4], digits[octets[i] & 0x0Fu], '\0'};
        add_text(text, pair);
    }
}

size_t banner_put_identity(char text_start[BANNER_BYTES]) {
    struct text text = {.start = text_start, .length = 0};
    add_text(&text, "tamperbench reference meter " CONFIG_VERSION_TEXT "\r\nreset cause: ");
    add_text(&text, hal_reset_cause());
    add_text(&text, ", boot ");
    add_number(&text, hal_boot_count());
    add_text(&text, "\r\n");
    return text.length;
}

size_t banner_put_state(char text_start[BANNER_BYTES], const struct reporter *reporter, const struct event_log *log,
                        bool is_case_open) {
    struct text text = {.start = text_start, .length = 0};
    add_text(&text, "secure element: ");
    if (reporter->presence == SE_PRESENT) {
        add_text(&text, "ATECC608 revision ");
        add_hex(&text, reporter->se_revision, sizeof reporter->se_revision);
    } else {
        add_text(&text, "absent");
    }
    add_text(&text, "\r\nevent log: ");
    if (log->state == LOG_READY) {
        /* Not how many there are: places that a torn page left empty, or that were passed over, would have to be counted. */
        add_text(&text, "newest ");
        add_number(&text, log->newest);
    } else {
        add_text(&text, "absent");
    }
    add_text(&text, "\r\ncase: ");
    add_text(&text, is_case_open ? "open\r\n" : "closed\r\n");
    add_text(&text, "installed positions: ");
    add_number(&text, position_places_left());
    add_text(&text, " more can be kept\r\n");
    return text.length;
}

size_t banner_put_limits(char text_start[BANNER_BYTES], const struct tamper_limits *limits) {
    const uint16_t values[] = {limits->debounce_ms, limits->storm_debounce_ms, limits->tilt_deg, limits->vibration_ms};
    struct text text = {.start = text_start, .length = 0};
    add_text(&text, "limits");
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        add_text(&text, " ");
        add_number(&text, values[i]);
    }
    add_text(&text, "\r\n");
    return text.length;
}
