/* One core's engine: opened and mapped, its registers and memory reached, copied out and in, its reset. */
#include <stdlib.h>
#include <string.h>

#include "tb_core.h"

uint32_t tb_get(struct tb_core *core, int id)
{
    uint32_t value = 0;
    uc_reg_read(core->uc, id, &value);
    return value;
}

void tb_set(struct tb_core *core, int id, uint32_t value) { uc_reg_write(core->uc, id, &value); }

/* The engine's number of R0 to R15: those of SP, LR and PC do not follow the others. */
int tb_register(uint32_t number)
{
    static const int LAST[3] = {UC_ARM_REG_SP, UC_ARM_REG_LR, UC_ARM_REG_PC};
    return number < 13 ? UC_ARM_REG_R0 + (int)number : LAST[(number - 13) % 3];
}

/* Unicorn reads the masks and banked stack pointers of an unprivileged thread as 0 and ignores writes to them, even from
 * here. So lift the thread out of it, by way of handler mode, and put it back. Returns CONTROL as it was. */
uint32_t tb_elevate(struct tb_core *core)
{
    uint32_t control = tb_get(core, UC_ARM_REG_CONTROL);
    if (control & TB_NPRIV && !(tb_get(core, UC_ARM_REG_XPSR) & 0x1FF)) {
        tb_set(core, UC_ARM_REG_IPSR, EXC_HARD_FAULT);
        tb_set(core, UC_ARM_REG_CONTROL, 0); /* in a handler this clears nPRIV and leaves SPSEL */
        tb_set(core, UC_ARM_REG_IPSR, 0);
    }
    return control;
}

void tb_unelevate(struct tb_core *core, uint32_t control)
{
    if (control & TB_NPRIV)
        tb_set(core, UC_ARM_REG_CONTROL, control);
}

/* Several at once: a call into the engine costs more than a register. */
void tb_get_many(struct tb_core *core, const int *ids, uint32_t *values, int count)
{
    void *targets[16];
    for (int i = 0; i < count; i++)
        targets[i] = &values[i];
    uc_reg_read_batch(core->uc, (int *)ids, targets, count);
}

void tb_set_many(struct tb_core *core, const int *ids, uint32_t *values, int count)
{
    void *sources[16];
    for (int i = 0; i < count; i++)
        sources[i] = &values[i];
    uc_reg_write_batch(core->uc, (int *)ids, sources, count);
}

/* Where a word of guest memory is, or NULL. */
uint8_t *tb_memory_at(struct tb_core *core, uint32_t address, bool to_write)
{
    if (address - TB_RAM_BASE <= core->ram_bytes - 4)
        return core->ram + (address - TB_RAM_BASE);
    if (!to_write && address <= core->flash_bytes - 4)
        return core->flash + address;
    return NULL;
}

bool tb_load32(struct tb_core *core, uint32_t address, uint32_t *value)
{
    const uint8_t *at = tb_memory_at(core, address, false);
    if (at)
        memcpy(value, at, 4);
    return at != NULL;
}

bool tb_store32(struct tb_core *core, uint32_t address, uint32_t value)
{
    uint8_t *at = tb_memory_at(core, address, true);
    if (at)
        memcpy(at, &value, 4);
    return at != NULL;
}

/* The halfword of code at ``address``. */
uint32_t tb_half_at(struct tb_core *core, uint32_t address)
{
    uint32_t word = 0;
    tb_load32(core, address & ~3u, &word);
    return word >> 8 * (address & 2) & 0xFFFF;
}

/* What an address may be used for; there is no MPU. Unicorn searches for translated code at every store to a page that may
 * be executed, which is a tenth of a meter's processor time: RAM may not be, until something is fetched from it. */
static bool on_tlb_fill(uc_engine *uc, uint64_t address, uc_mem_type type, uc_tlb_entry *entry, void *user)
{
    enum { IT_BITS = 0x0600FC00 };
    struct tb_core *core = user;
    bool is_ram = address - TB_RAM_BASE < core->ram_bytes;
    uint32_t xpsr = tb_get(core, UC_ARM_REG_XPSR);
    (void)uc;
    if (is_ram && type == UC_MEM_FETCH)
        core->ram_code = 1;
    /* Unicorn 2.1.4 has put the IT state of the load or store back by now, and would apply it to what follows the block:
     * translated code keeps it at zero. */
    if (type != UC_MEM_FETCH && xpsr & IT_BITS)
        tb_set(core, UC_ARM_REG_XPSR, xpsr & ~(uint32_t)IT_BITS);
    *entry = (uc_tlb_entry){address, is_ram && !core->ram_code ? UC_PROT_READ | UC_PROT_WRITE : UC_PROT_ALL};
    return true;
}

static int add_hooks(struct tb_core *core)
{
    uc_hook hook;
    int err = (int)uc_hook_add(core->uc, &hook, UC_HOOK_CODE, (void *)tb_on_code, core, 1, 0);
    err = err ? err : (int)uc_ctl_exits_enable(core->uc); /* none: looking for the end's page costs more than a wake */
    err = err ? err : (int)uc_ctl_tlb_mode(core->uc, UC_TLB_VIRTUAL);
    err = err ? err : (int)uc_hook_add(core->uc, &hook, UC_HOOK_TLB_FILL, (void *)on_tlb_fill, core, 1, 0);
    err = err ? err : (int)uc_hook_add(core->uc, &hook, UC_HOOK_INTR, (void *)tb_on_interrupt, core, 1, 0);
    /* Around RAM only: with such a hook on it every store there takes the long way, too. */
    err = err ? err : (int)uc_hook_add(core->uc, &hook, UC_HOOK_MEM_INVALID, (void *)tb_on_invalid, core, 0, TB_RAM_BASE - 1);
    uint64_t behind = TB_RAM_BASE + (uint64_t)core->ram_bytes;
    return err ? err : (int)uc_hook_add(core->uc, &hook, UC_HOOK_MEM_INVALID, (void *)tb_on_invalid, core, behind, UINT32_MAX);
}

void tb_close(struct tb_core *core)
{
    if (core->uc)
        uc_close(core->uc);
    free(core->flash);
    free(core->ram);
    free(core->classes);
    free(core);
}

size_t tb_state_size(void) { return sizeof(struct tb_state); }

struct tb_fault *tb_fault_of(struct tb_core *core) { return &core->fault; }
uint8_t *tb_flash_of(struct tb_core *core) { return core->flash; }
uint8_t *tb_ram_of(struct tb_core *core) { return core->ram; }

struct tb_core *tb_open(uint32_t flash_bytes, uint32_t ram_bytes, uint32_t irq_lines, tb_bus_read read,
                        tb_bus_write write, tb_bus_reset reset)
{
    struct tb_core *core = calloc(1, sizeof *core);
    if (!core)
        return NULL;
    core->flash_bytes = flash_bytes;
    core->ram_bytes = ram_bytes;
    core->irq_lines = irq_lines;
    core->bus_read = read;
    core->bus_write = write;
    core->bus_reset = reset;
    core->block_cycle = TB_NEVER;
    core->flash = aligned_alloc(4096, flash_bytes);
    core->ram = aligned_alloc(4096, ram_bytes);
    core->classes = calloc(flash_bytes / 2, 1);
    bool good = core->flash && core->ram && core->classes &&
                !uc_open(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS, &core->uc) &&
                !uc_ctl_set_cpu_model(core->uc, UC_CPU_ARM_CORTEX_M3) &&
                !uc_mem_map_ptr(core->uc, TB_FLASH_BASE, flash_bytes, UC_PROT_READ | UC_PROT_EXEC, core->flash) &&
                !uc_mem_map_ptr(core->uc, TB_RAM_BASE, ram_bytes, UC_PROT_ALL, core->ram) &&
                !tb_map_range(core, TB_SCS_BASE, 0x1000, true) && !tb_map_range(core, TB_DWT_BASE, 0x1000, true) &&
                !add_hooks(core);
    if (good)
        return core;
    tb_close(core);
    return NULL;
}

static const int GENERAL[13] = {UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3, UC_ARM_REG_R4, UC_ARM_REG_R5,
                                UC_ARM_REG_R6, UC_ARM_REG_R7, UC_ARM_REG_R8, UC_ARM_REG_R9, UC_ARM_REG_R10, UC_ARM_REG_R11,
                                UC_ARM_REG_R12};

/* Copy the registers out of Unicorn into the state. */
void tb_save_registers(struct tb_core *core)
{
    struct tb_state *s = &core->s;
    uint32_t control = tb_elevate(core);
    for (int i = 0; i < 13; i++)
        s->regs[i] = tb_get(core, GENERAL[i]);
    s->regs[13] = tb_get(core, UC_ARM_REG_SP);
    s->regs[14] = tb_get(core, UC_ARM_REG_LR);
    s->regs[15] = s->next_pc;
    s->xpsr = tb_get(core, UC_ARM_REG_XPSR);
    s->msp = tb_get(core, UC_ARM_REG_MSP);
    s->psp = tb_get(core, UC_ARM_REG_PSP);
    s->control = control;
    s->primask = tb_get(core, UC_ARM_REG_PRIMASK);
    s->basepri = tb_get(core, UC_ARM_REG_BASEPRI);
    s->faultmask = tb_get(core, UC_ARM_REG_FAULTMASK);
    tb_unelevate(core, control);
}

/* And back. */
void tb_load_registers(struct tb_core *core)
{
    const struct tb_state *s = &core->s;
    tb_set(core, UC_ARM_REG_IPSR, 0);
    tb_elevate(core);
    tb_set(core, UC_ARM_REG_CONTROL, 0);
    for (int i = 0; i < 13; i++)
        tb_set(core, GENERAL[i], s->regs[i]);
    tb_set(core, UC_ARM_REG_LR, s->regs[14]);
    tb_set(core, UC_ARM_REG_MSP, s->msp);
    tb_set(core, UC_ARM_REG_PSP, s->psp);
    tb_set(core, UC_ARM_REG_PRIMASK, s->primask);
    tb_set(core, UC_ARM_REG_BASEPRI, s->basepri);
    tb_set(core, UC_ARM_REG_FAULTMASK, s->faultmask);
    tb_set(core, UC_ARM_REG_XPSR, s->xpsr);
    tb_set(core, UC_ARM_REG_CONTROL, s->control);
}

/* Reset, ARM ARM B1.5.5: time and totals go on, everything else starts anew. */
void tb_reset(struct tb_core *core)
{
    struct tb_state *s = &core->s, old = *s;
    uint32_t sp = 0, pc = 0;
    tb_load32(core, TB_FLASH_BASE, &sp);
    tb_load32(core, TB_FLASH_BASE + 4, &pc);
    memset(s, 0, sizeof *s);
    memset(&core->fault, 0, sizeof core->fault);
    s->cycles = old.cycles;
    s->instructions = old.instructions;
    s->sleep_cycles = old.sleep_cycles;
    s->powered = 1;
    s->level = s->pending = old.level;
    s->ccr = 1 << 9; /* STKALIGN */
    s->msp = sp & ~3u;
    s->regs[14] = 0xFFFFFFFF;
    s->xpsr = 1 << 24;
    s->next_pc = s->pc = pc & ~1u;
    tb_load_registers(core);
    if (!(pc & 1))
        tb_raise(core, FAULT_VECTOR, TB_FLASH_BASE + 4, 4, 1);
    tb_attend_next(core);
}
