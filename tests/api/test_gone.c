/*
 * Deleted means gone: one word is written into every place of the desk that a viewer's message can reach, its author is banned
 * and erased, and then it is looked for in every answer, in the state and in the bytes of every file.
 */
#include "desk.h"

#include <dirent.h>

#include "base/buffer.h"
#include "base/file.h"
#include "relay/gate.h"
#include "relay/on_air.h"
#include "relay/questions.h"

#define SECRET "xyzzyquux"
#define NAME "Plughname"

struct stage {
    struct desk desk;
    struct caller caller;
    char own_words[128];
    json_t *gate;
    int number;
};

static void begin(struct stage *stage)
{
    static const struct on_air_view views[] = {
        {.name = "main", .cards = ON_AIR_QUESTION | ON_AIR_POLL | ON_AIR_CHAT | ON_AIR_TICKER | ON_AIR_ALERTS | ON_AIR_SHOUTOUT}};
    *stage = (struct stage){0};
    desk_init(&stage->desk);
    snprintf(stage->own_words, sizeof(stage->own_words), "%s/words.txt", stage->desk.folder);
    FILE *file = fopen(stage->own_words, "w");
    assert_non_null(file);
    fputs("badword\n", file);
    fclose(file);
    stage->gate = json_pack("{s:i}", "hold_ms", 0);
    stage->desk.relay_options.own_words = stage->own_words;
    stage->desk.relay_options.gate = stage->gate;
    stage->desk.relay_options.views = views;
    stage->desk.relay_options.view_count = ARRAY_LENGTH(views);
    desk_start(&stage->desk);
    caller_open(&stage->caller, &stage->desk, NULL);
}

static uint64_t push(struct stage *stage, enum message_kind kind, const char *author, const char *text, struct str quoted)
{
    char native_id[32], name[32];
    snprintf(native_id, sizeof(native_id), "m%d", ++stage->number);
    snprintf(name, sizeof(name), "%s", strcmp(author, "evil") == 0 ? NAME : author);
    desk_push(&stage->desk, &(struct message_draft){
        .kind = kind, .platform = STR("twitch"), .source = STR("twitch:show"), .native_id = str_from(native_id),
        .event_key = str_from(native_id), .author = {.id = str_from(author), .login = str_from(name), .name = str_from(name)},
        .money = {.units = kind == MESSAGE_GIFT ? 5 : 0}, .text = str_from(text),
        .reply_to = {.native_id = quoted.len ? STR("m1") : (struct str){0}, .author = quoted.len ? STR(NAME) : (struct str){0}, .text = quoted}});
    return queue_last_id(stage->desk.relay->queue);
}

static uint64_t say(struct stage *stage, const char *author, const char *text)
{
    return push(stage, MESSAGE_CHAT, author, text, (struct str){0});
}

/* The question that this message asks. */
static uint64_t ask(struct stage *stage, const char *author, const char *text)
{
    uint64_t message = say(stage, author, text);
    const struct questions *questions = stage->desk.relay->questions;
    for (size_t i = questions_count(questions); i-- > 0;) {
        const struct question *question = questions_at(questions, i);
        for (size_t k = 0; k < question->ask_count; k++) {
            if (question->asks[k].message == message)
                return question->id;
        }
    }
    fail_msg("%s is no question", text);
    return 0;
}

static void must(struct stage *stage, const char *command, uint64_t id, const char *more)
{
    char members[200];
    snprintf(members, sizeof(members), "\"id\":%llu%s", (unsigned long long)id, more);
    caller_must(&stage->caller, command, members);
}

/* --- Everywhere --- */

static void write_everywhere(struct stage *stage)
{
    char more[64];
    caller_must(&stage->caller, "poll.open", "\"question\":\"Tea?\",\"options\":[\"" "tea\",\"coffee\"],\"on_air\":true");
    say(stage, "evil", "a line with " SECRET);
    say(stage, "evil", "badword " SECRET);
    push(stage, MESSAGE_GIFT, "evil", "a gift of " SECRET, (struct str){0});
    push(stage, MESSAGE_CHAT, "good", "not so", STR("a line with " SECRET));
    say(stage, "evil", "2");

    uint64_t past = ask(stage, "evil", "was " SECRET " in the last show?");
    must(stage, "question.note", past, ",\"text\":\"about " SECRET "\"");
    must(stage, "question.air", past, "");
    must(stage, "question.answer", past, "");
    caller_must(&stage->caller, "show.begin", "");

    uint64_t worked = ask(stage, "evil", "which " SECRET " do you like most?");
    must(stage, "question.edit", worked, ",\"text\":\"shorter: " SECRET "?\"");
    must(stage, "question.note", worked, ",\"text\":\"ask of " SECRET "\"");
    must(stage, "question.note", worked, ",\"text\":\"and of " SECRET " again\"");
    must(stage, "question.undo", worked, "");
    must(stage, "question.pin", worked, "");
    must(stage, "question.claim", worked, "");

    uint64_t guest = ask(stage, "evil", "where did you buy the " SECRET " lamp?");
    uint64_t host = ask(stage, "good", "where is the lamp from?");
    snprintf(more, sizeof(more), ",\"into\":%llu", (unsigned long long)host);
    must(stage, "question.merge", guest, more);
    uint64_t into = ask(stage, "evil", "when does the " SECRET " tour begin?");
    uint64_t kept = ask(stage, "good", "when is the tour in Tehran?");
    snprintf(more, sizeof(more), ",\"into\":%llu", (unsigned long long)into);
    must(stage, "question.merge", kept, more);

    uint64_t joined = ask(stage, "good", "how long is the show today?");
    uint64_t message = say(stage, "evil", "HOW long is the show today??");
    snprintf(more, sizeof(more), ",\"message\":%llu", (unsigned long long)message);
    must(stage, "question.split", joined, more);

    uint64_t on_air = ask(stage, "evil", "does " SECRET " stand on air?");
    must(stage, "question.air", on_air, "");
    caller_must(&stage->caller, "shoutout", "\"person\":\"" NAME "\",\"text\":\"hear " SECRET "\"");
    snprintf(more, sizeof(more), "\"person\":\"%s\",\"platform\":\"kick\"", "Ann");
    caller_must(&stage->caller, "shoutout", more);

    caller_must(&stage->caller, "gate.set", "\"settings\":{\"hold_ms\":0}");
}

/* --- Looking for it --- */

static void add_answer(struct stage *stage, struct buffer *all, const char *command, const char *members)
{
    json_t *reply = caller_ask(&stage->caller, command, members);
    char *text = json_dumps(reply, JSON_COMPACT);
    buffer_add_string(all, text);
    buffer_add_char(all, '\n');
    free(text);
    json_decref(reply);
}

static void add_questions(struct stage *stage, struct buffer *all)
{
    const struct questions *questions = stage->desk.relay->questions;
    for (size_t i = 0; i < questions_count(questions); i++) {
        char members[32];
        snprintf(members, sizeof(members), "\"id\":%llu", (unsigned long long)questions_at(questions, i)->id);
        add_answer(stage, all, "question.history", members);
    }
}

static void add_chapters(struct stage *stage, struct buffer *all)
{
    static const char *const formats[] = {"youtube", "webvtt", "csv"};
    struct buffer shows = {0};
    questions_write_shows(stage->desk.relay->questions, &shows);
    json_t *list = json_loadb(shows.data, shows.len, 0, NULL);
    for (size_t i = 0; i < json_array_size(list); i++) {
        for (size_t k = 0; k < ARRAY_LENGTH(formats); k++) {
            char members[80];
            snprintf(members, sizeof(members), "\"format\":\"%s\",\"show_ms\":%lld", formats[k],
                     (long long)json_integer_value(json_array_get(list, i)));
            add_answer(stage, all, "questions.chapters", members);
        }
    }
    json_decref(list);
    buffer_fini(&shows);
}

/* All that a client can be told. */
static struct buffer all_answers(struct stage *stage)
{
    struct buffer all = {0};
    struct caller fresh;
    caller_open(&fresh, &stage->desk, NULL);
    json_t *snapshot = caller_wait(&fresh, "snapshot");
    char *text = json_dumps(snapshot, JSON_COMPACT);
    buffer_add_string(&all, text);
    free(text);
    json_decref(snapshot);
    caller_close(&fresh);
    add_questions(stage, &all);
    add_chapters(stage, &all);
    add_answer(stage, &all, "poll.export", "\"id\":1");
    add_answer(stage, &all, "poll.recount", "\"id\":1");
    add_answer(stage, &all, "audit", "\"limit\":500");
    add_answer(stage, &all, "history", "\"limit\":100");
    add_answer(stage, &all, "search", "\"text\":\"" SECRET "\"");
    add_answer(stage, &all, "gate.get", "");
    buffer_add_char(&all, '\0');
    return all;
}

static size_t files_with(const struct stage *stage, const char *bytes)
{
    size_t found = 0;
    DIR *folder = opendir(stage->desk.folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct buffer text = {0};
        struct error err = {0};
        char *path = xasprintf("%s/%s", stage->desk.folder, entry->d_name);
        if (entry->d_type == DT_REG && file_read(path, 256 << 20, &text, &err) && memmem(text.data, text.len, bytes, strlen(bytes)))
            found++;
        free(path);
        buffer_fini(&text);
    }
    closedir(folder);
    return found;
}

static void assert_gone(struct stage *stage, const char *when)
{
    struct buffer all = all_answers(stage);
    const char *secret = strstr(all.data, SECRET), *name = strstr(all.data, NAME);
    if (strstr(all.data, "\"text\":\"" SECRET "\"") == secret)
        secret = secret ? strstr(secret + 1, SECRET) : NULL;
    if (secret)
        fail_msg("%s: …%.200s", when, secret > all.data + 120 ? secret - 120 : all.data);
    if (name)
        fail_msg("%s: …%.200s", when, name > all.data + 120 ? name - 120 : all.data);
    buffer_fini(&all);
}

static void test_gone_everywhere(void **state)
{
    struct stage stage;
    begin(&stage);
    write_everywhere(&stage);
    while (!strstr(on_air_json(stage.desk.relay->on_air).data, "a gift of " SECRET) ||
           !strstr(on_air_json(stage.desk.relay->on_air).data, "stand on air") ||
           !strstr(on_air_json(stage.desk.relay->on_air).data, "hear " SECRET))
        kit_turn(&stage.desk.kit, 20);
    struct buffer all = all_answers(&stage);
    assert_non_null(strstr(all.data, SECRET));
    assert_non_null(strstr(all.data, NAME));
    buffer_fini(&all);
    journal_wait(stage.desk.relay->journal, 10000);
    assert_true(files_with(&stage, SECRET) > 0);
    assert_true(files_with(&stage, NAME) > 0);

    desk_push(&stage.desk, &(struct message_draft){.kind = MESSAGE_BAN, .platform = STR("twitch"), .source = STR("twitch:show"),
                                                   .target = {.author_id = STR("evil")}});
    assert_null(questions_on_air(stage.desk.relay->questions));
    assert_null(strstr(on_air_json(stage.desk.relay->on_air).data, SECRET));
    assert_gone(&stage, "banned");
    caller_must(&stage.caller, "erase", "\"platform\":\"twitch\",\"author\":\"evil\"");
    assert_gone(&stage, "erased");
    journal_wait(stage.desk.relay->journal, 10000);
    caller_close(&stage.caller);
    assert_int_equal(files_with(&stage, SECRET), 0);  // as kill -9 would leave them
    assert_int_equal(files_with(&stage, NAME), 0);

    desk_stop(&stage.desk);
    assert_int_equal(files_with(&stage, SECRET), 0);
    desk_start(&stage.desk);
    caller_open(&stage.caller, &stage.desk, NULL);
    assert_gone(&stage, "started again");
    // What others asked is there.
    bool has_tour = false;
    for (size_t i = 0; i < questions_count(stage.desk.relay->questions); i++)
        has_tour |= strcmp(questions_at(stage.desk.relay->questions, i)->text, "when is the tour in Tehran?") == 0;
    assert_true(has_tour);
    caller_close(&stage.caller);
    desk_fini(&stage.desk);
    json_decref(stage.gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gone_everywhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
