#include "video/audio_ring.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    JUMP_MS = 20,       // a difference above it is followed at once
    DRIFT_US = 1500,    // a steady difference above it is worked off
    SLIP_FRAMES = 1000,  // one frame is doubled or left out in so many
};

struct audio_ring {
    float *samples;    // capacity * channels
    size_t capacity;   // frames
    int channels, rate;
    int64_t read_at;   // the next frame the reader takes; what lies before is gone
    int64_t write_at;  // the running position of the sound
    bool is_running;   // write_at holds
    double drift;      // smoothed: stamps less running position, in frames
    int64_t since_slip;  // frames
};

struct audio_ring *audio_ring_create(int rate, int channels, double seconds)
{
    struct audio_ring *ring = xcalloc(1, sizeof(*ring));
    ring->rate = rate;
    ring->channels = channels;
    ring->capacity = (size_t)(rate * seconds);
    ring->samples = xcalloc(ring->capacity * (size_t)channels, sizeof(*ring->samples));
    return ring;
}

void audio_ring_destroy(struct audio_ring *ring)
{
    if (!ring)
        return;
    free(ring->samples);
    free(ring);
}

/* The place of an absolute frame number, which may be negative for sound from before the beginning. */
static float *frame_at(const struct audio_ring *ring, int64_t position)
{
    int64_t slot = position % (int64_t)ring->capacity;
    if (slot < 0)
        slot += (int64_t)ring->capacity;
    return ring->samples + slot * ring->channels;
}

static void put(struct audio_ring *ring, int64_t position, const float *frame)
{
    if (position >= ring->read_at && position < ring->read_at + (int64_t)ring->capacity)
        memcpy(frame_at(ring, position), frame, (size_t)ring->channels * sizeof(*frame));
}

/* Sound that jumps back must not leave its old continuation behind the new one. */
static void silence(struct audio_ring *ring, int64_t from, int64_t to)
{
    if (from < ring->read_at)
        from = ring->read_at;
    if (to > ring->read_at + (int64_t)ring->capacity)
        to = ring->read_at + (int64_t)ring->capacity;
    for (int64_t at = from; at < to; at++)
        memset(frame_at(ring, at), 0, (size_t)ring->channels * sizeof(float));
}

static void follow(struct audio_ring *ring, int64_t position)
{
    int64_t difference = ring->is_running ? position - ring->write_at : 0;
    int64_t jump = (int64_t)ring->rate * JUMP_MS / 1000;
    if (ring->is_running && difference <= jump && difference >= -jump) {
        ring->drift += ((double)difference - ring->drift) / 16;
        return;
    }
    if (difference < 0)
        silence(ring, position, ring->write_at);
    ring->write_at = position;
    ring->is_running = true;
    ring->drift = 0;
    ring->since_slip = 0;
}

/* +1: this frame is to be doubled, -1: left out, 0: neither. */
static int slip(struct audio_ring *ring)
{
    double limit = (double)ring->rate * DRIFT_US / 1e6;
    if (++ring->since_slip < SLIP_FRAMES || (ring->drift < limit && ring->drift > -limit))
        return 0;
    ring->since_slip = 0;
    int direction = ring->drift > 0 ? 1 : -1;
    ring->drift -= direction;
    return direction;
}

int64_t audio_ring_write(struct audio_ring *ring, int64_t position, const float *samples, size_t frames)
{
    follow(ring, position);
    int64_t drift = ring->write_at - position;
    for (size_t i = 0; i < frames; i++) {
        const float *frame = samples + i * (size_t)ring->channels;
        int copies = 1 + slip(ring);
        for (int copy = 0; copy < copies; copy++)
            put(ring, ring->write_at++, frame);
    }
    return drift;
}

void audio_ring_read(struct audio_ring *ring, int64_t position, float *out, size_t frames)
{
    if (position > ring->read_at + (int64_t)ring->capacity) {
        memset(ring->samples, 0, ring->capacity * (size_t)ring->channels * sizeof(float));
    } else {
        silence(ring, ring->read_at, position);  // skipped by a reader that was asleep
    }
    ring->read_at = position;
    size_t bytes = (size_t)ring->channels * sizeof(float);
    for (size_t i = 0; i < frames; i++) {
        float *frame = frame_at(ring, ring->read_at++);
        memcpy(out + i * (size_t)ring->channels, frame, bytes);
        memset(frame, 0, bytes);
    }
}

void audio_ring_clear(struct audio_ring *ring)
{
    memset(ring->samples, 0, ring->capacity * (size_t)ring->channels * sizeof(float));
    ring->is_running = false;
}
