/*
 * output_inside.h - what an output is made of. Behind the door of output.h; shared by output.c (its life), output_wish.c
 * (what is wanted of it) and output_watch.c (how it goes).
 */
#pragma once

#include <gst/gst.h>

#include "video/address.h"
#include "video/output.h"
#include "video/rendition.h"

struct error;
struct hls;
struct sidecar;
struct supply;

enum { OUTPUT_WATCH_MS = 500 };

enum output_phase {
    PHASE_IDLE,
    PHASE_RUNNING,
    PHASE_WAITING,    // for the next try
    PHASE_FINISHING,  // the end was sent
    PHASE_BURYING,
};

struct output {
    struct output_options options;
    struct address address;
    char *name, *view, *frame_socket, *to, *captions;  // owned, behind options.is
    bool is_wanted, is_known_live;
    bool is_attached;                // to the hls
    unsigned restarts;
    gint64 live_since_us, moved_us;  // moved_us: when bytes last went out
    uint64_t bytes_before, skipped_before;  // at the last watch
    gint64 slow_since_us;            // when it was found so last; 0: it is not
    GSource *bus_watch, *timer, *watch;
    struct rendition_key key;        // of texts above
    bool is_enlisted;                // the key is a wish of the set
    struct supply *supply;
    struct hls *hls;                 // made when it first begins; NULL: no such output
    struct sidecar *sidecar;         // beside the recording that runs; NULL: none

    GMutex lock;                     // guards all below
    enum output_phase phase;
    enum studio_state state;
    char *text, *file;               // file: the recording under way; NULL: none
    bool is_blank;
    int rate_kbps, delay_ms;
    gint64 retry_us;                 // when it is tried again; 0: no time is set
    GstElement *pipeline;            // owned; NULL while none runs
    uint64_t sent;                   // atomic; pictures that left the appsrc
    uint64_t dropped_before;         // at the last start
    uint64_t bytes;                  // that left, at the last watch
    uint64_t taken;                  // atomic; bytes that reached the sink
};

/* ---- output.c */

void output_set_state(struct output *output, enum studio_state state, const char *text);

/* What runs is buried, and tried again later. reason may hold secrets. */
void output_fail(struct output *output, const char *reason);

/* ---- output_wish.c */

/* Its texts are copied; "" and NULL are the same. */
void output_copy_options(struct output *output, const struct studio_output_options *is);
bool output_check_size(const struct studio_output_options *is, struct error *err);
void output_describe_key(struct output *output, const struct studio_output_options *is);

/* ---- output_watch.c */

/* Every OUTPUT_WATCH_MS while a pipeline runs. */
gboolean output_handle_watch(void *data);

/* What of the subtitles belongs to the part that is recorded is written. */
void output_advance_sidecar(struct output *output);
