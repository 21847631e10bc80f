/*
 * Random commands of several people, and what the crowd and the platforms do meanwhile, against a model that says in the
 * simplest way what must come of them. After each command: one on air at most, the list as the model has it, an order
 * that is one; every undo restores exactly; of what was deleted no word is left; a restart finds all of it again.
 * ANTIPHON_SEED=… repeats a run, which prints its seed when it fails.
 */
#include "relay_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/questions.h"
#include "relay/queue.h"

enum {
    RUNS = 8, STEPS = 1000, ACTORS = 3, AUTHORS = 18, PLATFORMS = 3, TOPICS = 14,
    QUESTIONS = 4000, ASKS = 64, UNDO = QUESTION_UNDO_MAX, MESSAGES = 4000,
};

static const char *const actors[ACTORS] = {"anna", "boris", "mina"};
static const char *const platforms[PLATFORMS] = {"twitch", "youtube", "kick"};

/* --- The model --- */

struct ask {
    uint64_t message, from;
};

/* Everything that a person can change, as it was before. */
struct before {
    uint64_t step, other;
    enum question_action action;
    enum question_state state;
    bool is_pinned, is_marked;
    char text[64], note[32];
    struct ask asks[ASKS];
    size_t ask_count;
};

enum place { PLACE_NONE, PLACE_LIST, PLACE_MERGED, PLACE_PAST };

struct model_question {
    uint64_t id, into;
    enum place place;
    enum question_state state;
    bool is_pinned, is_marked;
    char text[64], note[32];
    const char *holder;  // of the claim
    struct ask asks[ASKS];
    size_t ask_count;
    struct before undo[UNDO];
    size_t undo_count;
};

struct world {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct questions *questions;
    unsigned random;
    uint64_t seed, last_message, step;
    uint8_t authors[MESSAGES];  // of each message
    bool is_gone[MESSAGES];
    char texts[MESSAGES][64];
    struct model_question *model;  // by id
    uint64_t last_id;
    const char *doing;
};

static unsigned draw(struct world *world, unsigned below)
{
    world->random = world->random * 1664525u + 1013904223u;
    return (world->random >> 10) % below;
}

__attribute__((format(printf, 2, 3))) static void lose(const struct world *world, const char *format, ...)
{
    char text[3000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    print_error("seed %" PRIu64 ", step %" PRIu64 " (%s): ", world->seed, world->step, world->doing);
    print_error("%s\n", text);
    fail();
}

static void ignore_changed(void *data, const struct question *question)
{
}

static void ignore_removed(void *data, uint64_t id)
{
}

static void ignore_dirty(void *data)
{
}

static void open_world(struct world *world)
{
    struct error err = {0};
    world->journal = fixture_open(world->folder, world->loop);
    world->questions = questions_create(&(struct questions_options){
        .journal = world->journal, .changed = ignore_changed, .removed = ignore_removed, .dirty = ignore_dirty}, &err);
    if (!world->questions)
        lose(world, "%s", err.text);
}

static void close_world(struct world *world)
{
    questions_flush(world->questions);
    questions_destroy(world->questions);
    journal_close(world->journal);
}

static struct model_question *at(struct world *world, uint64_t id)
{
    if (id >= QUESTIONS)
        lose(world, "id %" PRIu64, id);
    if (id > world->last_id)
        world->last_id = id;
    return &world->model[id];
}

static struct model_question *find_on_air(struct world *world)
{
    for (uint64_t id = 1; id <= world->last_id; id++) {
        if (world->model[id].place == PLACE_LIST && world->model[id].state == QUESTION_ON_AIR)
            return &world->model[id];
    }
    return NULL;
}

static struct before *remember(struct world *world, struct model_question *question, enum question_action action)
{
    if (question->undo_count == UNDO)
        memmove(question->undo, question->undo + 1, --question->undo_count * sizeof(*question->undo));
    struct before *before = &question->undo[question->undo_count++];
    *before = (struct before){
        .step = world->step, .action = action, .state = question->state, .is_pinned = question->is_pinned,
        .is_marked = question->is_marked, .ask_count = question->ask_count};
    memcpy(before->text, question->text, sizeof(before->text));
    memcpy(before->note, question->note, sizeof(before->note));
    memcpy(before->asks, question->asks, sizeof(before->asks));
    return before;
}

static void change_state(struct world *world, struct model_question *question, enum question_action action,
                         enum question_state state)
{
    remember(world, question, action);
    question->state = state;
    if (state == QUESTION_ANSWERED || state == QUESTION_DISMISSED)
        question->holder = NULL;
}

static bool has_author(const struct world *world, const struct model_question *question, uint64_t message)
{
    for (size_t i = 0; i < question->ask_count; i++) {
        if (world->authors[question->asks[i].message] == world->authors[message])
            return true;
    }
    return false;
}

static void join(struct world *world, struct model_question *question, uint64_t message, uint64_t from)
{
    if (has_author(world, question, message))
        return;
    if (question->ask_count >= QUESTION_ASKS_MAX)
        lose(world, "more asks than the test reckons with");
    question->asks[question->ask_count++] = (struct ask){message, from};
}

static void take_from(struct model_question *target, uint64_t guest)
{
    size_t kept = 0;
    for (size_t i = 0; i < target->ask_count; i++) {
        if (target->asks[i].from != guest)
            target->asks[kept++] = target->asks[i];
    }
    target->ask_count = kept;
}

/* --- What is compared --- */

/* The list as clients see it, without what says who changed it last and what can be undone. */
static void write_world(const struct world *world, struct buffer *out)
{
    for (size_t i = 0; i < questions_count(world->questions); i++) {
        const struct question *question = questions_at(world->questions, i);
        struct buffer json = {0};
        question_write_json(question, &json);
        char *text = buffer_take(&json);
        json_t *object = json_loads(text, 0, NULL);
        assert_non_null(object);
        static const char *const left_out[] = {"changed_ms", "changed_by", "undo", "can_undo", "order", "claim"};
        for (size_t k = 0; k < ARRAY_LENGTH(left_out); k++)
            json_object_del(object, left_out[k]);
        char *rest = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
        buffer_printf(out, "%s\n", rest);
        free(rest);
        free(text);
        json_decref(object);
    }
}

/* The first line that is another one. */
static void check_same(const struct world *world, const char *what, struct buffer *before, struct buffer *after)
{
    if (before->len == after->len && memcmp(before->data, after->data, before->len) == 0)
        return;
    char *old = buffer_take(before), *new = buffer_take(after);
    size_t from = 0, line = 0;
    for (; old[from] != '\0' && old[from] == new[from]; from++)
        line = old[from] == '\n' ? from + 1 : line;
    lose(world, "%s gave\n%.*s\nnot\n%.*s", what, (int)strcspn(new + line, "\n"), new + line,
         (int)strcspn(old + line, "\n"), old + line);
}

struct order {
    uint64_t ids[QUESTIONS];
    size_t count;
};

static int compare_questions(const void *a, const void *b)
{
    const struct question *first = *(const struct question *const *)a, *second = *(const struct question *const *)b;
    return question_is_before(first, second) ? -1 : question_is_before(second, first) ? 1 : 0;
}

static struct order *read_order(const struct world *world)
{
    static const struct question *ready[QUESTIONS];
    struct order *order = xcalloc(1, sizeof(*order));
    for (size_t i = 0; i < questions_count(world->questions); i++) {
        const struct question *question = questions_at(world->questions, i);
        if (question->state == QUESTION_READY)
            ready[order->count++] = question;
    }
    qsort(ready, order->count, sizeof(*ready), compare_questions);
    for (size_t i = 0; i < order->count; i++) {
        order->ids[i] = ready[i]->id;
        if (i > 0 && !question_is_before(ready[i - 1], ready[i]))
            lose(world, "%" PRIu64 " and %" PRIu64 " stand in no order", ready[i - 1]->id, ready[i]->id);
    }
    return order;
}

static size_t place_of(const struct order *order, uint64_t id)
{
    for (size_t i = 0; i < order->count; i++) {
        if (order->ids[i] == id)
            return i;
    }
    return SIZE_MAX;
}

/* Those that no command named stand to each other as they did. */
static void check_rest(const struct world *world, const struct order *before, const struct order *after, uint64_t moved,
                       uint64_t other)
{
    size_t last = 0;
    uint64_t last_id = 0;
    for (size_t i = 0; i < before->count; i++) {
        uint64_t id = before->ids[i];
        size_t place = place_of(after, id);
        if (id == moved || id == other || place == SIZE_MAX)
            continue;
        if (last_id != 0 && place < last)
            lose(world, "%" PRIu64 " and %" PRIu64 " changed places", last_id, id);
        last = place;
        last_id = id;
    }
}

static void check_question(const struct world *world, const struct model_question *expected)
{
    const struct question *question = questions_find(world->questions, expected->id);
    if (!question)
        lose(world, "question %" PRIu64 " is missing", expected->id);
    if (question->state != expected->state)
        lose(world, "question %" PRIu64 " is %s, not %s", question->id, question_state_name(question->state),
             question_state_name(expected->state));
    if (strcmp(question->text, expected->text) != 0 || strcmp(question->note, expected->note) != 0)
        lose(world, "question %" PRIu64 " says \"%s\" (%s), not \"%s\" (%s)", question->id, question->text, question->note,
             expected->text, expected->note);
    if (question->is_pinned != expected->is_pinned || question->is_marked != expected->is_marked)
        lose(world, "question %" PRIu64 ": pinned %d %d, marked %d %d", question->id, question->is_pinned,
             expected->is_pinned, question->is_marked, expected->is_marked);
    if (strcmp(question->claimed_by, expected->holder ? expected->holder : "") != 0)
        lose(world, "question %" PRIu64 " is claimed by \"%s\"", question->id, question->claimed_by);
    if (question->ask_count != expected->ask_count)
        lose(world, "question %" PRIu64 " has %zu asks, not %zu", question->id, question->ask_count, expected->ask_count);
    for (size_t i = 0; i < expected->ask_count; i++) {
        if (question->asks[i].message != expected->asks[i].message)
            lose(world, "question %" PRIu64 ": ask %zu is of %" PRIu64 ", not %" PRIu64, question->id, i,
                 question->asks[i].message, expected->asks[i].message);
    }
    if (question->count != (question->ask_count ? question->ask_count : 0))
        lose(world, "question %" PRIu64 " counts %" PRIu64 " with %zu asks", question->id, question->count,
             question->ask_count);
    uint64_t on_platforms = 0;
    for (size_t i = 0; i < question->platform_count; i++)
        on_platforms += question->platforms[i].count;
    if (on_platforms != question->count)
        lose(world, "question %" PRIu64 ": %" PRIu64 " on platforms of %" PRIu64, question->id, on_platforms, question->count);
}

static void check_world(struct world *world)
{
    size_t listed = 0, on_air = 0;
    for (uint64_t id = 1; id <= world->last_id; id++) {
        const struct model_question *expected = &world->model[id];
        if (expected->place != PLACE_LIST)
            continue;
        listed++;
        on_air += expected->state == QUESTION_ON_AIR;
        check_question(world, expected);
    }
    if (listed != questions_count(world->questions))
        lose(world, "%zu in the list, not %zu", questions_count(world->questions), listed);
    if (on_air > 1)
        lose(world, "%zu on air", on_air);
    const struct model_question *now = find_on_air(world);
    const struct question *shown = questions_on_air(world->questions);
    if ((shown ? shown->id : 0) != (now ? now->id : 0))
        lose(world, "another one is on air");
}

static void look_for_gone(void *data, const char *key, const char *text)
{
    struct world *world = data;
    for (const char *word = strstr(text, "secret"); word; word = strstr(word + 1, "secret")) {
        uint64_t message = strtoull(word + 6, NULL, 10);
        if (message < MESSAGES && world->is_gone[message])
            lose(world, "%s still holds what message %" PRIu64 " said: %.900s", key, message, text);
    }
}

/* Neither in what clients get, with history and asks, nor in what the journal keeps. */
static void check_gone(struct world *world)
{
    journal_each_state(world->journal, "question", look_for_gone, world);
    for (size_t i = 0; i < questions_count(world->questions); i++) {
        struct buffer out = {0};
        const struct question *question = questions_at(world->questions, i);
        question_write_json(question, &out);
        question_write_history(question, &out);
        question_write_asks(question, &out);
        char *text = buffer_take(&out);
        look_for_gone(world, "a client", text);
        free(text);
    }
}

/* --- What the crowd does --- */

static const struct question *find_asked(const struct world *world, uint64_t message)
{
    for (size_t i = 0; i < questions_count(world->questions); i++) {
        const struct question *question = questions_at(world->questions, i);
        for (size_t k = 0; k < question->ask_count; k++) {
            if (question->asks[k].message == message)
                return question;
        }
    }
    return NULL;
}

/* A new one that the relay made, in the words of its first ask. */
static struct model_question *expect_new(struct world *world, uint64_t message)
{
    const struct question *made = find_asked(world, message);
    if (!made || made->asks[0].message != message || at(world, made->id)->place != PLACE_NONE)
        lose(world, "nobody stands in with message %" PRIu64, message);
    struct model_question *question = at(world, made->id);
    *question = (struct model_question){.id = made->id, .place = PLACE_LIST, .state = QUESTION_NEW};
    memcpy(question->text, world->texts[message], sizeof(question->text));
    question->asks[question->ask_count++] = (struct ask){message, 0};
    return question;
}

/* Which question a message joins is for other tests. */
static void observe(struct world *world, uint64_t message)
{
    const struct question *question = find_asked(world, message);
    if (!question)
        return;  // the same author asked it before
    struct model_question *expected = at(world, question->id);
    if (expected->place == PLACE_LIST) {
        join(world, expected, message, 0);
    } else {
        expect_new(world, message);
    }
}

static void say(struct world *world)
{
    uint64_t id = ++world->last_message;
    unsigned author = draw(world, AUTHORS);
    char *text = world->texts[id], name[32], native_id[32], author_id[16], source[32];
    if (draw(world, 3) > 0) {
        snprintf(text, 64, "what about topic %c%c?", 'a' + draw(world, TOPICS), 'z');
    } else {
        snprintf(text, 64, "why is secret%" PRIu64 " so?", id);
    }
    snprintf(name, sizeof(name), "secret%" PRIu64 " it is", id);
    snprintf(native_id, sizeof(native_id), "n%" PRIu64, id);
    snprintf(author_id, sizeof(author_id), "u%u", author);
    snprintf(source, sizeof(source), "%s:show", platforms[author % PLATFORMS]);
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = str_from(platforms[author % PLATFORMS]), .source = str_from(source),
        .native_id = str_from(native_id), .author = {.id = str_from(author_id), .name = str_from(name)},
        .text = str_from(text)});
    message_stamp(message, id, clock_unix_ms());
    world->authors[id] = (uint8_t)author;
    questions_handle_message(world->questions, message);
    message_unref(message);
    observe(world, id);
}

/* --- What platforms take away --- */

static bool drop(const struct world *world, struct model_question *question)
{
    bool is_first = question->ask_count > 0 && world->is_gone[question->asks[0].message];
    size_t kept = 0;
    for (size_t i = 0; i < question->ask_count; i++) {
        if (!world->is_gone[question->asks[i].message])
            question->asks[kept++] = question->asks[i];
    }
    question->ask_count = kept;
    return is_first;
}

static void void_undo(struct world *world, uint64_t other)
{
    for (uint64_t id = 1; id <= world->last_id; id++) {
        struct model_question *question = &world->model[id];
        size_t kept = 0;
        for (size_t i = 0; i < question->undo_count; i++) {
            if (question->undo[i].other != other)
                question->undo[kept++] = question->undo[i];
        }
        question->undo_count = kept;
    }
}

/* Gone for good, and those that were merged into it. */
static void kill_guest(struct world *world, struct model_question *guest)
{
    guest->place = PLACE_NONE;
    for (uint64_t id = 1; id <= world->last_id; id++) {
        struct model_question *question = &world->model[id];
        if (question->place == PLACE_MERGED && question->into == guest->id)
            kill_guest(world, question);
        for (size_t i = 0; i < question->ask_count; i++) {
            if (question->asks[i].from == guest->id)
                question->asks[i].from = 0;
        }
    }
    void_undo(world, guest->id);
}

static void wake(struct world *world, struct model_question *guest)
{
    take_from(&world->model[guest->into], guest->id);
    guest->place = PLACE_LIST;
    guest->into = 0;
}

static void wake_guests(struct world *world, uint64_t target)
{
    for (uint64_t id = 1; id <= world->last_id; id++) {
        if (world->model[id].place == PLACE_MERGED && world->model[id].into == target)
            wake(world, &world->model[id]);
    }
}

static void lose_first(struct world *world, struct model_question *question)
{
    wake_guests(world, question->id);
    question->place = PLACE_NONE;
    void_undo(world, question->id);
    if (question->ask_count == 0)
        return;
    struct model_question *stand_in = expect_new(world, question->asks[0].message);
    memcpy(stand_in->asks, question->asks, sizeof(question->asks));
    stand_in->ask_count = question->ask_count;
}

static void expect_removal(struct world *world)
{
    uint64_t last_id = world->last_id;
    for (uint64_t id = last_id; id > 0; id--) {
        struct model_question *question = &world->model[id];
        if (question->place == PLACE_MERGED && drop(world, question))
            kill_guest(world, question);
        if (question->place == PLACE_PAST && drop(world, question))
            question->place = PLACE_NONE;
    }
    for (uint64_t id = last_id; id > 0; id--) {
        struct model_question *question = &world->model[id];
        if (question->place == PLACE_LIST && drop(world, question))
            lose_first(world, question);
    }
}

static void delete_message(struct world *world)
{
    if (world->last_message == 0)
        return;
    uint64_t id = 1 + draw(world, (unsigned)world->last_message);
    char native_id[32];
    snprintf(native_id, sizeof(native_id), "n%" PRIu64, id);
    bool is_held = draw(world, 2);  // by the queue, or let go of long ago
    world->is_gone[id] = true;
    questions_handle_removal(world->questions, &(struct queue_removal){
        .ids = &id, .id_count = is_held, .platform = str_from(platforms[world->authors[id] % PLATFORMS]),
        .native_id = str_from(native_id)});
    expect_removal(world);
}

static void ban_author(struct world *world)
{
    unsigned author = draw(world, AUTHORS);
    char author_id[16];
    snprintf(author_id, sizeof(author_id), "u%u", author);
    for (uint64_t id = 1; id <= world->last_message; id++)
        world->is_gone[id] |= world->authors[id] == author;
    questions_handle_removal(world->questions, &(struct queue_removal){
        .platform = str_from(platforms[author % PLATFORMS]), .author_id = str_from(author_id)});
    expect_removal(world);
}

static void clear_room(struct world *world)
{
    unsigned platform = draw(world, PLATFORMS);
    uint64_t up_to = world->last_message;
    char source[32];
    snprintf(source, sizeof(source), "%s:show", platforms[platform]);
    questions_handle_clear(world->questions, str_from(source), up_to);
    for (int round = 0; round < 2; round++) {
        enum place place = round == 0 ? PLACE_MERGED : PLACE_LIST;
        for (uint64_t id = world->last_id; id > 0; id--) {
            struct model_question *question = &world->model[id];
            if (question->place != place || question->ask_count == 0 ||
                world->authors[question->asks[0].message] % PLATFORMS != platform)
                continue;
            if (question->state == QUESTION_READY || question->state == QUESTION_ON_AIR)
                question->is_marked = true;
            if (question->state != QUESTION_NEW)
                continue;
            if (round == 0) {
                kill_guest(world, question);
            } else {
                wake_guests(world, id);
                question->place = PLACE_NONE;
                void_undo(world, id);
            }
        }
    }
}

/* --- What people do --- */

static struct model_question *draw_question(struct world *world)
{
    size_t listed = 0;
    for (uint64_t id = 1; id <= world->last_id; id++)
        listed += world->model[id].place == PLACE_LIST;
    size_t wanted = listed ? draw(world, (unsigned)listed) : 0;
    for (uint64_t id = 1; id <= world->last_id; id++) {
        if (world->model[id].place == PLACE_LIST && wanted-- == 0)
            return &world->model[id];
    }
    return NULL;
}

static void expect(const struct world *world, bool is_done, bool should, const struct error *err)
{
    if (is_done != should)
        lose(world, "%s: %s", is_done ? "done, and should be refused" : "refused", is_done ? "" : err->text);
}

static bool is_free(const struct model_question *question, const char *by)
{
    return !question->holder || question->holder == by;
}

static void expect_air(struct world *world, struct model_question *next)
{
    struct model_question *before = find_on_air(world);
    if (before)
        change_state(world, before, QUESTION_ACTION_ANSWER, QUESTION_ANSWERED);
    if (next)
        change_state(world, next, QUESTION_ACTION_AIR, QUESTION_ON_AIR);
}

static void change_one(struct world *world, struct model_question *question, const char *by)
{
    struct error err = {0};
    bool may = is_free(question, by);
    uint64_t id = question->id;
    switch (draw(world, 5)) {
    case 0:
        world->doing = "ready";
        may |= question->state == QUESTION_READY;
        expect(world, questions_ready(world->questions, id, by, &err), may, &err);
        if (may && question->state != QUESTION_READY)
            change_state(world, question, QUESTION_ACTION_READY, QUESTION_READY);
        break;
    case 1:
        world->doing = "air";
        may = question->state == QUESTION_ON_AIR || (may && !question->is_marked);
        expect(world, questions_air(world->questions, id, by, &err), may, &err);
        if (may && question->state != QUESTION_ON_AIR)
            expect_air(world, question);
        break;
    case 2:
        world->doing = "answer";
        may |= question->state == QUESTION_ANSWERED;
        expect(world, questions_answer(world->questions, id, by, &err), may, &err);
        if (may && question->state != QUESTION_ANSWERED)
            change_state(world, question, QUESTION_ACTION_ANSWER, QUESTION_ANSWERED);
        break;
    case 3:
        world->doing = "dismiss";
        may |= question->state == QUESTION_DISMISSED;
        expect(world, questions_dismiss(world->questions, id, by, &err), may, &err);
        if (may && question->state != QUESTION_DISMISSED)
            change_state(world, question, QUESTION_ACTION_DISMISS, QUESTION_DISMISSED);
        break;
    default:
        world->doing = "confirm";
        may |= !question->is_marked;
        expect(world, questions_confirm(world->questions, id, by, &err), may, &err);
        if (may && question->is_marked) {
            remember(world, question, QUESTION_ACTION_CONFIRM);
            question->is_marked = false;
        }
        break;
    }
}

/* Words that may quote the first ask's, so that they must go with it. */
static void write_one(struct world *world, struct model_question *question, const char *by)
{
    struct error err = {0};
    bool may = is_free(question, by);
    char text[64];
    uint64_t quoted = question->ask_count > 0 ? question->asks[0].message : 0;
    if (draw(world, 2)) {
        world->doing = "edit";
        snprintf(text, sizeof(text), "shorter %u secret%" PRIu64 "?", draw(world, 1000), quoted);
        expect(world, questions_edit(world->questions, question->id, str_from(text), by, &err), may, &err);
        if (may) {
            remember(world, question, QUESTION_ACTION_EDIT);
            memcpy(question->text, text, sizeof(text));
        }
    } else {
        world->doing = "note";
        snprintf(text, sizeof(text), "say %u secret%" PRIu64, draw(world, 1000), quoted);
        expect(world, questions_note(world->questions, question->id, str_from(text), by, &err), may, &err);
        if (may) {
            remember(world, question, QUESTION_ACTION_NOTE);
            snprintf(question->note, sizeof(question->note), "%.31s", text);
        }
    }
}

static void pin_one(struct world *world, struct model_question *question, const char *by)
{
    struct error err = {0};
    bool is_pinned = draw(world, 2), may = is_free(question, by);
    world->doing = "pin";
    expect(world, questions_pin(world->questions, question->id, is_pinned, by, &err), may, &err);
    if (may && question->is_pinned != is_pinned) {
        remember(world, question, QUESTION_ACTION_PIN);
        question->is_pinned = is_pinned;
    }
}

static void move_one(struct world *world, struct model_question *question, const char *by)
{
    struct error err = {0};
    struct model_question *other = draw_question(world);
    bool is_before = draw(world, 2), may = is_free(question, by) && other->state == QUESTION_READY;
    world->doing = "move";
    struct order *before = read_order(world);
    expect(world, questions_move(world->questions, question->id, other->id, is_before, by, &err), may, &err);
    struct order *after = read_order(world);
    if (may && question != other) {
        remember(world, question, QUESTION_ACTION_MOVE);
        question->state = QUESTION_READY;
        question->is_pinned = other->is_pinned;
        size_t place = place_of(after, question->id);
        if (place != place_of(after, other->id) + (is_before ? -1 : 1))
            lose(world, "%" PRIu64 " is not beside %" PRIu64, question->id, other->id);
    }
    check_rest(world, before, after, question->id, 0);
    free(before);
    free(after);
}

static void merge_two(struct world *world, struct model_question *guest, const char *by)
{
    struct error err = {0};
    struct model_question *target = draw_question(world);
    bool may = is_free(guest, by) && is_free(target, by) && guest != target && guest->state != QUESTION_ON_AIR;
    world->doing = "merge";
    expect(world, questions_merge(world->questions, guest->id, target->id, by, &err), may, &err);
    if (!may)
        return;
    remember(world, target, QUESTION_ACTION_MERGE)->other = guest->id;
    for (size_t i = 0; i < guest->ask_count; i++)
        join(world, target, guest->asks[i].message, guest->id);
    if (target->state == QUESTION_NEW && guest->state == QUESTION_READY)
        target->state = QUESTION_READY;
    guest->place = PLACE_MERGED;
    guest->into = target->id;
    guest->holder = NULL;
}

static void split_one(struct world *world, struct model_question *question, const char *by)
{
    struct error err = {0};
    if (question->ask_count == 0)
        return;
    size_t index = draw(world, (unsigned)question->ask_count);
    struct ask ask = question->asks[index];
    bool may = is_free(question, by) && index > 0;
    world->doing = "split";
    const struct question *part = questions_split(world->questions, question->id, ask.message, by, &err);
    expect(world, part != NULL, may, &err);
    if (!may)
        return;
    struct before *before = remember(world, question, QUESTION_ACTION_SPLIT);
    before->other = part->id;
    memmove(question->asks + index, question->asks + index + 1, (--question->ask_count - index) * sizeof(*question->asks));
    expect_new(world, ask.message)->asks[0].from = ask.from;
}

static void claim_one(struct world *world, struct model_question *question, const char *by)
{
    struct error err = {0};
    bool is_done = question->state == QUESTION_ANSWERED || question->state == QUESTION_DISMISSED;
    bool takes_over = draw(world, 4) == 0, may = is_free(question, by);
    world->doing = "claim";
    if (draw(world, 3) > 0) {
        may = !is_done && (may || takes_over);
        expect(world, questions_claim(world->questions, question->id, by, takes_over, &err), may, &err);
        question->holder = may ? by : question->holder;
    } else {
        expect(world, questions_release(world->questions, question->id, by, &err), may, &err);
        question->holder = may ? NULL : question->holder;
    }
}

static void end_claims(struct world *world, const char *by)
{
    bool are_all = draw(world, 2);
    world->doing = "claims end";
    if (are_all) {
        if (questions_handle_time(world->questions, clock_unix_ms() + QUESTION_CLAIM_MS + 1) != 0)
            lose(world, "a claim is left");
    } else {
        questions_release_all(world->questions, by);
    }
    for (uint64_t id = 1; id <= world->last_id; id++) {
        if (are_all || world->model[id].holder == by)
            world->model[id].holder = NULL;
    }
}

/* Two press at once: both saw the same on air, one of them is too late. */
static void press_next(struct world *world, const char *by)
{
    world->doing = "next";
    struct order *order = read_order(world);
    struct model_question *now = find_on_air(world), *next = NULL;
    uint64_t seen = now ? now->id : 0;
    for (size_t i = 0; i < order->count && !next; i++) {
        struct model_question *question = &world->model[order->ids[i]];
        next = !question->is_marked && is_free(question, by) ? question : NULL;
    }
    free(order);
    bool is_late;
    const struct question *aired = questions_press_next(world->questions, &seen, by, &is_late);
    if (is_late || (aired ? aired->id : 0) != (next ? next->id : 0))
        lose(world, "%" PRIu64 " is on air, not %" PRIu64, aired ? aired->id : 0, next ? next->id : 0);
    expect_air(world, next);
    if (!now && !next)
        return;
    aired = questions_press_next(world->questions, &seen, actors[draw(world, ACTORS)], &is_late);
    if (!is_late || (aired ? aired->id : 0) != (next ? next->id : 0))
        lose(world, "two presses put up two questions");
}

static void begin_show(struct world *world, const char *by)
{
    world->doing = "show.begin";
    questions_begin_show(world->questions, by);
    struct model_question *now = find_on_air(world);
    if (now)
        change_state(world, now, QUESTION_ACTION_UNAIR, QUESTION_READY);
    for (uint64_t id = world->last_id; id > 0; id--) {
        struct model_question *question = &world->model[id];
        bool is_done = question->state == QUESTION_ANSWERED || question->state == QUESTION_DISMISSED;
        if (question->place != PLACE_LIST || !is_done)
            continue;
        kill_guest(world, question);
        question->place = PLACE_PAST;
    }
}

/* --- Undo --- */

static const struct before *top(const struct model_question *question)
{
    return question->undo_count ? &question->undo[question->undo_count - 1] : NULL;
}

static bool goes_on_air(const struct model_question *question)
{
    enum question_action action = top(question)->action;
    return top(question)->state == QUESTION_ON_AIR && question->state != QUESTION_ON_AIR &&
           action != QUESTION_ACTION_EDIT && action != QUESTION_ACTION_NOTE && action != QUESTION_ACTION_PIN &&
           action != QUESTION_ACTION_CONFIRM && action != QUESTION_ACTION_SPLIT;
}

static bool may_undo(const struct world *world, const struct model_question *question, const char *by)
{
    if (!is_free(question, by) || (goes_on_air(question) && question->is_marked))
        return false;
    if (top(question)->action != QUESTION_ACTION_SPLIT)
        return true;
    const struct model_question *part = &world->model[top(question)->other];
    return part->place == PLACE_LIST && part->state == QUESTION_NEW && part->undo_count == 0 && !part->holder;
}

static void restore(struct world *world, struct model_question *question)
{
    struct before before = *top(question);
    question->undo_count--;
    struct model_question *other = before.other ? &world->model[before.other] : NULL;
    switch (before.action) {
    case QUESTION_ACTION_EDIT: memcpy(question->text, before.text, sizeof(before.text)); return;
    case QUESTION_ACTION_NOTE: memcpy(question->note, before.note, sizeof(before.note)); return;
    case QUESTION_ACTION_CONFIRM: question->is_marked = before.is_marked; return;
    case QUESTION_ACTION_PIN: question->is_pinned = before.is_pinned; return;
    case QUESTION_ACTION_MERGE: wake(world, other); break;
    case QUESTION_ACTION_MOVE: question->is_pinned = before.is_pinned; break;
    case QUESTION_ACTION_SPLIT: {
        size_t place = 0;
        while (before.asks[place].message != other->asks[0].message)
            place++;
        place = place < question->ask_count ? place : question->ask_count;
        memmove(question->asks + place + 1, question->asks + place, (question->ask_count++ - place) * sizeof(*question->asks));
        question->asks[place] = other->asks[0];
        for (size_t i = 1; i < other->ask_count; i++)
            question->asks[question->ask_count++] = (struct ask){other->asks[i].message, 0};
        other->place = PLACE_NONE;
        return;
    }
    default: break;
    }
    question->state = before.state;
}

static void undo(struct world *world, struct model_question *question, const char *by)
{
    struct error err = {0};
    struct model_question *members[4], *now = find_on_air(world);
    size_t count = 0;
    bool may = top(question) != NULL, is_wanted = false, is_member = false;
    world->doing = "undo";
    for (uint64_t id = 1; may && id <= world->last_id && count < ARRAY_LENGTH(members); id++) {
        struct model_question *member = &world->model[id];
        if (member->place == PLACE_LIST && top(member) && top(member)->step == top(question)->step)
            members[count++] = member;
    }
    for (size_t i = 0; i < count; i++) {
        may = may && may_undo(world, members[i], by);
        is_member |= members[i] == now;
        is_wanted |= goes_on_air(members[i]);
    }
    if (draw(world, 4) == 0 && top(question)) {  // a number that is not the last one's
        uint64_t number = question_undo_number(questions_find(world->questions, question->id));
        expect(world, questions_undo(world->questions, question->id, number + 1, by, &err), false, &err);
    }
    expect(world, questions_undo(world->questions, question->id, 0, by, &err), may, &err);
    if (!may)
        return;
    for (size_t i = 0; i < count; i++)
        restore(world, members[i]);
    if (now && !is_member && is_wanted)
        change_state(world, now, QUESTION_ACTION_UNAIR, QUESTION_READY);
}

/* --- All of it --- */

static void act(struct world *world, struct model_question *question, const char *by)
{
    switch (draw(world, 14)) {
    case 0: case 1: case 2: case 3: change_one(world, question, by); break;
    case 4: case 5: write_one(world, question, by); break;
    case 6: pin_one(world, question, by); break;
    case 7: case 8: move_one(world, question, by); break;
    case 9: case 10: merge_two(world, question, by); break;
    case 11: split_one(world, question, by); break;
    default: press_next(world, by); break;
    }
}

static uint64_t last_step(const struct world *world, uint64_t id)
{
    const struct model_question *question = &world->model[id];
    return question->place == PLACE_LIST && top(question) ? top(question)->step : 0;
}

/* Whatever was done last is taken back: the world is as it was, byte for byte, and in the same order. */
static void act_and_undo(struct world *world, struct model_question *question, const char *by)
{
    struct buffer before = {0}, after = {0};
    write_world(world, &before);
    struct order *old = read_order(world);
    act(world, question, by);
    uint64_t changed = 0;
    for (uint64_t id = 1; id <= world->last_id && changed == 0; id++) {
        bool is_free_of_claims = is_free(&world->model[id], by);
        changed = last_step(world, id) == world->step && is_free_of_claims ? id : 0;
    }
    struct model_question *now = changed ? find_on_air(world) : NULL;
    bool is_held = now && !is_free(now, by);
    if (changed != 0 && !is_held) {
        const char *did = world->doing;
        uint64_t step = world->step++;
        bool may = true;
        for (uint64_t id = 1; id <= world->last_id; id++) {
            if (last_step(world, id) == step)
                may = may && may_undo(world, &world->model[id], by);
        }
        undo(world, &world->model[changed], by);
        world->doing = did;
        write_world(world, &after);
        struct order *new = read_order(world);
        if (may)
            check_same(world, "undo", &before, &after);
        if (may && (old->count != new->count || memcmp(old->ids, new->ids, old->count * sizeof(*old->ids)) != 0))
            lose(world, "undo gave another order");
        free(new);
    }
    buffer_fini(&before);
    buffer_fini(&after);
    free(old);
}

/* As a kill leaves it: what was handed in is committed, and nothing is said at the end. */
static void restart(struct world *world)
{
    struct buffer before = {0}, after = {0};
    world->doing = "restart";
    write_world(world, &before);
    struct order *old = read_order(world);
    close_world(world);
    open_world(world);
    write_world(world, &after);
    struct order *new = read_order(world);
    check_same(world, "the journal", &before, &after);
    assert_int_equal(old->count, new->count);
    assert_memory_equal(old->ids, new->ids, old->count * sizeof(*old->ids));
    buffer_fini(&before);
    buffer_fini(&after);
    free(old);
    free(new);
}

static void step(struct world *world)
{
    const char *by = actors[draw(world, ACTORS)];
    struct model_question *question = draw_question(world);
    unsigned what = draw(world, 200);
    world->step++;
    world->doing = "say";
    if (what < 44 || !question) {
        say(world);
    } else if (what < 50) {
        world->doing = "delete";
        delete_message(world);
    } else if (what < 51) {
        world->doing = "ban";
        ban_author(world);
    } else if (what < 52) {
        world->doing = "clear";
        clear_room(world);
    } else if (what < 53) {
        restart(world);
    } else if (what < 55) {
        begin_show(world, by);
    } else if (what < 75) {
        claim_one(world, question, by);
    } else if (what < 80) {
        end_claims(world, by);
    } else if (what < 110) {
        undo(world, question, by);
    } else if (what < 140) {
        act_and_undo(world, question, by);
    } else {
        act(world, question, by);
    }
}

static void run(uint64_t seed)
{
    static struct world world;
    world = (struct world){.seed = seed, .random = (unsigned)seed, .folder = fixture_folder(), .loop = fixture_loop(),
                           .model = xcalloc(QUESTIONS, sizeof(*world.model))};
    open_world(&world);
    for (int i = 0; i < STEPS; i++) {
        step(&world);
        check_world(&world);
        if (i % 8 == 0)
            check_gone(&world);
    }
    check_gone(&world);
    close_world(&world);
    loop_destroy(world.loop);
    fixture_remove(world.folder);
    free(world.model);
}

static void test_model(void **state)
{
    const char *seed = getenv("ANTIPHON_SEED");
    if (seed) {
        run(strtoull(seed, NULL, 10));
        return;
    }
    for (uint64_t i = 1; i <= RUNS; i++)
        run(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
