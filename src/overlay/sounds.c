#include "overlay/sounds.h"

#include <SDL2/SDL.h>
#include <SDL2/SDL_mixer.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"
#include "net/loop.h"

enum { RATE_HZ = 48000, BLOCK = 1024, CHANNELS = 4, QUIET_MS = 60000, FILE_MAX = 8 << 20, LENGTH_MAX_MS = 15000 };

struct sound {
    char *kind, *path;  // owned
    Mix_Chunk *chunk;   // owned; NULL: the card is closed
    bool is_refused;    // it was no sound, and this was said
};

struct sounds {
    struct timer quiet;
    struct sound *items;  // owned
    size_t count;
    int volume;           // of SDL2_mixer: 0 to 128
    bool is_open, has_failed;
};

static bool is_too_large(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && info.st_size > FILE_MAX;
}

/* SDL2_mixer reads a file into the form of the card, so the card has to be open. */
static void read_sound(struct sounds *sounds, struct sound *sound)
{
    bool is_good = !is_too_large(sound->path);
    if (is_good)
        sound->chunk = Mix_LoadWAV(sound->path);
    if (sound->chunk) {
        Mix_VolumeChunk(sound->chunk, sounds->volume);
        return;
    }
    log_warn("overlay/sounds", "%s: %s: a %s is silent", sound->path, is_good ? Mix_GetError() : "more than 8 MiB", sound->kind);
    sound->is_refused = true;
}

static void forget_chunks(struct sounds *sounds)
{
    for (size_t i = 0; i < sounds->count; i++) {
        Mix_FreeChunk(sounds->items[i].chunk);
        sounds->items[i].chunk = NULL;
    }
}

static void close_card(void *data)
{
    struct sounds *sounds = data;
    if (!sounds->is_open)
        return;
    Mix_HaltChannel(-1);
    forget_chunks(sounds);
    Mix_CloseAudio();
    SDL_QuitSubSystem(SDL_INIT_AUDIO);
    sounds->is_open = false;
}

static bool open_card(struct sounds *sounds)
{
    if (sounds->is_open)
        return true;
    if (SDL_InitSubSystem(SDL_INIT_AUDIO) == 0) {
        sounds->is_open = Mix_OpenAudio(RATE_HZ, MIX_DEFAULT_FORMAT, 2, BLOCK) == 0;
        if (!sounds->is_open)
            SDL_QuitSubSystem(SDL_INIT_AUDIO);
    }
    if (!sounds->is_open && !sounds->has_failed)
        log_warn("overlay/sounds", "no sound: %s; it is tried again with the next alert", SDL_GetError());
    sounds->has_failed = !sounds->is_open;
    if (!sounds->is_open)
        return false;
    Mix_AllocateChannels(CHANNELS);
    for (size_t i = 0; i < sounds->count; i++) {
        if (!sounds->items[i].is_refused)
            read_sound(sounds, &sounds->items[i]);
    }
    return true;
}

struct sounds *sounds_create(const struct sounds_options *options)
{
    struct sounds *sounds = xcalloc(1, sizeof(*sounds));
    timer_init(&sounds->quiet, options->loop, close_card, sounds);
    sounds->volume = options->volume_percent * MIX_MAX_VOLUME / 100;
    sounds->items = xcalloc(options->count + 1, sizeof(*sounds->items));
    for (size_t i = 0; i < options->count; i++)
        sounds->items[sounds->count++] = (struct sound){xstrdup(options->items[i].kind), xstrdup(options->items[i].path), NULL};
    // Tried at once: who has mistyped a file's name should not learn it from the first gift.
    if (sounds->count > 0 && open_card(sounds))
        timer_start(&sounds->quiet, QUIET_MS);
    return sounds;
}

void sounds_destroy(struct sounds *sounds)
{
    if (!sounds)
        return;
    timer_stop(&sounds->quiet);
    close_card(sounds);
    for (size_t i = 0; i < sounds->count; i++) {
        free(sounds->items[i].kind);
        free(sounds->items[i].path);
    }
    free(sounds->items);
    free(sounds);
}

void sounds_play(struct sounds *sounds, const char *kind)
{
    for (size_t i = 0; i < sounds->count; i++) {
        if (strcmp(sounds->items[i].kind, kind) != 0 || !open_card(sounds))
            continue;
        if (sounds->items[i].chunk)
            Mix_PlayChannelTimed(-1, sounds->items[i].chunk, 0, LENGTH_MAX_MS);
        timer_start(&sounds->quiet, QUIET_MS);
    }
}
