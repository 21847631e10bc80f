/*
 * program.h - the one clock and the one beginning that input and outputs share, and the format of the outgoing
 * picture. Times are output running time: nanoseconds since the program began. Ticks are computed from the
 * beginning each time, never by adding rounded durations. Thread: any, it does not change after program_init().
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

enum { PROGRAM_RATE = 48000, PROGRAM_CHANNELS = 2 };

struct program {
    GstClock *clock;    // owned
    GstClockTime base;  // clock time of running time 0
    int width_px, height_px, fps_num, fps_den;
};

void program_init(struct program *program, int width_px, int height_px, int fps_num, int fps_den);
void program_fini(struct program *program);

int64_t program_now_ns(const struct program *program);

/* When tick n is due, and the number of the tick that is due last at a time. */
int64_t program_tick_ns(const struct program *program, uint64_t tick);
uint64_t program_tick_at(const struct program *program, int64_t ns);

/* The absolute number of the first sample of tick n. */
int64_t program_tick_sample(const struct program *program, uint64_t tick);

int64_t program_ns_to_sample(int64_t ns);

/* Of the picture and sound that every output gets; the caller unrefs. has_rate false: without framerate. */
GstCaps *program_video_caps(const struct program *program, bool has_rate);
GstCaps *program_audio_caps(void);

/* Puts pipeline on the shared clock. start_ns: running time that the pipeline calls 0. Before PLAYING. */
void program_attach(const struct program *program, GstElement *pipeline, int64_t start_ns);
