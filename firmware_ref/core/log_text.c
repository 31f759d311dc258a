#include "core/log_text.h"

#include "core/bytes.h"
#include "core/causes.h"
#include "core/readout_text.h"

unsigned log_text_put_header(uint8_t piece[LOG_TEXT_PIECE_BYTES], bool has_log, uint32_t newest) {
    uint8_t *at = put_u8(put_text(piece, "0-0:99.98.1"), '(');
    if (has_log) {
        at = put_digits(at, newest, 10);
    }
    return (unsigned)(put_u8(at, ')') - piece);
}

/* A time by a clock that was never set, or whose seconds have just begun, is marked (TIME-1). */
static uint8_t *put_time(uint8_t *at, const struct hal_utc *utc) {
    at = put_date(at, utc);
    return utc->status == HAL_UTC_VALID ? at : put_u8(at, '?');
}

static uint8_t *put_standing(uint8_t *at, const struct cause_state *state) {
    if (!cause_has_end(cause_index(state->code))) {
        return put_text(at, "noted");
    }
    if (state->is_active) {
        return put_text(at, "active");
    }
    return put_time(put_text(at, "ended "), &state->ended);
}

unsigned log_text_put_piece(uint8_t piece[LOG_TEXT_PIECE_BYTES], unsigned number, const struct cause_state *state) {
    uint8_t *at = piece;
    switch (number) {
    case 0:
        at = put_u8(put_time(put_u8(at, '('), &state->first), ';');
        break;
    case 1:
        at = put_u8(put_time(at, &state->last), ';');
        break;
    case 2:
        at = put_u8(put_digits(at, state->sequence, 10), ';');
        at = put_u8(put_hex(at, state->code, 2), ';');
        break;
    case 3:
        at = put_u8(put_text(at, cause_text(cause_index(state->code))), ';');
        break;
    default:
        at = put_u8(put_digits(at, state->count, 10), ';');
        at = put_u8(put_standing(at, state), ')');
        break;
    }
    return (unsigned)(at - piece);
}
