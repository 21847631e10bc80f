#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_monotonic_ns(void)
{
    return read_clock_ns(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ms(void)
{
    return clock_monotonic_ns() / NS_PER_MS;
}

int64_t clock_unix_ms(void)
{
    return read_clock_ns(CLOCK_REALTIME) / NS_PER_MS;
}

/* Reads exactly `digits` digits and moves *at behind them; -1: something else stood there. */
static int number(const char **at, const char *end, int digits)
{
    if (end - *at < digits)
        return -1;
    int value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool skip(const char **at, const char *end, const char *any_of)
{
    for (; *any_of; any_of++) {
        if (*at < end && **at == *any_of) {
            (*at)++;
            return true;
        }
    }
    return false;
}

static int fraction_ms(const char **at, const char *end)
{
    int ms = 0, scale = 100;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++, scale /= 10)
        ms += (**at - '0') * scale;
    return ms;
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar; years are counted from March. */
static int64_t days_from_civil(int year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = (int)(year - era * 400);
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* "Z", "+hh:mm" or "-hh:mm" up to the end, as minutes east. */
static bool offset_minutes(const char **at, const char *end, int *minutes)
{
    *minutes = 0;
    if (skip(at, end, "Zz"))
        return *at == end;
    int sign = *at < end && **at == '-' ? -1 : 1;
    if (!skip(at, end, "+-"))
        return false;
    int hour = number(at, end, 2);
    if (hour < 0 || hour > 23 || !skip(at, end, ":"))
        return false;
    int minute = number(at, end, 2);
    *minutes = sign * (hour * 60 + minute);
    return minute >= 0 && minute < 60 && *at == end;
}

bool clock_parse_rfc3339(const char *text, size_t len, int64_t *unix_ms)
{
    const char *at = text, *end = text + len;
    int year = number(&at, end, 4);
    if (year < 0 || !skip(&at, end, "-"))
        return false;
    int month = number(&at, end, 2);
    if (month < 1 || month > 12 || !skip(&at, end, "-"))
        return false;
    int day = number(&at, end, 2);
    if (day < 1 || day > 31 || !skip(&at, end, "Tt "))
        return false;
    int hour = number(&at, end, 2);
    if (hour < 0 || hour > 23 || !skip(&at, end, ":"))
        return false;
    int minute = number(&at, end, 2);
    if (minute < 0 || minute > 59 || !skip(&at, end, ":"))
        return false;
    int second = number(&at, end, 2);
    if (second < 0 || second > 60)
        return false;
    int ms = skip(&at, end, ".") ? fraction_ms(&at, end) : 0;
    int east;
    if (!offset_minutes(&at, end, &east))
        return false;
    int64_t seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + (minute - east) * 60 + second;
    *unix_ms = seconds * 1000 + ms;
    return true;
}

void clock_format_rfc3339(int64_t unix_ms, char text[CLOCK_RFC3339_BYTES])
{
    int64_t seconds = unix_ms / 1000, ms = unix_ms % 1000;
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    time_t when = (time_t)seconds;
    struct tm parts;
    gmtime_r(&when, &parts);
    size_t len = strftime(text, CLOCK_RFC3339_BYTES, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + len, CLOCK_RFC3339_BYTES - len, ".%03dZ", (int)ms);
}
