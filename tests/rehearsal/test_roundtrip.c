// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/message.h"
#include "connector/connector.h"
#include "rehearsal/side.h"
#include "rehearsal/transcript.h"
#include "rehearsal/twitch_frame.h"
#include "rehearsal/youtube_frame.h"

/*
 * Every line of the bundled transcript becomes a frame of its platform, and the platform's connector reads it back as
 * the message that it was: the rehearsal and the connectors were written from the same samples, apart from each other.
 */
enum { READ_MAX = 8 };

struct heard {
    struct message *messages[READ_MAX];
    size_t count;
};

static void take(void *data, struct message *message)
{
    struct heard *heard = data;
    if (heard->count < READ_MAX)
        heard->messages[heard->count++] = message_ref(message);
}

static void forget(struct heard *heard)
{
    for (size_t i = 0; i < heard->count; i++)
        message_unref(heard->messages[i]);
    heard->count = 0;
}

static bool recall(void *data, struct str id, struct str *login, struct str *text)
{
    *login = STR("somebody");
    *text = STR("something");
    return true;
}

static struct transcript *load(void)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/assets/demo/transcript.jsonl", getenv("ANTIPHON_SOURCE_ROOT"));
    struct error err = {0};
    struct transcript *transcript = transcript_load(path, NULL, &err);
    assert_string_equal(err.text, "");
    return transcript;
}

static void assert_str(const char *what, const struct message *line, struct str a, struct str b)
{
    if (!str_equal(a, b))
        fail_msg("%.*s: %s: \"%.*s\" became \"%.*s\"", (int)line->is.native_id.len, line->is.native_id.data, what,
                 (int)a.len, a.data, (int)b.len, b.data);
}

static void compare_money(const struct message *sent, const struct message *got)
{
    const struct money *a = &sent->is.money, *b = &got->is.money;
    if (sent->is.kind != MESSAGE_GIFT)
        return;
    assert_int_equal(a->micros, b->micros);
    assert_int_equal(a->units, b->units);
    assert_str("currency", sent, a->currency, b->currency);
    assert_str("unit", sent, a->unit, b->unit);
    assert_str("item", sent, a->item, b->item);
}

static void compare_emotes(const struct message *sent, const struct message *got)
{
    if (sent->is.money.units > 0)
        return;  // the words by which bits are given become emotes by themselves
    assert_int_equal(sent->is.emote_count, got->is.emote_count);
    for (size_t i = 0; i < sent->is.emote_count; i++) {
        assert_int_equal(sent->is.emotes[i].from, got->is.emotes[i].from);
        assert_int_equal(sent->is.emotes[i].to, got->is.emotes[i].to);
        assert_str("emote", sent, sent->is.emotes[i].id, got->is.emotes[i].id);
    }
}

static void compare_details(const struct message *sent, const struct message *got)
{
    static const char *const keys[] = {"event", "months", "viewers", "slow_seconds", "state"};
    if (sent->is.kind != MESSAGE_MEMBERSHIP && sent->is.kind != MESSAGE_RAID && sent->is.kind != MESSAGE_ROOM)
        return;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const json_t *want = json_object_get(sent->is.detail, keys[i]);
        if (want && !json_equal(want, json_object_get(got->is.detail, keys[i])))
            fail_msg("%.*s: detail.%s", (int)sent->is.native_id.len, sent->is.native_id.data, keys[i]);
    }
}

static void compare(const struct message *sent, const struct message *got)
{
    const struct message_draft *a = &sent->is, *b = &got->is;
    assert_string_equal(message_kind_name(a->kind), message_kind_name(b->kind));
    bool has_id = a->kind != MESSAGE_BAN && a->kind != MESSAGE_ROOM && a->kind != MESSAGE_DELETE && a->kind != MESSAGE_CLEAR;
    if (has_id)
        assert_str("native_id", sent, a->native_id, b->native_id);
    // What the platform itself says in a text of its own is not the transcript's.
    if (a->text.len > 0)
        assert_str("text", sent, a->text, b->text);
    assert_str("author.id", sent, message_is_control(sent) ? (struct str){0} : a->author.id,
               message_is_control(sent) ? (struct str){0} : b->author.id);
    if (!message_is_control(sent))
        assert_str("author.name", sent, a->author.name, b->author.name);
    assert_str("target.native_id", sent, a->target.native_id, b->target.native_id);
    assert_str("target.author_id", sent, a->target.author_id, b->target.author_id);
    assert_str("reply_to.native_id", sent, a->reply_to.native_id, b->reply_to.native_id);
    assert_int_equal(a->author.roles & (ROLE_MODERATOR | ROLE_SUBSCRIBER), message_is_control(sent)
                     ? a->author.roles & (ROLE_MODERATOR | ROLE_SUBSCRIBER) : b->author.roles & (ROLE_MODERATOR | ROLE_SUBSCRIBER));
    compare_money(sent, got);
    compare_details(sent, got);
}

static struct transcript_form form_of(const char *platform)
{
    size_t i = 0;
    while (side_at(i) && strcmp(side_at(i)->name, platform) != 0)
        i++;
    assert_non_null(side_at(i));
    return (struct transcript_form){side_at(i)->make_id, side_at(i)->detail_id};
}

static void read_back(const char *platform, bool (*write)(const struct message *message, struct buffer *out), int expected)
{
    struct heard heard = {0};
    struct connector_options options = {.deliver = take, .data = &heard};
    struct error err = {0};
    struct connector *connector = connector_create_decoder(platform, &options, &err);
    if (!connector)
        skip();
    struct transcript *transcript = load();
    const struct transcript_form form = form_of(platform);
    int count = 0;
    const struct transcript_line *line;
    for (size_t i = 0; (line = transcript_at(transcript, i)); i++) {
        if (!str_equal(line->message->is.platform, str_from(platform)))
            continue;
        struct message *sent = transcript_stamp(line->message, &form, 0, 1795312845123);
        struct buffer frame = {0};
        assert_true(write(sent, &frame));
        if (!connector_receive(connector, frame.data, frame.len, &err))
            fail_msg("line %zu: %s: %.*s", i + 1, err.text, (int)frame.len, frame.data);
        if (heard.count != 1)
            fail_msg("line %zu: %zu messages: %.*s", i + 1, heard.count, (int)frame.len, frame.data);
        bool has_prefix = sent->is.reply_to.native_id.len > 0 && sent->is.text.data[0] != '@';
        if (!has_prefix) {  // Twitch puts "@name " in front of replies
            compare(sent, heard.messages[0]);
            compare_emotes(sent, heard.messages[0]);
        }
        buffer_fini(&frame);
        forget(&heard);
        message_unref(sent);
        count++;
    }
    assert_true(count >= expected);
    transcript_destroy(transcript);
    connector_destroy(connector);
}

static bool write_twitch(const struct message *message, struct buffer *out)
{
    struct twitch_frame_room room = {"barg_e_sabz", "700100200", recall, NULL};
    bool ok = twitch_frame_write(message, &room, out);
    while (out->len > 0 && strchr("\r\n", out->data[out->len - 1]))
        out->len--;
    return ok;
}

static bool write_youtube(const struct message *message, struct buffer *out)
{
    buffer_add_string(out, "{\"kind\":\"youtube#liveChatMessageListResponse\",\"nextPageToken\":\"x\",\"items\":[");
    bool ok = youtube_frame_write(message, "KicK", out);
    buffer_add_string(out, "]}");
    return ok;
}

static void test_twitch(void **state)
{
    read_back("twitch", write_twitch, 70);
}

static void test_youtube(void **state)
{
    read_back("youtube", write_youtube, 60);
}

/* Whoever writes a transcript by hand is told where it is wrong. */
static void test_bad_transcripts(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", "no message"},
        {"# only a remark\n\n", "no message"},
        {"{\"at_ms\":1,\"kind\":\"chat\",\"platform\":\"twitch\"}\n{\"at_ms\":2,\"kind\":\"chatt\"}\n", "line 2"},
        {"{\"kind\":\"chat\",\"platform\":\"twitch\"}\n", "at_ms"},
        {"{\"at_ms\":1,\"kind\":\"chat\"}\n", "platform"},
        {"{\"at_ms\":1,\n", "line 1"},
        {"\xff\xfe\n", "line 1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[] = "/tmp/antiphon-transcript-XXXXXX";
        int fd = mkstemp(path);
        FILE *file = fdopen(fd, "w");
        fputs(cases[i].text, file);
        fclose(file);
        struct error err = {0};
        assert_null(transcript_load(path, NULL, &err));
        if (!strstr(err.text, cases[i].expected) || !strstr(err.text, path))
            fail_msg("case %zu: %s", i, err.text);
        remove(path);
    }
}

static void test_ids(void **state)
{
    static const char uuid[] = "885196de-cb67-427a-baa8-82f9b0fcd05f";
    char a[TRANSCRIPT_ID_BYTES], b[TRANSCRIPT_ID_BYTES];
    transcript_id_fn twitch = form_of("twitch").make_id, youtube = form_of("youtube").make_id;
    twitch(uuid, 36, 0, a);
    assert_string_equal(a, uuid);
    twitch(uuid, 36, 1, a);
    assert_string_not_equal(a, uuid);
    assert_int_equal(strlen(a), 36);
    twitch("t1", 2, 0, a);
    twitch("t1", 2, 0, b);
    assert_string_equal(a, b);
    twitch("t2", 2, 0, b);
    assert_string_not_equal(a, b);
    youtube("LCC.SC1", 7, 0, a);
    assert_string_equal(a, "LCC.SC1");
    transcript_plain_id("any word", 8, 0, a);
    assert_string_equal(a, "any word");
    transcript_plain_id("any word", 8, 1, a);
    transcript_plain_id("any word", 8, 2, b);
    assert_int_equal(strlen(a), 32);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twitch),
        cmocka_unit_test(test_youtube),
        cmocka_unit_test(test_bad_transcripts),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
