/*
 * rendition_chain.h - which elements make a rendition out of the program's picture and sound. Thread: any.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

struct error;
struct program;
struct rendition_key;

struct rendition_chain_options {
    const struct program *program;
    const struct rendition_key *key;
    const char *encoder;  // NULL where the key is raw
    bool may_lag;         // a second behind, rather than a picture lost
};

/*
 * A pipeline with appsrcs "video" and "audio" (NULL where the key is raw), the element "overlay", and appsinks
 * "video-out" and "audio-out". NULL: err names what is missing.
 */
GstElement *rendition_chain_build(const struct rendition_chain_options *options, struct error *err);
