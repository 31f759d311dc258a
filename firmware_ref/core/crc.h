/* The two checksums in use: the secure element's CRC-16 and the log's CRC-32. */
#ifndef TBR_CRC_H
#define TBR_CRC_H

#include <stddef.h>
#include <stdint.h>

/* ATECC608 packets: polynomial 0x8005, start 0, octets least significant bit first, result sent low octet first. */
uint16_t crc16_secure_element(const uint8_t *octets, size_t count);

/* CRC-32 of IEEE 802.3 (reflected 0xEDB88320), as zlib computes it. */
uint32_t crc32_ieee(const uint8_t *octets, size_t count);

#endif
