#include "core/sha256.h"

#include "core/bytes.h"

/* FIPS 180-4, 4.2.2: first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
    0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u, 0xab1c5ed5u,
    0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf174u,
    0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu, 0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau,
    0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u, 0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u,
    0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu, 0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u,
    0xa2bfe8a1u, 0xa81a664bu, 0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u,
    0x19a4c116u, 0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
    0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u, 0xc67178f2u,
};

static uint32_t rotate_right(uint32_t value, unsigned count) { return (value >> count) | (value << (32u - count)); }

/* The message schedule is kept as a ring of 16 words instead of 64: 192 octets less of stack (SEAL-4). */
static void sha256_compress(struct sha256 *sha) {
    uint32_t w[16];
    for (unsigned t = 0; t < 16; t++) {
        w[t] = get_u32(&sha->block[4u * t]);
    }
    uint32_t a = sha->state[0], b = sha->state[1], c = sha->state[2], d = sha->state[3];
    uint32_t e = sha->state[4], f = sha->state[5], g = sha->state[6], h = sha->state[7];
    for (unsigned t = 0; t < 64; t++) {
        if (t >= 16) {
            const uint32_t w2 = w[(t + 14u) & 15u], w15 = w[(t + 1u) & 15u];
            const uint32_t s1 = rotate_right(w2, 17) ^ rotate_right(w2, 19) ^ (w2 >> 10);
            const uint32_t s0 = rotate_right(w15, 7) ^ rotate_right(w15, 18) ^ (w15 >> 3);
            w[t & 15u] += s1 + w[(t + 9u) & 15u] + s0;
        }
        const uint32_t sum1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
        const uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + round_constants[t] + w[t & 15u];
        const uint32_t sum0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
        const uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    sha->state[0] += a;
    sha->state[1] += b;
    sha->state[2] += c;
    sha->state[3] += d;
    sha->state[4] += e;
    sha->state[5] += f;
    sha->state[6] += g;
    sha->state[7] += h;
}

void sha256_begin(struct sha256 *sha) {
    static const uint32_t initial[8] = {0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au,
                                        0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};
    for (unsigned i = 0; i < 8; i++) {
        sha->state[i] = initial[i];
    }
    sha->length_bytes = 0;
}

void sha256_add(struct sha256 *sha, const uint8_t *octets, size_t count) {
    for (size_t i = 0; i < count; i++) {
        sha->block[sha->length_bytes % SHA256_BLOCK_BYTES] = octets[i];
        sha->length_bytes++;
        if (sha->length_bytes % SHA256_BLOCK_BYTES == 0) {
            sha256_compress(sha);
        }
    }
}

void sha256_end(struct sha256 *sha, uint8_t digest[SHA256_DIGEST_BYTES]) {
    static const uint8_t marker = 0x80, zero = 0x00;
    const uint64_t length_bits = sha->length_bytes * 8u;
    sha256_add(sha, &marker, 1);
    while (sha->length_bytes % SHA256_BLOCK_BYTES != 56u) {
        sha256_add(sha, &zero, 1);
    }
    uint8_t length[8];
    put_u32(put_u32(length, (uint32_t)(length_bits >> 32)), (uint32_t)length_bits);
    sha256_add(sha, length, sizeof length);
    for (unsigned i = 0; i < 8; i++) {
        put_u32(&digest[4u * i], sha->state[i]);
    }
}
