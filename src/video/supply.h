/*
 * supply.h - what an output is given to send: packets of its rendition, delayed, from a key frame on, without a gap or a
 * step back where it goes over to another picture (blank, shown again, another delay).
 *
 * What waits, waits here: the output's pipeline gets a fraction of a second at a time. A peer that is behind for too
 * long loses whole groups of pictures, the oldest first, and the last that are kept are the newest.
 *
 * Thread: the context's, except supply_get_health() and supply_get_times() (any).
 */
#pragma once

#include <glib.h>
#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

#include "video/caption_times.h"
#include "video/rendition.h"

struct supply;

struct supply_options {
    const struct program *program;  // borrowed, as the next three
    struct pump *pump;
    struct renditions *renditions;
    GMainContext *context;
    struct rendition_key key;       // texts borrowed
    int64_t delay_ns;
    int64_t patience_ns;            // how far a peer may be behind
};

struct supply_health {
    bool is_flowing;   // the pipeline got picture and sound since supply_open()
    uint64_t dropped;  // left out since supply_create()
    uint64_t skipped;  // of these, because the peer was slow
    struct rendition_health rendition;  // the one that is wanted; sharers 0: none is subscribed
};

struct supply *supply_create(const struct supply_options *options);
void supply_destroy(struct supply *supply);  // closed before; accepts NULL

/*
 * From the next key frame on the pipeline's appsrcs "video" and "audio" (if there is one) are fed; it takes references.
 * Timestamps begin at 0.
 */
void supply_open(struct supply *supply, GstElement *pipeline);

/* Feeds no more. ends: what is due and the end go to the appsrcs. What waits for its delay goes on waiting. */
void supply_close(struct supply *supply, bool ends);

/* Nobody subscribes any more, and what waited is forgotten. */
void supply_leave(struct supply *supply);

/* At once: nothing of the other picture that waits is sent. Back: at a key frame that is due. */
void supply_set_blank(struct supply *supply, bool is_blank);

/* Longer: the holding picture fills the time. Shorter: what waits too long is left out. */
void supply_set_delay(struct supply *supply, int64_t delay_ns);

/* Whether pictures of this rendition are being sent, or wait for their delay. */
bool supply_sends(struct supply *supply, const struct rendition *rendition);

void supply_get_health(struct supply *supply, struct supply_health *health);

/* Which program time the pipeline's times show since supply_open(), and the time up to which it was fed. Any thread. */
void supply_get_times(struct supply *supply, struct caption_times *times, int64_t *until_ns);
