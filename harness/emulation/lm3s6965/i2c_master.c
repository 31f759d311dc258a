/* The I2C master, inside the native core: a command's steps run without leaving it, only the parts are asked in Python.
 *
 * More than half of all that happens on a meter's board are bytes on its I2C bus; as events of the world each cost some
 * 18 us, here about 4. LM3S6965 data sheet, chapter "I2C Interface", table of I2CMCS; what a write may not do is refused
 * here without a word and explained by i2c_master.py, where the same write comes again.
 */
#include "i2c_master.h"

enum { MSA = 0x00, MCS = 0x04, MDR = 0x08, MTPR = 0x0C, MIMR = 0x10, MRIS = 0x14, MMIS = 0x18, MICR = 0x1C };
enum { RUN = 1, START = 2, STOP = 4, ACK = 8 };
enum { BUSY = 0x01, ERROR = 0x02, ADDRESS_NACK = 0x04, DATA_NACK = 0x08, IDLE = 0x20, BUS_BUSY = 0x40 };

/* How long so many bits take: SCL_PRD = 2 x (1 + TPR) x (6 + 4) x CLK_PRD. */
static uint64_t bits_ns(const struct tb_i2c *m, uint32_t bits)
{
    return (uint64_t)((unsigned __int128)bits * 20 * (1 + m->mtpr) * m->block.ppb / m->block.hz);
}

/* A byte has nine bits, a STOP one; what comes before an address is in i2c_wire.py. */
static const uint32_t BITS[] = {[STEP_START] = 10, [STEP_REPEATED_START] = 11, [STEP_WRITE] = 9, [STEP_STOP] = 1, [STEP_READ] = 9};

static void begin(struct tb_i2c *m, uint32_t step, uint64_t now_ns)
{
    m->step = step;
    m->begin_ns = now_ns;
    m->block.due_ns = now_ns + bits_ns(m, BITS[step]);
}

static void begin_byte(struct tb_i2c *m, uint64_t now_ns) { begin(m, m->receiving ? STEP_READ : STEP_WRITE, now_ns); }

/* The bytes of the command are done, well or not: STOP if it asks for one, else its interrupt. */
static void finish(struct tb_i2c *m, uint32_t error, uint64_t now_ns)
{
    m->error = error;
    if (m->command & STOP && m->bus_owned) {
        begin(m, STEP_STOP, now_ns);
        return;
    }
    m->busy = 0;
    m->mris = 1;
}

/* As step_number in i2c_wire.py. */
static void log_step(struct tb_i2c *m, uint32_t step, uint32_t byte, bool nack, uint64_t now_ns)
{
    static const uint8_t KINDS[] = {[STEP_START] = 0, [STEP_REPEATED_START] = 1, [STEP_WRITE] = 2, [STEP_STOP] = 3, [STEP_READ] = 2};
    struct tb_i2c_log *log = &m->log;
    log->from_ns[log->count] = m->begin_ns;
    log->to_ns[log->count] = now_ns;
    log->steps[log->count++] = bits_ns(m, 1) << 12 | byte << 4 | (uint32_t)nack << 3 | KINDS[step];
    if (m->watched || log->count == TB_I2C_LOG)
        m->told(STEP_LOGGED, 0, 0, now_ns);
}

/* The bus's answer to a step that ends now. */
static uint32_t ask(struct tb_i2c *m, uint32_t step, uint32_t byte, uint64_t now_ns)
{
    if (step != STEP_READ || !m->ahead_count)
        return m->told(step, byte, (uint32_t)bits_ns(m, 1), now_ns);
    uint32_t octet = m->ahead & 0xFF;
    m->ahead >>= 8;
    m->ahead_count--;
    return octet;
}

/* The step under way ends now. */
void tb_i2c_step(struct tb_block *block)
{
    struct tb_i2c *m = (struct tb_i2c *)block;
    uint32_t step = m->step, byte = m->mdr;
    uint64_t now_ns = block->due_ns;
    if (step <= STEP_REPEATED_START)
        byte = (m->msa & ~1u) | m->receiving;
    else if (step == STEP_READ)
        byte = (m->command & ACK) != 0;
    if (step == STEP_STOP)
        log_step(m, step, 0, true, now_ns);
    uint32_t answer = ask(m, step, byte, now_ns);
    if (step == STEP_READ)
        log_step(m, step, answer, !byte, now_ns);
    else if (step != STEP_STOP)
        log_step(m, step, byte, !answer, now_ns);
    m->step = STEP_NONE;
    block->due_ns = TB_NEVER;
    switch (step) {
    case STEP_START:
    case STEP_REPEATED_START:
        m->bus_owned = 1;
        if (answer)
            begin_byte(m, now_ns);
        else
            finish(m, ERROR | ADDRESS_NACK, now_ns);
        return;
    case STEP_READ:
        m->mdr = answer & 0xFF;
        finish(m, 0, now_ns);
        return;
    case STEP_WRITE:
        finish(m, answer ? 0 : ERROR | DATA_NACK, now_ns);
        return;
    default:
        m->bus_owned = 0;
        finish(m, m->error, now_ns);
    }
}

static bool command(struct tb_i2c *m, uint32_t value, uint64_t now_ns)
{
    if (!m->ready || m->busy || value & ~0xFu || !(value & (RUN | STOP)) || (value & START && !(value & RUN)) ||
        (value & RUN && !(value & START) && !m->bus_owned))
        return false;
    m->error = 0;
    /* StellarisWare sends an error stop after every failed transfer, also when the chip made the STOP itself. */
    if (value == STOP && !m->bus_owned)
        return true;
    m->command = value;
    m->busy = 1;
    if (value & START) {
        m->receiving = m->msa & 1;
        begin(m, m->bus_owned ? STEP_REPEATED_START : STEP_START, now_ns);
    } else if (value & RUN) {
        begin_byte(m, now_ns);
    } else {
        begin(m, STEP_STOP, now_ns);
    }
    return true;
}

/* False: not here. */
bool tb_i2c_write(struct tb_block *block, uint32_t offset, uint32_t value, uint64_t now_ns)
{
    struct tb_i2c *m = (struct tb_i2c *)block;
    if (offset == MCS)
        return command(m, value, now_ns);
    if ((offset == MSA || offset == MDR || offset == MTPR) && value & ~0xFFu)
        return false;
    if (offset == MSA)
        m->msa = value;
    else if (offset == MDR)
        m->mdr = value;
    else if (offset == MTPR)
        m->mtpr = value;
    else if (offset == MIMR)
        m->mimr = value & 1;
    else if (offset == MICR)
        m->mris &= ~value;
    else
        return false;
    return true;
}

/* While BUSY is set the other bits are not valid; the chip shows BUSY alone with the bus state. */
static uint32_t status(const struct tb_i2c *m)
{
    return m->busy ? BUSY | BUS_BUSY : m->error | (m->bus_owned ? BUS_BUSY : IDLE);
}

bool tb_i2c_read(struct tb_block *block, uint32_t offset, uint64_t now_ns, uint32_t *value)
{
    (void)now_ns;
    const struct tb_i2c *m = (const struct tb_i2c *)block;
    switch (offset) {
    case MSA: *value = m->msa; return true;
    case MCS: *value = status(m); return true;
    case MDR: *value = m->mdr; return true;
    case MTPR: *value = m->mtpr; return true;
    case MIMR: *value = m->mimr; return true;
    case MRIS: *value = m->mris; return true;
    case MMIS: *value = m->mris & m->mimr; return true;
    default: return false;
    }
}

uint32_t tb_i2c_level(const struct tb_block *block)
{
    const struct tb_i2c *m = (const struct tb_i2c *)block;
    return m->mris & m->mimr;
}

void tb_i2c_init(struct tb_i2c *m, tb_i2c_told told)
{
    *m = (struct tb_i2c){.told = told, .step = STEP_NONE, .mtpr = 1};
    m->block = (struct tb_block){.read = tb_i2c_read, .write = tb_i2c_write, .step = tb_i2c_step, .level = tb_i2c_level};
}

size_t tb_i2c_size(void) { return sizeof(struct tb_i2c); }
