/* Polls and votes in the journal, and the API's form of a poll. */
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
#include "relay/polls_private.h"

#define POLL_PREFIX "poll:"
#define VOTE_PREFIX "vote:"
#define ID_DIGITS 20  // so that keys sort as numbers do

enum { FORGET_AT_ONCE = 2000 };

static const char *const state_names[] = {[POLL_DRAFT] = "draft", [POLL_OPEN] = "open", [POLL_CLOSED] = "closed"};

const char *poll_state_name(enum poll_state state)
{
    return state_names[state];
}

static void add_text(struct buffer *out, const char *key, const char *text)
{
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text, strlen(text));
}

void poll_write_json(const struct poll *poll, struct buffer *out)
{
    buffer_printf(out, "{\"id\":%" PRIu64 ",\"state\":\"%s\"", poll->id, state_names[poll->state]);
    add_text(out, "question", poll->question);
    buffer_add_string(out, ",\"options\":[");
    for (size_t i = 0; i < poll->option_count; i++) {
        buffer_add_string(out, i ? ",{\"text\":" : "{\"text\":");
        buffer_add_json(out, poll->options[i].text, strlen(poll->options[i].text));
        buffer_printf(out, ",\"votes\":%" PRIu64 "}", poll->options[i].votes);
    }
    buffer_printf(out, "],\"total\":%" PRIu64 ",\"opened_ms\":%" PRId64, poll->total, poll->opened_ms);
    if (poll->closes_ms)
        buffer_printf(out, ",\"closes_ms\":%" PRId64, poll->closes_ms);
    if (poll->closed_ms)
        buffer_printf(out, ",\"closed_ms\":%" PRId64, poll->closed_ms);
    if (poll->aired_ms)
        buffer_printf(out, ",\"aired_ms\":%" PRId64, poll->aired_ms);
    buffer_printf(out, ",\"is_on_air\":%s", poll->is_on_air ? "true" : "false");
    add_text(out, "changed_by", poll->changed_by);
    buffer_add_char(out, '}');
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
    poll_write_json(poll, &out);
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

void poll_save_vote(const struct polls *polls, const struct poll *poll, struct str platform, struct str author_id,
                    int option)
{
    if (!polls->options.journal)
        return;
    char key[600], text[4];
    snprintf(key, sizeof(key), VOTE_PREFIX "%0*" PRIu64 ":%.*s:%.*s", ID_DIGITS, poll->id,
             (int)(platform.len < 64 ? platform.len : 64), platform.data,
             (int)(author_id.len < 450 ? author_id.len : 450), author_id.data);
    snprintf(text, sizeof(text), "%d", option);
    journal_set_state(polls->options.journal, key, option < 0 ? NULL : text);
}

/* --- Forgetting --- */

static void add_stale(void *data, const char *key, const char *text)
{
    struct polls *polls = data;
    if (polls->stale_count == polls->stale_capacity) {
        polls->stale_capacity = polls->stale_capacity ? polls->stale_capacity * 2 : 256;
        polls->stale = xreallocarray(polls->stale, polls->stale_capacity, sizeof(*polls->stale));
    }
    polls->stale[polls->stale_count++] = xstrdup(key);
}

void poll_forget_votes(struct polls *polls, uint64_t id)
{
    char prefix[40];
    snprintf(prefix, sizeof(prefix), VOTE_PREFIX "%0*" PRIu64 ":", ID_DIGITS, id);
    if (polls->options.journal)
        journal_each_state(polls->options.journal, prefix, add_stale, polls);
}

bool polls_forget_some(struct polls *polls)
{
    for (int i = 0; i < FORGET_AT_ONCE && polls->stale_count > 0; i++) {
        char *key = polls->stale[--polls->stale_count];
        journal_set_state(polls->options.journal, key, NULL);
        free(key);
    }
    return polls->stale_count > 0;
}

/* --- Reading back --- */

static struct poll *read_poll(const json_t *object)
{
    struct poll *poll = xcalloc(1, sizeof(*poll));
    const char *state = json_get_text(object, "state"), *by = json_get_text(object, "changed_by");
    const char *question = json_get_text(object, "question");
    poll->id = (uint64_t)json_get_int(object, "id", 0);
    poll->state = state && strcmp(state, "open") == 0 ? POLL_OPEN : POLL_CLOSED;
    poll->question = xstrdup(question ? question : "");
    poll->changed_by = xstrdup(by ? by : "");
    poll->opened_ms = json_get_int(object, "opened_ms", 0);
    poll->closes_ms = json_get_int(object, "closes_ms", 0);
    poll->closed_ms = json_get_int(object, "closed_ms", 0);
    poll->aired_ms = json_get_int(object, "aired_ms", 0);
    poll->is_on_air = json_get_bool(object, "is_on_air", false);
    const json_t *options = json_object_get(object, "options");
    struct str texts[VOTE_OPTIONS_MAX];
    for (size_t i = 0; i < json_array_size(options) && i < VOTE_OPTIONS_MAX; i++) {
        const json_t *option = json_array_get(options, i);
        const char *text = json_get_text(option, "text");
        poll->options[i].text = xstrdup(text ? text : "");
        texts[i] = str_from(poll->options[i].text);
        poll->option_count++;
        if (poll->state == POLL_CLOSED) {
            poll->options[i].votes = (uint64_t)json_get_int(option, "votes", 0);
            poll->total += poll->options[i].votes;
        }
    }
    vote_options_init(&poll->words, texts, poll->option_count);
    if (poll->state == POLL_OPEN)
        poll->voters = voters_create();
    return poll;
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

/* "vote:00…3:twitch:4711" → "2". Counts of open polls are nothing but their votes. */
static void load_vote(void *data, const char *key, const char *text)
{
    struct polls *polls = data;
    char *at;
    uint64_t id = strtoull(key + strlen(VOTE_PREFIX), &at, 10);
    const char *author = *at == ':' ? strchr(at + 1, ':') : NULL;
    struct poll *poll = NULL;
    for (size_t i = 0; i < polls->count; i++) {
        if (polls->items[i]->id == id && polls->items[i]->state == POLL_OPEN)
            poll = polls->items[i];
    }
    int option = atoi(text);
    if (!poll || !author || option < 0 || (size_t)option >= poll->option_count) {
        add_stale(polls, key, text);
        return;
    }
    struct str platform = {at + 1, (size_t)(author - at - 1)};
    poll_count(poll, voters_set(poll->voters, platform, str_from(author + 1), option), option);
}

bool polls_load(struct polls *polls, struct error *err)
{
    if (polls->options.journal) {
        journal_each_state(polls->options.journal, POLL_PREFIX, load_poll, polls);
        journal_each_state(polls->options.journal, VOTE_PREFIX, load_vote, polls);
    }
    return true;
}
