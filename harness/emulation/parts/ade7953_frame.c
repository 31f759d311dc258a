/* The front end's bus frame, inside the native core: Python is asked once for a register, not for each octet.
 *
 * ADE7953 data sheet, "SPI Interface": 16 bits of address, an octet that says read or write, the register's octets, high
 * one first. The register is read when its operation is known, and written when its last octet has come.
 */
#include "ade7953_frame.h"

enum { READ = 0x80, WRITE = 0x00, LAST_OP_READ = 0x35, NOTHING = 0xFF };
enum { ADDRESS_OCTETS = 2, HEAD_OCTETS = 3 };

static uint32_t octets_of(uint32_t address) { return address == 0x702 || address == 0x800 ? 1 : (address >> 8) + 1; }

/* LAST_OP, LAST_ADD and LAST_RWDATA don't note that they were read. */
static bool is_noted(uint32_t address)
{
    return address != 0x0FD && address != 0x1FE && address != 0x0FF && address != 0x1FF && address != 0x2FF && address != 0x3FF;
}

static void note_read(struct tb_ade7953 *p)
{
    if (!is_noted(p->address))
        return;
    p->last_op = LAST_OP_READ;
    p->last_address = p->address;
    p->last_data = p->value;
}

static void begin(struct tb_ade7953 *p, uint32_t operation, uint64_t at_ns)
{
    p->operation = operation;
    p->value = 0;
    if (operation == READ)
        p->value = p->ask(ASKED_READ, p->address, 0, at_ns);
    else if (operation != WRITE)
        p->ask(ASKED_OPERATION, p->address, operation, at_ns);
}

static uint32_t exchange_octet(struct tb_ade7953 *p, uint32_t octet, uint64_t at_ns)
{
    uint32_t at = p->count++, end = HEAD_OCTETS + octets_of(p->address);
    if (at < ADDRESS_OCTETS) {
        p->address = p->address << 8 | octet;
        return NOTHING;
    }
    if (at == ADDRESS_OCTETS) {
        begin(p, octet, at_ns);
        return NOTHING;
    }
    if (at >= end) {
        p->ask(ASKED_TOO_LONG, p->address, at + 1, at_ns);
        return NOTHING;
    }
    uint32_t left = end - 1 - at;
    if (p->operation == READ) {
        if (left == 0)
            note_read(p);
        return left < sizeof p->value ? p->value >> 8 * left & 0xFF : NOTHING;
    }
    p->value = p->value << 8 | octet;
    if (left == 0)
        p->ask(ASKED_WRITE, p->address, p->value, at_ns);
    return NOTHING;
}

/* Not selected, the part leaves its output open, which the board pulls up. */
uint32_t tb_ade7953_exchange(struct tb_spi_part *part, uint32_t word, uint32_t bits, uint64_t at_ns)
{
    struct tb_ade7953 *p = (struct tb_ade7953 *)part;
    if (!p->selected)
        return (1u << bits) - 1;
    if (bits == 8)
        return exchange_octet(p, word, at_ns);
    if (bits != 16)
        return p->ask(ASKED_BITS, p->address, bits, at_ns);
    uint32_t high = exchange_octet(p, word >> 8, at_ns);
    return high << 8 | exchange_octet(p, word & 0xFF, at_ns);
}

/* A frame begins when the chip select goes low and is forgotten when it goes high. */
void tb_ade7953_select(struct tb_spi_part *part, uint32_t low)
{
    struct tb_ade7953 *p = (struct tb_ade7953 *)part;
    if (low == p->selected)
        return;
    p->selected = low;
    p->count = p->address = p->operation = p->value = 0;
}

void tb_ade7953_init(struct tb_ade7953 *p, tb_ade7953_ask ask)
{
    *p = (struct tb_ade7953){.part = {tb_ade7953_exchange, tb_ade7953_select}, .ask = ask};
}

size_t tb_ade7953_size(void) { return sizeof(struct tb_ade7953); }
