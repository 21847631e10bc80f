/*
 * hls.h - a folder that a web server hands out as a live HLS stream: segments of two seconds, stream.m3u8, and
 * index.m3u8 with the subtitles' playlists (hls_captions.h). Playlists are replaced as a whole; old segments are deleted.
 * A stream that begins again in the same folder goes on in numbers, after a break, and players go on with it.
 * Thread: the owner's. Files are written by a scribe; only hls_create() touches the disk itself.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

struct caption_book;
struct caption_times;
struct error;
struct hls;

struct hls_options {
    const char *folder;         // made if it is not there
    struct caption_book *book;  // borrowed
    const char *captions;       // the language inside the stream; NULL: none
    int width_px, height_px, bandwidth_kbps;
    double fps;
};

/* NULL: the folder cannot be made. */
struct hls *hls_create(const struct hls_options *options, struct error *err);

/* The pipeline whose element "sink" is a splitmuxsink; it must be gone before hls_destroy(). */
void hls_attach(struct hls *hls, GstElement *pipeline);

/* A message of its bus. times: which program time the pipeline's time shows. */
void hls_handle_message(struct hls *hls, GstMessage *message, const struct caption_times *times);

/* The pipeline is gone. is_end: the playlists say that nothing follows. */
void hls_detach(struct hls *hls, bool is_end);

void hls_destroy(struct hls *hls);  // accepts NULL
