/*
 * output_chain.h - which elements stand between a rendition's packets and a destination. Thread: any.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

struct address;
struct error;

/*
 * A pipeline with appsrcs "video" and "audio" (not where it is raw), and the sink "sink". location: the file to write, or the address.
 * NULL: err names what is missing.
 */
GstElement *output_chain_build(const struct address *address, const char *location, struct error *err);

/* Whether it takes pictures as they are, and no sound. */
bool output_chain_is_raw(const struct address *address);

/* Whether everything that the address needs is installed. */
bool output_chain_check(const struct address *address, struct error *err);

/*
 * Bytes that really left: what a network sink took may still wait for a peer that never speaks. handed_over:
 * what the sink took, which is the answer for files.
 */
uint64_t output_chain_sent(GstElement *pipeline, const struct address *address, uint64_t handed_over);
