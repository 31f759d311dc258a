/* What the host port's parts share: the simulated time, and lines to and from the test that drives it. */
#ifndef TBR_HOST_H
#define TBR_HOST_H

#include "hal/hal.h"

#define HOST_LINE_BYTES 16384u

/* Octets as hex; "-" for none. */
void host_print_hex(const uint8_t *octets, size_t count);
/* Returns the number of octets, or -1 when the word is no hex or longer than the room. */
int host_read_hex(const char *word, uint8_t *octets, size_t room);
/* The next line of the test without its end; ends the program when there is none. */
char *host_read_line(void);

void host_set_time_us(uint64_t now_us);
void host_plan_edge(uint64_t time_us, bool open);
void host_set_case(bool open);
/* The clock was never set; before begin. */
void host_lose_clock(void);
void host_set_line_live(bool live);
void host_set_motion(bool is_signalled);
void host_set_position(uint32_t at, const uint8_t *octets, uint32_t count);
void host_set_parameters(const uint8_t *octets, size_t count);
void host_set_keys(const uint8_t *octets, size_t count);
void host_set_overdriven(bool is_overdriven);
void host_set_latch(bool is_set);
void host_set_battery_low(bool is_low);
void host_set_kept(unsigned which, uint32_t value);
void host_receive(enum hal_port port, const uint8_t *octets, size_t count);
/* When something of the device happens next: an edge, the end of a transfer or of a transmission. */
uint64_t host_next_event_us(void);
/* Lets happen what is due by now. */
void host_run_events(void);

#endif
