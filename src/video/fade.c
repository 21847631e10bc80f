#include "video/fade.h"

#include <stdlib.h>

struct fader {
    int32_t width, height;
    uint8_t *pixels;  // owned; says nothing outside the picture's spans
};

struct fader *fader_create(int32_t width, int32_t height)
{
    struct fader *fader = calloc(1, sizeof(*fader));
    if (!fader)
        return NULL;
    *fader = (struct fader){width, height, calloc((size_t)width * (size_t)height, 4)};
    if (fader->pixels)
        return fader;
    fader_destroy(fader);
    return NULL;
}

void fader_destroy(struct fader *fader)
{
    if (!fader)
        return;
    free(fader->pixels);
    free(fader);
}

/* Colours that were within their alpha stay so: rounding is the same for all four. */
static void fade_bytes(uint8_t *restrict to, const uint8_t *restrict from, size_t count, unsigned share)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (uint8_t)((from[i] * share + FADE_FULL / 2) / FADE_FULL);
}

void fader_update(struct fader *fader, const struct blend_picture *picture, int32_t top, int32_t bottom, int share)
{
    size_t stride = (size_t)fader->width * 4;
    for (int32_t y = top < 0 ? 0 : top; y < bottom && y < fader->height; y++) {
        const struct frame_row *row = &picture->rows[y];
        for (uint32_t i = 0; i < row->count; i++) {
            size_t at = 4 * (size_t)row->spans[i].from, end = 4 * (size_t)row->spans[i].to;
            fade_bytes(fader->pixels + (size_t)y * stride + at,
                       picture->pixels + (size_t)y * picture->stride_bytes + at, end - at, (unsigned)share);
        }
    }
}

struct blend_picture fader_picture(const struct fader *fader, const struct blend_picture *picture)
{
    return (struct blend_picture){fader->pixels, (size_t)fader->width * 4, picture->rows};
}
