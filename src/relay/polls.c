#include "relay/polls.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "relay/journal.h"
#include "relay/polls_private.h"

struct polls *polls_create(const struct polls_options *options, struct error *err)
{
    struct polls *polls = xcalloc(1, sizeof(*polls));
    polls->options = *options;
    random_bytes(&polls->hash_key, sizeof(polls->hash_key));
    polls->counted_id = options->journal ? journal_last_id(options->journal) : 0;
    if (!polls_load(polls, err)) {
        polls_destroy(polls);
        return NULL;
    }
    return polls;
}

void poll_destroy(struct poll *poll)
{
    if (!poll)
        return;
    for (size_t i = 0; i < poll->option_count; i++) {
        free(poll->options[i].text);
        free(poll->options[i].text2);
    }
    for (size_t i = 0; i < poll->source_count; i++) {
        free(poll->sources[i].id);
        free(poll->sources[i].platform);
        free(poll->sources[i].home);
    }
    for (size_t i = 0; i < poll->native_count; i++) {
        free(poll->natives[i].source);
        free(poll->natives[i].platform);
        free(poll->natives[i].id);
    }
    for (size_t i = 0; i < poll->hidden_view_count; i++)
        free(poll->hidden_views[i]);
    vote_options_fini(&poll->words);
    poll_end_votes(poll);
    free(poll->sources);
    free(poll->question);
    free(poll->question2);
    free(poll->language);
    free(poll->language2);
    free(poll->changed_by);
    free(poll);
}

void polls_destroy(struct polls *polls)
{
    if (!polls)
        return;
    for (size_t i = 0; i < polls->count; i++)
        poll_destroy(polls->items[i]);
    for (size_t i = 0; i < polls->saved_count; i++)
        json_decref(polls->saved[i].draft);
    for (size_t i = 0; i < polls->native_count; i++)
        native_poll_fini(&polls->natives[i]);
    free(polls->items);
    free(polls->saved);
    free(polls);
}

/* --- The list --- */

struct poll *polls_find_own(const struct polls *polls, uint64_t id, struct error *err)
{
    for (size_t i = 0; i < polls->count; i++) {
        if (polls->items[i]->id == id)
            return polls->items[i];
    }
    error_set(err, ERROR_DATA, "there is no poll %" PRIu64, id);
    return NULL;
}

const struct poll *polls_find(const struct polls *polls, uint64_t id)
{
    return polls_find_own(polls, id, NULL);
}

static struct poll *find_on_air(const struct polls *polls)
{
    for (size_t i = 0; i < polls->count; i++) {
        if (polls->items[i]->is_on_air)
            return polls->items[i];
    }
    return NULL;
}

const struct poll *polls_on_air(const struct polls *polls)
{
    return find_on_air(polls);
}

const struct poll *polls_newest_open(const struct polls *polls)
{
    for (size_t i = polls->count; i-- > 0;) {
        if (polls->items[i]->state == POLL_OPEN)
            return polls->items[i];
    }
    return NULL;
}

bool polls_has_open(const struct polls *polls)
{
    return polls->open_count > 0;
}

uint64_t polls_counted(const struct polls *polls)
{
    return polls->counted_id;
}

size_t polls_count(const struct polls *polls)
{
    return polls->count;
}

const struct poll *polls_at(const struct polls *polls, size_t index)
{
    return polls->items[index];
}

void polls_insert(struct polls *polls, struct poll *poll)
{
    polls->items = xreallocarray(polls->items, polls->count + 1, sizeof(*polls->items));
    polls->items[polls->count++] = poll;
    if (poll->id > polls->last_id)
        polls->last_id = poll->id;
}

/* The oldest closed poll that is not on air leaves when there are too many. */
static void trim(struct polls *polls)
{
    size_t closed = 0, oldest = SIZE_MAX;
    for (size_t i = 0; i < polls->count; i++) {
        if (polls->items[i]->state != POLL_CLOSED || polls->items[i]->is_on_air)
            continue;
        closed++;
        if (oldest == SIZE_MAX)
            oldest = i;
    }
    if (closed <= POLLS_CLOSED_MAX)
        return;
    poll_forget(polls, polls->items[oldest]);
    poll_destroy(polls->items[oldest]);
    memmove(&polls->items[oldest], &polls->items[oldest + 1], (--polls->count - oldest) * sizeof(*polls->items));
}

void polls_end_change(struct polls *polls, struct poll *poll, const char *by)
{
    if (by) {
        char *actor = xstrdup(by);
        free(poll->changed_by);
        poll->changed_by = actor;
    }
    poll->is_dirty = false;
    poll_save(polls, poll);
    polls->options.changed(polls->options.data, poll);
}

void polls_mark_dirty(struct polls *polls, struct poll *poll)
{
    poll->is_dirty = true;
    if (!polls->is_dirty) {
        polls->is_dirty = true;
        polls->options.dirty(polls->options.data);
    }
}

void polls_flush(struct polls *polls)
{
    polls->is_dirty = false;
    for (size_t i = 0; i < polls->count; i++) {
        if (!polls->items[i]->is_dirty)
            continue;
        polls->items[i]->is_dirty = false;
        polls->options.changed(polls->options.data, polls->items[i]);
    }
}

/* --- What moderators do --- */

static char *copy(struct str text)
{
    return xstrndup(text.len > 0 ? text.data : "", text.len);
}

struct poll *poll_create(uint64_t id, const struct poll_draft *draft)
{
    struct poll *poll = xcalloc(1, sizeof(*poll));
    poll->id = id;
    poll->question = copy(draft->question);
    poll->question2 = copy(draft->question2);
    poll->language = copy(draft->language);
    poll->language2 = copy(draft->language2);
    poll->first_counts = draft->first_counts;
    poll->is_hidden = draft->is_hidden;
    poll->changed_by = xstrdup("");
    for (size_t i = 0; i < draft->hidden_view_count; i++)
        poll->hidden_views[poll->hidden_view_count++] = copy(draft->hidden_views[i]);
    for (size_t i = 0; i < draft->option_count; i++) {
        struct str second = i < draft->option2_count ? draft->options2[i] : (struct str){0};
        poll->options[poll->option_count++] = (struct poll_option){.text = copy(draft->options[i]), .text2 = copy(second)};
    }
    vote_options_init(&poll->words, draft->options, draft->option2_count > 0 ? draft->options2 : NULL, draft->option_count);
    return poll;
}

const struct poll *polls_begin(struct polls *polls, struct poll *poll, const char *by, struct error *err)
{
    if (polls->open_count >= POLLS_OPEN_MAX) {
        error_set(err, ERROR_AGAIN, "%d polls are open already: close one first", POLLS_OPEN_MAX);
        poll_destroy(poll);
        return NULL;
    }
    poll->state = POLL_OPEN;
    poll->opened_ms = clock_unix_ms();
    poll->after_id = polls->counted_id;
    poll_begin_votes(poll);
    polls_insert(polls, poll);
    polls->open_count++;
    polls->is_full_told = false;
    poll_sum_up(poll);
    polls_end_change(polls, poll, by);
    return poll;
}

const struct poll *polls_open(struct polls *polls, const struct poll_draft *draft, const char *by, struct error *err)
{
    if (!poll_draft_check(draft, err))
        return NULL;
    struct poll *poll = poll_create(polls->last_id + 1, draft);
    poll->closes_ms = draft->seconds ? clock_unix_ms() + draft->seconds * 1000 : 0;
    return polls_begin(polls, poll, by, err);
}

bool polls_close(struct polls *polls, uint64_t id, const char *by, struct error *err)
{
    struct poll *poll = polls_find_own(polls, id, err);
    if (!poll)
        return false;
    if (poll->state == POLL_CLOSED)
        return true;
    poll->state = POLL_CLOSED;
    poll->closed_ms = clock_unix_ms();
    poll->up_to_id = polls->counted_id;
    polls->open_count--;
    poll_end_votes(poll);
    polls_end_change(polls, poll, by);
    trim(polls);
    return true;
}

bool polls_air(struct polls *polls, uint64_t id, bool is_on_air, const char *by, struct error *err)
{
    struct poll *poll = polls_find_own(polls, id, err);
    if (!poll)
        return false;
    if (poll->is_on_air == is_on_air)
        return true;
    struct poll *before = find_on_air(polls);
    if (before)
        before->is_on_air = false;
    poll->is_on_air = is_on_air;
    if (is_on_air)
        poll->aired_ms = clock_unix_ms();
    if (before && before != poll)
        polls_end_change(polls, before, by);
    polls_end_change(polls, poll, by);
    return true;
}

bool polls_reveal(struct polls *polls, uint64_t id, bool is_revealed, const char *by, struct error *err)
{
    struct poll *poll = polls_find_own(polls, id, err);
    if (!poll)
        return false;
    if (!poll->is_hidden)
        return error_set(err, ERROR_DATA, "poll %" PRIu64 " hides nothing", id);
    if (poll->is_revealed == is_revealed)
        return true;
    poll->is_revealed = is_revealed;
    polls_end_change(polls, poll, by);
    return true;
}

bool poll_is_hidden(const struct poll *poll, const char *view)
{
    if (poll->state != POLL_OPEN || !poll->is_hidden || poll->is_revealed)
        return false;
    for (size_t i = 0; i < poll->hidden_view_count; i++) {
        if (strcmp(poll->hidden_views[i], view) == 0)
            return true;
    }
    return poll->hidden_view_count == 0;
}

void polls_set_counts(struct polls *polls, uint64_t id, const struct poll_source *sources, size_t count, const char *by)
{
    struct poll *poll = polls_find_own(polls, id, NULL);
    if (!poll || poll->state != POLL_CLOSED)
        return;
    for (size_t i = 0; i < poll->source_count; i++)
        memset(poll->sources[i].votes, 0, sizeof(poll->sources[i].votes));
    for (size_t i = 0; i < count; i++) {
        unsigned at = poll_source_index(poll, str_from(sources[i].id), str_from(sources[i].platform));
        memcpy(poll->sources[at].votes, sources[i].votes, sizeof(sources[i].votes));
    }
    poll_sum_up(poll);
    polls_end_change(polls, poll, by);
}

int64_t polls_handle_time(struct polls *polls, int64_t now_ms)
{
    for (size_t i = polls->count; i-- > 0;) {
        const struct poll *poll = polls->items[i];
        if (poll->state == POLL_OPEN && poll->closes_ms && poll->closes_ms <= now_ms)
            polls_close(polls, poll->id, "", NULL);
        if (i > polls->count)  // an old one was trimmed
            i = polls->count;
    }
    int64_t next = 0;
    for (size_t i = 0; i < polls->count; i++) {
        const struct poll *poll = polls->items[i];
        if (poll->state == POLL_OPEN && poll->closes_ms && (next == 0 || poll->closes_ms < next))
            next = poll->closes_ms;
    }
    return next;
}
