/*
 * A poll's numbers against its messages: thousands of them by random people in random scripts, deleted, edited, banned and
 * let in again, in and out of the queue; killed in the middle. Whatever happens, a count anew says the same as the count as
 * it went. ANTIPHON_RECOUNT_SEED: which random numbers.
 */
#include "relay_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/intake.h"
#include "relay/poll_recount.h"
#include "relay/polls.h"
#include "relay/relay.h"

enum { PEOPLE = 400, STEPS = 6000, TURN = 50 };

struct show {
    char *folder;
    struct loop *loop;
    struct relay *relay;
    unsigned seed;
    unsigned sent;  // numbers of messages: their native ids
};

static void open_show(struct show *show)
{
    struct error err = {0};
    // A short queue: most of what is deleted or edited has left it.
    show->relay = relay_create(&(struct relay_options){
        .loop = show->loop, .data_folder = show->folder, .queue_messages = 300}, &err);
    if (!show->relay)
        fail_msg("%s", err.text);
}

static void begin(struct show *show, unsigned seed)
{
    *show = (struct show){.folder = fixture_folder(), .loop = fixture_loop(), .seed = seed};
    open_show(show);
}

static void end(struct show *show)
{
    relay_destroy(show->relay);
    loop_destroy(show->loop);
    fixture_remove(show->folder);
}

static unsigned draw(struct show *show, unsigned below)
{
    show->seed = show->seed * 1103515245u + 12345u;
    return (show->seed >> 16) % below;
}

static const char *draw_text(struct show *show)
{
    static const char *const texts[] = {
        "1", "2", "3", "۱", "۲", "٣", "二", "２", "३", "a", "B.", "(2)", "!vote 3", "chess", "CHESS!!", "圍棋", "تخته نرد", "cheeess",
        "I have 2 cats", "hello", "2 minutes left", "1st!", "2?",
    };
    return texts[draw(show, ARRAY_LENGTH(texts))];
}

static const char *const sources[] = {"twitch:anna", "twitch:bob", "youtube:@anna"};

static void push(struct show *show, struct message_draft *draft, unsigned source)
{
    draft->source = str_from(sources[source]);
    draft->platform = source == 2 ? STR("youtube") : STR("twitch");
    draft->time_ms = clock_unix_ms();
    struct message *message = message_create(draft);
    intake_push(show->relay->intake, message);
    message_unref(message);
}

static void write_chat(struct show *show)
{
    char author[16], native[16];
    snprintf(author, sizeof(author), "u%u", draw(show, PEOPLE));
    snprintf(native, sizeof(native), "m%u", ++show->sent);
    push(show, &(struct message_draft){.kind = MESSAGE_CHAT, .native_id = str_from(native), .event_key = str_from(native),
        .author = {.id = str_from(author), .name = STR("=Niloufar \"N\"")}, .text = str_from(draw_text(show))}, draw(show, 3));
}

/* Of a message that may stand in the queue or have left it, by its platform or by the other one, which has no such. */
static void change(struct show *show, enum message_kind kind)
{
    char native[16], author[16], key[32];
    unsigned far = draw(show, 2) ? 50 : show->sent;
    snprintf(native, sizeof(native), "m%u", show->sent > far ? show->sent - draw(show, far) : draw(show, show->sent) + 1);
    snprintf(author, sizeof(author), "u%u", draw(show, PEOPLE));
    snprintf(key, sizeof(key), "%s#edit%u", native, draw(show, 100000));
    struct message_draft draft = {.kind = kind, .target = {.native_id = str_from(native)}};
    if (kind == MESSAGE_BAN) {
        draft.target.native_id = (struct str){0};
        draft.target.author_id = str_from(author);
        draft.target.seconds = 1;
    } else if (kind == MESSAGE_EDIT) {
        draft.event_key = str_from(key);
        draft.text = str_from(draw_text(show));
    }
    push(show, &draft, draw(show, 3));
}

static void turn(struct show *show)
{
    int done = 0;
    journal_when_durable(show->relay->journal, fixture_done, &done);
    fixture_run(show->loop, &done);
}

/* An edit of what the queue has let go is looked for in the journal's files; what is asked behind it comes behind it. */
static void settle(struct show *show)
{
    struct fixture_erasure found = {0};
    journal_erase(show->relay->journal, &(struct journal_erasure){.platform = "none", .native_id = "none"}, NULL, 0,
                  fixture_erased, &found);
    fixture_run(show->loop, &found.done);
}

static void play(struct show *show, unsigned steps)
{
    for (unsigned i = 1; i <= steps; i++) {
        unsigned what = draw(show, 100);
        if (what < 90 || show->sent < 100) {
            write_chat(show);
        } else {
            change(show, what < 95 ? MESSAGE_DELETE : what < 98 ? MESSAGE_EDIT : MESSAGE_BAN);
        }
        if (i % TURN == 0)
            turn(show);
    }
    turn(show);
}

static uint64_t open_poll(struct show *show, bool first_counts)
{
    struct error err = {0};
    const struct poll_draft draft = {.question = STR("Next game?"), .first_counts = first_counts,
        .options = {STR("Chess"), STR("圍棋"), STR("تخته نرد")}, .option_count = 3};
    const struct poll *poll = polls_open(show->relay->polls, &draft, "anna", &err);
    if (!poll)
        fail_msg("%s", err.text);
    return poll->id;
}

struct counted {
    int done;
    struct poll_recounted result;
    size_t rows;
    char csv[400];  // how it begins
    uint64_t next;
};

static void take_count(void *data, const struct poll_recounted *result, const struct error *err)
{
    struct counted *counted = data;
    if (err)
        fail_msg("%s", err->text);
    counted->result = *result;
    fixture_done(&counted->done);
}

/* As it went and anew: the same. */
static void assert_same(struct show *show, uint64_t id)
{
    settle(show);
    struct counted counted = {0};
    struct error err = {0};
    const struct poll *poll = polls_find(show->relay->polls, id);
    uint64_t votes[3] = {poll->options[0].votes, poll->options[1].votes, poll->options[2].votes};
    assert_true(poll_recount(show->relay->recounts, id, "anna", take_count, &counted, &err));
    fixture_run(show->loop, &counted.done);
    if (!counted.result.is_same)
        fail_msg("seed %u: %llu %llu %llu as it went, %llu %llu %llu anew", show->seed, (unsigned long long)votes[0],
                 (unsigned long long)votes[1], (unsigned long long)votes[2], (unsigned long long)counted.result.votes[0],
                 (unsigned long long)counted.result.votes[1], (unsigned long long)counted.result.votes[2]);
    assert_true(counted.result.total > 50);
}

static unsigned first_seed(void)
{
    const char *wanted = getenv("ANTIPHON_RECOUNT_SEED");
    return wanted ? (unsigned)atoi(wanted) : 4711;
}

static void test_recount_is_the_same(void **state)
{
    for (int round = 0; round < 4; round++) {
        struct show show;
        begin(&show, first_seed() + (unsigned)round);
        play(&show, 500);  // before the poll: no votes
        uint64_t id = open_poll(&show, round % 2 == 1);
        play(&show, STEPS / 4);
        assert_same(&show, id);
        play(&show, STEPS / 4);
        settle(&show);
        polls_close(show.relay->polls, id, "anna", NULL);
        assert_same(&show, id);
        end(&show);
    }
}

static void test_kill(void **state)
{
    struct show show = {.folder = fixture_folder(), .seed = first_seed()};
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        show.loop = fixture_loop();
        open_show(&show);
        open_poll(&show, false);
        play(&show, STEPS);
        // The last ones are in line and nobody has looked at them: what of them is committed is the kill's choice.
        for (int i = 0; i < 3000; i++)
            write_chat(&show);
        _exit(write(pipes[1], "x", 1) == 1 && kill(getpid(), SIGKILL) == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(pipes[0]);
    close(pipes[1]);

    show.loop = fixture_loop();
    open_show(&show);
    uint64_t id = polls_at(show.relay->polls, 0)->id;
    assert_int_equal(polls_at(show.relay->polls, 0)->state, POLL_OPEN);
    assert_same(&show, id);
    show.sent = 20000;
    play(&show, 500);
    assert_same(&show, id);
    end(&show);
}

static void take_part(void *data, struct str csv, uint64_t next, const struct error *err)
{
    struct counted *counted = data;
    if (err)
        fail_msg("%s", err->text);
    if (*counted->csv == '\0')
        snprintf(counted->csv, sizeof(counted->csv), "%.*s", (int)csv.len, csv.data);
    for (size_t i = 0; i < csv.len; i++)
        counted->rows += csv.data[i] == '\n';
    counted->next = next;
    fixture_done(&counted->done);
}

static void test_export(void **state)
{
    struct show show;
    begin(&show, first_seed());
    uint64_t id = open_poll(&show, false);
    play(&show, STEPS / 2);
    settle(&show);
    polls_close(show.relay->polls, id, "anna", NULL);
    struct counted counted = {0};
    struct error err = {0};
    do {
        counted.done = 0;
        if (!poll_export(show.relay->recounts, id, counted.next, take_part, &counted, &err))
            fail_msg("%s", err.text);
        fixture_run(show.loop, &counted.done);
    } while (counted.next);
    assert_int_equal(counted.rows, polls_find(show.relay->polls, id)->total + 1);
    assert_non_null(strstr(counted.csv, "platform,source,author_id,author,option,text,time,message\n"));
    assert_non_null(strstr(counted.csv, ",\"'=Niloufar \"\"N\"\"\","));  // no formula, and quotes doubled
    assert_false(poll_export(show.relay->recounts, id, 99, take_part, &counted, &err));

    // Who is banned after the close is in no table, and in no count anew.
    char author[16];
    for (int i = 0; i < PEOPLE; i += 2) {
        snprintf(author, sizeof(author), "u%d", i);
        intake_remove_author(show.relay->intake, "twitch", author, "anna");
        intake_remove_author(show.relay->intake, "youtube", author, "anna");
    }
    uint64_t before = polls_find(show.relay->polls, id)->total;
    counted = (struct counted){0};
    assert_true(poll_recount(show.relay->recounts, id, "anna", take_count, &counted, &err));
    fixture_run(show.loop, &counted.done);
    assert_false(counted.result.is_same);
    assert_true(counted.result.total < before && counted.result.total > 0);
    assert_int_equal(polls_find(show.relay->polls, id)->total, counted.result.total);
    end(&show);
}

static void write_as(struct show *show, const char *author, unsigned roles, const char *text)
{
    char native[16];
    snprintf(native, sizeof(native), "m%u", ++show->sent);
    push(show, &(struct message_draft){.kind = MESSAGE_CHAT, .native_id = str_from(native), .event_key = str_from(native),
        .author = {.id = str_from(author), .login = str_from(author), .roles = roles}, .text = str_from(text)}, 0);
    turn(show);
}

/* What a moderator orders in chat, and who is not heard. */
static void test_chat(void **state)
{
    struct show show;
    begin(&show, 1);
    const struct polls *polls = show.relay->polls;
    write_as(&show, "u1", 0, "!poll Next? | Chess | Go");
    assert_int_equal(polls_count(polls), 0);
    write_as(&show, "m1", ROLE_MODERATOR, "!poll ۶۰ بازی بعدی؟ | شطرنج ｜ نرد |");
    assert_int_equal(polls_count(polls), 1);
    const struct poll *poll = polls_at(polls, 0);
    assert_string_equal(poll->question, "بازی بعدی؟");
    assert_int_equal(poll->option_count, 2);
    assert_string_equal(poll->options[1].text, "نرد");
    assert_string_equal(poll->changed_by, "m1@twitch");
    assert_true(poll->is_on_air && poll->closes_ms >= poll->opened_ms + 59000);
    write_as(&show, "u1", 0, "!poll end");
    write_as(&show, "u2", 0, "شطرنج");
    write_as(&show, "m2", ROLE_BROADCASTER, "!poll a question without answers");
    assert_int_equal(polls_count(polls), 1);
    assert_int_equal(poll->total, 1);
    write_as(&show, "m3", ROLE_MODERATOR, "!poll end");
    assert_int_equal(poll->state, POLL_CLOSED);
    assert_int_equal(poll->total, 1);
    end(&show);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recount_is_the_same),
        cmocka_unit_test(test_kill),
        cmocka_unit_test(test_export),
        cmocka_unit_test(test_chat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
