/*
 * The core as a PC program, driven line by line (see README.md, "On the host"): the whole meter in simulated time, and
 * the pure modules one by one. Built with sanitizers by the tests.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/calendar.h"
#include "core/crc.h"
#include "core/log_page.h"
#include "core/meter.h"
#include "core/sha256.h"
#include "core/vigil.h"
#include "crypto/gcm.h"
#include "dlms/confirm.h"
#include "port/host/host.h"

static struct meter meter;
static uint8_t octets[HOST_LINE_BYTES / 2u];

void host_print_hex(const uint8_t *data, size_t count) {
    for (size_t i = 0; i < count; i++) {
        printf("%02x", data[i]);
    }
    if (count == 0) {
        printf("-");
    }
}

int host_read_hex(const char *word, uint8_t *data, size_t room) {
    if (strcmp(word, "-") == 0) {
        return 0;
    }
    const size_t length = strlen(word);
    if (length % 2u != 0 || length / 2u > room) {
        return -1;
    }
    for (size_t i = 0; i < length; i += 2u) {
        const char pair[3] = {word[i], word[i + 1u], '\0'};
        if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1])) {
            return -1;
        }
        data[i / 2u] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return (int)(length / 2u);
}

char *host_read_line(void) {
    static char line[HOST_LINE_BYTES];
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) {
        exit(0);
    }
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

/* Runs the meter up to a time, from event to event and from deadline to deadline, as the target's main loop does. */
static void run_until(uint64_t until_us) {
    unsigned steps_at_one_time = 0;
    for (;;) {
        const uint64_t now_us = hal_time_us();
        host_run_events();
        const uint64_t wanted_us = meter_step(&meter, now_us);
        uint64_t next_us = wanted_us < host_next_event_us() ? wanted_us : host_next_event_us();
        if (next_us <= now_us) {
            steps_at_one_time++;
            if (steps_at_one_time > 1000u) {
                fprintf(stderr, "host port: the meter asks for time %llu again and again\n", (unsigned long long)now_us);
                exit(3);
            }
            continue;
        }
        steps_at_one_time = 0;
        if (next_us > until_us) {
            host_set_time_us(until_us);
            return;
        }
        host_set_time_us(next_us);
    }
}

static void print_digest(const char *hex) {
    const int count = host_read_hex(hex, octets, sizeof octets);
    struct sha256 sha;
    uint8_t digest[SHA256_DIGEST_BYTES];
    sha256_begin(&sha);
    sha256_add(&sha, octets, count < 0 ? 0 : (size_t)count);
    sha256_end(&sha, digest);
    host_print_hex(digest, count < 0 ? 0 : sizeof digest);
    printf("\n");
}

static void print_crcs(const char *hex) {
    const int count = host_read_hex(hex, octets, sizeof octets);
    const size_t length = count < 0 ? 0 : (size_t)count;
    printf("%04x %08x\n", crc16_secure_element(octets, length), crc32_ieee(octets, length));
}

/* KEY IV AAD TEXT in hex, fed in pieces of `piece` octets: the other text and the tag. */
static void print_gcm(const char *words, bool is_decryption) {
    static char hex[4][HOST_LINE_BYTES];
    static uint8_t given[4][HOST_LINE_BYTES / 2u];
    unsigned piece = 0;
    size_t count[4] = {0};
    if (sscanf(words, "%u %s %s %s %s", &piece, hex[0], hex[1], hex[2], hex[3]) != 5 || piece == 0) {
        printf("bad\n");
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        const int read = host_read_hex(hex[i], given[i], sizeof given[i]);
        count[i] = read < 0 ? 0 : (size_t)read;
    }
    struct gcm gcm;
    uint8_t tag[GCM_TAG_BYTES];
    gcm_begin(&gcm, given[0], given[1]);
    gcm_add_aad(&gcm, given[2], count[2]);
    for (size_t at = 0; at < count[3]; at += piece) {
        const size_t left = count[3] - at;
        (is_decryption ? gcm_decrypt : gcm_encrypt)(&gcm, &given[3][at], left < piece ? left : piece);
    }
    gcm_end(&gcm, tag);
    host_print_hex(given[3], count[3]);
    printf(" ");
    host_print_hex(tag, sizeof tag);
    printf("\n");
}

static void print_date_time(const char *words) {
    unsigned long seconds = 0;
    unsigned hundredths = 0, status = 0;
    if (sscanf(words, "%lu %u %u", &seconds, &hundredths, &status) != 3) {
        printf("bad\n");
        return;
    }
    const struct hal_utc utc = {
        .seconds = (uint32_t)seconds, .hundredths = (uint8_t)hundredths, .status = (uint8_t)status};
    uint8_t date_time[COSEM_DATE_TIME_BYTES];
    put_date_time(date_time, &utc);
    host_print_hex(date_time, sizeof date_time);
    printf("\n");
}

/* The octets go into a block of exactly their length, so that a sanitizer sees a read past the end. */
static void print_confirm(const char *hex) {
    const int count = host_read_hex(hex, octets, sizeof octets);
    const size_t length = count < 0 ? 0 : (size_t)count;
    uint8_t *exact = malloc(length > 0 ? length : 1u);
    struct confirm confirm;
    memcpy(exact, octets, length);
    if (confirm_parse(exact, length, &confirm)) {
        printf("%08x ", (unsigned)confirm.invoke_id);
        host_print_hex(confirm.date_time, sizeof confirm.date_time);
        printf("\n");
    } else {
        printf("none\n");
    }
    free(exact);
}

static unsigned count_waiting(void) {
    unsigned waiting = 0;
    for (unsigned slot = 0; slot < CONFIG_LOG_ENTRIES; slot++) {
        waiting += event_log_is_waiting(&meter.log, slot) ? 1u : 0u;
    }
    return waiting;
}

static void print_state(void) {
    printf("state %d queue %u dropped %u outbox", meter.seal.stable_open ? 1 : 0, meter.queue.count, meter.queue.dropped);
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        const struct outbox_entry *entry = &meter.reporter.outbox.entries[i];
        if (entry->state != OUTBOX_EMPTY) {
            printf(" %u:%u:%u", entry->record.sequence, entry->state, entry->unsaved);
        }
    }
    printf(" log %u newest %u waiting %u status %08x\n", meter.log.state, meter.log.newest, count_waiting(),
           (unsigned)meter.status.word);
}

/* Queues one transfer for each client named, in that order, to address 10h + client, and serves the bus until all have ended. */
static void print_bus_order(const char *words) {
    static struct bus bus;
    static const uint8_t octet = 0;
    unsigned left = 0;
    memset(&bus, 0, sizeof bus);
    for (; *words >= '0' && *words < '0' + BUS_CLIENTS; words++) {
        const struct hal_i2c_transfer transfer = {
            .address = (uint8_t)(0x10 + *words - '0'), .tx = &octet, .tx_length = 1, .fast = true};
        bus_request(&bus, (enum bus_client)(*words - '0'), &transfer, hal_time_us());
        left++;
    }
    while (left > 0) {
        const uint64_t end_us = host_next_event_us();
        host_set_time_us(end_us < bus_late_at_us(&bus) ? end_us : bus_late_at_us(&bus));
        host_run_events();
        for (unsigned client = 0; client < BUS_CLIENTS; client++) {
            const bool was_queued = bus.states[client] != BUS_IDLE;
            const enum bus_result result = was_queued ? bus_poll(&bus, (enum bus_client)client, hal_time_us()) : BUS_BUSY;
            if (result != BUS_BUSY) {
                printf("client %u result %u\n", client, (unsigned)result);
                left--;
            }
        }
    }
}

/* Puts an event for each octet, a second after the other, then takes them all: code, count, second. */
static void print_event_order(const char *hex) {
    static struct event_queue queue;
    const int count = host_read_hex(hex, octets, sizeof octets);
    memset(&queue, 0, sizeof queue);
    for (int i = 0; i < count; i++) {
        const struct event event = {.code = octets[i], .time = {.seconds = (uint32_t)i}};
        event_queue_put(&queue, &event);
    }
    for (const struct event *event = event_queue_next(&queue); event != NULL; event = event_queue_next(&queue)) {
        printf("%02x:%u:%u ", event->code, event->count, (unsigned)event->time.seconds);
        event_queue_drop_next(&queue);
    }
    event_queue_drop_next(&queue); /* of an empty queue: nothing */
    printf("\n");
}

static void receive_hex(enum hal_port port, const char *hex) {
    const int count = host_read_hex(hex, octets, sizeof octets);
    if (count > 0) {
        host_receive(port, octets, (size_t)count);
    }
}

static bool obey_device(const char *verb, const char *rest) {
    unsigned long long time_us = 0;
    unsigned open = 0;
    if (strcmp(verb, "begin") == 0) {
        host_set_case(rest[0] == '1');
        meter_begin(&meter, hal_time_us());
    } else if (strcmp(verb, "battery") == 0 && sscanf(rest, "%llu %u", &time_us, &open) == 2) {
        vigil_note((uint32_t)time_us, open != 0);
    } else if (strcmp(verb, "earth") == 0) {
        host_set_line_live(rest[0] == '1');
    } else if (strcmp(verb, "keys") == 0) {
        host_set_keys(octets, (size_t)host_read_hex(rest, octets, sizeof octets));
    } else if (strcmp(verb, "parameters") == 0) {
        host_set_parameters(octets, (size_t)host_read_hex(rest, octets, sizeof octets));
    } else if (strcmp(verb, "edge") == 0 && sscanf(rest, "%llu %u", &time_us, &open) == 2) {
        host_plan_edge(time_us, open != 0);
    } else if (strcmp(verb, "clock-lost") == 0) {
        host_lose_clock();
    } else if (strcmp(verb, "motion") == 0) {
        host_set_motion(rest[0] == '1');
    } else if (strcmp(verb, "position") == 0 && strchr(rest, ' ') != NULL) {
        const int count = host_read_hex(strchr(rest, ' ') + 1, octets, sizeof octets);
        host_set_position((uint32_t)strtoul(rest, NULL, 10), octets, count < 0 ? 0 : (uint32_t)count);
    } else if (strcmp(verb, "modem") == 0) {
        receive_hex(HAL_PORT_MODEM, rest);
    } else if (strcmp(verb, "inject") == 0) {
        host_set_overdriven(rest[0] == '1');
    } else if (strcmp(verb, "latch") == 0) {
        host_set_latch(rest[0] == '1');
    } else if (strcmp(verb, "battery-low") == 0) {
        host_set_battery_low(rest[0] == '1');
    } else if (strcmp(verb, "diagnostic") == 0) {
        receive_hex(HAL_PORT_DIAGNOSTIC, rest);
    } else if (strcmp(verb, "keep") == 0 && sscanf(rest, "%u %llu", &open, &time_us) == 2) {
        host_set_kept(open, (uint32_t)time_us);
    } else if (strcmp(verb, "optical") == 0) {
        receive_hex(HAL_PORT_OPTICAL, rest);
    } else if (strcmp(verb, "run") == 0 && sscanf(rest, "%llu", &time_us) == 1) {
        run_until(time_us);
    } else {
        return false;
    }
    printf("ok\n");
    return true;
}

static bool obey_module(const char *verb, const char *rest) {
    if (strcmp(verb, "sha") == 0) {
        print_digest(rest);
    } else if (strcmp(verb, "crc") == 0) {
        print_crcs(rest);
    } else if (strcmp(verb, "encrypt") == 0 || strcmp(verb, "decrypt") == 0) {
        print_gcm(rest, verb[0] == 'd');
    } else if (strcmp(verb, "date") == 0) {
        print_date_time(rest);
    } else if (strcmp(verb, "confirm") == 0) {
        print_confirm(rest);
    } else if (strcmp(verb, "queue") == 0) {
        print_bus_order(rest);
    } else if (strcmp(verb, "events") == 0) {
        print_event_order(rest);
    } else if (strcmp(verb, "state") == 0) {
        print_state();
    } else {
        return false;
    }
    return true;
}

int main(void) {
    for (;;) {
        char line[HOST_LINE_BYTES];
        strcpy(line, host_read_line());
        char *space = strchr(line, ' ');
        const char *rest = space != NULL ? space + 1 : "";
        if (space != NULL) {
            *space = '\0';
        }
        if (!obey_device(line, rest) && !obey_module(line, rest)) {
            printf("unknown %s\n", line);
        }
    }
}
