/*
 * Every size, time and address the firmware is built with, each with the requirement that asks for it.
 * Nothing else in the firmware holds a tunable number; a defect or a market variant starts by changing this file.
 */
#ifndef TBR_CONFIG_H
#define TBR_CONFIG_H

#define CONFIG_VERSION_TEXT "0.1.0"
#define CONFIG_VERSION_WORD 0x00010000u /* major.minor.patch.build, one octet each; goes into the slot header */
#define CONFIG_SECURITY_VERSION 1u      /* INT-1: an older one than the running one is refused once updates exist */

/* Clock: 16 MHz oscillator on OSC0, PLL bypassed (SEAL-4: 16 MHz MCU). */
#define CONFIG_CYCLES_PER_US 16u

/* Flash map: boot block, two slots, parameters. 2 KB granules, so that FMPPE can protect each (INT-1, INT-2). */
#define CONFIG_FLASH_BYTES 0x40000u
#define CONFIG_BOOT_BYTES 0x4000u
#define CONFIG_SLOT_BYTES 0x1D800u
#define CONFIG_SLOT_A_ADDRESS 0x4000u
#define CONFIG_SLOT_B_ADDRESS 0x21800u
#define CONFIG_PARAMETERS_ADDRESS 0x3F000u
#define CONFIG_PARAMETER_PAGE_BYTES 0x400u
#define CONFIG_POSITION_ADDRESS 0x3F400u /* TILT-1: installed positions, one after the other, never erased */
#define CONFIG_POSITION_PAGE_BYTES 0x400u
#define CONFIG_KEYS_ADDRESS 0x3F800u /* SIG-1: the keys of the alerts' encryption (core/keys.h) */
/*
 * How often the flash is asked whether a word is written: 3 cycles or more each, so 12 ms at least. The part takes 20 us; an
 * ageing one somewhat more.
 */
#define CONFIG_FLASH_POLLS 64000u
#define CONFIG_SLOT_HEADER_BYTES 0x200u /* the vector table follows it and VTOR needs 256-byte alignment */

/* SEAL-2: an opening counts when it lasts this long without a break. */
#define CONFIG_SEAL_DEBOUNCE_US 50000u
/* A closed gap shorter than this inside one burst is contact bounce, so the burst's first edge is the event's time. */
#define CONFIG_SEAL_BOUNCE_GAP_US 10000u
/* Edges kept between interrupt and main loop; full, the interrupt is off until they have been taken (SEAL-3). */
#define CONFIG_SEAL_EDGES 8u
/*
 * SEAL-3: each edge fills the storm's bucket by what leaks away in 20 ms, and 350 edges fill it: more than 50 edges a second for
 * seconds, or all at once. A contact that bounces 7 times makes 15 edges of a movement, so ten pulses in half a second,
 * which must give no event (SEAL-2), make 300 at most. The storm is over after 2 s without an edge.
 */
#define CONFIG_STORM_EDGES 350u
#define CONFIG_STORM_LEAK_US 20000u
#define CONFIG_STORM_QUIET_US 2000000u
#define CONFIG_STORM_DEBOUNCE_US 100000u
/* What the parameter page and the diagnostic port may set: COM-1 leaves no room for more than 100 ms. */
#define CONFIG_SEAL_DEBOUNCE_LEAST_MS 20u
#define CONFIG_SEAL_DEBOUNCE_MOST_MS 100u

/*
 * TILT-1: accelerometer LIS3DH, looked at once a second; its own interrupt tells of any movement in between. While it is moved
 * it is looked at every 20 ms, and every 100 ms while it stands at more than half the threshold: a movement too slow for the
 * interrupt (less than 4 degrees a second) can't go from there to beyond the threshold unseen.
 */
#define CONFIG_ACCELEROMETER_ADDRESS 0x18u
#define CONFIG_MOTION_REST_US 1000000u
#define CONFIG_MOTION_NEAR_US 100000u
#define CONFIG_MOTION_MOVED_US 20000u
/* While it is moved, so many samples are of the axes only, until one that shows settings and interrupt too (10 octets, not 21). */
#define CONFIG_MOTION_BRIEF_SAMPLES 4u
/* Looked at often for so long after the last sign of a movement. */
#define CONFIG_MOTION_STAY_US 300000u
/* The installed position is taken after so much rest, while the case is open. */
#define CONFIG_MOTION_INSTALL_REST_US 500000u
/* As many samples to the last bit alike are a sensor that stands still: its noise is about one bit. */
#define CONFIG_MOTION_SAME_SAMPLES 8u
/*
 * TILT-1: 30 degrees in three samples, settable from 15 to 45; restored 5 degrees below. Only samples of 0.8 to 1.2 g count:
 * others show a movement, not a position.
 */
#define CONFIG_TILT_DEG 30u
#define CONFIG_TILT_LEAST_DEG 15u
#define CONFIG_TILT_MOST_DEG 45u
#define CONFIG_TILT_HYSTERESIS_DEG 5u
#define CONFIG_TILT_SAMPLES 3u
#define CONFIG_TILT_LEAST_MG 800u
#define CONFIG_TILT_MOST_MG 1200u
/*
 * TILT-2: a change of 0.15 g from one sample to the next is a shaking; when it goes on for 500 ms without a pause of more than
 * 120 ms, it is an event. Over after 2 s of rest.
 */
#define CONFIG_VIBRATION_MG 150u
#define CONFIG_VIBRATION_MS 500u
#define CONFIG_VIBRATION_LEAST_MS 200u /* what the parameter page and the diagnostic port may set */
#define CONFIG_VIBRATION_MOST_MS 5000u
#define CONFIG_VIBRATION_PAUSE_US 120000u
#define CONFIG_VIBRATION_QUIET_US 2000000u

/*
 * MAG-1: one sample every 100 ms; COM-1 leaves room for it (DESIGN.md): up to 100 ms to the first sample above the threshold,
 * the closer look, 14 ms of a steady field and 44 ms of an alternating one, then 183 ms of counting, signing and sending.
 * The look's samples are conversions of their own: fast, the sensor makes one every 0.5 ms.
 */
#define CONFIG_HALL_ADDRESS 0x1Eu
#define CONFIG_HALL_TMAG_ADDRESS 0x35u
#define CONFIG_HALL_SAMPLE_US 100000u
#define CONFIG_HALL_EARLIER_US 60000u /* PWR-1: so much at most, to fall together with a sample of the currents */
#define CONFIG_MAGNET_CONFIRM_US 1750u
/*
 * A sensor without a new conversion is asked again this often and this many times, longer than three of its slowest: one
 * that ends while the values before it are read is dropped, and each set-up begins the conversions anew (MAG-3).
 */
#define CONFIG_HALL_RETRY_US 2000u
#define CONFIG_HALL_TRIES 20u
#define CONFIG_HALL_RANGE_10_UT 20000 /* of the reference part, which has the smaller one */
/* MAG-3: a sensor whose values stand still for so many samples is stuck: its noise, 2.5 steps rms, moves one axis or other. */
#define CONFIG_HALL_STUCK_SAMPLES 10u
/*
 * MAG-2: threshold 50 mT. Gain +-3 %, offset 0.5 mT on each axis and noise make of it 47.6 to 52.6 mT, the drift of the gain
 * from -40 to +70 degrees Celsius 46.7 to 53.3 mT. Restoration below 40 mT, in three samples.
 */
#define CONFIG_MAGNET_TRIP_10_UT 5000
#define CONFIG_MAGNET_RESTORE_10_UT 4000
/*
 * MAG-6: a look's samples come every 2 ms (pause, transfer and work). Seven span 12 ms, more than half a period of 50 Hz: in
 * them an alternating field is both weak and strong. Twenty span 40 ms: two periods of 50 Hz, and 2.4 of 60 Hz, which shows the
 * RMS value 2 % wrong at most. An alternating field of 35 mT or more shows the opposite direction with more than 20 mT.
 */
#define CONFIG_MAGNET_LOOK_SAMPLES 20u
#define CONFIG_MAGNET_HALF_PERIOD_SAMPLES 7u
#define CONFIG_MAGNET_REVERSAL_10_UT 2000
#define CONFIG_MAGNET_RESTORE_SAMPLES 3u
/* MAG-3: a sensor or front end whose samples fail this often in a row is an event, and so are as many good ones after. */
#define CONFIG_PART_FAULT_SAMPLES 5u

/* MET-1: front end ADE7953; full scale, 9,032,007 codes, is 100 A and 500 V RMS. One code in 2^-16 uA and uV. */
#define CONFIG_FRONT_END_SAMPLE_US 100000u
#define CONFIG_CURRENT_WEIGHT_Q16_UA 725597u  /* 11.07174 uA */
#define CONFIG_VOLTAGE_WEIGHT_Q16_UV 3627987u /* 55.35868 uV */
#define CONFIG_GAIN_ONE_Q16 65536u
#define CONFIG_SPI_LATE_US 2000u /* an access takes 12 us */
/*
 * MET-1, COM-1: the front end's filter of the squares forgets half of what was in 25 ms (time constant 36 ms: 200 ms to 0.2 %).
 * Its noise is 0.03 % of what it shows, 0.06 % of the square: where more than 15/16 of that are an old load's, two channels
 * without a mismatch may differ by 5 %, and nothing is decided. A change of less than 1/256 is noise: then nothing is settling.
 */
#define CONFIG_FRONT_END_HALF_US 24953u
#define CONFIG_SETTLING_NOISE_PART 16u
#define CONFIG_SETTLING_STEADY_PART 256u
#define CONFIG_SETTLING_SETTLED_PART 8u /* MAG-5: an eighth of the square is 6 % of the value */
/*
 * MET-1: more than 10 % between line and neutral, in three samples 40 ms apart, each by what has come in since the one before.
 * Currents that differ for 40 ms, as with a load step or an inrush, are never seen to differ in three. COM-1 holds with
 * 100 + 40 + 80 + 183 ms. After a load that was switched off another 36 ms x ln(ratio^2 / 45) pass before the rest shows: 42 ms
 * from 60 to 5 A.
 * Below the starting current, 0.4 % of 5 A, nothing is decided: it is three times the front end's noise floor.
 */
#define CONFIG_MISMATCH_TRIP_PERCENT 10u
#define CONFIG_MISMATCH_RESTORE_PERCENT 7u
#define CONFIG_MISMATCH_TRIP_SAMPLES 3u
#define CONFIG_MISMATCH_RESTORE_SAMPLES 3u
#define CONFIG_MISMATCH_CONFIRM_US 40000u
#define CONFIG_MISMATCH_START_UA 20000u

/*
 * MAG-5: the line's crest factor 10 % above the neutral's in three samples: the core then hides 4 % of a current. An RMS value
 * that still shows an old load says nothing of a waveform. Peaks are those since the look before, so the first one after a load
 * step still holds the old load's. Above 0.5 A, 45,160 codes: there noise adds 4 % to a peak at most: 1,625 codes, 250 ppm
 * of full scale. They are taken off the peak of a line that shows less: of a bypassed line's current they are much (MET-1).
 */
#define CONFIG_SATURATION_TRIP_PERCENT 10u
#define CONFIG_SATURATION_RESTORE_PERCENT 6u
#define CONFIG_SATURATION_SAMPLES 3u
#define CONFIG_SATURATION_SAMPLE_US 1000000u
#define CONFIG_SATURATION_LOW_PERCENT 97u
#define CONFIG_SATURATION_START_CODES 45160u
#define CONFIG_SATURATION_NOISE_CODES 1625u

/*
 * MET-4, and MAG-2 for the Hall sensor's drift: board and terminals are looked at every second. The correction is the reference
 * part's nominal drift, from 25 degrees Celsius.
 */
#define CONFIG_TEMPERATURE_SAMPLE_US 1000000u
#define CONFIG_HALL_REFERENCE_DC 250
#define CONFIG_HALL_DRIFT_PPM_PER_K (-2000)
/*
 * MET-4: terminals 30 K above the board in three samples. The chip's sensor is 3.5 K off at most, thermistor and table 2 K; on a
 * fast change of the weather, 1 K a minute, the terminals lead by up to 6 K, in a test chamber (3 K a minute) by 18 K.
 */
#define CONFIG_HEAT_TRIP_DK 300
#define CONFIG_HEAT_RESTORE_DK 200
#define CONFIG_HEAT_SAMPLES 3u

/*
 * MET-2, MET-3: powers in 2^-16 mW a code (full scale, 4,862,401 codes, is 50 kW), read while a current flows at all.
 * The voltage is there from 0.7 of 230 V on, where the meter's own supply works, and gone below 0.2.
 */
#define CONFIG_POWER_WEIGHT_Q16_MW 673908u /* 10.28299 mW */
#define CONFIG_POWER_START_UA 40000u
#define CONFIG_VOLTAGE_THERE_UV 161000000u
#define CONFIG_VOLTAGE_GONE_UV 46000000u
/*
 * MET-3: a fault shows in two samples 40 ms apart from 100 mA on, where the front end's noise is below a tenth. Those
 * counted are no closer than 39 ms, however often MET-2 asks. A neutral that carries less than 10 % of the line's current
 * and is still falling, or less than 3 % of it or 12 mA (twice the noise floor), is open: COM-1 holds with 100 + 100 + 40 +
 * 183 ms. A sample counts as falling below 66 % of the one before. The neutral is back with half of the line's current.
 */
#define CONFIG_WIRING_START_UA 100000u
#define CONFIG_WIRING_SAMPLES 2u
#define CONFIG_WIRING_CONFIRM_US 40000u
#define CONFIG_CURRENTS_APART_US 39000u
#define CONFIG_NEUTRAL_LOST_PERCENT 10u
#define CONFIG_NEUTRAL_NOTHING_PERCENT 3u
#define CONFIG_NEUTRAL_NOTHING_UA 12000u
#define CONFIG_NEUTRAL_FALLING_PERCENT 66u
#define CONFIG_NEUTRAL_BACK_PERCENT 50u
/* MET-3: below 2 W the sign of a power is noise. */
#define CONFIG_REVERSED_LEAST_MW 2000u
/*
 * MET-3: a phase angle is abnormal beyond 75 degrees (tangent 3.73), a power factor below 0.26: motors and ballasts keep
 * above 0.3. A motor that starts may be there for some seconds, so it lasts 3 s. Back within 68 degrees.
 */
#define CONFIG_PHASE_TANGENT_PERCENT 373u
#define CONFIG_PHASE_BACK_TANGENT_PERCENT 248u
#define CONFIG_PHASE_CONFIRM_MS 3000u
/*
 * MET-2: a step of 0.15 A and 10 % of the current is judged once the filter has settled, 130 ms after it was first seen
 * (3 % of it are left), by the mean of four samples: COM-1 holds with 100 + 130 + 40 + 183 ms. The voltage before it is
 * smoothed over 8 samples, begun anew where the mains move by more than a quarter volt. Two steps that agree within a
 * quarter teach the supply's resistance, 50 mOhm to 2 Ohm; then a current that drops while the voltage moves by less than
 * 40 % of what it should is a bypass, if that is 0.2 V at least: ten times the noise of the two means. The end is a rise with the same sign, or two steps as the learned resistance has them.
 */
#define CONFIG_BYPASS_STEP_UA 150000u
#define CONFIG_BYPASS_STEP_PERCENT 10u
#define CONFIG_BYPASS_SETTLE_US 130000u
#define CONFIG_BYPASS_GAP_US 10000u
#define CONFIG_BYPASS_SAMPLES 4u
#define CONFIG_BYPASS_SMOOTHING 8u
#define CONFIG_BYPASS_MAINS_STEP_UV 250000u
#define CONFIG_BYPASS_LEAST_UOHM 50000
#define CONFIG_BYPASS_MOST_UOHM 2000000
#define CONFIG_BYPASS_LEARN_STEPS 2u
#define CONFIG_BYPASS_CLEAN_STEPS 2u
#define CONFIG_BYPASS_STAYED_PERCENT 40u
#define CONFIG_BYPASS_LEAST_UV 200000u

/* LOG-1: events that wait for their counter; when full, repetitions join, what can't is dropped, counted and reported. */
#define CONFIG_EVENT_QUEUE 8u
/* LOG-1, LOG-3: causes that a state is kept of (core/causes.c). */
#define CONFIG_CAUSES 27u
/* COM-3: alerts kept in RAM for repeats. The rest of the unconfirmed ones wait in the log. One is kept for a new event. */
#define CONFIG_OUTBOX_ALERTS 4u

/*
 * COM-5: a minor event waits this long for others to share its payload; less than half a second, so that a restoration is still
 * reported within a second. A payload is three events at most: 251 octets, 22 ms on the line (COM-1).
 */
#define CONFIG_MINOR_WINDOW_US 300000u
#define CONFIG_PAYLOAD_EVENTS 3u
/* COM-3: repeats until confirmed, after 2 s, 4 s, 8 s ... 40 s, each up to a half longer by chance (COM-6): 60 s at most. */
#define CONFIG_REPEAT_FIRST_US 2000000u
#define CONFIG_REPEAT_MAX_US 40000000u
/* COM-3: once the head-end answers again, alerts that were repeated follow within this time, by chance (COM-6). */
#define CONFIG_REPEAT_SPREAD_US 500000u
/* COM-1: a repeat begins only if no signature is due for so long: two frames are made, 10 ms each, and one is sent, 22 ms. */
#define CONFIG_REPEAT_ROOM_US 60000u
/*
 * COM-1: how long an event with slack may wait, from its decision on, for another that is about to be decided. A mismatch takes
 * 80 ms from its first sample to its decision, so it is always waited for; a bypass, 170 ms, waits 28 ms for a signature that
 * was begun 110 ms before. The slowest that waits, an alternating field, is on the wire after 144 + 110 + 26 + 138 + 18 ms.
 */
#define CONFIG_DECISION_WAIT_US 110000u
/* COM-1: how long a signed alert waits before it is handed to the modem. */
#define CONFIG_ALERT_HOLD_US 0u

/* COM-2: a frame of billing data takes 4.3 ms, so an alert waits no longer; with the pause they take a fiftieth of the line. */
#define CONFIG_BILLING_PAUSE_US 200000u
/* TIME-1: the head-end may set the clock by so much: a minute is two weeks of the worst crystal. More is refused, and an event. */
#define CONFIG_CLOCK_CORRECTION_MAX_HUNDREDTHS 6000

/* Modem link: the largest wrapper payload taken, and the silence after which half a frame is dropped. */
#define CONFIG_MODEM_APDU_MAX 64u
#define CONFIG_MODEM_GAP_US 100000u

/* Optical port (IEC 62056-21): a half-sent line is dropped after 1.5 s of silence (upper bound of t_a there). */
#define CONFIG_OPTICAL_GAP_US 1500000u
/* The least time before an answer (t_r), promised by the capital third letter of the maker; and for how long one is taken. */
#define CONFIG_OPTICAL_ANSWER_US 200000u
#define CONFIG_OPTICAL_ACKNOWLEDGE_US 1500000u
#define CONFIG_OPTICAL_OCTET_US 33334u /* 10 bits at 300 baud */
/* How often the port is asked whether its last stop bit has left. */
#define CONFIG_OPTICAL_POLL_US 5000u
#define CONFIG_OPTICAL_LINE_MAX 37u /* '/' '?' 32 address characters '!' CR LF */
#define CONFIG_OPTICAL_IDENTITY "/TBR5TBREF-01\r\n"
#define CONFIG_OPTICAL_SPEED '5' /* 9,600 baud, as the identity offers */
#define CONFIG_OPTICAL_LOG_MODE '6' /* LOG-3: the security log; the standard leaves modes 6 to 9 to the maker */
#define CONFIG_OPTICAL_INSTALL_MODE '7' /* TILT-1 */
#define CONFIG_OPTICAL_ADDRESS "00000001"

/*
 * INT-4: the diagnostic port opens with a password only. Three wrong ones lock it for a quarter of an hour, also over resets
 * (NIST SP 800-63B, 5.2.2 asks for a limit; these figures are ours): 288 guesses a day, an event for each three.
 */
#define CONFIG_PORT_GUESSES 3u
#define CONFIG_PORT_LOCK_S 900u
/* An open port closes by itself after this time, and takes lines up to this length. */
#define CONFIG_PORT_OPEN_US 300000000u
#define CONFIG_PORT_LINE_MAX 24u

/*
 * SIG-4: high voltage on the communication lines without a break for this long wipes the keys. Bursts and surges of the
 * immunity tests last milliseconds (IEC 61000-4-2, -4-4, -4-5); the plan's transients 0.3 s, its injection 2 s.
 */
#define CONFIG_INJECTION_US 1000000u

/*
 * PWR-1: how often the battery is looked at; five looks that agree are an event (CONFIG_PART_FAULT_SAMPLES), so a contact that
 * bounces while a battery is changed is none. It wears out in months.
 */
#define CONFIG_BATTERY_LOOK_US 1000000u

/* MAG-4: how often the magnetic latch is looked at with mains there, and the length of its opening pulse. */
#define CONFIG_VIGIL_LOOK_US 1000000u
#define CONFIG_LATCH_PULSE_US 200u
/* On battery: the supply is switched off within this after hibernation was asked for; else it is asked for again. */
#define CONFIG_HIBERNATE_AGAIN_US 10000u
/* One second, longer than the supply holds up: a mains sense that broke must not keep the meter from starting. */
#define CONFIG_HIBERNATE_TRIES 100u

/* Secure element: ATECC608 at M0 clock divider; times are its maximum execution times (SIG-1, COM-1). */
#define CONFIG_SE_ADDRESS 0x60u
#define CONFIG_SE_WAKE_US 1500u
#define CONFIG_SE_COUNTER_US 25000u
#define CONFIG_SE_NONCE_US 20000u
#define CONFIG_SE_SIGN_US 115000u
#define CONFIG_SE_GENKEY_US 115000u
#define CONFIG_SE_INFO_US 5000u
/* The chip does not acknowledge its address while it works: ask again this often, and give up after this long. */
#define CONFIG_SE_POLL_US 2000u
#define CONFIG_SE_LATE_US 200000u
/* The chip's own watchdog puts it to sleep 1.3 s after wake (0.7 s at its fastest); wake it anew before that. */
#define CONFIG_SE_AWAKE_MAX_US 400000u
/* A failed attempt is repeated after this; the event waits in the queue. */
#define CONFIG_SE_RETRY_FIRST_US 5000u
#define CONFIG_SE_RETRY_MAX_US 5000000u
/* After a reset of the meter alone the chip may be at work still, and silent: absent only when it stays so for 0.3 s. */
#define CONFIG_SE_ABSENT_RETRY_US 160000u
#define CONFIG_SE_KEY_SLOT 0u
#define CONFIG_SE_EVENT_COUNTER 0u

/* EEPROM 24LC256: 512 pages of 64 octets, 5 ms page write at most, busy until it acknowledges (LOG-2). */
#define CONFIG_EEPROM_ADDRESS 0x50u
#define CONFIG_EEPROM_PAGE_BYTES 64u
#define CONFIG_EEPROM_PAGES 512u
#define CONFIG_EEPROM_WRITE_US 5000u
#define CONFIG_EEPROM_POLL_US 1000u
#define CONFIG_EEPROM_LATE_US 30000u
/* An EEPROM transfer starts only when the secure element needs the bus no sooner than this (COM-1): 67 octets, 400 kHz. */
#define CONFIG_EEPROM_TRANSFER_US 3000u

/*
 * LOG-2, how the EEPROM's 512 pages are used. Four pages take turns for the cursor; a ring of 150 entries of three pages is
 * filled round and round; each cause's state has two pages that take turns (LOG-1), with room for two more causes. A page
 * bears a million writes: four million confirmations, two million detections of one cause.
 */
#define CONFIG_LOG_FIRST_PAGE 4u
#define CONFIG_LOG_ENTRY_PAGES 3u
#define CONFIG_LOG_ENTRIES 150u
#define CONFIG_LOG_STATES_PAGE 454u
/*
 * LOG-2: after so many places in a row without a record later than the cursor there is none. A record is written before the next
 * one is begun, so a power cut leaves no gap, and one page that has gone bad a gap of one.
 */
#define CONFIG_LOG_SCAN_SPARE 6u

/* I2C: a transfer that has not ended this long after its nominal time has failed. A turn of the main loop lasts 1 ms at most. */
#define CONFIG_I2C_MARGIN_US 2000u

/*
 * SEAL-4: a turn of the main loop shall last 1 ms at most, since edges are queued at its beginning. What takes up to 0.7 ms (a block
 * of encryption, a page of the log) is begun only in one that has lasted no longer than this.
 */
#define CONFIG_TURN_SHARE_US 250u

/* The real-time clock counts whole seconds; the sub-second is taken from its match interrupt this often (TIME-1). */
#define CONFIG_CLOCK_ALIGN_S 60u
/* A clock before 2024-01-01T00:00:00Z was never set. */
#define CONFIG_CLOCK_PLAUSIBLE_S 1704067200u

/* Watchdog: reset after two periods without service; the main loop wakes at least this often, and feeds it no more often. */
#define CONFIG_WATCHDOG_PERIOD_US 8000000u
#define CONFIG_WATCHDOG_FEED_US 1000000u
#define CONFIG_WAKE_MAX_US 4000000u

/* SEAL-4: what the build refuses to exceed. */
#define CONFIG_CORE_SRAM_BUDGET_BYTES 4096u
#define CONFIG_STACK_BYTES 2048u

#endif
