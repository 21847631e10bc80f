#include "connector/youtube_quota.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"

/*
 * Units per call. Copies of Google's table disagree (2026): the larger number of each stands here.
 * This is the one place to change them.
 */
static const int64_t costs[] = {
    [YOUTUBE_VIDEOS_LIST] = 1,         [YOUTUBE_CHANNELS_LIST] = 1, [YOUTUBE_PLAYLIST_ITEMS_LIST] = 1,
    [YOUTUBE_SEARCH_LIST] = 100,  // or one of a bucket of 100 a day: as many calls either way
    [YOUTUBE_CHAT_STREAM] = 5,         [YOUTUBE_CHAT_LIST] = 5,     [YOUTUBE_CHAT_INSERT] = 50,
    [YOUTUBE_CHAT_DELETE] = 50,        [YOUTUBE_CHAT_TRANSITION] = 50,
    [YOUTUBE_BAN_INSERT] = 200,        [YOUTUBE_BAN_DELETE] = 200,
};

int64_t youtube_call_cost(enum youtube_call call)
{
    return costs[call];
}

/* ---- Pacific time, rules of the Energy Policy Act of 2005 ---- */

enum { DAY_S = 86400, HOUR_S = 3600 };

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back (Hinnant, "chrono-compatible algorithms"). */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int64_t year_of(int64_t days)
{
    int64_t year = 1970 + days * 400 / 146097;
    while (days_from_civil(year + 1, 1, 1) <= days)
        year++;
    while (days_from_civil(year, 1, 1) > days)
        year--;
    return year;
}

/* The nth Sunday of a month, as days since 1970; 1970-01-01 was a Thursday. */
static int64_t nth_sunday(int64_t year, int month, int nth)
{
    int64_t first = days_from_civil(year, month, 1);
    int64_t weekday = (first + 4) % 7;  // 0: Sunday
    return first + (7 - weekday) % 7 + 7 * (nth - 1);
}

/* Behind UTC: 7 h from the second Sunday of March, 10:00 UTC, to the first of November, 9:00 UTC; else 8 h. */
static int64_t pacific_offset_s(int64_t unix_s)
{
    int64_t year = year_of((unix_s - 8 * HOUR_S) / DAY_S);
    int64_t begins = nth_sunday(year, 3, 2) * DAY_S + 10 * HOUR_S;
    int64_t ends = nth_sunday(year, 11, 1) * DAY_S + 9 * HOUR_S;
    return unix_s >= begins && unix_s < ends ? 7 * HOUR_S : 8 * HOUR_S;
}

int64_t youtube_day_end_ms(int64_t unix_ms)
{
    int64_t unix_s = unix_ms / 1000;
    int64_t local_day = (unix_s - pacific_offset_s(unix_s)) / DAY_S;
    int64_t midnight_s = (local_day + 1) * DAY_S;
    // The offset at that midnight: clocks change at 2:00, so it is that of an hour before.
    int64_t end_s = midnight_s + pacific_offset_s(midnight_s + 8 * HOUR_S - HOUR_S);
    return end_s * 1000;
}

/* ---- the budget ---- */

static void begin_day(struct youtube_quota *quota, int64_t now_ms)
{
    if (now_ms < quota->day_end_ms)
        return;
    quota->day_end_ms = youtube_day_end_ms(now_ms);
    quota->spent = 0;
}

bool youtube_quota_take(struct youtube_quota *quota, enum youtube_call call, int64_t now_ms)
{
    begin_day(quota, now_ms);
    if (now_ms < quota->parked_ms)
        return false;
    quota->parked_ms = 0;
    if (quota->spent + costs[call] > quota->limit) {
        quota->parked_ms = quota->day_end_ms;
        return false;
    }
    quota->spent += costs[call];
    return true;
}

void youtube_quota_park(struct youtube_quota *quota, int64_t now_ms)
{
    begin_day(quota, now_ms);
    quota->parked_ms = quota->day_end_ms;
}

double youtube_quota_used(struct youtube_quota *quota, int64_t now_ms)
{
    begin_day(quota, now_ms);
    return quota->limit > 0 ? (double)quota->spent / (double)quota->limit : 1;
}

bool youtube_quota_has(struct youtube_quota *quota, enum youtube_call call, int64_t now_ms)
{
    begin_day(quota, now_ms);
    return now_ms >= quota->parked_ms && quota->spent + costs[call] <= quota->limit;
}

void youtube_quota_merge(struct youtube_quota *quota, int64_t spent, int64_t day_end_ms, int64_t parked_ms)
{
    if (day_end_ms > quota->day_end_ms) {
        quota->day_end_ms = day_end_ms;
        quota->spent = 0;
    }
    if (day_end_ms == quota->day_end_ms && spent > quota->spent)
        quota->spent = spent;
    if (parked_ms > quota->parked_ms)
        quota->parked_ms = parked_ms;
}

/* ---- one for all who use a key ---- */

struct shared {
    struct list link;  // in budgets
    struct youtube_quota quota;
    char *credential;  // owned
    size_t users;
};

/* Of the loop's thread, as all who ask. */
static struct list budgets = {&budgets, &budgets};

struct youtube_quota *youtube_quota_get(const char *credential, int64_t limit)
{
    struct shared *shared;
    list_for_each(shared, &budgets, link) {
        if (strcmp(shared->credential, credential) != 0)
            continue;
        shared->users++;
        if (limit < shared->quota.limit)
            shared->quota.limit = limit;
        return &shared->quota;
    }
    shared = xcalloc(1, sizeof(*shared));
    *shared = (struct shared){.quota = {.limit = limit}, .credential = xstrdup(credential), .users = 1};
    list_append(&budgets, &shared->link);
    return &shared->quota;
}

void youtube_quota_put(struct youtube_quota *quota)
{
    struct shared *shared = quota ? container_of(quota, struct shared, quota) : NULL;
    if (!shared || --shared->users > 0)
        return;
    list_remove(&shared->link);
    free(shared->credential);
    free(shared);
}
