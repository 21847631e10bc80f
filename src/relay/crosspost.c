#include "relay/crosspost_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "net/loop.h"
#include "relay/queue.h"
#include "relay/sources.h"
#include "relay/text_key.h"

enum {
    RECENT = 512,
    COPIES = 256,
    SAME_MS = 30 * 1000,    // the same words again are not passed on
    ECHO_MS = 300 * 1000,   // our words may come back for so long, by whatever way
    TELL_MS = 60 * 1000,
    NAME_BYTES = 64,
    TEXT_BYTES = 1200,
};

/* Words that went to a target, or the same words as they stood in their own chat. */
struct recent {
    uint64_t hash;   // of target and words
    int64_t at_ms;   // monotonic
    bool is_copy;
};

/* What became of a message elsewhere. */
struct copy {
    uint64_t message;  // the original's id; 0: free
    uint64_t act;
    char *target;      // owned
    char *native_id;   // owned; NULL: not known yet
    bool is_gone;      // the original was deleted before we knew the copy's id
};

struct crosspost {
    struct crosspost_options options;
    struct rule *rules;
    size_t rule_count;
    struct hash_key key;
    struct recent recent[RECENT];  // a ring
    size_t recent_count;
    struct copy copies[COPIES];    // a ring
    size_t copy_count;
    struct crosspost_counts counts;
    struct timer tell;
    uint64_t refused;              // since it was told
    char refusal[300];             // the last: who, and why
};

static void tell(void *data);

struct crosspost *crosspost_create(const struct crosspost_options *options)
{
    struct crosspost *crosspost = xcalloc(1, sizeof(*crosspost));
    crosspost->options = *options;
    random_bytes(&crosspost->key, sizeof(crosspost->key));
    timer_init(&crosspost->tell, options->loop, tell, crosspost);
    return crosspost;
}

static void forget_copy(struct copy *copy)
{
    free(copy->target);
    free(copy->native_id);
    *copy = (struct copy){0};
}

void crosspost_destroy(struct crosspost *crosspost)
{
    if (!crosspost)
        return;
    timer_stop(&crosspost->tell);
    for (size_t i = 0; i < COPIES; i++)
        forget_copy(&crosspost->copies[i]);
    rules_free(crosspost->rules, crosspost->rule_count);
    free(crosspost);
}

void crosspost_set_rules(struct crosspost *crosspost, const json_t *rules)
{
    rules_free(crosspost->rules, crosspost->rule_count);
    crosspost->rules = rules_read(rules, &crosspost->rule_count);
    int64_t now_ms = clock_monotonic_ms();
    for (size_t i = 0; i < crosspost->rule_count; i++)
        crosspost->rules[i].filled_ms = now_ms;
}

void crosspost_get_counts(const struct crosspost *crosspost, struct crosspost_counts *counts)
{
    *counts = crosspost->counts;
}

/* ---- What is left out, once a minute ---- */

static void say(struct crosspost *crosspost, const char *text)
{
    log_warn("relay/crosspost", "%s", text);
    if (crosspost->options.on_notice)
        crosspost->options.on_notice(crosspost->options.data, "warn", "crosspost", text);
}

static void tell(void *data)
{
    struct crosspost *crosspost = data;
    char text[400];
    for (size_t i = 0; i < crosspost->rule_count; i++) {
        struct rule *rule = &crosspost->rules[i];
        if (rule->held == 0)
            continue;
        snprintf(text, sizeof(text), "crosspost[%zu]: %" PRIu64 " messages were not passed on: more than %d a minute", i,
                 rule->held, rule->per_minute);
        say(crosspost, text);
        rule->held = 0;
    }
    if (crosspost->refused > 0) {
        snprintf(text, sizeof(text), "%" PRIu64 " copies were not taken; the last by %.299s", crosspost->refused,
                 crosspost->refusal);
        say(crosspost, text);
        crosspost->refused = 0;
    }
}

/* Gathered, so that a flood is one line a minute. */
static void note_held(struct crosspost *crosspost)
{
    if (!timer_is_running(&crosspost->tell))
        timer_start(&crosspost->tell, crosspost->options.tell_ms > 0 ? crosspost->options.tell_ms : TELL_MS);
}

/* ---- Words ---- */

static bool is_word(unsigned char byte)
{
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '_';
}

/* "@anna" is somebody there, and somebody else here: a zero-width space behind the @ keeps it from calling her. */
static void add_cleaned(struct buffer *out, struct str text, size_t max_bytes)
{
    size_t len = text.len > max_bytes ? utf8_cut(text.data, max_bytes) : text.len;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        buffer_add_char(out, byte < 0x20 || byte == 0x7f ? ' ' : (char)byte);
        if (byte == '@' && i + 1 < len && is_word((unsigned char)text.data[i + 1]))
            buffer_add_string(out, "\xe2\x80\x8b");
    }
    if (len < text.len)
        buffer_add_string(out, "…");
}

void crosspost_write_text(const struct message *message, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    struct str name = is->author.name.len > 0 ? is->author.name : is->author.login;
    buffer_add_char(out, '[');
    buffer_add(out, is->platform.data, is->platform.len);
    buffer_add_string(out, "] ");
    add_cleaned(out, name, NAME_BYTES);
    buffer_add_string(out, is->kind == MESSAGE_ACTION ? " " : ": ");
    add_cleaned(out, is->text, TEXT_BYTES);
}

bool crosspost_is_marked(struct str text)
{
    for (size_t i = 0; connector_name_at(i); i++) {
        const char *name = connector_name_at(i);
        size_t len = strlen(name);
        if (text.len >= len + 3 && text.data[0] == '[' && memcmp(text.data + 1, name, len) == 0 &&
            text.data[len + 1] == ']' && text.data[len + 2] == ' ')
            return true;
    }
    return false;
}

/* ---- Circles ---- */

static uint64_t hash_words(const struct crosspost *crosspost, const char *target, const char *text, size_t len)
{
    struct buffer key = {0};
    buffer_add(&key, target, strlen(target) + 1);
    size_t before = key.len;
    text_key_add(&key, text, len);
    if (key.len == before)
        buffer_add(&key, text, len);  // of symbols alone
    uint64_t hash = hash_bytes(&crosspost->key, key.data, key.len);
    buffer_fini(&key);
    return hash;
}

static bool was_recent(const struct crosspost *crosspost, uint64_t hash, bool is_copy, int64_t within_ms)
{
    int64_t since_ms = clock_monotonic_ms() - within_ms;
    for (size_t i = 0; i < RECENT && i < crosspost->recent_count; i++) {
        const struct recent *recent = &crosspost->recent[i];
        if (recent->hash == hash && recent->is_copy == is_copy && recent->at_ms >= since_ms)
            return true;
    }
    return false;
}

static void note_recent(struct crosspost *crosspost, uint64_t hash, bool is_copy)
{
    crosspost->recent[crosspost->recent_count++ % RECENT] = (struct recent){hash, clock_monotonic_ms(), is_copy};
}

/* Whether it may be passed on at all. The last guard finds our words under another name: a bot that repeats them there. */
static bool is_eligible(const struct crosspost *crosspost, const struct message *message)
{
    const struct message_draft *is = &message->is;
    if (is->is_own || is->is_history || is->is_foreign || is->text.len == 0 || (is->author.roles & ROLE_BOT) ||
        crosspost_is_marked(is->text))
        return false;
    char *source = xstrndup(is->source.data, is->source.len);
    uint64_t hash = hash_words(crosspost, source, is->text.data, is->text.len);
    free(source);
    return !was_recent(crosspost, hash, true, ECHO_MS);
}

static bool take_token(struct rule *rule)
{
    int64_t now_ms = clock_monotonic_ms();
    rule->tokens += (double)(now_ms - rule->filled_ms) * rule->per_minute / 60000;
    rule->filled_ms = now_ms;
    if (rule->tokens > rule->per_minute)
        rule->tokens = rule->per_minute;
    if (rule->tokens < 1)
        return false;
    rule->tokens -= 1;
    return true;
}

/* ---- Passing on ---- */

static void remember_copy(struct crosspost *crosspost, const struct message *message, const char *target, uint64_t act)
{
    struct copy *copy = &crosspost->copies[crosspost->copy_count++ % COPIES];
    forget_copy(copy);
    *copy = (struct copy){.message = message->id, .act = act, .target = xstrdup(target)};
}

static void note_refusal(struct crosspost *crosspost, const char *target, const char *why)
{
    crosspost->counts.refused++;
    crosspost->refused++;
    snprintf(crosspost->refusal, sizeof(crosspost->refusal), "%s: %s", target, why);
    note_held(crosspost);
}

static void pass(struct crosspost *crosspost, struct rule *rule, const struct message *message, const char *target)
{
    const struct message_draft *is = &message->is;
    if (str_equal(str_from(target), is->source))
        return;
    uint64_t hash = hash_words(crosspost, target, is->text.data, is->text.len);
    if (was_recent(crosspost, hash, false, SAME_MS)) {
        crosspost->counts.held++;
        return;
    }
    if (!take_token(rule)) {
        crosspost->counts.held++;
        rule->held++;
        note_held(crosspost);
        return;
    }
    note_recent(crosspost, hash, false);
    const char *why_not = "";
    if (!sources_can(crosspost->options.sources, target, CONNECTOR_SAY, &why_not)) {
        note_refusal(crosspost, target, why_not);
        return;
    }
    struct buffer text = {0};
    crosspost_write_text(message, &text);
    char *words = buffer_take(&text);
    note_recent(crosspost, hash_words(crosspost, target, words, strlen(words)), true);
    uint64_t act = sources_act(crosspost->options.sources, target,
                               &(struct connector_act){.kind = CONNECTOR_SAY, .text = words});
    crosspost->counts.passed++;
    remember_copy(crosspost, message, target, act);
    free(words);
}

void crosspost_handle_message(struct crosspost *crosspost, const struct message *message)
{
    if (crosspost->rule_count == 0 || !is_eligible(crosspost, message))
        return;
    for (size_t i = 0; i < crosspost->rule_count; i++) {
        struct rule *rule = &crosspost->rules[i];
        if (!rule_means(rule, message))
            continue;
        for (size_t j = 0; j < json_array_size(rule->to); j++)
            pass(crosspost, rule, message, json_string_value(json_array_get(rule->to, j)));
    }
}

/* ---- Deleted means gone, there too ---- */

static void delete_copy(struct crosspost *crosspost, struct copy *copy)
{
    if (sources_can(crosspost->options.sources, copy->target, CONNECTOR_DELETE, NULL)) {
        sources_act(crosspost->options.sources, copy->target,
                    &(struct connector_act){.kind = CONNECTOR_DELETE, .native_id = copy->native_id});
    }
    forget_copy(copy);
}

void crosspost_handle_removal(struct crosspost *crosspost, const struct queue_removal *removal)
{
    for (size_t i = 0; i < COPIES; i++) {
        struct copy *copy = &crosspost->copies[i];
        bool is_meant = false;
        for (size_t j = 0; copy->message != 0 && j < removal->id_count; j++)
            is_meant |= removal->ids[j] == copy->message;
        if (is_meant && copy->native_id) {
            delete_copy(crosspost, copy);
        } else if (is_meant) {
            copy->is_gone = true;
        }
    }
}

void crosspost_handle_result(struct crosspost *crosspost, const char *source, const struct connector_result *result)
{
    for (size_t i = 0; i < COPIES; i++) {
        struct copy *copy = &crosspost->copies[i];
        if (copy->message == 0 || copy->native_id || copy->act != result->act || strcmp(copy->target, source) != 0)
            continue;
        bool is_there = result->outcome == CONNECTOR_ACCEPTED || result->outcome == CONNECTOR_UNSURE;
        if (!is_there)
            note_refusal(crosspost, source, result->text);
        if (!is_there || *result->native_id == '\0') {
            forget_copy(copy);
            return;
        }
        copy->native_id = xstrdup(result->native_id);
        if (copy->is_gone)
            delete_copy(crosspost, copy);
        return;
    }
}
