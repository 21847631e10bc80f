/* The loop's side of the journal: handing in, the state in memory, answers. */
#include "relay/journal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/journal_inside.h"
#include "relay/journal_row.h"

enum { STATE_BYTES_MAX = 1 << 20 };

/* ---- Opening and closing ---- */

static void set_options(struct journal *journal, const struct journal_options *given)
{
    struct journal_options *options = &journal->options;
    *options = *given;
    options->folder = NULL;  // files.folder is ours
    if (options->retention_days == 0)
        options->retention_days = 30;
    if (options->file_messages == 0)
        options->file_messages = 1000000;
    if (options->show_pause_ms == 0)
        options->show_pause_ms = INT64_C(6) * 3600 * 1000;
    if (options->file_age_ms == 0)
        options->file_age_ms = INT64_C(24) * 3600 * 1000;
    if (options->sync_ms == 0)
        options->sync_ms = 500;
    if (options->pending_messages == 0)
        options->pending_messages = 100000;
    if (options->pending_bytes == 0)
        options->pending_bytes = (size_t)64 << 20;
}

static void init_wakes(struct journal *journal)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&journal->wake_writer, &attributes);
    pthread_cond_init(&journal->committed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&journal->lock, NULL);
}

static void handle_old_erasure(void *data, const char *key, const char *text)
{
    struct journal *journal = data;
    struct erasure *erasure = erasure_read(text);
    uint64_t number = strtoull(key + strlen("erase:"), NULL, 10);
    if (number > journal->erasure_count)
        journal->erasure_count = number;
    if (!erasure)
        return;
    erasure->number = number;
    journal_remember_erasure(journal, erasure);
    journal_keeper_erase(journal, erasure);
}

struct journal *journal_open(const struct journal_options *options, struct error *err)
{
    struct journal *journal = xcalloc(1, sizeof(*journal));
    list_init(&journal->requests);
    init_wakes(journal);
    set_options(journal, options);
    journal->mailbox = mailbox_create(options->loop);
    if (!journal_files_open(&journal->files, options->folder, err))
        goto fail;
    journal_writer_open(journal);
    if (!journal_reader_start(journal, err) || !journal_keeper_start(journal, err) ||
        !journal_writer_start(journal, err))
        goto fail;
    journal_each_state(journal, "erase:", handle_old_erasure, journal);
    return journal;
fail:
    journal_close(journal);
    return NULL;
}

static void flush_losses(struct journal *journal);

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    flush_losses(journal);
    journal_reader_stop(journal);
    journal_keeper_stop(journal);
    journal_writer_stop(journal);
    journal_keeper_destroy(journal);
    mailbox_close(journal->mailbox);
    op_list_fini(&journal->pending);
    journal_state_fini(&journal->state);
    for (size_t i = 0; i < journal->gap_count; i++) {
        free((char *)journal->gaps[i].source);
        free((char *)journal->gaps[i].reason);
    }
    free(journal->gaps);
    free(journal->losses);
    for (size_t i = 0; i < journal->fresh_count; i++)
        erasure_unref(journal->fresh[i]);
    free(journal->fresh);
    journal_files_close(&journal->files);
    pthread_cond_destroy(&journal->wake_writer);
    pthread_cond_destroy(&journal->committed);
    pthread_mutex_destroy(&journal->lock);
    free(journal);
}

const char *journal_epoch(const struct journal *journal)
{
    return journal->epoch;
}

/* ---- Ids ---- */

uint64_t journal_next_id(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    if (journal->next_id >= journal->reserved && !journal->is_beyond) {
        /*
         * The disk refuses, and for very long. Ids from here on are not reserved; drawn from the time of day they lie
         * beyond all that another run could give out from a reservation.
         */
        uint64_t now = (uint64_t)clock_unix_ms();
        journal->next_id = now > journal->next_id ? now : journal->next_id;
        journal->is_beyond = true;
    }
    uint64_t id = journal->next_id++;
    pthread_mutex_unlock(&journal->lock);
    return id;
}

uint64_t journal_last_id(const struct journal *journal)
{
    struct journal *unlocked = (struct journal *)journal;
    pthread_mutex_lock(&unlocked->lock);
    uint64_t id = journal->next_id - 1;
    pthread_mutex_unlock(&unlocked->lock);
    return id;
}

/* ---- Handing in ---- */

void journal_add_op(struct journal *journal, struct op op)
{
    op_list_add(&journal->pending, op);
    if (journal->is_writer_idle)
        pthread_cond_signal(&journal->wake_writer);
}

static void hand_in(struct journal *journal, struct op op)
{
    pthread_mutex_lock(&journal->lock);
    journal_add_op(journal, op);
    pthread_mutex_unlock(&journal->lock);
}

static bool try_append(struct journal *journal, struct message *message, enum op_kind kind)
{
    const struct journal_options *options = &journal->options;
    size_t cost = message_cost(message);
    pthread_mutex_lock(&journal->lock);
    bool has_room = journal->held_messages < options->pending_messages &&
                    journal->held_bytes + cost <= options->pending_bytes;
    if (has_room) {
        journal->held_messages++;
        journal->held_bytes += cost;
        journal_add_op(journal, (struct op){.kind = kind, .message = message_ref(message)});
    } else {
        journal->health.not_journalled++;
    }
    pthread_mutex_unlock(&journal->lock);
    return has_room;
}

static struct loss *find_loss(struct journal *journal, struct str source)
{
    for (size_t i = 0; i < journal->loss_count; i++) {
        if (str_equal(str_from(journal->losses[i].source), source))
            return &journal->losses[i];
    }
    journal->losses = xreallocarray(journal->losses, journal->loss_count + 1, sizeof(*journal->losses));
    struct loss *loss = &journal->losses[journal->loss_count++];
    *loss = (struct loss){.source = xstrndup(source.data, source.len)};
    return loss;
}

static void note_loss(struct journal *journal, const struct message *message)
{
    struct loss *loss = find_loss(journal, message->is.source);
    if (loss->count++ == 0) {
        loss->from_ms = message->received_ms;
        log_warn("relay/journal", "%s: more waits for the disk than fits (%zu messages): not journalled from now on",
                 loss->source, journal->options.pending_messages);
    }
    loss->to_ms = message->received_ms;
}

static void flush_losses(struct journal *journal)
{
    size_t count = journal->loss_count;
    struct loss *losses = journal->losses;
    journal->loss_count = 0;
    journal->losses = NULL;
    for (size_t i = 0; i < count; i++) {
        char *reason = xasprintf("the journal's disk refused: %llu messages were shown and not journalled",
                                 (unsigned long long)losses[i].count);
        journal_add_gap(journal, &(struct journal_gap){losses[i].source, losses[i].from_ms, losses[i].to_ms, reason});
        free(reason);
        free(losses[i].source);
    }
    free(losses);
}

static void append(struct journal *journal, struct message *message, enum op_kind kind)
{
    assert(message->id != 0);
    if (!try_append(journal, message, kind)) {
        note_loss(journal, message);
    } else if (journal->loss_count > 0) {
        flush_losses(journal);
    }
}

void journal_append(struct journal *journal, struct message *message)
{
    append(journal, message, OP_MESSAGE);
}

void journal_append_erased(struct journal *journal, struct message *message)
{
    append(journal, message, OP_ERASED);
}

void journal_replace(struct journal *journal, struct message *message)
{
    append(journal, message, OP_REPLACE);
}

/* One allocation: the struct and up to three texts behind it. */
static struct op_texts *make_texts(const char *first, const char *second, const char *third)
{
    const char *texts[] = {first, second, third};
    size_t size = sizeof(struct op_texts);
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        size += texts[i] ? strlen(texts[i]) + 1 : 0;
    struct op_texts *made = xcalloc(1, size);
    char *at = (char *)(made + 1);
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        if (!texts[i])
            continue;
        char *start = at;
        at = stpcpy(at, texts[i]) + 1;
        texts[i] = start;
    }
    made->first = texts[0];
    made->second = texts[1];
    made->third = texts[2];
    return made;
}

/* ---- State ---- */

static bool fits_state(const char *key, const char *text)
{
    if (!text || strlen(text) <= STATE_BYTES_MAX)
        return true;
    log_warn("relay/journal", "state \"%s\": %zu bytes are too many (at most %d); the old one stays", key, strlen(text),
             STATE_BYTES_MAX);
    return false;
}

void journal_set_states(struct journal *journal, const struct journal_entry *entries, size_t count)
{
    pthread_mutex_lock(&journal->lock);  // the writer takes all that is pending at once: they are in one transaction
    for (size_t i = 0; i < count; i++) {
        const char *key = entries[i].key, *text = entries[i].text;
        if (!fits_state(key, text))
            continue;
        struct op op = {.kind = OP_STATE, .texts = make_texts(key, text, NULL)};
        journal_state_set(&journal->state, key, text);
        journal_add_op(journal, op);
    }
    pthread_mutex_unlock(&journal->lock);
}

void journal_set_state(struct journal *journal, const char *key, const char *text)
{
    journal_set_states(journal, &(struct journal_entry){key, text}, 1);
}

/* Only the loop writes the state, and the loop is who asks: no lock for reading. */
const char *journal_state(const struct journal *journal, const char *key)
{
    return journal_state_get(&journal->state, key);
}

void journal_each_state(const struct journal *journal, const char *prefix,
                        void (*fn)(void *data, const char *key, const char *text), void *data)
{
    const struct journal_state *state = &journal->state;
    size_t len = strlen(prefix);
    for (size_t i = journal_state_find(state, prefix); i < state->count; i++) {
        if (strncmp(state->items[i].key, prefix, len) != 0)
            break;
        fn(data, state->items[i].key, state->items[i].text);
    }
}

const char *journal_next_state(const struct journal *journal, const char *prefix, const char *key)
{
    const struct journal_state *state = &journal->state;
    const char *starts[] = {key, prefix};
    for (size_t i = 0; i < ARRAY_LENGTH(starts); i++) {
        size_t at = journal_state_find(state, starts[i]);
        if (at < state->count && strncmp(state->items[at].key, prefix, strlen(prefix)) == 0)
            return state->items[at].key;
    }
    return NULL;
}

void journal_set_cursor(struct journal *journal, const char *source, const char *text)
{
    char *key = xasprintf("cursor:%s", source);
    journal_set_state(journal, key, text);
    free(key);
}

const char *journal_cursor(const struct journal *journal, const char *source)
{
    char *key = xasprintf("cursor:%s", source);
    const char *text = journal_state(journal, key);
    free(key);
    return text;
}

/* ---- Gaps and audit ---- */

void journal_keep_gap(struct journal *journal, const struct journal_gap *gap)
{
    if (!journal->gaps)
        journal->gaps = xcalloc(JOURNAL_GAPS_MAX, sizeof(*journal->gaps));
    if (journal->gap_count == JOURNAL_GAPS_MAX) {
        free((char *)journal->gaps[0].source);
        free((char *)journal->gaps[0].reason);
        journal->gap_count--;
        memmove(journal->gaps, journal->gaps + 1, journal->gap_count * sizeof(*journal->gaps));
    }
    journal->gaps[journal->gap_count++] =
        (struct journal_gap){xstrdup(gap->source), gap->from_ms, gap->to_ms, xstrdup(gap->reason)};
}

void journal_add_gap(struct journal *journal, const struct journal_gap *gap)
{
    journal_keep_gap(journal, gap);
    struct op op = {.kind = OP_GAP, .texts = make_texts(gap->source, gap->reason, NULL)};
    op.texts->from_ms = gap->from_ms;
    op.texts->to_ms = gap->to_ms;
    hand_in(journal, op);
    if (journal->gap_fn)
        journal->gap_fn(journal->gap_data, gap);
}

void journal_each_gap(const struct journal *journal, void (*fn)(void *data, const struct journal_gap *gap), void *data)
{
    for (size_t i = 0; i < journal->gap_count; i++)
        fn(data, &journal->gaps[i]);
}

void journal_on_gap(struct journal *journal, void (*fn)(void *data, const struct journal_gap *gap), void *data)
{
    journal->gap_fn = fn;
    journal->gap_data = data;
}

void journal_on_late_edit(struct journal *journal, void (*fn)(void *data, struct message *message), void *data)
{
    journal->late_edit_fn = fn;
    journal->late_edit_data = data;
}

void journal_add_audit(struct journal *journal, const char *actor, const char *action, const char *text)
{
    struct op op = {.kind = OP_AUDIT, .texts = make_texts(actor, action, text)};
    op.texts->from_ms = clock_unix_ms();
    hand_in(journal, op);
}

/* ---- Votes ---- */

void journal_add_vote(struct journal *journal, const struct journal_vote *vote)
{
    struct journal_vote *copy = xmalloc(sizeof(*copy) + vote->source.len);
    *copy = *vote;
    if (vote->source.len > 0)
        memcpy(copy + 1, vote->source.data, vote->source.len);
    copy->source.data = (const char *)(copy + 1);
    pthread_mutex_lock(&journal->lock);
    bool has_room = journal->held_messages < journal->options.pending_messages;
    if (has_room)
        journal_add_op(journal, (struct op){.kind = OP_VOTE, .vote = copy});
    pthread_mutex_unlock(&journal->lock);
    if (!has_room)
        free(copy);
}

/* ---- Durable ---- */

struct durable {
    struct answer answer;
    void (*fn)(void *data);
    void *data;
};

static void give_durable(struct answer *answer)
{
    struct durable *durable = container_of(answer, struct durable, answer);
    durable->fn(durable->data);
}

static void destroy_durable(struct answer *answer)
{
    free(container_of(answer, struct durable, answer));
}

void journal_when_durable(struct journal *journal, void (*fn)(void *data), void *data)
{
    struct durable *durable = xcalloc(1, sizeof(*durable));
    durable->answer.give = give_durable;
    durable->answer.destroy = destroy_durable;
    durable->fn = fn;
    durable->data = data;
    hand_in(journal, (struct op){.kind = OP_DURABLE, .answer = &durable->answer});
}

static struct timespec deadline_in(int64_t delay_ms)
{
    int64_t at_ns = clock_monotonic_ns() + delay_ms * NS_PER_MS;
    return (struct timespec){.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S};
}

bool journal_wait(struct journal *journal, int64_t limit_ms)
{
    const struct timespec deadline = deadline_in(limit_ms);
    int result = 0;
    pthread_mutex_lock(&journal->lock);
    while (journal->pending.count + journal->in_hand > 0 && result == 0)
        result = pthread_cond_timedwait(&journal->committed, &journal->lock, &deadline);
    bool is_all = journal->pending.count + journal->in_hand == 0;
    pthread_mutex_unlock(&journal->lock);
    if (!journal->options.loop)
        journal_dispatch(journal);
    return is_all;
}

void journal_dispatch(struct journal *journal)
{
    mailbox_dispatch(journal->mailbox);
}

/* ---- The rest ---- */

/* Takes the reference. As a state it survives; as an op it waits for what was handed in before. */
static void hand_in_erasure(struct journal *journal, struct erasure *erasure)
{
    erasure->number = ++journal->erasure_count;
    char *key = xasprintf("erase:%llu", (unsigned long long)erasure->number), *text = erasure_write(erasure);
    journal_set_state(journal, key, text);
    free(key);
    free(text);
    journal_remember_erasure(journal, erasure);
    pthread_mutex_lock(&journal->lock);
    if (erasure->id_count > 0)
        journal_add_op(journal, (struct op){.kind = OP_ERASE, .erasure = erasure_ref(erasure)});
    journal_add_op(journal, (struct op){.kind = OP_FIND, .erasure = erasure});
    pthread_mutex_unlock(&journal->lock);
}

void journal_erase(struct journal *journal, const struct journal_erasure *what, const uint64_t *ids, size_t id_count,
                   journal_erased_fn fn, void *data)
{
    struct erasure *erasure = erasure_create(what, ids, id_count);
    erasure->fn = fn;
    erasure->data = data;
    if (erasure->up_to == 0)
        erasure->up_to = journal_last_id(journal);
    hand_in_erasure(journal, erasure);
}

void journal_edit(struct journal *journal, struct message *edit)
{
    assert(edit->is.kind == MESSAGE_EDIT && edit->id != 0);
    const struct message_draft *is = &edit->is;
    if (is->target.native_id.len == 0)
        return;
    // Strings of messages have a NUL behind them.
    struct erasure *erasure = erasure_create(&(struct journal_erasure){.platform = is->platform.data,
        .native_id = is->target.native_id.data, .up_to = edit->id - 1}, NULL, 0);
    erasure->edit_id = edit->id;
    erasure->edit = message_ref(edit);
    hand_in_erasure(journal, erasure);
}

uint64_t journal_hash(const struct journal *journal, enum journal_key kind, struct str platform, struct str key)
{
    return row_hash(&journal->hash_key, (char)kind, platform, key);
}

void journal_get_health(struct journal *journal, struct journal_health *health)
{
    pthread_mutex_lock(&journal->lock);
    *health = journal->health;
    health->pending = journal->pending.count + journal->in_hand;
    pthread_mutex_unlock(&journal->lock);
}

/* The disk works again: what was lost meanwhile can be said. */
static void give_resumed(struct answer *answer)
{
    struct durable *durable = container_of(answer, struct durable, answer);
    flush_losses(durable->data);
}

void journal_post_resumed(struct journal *journal)
{
    struct durable *durable = xcalloc(1, sizeof(*durable));
    durable->answer.give = give_resumed;
    durable->answer.destroy = destroy_durable;
    durable->data = journal;
    mailbox_put(journal->mailbox, &durable->answer);
}
