/* Polls in the journal, and the API's form of a poll. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/journal.h"
#include "relay/poll_votes.h"
#include "relay/polls_private.h"

#define POLL_PREFIX "poll:"
#define OLD_VOTE_PREFIX "vote:"  // of an older antiphon: a vote was a state
#define ID_DIGITS 20  // so that keys sort as numbers do

static const char *const state_names[] = {[POLL_DRAFT] = "draft", [POLL_OPEN] = "open", [POLL_CLOSED] = "closed"};

const char *poll_state_name(enum poll_state state)
{
    return state_names[state];
}

/* ---- Writing ---- */

static void add_text(struct buffer *out, const char *key, const char *text)
{
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text, strlen(text));
}

static void add_text_if(struct buffer *out, const char *key, const char *text)
{
    if (*text)
        add_text(out, key, text);
}

static void add_options(const struct poll *poll, struct buffer *out)
{
    buffer_add_string(out, ",\"options\":[");
    for (size_t i = 0; i < poll->option_count; i++) {
        buffer_add_string(out, i ? ",{\"text\":" : "{\"text\":");
        buffer_add_json(out, poll->options[i].text, strlen(poll->options[i].text));
        add_text_if(out, "text2", poll->options[i].text2);
        buffer_printf(out, ",\"votes\":%" PRIu64 "}", poll->options[i].votes);
    }
    buffer_printf(out, "],\"total\":%" PRIu64, poll->total);
}

static void add_votes(struct buffer *out, const uint64_t *votes, size_t count)
{
    buffer_add_string(out, ",\"votes\":[");
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "%s%" PRIu64, i ? "," : "", votes[i]);
    buffer_add_string(out, "]}");
}

/* Only sources that somebody voted from. */
static void add_sources(const struct poll *poll, struct buffer *out)
{
    bool is_first = true;
    for (size_t i = 0; i < poll->source_count; i++) {
        buffer_add_string(out, is_first ? ",\"platforms\":[{\"platform\":" : ",{\"platform\":");
        buffer_add_json(out, poll->sources[i].platform, strlen(poll->sources[i].platform));
        add_text(out, "source", poll->sources[i].id);
        add_votes(out, poll->sources[i].votes, poll->option_count);
        is_first = false;
    }
    if (!is_first)
        buffer_add_char(out, ']');
}

static void add_hidden(const struct poll *poll, struct buffer *out)
{
    if (!poll->is_hidden)
        return;
    buffer_add_string(out, ",\"hidden\":{");
    for (size_t i = 0; i < poll->hidden_view_count; i++) {
        buffer_add_string(out, i ? "," : "\"views\":[");
        buffer_add_json(out, poll->hidden_views[i], strlen(poll->hidden_views[i]));
    }
    buffer_printf(out, "%s},\"is_revealed\":%s", poll->hidden_view_count > 0 ? "]" : "", poll->is_revealed ? "true" : "false");
}

static void add_times(const struct poll *poll, struct buffer *out)
{
    buffer_printf(out, ",\"opened_ms\":%" PRId64, poll->opened_ms);
    if (poll->closes_ms)
        buffer_printf(out, ",\"closes_ms\":%" PRId64, poll->closes_ms);
    if (poll->closed_ms)
        buffer_printf(out, ",\"closed_ms\":%" PRId64, poll->closed_ms);
    if (poll->aired_ms)
        buffer_printf(out, ",\"aired_ms\":%" PRId64, poll->aired_ms);
}

static void write_poll(const struct poll *poll, struct buffer *out, bool is_for_journal)
{
    buffer_printf(out, "{\"id\":%" PRIu64 ",\"state\":\"%s\"", poll->id, state_names[poll->state]);
    add_text(out, "question", poll->question);
    add_text_if(out, "question2", poll->question2);
    add_text_if(out, "language", poll->language);
    add_text_if(out, "language2", poll->language2);
    add_options(poll, out);
    // An open poll's counts are its votes: what the journal would keep of them is old with the next one.
    if (!is_for_journal || poll->state == POLL_CLOSED)
        add_sources(poll, out);
    if (poll->native_count > 0) {
        buffer_add_string(out, ",\"natives\":");
        poll_natives_write(poll, out);
    }
    buffer_printf(out, ",\"mode\":\"%s\"", poll->first_counts ? "first" : "last");
    add_hidden(poll, out);
    add_times(poll, out);
    if (poll->is_native)
        buffer_add_string(out, ",\"is_native\":true");
    buffer_printf(out, ",\"is_on_air\":%s", poll->is_on_air ? "true" : "false");
    add_text(out, "changed_by", poll->changed_by);
    if (is_for_journal)
        buffer_printf(out, ",\"after_id\":%" PRIu64 ",\"up_to_id\":%" PRIu64, poll->after_id, poll->up_to_id);
    buffer_add_char(out, '}');
}

void poll_write_json(const struct poll *poll, struct buffer *out)
{
    write_poll(poll, out, false);
}

static void make_poll_key(char key[40], uint64_t id)
{
    snprintf(key, 40, POLL_PREFIX "%0*" PRIu64, ID_DIGITS, id);
}

void poll_save(const struct polls *polls, const struct poll *poll)
{
    if (!polls->options.journal)
        return;
    struct buffer out = {0};
    write_poll(poll, &out, true);
    char *text = buffer_take(&out), key[40];
    make_poll_key(key, poll->id);
    journal_set_state(polls->options.journal, key, text);
    free(text);
}

void poll_forget(const struct polls *polls, const struct poll *poll)
{
    char key[40];
    make_poll_key(key, poll->id);
    if (polls->options.journal)
        journal_set_state(polls->options.journal, key, NULL);
}

/* ---- Reading back ---- */

/* Options are objects there. */
static void read_options(const json_t *options, struct poll_draft *draft)
{
    for (size_t i = 0; i < json_array_size(options) && i < VOTE_OPTIONS_MAX; i++) {
        const char *text = json_get_text(json_array_get(options, i), "text");
        const char *text2 = json_get_text(json_array_get(options, i), "text2");
        draft->options[i] = str_from(text ? text : "");
        draft->options2[i] = str_from(text2 ? text2 : "");
        draft->option_count = draft->option2_count = i + 1;
    }
}

static void read_votes(const json_t *list, uint64_t *votes, size_t count)
{
    for (size_t i = 0; i < count && i < json_array_size(list); i++)
        votes[i] = (uint64_t)json_integer_value(json_array_get(list, i));
}

static void read_sources(struct poll *poll, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *id = json_get_text(item, "source"), *platform = json_get_text(item, "platform");
        if (!id || !platform)
            continue;
        unsigned at = poll_source_index(poll, str_from(id), str_from(platform));
        read_votes(json_object_get(item, "votes"), poll->sources[at].votes, poll->option_count);
    }
}

/* Of a version that did not know sources: the numbers alone. */
static void read_old_counts(struct poll *poll, const json_t *options)
{
    unsigned at = poll_source_index(poll, STR("-"), STR("-"));
    for (size_t i = 0; i < poll->option_count; i++)
        poll->sources[at].votes[i] = (uint64_t)json_get_int(json_array_get(options, i), "votes", 0);
}

static void read_counts(struct poll *poll, const json_t *object)
{
    if (json_object_get(object, "platforms") || json_object_get(object, "up_to_id")) {
        read_sources(poll, json_object_get(object, "platforms"));
    } else {
        read_old_counts(poll, json_object_get(object, "options"));
    }
}

static struct poll *read_poll(const json_t *object)
{
    struct poll_draft draft;
    struct error err = {0};
    const char *state = json_get_text(object, "state"), *by = json_get_text(object, "changed_by");
    poll_draft_read(object, &draft, &err);
    draft.option_count = draft.option2_count = 0;
    if (draft.hidden_view_count > POLL_VIEWS_MAX)
        draft.hidden_view_count = POLL_VIEWS_MAX;
    read_options(json_object_get(object, "options"), &draft);
    struct poll *poll = poll_create((uint64_t)json_get_int(object, "id", 0), &draft);
    poll->state = state && strcmp(state, "open") == 0 ? POLL_OPEN : POLL_CLOSED;
    free(poll->changed_by);
    poll->changed_by = xstrdup(by ? by : "");
    poll->opened_ms = json_get_int(object, "opened_ms", 0);
    poll->closes_ms = json_get_int(object, "closes_ms", 0);
    poll->closed_ms = json_get_int(object, "closed_ms", 0);
    poll->aired_ms = json_get_int(object, "aired_ms", 0);
    poll->after_id = (uint64_t)json_get_int(object, "after_id", 0);
    poll->up_to_id = (uint64_t)json_get_int(object, "up_to_id", 0);
    poll->is_on_air = json_get_bool(object, "is_on_air", false);
    poll->is_revealed = json_get_bool(object, "is_revealed", false);
    poll->is_native = json_get_bool(object, "is_native", false);
    poll_natives_read(poll, json_object_get(object, "natives"));
    if (poll->state == POLL_OPEN) {
        poll_begin_votes(poll);
    } else {
        read_counts(poll, object);
    }
    return poll;
}

static void load_vote(void *data, const struct journal_vote *vote)
{
    poll_load_vote(data, vote);
}

static void load_poll(void *data, const char *key, const char *text)
{
    struct polls *polls = data;
    struct error err;
    json_t *object = json_parse(text, strlen(text), &err);
    if (json_get_int(object, "id", 0) <= 0) {
        log_warn("relay/polls", "%s in the journal is damaged and left out", key);
    } else {
        struct poll *poll = read_poll(object);
        polls_insert(polls, poll);
        polls->open_count += poll->state == POLL_OPEN;
    }
    json_decref(object);
}

struct old_votes {
    char **keys;
    size_t count;
};

static void find_old_vote(void *data, const char *key, const char *text)
{
    struct old_votes *old = data;
    old->keys = xreallocarray(old->keys, old->count + 1, sizeof(*old->keys));
    old->keys[old->count++] = xstrdup(key);
}

/* They name who voted: gone with the first start of this version. */
static void forget_old_votes(struct polls *polls)
{
    struct old_votes old = {0};
    journal_each_state(polls->options.journal, OLD_VOTE_PREFIX, find_old_vote, &old);
    while (old.count > 0) {
        journal_set_state(polls->options.journal, old.keys[--old.count], NULL);
        free(old.keys[old.count]);
    }
    free(old.keys);
}

bool polls_load(struct polls *polls, struct error *err)
{
    if (!polls->options.journal)
        return true;
    journal_each_state(polls->options.journal, POLL_PREFIX, load_poll, polls);
    forget_old_votes(polls);
    for (size_t i = 0; i < polls->count; i++) {
        struct poll *poll = polls->items[i];
        if (poll->state == POLL_OPEN)
            journal_each_vote(polls->options.journal, poll->id, poll->after_id, load_vote, poll);
        poll_sum_up(poll);
    }
    polls_load_saved(polls);
    polls_load_natives(polls);
    return true;
}
