/*
 * caption_file.h - SubRip and WebVTT as files of the world write them: cues with times and plain lines.
 * Tolerant (BOM, CR, missing numbers and blank lines, commas or points) and bounded; of tags WebVTT's voices are kept
 * (<v Anna>), styling is dropped, what cannot be read is skipped and counted. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct error;

enum {
    CAPTION_FILE_BYTES_MAX = 4 * 1024 * 1024,
    CAPTION_CUES_MAX = 50000,
    CAPTION_LINE_BYTES_MAX = 400,  // longer is cut at a character
    CAPTION_LINES_MAX = 4,         // of a cue; the first ones are kept
    CAPTION_NAME_BYTES_MAX = 64,   // of a speaker or a track
};

struct caption_cue {
    int64_t start_ms, end_ms;  // end after start
    int64_t until_ms;          // that it stands: its end, or until it can have been read if nothing comes before
    char *text;                // owned, lines parted by '\n', never empty
    char *speakers;            // owned; who says each of the lines, parted alike, "" nobody; NULL: nobody is named
};

/* Sorted by start; same starts in the file's order. */
struct caption_cues {
    struct caption_cue *cues;
    size_t count, skipped;
};

enum caption_format { CAPTION_FORMAT_SRT = 1, CAPTION_FORMAT_VTT };

/* False: too large, or not one cue in it; err names the line that came nearest. *cues is empty then. */
bool caption_file_parse(enum caption_format format, const char *text, size_t len, struct caption_cues *cues,
                        struct error *err);
void caption_cues_fini(struct caption_cues *cues);

/* That a subtitle needs to be read: a second at least; 17 letters a second, or 9 of Chinese, Japanese, Korean. */
int64_t caption_reading_ms(struct str text);
