/*
 * rendition_inside.h - what a rendition is made of. Behind the door of rendition.h; shared by rendition.c (one of them)
 * and renditions.c (who gets which).
 */
#pragma once

#include "video/preview.h"
#include "video/pump.h"
#include "video/rendition.h"

struct renditions {
    struct renditions_options options;
    struct list list;    // rendition.link
    GPtrArray *wishes;   // of const struct rendition_key, borrowed
    bool is_watched;
};

struct rendition {
    struct list link;    // in renditions.list while it has sharers
    struct renditions *set;
    struct rendition_key key;
    char *view, *frame_socket, *captions;  // owned, behind the key
    bool may_lag;                  // a second behind, rather than a picture lost
    unsigned burials;              // under way; of a pipeline that hangs it may never end
    unsigned restarts;
    gint64 since_us;               // when it was built last
    GSource *bus_watch, *timer, *watch;
    struct pump_sink pump_sink;    // in the pump while a pipeline runs
    struct encode_meter *meter;    // owned, as the next
    struct preview *preview;

    GMutex lock;                   // guards down to the next blank line; never held while a sink is called
    unsigned sharers;
    const char *encoder;
    GstElement *pipeline;          // owned; NULL while none runs
    struct caption_data *caption_data;  // of the pipeline; NULL: none
    GstElement *sources[PACKET_KINDS];  // owned
    uint64_t first_tick;
    int64_t first_sample;          // negative: not known yet
    uint64_t pushed, sent, dropped_before;  // pictures; sent (atomic) left the appsrc, dropped_before: by earlier pipelines
    uint64_t next_tick;            // after the last whose picture was pushed
    bool has_output;               // the pipeline's first picture has come
    int64_t key_asked_ns;          // before that; negative: not
    unsigned unanswered;           // pictures that were pushed since the last came out
    char trouble[256];

    GMutex sinks_lock;
    struct list sinks;             // rendition_sink.link
};

/* Builds and starts it; the first picture is that of the tick at or after from_ns. */
void rendition_begin(struct rendition *rendition, int64_t from_ns);

void rendition_handle_tick(struct pump_sink *sink, const struct pump_tick *tick);

/* Ends what runs and frees it, now or when the pipeline is buried. No sink is left. */
void rendition_end(struct rendition *rendition);

void rendition_free(struct rendition *rendition);
