/*
 * follower.h - the worker behind an `antiphonoverlay`: follows a view's frame stream, scales and converts what changed,
 * and lays the result where the streaming thread finds it. The two never wait for each other: three results go
 * round, one being shown, one being made, one lying ready.
 *
 * Thread: create, destroy, the setters and follower_next() belong to the streaming thread (or to whoever owns it
 * while it does not run); follower_set_times() and follower_get_status() to anyone.
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
    double opacity;             // 0 to 1, as follower_set_opacity(); said here so that the first picture has it
};

/* How the overlay comes to the frames: as samples of the video's format, or as rectangles of pixels. */
enum follower_form { FOLLOWER_LAYER, FOLLOWER_COMPOSITION };

/* Starts the worker. There need not be a writer yet. */
struct follower *follower_create(const struct follower_options *options);
void follower_destroy(struct follower *follower);

/*
 * From now on overlays are made for this video; for layers it must be blend_is_supported(). When a picture is there already, waits up
 * to 100 ms for our own worker to convert it, so that a change of caps does not blink; never for the overlay.
 */
void follower_set_video(struct follower *follower, const GstVideoInfo *info, enum follower_form form);

/* Other times than in the options; what is shown stays. Thread: any. */
void follower_set_times(struct follower *follower, int64_t stale_ms, int64_t keep_ms);

/*
 * Of the whole overlay, 0 to 1. The worker applies it, a frame or two later; 0 is obeyed at once. Costs nothing when it
 * is as before.
 */
void follower_set_opacity(struct follower *follower, double opacity);

/* One of the two, by form. Borrowed until the next call. */
struct follower_overlay {
    const struct blend_layer *layer;
    GstVideoOverlayComposition *composition;  // the very same one as long as nothing changes
};

/* What to lay over the next frame; false: nothing, the frame passes untouched. */
bool follower_next(struct follower *follower, struct follower_overlay *overlay);

struct follower_status {
    enum frame_state state;
    uint64_t sequence;      // of the picture that is shown; 0: none yet
    int64_t published_ns;   // when the writer published it
    char trouble[256];      // "" when state is FRAME_LIVE
};

void follower_get_status(struct follower *follower, struct follower_status *status);
