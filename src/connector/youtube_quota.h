/*
 * youtube_quota.h - the day's budget of API units: what calls cost, what is spent, when the day ends.
 * All sources with one API key, or one OAuth client, share its budget at Google, and here; Google's answer
 * (quotaExceeded) has the last word. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum youtube_call {
    YOUTUBE_VIDEOS_LIST,
    YOUTUBE_CHANNELS_LIST,
    YOUTUBE_PLAYLIST_ITEMS_LIST,
    YOUTUBE_SEARCH_LIST,
    YOUTUBE_CHAT_STREAM,
    YOUTUBE_CHAT_LIST,
    YOUTUBE_CHAT_INSERT,
    YOUTUBE_CHAT_DELETE,
    YOUTUBE_CHAT_TRANSITION,
    YOUTUBE_BAN_INSERT,
    YOUTUBE_BAN_DELETE,
};

struct youtube_quota {
    int64_t limit;      // units a day
    int64_t spent;
    int64_t day_end_ms; // Unix: when `spent` goes back to 0
    int64_t parked_ms;  // Unix: until then nothing may be called; 0: it may
};

int64_t youtube_call_cost(enum youtube_call call);

/*
 * The budget of `credential` (a key, or "client:ID"), the same for all who ask; limit: the least that any of them gave.
 * youtube_quota_put() when it is not needed any more. Never NULL.
 */
struct youtube_quota *youtube_quota_get(const char *credential, int64_t limit);
void youtube_quota_put(struct youtube_quota *quota);  // accepts NULL

/* What an earlier life counted: the larger number counts. */
void youtube_quota_merge(struct youtube_quota *quota, int64_t spent, int64_t day_end_ms, int64_t parked_ms);

/* The next 00:00 in America/Los_Angeles after unix_ms: Google's day. Needs no time zone database. */
int64_t youtube_day_end_ms(int64_t unix_ms);

/* True: it may be made, and its cost is counted. False: parked, see parked_ms. */
bool youtube_quota_take(struct youtube_quota *quota, enum youtube_call call, int64_t now_ms);

/* There is enough left for it, and nothing is parked. Takes nothing. */
bool youtube_quota_has(struct youtube_quota *quota, enum youtube_call call, int64_t now_ms);

/* Google says that the day is used up. */
void youtube_quota_park(struct youtube_quota *quota, int64_t now_ms);

/* 0..1 and more. */
double youtube_quota_used(struct youtube_quota *quota, int64_t now_ms);
