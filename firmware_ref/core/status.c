#include "core/status.h"

#define TAMPER_CAUSES                                                                                                \
    (STATUS_CASE_OPEN | STATUS_MAGNET | STATUS_MISMATCH | STATUS_TILTED | STATUS_SHAKEN | STATUS_METROLOGY |         \
     STATUS_KEYS_WIPED)
#define SINCE_POWER_ON 0xFFFF0000u

void status_set(struct status *status, uint32_t bits) {
    const uint32_t now = bits | ((bits & TAMPER_CAUSES) != 0 ? STATUS_TAMPERED : 0);
    status->word = (status->word & SINCE_POWER_ON) | now << 16 | now;
}
