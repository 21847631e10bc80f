/*
 * hls_captions.h - the subtitles of an HLS folder: index.m3u8, which names the stream and a playlist a language (RFC
 * 8216, 4.3.4), and for every media segment a WebVTT segment a language. They begin, end and are deleted with the media
 * segments. What is written is what was known when the segment ended: a line that goes on is cut at its border and goes
 * on in the next, corrected if it was. Thread: the owner's. Nothing blocks; files are written by a scribe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct caption_book;
struct caption_times;
struct hls_captions;

struct hls_captions_options {  // copied, but for the book
    struct caption_book *book;
    const char *folder;
    const char *stream;          // the media playlist's name in it
    const char *captions;        // the language of the CEA-608 in the stream; NULL: none
    int kept_segments;           // files; older ones are deleted. 0: none is
    int width_px, height_px, bandwidth_kbps;
    double fps;
};

struct hls_captions *hls_captions_create(const struct hls_captions_options *options);

/*
 * The media segment of that number is complete. Times are those of the pipeline, which mpegtsmux puts an hour
 * on (GStreamer 1.22). times is copied.
 */
void hls_captions_add(struct hls_captions *hls, unsigned number, int64_t from_ns, int64_t until_ns,
    const struct caption_times *times);

/*
 * The media playlist is this now: those of the languages become the same, with their own segments in the place of the
 * media's, breaks and end included. A segment of an earlier run that lacks its subtitles gets empty ones.
 */
void hls_captions_list(struct hls_captions *hls, const char *playlist);

/* Accepts NULL. */
void hls_captions_end(struct hls_captions *hls);
