#include "relay/on_air.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "relay/journal.h"
#include "relay/on_air_private.h"
#include "relay/polls.h"
#include "relay/questions.h"

/* "57 {…}": in one text, because a commit may part two. */
#define STATE_KEY "on_air:state"

/*
 * After a restart the first change skips ahead by a random number up to this: what the run before told last may not have
 * been committed, nor what the one before that told, and a revision never names two states.
 */
#define RESTART_SKIP (UINT64_C(1) << 32)

/* A card waits for the journal. */
struct ticket {
    struct list link;  // in on_air.tickets
    struct on_air *on_air;
    struct on_air_slot *slot;
    uint64_t id;
};

static char **copy_texts(const char *const *texts, size_t count)
{
    char **copy = xcalloc(count + 1, sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = xstrdup(texts[i]);
    return copy;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++)
        free(texts[i]);
    free(texts);
}

static void copy_views(struct on_air *on_air, const struct on_air_view *views, size_t count)
{
    static const struct on_air_view usual = {.name = "main"};
    if (count == 0) {
        views = &usual;
        count = 1;
    }
    on_air->views = xcalloc(count, sizeof(*on_air->views));
    on_air->view_count = count;
    on_air->holding_since_ms = xcalloc(count, sizeof(*on_air->holding_since_ms));
    for (size_t i = 0; i < count; i++) {
        struct on_air_view *view = &on_air->views[i];
        *view = views[i];
        view->name = xstrdup(views[i].name);
        view->languages = (const char *const *)copy_texts(views[i].languages, views[i].language_count);
        view->platforms = (const char *const *)copy_texts(views[i].platforms, views[i].platform_count);
    }
}

/* --- Revision --- */

static void set_revision(struct on_air *on_air)
{
    snprintf(on_air->revision, sizeof(on_air->revision), "%s:%" PRIu64, on_air->epoch, on_air->count);
}

static void save(const struct on_air *on_air)
{
    if (!on_air->options.journal)
        return;
    char *text = xasprintf("%" PRIu64 " %s", on_air->count, on_air->json);
    journal_set_state(on_air->options.journal, STATE_KEY, text);
    free(text);
}

static void load(struct on_air *on_air)
{
    if (!on_air->options.journal) {
        snprintf(on_air->epoch, sizeof(on_air->epoch), "%06" PRIx64, random_below(1 << 24));
        return;
    }
    snprintf(on_air->epoch, sizeof(on_air->epoch), "%s", journal_epoch(on_air->options.journal));
    const char *state = journal_state(on_air->options.journal, STATE_KEY);
    const char *json = state ? strchr(state, ' ') : NULL;
    on_air->count = state ? strtoull(state, NULL, 10) : 0;
    on_air->skip = state ? random_below(RESTART_SKIP) : 0;
    on_air->json = xstrdup(json ? json + 1 : "");
    on_air->is_blank = on_air_json_is_blank(on_air->json);
    on_air_load_holding(on_air);
}

struct on_air *on_air_create(const struct on_air_options *options, struct error *err)
{
    struct on_air *on_air = xcalloc(1, sizeof(*on_air));
    on_air->options = *options;
    list_init(&on_air->tickets);
    copy_views(on_air, options->views, options->view_count);
    on_air->views_json = on_air_make_views_json(on_air);
    load(on_air);
    set_revision(on_air);
    // What the journal gave back is in the journal.
    const struct question *question = questions_on_air(options->questions);
    const struct poll *poll = polls_on_air(options->polls);
    on_air->question.shown = question ? question->id : 0;
    on_air->poll.shown = poll ? poll->id : 0;
    on_air_update(on_air, clock_unix_ms());
    return on_air;
}

void on_air_destroy(struct on_air *on_air)
{
    if (!on_air)
        return;
    for (size_t i = 0; i < on_air->view_count; i++) {
        free((char *)on_air->views[i].name);
        free_texts((char **)on_air->views[i].languages, on_air->views[i].language_count);
        free_texts((char **)on_air->views[i].platforms, on_air->views[i].platform_count);
    }
    struct ticket *ticket, *next;
    list_for_each_safe(ticket, next, &on_air->tickets, link)  // the journal closes without giving its answers
        free(ticket);
    free(on_air->views);
    free(on_air->holding_since_ms);
    free(on_air->json);
    free(on_air->views_json);
    free(on_air);
}

/* --- Waiting for the journal --- */

static void handle_durable(void *data)
{
    struct ticket *ticket = data;
    struct on_air *on_air = ticket->on_air;
    if (ticket->slot->waiting == ticket->id) {
        ticket->slot->waiting = 0;
        ticket->slot->durable = ticket->id;
    }
    list_remove(&ticket->link);
    free(ticket);
    on_air_update(on_air, clock_unix_ms());
}

static void wait_durable(struct on_air *on_air, struct on_air_slot *slot, uint64_t id)
{
    if (!on_air->options.journal) {
        slot->durable = id;
        return;
    }
    struct ticket *ticket = xmalloc(sizeof(*ticket));
    *ticket = (struct ticket){.on_air = on_air, .slot = slot, .id = id};
    list_append(&on_air->tickets, &ticket->link);
    slot->waiting = id;
    slot->since_ms = clock_monotonic_ms();
    journal_when_durable(on_air->options.journal, handle_durable, ticket);
}

/*
 * The card that is wanted and the one that shows. One that is new waits for the journal; the one before it stays until
 * then if `may_stay`, so that nothing blinks between them.
 */
static void settle(struct on_air *on_air, struct on_air_slot *slot, uint64_t wanted, bool may_stay)
{
    if (wanted == slot->shown) {
        slot->waiting = 0;
        return;
    }
    if (wanted != slot->waiting)
        slot->waiting = 0;
    if (wanted != 0 && slot->durable != wanted && slot->waiting != wanted)
        wait_durable(on_air, slot, wanted);
    if (slot->waiting != 0 && clock_monotonic_ms() - slot->since_ms >= ON_AIR_PATIENCE_MS) {
        slot->durable = wanted;
        if (on_air->options.late)
            on_air->options.late(on_air->options.data);
    }
    if (wanted == 0 || slot->durable == wanted) {
        slot->shown = wanted;
        slot->waiting = slot->durable = 0;
    } else if (!may_stay) {
        slot->shown = 0;
    }
}

static void settle_all(struct on_air *on_air)
{
    const struct question *wanted = questions_on_air(on_air->options.questions);
    const struct question *shown = questions_find(on_air->options.questions, on_air->question.shown);
    settle(on_air, &on_air->question, wanted ? wanted->id : 0, shown && shown->state != QUESTION_DISMISSED);
    const struct poll *poll = polls_on_air(on_air->options.polls);
    settle(on_air, &on_air->poll, poll ? poll->id : 0, polls_find(on_air->options.polls, on_air->poll.shown) != NULL);
}

void on_air_update(struct on_air *on_air, int64_t now_ms)
{
    settle_all(on_air);
    char *json = on_air_make_json(on_air, now_ms);
    if (on_air->json && strcmp(json, on_air->json) == 0) {
        free(json);
        return;
    }
    free(on_air->json);
    on_air->json = json;
    on_air->count += 1 + on_air->skip;
    on_air->skip = 0;
    set_revision(on_air);
    save(on_air);
    on_air->options.changed(on_air->options.data);
}

bool on_air_is_waiting(const struct on_air *on_air)
{
    return on_air->question.waiting != 0 || on_air->poll.waiting != 0;
}

void on_air_set_blank(struct on_air *on_air, bool is_blank, int64_t now_ms)
{
    on_air->is_blank = is_blank;
    on_air_update(on_air, now_ms);
}

bool on_air_is_blank(const struct on_air *on_air)
{
    return on_air->is_blank;
}

const char *on_air_revision(const struct on_air *on_air)
{
    return on_air->revision;
}

struct str on_air_json(const struct on_air *on_air)
{
    return str_from(on_air->json);
}

struct str on_air_views_json(const struct on_air *on_air)
{
    return str_from(on_air->views_json);
}
