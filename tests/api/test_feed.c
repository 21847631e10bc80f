/* The feed above 500 a second, filters of clients, and how what is shown is chosen. */
#include "desk.h"

#include "api/feed.h"
#include "api/feed_pick.h"
#include "base/clock.h"

/* --- Choosing --- */

static const struct {
    const char *name, *sources;  // a letter each
    size_t limit;
    size_t expected[3];          // of a, b, c
} picks[] = {
    {"all fit", "aabbc", 9, {2, 2, 1}},
    {"none", "aabbc", 0, {0, 0, 0}},
    {"the quiet one is whole", "aaaaaaaaaaaaaaaaaaaabb", 10, {8, 2, 0}},
    {"equal parts", "aaaaaaaaabbbbbbbbbccccccccc", 9, {3, 3, 3}},
    {"what one leaves, others get", "aaaaaaaaaabbbbbbbbbbc", 11, {5, 5, 1}},
};

static void test_pick(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(picks); i++) {
        size_t sources[64], count = strlen(picks[i].sources), found[3] = {0};
        bool is_picked[64];
        for (size_t k = 0; k < count; k++)
            sources[k] = (size_t)(picks[i].sources[k] - 'a');
        size_t picked = feed_pick(sources, count, 3, picks[i].limit, i, is_picked);
        for (size_t k = 0; k < count; k++)
            found[sources[k]] += is_picked[k];
        assert_int_equal(picked, found[0] + found[1] + found[2]);
        for (size_t k = 0; k < 3; k++) {
            if (found[k] != picks[i].expected[k])
                fail_msg("%s: %zu of %c, not %zu", picks[i].name, found[k], (char)('a' + k), picks[i].expected[k]);
        }
    }
}

/* Fewer than sources: over many turns each has its turn. */
static void test_pick_goes_round(void **state)
{
    const size_t sources[] = {0, 0, 0, 1, 1, 1, 2, 2, 2};
    size_t found[3] = {0};
    for (size_t turn = 0; turn < 30; turn++) {
        bool is_picked[9];
        assert_int_equal(feed_pick(sources, 9, 3, 1, turn, is_picked), 1);
        for (size_t k = 0; k < 9; k++)
            found[sources[k]] += is_picked[k];
    }
    for (size_t k = 0; k < 3; k++)
        assert_int_equal(found[k], 10);
}

/* --- A flood --- */

struct seen {
    size_t messages, gifts, questions, moderators, quiet, persian, edited;
    int64_t shown, skipped, quiet_skipped, loud_skipped;
    bool has_sample;
};

static void look_at_message(struct seen *seen, const json_t *message)
{
    const char *text = json_get_text(message, "text");
    seen->messages++;
    seen->gifts += strcmp(json_get_text(message, "kind"), "gift") == 0;
    seen->questions += text && strstr(text, "?") != NULL;
    seen->persian += text && strstr(text, "سلام") != NULL;
    seen->moderators += text && strstr(text, "mod ") != NULL;
    seen->quiet += strcmp(json_get_text(message, "source"), "kick:show") == 0;
}

static void look_at_sample(struct seen *seen, const json_t *sample)
{
    const json_t *sources = json_object_get(sample, "sources");
    seen->has_sample = true;
    seen->shown += json_get_int(sample, "shown", 0);
    seen->skipped += json_get_int(sample, "skipped", 0);
    seen->quiet_skipped += json_get_int(json_object_get(sources, "kick:show"), "skipped", 0);
    seen->loud_skipped += json_get_int(json_object_get(sources, "twitch:show"), "skipped", 0);
    assert_true(json_get_int(sample, "over_ms", 0) >= 1000);
    assert_true(json_get_int(sample, "last_id", 0) > 0);
}

static void look(struct caller *caller, struct seen *seen)
{
    json_t *event, *message;
    size_t index, k;
    json_array_foreach(caller->inbox, index, event) {
        const char *type = json_get_text(event, "type");
        if (strcmp(type, "sample") == 0)
            look_at_sample(seen, event);
        if (strcmp(type, "messages") != 0)
            continue;
        json_array_foreach(json_object_get(event, "messages"), k, message)
            look_at_message(seen, message);
    }
    json_array_clear(caller->inbox);
}

static void push_as(struct desk *desk, enum message_kind kind, uint32_t roles, const char *platform, const char *text)
{
    static int number;
    char native_id[32], source[32];
    snprintf(native_id, sizeof(native_id), "p%d", ++number);
    snprintf(source, sizeof(source), "%s:show", platform);
    desk_push(desk, &(struct message_draft){
        .kind = kind, .platform = str_from(platform), .source = str_from(source), .native_id = str_from(native_id),
        .event_key = str_from(native_id), .author = {.id = str_from(native_id), .name = STR("x"), .roles = roles},
        .money = {.units = kind == MESSAGE_GIFT ? 5 : 0}, .text = str_from(text)});
}

/* 4,900 lines of chat in a few turns of the loop, and between them what must not be missed. */
static void flood(struct desk *desk)
{
    for (int i = 0; i < 4900; i++) {
        push_as(desk, MESSAGE_CHAT, 0, "twitch", "flood");
        if (i % 100 == 0) {
            push_as(desk, MESSAGE_GIFT, 0, "twitch", "for you");
            push_as(desk, MESSAGE_CHAT, ROLE_MODERATOR, "twitch", "mod says hello");
            push_as(desk, MESSAGE_CHAT, 0, "twitch", "what is the name of this song?");
            push_as(desk, MESSAGE_CHAT, 0, "kick", "a quiet chat");
            push_as(desk, MESSAGE_CHAT, 0, "twitch", "سلام به همه، چطورید، من هم اینجا هستم");
        }
        if (i % 200 == 0)
            kit_turn(&desk->kit, 10);
    }
}

static void begin(struct desk *desk, struct caller *panel, struct caller *reader)
{
    desk_init(desk);
    desk_start(desk);
    caller_open(panel, desk, NULL);
    json_decref(caller_wait(panel, "snapshot"));
    caller_open(reader, desk, NULL);
    json_decref(caller_wait(reader, "snapshot"));
}

static void end(struct desk *desk, struct caller *panel, struct caller *reader)
{
    caller_close(panel);
    caller_close(reader);
    desk_fini(desk);
}

static void test_flood(void **state)
{
    struct desk desk;
    struct caller panel, reader;
    struct seen whole = {0}, persian = {0};
    begin(&desk, &panel, &reader);
    caller_must(&reader, "feed.filter", "\"languages\":[\"fa\"]");
    int64_t since_ms = clock_monotonic_ms();
    flood(&desk);
    while (whole.messages + (size_t)whole.skipped < 5145 || persian.messages < 49) {
        kit_turn(&desk.kit, 20);
        look(&panel, &whole);
        look(&reader, &persian);
    }
    // Every one is shown or counted. A second in which all fitted, on a slow machine, has no sample.
    assert_int_equal(whole.messages + (size_t)whole.skipped, 5145);
    assert_true(whole.shown <= (int64_t)whole.messages);
    assert_true(whole.messages >= 450 && whole.messages <= 700 + (size_t)(clock_monotonic_ms() - since_ms) / 2);
    assert_true(whole.has_sample);
    assert_int_equal(whole.gifts, 49);
    assert_int_equal(whole.moderators, 49);
    assert_int_equal(whole.questions, 49);
    size_t loud = whole.messages - whole.gifts - whole.moderators - whole.questions - whole.quiet;
    assert_true(whole.quiet * 4949 > loud * 49);  // a larger part of the quiet chat is shown than of the loud one
    assert_int_equal(whole.quiet_skipped, 49 - whole.quiet);
    assert_int_equal(whole.loud_skipped + whole.quiet_skipped, whole.skipped);
    assert_true(whole.persian < 49 || whole.skipped < 1000);
    assert_int_equal(persian.messages, 49);  // who reads one language gets all of it
    assert_int_equal(persian.persian, 49);
    assert_false(persian.has_sample);
    end(&desk, &panel, &reader);
}

/* More that matters than 500: a sample of that too, and marked. */
static void test_flood_of_gifts(void **state)
{
    struct desk desk;
    struct caller panel, reader;
    struct seen seen = {0};
    begin(&desk, &panel, &reader);
    int64_t since_ms = clock_monotonic_ms();
    for (int i = 0; i < 3000; i++)
        push_as(&desk, MESSAGE_GIFT, 0, i % 2 ? "twitch" : "kick", "rose");
    while (seen.messages + (size_t)seen.skipped < 3000) {
        kit_turn(&desk.kit, 20);
        look(&panel, &seen);
    }
    assert_int_equal(seen.messages + (size_t)seen.skipped, 3000);
    assert_true(seen.messages >= 500 && seen.messages <= 700 + (size_t)(clock_monotonic_ms() - since_ms) / 2);
    assert_true(seen.has_sample);
    assert_true(seen.quiet * 10 > seen.messages * 4);  // either source its half
    end(&desk, &panel, &reader);
}

/* --- Filters --- */

/* Until a message with this text comes; one with the other must not have. */
static void wait_for(struct caller *caller, const char *text, const char *never)
{
    for (bool is_there = false; !is_there;) {
        json_t *event = caller_wait(caller, "messages"), *message;
        size_t index;
        json_array_foreach(json_object_get(event, "messages"), index, message) {
            assert_string_not_equal(json_get_text(message, "text"), never);
            is_there |= strcmp(json_get_text(message, "text"), text) == 0;
        }
        json_decref(event);
    }
}

static void test_filter(void **state)
{
    struct desk desk;
    struct caller panel, reader;
    begin(&desk, &panel, &reader);
    push_as(&desk, MESSAGE_CHAT, 0, "kick", "before");
    json_t *reply = caller_ask(&reader, "feed.filter", "\"platforms\":[\"kick\"]");
    const json_t *feed = json_object_get(json_object_get(reply, "result"), "feed");
    assert_int_equal(json_array_size(feed), 1);
    assert_string_equal(json_get_text(json_array_get(feed, 0), "text"), "before");
    json_decref(reply);
    push_as(&desk, MESSAGE_CHAT, 0, "twitch", "not this");
    push_as(&desk, MESSAGE_CHAT, 0, "kick", "this");
    wait_for(&reader, "this", "not this");
    caller_must(&reader, "feed.filter", "");
    push_as(&desk, MESSAGE_CHAT, 0, "twitch", "all again");
    wait_for(&reader, "all again", "nothing");
    caller_refused(&reader, "feed.filter", "\"roles\":[\"king\"]", "no role");
    caller_refused(&reader, "feed.filter", "\"sources\":[1]", "array of texts");
    caller_refused(&reader, "feed.filter", "\"colour\":\"red\"", "no argument");
    end(&desk, &panel, &reader);
}

/* With hello the first snapshot is filtered already. */
static void test_filter_in_hello(void **state)
{
    struct desk desk;
    struct caller panel, reader, wrong;
    begin(&desk, &panel, &reader);
    push_as(&desk, MESSAGE_CHAT, 0, "twitch", "not this");
    push_as(&desk, MESSAGE_CHAT, 0, "kick", "this");
    struct caller third;
    caller_open(&third, &desk, "{\"type\":\"hello\",\"client\":\"panel\",\"filter\":{\"platforms\":[\"kick\"]}}");
    json_t *snapshot = caller_wait(&third, "snapshot");
    assert_int_equal(json_array_size(json_object_get(snapshot, "feed")), 1);
    json_decref(snapshot);
    caller_open(&wrong, &desk, "{\"type\":\"hello\",\"client\":\"panel\",\"filter\":{\"money\":1}}");
    json_t *notice = caller_wait(&wrong, "notice");
    assert_non_null(strstr(json_get_text(notice, "text"), "money"));
    json_decref(notice);
    snapshot = caller_wait(&wrong, "snapshot");
    assert_int_equal(json_array_size(json_object_get(snapshot, "feed")), 2);
    json_decref(snapshot);
    caller_close(&third);
    caller_close(&wrong);
    end(&desk, &panel, &reader);
}

/* 16 may differ; the same one, however written, is one; what nobody reads any more makes room. */
static void test_filters_are_bounded(void **state)
{
    struct desk desk;
    struct caller panel, reader, callers[FEED_FILTERS_MAX];
    begin(&desk, &panel, &reader);
    for (size_t i = 0; i < FEED_FILTERS_MAX; i++) {
        char members[64];
        snprintf(members, sizeof(members), "\"text\":\"word%zu\"", i);
        caller_open(&callers[i], &desk, NULL);
        caller_must(&callers[i], "feed.filter", members);
    }
    caller_refused(&reader, "feed.filter", "\"text\":\"another\"", "16 different filters");
    caller_must(&reader, "feed.filter", "\"text\":\"WORD3\"");
    caller_must(&callers[0], "feed.filter", "\"text\":\"word0\"");
    caller_must(&callers[0], "feed.filter", "\"text\":\"changed\"");
    caller_refused(&reader, "feed.filter", "\"text\":\"another\"", "16 different filters");
    caller_close(&callers[1]);
    push_as(&desk, MESSAGE_CHAT, 0, "kick", "word3 comes to both");
    json_decref(caller_wait(&reader, "messages"));
    caller_must(&reader, "feed.filter", "\"text\":\"another\"");
    for (size_t i = 0; i < FEED_FILTERS_MAX; i++) {
        if (i != 1)
            caller_close(&callers[i]);
    }
    end(&desk, &panel, &reader);
}

/* Once a second, and the last ten minutes in a snapshot. */
static void test_rates(void **state)
{
    struct desk desk;
    struct caller panel, reader;
    begin(&desk, &panel, &reader);
    push_as(&desk, MESSAGE_CHAT, 0, "twitch", "سلام به همه، چطورید، من هم اینجا هستم");
    int64_t count = 0;
    while (count == 0) {
        json_t *event = caller_wait(&panel, "rates");
        count = json_get_int(json_object_get(event, "sources"), "twitch:show", 0);
        assert_int_equal(json_get_int(json_object_get(event, "languages"), "fa", 0), count);
        assert_true(json_get_int(event, "at_ms", 0) > 0);
        json_decref(event);
    }
    assert_int_equal(count, 1);
    struct caller third;
    caller_open(&third, &desk, NULL);
    json_t *snapshot = caller_wait(&third, "snapshot"), *rates = json_object_get(snapshot, "rates");
    assert_non_null(json_object_get(json_object_get(rates, "sources"), "twitch:show"));
    assert_int_equal(json_get_int(json_object_get(rates, "languages"), "fa", 0), 1);
    json_decref(snapshot);
    caller_close(&third);
    end(&desk, &panel, &reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pick), cmocka_unit_test(test_pick_goes_round), cmocka_unit_test(test_flood),
        cmocka_unit_test(test_flood_of_gifts), cmocka_unit_test(test_filter), cmocka_unit_test(test_filter_in_hello),
        cmocka_unit_test(test_filters_are_bounded), cmocka_unit_test(test_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
