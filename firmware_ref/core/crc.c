#include "core/crc.h"

/* Bit by bit: a table would cost 1.5 KB of flash, and the longest input is a 71-octet packet. */

uint16_t crc16_secure_element(const uint8_t *octets, size_t count) {
    uint16_t crc = 0;
    for (size_t i = 0; i < count; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            const unsigned in = (octets[i] >> bit) & 1u;
            const unsigned out = (unsigned)crc >> 15;
            crc = (uint16_t)(crc << 1);
            if (in != out) {
                crc ^= 0x8005u;
            }
        }
    }
    return crc;
}

uint32_t crc32_ieee(const uint8_t *octets, size_t count) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < count; i++) {
        crc ^= octets[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xEDB88320u : 0u);
        }
    }
    return ~crc;
}
