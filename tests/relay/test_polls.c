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
#include "relay/polls_private.h"
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

/* A deleted message's vote is taken back, and the one before counts again; an edited one moves it. */
static void test_messages_go(void **state)
{
    for (int first_counts = 0; first_counts <= 1; first_counts++) {
        struct desk desk;
        begin(&desk);
        const struct poll *poll = open_draft(&desk, &(struct poll_draft){.question = STR("Next game?"), .first_counts = first_counts,
            .options = {STR("Chess"), STR("圍棋"), STR("تخته نرد")}, .option_count = 3});
        struct message_draft message = draft("twitch", "u1", "1");
        message.native_id = STR("m1");
        push(&desk, &message);
        message.text = STR("2");
        message.native_id = STR("m2");
        push(&desk, &message);
        assert_votes(poll, (uint64_t)first_counts, (uint64_t)!first_counts, 0);
        polls_handle_removal(desk.polls, &(struct queue_removal){
            .platform = STR("twitch"), .native_id = first_counts ? STR("m1") : STR("m2"), .up_to = 99});
        assert_votes(poll, (uint64_t)!first_counts, (uint64_t)first_counts, 0);

        // Another platform's message of that name is another one.
        polls_handle_removal(desk.polls, &(struct queue_removal){.platform = STR("kick"), .native_id = STR("m1"), .up_to = 99});
        message.text = STR("3");
        message.native_id = first_counts ? STR("m2") : STR("m1");
        struct message *edited = message_create(&message);
        message_stamp(edited, first_counts ? 2 : 1, clock_unix_ms());
        polls_handle_edit(desk.polls, edited);
        message_unref(edited);
        assert_votes(poll, 0, 0, 1);
        remove_author(&desk, "x:other", "u1", 0);  // banned elsewhere
        assert_votes(poll, 0, 0, 1);
        remove_author(&desk, "x:y", "u1", 99);
        assert_votes(poll, 0, 0, 0);
        end(&desk);
    }
}

static void push_native(struct desk *desk, const char *source, const char *id, const char *question, json_t *options,
                        const char *native_state)
{
    json_t *detail = json_pack("{s:o,s:s}", "options", options, "state", native_state);
    struct message_draft message = {.kind = MESSAGE_POLL, .platform = STR("twitch"), .source = str_from(source),
        .native_id = str_from(id), .author = {.id = STR("poller")}, .text = str_from(question), .detail = detail};
    push(desk, &message);
    json_decref(detail);
}

static json_t *tally(const char *first, int first_votes, const char *second, int second_votes)
{
    return json_pack("[{s:s,s:i},{s:s,s:i}]", "text", first, "votes", first_votes, "text", second, "votes", second_votes);
}

/* The platforms' own polls: the same one counts in by itself, another waits, and is attached or mirrored. */
static void test_natives(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    uint64_t id = open_draft(&desk, &(struct poll_draft){
        .question = STR("Tea or coffee?"), .options = {STR("Tea"), STR("Coffee")}, .option_count = 2})->id;
    vote(&desk, "twitch", "u1", "tea");
    push_native(&desk, "twitch:anna", "p1", "TEA or coffee", tally("COFFEE", 5, "Tea!", 3), "open");  // found by their words
    const struct poll *poll = polls_find(desk.polls, id);
    assert_int_equal(poll->options[0].votes, 4);
    assert_int_equal(poll->options[1].votes, 5);
    push_native(&desk, "twitch:anna", "p1", "Tea or coffee?", tally("Coffee", 7, "Tea", 3), "closed");
    assert_int_equal(poll->total, 11);
    assert_int_equal(poll->state, POLL_OPEN);
    assert_false(poll->natives[0].is_open);

    push_native(&desk, "twitch:bob", "p2", "Heiß oder kalt?", tally("Heiß", 2, "Kalt", 1), "open");
    assert_int_equal(desk.polls->native_count, 1);
    assert_int_equal(poll->total, 11);
    assert_false(polls_attach(desk.polls, id, "twitch:bob", "p9", false, "anna", &err));
    assert_true(polls_attach(desk.polls, id, "twitch:bob", "p2", false, "anna", &err));  // by where they stand
    assert_int_equal(poll->options[0].votes, 6);
    assert_int_equal(desk.polls->native_count, 0);

    push_native(&desk, "twitch:eve", "p3", "Left or right?", tally("Left", 2, "Right", 1), "open");
    const struct poll *mirror = polls_adopt(desk.polls, "twitch:eve", "p3", "anna", &err);
    assert_non_null(mirror);
    assert_false(vote(&desk, "twitch", "u9", "left"));  // chat does not vote there
    push_native(&desk, "twitch:eve", "p3", "Left or right?", tally("Left", 12, "Right", 4), "closed");
    assert_int_equal(mirror->total, 16);
    assert_int_equal(mirror->state, POLL_CLOSED);

    // All of it stands after a restart.
    fixture_commit(desk.journal, desk.loop);
    close_polls(&desk);
    open_polls(&desk);
    assert_int_equal(polls_find(desk.polls, id)->total, 14);
    assert_int_equal(polls_find(desk.polls, id)->options[0].votes, 6);
    assert_int_equal(polls_at(desk.polls, 1)->total, 16);
    end(&desk);
}

/* A viewer's poll (Discord) is a message: deleted, or its author banned, it waits no more, also in the journal. */
static void test_natives_go(void **state)
{
    struct desk desk;
    begin(&desk);
    push_native(&desk, "twitch:bob", "p1", "unspeakable?", tally("Yes", 2, "No", 1), "open");
    push_native(&desk, "twitch:bob", "p2", "Heiß oder kalt?", tally("Heiß", 2, "Kalt", 1), "open");
    fixture_commit(desk.journal, desk.loop);
    assert_true(fixture_files_with(desk.folder, "unspeakable") > 0);
    polls_handle_removal(desk.polls, &(struct queue_removal){.platform = STR("kick"), .native_id = STR("p1"), .up_to = 99});
    assert_int_equal(desk.polls->native_count, 2);
    polls_handle_removal(desk.polls, &(struct queue_removal){.platform = STR("twitch"), .native_id = STR("p1"), .up_to = 99});
    assert_int_equal(desk.polls->native_count, 1);
    assert_string_equal(desk.polls->natives[0].id, "p2");
    close_polls(&desk);
    assert_int_equal(fixture_files_with(desk.folder, "unspeakable"), 0);
    open_polls(&desk);
    assert_int_equal(desk.polls->native_count, 1);
    remove_author(&desk, "twitch:other", "poller", 99);
    assert_int_equal(desk.polls->native_count, 1);
    remove_author(&desk, "twitch:bob", "poller", 99);
    assert_int_equal(desk.polls->native_count, 0);
    end(&desk);
}

static void test_hidden(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    const struct poll *poll = open_draft(&desk, &(struct poll_draft){.question = STR("q"), .options = {STR("a"), STR("b")},
        .option_count = 2, .is_hidden = true, .hidden_views = {STR("main")}, .hidden_view_count = 1});
    assert_true(poll_is_hidden(poll, "main"));
    assert_false(poll_is_hidden(poll, "host"));
    assert_true(polls_reveal(desk.polls, poll->id, true, "anna", &err));
    assert_false(poll_is_hidden(poll, "main"));
    assert_true(polls_reveal(desk.polls, poll->id, false, "anna", &err));
    assert_true(polls_close(desk.polls, poll->id, "anna", &err));
    assert_false(poll_is_hidden(poll, "main"));
    const struct poll *open = open_poll(&desk, 0);
    assert_false(polls_reveal(desk.polls, open->id, true, "anna", &err));
    end(&desk);
}

static void test_saved(void **state)
{
    struct desk desk;
    struct error err = {0};
    struct poll_draft read;
    begin(&desk);
    uint64_t id = polls_save(desk.polls, &(struct poll_draft){.question = STR("Yes?"), .options = {STR("Yes"), STR("No")},
        .option_count = 2, .options2 = {STR("بله"), STR("نه")}, .option2_count = 2, .seconds = 60, .first_counts = true,
        .is_hidden = true}, &err);
    assert_int_equal(id, 1);
    fixture_commit(desk.journal, desk.loop);
    close_polls(&desk);
    open_polls(&desk);
    const json_t *saved = polls_find_saved(desk.polls, id, &err);
    assert_true(poll_draft_read(saved, &read, &err));
    assert_int_equal(read.seconds, 60);
    assert_true(read.first_counts && read.is_hidden && str_equal(read.options2[1], STR("نه")));
    const struct poll *poll = open_draft(&desk, &read);
    assert_true(vote(&desk, "kick", "u1", "بله"));
    assert_int_equal(poll->options[0].votes, 1);
    assert_true(polls_forget_saved(desk.polls, id, &err));
    assert_false(polls_forget_saved(desk.polls, id, &err));
    end(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_vote_an_author), cmocka_unit_test(test_who_does_not_vote),
        cmocka_unit_test(test_emote_votes),        cmocka_unit_test(test_time_closes),
        cmocka_unit_test(test_air),                cmocka_unit_test(test_refused),
        cmocka_unit_test(test_kill_keeps_votes),   cmocka_unit_test(test_messages_go),
        cmocka_unit_test(test_natives), cmocka_unit_test(test_natives_go),            cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
