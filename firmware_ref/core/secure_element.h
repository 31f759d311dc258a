/*
 * The ATECC608 secure element: wakes it, counts events, signs digests (SIG-1, SIG-3). Its private key never leaves it.
 * One request at a time; secure_element_step() moves it on and says when it wants to be called again.
 */
#ifndef TBR_SECURE_ELEMENT_H
#define TBR_SECURE_ELEMENT_H

#include "core/bus.h"

#define SIGNATURE_BYTES 64u

enum se_request {
    SE_REQUEST_INFO,  /* answer: 4 octets of revision */
    SE_REQUEST_COUNT, /* answer: the event counter after incrementing it, 4 octets, little-endian */
    SE_REQUEST_SIGN,  /* input: 32-octet digest; answer: r and s, 64 octets */
    SE_REQUEST_WIPE,  /* a new key in place of the old one, which nobody has any more (SIG-4) */
    SE_REQUEST_SLEEP, /* no answer */
};

enum se_status { SE_IDLE, SE_WORKING, SE_FINISHED, SE_FAILED };

enum se_phase { SE_PHASE_NONE, SE_PHASE_SEND, SE_PHASE_EXECUTE, SE_PHASE_REPLY };

/* One exchange with the chip: what is written, how long it works, how long the answer is. */
enum se_exchange { SE_EXCHANGE_WAKE, SE_EXCHANGE_INFO, SE_EXCHANGE_COUNT, SE_EXCHANGE_LOAD, SE_EXCHANGE_SIGN, SE_EXCHANGE_WIPE, SE_EXCHANGE_SLEEP };

#define SE_PACKET_MAX 72u

struct secure_element {
    uint8_t packet[SE_PACKET_MAX]; /* the command on its way out, then the answer */
    const uint8_t *digest;
    uint64_t wake_at_us;  /* next step in time */
    uint64_t late_at_us;  /* when a busy chip is given up */
    uint64_t woken_at_us;
    uint8_t request;
    uint8_t exchange;
    uint8_t phase;
    uint8_t status;
    bool is_awake;
    bool is_unsure; /* the chip may be awake or asleep: after a reset of the meter or a failed request */
    bool is_on_bus; /* a transfer of this module is under way */
};

void secure_element_reset(struct secure_element *se);
/* The digest stays untouched until the request has ended. Only when not WORKING. */
void secure_element_begin(struct secure_element *se, enum se_request request, const uint8_t *digest, uint64_t now_us);
/* Moves on; returns when to call again. */
uint64_t secure_element_step(struct secure_element *se, struct bus *bus, uint64_t now_us);
/* When this module will next need the bus, for those who share it. */
uint64_t secure_element_needs_bus_at_us(const struct secure_element *se);
/* The answer's octets after FINISHED, until the next request. */
const uint8_t *secure_element_answer(const struct secure_element *se);

#endif
