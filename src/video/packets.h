/*
 * packets.h - encoded picture and sound that wait for their time: one queue of each, kept for as long as a delay
 * lasts. It always begins with a key frame, and what is left out is left out up to the next one: a decoder never
 * sees a picture whose reference is missing. Times are program time. Thread: its owner's lock.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKETS_EPSILON_NS = 2000 };  // rounding of ticks and samples: times that are so near are the same

enum packet_kind { PACKET_VIDEO, PACKET_AUDIO, PACKET_KINDS };

struct packet {
    enum packet_kind kind;
    bool is_key;       // sound always is
    int64_t pts_ns, dts_ns, duration_ns;
    GstSample *sample; // a reference
};

struct packets;

/* Beyond either limit whole groups of pictures go, the oldest first. 0: no limit. */
struct packets *packets_create(int64_t span_ns, size_t bytes_max);
void packets_destroy(struct packets *packets);  // accepts NULL

void packets_set_span(struct packets *packets, int64_t span_ns);

/* Takes a reference of its own. Returns how many pictures had to go. */
unsigned packets_push(struct packets *packets, const struct packet *packet);

/* The first of its kind, borrowed until the next call; NULL: none, or the key frame to begin with has not come. */
const struct packet *packets_head(const struct packets *packets, enum packet_kind kind);

/* The first of its kind; its sample is the caller's then. There must be one. */
struct packet packets_take(struct packets *packets, enum packet_kind kind);

/*
 * Leaves out what is before the newest key frame that is shown at or before until_ns; all, where no key frame but
 * the first is. Returns how many pictures went.
 */
unsigned packets_skip(struct packets *packets, int64_t until_ns);

/* Empty, and waiting for a key frame. */
void packets_clear(struct packets *packets);

size_t packets_bytes(const struct packets *packets);
