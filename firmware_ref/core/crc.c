#include "core/crc.h"

/* By half octets: 96 octets of flash for a third of the time, so that a page or a signature is no tenth of a turn (SEAL-4). */
static const uint16_t shares_of_half_8005[16] = {
    0x0000u, 0xcc01u, 0xd801u, 0x1400u, 0xf001u, 0x3c00u, 0x2800u, 0xe401u,
    0xa001u, 0x6c00u, 0x7800u, 0xb401u, 0x5000u, 0x9c01u, 0x8801u, 0x4400u,
};
static const uint32_t shares_of_half_04c11db7[16] = {
    0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u, 0x4db26158u, 0x5005713cu,
    0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu, 0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu,
};

/* Reckoned with its bits reversed, as they come: least significant first. */
uint16_t crc16_secure_element(const uint8_t *octets, size_t count) {
    uint32_t crc = 0;
    for (size_t i = 0; i < count; i++) {
        crc ^= octets[i];
        crc = (crc >> 4) ^ shares_of_half_8005[crc & 15u];
        crc = (crc >> 4) ^ shares_of_half_8005[crc & 15u];
    }
    uint32_t reversed = 0;
    for (unsigned bit = 0; bit < 16; bit++) {
        reversed = reversed << 1 | (crc >> bit & 1u);
    }
    return (uint16_t)reversed;
}

uint32_t crc32_ieee(const uint8_t *octets, size_t count) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < count; i++) {
        crc ^= octets[i];
        crc = (crc >> 4) ^ shares_of_half_04c11db7[crc & 15u];
        crc = (crc >> 4) ^ shares_of_half_04c11db7[crc & 15u];
    }
    return ~crc;
}
