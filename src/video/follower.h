/*
 * follower.h - the worker behind an `antiphonoverlay`: follows a view's frame stream, scales and converts what changed,
 * and lays the result where the streaming thread finds it. The two never wait for each other: three layers go
 * round, one being shown, one being made, one lying ready.
 *
 * Thread: create, destroy, follower_set_video() and follower_layer() belong to the streaming thread (or to whoever owns it
 * while it does not run); follower_get_status() to anyone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <gst/video/video.h>

#include "frame/frame.h"

struct blend_layer;
struct follower;

struct follower_options {
    const char *socket_path;
    int64_t stale_ms, keep_ms;  // as struct frame_reader_options
};

/* Starts the worker. There need not be a writer yet. */
struct follower *follower_create(const struct follower_options *options);
void follower_destroy(struct follower *follower);

/*
 * From now on layers are made for this video, which blend_is_supported(). When a picture is there already, waits up
 * to 100 ms for our own worker to convert it, so that a change of caps does not blink; never for the overlay.
 */
void follower_set_video(struct follower *follower, const GstVideoInfo *info);

/* What to lay over the next frame, until the next call; NULL: nothing, the frame passes untouched. */
const struct blend_layer *follower_layer(struct follower *follower);

struct follower_status {
    enum frame_state state;
    uint64_t sequence;      // of the picture that is shown; 0: none yet
    int64_t published_ns;   // when the writer published it
    char trouble[256];      // "" when state is FRAME_LIVE
};

void follower_get_status(struct follower *follower, struct follower_status *status);
