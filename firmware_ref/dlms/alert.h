/*
 * The alert on the wire: data-notification inside general-signing inside the 62056-47 wrapper (SIG-1, DLMS-1); with keys the
 * notification is inside a general-glo-ciphering, so the signature is over what is encrypted and is checked first.
 * Byte by byte in docs/alert-format.md. Pure.
 */
#ifndef TBR_ALERT_H
#define TBR_ALERT_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "core/alert_record.h"
#include "core/keys.h"
#include "core/sha256.h"
#include "crypto/gcm.h"

/*
 * One event makes 172 octets, encrypted 188; an array adds 2, each further event 38, a length of 128 and more another 1, of which
 * an encrypted frame has two.
 */
#define ALERT_FRAME_BYTES_MAX (192u + 38u * (CONFIG_PAYLOAD_EVENTS - 1u))
#define ALERT_SIGNATURE_BYTES 64u
#define SYSTEM_TITLE_BYTES 8u

/* Who sends to whom, from the parameter page, and what they encrypt with, from the page of keys. */
struct alert_parties {
    uint8_t originator[SYSTEM_TITLE_BYTES];
    uint8_t recipient[SYSTEM_TITLE_BYTES];
    struct cipher_keys keys;
};

/* The events that one signature covers, in the order of their counters (COM-5). */
struct alert_payload {
    const struct alert_record *records[CONFIG_PAYLOAD_EVENTS];
    uint8_t count; /* at least 1 */
};

enum alert_sealing { ALERT_WRITING, ALERT_KEYING, ALERT_ENCRYPTING, ALERT_TAGGING, ALERT_SEALED, ALERT_HASHING };

/*
 * What the frame holds so far. Encrypting and hashing a payload take up to 8 ms, an edge is to be judged within 1 (SEAL-4): so a
 * call does one block, 0.4 ms at most. Zeroed memory holds nothing.
 */
struct alert_sealer {
    union {
        struct gcm gcm;
        struct sha256 sha;
    } work;
    uint32_t counter;  /* the last event's */
    uint32_t key_mark; /* of the keys it is encrypted with */
    uint16_t at;       /* the next octet to encrypt or to hash */
    uint16_t end;      /* of what is written */
    uint8_t events;    /* of the payload; 0: none */
    uint8_t written;
    uint8_t state;
};

/* One step of making the payload's frame, encrypted where there are keys; another payload's is given up. True once it is made. */
bool alert_seal(struct alert_sealer *sealer, uint8_t frame[ALERT_FRAME_BYTES_MAX], const struct alert_parties *parties,
                const struct alert_payload *payload);
/*
 * One step of the SHA-256 of what the signature covers: transaction-id's length octet up to and including content. Only of a
 * frame that is made; true once the digest is there.
 */
bool alert_digest(struct alert_sealer *sealer, const uint8_t frame[ALERT_FRAME_BYTES_MAX], uint8_t digest[32]);
/* Ends the frame that is made; returns its length. */
size_t alert_put_signature(const struct alert_sealer *sealer, uint8_t frame[ALERT_FRAME_BYTES_MAX],
                           const uint8_t signature[ALERT_SIGNATURE_BYTES]);
/* The 4-octet long-invoke-id-and-priority of a counter: confirmed service, high priority, 24 bits of counter. */
uint32_t alert_invoke_id(uint32_t counter);

#endif
