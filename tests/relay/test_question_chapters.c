/* What was on air, as chapters: times from the recording's zero, the formats' own rules, and nothing of what was deleted. */
#include "relay_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/question_chapters.h"
#include "relay/questions.h"
#include "relay/queue.h"

#define SHOW_MS INT64_C(1700000000000)

struct desk {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct questions *questions;
};

static void ignore_changed(void *data, const struct question *question)
{
}

static void ignore_removed(void *data, uint64_t id)
{
}

static void ignore_dirty(void *data)
{
}

/* One that was on air from and to, in seconds of the show; asked on twitch by u<id>. */
static void put(struct desk *desk, int id, const char *text, int64_t in_s, int64_t out_s)
{
    char key[40];
    snprintf(key, sizeof(key), "question:%020d", id);
    json_t *question = json_pack("{s:i,s:s,s:s,s:s,s:i,s:[[I,I]],s:I,s:[{s:i,s:s,s:s,s:s,s:{s:s,s:s}}]}", "id", id, "state", "answered",
        "text", text, "text_original", text, "count", 1, "airings", (json_int_t)(SHOW_MS + in_s * 1000),
        (json_int_t)(SHOW_MS + out_s * 1000), "changed_ms", (json_int_t)INT64_C(4000000000000), "asks", "message", id, "platform",
        "twitch", "native_id", id == 1 ? "n1" : "nx", "text", text, "author", "id", "u1", "name", "=Ann \"A\"");
    assert_non_null(question);
    char *json = json_dumps(question, JSON_COMPACT);
    journal_set_state(desk->journal, key, json);
    free(json);
    json_decref(question);
}

static void begin(struct desk *desk)
{
    struct error err = {0};
    *desk = (struct desk){.folder = fixture_folder(), .loop = fixture_loop()};
    desk->journal = fixture_open(desk->folder, desk->loop);
    char shows[64];
    snprintf(shows, sizeof(shows), "[%" PRId64 ",%" PRId64 "]", SHOW_MS, SHOW_MS + 5 * 3600 * 1000);
    journal_set_state(desk->journal, "questions:shows", shows);
    put(desk, 1, "What does <this> mean & why?", 5, 70);
    put(desk, 2, "این آهنگ برای شما چه معنایی دارد؟", 70, 75);   // too short for YouTube
    put(desk, 3, "\u202e=the third", 75, 200);
    put(desk, 4, "an \u2066hour\u2069 later", 3725, 3800);
    put(desk, 5, "the next show's", 5 * 3600 + 10, 5 * 3600 + 20);
    desk->questions = questions_create(&(struct questions_options){
        .journal = desk->journal, .changed = ignore_changed, .removed = ignore_removed, .dirty = ignore_dirty}, &err);
    if (!desk->questions)
        fail_msg("%s", err.text);
}

static void end(struct desk *desk)
{
    questions_destroy(desk->questions);
    journal_close(desk->journal);
    loop_destroy(desk->loop);
    fixture_remove(desk->folder);
}

static void assert_chapters(const struct desk *desk, enum question_chapters_format format, int64_t zero_s,
                            const char *expected)
{
    struct buffer out = {0};
    questions_write_chapters(desk->questions, &(struct question_chapters_options){
        .format = format, .zero_ms = SHOW_MS + zero_s * 1000, .show_ms = SHOW_MS}, &out);
    char *text = buffer_take(&out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_formats(void **state)
{
    struct desk desk;
    begin(&desk);
    assert_chapters(&desk, QUESTION_CHAPTERS_YOUTUBE, 0,
                    "0:00 What does <this> mean & why?\n1:15 =the third\n1:02:05 an hour later\n");
    assert_chapters(&desk, QUESTION_CHAPTERS_YOUTUBE, -60,
                    "0:00 Start\n1:05 What does <this> mean & why?\n2:15 =the third\n1:03:05 an hour later\n");
    assert_chapters(&desk, QUESTION_CHAPTERS_WEBVTT, 60,
                    "WEBVTT\n"
                    "\n1\n00:00:00.000 --> 00:00:10.000\nWhat does &lt;this&gt; mean &amp; why?\n"
                    "\n2\n00:00:10.000 --> 00:00:15.000\nاین آهنگ برای شما چه معنایی دارد؟\n"
                    "\n3\n00:00:15.000 --> 00:02:20.000\n=the third\n"
                    "\n4\n01:01:05.000 --> 01:02:20.000\nan hour later\n");
    assert_chapters(&desk, QUESTION_CHAPTERS_CSV, 3600,
                    "in,out,in_ms,out_ms,text,author,platform\n"
                    "00:02:05.000,00:03:20.000,125000,200000,\"an hour later\",\"'=Ann \"\"A\"\"\",\"twitch\"\n");
    assert_chapters(&desk, QUESTION_CHAPTERS_CSV, 4000, "in,out,in_ms,out_ms,text,author,platform\n");
    end(&desk);
}

static void test_deleted_has_none(void **state)
{
    struct desk desk;
    begin(&desk);
    questions_handle_removal(desk.questions, &(struct queue_removal){.platform = STR("twitch"), .native_id = STR("n1")});
    assert_chapters(&desk, QUESTION_CHAPTERS_YOUTUBE, 0, "0:00 Start\n1:15 =the third\n1:02:05 an hour later\n");
    questions_begin_show(desk.questions, "anna");  // in no list any more, and still in the recording
    assert_int_equal(questions_count(desk.questions), 0);
    assert_chapters(&desk, QUESTION_CHAPTERS_YOUTUBE, 0, "0:00 Start\n1:15 =the third\n1:02:05 an hour later\n");
    questions_handle_removal(desk.questions, &(struct queue_removal){.platform = STR("twitch"), .author_id = STR("u1")});
    assert_chapters(&desk, QUESTION_CHAPTERS_YOUTUBE, 0, "");
    end(&desk);
}

/* The next evening: what is done with stays behind, what is not comes along, off the air. */
static void test_next_evening(void **state)
{
    struct desk desk = {.folder = fixture_folder(), .loop = fixture_loop()};
    struct error err = {0};
    desk.journal = fixture_open(desk.folder, desk.loop);
    char shows[32];
    snprintf(shows, sizeof(shows), "[%" PRId64 "]", SHOW_MS);
    journal_set_state(desk.journal, "questions:shows", shows);
    static const char *const states[] = {"answered", "ready", "on_air", "dismissed", "new"};
    for (int i = 0; i < (int)ARRAY_LENGTH(states); i++) {
        char key[40], json[300];
        snprintf(key, sizeof(key), "question:%020d", i + 1);
        snprintf(json, sizeof(json), "{\"id\":%d,\"state\":\"%s\",\"text\":\"a\",\"text_original\":\"a\",\"changed_ms\":%" PRId64 ",\"show_ms\":%" PRId64 "}",
                 i + 1, states[i], SHOW_MS + 1000, SHOW_MS);
        journal_set_state(desk.journal, key, json);
    }
    desk.questions = questions_create(&(struct questions_options){.journal = desk.journal, .retention_days = -1,
        .changed = ignore_changed, .removed = ignore_removed, .dirty = ignore_dirty}, &err);
    assert_non_null(desk.questions);
    assert_int_equal(questions_count(desk.questions), 3);
    assert_true(questions_show_ms(desk.questions) > SHOW_MS);
    for (size_t i = 0; i < 3; i++) {
        const struct question *question = questions_at(desk.questions, i);
        assert_true(question->is_carried);
        assert_int_equal(question->show_ms, SHOW_MS);
        assert_int_equal(question->state, question->id == 5 ? QUESTION_NEW : QUESTION_READY);
    }
    end(&desk);
}

static void test_names(void **state)
{
    enum question_chapters_format format;
    assert_true(question_chapters_format("webvtt", &format));
    assert_string_equal(question_chapters_file_name(format), "chapters.vtt");
    assert_string_equal(question_chapters_type(format), "text/vtt; charset=utf-8");
    assert_false(question_chapters_format("srt", &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats), cmocka_unit_test(test_deleted_has_none), cmocka_unit_test(test_names),
        cmocka_unit_test(test_next_evening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
