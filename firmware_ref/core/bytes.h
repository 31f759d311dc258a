/* Reading and writing big-endian fields at a moving pointer. Big-endian everywhere: it is DLMS's order. */
#ifndef TBR_BYTES_H
#define TBR_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint8_t *put_u8(uint8_t *at, uint8_t value) {
    *at = value;
    return at + 1;
}

static inline uint8_t *put_u16(uint8_t *at, uint16_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static inline uint8_t *put_u32(uint8_t *at, uint32_t value) {
    return put_u16(put_u16(at, (uint16_t)(value >> 16)), (uint16_t)value);
}

static inline uint8_t *put_octets(uint8_t *at, const uint8_t *octets, size_t count) {
    for (size_t i = 0; i < count; i++) {
        at[i] = octets[i];
    }
    return at + count;
}

static inline uint16_t get_u16(const uint8_t *at) { return (uint16_t)((uint16_t)(at[0] << 8) | at[1]); }

static inline uint32_t get_u32(const uint8_t *at) {
    return ((uint32_t)get_u16(at) << 16) | get_u16(at + 2);
}

static inline bool same_octets(const uint8_t *one, const uint8_t *other, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (one[i] != other[i]) {
            return false;
        }
    }
    return true;
}

static inline uint64_t earlier_of(uint64_t one_us, uint64_t other_us) { return one_us < other_us ? one_us : other_us; }

#endif
