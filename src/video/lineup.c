#include "video/lineup.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum { SLOTS = 2 * STUDIO_OUTPUTS_MAX };  // those that go, beside those that come

/* A place of the list. */
struct slot {
    struct output *output;  // owned
    struct output *next;    // owned; takes its place when it is idle; NULL: none
    bool is_leaving;        // and none takes its place
    bool is_own_blank;      // it alone; the context's
};

struct lineup {
    struct lineup_options options;
    bool are_blank;         // the context's: every output that is no recording
    bool is_finishing;      // the context's

    GMutex lock;            // guards the rest; only the context's thread changes it, so that one may read without
    struct slot slots[SLOTS];
    size_t count;
    bool is_blank;          // what was ordered last of all
};

/* ---- Orders, carried out on the context's thread ---- */

enum verb { VERB_START, VERB_STOP, VERB_BLANK, VERB_DELAY, VERB_BLANK_ALL, VERB_SET, VERB_TIDY };

struct order {
    struct lineup *lineup;
    enum verb verb;
    char *name;                      // of the output
    int value;                       // on or off; ms
    struct output *created[STUDIO_OUTPUTS_MAX];  // VERB_SET: those that are new or changed, owned
    char *kept[STUDIO_OUTPUTS_MAX];  // names of those that stay as they are, owned
    size_t created_count, kept_count;
};

static gboolean carry_out(void *data);

static void free_order(void *data)
{
    struct order *order = data;
    for (size_t i = 0; i < order->created_count; i++)
        output_destroy(order->created[i]);
    for (size_t i = 0; i < order->kept_count; i++)
        free(order->kept[i]);
    free(order->name);
    free(order);
}

static struct order *make_order(struct lineup *lineup, enum verb verb, const char *name, int value)
{
    struct order *order = xcalloc(1, sizeof(*order));
    order->lineup = lineup;
    order->verb = verb;
    order->name = xstrdup(name);
    order->value = value;
    return order;
}

static void give(struct order *order)
{
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, carry_out, order, free_order);
    g_source_attach(source, order->lineup->options.outputs.context);
    g_source_unref(source);
}

static struct slot *find(struct lineup *lineup, const char *name)
{
    for (size_t i = 0; i < lineup->count; i++) {
        if (strcmp(output_name(lineup->slots[i].output), name) == 0)
            return &lineup->slots[i];
    }
    return NULL;
}

static void apply_blank(struct lineup *lineup, const struct slot *slot)
{
    bool is_hidden = lineup->are_blank && !output_is_recording(slot->output);
    output_set_blank(slot->output, slot->is_own_blank || is_hidden);
}

static void blank_all(struct lineup *lineup, bool are_blank)
{
    lineup->are_blank = are_blank;
    for (size_t i = 0; i < lineup->count; i++)
        apply_blank(lineup, &lineup->slots[i]);
}

static void blank_one(struct lineup *lineup, struct slot *slot, bool is_blank)
{
    slot->is_own_blank = is_blank;
    apply_blank(lineup, slot);
}

/* ---- The list changes; on the context's thread ---- */

static void handle_state(void *data, const char *name, enum studio_state state, const char *text)
{
    struct lineup *lineup = data;
    lineup->options.on_state(lineup->options.data, name, state, text);
    if (state == STUDIO_OFF)
        give(make_order(lineup, VERB_TIDY, NULL, 0));  // not now: the output is still telling
}

static void begin(struct lineup *lineup, const struct slot *slot)
{
    apply_blank(lineup, slot);
    if (!output_is_off(slot->output) && !lineup->is_finishing)
        output_start(slot->output);
}

static void drop_next(struct slot *slot)
{
    output_destroy(slot->next);
    slot->next = NULL;
}

static void leave(struct slot *slot)
{
    drop_next(slot);
    slot->is_leaving = true;
    output_stop(slot->output);
}

static void replace(struct lineup *lineup, struct slot *slot)
{
    g_mutex_lock(&lineup->lock);
    struct output *old = slot->output;
    slot->output = g_steal_pointer(&slot->next);
    slot->is_leaving = false;
    g_mutex_unlock(&lineup->lock);
    output_destroy(old);
    output_enlist(slot->output);
    begin(lineup, slot);
}

static void take_out(struct lineup *lineup, struct slot *slot)
{
    g_mutex_lock(&lineup->lock);
    struct output *old = slot->output;
    struct slot *last = &lineup->slots[lineup->count - 1];
    memmove(slot, slot + 1, (size_t)((char *)last - (char *)slot));
    *last = (struct slot){0};
    lineup->count--;
    g_mutex_unlock(&lineup->lock);
    output_destroy(old);
}

/* What is over makes room. */
static void tidy(struct lineup *lineup)
{
    for (size_t i = lineup->count; i-- > 0;) {
        struct slot *slot = &lineup->slots[i];
        if (!output_is_idle(slot->output) || lineup->is_finishing)
            continue;
        if (slot->next)
            replace(lineup, slot);
        else if (slot->is_leaving)
            take_out(lineup, slot);
    }
}

static struct slot *add(struct lineup *lineup, struct output *output)
{
    g_mutex_lock(&lineup->lock);
    struct slot *slot = &lineup->slots[lineup->count++];
    slot->output = output;
    g_mutex_unlock(&lineup->lock);
    output_enlist(output);
    return slot;
}

static bool is_in(const struct order *order, const char *name)
{
    for (size_t i = 0; i < order->kept_count; i++) {
        if (strcmp(order->kept[i], name) == 0)
            return true;
    }
    for (size_t i = 0; i < order->created_count; i++) {
        if (strcmp(output_name(order->created[i]), name) == 0)
            return true;
    }
    return false;
}

/* All are in the list before the first begins, so that each knows with whom it can share. */
static void set(struct lineup *lineup, struct order *order)
{
    for (size_t i = 0; i < lineup->count; i++) {
        if (!is_in(order, output_name(lineup->slots[i].output)))
            leave(&lineup->slots[i]);
    }
    size_t first = lineup->count;
    for (size_t i = 0; i < order->created_count; i++) {
        struct slot *slot = find(lineup, output_name(order->created[i]));
        if (!slot && lineup->count == SLOTS)
            continue;  // 32 outputs at a time; free_order() takes it back
        struct output *output = g_steal_pointer(&order->created[i]);
        if (!slot) {
            add(lineup, output);
            continue;
        }
        drop_next(slot);
        slot->next = output;
        output_stop(slot->output);
    }
    for (size_t i = first; i < lineup->count; i++)
        begin(lineup, &lineup->slots[i]);
    tidy(lineup);
}

static void carry_out_one(struct lineup *lineup, const struct order *order)
{
    struct slot *slot = find(lineup, order->name);
    if (!slot || slot->is_leaving || (slot->next && order->verb == VERB_START))
        return;  // it goes, or what takes its place begins by itself
    switch (order->verb) {
    case VERB_START:
        blank_one(lineup, slot, false);
        output_start(slot->output);
        break;
    case VERB_STOP: output_stop(slot->output); break;
    case VERB_BLANK: blank_one(lineup, slot, order->value); break;
    case VERB_DELAY: output_set_delay(slot->output, order->value); break;
    default: break;
    }
}

static gboolean carry_out(void *data)
{
    struct order *order = data;
    switch (order->verb) {
    case VERB_BLANK_ALL: blank_all(order->lineup, order->value); break;
    case VERB_SET: set(order->lineup, order); break;
    case VERB_TIDY: tidy(order->lineup); break;
    default: carry_out_one(order->lineup, order); break;
    }
    return G_SOURCE_REMOVE;
}

/* ---- The door ---- */

struct lineup *lineup_create(const struct lineup_options *options)
{
    struct lineup *lineup = xcalloc(1, sizeof(*lineup));
    lineup->options = *options;
    lineup->options.outputs.data = lineup;
    lineup->options.outputs.on_state = handle_state;
    g_mutex_init(&lineup->lock);
    return lineup;
}

void lineup_destroy(struct lineup *lineup)
{
    if (!lineup)
        return;
    for (size_t i = 0; i < lineup->count; i++) {
        output_destroy(lineup->slots[i].next);
        output_destroy(lineup->slots[i].output);
    }
    g_mutex_clear(&lineup->lock);
    free(lineup);
}

static bool is_kept(struct lineup *lineup, const struct studio_output_options *options)
{
    g_mutex_lock(&lineup->lock);
    const struct slot *slot = find(lineup, options->name);
    bool is_same = slot && !slot->next && !slot->is_leaving && output_is_as(slot->output, options);
    g_mutex_unlock(&lineup->lock);
    return is_same;
}

static bool prepare(struct lineup *lineup, struct order *order, const struct studio_output_options *options,
    struct error *err)
{
    if (is_in(order, options->name))
        return error_set(err, ERROR_DATA, "two outputs are called \"%s\"; names must differ", options->name);
    if (is_kept(lineup, options)) {
        order->kept[order->kept_count++] = xstrdup(options->name);
        return true;
    }
    struct output_options created = lineup->options.outputs;
    created.is = *options;
    struct output *output = output_create(&created, err);
    if (output)
        order->created[order->created_count++] = output;
    return output != NULL;
}

bool lineup_set(struct lineup *lineup, const struct studio_output_options *outputs, size_t count, struct error *err)
{
    if (count > STUDIO_OUTPUTS_MAX)
        return error_set(err, ERROR_DATA, "%zu outputs: %d at most", count, STUDIO_OUTPUTS_MAX);
    struct order *order = make_order(lineup, VERB_SET, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        if (!prepare(lineup, order, &outputs[i], err)) {
            free_order(order);
            return false;
        }
    }
    give(order);
    return true;
}

static bool order_one(struct lineup *lineup, enum verb verb, const char *name, int value, struct error *err)
{
    g_mutex_lock(&lineup->lock);
    const struct slot *slot = find(lineup, name);
    bool is_there = slot && !(slot->is_leaving && !slot->next);
    g_mutex_unlock(&lineup->lock);
    if (!is_there)
        return error_set(err, ERROR_DATA, "there is no output \"%s\"", name);
    give(make_order(lineup, verb, name, value));
    return true;
}

bool lineup_start(struct lineup *lineup, const char *name, struct error *err)
{
    return order_one(lineup, VERB_START, name, 0, err);
}

bool lineup_stop(struct lineup *lineup, const char *name, struct error *err)
{
    return order_one(lineup, VERB_STOP, name, 0, err);
}

bool lineup_blank(struct lineup *lineup, const char *name, bool is_blank, struct error *err)
{
    return order_one(lineup, VERB_BLANK, name, is_blank, err);
}

bool lineup_delay(struct lineup *lineup, const char *name, int delay_ms, struct error *err)
{
    if (delay_ms < 0 || delay_ms > STUDIO_DELAY_MAX_MS)
        return error_set(err, ERROR_DATA, "a delay of %d ms: expected 0 to %d", delay_ms, STUDIO_DELAY_MAX_MS);
    g_mutex_lock(&lineup->lock);
    const struct slot *slot = find(lineup, name);
    bool is_possible = delay_ms == 0 || !slot || output_can_delay(slot->output);
    g_mutex_unlock(&lineup->lock);
    if (!is_possible)
        return error_set(err, ERROR_DATA, "output \"%s\" has no delay: pictures wait coded only", name);
    return order_one(lineup, VERB_DELAY, name, delay_ms, err);
}

void lineup_blank_all(struct lineup *lineup, bool is_blank)
{
    g_mutex_lock(&lineup->lock);
    lineup->is_blank = is_blank;
    g_mutex_unlock(&lineup->lock);
    give(make_order(lineup, VERB_BLANK_ALL, NULL, is_blank));
}

const char *lineup_next_showing(struct lineup *lineup, const struct rendition *rendition, size_t *at)
{
    while (*at < lineup->count) {
        const struct output *output = lineup->slots[(*at)++].output;
        if (output_shows(output, rendition))
            return output_name(output);
    }
    return NULL;
}

void lineup_finish(struct lineup *lineup)
{
    lineup->is_finishing = true;
    for (size_t i = 0; i < lineup->count; i++)
        output_stop(lineup->slots[i].output);
}

bool lineup_is_idle(struct lineup *lineup)
{
    bool is_idle = true;
    g_mutex_lock(&lineup->lock);
    for (size_t i = 0; i < lineup->count; i++)
        is_idle = is_idle && output_is_idle(lineup->slots[i].output);
    g_mutex_unlock(&lineup->lock);
    return is_idle;
}

size_t lineup_get_health(struct lineup *lineup, struct studio_output_health *outputs, bool *is_blank)
{
    size_t count = 0;
    g_mutex_lock(&lineup->lock);
    *is_blank = lineup->is_blank;
    for (size_t i = 0; i < lineup->count && count < STUDIO_OUTPUTS_MAX; i++) {
        if (!lineup->slots[i].is_leaving)
            output_get_health(lineup->slots[i].output, &outputs[count++]);
    }
    g_mutex_unlock(&lineup->lock);
    return count;
}
