/*
 * youtube.c - YouTube's live chat by the Data API with a key: configuration, cursor, and what all steps share.
 * The connector is a chain of steps, one at a time: find the broadcast, read its chat, and again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/youtube_inside.h"
#include "connector/youtube_names.h"
#include "connector/youtube_web_action.h"
#include "net/http.h"

enum {
    WAIT_MS = 30 * 1000,
    POLL_MS = 5 * 1000,
    SETTLED_MS = 30 * 1000,
    SELDOM_MS = 5 * 60 * 1000,   // between attempts when a person must do something
    LOGIN_MS = 2000,             // until a renewed token is there
    SLOWER_MS_MAX = 60 * 1000,
    WEB_PAUSE_MS = 1000,
    REFUSED_MS = 30 * 1000,
    DAILY_QUOTA = 10000,
    BACKOFF_MS_MAX = 30 * 1000,
};

static const struct connector_key keys[] = {
    {"channel", JSON_STRING, false, "whose broadcasts are followed: a handle, id or address. This or a video", "@anna"},
    {"video", JSON_STRING, false, "one broadcast: its id or address. This or a channel", "https://youtube.com/live/dQw4w9WgXcQ"},
    {"api_key", JSON_STRING, false, "from the Google Cloud console, YouTube Data API v3", "secret:youtube"},
    {"login", JSON_TRUE, false, "read with the account of `antiphon login youtube`: private and members' chats, too"},
    {"method", JSON_STRING, false, "usually \"auto\"; \"web\" reads YouTube's own page without a key, against its terms", "auto"},
    {"api_url", JSON_STRING, false}, {"url", JSON_STRING, false}, {"web_url", JSON_STRING, false}, {"refused_ms", JSON_INTEGER, false},
    {"daily_quota", JSON_INTEGER, false}, {"wait_ms", JSON_INTEGER, false}, {"poll_ms", JSON_INTEGER, false},
    {"settled_ms", JSON_INTEGER, false}, {NULL},
};

static struct youtube *get_youtube(struct connector *base)
{
    return container_of(base, struct youtube, base);
}

/* ---- configuration ---- */

static char *check_name(const char *video, const char *channel, struct error *err)
{
    char *name = video ? youtube_video_id(video) : youtube_channel_name(channel);
    if (!name && video) {
        error_set(err, ERROR_DATA, "video \"%s\": expected a video's id (11 characters) or its address", video);
    } else if (!name) {
        error_set(err, ERROR_DATA, "channel \"%s\": expected @handle, a channel's id (UC…) or its address", channel);
    }
    return name;
}

static bool check_method(const json_t *config, struct error *err)
{
    const char *method = connector_config_text(config, "method", "auto");
    if (strcmp(method, "auto") == 0 || strcmp(method, "stream") == 0 || strcmp(method, "list") == 0 || strcmp(method, "web") == 0)
        return true;
    return error_set(err, ERROR_DATA, "method \"%s\": expected \"auto\", \"stream\", \"list\" or \"web\"", method);
}

static const char *api_url_of(const json_t *config, const char *otherwise)
{
    return connector_config_text(config, "api_url", connector_config_text(config, "url", otherwise));
}

static bool is_web(const json_t *config)
{
    return strcmp(connector_config_text(config, "method", "auto"), "web") == 0;
}

static char *youtube_check(const json_t *config, struct error *err)
{
    const char *video = connector_config_text(config, "video", NULL);
    const char *channel = connector_config_text(config, "channel", NULL);
    if (!video == !channel) {
        error_set(err, ERROR_DATA, "video, channel: give one of them");
        return NULL;
    }
    char *key = connector_config_secret(config, "api_key", err);
    bool has_key = key && *key, needs_none = json_get_bool(config, "login", false) || is_web(config) || api_url_of(config, NULL);
    if (key && !has_key && !needs_none)
        error_set(err, ERROR_DATA, "api_key: missing; make one in the Google Cloud console and give it as a secret, or give \"login\": true");
    free(key);
    if (!key || (!has_key && !needs_none))
        return NULL;
    return check_method(config, err) ? check_name(video, channel, err) : NULL;
}

void youtube_set_text(char **slot, const char *text)
{
    char *copy = xstrdup(text);
    free(*slot);
    *slot = copy;
}

static enum youtube_method method_of(const json_t *config)
{
    const char *method = connector_config_text(config, "method", "auto");
    return strcmp(method, "web") == 0 ? YOUTUBE_WEB : strcmp(method, "list") == 0 ? YOUTUBE_LIST : strcmp(method, "stream") == 0 ? YOUTUBE_STREAM : YOUTUBE_AUTO;
}

static void read_config(struct youtube *youtube, const json_t *config)
{
    const char *video = connector_config_text(config, "video", NULL);
    const char *channel = connector_config_text(config, "channel", NULL);
    youtube->wanted_video = video ? youtube_video_id(video) : NULL;
    youtube->wanted_channel = channel ? youtube_channel_name(channel) : NULL;
    if (youtube->wanted_channel && youtube_is_channel_id(youtube->wanted_channel))
        youtube->channel = xstrdup(youtube->wanted_channel);
    youtube->api_url = xstrdup(api_url_of(config, "https://www.googleapis.com/youtube/v3"));
    youtube->web_url = xstrdup(connector_config_text(config, "web_url", "https://www.youtube.com"));
    youtube->api_key = connector_config_secret(config, "api_key", NULL);
    youtube->is_by_login = json_get_bool(config, "login", false);
    log_hide(youtube->api_key);
    youtube->method = method_of(config);
    youtube->wait_ms = json_get_int(config, "wait_ms", WAIT_MS);
    youtube->poll_ms = json_get_int(config, "poll_ms", POLL_MS);
    youtube->settled_ms = json_get_int(config, "settled_ms", SETTLED_MS);
    youtube->web_pause_ms = json_get_int(config, "poll_ms", WEB_PAUSE_MS);
    youtube->refused_ms = json_get_int(config, "refused_ms", REFUSED_MS);
    youtube->daily_quota = json_get_int(config, "daily_quota", DAILY_QUOTA);
}

static struct connector *youtube_create(const json_t *config)
{
    struct youtube *youtube = xcalloc(1, sizeof(*youtube));
    youtube->backoff.limit_ms = BACKOFF_MS_MAX;
    youtube->reader.base = &youtube->base;
    youtube_scan_init(&youtube->scan, &youtube_scan_handler, youtube);
    if (config)
        read_config(youtube, config);
    return &youtube->base;
}

/* ---- the cursor: all that a next life must know ---- */

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

static void set_int(json_t *object, const char *key, int64_t value)
{
    if (value != 0)
        json_object_set_new(object, key, json_integer(value));
}

void youtube_give_cursor(struct youtube *youtube)
{
    json_t *cursor = json_object();
    set_text(cursor, "channel", youtube->channel);
    set_text(cursor, "video", youtube->video);
    set_text(cursor, "chat", youtube->chat);
    set_text(cursor, "ended_chat", youtube->ended_chat);
    set_text(cursor, "token", youtube->is_listing ? NULL : youtube->token);
    set_int(cursor, "following", youtube->is_following);
    set_int(cursor, "since_ms", youtube->since_ms);
    set_int(cursor, "last_ms", youtube->reader.last_ms);
    set_int(cursor, "alive_ms", youtube->alive_ms);
    set_int(cursor, "spent", youtube->quota->spent);
    set_int(cursor, "day_end_ms", youtube->quota->day_end_ms);
    set_int(cursor, "parked_ms", youtube->quota->parked_ms);
    connector_set_cursor_json(&youtube->base, cursor);
}

static void take_cursor(struct youtube *youtube)
{
    json_t *cursor = connector_cursor(&youtube->base);
    if (!youtube->channel)
        youtube_set_text(&youtube->channel, json_get_text(cursor, "channel"));
    youtube_set_text(&youtube->video, json_get_text(cursor, "video"));
    youtube_set_text(&youtube->chat, json_get_text(cursor, "chat"));
    youtube_set_text(&youtube->ended_chat, json_get_text(cursor, "ended_chat"));
    youtube_set_text(&youtube->token, json_get_text(cursor, "token"));
    youtube->is_from_cursor = youtube->chat != NULL;
    youtube->is_following = json_get_int(cursor, "following", 0) != 0 && youtube->channel;
    youtube->since_ms = json_get_int(cursor, "since_ms", 0);
    youtube->reader.last_ms = json_get_int(cursor, "last_ms", 0);
    youtube->alive_ms = json_get_int(cursor, "alive_ms", 0);
    youtube_quota_merge(youtube->quota, json_get_int(cursor, "spent", 0), json_get_int(cursor, "day_end_ms", 0),
                        json_get_int(cursor, "parked_ms", 0));
    json_decref(cursor);
}

/* ---- steps ---- */

static void handle_timer(void *data)
{
    struct youtube *youtube = data;
    youtube->step(youtube);
}

void youtube_later(struct youtube *youtube, int64_t delay_ms, youtube_step step)
{
    youtube->step = step;
    timer_start(&youtube->timer, delay_ms);
}

int64_t youtube_backoff_ms(struct youtube *youtube)
{
    int64_t delay_ms;
    do {
        delay_ms = backoff_next_ms(&youtube->backoff);
    } while (delay_ms == 0);
    return delay_ms;
}

void youtube_park(struct youtube *youtube, youtube_step again)
{
    char when[CLOCK_RFC3339_BYTES];
    int64_t now_ms = clock_unix_ms(), parked_ms = youtube->quota->parked_ms;
    clock_format_rfc3339(parked_ms, when);
    // Some seconds later, and not all sources at once: the two clocks may differ.
    youtube_later(youtube, parked_ms - now_ms + 5000 + (int64_t)random_below(10000), again);
    connector_set_state(&youtube->base, CONNECTOR_WAITING,
                        "the API key's quota for today is used up; goes on at %.16sZ (in %.1f h)", when,
                        (double)(parked_ms - now_ms) / 3600000);
    youtube_give_cursor(youtube);
}

bool youtube_may_call(struct youtube *youtube, enum youtube_call call, youtube_step again)
{
    bool may = youtube_quota_take(youtube->quota, call, clock_unix_ms());
    youtube_show_budget(youtube);
    if (may)
        return true;
    youtube_park(youtube, again);
    return false;
}

void youtube_show_budget(struct youtube *youtube)
{
    const struct youtube_quota *quota = youtube->quota;
    bool is_parked = quota->parked_ms > clock_unix_ms();
    int64_t left = is_parked || quota->spent > quota->limit ? 0 : quota->limit - quota->spent;
    connector_set_budget(&youtube->base, "units", left, quota->limit, quota->day_end_ms);
}

static void wait_for_login(struct youtube *youtube, youtube_step again)
{
    const char *remedy = login_remedy(youtube->login);
    youtube->waits_for_login = true;
    youtube->step = again;  // the listener begins it
    connector_set_remedy(&youtube->base, "%s", *remedy ? remedy : "antiphon login youtube");
    connector_set_state(&youtube->base, login_state(youtube->login) == LOGIN_WAITING ? CONNECTOR_CONNECTING : CONNECTOR_FAILED,
                        "nobody is logged in at YouTube, and this source reads with the account");
}

bool youtube_authorize(struct youtube *youtube, youtube_step again, struct youtube_credential *credential)
{
    const char *token = youtube->is_by_login ? login_token(youtube->login) : NULL;
    *credential = (struct youtube_credential){0};
    if (youtube->is_by_login && !token) {
        wait_for_login(youtube, again);
        return false;
    }
    if (token) {
        credential->value = xasprintf("Bearer %s", token);
        credential->header = (struct net_header){"authorization", credential->value};
        youtube_set_text(&youtube->read_token, token);
    } else {
        youtube_url_add(&youtube->url, "key", youtube->api_key);
    }
    buffer_add_char(&youtube->url, '\0');
    return true;
}

void youtube_get(struct youtube *youtube, youtube_step again, void (*on_done)(void *data, const struct http_result *result))
{
    struct error err = {0};
    struct youtube_credential credential;
    if (!youtube_authorize(youtube, again, &credential))
        return;
    struct http_options options = {.url = youtube->url.data, .body_bytes_max = 16 << 20, .headers = &credential.header,
                                   .header_count = credential.value ? 1 : 0, .on_done = on_done, .data = youtube};
    connector_fill_http(&youtube->base, &options);
    youtube->request = http_start(youtube->base.options.loop, &options, &err);
    free(credential.value);
    if (!youtube->request)
        connector_set_state(&youtube->base, CONNECTOR_FAILED, "api_url: %s", err.text);
}

/* The account may read what the key may not: private chats, those for members. True: it is tried. */
static bool try_login(struct youtube *youtube, const struct youtube_failure *failure, youtube_step again)
{
    bool is_private = strcmp(failure->reason, "forbidden") == 0 || strcmp(failure->reason, "insufficientPermissions") == 0;
    if (!is_private || youtube->is_by_login || !login_token(youtube->login))
        return false;
    youtube->is_by_login = true;
    youtube_later(youtube, 0, again);
    connector_set_state(&youtube->base, CONNECTOR_CONNECTING, "the key may not read this chat; the account of %s is tried",
                        login_account_name(youtube->login));
    return true;
}

/* 401 with a token. True: another one is on its way, and the step goes on with it. */
static bool renew_login(struct youtube *youtube, const struct youtube_failure *failure, youtube_step again)
{
    bool is_token = youtube->is_by_login && youtube->read_token &&
                    (strcmp(failure->reason, "authError") == 0 || failure->status == 401);
    if (!is_token || !login_denied(youtube->login, youtube->read_token))
        return false;
    youtube_later(youtube, LOGIN_MS, again);
    connector_set_state(&youtube->base, CONNECTOR_CONNECTING, "the login is being renewed");
    return true;
}

static void set_remedy(struct youtube *youtube, const struct youtube_failure *failure)
{
    bool is_login = youtube->is_by_login && (failure->status == 401 || strcmp(failure->reason, "authError") == 0);
    const char *remedy = login_remedy(youtube->login);
    // The words of a known reason hold the way out; a bare status has none.
    const char *way_out = *failure->reason ? failure->text : "look at the API key, and whether YouTube Data API v3 is enabled for its project";
    connector_set_remedy(&youtube->base, "%s", is_login ? (*remedy ? remedy : "antiphon login youtube") : way_out);
}

static void handle_login(void *data, struct login *login)
{
    struct youtube *youtube = data;
    connector_set_own_author(&youtube->base, *login_account_id(login) ? login_account_id(login) : NULL);
    if (!youtube->waits_for_login || !login_token(login))
        return;
    youtube->waits_for_login = false;
    youtube_later(youtube, 0, youtube->step);
}

static void set_state_again(struct youtube *youtube, enum connector_state state, const char *text, int64_t delay_ms)
{
    char again[32];
    connector_set_state(&youtube->base, state, "%s (%s)", text, connector_again_text(delay_ms, again));
}

void youtube_handle_failure(struct youtube *youtube, const struct youtube_failure *failure, youtube_step again)
{
    int64_t delay_ms = 0;
    if (try_login(youtube, failure, again) || renew_login(youtube, failure, again))
        return;
    switch (failure->act) {
    case YOUTUBE_PARK:
        // Refused calls count too: nothing is asked until the day is over.
        youtube_quota_park(youtube->quota, clock_unix_ms());
        youtube_park(youtube, again);
        return;
    case YOUTUBE_ENDED:
        youtube_end_broadcast(youtube);
        return;
    case YOUTUBE_FIND_AGAIN:
        // The last life's chat may be long over: that is no reason to wait.
        delay_ms = youtube->is_from_cursor ? 0 : youtube->wait_ms;
        youtube_set_chat(youtube, NULL, NULL);
        again = youtube_find;
        break;
    case YOUTUBE_DROP_TOKEN:
        // Once at once; if it is not the token after all, the backoff slows it down.
        delay_ms = youtube->token ? 0 : youtube_backoff_ms(youtube);
        youtube_set_text(&youtube->token, NULL);
        break;
    case YOUTUBE_REFUSED:
        delay_ms = random_jitter(SELDOM_MS, 20);
        again = youtube_find;
        set_remedy(youtube, failure);
        break;
    case YOUTUBE_SLOWER:
    case YOUTUBE_RETRY:
    case YOUTUBE_NO_STREAM:
        delay_ms = youtube_backoff_ms(youtube);
        if (failure->act == YOUTUBE_SLOWER)
            delay_ms = delay_ms * 2 < SLOWER_MS_MAX ? delay_ms * 2 : SLOWER_MS_MAX;
        break;
    }
    youtube_later(youtube, delay_ms, again);
    set_state_again(youtube, failure->act == YOUTUBE_REFUSED ? CONNECTOR_FAILED : CONNECTOR_CONNECTING,
                    failure->text, delay_ms);
}

void youtube_set_chat(struct youtube *youtube, const char *video, const char *chat)
{
    bool is_same = chat && youtube->chat && strcmp(chat, youtube->chat) == 0;
    youtube->is_from_cursor = false;
    youtube_set_text(&youtube->video, video);
    youtube_set_text(&youtube->chat, chat);
    if (is_same || !chat)
        return;
    youtube_set_text(&youtube->token, NULL);
    youtube->reader.is_ended = false;
    youtube->reader.last_ms = 0;
    youtube->since_ms = youtube->alive_ms = youtube->expected_ms = 0;
    youtube->empty_pages = youtube->failures = 0;
}

void youtube_end_broadcast(struct youtube *youtube)
{
    youtube_set_text(&youtube->ended_chat, youtube->chat);
    youtube_set_text(&youtube->video, NULL);
    youtube_set_text(&youtube->chat, NULL);
    youtube_set_text(&youtube->token, NULL);
    // The wanted video stays wanted until its channel is known.
    youtube->is_following = youtube->wanted_video && youtube->channel;
    backoff_reset(&youtube->backoff);
    youtube_later(youtube, youtube->is_from_cursor ? 0 : youtube->wait_ms, youtube_find);
    youtube->is_from_cursor = false;
    connector_set_state(&youtube->base, CONNECTOR_WAITING, "the broadcast is over; waiting for the next one");
    youtube_give_cursor(youtube);
}

/* ---- the table ---- */

/* A key's budget is its project's; without a key it is that of the client that logged in. */
static void open_budget(struct youtube *youtube)
{
    char *client = xasprintf("client:%s", login_client_id(youtube->login));
    youtube->quota = youtube_quota_get(*youtube->api_key ? youtube->api_key : client, youtube->daily_quota);
    free(client);
}

static void youtube_start(struct connector *base)
{
    struct youtube *youtube = get_youtube(base);
    timer_init(&youtube->timer, base->options.loop, handle_timer, youtube);
    youtube->login = logins_find(base->options.logins, "youtube");
    youtube->login_listener = (struct login_listener){.fn = handle_login, .data = youtube};
    login_add_listener(youtube->login, &youtube->login_listener);
    connector_set_own_author(base, *login_account_id(youtube->login) ? login_account_id(youtube->login) : NULL);
    open_budget(youtube);
    if (base->options.cursor)
        take_cursor(youtube);
    connector_set_state(base, CONNECTOR_CONNECTING, "connecting");
    youtube_later(youtube, 0, youtube->chat ? youtube_read_chat : youtube_find);
}

/* A recording of the web page: a whole answer, the page's data, or one action. */
static bool receive_web(struct youtube *youtube, const char *text, size_t len, struct error *err)
{
    struct youtube_web_next next;
    json_t *page = json_parse_repaired(text, len, err);
    if (!page)
        return false;
    bool is_page = json_object_get(page, "contents") || json_object_get(page, "continuationContents");
    bool ok = is_page ? youtube_web_read_page(&youtube->reader, page, &next, err) : youtube_web_read(&youtube->reader, page, err);
    json_decref(page);
    return ok;
}

static bool youtube_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    struct youtube *youtube = get_youtube(base);
    if (youtube_web_is_page(text, len))
        return receive_web(youtube, text, len, err);
    struct error structure = {0};
    youtube->first_error = (struct error){0};
    youtube_scan_reset(&youtube->scan);
    if (!youtube_scan_feed(&youtube->scan, text, len, &structure)) {
        youtube->first_error = structure;
    } else if (!youtube_scan_is_between(&youtube->scan)) {
        error_set(&youtube->first_error, ERROR_DATA, "the JSON ends too early");
    }
    if (youtube->first_error.code == ERROR_NONE)
        return true;
    if (err)
        *err = youtube->first_error;
    return false;
}

static void youtube_stop(struct connector *base)
{
    struct youtube *youtube = get_youtube(base);
    http_cancel(youtube->request);
    http_cancel(youtube->writing);
    youtube->request = youtube->writing = NULL;
    login_remove_listener(&youtube->login_listener);
    if (youtube->step)  // it was started: what it knows is newer than the last life's cursor
        youtube_give_cursor(youtube);
}

static void youtube_destroy(struct connector *base)
{
    struct youtube *youtube = get_youtube(base);
    timer_stop(&youtube->timer);
    http_cancel(youtube->request);
    http_cancel(youtube->writing);
    youtube_quota_put(youtube->quota);
    json_decref(youtube->reader.poll);
    for (size_t i = 0; i < YOUTUBE_BANS_MAX; i++)
        free(youtube->bans[i].channel), free(youtube->bans[i].id);
    buffer_fini(&youtube->write_url);
    youtube_scan_fini(&youtube->scan);
    buffer_fini(&youtube->url);
    char *texts[] = {youtube->api_url, youtube->api_key, youtube->wanted_video, youtube->wanted_channel,
                     youtube->channel, youtube->uploads, youtube->video, youtube->chat, youtube->ended_chat,
                     youtube->token, youtube->web_url, youtube->web_key, youtube->web_version, youtube->web_visitor,
                     youtube->task_author, youtube->write_token, youtube->read_token, youtube->poll_id};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    free(youtube);
}

const struct connector_impl youtube_connector = {
    .name = "youtube", .title = "YouTube", .keys = keys, .check = youtube_check, .create = youtube_create, .start = youtube_start,
    .receive = youtube_receive, .can = youtube_can, .act = youtube_act,
    // What counts as a character is not written down: the stricter reading.
    .text_limit = {200, CONNECTOR_UTF16_UNITS}, .pace = {.gap_ms = 1000}, .stop = youtube_stop, .destroy = youtube_destroy,
};
