/* The platforms' own polls: counted into ours, or shown as they are. Their tallies are absolute; the latest stands. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/journal.h"
#include "relay/polls_private.h"
#include "relay/queue.h"
#include "relay/vote_words.h"

#define NATIVE_PREFIX "native_poll:"

void native_poll_fini(struct native_poll *native)
{
    for (size_t i = 0; i < native->option_count; i++)
        free(native->options[i]);
    free(native->source);
    free(native->platform);
    free(native->id);
    free(native->question);
    free(native->author_id);
    *native = (struct native_poll){0};
}

/* ---- Reading one ---- */

static char *copy(struct str text)
{
    return xstrndup(text.len > 0 ? text.data : "", text.len);
}

static void read_options(const json_t *list, struct native_poll *native)
{
    for (size_t i = 0; i < json_array_size(list) && i < VOTE_OPTIONS_MAX; i++) {
        const json_t *option = json_array_get(list, i);
        const char *text = json_get_text(option, "text");
        int64_t votes = json_get_int(option, "votes", 0);
        native->options[native->option_count] = xstrdup(text ? text : "");
        native->votes[native->option_count++] = votes > 0 ? (uint64_t)votes : 0;
    }
}

/* False: too little to go by. */
static bool read_native(const struct message *message, struct native_poll *native)
{
    const struct message_draft *is = &message->is;
    const json_t *options = json_object_get(is->detail, "options");
    const char *state = json_get_text(is->detail, "state");
    if (is->native_id.len == 0 || json_array_size(options) < 2)
        return false;
    *native = (struct native_poll){.source = copy(is->source), .platform = copy(is->platform), .id = copy(is->native_id),
        .question = copy(is->text), .author_id = copy(is->author.id), .is_open = !state || strcmp(state, "closed") != 0};
    read_options(options, native);
    return true;
}

/* ---- Into one of ours ---- */

static struct poll_native *find_attached(const struct polls *polls, const char *source, const char *id, struct poll **poll)
{
    for (size_t i = polls->count; i-- > 0;) {
        *poll = polls->items[i];
        for (size_t k = 0; k < (*poll)->native_count; k++) {
            struct poll_native *native = &(*poll)->natives[k];
            if (strcmp(native->source, source) == 0 && strcmp(native->id, id) == 0)
                return native;
        }
    }
    return NULL;
}

/* Texts that a platform cut are found by where they stand. */
static size_t option_of(const struct poll *poll, const struct native_poll *native, size_t at)
{
    int found = vote_find_exact(&poll->words, str_from(native->options[at]));
    return found >= 0 ? (size_t)found : at;
}

static void take_votes(struct poll *poll, struct poll_native *attached, const struct native_poll *native)
{
    memset(attached->votes, 0, sizeof(attached->votes));
    for (size_t i = 0; i < native->option_count; i++) {
        size_t option = option_of(poll, native, i);
        if (option < poll->option_count)
            attached->votes[option] += native->votes[i];
    }
    attached->is_open = native->is_open;
    poll_sum_up(poll);
}

static void update(struct polls *polls, struct poll *poll, struct poll_native *attached, const struct native_poll *native)
{
    take_votes(poll, attached, native);
    poll_save(polls, poll);
    if (poll->is_native && !native->is_open && poll->state == POLL_OPEN) {
        polls_close(polls, poll->id, "", NULL);
    } else {
        polls_mark_dirty(polls, poll);
    }
}

static struct poll_native *attach(struct poll *poll, const char *source, const char *platform, const char *id, bool is_ours)
{
    if (poll->native_count == POLL_NATIVES_MAX)
        return NULL;
    struct poll_native *attached = &poll->natives[poll->native_count++];
    *attached = (struct poll_native){.source = xstrdup(source), .platform = xstrdup(platform), .id = xstrdup(id),
        .is_open = true, .is_ours = is_ours};
    return attached;
}

/* The same options in any order, and no other. */
static bool is_same(const struct poll *poll, const struct native_poll *native)
{
    bool is_met[VOTE_OPTIONS_MAX] = {false};
    if (native->option_count != poll->option_count)
        return false;
    for (size_t i = 0; i < native->option_count; i++) {
        int found = vote_find_exact(&poll->words, str_from(native->options[i]));
        if (found < 0 || is_met[found])
            return false;
        is_met[found] = true;
    }
    char *ours = vote_key(str_from(poll->question)), *theirs = vote_key(str_from(native->question));
    bool is_alike = strcmp(ours, theirs) == 0;
    free(ours);
    free(theirs);
    return is_alike;
}

static struct poll *find_twin(const struct polls *polls, const struct native_poll *native)
{
    for (size_t i = polls->count; i-- > 0;) {
        struct poll *poll = polls->items[i];
        if (poll->state == POLL_OPEN && !poll->is_native && is_same(poll, native))
            return poll;
    }
    return NULL;
}

/* ---- Those that none of ours counts ---- */

static void write_native(const struct native_poll *native, struct buffer *out)
{
    static const char *const keys[] = {"source", "platform", "native_id", "question"};
    const char *texts[] = {native->source, native->platform, native->id, native->question};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        buffer_printf(out, "%c\"%s\":", i ? ',' : '{', keys[i]);
        buffer_add_json(out, texts[i], strlen(texts[i]));
    }
    buffer_add_string(out, ",\"options\":[");
    for (size_t i = 0; i < native->option_count; i++) {
        buffer_add_string(out, i ? ",{\"text\":" : "{\"text\":");
        buffer_add_json(out, native->options[i], strlen(native->options[i]));
        buffer_printf(out, ",\"votes\":%" PRIu64 "}", native->votes[i]);
    }
    buffer_printf(out, "],\"state\":\"%s\"", native->is_open ? "open" : "closed");
}

void polls_write_natives(const struct polls *polls, struct buffer *out)
{
    buffer_add_char(out, '[');
    for (size_t i = 0; i < polls->native_count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        write_native(&polls->natives[i], out);
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
}

static void set_state(const struct polls *polls, const struct native_poll *native, bool is_kept)
{
    if (!polls->options.journal)
        return;
    struct buffer out = {0};
    write_native(native, &out);
    buffer_add_string(&out, ",\"author_id\":");
    buffer_add_json(&out, native->author_id, strlen(native->author_id));
    buffer_add_char(&out, '}');
    char *key = xasprintf(NATIVE_PREFIX "%.200s %.100s", native->source, native->id), *text = buffer_take(&out);
    journal_set_state(polls->options.journal, key, is_kept ? text : NULL);
    free(key);
    free(text);
}

static void tell(const struct polls *polls)
{
    if (polls->options.natives_changed)
        polls->options.natives_changed(polls->options.data);
}

static size_t find_loose(const struct polls *polls, const char *source, const char *id)
{
    for (size_t i = 0; i < polls->native_count; i++) {
        if (strcmp(polls->natives[i].source, source) == 0 && strcmp(polls->natives[i].id, id) == 0)
            return i;
    }
    return SIZE_MAX;
}

static void drop(struct polls *polls, size_t at)
{
    set_state(polls, &polls->natives[at], false);
    native_poll_fini(&polls->natives[at]);
    polls->native_count--;
    memmove(&polls->natives[at], &polls->natives[at + 1], (polls->native_count - at) * sizeof(*polls->natives));
}

static bool is_meant(const struct native_poll *native, const struct queue_removal *removal)
{
    if (!str_equal(str_from(native->platform), removal->platform) ||
        (removal->source.len > 0 && !str_equal(str_from(native->source), removal->source)))
        return false;
    return removal->author_id.len > 0 ? str_equal(str_from(native->author_id), removal->author_id)
                                      : removal->native_id.len > 0 && str_equal(str_from(native->id), removal->native_id);
}

void polls_remove_natives(struct polls *polls, const struct queue_removal *removal)
{
    size_t before = polls->native_count;
    for (size_t i = polls->native_count; i-- > 0;) {
        if (is_meant(&polls->natives[i], removal))
            drop(polls, i);
    }
    if (polls->native_count != before)
        tell(polls);
}

/* Takes it over. */
static void keep(struct polls *polls, struct native_poll *native)
{
    size_t at = find_loose(polls, native->source, native->id);
    if (at != SIZE_MAX) {
        native_poll_fini(&polls->natives[at]);
    } else {
        if (polls->native_count == POLL_NATIVES_MAX)
            drop(polls, 0);
        at = polls->native_count++;
    }
    polls->natives[at] = *native;
    set_state(polls, native, true);
    tell(polls);
}

void polls_handle_native(struct polls *polls, const struct message *message)
{
    struct native_poll native;
    if (message->is.is_history || !read_native(message, &native))
        return;
    struct poll *poll;
    struct poll_native *attached = find_attached(polls, native.source, native.id, &poll);
    if (!attached && (poll = find_twin(polls, &native)))
        attached = attach(poll, native.source, native.platform, native.id, false);
    if (!attached) {
        keep(polls, &native);
        return;
    }
    update(polls, poll, attached, &native);
    native_poll_fini(&native);
}

/* ---- What moderators do ---- */

bool polls_attach(struct polls *polls, uint64_t id, const char *source, const char *native_id, bool is_ours,
                  const char *by, struct error *err)
{
    struct poll *other, *poll = polls_find_own(polls, id, err);
    if (!poll)
        return false;
    struct poll_native *attached = find_attached(polls, source, native_id, &other);
    if (attached && other != poll)
        return error_set(err, ERROR_DATA, "%s's poll %s counts into poll %" PRIu64 " already", source, native_id, other->id);
    size_t at = find_loose(polls, source, native_id);
    if (!attached && at == SIZE_MAX && !is_ours)
        return error_set(err, ERROR_DATA, "%s has no poll %s that waits for one of ours", source, native_id);
    size_t platform = strcspn(source, ":");
    char *name = at != SIZE_MAX ? xstrdup(polls->natives[at].platform) : xstrndup(source, platform);
    if (!attached)
        attached = attach(poll, source, name, native_id, is_ours);
    free(name);
    if (!attached)
        return error_set(err, ERROR_DATA, "poll %" PRIu64 " has %d platforms' polls: at most that many", id, POLL_NATIVES_MAX);
    attached->is_ours |= is_ours;
    if (at != SIZE_MAX) {
        take_votes(poll, attached, &polls->natives[at]);
        drop(polls, at);
        tell(polls);
    }
    polls_end_change(polls, poll, by);
    return true;
}

const struct poll *polls_adopt(struct polls *polls, const char *source, const char *native_id, const char *by,
                               struct error *err)
{
    size_t at = find_loose(polls, source, native_id);
    if (at == SIZE_MAX) {
        error_set(err, ERROR_DATA, "%s has no poll %s that waits for one of ours", source, native_id);
        return NULL;
    }
    const struct native_poll *native = &polls->natives[at];
    struct poll_draft draft = {.question = str_from(native->question), .option_count = native->option_count};
    for (size_t i = 0; i < native->option_count; i++)
        draft.options[i] = str_from(native->options[i]);
    struct poll *poll = poll_create(polls->last_id + 1, &draft);
    poll->is_native = true;
    take_votes(poll, attach(poll, source, native->platform, native_id, false), native);
    bool is_over = !native->is_open;
    if (!polls_begin(polls, poll, by, err))
        return NULL;
    drop(polls, at);
    tell(polls);
    if (is_over)
        polls_close(polls, poll->id, by, NULL);
    return poll;
}

bool polls_has_native(const struct polls *polls, const char *source, const char *native_id)
{
    struct poll *poll;
    return find_attached(polls, source, native_id, &poll) != NULL;
}

void polls_set_sent(struct polls *polls, uint64_t id, uint64_t sent)
{
    struct poll *poll = polls_find_own(polls, id, NULL);
    if (poll)
        poll->sent = sent;
}

uint64_t polls_find_sent(const struct polls *polls, uint64_t sent)
{
    for (size_t i = 0; i < polls->count; i++) {
        if (polls->items[i]->sent == sent)
            return polls->items[i]->id;
    }
    return 0;
}

/* ---- In the journal ---- */

void poll_natives_write(const struct poll *poll, struct buffer *out)
{
    buffer_add_char(out, '[');
    for (size_t i = 0; i < poll->native_count; i++) {
        const struct poll_native *native = &poll->natives[i];
        buffer_add_string(out, i ? ",{\"source\":" : "{\"source\":");
        buffer_add_json(out, native->source, strlen(native->source));
        buffer_add_string(out, ",\"platform\":");
        buffer_add_json(out, native->platform, strlen(native->platform));
        buffer_add_string(out, ",\"native_id\":");
        buffer_add_json(out, native->id, strlen(native->id));
        buffer_printf(out, ",\"state\":\"%s\",\"is_ours\":%s,\"votes\":[", native->is_open ? "open" : "closed",
                      native->is_ours ? "true" : "false");
        for (size_t k = 0; k < poll->option_count; k++)
            buffer_printf(out, "%s%" PRIu64, k ? "," : "", native->votes[k]);
        buffer_add_string(out, "]}");
    }
    buffer_add_char(out, ']');
}

bool poll_natives_read(struct poll *poll, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && i < POLL_NATIVES_MAX; i++) {
        const json_t *item = json_array_get(list, i), *votes = json_object_get(item, "votes");
        const char *source = json_get_text(item, "source"), *platform = json_get_text(item, "platform");
        const char *id = json_get_text(item, "native_id"), *state = json_get_text(item, "state");
        if (!source || !platform || !id)
            return false;
        struct poll_native *native = attach(poll, source, platform, id, json_get_bool(item, "is_ours", false));
        native->is_open = state && strcmp(state, "open") == 0;
        for (size_t k = 0; k < poll->option_count && k < json_array_size(votes); k++)
            native->votes[k] = (uint64_t)json_integer_value(json_array_get(votes, k));
    }
    return true;
}

static void load(void *data, const char *key, const char *text)
{
    struct polls *polls = data;
    struct error err = {0};
    json_t *object = json_parse(text, strlen(text), &err);
    const char *texts[] = {json_get_text(object, "source"), json_get_text(object, "platform"),
                           json_get_text(object, "native_id"), json_get_text(object, "question")};
    const char *state = json_get_text(object, "state"), *author = json_get_text(object, "author_id");
    if (polls->native_count == POLL_NATIVES_MAX || !texts[0] || !texts[1] || !texts[2] || !texts[3]) {
        log_warn("relay/polls", "%s in the journal is damaged and left out", key);
    } else {
        struct native_poll *native = &polls->natives[polls->native_count++];
        *native = (struct native_poll){.source = xstrdup(texts[0]), .platform = xstrdup(texts[1]), .id = xstrdup(texts[2]),
            .question = xstrdup(texts[3]), .author_id = xstrdup(author ? author : ""), .is_open = state && strcmp(state, "open") == 0};
        read_options(json_object_get(object, "options"), native);
    }
    json_decref(object);
}

void polls_load_natives(struct polls *polls)
{
    journal_each_state(polls->options.journal, NATIVE_PREFIX, load, polls);
}
