/* The lines on the diagnostic port at boot: version, reset cause, state of secure element and log. It takes no input. */
#ifndef TBR_BANNER_H
#define TBR_BANNER_H

#include "core/event_log.h"
#include "core/parameters.h"
#include "core/reporter.h"

#define BANNER_BYTES 240u

/* The first line, sent at once, so that a meter that gets no further still says what it is. Returns the length. */
size_t banner_put_identity(char text[BANNER_BYTES]);
/* What bring-up has found. */
size_t banner_put_state(char text[BANNER_BYTES], const struct reporter *reporter, const struct event_log *log,
                        bool is_case_open);
/* What an open port answers about the limits: "limits 50 100 30 500", as they are set. */
size_t banner_put_limits(char text[BANNER_BYTES], const struct tamper_limits *limits);

#endif
