/* webvtt.h - subtitles as WebVTT (W3C), for every script. Appends to a buffer. Thread: any. */
#pragma once

#include <stdint.h>

struct buffer;

/* Of a file that stands beside a recording. */
void webvtt_add_head(struct buffer *out);

/* Of a segment of HLS (RFC 8216, 3.5): local_ms of the cues' times is mpegts_90k on the clock of the media segments. */
void webvtt_add_segment_head(struct buffer *out, uint64_t mpegts_90k, int64_t local_ms);

/*
 * One cue; nothing where no letter is left. Texts come from people: they are mended, bounded at 5,000 letters, markup in
 * them is text, controls of terminals and of direction are left out. speaker: "" or NULL for nobody.
 */
void webvtt_add_cue(struct buffer *out, int64_t from_ms, int64_t until_ms, const char *speaker, const char *text);
