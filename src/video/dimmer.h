/*
 * dimmer.h - the last picture before a hold, dimmed and softened: so that it reads as a pause, not as a picture that
 * froze, and nothing in it can be read. Made on a thread of its own while the pump still repeats the picture.
 * Thread: dim_picture() any; the dimmer's calls the pump's.
 */
#pragma once

#include <gst/gst.h>

struct dimmer;
struct program;

/* A new buffer in the program's format; NULL: the picture cannot be read. 1080p: about 7 ms of a core. */
GstBuffer *dim_picture(const struct program *program, GstBuffer *picture);

struct dimmer *dimmer_create(const struct program *program);
void dimmer_destroy(struct dimmer *dimmer);  // accepts NULL

/* Forgets the last result and begins with this picture. Returns at once. */
void dimmer_offer(struct dimmer *dimmer, GstBuffer *picture);

/* The result of the last offer, borrowed until the next one; NULL: not ready yet. */
GstBuffer *dimmer_result(struct dimmer *dimmer);
