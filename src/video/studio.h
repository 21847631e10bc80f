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

#include "video/terms.h"

struct error;
struct studio;

enum { STUDIO_USUAL_WIDTH_PX = 1280, STUDIO_USUAL_HEIGHT_PX = 720, STUDIO_USUAL_FPS = 30 };

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

/*
 * NULL, and err says why, where waiting cannot help: no GStreamer element, no encoder that runs, an output's
 * address that is none, an odd size. What may come later (a file, a peer) is no error.
 */
struct studio *studio_create(const struct studio_options *options, struct error *err);

/* Ends every output properly, so that recordings are whole files. Accepts NULL. */
void studio_destroy(struct studio *studio);

/*
 * The output begins, as if it had never run: a recording gets a new file. One that runs and is blank is shown again; one that
 * waits for its next try tries now.
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
