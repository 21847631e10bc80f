#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/twitch_eventsub_inside.h"
#include "connector/twitch_reader.h"

enum {
    TICK_MS = 1000,
    LINGER_MS = 1000,           // the old socket stays so long beside the new one
    OLD_MS = 10 * 60 * 1000,    // a notification that late is none (replayed, Twitch says)
    SELDOM_MS = 5 * 60 * 1000,
    CLOSE_OUR_FAULT = 4001, CLOSE_UNUSED = 4003,
};

static const struct twitch_feed_handler feed_handler;

/* ---- words ---- */

void twitch_eventsub_say(struct twitch_eventsub *eventsub, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(eventsub->words, sizeof(eventsub->words), format, args);
    va_end(args);
    eventsub->options.on_change(eventsub->options.data);
}

static size_t count_of(const struct twitch_eventsub *eventsub, enum twitch_subscription state)
{
    size_t count = 0;
    for (size_t i = 0; twitch_event_type_at(i); i++)
        count += eventsub->states[i] == state;
    return count;
}

/* The first of each missing type's scopes, once. */
static void name_missing(struct twitch_eventsub *eventsub)
{
    const struct twitch_event_type *type;
    char *out = eventsub->remedy;
    size_t size = sizeof(eventsub->remedy), len;
    *out = '\0';
    for (size_t i = 0; (type = twitch_event_type_at(i)); i++) {
        char name[64];
        const char *last = strrchr(type->name, '.');
        snprintf(name, sizeof(name), "%.*s", (int)(last - type->name), type->name);
        bool is_missing = eventsub->states[i] == TWITCH_UNSCOPED && !type->is_otherwise;
        if (!is_missing || strstr(out, name) || (len = strlen(out)) + strlen(name) + 80 > size)
            continue;
        snprintf(out + len, size - len, "%s%s", len ? ", " : "log in again to get the events of ", name);
    }
    len = strlen(out);
    if (len > 0)
        snprintf(out + len, size - len, ": antiphon login twitch");
}

static void say_state(struct twitch_eventsub *eventsub)
{
    size_t enabled = count_of(eventsub, TWITCH_ENABLED), revoked = count_of(eventsub, TWITCH_REVOKED);
    name_missing(eventsub);
    if (revoked > 0) {
        twitch_eventsub_say(eventsub, "%zu kinds of events, %zu taken back by Twitch", enabled, revoked);
    } else {
        twitch_eventsub_say(eventsub, "%zu kinds of events", enabled);
    }
}

/* ---- sockets ---- */

static void reap(void *data)
{
    struct twitch_eventsub *eventsub = data;
    while (eventsub->ended_count > 0)
        twitch_feed_destroy(eventsub->ended[--eventsub->ended_count]);
}

static void discard(struct twitch_eventsub *eventsub, struct twitch_feed **feed)
{
    if (!*feed)
        return;
    if (eventsub->ended_count == ARRAY_LENGTH(eventsub->ended))
        twitch_feed_destroy(eventsub->ended[--eventsub->ended_count]);
    eventsub->ended[eventsub->ended_count++] = *feed;
    *feed = NULL;
    timer_start(&eventsub->reap, 0);
}

static struct twitch_feed *open_feed(struct twitch_eventsub *eventsub, const char *url)
{
    struct error err = {0};
    struct twitch_feed *feed = twitch_feed_create(eventsub->options.base, url, &feed_handler, eventsub, &err);
    if (!feed)
        twitch_eventsub_say(eventsub, "events: eventsub_url: %s", err.text);
    return feed;
}

static void connect_now(void *data)
{
    struct twitch_eventsub *eventsub = data;
    eventsub->current = open_feed(eventsub, eventsub->options.url);
    if (eventsub->current)
        twitch_eventsub_say(eventsub, "events: connecting");
}

/* Complete up to the last frame: whatever came before it has been delivered. */
static void note_alive(struct twitch_eventsub *eventsub)
{
    if (!eventsub->is_complete || !eventsub->current)
        return;
    int64_t alive_ms = twitch_feed_alive_ms(eventsub->current);
    if (alive_ms > eventsub->alive_ms)
        eventsub->alive_ms = alive_ms;
}

static void handle_tick(void *data)
{
    struct twitch_eventsub *eventsub = data;
    note_alive(eventsub);
    if (eventsub->current)
        timer_start(&eventsub->tick, TICK_MS);
}

void twitch_eventsub_handle_complete(struct twitch_eventsub *eventsub)
{
    int64_t now_ms = clock_unix_ms();
    if (eventsub->alive_ms > 0) {
        char *reason = xasprintf("events of EventSub (follows, polls, points, moderators): %s",
                                 eventsub->loss ? eventsub->loss : "we were not running");
        connector_gap(eventsub->options.base, eventsub->alive_ms, now_ms, reason);
        free(reason);
    }
    eventsub->alive_ms = now_ms;
    backoff_reset(&eventsub->backoff);
    timer_start(&eventsub->tick, TICK_MS);
    say_state(eventsub);
}

static void handle_welcome(void *data, struct twitch_feed *feed, const char *session)
{
    struct twitch_eventsub *eventsub = data;
    if (feed == eventsub->next) {
        // Its subscriptions came along. What the old one has said, and we have not read yet, is still read.
        note_alive(eventsub);
        discard(eventsub, &eventsub->old);
        eventsub->old = eventsub->current;
        timer_start(&eventsub->linger, LINGER_MS);
        eventsub->current = eventsub->next;
        eventsub->next = NULL;
        log_info("connector", "%s: EventSub moved us, nothing was missed", eventsub->options.base->source);
        if (eventsub->is_complete) {
            say_state(eventsub);
        } else {
            twitch_subscribe_begin(eventsub);  // it moved us before we were done
        }
    } else {
        twitch_subscribe_begin(eventsub);
    }
}

static void handle_reconnect(void *data, struct twitch_feed *feed, const char *url)
{
    struct twitch_eventsub *eventsub = data;
    if (feed == eventsub->current && !eventsub->next)
        eventsub->next = open_feed(eventsub, url);
}

static void handle_linger(void *data)
{
    struct twitch_eventsub *eventsub = data;
    discard(eventsub, &eventsub->old);
}

static int64_t delay_of(struct twitch_eventsub *eventsub, int code)
{
    // Our own mistake does not go away by hurry.
    if (code == CLOSE_OUR_FAULT)
        return random_jitter(SELDOM_MS, 20);
    return backoff_next_ms(&eventsub->backoff);
}

static void lose(struct twitch_eventsub *eventsub, int code, const struct error *why)
{
    char again[32];
    int64_t delay_ms = delay_of(eventsub, code);
    twitch_subscribe_stop(eventsub);
    timer_stop(&eventsub->tick);
    free(eventsub->loss);
    eventsub->loss = xasprintf("connection lost: %s", why->text);
    eventsub->is_complete = false;
    timer_start(&eventsub->retry, delay_ms);
    if (code == CLOSE_OUR_FAULT) {
        log_error("connector", "%s: EventSub says that we sent it something: a mistake of ours", eventsub->options.base->source);
    } else if (code == CLOSE_UNUSED) {
        log_warn("connector", "%s: EventSub closed because no subscription was made in time", eventsub->options.base->source);
    }
    twitch_eventsub_say(eventsub, "events: %s (%s)", why->text, connector_again_text(delay_ms, again));
}

static void handle_end(void *data, struct twitch_feed *feed, int code, const struct error *why)
{
    struct twitch_eventsub *eventsub = data;
    if (feed == eventsub->old) {
        discard(eventsub, &eventsub->old);
    } else if (feed == eventsub->next) {
        // 4007, or the way is barred: the old session lives on until its time is over (4004), then we begin afresh.
        discard(eventsub, &eventsub->next);
    } else if (feed == eventsub->current) {
        note_alive(eventsub);
        discard(eventsub, &eventsub->current);
        if (eventsub->next) {
            // It is on its way with our subscriptions, but between the two something may have been said.
            eventsub->current = eventsub->next;
            eventsub->next = NULL;
            twitch_subscribe_stop(eventsub);
            free(eventsub->loss);
            eventsub->loss = xasprintf("connection lost: %s", why->text);
            eventsub->is_complete = false;
            twitch_eventsub_say(eventsub, "events: connecting");
        } else {
            lose(eventsub, code, why);
        }
    }
}

/* ---- what came ---- */

/* At least once is what Twitch promises: the same frame may come again, also over the new socket. */
static bool is_repetition(struct twitch_eventsub *eventsub, struct str id)
{
    if (id.len == 0)
        return false;
    uint64_t hash = hash_bytes(&eventsub->key, id.data, id.len);
    size_t known = eventsub->seen_count < TWITCH_SEEN_MAX ? eventsub->seen_count : TWITCH_SEEN_MAX;
    for (size_t i = 0; i < known; i++) {
        if (eventsub->seen[i] == hash)
            return true;
    }
    eventsub->seen[eventsub->seen_count++ % TWITCH_SEEN_MAX] = hash;
    return false;
}

static bool handle_envelope(void *data, struct twitch_feed *feed, const struct twitch_envelope *envelope, struct error *err)
{
    struct twitch_eventsub *eventsub = data;
    if (is_repetition(eventsub, envelope->message_id))
        return true;
    if (envelope->type == TWITCH_REVOCATION) {
        twitch_subscribe_revoke(eventsub, envelope);
        if (eventsub->is_complete)
            say_state(eventsub);
        return true;
    }
    if (envelope->time_ms > 0 && clock_unix_ms() - envelope->time_ms > OLD_MS)
        return true;
    return twitch_events_read(eventsub->options.events, envelope, err);
}

static const struct twitch_feed_handler feed_handler = {
    .on_welcome = handle_welcome, .on_envelope = handle_envelope, .on_reconnect = handle_reconnect, .on_end = handle_end,
};

/* ---- life ---- */

struct twitch_eventsub *twitch_eventsub_create(const struct twitch_eventsub_options *options)
{
    struct twitch_eventsub *eventsub = xcalloc(1, sizeof(*eventsub));
    struct loop *loop = options->base->options.loop;
    eventsub->options = *options;
    eventsub->alive_ms = options->alive_ms;
    random_bytes(&eventsub->key, sizeof(eventsub->key));
    timer_init(&eventsub->retry, loop, connect_now, eventsub);
    timer_init(&eventsub->reap, loop, reap, eventsub);
    timer_init(&eventsub->tick, loop, handle_tick, eventsub);
    timer_init(&eventsub->linger, loop, handle_linger, eventsub);
    return eventsub;
}

void twitch_eventsub_start(struct twitch_eventsub *eventsub, const char *broadcaster_id)
{
    if (eventsub->broadcaster_id)
        return;
    eventsub->broadcaster_id = xstrdup(broadcaster_id);
    timer_start(&eventsub->retry, backoff_next_ms(&eventsub->backoff));
}

void twitch_eventsub_stop(struct twitch_eventsub *eventsub)
{
    note_alive(eventsub);
    twitch_subscribe_stop(eventsub);
    timer_stop(&eventsub->retry);
    timer_stop(&eventsub->tick);
    timer_stop(&eventsub->linger);
    discard(eventsub, &eventsub->old);
    discard(eventsub, &eventsub->current);
    discard(eventsub, &eventsub->next);
    free(eventsub->broadcaster_id);
    free(eventsub->loss);
    eventsub->broadcaster_id = eventsub->loss = NULL;
    eventsub->is_complete = false;
    eventsub->words[0] = eventsub->remedy[0] = '\0';
    backoff_reset(&eventsub->backoff);
}

void twitch_eventsub_destroy(struct twitch_eventsub *eventsub)
{
    if (!eventsub)
        return;
    twitch_eventsub_stop(eventsub);
    timer_stop(&eventsub->reap);
    reap(eventsub);
    free(eventsub);
}

const char *twitch_eventsub_words(const struct twitch_eventsub *eventsub)
{
    return eventsub ? eventsub->words : "";
}

const char *twitch_eventsub_remedy(const struct twitch_eventsub *eventsub)
{
    return eventsub ? eventsub->remedy : "";
}

int64_t twitch_eventsub_alive_ms(const struct twitch_eventsub *eventsub)
{
    return eventsub ? eventsub->alive_ms : 0;
}
