/* Polls through their door: who votes, how often, when, and what kill -9 leaves. */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/polls.h"
#include "relay/queue.h"

struct desk {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct polls *polls;
    uint64_t last_message;
    int changed, dirty;
};

static void count_changed(void *data, const struct poll *poll)
{
    ((struct desk *)data)->changed++;
}

static void count_dirty(void *data)
{
    ((struct desk *)data)->dirty++;
}

static void open_polls(struct desk *desk)
{
    struct error err = {0};
    desk->journal = fixture_open(desk->folder, desk->loop);
    desk->polls = polls_create(&(struct polls_options){
        .journal = desk->journal, .data = desk, .changed = count_changed, .dirty = count_dirty}, &err);
}

static void close_polls(struct desk *desk)
{
    polls_destroy(desk->polls);
    journal_close(desk->journal);
}

static void begin(struct desk *desk)
{
    *desk = (struct desk){.folder = fixture_folder(), .loop = fixture_loop()};
    open_polls(desk);
}

static void end(struct desk *desk)
{
    close_polls(desk);
    loop_destroy(desk->loop);
    fixture_remove(desk->folder);
}

static struct message_draft draft(const char *platform, const char *author, const char *text)
{
    return (struct message_draft){.kind = MESSAGE_CHAT, .platform = str_from(platform), .source = STR("x:y"),
                                  .author = {.id = str_from(author)}, .text = str_from(text)};
}

static bool push(struct desk *desk, const struct message_draft *draft)
{
    struct message *message = message_create(draft);
    message_stamp(message, ++desk->last_message, clock_unix_ms());
    bool has_voted = polls_handle_message(desk->polls, message);
    message_unref(message);
    return has_voted;
}

static bool vote(struct desk *desk, const char *platform, const char *author, const char *text)
{
    struct message_draft message = draft(platform, author, text);
    return push(desk, &message);
}

static const struct poll *open_draft(struct desk *desk, const struct poll_draft *draft)
{
    struct error err = {0};
    const struct poll *poll = polls_open(desk->polls, draft, "anna", &err);
    if (!poll)
        fail_msg("%s", err.text);
    return poll;
}

static void remove_author(struct desk *desk, const char *source, const char *author, uint64_t up_to)
{
    polls_handle_removal(desk->polls, &(struct queue_removal){
        .platform = STR("twitch"), .source = str_from(source), .author_id = str_from(author), .up_to = up_to});
}

static const struct poll *open_poll(struct desk *desk, int64_t seconds)
{
    const struct poll_draft draft = {.question = STR("Next game?"), .seconds = seconds,
        .options = {STR("Chess"), STR("圍棋"), STR("تخته نرد")}, .option_count = 3};
    return open_draft(desk, &draft);
}

static void assert_votes(const struct poll *poll, uint64_t first, uint64_t second, uint64_t third)
{
    assert_int_equal(poll->options[0].votes, first);
    assert_int_equal(poll->options[1].votes, second);
    assert_int_equal(poll->options[2].votes, third);
    assert_int_equal(poll->total, first + second + third);
}

static void test_one_vote_an_author(void **state)
{
    struct desk desk;
    begin(&desk);
    assert_false(vote(&desk, "twitch", "u1", "1"));  // nothing is open
    const struct poll *poll = open_poll(&desk, 0);
    assert_true(vote(&desk, "twitch", "u1", "1"));
    assert_true(vote(&desk, "twitch", "u1", "۲"));   // moves
    assert_true(vote(&desk, "twitch", "u1", "2"));   // stays
    assert_true(vote(&desk, "youtube", "u1", "1"));  // another person
    assert_true(vote(&desk, "kick", "u2", "chess"));
    assert_true(vote(&desk, "bilibili", "u3", "三"));
    assert_false(vote(&desk, "twitch", "u4", "I have 2 cats"));
    assert_false(vote(&desk, "twitch", "", "2"));    // nobody
    assert_votes(poll, 2, 1, 1);
    assert_int_equal(desk.dirty, 1);
    int changed = desk.changed;
    polls_flush(desk.polls);
    assert_int_equal(desk.changed, changed + 1);
    polls_flush(desk.polls);
    assert_int_equal(desk.changed, changed + 1);

    remove_author(&desk, "", "u1", 0);
    assert_votes(poll, 2, 0, 1);
    assert_true(vote(&desk, "twitch", "u1", "3"));
    assert_votes(poll, 2, 0, 2);
    end(&desk);
}

static void test_who_does_not_vote(void **state)
{
    struct desk desk;
    begin(&desk);
    const struct poll *poll = open_poll(&desk, 60);
    struct message_draft message = draft("twitch", "bot", "2");
    message.author.roles = ROLE_BOT;
    assert_false(push(&desk, &message));
    message = draft("twitch", "u1", "2");
    message.kind = MESSAGE_NOTICE;
    assert_false(push(&desk, &message));

    message = draft("twitch", "u2", "2");
    message.is_history = true;
    message.time_ms = poll->opened_ms - 1;
    assert_false(push(&desk, &message));
    message.time_ms = poll->closes_ms;
    assert_false(push(&desk, &message));
    message.time_ms = poll->opened_ms + 1;
    assert_true(push(&desk, &message));  // a reconnection brought what was said meanwhile
    assert_votes(poll, 0, 1, 0);

    assert_true(polls_close(desk.polls, poll->id, "anna", NULL));
    message.author.id = STR("u3");
    assert_false(push(&desk, &message));
    assert_false(vote(&desk, "twitch", "u4", "1"));
    assert_votes(poll, 0, 1, 0);
    end(&desk);
}

static void test_emote_votes(void **state)
{
    struct desk desk;
    begin(&desk);
    const struct poll *poll = open_poll(&desk, 0);
    struct emote emote = {.id = STR("25"), .name = STR("Kappa"), .from = 2, .to = 7};
    struct message_draft message = draft("twitch", "u1", "2 Kappa");
    message.emotes = &emote;
    message.emote_count = 1;
    assert_true(push(&desk, &message));
    assert_false(vote(&desk, "twitch", "u2", "2 Kappa"));  // here it is a word
    assert_votes(poll, 0, 1, 0);

    const struct poll *emotes = open_draft(&desk, &(struct poll_draft){
        .question = STR("?"), .options = {STR("Kappa"), STR("PogChamp")}, .option_count = 2});
    emote.from = 0;
    emote.to = 5;
    message.text = STR("Kappa");
    assert_true(push(&desk, &message));
    assert_int_equal(emotes->options[0].votes, 1);
    end(&desk);
}

static void test_time_closes(void **state)
{
    struct desk desk;
    begin(&desk);
    const struct poll *poll = open_poll(&desk, 30);
    assert_int_equal(polls_handle_time(desk.polls, poll->opened_ms), poll->closes_ms);
    assert_int_equal(poll->state, POLL_OPEN);
    assert_int_equal(polls_handle_time(desk.polls, poll->closes_ms), 0);
    assert_int_equal(poll->state, POLL_CLOSED);
    assert_string_equal(poll->changed_by, "");
    end(&desk);
}

static void test_air(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    uint64_t first = open_poll(&desk, 0)->id, second = open_poll(&desk, 0)->id;
    assert_null(polls_on_air(desk.polls));
    assert_true(polls_air(desk.polls, first, true, "anna", &err));
    assert_true(polls_air(desk.polls, second, true, "anna", &err));
    assert_int_equal(polls_on_air(desk.polls)->id, second);
    assert_false(polls_find(desk.polls, first)->is_on_air);
    assert_true(polls_close(desk.polls, second, "anna", &err));
    assert_int_equal(polls_on_air(desk.polls)->id, second);  // the result stays
    assert_true(polls_air(desk.polls, second, false, "anna", &err));
    assert_null(polls_on_air(desk.polls));
    assert_false(polls_air(desk.polls, 99, true, "anna", &err));
    end(&desk);
}

static void test_refused(void **state)
{
    static const struct {
        const char *name;
        struct poll_draft draft;
        const char *words;
    } cases[] = {
        {"one option", {.question = STR("q"), .options = {STR("a")}, .option_count = 1}, "1 given"},
        {"eleven options", {.question = STR("q"), .options = {STR("a"), STR("b")}, .option_count = 11}, "11 given"},
        {"no question", {.options = {STR("a"), STR("b")}, .option_count = 2}, "question is empty"},
        {"an empty option", {.question = STR("q"), .options = {STR("a"), STR("")}, .option_count = 2}, "option is empty"},
        {"the same twice", {.question = STR("q"), .options = {STR("Tea"), STR("coffee"), STR("TEA!")}, .option_count = 3},
         "options 1 and 3 read the same"},
        {"the same in two scripts", {.question = STR("q"), .options = {STR("圍棋"), STR("围棋")}, .option_count = 2}, "read the same"},
        {"one's second words are another's", {.question = STR("q"), .options = {STR("chess"), STR("go")}, .option_count = 2,
         .options2 = {STR("شطرنج"), STR("Chess")}, .option2_count = 2}, "read the same"},
        {"a second language for some", {.question = STR("q"), .options = {STR("a"), STR("b")}, .option_count = 2,
         .options2 = {STR("c")}, .option2_count = 1}, "options2: 1 given, 2 are"},
        {"negative time", {.question = STR("q"), .options = {STR("a"), STR("b")}, .option_count = 2, .seconds = -1}, "seconds -1"},
        {"a week", {.question = STR("q"), .options = {STR("a"), STR("b")}, .option_count = 2, .seconds = 7 * 86400}, "seconds 604800"},
    };
    struct desk desk;
    begin(&desk);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        assert_null(polls_open(desk.polls, &cases[i].draft, "anna", &err));
        if (!strstr(err.text, cases[i].words))
            fail_msg("%s: \"%s\" does not contain \"%s\"", cases[i].name, err.text, cases[i].words);
    }
    for (int i = 0; i < POLLS_OPEN_MAX; i++)
        open_poll(&desk, 0);
    struct error err = {0};
    const struct poll_draft draft = {.question = STR("q"), .options = {STR("a"), STR("b")}, .option_count = 2};
    assert_null(polls_open(desk.polls, &draft, "anna", &err));
    assert_int_equal(err.code, ERROR_AGAIN);
    end(&desk);
}

/* kill -9 after the commit: every vote is there, and who votes again still only moves his. */
static void test_kill_keeps_votes(void **state)
{
    struct desk desk = {.folder = fixture_folder()};
    pid_t child = fork();
    if (child == 0) {
        desk.loop = fixture_loop();
        open_polls(&desk);
        open_poll(&desk, 0);
        char author[32];
        for (int i = 0; i < 3000; i++) {
            snprintf(author, sizeof(author), "u%d", i);
            vote(&desk, "twitch", author, i % 3 == 0 ? "1" : i % 3 == 1 ? "2" : "3");
        }
        fixture_commit(desk.journal, desk.loop);
        kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));

    desk.loop = fixture_loop();
    open_polls(&desk);
    assert_int_equal(polls_count(desk.polls), 1);
    const struct poll *poll = polls_at(desk.polls, 0);
    assert_votes(poll, 1000, 1000, 1000);
    assert_true(vote(&desk, "twitch", "u0", "3"));
    assert_votes(poll, 999, 1000, 1001);

    // Closed: the counts stay over another restart. Who voted stands nowhere but in the messages.
    assert_true(polls_close(desk.polls, poll->id, "anna", NULL));
    polls_flush(desk.polls);
    polls_flush(desk.polls);
    close_polls(&desk);
    assert_int_equal(fixture_files_with(desk.folder, "twitch:u2999"), 0);
    open_polls(&desk);
    assert_votes(polls_at(desk.polls, 0), 999, 1000, 1001);
    assert_int_equal(polls_at(desk.polls, 0)->state, POLL_CLOSED);
    end(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_vote_an_author), cmocka_unit_test(test_who_does_not_vote),
        cmocka_unit_test(test_emote_votes),        cmocka_unit_test(test_time_closes),
        cmocka_unit_test(test_air),                cmocka_unit_test(test_refused),
        cmocka_unit_test(test_kill_keeps_votes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
