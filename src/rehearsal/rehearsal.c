#include "rehearsal/inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "rehearsal/transcript.h"

enum {
    PING_MS = 300000, PONG_MS = 10000, JOINS = 20, STREAM_MS = 120000, BATCH_MS = 200, QUOTA = 10000, PATIENCE_MS = 3000,
    PAUSE_MS = 3000, LOAD_TICK_MS = 10, LOAD_A_TICK_MAX = 2000, SENT_BYTES_MAX = 64 << 20, SIDES = 2,
};

struct rehearsal {
    struct loop *loop;
    struct rehearsal_options options;  // filled in, strings owned
    struct server *server;
    struct transcript *transcript;     // NULL: none
    struct side *sides[SIDES];         // Twitch, YouTube
    struct timer start_timer, play_timer, load_timer;
    bool is_started, is_finished;
    int64_t start_ns;   // of this pass
    uint64_t pass;
    size_t next_line;
    double load_debt;   // messages that are due and were not sent yet
    int64_t load_ns;    // when that was reckoned
};

const struct rehearsal_options *rehearsal_options(const struct rehearsal *rehearsal)
{
    return &rehearsal->options;
}

struct loop *rehearsal_loop(const struct rehearsal *rehearsal)
{
    return rehearsal->loop;
}

struct side *rehearsal_twitch(const struct rehearsal *rehearsal)
{
    return rehearsal->sides[0];
}

struct side *rehearsal_youtube(const struct rehearsal *rehearsal)
{
    return rehearsal->sides[1];
}

uint16_t rehearsal_port(const struct rehearsal *rehearsal)
{
    return server_port(rehearsal->server);
}

static struct side *find_side(const struct rehearsal *rehearsal, struct str platform)
{
    for (int i = 0; i < SIDES; i++) {
        if (str_equal(platform, str_from(rehearsal->sides[i]->impl->name)))
            return rehearsal->sides[i];
    }
    return NULL;
}

/* --- Playing --- */

void side_note(struct side *side, const struct message *message, int64_t now_ms)
{
    side->said++;
    if (side->sent.len < SENT_BYTES_MAX)
        buffer_printf(&side->sent, "%lld %.*s %s\n", (long long)now_ms, (int)message->is.native_id.len,
                      message->is.native_id.data, message_kind_name(message->is.kind));
}

static void say(struct rehearsal *rehearsal, const struct message *line, uint64_t pass)
{
    struct side *side = find_side(rehearsal, line->is.platform);
    if (!side)
        return;
    struct message *message = transcript_stamp(line, pass, clock_unix_ms());
    side->impl->say(side, message);
    message_unref(message);
}

void rehearsal_say(struct rehearsal *rehearsal, const struct message *message)
{
    say(rehearsal, message, 0);
}

static void begin_pass(struct rehearsal *rehearsal)
{
    rehearsal->start_ns = clock_monotonic_ns();
    rehearsal->next_line = 0;
    timer_start(&rehearsal->play_timer, 0);
}

/* Behind the last line: again after a pause, or the end of the show. */
static void end_pass(struct rehearsal *rehearsal)
{
    if (!rehearsal->options.is_looped) {
        rehearsal->is_finished = true;
        log_info("rehearsal", "the show is over");
        return;
    }
    rehearsal->pass++;
    rehearsal->start_ns = clock_monotonic_ns() + PAUSE_MS * NS_PER_MS;
    rehearsal->next_line = 0;
    timer_start(&rehearsal->play_timer, PAUSE_MS);
}

static void play(void *data)
{
    struct rehearsal *rehearsal = data;
    for (const struct transcript_line *line;
         (line = transcript_at(rehearsal->transcript, rehearsal->next_line)); rehearsal->next_line++) {
        double due_ns = (double)line->at_ms * (double)NS_PER_MS / rehearsal->options.speed;
        int64_t wait_ns = rehearsal->start_ns + (int64_t)due_ns - clock_monotonic_ns();
        if (wait_ns > 0) {
            timer_start(&rehearsal->play_timer, wait_ns / NS_PER_MS + 1);
            return;
        }
        say(rehearsal, line->message, rehearsal->pass);
    }
    end_pass(rehearsal);
}

/* What is due is reckoned by the clock, so a late tick catches up; a stopped process does not. */
static void play_load(void *data)
{
    struct rehearsal *rehearsal = data;
    int64_t now_ns = clock_monotonic_ns();
    rehearsal->load_debt += (double)(now_ns - rehearsal->load_ns) / (double)NS_PER_S * rehearsal->options.load_per_s;
    rehearsal->load_ns = now_ns;
    if (rehearsal->load_debt > LOAD_A_TICK_MAX)
        rehearsal->load_debt = LOAD_A_TICK_MAX;
    for (; rehearsal->load_debt >= 1; rehearsal->load_debt--) {
        for (int i = 0; i < SIDES; i++) {
            struct side *side = rehearsal->sides[i];
            struct message *message = transcript_make(rehearsal->transcript, side->impl->name, side->load_number + 1);
            if (!message)
                continue;
            side->load_number++;
            say(rehearsal, message, 0);
            message_unref(message);
        }
    }
    timer_start(&rehearsal->load_timer, LOAD_TICK_MS);
}

static void begin_show(void *data)
{
    struct rehearsal *rehearsal = data;
    if (rehearsal->is_started || !rehearsal->transcript)
        return;
    rehearsal->is_started = true;
    timer_stop(&rehearsal->start_timer);
    log_info("rehearsal", "the show begins");
    if (rehearsal->options.load_per_s > 0) {
        rehearsal->load_ns = clock_monotonic_ns();
        timer_start(&rehearsal->load_timer, 0);
    } else {
        begin_pass(rehearsal);
    }
}

void rehearsal_client_came(struct side *side)
{
    struct rehearsal *rehearsal = side->rehearsal;
    side->has_client = true;
    if (rehearsal->is_started || !rehearsal->transcript)
        return;
    bool is_complete = true;
    for (int i = 0; i < SIDES; i++)
        is_complete = is_complete && (rehearsal->sides[i]->has_client ||
                                      !transcript_has(rehearsal->transcript, rehearsal->sides[i]->impl->name));
    // Never from within: the client's own answer goes out first.
    if (is_complete)
        timer_start(&rehearsal->start_timer, 0);
    else if (!timer_is_running(&rehearsal->start_timer))
        timer_start(&rehearsal->start_timer, PATIENCE_MS);
}

/* --- Faults --- */

static void handle_fault_over(void *data)
{
    struct side *side = data;
    side->fault = FAULT_NONE;
    timer_stop(&side->fault_timer);
    side->impl->special(side, "resume");
    side->impl->resume(side);
}

static bool inflict(struct side *side, const char *fault, int64_t for_ms)
{
    static const char *const lasting[] = {[FAULT_REFUSE] = "refuse", [FAULT_HANG] = "hang", [FAULT_STALL] = "stall"};
    for (int i = FAULT_REFUSE; i <= FAULT_STALL; i++) {
        if (strcmp(fault, lasting[i]) != 0)
            continue;
        side->fault = (enum fault_state)i;
        if (for_ms > 0)
            timer_start(&side->fault_timer, for_ms);
        return true;
    }
    bool is_known = true;
    if (strcmp(fault, "drop") == 0) {
        side->impl->drop(side);
    } else if (strcmp(fault, "garbage") == 0) {
        side->impl->garbage(side);
    } else if (strcmp(fault, "reconnect") == 0) {
        side->impl->reconnect(side);
    } else if (strcmp(fault, "resume") == 0) {
        handle_fault_over(side);
    } else {
        is_known = side->impl->special(side, fault);
        if (is_known && for_ms > 0)
            timer_start(&side->fault_timer, for_ms);
    }
    return is_known;
}

bool rehearsal_fault(struct rehearsal *rehearsal, const char *fault, const char *platform, int64_t for_ms,
                     struct error *err)
{
    bool is_known = false;
    for (int i = 0; i < SIDES; i++) {
        struct side *side = rehearsal->sides[i];
        if (platform && strcmp(platform, side->impl->name) != 0)
            continue;
        is_known |= inflict(side, fault, for_ms);
    }
    if (is_known)
        log_info("rehearsal", "%s: %s", platform ? platform : "all", fault);
    return is_known || error_set(err, ERROR_DATA, "there is no fault \"%s\" for \"%s\"; there are drop, refuse, hang, stall, "
                                 "garbage, reconnect, quota, end, restart, resume", fault, platform ? platform : "all");
}

json_t *rehearsal_state(const struct rehearsal *rehearsal)
{
    json_t *state = json_pack("{s:b, s:b, s:I}", "started", rehearsal->is_started, "finished", rehearsal->is_finished,
                              "pass", (json_int_t)rehearsal->pass);
    for (int i = 0; i < SIDES; i++) {
        const struct side *side = rehearsal->sides[i];
        json_t *one = json_pack("{s:I, s:I, s:I}", "said", (json_int_t)side->said, "skipped", (json_int_t)side->skipped,
                                "load_number", (json_int_t)side->load_number);
        side->impl->describe(side, one);
        json_object_set_new(state, side->impl->name, one);
    }
    return state;
}

/* --- The control --- */

static void respond_json(struct server_request *request, int status, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    server_respond(request, status, "application/json", NULL, 0, text, strlen(text));
    free(text);
    json_decref(object);
}

/* POST /control/say with one line of a transcript. */
static void control_say(struct rehearsal *rehearsal, struct server_request *request)
{
    size_t len;
    const char *body = server_request_body(request, &len);
    struct error err = {0};
    json_t *object = json_parse(body, len, &err);
    struct message *message = object ? message_from_json(object, &err) : NULL;
    json_decref(object);
    if (!message) {
        server_respond_text(request, 400, "%s", err.text);
        return;
    }
    rehearsal_say(rehearsal, message);
    message_unref(message);
    respond_json(request, 200, rehearsal_state(rehearsal));
}

static void control_fault(struct rehearsal *rehearsal, struct server_request *request, const char *fault)
{
    const char *platform = server_request_argument(request, "platform"), *for_ms = server_request_argument(request, "for_ms");
    struct error err = {0};
    if (rehearsal_fault(rehearsal, fault, platform, for_ms ? strtoll(for_ms, NULL, 10) : 0, &err))
        respond_json(request, 200, rehearsal_state(rehearsal));
    else
        server_respond_text(request, 400, "%s", err.text);
}

static void control(struct rehearsal *rehearsal, struct server_request *request, const char *word)
{
    const char *platform = server_request_argument(request, "platform");
    const struct side *side = platform ? find_side(rehearsal, str_from(platform)) : NULL;
    if (strcmp(word, "state") == 0) {
        respond_json(request, 200, rehearsal_state(rehearsal));
    } else if (strcmp(word, "sent") == 0 && side) {
        server_respond(request, 200, "text/plain", NULL, 0, side->sent.data ? side->sent.data : "", side->sent.len);
    } else if (server_request_method(request) != METHOD_POST) {
        server_respond_text(request, 405, "GET state, GET sent?platform=…, or POST a fault");
    } else if (strcmp(word, "say") == 0) {
        control_say(rehearsal, request);
    } else if (strcmp(word, "start") == 0) {
        begin_show(rehearsal);
        respond_json(request, 200, rehearsal_state(rehearsal));
    } else {
        control_fault(rehearsal, request, word);
    }
}

static void handle_request(void *data, struct server_request *request)
{
    struct rehearsal *rehearsal = data;
    static const char prefix[] = "/control/";
    const char *path = server_request_path(request);
    if (strncmp(path, prefix, sizeof(prefix) - 1) == 0)
        control(rehearsal, request, path + sizeof(prefix) - 1);
    else if (!youtube_side_request(rehearsal->sides[1], request))
        server_respond_text(request, 404, "nothing is rehearsed at this address");
}

/* --- The door --- */

json_t *rehearsal_addresses(const struct rehearsal *rehearsal)
{
    int port = rehearsal_port(rehearsal);
    const struct rehearsal_options *options = &rehearsal->options;
    char *twitch = xasprintf("ws://127.0.0.1:%d/", port), *youtube = xasprintf("http://127.0.0.1:%d/youtube/v3", port);
    char *control_url = xasprintf("http://127.0.0.1:%d/control", port);
    json_t *sources = json_array();
    if (!rehearsal->transcript || transcript_has(rehearsal->transcript, "twitch"))
        json_array_append_new(sources, json_pack("{s:s, s:s, s:s}", "connector", "twitch", "channel",
                                                 options->twitch_channel, "url", twitch));
    if (!rehearsal->transcript || transcript_has(rehearsal->transcript, "youtube"))
        json_array_append_new(sources, json_pack("{s:s, s:s, s:s, s:s}", "connector", "youtube", "video",
                                                 options->youtube_video, "api_key", options->api_key, "api_url", youtube));
    json_t *addresses = json_pack("{s:i, s:s, s:s, s:s, s:o}", "port", port, "twitch", twitch, "youtube", youtube,
                                  "control", control_url, "sources", sources);
    free(twitch);
    free(youtube);
    free(control_url);
    return addresses;
}

static void fill_options(struct rehearsal *rehearsal, const struct rehearsal_options *from)
{
    struct rehearsal_options *options = &rehearsal->options;
    const struct transcript *transcript = rehearsal->transcript;
    const char *channel = transcript ? transcript_room(transcript, "twitch") : NULL;
    const char *video = transcript ? transcript_room(transcript, "youtube") : NULL;
    *options = *from;
    options->transcript = NULL;
    options->speed = from->speed > 0 ? from->speed : 1;
    channel = from->twitch_channel ? from->twitch_channel : channel;
    video = from->youtube_video ? from->youtube_video : video;
    options->twitch_channel = xstrdup(channel ? channel : "rehearsal");
    options->youtube_video = xstrdup(video ? video : "rehearsal01");
    options->api_key = xstrdup(from->api_key ? from->api_key : "rehearsal-key");
    options->ping_ms = from->ping_ms ? from->ping_ms : PING_MS;
    options->pong_ms = from->pong_ms ? from->pong_ms : PONG_MS;
    options->joins_max = from->joins_max ? from->joins_max : JOINS;
    options->stream_ms = from->stream_ms ? from->stream_ms : STREAM_MS;
    options->batch_ms = from->batch_ms ? from->batch_ms : BATCH_MS;
    options->quota = from->quota ? from->quota : QUOTA;
}

static void add_side(struct rehearsal *rehearsal, int place, struct side *side)
{
    rehearsal->sides[place] = side;
    timer_init(&side->fault_timer, rehearsal->loop, handle_fault_over, side);
}

struct rehearsal *rehearsal_create(struct loop *loop, const struct rehearsal_options *options, struct error *err)
{
    struct rehearsal *rehearsal = xcalloc(1, sizeof(*rehearsal));
    rehearsal->loop = loop;
    timer_init(&rehearsal->start_timer, loop, begin_show, rehearsal);
    timer_init(&rehearsal->play_timer, loop, play, rehearsal);
    timer_init(&rehearsal->load_timer, loop, play_load, rehearsal);
    if (options->transcript) {
        rehearsal->transcript = transcript_load(options->transcript, err);
        if (!rehearsal->transcript)
            goto fail;
    }
    fill_options(rehearsal, options);
    add_side(rehearsal, 0, twitch_side_create(rehearsal));
    add_side(rehearsal, 1, youtube_side_create(rehearsal));
    rehearsal->server = server_create(loop, &(struct server_options){
        .port = options->port, .on_request = handle_request, .protocols = &twitch_side_protocol, .protocol_count = 1,
        .message_bytes_max = 8192, .queue_bytes_max = 32 << 20, .queue_count_max = 1 << 16, .idle_ping_s = -1,
        .data = rehearsal}, err);
    if (!rehearsal->server)
        goto fail;
    if (options->starts_at_once)
        timer_start(&rehearsal->start_timer, 0);
    return rehearsal;
fail:
    rehearsal_destroy(rehearsal);
    return NULL;
}

void rehearsal_destroy(struct rehearsal *rehearsal)
{
    if (!rehearsal)
        return;
    server_destroy(rehearsal->server);  // the sides hear of every end
    timer_stop(&rehearsal->start_timer);
    timer_stop(&rehearsal->play_timer);
    timer_stop(&rehearsal->load_timer);
    for (int i = 0; i < SIDES; i++) {
        struct side *side = rehearsal->sides[i];
        if (!side)
            continue;
        timer_stop(&side->fault_timer);
        buffer_fini(&side->sent);
        side->impl->destroy(side);
    }
    transcript_destroy(rehearsal->transcript);
    free((char *)rehearsal->options.twitch_channel);
    free((char *)rehearsal->options.youtube_video);
    free((char *)rehearsal->options.api_key);
    free(rehearsal);
}
