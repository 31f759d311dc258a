/* The security log as text for people (LOG-3, docs/readout.md): one line a cause, made piece by piece. Pure. */
#ifndef TBR_LOG_TEXT_H
#define TBR_LOG_TEXT_H

#include "core/log_page.h"

#define LOG_TEXT_PIECE_BYTES 38u

/* "0-0:99.98.1(0000000042)": the newest sequence; empty without a log. Returns its length. */
unsigned log_text_put_header(uint8_t piece[LOG_TEXT_PIECE_BYTES], bool has_log, uint32_t newest);
/* Piece `number` from 0 of the line "(first;last;sequence;code;text;count;state)". The last one, 4, ends in ")". Returns its length. */
unsigned log_text_put_piece(uint8_t piece[LOG_TEXT_PIECE_BYTES], unsigned number, const struct cause_state *state);

#endif
