/*
 * music.h - what is heard while the picture holds: a sound file, decoded over and over by a pipeline of its own into
 * two seconds of memory. It goes on where it stopped the last time. A file that is missing or broken is silence, one
 * line in the log, and another try every half minute. Thread: the context's; music_read() any, it never waits.
 */
#pragma once

#include <glib.h>
#include <stddef.h>

struct music;

/* Decoding begins at once; context is borrowed. */
struct music *music_create(GMainContext *context, const char *path);

/* No more decoding: its pipeline is buried, and reading soon gives silence. */
void music_end(struct music *music);
void music_destroy(struct music *music);  // ended, and read no more; accepts NULL

/* The next frames, interleaved; silence where decoding is behind. */
void music_read(struct music *music, float *out, size_t frames);
