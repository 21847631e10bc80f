/*
 * captions.h - subtitle tracks, one a language: timed from a file with a start command, or live line by line.
 * At most three lines stand at once. Lag is bounded: a newer live line pushes the older out, nothing is queued.
 * A started track goes on after a restart where the clock says. Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "relay/caption_file.h"

struct buffer;
struct captions;
struct error;
struct journal;

enum {
    CAPTION_TRACKS_MAX = 16,
    CAPTION_SHOWN_LINES = 3,
    CAPTION_LIVE_SECONDS = 6,      // a live line stands so long at least when nobody says
    CAPTION_LIVE_SECONDS_MAX = 60,
};

/* What stands now. Lines are borrowed from the track. */
struct caption_shown {
    size_t count;
    struct str lines[CAPTION_SHOWN_LINES], speakers[CAPTION_SHOWN_LINES];  // a speaker may be empty
    int64_t since_ms;  // Unix: when the newest of them came
    bool is_live;      // the newest of them is
};

struct caption_live {
    char *text;  // owned; NULL: free
    char *speaker;  // owned; NULL: nobody is named
    int64_t from_ms, until_ms;
    unsigned number;  // of the track's live lines
};

/* Read only for all others. */
struct caption_track {
    char *name, *language;  // owned
    struct caption_cues cues;
    bool is_running;
    int64_t zero_ms;  // Unix: when the track's zero was; while it runs
    struct caption_live live[CAPTION_SHOWN_LINES];
    char *changed_by;
    unsigned live_count;  // so far
    char *utterance;  // id of the newest live line while it is not final; NULL: none
};

struct captions_options {
    struct journal *journal;  // borrowed; NULL: nothing survives (tests)
    void *data;
    void (*changed)(void *data, const struct caption_track *track);  // required: new, started, stopped
    void (*lines_changed)(void *data);                               // required: ask captions_shown() again
};

struct captions *captions_create(const struct captions_options *options, struct error *err);
void captions_destroy(struct captions *captions);

size_t captions_count(const struct captions *captions);
const struct caption_track *captions_at(const struct captions *captions, size_t index);
const struct caption_track *captions_find(const struct captions *captions, const char *name);

/* Replaces a track of that name; it is stopped. */
bool captions_load(struct captions *captions, const char *name, const char *language, enum caption_format format,
                   struct str text, const char *by, struct error *err);

/* The track's zero is now_ms less at_ms: with at_ms 60000 it begins at its first minute. */
bool captions_start(struct captions *captions, const char *name, int64_t now_ms, int64_t at_ms, const char *by,
                    struct error *err);

/* Also takes live lines away. */
bool captions_stop(struct captions *captions, const char *name, const char *by, struct error *err);
void captions_stop_all(struct captions *captions, const char *by);

/* One line (two if text has a line end) from now_ms. seconds 0: the usual. A track of that name is made if needed. */
bool captions_line(struct captions *captions, const char *name, const char *language, struct str text,
                   double seconds, int64_t now_ms, const char *by, struct error *err);

/* What a tool hears or a person types: with an id it takes the place of the last one under it, until it is final. */
struct caption_utterance {
    struct str text;     // its lines become one where it takes another's place
    struct str id;       // empty: a line for itself
    struct str speaker;  // empty: nobody is named
    double seconds;      // that it stands; 0: the usual
    bool is_final;
};

bool captions_utter(struct captions *captions, const char *name, const char *language,
                    const struct caption_utterance *utterance, int64_t now_ms, const char *by, struct error *err);

/* The newest lines that stand at now_ms. */
struct caption_shown caption_track_shown(const struct caption_track *track, int64_t now_ms);

/* The first cue that starts after at_ms, which counts from the track's zero. */
size_t caption_cues_after(const struct caption_cues *cues, int64_t at_ms);

/* Unix time of the next change of any track's lines after now_ms; 0: none is coming. */
int64_t captions_next_change(const struct captions *captions, int64_t now_ms);

/* The API's form (docs/api.md), one object without line end. */
void caption_track_write_json(const struct caption_track *track, struct buffer *out);
