/* Questions through their door: joining, states, undo, removal, and what a restart finds. */
#include "relay_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/question_detect.h"
#include "relay/questions.h"
#include "relay/queue.h"
#include "words_fixture.h"

struct desk {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct question_words *words;
    struct questions *questions;
    uint64_t last_message;
    int changed, removed, dirty;
};

static void count_changed(void *data, const struct question *question)
{
    ((struct desk *)data)->changed++;
}

static void count_removed(void *data, uint64_t id)
{
    ((struct desk *)data)->removed++;
}

static void count_dirty(void *data)
{
    ((struct desk *)data)->dirty++;
}

static void open_questions(struct desk *desk)
{
    struct error err = {0};
    desk->journal = fixture_open(desk->folder, desk->loop);
    desk->questions = questions_create(&(struct questions_options){
        .journal = desk->journal, .words = desk->words, .data = desk, .changed = count_changed, .removed = count_removed, .dirty = count_dirty}, &err);
    if (!desk->questions)
        fail_msg("%s", err.text);
}

static void close_questions(struct desk *desk)
{
    questions_destroy(desk->questions);
    journal_close(desk->journal);
}

static void begin(struct desk *desk)
{
    *desk = (struct desk){.folder = fixture_folder(), .loop = fixture_loop(), .words = fixture_words("")};
    open_questions(desk);
}

static void end(struct desk *desk)
{
    close_questions(desk);
    question_words_destroy(desk->words);
    loop_destroy(desk->loop);
    fixture_remove(desk->folder);
}

static void reopen(struct desk *desk)
{
    close_questions(desk);
    open_questions(desk);
}

static struct message *make_as(struct desk *desk, uint64_t id, const char *platform, const char *author, const char *text)
{
    char native_id[32], source[64];
    snprintf(native_id, sizeof(native_id), "n%llu", (unsigned long long)id);
    snprintf(source, sizeof(source), "%s:show", platform);
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = str_from(platform), .source = str_from(source), .native_id = str_from(native_id),
        .author = {.id = str_from(author), .name = str_from(author)}, .text = str_from(text)});
    message_stamp(message, id, clock_unix_ms());
    return message;
}

static struct message *make(struct desk *desk, const char *platform, const char *author, const char *text)
{
    return make_as(desk, ++desk->last_message, platform, author, text);
}

static uint64_t say(struct desk *desk, const char *platform, const char *author, const char *text)
{
    struct message *message = make(desk, platform, author, text);
    questions_handle_message(desk->questions, message);
    message_unref(message);
    return desk->last_message;
}

static const struct question *last(const struct desk *desk)
{
    size_t count = questions_count(desk->questions);
    assert_true(count > 0);
    return questions_at(desk->questions, count - 1);
}

static void assert_state(const struct desk *desk, uint64_t id, enum question_state state)
{
    const struct question *question = questions_find(desk->questions, id);
    assert_non_null(question);
    if (question->state != state)
        fail_msg("question %llu is %s, not %s", (unsigned long long)id, question_state_name(question->state),
                 question_state_name(state));
}

static void must(bool is_done, const struct error *err)
{
    if (!is_done)
        fail_msg("%s", err->text);
}

/* Adds one of the host's own, which is ready. */
static uint64_t add(struct desk *desk, const char *text)
{
    struct error err = {0};
    const struct question *question = questions_add(desk->questions, str_from(text), "", "anna", &err);
    must(question != NULL, &err);
    return question->id;
}

static void test_candidates_join(void **state)
{
    struct desk desk;
    begin(&desk);
    say(&desk, "twitch", "u1", "When do you play Tehran?");
    say(&desk, "youtube", "u2", "when do you play tehran");
    say(&desk, "twitch", "u1", "WHEN do you play Tehran???");  // the same author counts once
    say(&desk, "twitch", "u3", "nice song");
    assert_int_equal(questions_count(desk.questions), 1);
    const struct question *question = last(&desk);
    assert_int_equal(question->count, 2);
    assert_int_equal(question->ask_count, 2);
    assert_true(question->is_candidate);
    assert_string_equal(question->text, "When do you play Tehran?");
    assert_string_equal(question->language, "en");
    assert_true(question->score > 50 && question->reasons == (QUESTION_REASON_MARK | QUESTION_REASON_WORD));
    assert_int_equal(desk.changed, 0);
    assert_int_equal(desk.dirty, 1);
    questions_flush(desk.questions);
    assert_int_equal(desk.changed, 1);

    say(&desk, "twitch", "u4", "這首歌叫什麼名字？");
    say(&desk, "bilibili", "u5", "这首歌叫什么名字?");
    assert_int_equal(questions_count(desk.questions), 2);
    assert_int_equal(last(&desk)->count, 2);
    end(&desk);
}

static void test_pick_anything(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    struct message *message = make(&desk, "twitch", "u1", "  this song\n is for you ");
    const struct question *question = questions_pick(desk.questions, message, "anna", &err);
    must(question != NULL, &err);
    assert_string_equal(question->text, "this song is for you");
    assert_string_equal(question->changed_by, "anna");
    assert_int_equal(question->state, QUESTION_READY);
    uint64_t id = question->id;
    question = questions_pick(desk.questions, message, "boris", &err);  // twice is once
    assert_int_equal(question->id, id);
    assert_string_equal(question->changed_by, "anna");
    message_unref(message);

    message = make(&desk, "twitch", "u2", "");
    assert_null(questions_pick(desk.questions, message, "anna", &err));
    assert_non_null(strstr(err.text, "no text"));
    message_unref(message);
    end(&desk);
}

static void test_states_and_undo(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    uint64_t first = add(&desk, "first"), second = add(&desk, "second"), third = add(&desk, "third");
    must(questions_air(desk.questions, first, "anna", &err), &err);
    must(questions_air(desk.questions, second, "anna", &err), &err);
    assert_state(&desk, first, QUESTION_ANSWERED);
    assert_int_equal(questions_on_air(desk.questions)->id, second);

    must(questions_undo(desk.questions, first, 0, "anna", &err), &err);  // back on air: the other makes room
    assert_state(&desk, first, QUESTION_ON_AIR);
    assert_state(&desk, second, QUESTION_READY);

    must(questions_edit(desk.questions, first, STR("edited"), "boris", &err), &err);
    assert_string_equal(questions_find(desk.questions, first)->text, "edited");
    assert_string_equal(questions_find(desk.questions, first)->text_original, "first");
    must(questions_undo(desk.questions, first, 0, "boris", &err), &err);
    assert_string_equal(questions_find(desk.questions, first)->text, "first");

    must(questions_dismiss(desk.questions, first, "anna", &err), &err);
    assert_null(questions_on_air(desk.questions));
    must(questions_undo(desk.questions, first, 0, "anna", &err), &err);
    assert_state(&desk, first, QUESTION_ON_AIR);

    assert_int_equal(questions_next(desk.questions, "anna")->id, second);  // in its old place again
    assert_state(&desk, first, QUESTION_ANSWERED);
    assert_int_equal(questions_next(desk.questions, "anna")->id, third);
    assert_null(questions_next(desk.questions, "anna"));
    assert_null(questions_on_air(desk.questions));

    assert_false(questions_air(desk.questions, 999, "anna", &err));
    assert_non_null(strstr(err.text, "999"));
    uint64_t fresh = add(&desk, "fresh");
    assert_false(questions_undo(desk.questions, fresh, 0, "anna", &err));
    assert_false(questions_edit(desk.questions, fresh, STR("  \n"), "anna", &err));
    end(&desk);
}

static void test_removed_at_once(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    uint64_t message = say(&desk, "twitch", "u1", "when do you play here?");
    say(&desk, "youtube", "u2", "When do you play here");
    say(&desk, "twitch", "u3", "why is the sky blue?");
    uint64_t first = questions_at(desk.questions, 0)->id, second = questions_at(desk.questions, 1)->id;
    must(questions_ready(desk.questions, first, "anna", &err), &err);
    must(questions_air(desk.questions, first, "anna", &err), &err);

    questions_handle_removal(desk.questions, &(struct queue_removal){.ids = &message, .id_count = 1, .platform = STR("twitch")});
    assert_null(questions_find(desk.questions, first));
    assert_null(questions_on_air(desk.questions));
    assert_int_equal(desk.removed, 1);
    const struct question *stand_in = last(&desk);  // who else asked it still does
    assert_int_equal(stand_in->state, QUESTION_NEW);
    assert_string_equal(stand_in->text, "When do you play here");
    assert_string_equal(stand_in->asks[0].author_id, "u2");
    assert_true(stand_in->id > second);

    // Another platform's author of the same id is another person.
    questions_handle_removal(desk.questions, &(struct queue_removal){.platform = STR("youtube"), .author_id = STR("u3")});
    assert_non_null(questions_find(desk.questions, second));
    questions_handle_removal(desk.questions, &(struct queue_removal){.platform = STR("twitch"), .author_id = STR("u3")});
    assert_null(questions_find(desk.questions, second));
    questions_handle_removal(desk.questions, &(struct queue_removal){.platform = STR("youtube"), .native_id = STR("n2")});
    assert_int_equal(questions_count(desk.questions), 0);

    reopen(&desk);
    assert_int_equal(questions_count(desk.questions), 0);
    say(&desk, "twitch", "u4", "how are the numbers?");
    assert_true(last(&desk)->id > second + 1);  // a removed question's number never comes again
    end(&desk);
}

static void test_room_cleared(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    say(&desk, "twitch", "u1", "the first question?");
    say(&desk, "twitch", "u2", "the second question?");
    uint64_t up_to = say(&desk, "youtube", "u3", "the third question?");
    uint64_t ready = questions_at(desk.questions, 1)->id, other = questions_at(desk.questions, 2)->id;
    must(questions_ready(desk.questions, ready, "anna", &err), &err);
    must(questions_ready(desk.questions, other, "anna", &err), &err);
    questions_handle_clear(desk.questions, STR("twitch:show"), up_to);
    assert_int_equal(questions_count(desk.questions), 2);  // the candidate went
    assert_true(questions_find(desk.questions, ready)->is_marked);
    assert_false(questions_find(desk.questions, other)->is_marked);
    assert_false(questions_air(desk.questions, ready, "anna", &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_int_equal(questions_next(desk.questions, "anna")->id, other);
    must(questions_confirm(desk.questions, ready, "anna", &err), &err);
    must(questions_air(desk.questions, ready, "anna", &err), &err);
    end(&desk);
}

static void test_edited_by_its_author(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    uint64_t id = say(&desk, "discord", "u1", "is this right?");
    struct message *edited = make_as(&desk, id, "discord", "u1", "is that right?");
    questions_handle_edit(desk.questions, edited);
    assert_int_equal(questions_count(desk.questions), 1);
    assert_string_equal(last(&desk)->text, "is that right?");
    must(questions_ready(desk.questions, last(&desk)->id, "anna", &err), &err);
    message_unref(edited);
    edited = make_as(&desk, id, "discord", "u1", "something rude?");
    questions_handle_edit(desk.questions, edited);
    assert_string_equal(last(&desk)->text, "is that right?");  // what a person picked stays what he read
    message_unref(edited);
    end(&desk);
}

static void test_bounds(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    char text[64];
    for (int i = 0; i < QUESTIONS_CANDIDATES_MAX + 50; i++) {
        snprintf(text, sizeof(text), "is this number %d?", i);
        say(&desk, "twitch", "u1", text);
    }
    assert_int_equal(questions_count(desk.questions), QUESTIONS_CANDIDATES_MAX);
    assert_string_equal(questions_at(desk.questions, 0)->text, "is this number 50?");
    for (int i = 0; i < QUESTION_ASKS_MAX + 20; i++) {
        snprintf(text, sizeof(text), "author%d", i);
        say(&desk, "youtube", text, "will it be recorded?");
    }
    assert_int_equal(last(&desk)->count, QUESTION_ASKS_MAX + 20);
    assert_int_equal(last(&desk)->ask_count, QUESTION_ASKS_MAX);

    for (int i = 0; i < QUESTIONS_READY_MAX; i++)
        add(&desk, "ready");
    assert_null(questions_add(desk.questions, STR("one more"), "", "anna", &err));
    assert_int_equal(err.code, ERROR_AGAIN);
    char long_text[QUESTION_TEXT_BYTES_MAX + 2];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    assert_null(questions_add(desk.questions, str_from(long_text), "", "anna", &err));
    assert_int_equal(err.code, ERROR_DATA);
    for (int i = 0; i < 2 * QUESTION_UNDO_MAX; i++)
        must(questions_edit(desk.questions, last(&desk)->id, STR("again"), "anna", &err), &err);
    size_t undone = 0;
    while (questions_undo(desk.questions, last(&desk)->id, 0, "anna", &err))
        undone++;
    assert_int_equal(undone, QUESTION_UNDO_MAX);
    for (int i = 0; i < 2 * QUESTION_HISTORY_MAX; i++)
        must(questions_edit(desk.questions, last(&desk)->id, STR("again"), "anna", &err), &err);
    assert_int_equal(last(&desk)->change_count, QUESTION_HISTORY_MAX);
    end(&desk);
}

static char *write_all(const struct desk *desk)
{
    struct buffer out = {0};
    for (size_t i = 0; i < questions_count(desk->questions); i++) {
        question_write_json(questions_at(desk->questions, i), &out);
        buffer_add_char(&out, '\n');
    }
    return buffer_take(&out);
}

/* What a child that is killed had said: its list as committed, then as it stood a moment later. */
static void be_killed(struct desk *desk, int out)
{
    struct error err = {0};
    desk->loop = fixture_loop();
    open_questions(desk);
    uint64_t first = add(desk, "first"), second = add(desk, "second"), third = add(desk, "third");
    questions_note(desk->questions, first, STR("shorter"), "anna", &err);
    questions_claim(desk->questions, third, "mina", false, &err);
    questions_air(desk->questions, second, "anna", &err);
    fixture_commit(desk->journal, desk->loop);
    char *before = write_all(desk);
    questions_next(desk->questions, "anna");  // two change at once
    char *after = write_all(desk);
    bool is_told = write(out, before, strlen(before) + 1) > 0 && write(out, after, strlen(after) + 1) > 0;
    if (is_told)
        kill(getpid(), SIGKILL);
    _exit(1);
}

static void test_killed(void **state)
{
    struct desk desk = {.folder = fixture_folder()};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        be_killed(&desk, ends[1]);
    close(ends[1]);
    struct buffer said = {0};
    for (ssize_t got = 1; got > 0; said.len += (size_t)got) {
        got = read(ends[0], buffer_reserve(&said, 4096), 4096);
        assert_true(got >= 0);
    }
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    const char *before = said.data, *after = before + strlen(before) + 1;
    desk.loop = fixture_loop();
    open_questions(&desk);
    char *now = write_all(&desk);
    if (strcmp(now, before) != 0 && strcmp(now, after) != 0)  // all of the last command or none of it
        fail_msg("after the kill:\n%sbefore:\n%sor:\n%s", now, before, after);
    free(now);
    buffer_fini(&said);
    end(&desk);
}

/* Between two neighbours there is always room: when the numbers run out, all are numbered anew in the same order. */
static void test_order_by_hand(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    uint64_t first = add(&desk, "first"), last_one = add(&desk, "last"), before = last_one;
    for (int i = 0; i < 70; i++) {
        uint64_t id = add(&desk, "between");
        must(questions_move(desk.questions, id, first, false, "anna", &err), &err);
        const struct question *question = questions_find(desk.questions, id);
        assert_true(question_is_before(questions_find(desk.questions, first), question));
        assert_true(question_is_before(question, questions_find(desk.questions, before)));
        before = id;
    }
    must(questions_pin(desk.questions, last_one, true, "anna", &err), &err);
    assert_int_equal(questions_next(desk.questions, "anna")->id, last_one);
    assert_int_equal(questions_next(desk.questions, "anna")->id, first);
    assert_int_equal(questions_next(desk.questions, "anna")->id, before);
    assert_false(questions_move(desk.questions, before, first, true, "anna", &err));
    assert_non_null(strstr(err.text, "is not ready"));
    end(&desk);
}

static void test_claims(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    uint64_t first = add(&desk, "first"), second = add(&desk, "second");
    must(questions_claim(desk.questions, first, "mina", false, &err), &err);
    assert_false(questions_air(desk.questions, first, "boris", &err));
    assert_int_equal(err.code, ERROR_AGAIN);
    assert_non_null(strstr(err.text, "mina works on question"));
    assert_non_null(strstr(err.text, "UTC"));
    assert_false(questions_edit(desk.questions, first, STR("other words"), "boris", &err));
    assert_false(questions_merge(desk.questions, second, first, "boris", &err));
    assert_int_equal(questions_next(desk.questions, "boris")->id, second);  // what another works on is passed over
    must(questions_claim(desk.questions, first, "owner", true, &err), &err);
    assert_false(questions_claim(desk.questions, first, "mina", false, &err));
    reopen(&desk);
    assert_string_equal(questions_find(desk.questions, first)->claimed_by, "owner");
    int64_t until_ms = questions_find(desk.questions, first)->claimed_until_ms;
    assert_int_equal(questions_handle_time(desk.questions, until_ms - 1), until_ms);
    assert_int_equal(questions_handle_time(desk.questions, until_ms), 0);
    must(questions_air(desk.questions, first, "boris", &err), &err);
    end(&desk);
}

/* More askers than are remembered: merged and taken back, all of them are counted. */
static void test_merge_of_crowds(void **state)
{
    struct desk desk;
    struct error err = {0};
    char author[32];
    begin(&desk);
    for (int i = 0; i < 2 * QUESTION_ASKS_MAX; i++) {
        snprintf(author, sizeof(author), "author%d", i);
        say(&desk, i % 2 ? "youtube" : "twitch", author, "will it be recorded?");
        snprintf(author, sizeof(author), "writer%d", i);
        say(&desk, "kick", author, "which microphone is that?");
    }
    uint64_t into = questions_at(desk.questions, 0)->id, id = questions_at(desk.questions, 1)->id;
    must(questions_merge(desk.questions, id, into, "anna", &err), &err);
    const struct question *question = questions_find(desk.questions, into);
    assert_int_equal(question->count, 4 * QUESTION_ASKS_MAX);
    assert_int_equal(question->platform_count, 3);
    assert_null(questions_find(desk.questions, id));
    reopen(&desk);
    assert_int_equal(questions_find(desk.questions, into)->count, 4 * QUESTION_ASKS_MAX);
    must(questions_undo(desk.questions, into, 0, "boris", &err), &err);
    question = questions_find(desk.questions, into);
    assert_int_equal(question->count, 2 * QUESTION_ASKS_MAX);
    assert_int_equal(question->platform_count, 2);
    assert_int_equal(questions_find(desk.questions, id)->count, 2 * QUESTION_ASKS_MAX);
    end(&desk);
}

/* All of it again after a restart, byte for byte, with its undo. */
static void test_restart(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    say(&desk, "twitch", "u1", "این آهنگ برای شما چه معنایی دارد؟");
    say(&desk, "youtube", "u2", "\"quoted\" \\ </script> is it?");
    uint64_t own = add(&desk, "the host's own");
    uint64_t first = questions_at(desk.questions, 0)->id;
    must(questions_ready(desk.questions, first, "anna", &err), &err);
    must(questions_air(desk.questions, first, "anna", &err), &err);
    must(questions_edit(desk.questions, first, STR("edited"), "anna", &err), &err);
    must(questions_dismiss(desk.questions, own, "boris", &err), &err);
    questions_flush(desk.questions);
    struct buffer before = {0}, after = {0};
    for (size_t i = 0; i < questions_count(desk.questions); i++)
        question_write_json(questions_at(desk.questions, i), &before);
    reopen(&desk);
    for (size_t i = 0; i < questions_count(desk.questions); i++)
        question_write_json(questions_at(desk.questions, i), &after);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    buffer_fini(&before);
    buffer_fini(&after);
    must(questions_undo(desk.questions, first, 0, "anna", &err), &err);
    assert_string_equal(questions_find(desk.questions, first)->text, "این آهنگ برای شما چه معنایی دارد؟");
    say(&desk, "kick", "u7", "این آهنگ برای شما چه معنايي دارد ؟");  // still joined, with an Arabic yeh
    assert_int_equal(questions_find(desk.questions, first)->count, 2);
    end(&desk);
}

/* Asked in other words it joins; split off it stays apart, also when its message is handled again after a kill. */
static void test_other_words(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    say(&desk, "twitch", "u1", "What is the name of this song?");
    uint64_t id = last(&desk)->id;
    uint64_t message = say(&desk, "youtube", "u2", "bro whats this song called???");
    say(&desk, "kick", "u3", "what is the name of this game?");
    say(&desk, "kick", "u4", "what is not the name of this song?");
    assert_int_equal(questions_count(desk.questions), 3);
    assert_int_equal(questions_find(desk.questions, id)->count, 2);

    const struct question *part = questions_split(desk.questions, id, message, "anna", &err);
    must(part != NULL, &err);
    uint64_t part_id = part->id;
    questions_flush(desk.questions);
    reopen(&desk);
    struct message *again = make_as(&desk, message, "youtube", "u2", "bro whats this song called???");
    questions_handle_message(desk.questions, again);
    message_unref(again);
    assert_int_equal(questions_find(desk.questions, id)->count, 1);
    assert_int_equal(questions_find(desk.questions, part_id)->count, 1);
    say(&desk, "youtube", "u5", "whats this song called");  // the part says it more alike
    assert_int_equal(questions_find(desk.questions, part_id)->count, 2);

    // merged, its words lead to the target; deleted, they lead nowhere
    must(questions_merge(desk.questions, part_id, id, "anna", &err), &err);
    say(&desk, "twitch", "u6", "whats this song called??");
    assert_int_equal(questions_find(desk.questions, id)->count, 4);
    questions_flush(desk.questions);
    reopen(&desk);
    say(&desk, "twitch", "u7", "whats this song called!?");
    assert_int_equal(questions_find(desk.questions, id)->count, 5);
    size_t count = questions_count(desk.questions);
    say(&desk, "twitch", "u8", "do you sell vinyl records?");
    uint64_t vinyl = desk.last_message;
    questions_handle_removal(desk.questions, &(struct queue_removal){.ids = &vinyl, .id_count = 1});
    assert_int_equal(questions_count(desk.questions), count);
    say(&desk, "twitch", "u9", "do u sell vinyl records");
    assert_int_equal(last(&desk)->count, 1);
    assert_string_equal(last(&desk)->text, "do u sell vinyl records");
    end(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_words),
        cmocka_unit_test(test_candidates_join), cmocka_unit_test(test_pick_anything),
        cmocka_unit_test(test_states_and_undo), cmocka_unit_test(test_removed_at_once),
        cmocka_unit_test(test_room_cleared),    cmocka_unit_test(test_edited_by_its_author),
        cmocka_unit_test(test_bounds),          cmocka_unit_test(test_restart),
        cmocka_unit_test(test_order_by_hand),   cmocka_unit_test(test_claims),
        cmocka_unit_test(test_merge_of_crowds), cmocka_unit_test(test_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
