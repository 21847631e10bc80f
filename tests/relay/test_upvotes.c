/* "+1 23", replies that second a question, and who leaves with his vote. */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/questions.h"
#include "relay/queue.h"
#include "relay/upvotes.h"
#include "words_fixture.h"

static void test_codes_in_texts(void **state)
{
    static const struct {
        const char *text;
        unsigned code;
    } cases[] = {
        {"+1 23", 23}, {"+1 #23", 23}, {"+1: 23", 23}, {"  +1   23  ", 23}, {"＋1 23", 23}, {"＋１　２３", 23}, {"+۱ ۲۳", 23}, {"+١ ٢٣", 23},
        {"1+ 23", 23}, {"۱+ ۲۳", 23}, {"+1 २३", 23}, {"+1 23 🙏", 23}, {"👍 23", 23}, {"👍🏽 451", 451}, {"➕1 23", 23}, {"+1 4711", 4711}, {"+1 23!", 23},
        {"+1", 0}, {"1 23", 0}, {"+2 23", 0}, {"+1 23 24", 0}, {"+1 555-1234", 0}, {"+1 (555) 123", 0}, {"+1 23 because", 0}, {"+1 2", 0}, {"+1 99999", 0},
        {"+123", 0}, {"23", 0}, {"", 0}, {"++1 23", 0}, {"+1 +23", 0}, {"plus one 23", 0}, {"+1 99999999999999999999", 0}, {"23 +1", 0}, {"3+1 23", 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        unsigned code = upvote_parse_code(str_from(cases[i].text));
        if (code != cases[i].code)
            fail_msg("\"%s\": %u, not %u", cases[i].text, code, cases[i].code);
    }
}

static void test_agreement(void **state)
{
    static const struct {
        const char *text;
        bool is_agreement;
    } cases[] = {
        {"+1", true}, {"+1!!", true}, {"＋１", true}, {"+۱", true}, {"@anna +1", true}, {"👍", true}, {"👍👍🏽", true}, {"@anna 👍", true}, {"💯", true},
        {"same here", true}, {"Same!", true}, {"me too bro", true}, {"@anna me too please", true}, {"same question", true},
        {"منم همین سوال", true}, {"منم", true}, {"وأنا كمان", true}, {"نفس السؤال", true}, {"同問", true}, {"我也想知道", true}, {"我也想知道 +1", false},
        {"yo también", true}, {"ben de", true}, {"ich auch", true}, {"moi aussi", true}, {"я тоже", true}, {"私も", true}, {"저도요", true},
        {"it's called Wonderwall", false}, {"same thing happened to my cat", false}, {"no", false}, {"me too?", false}, {"😂", false}, {"+1 for pizza", false},
        {"", false}, {"bro please", false}, {"@anna", false}, {"2", false}, {"من هم از تهرانم", false}, {"我也想知道你的名字叫什麼", false},
    };
    struct question_words *words = fixture_words("");
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        if (upvote_is_agreement(words, str_from(cases[i].text)) != cases[i].is_agreement)
            fail_msg("\"%s\": %s", cases[i].text, cases[i].is_agreement ? "no agreement" : "agreement");
    }
    question_words_destroy(words);
}

/* --- At the desk --- */

struct desk {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct question_words *words;
    struct questions *questions;
    uint64_t last_message;
};

static void ignore_changed(void *data, const struct question *question)
{
}

static void ignore_removed(void *data, uint64_t id)
{
}

static void ignore_dirty(void *data)
{
}

static void open_questions(struct desk *desk)
{
    struct error err = {0};
    desk->journal = fixture_open(desk->folder, desk->loop);
    desk->questions = questions_create(&(struct questions_options){
        .journal = desk->journal, .words = desk->words, .data = desk, .changed = ignore_changed, .removed = ignore_removed,
        .dirty = ignore_dirty}, &err);
    if (!desk->questions)
        fail_msg("%s", err.text);
}

static void begin(struct desk *desk)
{
    *desk = (struct desk){.folder = fixture_folder(), .loop = fixture_loop(), .words = fixture_words("")};
    open_questions(desk);
}

static void close_desk(struct desk *desk)
{
    questions_destroy(desk->questions);
    journal_close(desk->journal);
}

static void end(struct desk *desk)
{
    close_desk(desk);
    question_words_destroy(desk->words);
    loop_destroy(desk->loop);
    fixture_remove(desk->folder);
}

static uint64_t reply(struct desk *desk, const char *platform, const char *author, const char *text, const char *to)
{
    char native_id[32];
    uint64_t id = ++desk->last_message;
    snprintf(native_id, sizeof(native_id), "n%llu", (unsigned long long)id);
    struct message_draft draft = {
        .kind = MESSAGE_CHAT, .platform = str_from(platform), .source = str_from(platform), .native_id = str_from(native_id),
        .author = {.id = str_from(author), .name = str_from(author)}, .text = str_from(text)};
    draft.reply_to.native_id = str_from(to);
    struct message *message = message_create(&draft);
    message_stamp(message, id, clock_unix_ms());
    questions_handle_message(desk->questions, message);
    message_unref(message);
    return id;
}

static uint64_t say(struct desk *desk, const char *platform, const char *author, const char *text)
{
    return reply(desk, platform, author, text, "");
}

static const struct question *last(const struct desk *desk)
{
    return questions_at(desk->questions, questions_count(desk->questions) - 1);
}

static uint64_t votes_of(const struct desk *desk, uint64_t id)
{
    const struct question *question = questions_find(desk->questions, id);
    assert_non_null(question);
    return question->votes;
}

static char *second(const struct question *question)
{
    return xasprintf("+1 %s", question->code);
}

static void test_votes(void **state)
{
    struct desk desk;
    begin(&desk);
    uint64_t asked = say(&desk, "twitch", "u1", "when do you play Tehran?");
    uint64_t id = last(&desk)->id;
    assert_true(strlen(last(&desk)->code) == 2);
    char *vote = second(last(&desk)), native_id[32];
    snprintf(native_id, sizeof(native_id), "n%llu", (unsigned long long)asked);
    uint64_t first = say(&desk, "twitch", "u2", vote);
    say(&desk, "twitch", "u2", vote);                    // once an author
    say(&desk, "youtube", "u2", vote);                   // another platform is another author
    say(&desk, "twitch", "u1", vote);                    // who asked has one already
    reply(&desk, "twitch", "u3", "same here", native_id);
    reply(&desk, "twitch", "u3", vote, native_id);
    reply(&desk, "twitch", "u4", "in May I think", native_id);  // an answer
    reply(&desk, "kick", "u5", "+1", native_id);                // another platform's id
    say(&desk, "twitch", "", vote);                             // nobody
    assert_int_equal(votes_of(&desk, id), 3);
    assert_int_equal(questions_count(desk.questions), 1);

    // who asks it himself later is counted there
    say(&desk, "twitch", "u3", "when do you play tehran");
    assert_int_equal(votes_of(&desk, id), 2);
    assert_int_equal(questions_find(desk.questions, id)->count, 2);

    // a kill and a start
    questions_flush(desk.questions);
    close_desk(&desk);
    open_questions(&desk);
    assert_int_equal(votes_of(&desk, id), 2);
    say(&desk, "youtube", "u2", vote);
    assert_int_equal(votes_of(&desk, id), 2);

    // the deleted message and the banned author take theirs along
    questions_handle_removal(desk.questions, &(struct queue_removal){.ids = &first, .id_count = 1});
    assert_int_equal(votes_of(&desk, id), 1);
    questions_handle_removal(desk.questions, &(struct queue_removal){.platform = STR("youtube"), .author_id = STR("u2")});
    assert_int_equal(votes_of(&desk, id), 0);
    close_desk(&desk);
    open_questions(&desk);
    assert_int_equal(votes_of(&desk, id), 0);
    free(vote);
    end(&desk);
}

static void test_merged_and_stood_in(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    uint64_t asked = say(&desk, "twitch", "u1", "do you like tea?");
    uint64_t tea = last(&desk)->id;
    char *tea_vote = second(last(&desk));
    say(&desk, "kick", "u9", "do you like tea");
    say(&desk, "twitch", "u2", "which tea is your favourite?");
    uint64_t which = last(&desk)->id;
    char *which_vote = second(last(&desk));
    assert_string_not_equal(tea_vote, which_vote);
    say(&desk, "twitch", "u3", tea_vote);
    say(&desk, "twitch", "u3", which_vote);
    say(&desk, "twitch", "u4", which_vote);
    say(&desk, "twitch", "u2", tea_vote);
    assert_true(questions_merge(desk.questions, which, tea, "anna", &err));
    assert_int_equal(votes_of(&desk, tea), 2);  // u3 once, u4; u2 asks now
    say(&desk, "twitch", "u5", which_vote);     // the old code leads there
    assert_int_equal(votes_of(&desk, tea), 3);
    assert_true(questions_undo(desk.questions, which, 0, "anna", &err) || questions_undo(desk.questions, tea, 0, "anna", &err));
    assert_int_equal(votes_of(&desk, which), 2);
    assert_int_equal(votes_of(&desk, tea), 3);  // u2, u3, u5

    // the first asker's message is deleted: the code and the votes go to the one that stands in
    questions_handle_removal(desk.questions, &(struct queue_removal){.ids = &asked, .id_count = 1});
    const struct question *heir = last(&desk);
    assert_int_equal(heir->votes, 3);
    char *heir_vote = second(heir);
    assert_string_equal(heir_vote, tea_vote);
    uint64_t id = heir->id;
    questions_flush(desk.questions);
    close_desk(&desk);
    open_questions(&desk);
    assert_int_equal(votes_of(&desk, id), 3);
    free(heir_vote);
    free(tea_vote);
    free(which_vote);
    end(&desk);
}

/* A crowd seconds one question: each counts once, whoever is banned leaves, and no vote costs more than the first ones. */
static void test_crowd(void **state)
{
    enum { CROWD = 20000 };
    struct desk desk;
    char author[32];
    begin(&desk);
    say(&desk, "twitch", "u1", "when do you play Tehran?");
    uint64_t id = last(&desk)->id;
    char *vote = second(last(&desk));
    int64_t began_ns = clock_monotonic_ns();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < CROWD; i++) {
            snprintf(author, sizeof(author), "v%d", i);
            say(&desk, "twitch", author, vote);
        }
    }
    print_message("%.1f us a vote\n", (double)(clock_monotonic_ns() - began_ns) / 1e3 / (2 * CROWD));
    assert_int_equal(votes_of(&desk, id), CROWD);
    questions_handle_removal(desk.questions, &(struct queue_removal){.platform = STR("twitch"), .author_id = STR("v7")});
    assert_int_equal(votes_of(&desk, id), CROWD - 1);
    questions_handle_removal(desk.questions, &(struct queue_removal){.platform = STR("kick"), .author_id = STR("v8")});
    assert_int_equal(votes_of(&desk, id), CROWD - 1);
    questions_flush(desk.questions);
    close_desk(&desk);
    open_questions(&desk);
    assert_int_equal(votes_of(&desk, id), CROWD - 1);
    say(&desk, "twitch", "v9", vote);
    assert_int_equal(votes_of(&desk, id), CROWD - 1);
    free(vote);
    end(&desk);
}

/* Who asked both the one that was split off and the one that he joined then is one asker when they are one again. */
static void test_unsplit_counts_once(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    say(&desk, "twitch", "u1", "do you like tea?");
    uint64_t tea = last(&desk)->id;
    uint64_t asked = say(&desk, "twitch", "u2", "do you like tea");
    char *vote = second(last(&desk));
    say(&desk, "twitch", "u3", vote);
    free(vote);
    const struct question *part = questions_split(desk.questions, tea, asked, "anna", &err);
    assert_non_null(part);
    say(&desk, "twitch", "u2", "do you like tea?");
    assert_int_equal(questions_find(desk.questions, tea)->count, 2);
    assert_true(questions_undo(desk.questions, tea, 0, "anna", &err));
    assert_int_equal(questions_find(desk.questions, tea)->count, 2);
    assert_int_equal(votes_of(&desk, tea), 1);
    end(&desk);
}

/* Codes are short, and no two questions that are there have one. */
static void test_many_codes(void **state)
{
    struct desk desk;
    char text[64];
    begin(&desk);
    for (int i = 0; i < 400; i++) {
        snprintf(text, sizeof(text), "do you remember episode %d?", i);
        say(&desk, "twitch", "u1", text);
    }
    for (size_t i = 0; i < questions_count(desk.questions); i++) {
        const char *code = questions_at(desk.questions, i)->code;
        assert_true(strlen(code) >= 2 && strlen(code) <= 4 && strspn(code, "0123456789") == strlen(code));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(questions_at(desk.questions, k)->code, code);
    }
    end(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_in_texts),
        cmocka_unit_test(test_agreement),
        cmocka_unit_test(test_votes),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_unsplit_counts_once),
        cmocka_unit_test(test_merged_and_stood_in),
        cmocka_unit_test(test_many_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
