#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "connector/discord_inside.h"

/*
 * A session that cannot be resumed replays nothing, but a channel's messages stay where they are: they are asked for
 * from the moment on until which all had been read. A snowflake is a time, so no message's id need be known.
 */

enum { PAGE = 100, PAGES_MAX = 50, FAILURES_MAX = 4, AGAIN_MS = 1000, OVERLAP_MS = 2000 };

static void ask(void *data);

static uint64_t channel_of(const struct discord *discord)
{
    return discord->reader.channels[discord->history.channel];
}

static void next_channel(struct discord *discord)
{
    discord->history.channel++;
    discord->history.pages = discord->history.failures = 0;
    discord->history.after = discord_id_at(discord->history.from_ms - OVERLAP_MS);
    if (discord->history.channel < discord->reader.channel_count) {
        timer_start(&discord->history.timer, 0);
        return;
    }
    discord->history.is_running = false;
    discord_history_done(discord);
}

/* What could not be read again is lost; of the time before our first day nobody misses anything. */
static void give_up(struct discord *discord, const char *why)
{
    char reason[400];
    const char *name = discord_channel_name(&discord->reader.guilds, channel_of(discord));
    snprintf(reason, sizeof(reason), "the session ended, and #%s could not be read again: %s", name ? name : "?", why);
    int64_t from_ms = discord_id_time_ms(discord->history.after) + OVERLAP_MS;
    if (from_ms < discord->history.from_ms)
        from_ms = discord->history.from_ms;
    if (!discord->history.is_first)
        connector_gap(&discord->base, from_ms, discord->history.to_ms, reason);
    next_channel(discord);
}

/* Newest first as it comes; delivered in the order of writing. Returns how many. */
static size_t read_page(struct discord *discord, const json_t *page, struct error *err)
{
    struct discord_reader *reader = &discord->reader;
    size_t count = json_array_size(page);
    reader->is_history = discord->history.is_first;
    for (size_t i = count; i-- > 0;) {
        const json_t *message = json_array_get(page, i);
        uint64_t id = discord_id(message, "id");
        if (id > discord->history.after)
            discord->history.after = id;
        discord_reader_message(reader, message, err);
    }
    reader->is_history = false;
    return count;
}

static void handle_page(void *data, const struct http_result *result)
{
    struct discord *discord = data;
    char text[300];
    struct error err = {0};
    discord->history.request = NULL;
    if (result->error.code != ERROR_NONE) {
        discord_rest_text(result, text, sizeof(text));
        bool is_passing = result->error.code == ERROR_AGAIN && ++discord->history.failures < FAILURES_MAX;
        if (is_passing)
            timer_start(&discord->history.timer, result->status == 429 ? discord_rest_wait_ms(result)
                                                                       : AGAIN_MS << discord->history.failures);
        else
            give_up(discord, text);
        return;
    }
    if (!connector_begin_frame(&discord->base, result->body, result->len)) {
        give_up(discord, "it ended an earlier run");
        return;
    }
    json_t *page = json_parse(result->body, result->len, &err);
    uint64_t before = discord->history.after;
    size_t count = read_page(discord, page, &err);
    bool is_list = json_is_array(page);
    json_decref(page);
    connector_end_frame(&discord->base, &err);
    if (!is_list)
        give_up(discord, "the answer is no list");
    else if (count < PAGE || discord->history.after == before)
        next_channel(discord);
    else if (++discord->history.pages == PAGES_MAX)
        give_up(discord, "more than 5,000 messages");
    else
        ask(discord);
}

static void ask(void *data)
{
    struct discord *discord = data;
    char path[128];
    struct error err = {0};
    snprintf(path, sizeof(path), "/channels/%" PRIu64 "/messages?limit=%d&after=%" PRIu64, channel_of(discord), PAGE,
             discord->history.after);
    discord->history.request = discord_rest(discord, "GET", path, NULL, handle_page, &err);
    if (!discord->history.request)
        give_up(discord, err.text);
}

void discord_history_start(struct discord *discord, int64_t from_ms)
{
    discord_history_stop(discord);
    timer_init(&discord->history.timer, discord->base.options.loop, ask, discord);
    discord->history.is_running = true;
    discord->history.from_ms = from_ms;
    discord->history.to_ms = clock_unix_ms();
    discord->history.channel = (size_t)-1;
    next_channel(discord);
}

void discord_history_stop(struct discord *discord)
{
    if (!discord->history.is_running)
        return;
    timer_stop(&discord->history.timer);
    http_cancel(discord->history.request);
    discord->history.request = NULL;
    discord->history.is_running = false;
}
