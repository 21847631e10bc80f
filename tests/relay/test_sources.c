/* Sources come, change and go; what they deliver, where they stand and what they lost is kept. */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/poison.h"
#include "net/loop.h"
#include "relay/intake.h"
#include "relay/queue.h"
#include "relay/sources.h"

struct bench {
    char *folder, *runtime;
    struct loop *loop;
    struct journal *journal;
    struct queue *queue;
    struct intake *intake;
    struct sources *sources;
    char heard[512];
};

static void hear(struct bench *bench, const char *word, const char *text)
{
    size_t len = strlen(bench->heard);
    snprintf(bench->heard + len, sizeof(bench->heard) - len, "%s%s ", word, text);
}

static void hear_changed(void *data, const struct source *source)
{
    hear(data, "=", source->id);
}

static void hear_removed(void *data, const struct source *source)
{
    hear(data, "-", source->id);
}

static void hear_notice(void *data, const char *level, const char *where, const char *text)
{
    hear(data, "!", text);
}

static void open_all(struct bench *bench)
{
    bench->journal = fixture_open(bench->folder, bench->loop);
    bench->queue = queue_create(&(struct queue_options){.loop = bench->loop});
    bench->intake = intake_create(
        &(struct intake_options){.journal = bench->journal, .queue = bench->queue, .keys = 1024});
    // Without a loop nothing connects: frames come from the tests.
    bench->sources = sources_create(&(struct sources_options){.journal = bench->journal, .intake = bench->intake,
        .runtime_folder = bench->runtime, .on_changed = hear_changed, .on_removed = hear_removed,
        .on_notice = hear_notice, .data = bench});
}

static void close_all(struct bench *bench)
{
    sources_destroy(bench->sources);
    intake_destroy(bench->intake);
    queue_destroy(bench->queue);
    journal_close(bench->journal);
    bench->heard[0] = '\0';
}

static int set_up(void **state)
{
    struct bench *bench = xcalloc(1, sizeof(*bench));
    bench->folder = fixture_folder();
    bench->runtime = fixture_folder();
    bench->loop = fixture_loop();
    open_all(bench);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    close_all(bench);
    loop_destroy(bench->loop);
    fixture_remove(bench->folder);
    fixture_remove(bench->runtime);
    free(bench);
    return 0;
}

static json_t *twitch(const char *channel)
{
    return json_pack("{s:s, s:s}", "connector", "twitch", "channel", channel);
}

static const struct source *add(struct bench *bench, json_t *config, struct error *err)
{
    const struct source *source = sources_add(bench->sources, config, NULL, err);
    json_decref(config);
    return source;
}

static const char line[] =
    "@badge-info=;badges=;color=#1E90FF;display-name=Niloufar;emotes=;id=885196de-cb67-427a-baa8-82f9b0fcd05f;mod=0;"
    "room-id=1337;subscriber=0;tmi-sent-ts=1643904084794;turbo=0;user-id=117166826;user-type= "
    ":niloufar!niloufar@niloufar.tmi.twitch.tv PRIVMSG #anna :hello there";

static void what_comes_is_in_the_queue_once(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    const struct source *source = add(bench, twitch("anna"), &err);
    assert_non_null(source);
    assert_string_equal(source->id, "twitch:anna");
    assert_string_equal(source->platform, "twitch");
    assert_true(sources_receive(bench->sources, "twitch:anna", line, strlen(line), &err));
    assert_int_equal(queue_count(bench->queue), 1);
    const struct message *message = queue_next(bench->queue, 0);
    assert_true(str_equal(message->is.text, STR("hello there")));
    assert_true(str_equal(message->is.source, STR("twitch:anna")));
    assert_int_equal(message->id, journal_last_id(bench->journal));
    assert_true(sources_receive(bench->sources, "twitch:anna", line, strlen(line), &err));
    assert_int_equal(queue_count(bench->queue), 1);
    assert_int_equal(source->duplicates, 1);
    assert_false(sources_receive(bench->sources, "twitch:bob", line, strlen(line), &err));
}

static void wrong_ones_are_refused(void **state)
{
    static const struct {
        const char *config, *words;
    } cases[] = {
        {"{\"connector\":\"twitch\"}", "channel"},
        {"{\"connector\":\"twitch\",\"channel\":\"an na\"}", "an na"},
        {"{\"connector\":\"nowhere\",\"channel\":\"anna\"}", "nowhere"},
        {"{\"connector\":\"twitch\",\"channel\":\"anna\"}", "there already"},
    };
    struct bench *bench = *state;
    assert_non_null(add(bench, twitch("anna"), NULL));
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        assert_null(add(bench, json_loads(cases[i].config, 0, NULL), &err));
        if (!strstr(err.text, cases[i].words))
            fail_msg("%s: \"%s\" is not in \"%s\"", cases[i].config, cases[i].words, err.text);
        assert_int_equal(err.code, ERROR_DATA);
    }
    struct error err = {0};
    assert_false(sources_remove(bench->sources, "twitch:bob", &err));
    assert_non_null(strstr(err.text, "twitch:bob"));
}

static bool set(struct bench *bench, const char *text, struct error *err)
{
    json_t *array = json_loads(text, 0, NULL);
    assert_non_null(array);
    bool is_done = sources_set(bench->sources, array, NULL, err);
    json_decref(array);
    return is_done;
}

static void all_at_once_or_nothing(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    assert_true(set(bench, "[{\"connector\":\"twitch\",\"channel\":\"anna\"},"
                           "{\"connector\":\"twitch\",\"channel\":\"bob\"}]", &err));
    assert_string_equal(bench->heard, "=twitch:anna =twitch:bob ");
    const struct source *anna = sources_find(bench->sources, "twitch:anna");
    journal_set_cursor(bench->journal, "twitch:anna", "here");
    journal_set_cursor(bench->journal, "twitch:bob", "there");

    static const char *const wrong[] = {
        "[{\"connector\":\"twitch\",\"channel\":\"carol\"},{\"connector\":\"twitch\"}]",
        "[{\"connector\":\"twitch\",\"channel\":\"carol\"},{\"connector\":\"twitch\",\"channel\":\"carol\"}]",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_false(set(bench, wrong[i], &err));
        assert_non_null(strstr(err.text, "sources[1]"));
        assert_ptr_equal(sources_find(bench->sources, "twitch:anna"), anna);
        assert_null(sources_find(bench->sources, "twitch:carol"));
    }
    bench->heard[0] = '\0';
    assert_true(set(bench, "[{\"connector\":\"twitch\",\"channel\":\"carol\"},"
                           "{\"connector\":\"twitch\",\"channel\":\"anna\"}]", &err));
    assert_string_equal(bench->heard, "-twitch:bob =twitch:carol ");
    assert_ptr_equal(sources_find(bench->sources, "twitch:anna"), anna);
    assert_string_equal(journal_cursor(bench->journal, "twitch:anna"), "here");
    assert_null(journal_cursor(bench->journal, "twitch:bob"));
    // A changed entry begins again, at its cursor.
    bench->heard[0] = '\0';
    assert_true(set(bench, "[{\"connector\":\"twitch\",\"channel\":\"carol\"},"
                           "{\"connector\":\"twitch\",\"channel\":\"anna\",\"url\":\"ws://127.0.0.1:1/\"}]", &err));
    assert_string_equal(bench->heard, "=twitch:anna ");
    assert_string_equal(journal_cursor(bench->journal, "twitch:anna"), "here");
    assert_true(set(bench, "[]", &err));
    json_t *written = sources_write_config(bench->sources);
    assert_int_equal(json_array_size(written), 0);
    json_decref(written);
}

static void secrets_are_not_shown(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    json_t *resolved = json_pack("{s:s, s:s, s:s}", "connector", "youtube", "channel", "@anna", "api_key", "AIzaSy-real");
    json_t *shown = json_pack("{s:s, s:s, s:s}", "connector", "youtube", "channel", "@anna", "api_key", "secret:youtube");
    for (int round = 0; round < 2; round++) {
        const struct source *source = sources_add(bench->sources, resolved, round ? shown : NULL, &err);
        if (!source)
            fail_msg("%s", err.text);
        char *text = json_dumps(source->config, JSON_COMPACT);
        assert_null(strstr(text, "AIzaSy"));
        assert_true((strstr(text, "secret:youtube") != NULL) == (round == 1));
        free(text);
        assert_true(sources_remove(bench->sources, "youtube:@anna", &err));
    }
    json_decref(resolved);
    json_decref(shown);
}

static int is_heard;

static void hear_skew(void *data, const char *level, const char *where, const char *text)
{
    hear(data, "!", text);
    fixture_done(&is_heard);
}

/* Stamped four years ago: whose clock is wrong cannot be seen from here, and that it is wrong is said once. */
static void a_clock_that_is_off_is_said(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    struct sources *sources = sources_create(&(struct sources_options){.loop = bench->loop, .journal = bench->journal,
        .intake = bench->intake, .on_notice = hear_skew, .data = bench});
    json_t *config = json_pack("{s:s, s:s, s:s}", "connector", "twitch", "channel", "anna", "url", "ws://127.0.0.1:1/");
    const struct source *source = sources_add(sources, config, NULL, &err);
    json_decref(config);
    assert_true(sources_receive(sources, "twitch:anna", line, strlen(line), &err));
    fixture_run(bench->loop, &is_heard);
    assert_non_null(strstr(bench->heard, "s behind our clock"));
    assert_true(source->is_skewed);
    assert_true(source->health.has_skew && source->health.skew_ms > INT64_C(1000) * 3600 * 24 * 365);
    sources_destroy(sources);
}

static void a_frame_that_killed_is_reported_once(void **state)
{
    struct bench *bench = *state;
    close_all(bench);
    char *path = xasprintf("%s/relay.poison", bench->runtime);
    for (int life = 0; life < 2; life++) {
        struct poison *poison = poison_open(path, NULL);
        assert_non_null(poison);
        assert_true(poison_begin(poison, "twitch:anna", line, strlen(line)));
        poison_close(poison);  // and no end: as if the process had died in between, twice at the same
    }
    free(path);
    open_all(bench);
    assert_non_null(strstr(bench->heard, "!twitch:anna: a frame of"));
    close_all(bench);
    open_all(bench);
    assert_null(strstr(bench->heard, "!"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_comes_is_in_the_queue_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_ones_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_at_once_or_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(secrets_are_not_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clock_that_is_off_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_frame_that_killed_is_reported_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
