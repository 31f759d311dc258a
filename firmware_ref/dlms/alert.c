#include "dlms/alert.h"

#include "core/bytes.h"
#include "core/calendar.h"
#include "core/severity.h"

#define WRAPPER_VERSION 0x0001u
#define WPORT_MANAGEMENT 0x0001u
#define WRAPPER_BYTES 8u
#define SIGNED_PART_AT 9u /* after the tag of general-signing */

#define TAG_GENERAL_SIGNING 0xDFu
#define TAG_GENERAL_GLO_CIPHERING 0xDBu
#define TAG_DATA_NOTIFICATION 0x0Fu
#define SECURITY_CONTROL 0x30u /* suite 0, authenticated and encrypted, unicast key */
#define CIPHER_TAG_BYTES 12u
#define CIPHER_HEAD_BYTES 5u /* security control and invocation counter */
#define TYPE_ARRAY 0x01u
#define TYPE_STRUCTURE 0x02u
#define TYPE_DOUBLE_LONG_UNSIGNED 0x06u
#define TYPE_OCTET_STRING 0x09u
#define TYPE_UNSIGNED 0x11u
#define TYPE_ENUM 0x16u

#define EVENT_BYTES 38u
#define ARRAY_HEAD_BYTES 2u
#define NOTIFICATION_HEAD_BYTES 18u

/* 0-0:96.11.1.255, event code object of the fraud (tamper) log. */
static const uint8_t obis_event_code[6] = {0, 0, 96, 11, 1, 255};

uint32_t alert_invoke_id(uint32_t counter) { return 0xC0000000u | (counter & 0x00FFFFFFu); }

static uint8_t *put_string(uint8_t *at, const uint8_t *octets, uint8_t count) {
    return put_octets(put_u8(at, count), octets, count);
}

static uint8_t *put_date_time_string(uint8_t *at, const struct hal_utc *utc) {
    return put_date_time(put_u8(at, COSEM_DATE_TIME_BYTES), utc);
}

static uint8_t *put_event(uint8_t *at, const struct alert_record *record) {
    at = put_u8(put_u8(at, TYPE_STRUCTURE), 6);
    at = put_string(put_u8(at, TYPE_OCTET_STRING), obis_event_code, sizeof obis_event_code);
    at = put_u8(put_u8(at, TYPE_UNSIGNED), record->code);
    at = put_u32(put_u8(at, TYPE_DOUBLE_LONG_UNSIGNED), record->counter);
    at = put_date_time_string(put_u8(at, TYPE_OCTET_STRING), &record->event_time);
    at = put_u32(put_u8(at, TYPE_DOUBLE_LONG_UNSIGNED), record->sequence);
    return put_u8(put_u8(at, TYPE_ENUM), severity_of(record->code));
}

/* COM-5: one event is a structure, several are an array of them. */
static unsigned content_bytes(unsigned count) {
    return NOTIFICATION_HEAD_BYTES + count * EVENT_BYTES + (count > 1u ? ARRAY_HEAD_BYTES : 0u);
}

/* A-XDR: a length of 128 and more is preceded by the number of its octets. */
static unsigned length_bytes(unsigned count) { return count >= 0x80u ? 2u : 1u; }

static uint8_t *put_length(uint8_t *at, unsigned count) {
    if (count >= 0x80u) {
        at = put_u8(at, 0x81u);
    }
    return put_u8(at, (uint8_t)count);
}

static unsigned ciphered_bytes(unsigned count) { return CIPHER_HEAD_BYTES + content_bytes(count) + CIPHER_TAG_BYTES; }

/*
 * SIG-1: never used twice with one key, or GCM gives both away. It comes from the event counter, which the secure element never
 * turns back: a counter ends one payload of several at most, and once alone, after a reset, so these two differ here. A repeat
 * has the same octets and the same number. Up to 2^21 the counter leaves room for it.
 */
_Static_assert(CONFIG_PAYLOAD_EVENTS <= 4u, "a payload of more events has the invocation counter of a later one");
static uint32_t invocation_counter(const struct alert_payload *payload) {
    return 4u * payload->records[payload->count - 1u]->counter + (payload->count - 1u);
}

/* From transaction-id to where the notification begins. The last event stands for the payload: it has the highest counter. */
static uint8_t *put_head(uint8_t *at, const struct alert_parties *parties, const struct alert_payload *payload) {
    const struct alert_record *last = payload->records[payload->count - 1u];
    const bool is_ciphered = parties->keys.mark != 0;
    at = put_u8(at, 8); /* transaction-id: the event counter, 8 octets; encrypted, what is known without it */
    at = put_u32(put_u32(at, 0), is_ciphered ? invocation_counter(payload) : last->counter);
    at = put_string(at, parties->originator, SYSTEM_TITLE_BYTES);
    at = put_string(at, parties->recipient, SYSTEM_TITLE_BYTES);
    at = is_ciphered ? put_u8(at, 0) : put_date_time_string(at, &last->sent_time);
    at = put_u8(at, 0); /* other-information: none */
    if (!is_ciphered) {
        return put_length(at, content_bytes(payload->count));
    }
    const unsigned ciphered = ciphered_bytes(payload->count);
    at = put_length(at, 2u + SYSTEM_TITLE_BYTES + length_bytes(ciphered) + ciphered);
    at = put_string(put_u8(at, TAG_GENERAL_GLO_CIPHERING), parties->originator, SYSTEM_TITLE_BYTES);
    at = put_u8(put_length(at, ciphered), SECURITY_CONTROL);
    return put_u32(at, invocation_counter(payload));
}

static uint8_t *put_notification_head(uint8_t *at, const struct alert_payload *payload) {
    const struct alert_record *last = payload->records[payload->count - 1u];
    at = put_u8(at, TAG_DATA_NOTIFICATION);
    at = put_u32(at, alert_invoke_id(last->counter));
    at = put_date_time_string(at, &last->sent_time);
    return payload->count > 1u ? put_u8(put_u8(at, TYPE_ARRAY), payload->count) : at;
}

/* IV: title and invocation counter; authenticated besides the text: security control and authentication key. */
static void begin_ciphering(struct gcm *gcm, const struct alert_parties *parties, const struct alert_payload *payload) {
    uint8_t iv[GCM_IV_BYTES];
    put_u32(put_octets(iv, parties->originator, SYSTEM_TITLE_BYTES), invocation_counter(payload));
    static const uint8_t security_control = SECURITY_CONTROL;
    gcm_begin(gcm, parties->keys.encryption, iv);
    gcm_add_aad(gcm, &security_control, 1);
    gcm_add_aad(gcm, parties->keys.authentication, CIPHER_KEY_BYTES);
}

/* Its last event's counter is no other payload's with as many events: each further one was counted after the one before. */
static bool is_begun(const struct alert_sealer *sealer, const struct alert_parties *parties,
                     const struct alert_payload *payload) {
    return sealer->events == payload->count && sealer->key_mark == parties->keys.mark &&
           sealer->counter == payload->records[payload->count - 1u]->counter;
}

/* All that is written before the events. */
static void begin_frame(struct alert_sealer *sealer, uint8_t *frame, const struct alert_parties *parties,
                        const struct alert_payload *payload) {
    *sealer = (struct alert_sealer){.counter = payload->records[payload->count - 1u]->counter,
                                    .key_mark = parties->keys.mark,
                                    .events = payload->count,
                                    .state = ALERT_WRITING};
    uint8_t *at = put_u16(frame, WRAPPER_VERSION);
    at = put_u16(at, WPORT_MANAGEMENT);
    at = put_u16(at, WPORT_MANAGEMENT);
    at = put_u8(at + 2, TAG_GENERAL_SIGNING);
    at = put_head(at, parties, payload);
    sealer->at = (uint16_t)(at - frame);
    sealer->end = (uint16_t)(put_notification_head(at, payload) - frame);
}

static void write_event(struct alert_sealer *sealer, uint8_t *frame, const struct alert_payload *payload) {
    sealer->end = (uint16_t)(put_event(&frame[sealer->end], payload->records[sealer->written]) - frame);
    sealer->written++;
    if (sealer->written == payload->count) {
        sealer->state = sealer->key_mark != 0 ? ALERT_KEYING : ALERT_SEALED;
    }
}

static void encrypt_block(struct alert_sealer *sealer, uint8_t *frame) {
    if (gcm_pad(&sealer->work.gcm)) {
        return;
    }
    const uint16_t left = (uint16_t)(sealer->end - sealer->at);
    const uint16_t count = left < AES_BLOCK_BYTES ? left : AES_BLOCK_BYTES;
    gcm_encrypt(&sealer->work.gcm, &frame[sealer->at], count);
    sealer->at = (uint16_t)(sealer->at + count);
    sealer->state = sealer->at == sealer->end ? ALERT_TAGGING : ALERT_ENCRYPTING;
}

static void put_tag(struct alert_sealer *sealer, uint8_t *frame) {
    uint8_t tag[GCM_TAG_BYTES];
    if (gcm_pad(&sealer->work.gcm)) {
        return;
    }
    gcm_end(&sealer->work.gcm, tag);
    put_octets(&frame[sealer->end], tag, CIPHER_TAG_BYTES);
    sealer->end = (uint16_t)(sealer->end + CIPHER_TAG_BYTES);
    sealer->state = ALERT_SEALED;
}

bool alert_seal(struct alert_sealer *sealer, uint8_t frame[ALERT_FRAME_BYTES_MAX], const struct alert_parties *parties,
                const struct alert_payload *payload) {
    if (!is_begun(sealer, parties, payload)) {
        begin_frame(sealer, frame, parties, payload);
        return false;
    }
    switch (sealer->state) {
    case ALERT_WRITING:
        write_event(sealer, frame, payload);
        break;
    case ALERT_KEYING:
        begin_ciphering(&sealer->work.gcm, parties, payload);
        sealer->state = ALERT_ENCRYPTING;
        break;
    case ALERT_ENCRYPTING:
        encrypt_block(sealer, frame);
        break;
    case ALERT_TAGGING:
        put_tag(sealer, frame);
        break;
    default:
        return true;
    }
    return false;
}

bool alert_digest(struct alert_sealer *sealer, const uint8_t frame[ALERT_FRAME_BYTES_MAX], uint8_t digest[32]) {
    struct sha256 *sha = &sealer->work.sha;
    if (sealer->state == ALERT_SEALED) {
        sha256_begin(sha);
        sealer->at = SIGNED_PART_AT;
        sealer->state = ALERT_HASHING;
    }
    const uint16_t left = (uint16_t)(sealer->end - sealer->at);
    if (left == 0) {
        sha256_end(sha, digest);
        sealer->state = ALERT_SEALED;
        return true;
    }
    const uint16_t count = left < SHA256_BLOCK_BYTES ? left : SHA256_BLOCK_BYTES;
    sha256_add(sha, &frame[sealer->at], count);
    sealer->at = (uint16_t)(sealer->at + count);
    return false;
}

size_t alert_put_signature(const struct alert_sealer *sealer, uint8_t frame[ALERT_FRAME_BYTES_MAX],
                           const uint8_t signature[ALERT_SIGNATURE_BYTES]) {
    const size_t length = (size_t)(put_string(&frame[sealer->end], signature, ALERT_SIGNATURE_BYTES) - frame);
    put_u16(&frame[6], (uint16_t)(length - WRAPPER_BYTES));
    return length;
}
