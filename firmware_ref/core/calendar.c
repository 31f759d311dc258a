#include "core/calendar.h"

#include "core/bytes.h"

#define SECONDS_PER_DAY 86400u
#define DAYS_1970_TO_2000 10957u

struct civil_date {
    uint16_t year;
    uint8_t month;
    uint8_t day;
};

static bool is_leap_year(unsigned year) { return (year % 4u == 0 && year % 100u != 0) || year % 400u == 0; }

static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static uint32_t days_of_month(unsigned month, unsigned year) {
    return month_days[month] + (month == 1 && is_leap_year(year) ? 1u : 0u);
}

/* Counts years and months off one by one: at most 136 + 12 steps for 32 bits of seconds, and nothing to get wrong. */
static struct civil_date civil_from_days(uint32_t days) {
    unsigned year = 1970;
    if (days >= DAYS_1970_TO_2000) {
        days -= DAYS_1970_TO_2000;
        year = 2000;
    }
    for (uint32_t length = is_leap_year(year) ? 366u : 365u; days >= length; length = is_leap_year(year) ? 366u : 365u) {
        days -= length;
        year++;
    }
    unsigned month = 0;
    for (;;) {
        const uint32_t length = days_of_month(month, year);
        if (days < length) {
            break;
        }
        days -= length;
        month++;
    }
    return (struct civil_date){.year = (uint16_t)year, .month = (uint8_t)(month + 1u), .day = (uint8_t)(days + 1u)};
}

uint8_t *put_date_time(uint8_t *at, const struct hal_utc *utc) {
    const uint32_t days = utc->seconds / SECONDS_PER_DAY;
    const uint32_t second_of_day = utc->seconds % SECONDS_PER_DAY;
    const struct civil_date date = civil_from_days(days);
    at = put_u16(at, date.year);
    at = put_u8(at, date.month);
    at = put_u8(at, date.day);
    at = put_u8(at, (uint8_t)((days + 3u) % 7u + 1u)); /* 1970-01-01 was a Thursday; COSEM counts Monday as 1 */
    at = put_u8(at, (uint8_t)(second_of_day / 3600u));
    at = put_u8(at, (uint8_t)(second_of_day / 60u % 60u));
    at = put_u8(at, (uint8_t)(second_of_day % 60u));
    at = put_u8(at, utc->hundredths);
    at = put_u16(at, 0);
    return put_u8(at, utc->status);
}

/* 32 bits of seconds end in 2106; the day of the week says nothing new. */
bool get_date_time(const uint8_t *at, struct hal_utc *utc) {
    const unsigned year = get_u16(at), month = at[2] - 1u, day = at[3] - 1u;
    const bool is_utc = at[9] == 0 && at[10] == 0;
    if (!is_utc || year < 2000u || year > 2099u || month > 11u || day >= days_of_month(month, year) || at[5] > 23u ||
        at[6] > 59u || at[7] > 59u || at[8] > 99u) {
        return false;
    }
    uint32_t days = DAYS_1970_TO_2000 + day;
    for (unsigned before = 2000; before < year; before++) {
        days += is_leap_year(before) ? 366u : 365u;
    }
    for (unsigned before = 0; before < month; before++) {
        days += days_of_month(before, year);
    }
    utc->seconds = days * SECONDS_PER_DAY + at[5] * 3600u + at[6] * 60u + at[7];
    utc->hundredths = at[8];
    return true;
}
