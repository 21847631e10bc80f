/*
 * input.h - one attempt at the input: a pipeline that is built, used until anything goes wrong, and thrown
 * away. Pictures and sound go to the pump under the attempt's generation. Thread: the context's, except that
 * samples reach the pump on GStreamer's own.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

#include "video/pump.h"

struct address;
struct error;
struct input;
struct program;

enum input_event {
    INPUT_LIVE,    // the first sample came
    INPUT_ENDED,   // the peer left, the file is over
    INPUT_FAILED,  // an error, or silence where there had been samples
};

struct input_options {
    const struct program *program;  // borrowed, as the next four
    const struct address *address;
    struct pump *pump;
    GMainContext *context;
    void *data;
    enum pump_feed feed;            // of PUMP_SOUND only the sound is taken
    unsigned generation;
    /*
     * After INPUT_ENDED and INPUT_FAILED nothing follows; the input may be destroyed in the call. text: for
     * people.
     */
    void (*on_event)(void *data, enum input_event event, const char *text);
};

/* Begins at once. NULL: it cannot even be built (an element is missing). */
struct input *input_create(const struct input_options *options, struct error *err);

/*
 * Buries the pipeline on a thread of its own, then calls buried(data) on the context's. Accepts NULL: no call
 * then.
 */
void input_destroy(struct input *input, void (*buried)(void *data), void *data);
