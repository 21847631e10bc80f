/* What a connector says goes to intake, journal and listener; a chat that says nothing any more is noticed here. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/intake.h"
#include "relay/journal.h"
#include "relay/sources_inside.h"

enum { TELL_PAUSE_MS = 1000, SKEW_MS = 5000, SILENCE_MS = 60 * 1000, ARRIVALS_A_SILENCE = 60 };

void source_tell(struct source *source)
{
    const struct sources_options *options = &source->owner->options;
    source->told_messages = source->health.messages;
    source->has_news = false;
    source->usual_interval_ms = pace_usual_ms(&source->pace);
    if (options->on_changed)
        options->on_changed(options->data, source);
}

/* ---- Silence ---- */

static int64_t silence_ms(const struct source *source)
{
    int64_t given = source->owner->options.silence_ms;
    return given > 0 ? given : SILENCE_MS;
}

static void refresh_and_tell(struct source *source)
{
    if (source->connector)
        source_take_health(source, connector_health(source->connector));
    source_tell(source);
}

static void say_silent(struct source *source, int64_t quiet_ms)
{
    const struct sources_options *options = &source->owner->options;
    int64_t usual_ms = pace_usual_ms(&source->pace);
    char usual[32], text[200];
    snprintf(usual, sizeof(usual), usual_ms < 10000 ? "%.1f s" : "%.0f s", (double)usual_ms / 1000);
    snprintf(text, sizeof(text), "nothing has come for %" PRId64 " s, usually something comes every %s; the connection seems alive: "
             "look at the chat itself", (quiet_ms + 500) / 1000, usual);
    log_warn("relay/sources", "%s: %s", source->id, text);
    if (options->on_notice)
        options->on_notice(options->data, "warn", source->id, text);
}

static void start_silence(struct source *source);

static void handle_silence(void *data)
{
    struct source *source = data;
    int64_t now_ms = clock_monotonic_ms(), due_ms = pace_silent_at_ms(&source->pace, silence_ms(source));
    if (due_ms == 0 || source->silent_since_ms != 0)
        return;
    if (due_ms > now_ms) {
        start_silence(source);
        return;
    }
    int64_t quiet_ms = now_ms - source->pace.since_ms;
    source->silent_since_ms = clock_unix_ms() - quiet_ms;
    say_silent(source, quiet_ms);
    refresh_and_tell(source);
}

/* One timer a silence, not one a message: when it is due, it looks how much later it should have been. */
static void start_silence(struct source *source)
{
    int64_t due_ms = pace_silent_at_ms(&source->pace, silence_ms(source));
    int64_t wait_ms = due_ms - clock_monotonic_ms();
    if (source->owner->options.loop && due_ms != 0 && !timer_is_running(&source->silence))
        timer_start(&source->silence, wait_ms > 0 ? wait_ms : 0);
}

static void end_silence(struct source *source)
{
    if (source->silent_since_ms == 0)
        return;
    source->silent_since_ms = 0;
    refresh_and_tell(source);
}

void source_watch(struct source *source)
{
    source->pace.together_ms = silence_ms(source) / ARRIVALS_A_SILENCE;
    if (source->owner->options.loop)
        timer_init(&source->silence, source->owner->options.loop, handle_silence, source);
}

/* Only who is live can be silent: on the way back, nothing is expected. */
static void watch_state(struct source *source, bool was_live)
{
    bool is_live = source->health.state == CONNECTOR_LIVE;
    if (is_live == was_live)
        return;
    source->silent_since_ms = 0;
    if (is_live) {
        pace_begin(&source->pace, clock_monotonic_ms());
        start_silence(source);
    } else {
        pace_pause(&source->pace);
        timer_stop(&source->silence);
    }
}

/* ---- Clocks ---- */

/* Whose clock is wrong cannot be seen from here; a slow way counts as well. Said once in either direction. */
static void watch_skew(struct source *source)
{
    const struct sources_options *options = &source->owner->options;
    const struct connector_health *health = &source->health;
    int64_t size_ms = health->has_skew ? llabs((long long)health->skew_ms) : 0;
    bool is_skewed = size_ms > (source->is_skewed ? SKEW_MS / 2 : SKEW_MS);
    if (is_skewed == source->is_skewed)
        return;
    source->is_skewed = is_skewed;
    if (!is_skewed)
        return;
    char text[200];
    snprintf(text, sizeof(text), "its messages are stamped %.1f s %s our clock: is this machine's clock set by the network "
             "(timedatectl), or does the platform deliver late?", (double)size_ms / 1000, health->skew_ms > 0 ? "behind" : "ahead of");
    log_warn("relay/sources", "%s: %s", source->id, text);
    if (options->on_notice)
        options->on_notice(options->data, "warn", source->id, text);
}

int64_t source_budget_empty_ms(const struct source *source)
{
    const struct connector_budget *budget = &source->health.budget;
    int64_t left_ms = budget->limit > 0 ? budget_empty_in_ms(&source->budget, clock_monotonic_ms()) : -1;
    bool is_full_before = left_ms >= 0 && budget->resets_ms > 0 && clock_unix_ms() + left_ms > budget->resets_ms;
    return is_full_before && left_ms > 0 ? -1 : left_ms;
}

/* Backfill says nothing about the pace of the chat. */
static void note_pace(struct source *source, const struct message *message)
{
    if (message->is.is_history)
        return;
    pace_add(&source->pace, clock_monotonic_ms());
    end_silence(source);
    start_silence(source);
}

/* ---- What connectors say ---- */

void source_take_health(struct source *source, const struct connector_health *health)
{
    bool was_live = source->health.state == CONNECTOR_LIVE;
    char *text = xstrdup(health->text ? health->text : ""), *remedy = xstrdup(health->remedy ? health->remedy : "");
    source->health = *health;
    free(source->text);
    free(source->remedy);
    source->health.text = source->text = text;
    source->health.remedy = source->remedy = remedy;
    if (health->budget.limit > 0)
        budget_note(&source->budget, clock_monotonic_ms(), health->budget.left);
    watch_state(source, was_live);
    watch_skew(source);
}

void source_tell_counts(void *data)
{
    struct sources *sources = data;
    struct source *source;
    list_for_each(source, &sources->list, link) {
        if (source->connector)
            source_take_health(source, connector_health(source->connector));
        if (source->health.messages != source->told_messages || source->has_news)
            source_tell(source);
    }
}

void source_tell_later(struct source *source)
{
    struct sources *sources = source->owner;
    source->has_news = true;
    if (sources->options.loop && !timer_is_running(&sources->tell))
        timer_start(&sources->tell, TELL_PAUSE_MS);
}

void source_handle_health(void *data, const struct connector_health *health)
{
    struct source *source = data;
    source_take_health(source, health);
    source_tell(source);
}

void source_handle_message(void *data, struct message *message)
{
    struct source *source = data;
    struct sources *sources = source->owner;
    bool is_removal = message->is.kind == MESSAGE_DELETE || message->is.kind == MESSAGE_BAN;
    int64_t started_ns = is_removal ? clock_monotonic_ns() : 0;
    note_pace(source, message);
    enum intake_result result = intake_push(sources->options.intake, message);
    if (is_removal && result == INTAKE_TAKEN)
        source_note_removal(source, message, started_ns);
    source->duplicates += result == INTAKE_DUPLICATE;
    // A key that looks known is known, but for one hash in 2^44: a sender at the door need not wait for the journal.
    if (result == INTAKE_DUPLICATE || result == INTAKE_HELD)
        connector_note_repeat(source->connector);
    if (sources->options.loop && !timer_is_running(&sources->tell))
        timer_start(&sources->tell, TELL_PAUSE_MS);
}

void source_handle_duplicate(void *data, const struct message *message)
{
    struct sources *sources = data;
    struct source *source;
    list_for_each(source, &sources->list, link)
        source->duplicates += str_equal(str_from(source->id), message->is.source);
}

void source_handle_gap(void *data, int64_t from_ms, int64_t to_ms, const char *reason)
{
    struct source *source = data;
    source->gaps++;
    source->gaps_ms += to_ms - from_ms;
    journal_add_gap(source->owner->options.journal, &(struct journal_gap){source->id, from_ms, to_ms, reason});
}

void source_handle_result(void *data, const struct connector_result *result)
{
    struct source *source = data;
    const struct sources_options *options = &source->owner->options;
    if (options->on_result)
        options->on_result(options->data, source, result);
}

void source_handle_cursor(void *data, const char *cursor)
{
    struct source *source = data;
    journal_set_cursor(source->owner->options.journal, source->id, cursor);
}

void source_handle_caption(void *data, const struct connector_caption *caption)
{
    struct source *source = data;
    const struct sources_options *options = &source->owner->options;
    if (options->on_caption)
        options->on_caption(options->data, source, caption);
}
