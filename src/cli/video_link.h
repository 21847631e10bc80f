/*
 * video_link.h - the video process's link to the relay: orders come down, the state of input and outputs goes
 * up. It comes back by itself. Losing it changes nothing in the picture. The words are in docs/api.md, "To the
 * video process". Thread: the loop's.
 */
#pragma once

#include <stddef.h>

struct error;
struct loop;
struct studio;
struct video_link;

struct video_link_options {
    struct loop *loop;      // borrowed, as the studio
    struct studio *studio;
    const char *address;    // unix:PATH, ws:// or wss://; copied
    const char *token;      // of a program, for ws and wss; NULL: none. Copied
};

/* NULL: the address is none. */
struct video_link *video_link_create(const struct video_link_options *options, struct error *err);
void video_link_destroy(struct video_link *link);  // accepts NULL

/* Something changed: the relay hears of it at once. */
void video_link_report(struct video_link *link);  // accepts NULL

/* A small picture of an output. Left out while the last ones still wait to be sent. */
void video_link_preview(struct video_link *link, const char *output, const void *jpeg, size_t len);  // accepts NULL
