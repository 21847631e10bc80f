/*
 * pump.h - one tick per outgoing frame, between the inputs' generations and the outputs. Every tick gives each
 * sink one picture (new, repeated or one that holds) and the sound that belongs to it. Up to two inputs with
 * pictures stand ready all the time, and chooser.h tells which is on air; sound comes with the picture, or from a
 * third input of its own. Inputs add samples from their streaming threads under the number of their generation;
 * what a dead generation still sends is thrown away. Thread: any, and the pump's own calls the sinks.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "video/chooser.h"
#include "video/picker.h"
#include "video/program.h"

struct music;
struct pump;

enum pump_feed { PUMP_MAIN = CHOOSER_MAIN, PUMP_BACKUP = CHOOSER_BACKUP, PUMP_SOUND, PUMP_FEEDS };

struct pump_tick {
    uint64_t number;
    GstBuffer *picture;  // borrowed, shared by all sinks: copy it to set times
    GstBuffer *holding;  // borrowed; the still one, whatever `picture` is
    GstBuffer *sound;    // borrowed; the samples of this tick
    enum picker_choice choice;
    bool is_jump;        // ticks were left out before this one
};

struct pump_sink {
    struct list link;  // in pump.sinks
    /* Called on the pump's thread; must not block. */
    void (*push)(struct pump_sink *sink, const struct pump_tick *tick);
};

struct pump_options {
    const struct program *program;  // borrowed
    GstBuffer *holding;             // a reference that is taken over
    bool is_dimming;                // the last picture, dimmed and softened, holds where there was one
    struct music *music;            // borrowed: heard while nothing else is; may be NULL
    bool has_own_sound;             // sound comes from PUMP_SOUND alone
    void (*on_shown)(void *data);   // optional; on the pump's thread, must not block: pump_health.shown changed
    void *data;
};

struct pump_health {
    uint64_t ticks, live, repeated, held, jumped;
    double fps;                          // over the last second
    int64_t last_sample_ns[PUMP_FEEDS];  // running time; negative: none ever came
    enum chooser_input shown;            // CHOOSER_NONE: it holds
    int64_t shown_since_ms;              // Unix time
    enum chooser_wish wish;
};

/* The pump begins to tick at once. */
struct pump *pump_create(const struct pump_options *options);
void pump_destroy(struct pump *pump);  // accepts NULL; no sink may be left

/* From now on only samples of this generation count. is_clocked: see timeline.h. */
void pump_begin(struct pump *pump, enum pump_feed feed, unsigned generation, bool is_clocked);

/*
 * The generation is over. is_whole: in good order, and what waits still has its time. Else that is forgotten: a
 * demuxer that is torn away flushes old pictures, which would flash up. The last picture stays for the hold time.
 */
void pump_end(struct pump *pump, enum pump_feed feed, unsigned generation, bool is_whole);

void pump_set_latency(struct pump *pump, enum pump_feed feed, unsigned generation, int64_t latency_ns);

/* A person's choice; see chooser.h. */
void pump_select(struct pump *pump, enum chooser_wish wish);

/* Takes the buffer over. stamp_ns: running time by the input's reckoning; GST_CLOCK_STIME_NONE: as it arrives. */
void pump_add_video(struct pump *pump, enum pump_feed feed, unsigned generation, int64_t stamp_ns, GstBuffer *buffer);

/* has_picture: the input has a picture besides, whether it comes or not. */
void pump_add_audio(struct pump *pump, enum pump_feed feed, unsigned generation, int64_t stamp_ns, const float *samples,
    size_t frames, bool has_picture);

void pump_add_sink(struct pump *pump, struct pump_sink *sink);
void pump_remove_sink(struct pump *pump, struct pump_sink *sink);  // it is not called any more when this returns

void pump_get_health(struct pump *pump, struct pump_health *health);
