/*
 * calendar.h - days, hours and places of the world as the viewers of a language say them. All words, orders, digits and
 * calendars are CLDR's, through ICU: the language's own calendar where it has one (Persian for fa, Buddhist for th), the
 * Gregorian else; 12 or 24 hours likewise. Opening ICU's patterns takes some ms: ask when a card is laid out, not in a
 * frame. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { CALENDAR_CITY_BYTES = 96, CALENDAR_DATE_BYTES = 128, CALENDAR_TIME_BYTES = 64, CALENDAR_UNIT_BYTES = 64 };

struct calendar_moment {
    char city[CALENDAR_CITY_BYTES];  // "Tehran", "تهران", "德黑兰"; of zones that are no place: "UTC"
    char date[CALENDAR_DATE_BYTES];  // with its weekday, without its year
    char time[CALENDAR_TIME_BYTES];  // hours and minutes
};

/* zone: of the IANA, "Asia/Tehran". False: there is no such zone. */
bool calendar_tell(struct calendar_moment *moment, int64_t unix_ms, const char *zone, const char *language);

enum calendar_unit { CALENDAR_DAYS, CALENDAR_HOURS, CALENDAR_MINUTES, CALENDAR_SECONDS, CALENDAR_UNITS };

/* The name that stands below a number of them: "days", "ساعت", "分钟". */
void calendar_name_unit(char name[CALENDAR_UNIT_BYTES], enum calendar_unit unit, const char *language);
