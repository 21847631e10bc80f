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

/* How many frames of [from, to) lie in a row: up to the end of the memory. */
static int64_t part_of(const struct audio_ring *ring, int64_t from, int64_t to)
{
    int64_t capacity = (int64_t)ring->capacity, slot = from % capacity;
    int64_t room = capacity - (slot < 0 ? slot + capacity : slot);
    return to - from < room ? to - from : room;
}

/* What the reader has passed, or cannot reach yet, has no place. */
static void put(struct audio_ring *ring, int64_t position, const float *frames, int64_t count)
{
    size_t frame_bytes = (size_t)ring->channels * sizeof(*frames);
    int64_t from = position < ring->read_at ? ring->read_at : position, end = ring->read_at + (int64_t)ring->capacity;
    int64_t to = position + count < end ? position + count : end;
    while (from < to) {
        int64_t part = part_of(ring, from, to);
        memcpy(frame_at(ring, from), frames + (from - position) * ring->channels, (size_t)part * frame_bytes);
        from += part;
    }
}

/* Sound that jumps back must not leave its old continuation behind the new one. */
static void silence(struct audio_ring *ring, int64_t from, int64_t to)
{
    size_t frame_bytes = (size_t)ring->channels * sizeof(float);
    if (from < ring->read_at)
        from = ring->read_at;
    if (to > ring->read_at + (int64_t)ring->capacity)
        to = ring->read_at + (int64_t)ring->capacity;
    while (from < to) {
        int64_t part = part_of(ring, from, to);
        memset(frame_at(ring, from), 0, (size_t)part * frame_bytes);
        from += part;
    }
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

/* +1: frames are to be doubled, -1: left out, 0: the sound stands where it should. */
static int direction_of(const struct audio_ring *ring)
{
    double limit = (double)ring->rate * DRIFT_US / 1e6;
    return ring->drift > limit ? 1 : ring->drift < -limit ? -1 : 0;
}

static void append(struct audio_ring *ring, const float *samples, int64_t frames)
{
    put(ring, ring->write_at, samples, frames);
    ring->write_at += frames;
    ring->since_slip += frames;
}

int64_t audio_ring_write(struct audio_ring *ring, int64_t position, const float *samples, size_t frames)
{
    follow(ring, position);
    int64_t drift = ring->write_at - position, left = (int64_t)frames;
    for (int direction; left > 0 && (direction = direction_of(ring)) != 0;) {
        int64_t part = SLIP_FRAMES - ring->since_slip;
        part = part < 1 ? 1 : part;
        if (part > left)
            break;
        append(ring, samples, part);
        samples += part * ring->channels;
        left -= part;
        if (direction > 0)
            append(ring, samples - ring->channels, 1);
        else
            ring->write_at--;  // the next one takes its place
        ring->drift -= direction;
        ring->since_slip = 0;
    }
    append(ring, samples, left);
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
    size_t frame_bytes = (size_t)ring->channels * sizeof(float);
    int64_t end = position + (int64_t)frames;
    while (ring->read_at < end) {
        int64_t part = part_of(ring, ring->read_at, end);
        float *from = frame_at(ring, ring->read_at);
        memcpy(out + (ring->read_at - position) * ring->channels, from, (size_t)part * frame_bytes);
        memset(from, 0, (size_t)part * frame_bytes);
        ring->read_at += part;
    }
}

void audio_ring_clear(struct audio_ring *ring)
{
    memset(ring->samples, 0, ring->capacity * (size_t)ring->channels * sizeof(float));
    ring->is_running = false;
}
