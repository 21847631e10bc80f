/*
 * The sources' figures: one family a figure, one line a source, "source" its id and "platform" the word before the colon.
 * A source is one configured connection, so there are at most 64 lines a family.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "api/api_private.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "relay/sources.h"

static double state_of(const struct source *source) { return source->health.state; }
static double is_live(const struct source *source) { return source->health.state == CONNECTOR_LIVE; }
static double is_silent(const struct source *source) { return source->silent_since_ms > 0; }
static double messages(const struct source *source) { return (double)source->health.messages; }
static double duplicates(const struct source *source) { return (double)source->duplicates; }
static double dropped(const struct source *source) { return (double)source->health.dropped; }
static double reconnects(const struct source *source) { return (double)source->health.reconnects; }
static double gaps(const struct source *source) { return (double)source->gaps; }
static double gap_seconds(const struct source *source) { return (double)source->gaps_ms / 1000; }

static double last_message(const struct source *source)
{
    return source->health.last_message_ms > 0 ? (double)source->health.last_message_ms / 1000 : NAN;
}

static double interval(const struct source *source)
{
    return source->usual_interval_ms > 0 ? (double)source->usual_interval_ms / 1000 : NAN;
}

static double budget_left(const struct source *source)
{
    return source->health.budget.limit > 0 ? (double)source->health.budget.left : NAN;
}

static double budget_limit(const struct source *source)
{
    return source->health.budget.limit > 0 ? (double)source->health.budget.limit : NAN;
}

static double budget_empty(const struct source *source)
{
    int64_t empty_ms = source_budget_empty_ms(source);
    return empty_ms >= 0 ? (double)empty_ms / 1000 : NAN;
}

static double skew(const struct source *source)
{
    return source->health.has_skew ? (double)source->health.skew_ms / 1000 : NAN;
}

/* In seconds; not known before the first. */
static double median_of(const struct delays *delays)
{
    return delays->count > 0 ? (double)delays_median_us(delays) / 1e6 : NAN;
}

static double worst_of(const struct delays *delays)
{
    return delays->count > 0 ? (double)delays->worst_us / 1e6 : NAN;
}

static double removals(const struct source *source) { return (double)source->removal.lists.count; }
static double removal(const struct source *source) { return median_of(&source->removal.lists); }
static double removal_worst(const struct source *source) { return worst_of(&source->removal.lists); }
static double off_air(const struct source *source) { return median_of(&source->removal.off_air); }
static double off_air_worst(const struct source *source) { return worst_of(&source->removal.off_air); }
static double removal_way(const struct source *source) { return median_of(&source->removal.way); }

/* A figure that is not known (NAN) has no line. */
static const struct family {
    const char *name, *type, *help;
    double (*value)(const struct source *source);
} families[] = {
    {"source_state", "gauge", "0 off, 1 connecting, 2 live, 3 waiting, 4 failed.", state_of},
    {"source_live", "gauge", "1 while messages come as they are written.", is_live},
    {"source_silent", "gauge", "1 while it is live and nothing has come for far longer than usual.", is_silent},
    {"source_messages_total", "counter", "Messages delivered by this source.", messages},
    {"source_duplicates_total", "counter", "Messages of this source that came again and were dropped.", duplicates},
    {"source_dropped_total", "counter", "Frames that could not be read, or are quarantined.", dropped},
    {"source_reconnects_total", "counter", "Times it was live again.", reconnects},
    {"source_gaps_total", "counter", "Times messages were lost, or may have been.", gaps},
    {"source_gap_seconds_total", "counter", "How long these gaps were, together.", gap_seconds},
    {"source_last_message_timestamp_seconds", "gauge", "Unix time of the last message.", last_message},
    {"source_budget_left", "gauge", "What is left of what the platform allows.", budget_left},
    {"source_budget_limit", "gauge", "What the platform allows.", budget_limit},
    {"source_budget_empty_seconds", "gauge", "Until nothing is left, at the pace of the last quarter of an hour.", budget_empty},
    {"source_removals_total", "counter", "What its platform deleted or banned.", removals},
    {"source_removal_seconds", "gauge", "From the receipt of that until all lists are rid of it: the median.", removal},
    {"source_removal_worst_seconds", "gauge", "The same: the worst of this run.", removal_worst},
    {"source_off_air_seconds", "gauge", "From the receipt until the overlays have painted without it: the median.", off_air},
    {"source_off_air_worst_seconds", "gauge", "The same: the worst of this run.", off_air_worst},
    {"source_removal_way_seconds", "gauge", "From the platform's own time of it to the receipt, clocks compared: the median.", removal_way},
    {"source_skew_seconds", "gauge", "Our clock less the platform's, with the shortest way of a message.", skew},
    {"source_interval_seconds", "gauge", "The usual time between two messages.", interval},
};

struct writing {
    const struct family *family;
    struct buffer *out;
};

static void add_line(void *data, const struct source *source)
{
    const struct writing *writing = data;
    struct buffer *out = writing->out;
    double value = writing->family->value(source);
    if (isnan(value))
        return;
    buffer_printf(out, "antiphon_%s{", writing->family->name);
    metrics_add_label(out, "source", source->id);
    buffer_add_char(out, ',');
    metrics_add_label(out, "platform", source->platform);
    buffer_printf(out, "} %.17g\n", value);
}

void metrics_write_sources(const struct sources *sources, struct buffer *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(families); i++) {
        const struct family *family = &families[i];
        buffer_printf(out, "# HELP antiphon_%s %s\n# TYPE antiphon_%s %s\n", family->name, family->help, family->name,
                      family->type);
        sources_each(sources, add_line, &(struct writing){family, out});
    }
}
