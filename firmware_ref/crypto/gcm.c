#include "crypto/gcm.h"

#include "core/bytes.h"

/*
 * SP 800-38D, 6.3: hash = hash * H in GF(2^128), bit by bit. The bits are masks and never a branch or an index, so the time
 * tells nothing of them.
 */
static void multiply(struct gcm *gcm) {
    uint32_t p0 = 0, p1 = 0, p2 = 0, p3 = 0;
    uint32_t f0 = get_u32(gcm->subkey), f1 = get_u32(&gcm->subkey[4]);
    uint32_t f2 = get_u32(&gcm->subkey[8]), f3 = get_u32(&gcm->subkey[12]);
    for (unsigned i = 0; i < AES_BLOCK_BYTES; i += 4u) {
        const uint32_t bits = get_u32(&gcm->hash[i]);
        for (unsigned left = 32u; left > 0; left--) {
            const uint32_t taken = 0u - (bits >> (left - 1u) & 1u);
            const uint32_t carried = (0u - (f3 & 1u)) & 0xE1000000u;
            p0 ^= f0 & taken;
            p1 ^= f1 & taken;
            p2 ^= f2 & taken;
            p3 ^= f3 & taken;
            f3 = f3 >> 1 | f2 << 31;
            f2 = f2 >> 1 | f1 << 31;
            f1 = f1 >> 1 | f0 << 31;
            f0 = f0 >> 1 ^ carried;
        }
    }
    put_u32(&gcm->hash[0], p0);
    put_u32(&gcm->hash[4], p1);
    put_u32(&gcm->hash[8], p2);
    put_u32(&gcm->hash[12], p3);
}

static void hash_octet(struct gcm *gcm, uint8_t octet) {
    gcm->hash[gcm->filled] ^= octet;
    gcm->filled++;
    if (gcm->filled == AES_BLOCK_BYTES) {
        multiply(gcm);
        gcm->filled = 0;
    }
}

bool gcm_pad(struct gcm *gcm) {
    if (gcm->filled == 0) {
        return false;
    }
    multiply(gcm);
    gcm->filled = 0;
    return true;
}

void gcm_begin(struct gcm *gcm, const uint8_t key[AES_KEY_BYTES], const uint8_t iv[GCM_IV_BYTES]) {
    *gcm = (struct gcm){.key = key};
    aes_encrypt(key, gcm->subkey, gcm->subkey);
    put_u32(put_octets(gcm->counter, iv, GCM_IV_BYTES), 1);
}

void gcm_add_aad(struct gcm *gcm, const uint8_t *octets, size_t count) {
    for (size_t i = 0; i < count; i++) {
        hash_octet(gcm, octets[i]);
        gcm->aad_bytes++;
    }
}

static uint8_t next_of_stream(struct gcm *gcm) {
    const uint32_t at = gcm->text_bytes % AES_BLOCK_BYTES;
    if (gcm->text_bytes == 0) {
        (void)gcm_pad(gcm);
    }
    if (at == 0) {
        put_u32(&gcm->counter[GCM_IV_BYTES], get_u32(&gcm->counter[GCM_IV_BYTES]) + 1u);
        aes_encrypt(gcm->key, gcm->counter, gcm->stream);
    }
    return gcm->stream[at];
}

void gcm_encrypt(struct gcm *gcm, uint8_t *octets, size_t count) {
    for (size_t i = 0; i < count; i++) {
        octets[i] ^= next_of_stream(gcm);
        hash_octet(gcm, octets[i]);
        gcm->text_bytes++;
    }
}

void gcm_decrypt(struct gcm *gcm, uint8_t *octets, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t stream = next_of_stream(gcm);
        hash_octet(gcm, octets[i]);
        octets[i] ^= stream;
        gcm->text_bytes++;
    }
}

void gcm_end(struct gcm *gcm, uint8_t tag[GCM_TAG_BYTES]) {
    (void)gcm_pad(gcm);
    uint8_t lengths[AES_BLOCK_BYTES] = {0};
    put_u32(&lengths[4], gcm->aad_bytes * 8u);
    put_u32(&lengths[12], gcm->text_bytes * 8u);
    for (unsigned i = 0; i < AES_BLOCK_BYTES; i++) {
        hash_octet(gcm, lengths[i]);
    }
    put_u32(&gcm->counter[GCM_IV_BYTES], 1);
    aes_encrypt(gcm->key, gcm->counter, gcm->stream);
    for (unsigned i = 0; i < GCM_TAG_BYTES; i++) {
        tag[i] = gcm->hash[i] ^ gcm->stream[i];
    }
}
