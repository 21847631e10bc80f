/* Deleted means gone: from every answer at once, and the bytes from every file. */
#include "relay_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/loop.h"

static struct message *by(const char *author, const char *name, const char *native_id, const char *text)
{
    return message_create(&(struct message_draft){.kind = MESSAGE_CHAT, .platform = STR("twitch"),
        .source = STR("twitch:anna"), .native_id = str_from(native_id), .event_key = str_from(native_id),
        .author = {.id = str_from(author), .name = str_from(name)}, .text = str_from(text)});
}

static struct message *reply(const char *native_id, const char *to, const char *quoted)
{
    return message_create(&(struct message_draft){.kind = MESSAGE_CHAT, .platform = STR("twitch"),
        .source = STR("twitch:anna"), .native_id = str_from(native_id), .author = {.id = STR("other")},
        .text = STR("not so"), .reply_to = {.native_id = str_from(to), .author = STR("v"), .text = str_from(quoted)}});
}

static void erase(struct journal_bench *bench, struct journal_erasure what, const uint64_t *ids, size_t count,
                  struct fixture_erasure *done)
{
    *done = (struct fixture_erasure){0};
    journal_erase(bench->journal, &what, ids, count, fixture_erased, done);
    fixture_run(bench->loop, &done->done);
}

/* Enough around it that the row, its log pages and its index are not all in one place. */
static void fill(struct journal_bench *bench, int count, const char *prefix)
{
    for (int i = 0; i < count; i++) {
        char text[64];
        snprintf(text, sizeof(text), "%s%d lorem ipsum dolor", prefix, i);
        fixture_append(bench->journal, by("crowd", "Crowd", text, text));
        if (i % 100 == 0)
            fixture_commit(bench->journal, bench->loop);
    }
    fixture_commit(bench->journal, bench->loop);
}

/* The reader's answer lies ready, or the erasing stands in line: what is deleted by then is not given. */
static void no_answer_brings_it_back(void **state)
{
    struct journal_bench *bench = *state;
    fixture_append(bench->journal, by("bad", "Bad", "n1", "awful"));
    fixture_append(bench->journal, by("good", "Good", "n2", "nice"));
    fixture_append(bench->journal, reply("n3", "n1", "awful"));
    fixture_commit(bench->journal, bench->loop);
    struct fixture_erasure author = {0}, message = {0};
    journal_erase(bench->journal, &(struct journal_erasure){.platform = "twitch", .author_id = "bad"}, NULL, 0,
                  fixture_erased, &author);
    journal_erase(bench->journal, &(struct journal_erasure){.platform = "twitch", .native_id = "n1"}, NULL, 0,
                  fixture_erased, &message);
    fixture_read(bench->journal, bench->loop, 0, 100, &bench->answer);
    assert_int_equal(bench->answer.count, 2);
    assert_string_equal(bench->answer.texts[0], "nice");
    assert_string_equal(bench->answer.texts[1], "not so");
    fixture_run(bench->loop, &author.done);
    fixture_run(bench->loop, &message.done);
    assert_int_equal(author.rows + message.rows > 0, 1);
}

static void one_message_is_gone(void **state)
{
    struct journal_bench *bench = *state;
    fill(bench, 500, "before");
    uint64_t id = fixture_append(bench->journal, by("u7", "Badname", "n7", "unspeakable secretword"));
    uint64_t answer_id = fixture_append(bench->journal, reply("n8", "n7", "unspeakable secretword"));
    fill(bench, 500, "after");
    fixture_wait_indexed(bench->journal, journal_last_id(bench->journal));
    fixture_search(bench->journal, bench->loop, "secretword", &bench->answer);
    assert_int_equal(bench->answer.count, 1);
    assert_true(fixture_files_with(bench->folder, "secretword") > 0);

    struct fixture_erasure done;
    erase(bench, (struct journal_erasure){.platform = "twitch", .native_id = "n7"}, &id, 1, &done);
    assert_int_equal(fixture_files_with(bench->folder, "secretword"), 0);
    assert_int_equal(fixture_files_with(bench->folder, "unspeak"), 0);
    assert_int_equal(fixture_files_with(bench->folder, "Badname"), 0);
    assert_int_equal(fixture_files_with(bench->folder, "badname"), 0);
    struct journal_health health;
    journal_get_health(bench->journal, &health);
    assert_true(health.erase_ms > 0 && health.erase_ms <= done.took_ms + 1);

    fixture_search(bench->journal, bench->loop, "secretword", &bench->answer);
    assert_int_equal(bench->answer.count, 0);
    fixture_read(bench->journal, bench->loop, answer_id, 1, &bench->answer);
    assert_true(bench->answer.ids[0] != id);
    // What stood around it is whole, and so is the reply without its quotation.
    fixture_search(bench->journal, bench->loop, "before499", &bench->answer);
    assert_int_equal(bench->answer.count, 1);
    fixture_search(bench->journal, bench->loop, "not so", &bench->answer);
    assert_int_equal(bench->answer.count, 1);
    assert_int_equal(bench->answer.ids[0], answer_id);
}

static void one_author_is_gone_and_others_stay(void **state)
{
    struct journal_bench *bench = *state;
    fill(bench, 300, "first");
    for (int i = 0; i < 700; i++) {
        char native_id[32], text[64];
        snprintf(native_id, sizeof(native_id), "spam%d", i);
        snprintf(text, sizeof(text), "buymystuff %d", i);
        fixture_append(bench->journal, by("spammer", "Spam Lord", native_id, text));
    }
    uint64_t last = journal_last_id(bench->journal);
    fixture_append(bench->journal, by("spammer", "Spam Lord", "late", "afterwards"));
    fill(bench, 300, "second");
    struct fixture_erasure done;
    struct journal_erasure what = {.platform = "twitch", .source = "twitch:other", .author_id = "spammer", .up_to = last};
    erase(bench, what, NULL, 0, &done);
    assert_int_equal(done.rows, 0);
    what.source = "twitch:anna";
    erase(bench, what, NULL, 0, &done);
    assert_int_equal(done.rows, 700);
    assert_int_equal(fixture_files_with(bench->folder, "buymystuff"), 0);
    assert_true(fixture_files_with(bench->folder, "afterwards") > 0);
    fixture_wait_indexed(bench->journal, journal_last_id(bench->journal));
    fixture_search(bench->journal, bench->loop, "lorem", &bench->answer);
    assert_int_equal(bench->answer.count, 600);
}

static void yesterday_is_gone_too(void **state)
{
    struct journal_bench *bench = *state;
    fixture_append(bench->journal, by("u7", "Old", "old1", "yesterdaysword one"));
    journal_set_state(bench->journal, "question:1", "{\"text\":\"yesterdaysword one\"}");  // as a question of it
    journal_set_state(bench->journal, "cursor:x", "far");
    fill(bench, 100, "old");
    fixture_wait_indexed(bench->journal, journal_last_id(bench->journal));
    journal_close(bench->journal);
    bench->journal = journal_open(&(struct journal_options){.folder = bench->folder, .loop = bench->loop,
                                                            .show_pause_ms = -1}, NULL);
    fill(bench, 100, "new");
    assert_int_equal(fixture_files_with(bench->folder, "yesterdaysword") >= 2, 1);
    journal_set_state(bench->journal, "question:1", NULL);
    struct fixture_erasure done;
    erase(bench, (struct journal_erasure){.platform = "twitch", .native_id = "old1"}, NULL, 0, &done);
    assert_int_equal(done.rows, 1);
    assert_int_equal(fixture_files_with(bench->folder, "yesterdaysword"), 0);
    fixture_search(bench->journal, bench->loop, "old99", &bench->answer);
    assert_int_equal(bench->answer.count, 1);
}

static void the_erase_command_takes_names_from_erased_rows(void **state)
{
    struct journal_bench *bench = *state;
    uint64_t id = fixture_append(bench->journal, by("u7", "Name", "n1", "hello"));
    fill(bench, 10, "x");
    struct fixture_erasure done;
    erase(bench, (struct journal_erasure){.platform = "twitch", .native_id = "n1"}, &id, 1, &done);
    erase(bench, (struct journal_erasure){.platform = "twitch", .author_id = "u7", .with_name = true}, NULL, 0, &done);
    assert_int_equal(done.rows, 1);  // the number by which the author's rows are found
    erase(bench, (struct journal_erasure){.platform = "twitch", .author_id = "u7", .with_name = true}, NULL, 0, &done);
    assert_int_equal(done.rows, 0);
}

static void long_texts_are_gone_whole(void **state)
{
    struct journal_bench *bench = *state;
    char text[20001];  // five pages of overflow
    for (size_t i = 0; i + 1 < sizeof(text); i++)
        text[i] = "longsecret "[i % 11];
    text[sizeof(text) - 1] = '\0';
    fill(bench, 50, "a");
    fixture_append(bench->journal, by("u7", "L", "long", text));
    fill(bench, 50, "b");
    fixture_wait_indexed(bench->journal, journal_last_id(bench->journal));
    struct fixture_erasure done;
    erase(bench, (struct journal_erasure){.platform = "twitch", .native_id = "long"}, NULL, 0, &done);
    assert_int_equal(fixture_files_with(bench->folder, "longsecret"), 0);
}

static void an_edited_text_is_gone_with_its_versions(void **state)
{
    struct journal_bench *bench = *state;
    uint64_t id = fixture_append(bench->journal, by("u7", "E", "e1", "firstversion"));
    fixture_append(bench->journal, message_create(&(struct message_draft){.kind = MESSAGE_EDIT,
        .platform = STR("twitch"), .source = STR("twitch:anna"), .text = STR("secondversion"),
        .target = {.native_id = STR("e1")}}));
    fixture_commit(bench->journal, bench->loop);
    struct message *changed = by("u7", "E", "e1", "secondversion");
    message_stamp(changed, id, clock_unix_ms());
    journal_replace(bench->journal, changed);
    message_unref(changed);
    fill(bench, 10, "x");
    fixture_wait_indexed(bench->journal, journal_last_id(bench->journal));
    struct fixture_erasure done;
    erase(bench, (struct journal_erasure){.platform = "twitch", .native_id = "e1"}, NULL, 0, &done);
    assert_int_equal(done.rows, 2);
    assert_int_equal(fixture_files_with(bench->folder, "secondversion"), 0);
    assert_int_equal(fixture_files_with(bench->folder, "firstversion"), 0);
}

static struct message *edit(const char *native_id, const char *text)
{
    return message_create(&(struct message_draft){.kind = MESSAGE_EDIT, .platform = STR("twitch"),
        .source = STR("twitch:anna"), .text = str_from(text), .target = {.native_id = str_from(native_id)}});
}

/* As intake does it for what the queue has let go. Returns the edit's id. */
static uint64_t edit_far(struct journal *journal, const char *native_id, const char *text)
{
    struct message *message = edit(native_id, text);
    message_stamp(message, journal_next_id(journal), clock_unix_ms());
    journal_append(journal, message);
    journal_edit(journal, message);
    uint64_t id = message->id;
    message_unref(message);
    return id;
}

/* The keeper takes its orders one after the other: this one is answered behind or with those of before. */
static void wait_for_keeper(struct journal_bench *bench)
{
    struct fixture_erasure done;
    erase(bench, (struct journal_erasure){.platform = "twitch", .native_id = "nothing"}, NULL, 0, &done);
}

static const char *text_of(const struct journal_bench *bench, uint64_t id)
{
    for (size_t i = 0; i < bench->answer.count; i++) {
        if (bench->answer.ids[i] == id)
            return bench->answer.texts[i];
    }
    return "";
}

static void an_edit_of_long_ago_takes_the_row(void **state)
{
    struct journal_bench *bench = *state;
    uint64_t id = fixture_append(bench->journal, by("u7", "E", "e1", "firstversion"));
    fill(bench, 300, "x");
    fixture_wait_indexed(bench->journal, journal_last_id(bench->journal));
    // In the first answer already, whether the row was reached or not.
    edit_far(bench->journal, "e1", "secondversion");
    fixture_read(bench->journal, bench->loop, 0, 1000, &bench->answer);
    assert_string_equal(text_of(bench, id), "secondversion");
    edit_far(bench->journal, "e1", "thirdversion");
    wait_for_keeper(bench);
    assert_int_equal(fixture_files_with(bench->folder, "firstversion"), 0);
    fixture_read(bench->journal, bench->loop, 0, 1000, &bench->answer);
    assert_string_equal(text_of(bench, id), "thirdversion");
    fixture_search(bench->journal, bench->loop, "firstversion", &bench->answer);
    assert_int_equal(bench->answer.count, 0);
    // And then it is deleted, with every version.
    struct fixture_erasure done;
    erase(bench, (struct journal_erasure){.platform = "twitch", .native_id = "e1"}, NULL, 0, &done);
    assert_int_equal(done.rows, 3);
    assert_int_equal(fixture_files_with(bench->folder, "secondversion"), 0);
    assert_int_equal(fixture_files_with(bench->folder, "thirdversion"), 0);
}

static void an_edit_of_what_is_gone_goes_too(void **state)
{
    struct journal_bench *bench = *state;
    fixture_append(bench->journal, by("u7", "E", "e1", "firstversion"));
    fixture_commit(bench->journal, bench->loop);
    struct fixture_erasure done;
    erase(bench, (struct journal_erasure){.platform = "twitch", .native_id = "e1"}, NULL, 0, &done);
    edit_far(bench->journal, "e1", "backagain");
    wait_for_keeper(bench);  // here it is found that it was gone …
    wait_for_keeper(bench);  // … and that was the order made of it
    assert_int_equal(fixture_files_with(bench->folder, "backagain"), 0);
}

/* Edited and killed at once: the next start takes the new text from the edit's own row. */
static void an_edit_survives_kill(void **state)
{
    struct journal_bench *bench = *state;
    uint64_t id = fixture_append(bench->journal, by("u7", "K", "k1", "killedversion"));
    fill(bench, 200, "y");
    journal_close(bench->journal);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct loop *loop = fixture_loop();
        struct journal *journal = fixture_open(bench->folder, loop);
        edit_far(journal, "k1", "newerversion");
        fixture_commit(journal, loop);
        kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    bench->journal = fixture_open(bench->folder, bench->loop);
    fixture_read(bench->journal, bench->loop, 0, 1000, &bench->answer);
    assert_string_not_equal(text_of(bench, id), "killedversion");
    wait_for_keeper(bench);
    assert_int_equal(fixture_files_with(bench->folder, "killedversion"), 0);
    fixture_read(bench->journal, bench->loop, 0, 1000, &bench->answer);
    assert_string_equal(text_of(bench, id), "newerversion");
}

/* Asked and killed at once: the next start finishes it. */
static void an_erasure_survives_kill(void **state)
{
    struct journal_bench *bench = *state;
    fill(bench, 200, "x");
    fixture_append(bench->journal, by("u7", "K", "k1", "killedsecret"));
    fill(bench, 200, "y");
    fixture_wait_indexed(bench->journal, journal_last_id(bench->journal));
    journal_close(bench->journal);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct loop *loop = fixture_loop();
        struct journal *journal = fixture_open(bench->folder, loop);
        journal_erase(journal, &(struct journal_erasure){.platform = "twitch", .native_id = "k1"}, NULL, 0, NULL, NULL);
        fixture_commit(journal, loop);
        kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    bench->journal = fixture_open(bench->folder, bench->loop);
    // The keeper takes its orders one after the other: this one is answered behind or with that of before.
    struct fixture_erasure done;
    erase(bench, (struct journal_erasure){.platform = "twitch", .native_id = "nothing"}, NULL, 0, &done);
    assert_int_equal(fixture_files_with(bench->folder, "killedsecret"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_answer_brings_it_back, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(one_message_is_gone, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(one_author_is_gone_and_others_stay, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(yesterday_is_gone_too, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(the_erase_command_takes_names_from_erased_rows, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(long_texts_are_gone_whole, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_edited_text_is_gone_with_its_versions, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_edit_of_long_ago_takes_the_row, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_edit_of_what_is_gone_goes_too, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_edit_survives_kill, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_erasure_survives_kill, fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
