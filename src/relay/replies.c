#include "relay/replies.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/journal.h"
#include "relay/sources.h"

struct replies {
    struct replies_options options;
    struct sent *kept[REPLIES_KEPT];  // a ring
    uint64_t last_id;
};

struct replies *replies_create(const struct replies_options *options)
{
    struct replies *replies = xcalloc(1, sizeof(*replies));
    replies->options = *options;
    return replies;
}

static void sent_destroy(struct sent *sent)
{
    if (!sent)
        return;
    for (size_t i = 0; i < sent->count; i++) {
        free(sent->results[i].source);
        free(sent->results[i].text);
        free(sent->results[i].native_id);
    }
    free(sent->results);
    free(sent->text);
    free(sent->by);
    free(sent);
}

void replies_destroy(struct replies *replies)
{
    if (!replies)
        return;
    for (size_t i = 0; i < REPLIES_KEPT; i++)
        sent_destroy(replies->kept[i]);
    free(replies);
}

static struct sent *find(const struct replies *replies, uint64_t id)
{
    struct sent *sent = replies->kept[id % REPLIES_KEPT];
    return sent && sent->id == id ? sent : NULL;
}

const struct sent *replies_find(const struct replies *replies, uint64_t id)
{
    return find(replies, id);
}

void replies_each(const struct replies *replies, void (*fn)(void *data, const struct sent *sent), void *data)
{
    uint64_t first = replies->last_id > REPLIES_KEPT ? replies->last_id - REPLIES_KEPT + 1 : 1;
    for (uint64_t id = first; id <= replies->last_id; id++) {
        const struct sent *sent = find(replies, id);
        if (sent)
            fn(data, sent);
    }
}

/* ---- Results ---- */

static void tell(struct replies *replies, struct sent *sent)
{
    bool is_waiting = false;
    for (size_t i = 0; i < sent->count; i++)
        is_waiting |= sent->results[i].is_waiting;
    sent->is_done = !is_waiting;
    if (replies->options.changed)
        replies->options.changed(replies->options.data, sent);
}

static void settle(struct reply_result *result, enum connector_outcome outcome, const char *text, const char *native_id)
{
    result->is_waiting = false;
    result->outcome = outcome;
    free(result->text);
    free(result->native_id);
    result->text = xstrdup(text ? text : "");
    result->native_id = xstrdup(native_id ? native_id : "");
}

/* Among the newest first: what is waited for is seldom old. */
static struct reply_result *find_waiting(struct replies *replies, const char *source, uint64_t act, struct sent **found)
{
    for (uint64_t id = replies->last_id; id > 0 && id + REPLIES_KEPT > replies->last_id; id--) {
        struct sent *sent = find(replies, id);
        for (size_t i = 0; sent && !sent->is_done && i < sent->count; i++) {
            struct reply_result *result = &sent->results[i];
            if (result->is_waiting && (act == 0 || result->act == act) && strcmp(result->source, source) == 0) {
                *found = sent;
                return result;
            }
        }
    }
    return NULL;
}

void replies_handle_result(struct replies *replies, const char *source, const struct connector_result *come)
{
    struct sent *sent;
    struct reply_result *result = find_waiting(replies, source, come->act, &sent);
    if (!result)
        return;
    settle(result, come->outcome, come->text, come->native_id);
    tell(replies, sent);
}

void replies_handle_source_gone(struct replies *replies, const char *source)
{
    struct sent *sent;
    struct reply_result *result;
    while ((result = find_waiting(replies, source, 0, &sent))) {
        settle(result, CONNECTOR_UNSURE, "the source was removed or changed before an answer came", NULL);
        tell(replies, sent);
    }
}

/* ---- Doing ---- */

static bool has_text(const struct connector_act *act)
{
    return act->text && act->text[strspn(act->text, " \t\r\n")] != '\0';
}

static bool check_act(const struct connector_act *act, struct error *err)
{
    bool needs_text = act->kind == CONNECTOR_SAY || act->kind == CONNECTOR_ANNOUNCE || act->kind == CONNECTOR_POLL_START;
    bool needs_author = act->kind == CONNECTOR_TIMEOUT || act->kind == CONNECTOR_BAN || act->kind == CONNECTOR_UNBAN;
    bool needs_id = act->kind == CONNECTOR_DELETE || act->kind == CONNECTOR_POLL_END;
    if (needs_text && !has_text(act))
        return error_set(err, ERROR_DATA, "text is empty");
    if (act->text && strlen(act->text) > REPLY_BYTES_MAX)
        return error_set(err, ERROR_DATA, "text: %zu bytes are too many, %d at most", strlen(act->text), REPLY_BYTES_MAX);
    if (act->text && !utf8_is_valid(act->text, strlen(act->text)))
        return error_set(err, ERROR_DATA, "text is no UTF-8");
    if (needs_author && (!act->author_id || !*act->author_id))
        return error_set(err, ERROR_DATA, "whom it is about is missing");
    if (needs_id && (!act->native_id || !*act->native_id))
        return error_set(err, ERROR_DATA, "what it is about is missing");
    if (act->kind == CONNECTOR_TIMEOUT && act->seconds <= 0)
        return error_set(err, ERROR_DATA, "seconds %" PRId64 ": more than 0 are expected", act->seconds);
    if (act->kind == CONNECTOR_POLL_START && act->option_count < 2)
        return error_set(err, ERROR_DATA, "options: %zu given, at least 2 are expected", act->option_count);
    return true;
}

struct choice {
    const struct replies *replies;
    enum connector_act_kind kind;
    const char *names[REPLY_TARGETS_MAX];
    size_t count;
};

static void choose(void *data, const struct source *source)
{
    struct choice *choice = data;
    if (choice->count < REPLY_TARGETS_MAX && sources_can(choice->replies->options.sources, source->id, choice->kind, NULL))
        choice->names[choice->count++] = source->id;
}

static bool is_among(const struct choice *choice, const char *name)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (strcmp(choice->names[i], name) == 0)
            return true;
    }
    return false;
}

static bool choose_named(struct choice *choice, const char *const *names, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!sources_find(choice->replies->options.sources, names[i]))
            return error_set(err, ERROR_DATA, "there is no source \"%.100s\"", names[i]);
        if (!is_among(choice, names[i]) && choice->count < REPLY_TARGETS_MAX)
            choice->names[choice->count++] = names[i];
    }
    return true;
}

static bool choose_all(struct choice *choice, struct error *err)
{
    sources_each(choice->replies->options.sources, choose, choice);
    return choice->count > 0 ||
           error_set(err, ERROR_DATA, "no source can do that now; name one to learn why");
}

static struct sent *begin(struct replies *replies, const struct connector_act *act, const struct choice *choice,
                          const char *by)
{
    struct sent *sent = xcalloc(1, sizeof(*sent));
    sent->id = ++replies->last_id;
    sent->kind = act->kind;
    sent->text = xstrdup(act->text ? act->text : "");
    sent->by = xstrdup(by);
    sent->at_ms = clock_unix_ms();
    sent->results = xcalloc(choice->count, sizeof(*sent->results));
    sent->count = choice->count;
    for (size_t i = 0; i < choice->count; i++) {
        sent->results[i].source = xstrdup(choice->names[i]);
        settle(&sent->results[i], CONNECTOR_UNABLE, "", NULL);
    }
    struct sent **place = &replies->kept[sent->id % REPLIES_KEPT];
    sent_destroy(*place);
    *place = sent;
    return sent;
}

/* Whom and where, and what was said: it stands in the chats for everybody to read. Reasons stay out. */
static void audit(struct replies *replies, const struct sent *sent, const struct connector_act *act)
{
    struct buffer text = {0};
    buffer_add_string(&text, "{\"to\":[");
    for (size_t i = 0; i < sent->count; i++) {
        if (i > 0)
            buffer_add_char(&text, ',');
        buffer_add_json(&text, sent->results[i].source, strlen(sent->results[i].source));
    }
    buffer_add_char(&text, ']');
    const char *what = act->kind == CONNECTOR_SAY || act->kind == CONNECTOR_ANNOUNCE ? act->text : NULL;
    const struct {
        const char *key, *value;
    } members[] = {{"text", what}, {"native_id", act->native_id}, {"author", act->author_id}};
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
        if (!members[i].value)
            continue;
        buffer_printf(&text, ",\"%s\":", members[i].key);
        buffer_add_json(&text, members[i].value, strlen(members[i].value));
    }
    buffer_add_char(&text, '}');
    char *json = buffer_take(&text), *action = xasprintf("platform.%s", connector_act_name(act->kind));
    journal_add_audit(replies->options.journal, sent->by, action, json);
    free(action);
    free(json);
}

const struct sent *replies_act(struct replies *replies, const struct connector_act *act, const char *const *names,
                               size_t name_count, const char *by, struct error *err)
{
    struct choice choice = {.replies = replies, .kind = act->kind};
    if (!check_act(act, err) || !(names ? choose_named(&choice, names, name_count, err) : choose_all(&choice, err)))
        return NULL;
    struct sent *sent = begin(replies, act, &choice, by);
    for (size_t i = 0; i < sent->count; i++) {
        struct reply_result *result = &sent->results[i];
        const char *why_not = "";
        if (!sources_can(replies->options.sources, result->source, act->kind, &why_not)) {
            settle(result, CONNECTOR_UNABLE, why_not, NULL);
            continue;
        }
        result->is_waiting = true;
        result->act = sources_act(replies->options.sources, result->source, act);
    }
    audit(replies, sent, act);
    tell(replies, sent);
    return sent;
}

/* ---- JSON ---- */

static void add_text(struct buffer *out, const char *key, const char *text)
{
    if (*text == '\0')
        return;
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text, strlen(text));
}

static void add_result(struct buffer *out, const struct reply_result *result)
{
    buffer_add_string(out, "{\"source\":");
    buffer_add_json(out, result->source, strlen(result->source));
    add_text(out, "outcome", result->is_waiting ? "waiting" : connector_outcome_name(result->outcome));
    add_text(out, "text", result->text);
    add_text(out, "native_id", result->native_id);
    buffer_add_char(out, '}');
}

void sent_write_json(const struct sent *sent, struct buffer *out)
{
    buffer_printf(out, "{\"id\":%" PRIu64 ",\"action\":\"%s\",\"at_ms\":%" PRId64 ",\"by\":", sent->id,
                  connector_act_name(sent->kind), sent->at_ms);
    buffer_add_json(out, sent->by, strlen(sent->by));
    add_text(out, "text", sent->text);
    buffer_printf(out, ",\"is_done\":%s,\"results\":[", sent->is_done ? "true" : "false");
    for (size_t i = 0; i < sent->count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        add_result(out, &sent->results[i]);
    }
    buffer_add_string(out, "]}");
}
