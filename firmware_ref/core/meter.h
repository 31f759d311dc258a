/*
 * The whole meter: joins seal, sensors, queue, reporter, log and ports. The port's main loop calls meter_step() and sleeps until
 * the time it returns, or the next interrupt.
 */
#ifndef TBR_METER_H
#define TBR_METER_H

#include "core/banner.h"
#include "core/battery.h"
#include "core/bus.h"
#include "core/event_log.h"
#include "core/event_queue.h"
#include "core/head_end.h"
#include "core/key_guard.h"
#include "core/modem_link.h"
#include "core/port_guard.h"
#include "core/motion.h"
#include "core/parameters.h"
#include "core/readout.h"
#include "core/reporter.h"
#include "core/seal.h"
#include "core/sensors.h"
#include "core/status.h"
#include "core/vigil.h"
#include "core/storm.h"

struct meter {
    struct seal seal;
    struct storm storm;
    struct tamper_limits limits;
    struct event_queue queue;
    struct bus bus;
    struct event_log log;
    struct reporter reporter;
    struct modem_link modem;
    struct head_end head_end;
    struct readout readout;
    struct port_guard port_guard;
    struct vigil vigil;
    struct battery battery;
    struct key_guard key_guard;
    struct sensors sensors;
    struct motion motion;
    struct status status;
    char banner[BANNER_BYTES];
    bool is_banner_done;
    bool is_asked_for_limits; /* at the diagnostic port: they are told in the banner's stead */
    uint32_t watched_bits; /* of sensors and motion, as the status has them */
    uint64_t desk_due_us;  /* 0: in every turn */
};

/* Once, on static (zeroed) memory: a copy of the initial state would cost its size in stack (SEAL-4). */
void meter_begin(struct meter *meter, uint64_t now_us);
/* Does what is due and returns the time of what is due next. */
uint64_t meter_step(struct meter *meter, uint64_t now_us);

#endif
