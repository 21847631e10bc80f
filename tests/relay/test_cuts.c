/*
 * test_cuts.c - promise 2 of the design, for each platform: what its rehearsal side wrote is in the journal once, or was
 * written within a recorded gap; wherever the connection is cut, and also when all of us ends after a batch and
 * before its cursor is stored. usage: test_cuts PLATFORM
 */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../connector/cut_proxy.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/loop.h"
#include "rehearsal/rehearsal.h"
#include "relay/intake.h"
#include "relay/queue.h"
#include "relay/sources.h"

enum { CUTS_LIMIT_MS = 30000, NUMBERS = 1 << 20, GAPS_MAX = 200, RATE = 200, CHECK_MS = 2, RESTARTS = 3, BATCHES = 3 };

/* One line a platform that we connect to; those that call us are cut where they call. */
static const struct platform {
    const char *name;
    const char *settings[4];  // of its rehearsal side
    const char *config;       // JSON, put into the source's entry; NULL: nothing
} platforms[] = {
    {"discord", {"discord.heartbeat_ms=1000"}, NULL},
    {"facebook", {NULL}, "{\"watch_ms\":500}"},
    {"irc", {NULL}, NULL},
    {"kick", {NULL}, NULL},
    {"reddit", {"reddit.poll_ms=200", "reddit.requests_max=1000000"}, NULL},
    {"socialstream", {NULL}, NULL},
    {"tiktok", {NULL}, NULL},
    {"twitch", {NULL}, NULL},
    // Questions are no chat; and its search goes back 500 posts, less than some pauses at this rate: those are gaps.
    {"x", {NULL}, "{\"as\":\"chat\",\"search_ms\":100,\"post_cap\":100000000}"},
    {"youtube", {"youtube.stream_ms=3000", "youtube.batch_ms=20", "youtube.quota=1000000"}, "{\"settled_ms\":100}"},
};

/* Where the server's bytes stop: nothing, within the answer to the handshake, within frames, far into the stream. */
static const int64_t offsets[] = {
    0, 1, 60, 128, 129, 130, 131, 133, 180, 256, 401, 600, 999, 1500, 2200, 3333, 5000, 8000, 13001, 21000, 40000,
};

struct hall {
    const struct platform *platform;
    struct loop *loop;
    struct rehearsal *rehearsal;
    struct cut_proxy *proxy;
    json_t *config;  // the source's, through the proxy
    char source[128];
    char *folder;
    struct journal *journal;
    struct queue *queue;
    struct intake *intake;
    struct sources *sources;
    struct timer check, limit;
    bool (*condition)(struct hall *hall);
    uint64_t goal;
    bool is_late;
};

/* ---- life ---- */

static void open_all(struct hall *hall, const char *cursor)
{
    struct error err = {0};
    hall->journal = fixture_open(hall->folder, hall->loop);
    if (cursor)
        journal_set_cursor(hall->journal, hall->source, cursor);
    hall->queue = queue_create(&(struct queue_options){.loop = hall->loop});
    hall->intake = intake_create(&(struct intake_options){.journal = hall->journal, .queue = hall->queue});
    hall->sources = sources_create(&(struct sources_options){.loop = hall->loop, .journal = hall->journal,
        .intake = hall->intake});
    const struct source *source = sources_add(hall->sources, hall->config, NULL, &err);
    if (!source)
        fail_msg("%s", err.text);
    snprintf(hall->source, sizeof(hall->source), "%s", source->id);
}

static void close_all(struct hall *hall)
{
    sources_destroy(hall->sources);
    intake_destroy(hall->intake);
    queue_destroy(hall->queue);
    journal_close(hall->journal);
}

/* ---- waiting ---- */

static void handle_check(void *data)
{
    struct hall *hall = data;
    if (hall->condition(hall))
        loop_stop(hall->loop);
    else
        timer_start(&hall->check, CHECK_MS);
}

static void handle_limit(void *data)
{
    struct hall *hall = data;
    hall->is_late = true;
    loop_stop(hall->loop);
}

static void until(struct hall *hall, const char *what, bool (*condition)(struct hall *hall))
{
    struct error err = {0};
    hall->condition = condition;
    timer_start(&hall->limit, CUTS_LIMIT_MS);
    timer_start(&hall->check, 0);
    if (!loop_run(hall->loop, &err))
        fail_msg("%s", err.text);
    timer_stop(&hall->limit);
    timer_stop(&hall->check);
    const struct source *source = sources_find(hall->sources, hall->source);
    if (hall->is_late)
        fail_msg("waited in vain for %s; %s: %s", what, connector_state_name(source->health.state), source->health.text);
}

/* The number that load puts before each text; 0: none. */
static uint64_t number_of(const struct message *message)
{
    const char *text = message->is.text.data;
    char *end;
    if (message->is.kind != MESSAGE_CHAT || message->is.text.len < 3 || text[0] != '#')
        return 0;
    unsigned long long number = strtoull(text + 1, &end, 10);
    return *end == ' ' && number < NUMBERS ? number : 0;
}

static uint64_t newest(const struct hall *hall)
{
    const struct message *message = queue_previous(hall->queue, 0);
    return message ? number_of(message) : 0;
}

static uint64_t spoken(const struct hall *hall)
{
    json_t *state = rehearsal_state(hall->rehearsal);
    int64_t number = json_get_int(json_object_get(state, hall->platform->name), "load_number", 0);
    json_decref(state);
    return (uint64_t)number;
}

static bool has_goal(struct hall *hall)
{
    return newest(hall) >= hall->goal;
}

static bool is_live(struct hall *hall)
{
    return sources_find(hall->sources, hall->source)->health.state == CONNECTOR_LIVE;
}

/* What is written from now on arrives for a while, and not only what was missed. */
static void until_whole(struct hall *hall)
{
    until(hall, "the connection", is_live);
    hall->goal = spoken(hall) + RATE / 4;
    until(hall, "messages", has_goal);
}

static bool has_cut(struct hall *hall)
{
    return (uint64_t)cut_proxy_planned_cuts(hall->proxy) >= hall->goal;
}

/* ---- the stages ---- */

/* The next connection ends after so many bytes of the server's, in whatever those are. */
static void cut_at(struct hall *hall, int64_t offset)
{
    uint64_t cuts = (uint64_t)cut_proxy_planned_cuts(hall->proxy);
    cut_proxy_plan(hall->proxy, offset);
    cut_proxy_cut(hall->proxy);
    hall->goal = cuts + 1;
    until(hall, "the planned cut", has_cut);
    until_whole(hall);
}

static void cut_after_a_batch(struct hall *hall)
{
    hall->goal = newest(hall) + 1;
    until(hall, "a batch", has_goal);
    cut_proxy_cut(hall->proxy);
    until_whole(hall);
}

/* As kill -9 would leave it: messages are in the journal, and the cursor is one of before them. */
static void end_before_the_cursor(struct hall *hall)
{
    const char *text = journal_cursor(hall->journal, hall->source);
    char *cursor = xstrdup(text ? text : "");
    hall->goal = newest(hall) + 3 * (RATE / 10);
    until(hall, "a batch", has_goal);
    close_all(hall);
    open_all(hall, cursor);
    free(cursor);
    until_whole(hall);
}

/* ---- counting ---- */

struct count {
    unsigned char *heard;  // by number, how often
    struct { int64_t from_ms, to_ms; } gaps[GAPS_MAX];
    size_t gap_count;
    uint64_t first;
};

static void count_message(void *data, struct message *message)
{
    struct count *count = data;
    uint64_t number = number_of(message);
    if (number == 0)
        return;
    count->heard[number] += count->heard[number] < 255;
    if (count->first == 0 || number < count->first)
        count->first = number;
}

static void count_gap(void *data, const struct journal_gap *gap)
{
    struct count *count = data;
    assert_true(count->gap_count < GAPS_MAX);
    count->gaps[count->gap_count].from_ms = gap->from_ms;
    count->gaps[count->gap_count++].to_ms = gap->to_ms;
}

/* The platform's own record: line N tells when number N was written. */
static void times_sent(const struct hall *hall, int64_t *times)
{
    size_t len;
    const char *at = rehearsal_sent(hall->rehearsal, hall->platform->name, &len), *end = at + len;
    for (uint64_t number = 1; at < end && number < NUMBERS; at++) {
        const char *line = at;
        at = memchr(at, '\n', (size_t)(end - at));
        if (memmem(line, (size_t)(at - line), " chat", 5))
            times[number++] = strtoll(line, NULL, 10);
    }
}

static bool is_covered(const struct count *count, int64_t time_ms)
{
    for (size_t i = 0; i < count->gap_count; i++) {
        if (time_ms >= count->gaps[i].from_ms && time_ms <= count->gaps[i].to_ms)
            return true;
    }
    return false;
}

static void check_all(struct hall *hall, uint64_t last)
{
    struct count count = {.heard = xcalloc(NUMBERS, 1)};
    int64_t *times = xcalloc(NUMBERS, sizeof(*times));
    uint64_t missing = 0, lost = 0, twice = 0;
    journal_each_tail(hall->journal, NUMBERS, count_message, &count);
    journal_each_gap(hall->journal, count_gap, &count);
    times_sent(hall, times);
    for (uint64_t number = count.first; number <= last; number++) {
        twice += count.heard[number] > 1;
        missing += count.heard[number] == 0;
        if (count.heard[number] == 0 && !is_covered(&count, times[number])) {
            if (lost++ < 5)
                print_message("number %llu of %lld ms is in no gap\n", (unsigned long long)number, (long long)times[number]);
        }
    }
    print_message("cuts_%s %llu messages, %llu missing in %zu gaps, %d connections\n", hall->platform->name,
                  (unsigned long long)(last - count.first + 1), (unsigned long long)missing, count.gap_count,
                  cut_proxy_accepted(hall->proxy));
    assert_true(count.first > 0);
    assert_int_equal(lost, 0);
    assert_int_equal(twice, 0);
    free(count.heard);
    free(times);
}

/* ---- the test ---- */

/* A chat line or two of the platform, in scripts of any direction; load makes as many as it wants of them. */
static char *write_transcript(const struct hall *hall)
{
    static const char *const texts[] = {"سلام از شیراز 😂", "加油！ what comes next?", "plain words"};
    char *path = xasprintf("%s/transcript.jsonl", hall->folder);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 3; i++)
        fprintf(file, "{\"at_ms\":%d,\"kind\":\"chat\",\"platform\":\"%s\",\"native_id\":\"t%d\",\"author\":{\"id\":\"11%d\",\"login\":"
                "\"user%d\",\"name\":\"user%d\"},\"text\":\"%s\"}\n", i, hall->platform->name, i, i, i, i, texts[i]);
    fclose(file);
    return path;
}

/* The source's entry with the proxy's port for the rehearsal's, wherever it stands. */
static json_t *by_proxy(const struct hall *hall)
{
    json_t *addresses = rehearsal_addresses(hall->rehearsal);
    json_t *entry = json_array_get(json_object_get(addresses, "sources"), 0);
    char from[16], to[16];
    snprintf(from, sizeof(from), ":%u", rehearsal_port(hall->rehearsal));
    snprintf(to, sizeof(to), ":%u", cut_proxy_port(hall->proxy));
    struct buffer out = {0};
    char *text = json_dumps(entry, JSON_COMPACT), *at = text;
    for (char *found; (found = strstr(at, from)); at = found + strlen(from)) {
        buffer_add(&out, at, (size_t)(found - at));
        buffer_add_string(&out, to);
    }
    buffer_add_string(&out, at);
    json_t *config = json_loadb(out.data, out.len, 0, NULL);
    assert_non_null(config);
    json_t *more = hall->platform->config ? json_loads(hall->platform->config, 0, NULL) : json_object();
    json_object_update(config, more);
    json_decref(more);
    buffer_fini(&out);
    free(text);
    json_decref(addresses);
    return config;
}

static void begin(struct hall *hall)
{
    struct error err = {0};
    size_t count = 0;
    hall->loop = fixture_loop();
    hall->folder = fixture_folder();
    timer_init(&hall->check, hall->loop, handle_check, hall);
    timer_init(&hall->limit, hall->loop, handle_limit, hall);
    while (count < 4 && hall->platform->settings[count])
        count++;
    char *transcript = write_transcript(hall);
    hall->rehearsal = rehearsal_create(hall->loop, &(struct rehearsal_options){
        .transcript = transcript, .load_per_s = RATE,
        .settings = hall->platform->settings, .setting_count = count}, &err);
    if (!hall->rehearsal)
        fail_msg("%s", err.text);
    free(transcript);
    hall->proxy = cut_proxy_create(rehearsal_port(hall->rehearsal));
    hall->config = by_proxy(hall);
    open_all(hall, NULL);
}

static void end(struct hall *hall)
{
    close_all(hall);
    rehearsal_destroy(hall->rehearsal);
    cut_proxy_destroy(hall->proxy);
    json_decref(hall->config);
    loop_destroy(hall->loop);
    fixture_remove(hall->folder);
}

static void test_cuts(void **state)
{
    struct hall hall = {.platform = *state};
    begin(&hall);
    until_whole(&hall);
    for (size_t i = 0; i < ARRAY_LENGTH(offsets); i++)
        cut_at(&hall, offsets[i]);
    for (int i = 0; i < BATCHES; i++)
        cut_after_a_batch(&hall);
    for (int i = 0; i < RESTARTS; i++)
        end_before_the_cursor(&hall);
    uint64_t last = spoken(&hall);
    hall.goal = last;
    until(&hall, "all that was written", has_goal);
    close_all(&hall);
    open_all(&hall, NULL);
    check_all(&hall, last);
    end(&hall);
}

int main(int argc, char **argv)
{
    const struct platform *platform = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(platforms) && argc > 1; i++) {
        if (strcmp(platforms[i].name, argv[1]) == 0)
            platform = &platforms[i];
    }
    if (!platform) {
        fprintf(stderr, "usage: test_cuts PLATFORM\n");
        return 2;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(test_cuts, (void *)platform)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
