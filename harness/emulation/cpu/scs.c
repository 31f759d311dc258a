/* The System Control Space at 0xE000E000: SysTick, NVIC and system control registers (ARM ARM B3), and DWT_CYCCNT.
 *
 * A register that is not here is an error with its address, never a silent zero.
 */
#include "tb_core.h"

enum { SYSTICK_ENABLE = 1, SYSTICK_TICKINT = 2, SYSTICK_CLKSOURCE = 4 };
enum { CPUID = 0x411FC231, VECTKEY = 0x05FA, VECTKEYSTAT = 0xFA05 };
enum { CCR_WRITABLE = 0x313, CCR_UNALIGN_TRP = 1 << 3, PRIORITY_BITS = 0xE0, SHCSR_ENABLES = 7 << 16 };

/* Bring the counter to now: whole periods passed since it last reached 0 leave one COUNTFLAG and one pending. */
void tb_systick_sync(struct tb_core *core)
{
    struct tb_state *s = &core->s;
    if (!(s->systick_ctrl & SYSTICK_ENABLE) || s->cycles < s->systick_zero)
        return;
    uint64_t period = (uint64_t)s->systick_load + 1;
    s->systick_top = s->systick_load;
    s->systick_counted = 1;
    if (s->systick_ctrl & SYSTICK_TICKINT)
        tb_pend(core, EXC_SYSTICK);
    /* A reload value of 0 stops the counter at its next wrap (ARM ARM B3.3.1). */
    s->systick_zero = s->systick_load ? s->systick_zero + ((s->cycles - s->systick_zero) / period + 1) * period : TB_NEVER;
}

static uint32_t systick_count(const struct tb_state *s)
{
    if (!(s->systick_ctrl & SYSTICK_ENABLE))
        return s->systick_value;
    uint64_t left = s->systick_zero - s->cycles;
    return s->systick_zero == TB_NEVER || left > s->systick_top ? 0 : (uint32_t)left;
}

static void systick_start(struct tb_state *s)
{
    s->systick_top = s->systick_value ? s->systick_value : s->systick_load;
    if (s->systick_value)
        s->systick_zero = s->cycles + s->systick_value;
    else
        s->systick_zero = s->systick_load ? s->cycles + s->systick_load + 1 : TB_NEVER;
}

static void write_systick(struct tb_core *core, uint32_t offset, uint32_t value)
{
    struct tb_state *s = &core->s;
    uint32_t was = s->systick_ctrl & SYSTICK_ENABLE;
    tb_systick_sync(core);
    if (offset == 0x10) {
        if (value & SYSTICK_ENABLE && !(value & SYSTICK_CLKSOURCE)) /* no reference clock is wired to this part */
            tb_raise(core, FAULT_NOT_MODELLED, TB_SCS_BASE + offset, 4, value);
        s->systick_value = systick_count(s);
        s->systick_ctrl = value & 7;
        if (!was && value & SYSTICK_ENABLE)
            systick_start(s);
    } else if (offset == 0x14) {
        s->systick_load = value & 0xFFFFFF;
    } else if (offset == 0x18) {
        s->systick_value = s->systick_counted = 0;
        if (was)
            systick_start(s);
    }
    tb_attend_next(core);
}

static uint32_t read_systick(struct tb_core *core, uint32_t offset)
{
    struct tb_state *s = &core->s;
    uint32_t value = 0;
    tb_systick_sync(core);
    if (offset == 0x10) {
        value = s->systick_ctrl | s->systick_counted << 16;
        s->systick_counted = 0;
    } else if (offset == 0x14) {
        value = s->systick_load;
    } else if (offset == 0x18) {
        value = systick_count(s);
    }
    return value; /* CALIB: no calibration value */
}

/* The five banks of one bit per line, and what a 1 written there does. */
static void write_nvic(struct tb_core *core, uint32_t offset, uint32_t value)
{
    struct tb_state *s = &core->s;
    int first = EXC_IRQ0 + (int)(offset & 0x7F) * 8;
    if (first + 32 > EXC_COUNT)
        return; /* lines that do not exist: write ignored */
    exc_set lines = (exc_set)value << first & ((EXC_BIT(EXC_IRQ0 + core->irq_lines)) - 1);
    switch (offset >> 7) {
    case 2: s->enabled |= lines; break;
    case 3: s->enabled &= ~lines; break;
    case 4: s->pending |= lines; break;
    case 5: s->pending = (s->pending & ~lines) | (s->level & lines & ~s->active); break;
    default: break; /* IABR is read-only */
    }
    tb_attend_next(core);
}

static uint32_t read_nvic(const struct tb_state *s, uint32_t offset)
{
    int first = EXC_IRQ0 + (int)(offset & 0x7F) * 8;
    exc_set set = offset < 0x200 ? s->enabled : offset < 0x300 ? s->pending : s->active;
    return first + 32 > EXC_COUNT ? 0 : (uint32_t)(set >> first);
}

static uint32_t read_icsr(struct tb_core *core)
{
    const struct tb_state *s = &core->s;
    uint32_t value = tb_get(core, UC_ARM_REG_XPSR) & 0x1FF;
    exc_set rest = s->active & ~EXC_BIT(value);
    value |= (uint32_t)(rest == 0) << 11; /* RETTOBASE */
    value |= (uint32_t)tb_pending_number(core) << 12;
    value |= (uint32_t)((s->pending >> EXC_IRQ0) != 0) << 22;
    value |= (uint32_t)(s->pending >> EXC_SYSTICK & 1) << 26 | (uint32_t)(s->pending >> EXC_PENDSV & 1) << 28;
    return value | (uint32_t)(s->pending >> EXC_NMI & 1) << 31;
}

static void write_icsr(struct tb_core *core, uint32_t value)
{
    struct tb_state *s = &core->s;
    s->pending &= ~((value >> 27 & 1 ? EXC_BIT(EXC_PENDSV) : 0) | (value >> 25 & 1 ? EXC_BIT(EXC_SYSTICK) : 0));
    if (value >> 28 & 1)
        tb_pend(core, EXC_PENDSV);
    if (value >> 26 & 1)
        tb_pend(core, EXC_SYSTICK);
    if (value >> 31)
        tb_pend(core, EXC_NMI);
}

static void write_aircr(struct tb_core *core, uint32_t value)
{
    if (value >> 16 != VECTKEY)
        return; /* ARM ARM B3.2.6: without the key the write is ignored */
    if (value & 3) { /* VECTRESET, VECTCLRACTIVE: for debuggers, unpredictable from a program (ARM ARM B3.2.6) */
        tb_raise(core, FAULT_NOT_MODELLED, TB_SCS_BASE + 0xD0C, 4, value);
        return;
    }
    core->s.prigroup = value >> 8 & 7;
    if (value & 1 << 2) /* SYSRESETREQ */
        core->bus_reset();
    tb_attend_next(core);
}

static uint32_t read_priorities(const struct tb_state *s, uint32_t number, uint32_t width)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < width; i++)
        value |= number + i < EXC_COUNT ? (uint32_t)s->priority[number + i] << 8 * i : 0;
    return value;
}

static void write_priorities(struct tb_core *core, uint32_t number, uint32_t width, uint32_t value)
{
    for (uint32_t i = 0; i < width; i++)
        if (number + i < EXC_IRQ0 + core->irq_lines && number + i > EXC_HARD_FAULT)
            core->s.priority[number + i] = (uint8_t)(value >> 8 * i & PRIORITY_BITS);
    tb_attend_next(core);
}

static uint32_t *plain_register(struct tb_state *s, uint32_t offset)
{
    switch (offset) {
    case 0xD08: return &s->vtor;
    case 0xD10: return &s->scr;
    case 0xD14: return &s->ccr;
    case 0xD24: return &s->shcsr;
    case 0xD28: return &s->cfsr;
    case 0xD2C: return &s->hfsr;
    case 0xD34: return &s->mmfar;
    case 0xD38: return &s->bfar;
    case 0xDFC: return &s->demcr;
    default: return NULL;
    }
}

static void write_plain(struct tb_core *core, uint32_t offset, uint32_t *target, uint32_t value)
{
    if (offset == 0xD14 && value & CCR_UNALIGN_TRP) { /* single accesses are not checked: see docs/cycle-model.md */
        tb_raise(core, FAULT_NOT_MODELLED, TB_SCS_BASE + offset, 4, value);
        return;
    }
    switch (offset) {
    case 0xD08: *target = value & 0x3FFFFF80; break;
    case 0xD10: *target = value & 0x16; break;
    case 0xD14: *target = value & CCR_WRITABLE; break;
    case 0xD24: *target = value & SHCSR_ENABLES; break;
    case 0xD28: case 0xD2C: *target &= ~value; break; /* write one to clear */
    default: *target = value; break;
    }
    tb_attend_next(core);
}

static bool is_priority(uint32_t offset)
{
    return (offset >= 0x400 && offset < 0x500) || (offset >= 0xD18 && offset < 0xD24);
}

static uint32_t priority_number(uint32_t offset)
{
    return offset < 0xD00 ? EXC_IRQ0 + offset - 0x400 : 4 + offset - 0xD18;
}

static bool allowed(struct tb_core *core, uint32_t address, uint32_t width, uint32_t value)
{
    uint32_t unprivileged = tb_get(core, UC_ARM_REG_CONTROL) & 1 && !(tb_get(core, UC_ARM_REG_XPSR) & 0x1FF);
    if (unprivileged)
        tb_raise(core, FAULT_UNPRIVILEGED, address, width, value);
    else if (address % width || (width != 4 && !is_priority(address - TB_SCS_BASE)))
        tb_raise(core, FAULT_NOT_MODELLED, address, width, value);
    else
        return true;
    return false;
}

static uint32_t shcsr_status(const struct tb_state *s)
{
    return (uint32_t)(s->active >> EXC_SVCALL & 1) << 7 | (uint32_t)(s->active >> EXC_PENDSV & 1) << 10 |
           (uint32_t)(s->active >> EXC_SYSTICK & 1) << 11 | (uint32_t)(s->pending >> EXC_SVCALL & 1) << 15;
}

uint32_t tb_scs_read(struct tb_core *core, uint32_t address, uint32_t width)
{
    struct tb_state *s = &core->s;
    uint32_t offset = address - TB_SCS_BASE;
    if (!allowed(core, address, width, 0))
        return 0;
    if (is_priority(offset))
        return read_priorities(s, priority_number(offset), width);
    if (offset >= 0x10 && offset < 0x20)
        return read_systick(core, offset);
    if (offset >= 0x100 && offset < 0x380)
        return read_nvic(s, offset);
    uint32_t *plain = plain_register(s, offset);
    if (plain)
        return *plain | (offset == 0xD24 ? shcsr_status(s) : 0);
    switch (offset) {
    case 0x004: return (core->irq_lines - 1) / 32;
    case 0xD00: return CPUID;
    case 0xD04: return read_icsr(core);
    case 0xD0C: return (uint32_t)VECTKEYSTAT << 16 | s->prigroup << 8;
    case 0xD90: return 0; /* MPU_TYPE: none is claimed, the engine protects by 1 KB at best */
    case TB_DWT_BASE - TB_SCS_BASE: return 0x02000000 | s->dwt_ctrl; /* no profiling counters */
    case TB_DWT_BASE - TB_SCS_BASE + 4: return s->dwt_ctrl & 1 ? (uint32_t)(s->cycles - s->dwt_base) : (uint32_t)s->dwt_base;
    default:
        tb_raise(core, FAULT_NOT_MODELLED, address, width, 0);
        return 0;
    }
}

/* DWT_CYCCNT counts while DWT_CTRL.CYCCNTENA is set: dwt_base is then where it was 0, else the held count. */
static void write_dwt(struct tb_state *s, uint32_t offset, uint32_t value)
{
    uint32_t running = s->dwt_ctrl & 1;
    uint64_t count = running ? s->cycles - s->dwt_base : s->dwt_base;
    if (offset == 4)
        count = value;
    else
        s->dwt_ctrl = value & 1;
    s->dwt_base = s->dwt_ctrl & 1 ? s->cycles - (uint32_t)count : (uint32_t)count;
}

void tb_scs_write(struct tb_core *core, uint32_t address, uint32_t width, uint32_t value)
{
    struct tb_state *s = &core->s;
    uint32_t offset = address - TB_SCS_BASE;
    if (!allowed(core, address, width, value))
        return;
    uint32_t *plain = plain_register(s, offset);
    if (is_priority(offset))
        write_priorities(core, priority_number(offset), width, value);
    else if (offset >= 0x10 && offset < 0x20)
        write_systick(core, offset, value);
    else if (offset >= 0x100 && offset < 0x380)
        write_nvic(core, offset, value);
    else if (plain)
        write_plain(core, offset, plain, value);
    else if (offset == 0xD04)
        write_icsr(core, value);
    else if (offset == 0xD0C)
        write_aircr(core, value);
    else if (offset == 0xF00 && (value & 0x1FF) < core->irq_lines) /* STIR */
        tb_pend(core, EXC_IRQ0 + (int)(value & 0x1FF));
    else if (address == TB_DWT_BASE || address == TB_DWT_BASE + 4)
        write_dwt(s, address - TB_DWT_BASE, value);
    else
        tb_raise(core, FAULT_NOT_MODELLED, address, width, value);
}
