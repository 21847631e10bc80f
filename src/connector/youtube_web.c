/*
 * youtube_web.c - the chat as YouTube's own page reads it, without a key: switched on by hand ("method": "web"), since it is
 * against the terms of YouTube's API services and ends whenever the page changes. The page gives a key, a version and a
 * continuation; each answer gives the next continuation. Facts: pages of 2026-11.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/youtube_inside.h"
#include "connector/youtube_names.h"
#include "connector/youtube_web_action.h"
#include "net/http.h"

enum {
    PAGE_BYTES_MAX = 8 << 20,
    PAUSE_MS = 5000, PAUSE_MS_MIN = 1000, PAUSE_MS_MAX = 10000,
    RESUMABLE_MS = 60 * 1000,   // a continuation older than this is not relied on
    REFUSED_MS = 30 * 1000,     // 403 and 429 want a long pause
    WORD_BYTES_MAX = 4096,
};

/* A browser of a desktop, in English: amounts are read in that form. The cookie says that consent was asked. */
static const struct net_header page_headers[] = {
    {"user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"},
    {"accept-language", "en"}, {"cookie", "SOCS=CAI"},
};

static void read_page(struct youtube *youtube);
static void boot(struct youtube *youtube);

static void get(struct youtube *youtube, void (*fn)(void *data, const struct http_result *result))
{
    struct error err = {0};
    buffer_add_char(&youtube->url, '\0');
    struct http_options options = {.url = youtube->url.data, .headers = page_headers, .header_count = ARRAY_LENGTH(page_headers),
                                   .body_bytes_max = PAGE_BYTES_MAX, .on_done = fn, .data = youtube};
    connector_fill_http(&youtube->base, &options);
    youtube->request = http_start(youtube->base.options.loop, &options, &err);
    if (!youtube->request)
        connector_set_state(&youtube->base, CONNECTOR_FAILED, "web_url: %s", err.text);
}

static void try_again(struct youtube *youtube, youtube_step step, int64_t least_ms, const char *why)
{
    char again[32];
    int64_t delay_ms = youtube_backoff_ms(youtube);
    delay_ms = delay_ms < least_ms ? random_jitter(least_ms, 20) : delay_ms;
    youtube_later(youtube, delay_ms, step);
    connector_set_state(&youtube->base, CONNECTOR_CONNECTING, "%s (%s)", why, connector_again_text(delay_ms, again));
}

/* No 2xx answer. */
static void handle_failure(struct youtube *youtube, const struct http_result *result, youtube_step step)
{
    if (result->status == 403 || result->status == 429) {
        connector_set_remedy(&youtube->base, "YouTube may want no more readers without a key from here: use an api_key");
        try_again(youtube, step, youtube->refused_ms, "YouTube's page refuses us for now");
    } else if (result->status >= 300 && result->status < 400) {
        try_again(youtube, boot, youtube->refused_ms, "YouTube asks for consent, or sends us elsewhere");
    } else if (result->status == 400) {
        try_again(youtube, boot, 0, "YouTube's page is another version by now");
    } else {
        try_again(youtube, step, 0, result->error.text);
    }
}

/* ---- what stands in the page ---- */

/* The text behind "NAME":" up to the next quote; the caller frees. NULL: absent. */
static char *find_word(const char *html, size_t len, const char *name)
{
    char *sign = xasprintf("\"%s\":\"", name);
    const char *at = memmem(html, len, sign, strlen(sign));
    at = at ? at + strlen(sign) : NULL;
    free(sign);
    const char *end = at ? memchr(at, '"', len - (size_t)(at - html)) : NULL;
    size_t word = end ? (size_t)(end - at) : 0;
    return word > 0 && word <= WORD_BYTES_MAX && !memchr(at, '\\', word) ? xstrndup(at, word) : NULL;
}

/* The length of the balanced {…} at the start; 0: it does not end. */
static size_t object_len(const char *text, size_t len)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

struct str youtube_web_find_data(const char *html, size_t len)
{
    static const char *const signs[] = {"window[\"ytInitialData\"]", "var ytInitialData", "ytInitialData ="};
    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++) {
        const char *at = memmem(html, len, signs[i], strlen(signs[i]));
        const char *begin = at ? memchr(at, '{', len - (size_t)(at - html)) : NULL;
        size_t data = begin ? object_len(begin, len - (size_t)(begin - html)) : 0;
        if (data > 0)
            return (struct str){begin, data};
    }
    return (struct str){0};
}

/* ---- a channel: its page /live is the broadcast's ---- */

static void wait_for_broadcast(struct youtube *youtube)
{
    youtube_later(youtube, random_jitter(youtube->wait_ms, 5), youtube_find);
    connector_set_state(&youtube->base, CONNECTOR_WAITING, "waiting for %s to go live",
                        youtube->wanted_channel ? youtube->wanted_channel : youtube->wanted_video);
}

/* <link rel="canonical" href="https://www.youtube.com/watch?v=…">; the caller frees. NULL: it is the channel's own page. */
static char *find_video(const char *html, size_t len)
{
    static const char sign[] = "<link rel=\"canonical\" href=\"";
    const char *at = memmem(html, len, sign, sizeof(sign) - 1);
    if (!at)
        return NULL;
    at += sizeof(sign) - 1;
    const char *end = memchr(at, '"', len - (size_t)(at - html));
    if (!end || end - at > 300 || !memmem(at, (size_t)(end - at), "watch?v=", 8))
        return NULL;
    char *address = xstrndup(at, (size_t)(end - at));
    char *video = youtube_video_id(address);
    free(address);
    return video;
}

static void use_video(struct youtube *youtube, const char *video)
{
    char *chat = xasprintf("web:%s", video);
    youtube_set_chat(youtube, video, chat);
    free(chat);
    boot(youtube);
}

static void handle_live(void *data, const struct http_result *result)
{
    struct youtube *youtube = data;
    youtube->request = NULL;
    if (result->status == 404) {
        youtube_later(youtube, random_jitter(10 * youtube->wait_ms, 20), youtube_find);
        connector_set_remedy(&youtube->base, "check the name of the channel");
        connector_set_state(&youtube->base, CONNECTOR_FAILED, "channel \"%s\": there is none of that name", youtube->wanted_channel);
        return;
    }
    if (result->error.code != ERROR_NONE) {
        handle_failure(youtube, result, youtube_find);
        return;
    }
    char *video = find_video(result->body, result->len);
    // The page may show a broadcast of next week.
    bool is_upcoming = memmem(result->body, result->len, "\"isUpcoming\":true", 17) &&
                       !memmem(result->body, result->len, "\"isLiveNow\":true", 16);
    char *chat = video ? xasprintf("web:%s", video) : NULL;
    bool is_over = chat && youtube->ended_chat && strcmp(chat, youtube->ended_chat) == 0;
    if (video && !is_upcoming && !is_over) {
        use_video(youtube, video);
    } else {
        wait_for_broadcast(youtube);
    }
    free(chat);
    free(video);
}

void youtube_web_find(struct youtube *youtube)
{
    const char *name = youtube->wanted_channel;
    if (!name) {
        char *chat = xasprintf("web:%s", youtube->wanted_video);
        bool is_over = youtube->ended_chat && strcmp(chat, youtube->ended_chat) == 0;
        free(chat);
        if (is_over) {
            // The page does not say whose the next one is.
            connector_set_state(&youtube->base, CONNECTOR_WAITING, "the broadcast is over; give a channel to follow its next one");
            youtube_later(youtube, random_jitter(10 * youtube->wait_ms, 20), youtube_find);
        } else {
            use_video(youtube, youtube->wanted_video);
        }
        return;
    }
    youtube_url_begin(&youtube->url, youtube->web_url, "/");
    if (strncmp(name, "user:", 5) == 0)
        buffer_printf(&youtube->url, "user/%s/live", name + 5);
    else
        buffer_printf(&youtube->url, "%s%s/live", *name == '@' ? "" : "channel/", name);
    get(youtube, handle_live);
}

/* ---- the page of the chat ---- */

static void take_next(struct youtube *youtube, const struct youtube_web_next *next)
{
    youtube_set_text(&youtube->token, next->continuation);
    youtube->interval_ms = next->timeout_ms;
    youtube->empty_pages = next->items > 0 ? 0 : youtube->empty_pages + 1;
}

/* One page of either form, as a frame. False: it is no JSON. */
static bool read_json(struct youtube *youtube, const char *text, size_t len, struct youtube_web_next *next)
{
    struct error err = {0};
    *next = (struct youtube_web_next){0};
    youtube->alive_ms = clock_unix_ms();
    if (!connector_begin_frame(&youtube->base, text, len))
        return false;
    json_t *page = json_parse_repaired(text, len, &err);
    if (page) {
        youtube_web_read_page(&youtube->reader, page, next, &err);
        take_next(youtube, next);
    }
    connector_end_frame(&youtube->base, &err);
    next->continuation = NULL;  // it went with the page
    json_decref(page);
    return page;
}

static void say_live(struct youtube *youtube)
{
    backoff_reset(&youtube->backoff);
    youtube->failures = 0;
    connector_set_state(&youtube->base, CONNECTOR_LIVE, "reading the web page's chat of %s (unofficial: it may end any day)",
                        youtube->video);
}

static void go_on(struct youtube *youtube)
{
    int64_t pause_ms = youtube->interval_ms > 0 ? youtube->interval_ms : PAUSE_MS;
    if (pause_ms > PAUSE_MS_MAX)
        pause_ms = PAUSE_MS_MAX;
    youtube_later(youtube, pause_ms > youtube->web_pause_ms ? pause_ms : youtube->web_pause_ms, youtube_read_chat);
    youtube_give_cursor(youtube);
}

/* No chat in it: none yet, none any more, or for members only. */
static void handle_no_chat(struct youtube *youtube)
{
    bool was_there = youtube->since_ms > 0;
    if (was_there && ++youtube->failures > 1) {
        youtube_reader_end(&youtube->reader, youtube->chat, clock_unix_ms());
        youtube_end_broadcast(youtube);
        return;
    }
    youtube_later(youtube, was_there ? youtube->web_pause_ms : random_jitter(youtube->wait_ms, 5), youtube_find);
    if (!was_there)
        connector_set_state(&youtube->base, CONNECTOR_WAITING, "the page of %s has no chat: not live yet, chat off, or members only "
                            "(which needs an api_key or a login)", youtube->video);
}

static bool take_words(struct youtube *youtube, const struct http_result *result)
{
    char *key = find_word(result->body, result->len, "INNERTUBE_API_KEY");
    char *version = find_word(result->body, result->len, "INNERTUBE_CONTEXT_CLIENT_VERSION");
    char *visitor = find_word(result->body, result->len, "VISITOR_DATA");
    if (!version)
        version = find_word(result->body, result->len, "clientVersion");
    youtube_set_text(&youtube->web_key, key);
    youtube_set_text(&youtube->web_version, version);
    youtube_set_text(&youtube->web_visitor, visitor);
    bool ok = key && version;
    free(key);
    free(version);
    free(visitor);
    return ok;
}

static void handle_boot(void *data, const struct http_result *result)
{
    struct youtube *youtube = data;
    youtube->request = NULL;
    if (result->error.code != ERROR_NONE) {
        handle_failure(youtube, result, boot);
        return;
    }
    struct youtube_web_next next;
    struct str page = youtube_web_find_data(result->body, result->len);
    if (!take_words(youtube, result) || page.len == 0) {
        // Loudly: such a change ended every reader of this kind before.
        connector_set_remedy(&youtube->base, "the page has changed: use an api_key instead of \"method\": \"web\"");
        connector_set_state(&youtube->base, CONNECTOR_FAILED, "YouTube's page is not as it was: no key or no data in it");
        youtube_later(youtube, random_jitter(youtube->refused_ms * 10, 20), youtube_find);
        return;
    }
    youtube_set_text(&youtube->token, NULL);
    youtube_begin_reading(youtube, clock_unix_ms());
    bool is_read = read_json(youtube, page.data, page.len, &next);
    if (!is_read || !youtube->token) {
        if (youtube->expected_ms == 0 && youtube->base.health.last_message_ms == 0)
            youtube->since_ms = 0;
        handle_no_chat(youtube);
        return;
    }
    youtube_check_overlap(youtube);
    say_live(youtube);
    youtube->interval_ms = youtube->web_pause_ms;  // the whole chat's continuation wants to be used at once
    go_on(youtube);
}

static void boot(struct youtube *youtube)
{
    if (!youtube->video) {
        youtube_find(youtube);
        return;
    }
    youtube_url_begin(&youtube->url, youtube->web_url, "/live_chat");
    youtube_url_add(&youtube->url, "is_popout", "1");
    youtube_url_add(&youtube->url, "v", youtube->video);
    if (youtube->base.health.state != CONNECTOR_LIVE)
        connector_set_state(&youtube->base, CONNECTOR_CONNECTING, "opening the web page's chat of %s", youtube->video);
    get(youtube, handle_boot);
}

/* ---- the pages that follow ---- */

static void handle_page(void *data, const struct http_result *result)
{
    struct youtube *youtube = data;
    struct youtube_web_next next;
    youtube->request = NULL;
    if (result->error.code != ERROR_NONE) {
        handle_failure(youtube, result, read_page);
        return;
    }
    youtube_begin_reading(youtube, clock_unix_ms());
    bool is_read = read_json(youtube, result->body, result->len, &next);
    if (!is_read) {
        try_again(youtube, boot, 0, "an answer that cannot be read");
    } else if (!youtube->token) {
        handle_no_chat(youtube);
    } else {
        say_live(youtube);
        go_on(youtube);
    }
}

static char *make_question(const struct youtube *youtube)
{
    json_t *client = json_pack("{s:s,s:s,s:s,s:s}", "clientName", "WEB", "clientVersion", youtube->web_version, "hl", "en", "gl", "US");
    if (youtube->web_visitor)
        json_object_set_new(client, "visitorData", json_string(youtube->web_visitor));
    json_t *object = json_pack("{s:{s:o},s:s}", "context", "client", client, "continuation", youtube->token);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

static void read_page(struct youtube *youtube)
{
    struct error err = {0};
    char *body = make_question(youtube);
    const struct net_header headers[] = {
        page_headers[0], page_headers[1], page_headers[2], {"content-type", "application/json"},
        {"x-youtube-client-name", "1"}, {"x-youtube-client-version", youtube->web_version}, {"origin", "https://www.youtube.com"},
    };
    youtube_url_begin(&youtube->url, youtube->web_url, "/youtubei/v1/live_chat/get_live_chat");
    youtube_url_add(&youtube->url, "key", youtube->web_key);
    youtube_url_add(&youtube->url, "prettyPrint", "false");
    buffer_add_char(&youtube->url, '\0');
    struct http_options options = {.url = youtube->url.data, .headers = headers, .header_count = ARRAY_LENGTH(headers), .body = body,
                                   .body_len = strlen(body), .body_bytes_max = PAGE_BYTES_MAX, .on_done = handle_page, .data = youtube};
    connector_fill_http(&youtube->base, &options);
    youtube->request = http_start(youtube->base.options.loop, &options, &err);
    if (!youtube->request)
        connector_set_state(&youtube->base, CONNECTOR_FAILED, "web_url: %s", err.text);
    free(body);
}

void youtube_web_read_chat(struct youtube *youtube)
{
    bool is_resumable = youtube->token && youtube->web_key && clock_unix_ms() - youtube->alive_ms < RESUMABLE_MS;
    if (is_resumable) {
        read_page(youtube);
    } else {
        boot(youtube);
    }
}
