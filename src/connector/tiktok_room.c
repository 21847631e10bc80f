/*
 * tiktok_room.c - is the streamer live, and in which room: TikTok's own look-up, asked seldom. Where it does not answer in
 * its usual form (a captcha, a changed page) that says nothing about the streamer: the sign server is asked by the
 * handle then.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/tiktok_inside.h"
#include "net/form.h"
#include "net/http.h"

enum { WAIT_JITTER_MS = 10 * 1000, SELDOM_MS = 5 * 60 * 1000, STATUS_OFFLINE = 4, BODY_BYTES_MAX = 2 * 1024 * 1024 };

static int64_t wait_ms(const struct tiktok *tiktok)
{
    int64_t jitter_ms = tiktok->wait_ms < WAIT_JITTER_MS ? tiktok->wait_ms / 10 : WAIT_JITTER_MS;
    return tiktok->wait_ms + (int64_t)random_below((uint32_t)(jitter_ms + 1));
}

void tiktok_end_broadcast(struct tiktok *tiktok)
{
    tiktok_reader_end(&tiktok->reader, clock_unix_ms());
    tiktok_leave(tiktok, "the broadcast is over");
    tiktok->alive_ms = 0;  // nothing is written where there is no broadcast
    tiktok_set_text(&tiktok->room, STR(""));
    tiktok_set_text(&tiktok->cursor, STR(""));
    tiktok_set_text(&tiktok->ext, STR(""));
    connector_set_cursor(&tiktok->base, "{}");
    connector_set_state(&tiktok->base, CONNECTOR_WAITING, "the LIVE of @%s is over; waiting for the next", tiktok->channel);
    tiktok_later(tiktok, wait_ms(tiktok), tiktok_find_room);
}

static void handle_offline(struct tiktok *tiktok)
{
    if (tiktok->room) {  // we were there, and were not told
        tiktok_end_broadcast(tiktok);
        return;
    }
    connector_set_state(&tiktok->base, CONNECTOR_WAITING, "@%s is not live; a look every %lld s", tiktok->channel,
                        (long long)(tiktok->wait_ms + 999) / 1000);
    tiktok_later(tiktok, wait_ms(tiktok), tiktok_find_room);
}

/* Another room than the one that the cursor is of: its place means nothing here. */
static void take_room(struct tiktok *tiktok, struct str room)
{
    if (tiktok->room && !str_equal(str_from(tiktok->room), room)) {
        tiktok_set_text(&tiktok->cursor, STR(""));
        tiktok_set_text(&tiktok->ext, STR(""));
    }
    tiktok_set_text(&tiktok->room, room);
    tiktok->reader.is_ended = false;
    tiktok->reader.room_id = (int64_t)strtoull(tiktok->room ? tiktok->room : "0", NULL, 10);
}

/* True: it was understood, and acted on. */
static bool read_answer(struct tiktok *tiktok, const json_t *answer)
{
    const json_t *data = json_object_get(answer, "data");
    const char *room = json_get_text(json_object_get(data, "user"), "roomId");
    int64_t status = json_get_int(json_object_get(data, "liveRoom"), "status", 0);
    int64_t code = json_get_int(answer, "statusCode", 0);
    if (code != 0) {
        const char *message = json_get_text(answer, "message");
        connector_set_remedy(&tiktok->base, "check the handle in \"channel\"");
        connector_set_state(&tiktok->base, CONNECTOR_FAILED, "channel \"%s\": TikTok answers %s (%lld): is there such a handle?",
                            tiktok->channel, message && *message ? message : "with an error", (long long)code);
        tiktok_later(tiktok, SELDOM_MS, tiktok_find_room);
        return true;
    }
    if (!json_is_object(data))
        return false;
    if (!room || !*room || strcmp(room, "0") == 0 || status == STATUS_OFFLINE) {
        handle_offline(tiktok);
        return true;
    }
    take_room(tiktok, str_from(room));
    tiktok_sign(tiktok);
    return true;
}

/* The region's data centre: the signature is made for it. */
static void keep_region(struct tiktok *tiktok, const struct http_result *result)
{
    static const char name[] = "tt-target-idc=";
    const char *cookie = http_result_header(result, "set-cookie");
    const char *at = cookie ? strstr(cookie, name) : NULL;
    if (at)
        tiktok_set_text(&tiktok->idc, (struct str){at + sizeof(name) - 1, strcspn(at + sizeof(name) - 1, "; ")});
}

static void handle_answer(void *data, const struct http_result *result)
{
    struct tiktok *tiktok = data;
    tiktok->request = NULL;
    keep_region(tiktok, result);
    if (result->status == 0) {
        tiktok_lose(tiktok, tiktok_find_room, result->error.text);
        return;
    }
    json_t *answer = result->error.code == ERROR_NONE ? json_parse(result->body, result->len, NULL) : NULL;
    if (!read_answer(tiktok, answer))
        tiktok_sign(tiktok);
    json_decref(answer);
}

void tiktok_find_room(struct tiktok *tiktok)
{
    struct error err = {0};
    const struct net_header headers[] = {{"User-Agent", TIKTOK_USER_AGENT}};
    char *url = xasprintf("%s/api-live/user/room/?uniqueId=%s&sourceType=54&aid=1988", tiktok->site_url, tiktok->channel);
    struct http_options options = {
        .url = url, .headers = headers, .header_count = 1,
        .body_bytes_max = BODY_BYTES_MAX, .on_done = handle_answer, .data = tiktok};
    connector_fill_http(&tiktok->base, &options);
    enum connector_state state = tiktok->base.health.state;
    if (state != CONNECTOR_WAITING && state != CONNECTOR_FAILED)
        connector_set_state(&tiktok->base, CONNECTOR_CONNECTING, "looking for the LIVE of @%s", tiktok->channel);
    tiktok->request = http_start(tiktok->base.options.loop, &options, &err);
    if (!tiktok->request)
        connector_set_state(&tiktok->base, CONNECTOR_FAILED, "site_url: %s", err.text);
    free(url);
}
