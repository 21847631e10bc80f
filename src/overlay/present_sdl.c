/*
 * SDL's renderer: whatever it finds, at last the CPU. It has no premultiplied blending in all its drivers, so what is
 * behind the picture is blended here, into the texture; and it has no window with alpha, so that is never the desktop.
 */
#include <SDL2/SDL.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "overlay/presenter.h"
#include "overlay/window_key.h"

struct present_sdl {
    struct presenter base;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    uint32_t *rows;  // owned; as large as the picture, for one box
};

static struct present_sdl *get(struct presenter *base)
{
    return container_of(base, struct present_sdl, base);
}

static void destroy(struct presenter *base)
{
    struct present_sdl *sdl = get(base);
    if (sdl->texture)
        SDL_DestroyTexture(sdl->texture);
    if (sdl->renderer)
        SDL_DestroyRenderer(sdl->renderer);
    free(sdl->rows);
    free(sdl);
}

static struct presenter *create(const struct presenter *base, struct error *err)
{
    struct present_sdl *sdl = xcalloc(1, sizeof(*sdl));
    sdl->base = *base;
    sdl->base.impl = &present_sdl_impl;
    // Between key and card there is nothing: a filter would mix them.
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, base->ground.is_key ? "nearest" : "best");
    sdl->renderer = SDL_CreateRenderer(base->window, -1, 0);
    if (!sdl->renderer)
        sdl->renderer = SDL_CreateRenderer(base->window, -1, SDL_RENDERER_SOFTWARE);
    if (sdl->renderer)
        sdl->texture = SDL_CreateTexture(sdl->renderer, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_STREAMING,
            base->width_px, base->height_px);
    sdl->rows = malloc((size_t)base->width_px * (size_t)base->height_px * sizeof(*sdl->rows));
    if (sdl->texture && sdl->rows) {
        SDL_SetTextureBlendMode(sdl->texture, SDL_BLENDMODE_NONE);
        return &sdl->base;
    }
    error_set(err, ERROR_SYSTEM, "SDL draws no window here: %s", SDL_GetError());
    destroy(&sdl->base);
    return NULL;
}

static void blend_row(const uint32_t *from, uint32_t *to, int count, const struct color *ground)
{
    const uint32_t below[3] = {(uint32_t)(ground->b * 255 + 0.5f), (uint32_t)(ground->g * 255 + 0.5f),
        (uint32_t)(ground->r * 255 + 0.5f)};
    for (int x = 0; x < count; x++) {
        uint32_t rest = 255 - (from[x] >> 24), out = 0xff000000u;
        for (int i = 0; i < 3; i++)
            out |= ((from[x] >> 8 * i & 0xff) + (below[i] * rest + 127) / 255) << 8 * i;
        to[x] = out;
    }
}

static void upload(struct presenter *base, const struct canvas *canvas, const struct box *boxes, size_t count)
{
    struct present_sdl *sdl = get(base);
    for (size_t i = 0; i < count; i++) {
        const struct box *box = &boxes[i];
        for (int y = 0; y < box->height; y++) {
            const uint32_t *from = canvas_pixels(canvas) + (size_t)(box->y + y) * canvas_stride(canvas) / 4 + box->x;
            uint32_t *to = sdl->rows + (size_t)y * (size_t)box->width;
            if (base->ground.is_key)
                window_key_row(from, to, (size_t)box->width, base->ground.color);
            else
                blend_row(from, to, box->width, &base->ground.color);
        }
        SDL_UpdateTexture(sdl->texture, &(SDL_Rect){box->x, box->y, box->width, box->height}, sdl->rows, box->width * 4);
    }
}

static bool draw(struct presenter *base)
{
    struct present_sdl *sdl = get(base);
    const struct color *ground = &base->ground.color;
    int width, height;
    if (SDL_GetRendererOutputSize(sdl->renderer, &width, &height) != 0)
        return false;
    struct box at = presenter_fit(base, width, height);
    SDL_SetRenderDrawColor(sdl->renderer, (Uint8)(ground->r * 255 + 0.5f), (Uint8)(ground->g * 255 + 0.5f),
        (Uint8)(ground->b * 255 + 0.5f), 255);
    SDL_RenderClear(sdl->renderer);
    SDL_RenderCopy(sdl->renderer, sdl->texture, NULL, &(SDL_Rect){at.x, at.y, at.width, at.height});
    SDL_RenderPresent(sdl->renderer);
    return true;
}

const struct presenter_impl present_sdl_impl = {
    .name = "SDL's renderer", .create = create, .upload = upload, .draw = draw, .destroy = destroy,
};
