#include "relay/gate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/error.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/gate_private.h"
#include "relay/links.h"
#include "relay/queue.h"

static void read_words_quietly(struct gate *gate);

struct gate *gate_create(const struct gate_options *options)
{
    struct gate *gate = xcalloc(1, sizeof(*gate));
    gate->options = *options;
    gate->words_folder = xstrdup(options->words_folder);
    gate->own_words = xstrdup(options->own_words);
    gate->links = links_create();
    gate->settings = json_object();
    gate->show_languages = texts_copy(NULL, 0);
    rules_read_gate(&gate->rules, gate->settings);
    read_words_quietly(gate);
    return gate;
}

void gate_destroy(struct gate *gate)
{
    if (!gate)
        return;
    for (size_t i = 0; i < gate->held_count; i++)
        message_unref(gate->held[i].message);
    for (size_t i = 0; i < gate->lane_count; i++) {
        for (size_t k = 0; k < gate->lanes[i].count; k++)
            message_unref(gate->lanes[i].lines[k].message);
        free(gate->lanes[i].platform);
    }
    for (size_t i = 0; i < gate->event_count; i++)
        message_unref(gate->events[i].message);
    for (size_t i = 0; i < gate->caught_count; i++)
        gate_forget_caught(gate->caught[i]);
    rules_fini_gate(&gate->rules);
    texts_free(gate->bots);
    texts_free(gate->show_languages);
    words_destroy(gate->words);
    links_destroy(gate->links);
    json_decref(gate->settings);
    json_decref(gate->resumed);
    free(gate->held);
    free(gate->lanes);
    free(gate->words_folder);
    free(gate->own_words);
    free(gate);
}

/* --- Lists and settings --- */

static void handle_bad_line(void *data, const char *text)
{
    const struct gate *gate = data;
    if (gate->options.bad_line)
        gate->options.bad_line(gate->options.data, text);
}

static void add_list(struct gate *gate, const char *language)
{
    struct error err = {0};
    char *path = xasprintf("%s/%s.txt", gate->words_folder, language);
    if (!words_add_file(gate->words, language, path, false, handle_bad_line, gate, &err) && err.code != ERROR_NONE)
        handle_bad_line(gate, err.text);
    free(path);
}

static void read_words_quietly(struct gate *gate)
{
    words_destroy(gate->words);
    gate->words = words_create();
    char **languages = gate->rules.languages ? gate->rules.languages : gate->show_languages;
    for (size_t i = 0; gate->words_folder && languages[i]; i++)
        add_list(gate, languages[i]);
    struct error err = {0};
    if (gate->own_words && !words_add_file(gate->words, "own", gate->own_words, true, handle_bad_line, gate, &err))
        handle_bad_line(gate, err.text);
    words_finish(gate->words);
    gate->counts.words = words_count(gate->words);
}

size_t gate_read_words(struct gate *gate)
{
    rules_read_bots(gate);
    read_words_quietly(gate);
    gate_look_again(gate);
    return gate->counts.words;
}

void gate_set(struct gate *gate, const json_t *settings, const char *const *languages, size_t language_count)
{
    json_decref(gate->settings);
    gate->settings = settings ? json_deep_copy(settings) : json_object();
    texts_free(gate->show_languages);
    gate->show_languages = texts_copy(languages, language_count);
    rules_fini_gate(&gate->rules);
    rules_read_gate(&gate->rules, gate->settings);
    gate_read_words(gate);
}

const json_t *gate_settings(const struct gate *gate)
{
    return gate->settings;
}

bool gate_find_word(const struct gate *gate, struct str text, struct gate_reason *reason)
{
    struct word_hit hit;
    if (words_find(gate->words, text, NULL, 0, &hit, 1) == 0)
        return false;
    *reason = (struct gate_reason){.from = hit.from, .to = hit.to};
    snprintf(reason->list, sizeof(reason->list), "%s", hit.list);
    snprintf(reason->category, sizeof(reason->category), "%s", hit.category);
    snprintf(reason->word, sizeof(reason->word), "%s", hit.word);
    return true;
}

bool gate_is_bad_name(const struct gate *gate, const struct message *message)
{
    struct gate_reason reason;
    return gate_find_word(gate, message->is.author.name, &reason) || gate_find_word(gate, message->is.author.login, &reason);
}

/* --- What is shown --- */

void gate_note_change(struct gate *gate)
{
    gate->is_changed = true;
    if (gate->options.changed)
        gate->options.changed(gate->options.data);
}

static struct lane *find_lane(struct gate *gate, struct str platform)
{
    for (size_t i = 0; i < gate->lane_count; i++) {
        if (str_equal(str_from(gate->lanes[i].platform), platform))
            return &gate->lanes[i];
    }
    gate->lanes = xreallocarray(gate->lanes, gate->lane_count + 1, sizeof(*gate->lanes));
    struct lane *lane = &gate->lanes[gate->lane_count++];
    *lane = (struct lane){.platform = xstrndup(platform.data, platform.len)};
    return lane;
}

static void note_shown(struct gate *gate, const struct message *message)
{
    gate->newest = message->id > gate->newest ? message->id : gate->newest;
}

void gate_show_line(struct gate *gate, struct message *message, bool is_name_withheld, bool is_allowed)
{
    struct lane *lane = find_lane(gate, message->is.platform);
    note_shown(gate, message);
    if (lane->count == GATE_LINES)
        gate_remove_line(lane, 0);
    lane->lines[lane->count++] = (struct gate_line){message_ref(message), ++gate->last_order, is_name_withheld, is_allowed};
}

void gate_show_event(struct gate *gate, struct message *message, uint64_t first, const struct held *how, int64_t passed_ms)
{
    note_shown(gate, message);
    if (gate->event_count == GATE_EVENTS)
        gate_remove_event(gate, 0);
    gate->events[gate->event_count++] = (struct gate_event){
        message_ref(message), first, ++gate->last_order, passed_ms, how->is_name_withheld, how->is_text_withheld};
}

bool gate_is_event(const struct message *message)
{
    enum message_kind kind = message->is.kind;
    return kind == MESSAGE_GIFT || kind == MESSAGE_MEMBERSHIP || kind == MESSAGE_RAID;
}

static bool same_streak(const struct message *a, const struct message *b)
{
    return a->is.native_id.len > 0 && str_equal(a->is.native_id, b->is.native_id) && str_equal(a->is.source, b->is.source);
}

/* Never 0. Who makes two alike only makes us compare them. */
static uint32_t streak_of(const struct message *message)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < message->is.native_id.len; i++)
        hash = (hash ^ (unsigned char)message->is.native_id.data[i]) * 16777619u;
    return hash ? hash : 1;
}

static void replace_message(struct message **place, struct message *message)
{
    message_ref(message);
    message_unref(*place);
    *place = message;
}

/*
 * The same gift, counted further: the alert that is there counts up, with the words that had passed. False: it is gone.
 */
static bool count_up(struct gate *gate, struct message *message)
{
    uint32_t streak = streak_of(message);
    for (size_t i = gate->held_count; i-- > 0;) {
        struct held *held = &gate->held[i];
        if (held->streak != streak || !same_streak(held->message, message))
            continue;
        held->is_text_withheld |= !str_equal(held->message->is.text, message->is.text);
        replace_message(&held->message, message);
        return true;
    }
    for (size_t i = gate->event_count; i-- > 0;) {
        struct gate_event *event = &gate->events[i];
        if (!same_streak(event->message, message))
            continue;
        event->is_text_withheld |= !str_equal(event->message->is.text, message->is.text);
        replace_message(&event->message, message);
        gate_note_change(gate);
        return true;
    }
    return false;
}

/* --- What comes --- */

/* One of many whom a batch was given to: the batch is the event. */
static bool is_received(const struct message *message)
{
    const char *event = message->is.kind == MESSAGE_MEMBERSHIP ? json_get_text(message->is.detail, "event") : NULL;
    return event && strcmp(event, "received") == 0;
}

static bool may_be_shown(const struct message *message)
{
    const struct message_draft *is = &message->is;
    if (is->is_history || message_is_control(message))
        return false;
    if (gate_is_event(message))
        return !is->is_foreign && !is_received(message);
    return (is->kind == MESSAGE_CHAT || is->kind == MESSAGE_ACTION) && is->text.len > 0;
}

void gate_catch(struct gate *gate, struct message *message, const struct gate_reason *reasons, size_t count)
{
    if (gate->caught_count == GATE_CAUGHT_MAX)
        gate_remove_caught(gate, 0);
    struct gate_caught *caught = xcalloc(1, sizeof(*caught));
    caught->message = message_ref(message);
    caught->reason_count = count;
    memcpy(caught->reasons, reasons, count * sizeof(*reasons));
    gate->caught[gate->caught_count++] = caught;
    gate->counts.caught++;
    gate->is_changed = true;
}

static int64_t hold_of(const struct gate *gate, const struct message *message)
{
    int64_t hold_ms = gate->options.hold_ms ? gate->options.hold_ms(gate->options.data, message->is.source) : -1;
    return hold_ms >= 0 ? hold_ms : gate->rules.hold_ms;
}

/* Many at once: a full list in a flood is not moved for every line. */
static void drop_oldest(struct gate *gate)
{
    size_t count = GATE_HELD_MAX / 16;
    for (size_t i = 0; i < count; i++)
        message_unref(gate->held[i].message);
    gate->held_count -= count;
    memmove(gate->held, gate->held + count, gate->held_count * sizeof(*gate->held));
}

static void push_held(struct gate *gate, const struct held *held)
{
    if (gate->held_count == GATE_HELD_MAX)
        drop_oldest(gate);
    if (gate->held_count == gate->held_capacity) {
        gate->held_capacity = gate->held_capacity ? gate->held_capacity * 2 : 256;
        gate->held = xreallocarray(gate->held, gate->held_capacity, sizeof(*gate->held));
    }
    gate->held[gate->held_count++] = *held;
}

static void hold(struct gate *gate, struct message *message, int64_t now_ms)
{
    struct gate_reason reasons[GATE_REASONS_MAX];
    size_t count = rules_look(gate, message, reasons);
    bool is_event = gate_is_event(message);
    if (count > 0)
        gate_catch(gate, message, reasons, count);
    if (count > 0 && !is_event)
        return;
    push_held(gate, &(struct held){.message = message_ref(message), .due_ms = now_ms + hold_of(gate, message),
                                   .streak = is_event ? streak_of(message) : 0,
                                   .is_text_withheld = count > 0, .is_name_withheld = gate_is_bad_name(gate, message)});
}

void gate_handle_message(struct gate *gate, struct message *message, const struct queue_gift *gift, int64_t now_ms)
{
    if (!gate->options.is_wanted || !may_be_shown(message))
        return;
    if (rules_ignore(gate, message)) {
        gate->counts.ignored++;
        return;
    }
    if (gift && gift->is_more && count_up(gate, message))
        return;
    hold(gate, message, now_ms);
}

/* --- What passes --- */

static void pass(struct gate *gate, const struct held *held)
{
    gate->counts.passed++;
    if (gate_is_event(held->message)) {
        gate_show_event(gate, held->message, held->message->id, held, clock_unix_ms());
    } else {
        gate_show_line(gate, held->message, held->is_name_withheld, false);
    }
}

/* Returns whether anything passed; *next_ms: when the next one is due. */
static bool pass_due(struct gate *gate, int64_t now_ms, int64_t *next_ms)
{
    size_t kept = 0, before = gate->held_count;
    for (size_t i = 0; i < before; i++) {
        struct held held = gate->held[i];
        if (held.due_ms <= now_ms) {
            pass(gate, &held);
            message_unref(held.message);
            continue;
        }
        if (*next_ms == 0 || held.due_ms < *next_ms)
            *next_ms = held.due_ms;
        gate->held[kept++] = held;
    }
    gate->held_count = kept;
    return kept < before;
}

/* An alert that has stood its time leaves the on-air state. Returns the monotonic time at which the next one does. */
static int64_t alert_end_ms(const struct gate *gate, int64_t now_ms)
{
    int64_t unix_ms = clock_unix_ms(), end_ms = 0;
    for (size_t i = 0; i < gate->event_count; i++) {
        int64_t left_ms = gate->events[i].passed_ms + GATE_ALERT_MS - unix_ms;
        if (left_ms > 0 && (end_ms == 0 || now_ms + left_ms < end_ms))
            end_ms = now_ms + left_ms;
    }
    return end_ms;
}

static void tell_caught(struct gate *gate)
{
    while (gate->told_count < gate->caught_count) {
        const struct gate_caught *caught = gate->caught[gate->told_count++];
        if (gate->options.caught)
            gate->options.caught(gate->options.data, caught);
    }
}

int64_t gate_update(struct gate *gate, int64_t now_ms)
{
    int64_t next_ms = 0;
    if (now_ms - gate->passed_ms < GATE_PASS_MS && gate->passed_ms != 0)
        return gate->held_count > 0 || gate->told_count < gate->caught_count ? gate->passed_ms + GATE_PASS_MS
                                                                              : alert_end_ms(gate, now_ms);
    if (pass_due(gate, now_ms, &next_ms)) {
        gate->passed_ms = now_ms;
        gate_note_change(gate);
    }
    tell_caught(gate);
    if (gate->is_changed)
        gate_save(gate);
    if (next_ms != 0 && next_ms < gate->passed_ms + GATE_PASS_MS)
        next_ms = gate->passed_ms + GATE_PASS_MS;
    int64_t end_ms = alert_end_ms(gate, now_ms);
    return end_ms != 0 && (next_ms == 0 || end_ms < next_ms) ? end_ms : next_ms;
}
