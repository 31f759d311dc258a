/*
 * The boot block: runs first, lets the application run only when slot A is whole (INT-2), and stays in its own 16 KB.
 * It checks integrity (SHA-256). Authenticity, the signature of the header, comes with the firmware-integrity requirements;
 * until then a slot rewritten together with its digest is accepted.
 */
#include <stdbool.h>
#include <stddef.h>

#include "boot/slot.h"
#include "config.h"
#include "core/bytes.h"
#include "core/sha256.h"
#include "port/lm3s6965/oscillator.h"

#define RAM_START 0x20000000u
#define RAM_END 0x20010000u

extern uint32_t link_boot_stack_top[];

void handle_boot_reset(void);
void handle_boot_fault(void);

struct boot_vectors {
    uint32_t *stack_top;
    void (*handlers[15])(void);
};

__attribute__((section(".vectors"), used)) const struct boot_vectors boot_vectors = {
    .stack_top = link_boot_stack_top,
    .handlers = {handle_boot_reset, handle_boot_fault, handle_boot_fault, handle_boot_fault, handle_boot_fault,
                 handle_boot_fault, NULL, NULL, NULL, NULL, handle_boot_fault, handle_boot_fault, NULL, handle_boot_fault,
                 handle_boot_fault},
};

static void say(const char *words) {
    for (; *words != '\0'; words++) {
        while ((UART_FR(UART2_BASE) & UART_FR_TXFF) != 0) {
        }
        UART_DR(UART2_BASE) = (uint8_t)*words;
    }
}

static void open_diagnostic_port(void) {
    SYSCTL_RCGC1 = 1u << 2;
    SYSCTL_RCGC2 = RCGC2_PORT_G;
    (void)SYSCTL_RCGC2;
    (void)SYSCTL_RCGC2;
    GPIO_AFSEL(GPIO_G_BASE) = GPIO_AFSEL(GPIO_G_BASE) | 2u;
    GPIO_DEN(GPIO_G_BASE) = GPIO_DEN(GPIO_G_BASE) | 2u;
    UART_IBRD(UART2_BASE) = 8;
    UART_FBRD(UART2_BASE) = 44;
    UART_LCRH(UART2_BASE) = UART_LCRH_8N1;
    UART_CTL(UART2_BASE) = UART_CTL_TX_ON;
}

/* Nothing else may run: the processor sleeps until someone replaces the image. */
static void refuse(const char *reason) {
    open_diagnostic_port();
    say("tamperbench reference meter boot: slot A refused: ");
    say(reason);
    say("\r\n");
    for (;;) {
        __asm volatile("wfi");
    }
}

static bool is_digest_right(const struct slot_header *header) {
    struct sha256 sha;
    uint8_t digest[SHA256_DIGEST_BYTES];
    sha256_begin(&sha);
    sha256_add(&sha, (const uint8_t *)header, SLOT_DIGESTED_HEADER_BYTES);
    sha256_add(&sha, (const uint8_t *)(uintptr_t)header->image_address, header->image_length);
    sha256_end(&sha, digest);
    return same_octets(digest, header->digest, sizeof digest);
}

/* NULL when the slot may run, else what is wrong with it. */
static const char *find_fault(const struct slot_header *header, uint32_t slot_address) {
    if (header->magic != SLOT_MAGIC) {
        return "no image";
    }
    if (header->header_version != SLOT_HEADER_VERSION) {
        return "unknown header version";
    }
    if (header->image_address != slot_address + CONFIG_SLOT_HEADER_BYTES) {
        return "image linked for another address";
    }
    if (header->image_length < 8u || header->image_length > CONFIG_SLOT_BYTES - CONFIG_SLOT_HEADER_BYTES) {
        return "length out of bounds";
    }
    if (!is_digest_right(header)) {
        return "digest does not match";
    }
    const uint32_t *vectors = (const uint32_t *)(uintptr_t)header->image_address;
    const bool is_stack_good = vectors[0] > RAM_START && vectors[0] <= RAM_END && vectors[0] % 8u == 0;
    const bool is_entry_good = vectors[1] % 2u == 1u && vectors[1] > header->image_address &&
                               vectors[1] < header->image_address + header->image_length;
    return is_stack_good && is_entry_good ? NULL : "bad vector table";
}

/* A function of its own, so that the stack analysis can name the one jump it cannot follow. */
__attribute__((noinline)) static void run_image(uint32_t image_address) {
    const uint32_t *vectors = (const uint32_t *)(uintptr_t)image_address;
    const uint32_t stack_top = vectors[0], entry = vectors[1];
    SCB_VTOR = image_address;
    __asm volatile("dsb\n\tmsr msp, %0\n\tisb\n\tbx %1" ::"r"(stack_top), "r"(entry) : "memory");
    __builtin_unreachable();
}

/*
 * INT-4, SIG-3: the JTAG port goes for good at the first boot, before anything of the application runs. USER_DBG takes one
 * value for ever: DBG1 and DBG0 at 0 (data sheet, Internal Memory). The factory's last access is the one that programs the image.
 * A commitment that does not end is tried again at the next boot: a meter that watches is worth more than one that waits.
 */
static void close_debug_port(void) {
    if ((FLASH_USER_DBG & FLASH_USER_DBG_UNWRITTEN) == 0) {
        return;
    }
    FLASH_USECRL = CONFIG_CYCLES_PER_US - 1u;
    FLASH_USER_DBG = 0;
    FLASH_FMA = FLASH_FMA_USER_DBG;
    FLASH_FMC = FLASH_FMC_COMMIT;
    for (unsigned left = CONFIG_FLASH_POLLS; left > 0 && (FLASH_FMC & 8u) != 0; left--) {
    }
}

static void take_from_jtag(uint32_t base, uint32_t pins) {
    GPIO_LOCK(base) = GPIO_LOCK_KEY;
    GPIO_CR(base) = GPIO_CR(base) | pins;
    GPIO_AFSEL(base) = GPIO_AFSEL(base) & ~pins;
    GPIO_DEN(base) = GPIO_DEN(base) & ~pins;
    GPIO_CR(base) = GPIO_CR(base) & ~pins;
    GPIO_LOCK(base) = 0;
}

/*
 * INT-4: USER_DBG shuts the processor, not the chip's test port, which reads and drives every pin. It loses its own: off, and
 * locked until the next reset (data sheet, GPIO commit control).
 */
static void release_jtag_pins(void) {
    SYSCTL_RCGC2 = RCGC2_PORT_B | RCGC2_PORT_C;
    (void)SYSCTL_RCGC2;
    (void)SYSCTL_RCGC2;
    take_from_jtag(GPIO_B_BASE, JTAG_PINS_B);
    take_from_jtag(GPIO_C_BASE, JTAG_PINS_C);
}

void handle_boot_reset(void) {
    const struct slot_header *header = (const struct slot_header *)CONFIG_SLOT_A_ADDRESS;
    set_clock_16_mhz();
    close_debug_port();
    release_jtag_pins();
    const char *fault = find_fault(header, CONFIG_SLOT_A_ADDRESS);
    if (fault != NULL) {
        refuse(fault);
    }
    run_image(header->image_address);
}

void handle_boot_fault(void) {
    SCB_AIRCR = AIRCR_RESET_REQUEST;
    for (;;) {
    }
}
