/*
 * pump.h - one tick per outgoing frame, between the input's generations and the outputs. Every tick gives each
 * sink one picture (new, repeated or the holding picture) and the sound that belongs to it. Inputs add samples
 * from their streaming threads under the number of their generation; what a dead generation still sends is
 * thrown away. Thread: any, and the pump's own calls the sinks.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "video/picker.h"
#include "video/program.h"
#include "video/timeline.h"

struct pump;

struct pump_tick {
    uint64_t number;
    GstBuffer *picture;  // borrowed, shared by all sinks: copy it to set times
    GstBuffer *holding;  // borrowed
    GstBuffer *sound;    // borrowed; the samples of this tick
    enum picker_choice choice;
    bool is_jump;        // ticks were left out before this one
};

struct pump_sink {
    struct list link;  // in pump.sinks
    /* Called on the pump's thread; must not block. */
    void (*push)(struct pump_sink *sink, const struct pump_tick *tick);
};

struct pump_health {
    uint64_t ticks, live, repeated, held, jumped;
    double fps;               // over the last second
    int64_t last_sample_ns;   // running time; negative: none ever came
    bool is_live;             // the last tick showed the input
};

/* program is borrowed, holding a reference that is taken over. The pump begins to tick at once. */
struct pump *pump_create(const struct program *program, GstBuffer *holding);
void pump_destroy(struct pump *pump);  // accepts NULL; no sink may be left

/* From now on only samples of this generation count. is_clocked: see timeline.h. */
void pump_begin(struct pump *pump, unsigned generation, bool is_clocked);

/* The generation is over: what it left is forgotten, its last picture stays until the hold time is over. */
void pump_end(struct pump *pump, unsigned generation);

/* is_clocked may be learnt late, together with the latency. */
void pump_set_latency(struct pump *pump, unsigned generation, int64_t latency_ns);

/* Takes the buffer over. stamp_ns: running time by the input's reckoning; GST_CLOCK_STIME_NONE: as it arrives. */
void pump_add_video(struct pump *pump, unsigned generation, int64_t stamp_ns, GstBuffer *buffer);
void pump_add_audio(struct pump *pump, unsigned generation, int64_t stamp_ns, const float *samples, size_t frames);

void pump_add_sink(struct pump *pump, struct pump_sink *sink);
void pump_remove_sink(struct pump *pump, struct pump_sink *sink);  // it is not called any more when this returns

void pump_get_health(struct pump *pump, struct pump_health *health);
