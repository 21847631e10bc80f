/*
 * kick_find.c - what the site tells: the ids behind a channel's name, and the newest messages.
 * kick.com/api/v2 is no official interface and stands behind a guard that lets few programs in. Kick's staff will not
 * add a lookup of the chatroom's id (KickDevDocs #342): it is tried once, and then a person is asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/kick_inside.h"
#include "net/form.h"
#include "net/http.h"

enum { BUSY_MS = 60 * 1000, HISTORY_BYTES_MAX = 2 << 20, STALE_MS = 5 * 60 * 1000 /* no alert comes so late */ };

static bool get(struct kick *kick, const char *format, const char *word,
                void (*on_done)(void *data, const struct http_result *result), struct error *err)
{
    static const struct net_header headers[] = {{"accept", "application/json"}};
    struct buffer *url = &kick->address;
    buffer_clear(url);
    buffer_add_string(url, kick->site_url);
    buffer_add_string(url, "/api/v2/channels/");
    form_escape(url, word, strlen(word));
    buffer_add_string(url, format);
    buffer_add_char(url, '\0');
    struct http_options options = {.url = url->data, .headers = headers, .header_count = 1,
                                   .body_bytes_max = HISTORY_BYTES_MAX, .on_done = on_done, .data = kick};
    connector_fill_http(&kick->base, &options);
    kick->lookup = http_start(kick->base.options.loop, &options, err);
    return kick->lookup != NULL;
}

/* ---- the ids ---- */

static void ask_a_person(struct kick *kick)
{
    kick->is_site_closed = true;
    connector_set_remedy(&kick->base, "open https://kick.com/api/v2/channels/%s in a browser, look for \"chatroom\":{\"id\":"
                         "NUMBER and set chatroom_id to that number", kick->channel);
    connector_set_state(&kick->base, CONNECTOR_FAILED, "kick.com does not tell programs the chatroom's id: it must be in the "
                        "configuration as chatroom_id");
    timer_start(&kick->retry, random_jitter(6 * KICK_SELDOM_MS, 20));
}

static bool take_ids(struct kick *kick, const json_t *answer)
{
    int64_t chatroom_id = json_get_int(json_object_get(answer, "chatroom"), "id", 0);
    if (chatroom_id <= 0)
        return false;
    kick->chatroom_id = chatroom_id;
    kick_reader_set_pictures(&kick->reader, json_object_get(answer, "subscriber_badges"));
    if (kick->channel_id == 0)
        kick->channel_id = json_get_int(answer, "id", 0);
    if (kick->user_id == 0)
        kick->user_id = json_get_int(answer, "user_id", 0);
    return true;
}

static void retry_later(struct kick *kick, int64_t delay_ms, const char *why)
{
    char again[32];
    timer_start(&kick->retry, delay_ms);
    connector_set_state(&kick->base, CONNECTOR_CONNECTING, "looking for kick.com/%s: %s (%s)", kick->channel, why,
                        connector_again_text(delay_ms, again));
}

static void handle_channel(void *data, const struct http_result *result)
{
    struct kick *kick = data;
    kick->lookup = NULL;
    if (result->status == 404) {
        connector_set_remedy(&kick->base, "set channel to the name as in kick.com/NAME");
        connector_set_state(&kick->base, CONNECTOR_FAILED, "kick.com knows no channel \"%s\"", kick->channel);
        timer_start(&kick->retry, random_jitter(KICK_SELDOM_MS, 20));
        return;
    }
    if (result->error.code == ERROR_AGAIN) {
        int64_t delay_ms = result->status == 429 ? random_jitter(BUSY_MS, 20) : backoff_next_ms(&kick->backoff);
        retry_later(kick, delay_ms > 0 ? delay_ms : 1000, result->error.text);
        return;
    }
    // A page of HTML with status 200 is a refusal as well.
    json_t *answer = result->error.code == ERROR_NONE ? json_parse(result->body, result->len, NULL) : NULL;
    if (take_ids(kick, answer)) {
        backoff_reset(&kick->backoff);
        kick_socket_start(kick);
    } else {
        ask_a_person(kick);
    }
    json_decref(answer);
}

void kick_find_ids(struct kick *kick)
{
    struct error err = {0};
    connector_set_state(&kick->base, CONNECTOR_CONNECTING, "looking for kick.com/%s", kick->channel);
    if (!get(kick, "", kick->channel, handle_channel, &err))
        connector_set_state(&kick->base, CONNECTOR_FAILED, "site_url: %s", err.text);
}

/* ---- what was missed ---- */

static void read_history(struct kick *kick, const json_t *messages)
{
    // The newest comes first.
    for (size_t i = json_array_size(messages); i-- > 0;) {
        struct error err = {0};
        const json_t *item = json_array_get(messages, i);
        if (field_time_ms(item, "created_at") < kick->fill_from_ms)
            continue;
        if (!kick_reader_history(&kick->reader, item, &err))
            connector_end_frame(&kick->base, &err);
    }
}

static void handle_history(void *data, const struct http_result *result)
{
    struct kick *kick = data;
    kick->lookup = NULL;
    if (result->error.code != ERROR_NONE) {
        kick->is_site_closed = result->error.code == ERROR_DENIED;
        return;
    }
    if (!connector_begin_frame(&kick->base, result->body, result->len))
        return;
    json_t *answer = json_parse(result->body, result->len, NULL);
    if (!answer)
        kick->is_site_closed = true;
    read_history(kick, json_object_get(json_object_get(answer, "data"), "messages"));
    connector_end_frame(&kick->base, NULL);
    json_decref(answer);
}

void kick_fill_gap(struct kick *kick, int64_t from_ms)
{
    char id[24];
    if (kick->is_site_closed || kick->channel_id == 0 || kick->lookup)
        return;
    kick->fill_from_ms = from_ms - 1000;
    kick->reader.history_before_ms = clock_unix_ms() - STALE_MS;
    snprintf(id, sizeof(id), "%lld", (long long)kick->channel_id);
    get(kick, "/messages", id, handle_history, NULL);
}
