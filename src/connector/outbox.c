#include "connector/outbox.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/split.h"
#include "net/loop.h"

enum {
    ACTS_MAX = 50,              // waiting; more is a mistake or a flood
    PARTS_MAX = 10,             // of one text
    TASK_MS = 15 * 1000,        // without an answer for so long: unsure
    RETRY_MS_MAX = 60 * 1000,   // who must wait longer is told
    RETRIES_MAX = 5,
    ECHO_MS = 60 * 1000,        // an echo comes within it
    ECHO_COUNT = 64,
};

struct entry {  // an act that waits or runs
    struct list link;         // in outbox.entries
    uint64_t number;
    struct connector_act act; // strings owned
    char *native_id;          // owned; of the first part; NULL: not known
    size_t part_count, part;
    size_t offset, part_len, skip;  // of the running part in act.text
    const char *refusal;      // a literal; in outbox.refused: it does not even wait; NULL: it does
};

struct sent {  // for echoes
    uint64_t id_hash, text_hash;  // 0: no id yet
    int64_t at_ms;                // monotonic
};

struct outbox {
    struct connector *base;
    struct list entries;      // the first one runs
    struct list refused;      // to be told so in the next turn
    size_t entry_count;       // in entries
    uint64_t act_number, task_number;
    struct connector_task task;
    char *task_text;          // owned; the running part
    bool is_running;
    int retries;
    struct timer next, deadline, refuse;
    int64_t starts_ms[CONNECTOR_PACE_MAX];  // monotonic, a ring
    size_t start_count;
    struct sent sent[ECHO_COUNT];           // a ring
    size_t sent_count;
    struct hash_key key;
};

static void run_next(void *data);
static void give_up(void *data);
static void refuse_all(void *data);

struct outbox *outbox_create(struct connector *base)
{
    struct outbox *outbox = xcalloc(1, sizeof(*outbox));
    outbox->base = base;
    list_init(&outbox->entries);
    list_init(&outbox->refused);
    random_bytes(&outbox->key, sizeof(outbox->key));
    timer_init(&outbox->next, base->options.loop, run_next, outbox);
    timer_init(&outbox->deadline, base->options.loop, give_up, outbox);
    timer_init(&outbox->refuse, base->options.loop, refuse_all, outbox);
    return outbox;
}

/* ---- entries ---- */

static char **copy_options(const char *const *options, size_t count)
{
    char **copy = xcalloc(count + 1, sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = xstrdup(options[i]);
    return copy;
}

static struct entry *entry_create(const struct connector_act *act, uint64_t number)
{
    struct entry *entry = xcalloc(1, sizeof(*entry));
    entry->number = number;
    entry->act = *act;
    entry->act.text = xstrdup(act->text);
    entry->act.native_id = xstrdup(act->native_id);
    entry->act.author_id = xstrdup(act->author_id);
    entry->act.options = (const char *const *)copy_options(act->options, act->option_count);
    return entry;
}

static void entry_destroy(struct entry *entry)
{
    list_remove(&entry->link);
    for (size_t i = 0; i < entry->act.option_count; i++)
        free((char *)entry->act.options[i]);
    free((void *)entry->act.options);
    free((char *)entry->act.text);
    free((char *)entry->act.native_id);
    free((char *)entry->act.author_id);
    free(entry->native_id);
    free(entry);
}

void outbox_destroy(struct outbox *outbox)
{
    if (!outbox)
        return;
    timer_stop(&outbox->next);
    timer_stop(&outbox->deadline);
    timer_stop(&outbox->refuse);
    struct entry *entry, *following;
    list_for_each_safe(entry, following, &outbox->entries, link)
        entry_destroy(entry);
    list_for_each_safe(entry, following, &outbox->refused, link)
        entry_destroy(entry);
    free(outbox->task_text);
    free(outbox);
}

static struct entry *first(const struct list *entries)
{
    return list_is_empty(entries) ? NULL : container_of(entries->next, struct entry, link);
}

static bool is_text(const struct entry *entry)
{
    return (entry->act.kind == CONNECTOR_SAY || entry->act.kind == CONNECTOR_ANNOUNCE) && entry->act.text;
}

static size_t count_parts(const struct entry *entry, struct connector_text_limit limit)
{
    if (!is_text(entry))
        return 1;
    size_t len = strlen(entry->act.text), offset = 0, count = 0, skip;
    do {
        offset += split_next(entry->act.text + offset, len - offset, limit, &skip) + skip;
        count++;
    } while (offset < len && count <= PARTS_MAX);
    return count;
}

/* ---- results ---- */

static void end_entry(struct outbox *outbox, struct entry *entry, enum connector_outcome outcome, const char *text)
{
    struct connector *base = outbox->base;
    char *whole = entry->part_count > 1 && outcome != CONNECTOR_ACCEPTED
                      ? xasprintf("part %zu of %zu: %s", entry->part + 1, entry->part_count, text)
                      : xstrdup(text);
    struct connector_result result = {
        .act = entry->number, .kind = entry->act.kind, .outcome = outcome, .text = whole,
        .native_id = entry->native_id ? entry->native_id : "",
    };
    list_remove(&entry->link);
    if (!entry->refusal)
        outbox->entry_count--;
    if (base->options.on_result)
        base->options.on_result(base->options.data, &result);
    entry_destroy(entry);
    free(whole);
}

/* ---- echoes ---- */

static uint64_t hash(const struct outbox *outbox, struct str text)
{
    uint64_t value = hash_bytes(&outbox->key, text.data, text.len);
    return value ? value : 1;
}

static void remember_text(struct outbox *outbox)
{
    outbox->sent[outbox->sent_count++ % ECHO_COUNT] = (struct sent){
        .text_hash = hash(outbox, str_from(outbox->task_text)), .at_ms = clock_monotonic_ms()};
}

static void remember_id(struct outbox *outbox, const char *native_id)
{
    if (outbox->sent_count > 0 && native_id && *native_id && outbox->task_text)
        outbox->sent[(outbox->sent_count - 1) % ECHO_COUNT].id_hash = hash(outbox, str_from(native_id));
}

bool outbox_knows(const struct outbox *outbox, struct str native_id, struct str author_id, struct str text)
{
    const char *own = outbox->base->own_author_id, *other = outbox->base->own_other_id;
    bool is_author = (own && str_equal(author_id, str_from(own))) || (other && str_equal(author_id, str_from(other)));
    uint64_t id_hash = native_id.len ? hash(outbox, native_id) : 0, text_hash = hash(outbox, text);
    int64_t now_ms = clock_monotonic_ms();
    size_t known = outbox->sent_count < ECHO_COUNT ? outbox->sent_count : ECHO_COUNT;
    for (size_t i = 0; i < known; i++) {
        const struct sent *sent = &outbox->sent[i];
        if (id_hash && sent->id_hash == id_hash)
            return true;
        if (is_author && sent->text_hash == text_hash && now_ms - sent->at_ms < ECHO_MS)
            return true;
    }
    return false;
}

/* ---- pace ---- */

/* 0: now; else how long to wait. */
static int64_t wait_ms(const struct outbox *outbox, int64_t now_ms)
{
    const struct connector_pace *pace = &outbox->base->pace;
    if (outbox->start_count == 0)
        return 0;
    int64_t last_ms = outbox->starts_ms[(outbox->start_count - 1) % CONNECTOR_PACE_MAX];
    int64_t wait = pace->gap_ms - (now_ms - last_ms);
    size_t count = pace->count < CONNECTOR_PACE_MAX ? (size_t)pace->count : CONNECTOR_PACE_MAX;
    if (count > 0 && outbox->start_count >= count) {
        int64_t oldest_ms = outbox->starts_ms[(outbox->start_count - count) % CONNECTOR_PACE_MAX];
        int64_t rest = pace->per_ms - (now_ms - oldest_ms);
        wait = rest > wait ? rest : wait;
    }
    return wait > 0 ? wait : 0;
}

/* ---- running ---- */

static void begin_part(struct outbox *outbox, struct entry *entry)
{
    free(outbox->task_text);
    outbox->task_text = NULL;
    outbox->task = (struct connector_task){.number = ++outbox->task_number, .act = entry->act,
                                           .part = entry->part, .part_count = entry->part_count};
    if (is_text(entry)) {
        const char *rest = entry->act.text + entry->offset;
        entry->part_len = split_next(rest, strlen(rest), outbox->base->text_limit, &entry->skip);
        outbox->task_text = xstrndup(rest, entry->part_len);
        outbox->task.act.text = outbox->task_text;
        remember_text(outbox);
    }
}

static void start_task(struct outbox *outbox, int64_t now_ms)
{
    struct connector *base = outbox->base;
    outbox->starts_ms[outbox->start_count++ % CONNECTOR_PACE_MAX] = now_ms;
    outbox->is_running = true;
    timer_start(&outbox->deadline, TASK_MS);
    base->impl->act(base, &outbox->task);
}

static void run_next(void *data)
{
    struct outbox *outbox = data;
    struct entry *entry = first(&outbox->entries);
    if (!entry || outbox->is_running)
        return;
    int64_t now_ms = clock_monotonic_ms(), pause_ms = wait_ms(outbox, now_ms);
    const char *why_not = NULL;
    if (pause_ms > 0) {
        timer_start(&outbox->next, pause_ms);
    } else if (!connector_can(outbox->base, entry->act.kind, &why_not)) {
        timer_start(&outbox->next, 0);
        outbox->retries = 0;
        end_entry(outbox, entry, CONNECTOR_UNABLE, why_not);
    } else {
        if (outbox->retries == 0)
            begin_part(outbox, entry);
        start_task(outbox, now_ms);
    }
}

static void give_up(void *data)
{
    struct outbox *outbox = data;
    outbox_finish(outbox, outbox->task.number, CONNECTOR_UNSURE, NULL, "no answer within 15 s");
}

static bool ends_task(struct outbox *outbox, uint64_t number)
{
    if (!outbox->is_running || number != outbox->task.number)
        return false;
    outbox->is_running = false;
    timer_stop(&outbox->deadline);
    timer_start(&outbox->next, 0);
    return true;
}

void outbox_finish(struct outbox *outbox, uint64_t number, enum connector_outcome outcome, const char *native_id,
                   const char *text)
{
    if (!ends_task(outbox, number))
        return;
    struct entry *entry = first(&outbox->entries);
    outbox->retries = 0;
    remember_id(outbox, native_id);
    if (!entry->native_id && native_id && *native_id)
        entry->native_id = xstrdup(native_id);
    if (outcome == CONNECTOR_ACCEPTED && entry->part + 1 < entry->part_count) {
        entry->part++;
        entry->offset += entry->part_len + entry->skip;
        return;
    }
    end_entry(outbox, entry, outcome, text);
}

void outbox_repeat(struct outbox *outbox, uint64_t number, int64_t retry_ms, const char *why)
{
    if (retry_ms > RETRY_MS_MAX || outbox->retries >= RETRIES_MAX) {
        char text[200];
        snprintf(text, sizeof(text), "%s; to be tried again in %lld s", why, (long long)(retry_ms / 1000));
        outbox_finish(outbox, number, CONNECTOR_UNABLE, NULL, text);
    } else if (ends_task(outbox, number)) {
        outbox->retries++;
        outbox->task.number = ++outbox->task_number;
        timer_start(&outbox->next, retry_ms);
    }
}

static void refuse_all(void *data)
{
    struct outbox *outbox = data;
    for (struct entry *entry; (entry = first(&outbox->refused));)
        end_entry(outbox, entry, CONNECTOR_UNABLE, entry->refusal);
}

static const char *find_refusal(const struct outbox *outbox, const struct entry *entry)
{
    if (outbox->entry_count >= ACTS_MAX)
        return "50 others wait already; try again later";
    if (entry->part_count > PARTS_MAX)
        return "the text is longer than ten messages of this platform; shorten it";
    return NULL;
}

uint64_t outbox_push(struct outbox *outbox, const struct connector_act *act)
{
    struct entry *entry = entry_create(act, ++outbox->act_number);
    entry->part_count = count_parts(entry, outbox->base->text_limit);
    entry->refusal = find_refusal(outbox, entry);
    if (entry->refusal) {
        entry->part_count = 1;
        list_append(&outbox->refused, &entry->link);
        timer_start(&outbox->refuse, 0);
    } else {
        list_append(&outbox->entries, &entry->link);
        outbox->entry_count++;
        timer_start(&outbox->next, 0);
    }
    return entry->number;
}
