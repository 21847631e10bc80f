/*
 * output_chain.h - which elements stand between the pump and a destination. Thread: any.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

struct address;
struct error;
struct program;

struct output_chain_options {
    const struct program *program;
    const struct address *address;
    const char *location;      // the file to write, or the address
    const char *view, *frame_socket;  // NULL: no overlay
    const char *encoder;
    int bitrate_kbps;
};

/*
 * A pipeline with appsrcs "video" and "audio", the element "overlay", and the sink "sink". NULL: err names what
 * is missing.
 */
GstElement *output_chain_build(const struct output_chain_options *options, struct error *err);

/* Whether everything that the address needs is installed. */
bool output_chain_check(const struct address *address, struct error *err);

/*
 * Bytes that really left: what a network sink took may still wait for a peer that never speaks. handed_over:
 * what the sink took, which is the answer for files.
 */
uint64_t output_chain_sent(GstElement *pipeline, const struct address *address, uint64_t handed_over);
