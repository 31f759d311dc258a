/* A walk through exceptions that two models of the processor must tell the same way.
 *
 * A seeded generator draws what to do next, in the thread and in handlers: pend lines, change priorities, masks and the
 * grouping, switch stacks, SVC, PendSV, drop privilege. Every handler and every step prints what it sees on UART0. No
 * time is read, and every change is followed by barriers, so that both models take an interrupt at the same place.
 */
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define UART0_DR REGISTER(0x4000C000)
#define ISER REGISTER(0xE000E100)
#define ISPR REGISTER(0xE000E200)
#define ICPR REGISTER(0xE000E280)
#define IABR REGISTER(0xE000E300)
#define IPR ((volatile uint8_t *)0xE000E400)
#define ICSR REGISTER(0xE000ED04)
#define AIRCR REGISTER(0xE000ED0C)
#define SHPR ((volatile uint8_t *)0xE000ED18)

enum { LINES = 8, STEPS = 400, DEPTH = 3 };

static uint32_t seed = 1, depth;
static uint32_t process_stack[512] __attribute__((aligned(8)));

#define READ_SPECIAL(name) ({ uint32_t v; __asm volatile("mrs %0, " name : "=r"(v)); v; })
#define WRITE_SPECIAL(name, v) __asm volatile("msr " name ", %0\n dsb\n isb" : : "r"(v) : "memory")
#define BARRIER() __asm volatile("dsb\n isb" : : : "memory")

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % below;
}

static void print_word(uint32_t value)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        UART0_DR = "0123456789abcdef"[value >> shift & 15];
    UART0_DR = ' ';
}

/* Printing must not be interrupted, and must not change what it prints. */
static void report(char what, uint32_t exc_return, uint32_t sp)
{
    uint32_t primask = READ_SPECIAL("primask");
    __asm volatile("cpsid i" : : : "memory");
    UART0_DR = (uint32_t)what;
    UART0_DR = ' ';
    print_word(exc_return);
    print_word(sp);
    print_word(READ_SPECIAL("psp"));
    print_word(READ_SPECIAL("xpsr"));
    print_word(READ_SPECIAL("control") | primask << 4 | READ_SPECIAL("basepri") << 8);
    print_word(ICSR);
    print_word(ISPR);
    print_word(IABR);
    print_word(seed);
    UART0_DR = '\n';
    __asm volatile("msr primask, %0\n isb" : : "r"(primask) : "memory");
}

static void act(void)
{
    switch (draw(8)) {
    case 0: case 1: ISPR = 1u << draw(LINES) | 1u << draw(LINES); break;
    case 2: IPR[draw(LINES)] = (uint8_t)(draw(8) << 5); break;
    case 3: ICSR = 1u << 28; break;
    case 4: WRITE_SPECIAL("basepri", draw(3) ? 0u : draw(8) << 5); break;
    case 5: ICPR = 1u << draw(LINES); break;
    case 6: __asm volatile("cpsid i" : : : "memory"); ISPR = 3u << draw(LINES - 1); BARRIER(); break;
    default: SHPR[10] = (uint8_t)(draw(8) << 5); break;
    }
    BARRIER();
    __asm volatile("cpsie i\n isb" : : : "memory");
}

__attribute__((used)) static void in_handler(uint32_t exc_return, uint32_t sp)
{
    depth++;
    report('h', exc_return, sp);
    for (uint32_t left = depth < DEPTH ? draw(3) : 0; left; left--)
        act();
    if (!draw(4))
        WRITE_SPECIAL("basepri", 0u);
    report('e', exc_return, sp);
    depth--;
}

__attribute__((naked)) static void handler(void)
{
    __asm volatile("mov r0, lr\n mov r1, sp\n push {r4, lr}\n bl in_handler\n pop {r4, pc}");
}

/* SVC also gives a thread its privilege back. */
__attribute__((naked)) static void supervisor(void)
{
    __asm volatile("mov r0, lr\n mov r1, sp\n push {r4, lr}\n bl in_handler\n mrs r0, control\n bic r0, #1\n"
                   "msr control, r0\n isb\n pop {r4, pc}");
}

static void step(void)
{
    act();
    WRITE_SPECIAL("basepri", 0u); /* or the SVC would escalate to HardFault */
    switch (draw(6)) {
    case 0: __asm volatile("svc 1" : : : "memory"); break;
    case 1: WRITE_SPECIAL("control", 1u | (READ_SPECIAL("control") & 2u)); __asm volatile("svc 2" : : : "memory"); break;
    case 2: AIRCR = 0x05FA0000u | (draw(3) ? 4u : 5u + draw(3)) << 8; BARRIER(); break;
    default: break;
    }
    report('t', 0, (uint32_t)__builtin_frame_address(0));
}

static void run(uint32_t steps)
{
    while (steps--)
        step();
}

/* The same steps on the process stack; back on the main stack afterwards. */
__attribute__((naked)) static void run_on(uint32_t steps, uint32_t *top, void (*what)(uint32_t))
{
    __asm volatile("push {r4, lr}\n msr psp, r1\n movs r1, #2\n msr control, r1\n isb\n blx r2\n"
                   "movs r1, #0\n msr control, r1\n isb\n pop {r4, pc}");
}

int reset(void)
{
    seed = 1;
    depth = 0;
    ISER = (1u << LINES) - 1;
    for (uint32_t line = 0; line < LINES; line++)
        IPR[line] = (uint8_t)(draw(8) << 5);
    SHPR[10] = 0xE0;
    run(STEPS);
    for (uint32_t round = 0; round < 4; round++)
        run_on(STEPS / 8, process_stack + 512 - round, run);
    /* Semihosting: exit. On a model without it, a BKPT. */
    __asm volatile("movs r0, #0x18\n ldr r1, =0x20026\n bkpt 0xAB");
    for (;;) { }
}

__attribute__((section(".vectors"), used)) static void *const vectors[80] = {
    (void *)0x20010000, (void *)reset, [2 ... 10] = (void *)handler, [11] = (void *)supervisor,
    [12 ... 79] = (void *)handler};
