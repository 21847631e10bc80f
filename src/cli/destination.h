/*
 * destination.h - the platforms that an output may go to: how to know them by their address, what their rules say of
 * other platforms' messages in the picture, and what they recommend an encoder to do. Where we know of no rule or
 * recommendation that is said too. docs/configuration.md has the same tables. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct destination {
    const char *name;   // "twitch": the platform of messages, where it has chat
    const char *title;  // for people
    /* Another platform's messages may not be shown there: views of its own derive from this, see config_destinations.c. */
    bool shows_own_only;
    const char *rule;    // in words, with its source; what we know where there is none
};

/* What a platform wants an encoder to do; zero: no matter. */
struct destination_advice {
    int bitrate_kbps;       // of the video: what is recommended for this size and rate
    int bitrate_max_kbps;   // more is refused, or makes the stream unsteady; 0: no known limit
    int sound_kbps;
    int key_seconds;
    int b_frames;
    const char *source;     // where it is published, or that it is not
};

/* For the configuration's `platform`: every name, then "none", then NULL. */
extern const char *const destination_names[];

/* NULL: there is no such platform. */
const struct destination *destination_find(const char *name);

/* By the host of an address of ours, rtmp://live.twitch.tv/app/KEY; NULL: a file, or a host that is nobody's. */
const struct destination *destination_of_address(const char *address);

/* destination NULL: what suits any service, a recording or SRT. */
struct destination_advice destination_advise(const struct destination *destination, int width_px, int height_px, double fps);
