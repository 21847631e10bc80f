/*
 * inflow.h - one input as the pump sees it: pictures that wait, sound, and the timeline that says when each is due.
 * Samples come under the number of their generation (one attempt at the input); what a dead one still sends is
 * thrown away. All times are output running time and the caller's, so that a test runs hours in a second.
 * Thread: its owner's lock.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

#include "video/picker.h"

struct inflow;
struct program;

struct inflow *inflow_create(const struct program *program);
void inflow_destroy(struct inflow *inflow);  // accepts NULL

/* From now on only samples of this generation count. is_clocked: see timeline.h. */
void inflow_begin(struct inflow *inflow, unsigned generation, bool is_clocked);

/* The generation is over; see pump_end(). */
void inflow_end(struct inflow *inflow, unsigned generation, bool is_whole);

void inflow_set_latency(struct inflow *inflow, unsigned generation, int64_t latency_ns);

/* Takes the buffer over. stamp_ns: by the input's reckoning; GST_CLOCK_STIME_NONE: as it arrives. */
void inflow_add_video(struct inflow *inflow, unsigned generation, int64_t stamp_ns, int64_t now_ns, GstBuffer *buffer);

/* has_picture: the input has a picture besides, whether it comes or not. */
void inflow_add_audio(struct inflow *inflow, unsigned generation, int64_t stamp_ns, int64_t now_ns, const float *samples,
    size_t frames, bool has_picture);

/* What it has for one tick. Every one is asked at every tick, shown or not: so it is ready when it is needed. */
struct inflow_take {
    GstBuffer *picture;  // borrowed until the next call; NULL: nothing is due
    enum picker_choice choice;
    bool has_sound;      // some of it came within the hold time
    bool is_sound_only;  // and the input has no picture at all
};

/* sound: room for the tick's frames; silence where there is nothing. */
struct inflow_take inflow_take(struct inflow *inflow, uint64_t tick, float *sound);

/*
 * How long after its stamp a sample is due: what the input needs, or `least` where another that belongs to this
 * one needs more (inflow_set_least_delay()): a camera and a microphone of their own stay together that way.
 */
int64_t inflow_own_delay(const struct inflow *inflow);
void inflow_set_least_delay(struct inflow *inflow, int64_t least_ns);

int64_t inflow_last_sample_ns(const struct inflow *inflow);  // negative: none ever came
