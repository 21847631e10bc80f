/*
 * sounds.h - a sound for each kind of alert, played by the overlay's own process.
 * WAV, OGG, MP3 or FLAC, whatever SDL2_mixer reads here; tried when it starts. The sound card is let go a minute after the
 * last sound, so that silence costs nothing. Without one there is a line in the log, and everything else goes on.
 * Thread: the loop's; SDL mixes on a thread of its own.
 */
#pragma once

#include <stddef.h>

struct loop;
struct sounds;

struct sounds_item {
    const char *kind;  // of alert: "gift", "membership", "raid"
    const char *path;
};

struct sounds_options {
    struct loop *loop;               // borrowed
    const struct sounds_item *items; // borrowed for the call
    size_t count;
    int volume_percent;              // 0 to 100
};

/* Never NULL. A file that cannot be read costs a line in the log, and its kind stays silent. */
struct sounds *sounds_create(const struct sounds_options *options);
void sounds_destroy(struct sounds *sounds);  // accepts NULL

/* A kind without a sound is silent. Up to four sound at a time; a fifth is left out. */
void sounds_play(struct sounds *sounds, const char *kind);
