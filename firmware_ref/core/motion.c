#include "core/motion.h"

#include "config.h"
#include "core/bytes.h"
#include "core/position.h"
#include "core/status.h"

/* TILT-1: a meter that has never been installed takes its first rest for its position; afterwards only an installer changes it. */
void motion_begin(struct motion *motion, const struct tamper_limits *limits) {
    struct acceleration installed;
    motion->is_installing = !position_read(&installed);
    tilt_begin(&motion->tilt, &installed, limits->tilt_deg);
    motion->vibration_us = limits->vibration_ms * 1000u;
}

void motion_set_limits(struct motion *motion, const struct tamper_limits *limits) {
    tilt_set_threshold(&motion->tilt, limits->tilt_deg);
    motion->vibration_us = 1000u * limits->vibration_ms;
}

static void queue_event(struct event_queue *queue, enum event_code code, uint64_t first_us) {
    const struct event event = {.code = (uint8_t)code, .time = hal_utc_at(first_us)};
    event_queue_put(queue, &event);
}

static struct acceleration smoothed(const struct motion *motion) {
    const int32_t *smooth_mg_4 = motion->smooth_mg_4;
    return (struct acceleration){
        (int16_t)(smooth_mg_4[0] / 4), (int16_t)(smooth_mg_4[1] / 4), (int16_t)(smooth_mg_4[2] / 4)};
}

/* A first-order low-pass, 70 ms at 50 samples a second: shaking averages out. A sample after a long rest stands for itself. */
static void smooth(struct motion *motion, bool is_fresh) {
    const int32_t raw_mg[3] = {motion->part.value.x, motion->part.value.y, motion->part.value.z};
    for (unsigned axis = 0; axis < 3u; axis++) {
        const int32_t smooth_mg_4 = motion->smooth_mg_4[axis];
        motion->smooth_mg_4[axis] = is_fresh ? 4 * raw_mg[axis] : smooth_mg_4 + raw_mg[axis] - smooth_mg_4 / 4;
    }
}

/* The installed position is that of the first rest after the order. */
static void install(struct motion *motion, const struct acceleration *gravity, uint64_t now_us) {
    if (motion->is_installing && now_us - motion->moved_us >= CONFIG_MOTION_INSTALL_REST_US) {
        motion->is_installing = false;
        if (position_keep(gravity)) {
            motion->tilt.installed = *gravity;
        }
    }
}

/* TILT-2: a change from one sample to the next; a tilting, however quick, changes slowly. */
static void take_vibration(struct motion *motion, struct event_queue *queue, const struct acceleration *before,
                           uint64_t now_us) {
    const struct acceleration *now = &motion->part.value;
    const uint32_t change_mg2 = squared_mg2(now->x - before->x, now->y - before->y, now->z - before->z);
    const bool has_moved = change_mg2 >= CONFIG_VIBRATION_MG * CONFIG_VIBRATION_MG;
    if (has_moved) {
        motion->moved_us = now_us;
    }
    if (vibration_take(&motion->vibration, has_moved, motion->vibration_us, now_us)) {
        queue_event(queue, EVENT_SHAKEN, motion->vibration.first_us);
    }
}

/* A meter that is being shaken or installed shows no position; nothing is decided until it hangs still again. */
static void take_tilt(struct motion *motion, struct event_queue *queue, const struct acceleration *gravity, uint64_t now_us) {
    struct tilt_change change;
    const bool is_shaken = motion->vibration.last_us != 0 && now_us - motion->vibration.last_us < CONFIG_VIBRATION_PAUSE_US;
    if (!is_shaken && !motion->is_installing && tilt_take(&motion->tilt, gravity, now_us, &change)) {
        queue_event(queue, change.present ? EVENT_TILTED : EVENT_TILTED_ENDED, change.first_us);
    }
}

/* How soon to look again (PWR-1: seldom, unless something moves or a decision is near). */
static uint32_t pace_us(struct motion *motion, const struct acceleration *gravity, uint64_t now_us) {
    motion->is_attentive = now_us - motion->moved_us < CONFIG_MOTION_STAY_US || motion->tilt.agreeing > 0 || motion->is_installing;
    if (motion->is_attentive) {
        return CONFIG_MOTION_MOVED_US;
    }
    return tilt_is_near(&motion->tilt, gravity) ? CONFIG_MOTION_NEAR_US : CONFIG_MOTION_REST_US;
}

static void take_sample(struct motion *motion, struct event_queue *queue, const struct acceleration *before, uint64_t now_us) {
    smooth(motion, !motion->is_attentive);
    const struct acceleration gravity = smoothed(motion);
    if (motion->is_attentive) {
        take_vibration(motion, queue, before, now_us);
    }
    take_tilt(motion, queue, &gravity, now_us);
    install(motion, &gravity, now_us);
    motion->part.sample_at_us = now_us + pace_us(motion, &gravity, now_us);
    motion->part.is_in_haste = motion->is_attentive;
}

/* The interrupt line stays high until it is looked at, with a sample that is not brief. */
static void heed_interrupt(struct motion *motion, uint64_t now_us) {
    if (motion->part.is_set_up && !motion->part.is_on_bus && hal_motion_is_signalled()) {
        motion->moved_us = now_us;
        if (!motion->is_attentive) {
            motion->is_attentive = true; /* what was seen last is the rest before the movement */
            motion->part.sample_at_us = now_us;
        }
    }
}

uint64_t motion_step(struct motion *motion, struct event_queue *queue, struct bus *bus, uint64_t now_us) {
    uint64_t next_us = HAL_NEVER;
    const struct acceleration before = motion->part.value;
    heed_interrupt(motion, now_us);
    const enum accelerometer_outcome outcome = accelerometer_step(&motion->part, bus, now_us, &next_us);
    if (outcome != ACCELEROMETER_NO_SAMPLE) {
        if (part_watch_take(&motion->watch, outcome == ACCELEROMETER_SAMPLE, now_us)) {
            queue_event(queue, motion->watch.is_faulty ? EVENT_MOTION_FAULT : EVENT_MOTION_BACK, motion->watch.first_us);
        }
        if (outcome == ACCELEROMETER_SAMPLE) {
            take_sample(motion, queue, &before, now_us);
        } else {
            motion->part.sample_at_us = now_us + CONFIG_MOTION_REST_US;
        }
        next_us = motion->part.sample_at_us;
    }
    if (vibration_sample(&motion->vibration, now_us)) {
        queue_event(queue, EVENT_SHAKEN_ENDED, motion->vibration.last_us);
    }
    return earlier_of(next_us, vibration_deadline_us(&motion->vibration));
}

void motion_install(struct motion *motion, uint64_t now_us) {
    motion->is_installing = true;
    motion->moved_us = now_us;
    motion->is_attentive = true;
    if (!motion->part.is_on_bus && motion->part.is_set_up) {
        motion->part.sample_at_us = now_us;
    }
}

uint32_t motion_status(const struct motion *motion) {
    uint32_t bits = motion->tilt.is_present ? STATUS_TILTED : 0;
    bits |= motion->vibration.is_present ? STATUS_SHAKEN : 0;
    bits |= motion->watch.is_faulty ? STATUS_MOTION_FAULT : 0;
    return bits;
}
