/* Tracks through their door: what stands when, live lines, and what a restart finds. */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/caption_feed.h"
#include "relay/captions.h"

struct desk {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct captions *captions;
    int changed, lines_changed;
};

static void count_changed(void *data, const struct caption_track *track)
{
    ((struct desk *)data)->changed++;
}

static void count_lines(void *data)
{
    ((struct desk *)data)->lines_changed++;
}

static void open_captions(struct desk *desk)
{
    struct error err = {0};
    desk->journal = fixture_open(desk->folder, desk->loop);
    desk->captions = captions_create(&(struct captions_options){
        .journal = desk->journal, .data = desk, .changed = count_changed, .lines_changed = count_lines}, &err);
}

static void close_captions(struct desk *desk)
{
    captions_destroy(desk->captions);
    journal_close(desk->journal);
}

static void begin(struct desk *desk)
{
    *desk = (struct desk){.folder = fixture_folder(), .loop = fixture_loop()};
    open_captions(desk);
}

static void end(struct desk *desk)
{
    close_captions(desk);
    loop_destroy(desk->loop);
    fixture_remove(desk->folder);
}

static const char talk[] =
    "1\n00:00:01,000 --> 00:00:03,000\nfirst\n\n"
    "2\n00:00:02,000 --> 00:00:05,000\nsecond\n\n"
    "3\n00:00:02,500 --> 00:00:02,900\nthird\n\n"
    "4\n00:01:00,000 --> 00:01:02,000\n<i>a &amp; b</i>\nline two\nline three\n";

static void load(struct desk *desk, const char *name, const char *text)
{
    struct error err = {0};
    if (!captions_load(desk->captions, name, "fa", CAPTION_FORMAT_SRT, str_from(text), "anna", &err))
        fail_msg("%s", err.text);
}

static void assert_shown(const struct caption_track *track, int64_t now_ms, const char *expected)
{
    struct caption_shown shown = caption_track_shown(track, now_ms);
    struct buffer text = {0};
    for (size_t i = 0; i < shown.count; i++) {
        if (i > 0)
            buffer_add_char(&text, '|');
        buffer_add(&text, shown.lines[i].data, shown.lines[i].len);
    }
    char *found = buffer_take(&text);
    if (strcmp(found, expected) != 0)
        fail_msg("at %lld: \"%s\" instead of \"%s\"", (long long)now_ms, found, expected);
    free(found);
}

static void test_timed(void **state)
{
    static const struct {
        int64_t at_ms;
        const char *shown;
        int64_t next_ms;
    } cases[] = {
        {0, "", 1000},         {999, "", 1000},           {1000, "first", 2000},       {2000, "first|second", 2500},
        {2500, "first|second|third", 3000}, {3000, "second|third", 3500},
        {3500, "second", 5000},  // the third is told to go at 2900, too soon to be read
        {5000, "", 60000},
        {60000, "a &amp; b|line two|line three", 62000}, {62000, "", 0},  {900000, "", 0},
    };
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    load(&desk, "talk", talk);
    const struct caption_track *track = captions_find(desk.captions, "talk");
    assert_int_equal(track->cues.count, 4);
    assert_shown(track, 2000, "");
    assert_int_equal(captions_next_change(desk.captions, 0), 0);

    const int64_t now_ms = 1700000000000;
    assert_true(captions_start(desk.captions, "talk", now_ms, 0, "anna", &err));
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_shown(track, now_ms + cases[i].at_ms, cases[i].shown);
        int64_t next_ms = captions_next_change(desk.captions, now_ms + cases[i].at_ms);
        assert_int_equal(next_ms, cases[i].next_ms ? now_ms + cases[i].next_ms : 0);
    }
    assert_true(captions_start(desk.captions, "talk", now_ms, 60000, "anna", &err));  // from its first minute
    assert_shown(track, now_ms, "a &amp; b|line two|line three");
    assert_true(captions_start(desk.captions, "talk", now_ms, -5000, "anna", &err));  // in five seconds
    assert_shown(track, now_ms + 1000, "");
    assert_shown(track, now_ms + 6000, "first");
    assert_true(captions_stop(desk.captions, "talk", "anna", &err));
    assert_shown(track, now_ms + 6000, "");
    end(&desk);
}

static void test_live(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    assert_true(captions_line(desk.captions, "live", "fa", STR("سلام به همه"), 0, 1000, "anna", &err));
    const struct caption_track *track = captions_find(desk.captions, "live");
    assert_shown(track, 1000, "سلام به همه");
    assert_true(captions_line(desk.captions, "live", "fa", STR("خوش آمدید"), 2, 2000, "anna", &err));
    assert_shown(track, 2000, "سلام به همه|خوش آمدید");
    assert_int_equal(captions_next_change(desk.captions, 2000), 4000);
    // A typist who is ahead: the oldest line goes, nothing waits.
    assert_true(captions_line(desk.captions, "live", "fa", STR("three\nfour"), 3, 2100, "anna", &err));
    assert_shown(track, 2100, "خوش آمدید|three|four");
    assert_true(caption_track_shown(track, 2100).is_live);
    assert_int_equal(captions_next_change(desk.captions, 2100), 4000);
    assert_shown(track, 4000, "three|four");
    assert_shown(track, 5100, "");
    // After a pause it begins anew.
    assert_true(captions_line(desk.captions, "live", "fa", STR("five"), 1, 9000, "anna", &err));
    assert_shown(track, 9000, "five");
    end(&desk);
}

static void assert_speakers(const struct caption_track *track, int64_t now_ms, const char *expected)
{
    struct caption_shown shown = caption_track_shown(track, now_ms);
    char found[200] = "";
    for (size_t i = 0; i < shown.count; i++) {
        strcat(found, i > 0 ? "|" : "");
        strncat(found, shown.speakers[i].data, shown.speakers[i].len);
    }
    assert_string_equal(found, expected);
}

/* Who speaks is told of each line, of live ones and of those in a file, also after a restart. */
static void test_speakers(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    const struct caption_utterance anna = {.text = STR("hello"), .speaker = STR(" Anna "), .id = STR("7")};
    assert_true(captions_utter(desk.captions, "live", "en", &anna, 1000, "", &err));
    assert_true(captions_line(desk.captions, "live", "en", STR("nobody"), 0, 1000, "anna", &err));
    const struct caption_utterance max = {.text = STR("hi"), .speaker = STR("Max"), .seconds = 2};
    assert_true(captions_utter(desk.captions, "live", "en", &max, 1000, "", &err));
    const struct caption_track *track = captions_find(desk.captions, "live");
    assert_speakers(track, 1000, "Anna||Max");
    assert_speakers(track, 3000, "Anna|");
    char name[CAPTION_NAME_BYTES_MAX + 2] = {0};
    memset(name, 'n', CAPTION_NAME_BYTES_MAX + 1);
    const struct caption_utterance nobody = {.text = STR("hi"), .speaker = str_from(name)};
    assert_false(captions_utter(desk.captions, "live", "en", &nobody, 1000, "", &err));
    assert_non_null(strstr(err.text, "speaker has 65 bytes"));

    static const char file[] = "00:01.000 --> 00:09.000\n<v A &gt; B>one\ntwo</v>\nthree\n";
    assert_true(captions_load(desk.captions, "talk", "en", CAPTION_FORMAT_VTT, STR(file), "anna", &err));
    assert_true(captions_start(desk.captions, "talk", 0, 0, "anna", &err));
    for (int i = 0; i < 2; i++) {
        track = captions_find(desk.captions, "talk");
        assert_shown(track, 1000, "one|two|three");
        assert_speakers(track, 1000, "A > B|A > B|");
        assert_false(caption_track_shown(track, 1000).is_live);
        close_captions(&desk);
        open_captions(&desk);
    }
    end(&desk);
}

static void test_refused(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    assert_false(captions_start(desk.captions, "none", 0, 0, "anna", &err));
    assert_non_null(strstr(err.text, "no track \"none\""));
    assert_false(captions_load(desk.captions, "", "fa", CAPTION_FORMAT_SRT, str_from(talk), "anna", &err));
    assert_false(captions_load(desk.captions, "a\nb", "fa", CAPTION_FORMAT_SRT, str_from(talk), "anna", &err));
    assert_false(captions_load(desk.captions, "talk", "fa", CAPTION_FORMAT_SRT, STR("nothing"), "anna", &err));
    assert_int_equal(captions_count(desk.captions), 0);
    assert_false(captions_line(desk.captions, "live", "fa", STR(" \n "), 0, 0, "anna", &err));
    assert_false(captions_line(desk.captions, "live", "fa", STR("x"), -1, 0, "anna", &err));
    assert_false(captions_line(desk.captions, "live", "fa", STR("x"), 1e9, 0, "anna", &err));
    assert_true(captions_line(desk.captions, "live", "fa", STR("x"), 1, 0, "anna", &err));
    assert_false(captions_start(desk.captions, "live", 0, 0, "anna", &err));
    assert_non_null(strstr(err.text, "captions.load"));
    load(&desk, "talk", talk);
    assert_false(captions_start(desk.captions, "talk", 0, 62001, "anna", &err));
    char name[16];
    for (int i = 2; i < CAPTION_TRACKS_MAX; i++) {
        snprintf(name, sizeof(name), "t%d", i);
        load(&desk, name, talk);
    }
    assert_false(captions_load(desk.captions, "more", "fa", CAPTION_FORMAT_SRT, str_from(talk), "anna", &err));
    assert_int_equal(err.code, ERROR_AGAIN);
    end(&desk);
}

/* A running track goes on where the clock says, whatever its length; a large file comes back in its parts. */
static void test_restart(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    struct buffer file = {0};
    for (int i = 0; i < 30000; i++)
        buffer_printf(&file, "%02d:%02d:%02d.000 --> %02d:%02d:%02d.900\nline %d &lt;i&gt; with some words to fill it up\n\n",
                      i / 3600, i / 60 % 60, i % 60, i / 3600, i / 60 % 60, i % 60, i);
    assert_true(captions_load(desk.captions, "long", "en", CAPTION_FORMAT_VTT, (struct str){file.data, file.len}, "anna", &err));
    buffer_fini(&file);
    assert_true(captions_start(desk.captions, "long", 1000000, 0, "anna", &err));
    load(&desk, "long2", talk);
    load(&desk, "long2", "00:00:01,000 --> 00:00:02,000\nshort\n");  // a shorter file leaves nothing of the longer
    struct buffer before = {0}, after = {0};
    caption_track_write_json(captions_find(desk.captions, "long"), &before);
    close_captions(&desk);
    open_captions(&desk);
    assert_int_equal(captions_count(desk.captions), 2);
    const struct caption_track *track = captions_find(desk.captions, "long");
    caption_track_write_json(track, &after);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    buffer_fini(&before);
    buffer_fini(&after);
    assert_shown(track, 1000000 + 29999000, "line 29999 <i> with some words to fill it up");
    assert_int_equal(captions_find(desk.captions, "long2")->cues.count, 1);
    end(&desk);
}

/* ---- What the video process is told ---- */

static void expect_feed(const struct desk *desk, int64_t now_ms, const char *expected)
{
    struct buffer json = {0};
    caption_feed_write(desk->captions, now_ms, &json);
    char *text = buffer_take(&json);
    assert_string_equal(text, expected);
    free(text);
}

static void test_feed_timed(void **state)
{
    struct desk desk;
    struct error err;
    begin(&desk);
    load(&desk, "talk", "1\n00:00:10,000 --> 00:00:13,000\none\n\n2\n00:00:14,500 --> 00:00:16,000\ntwo\nrows\n");
    expect_feed(&desk, 0, "[]");
    assert_true(captions_start(desk.captions, "talk", 1000000, 0, "anna", &err));
    expect_feed(&desk, 1000000, "[]");
    assert_int_equal(caption_feed_next(desk.captions, 1000000), 1010000 - CAPTION_FEED_AHEAD_MS);
    expect_feed(&desk, 1006000, "[{\"track\":\"talk\",\"language\":\"fa\",\"id\":\"1000000:0:0\",\"text\":\"one\","
        "\"starts_in_ms\":4000,\"ends_in_ms\":7000,\"live\":false,\"final\":true}]");
    expect_feed(&desk, 1013500, "[{\"track\":\"talk\",\"language\":\"fa\",\"id\":\"1000000:1:0\",\"text\":\"two\\nrows\","
        "\"starts_in_ms\":1000,\"ends_in_ms\":2500,\"live\":false,\"final\":true}]");
    assert_true(captions_stop(desk.captions, "talk", "anna", &err));
    expect_feed(&desk, 1013500, "[]");
    end(&desk);
}

static void test_feed_live(void **state)
{
    struct desk desk;
    struct error err;
    begin(&desk);
    struct caption_utterance heard = {.text = str_from("so to"), .id = str_from("7"), .speaker = str_from("Anna"), .seconds = 5};
    assert_true(captions_utter(desk.captions, "mic", "en", &heard, 1000, "tool", &err));
    expect_feed(&desk, 1000, "[{\"track\":\"mic\",\"language\":\"en\",\"id\":\"live:1000:1\",\"text\":\"so to\",\"speaker\":\"Anna\","
        "\"starts_in_ms\":0,\"ends_in_ms\":5000,\"live\":true,\"final\":false}]");
    // corrected: the same line; final now
    heard.text = str_from("so today"), heard.is_final = true;
    assert_true(captions_utter(desk.captions, "mic", "en", &heard, 2000, "tool", &err));
    expect_feed(&desk, 2000, "[{\"track\":\"mic\",\"language\":\"en\",\"id\":\"live:1000:1\",\"text\":\"so today\",\"speaker\":\"Anna\","
        "\"starts_in_ms\":-1000,\"ends_in_ms\":5000,\"live\":true,\"final\":true}]");
    captions_stop_all(desk.captions, "anna");
    expect_feed(&desk, 2000, "[]");
    end(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timed),
        cmocka_unit_test(test_live), cmocka_unit_test(test_speakers),
        cmocka_unit_test(test_feed_timed), cmocka_unit_test(test_feed_live),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
