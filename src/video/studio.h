/*
 * studio.h - the outgoing picture: an input and one that stands by, a pump, any number of outputs.
 * The picture goes on from studio_create() to studio_destroy(), whatever inputs and outputs do: without an input the
 * holding picture is shown and every input is tried again for ever; an output that fails is tried again with growing
 * delays, and no output ever waits for another. Overlays come in by frame sockets, one per view.
 * Thread: any. Nothing here blocks, except studio_create() (up to some 2 s, when it tries encoders) and
 * studio_destroy() (up to 5 s, when recordings are finished).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct studio;

enum studio_state {
    STUDIO_OFF,         // not wanted; also an output that finished
    STUDIO_CONNECTING,  // wanted, and nothing has passed yet
    STUDIO_LIVE,
    STUDIO_FAILED,      // wanted, broken, and tried again by itself
};

enum { STUDIO_USUAL_WIDTH_PX = 1280, STUDIO_USUAL_HEIGHT_PX = 720, STUDIO_USUAL_FPS = 30 };
enum { STUDIO_SIDE_MIN_PX = 16, STUDIO_SIDE_MAX_PX = 8192 };  // of every picture

enum studio_fit {
    STUDIO_PAD,   // all of the program's picture, on a ground
    STUDIO_CROP,  // the whole frame filled, two sides cut off
};

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

enum { STUDIO_DELAY_MAX_MS = 300000 };

enum studio_input {
    STUDIO_MAIN,
    STUDIO_BACKUP,  // stands by, and is shown while main has no picture (video/chooser.h)
    STUDIO_SOUND,   // heard in place of the others' own sound
    STUDIO_INPUTS,
};

struct studio_event {
    enum {
        STUDIO_EVENT_INPUT, STUDIO_EVENT_OUTPUT,
        STUDIO_EVENT_SHOWN,  // another input is on air, or none: studio_health.shown
    } kind;
    const char *name;  // of the output; "main", "backup", "sound"; of what is shown: "main", "backup", "holding"
    enum studio_state state;
    const char *text;  // what happened, for people; no secrets
};

struct studio_options {
    int width_px, height_px;             // even; 0: the usual
    int fps_num, fps_den;                // 0: the usual, over 1
    const char *input;                   // "test", a file's path, or a URI; NULL: "test"
    const char *backup, *sound;          // as input; NULL or "": none
    const char *holding;   // shown while there is no input: an image, "dim": the last picture, NULL or "": the built-in one
    const char *music;     // heard then: a sound file; NULL or "": silence
    const struct studio_output_options *outputs;  // copied
    size_t output_count;
    const char *const *languages;  // of subtitles that may come, by tags; NULL-terminated; NULL: none is known before
    /* Optional. On the studio's own thread; must not block and not call studio_destroy(). Texts are borrowed. */
    void (*on_event)(void *data, const struct studio_event *event);
    /* Likewise. A small picture of what an output's encoder gets, while studio_watch() wants them: 40 KiB at most. */
    void (*on_preview)(void *data, const char *name, const void *jpeg, size_t len);
    void *data;
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

struct studio_input_health {
    bool is_wanted;              // the rest holds
    enum studio_state state;
    char from[256], text[256];   // no secrets
    double age_s;                // since the last picture or sound came in; negative: none ever did
    unsigned attempts;
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
    struct studio_output_health outputs[16];
};

enum { STUDIO_OUTPUTS_MAX = 16 };

/*
 * NULL, and err says why, where waiting cannot help: no GStreamer element, no encoder that runs, an output's
 * address that is none, an odd size. What may come later (a file, a peer) is no error.
 */
struct studio *studio_create(const struct studio_options *options, struct error *err);

/* Ends every output properly, so that recordings are whole files. Accepts NULL. */
void studio_destroy(struct studio *studio);

/*
 * The output begins, as if it had never run: a recording gets a new file. One that runs and is blank is shown again.
 * False: there is no such output.
 */
bool studio_start_output(struct studio *studio, const char *name, struct error *err);

/* It ends properly (a recording's end is written). False: there is no such output. */
bool studio_stop_output(struct studio *studio, const char *name, struct error *err);

/* Holding picture, silence and no overlay on this output alone, or back. False: there is no such output. */
bool studio_blank_output(struct studio *studio, const char *name, bool is_blank, struct error *err);

/*
 * From now on its pictures are sent so much later than made. Longer: the holding picture fills the time; shorter: what
 * waits is left out. Timestamps run on. Memory: what is sent in that time. False: no such output, or beyond the limit.
 */
bool studio_set_delay(struct studio *studio, const char *name, int delay_ms, struct error *err);

/*
 * From now on these are the outputs. One whose options are as they were notices nothing; one that is missing ends, one
 * that changed ends and begins again. False: one of them cannot be, and nothing has changed.
 */
bool studio_set_outputs(struct studio *studio, const struct studio_output_options *outputs, size_t count,
    struct error *err);

/*
 * The same on every output that is no recording, also on those that begin later; blanking one goes on by its own. Those
 * that were blank alone stay so when it is over.
 */
void studio_blank_all(struct studio *studio, bool is_blank);

/*
 * Which input is shown: "auto" (main, else backup), "main" or "backup" alone, whatever the other has. False: which is
 * none of these, or there is no backup.
 */
bool studio_select_input(struct studio *studio, const char *which, struct error *err);

/* A line of subtitles. Texts are borrowed; {0} and NULL are harmless. */
struct studio_caption {
    const char *track, *id;      // the id is one of the track's; both are cut at 71 bytes
    const char *language;        // tag
    const char *text, *speaker;  // lines parted by '\n'; speaker: NULL where nobody is named
    int64_t starts_in_ms, ends_in_ms;  // from now; negative: it has begun
    bool is_live;                // it rolls up; else it is a page that comes and goes
    bool is_final;               // its text changes no more
};

/*
 * All lines that stand now or come soon, of all tracks. What stood and is missing ends, what waited is gone, a known
 * id with another text is corrected wherever it has not gone out. They leave as data with the outputs' streams, segments
 * and recordings (docs/video.md); nothing is drawn.
 */
void studio_set_captions(struct studio *studio, const struct studio_caption *captions, size_t count);

/* Whether anybody looks: then on_preview() is called about every 2 s for each output that runs. */
void studio_watch(struct studio *studio, bool is_on);

void studio_get_health(struct studio *studio, struct studio_health *health);

/* "off", "connecting", "live", "failed": the words of the API. */
const char *studio_state_name(enum studio_state state);
