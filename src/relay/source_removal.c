/* How fast is gone what a platform took back. */
#include <string.h>

#include "base/clock.h"
#include "chat/message.h"
#include "relay/sources_inside.h"

/*
 * From the platform's own time of it until we had it. skew_ms holds the shortest way of a message, so this is what came on
 * top of that: a slow frame, a page that is polled. What is sent again after a gap happened while we were away. -1: not known.
 */
static int64_t way_us(const struct source *source, const struct message *message)
{
    // Read afresh: the source takes it over once a second only.
    const struct connector_health *health = source->connector ? connector_health(source->connector) : &source->health;
    if (message->is.time_ms == 0 || !health->has_skew || message->is.is_history)
        return -1;
    int64_t way_ms = message->received_ms - message->is.time_ms - health->skew_ms;
    return way_ms > 0 ? way_ms * 1000 : 0;
}

void source_note_removal(struct source *source, const struct message *message, int64_t started_ns)
{
    const struct sources_options *options = &source->owner->options;
    int64_t since_us = way_us(source, message);
    delays_add(&source->removal.lists, (clock_monotonic_ns() - started_ns) / 1000);
    if (since_us >= 0)
        delays_add(&source->removal.way, since_us);
    source->removal.at_ms = message->received_ms;
    source_tell_later(source);
    if (options->on_removal)
        options->on_removal(options->data, source, started_ns, since_us);
}

void sources_note_off_air(struct sources *sources, const char *id, int64_t took_us, int64_t since_us)
{
    struct source *source;
    list_for_each(source, &sources->list, link) {
        if (strcmp(source->id, id) != 0)
            continue;
        delays_add(&source->removal.off_air, took_us);
        if (since_us >= 0)
            delays_add(&source->removal.whole, since_us + took_us);
        source_tell_later(source);
    }
}
