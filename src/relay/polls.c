#include "relay/polls.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/polls_private.h"
#include "relay/text_key.h"

struct polls *polls_create(const struct polls_options *options, struct error *err)
{
    struct polls *polls = xcalloc(1, sizeof(*polls));
    polls->options = *options;
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
    for (size_t i = 0; i < poll->option_count; i++)
        free(poll->options[i].text);
    vote_options_fini(&poll->words);
    voters_destroy(poll->voters);
    free(poll->question);
    free(poll->changed_by);
    free(poll);
}

void polls_destroy(struct polls *polls)
{
    if (!polls)
        return;
    for (size_t i = 0; i < polls->count; i++)
        poll_destroy(polls->items[i]);
    for (size_t i = 0; i < polls->stale_count; i++)
        free(polls->stale[i]);
    free(polls->items);
    free(polls->stale);
    free(polls);
}

/* --- The list --- */

static struct poll *find(const struct polls *polls, uint64_t id, struct error *err)
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
    return find(polls, id, NULL);
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

static void end_change(struct polls *polls, struct poll *poll, const char *by)
{
    char *actor = xstrdup(by);
    free(poll->changed_by);
    poll->changed_by = actor;
    poll->is_dirty = false;
    poll_save(polls, poll);
    polls->options.changed(polls->options.data, poll);
}

/* --- Votes --- */

static void mark_dirty(struct polls *polls)
{
    if (!polls->is_dirty) {
        polls->is_dirty = true;
        polls->options.dirty(polls->options.data);
    }
}

void poll_count(struct poll *poll, int before, int after)
{
    if (before >= 0)
        poll->options[before].votes--;
    if (after >= 0)
        poll->options[after].votes++;
    poll->total += (uint64_t)((after >= 0) - (before >= 0));
}

static bool is_vote_time(const struct poll *poll, const struct message *message)
{
    if (poll->state != POLL_OPEN || message->received_ms < poll->opened_ms)
        return false;
    if (!message->is.is_history)
        return true;
    return message->is.time_ms >= poll->opened_ms && (poll->closes_ms == 0 || message->is.time_ms < poll->closes_ms);
}

/* An option may be an emote's name: first the whole text, then without emotes ("2 Kappa"). */
static int parse(const struct poll *poll, const struct message *message)
{
    int option = vote_parse(&poll->words, message->is.text);
    if (option >= 0 || message->is.emote_count == 0)
        return option;
    struct buffer plain = {0};
    text_key_add_plain(&plain, message);
    option = vote_parse(&poll->words, (struct str){plain.data, plain.len});
    buffer_fini(&plain);
    return option;
}

static bool vote(struct polls *polls, struct poll *poll, const struct message *message)
{
    int option = parse(poll, message);
    if (option < 0)
        return false;
    struct str platform = message->is.platform, author = message->is.author.id;
    if (voters_count(poll->voters) >= POLL_VOTERS_MAX && voters_get(poll->voters, platform, author) < 0) {
        if (!polls->is_full_told)
            log_warn("relay/polls", "poll %" PRIu64 " has %d voters, no more are counted", poll->id, POLL_VOTERS_MAX);
        polls->is_full_told = true;
        return false;
    }
    int before = voters_set(poll->voters, platform, author, option);
    if (before == option)
        return true;
    poll_count(poll, before, option);
    poll_save_vote(polls, poll, platform, author, option);
    poll->is_dirty = true;
    mark_dirty(polls);
    return true;
}

bool polls_handle_message(struct polls *polls, const struct message *message)
{
    enum message_kind kind = message->is.kind;
    if (polls->open_count == 0 || (kind != MESSAGE_CHAT && kind != MESSAGE_ACTION && kind != MESSAGE_GIFT))
        return false;
    if (message->is.text.len == 0 || message->is.author.id.len == 0 || (message->is.author.roles & ROLE_BOT))
        return false;
    bool has_voted = false;
    for (size_t i = polls->count; i-- > 0;) {
        if (is_vote_time(polls->items[i], message))
            has_voted |= vote(polls, polls->items[i], message);
    }
    return has_voted;
}

void polls_remove_author(struct polls *polls, struct str platform, struct str author_id)
{
    for (size_t i = 0; i < polls->count; i++) {
        struct poll *poll = polls->items[i];
        int before = poll->voters ? voters_remove(poll->voters, platform, author_id) : -1;
        if (before < 0)
            continue;
        poll_count(poll, before, -1);
        poll_save_vote(polls, poll, platform, author_id, -1);
        poll->is_dirty = true;
        mark_dirty(polls);
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
    if (polls_forget_some(polls))
        mark_dirty(polls);
}

/* --- What moderators do --- */

static bool check_text(struct str text, const char *what, struct error *err)
{
    if (text.len == 0)
        return error_set(err, ERROR_DATA, "%s is empty", what);
    if (text.len > POLL_TEXT_BYTES_MAX)
        return error_set(err, ERROR_DATA, "%s has %zu bytes: at most %d", what, text.len, POLL_TEXT_BYTES_MAX);
    return true;
}

static bool check_options(const struct str *options, size_t count, struct error *err)
{
    if (count < 2 || count > VOTE_OPTIONS_MAX)
        return error_set(err, ERROR_DATA, "options: %zu given, 2 to %d are possible", count, VOTE_OPTIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!check_text(options[i], "an option", err))
            return false;
    }
    struct vote_options words;
    vote_options_init(&words, options, count);
    bool is_good = true;
    for (size_t i = 0; i < count && is_good; i++) {
        for (size_t k = 0; k < i && is_good; k++) {
            if (strcmp(words.keys[i], words.keys[k]) == 0)
                is_good = error_set(err, ERROR_DATA, "options %zu and %zu read the same (\"%.*s\"): a vote could not tell them apart",
                                    k + 1, i + 1, (int)(options[i].len < 60 ? options[i].len : 60), options[i].data);
        }
    }
    vote_options_fini(&words);
    return is_good;
}

const struct poll *polls_open(struct polls *polls, struct str question, const struct str *options, size_t count,
                              int64_t seconds, const char *by, struct error *err)
{
    if (!check_text(question, "question", err) || !check_options(options, count, err))
        return NULL;
    if (seconds < 0 || seconds > POLL_SECONDS_MAX) {
        error_set(err, ERROR_DATA, "seconds %" PRId64 ": 0 (until closed) to %d", seconds, POLL_SECONDS_MAX);
        return NULL;
    }
    if (polls->open_count >= POLLS_OPEN_MAX) {
        error_set(err, ERROR_AGAIN, "%d polls are open already: close one first", POLLS_OPEN_MAX);
        return NULL;
    }
    struct poll *poll = xcalloc(1, sizeof(*poll));
    poll->id = polls->last_id + 1;
    poll->state = POLL_OPEN;
    poll->question = xstrndup(question.data, question.len);
    poll->opened_ms = clock_unix_ms();
    poll->closes_ms = seconds ? poll->opened_ms + seconds * 1000 : 0;
    for (; poll->option_count < count; poll->option_count++)
        poll->options[poll->option_count].text = xstrndup(options[poll->option_count].data, options[poll->option_count].len);
    vote_options_init(&poll->words, options, count);
    poll->voters = voters_create();
    polls_insert(polls, poll);
    polls->open_count++;
    polls->is_full_told = false;
    end_change(polls, poll, by);
    return poll;
}

bool polls_close(struct polls *polls, uint64_t id, const char *by, struct error *err)
{
    struct poll *poll = find(polls, id, err);
    if (!poll)
        return false;
    if (poll->state == POLL_CLOSED)
        return true;
    poll->state = POLL_CLOSED;
    poll->closed_ms = clock_unix_ms();
    polls->open_count--;
    voters_destroy(poll->voters);
    poll->voters = NULL;
    end_change(polls, poll, by);
    poll_forget_votes(polls, poll->id);
    mark_dirty(polls);
    trim(polls);
    return true;
}

bool polls_air(struct polls *polls, uint64_t id, bool is_on_air, const char *by, struct error *err)
{
    struct poll *poll = find(polls, id, err);
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
        end_change(polls, before, by);
    end_change(polls, poll, by);
    return true;
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
