/* The on-air state through its door: what each view may show, the revision, and kill -9. */
#include "relay_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/captions.h"
#include "relay/on_air.h"
#include "relay/polls.h"
#include "relay/questions.h"
#include "relay/queue.h"

struct desk {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct questions *questions;
    struct polls *polls;
    struct captions *captions;
    struct on_air *on_air;
    int changed, late;
    json_t *show_languages;
};

static void update(struct desk *desk)
{
    if (desk->on_air)
        on_air_update(desk->on_air, clock_unix_ms());
}

static void handle_question(void *data, const struct question *question) { update(data); }
static void handle_removed(void *data, uint64_t id) { update(data); }
static void handle_poll(void *data, const struct poll *poll) { update(data); }
static void handle_track(void *data, const struct caption_track *track) {}
static void handle_lines(void *data) { update(data); }
static void handle_dirty(void *data) {}

static void count_changed(void *data)
{
    ((struct desk *)data)->changed++;
}

static void count_late(void *data)
{
    ((struct desk *)data)->late++;
}

static const char *const own_platforms[] = {"twitch"};
static const char *const languages[] = {"fa"};
static const struct on_air_view views[] = {
    {.name = "all"},
    {.name = "strict", .platforms = own_platforms, .platform_count = 1, .foreign = ON_AIR_FOREIGN_HIDDEN},
    {.name = "anonymous", .platforms = own_platforms, .platform_count = 1, .foreign = ON_AIR_FOREIGN_ANONYMOUS},
    {.name = "tehran", .languages = languages, .language_count = 1},
    {.name = "persian", .cards = ON_AIR_CAPTIONS, .languages = languages, .language_count = 1},
};

static void open_desk(struct desk *desk)
{
    struct error err = {0};
    desk->journal = fixture_open(desk->folder, desk->loop);
    desk->questions = questions_create(&(struct questions_options){
        .journal = desk->journal, .data = desk, .changed = handle_question, .removed = handle_removed, .dirty = handle_dirty}, &err);
    desk->polls = polls_create(&(struct polls_options){
        .journal = desk->journal, .data = desk, .changed = handle_poll, .dirty = handle_dirty}, &err);
    desk->captions = captions_create(&(struct captions_options){
        .journal = desk->journal, .data = desk, .changed = handle_track, .lines_changed = handle_lines}, &err);
    desk->on_air = on_air_create(&(struct on_air_options){
        .journal = desk->journal, .questions = desk->questions, .polls = desk->polls, .captions = desk->captions,
        .languages = desk->show_languages, .views = views, .view_count = ARRAY_LENGTH(views), .data = desk, .changed = count_changed, .late = count_late}, &err);
}

static void close_desk(struct desk *desk)
{
    on_air_destroy(desk->on_air);
    captions_destroy(desk->captions);
    polls_destroy(desk->polls);
    questions_destroy(desk->questions);
    journal_close(desk->journal);
    desk->on_air = NULL;
}

static void begin(struct desk *desk)
{
    *desk = (struct desk){.folder = fixture_folder(), .loop = fixture_loop(),
        .show_languages = json_pack("[s,s,s,s]", "en", "fa", "zh-Hant", "de")};
    open_desk(desk);
}

static void end(struct desk *desk)
{
    close_desk(desk);
    loop_destroy(desk->loop);
    fixture_remove(desk->folder);
    json_decref(desk->show_languages);
}

/* The member of a card of a view, as a new reference; NULL: there is no such card. */
static json_t *card(const struct desk *desk, const char *view, const char *name)
{
    struct error err = {0};
    struct str text = on_air_json(desk->on_air);
    json_t *state = json_parse(text.data, text.len, &err);
    assert_non_null(state);
    json_t *found = json_object_get(json_object_get(json_object_get(state, "views"), view), name);
    json_incref(found);
    json_decref(state);
    return found;
}

static bool shows(const struct desk *desk, const char *view, const char *name)
{
    json_t *found = card(desk, view, name);
    json_decref(found);
    return found != NULL;
}

static uint64_t pick(struct desk *desk, const char *platform, uint64_t id, const char *text)
{
    struct error err = {0};
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = str_from(platform), .source = str_from(platform), .native_id = str_from(text),
        .author = {.id = STR("u1"), .name = STR("Nilu"), .color = STR("#1E90FF")}, .text = str_from(text)});
    message_stamp(message, id, clock_unix_ms());
    uint64_t question = questions_pick(desk->questions, message, "anna", &err)->id;
    message_unref(message);
    return question;
}

static void air(struct desk *desk, uint64_t id)
{
    struct error err = {0};
    if (!questions_air(desk->questions, id, "anna", &err))
        fail_msg("%s", err.text);
}

static void test_waits_for_the_journal(void **state)
{
    struct desk desk;
    begin(&desk);
    uint64_t first = pick(&desk, "twitch", 1, "first"), second = pick(&desk, "twitch", 2, "second");
    char revision[64];
    snprintf(revision, sizeof(revision), "%s", on_air_revision(desk.on_air));
    air(&desk, first);
    assert_false(shows(&desk, "all", "question"));  // not before the journal holds it
    assert_string_equal(on_air_revision(desk.on_air), revision);
    fixture_commit(desk.journal, desk.loop);
    assert_true(shows(&desk, "all", "question"));
    assert_string_not_equal(on_air_revision(desk.on_air), revision);

    desk.changed = 0;
    air(&desk, second);  // the first stays until the second may come: no gap between them
    json_t *question = card(&desk, "all", "question");
    assert_int_equal(json_get_int(question, "id", 0), first);
    json_decref(question);
    fixture_commit(desk.journal, desk.loop);
    question = card(&desk, "all", "question");
    assert_int_equal(json_get_int(question, "id", 0), second);
    json_decref(question);
    assert_int_equal(desk.changed, 1);

    // What is deleted does not wait for anything, nor does what was to come after it.
    air(&desk, first);
    uint64_t gone[] = {2};
    questions_handle_removal(desk.questions, &(struct queue_removal){.ids = gone, .id_count = 1});
    assert_false(shows(&desk, "all", "question"));
    gone[0] = 1;
    questions_handle_removal(desk.questions, &(struct queue_removal){.ids = gone, .id_count = 1});
    fixture_commit(desk.journal, desk.loop);
    assert_false(shows(&desk, "all", "question"));
    end(&desk);
}

/* No file may grow beyond: what a full disk looks like to SQLite. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A disk that refuses holds a card back for a while, not the show. */
static void test_disk_refuses(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    fixture_commit(desk.journal, desk.loop);
    limit_files(8192);
    air(&desk, questions_add(desk.questions, STR("now?"), "", "anna", &err)->id);
    assert_false(shows(&desk, "all", "question"));
    assert_true(on_air_is_waiting(desk.on_air));
    int64_t until_ms = clock_monotonic_ms() + ON_AIR_PATIENCE_MS, left_ms;
    while ((left_ms = until_ms - clock_monotonic_ms()) > 0)
        assert_false(journal_wait(desk.journal, left_ms));
    update(&desk);
    assert_true(shows(&desk, "all", "question"));
    assert_false(on_air_is_waiting(desk.on_air));
    assert_int_equal(desk.late, 1);
    limit_files(RLIM_INFINITY);
    end(&desk);
}

/* What the card may tell of who asks, and never the host's note. */
static void test_askers(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    uint64_t id = pick(&desk, "twitch", 1, "why"), guest = pick(&desk, "youtube", 2, "how come");
    assert_true(questions_merge(desk.questions, guest, id, "anna", &err));
    assert_true(questions_note(desk.questions, id, STR("ask shorter, SECRET-NOTE"), "anna", &err));
    assert_true(questions_edit(desk.questions, id, STR("why so?"), "anna", &err));
    air(&desk, id);
    fixture_commit(desk.journal, desk.loop);
    json_t *question = card(&desk, "all", "question");
    assert_string_equal(json_get_text(question, "text"), "why so?");
    assert_int_equal(json_get_int(question, "people", 0), 2);
    assert_int_equal(json_object_size(json_object_get(question, "platforms")), 2);
    assert_true(json_get_int(question, "since_ms", 0) > 0);
    json_decref(question);
    question = card(&desk, "strict", "question");  // its own platform's, which may name no other
    assert_int_equal(json_get_int(question, "people", 0), 2);
    assert_int_equal(json_object_size(json_object_get(question, "platforms")), 1);
    assert_int_equal(json_get_int(json_object_get(question, "platforms"), "twitch", 0), 1);
    json_decref(question);
    assert_null(strstr(on_air_json(desk.on_air).data, "SECRET-NOTE"));
    assert_null(strstr(on_air_json(desk.on_air).data, "note"));
    end(&desk);
}

/* "!ask  Kappa why is it so?" with its emote, the picture and the part of who asked; a translation beside the original; the tick. */
static void test_all_of_a_question(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    const struct emote emotes[] = {{STR("25"), STR("Kappa"), STR("https://example.org/25"), 6, 11}};
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch"), .native_id = STR("q"),
        .author = {.id = STR("u1"), .name = STR("Nilu"), .avatar = STR("https://example.org/a"), .roles = ROLE_MODERATOR | ROLE_VIP},
        .text = STR("!ask  Kappa  چرا این‌طور است؟"), .emotes = emotes, .emote_count = 1});
    message_stamp(message, 1, clock_unix_ms());
    uint64_t id = questions_pick(desk.questions, message, "anna", &err)->id;
    message_unref(message);
    air(&desk, id);
    fixture_commit(desk.journal, desk.loop);
    json_t *question = card(&desk, "all", "question");
    const json_t *author = json_object_get(question, "author"), *emote = json_array_get(json_object_get(question, "emotes"), 0);
    assert_string_equal(json_get_text(author, "avatar"), "https://example.org/a");
    assert_int_equal(json_array_size(json_object_get(author, "roles")), 2);
    int64_t from = json_get_int(emote, "from", -1), to = json_get_int(emote, "to", -1);
    assert_memory_equal(json_get_text(question, "text") + from, "Kappa", (size_t)(to - from));
    assert_null(json_object_get(question, "original"));
    json_decref(question);

    assert_true(questions_edit(desk.questions, id, STR("为什么会这样？"), "anna", &err));
    question = card(&desk, "all", "question");
    assert_null(json_object_get(question, "emotes"));
    assert_string_equal(json_get_text(question, "text"), "为什么会这样？");
    const json_t *original = json_object_get(question, "original");
    assert_non_null(strstr(json_get_text(original, "text"), "چرا"));
    assert_string_equal(json_get_text(original, "language"), "fa");
    json_decref(question);

    assert_true(questions_answer(desk.questions, id, "anna", &err));
    json_t *answered = card(&desk, "all", "answered");
    assert_int_equal(json_integer_value(answered), (json_int_t)id);
    json_decref(answered);
    air(&desk, questions_add(desk.questions, STR("the next one"), "", "anna", &err)->id);
    fixture_commit(desk.journal, desk.loop);
    assert_false(shows(&desk, "all", "answered"));
    end(&desk);
}

static void test_views(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    air(&desk, pick(&desk, "youtube", 1, "from elsewhere"));
    assert_true(captions_line(desk.captions, "a", "fa", STR("سلام"), 60, clock_unix_ms(), "anna", &err));
    assert_true(captions_line(desk.captions, "b", "en", STR("hello"), 60, clock_unix_ms(), "anna", &err));
    fixture_commit(desk.journal, desk.loop);
    json_t *question = card(&desk, "all", "question");
    assert_string_equal(json_get_text(question, "platform"), "youtube");
    assert_string_equal(json_get_text(json_object_get(question, "author"), "color"), "#1E90FF");
    json_decref(question);
    assert_false(shows(&desk, "strict", "question"));
    question = card(&desk, "anonymous", "question");
    assert_string_equal(json_get_text(question, "text"), "from elsewhere");
    assert_null(json_object_get(question, "author"));
    assert_null(json_object_get(question, "platform"));
    assert_null(json_object_get(question, "source"));
    assert_null(json_object_get(question, "message"));
    assert_null(json_object_get(question, "platforms"));
    json_decref(question);
    assert_false(shows(&desk, "persian", "question"));
    json_t *captions = card(&desk, "persian", "captions");
    assert_int_equal(json_array_size(captions), 1);
    json_decref(captions);
    const struct caption_utterance named = {.text = STR("hello"), .speaker = STR("Anna"), .seconds = 60};
    assert_true(captions_utter(desk.captions, "b", "en", &named, clock_unix_ms(), "anna", &err));
    captions = card(&desk, "all", "captions");
    assert_int_equal(json_array_size(captions), 2);
    assert_null(json_object_get(json_array_get(captions, 0), "speakers"));
    json_t *speakers = json_object_get(json_array_get(captions, 1), "speakers");
    assert_string_equal(json_string_value(json_array_get(speakers, 0)), "");
    assert_string_equal(json_string_value(json_array_get(speakers, 1)), "Anna");
    assert_true(json_get_bool(json_array_get(captions, 0), "live", false));
    json_decref(captions);

    air(&desk, questions_add(desk.questions, STR("the host's own"), "", "anna", &err)->id);
    fixture_commit(desk.journal, desk.loop);
    assert_true(shows(&desk, "strict", "question"));
    end(&desk);
}

static void vote(struct desk *desk, const char *platform, const char *text, uint64_t id)
{
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = str_from(platform), .source = str_from(platform), .native_id = str_from(platform),
        .author = {.id = STR("u1"), .name = STR("Nilu")}, .text = str_from(text)});
    message_stamp(message, id, clock_unix_ms());
    assert_true(polls_handle_message(desk->polls, message));
    message_unref(message);
}

/* A poll's parts by platform are told where the view may name all of them; its total is the host's. */
static void test_poll_of_two_platforms(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    const struct poll_draft draft = {.question = STR("q"), .options = {STR("a"), STR("b")}, .option_count = 2};
    polls_air(desk.polls, polls_open(desk.polls, &draft, "anna", &err)->id, true, "anna", &err);
    vote(&desk, "twitch", "1", 1);
    vote(&desk, "youtube", "2", 2);
    polls_flush(desk.polls);
    fixture_commit(desk.journal, desk.loop);
    static const struct {
        const char *view;
        size_t parts;
    } cases[] = {{"all", 2}, {"strict", 0}, {"anonymous", 0}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        json_t *poll = card(&desk, cases[i].view, "poll");
        assert_int_equal(json_get_int(poll, "total", 0), 2);
        assert_int_equal(json_array_size(json_object_get(poll, "platforms")), cases[i].parts);
        json_decref(poll);
    }
    end(&desk);
}

/* "Back soon" stands in the views that are told, with the view's language first, and over a restart. */
static void test_holding(void **state)
{
    static const char *const told[] = {"all", "persian", "tehran", "nobody's"};
    struct desk desk;
    begin(&desk);
    assert_null(strstr(on_air_json(desk.on_air).data, "holding"));
    on_air_set_holding(desk.on_air, 1643904084794, told, ARRAY_LENGTH(told), clock_unix_ms());
    int changed = desk.changed;
    on_air_set_holding(desk.on_air, 1643904084794, told, ARRAY_LENGTH(told), clock_unix_ms());
    assert_int_equal(desk.changed, changed);
    json_t *since = card(&desk, "all", "holding"), *languages = json_object_get(since, "languages");
    assert_int_equal(json_get_int(since, "since_ms", 0), 1643904084794);
    assert_int_equal(json_array_size(languages), 3);
    assert_string_equal(json_string_value(json_array_get(languages, 0)), "en");
    json_decref(since);
    assert_non_null(strstr(on_air_json(desk.on_air).data, "\"languages\":[\"fa\",\"en\",\"zh-Hant\"]"));
    assert_null(card(&desk, "strict", "holding"));
    assert_null(card(&desk, "persian", "holding"));  // its list of cards leaves it out
    char *revision = xstrdup(on_air_revision(desk.on_air));
    fixture_commit(desk.journal, desk.loop);
    close_desk(&desk);
    open_desk(&desk);
    assert_string_equal(on_air_revision(desk.on_air), revision);
    assert_non_null(strstr(on_air_json(desk.on_air).data, "\"holding\":{\"since_ms\":1643904084794"));
    on_air_set_holding(desk.on_air, 0, NULL, 0, clock_unix_ms());
    assert_null(strstr(on_air_json(desk.on_air).data, "holding"));
    free(revision);
    end(&desk);
}

static void test_same_after_restart(void **state)
{
    struct desk desk;
    struct error err = {0};
    begin(&desk);
    const struct poll_draft draft = {.question = STR("q"), .options = {STR("a"), STR("b")}, .option_count = 2};
    air(&desk, pick(&desk, "twitch", 1, "این آهنگ؟"));
    polls_air(desk.polls, polls_open(desk.polls, &draft, "anna", &err)->id, true, "anna", &err);
    on_air_set_blank(desk.on_air, true, clock_unix_ms());
    fixture_commit(desk.journal, desk.loop);
    char *json = xstrdup(on_air_json(desk.on_air).data), *revision = xstrdup(on_air_revision(desk.on_air));
    close_desk(&desk);
    desk.changed = 0;
    open_desk(&desk);
    assert_string_equal(on_air_json(desk.on_air).data, json);
    assert_string_equal(on_air_revision(desk.on_air), revision);
    assert_true(on_air_is_blank(desk.on_air));
    assert_int_equal(desk.changed, 0);
    on_air_set_blank(desk.on_air, false, clock_unix_ms());
    assert_string_not_equal(on_air_revision(desk.on_air), revision);
    free(json);
    free(revision);
    end(&desk);
}

/* Told through a pipe: each revision with its state. */
static void tell(struct desk *desk, int fd)
{
    struct str json = on_air_json(desk->on_air);
    dprintf(fd, "%s %s\n", on_air_revision(desk->on_air), json.data);
}

static void run_until_killed(struct desk *desk, int fd)
{
    desk->loop = fixture_loop();
    open_desk(desk);
    tell(desk, fd);
    for (uint64_t i = 1; i < 1000; i++) {
        char text[32];
        snprintf(text, sizeof(text), "question %llu", (unsigned long long)i);
        air(desk, pick(desk, "twitch", i, text));
        fixture_commit(desk->journal, desk->loop);
        tell(desk, fd);
        on_air_set_blank(desk->on_air, i % 2, clock_unix_ms());  // told before any commit
        tell(desk, fd);
    }
}

/* However it dies: no revision that was told ever names another state, and the epoch stays. */
static void test_kill(void **state)
{
    struct desk desk = {.folder = fixture_folder()};
    json_t *told = json_object();
    char epoch[64] = "";
    for (int round = 0; round < 8; round++) {
        int fds[2];
        assert_int_equal(pipe(fds), 0);
        pid_t child = fork();
        if (child == 0) {
            close(fds[0]);
            run_until_killed(&desk, fds[1]);
            _exit(1);
        }
        close(fds[1]);
        FILE *lines = fdopen(fds[0], "r");
        char *line = NULL;
        size_t size = 0;
        for (int i = 0; i < 6 + round * 5 && getline(&line, &size, lines) > 0; i++) {
            char *space = strchr(line, ' ');
            assert_non_null(space);
            *space = '\0';
            const char *before = json_get_text(told, line);
            if (before && strcmp(before, space + 1) != 0)
                fail_msg("revision %s named two states", line);
            json_object_set_new(told, line, json_string(space + 1));
            if (epoch[0] == '\0')
                snprintf(epoch, sizeof(epoch), "%.*s", (int)strcspn(line, ":"), line);
            assert_int_equal(strncmp(line, epoch, strlen(epoch)), 0);
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        free(line);
        fclose(lines);
    }
    assert_true(json_object_size(told) > 40);
    json_decref(told);
    fixture_remove(desk.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits_for_the_journal),
        cmocka_unit_test(test_disk_refuses),
        cmocka_unit_test(test_askers), cmocka_unit_test(test_all_of_a_question), cmocka_unit_test(test_views),
        cmocka_unit_test(test_poll_of_two_platforms),
        cmocka_unit_test(test_holding),
        cmocka_unit_test(test_same_after_restart),
        cmocka_unit_test(test_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
