/*
 * terms.h - what a studio and its parts tell each other: states, what is wanted of an output, how inputs and outputs are.
 * Those outside include studio.h. Thread: plain data.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum studio_state {
    STUDIO_OFF,         // not wanted; also an output that finished
    STUDIO_CONNECTING,  // wanted, and nothing has passed yet
    STUDIO_LIVE,
    STUDIO_FAILED,      // wanted, broken, and tried again by itself
};

enum { STUDIO_SIDE_MIN_PX = 16, STUDIO_SIDE_MAX_PX = 8192 };  // of every picture

enum studio_fit {
    STUDIO_PAD,   // all of the program's picture, on a ground
    STUDIO_CROP,  // the whole frame filled, two sides cut off
};

enum { STUDIO_OUTPUTS_MAX = 16, STUDIO_DELAY_MAX_MS = 300000 };

struct studio_output_options {
    const char *name;          // unique; what commands and events call it
    const char *view;          // for the frame stream; NULL or "": no overlay
    const char *frame_socket;  // where that view's frames are handed out; NULL: no overlay
    const char *to;            // FILE.mkv|.mp4|.ts|.flv, srt://, rtmp:// or rtmps://; may hold a stream key
    int bitrate_kbps;          // of the video; 0: by size and frame rate
    int width_px, height_px;   // of this output's picture, even; 0: the program's
    enum studio_fit fit;       // where its shape is another than the program's
    double focus;              // STUDIO_CROP: centre of what stays, 0..1 along the side that is cut
    int sound_kbps;            // 0: 160
    int key_seconds;           // from key frame to key frame; 0: 2
    int b_frames;              // at most, where encoder and container can
    const char *captions;      // language tag: its subtitles go along as CEA-608 and 708; NULL or "": none
    int delay_ms;              // sent so much later than made; up to STUDIO_DELAY_MAX_MS
    bool is_off;               // does not begin by itself
};

enum studio_input {
    STUDIO_MAIN,
    STUDIO_BACKUP,  // stands by, and is shown while main has no picture (video/chooser.h)
    STUDIO_SOUND,   // heard in place of the others' own sound
    STUDIO_INPUTS,
};

struct studio_input_health {
    bool is_wanted;              // the rest holds
    enum studio_state state;
    char from[256], text[256];   // no secrets
    double age_s;                // since the last picture or sound came in; negative: none ever did
    unsigned attempts;
};

struct studio_output_health {
    char name[64], view[64], encoder[32];
    char to[256];              // without secrets; of a recording: the file that is being written
    char text[256];            // the last trouble, or what it waits for
    enum studio_state state;
    bool is_blank;
    int bitrate_kbps;          // measured over the last second
    uint64_t frames, dropped;  // pictures sent; left out because the encoder or the peer was slow
    uint64_t bytes;            // since the output's last start
    unsigned restarts;         // since it was last healthy for a minute
    char captions[128];        // the language that goes along as data, and what of it could not; "": none
    bool is_recording;         // it goes to a file
    bool is_shared;            // another output gets the same encoded pictures
    int width_px, height_px;
    double encode_ms, encode_worst_ms;  // median and worst of the last second; 0: nothing was encoded
    const char *why;           // the trouble in one word (video/trouble.h), or "encoder"; "": none, or only text says it
    int retry_ms;              // until it is tried again; 0: no time is set
    int delay_ms;              // as ordered
};

struct studio_health {
    struct studio_input_health inputs[STUDIO_INPUTS];
    const char *shown;                 // "main", "backup" or "holding"
    const char *selected;              // "auto", "main" or "backup": the person's choice
    int64_t shown_since_ms;            // Unix time
    double fps;                        // of the outgoing picture over the last second
    double budget_ms;                  // the time there is for a picture
    uint64_t ticks, live, repeated, held, jumped;  // outgoing pictures by what they were; ticks that were left out
    bool is_blank;                     // every output that is no recording
    size_t output_count;
    struct studio_output_health outputs[STUDIO_OUTPUTS_MAX];
};

/* A line of subtitles. Texts are borrowed; {0} and NULL are harmless. */
struct studio_caption {
    const char *track, *id;      // the id is one of the track's; both are cut at 71 bytes
    const char *language;        // tag
    const char *text, *speaker;  // lines parted by '\n'; speaker: NULL where nobody is named
    int64_t starts_in_ms, ends_in_ms;  // from now; negative: it has begun
    bool is_live;                // it rolls up; else it is a page that comes and goes
    bool is_final;               // its text changes no more
};
