/*
 * sidecar.h - the subtitles of a recording as WebVTT beside it, a file a language: show.mkv gets show.fa.vtt. Times are
 * those of the recording, whose first picture is 0. A cue is in its file when it has ended and those before it have, so
 * kill -9 costs only what stands. A file that is there already is not written over: the next is show.fa-2.vtt.
 * Thread: the owner's. Nothing blocks; files are written by a scribe.
 */
#pragma once

#include <stdint.h>

struct caption_book;
struct caption_times;
struct sidecar;

struct sidecar *sidecar_create(struct caption_book *book, const char *recording);

/* The recording holds everything before until_ns of its own time: what ended by then is written. times is copied. */
void sidecar_advance(struct sidecar *sidecar, const struct caption_times *times, int64_t until_ns);

/* The recording ended: what stood until then is cut and written. Accepts NULL. */
void sidecar_end(struct sidecar *sidecar);
