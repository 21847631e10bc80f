/*
 * rendition.h - one picture as destinations get it: the program framed to a size, with a view's overlay, encoded, and
 * the sound beside it. Made once, however many outputs want it: who asks the set of renditions for an equal picture
 * gets the one that is there. It begins with its first subscriber and ends with its last; an encoder that fails is
 * built again alone, while its subscribers wait.
 *
 * Packets carry program time. All renditions' sound is cut at the same samples, and each begins at the tick that is
 * asked for: a subscriber can go from one to another without a gap.
 *
 * Thread: the context's, except rendition_request_key(), rendition_get_health() (any) and what the pump calls.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "video/encode_meter.h"
#include "video/encoder.h"
#include "video/packets.h"
#include "video/terms.h"

struct caption_book;
struct program;
struct pump;
struct rendition;
struct renditions;

/* Texts are borrowed; renditions copy what they need. NULL and "" are the same. */
struct rendition_key {
    const char *view, *frame_socket;  // either NULL: no overlay
    struct encoder_options encoder;   // also of a raw one: its size
    enum studio_fit fit;              // where that is of another shape than the program
    double focus;
    int sound_kbps;                   // 0: 160
    const char *captions;             // the language whose subtitles go along as data; NULL: none
    bool is_blank;  // the holding picture, silence and no overlay
    bool is_raw;    // pictures as they are, for what takes no coded stream; no sound
    bool is_recorded; // the rate may follow the picture; a service wants it held
    bool is_any_rate; // a recording for which nobody chose a rate: it takes a service's
};

struct rendition_sink {
    struct list link;  // in rendition.sinks
    /* On a thread of the rendition's; must not block, join or leave. The packet is borrowed. */
    void (*push)(struct rendition_sink *sink, const struct packet *packet);
};

struct rendition_health {
    const char *encoder;  // the element's name; "": none
    uint64_t dropped;     // pictures left out because the encoder was slow
    unsigned sharers;
    struct encode_times encode;
    char trouble[256];    // why nothing comes; "": nothing is wrong
    char captions[128];   // see caption_writer_state(); "": none
};

struct renditions_options {
    const struct program *program;  // borrowed, as the next three
    struct pump *pump;
    struct caption_book *captions;
    GMainContext *context;
    void *data;
    /* A small picture of what the encoder gets, while renditions_watch() wants them; on the context's thread. */
    void (*on_picture)(void *data, const struct rendition *rendition, const void *jpeg, size_t len);
};

struct renditions *renditions_create(const struct renditions_options *options);
void renditions_destroy(struct renditions *renditions);  // accepts NULL; nobody may be subscribed any more

/*
 * An output that exists says what it wants, whether it runs or not: a recording then takes the encode of the streaming
 * service that shows the same, whichever begins first, and an encoder that a recording may share may lag a second
 * rather than lose a picture. The key lives until the wish is removed.
 */
void renditions_add_wish(struct renditions *renditions, const struct rendition_key *key);
void renditions_remove_wish(struct renditions *renditions, const struct rendition_key *key);

/*
 * Subscribes. A key frame comes at *from_ns (program time, soon but not past), or later if there is trouble; *from_ns is
 * moved on where the encoder has that picture already. Never fails: an encoder that cannot be had is tried again.
 */
struct rendition *renditions_join(struct renditions *renditions, const struct rendition_key *key, int64_t *from_ns,
    struct rendition_sink *sink);

/* The sink is not called any more when this returns. */
void renditions_leave(struct renditions *renditions, struct rendition *rendition, struct rendition_sink *sink);

/* Whether anybody looks at small pictures of them. */
void renditions_watch(struct renditions *renditions, bool is_on);

/* The first picture at or after from_ns becomes a key frame. Returns from_ns, or when that is where it was too late. */
int64_t rendition_request_key(struct rendition *rendition, int64_t from_ns);

/* Its packets come in another order than they are shown: it has B-frames. */
bool rendition_reorders(const struct rendition *rendition);

void rendition_get_health(struct rendition *rendition, struct rendition_health *health);
