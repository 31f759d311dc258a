/*
 * The alert on the wire: data-notification inside general-signing inside the 62056-47 wrapper (SIG-1, DLMS-1).
 * Byte by byte in docs/alert-format.md. Pure.
 */
#ifndef TBR_ALERT_H
#define TBR_ALERT_H

#include "core/alert_record.h"

#define ALERT_FRAME_BYTES 172u
#define ALERT_SIGNED_BYTES 98u
#define ALERT_SIGNATURE_BYTES 64u
#define SYSTEM_TITLE_BYTES 8u

/* Who sends to whom: from the parameter page. */
struct alert_parties {
    uint8_t originator[SYSTEM_TITLE_BYTES];
    uint8_t recipient[SYSTEM_TITLE_BYTES];
};

/* The octets the signature covers: transaction-id's length octet up to and including content. */
void alert_put_signed_part(uint8_t part[ALERT_SIGNED_BYTES], const struct alert_parties *parties,
                           const struct alert_record *record);
/* SHA-256 of the signed part. */
void alert_digest(uint8_t digest[32], const struct alert_parties *parties, const struct alert_record *record);
/* The whole frame as it goes to the modem. */
void alert_put_frame(uint8_t frame[ALERT_FRAME_BYTES], const struct alert_parties *parties,
                     const struct alert_record *record, const uint8_t signature[ALERT_SIGNATURE_BYTES]);
/* The 4-octet long-invoke-id-and-priority of a counter: confirmed service, high priority, 24 bits of counter. */
uint32_t alert_invoke_id(uint32_t counter);

#endif
