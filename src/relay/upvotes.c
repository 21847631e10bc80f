#include "relay/upvotes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/journal.h"
#include "relay/questions_private.h"
#include "relay/queue.h"

#define PREFIX "upvote:"

enum { ID_DIGITS = 20, LOOKED_THROUGH = 16 };

static uint64_t hash_of(const struct questions *questions, enum journal_key kind, struct str platform, struct str text)
{
    static const struct hash_key none;  // tests without a journal
    if (questions->options.journal)
        return journal_hash(questions->options.journal, kind, platform, text);
    return hash_bytes(&none, text.data, text.len) + (uint64_t)kind;
}

/* --- Codes --- */

enum { CODES = 10000 };

/* Numbers that people write for other reasons. */
static bool is_taken_by_habit(unsigned code)
{
    return code == 69 || code == 88 || code == 100 || code == 420 || code == 666 || code == 1000 || code == 1488;
}

static void note_code(bool used[CODES], const struct question *question)
{
    unsigned code = (unsigned)atoi(question->code);
    if (code < CODES)
        used[code] = true;
}

/* As few digits as there are questions for, and none again before the others of that length were given. */
void question_give_code(struct questions *questions, struct question *question)
{
    bool used[CODES] = {false};
    for (size_t i = 0; i < questions->count; i++)
        note_code(used, questions->slots[i].question);
    for (size_t i = 0; i < questions->merged.count; i++)
        note_code(used, questions->merged.items[i]);
    size_t live = questions->count + questions->merged.count;
    unsigned from = live < 40 ? 10 : live < 400 ? 100 : 1000, range = from * 9;
    unsigned *next = &questions->next_code[live < 40 ? 0 : live < 400 ? 1 : 2];
    for (unsigned tries = 0; tries < range; tries++) {
        unsigned code = from + (*next)++ % range;
        if (used[code] || is_taken_by_habit(code))
            continue;
        snprintf(question->code, sizeof(question->code), "%u", code);
        return;
    }
}

/* What was merged away is voted for in its target. */
static struct question *find_target(const struct questions *questions, struct question *question)
{
    while (question && question->merged_into != 0) {
        uint64_t id = question->merged_into;
        question = questions_get(questions, id, NULL);
        if (!question)
            question = question_set_find(&questions->merged, id);
    }
    return question;
}

static struct question *find_code(const struct questions *questions, unsigned wanted)
{
    char code[12];
    snprintf(code, sizeof(code), "%u", wanted);
    for (size_t i = 0; i < questions->count; i++) {
        if (strcmp(questions->slots[i].question->code, code) == 0)
            return questions->slots[i].question;
    }
    for (size_t i = 0; i < questions->merged.count; i++) {
        if (strcmp(questions->merged.items[i]->code, code) == 0)
            return find_target(questions, questions->merged.items[i]);
    }
    return NULL;
}

static bool has_native(const struct question *question, struct str platform, struct str native_id)
{
    for (size_t i = 0; i < question->ask_count; i++) {
        const struct question_ask *ask = &question->asks[i];
        if (str_equal(str_from(ask->native_id), native_id) && str_equal(str_from(ask->platform), platform))
            return true;
    }
    return false;
}

static struct question *find_replied(const struct questions *questions, const struct message *message)
{
    struct str native_id = message->is.reply_to.native_id;
    for (size_t i = questions->count; native_id.len > 0 && i-- > 0;) {
        if (has_native(questions->slots[i].question, message->is.platform, native_id))
            return questions->slots[i].question;
    }
    return NULL;
}

/* --- Counting --- */

/* Above a few the authors are found by a table: places and one, open addressing. What is removed makes it stale. */
static void index_votes(struct question *question)
{
    size_t size = LOOKED_THROUGH * 4;
    while (size < question->upvote_capacity * 2)
        size *= 2;
    question->upvote_index = xcalloc(size, sizeof(*question->upvote_index));
    question->upvote_index_size = size;
}

static void forget_index(struct question *question)
{
    free(question->upvote_index);
    question->upvote_index = NULL;
}

static void put_in_index(struct question *question, size_t place)
{
    size_t mask = question->upvote_index_size - 1, at = question->upvotes[place].author & mask;
    while (question->upvote_index[at] != 0)
        at = (at + 1) & mask;
    question->upvote_index[at] = (uint32_t)place + 1;
}

static size_t look_through(const struct question *question, uint64_t author)
{
    for (size_t i = 0; i < question->upvote_count; i++) {
        if (question->upvotes[i].author == author)
            return i;
    }
    return SIZE_MAX;
}

static size_t find_author(struct question *question, uint64_t author)
{
    if (question->upvote_count <= LOOKED_THROUGH)
        return look_through(question, author);
    if (!question->upvote_index) {
        index_votes(question);
        for (size_t i = 0; i < question->upvote_count; i++)
            put_in_index(question, i);
    }
    size_t mask = question->upvote_index_size - 1;
    for (size_t at = author & mask; question->upvote_index[at] != 0; at = (at + 1) & mask) {
        size_t place = question->upvote_index[at] - 1;
        if (question->upvotes[place].author == author)
            return place;
    }
    return SIZE_MAX;
}

static void append(struct question *question, struct question_upvote vote)
{
    if (question->upvote_count == question->upvote_capacity) {
        question->upvote_capacity = question->upvote_capacity ? question->upvote_capacity * 2 : 8;
        question->upvotes = xreallocarray(question->upvotes, question->upvote_capacity, sizeof(*question->upvotes));
        forget_index(question);
    }
    question->upvotes[question->upvote_count++] = vote;
    if (question->upvote_index)
        put_in_index(question, question->upvote_count - 1);
}

/* "upvote:00…12:AUTHOR" → "MESSAGE NATIVE": who it was cannot be read from it. vote's question: the one that it was given to. */
static void keep(const struct questions *questions, uint64_t id, const struct question_upvote *vote, bool is_there)
{
    char key[64], text[48];
    if (!questions->options.journal)
        return;
    snprintf(key, sizeof(key), PREFIX "%0*" PRIu64 ":%016" PRIx64, ID_DIGITS, id, vote->author);
    snprintf(text, sizeof(text), "%" PRIu64 " %" PRIx64, vote->message, vote->native);
    journal_set_state(questions->options.journal, key, is_there ? text : NULL);
}

static void remove_at(struct questions *questions, struct question *question, size_t index)
{
    keep(questions, question->id, &question->upvotes[index], false);
    question->upvotes[index] = question->upvotes[--question->upvote_count];
    forget_index(question);
}

static int compare_hashes(const void *first, const void *second)
{
    uint64_t a = *(const uint64_t *)first, b = *(const uint64_t *)second;
    return a < b ? -1 : a > b;
}

/* Whether he seconded the question in one of those that were merged into it; `before` of them, all of them with SIZE_MAX. */
static bool has_in_guests(const struct questions *questions, const struct question *question, uint64_t author, size_t before)
{
    for (size_t i = 0; i < questions->merged.count && i < before; i++) {
        struct question *guest = questions->merged.items[i];
        if (guest->upvote_count > 0 && find_target(questions, guest) == question && find_author(guest, author) != SIZE_MAX)
            return true;
    }
    return false;
}

static bool is_known_ask(const struct question *question, size_t index)
{
    const struct question_ask *ask = &question->asks[index];
    for (size_t i = 0; i < index; i++) {
        if (strcmp(question->asks[i].author_id, ask->author_id) == 0 && strcmp(question->asks[i].platform, ask->platform) == 0)
            return true;
    }
    return false;
}

/* Each author once over the question and those merged into it, and none who asks himself. */
void questions_recount_upvotes(struct questions *questions, struct question *question)
{
    question->votes = question->upvote_count;
    for (size_t i = 0; i < questions->merged.count; i++) {
        const struct question *guest = questions->merged.items[i];
        bool is_ours = guest->upvote_count > 0 && find_target(questions, questions->merged.items[i]) == question;
        for (size_t k = 0; is_ours && k < guest->upvote_count; k++) {
            uint64_t author = guest->upvotes[k].author;
            question->votes += find_author(question, author) == SIZE_MAX && !has_in_guests(questions, question, author, i);
        }
    }
    for (size_t i = 0; question->votes > 0 && i < question->ask_count; i++) {
        const struct question_ask *ask = &question->asks[i];
        uint64_t author = hash_of(questions, JOURNAL_KEY_AUTHOR, str_from(ask->platform), str_from(ask->author_id));
        bool has_voted = find_author(question, author) != SIZE_MAX || has_in_guests(questions, question, author, SIZE_MAX);
        question->votes -= has_voted && !is_known_ask(question, i);
    }
}

static void tell(struct questions *questions, struct question *question)
{
    struct question *target = find_target(questions, question);
    if (!target)
        return;
    questions_recount_upvotes(questions, target);
    questions_mark_dirty(questions, target);
}

static bool may_be_voted(const struct question *question)
{
    return question->state != QUESTION_ANSWERED && question->state != QUESTION_DISMISSED;
}

static struct question *find_voted(const struct questions *questions, const struct message *message)
{
    enum message_kind kind = message->is.kind;
    if ((kind != MESSAGE_CHAT && kind != MESSAGE_ACTION && kind != MESSAGE_GIFT) || message->is.author.id.len == 0 ||
        (message->is.author.roles & ROLE_BOT))
        return NULL;
    unsigned code = upvote_parse_code(message->is.text);
    // Most replies say more: that is seen in the text, before all who asked are looked through.
    bool is_reply = !code && message->is.reply_to.native_id.len > 0 && upvote_is_agreement(questions->options.words, message->is.text);
    struct question *question = code ? find_code(questions, code) : is_reply ? find_replied(questions, message) : NULL;
    return question && may_be_voted(question) ? question : NULL;
}

bool questions_handle_upvote(struct questions *questions, const struct message *message)
{
    struct question *question = find_voted(questions, message);
    if (!question)
        return false;
    struct question_upvote vote = {
        .author = hash_of(questions, JOURNAL_KEY_AUTHOR, message->is.platform, message->is.author.id),
        .native = message->is.native_id.len ? hash_of(questions, JOURNAL_KEY_NATIVE, message->is.platform, message->is.native_id) : 0,
        .message = message->id};
    if (question_has_author(question, message->is.platform, message->is.author.id) ||
        find_author(question, vote.author) != SIZE_MAX || question->upvote_count >= UPVOTES_MAX)
        return true;
    append(question, vote);
    keep(questions, question->id, &vote, true);
    question->votes += !has_in_guests(questions, question, vote.author, SIZE_MAX);  // one more: nobody else is counted anew
    questions_mark_dirty(questions, question);
    return true;
}

void question_drop_upvote_of(struct questions *questions, struct question *question, const struct message *message)
{
    size_t index = question->upvote_count == 0 ? SIZE_MAX
        : find_author(question, hash_of(questions, JOURNAL_KEY_AUTHOR, message->is.platform, message->is.author.id));
    if (index == SIZE_MAX)
        return;
    remove_at(questions, question, index);
    tell(questions, question);
}

/* --- What leaves --- */

static bool is_listed(const struct queue_removal *removal, uint64_t id)
{
    return removal->id_count > 0 && bsearch(&id, removal->ids, removal->id_count, sizeof(id), compare_hashes) != NULL;
}

static void remove_from(struct questions *questions, struct question *question, const struct queue_removal *removal,
                        uint64_t author, uint64_t native)
{
    size_t before = question->upvote_count;
    for (size_t i = question->upvote_count; i-- > 0;) {
        const struct question_upvote *vote = &question->upvotes[i];
        bool is_in_time = removal->up_to == 0 || vote->message <= removal->up_to;
        if (is_listed(removal, vote->message) || (is_in_time && native != 0 && vote->native == native) ||
            (is_in_time && author != 0 && vote->author == author))
            remove_at(questions, question, i);
    }
    if (question->upvote_count != before)
        tell(questions, question);
}

void questions_remove_upvotes(struct questions *questions, const struct queue_removal *removal)
{
    uint64_t author = 0, native = 0;
    if (removal->author_id.len > 0)
        author = hash_of(questions, JOURNAL_KEY_AUTHOR, removal->platform, removal->author_id);
    if (removal->native_id.len > 0)
        native = hash_of(questions, JOURNAL_KEY_NATIVE, removal->platform, removal->native_id);
    for (size_t i = 0; i < questions->count; i++)
        remove_from(questions, questions->slots[i].question, removal, author, native);
    for (size_t i = 0; i < questions->merged.count; i++)
        remove_from(questions, questions->merged.items[i], removal, author, native);
}

void questions_edit_upvote(struct questions *questions, const struct message *message)
{
    const struct queue_removal old = {.ids = &message->id, .id_count = 1};
    questions_remove_upvotes(questions, &old);
    questions_handle_upvote(questions, message);
}

/* The words that he showed are gone; who seconded them seconds the one that stands in. */
void question_move_upvotes(struct questions *questions, struct question *from, struct question *to)
{
    memcpy(to->code, from->code, sizeof(to->code));
    for (size_t i = 0; i < from->upvote_count; i++) {
        append(to, from->upvotes[i]);
        keep(questions, to->id, &from->upvotes[i], true);
        keep(questions, from->id, &from->upvotes[i], false);
    }
    questions_recount_upvotes(questions, to);
}

/* --- Reading back --- */

struct loading {
    struct questions *questions;
    char **stale;  // of questions that are gone; owned
    size_t stale_count;
};

static void load_vote(void *data, const char *key, const char *text)
{
    struct loading *loading = data;
    char *at;
    uint64_t id = strtoull(key + strlen(PREFIX), &at, 10);
    struct question_upvote vote = {.author = *at == ':' ? strtoull(at + 1, NULL, 16) : 0};
    vote.message = strtoull(text, &at, 10);
    vote.native = strtoull(at, NULL, 16);
    struct question *question = questions_get(loading->questions, id, NULL);
    if (!question)
        question = question_set_find(&loading->questions->merged, id);
    if (question && vote.author != 0) {
        append(question, vote);
    } else if (!question_set_find(&loading->questions->past, id)) {
        loading->stale = xreallocarray(loading->stale, loading->stale_count + 1, sizeof(*loading->stale));
        loading->stale[loading->stale_count++] = xstrdup(key);
    }
}

void questions_load_upvotes(struct questions *questions)
{
    struct loading loading = {.questions = questions};
    if (!questions->options.journal)
        return;
    journal_each_state(questions->options.journal, PREFIX, load_vote, &loading);
    for (size_t i = 0; i < loading.stale_count; i++) {
        journal_set_state(questions->options.journal, loading.stale[i], NULL);
        free(loading.stale[i]);
    }
    free(loading.stale);
    for (size_t i = 0; i < questions->count; i++) {
        struct question *question = questions->slots[i].question;
        questions_recount_upvotes(questions, question);
        if (*question->code == '\0')  // of an older antiphon
            question_give_code(questions, question);
    }
}
