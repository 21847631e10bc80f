/* captions_private.h - what the files behind captions.h share. */
#pragma once

#include "relay/captions.h"

struct captions {
    struct captions_options options;
    struct caption_track *tracks[CAPTION_TRACKS_MAX];  // owned
    size_t count;
};

/* captions.c: the track of that name, made if needed, with that language. NULL: there are too many. */
struct caption_track *captions_add(struct captions *captions, const char *name, const char *language, struct error *err);

/* caption_store.c */
void caption_track_save(const struct captions *captions, const struct caption_track *track);
void caption_track_save_cues(const struct captions *captions, const struct caption_track *track);  // the long part
void captions_restore(struct captions *captions);
