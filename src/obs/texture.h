/*
 * texture.h - a view's picture on the graphics card, and how it is laid over what OBS has drawn.
 * Thread: OBS's graphics thread; texture_fini() whoever owns the struct.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <graphics/graphics.h>

struct frame_picture;

/* {0} is one without a picture. */
struct texture {
    gs_texture_t *image;   // owned; NULL: nothing to draw
    gs_effect_t *effect;   // owned; made by the first drawing, kept over texture_clear()
    uint64_t generation, sequence;  // of the picture in image
    bool is_empty;         // no visible pixel
    bool is_refused;       // the card or the driver would not; said once
    uint8_t *scratch;      // rows of one box without a gap; owned
    size_t scratch_bytes;
};

/*
 * Brings the image to this picture: the damage alone where it held the one before, everything otherwise. The same picture again
 * costs nothing. Enters the graphics context only for that.
 */
void texture_update(struct texture *texture, const struct frame_picture *picture);

/* Nothing to draw any more; what was shown is gone from the card. */
void texture_clear(struct texture *texture);
void texture_fini(struct texture *texture);

/*
 * Inside the graphics context. is_apart: the target is no picture yet but something that OBS will itself lay over one later (a
 * filter's or a crop's own texture), or holds light instead of sRGB: then the pixels are handed over as OBS expects them there.
 * Otherwise they are blended as everywhere in antiphon: dst = src + dst * (1 - alpha), on sRGB values.
 */
void texture_draw(struct texture *texture, bool is_apart);
