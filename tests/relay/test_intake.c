/* Once each, in whatever order and over restarts; what a platform takes back goes at once. */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/dedupe.h"
#include "relay/intake.h"
#include "relay/queue.h"

struct bench {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct queue *queue;
    struct intake *intake;
    size_t capacity;  // of the queue; 0: usual
    struct fixture_answer answer;
};

static void open_all(struct bench *bench)
{
    bench->journal = fixture_open(bench->folder, bench->loop);
    bench->queue = queue_create(&(struct queue_options){.loop = bench->loop, .capacity = bench->capacity});
    bench->intake = intake_create(
        &(struct intake_options){.journal = bench->journal, .queue = bench->queue, .keys = 1024});
}

static void close_all(struct bench *bench)
{
    intake_destroy(bench->intake);
    queue_destroy(bench->queue);
    journal_close(bench->journal);
}

static int set_up(void **state)
{
    struct bench *bench = xcalloc(1, sizeof(*bench));
    bench->folder = fixture_folder();
    bench->loop = fixture_loop();
    open_all(bench);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    fixture_answer_fini(&bench->answer);
    close_all(bench);
    loop_destroy(bench->loop);
    fixture_remove(bench->folder);
    free(bench);
    return 0;
}

static void reopen(struct bench *bench)
{
    close_all(bench);
    open_all(bench);
}

static enum intake_result push(struct bench *bench, struct message *message)
{
    enum intake_result result = intake_push(bench->intake, message);
    message_unref(message);
    return result;
}

/* Until what is held has been answered: an answer to a later question comes behind it. */
static void settle(struct bench *bench)
{
    fixture_commit(bench->journal, bench->loop);
    for (int i = 0; i < 3; i++)
        fixture_read(bench->journal, bench->loop, 0, 1000, &bench->answer);
}

static size_t journalled(struct bench *bench)
{
    settle(bench);
    return bench->answer.count;
}

static struct intake_counts counts(struct bench *bench)
{
    struct intake_counts counts;
    intake_get_counts(bench->intake, &counts);
    return counts;
}

static void nothing_comes_twice(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(push(bench, fixture_chat("a", "one")), INTAKE_TAKEN);
    assert_int_equal(push(bench, fixture_chat("b", "two")), INTAKE_TAKEN);
    assert_int_equal(push(bench, fixture_chat("a", "one")), INTAKE_DUPLICATE);
    assert_int_equal(push(bench, fixture_chat("", "no key")), INTAKE_TAKEN);
    assert_int_equal(push(bench, fixture_chat("", "no key")), INTAKE_TAKEN);
    assert_int_equal(journalled(bench), 4);
    assert_int_equal(queue_count(bench->queue), 4);
    assert_int_equal(counts(bench).duplicates, 1);
}

static void the_same_id_of_another_platform_is_another(void **state)
{
    struct bench *bench = *state;
    struct message *other = message_create(&(struct message_draft){.kind = MESSAGE_CHAT, .platform = STR("youtube"),
        .source = STR("youtube:anna"), .native_id = STR("a"), .event_key = STR("a"), .text = STR("one")});
    push(bench, fixture_chat("a", "one"));
    assert_int_equal(push(bench, other), INTAKE_TAKEN);
}

static void nothing_comes_twice_over_a_restart(void **state)
{
    struct bench *bench = *state;
    bench->capacity = 8;  // so that most are known to the journal only
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            char key[32];
            snprintf(key, sizeof(key), "key%d", i);
            enum intake_result result = push(bench, fixture_chat(key, key));
            assert_true(round == 0 ? result == INTAKE_TAKEN : result == INTAKE_DUPLICATE || result == INTAKE_HELD);
        }
        assert_int_equal(journalled(bench), 100);
        assert_int_equal(counts(bench).duplicates, round == 0 ? 0 : 100);
        reopen(bench);
        assert_int_equal(queue_count(bench->queue), 8);
    }
}

/* An event key that is not the native id is not in the message's JSON: the journal has to confirm it. */
static void a_growing_streak_counts_once(void **state)
{
    struct bench *bench = *state;
    static const struct {
        int count;
        bool is_new;
        int64_t adds;
    } steps[] = {{1, true, 1}, {2, true, 1}, {5, true, 3}, {5, false, 0}, {4, true, 0}, {9, true, 4}};
    int64_t adds = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        char key[32];
        snprintf(key, sizeof(key), "rose1#%d", steps[i].count);
        struct message_draft draft = {.kind = MESSAGE_GIFT, .platform = STR("tiktok"), .source = STR("tiktok:anna"),
            .native_id = STR("rose1"), .event_key = str_from(key),
            .money = {.unit = STR("diamonds"), .units = steps[i].count * 10, .count = steps[i].count,
                      .item = STR("Rose"), .is_streak_open = true}};
        enum intake_result result = push(bench, message_create(&draft));
        assert_int_equal(result, steps[i].is_new ? INTAKE_TAKEN : INTAKE_DUPLICATE);
        if (!steps[i].is_new)
            continue;
        const struct queue_gift *gift = queue_find_gift(bench->queue, queue_last_id(bench->queue));
        assert_non_null(gift);
        assert_int_equal(gift->count, steps[i].adds);
        assert_int_equal(gift->units, steps[i].adds * 10);
        assert_int_equal(gift->is_more, i > 0);
        adds += gift->count;
    }
    assert_int_equal(adds, 9);
}

struct totals {
    int64_t units, micros, gifts;
    size_t count;
};

static void add_total(void *data, const struct intake_total *total)
{
    struct totals *totals = data;
    totals->count++;
    totals->units += total->units;
    totals->micros += total->micros;
    totals->gifts += total->gifts;
}

static void totals_survive_a_restart(void **state)
{
    struct bench *bench = *state;
    for (int i = 1; i <= 3; i++) {
        char key[32];
        snprintf(key, sizeof(key), "g#%d", i);
        push(bench, message_create(&(struct message_draft){.kind = MESSAGE_GIFT, .platform = STR("tiktok"),
            .source = STR("tiktok:anna"), .native_id = STR("g"), .event_key = str_from(key),
            .money = {.unit = STR("diamonds"), .units = i * 7, .micros = i * 1000, .count = i}}));
    }
    push(bench, message_create(&(struct message_draft){.kind = MESSAGE_GIFT, .platform = STR("twitch"),
        .source = STR("twitch:anna"), .native_id = STR("p"), .is_foreign = true, .money = {.units = 100}}));
    for (int round = 0; round < 2; round++) {
        struct totals totals = {0};
        intake_each_total(bench->intake, add_total, &totals);
        assert_int_equal(totals.count, 1);
        assert_int_equal(totals.units, 21);
        assert_int_equal(totals.micros, 3000);
        assert_int_equal(totals.gifts, 1);
        reopen(bench);
    }
}

static void a_deleted_message_is_gone_at_once(void **state)
{
    struct bench *bench = *state;
    push(bench, fixture_chat("a", "verybad"));
    push(bench, fixture_chat("b", "good"));
    uint64_t id = queue_find_native(bench->queue, STR("twitch"), STR("a"))->id;
    assert_int_equal(push(bench, fixture_control(MESSAGE_DELETE, "a", NULL)), INTAKE_TAKEN);
    assert_null(queue_find(bench->queue, id));
    assert_int_equal(queue_count(bench->queue), 1);
    settle(bench);
    for (size_t i = 0; i < bench->answer.count; i++)
        assert_string_not_equal(bench->answer.texts[i], "verybad");
    push(bench, fixture_chat("a", "verybad"));  // the platform replays it
    settle(bench);
    assert_null(queue_find_native(bench->queue, STR("twitch"), STR("a")));
    reopen(bench);
    push(bench, fixture_chat("a", "verybad"));
    settle(bench);
    assert_int_equal(queue_count(bench->queue), 1);
}

static void a_delete_may_come_before_its_message(void **state)
{
    struct bench *bench = *state;
    for (int round = 0; round < 2; round++) {
        char native_id[8];
        snprintf(native_id, sizeof(native_id), "late%d", round);
        push(bench, fixture_control(MESSAGE_DELETE, native_id, NULL));
        if (round == 1)
            reopen(bench);
        assert_int_equal(push(bench, fixture_chat(native_id, "lateword")), INTAKE_HELD);
        settle(bench);
        assert_int_equal(counts(bench).gone, 1 - 0);
        assert_null(queue_find_native(bench->queue, STR("twitch"), str_from(native_id)));
        assert_int_equal(fixture_files_with(bench->folder, "lateword"), 0);
    }
}

static void a_delete_reaches_what_the_queue_let_go(void **state)
{
    struct bench *bench = *state;
    push(bench, fixture_chat("old", "oldsecret"));
    for (int i = 0; i < 5000; i++) {
        char key[32];
        snprintf(key, sizeof(key), "key%d", i);
        push(bench, fixture_chat(key, key));
    }
    fixture_commit(bench->journal, bench->loop);
    assert_null(queue_find_native(bench->queue, STR("twitch"), STR("old")));
    assert_true(fixture_files_with(bench->folder, "oldsecret") > 0);
    push(bench, fixture_control(MESSAGE_DELETE, "old", NULL));
    struct fixture_erasure done = {0};
    journal_erase(bench->journal, &(struct journal_erasure){.platform = "x", .native_id = "x"}, NULL, 0,
                  fixture_erased, &done);
    fixture_run(bench->loop, &done.done);
    assert_int_equal(fixture_files_with(bench->folder, "oldsecret"), 0);
}

static void a_banned_author_is_gone(void **state)
{
    struct bench *bench = *state;
    push(bench, fixture_chat("a", "one"));
    push(bench, fixture_chat("b", "two"));
    struct message_draft other = {.kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:anna"),
        .native_id = STR("c"), .author = {.id = STR("u2")}, .text = STR("three"), .time_ms = clock_unix_ms()};
    push(bench, message_create(&other));
    int64_t banned_ms = clock_unix_ms();
    push(bench, fixture_control(MESSAGE_BAN, NULL, "u1"));
    assert_int_equal(queue_count(bench->queue), 1);
    assert_true(counts(bench).removal_us >= 0);
    // Written before, delivered after.
    struct message_draft late = {.kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:anna"),
        .native_id = STR("d"), .author = {.id = STR("u1")}, .text = STR("four"), .time_ms = banned_ms - 1000};
    assert_int_equal(push(bench, message_create(&late)), INTAKE_GONE);
    // Let back in, he may speak.
    late.time_ms = banned_ms + 60000;
    late.native_id = STR("e");
    assert_int_equal(push(bench, message_create(&late)), INTAKE_TAKEN);
    push(bench, fixture_control(MESSAGE_UNBAN, NULL, "u1"));
    late.time_ms = banned_ms - 500;
    late.native_id = STR("f");
    assert_int_equal(push(bench, message_create(&late)), INTAKE_TAKEN);
    assert_int_equal(queue_count(bench->queue), 3);
}

static struct message *late_by(const char *author, const char *native_id, int64_t time_ms)
{
    return message_create(&(struct message_draft){.kind = MESSAGE_CHAT, .platform = STR("twitch"),
        .source = STR("twitch:anna"), .native_id = str_from(native_id), .author = {.id = str_from(author)},
        .text = STR("late"), .time_ms = time_ms});
}

static void a_ban_is_remembered(void **state)
{
    struct bench *bench = *state;
    int64_t banned_ms = clock_unix_ms();
    push(bench, fixture_control(MESSAGE_BAN, NULL, "u1"));
    push(bench, fixture_control(MESSAGE_BAN, NULL, "u2"));
    push(bench, fixture_control(MESSAGE_UNBAN, NULL, "u2"));
    intake_remove_author(bench->intake, "twitch", "u3", "anna");
    reopen(bench);
    assert_int_equal(push(bench, late_by("u1", "d", banned_ms - 1000)), INTAKE_GONE);
    assert_int_equal(push(bench, late_by("u1", "e", banned_ms + 60000)), INTAKE_TAKEN);
    assert_int_equal(push(bench, late_by("u2", "f", banned_ms - 1000)), INTAKE_TAKEN);
    assert_int_equal(push(bench, late_by("u3", "g", banned_ms - 1000)), INTAKE_GONE);
}

static void a_clear_marks_and_keeps(void **state)
{
    struct bench *bench = *state;
    push(bench, fixture_chat("a", "one"));
    push(bench, fixture_control(MESSAGE_CLEAR, NULL, NULL));
    push(bench, fixture_chat("b", "two"));
    assert_true(queue_is_cleared(bench->queue, queue_find_native(bench->queue, STR("twitch"), STR("a"))));
    assert_false(queue_is_cleared(bench->queue, queue_find_native(bench->queue, STR("twitch"), STR("b"))));
    settle(bench);
    assert_int_equal(bench->answer.count, 3);
}

static struct message *reply(const char *native_id)
{
    return message_create(&(struct message_draft){.kind = MESSAGE_CHAT, .platform = STR("twitch"),
        .source = STR("twitch:anna"), .native_id = str_from(native_id), .author = {.id = STR("u2")},
        .text = STR("answer"), .reply_to = {.native_id = STR("a"), .author = STR("Bad"), .text = STR("quotedbad")}});
}

static void quotations_go_too(void **state)
{
    struct bench *bench = *state;
    for (int round = 0; round < 2; round++) {
        push(bench, fixture_chat(round ? "b" : "a", "quotedbad"));
        push(bench, reply(round ? "r2" : "r1"));
        const struct message *answer = queue_find_native(bench->queue, STR("twitch"), round ? STR("r2") : STR("r1"));
        assert_int_equal(answer->is.reply_to.text.len > 0, round == 0);
        if (round == 0) {
            push(bench, fixture_control(MESSAGE_DELETE, "a", NULL));
        } else {
            push(bench, fixture_control(MESSAGE_BAN, NULL, "u1"));
        }
        answer = queue_find_native(bench->queue, STR("twitch"), STR("r1"));
        assert_int_equal(answer->is.reply_to.text.len, 0);
        assert_true(str_equal(answer->is.text, STR("answer")));
    }
    struct fixture_erasure done = {0};
    journal_erase(bench->journal, &(struct journal_erasure){.platform = "x", .native_id = "x"}, NULL, 0,
                  fixture_erased, &done);
    fixture_run(bench->loop, &done.done);
    assert_int_equal(fixture_files_with(bench->folder, "quotedbad"), 0);
}

static void a_clear_is_remembered(void **state)
{
    struct bench *bench = *state;
    push(bench, fixture_chat("a", "one"));
    push(bench, fixture_control(MESSAGE_CLEAR, NULL, NULL));
    push(bench, fixture_chat("b", "two"));
    reopen(bench);
    assert_true(queue_is_cleared(bench->queue, queue_find_native(bench->queue, STR("twitch"), STR("a"))));
    assert_false(queue_is_cleared(bench->queue, queue_find_native(bench->queue, STR("twitch"), STR("b"))));
}

static void an_edit_changes_the_text_everywhere(void **state)
{
    struct bench *bench = *state;
    push(bench, fixture_chat("a", "befor"));
    struct message_draft edit = {.kind = MESSAGE_EDIT, .platform = STR("twitch"), .source = STR("twitch:anna"),
        .event_key = STR("a#edit1"), .text = STR("before"), .target = {.native_id = STR("a")}};
    push(bench, message_create(&edit));
    push(bench, message_create(&edit));
    const struct message *message = queue_find_native(bench->queue, STR("twitch"), STR("a"));
    assert_true(str_equal(message->is.text, STR("before")));
    uint64_t id = message->id;
    reopen(bench);
    assert_true(str_equal(queue_find(bench->queue, id)->is.text, STR("before")));
    assert_int_equal(queue_count(bench->queue), 1);
}

static void an_edit_of_what_was_deleted_brings_nothing_back(void **state)
{
    struct bench *bench = *state;
    push(bench, fixture_chat("a", "one"));
    push(bench, fixture_chat("b", "two"));
    push(bench, fixture_control(MESSAGE_DELETE, "a", NULL));
    struct message_draft edit = {.kind = MESSAGE_EDIT, .platform = STR("twitch"), .source = STR("twitch:anna"),
        .text = STR("editedagain"), .target = {.native_id = STR("a")}};
    assert_int_equal(push(bench, message_create(&edit)), INTAKE_GONE);
    // By who was banned: what he wrote before that does not change any more.
    push(bench, fixture_control(MESSAGE_BAN, NULL, "u1"));
    edit.target.native_id = STR("b");
    edit.author.id = STR("u1");
    edit.time_ms = clock_unix_ms() - 5000;
    assert_int_equal(push(bench, message_create(&edit)), INTAKE_GONE);
    fixture_commit(bench->journal, bench->loop);
    assert_int_equal(fixture_files_with(bench->folder, "editedagain"), 0);
}

static void moderators_remove_too(void **state)
{
    struct bench *bench = *state;
    push(bench, fixture_chat("a", "one"));
    push(bench, fixture_chat("b", "two"));
    uint64_t id = queue_last_id(bench->queue);
    assert_true(intake_remove_message(bench->intake, id, "anna"));
    assert_false(intake_remove_message(bench->intake, id, "anna"));
    assert_int_equal(queue_count(bench->queue), 1);
    intake_remove_author(bench->intake, "twitch", "u1", "anna");
    assert_int_equal(queue_count(bench->queue), 0);
    assert_int_equal(journalled(bench), 0);
}

/* The last N keys are known, whatever was added before; equal hashes and full rows included. */
static void dedupe_forgets_the_oldest(void **state)
{
    enum { CAPACITY = 64 };
    struct dedupe *dedupe = dedupe_create(CAPACITY);
    for (uint64_t i = 1; i <= 1000; i++) {
        // Four neighbouring homes for all: rows as long as they get.
        dedupe_add(dedupe, STR("p"), i * 256 + i % 4, i);
        for (uint64_t j = 1; j <= i; j++) {
            uint64_t expected = j + CAPACITY > i ? j : 0;
            assert_int_equal(dedupe_find(dedupe, STR("p"), j * 256 + j % 4), expected);
        }
        assert_int_equal(dedupe_find(dedupe, STR("q"), i * 256 + i % 4), 0);
    }
    dedupe_add(dedupe, STR("p"), 1000 * 256, 5000);
    assert_int_equal(dedupe_find(dedupe, STR("p"), 1000 * 256), 5000);
    for (uint64_t i = 0; i < CAPACITY - 1; i++)
        dedupe_add(dedupe, STR("p"), 77 + i, 6000 + i);
    assert_int_equal(dedupe_find(dedupe, STR("p"), 1000 * 256), 5000);
    dedupe_add(dedupe, STR("p"), 7777, 7777);
    assert_int_equal(dedupe_find(dedupe, STR("p"), 1000 * 256), 0);
    dedupe_destroy(dedupe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_comes_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_id_of_another_platform_is_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_comes_twice_over_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_growing_streak_counts_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(totals_survive_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_message_is_gone_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_delete_may_come_before_its_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_delete_reaches_what_the_queue_let_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_banned_author_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_ban_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clear_marks_and_keeps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quotations_go_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clear_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_edit_changes_the_text_everywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_edit_of_what_was_deleted_brings_nothing_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(moderators_remove_too, set_up, tear_down),
        cmocka_unit_test(dedupe_forgets_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
