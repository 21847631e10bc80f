/*
 * Before air: what passes, when, what is caught and why, what a deletion takes away, what a restart finds. Time is handed
 * in; nothing here waits.
 */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/captions.h"
#include "relay/gate.h"
#include "relay/links.h"
#include "relay/on_air.h"
#include "relay/polls.h"
#include "relay/questions.h"
#include "relay/queue.h"

/* A gate with lists of its own, and a queue from which a restart takes up. */
struct bench {
    char *folder, *own_words;
    struct journal *journal;
    struct queue *queue;
    struct gate *gate;
    int64_t now_ms, last_id;
    int64_t age_ms;   // so long ago by the wall clock did messages come
    size_t caught, removed, changes, bad_lines;
    char bad_line[300];
    int64_t slow_ms;  // the hold time of slow:x; 0: it says none
};

static int64_t hold_ms(void *data, struct str source)
{
    const struct bench *bench = data;
    return str_equal(source, STR("slow:x")) && bench->slow_ms ? bench->slow_ms : -1;
}

static void note_changed(void *data) { ((struct bench *)data)->changes++; }
static void note_caught(void *data, const struct gate_caught *caught) { ((struct bench *)data)->caught++; }
static void note_removed(void *data, uint64_t message) { ((struct bench *)data)->removed++; }

static void note_bad_line(void *data, const char *text)
{
    struct bench *bench = data;
    bench->bad_lines++;
    snprintf(bench->bad_line, sizeof(bench->bad_line), "%s", text);
}

static void write_words(const struct bench *bench, const char *lines)
{
    FILE *file = fopen(bench->own_words, "w");
    assert_non_null(file);
    fputs(lines, file);
    fclose(file);
}

static void set(struct bench *bench, const char *settings)
{
    struct error err = {0};
    json_t *json = json_parse(settings, strlen(settings), &err);
    assert_non_null(json);
    if (!gate_check_settings(json, &err))
        fail_msg("%s", err.text);
    gate_set(bench->gate, json, NULL, 0);
    json_decref(json);
}

static void open_gate(struct bench *bench, const char *settings)
{
    static char words_folder[300];
    snprintf(words_folder, sizeof(words_folder), "%s/assets/words", getenv("ANTIPHON_SOURCE_ROOT"));
    bench->gate = gate_create(&(struct gate_options){
        .journal = bench->journal, .words_folder = words_folder, .own_words = bench->own_words, .is_wanted = true,
        .data = bench, .hold_ms = hold_ms, .changed = note_changed, .caught = note_caught, .caught_removed = note_removed,
        .bad_line = note_bad_line});
    set(bench, settings);
    gate_resume(bench->gate, bench->queue);
    gate_resume_held(bench->gate, bench->queue, bench->now_ms);
}

static void begin(struct bench *bench, const char *settings)
{
    *bench = (struct bench){.now_ms = 1000000, .folder = fixture_folder()};
    bench->own_words = xasprintf("%s/words.txt", bench->folder);
    write_words(bench, "badword\n");
    bench->journal = fixture_open(bench->folder, NULL);
    bench->queue = queue_create(&(struct queue_options){0});
    open_gate(bench, settings);
}

static void end(struct bench *bench)
{
    gate_destroy(bench->gate);
    queue_destroy(bench->queue);
    journal_close(bench->journal);
    free(bench->own_words);
    fixture_remove(bench->folder);
}

static void reopen(struct bench *bench, const char *settings)
{
    gate_destroy(bench->gate);
    bench->caught = bench->removed = bench->changes = 0;
    open_gate(bench, settings);
}

static uint64_t push(struct bench *bench, const struct message_draft *draft, const struct queue_gift *gift)
{
    struct message *message = message_create(draft);
    message_stamp(message, (uint64_t)++bench->last_id, clock_unix_ms() - bench->age_ms);
    queue_push(bench->queue, message, gift);
    gate_handle_message(bench->gate, message, gift, bench->now_ms);
    message_unref(message);
    return (uint64_t)bench->last_id;
}

static struct message_draft line_of(const char *text)
{
    static char native_id[24];
    static int number;
    snprintf(native_id, sizeof(native_id), "n%d", ++number);
    return (struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:anna"), .native_id = str_from(native_id),
        .author = {.id = STR("u1"), .login = STR("niloufar"), .name = STR("Niloufar")}, .text = str_from(text)};
}

static uint64_t say(struct bench *bench, const char *text)
{
    struct message_draft draft = line_of(text);
    return push(bench, &draft, NULL);
}

static void step(struct bench *bench, int64_t ms)
{
    bench->now_ms += ms;
    gate_update(bench->gate, bench->now_ms);
}

static bool any(const void *data, struct str platform) { return true; }

static size_t shown(const struct bench *bench)
{
    const struct gate_line *lines[100];
    return gate_lines(bench->gate, any, NULL, lines, 100);
}

static bool shows(const struct bench *bench, uint64_t id)
{
    const struct gate_line *lines[100];
    size_t count = gate_lines(bench->gate, any, NULL, lines, 100);
    for (size_t i = 0; i < count; i++) {
        if (lines[i]->message->id == id)
            return true;
    }
    return false;
}

static void remove_message(struct bench *bench, uint64_t id)
{
    queue_remove_id(bench->queue, id, "deleted");
    gate_handle_removal(bench->gate, &(struct queue_removal){.ids = &id, .id_count = 1});
}

/* --- Hold time --- */

static void test_hold(void **state)
{
    struct bench bench;
    begin(&bench, "{}");
    uint64_t id = say(&bench, "hello");
    assert_int_equal(gate_update(bench.gate, bench.now_ms), bench.now_ms + GATE_HOLD_MS);
    step(&bench, GATE_HOLD_MS - 1);
    assert_false(shows(&bench, id));
    assert_int_equal(bench.changes, 0);
    step(&bench, 1);
    assert_true(shows(&bench, id));
    assert_int_equal(bench.changes, 1);
    end(&bench);
}

static void test_hold_of_source(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":1000}");
    bench.slow_ms = 9000;
    struct message_draft draft = line_of("later");
    draft.source = STR("slow:x");
    uint64_t late = push(&bench, &draft, NULL), soon = say(&bench, "soon");
    step(&bench, 1000);
    assert_true(shows(&bench, soon) && !shows(&bench, late));
    step(&bench, 7999);
    assert_false(shows(&bench, late));
    step(&bench, 300);
    assert_true(shows(&bench, late));
    end(&bench);
}

static void test_deleted_within_hold(void **state)
{
    struct bench bench;
    begin(&bench, "{}");
    uint64_t kept = say(&bench, "hello"), gone = say(&bench, "something that goes");
    step(&bench, GATE_HOLD_MS - 1);
    remove_message(&bench, gone);
    step(&bench, 1000);
    assert_true(shows(&bench, kept) && !shows(&bench, gone));
    struct gate_counts counts;
    gate_get_counts(bench.gate, &counts);
    assert_int_equal(counts.gone, 1);
    assert_int_equal(counts.held, 0);
    end(&bench);
}

static void test_removal_is_at_once(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0}");
    uint64_t line = say(&bench, "hello");
    say(&bench, "badword");
    step(&bench, 1);
    assert_true(shows(&bench, line));
    size_t changes = bench.changes;
    assert_int_equal(bench.caught, 1);
    // An author was banned: what is shown, held and caught of him goes within the call.
    say(&bench, "held");
    gate_handle_removal(bench.gate, &(struct queue_removal){.platform = STR("twitch"), .author_id = STR("u1"), .up_to = 99});
    assert_int_equal(bench.changes, changes + 1);
    assert_int_equal(bench.removed, 1);
    assert_int_equal(shown(&bench), 0);
    assert_int_equal(gate_caught_count(bench.gate), 0);
    step(&bench, 10000);
    assert_int_equal(shown(&bench), 0);
    end(&bench);
}

static void test_removal_by_native_id(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0}");
    struct message_draft draft = line_of("hello");
    char *native_id = xstrndup(draft.native_id.data, draft.native_id.len);
    uint64_t id = push(&bench, &draft, NULL);
    step(&bench, 1);
    gate_handle_removal(bench.gate, &(struct queue_removal){.platform = STR("kick"), .native_id = str_from(native_id), .up_to = 99});
    assert_true(shows(&bench, id));  // another platform's
    gate_handle_removal(bench.gate, &(struct queue_removal){.platform = STR("twitch"), .native_id = str_from(native_id), .up_to = 99});
    assert_false(shows(&bench, id));
    free(native_id);
    end(&bench);
}

static void test_cleared_room(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0}");
    say(&bench, "one");
    step(&bench, 1);
    say(&bench, "two");
    uint64_t up_to = (uint64_t)bench.last_id;
    gate_handle_clear(bench.gate, STR("twitch:anna"), up_to);
    uint64_t later = say(&bench, "three");
    step(&bench, 5000);
    assert_int_equal(shown(&bench), 1);
    assert_true(shows(&bench, later));
    end(&bench);
}

static void test_edit_is_held_anew(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":1000}");
    uint64_t id = say(&bench, "hello");
    step(&bench, 1000);
    assert_true(shows(&bench, id));
    struct message_draft draft = line_of("hello badword");
    struct message *edited = message_create(&draft);
    message_stamp(edited, id, clock_unix_ms());
    gate_handle_edit(bench.gate, edited, bench.now_ms);
    assert_false(shows(&bench, id));
    assert_int_equal(gate_caught_count(bench.gate), 1);
    message_unref(edited);
    draft.text = STR("hello again");
    edited = message_create(&draft);
    message_stamp(edited, id, clock_unix_ms());
    gate_handle_edit(bench.gate, edited, bench.now_ms);
    assert_int_equal(gate_caught_count(bench.gate), 0);
    step(&bench, 999);
    assert_false(shows(&bench, id));
    step(&bench, 1);
    assert_true(shows(&bench, id));
    message_unref(edited);
    end(&bench);
}

/* 5,000 a second: the on-air state is made again a few times a second, whatever comes. */
static void test_batches(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":1000}");
    for (int ms = 0; ms < 3000; ms++) {
        for (int i = 0; i < 5; i++)
            say(&bench, "one of five thousand");
        step(&bench, 1);
    }
    printf("%zu changes for 15,000 messages in 3 s\n", bench.changes);
    assert_true(bench.changes >= 6 && bench.changes <= 3 * 1000 / GATE_PASS_MS + 1);
    assert_int_equal(shown(&bench), GATE_LINES);
    end(&bench);
}

/* A quiet platform's lines are not washed away by a loud one's. */
static void test_each_platform_has_its_lines(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0}");
    struct message_draft draft = line_of("quiet");
    draft.platform = STR("irc");
    draft.source = STR("irc:x");
    uint64_t quiet = push(&bench, &draft, NULL);
    for (int i = 0; i < 100; i++)
        say(&bench, "loud");
    step(&bench, 1);
    assert_true(shows(&bench, quiet));
    end(&bench);
}

/* --- What is caught --- */

static void test_caught_with_reason(void **state)
{
    struct bench bench;
    begin(&bench, "{}");
    uint64_t id = say(&bench, "such a b.a.d.w.o.r.d, see evil.example.com");
    step(&bench, 0);
    assert_int_equal(bench.caught, 1);
    const struct gate_caught *caught = gate_caught_at(bench.gate, 0);
    assert_int_equal(caught->message->id, id);
    assert_int_equal(caught->reason_count, 2);
    assert_string_equal(caught->reasons[0].list, "own");
    assert_string_equal(caught->reasons[0].word, "badword");
    assert_int_equal(caught->reasons[0].from, 7);
    assert_int_equal(caught->reasons[0].to, 20);
    assert_string_equal(caught->reasons[1].list, "links");
    assert_string_equal(caught->reasons[1].word, "evil.example.com");
    struct buffer json = {0};
    gate_caught_write_json(caught, &json);
    json_t *object = json_parse(json.data, json.len, NULL);
    assert_int_equal(json_get_int(object, "id", 0), id);
    assert_string_equal(json_get_text(json_object_get(object, "message"), "text"), "such a b.a.d.w.o.r.d, see evil.example.com");
    json_decref(object);
    buffer_fini(&json);
    step(&bench, 60000);
    assert_int_equal(shown(&bench), 0);
    end(&bench);
}

static void test_allow_and_drop(void **state)
{
    struct bench bench;
    begin(&bench, "{}");
    struct error err = {0};
    uint64_t good = say(&bench, "badword, but fine"), bad = say(&bench, "badword!");
    step(&bench, 0);
    assert_true(gate_allow(bench.gate, good, bench.now_ms, &err));
    assert_true(shows(&bench, good));
    assert_true(gate_drop(bench.gate, bad, &err));
    assert_int_equal(bench.removed, 2);
    assert_false(gate_allow(bench.gate, bad, bench.now_ms, &err));
    assert_non_null(strstr(err.text, "somebody was faster"));
    assert_false(gate_drop(bench.gate, 4711, &err));
    step(&bench, 60000);
    assert_false(shows(&bench, bad));
    end(&bench);
}

static void test_list_is_bounded(void **state)
{
    struct bench bench;
    begin(&bench, "{}");
    for (int i = 0; i < GATE_CAUGHT_MAX + 50; i++)
        say(&bench, "badword");
    step(&bench, 0);
    assert_int_equal(gate_caught_count(bench.gate), GATE_CAUGHT_MAX);
    assert_int_equal(bench.caught, GATE_CAUGHT_MAX);
    assert_int_equal(bench.removed, 0);  // what was never told is not taken back
    say(&bench, "badword");
    assert_int_equal(bench.removed, 1);
    end(&bench);
}

static void test_new_word_takes_off_air(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0}");
    uint64_t id = say(&bench, "whatever this new slur is"), allowed = say(&bench, "badword new");
    step(&bench, 1);
    struct error err = {0};
    assert_true(gate_allow(bench.gate, allowed, bench.now_ms, &err));
    assert_true(shows(&bench, id));
    write_words(&bench, "badword\nnew slur\nnew\n");
    assert_int_equal(gate_read_words(bench.gate), 3 + 0);
    assert_false(shows(&bench, id));
    assert_true(shows(&bench, allowed));  // a moderator has seen it
    assert_int_equal(gate_caught_count(bench.gate), 1);
    end(&bench);
}

static void test_bad_line_of_own_list(void **state)
{
    struct bench bench;
    begin(&bench, "{\"words\":[\"en\"]}");
    write_words(&bench, "badword\n***\nworse\n-fuck\n");
    gate_read_words(bench.gate);
    assert_int_equal(bench.bad_lines, 1);
    assert_true(strncmp(bench.bad_line, "words.txt:2: ", 13) == 0);
    struct gate_reason reason;
    assert_true(gate_find_word(bench.gate, STR("what is worse"), &reason));
    assert_string_equal(reason.list, "own");
    assert_true(gate_find_word(bench.gate, STR("what a bitch"), &reason));
    assert_string_equal(reason.list, "en");
    assert_false(gate_find_word(bench.gate, STR("fuck"), &reason));  // taken away
    end(&bench);
}

/* --- Left out --- */

static void test_ignored(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0,\"ignore\":[\"twitch:MyBot\",\"-*:moobot\"],\"prefixes\":[\"!\",\"$\"]}");
    static const struct {
        const char *login, *text;
        uint32_t roles;
        bool is_shown;
    } rows[] = {
        {"niloufar", "hello", 0, true},
        {"niloufar", "!song", 0, false},
        {"niloufar", "  !song", 0, false},
        {"niloufar", "$5 please", 0, false},
        {"niloufar", "what!", 0, true},
        {"nightbot", "follow us", 0, false},
        {"NightBot", "follow us", 0, false},
        {"mybot", "beep", 0, false},
        {"moobot", "is wanted here", 0, true},
        {"somebot", "says its platform", ROLE_BOT, false},
    };
    size_t expected = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct message_draft draft = line_of(rows[i].text);
        draft.author.login = str_from(rows[i].login);
        draft.author.roles = rows[i].roles;
        expected += rows[i].is_shown;
        uint64_t id = push(&bench, &draft, NULL);
        step(&bench, GATE_PASS_MS);
        if (shows(&bench, id) != rows[i].is_shown)
            fail_msg("%s: %s", rows[i].login, rows[i].text);
    }
    assert_int_equal(shown(&bench), expected);
    assert_int_equal(bench.caught, 0);
    end(&bench);
}

static void test_history_and_others(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0}");
    struct message_draft draft = line_of("of yesterday");
    draft.is_history = true;
    push(&bench, &draft, NULL);
    draft = line_of("a like");
    draft.kind = MESSAGE_LIKE;
    push(&bench, &draft, NULL);
    draft = line_of("a partner's raid");
    draft.kind = MESSAGE_RAID;
    draft.is_foreign = true;
    push(&bench, &draft, NULL);
    step(&bench, 1000);
    assert_int_equal(shown(&bench), 0);
    const struct gate_event *events[GATE_EVENTS];
    assert_int_equal(gate_events(bench.gate, events, GATE_EVENTS), 0);
    end(&bench);
}

/* --- Alerts --- */

static struct message_draft gift_of(const char *text, int64_t count)
{
    struct message_draft draft = line_of(text);
    draft.kind = MESSAGE_GIFT;
    draft.native_id = STR("gift1");
    draft.money = (struct money){.units = 100 * count, .unit = STR("bits"), .count = count};
    return draft;
}

static void test_alert_without_its_text(void **state)
{
    struct bench bench;
    begin(&bench, "{}");
    struct message_draft draft = gift_of("badword for you", 1);
    uint64_t id = push(&bench, &draft, NULL);
    const struct gate_event *events[GATE_EVENTS];
    step(&bench, GATE_HOLD_MS - 1);
    assert_int_equal(gate_events(bench.gate, events, GATE_EVENTS), 0);
    step(&bench, 300);
    assert_int_equal(gate_events(bench.gate, events, GATE_EVENTS), 1);
    assert_true(events[0]->is_text_withheld);
    assert_int_equal(bench.caught, 1);
    struct error err = {0};
    assert_true(gate_allow(bench.gate, id, bench.now_ms, &err));  // its text joins it
    assert_int_equal(gate_events(bench.gate, events, GATE_EVENTS), 1);
    assert_false(events[0]->is_text_withheld);
    end(&bench);
}

static void test_streak_is_one_alert(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":1000}");
    const struct gate_event *events[GATE_EVENTS];
    for (int i = 1; i <= 10; i++) {
        struct message_draft draft = gift_of("a rose", i);
        push(&bench, &draft, &(struct queue_gift){.count = 1, .is_more = i > 1});
        step(&bench, 300);
    }
    assert_int_equal(gate_events(bench.gate, events, GATE_EVENTS), 1);
    assert_int_equal(events[0]->message->is.money.count, 10);
    end(&bench);
}

/* Its number stays, and over a restart too: an overlay that has shown it does not show it again. */
static void test_streak_keeps_its_first(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0}");
    const struct gate_event *events[GATE_EVENTS];
    struct message_draft draft = gift_of("a rose", 1);
    uint64_t first = push(&bench, &draft, &(struct queue_gift){.count = 1});
    step(&bench, 300);
    for (int i = 2; i <= 4; i++) {
        draft = gift_of("a rose", i);
        push(&bench, &draft, &(struct queue_gift){.count = 1, .is_more = true});
    }
    assert_int_equal(gate_events(bench.gate, events, GATE_EVENTS), 1);
    assert_int_equal(events[0]->first, first);
    assert_int_not_equal(events[0]->message->id, first);
    int64_t passed_ms = events[0]->passed_ms;
    gate_update(bench.gate, bench.now_ms + 1000);
    reopen(&bench, "{\"hold_ms\":0}");
    assert_int_equal(gate_events(bench.gate, events, GATE_EVENTS), 1);
    assert_int_equal(events[0]->first, first);
    assert_int_equal(events[0]->message->is.money.count, 4);
    assert_int_equal(events[0]->passed_ms, passed_ms);
    end(&bench);
}

/* One gives fifty memberships: that is one event, not fifty-one. */
static void test_recipients_are_no_events(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0}");
    for (int i = 0; i < 3; i++) {
        struct message_draft draft = line_of("");
        draft.kind = MESSAGE_MEMBERSHIP;
        draft.detail = json_pack("{ss}", "event", i == 0 ? "gifted" : "received");
        push(&bench, &draft, NULL);
        json_decref((json_t *)(uintptr_t)draft.detail);
    }
    step(&bench, 300);
    const struct gate_event *events[GATE_EVENTS];
    assert_int_equal(gate_events(bench.gate, events, GATE_EVENTS), 1);
    assert_string_equal(json_get_text(events[0]->message->is.detail, "event"), "gifted");
    end(&bench);
}

static void test_bad_name(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0}");
    struct message_draft draft = line_of("hello");
    draft.author.name = STR("xX b4dword Xx");
    push(&bench, &draft, NULL);
    step(&bench, 1);
    const struct gate_line *lines[1];
    assert_int_equal(gate_lines(bench.gate, any, NULL, lines, 1), 1);
    assert_true(lines[0]->is_name_withheld);
    end(&bench);
}

/* --- Restart --- */

/* What was taken off air by hand stays off, also by kill -9 right behind it. What had not been shown comes yet. */
static void test_restart_behind_clear(void **state)
{
    struct bench bench;
    begin(&bench, "{}");
    bench.age_ms = GATE_HOLD_MS + 1000;
    say(&bench, "shown and cleared");
    struct message_draft gift = gift_of("a gift, cleared", 1);
    push(&bench, &gift, NULL);
    bench.age_ms = 0;
    step(&bench, GATE_HOLD_MS);
    const struct gate_line *lines[4];
    assert_int_equal(gate_lines(bench.gate, any, NULL, lines, 4), 1);
    uint64_t held = say(&bench, "still held");
    gate_clear(bench.gate);
    reopen(&bench, "{}");
    step(&bench, GATE_HOLD_MS);
    step(&bench, GATE_HOLD_MS);
    assert_int_equal(gate_lines(bench.gate, any, NULL, lines, 4), 1);
    assert_int_equal(lines[0]->message->id, held);
    const struct gate_event *events[GATE_EVENTS];
    assert_int_equal(gate_events(bench.gate, events, GATE_EVENTS), 0);
    end(&bench);
}

/* More than are held: the newest are, and a streak is found among them. */
static void test_more_than_are_held(void **state)
{
    struct bench bench;
    begin(&bench, "{}");
    struct message_draft draft = gift_of("a rose", 1);
    push(&bench, &draft, NULL);
    for (int i = 0; i < GATE_HELD_MAX + 5000; i++)
        say(&bench, "flood");
    draft = gift_of("a rose", 2);
    push(&bench, &draft, &(struct queue_gift){.count = 1});
    say(&bench, "behind it");
    draft = gift_of("badword, another text", 3);
    push(&bench, &draft, &(struct queue_gift){.count = 1, .is_more = true});
    struct gate_counts counts;
    gate_get_counts(bench.gate, &counts);
    assert_in_range(counts.held, GATE_HELD_MAX / 2, GATE_HELD_MAX);
    step(&bench, GATE_HOLD_MS);
    const struct gate_event *events[GATE_EVENTS];
    assert_int_equal(gate_events(bench.gate, events, GATE_EVENTS), 1);
    assert_int_equal(events[0]->message->is.money.count, 3);
    assert_true(events[0]->is_text_withheld);
    end(&bench);
}

static void test_restart(void **state)
{
    struct bench bench;
    begin(&bench, "{}");
    struct error err = {0};
    uint64_t line = say(&bench, "shown"), deleted = say(&bench, "shown and deleted later");
    uint64_t allowed = say(&bench, "badword allowed"), dropped = say(&bench, "badword dropped"), open = say(&bench, "badword open");
    step(&bench, GATE_HOLD_MS);
    gate_allow(bench.gate, allowed, bench.now_ms, &err);
    gate_drop(bench.gate, dropped, &err);
    uint64_t held = say(&bench, "still held"), late = say(&bench, "badword just come");
    step(&bench, GATE_HOLD_MS / 2);
    bench.now_ms += 100;
    queue_remove_id(bench.queue, deleted, "deleted");  // the gate was dead when it was

    reopen(&bench, "{}");
    assert_true(shows(&bench, line) && shows(&bench, allowed));
    assert_false(shows(&bench, deleted) || shows(&bench, dropped) || shows(&bench, held) || shows(&bench, open));
    gate_update(bench.gate, bench.now_ms);
    assert_int_equal(gate_caught_count(bench.gate), 2);
    assert_int_equal(gate_caught_at(bench.gate, 0)->message->id, open);
    assert_int_equal(gate_caught_at(bench.gate, 1)->message->id, late);
    step(&bench, GATE_HOLD_MS - 1);
    assert_false(shows(&bench, held));  // its whole time anew
    step(&bench, 300);
    assert_true(shows(&bench, held));
    step(&bench, 60000);
    assert_int_equal(shown(&bench), 3);
    end(&bench);
}

/* No text is in the state that the gate keeps. */
static void test_state_has_no_text(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0}");
    say(&bench, "Zwiebelkuchen");
    say(&bench, "badword Zwiebelkuchen");
    step(&bench, 1);
    const char *text = journal_state(bench.journal, "gate:state");
    assert_non_null(text);
    assert_null(strstr(text, "Zwiebel"));
    end(&bench);
}

static void test_unwanted_costs_nothing(void **state)
{
    struct bench bench;
    begin(&bench, "{}");
    gate_destroy(bench.gate);
    bench.gate = gate_create(&(struct gate_options){.journal = bench.journal, .own_words = bench.own_words, .data = &bench,
                                                    .changed = note_changed});
    say(&bench, "hello");
    say(&bench, "badword");
    assert_int_equal(gate_update(bench.gate, bench.now_ms + 60000), 0);
    assert_int_equal(bench.changes, 0);
    assert_int_equal(gate_caught_count(bench.gate), 0);
    struct gate_reason reason;
    assert_true(gate_find_word(bench.gate, STR("badword?"), &reason));  // questions are warned of all the same
    end(&bench);
}

/* --- Settings --- */

static const struct {
    const char *settings, *error;
} bad_settings[] = {
    {"[]", "gate: expected an object"},
    {"{\"hold\":1}", "gate.hold: there is no such key"},
    {"{\"hold_ms\":-1}", "gate.hold_ms"},
    {"{\"hold_ms\":9999999}", "gate.hold_ms"},
    {"{\"hold_ms\":\"4\"}", "gate.hold_ms"},
    {"{\"links\":\"no\"}", "gate.links \"no\""},
    {"{\"links\":1}", "gate.links"},
    {"{\"domains\":\"x\"}", "gate.domains: expected a list"},
    {"{\"domains\":[\"https://x.org\"]}", "gate.domains[0] \"https://x.org\""},
    {"{\"ignore\":[\"nightbot\"]}", "gate.ignore[0] \"nightbot\": expected PLATFORM:LOGIN"},
    {"{\"prefixes\":[\"!\",\"\"]}", "gate.prefixes[1]"},
    {"{\"words\":[\"../en\"]}", "gate.words[0]"},
    {"{\"words\":[5]}", "gate.words[0]"},
};

static void test_bad_settings(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(bad_settings); i++) {
        struct error err = {0};
        json_t *json = json_parse(bad_settings[i].settings, strlen(bad_settings[i].settings), &err);
        assert_false(gate_check_settings(json, &err));
        if (!strstr(err.text, bad_settings[i].error))
            fail_msg("%s: %s", bad_settings[i].settings, err.text);
        json_decref(json);
    }
}

/* --- Links --- */

static const struct {
    const char *text, *domain;  // NULL: none
} addresses[] = {
    {"see https://evil.example/path", "evil.example"},
    {"HTTP://EVIL.COM", "evil.com"},
    {"hxxp://evil.io", "evil.io"},
    {"www.evil.moe", "www.evil.moe"},
    {"go to evil.com now", "evil.com"},
    {"evil.com!", "evil.com"},
    {"(evil.co.uk)", "evil.co.uk"},
    {"evil dot com", "evil.com"},
    {"evil DOT com", "evil.com"},
    {"evil (dot) com", "evil.com"},
    {"evil[.]com", "evil.com"},
    {"evil [dot] com", "evil.com"},
    {"evil . com", "evil.com"},
    {"evil punkt com", "evil.com"},
    {"evil punto com", "evil.com"},
    {"ev\xe2\x80\x8bil.c\xe2\x80\x8bom", "evil.com"},
    {"\xef\xbd\x85\xef\xbd\x96\xef\xbd\x89\xef\xbd\x8c\xef\xbc\x8e\xef\xbd\x83\xef\xbd\x8f\xef\xbd\x8d", "evil.com"},
    {"evil\xe3\x80\x82" "com", "evil.com"},
    {"\xd0\xb5vil.\xd1\x81\xd0\xbe\xd0\xbc", "evil.com"},
    {"\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd1\x80\xd1\x84", "np"},
    {"t.me/anna", "t.me"},
    {"youtu.be/abc", "youtu.be"},
    {"discord.gg/abc", "discord.gg"},
    {"bit.ly/x", "bit.ly"},
    {"anna@mail.com", "mail.com"},
    {"xn--80ak6aa92e.com", "xn--80ak6aa92e.com"},
    {"192.0.2.1:8080", "192.0.2.1"},
    {"http://192.0.2.1/", "192.0.2.1"},
    {"\xe4\xbe\x8b\xe5\xad\x90.\xe4\xb8\xad\xe5\x9b\xbd", "??"},
    {"look: evil.shop/deal", "evil.shop"},
    {"hello. how are you", NULL},
    {"hello.how are you", NULL},
    {"I did it.so what", NULL},
    {"this is it.is it", NULL},
    {"e.g. this", NULL},
    {"U.S.A.", NULL},
    {"3.5 of 4.2", NULL},
    {"version 1.2.3.4 is out", NULL},
    {"at 18:30", NULL},
    {"wait...what", NULL},
    {"ok... de", NULL},
    {"connect the dots", NULL},
    {"dot to dot", NULL},
    {"a dot is round", NULL},
    {"\xe5\xa5\xbd\xe3\x80\x82\xe4\xbb\x96\xe6\x9d\xa5", NULL},
    {"\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85. \xd8\xae\xd9\x88\xd8\xa8\xdb\x8c\xd8\x9f", NULL},
    {"Dr. Who", NULL},
    {"no.", NULL},
    {"what is 1/2?", NULL},
    {":)", NULL},
    {"10:4 win", NULL},
};

static void test_links(void **state)
{
    struct links *links = links_create();
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++) {
        struct link_hit hit = {0};
        bool is_found = links_find(links, str_from(addresses[i].text), NULL, 0, &hit);
        bool is_right = is_found == (addresses[i].domain != NULL);
        if (is_right && is_found)
            is_right = strncmp(hit.domain, addresses[i].domain, strlen(addresses[i].domain)) == 0 && hit.from < hit.to &&
                       hit.to <= strlen(addresses[i].text);
        if (!is_right)
            fprintf(stderr, "\"%s\": found \"%s\"\n", addresses[i].text, is_found ? hit.domain : "");
        wrong += !is_right;
    }
    assert_int_equal(wrong, 0);
    links_destroy(links);
}

static void test_allowed_domains(void **state)
{
    struct links *links = links_create();
    struct link_hit hit;
    static const char *const allowed[] = {"example.org"};
    assert_false(links_find(links, STR("see https://example.org/x"), allowed, 1, &hit));
    assert_false(links_find(links, STR("see WWW.Example.ORG"), allowed, 1, &hit));
    assert_true(links_find(links, STR("see notexample.org"), allowed, 1, &hit));
    assert_true(links_find(links, STR("see example.org.evil.com"), allowed, 1, &hit));
    assert_true(links_find(links, STR("see ex\xd0\xb0mple.org"), allowed, 1, &hit));  // a look-alike
    assert_true(links_find(links, STR("see example.org or evil.com"), allowed, 1, &hit));
    assert_string_equal(hit.domain, "evil.com");
    assert_true(links_find(links, STR("https://example.org@evil.com"), allowed, 1, &hit));
    links_destroy(links);
}

/* --- The on-air state --- */

static json_t *view_of(const struct on_air *on_air, const char *name)
{
    struct str json = on_air_json(on_air);
    json_t *state = json_parse(json.data, json.len, NULL);
    json_t *view = json_incref(json_object_get(json_object_get(state, "views"), name));
    json_decref(state);
    return view;
}

static void ignore_question(void *data, const struct question *question) {}
static void ignore_id(void *data, uint64_t id) {}
static void ignore_poll(void *data, const struct poll *poll) {}
static void ignore_track(void *data, const struct caption_track *track) {}
static void ignore(void *data) {}

static void test_views(void **state)
{
    struct bench bench;
    begin(&bench, "{\"hold_ms\":0}");
    struct error err = {0};
    struct questions *questions = questions_create(&(struct questions_options){
        .changed = ignore_question, .removed = ignore_id, .dirty = ignore}, &err);
    struct polls *polls = polls_create(&(struct polls_options){.changed = ignore_poll, .dirty = ignore}, &err);
    struct captions *captions = captions_create(&(struct captions_options){
        .changed = ignore_track, .lines_changed = ignore}, &err);
    const char *const own[] = {"youtube"};
    const struct on_air_view views[] = {
        {.name = "usual"},
        {.name = "chat", .cards = ON_AIR_CHAT},
        {.name = "all", .cards = ON_AIR_USUAL | ON_AIR_GATED},
        {.name = "youtube", .cards = ON_AIR_GATED, .platforms = own, .platform_count = 1,
         .foreign = ON_AIR_FOREIGN_ANONYMOUS},
        {.name = "hide", .cards = ON_AIR_GATED, .platforms = own, .platform_count = 1, .foreign = ON_AIR_FOREIGN_HIDDEN},
    };
    struct on_air *on_air = on_air_create(&(struct on_air_options){
        .questions = questions, .polls = polls, .captions = captions, .gate = bench.gate, .views = views,
        .view_count = ARRAY_LENGTH(views), .changed = ignore}, &err);
    struct message_draft named = line_of("hello");
    named.author.name = STR("badword");
    named.author.avatar = STR("https://pictures.example/badword.png");
    push(&bench, &named, NULL);
    struct message_draft good = line_of("hello too");
    good.author.name = STR("Anna");
    good.author.id = STR("7");
    good.author.avatar = STR("https://pictures.example/7.png");
    good.author.roles = ROLE_MODERATOR | ROLE_SUBSCRIBER;
    push(&bench, &good, NULL);
    struct message_draft raid = line_of("");
    raid.kind = MESSAGE_RAID;
    raid.native_id = STR("raid1");
    raid.detail = json_pack("{si}", "viewers", 120);
    push(&bench, &raid, NULL);
    json_decref((json_t *)(uintptr_t)raid.detail);
    say(&bench, "badword here");
    struct message_draft gift = gift_of("for you badword", 3);
    push(&bench, &gift, NULL);
    on_air_update(on_air, clock_unix_ms());
    json_t *view = view_of(on_air, "chat");
    assert_int_equal(json_array_size(json_object_get(view, "chat")), 0);  // nothing has passed yet
    json_decref(view);

    step(&bench, 1);
    on_air_update(on_air, clock_unix_ms());
    view = view_of(on_air, "usual");
    assert_null(json_object_get(view, "chat"));
    assert_null(json_object_get(view, "alerts"));
    json_decref(view);
    view = view_of(on_air, "chat");
    const json_t *chat = json_object_get(view, "chat");
    assert_int_equal(json_array_size(chat), 2);
    const json_t *author = json_object_get(json_array_get(chat, 0), "author");
    assert_null(json_object_get(author, "avatar"));
    assert_string_equal(json_get_text(author, "name"), "Twitch");  // in place of the bad one
    assert_true(json_get_bool(author, "is_name_withheld", false));
    author = json_object_get(json_array_get(chat, 1), "author");
    assert_string_equal(json_get_text(author, "id"), "7");
    assert_string_equal(json_get_text(author, "avatar"), "https://pictures.example/7.png");
    assert_string_equal(json_string_value(json_array_get(json_object_get(author, "roles"), 0)), "moderator");
    assert_string_equal(json_string_value(json_array_get(json_object_get(author, "roles"), 1)), "subscriber");
    assert_null(json_object_get(view, "alerts"));
    json_decref(view);
    view = view_of(on_air, "all");
    const json_t *alert = json_array_get(json_object_get(view, "alerts"), 0);
    assert_string_equal(json_get_text(alert, "kind"), "raid");
    assert_int_equal(json_get_int(alert, "viewers", 0), 120);
    alert = json_array_get(json_object_get(view, "alerts"), 1);
    assert_string_equal(json_get_text(alert, "kind"), "gift");
    assert_int_equal(json_get_int(alert, "first", 0), json_get_int(alert, "id", -1));
    assert_true(json_get_bool(alert, "is_text_withheld", false));
    assert_null(json_object_get(alert, "text"));
    assert_int_equal(json_get_int(json_object_get(alert, "money"), "count", 0), 3);
    assert_int_equal(json_array_size(json_object_get(view, "ticker")), 2);
    json_decref(view);
    view = view_of(on_air, "youtube");
    const json_t *line = json_array_get(json_object_get(view, "chat"), 0);
    assert_string_equal(json_get_text(line, "text"), "hello");
    assert_null(json_object_get(line, "author"));
    assert_null(json_object_get(line, "platform"));
    for (size_t i = 0; i < 2; i++) {
        const json_t *event = json_array_get(json_object_get(view, i == 0 ? "alerts" : "ticker"), 0);
        assert_string_equal(json_get_text(event, "kind"), "raid");
        assert_null(json_object_get(event, "author"));
        assert_null(json_object_get(event, "platform"));
        assert_null(json_object_get(event, "source"));
    }
    json_decref(view);
    view = view_of(on_air, "hide");
    assert_int_equal(json_array_size(json_object_get(view, "chat")), 0);
    assert_int_equal(json_array_size(json_object_get(view, "ticker")), 0);
    assert_int_equal(json_array_size(json_object_get(view, "alerts")), 0);
    json_decref(view);
    assert_non_null(memmem(on_air_views_json(on_air).data, on_air_views_json(on_air).len, "\"cards\":[\"chat\"]", 16));

    on_air_update(on_air, clock_unix_ms() + GATE_ALERT_MS + 1);
    view = view_of(on_air, "all");
    assert_int_equal(json_array_size(json_object_get(view, "alerts")), 0);
    assert_int_equal(json_array_size(json_object_get(view, "ticker")), 2);
    json_decref(view);
    struct str json = on_air_json(on_air);
    assert_null(memmem(json.data, json.len, "badword", 7));
    on_air_destroy(on_air);
    captions_destroy(captions);
    polls_destroy(polls);
    questions_destroy(questions);
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hold), cmocka_unit_test(test_hold_of_source), cmocka_unit_test(test_deleted_within_hold),
        cmocka_unit_test(test_removal_is_at_once), cmocka_unit_test(test_removal_by_native_id),
        cmocka_unit_test(test_cleared_room), cmocka_unit_test(test_edit_is_held_anew), cmocka_unit_test(test_batches),
        cmocka_unit_test(test_each_platform_has_its_lines), cmocka_unit_test(test_caught_with_reason),
        cmocka_unit_test(test_allow_and_drop), cmocka_unit_test(test_list_is_bounded),
        cmocka_unit_test(test_new_word_takes_off_air), cmocka_unit_test(test_bad_line_of_own_list),
        cmocka_unit_test(test_ignored), cmocka_unit_test(test_history_and_others),
        cmocka_unit_test(test_alert_without_its_text), cmocka_unit_test(test_streak_is_one_alert),
        cmocka_unit_test(test_streak_keeps_its_first), cmocka_unit_test(test_recipients_are_no_events),
        cmocka_unit_test(test_restart_behind_clear),
        cmocka_unit_test(test_more_than_are_held),
        cmocka_unit_test(test_bad_name), cmocka_unit_test(test_restart), cmocka_unit_test(test_state_has_no_text),
        cmocka_unit_test(test_unwanted_costs_nothing), cmocka_unit_test(test_bad_settings), cmocka_unit_test(test_links),
        cmocka_unit_test(test_allowed_domains), cmocka_unit_test(test_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
