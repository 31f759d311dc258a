#include "core/port_guard.h"

#include "core/bytes.h"
#include "core/parameters.h"
#include "core/sha256.h"

void port_guard_begin(struct port_guard *guard, const uint8_t *page) { guard->access = parameters_find_access(page); }

/* Looks at every octet whatever the first ones say: the time it takes tells nothing about where they differ. */
static bool same_secret(const uint8_t *one, const uint8_t *other, size_t count) {
    uint8_t difference = 0;
    for (size_t i = 0; i < count; i++) {
        difference |= (uint8_t)(one[i] ^ other[i]);
    }
    return difference == 0;
}

static bool is_password(const struct port_guard *guard) {
    struct sha256 sha;
    uint8_t digest[SHA256_DIGEST_BYTES];
    if (guard->access == NULL || guard->length > CONFIG_PORT_LINE_MAX) {
        return false;
    }
    sha256_begin(&sha);
    sha256_add(&sha, guard->access, PARAMETERS_SALT_BYTES);
    sha256_add(&sha, guard->line, guard->length);
    sha256_end(&sha, digest);
    return same_secret(digest, &guard->access[PARAMETERS_SALT_BYTES], sizeof digest);
}

/* By the battery's own seconds: who sets the clock, forward or back, neither ends the lock nor makes it longer. */
static bool is_locked(void) {
    const uint32_t now_s = hal_battery_seconds(), until_s = hal_kept(HAL_KEPT_PORT_LOCK);
    return now_s < until_s && until_s - now_s <= CONFIG_PORT_LOCK_S;
}

/* The guess is counted before it is looked at: who cuts the supply meanwhile gets no further guess for nothing. */
static const char *judge_guess(struct port_guard *guard, struct event_queue *queue, uint64_t now_us) {
    const struct hal_utc now = hal_utc_at(now_us);
    if (is_locked()) {
        return "port locked\r\n";
    }
    const uint32_t guesses = hal_kept(HAL_KEPT_PORT_GUESSES) + 1u;
    hal_keep(HAL_KEPT_PORT_GUESSES, guesses);
    if (is_password(guard)) {
        hal_keep(HAL_KEPT_PORT_GUESSES, 0);
        guard->open_until_us = now_us + CONFIG_PORT_OPEN_US;
        return "port open\r\n";
    }
    if (guesses < CONFIG_PORT_GUESSES) {
        return "port refused\r\n";
    }
    const struct event event = {.code = EVENT_PORT_LOCKED, .time = now};
    hal_keep(HAL_KEPT_PORT_LOCK, hal_battery_seconds() + CONFIG_PORT_LOCK_S);
    hal_keep(HAL_KEPT_PORT_GUESSES, 0);
    event_queue_put(queue, &event);
    return "port locked\r\n";
}

/* What an open port is told. A line that it does not know closes it, so a forgotten one is closed by any terminal. */
static enum port_request take_command(struct port_guard *guard) {
    const unsigned length = guard->length <= CONFIG_PORT_LINE_MAX ? guard->length : 0;
    switch (limits_parse(guard->line, length, &guard->wanted)) {
    case LIMITS_ASKED:
        return PORT_TELL_LIMITS;
    case LIMITS_WANTED:
        return PORT_SET_LIMITS;
    case LIMITS_REFUSED:
        guard->answer = "limits refused\r\n";
        return PORT_NOTHING;
    case LIMITS_NO_LINE:
    default:
        guard->open_until_us = 0;
        guard->answer = "port closed\r\n";
        return PORT_NOTHING;
    }
}

static enum port_request take_line(struct port_guard *guard, struct event_queue *queue, uint64_t now_us) {
    if (guard->open_until_us == 0 && guard->length == 0) {
        return PORT_NOTHING; /* an empty line, as a terminal sends to see who is there, is no guess */
    }
    enum port_request request = PORT_NOTHING;
    if (guard->open_until_us == 0) {
        guard->answer = judge_guess(guard, queue, now_us);
    } else if (guard->length == 5u && same_octets(guard->line, (const uint8_t *)"state", 5u)) {
        request = PORT_TELL_STATE;
    } else {
        request = take_command(guard);
    }
    for (unsigned i = 0; i < CONFIG_PORT_LINE_MAX; i++) {
        guard->line[i] = 0; /* a password does not stay in memory */
    }
    guard->length = 0;
    return request;
}

enum port_request port_guard_step(struct port_guard *guard, struct event_queue *queue, uint64_t now_us, uint64_t *next_us) {
    enum port_request request = PORT_NOTHING;
    uint8_t octet = 0;
    if (now_us >= guard->open_until_us) {
        guard->open_until_us = 0;
    }
    while (guard->answer == NULL && request == PORT_NOTHING && hal_serial_take(HAL_PORT_DIAGNOSTIC, &octet)) {
        if (octet == '\r') {
            request = take_line(guard, queue, now_us);
        } else if (octet != '\n' && guard->length <= CONFIG_PORT_LINE_MAX) {
            if (guard->length < CONFIG_PORT_LINE_MAX) {
                guard->line[guard->length] = octet;
            }
            guard->length++;
        }
    }
    if (guard->answer != NULL && !hal_serial_is_sending(HAL_PORT_DIAGNOSTIC)) {
        size_t length = 0;
        while (guard->answer[length] != '\0') {
            length++;
        }
        hal_serial_send(HAL_PORT_DIAGNOSTIC, (const uint8_t *)guard->answer, length);
        guard->answer = NULL;
    }
    *next_us = guard->open_until_us == 0 ? HAL_NEVER : guard->open_until_us;
    return request;
}
