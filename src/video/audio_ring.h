/*
 * audio_ring.h - sound between input and outputs, addressed by absolute sample number of output running time.
 * Gaps are silence by themselves, because what is read is zeroed. A stamp that differs by more than 20 ms from
 * where the sound stands makes it jump there; a smaller steady drift is taken up by one sample in a thousand,
 * unheard. Frames: one sample of every channel. Thread: its owner's lock.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct audio_ring;

struct audio_ring *audio_ring_create(int rate, int channels, double seconds);
void audio_ring_destroy(struct audio_ring *ring);  // accepts NULL

/*
 * frames * channels floats that belong at `position`. What is older than the reader or too far ahead is left out.
 * Returns where they were put, less `position`: the drift that was not followed.
 */
int64_t audio_ring_write(struct audio_ring *ring, int64_t position, const float *samples, size_t frames);

/* Copies [position, position + frames) out, silence where nothing is. Positions must grow from call to call. */
void audio_ring_read(struct audio_ring *ring, int64_t position, float *out, size_t frames);

/* Silence from the reader on; the next write begins at its own position. */
void audio_ring_clear(struct audio_ring *ring);
