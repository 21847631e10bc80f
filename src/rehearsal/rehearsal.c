#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "rehearsal/inside.h"

/* The show and the load: what is said when. What goes wrong is in control.c. */

enum {
    PATIENCE_MS = 3000, PAUSE_MS = 3000, LOAD_TICK_MS = 10, LOAD_A_TICK_MAX = 2000, MESSAGE_BYTES_MAX = 256 << 10,
};

struct loop *rehearsal_loop(const struct rehearsal *rehearsal)
{
    return rehearsal->loop;
}

const struct transcript *rehearsal_transcript(const struct rehearsal *rehearsal)
{
    return rehearsal->transcript;
}

double rehearsal_load(const struct rehearsal *rehearsal)
{
    return rehearsal->load_per_s;
}

uint16_t rehearsal_port(const struct rehearsal *rehearsal)
{
    return server_port(rehearsal->server);
}

struct side *rehearsal_side(const struct rehearsal *rehearsal, struct str platform)
{
    for (size_t i = 0; rehearsal->sides[i]; i++) {
        if (str_equal(platform, str_from(rehearsal->sides[i]->impl->name)))
            return rehearsal->sides[i];
    }
    return NULL;
}

struct side *rehearsal_route(const struct rehearsal *rehearsal, const char *path, const char **rest)
{
    size_t len = strcspn(path + 1, "/");
    *rest = path + 1 + len;
    return rehearsal_side(rehearsal, (struct str){path + 1, len});
}

/* --- Playing --- */

static void say(struct rehearsal *rehearsal, const struct message *line, uint64_t pass)
{
    struct side *side = rehearsal_side(rehearsal, line->is.platform);
    if (!side)
        return;
    const struct transcript_form form = {side->impl->make_id, side->impl->detail_id};
    struct message *message = transcript_stamp(line, &form, pass, clock_unix_ms());
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
    if (!rehearsal->is_looped) {
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
        double due_ns = (double)line->at_ms * (double)NS_PER_MS / rehearsal->speed;
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
    rehearsal->load_debt += (double)(now_ns - rehearsal->load_ns) / (double)NS_PER_S * rehearsal->load_per_s;
    rehearsal->load_ns = now_ns;
    if (rehearsal->load_debt > LOAD_A_TICK_MAX)
        rehearsal->load_debt = LOAD_A_TICK_MAX;
    for (; rehearsal->load_debt >= 1; rehearsal->load_debt--) {
        for (size_t i = 0; rehearsal->sides[i]; i++) {
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

void rehearsal_begin(struct rehearsal *rehearsal)
{
    if (rehearsal->is_started || !rehearsal->transcript)
        return;
    rehearsal->is_started = true;
    timer_stop(&rehearsal->start_timer);
    log_info("rehearsal", "the show begins");
    if (rehearsal->load_per_s > 0) {
        rehearsal->load_ns = clock_monotonic_ns();
        timer_start(&rehearsal->load_timer, 0);
    } else {
        begin_pass(rehearsal);
    }
}

static void begin_show(void *data)
{
    rehearsal_begin(data);
}

static bool is_complete(const struct rehearsal *rehearsal)
{
    for (size_t i = 0; rehearsal->sides[i]; i++) {
        const struct side *side = rehearsal->sides[i];
        if (!side->has_client && transcript_has(rehearsal->transcript, side->impl->name))
            return false;
    }
    return true;
}

void side_client_came(struct side *side)
{
    struct rehearsal *rehearsal = side->rehearsal;
    side->has_client = true;
    if (rehearsal->is_started || !rehearsal->transcript)
        return;
    // Never from within: the client's own answer goes out first.
    if (is_complete(rehearsal))
        timer_start(&rehearsal->start_timer, 0);
    else if (!timer_is_running(&rehearsal->start_timer))
        timer_start(&rehearsal->start_timer, PATIENCE_MS);
}

/* --- What it is and how it stands --- */

json_t *rehearsal_state(const struct rehearsal *rehearsal)
{
    json_t *state = json_pack("{s:b, s:b, s:I}", "started", rehearsal->is_started, "finished", rehearsal->is_finished,
                              "pass", (json_int_t)rehearsal->pass);
    for (size_t i = 0; rehearsal->sides[i]; i++) {
        const struct side *side = rehearsal->sides[i];
        json_t *one = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "said", (json_int_t)side->said, "skipped",
                                (json_int_t)side->skipped, "load_number", (json_int_t)side->load_number, "requests",
                                (json_int_t)side->requests, "clients", (json_int_t)list_count(&side->clients), "writes",
                                (json_int_t)json_array_size(side->writes));
        if (side->impl->describe)
            side->impl->describe(side, one);
        json_object_set_new(state, side->impl->name, one);
    }
    return state;
}

const char *rehearsal_sent(const struct rehearsal *rehearsal, const char *platform, size_t *len)
{
    const struct side *side = rehearsal_side(rehearsal, str_from(platform));
    *len = side ? side->sent.len : 0;
    return !side ? NULL : side->sent.data ? side->sent.data : "";
}

const json_t *rehearsal_writes(const struct rehearsal *rehearsal, const char *platform)
{
    const struct side *side = rehearsal_side(rehearsal, str_from(platform));
    return side ? side->writes : NULL;
}

json_t *rehearsal_addresses(const struct rehearsal *rehearsal)
{
    char *authority = xasprintf("127.0.0.1:%d", rehearsal_port(rehearsal));
    json_t *sources = json_array(), *others = json_array();
    json_t *addresses = json_pack("{s:i}", "port", rehearsal_port(rehearsal));
    for (size_t i = 0; rehearsal->sides[i]; i++) {
        const struct side *side = rehearsal->sides[i];
        bool is_played = !rehearsal->transcript || transcript_has(rehearsal->transcript, side->impl->name);
        if (side->impl->address)
            side->impl->address(side, authority, addresses, is_played ? sources : others);
    }
    json_object_set_new(addresses, "control", json_sprintf("http://%s/control", authority));
    json_object_set_new(addresses, "sources", sources);
    json_decref(others);
    free(authority);
    return addresses;
}

/* --- Settings --- */

char *rehearsal_settings(void)
{
    struct buffer out = {0};
    for (size_t i = 0; side_at(i); i++) {
        const struct side_impl *impl = side_at(i);
        for (const struct side_setting *at = impl->settings; at && at->key; at++)
            buffer_printf(&out, "%s.%s\t%s\t%s\n", impl->name, at->key, at->usual ? at->usual : "", at->help);
        buffer_printf(&out, "%s.target\t\twhere it sends to, if it sends to us\n", impl->name);
    }
    return buffer_take(&out);
}

static struct side *name_side(const struct rehearsal *rehearsal, struct str platform, struct error *err)
{
    struct side *side = rehearsal_side(rehearsal, platform);
    struct buffer known = {0};
    for (size_t i = 0; !side && rehearsal->sides[i]; i++)
        buffer_printf(&known, "%s%s", i ? ", " : "", rehearsal->sides[i]->impl->name);
    if (!side)
        error_set(err, ERROR_DATA, "\"%.*s\": there is no such platform; there are %.*s", (int)platform.len, platform.data,
                  (int)known.len, known.data);
    buffer_fini(&known);
    return side;
}

bool rehearsal_set_target(struct rehearsal *rehearsal, const char *platform, const char *url, struct error *err)
{
    struct side *side = name_side(rehearsal, str_from(platform), err);
    if (!side || !side_set(side, "target", url, err))
        return false;
    if (side->impl->aim)
        side->impl->aim(side);
    return true;
}

static bool set(struct rehearsal *rehearsal, const char *setting, struct error *err)
{
    const char *equals = strchr(setting, '='), *dot = strchr(setting, '.');
    if (!equals || !dot || dot > equals)
        return error_set(err, ERROR_DATA, "\"%s\": expected PLATFORM.KEY=VALUE", setting);
    struct side *side = name_side(rehearsal, (struct str){setting, (size_t)(dot - setting)}, err);
    char *key = xstrndup(dot + 1, (size_t)(equals - dot - 1));
    bool ok = side && side_set(side, key, equals + 1, err);
    free(key);
    return ok;
}

static bool set_all(struct rehearsal *rehearsal, const struct rehearsal_options *options, struct error *err)
{
    for (size_t i = 0; i < options->setting_count; i++) {
        if (!set(rehearsal, options->settings[i], err))
            return false;
    }
    return !options->as || name_side(rehearsal, str_from(options->as), err);
}

/* --- Life --- */

static void add_sides(struct rehearsal *rehearsal)
{
    for (size_t i = 0; side_at(i); i++) {
        rehearsal->sides[i] = side_create(rehearsal, side_at(i));
        timer_init(&rehearsal->sides[i]->fault_timer, rehearsal->loop, control_fault_over, rehearsal->sides[i]);
    }
}

static void start_sides(struct rehearsal *rehearsal)
{
    for (size_t i = 0; rehearsal->sides[i]; i++) {
        struct side *side = rehearsal->sides[i];
        if (side->impl->start)
            side->impl->start(side);
        if (side->target && side->impl->aim)
            side->impl->aim(side);
    }
}

static bool listen_at(struct rehearsal *rehearsal, uint16_t port, struct error *err)
{
    size_t count;
    const struct server_protocol *protocols = side_protocols(&count);
    rehearsal->server = server_create(rehearsal->loop, &(struct server_options){
        .port = port, .on_request = control_request, .protocols = protocols, .protocol_count = count,
        .message_bytes_max = MESSAGE_BYTES_MAX, .queue_bytes_max = 32 << 20, .queue_count_max = 1 << 16,
        .idle_ping_s = -1, .data = rehearsal}, err);
    return rehearsal->server;
}

struct rehearsal *rehearsal_create(struct loop *loop, const struct rehearsal_options *options, struct error *err)
{
    struct rehearsal *rehearsal = xcalloc(1, sizeof(*rehearsal));
    rehearsal->loop = loop;
    rehearsal->speed = options->speed > 0 ? options->speed : 1;
    rehearsal->load_per_s = options->load_per_s;
    rehearsal->is_looped = options->is_looped;
    timer_init(&rehearsal->start_timer, loop, begin_show, rehearsal);
    timer_init(&rehearsal->play_timer, loop, play, rehearsal);
    timer_init(&rehearsal->load_timer, loop, play_load, rehearsal);
    add_sides(rehearsal);
    if (!set_all(rehearsal, options, err))
        goto fail;
    rehearsal->transcript = options->transcript ? transcript_load(options->transcript, options->as, err) : NULL;
    if (options->transcript && !rehearsal->transcript)
        goto fail;
    start_sides(rehearsal);
    if (!listen_at(rehearsal, options->port, err))
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
    for (size_t i = 0; rehearsal->sides[i]; i++)
        side_destroy(rehearsal->sides[i]);
    transcript_destroy(rehearsal->transcript);
    free(rehearsal);
}
