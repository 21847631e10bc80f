/*
 * input_chain.h - which elements stand between an address and raw samples in the program's format.
 * Thread: pads appear on GStreamer's; the sinks' callbacks are the caller's.
 */
#pragma once

#include <gst/app/gstappsink.h>
#include <stdbool.h>

struct address;
struct error;
struct program;

struct input_chain {
    const struct program *program;  // borrowed
    GstElement *pipeline;           // borrowed: it outlives the chain's signals
    const GstAppSinkCallbacks *video, *audio;  // video NULL: no picture is wanted
    void *data;                     // of the callbacks
    int has_video, has_audio;       // atomic: a branch stands
};

/* A pipeline that fills chain->pipeline; chain must stay until it is in NULL. NULL: err says why. */
GstElement *input_chain_build(struct input_chain *chain, const struct address *address, struct error *err);

/* Whether what the address needs is installed, and a file, camera or socket is there now. */
bool input_chain_check(const struct address *address, struct error *err);

/* Whether a picture has shown itself, wanted or not. Any thread. */
bool input_chain_has_picture(const struct input_chain *chain);

/* What of the pipeline's latency is over when its samples are stamped. */
int64_t input_chain_waited_ns(const struct input_chain *chain);

/* Whether stamps come from a clock like ours; URIs are not known to before they play. */
bool input_chain_is_clocked(const struct address *address);

/* Whether its raw pictures lie in memory that the other side wants back soon: a driver's, a program's. */
bool input_chain_lends_pictures(const struct address *address);

/* Whether silence may mean that nobody is there yet: it waits for a caller, a datagram, a publisher. */
bool input_chain_may_wait(const struct address *address);
