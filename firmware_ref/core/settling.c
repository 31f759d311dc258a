#include "core/settling.h"

#include "config.h"

/* 2^-x for x from 0 to 1 as 1 - x (2/3 - x/6): wrong by 0.2 % at most. In units of 2^-16. */
static uint32_t left_q16(uint32_t since_us) {
    const uint32_t halves = since_us / CONFIG_FRONT_END_HALF_US;
    const uint32_t part_q16 = (since_us % CONFIG_FRONT_END_HALF_US << 16) / CONFIG_FRONT_END_HALF_US;
    const uint32_t left = 65536u - (part_q16 * (43691u - part_q16 / 6u) >> 16);
    return halves < 16u ? left >> halves : 0;
}

static uint32_t root_of(uint64_t square) {
    uint32_t root = 0;
    for (uint32_t bit = 1u << 27; bit > 0; bit >>= 1) { /* 2^28 uA is more than the front end can show */
        const uint32_t tried = root | bit;
        root = (uint64_t)tried * tried <= square ? tried : root;
    }
    return root;
}

static uint64_t square_of(uint32_t value) { return (uint64_t)value * value; }

/* Of what the channel shows little is left of what was before. */
static bool is_settled(uint64_t since, uint32_t now_uA) {
    const uint64_t shown = square_of(now_uA);
    return since >= shown - shown / CONFIG_SETTLING_SETTLED_PART;
}

/* The square that has come in since: what is shown, less what is left of what was shown before. */
static uint64_t since_before(uint32_t before_uA, uint32_t now_uA, uint32_t left) {
    const uint64_t past = (square_of(before_uA) >> 16) * left;
    const uint64_t now = square_of(now_uA);
    return now > past ? (now - past) / (65536u - left) << 16 : 0;
}

static bool is_near(uint32_t before, uint32_t now) {
    const uint32_t difference = before > now ? before - now : now - before;
    return difference <= before / CONFIG_SETTLING_STEADY_PART;
}

bool settling_take(struct settling *settling, uint32_t *line_uA, uint32_t *neutral_uA, uint64_t now_us) {
    const struct settling before = *settling;
    *settling = (struct settling){.line_uA = *line_uA, .neutral_uA = *neutral_uA, .taken_us = (uint32_t)now_us, .is_settled = true};
    if (is_near(before.line_uA, *line_uA) && is_near(before.neutral_uA, *neutral_uA)) {
        return true; /* at rest they are what they show, and cost nothing to find (PWR-1) */
    }
    const uint32_t left = left_q16((uint32_t)now_us - before.taken_us);
    const uint64_t line = since_before(before.line_uA, *line_uA, left);
    const uint64_t neutral = since_before(before.neutral_uA, *neutral_uA, left);
    const uint64_t larger = line > neutral ? line : neutral;
    const uint64_t shown = square_of(*line_uA > *neutral_uA ? *line_uA : *neutral_uA);
    settling->is_settling = larger < shown - shown / 4u;
    settling->is_settled = is_settled(line, *line_uA) && is_settled(neutral, *neutral_uA);
    const bool is_clear = larger >= shown / CONFIG_SETTLING_NOISE_PART;
    *line_uA = is_clear ? root_of(line) : 0;
    *neutral_uA = is_clear ? root_of(neutral) : 0;
    return is_clear;
}
