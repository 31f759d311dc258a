#include "core/secure_element.h"

#include "config.h"
#include "core/bytes.h"
#include "core/crc.h"

#define WORD_ADDRESS_SLEEP 0x01u
#define WORD_ADDRESS_COMMAND 0x03u
#define STATUS_OK 0x00u
#define STATUS_AWAKE 0x11u

struct command {
    uint8_t opcode;
    uint8_t mode;
    uint8_t parameter;
    uint8_t data_length;
    uint8_t answer_length; /* octets between the count and the CRC */
    uint32_t execution_us;
};

/* Opcodes, modes and maximum execution times of the ATECC608 at clock divider M0. */
static const struct command commands[] = {
    [SE_EXCHANGE_WAKE] = {.answer_length = 1, .execution_us = CONFIG_SE_WAKE_US},
    [SE_EXCHANGE_INFO] = {.opcode = 0x30, .answer_length = 4, .execution_us = CONFIG_SE_INFO_US},
    [SE_EXCHANGE_COUNT] = {.opcode = 0x24,
                           .mode = 0x01,
                           .parameter = CONFIG_SE_EVENT_COUNTER,
                           .answer_length = 4,
                           .execution_us = CONFIG_SE_COUNTER_US},
    /* Nonce, pass-through, into the message digest buffer */
    [SE_EXCHANGE_LOAD] = {.opcode = 0x16,
                          .mode = 0x43,
                          .data_length = 32,
                          .answer_length = 1,
                          .execution_us = CONFIG_SE_NONCE_US},
    /* Sign, external message, taken from the message digest buffer */
    [SE_EXCHANGE_SIGN] = {.opcode = 0x41,
                          .mode = 0xA0,
                          .parameter = CONFIG_SE_KEY_SLOT,
                          .answer_length = SIGNATURE_BYTES,
                          .execution_us = CONFIG_SE_SIGN_US},
    /* GenKey, create: the old private key is overwritten inside the chip; the answer is the new public key */
    [SE_EXCHANGE_WIPE] = {.opcode = 0x40,
                          .mode = 0x04,
                          .parameter = CONFIG_SE_KEY_SLOT,
                          .answer_length = 64,
                          .execution_us = CONFIG_SE_GENKEY_US},
    [SE_EXCHANGE_SLEEP] = {.opcode = 0},
};

static enum se_exchange first_exchange(uint8_t request) {
    switch (request) {
    case SE_REQUEST_COUNT:
        return SE_EXCHANGE_COUNT;
    case SE_REQUEST_SIGN:
        return SE_EXCHANGE_LOAD;
    case SE_REQUEST_WIPE:
        return SE_EXCHANGE_WIPE;
    case SE_REQUEST_SLEEP:
        return SE_EXCHANGE_SLEEP;
    default:
        return SE_EXCHANGE_INFO;
    }
}

void secure_element_reset(struct secure_element *se) {
    *se = (struct secure_element){.is_unsure = true};
}

void secure_element_begin(struct secure_element *se, enum se_request request, const uint8_t *digest, uint64_t now_us) {
    /* The chip's watchdog may soon end its wakefulness in the middle of a command; a fresh wake restarts it. */
    const bool is_fresh = se->is_awake && now_us - se->woken_at_us < CONFIG_SE_AWAKE_MAX_US;
    se->request = (uint8_t)request;
    se->digest = digest;
    se->status = SE_WORKING;
    se->phase = SE_PHASE_SEND;
    se->wake_at_us = now_us;
    if (is_fresh || request == SE_REQUEST_SLEEP) {
        se->exchange = (uint8_t)first_exchange(se->request);
    } else {
        /* A chip that is awake takes no wake token: send it to sleep first where that is possible. */
        const bool may_be_awake = se->is_awake || se->is_unsure;
        se->exchange = (uint8_t)(may_be_awake ? SE_EXCHANGE_SLEEP : SE_EXCHANGE_WAKE);
    }
}

/* A command packet: word address, count, opcode, mode, parameter (2, little-endian), data, CRC over count..data. */
static uint8_t put_command(uint8_t *packet, const struct command *command, const uint8_t *data) {
    const uint8_t count = (uint8_t)(7u + command->data_length);
    uint8_t *at = put_u8(packet, WORD_ADDRESS_COMMAND);
    at = put_u8(at, count);
    at = put_u8(at, command->opcode);
    at = put_u8(at, command->mode);
    at = put_u8(at, command->parameter);
    at = put_u8(at, 0);
    at = put_octets(at, data, command->data_length);
    const uint16_t crc = crc16_secure_element(&packet[1], count - 2u);
    at = put_u8(at, (uint8_t)crc);
    put_u8(at, (uint8_t)(crc >> 8));
    return (uint8_t)(count + 1u);
}

static void start_send(struct secure_element *se, struct bus *bus, uint64_t now_us) {
    struct hal_i2c_transfer transfer = {.address = CONFIG_SE_ADDRESS, .tx = se->packet, .fast = true};
    if (se->exchange == SE_EXCHANGE_WAKE) {
        /* Address 0 at 100 kHz holds SDA low for nine clocks, 90 us; the chip asks for 60 us and does not acknowledge. */
        transfer.address = 0;
        transfer.fast = false;
    } else if (se->exchange == SE_EXCHANGE_SLEEP) {
        se->packet[0] = WORD_ADDRESS_SLEEP;
        transfer.tx_length = 1;
    } else {
        transfer.tx_length = put_command(se->packet, &commands[se->exchange], se->digest);
    }
    bus_request(bus, BUS_SECURE_ELEMENT, &transfer, now_us);
}

static void start_reply(struct secure_element *se, struct bus *bus, uint64_t now_us) {
    const struct hal_i2c_transfer transfer = {.address = CONFIG_SE_ADDRESS,
                                              .rx = se->packet,
                                              .rx_length = (uint8_t)(commands[se->exchange].answer_length + 3u),
                                              .fast = true};
    bus_request(bus, BUS_SECURE_ELEMENT, &transfer, now_us);
}

/* A short answer is a status; a full-length one carries data. Either must fit its CRC. */
static bool is_answer_good(const struct secure_element *se) {
    const uint8_t count = se->packet[0];
    if (count != commands[se->exchange].answer_length + 3u) {
        return false;
    }
    const uint16_t crc = crc16_secure_element(se->packet, count - 2u);
    if (se->packet[count - 2u] != (uint8_t)crc || se->packet[count - 1u] != (uint8_t)(crc >> 8)) {
        return false;
    }
    if (se->exchange == SE_EXCHANGE_WAKE) {
        return se->packet[1] == STATUS_AWAKE;
    }
    return se->exchange != SE_EXCHANGE_LOAD || se->packet[1] == STATUS_OK;
}

static uint64_t end_request(struct secure_element *se, enum se_status status, uint64_t now_us) {
    if (status == SE_FAILED) {
        se->is_awake = false;
        se->is_unsure = true;
    }
    se->phase = SE_PHASE_NONE;
    se->status = (uint8_t)status;
    return now_us;
}

/* What follows a good exchange. */
static uint64_t next_exchange(struct secure_element *se, uint64_t now_us) {
    switch (se->exchange) {
    case SE_EXCHANGE_SLEEP:
        se->is_awake = false;
        se->is_unsure = false;
        if (se->request == SE_REQUEST_SLEEP) {
            return end_request(se, SE_FINISHED, now_us);
        }
        se->exchange = SE_EXCHANGE_WAKE;
        break;
    case SE_EXCHANGE_WAKE:
        se->is_awake = true;
        se->woken_at_us = now_us;
        se->exchange = (uint8_t)first_exchange(se->request);
        break;
    case SE_EXCHANGE_LOAD:
        se->exchange = SE_EXCHANGE_SIGN;
        break;
    default:
        return end_request(se, SE_FINISHED, now_us);
    }
    se->phase = SE_PHASE_SEND;
    return now_us;
}

static uint64_t take_send_result(struct secure_element *se, enum bus_result result, uint64_t now_us) {
    const bool is_wake = se->exchange == SE_EXCHANGE_WAKE;
    /* Nobody acknowledges the wake token, and a sleeping chip does not acknowledge the word to sleep. */
    const bool may_be_silent = is_wake || se->exchange == SE_EXCHANGE_SLEEP;
    if (!may_be_silent && result != BUS_DONE) {
        return end_request(se, SE_FAILED, now_us);
    }
    if (se->exchange == SE_EXCHANGE_SLEEP) {
        return next_exchange(se, now_us);
    }
    se->phase = SE_PHASE_EXECUTE;
    se->wake_at_us = now_us + commands[se->exchange].execution_us;
    se->late_at_us = se->wake_at_us + (is_wake ? 0 : CONFIG_SE_LATE_US);
    return se->wake_at_us;
}

static uint64_t take_reply_result(struct secure_element *se, enum bus_result result, uint64_t now_us) {
    if (result == BUS_NACK && now_us < se->late_at_us) {
        se->phase = SE_PHASE_EXECUTE;
        se->wake_at_us = now_us + CONFIG_SE_POLL_US;
        return se->wake_at_us;
    }
    if (result != BUS_DONE || !is_answer_good(se)) {
        return end_request(se, SE_FAILED, now_us);
    }
    return next_exchange(se, now_us);
}

uint64_t secure_element_step(struct secure_element *se, struct bus *bus, uint64_t now_us) {
    if (se->status != SE_WORKING) {
        return HAL_NEVER;
    }
    if (se->is_on_bus) {
        const enum bus_result result = bus_poll(bus, BUS_SECURE_ELEMENT, now_us);
        if (result == BUS_BUSY) {
            return bus_late_at_us(bus);
        }
        se->is_on_bus = false;
        return se->phase == SE_PHASE_SEND ? take_send_result(se, result, now_us) : take_reply_result(se, result, now_us);
    }
    if (se->phase == SE_PHASE_EXECUTE) {
        if (now_us < se->wake_at_us) {
            return se->wake_at_us;
        }
        se->phase = SE_PHASE_REPLY;
    }
    if (se->phase == SE_PHASE_SEND) {
        start_send(se, bus, now_us);
    } else {
        start_reply(se, bus, now_us);
    }
    se->is_on_bus = true;
    return bus_late_at_us(bus);
}

uint64_t secure_element_needs_bus_at_us(const struct secure_element *se) {
    if (se->status != SE_WORKING) {
        return HAL_NEVER;
    }
    return se->phase == SE_PHASE_EXECUTE ? se->wake_at_us : 0;
}

const uint8_t *secure_element_answer(const struct secure_element *se) { return &se->packet[1]; }
