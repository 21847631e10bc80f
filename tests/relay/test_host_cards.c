/* The host's cards beside the on-air state: what waits for the journal, kill -9 at any moment, a disk that refuses. */
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
#include "relay/host_cards.h"
#include "relay/on_air.h"
#include "relay/polls.h"
#include "relay/questions.h"

struct desk {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct questions *questions;
    struct polls *polls;
    struct captions *captions;
    struct host_cards *cards;
    struct on_air *on_air;
    int late;
    char states[8][400];  // that views were told, oldest first
    size_t state_count;
};

static void handle_question(void *data, const struct question *question) {}
static void handle_poll(void *data, const struct poll *poll) {}
static void handle_track(void *data, const struct caption_track *track) {}
static void handle_removed(void *data, uint64_t id) {}
static void handle_nothing(void *data) {}
static void handle_card(void *data, const struct host_card *card) {}

static void handle_shown(void *data)
{
    struct desk *desk = data;
    if (desk->on_air)
        on_air_update(desk->on_air, clock_unix_ms());
}

static void note_state(void *data)
{
    struct desk *desk = data;
    if (desk->on_air && desk->state_count < ARRAY_LENGTH(desk->states))
        snprintf(desk->states[desk->state_count++], sizeof(desk->states[0]), "%s", on_air_json(desk->on_air).data);
}

static void count_late(void *data)
{
    ((struct desk *)data)->late++;
}

static void open_desk(struct desk *desk)
{
    struct error err = {0};
    desk->journal = fixture_open(desk->folder, desk->loop);
    desk->questions = questions_create(&(struct questions_options){
        .journal = desk->journal, .changed = handle_question, .removed = handle_removed, .dirty = handle_nothing}, &err);
    desk->polls = polls_create(&(struct polls_options){.journal = desk->journal, .changed = handle_poll, .dirty = handle_nothing}, &err);
    desk->captions = captions_create(&(struct captions_options){
        .journal = desk->journal, .changed = handle_track, .lines_changed = handle_nothing}, &err);
    desk->cards = host_cards_create(&(struct host_cards_options){
        .journal = desk->journal, .data = desk, .changed = handle_card, .removed = handle_removed, .shown = handle_shown,
        .dirty = handle_nothing, .late = count_late});
    desk->on_air = on_air_create(&(struct on_air_options){
        .journal = desk->journal, .questions = desk->questions, .polls = desk->polls, .captions = desk->captions,
        .host_cards = desk->cards, .data = desk, .changed = note_state}, &err);
}

static void close_desk(struct desk *desk)
{
    on_air_destroy(desk->on_air);
    desk->on_air = NULL;
    host_cards_destroy(desk->cards);
    captions_destroy(desk->captions);
    polls_destroy(desk->polls);
    questions_destroy(desk->questions);
    journal_close(desk->journal);
}

static void begin(struct desk *desk)
{
    *desk = (struct desk){.folder = fixture_folder(), .loop = fixture_loop()};
    open_desk(desk);
}

static void end(struct desk *desk)
{
    close_desk(desk);
    loop_destroy(desk->loop);
    fixture_remove(desk->folder);
}

static uint64_t add(struct desk *desk, int number)
{
    struct error err = {0};
    char title[32];
    snprintf(title, sizeof(title), "Rules %d", number);
    json_t *arguments = json_pack("{s:s,s:[s]}", "title", title, "items", "Be kind");
    const struct host_card *card = host_cards_add(desk->cards, HOST_CARD_RULES, arguments, "anna", &err);
    if (!card)
        fail_msg("%s", err.text);
    json_decref(arguments);
    return card->id;
}

static void air(struct desk *desk, uint64_t id)
{
    struct error err = {0};
    if (!host_cards_air(desk->cards, id, true, "anna", &err))
        fail_msg("%s", err.text);
}

static int64_t rules_of(const char *json)
{
    json_t *state = json_loads(json, 0, NULL);
    assert_non_null(state);
    int64_t id = json_get_int(json_object_get(json_object_get(json_object_get(state, "views"), "main"), "rules"), "id", 0);
    json_decref(state);
    return id;
}

static int64_t shown(const struct desk *desk)
{
    return rules_of(on_air_json(desk->on_air).data);
}

/* One card takes the place of another: nothing but the two is ever told. */
static void test_waits_for_the_journal(void **state)
{
    struct desk desk;
    begin(&desk);
    uint64_t first = add(&desk, 1), second = add(&desk, 2);
    air(&desk, first);
    assert_int_equal(shown(&desk), 0);
    assert_true(host_cards_is_waiting(desk.cards));
    fixture_commit(desk.journal, desk.loop);
    assert_int_equal(shown(&desk), first);
    air(&desk, second);
    assert_int_equal(shown(&desk), first);
    fixture_commit(desk.journal, desk.loop);
    assert_int_equal(shown(&desk), second);
    assert_int_equal(desk.state_count, 2);
    // What is taken off does not wait, nor does who was to come after it.
    air(&desk, first);
    host_cards_forget(desk.cards, first, NULL);
    host_cards_forget(desk.cards, second, NULL);
    assert_int_equal(shown(&desk), 0);
    fixture_commit(desk.journal, desk.loop);
    assert_int_equal(shown(&desk), 0);
    end(&desk);
}

/* Two moderators press the same button, or the disk is slow at the second press: what stands there stays. */
static void test_pressed_twice(void **state)
{
    struct desk desk;
    begin(&desk);
    uint64_t first = add(&desk, 1), second = add(&desk, 2);
    air(&desk, first);
    fixture_commit(desk.journal, desk.loop);
    for (int i = 0; i < 3; i++) {
        air(&desk, first);
        assert_int_equal(shown(&desk), first);
    }
    fixture_commit(desk.journal, desk.loop);
    assert_int_equal(shown(&desk), first);
    assert_int_equal(desk.state_count, 1);
    // Back before the one that was to come after it is written: it has not been away.
    air(&desk, second);
    air(&desk, first);
    assert_int_equal(shown(&desk), first);
    fixture_commit(desk.journal, desk.loop);
    assert_int_equal(shown(&desk), first);
    assert_int_equal(desk.state_count, 1);
    end(&desk);
}

/* A disk that refuses holds a card back for a while, not the show. */
static void test_disk_refuses(void **state)
{
    struct desk desk;
    begin(&desk);
    uint64_t id = add(&desk, 1);
    fixture_commit(desk.journal, desk.loop);
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    const struct rlimit small = {8192, limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    air(&desk, id);
    assert_int_equal(shown(&desk), 0);
    host_cards_handle_patience(desk.cards);
    assert_int_equal(shown(&desk), 0);
    // As if two seconds had gone by.
    ((struct host_card *)host_cards_find(desk.cards, id))->waiting_ms -= ON_AIR_PATIENCE_MS;
    host_cards_handle_patience(desk.cards);
    assert_int_equal(shown(&desk), id);
    assert_int_equal(desk.late, 1);
    setrlimit(RLIMIT_FSIZE, &limit);
    fixture_commit(desk.journal, desk.loop);
    end(&desk);
}

/* --- kill -9 --- */

static void run_until_killed(struct desk *desk, int fd)
{
    desk->loop = fixture_loop();
    open_desk(desk);
    uint64_t ids[2] = {add(desk, 1), add(desk, 2)};
    for (int i = 0; i < 1000; i++) {
        air(desk, ids[i % 2]);
        while (host_cards_is_waiting(desk->cards))
            fixture_commit(desk->journal, desk->loop);
        dprintf(fd, "%llu %s\n", (unsigned long long)shown(desk), on_air_revision(desk->on_air));
    }
}

/* What was told stands after it, or what came next; never nothing, and never both. */
static void test_kill(void **state)
{
    for (int round = 0; round < 8; round++) {
        struct desk desk = {.folder = fixture_folder()};
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
        for (int i = 0; i < 3 + round * 2; i++)
            assert_true(getline(&line, &size, lines) > 0);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        free(line);
        fclose(lines);
        desk.loop = fixture_loop();
        open_desk(&desk);
        assert_true(shown(&desk) == 1 || shown(&desk) == 2);
        assert_int_equal(host_cards_find(desk.cards, 1)->is_on_air + host_cards_find(desk.cards, 2)->is_on_air, 1);
        end(&desk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits_for_the_journal),
        cmocka_unit_test(test_pressed_twice),
        cmocka_unit_test(test_disk_refuses),
        cmocka_unit_test(test_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
