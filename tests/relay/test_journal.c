/* The journal's promises, with the disk in order; test_journal_trouble.c has the others. */
#include "relay_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "net/loop.h"

static void reopen(struct journal_bench *bench)
{
    journal_close(bench->journal);
    bench->journal = fixture_open(bench->folder, bench->loop);
}

static void messages_come_back_in_order(void **state)
{
    struct journal_bench *bench = *state;
    uint64_t ids[10];
    for (int i = 0; i < 10; i++) {
        char text[32];
        snprintf(text, sizeof(text), "line %d", i);
        ids[i] = fixture_append(bench->journal, fixture_chat(text, text));
        assert_true(i == 0 || ids[i] > ids[i - 1]);
    }
    fixture_commit(bench->journal, bench->loop);
    for (int round = 0; round < 2; round++) {
        fixture_read(bench->journal, bench->loop, 0, 4, &bench->answer);
        assert_int_equal(bench->answer.count, 4);
        assert_string_equal(bench->answer.texts[0], "line 6");
        assert_string_equal(bench->answer.texts[3], "line 9");
        fixture_read(bench->journal, bench->loop, ids[6], 100, &bench->answer);
        assert_int_equal(bench->answer.count, 6);
        assert_string_equal(bench->answer.texts[0], "line 0");
        assert_int_equal(bench->answer.ids[5], ids[5]);
        reopen(bench);
    }
}

static void ids_grow_over_restarts(void **state)
{
    struct journal_bench *bench = *state;
    uint64_t last = 0;
    for (int round = 0; round < 5; round++) {
        uint64_t id = round % 2 ? journal_next_id(bench->journal)
                                : fixture_append(bench->journal, fixture_chat("a", "a"));
        assert_true(id > last);
        last = id;
        reopen(bench);
        assert_int_equal(journal_last_id(bench->journal), last);
    }
}

static void epoch_stays(void **state)
{
    struct journal_bench *bench = *state;
    char first[16];
    snprintf(first, sizeof(first), "%s", journal_epoch(bench->journal));
    assert_int_equal(strlen(first), 8);
    reopen(bench);
    assert_string_equal(journal_epoch(bench->journal), first);
}

struct listing {
    char text[256];
};

static void add_state(void *data, const char *key, const char *text)
{
    struct listing *listing = data;
    size_t len = strlen(listing->text);
    snprintf(listing->text + len, sizeof(listing->text) - len, "%s=%s ", key, text);
}

static void state_is_latest_and_sorted(void **state)
{
    struct journal_bench *bench = *state;
    journal_set_state(bench->journal, "question:2", "two");
    journal_set_state(bench->journal, "question:10", "ten");
    journal_set_state(bench->journal, "question:2", "second");
    journal_set_state(bench->journal, "questions", "other");
    journal_set_state(bench->journal, "poll:1", "poll");
    journal_set_state(bench->journal, "question:3", "gone");
    journal_set_state(bench->journal, "question:3", NULL);
    journal_set_cursor(bench->journal, "youtube:anna", "page 7");
    for (int round = 0; round < 2; round++) {
        struct listing listing = {0};
        journal_each_state(bench->journal, "question:", add_state, &listing);
        assert_string_equal(listing.text, "question:10=ten question:2=second ");
        assert_string_equal(journal_state(bench->journal, "poll:1"), "poll");
        assert_null(journal_state(bench->journal, "question:3"));
        assert_string_equal(journal_cursor(bench->journal, "youtube:anna"), "page 7");
        reopen(bench);
    }
}

static void add_gap(void *data, const struct journal_gap *gap)
{
    struct listing *listing = data;
    size_t len = strlen(listing->text);
    snprintf(listing->text + len, sizeof(listing->text) - len, "%s %d-%d %s;", gap->source, (int)gap->from_ms,
             (int)gap->to_ms, gap->reason);
}

static void gaps_are_kept_and_told(void **state)
{
    struct journal_bench *bench = *state;
    struct listing told = {0};
    journal_on_gap(bench->journal, add_gap, &told);
    journal_add_gap(bench->journal, &(struct journal_gap){"twitch:anna", 1000, 2000, "connection lost"});
    journal_add_gap(bench->journal, &(struct journal_gap){"youtube:anna", 3000, 4000, "quota"});
    const char *expected = "twitch:anna 1000-2000 connection lost;youtube:anna 3000-4000 quota;";
    assert_string_equal(told.text, expected);
    for (int round = 0; round < 2; round++) {
        struct listing listing = {0};
        journal_each_gap(bench->journal, add_gap, &listing);
        assert_string_equal(listing.text, expected);
        reopen(bench);
    }
}

struct seen {
    size_t count;
    uint64_t last_hash, last_id;
};

static void add_seen(void *data, struct str platform, uint64_t hash, uint64_t id)
{
    struct seen *seen = data;
    assert_true(str_equal(platform, STR("twitch")));
    assert_true(id > seen->last_id);
    seen->count++;
    seen->last_hash = hash;
    seen->last_id = id;
}

static void keys_come_back(void **state)
{
    struct journal_bench *bench = *state;
    uint64_t id = 0;
    for (int i = 0; i < 100; i++) {
        char key[32];
        snprintf(key, sizeof(key), "key %d", i);
        id = fixture_append(bench->journal, fixture_chat(key, "x"));
        if (i % 10 == 0)
            fixture_commit(bench->journal, bench->loop);
    }
    reopen(bench);
    struct seen seen = {0};
    journal_each_seen(bench->journal, 1000, add_seen, &seen);
    assert_int_equal(seen.count, 100);
    assert_int_equal(seen.last_id, id);
    assert_true(seen.last_hash ==
                journal_hash(bench->journal, JOURNAL_KEY_EVENT, STR("twitch"), STR("key 99")));
}

struct key_answer {
    int done;
    char key[64];
};

static void take_key(void *data, struct str key)
{
    struct key_answer *answer = data;
    snprintf(answer->key, sizeof(answer->key), "%.*s", key.data ? (int)key.len : 4, key.data ? key.data : "none");
    fixture_done(&answer->done);
}

static void keys_are_answered_in_full(void **state)
{
    struct journal_bench *bench = *state;
    struct message *special = message_create(&(struct message_draft){.kind = MESSAGE_GIFT, .platform = STR("tiktok"),
        .source = STR("tiktok:anna"), .native_id = STR("g1"), .event_key = STR("g1#5"), .text = STR("rose")});
    const struct {
        uint64_t id;
        enum journal_key kind;
        const char *key;
    } cases[] = {
        {fixture_append(bench->journal, fixture_chat("n1", "a")), JOURNAL_KEY_EVENT, "n1"},
        {fixture_append(bench->journal, special), JOURNAL_KEY_EVENT, "g1#5"},
        {fixture_append(bench->journal, fixture_control(MESSAGE_DELETE, "n1", NULL)), JOURNAL_KEY_DELETED, "n1"},
        {journal_last_id(bench->journal) + 5, JOURNAL_KEY_EVENT, "none"},
    };
    fixture_commit(bench->journal, bench->loop);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct key_answer answer = {0};
        journal_read_key(bench->journal, cases[i].kind, cases[i].id, take_key, &answer);
        fixture_run(bench->loop, &answer.done);
        assert_string_equal(answer.key, cases[i].key);
    }
}

static void search_knows_every_script(void **state)
{
    static const char *const texts[] = {
        "What is your favourite opening?", "این آهنگ برای شما چه معنایی دارد؟", "كتاب علي جميل", "圍棋比賽什麼時候開始",
        "今日はいい天気ですね", "สวัสดีครับทุกคน", "Café crème 😂😂", "номер ۱۲۳", "می‌روم خانه", "다음 게임은 언제인가요",
    };
    static const struct {
        const char *query;
        int found;  // index in texts; -1: none
    } cases[] = {
        {"favour open", 0}, {"OPENING", 0}, {"favourite chess", -1}, {"معنایی", 1}, {"اهنگ", 1}, {"کتاب", 2}, {"علی", 2},
        {"比賽", 3}, {"賽什", 3}, {"圍", 3}, {"围", 3}, {"比赛", 3}, {"始", 3}, {"賽比", -1}, {"天気", 4}, {"ครับ", 5}, {"cafe", 6}, {"😂", 6},
        {"123", 7}, {"НОМЕР", 7}, {"میروم", 8}, {"게임", 9}, {"\"", -1}, {"؟", -1}, {"words : (x", -1}, {"a* OR b", -1},
    };
    struct journal_bench *bench = *state;
    uint64_t ids[ARRAY_LENGTH(texts)];
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        ids[i] = fixture_append(bench->journal, fixture_chat(texts[i], texts[i]));
    fixture_commit(bench->journal, bench->loop);
    fixture_wait_indexed(bench->journal, ids[ARRAY_LENGTH(ids) - 1]);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        fixture_search(bench->journal, bench->loop, cases[i].query, &bench->answer);
        bool is_right = cases[i].found < 0 ? bench->answer.count == 0
                                           : bench->answer.count == 1 && bench->answer.ids[0] == ids[cases[i].found];
        if (!is_right || *bench->answer.error)
            fail_msg("\"%s\": %zu found %s", cases[i].query, bench->answer.count, bench->answer.error);
    }
    fixture_search(bench->journal, bench->loop, "niloufar", &bench->answer);
    assert_int_equal(bench->answer.count, ARRAY_LENGTH(texts));
    assert_int_equal(bench->answer.ids[0], ids[ARRAY_LENGTH(ids) - 1]);
}

static void a_file_holds_so_many(void **state)
{
    struct journal_bench *bench = *state;
    journal_close(bench->journal);
    bench->journal = journal_open(&(struct journal_options){.folder = bench->folder, .loop = bench->loop,
                                                            .file_messages = 50}, NULL);
    uint64_t first = 0;
    journal_set_state(bench->journal, "on_air:main", "question 1");
    for (int i = 0; i < 230; i++) {
        char text[32];
        snprintf(text, sizeof(text), "wort%d", i);
        uint64_t id = fixture_append(bench->journal, fixture_chat(text, text));
        first = first ? first : id;
        if (i % 10 == 0)
            fixture_commit(bench->journal, bench->loop);
    }
    fixture_commit(bench->journal, bench->loop);
    fixture_read(bench->journal, bench->loop, 0, 1000, &bench->answer);
    assert_int_equal(bench->answer.count, 230);
    assert_int_equal(bench->answer.ids[0], first);
    fixture_wait_indexed(bench->journal, journal_last_id(bench->journal));
    fixture_search(bench->journal, bench->loop, "wort7", &bench->answer);
    assert_int_equal(bench->answer.count, 11);  // wort7, wort70 … wort79
    reopen(bench);
    assert_string_equal(journal_state(bench->journal, "on_air:main"), "question 1");
    struct seen seen = {0};
    journal_each_seen(bench->journal, 1000, add_seen, &seen);
    assert_int_equal(seen.count, 230);
    assert_true(fixture_files_with(bench->folder, "wort0") >= 1);
}

static void an_edit_takes_the_place(void **state)
{
    struct journal_bench *bench = *state;
    uint64_t id = fixture_append(bench->journal, fixture_chat("n1", "wrongword"));
    fixture_commit(bench->journal, bench->loop);
    fixture_wait_indexed(bench->journal, id);
    struct message *changed = fixture_chat("n1", "rightword");
    message_stamp(changed, id, 1);
    journal_replace(bench->journal, changed);
    message_unref(changed);
    fixture_commit(bench->journal, bench->loop);
    fixture_read(bench->journal, bench->loop, 0, 10, &bench->answer);
    assert_int_equal(bench->answer.count, 1);
    assert_string_equal(bench->answer.texts[0], "rightword");
}

static void too_many_questions_are_refused(void **state)
{
    struct journal_bench *bench = *state;
    static struct fixture_answer answers[200];
    size_t refused = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++)
        journal_read(bench->journal, 0, 10, fixture_take_messages, &answers[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
        fixture_run(bench->loop, &answers[i].done);
        refused += answers[i].error[0] != '\0';
        fixture_answer_fini(&answers[i]);
    }
    assert_true(refused < ARRAY_LENGTH(answers));
}

static void nothing_is_answered_after_cancel(void **state)
{
    struct journal_bench *bench = *state;
    struct fixture_answer never = {0};
    journal_cancel(bench->journal, journal_read(bench->journal, 0, 10, fixture_take_messages, &never));
    fixture_read(bench->journal, bench->loop, 0, 10, &bench->answer);
    assert_int_equal(never.done, 0);
}

static void a_second_journal_is_refused(void **state)
{
    struct journal_bench *bench = *state;
    struct error err = {0};
    assert_null(journal_open(&(struct journal_options){.folder = bench->folder}, &err));
    assert_non_null(strstr(err.text, "another antiphon relay uses this folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_come_back_in_order, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(ids_grow_over_restarts, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(epoch_stays, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(state_is_latest_and_sorted, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(gaps_are_kept_and_told, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(keys_come_back, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(keys_are_answered_in_full, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(search_knows_every_script, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_file_holds_so_many, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_edit_takes_the_place, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(too_many_questions_are_refused, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_answered_after_cancel, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_second_journal_is_refused, fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
