/* The header at the start of an image slot, as the build writes it and the boot block reads it (INT-2). */
#ifndef TBR_SLOT_H
#define TBR_SLOT_H

#include <stdint.h>

#define SLOT_MAGIC 0x49424D54u /* "TMBI" in memory */
#define SLOT_HEADER_VERSION 1u

/* Little-endian, as the processor reads it. The digest covers the fields before it and the image after the header. */
struct slot_header {
    uint32_t magic;
    uint32_t header_version;
    uint32_t image_version;
    uint32_t security_version;
    uint32_t image_address; /* where the image starts: the vector table */
    uint32_t image_length;  /* octets */
    uint32_t reserved[2];
    uint8_t digest[32];
    uint8_t signature[64]; /* room for ECDSA P-256 over the digest; not filled and not checked yet */
};

#define SLOT_DIGESTED_HEADER_BYTES 32u

#endif
