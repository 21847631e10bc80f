#include "../net/kit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/connector.h"
#include "net/http.h"
#include "rehearsal/rehearsal.h"

/*
 * The real connectors against the rehearsal under load, while connections are dropped. Promise 2 of the design: what
 * was written arrives, but for what the connector itself says it missed.
 */
enum { DROPS = 3, DROP_MS = 700, NUMBER_MAX = 1 << 20, GAPS_MAX = 16 };

struct hall {
    struct kit kit;
    struct rehearsal *rehearsal;
    struct connector *connector;
    struct timer drop_timer;
    const char *platform;
    int drops;
    unsigned char *heard;  // by number, how often
    uint64_t newest, delivered;
    struct { int64_t from_ms, to_ms; } gaps[GAPS_MAX];
    size_t gap_count;
    struct buffer sent;  // the rehearsal's own record
    bool is_done;
};

static void take(void *data, struct message *message)
{
    struct hall *hall = data;
    unsigned long long number = 0;
    char text[32];
    size_t len = message->is.text.len < 31 ? message->is.text.len : 31;
    memcpy(text, message->is.text.data ? message->is.text.data : "", len);
    text[len] = '\0';
    if (sscanf(text, "#%llu ", &number) != 1 || number == 0 || number >= NUMBER_MAX)
        return;
    hall->heard[number] += hall->heard[number] < 255;
    hall->newest = number > hall->newest ? number : hall->newest;
    hall->delivered++;
}

static void take_gap(void *data, int64_t from_ms, int64_t to_ms, const char *reason)
{
    struct hall *hall = data;
    assert_true(hall->gap_count < GAPS_MAX);
    hall->gaps[hall->gap_count].from_ms = from_ms;
    hall->gaps[hall->gap_count++].to_ms = to_ms;
}

static void handle_drop(void *data)
{
    struct hall *hall = data;
    if (hall->drops++ < DROPS)
        rehearsal_fault(hall->rehearsal, "drop", hall->platform, 0, NULL);
    if (hall->drops <= DROPS)
        timer_start(&hall->drop_timer, DROP_MS);
    else
        loop_stop(hall->kit.loop);
}

/* The entry for the configuration that speaks to this platform's side. */
static const json_t *find_source(const json_t *addresses, const char *platform)
{
    size_t i;
    json_t *source;
    json_array_foreach (json_object_get(addresses, "sources"), i, source) {
        if (strcmp(json_string_value(json_object_get(source, "connector")), platform) == 0)
            return source;
    }
    fail_msg("the rehearsal has no %s", platform);
    return NULL;
}

static void start(struct hall *hall, const char *platform, double load_per_s)
{
    memset(hall, 0, sizeof(*hall));
    kit_init(&hall->kit);
    hall->platform = platform;
    hall->heard = xcalloc(NUMBER_MAX, 1);
    char path[512];
    snprintf(path, sizeof(path), "%s/assets/demo/transcript.jsonl", getenv("ANTIPHON_SOURCE_ROOT"));
    struct error err = {0};
    static const char *const settings[] = {"youtube.stream_ms=1500", "youtube.batch_ms=20", "youtube.quota=1000000"};
    hall->rehearsal = rehearsal_create(hall->kit.loop, &(struct rehearsal_options){
        .transcript = path, .load_per_s = load_per_s, .settings = settings, .setting_count = ARRAY_LENGTH(settings)}, &err);
    assert_string_equal(err.text, "");
    json_t *addresses = rehearsal_addresses(hall->rehearsal);
    const json_t *config = find_source(addresses, platform);
    struct connector_options options = {.loop = hall->kit.loop, .deliver = take, .on_gap = take_gap, .data = hall};
    hall->connector = connector_create(config, &options, &err);
    assert_string_equal(err.text, "");
    json_decref(addresses);
    connector_start(hall->connector);
    timer_init(&hall->drop_timer, hall->kit.loop, handle_drop, hall);
    // Not before it is joined: what was written earlier was nobody's loss.
    while (hall->delivered == 0)
        kit_turn(&hall->kit, 10);
    timer_start(&hall->drop_timer, DROP_MS);
    kit_run(&hall->kit);
}

static void finish(struct hall *hall)
{
    timer_stop(&hall->drop_timer);
    connector_destroy(hall->connector);
    rehearsal_destroy(hall->rehearsal);
    kit_fini(&hall->kit);
    buffer_fini(&hall->sent);
    free(hall->heard);
}

static void handle_sent(void *data, const struct http_result *result)
{
    struct hall *hall = data;
    buffer_add(&hall->sent, result->body, result->len + 1);
    hall->is_done = true;
    loop_stop(hall->kit.loop);
}

/* When each number was written, from the rehearsal's record: its lines stand in the order of the numbers. */
static int64_t *times_sent(struct hall *hall, uint64_t *count)
{
    char url[128];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/control/sent?platform=%s", rehearsal_port(hall->rehearsal), hall->platform);
    struct http_options options = {.url = url, .on_done = handle_sent, .data = hall, .body_bytes_max = 64 << 20};
    assert_non_null(http_start(hall->kit.loop, &options, NULL));
    while (!hall->is_done)
        kit_run(&hall->kit);
    int64_t *times = xcalloc(NUMBER_MAX, sizeof(*times));
    *count = 0;
    for (const char *line = hall->sent.data; *line; line = strchr(line, '\n') + 1)
        times[++*count] = strtoll(line, NULL, 10);
    return times;
}

/* Waits until what had been said by now has come. */
static void catch_up(struct hall *hall)
{
    json_t *state = rehearsal_state(hall->rehearsal);
    uint64_t goal = (uint64_t)json_get_int(json_object_get(state, hall->platform), "load_number", 0);
    json_decref(state);
    for (int64_t until_ms = clock_monotonic_ms() + KIT_LIMIT_MS; hall->newest < goal;) {
        assert_true(clock_monotonic_ms() < until_ms);
        kit_turn(&hall->kit, 20);
    }
}

static void test_youtube_loses_nothing(void **state)
{
    struct hall hall;
    start(&hall, "youtube", 1000);
    catch_up(&hall);
    uint64_t missing = 0;
    for (uint64_t number = 1; number <= hall.newest; number++)
        missing += hall.heard[number] == 0;
    print_message("rehearsal_youtube_heard %llu messages, %llu missing, %zu gaps\n", (unsigned long long)hall.newest,
                  (unsigned long long)missing, hall.gap_count);
    assert_int_equal(missing, 0);
    assert_int_equal(hall.gap_count, 0);
    finish(&hall);
}

static void test_twitch_says_what_it_missed(void **state)
{
    struct hall hall;
    start(&hall, "twitch", 1000);
    catch_up(&hall);
    uint64_t count, missing = 0, uncovered = 0, twice = 0;
    int64_t *times = times_sent(&hall, &count);
    for (uint64_t number = 1; number <= hall.newest; number++) {
        twice += hall.heard[number] > 1;
        if (hall.heard[number] > 0)
            continue;
        missing++;
        bool is_covered = false;
        for (size_t i = 0; i < hall.gap_count; i++)
            is_covered = is_covered || (times[number] >= hall.gaps[i].from_ms && times[number] <= hall.gaps[i].to_ms);
        uncovered += !is_covered;
    }
    print_message("rehearsal_twitch_heard %llu messages, %llu missing in %zu gaps\n", (unsigned long long)hall.newest,
                  (unsigned long long)missing, hall.gap_count);
    assert_true(hall.gap_count >= DROPS);
    assert_int_equal(uncovered, 0);
    assert_int_equal(twice, 0);
    free(times);
    finish(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_youtube_loses_nothing),
        cmocka_unit_test(test_twitch_says_what_it_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
