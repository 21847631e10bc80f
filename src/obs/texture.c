#include "obs/texture.h"

#include <stdlib.h>
#include <string.h>

#include <obs.h>

#include "frame/frame.h"
#include "obs_effect.h"

/* ---- pictures up to the card ---- */

static bool refuse(struct texture *texture, const char *what)
{
    if (!texture->is_refused)
        blog(LOG_WARNING, "[antiphon] %s: the overlay is not shown", what);
    texture->is_refused = true;
    return false;
}

static bool make_room(struct texture *texture, size_t bytes)
{
    if (bytes <= texture->scratch_bytes)
        return true;
    free(texture->scratch);
    texture->scratch = malloc(bytes);
    texture->scratch_bytes = texture->scratch ? bytes : 0;
    return texture->scratch || refuse(texture, "no memory for a picture");
}

/* libobs uploads rows without a gap between them only. */
static const uint8_t *pack(struct texture *texture, const struct frame_picture *picture, const struct frame_box *box)
{
    size_t row_bytes = (size_t)(box->right - box->left) * 4, rows = (size_t)(box->bottom - box->top);
    const uint8_t *from = picture->pixels + (size_t)box->top * picture->stride_bytes + (size_t)box->left * 4;
    if (row_bytes == picture->stride_bytes)
        return from;
    if (!make_room(texture, row_bytes * rows))
        return NULL;
    for (size_t y = 0; y < rows; y++)
        memcpy(texture->scratch + y * row_bytes, from + y * picture->stride_bytes, row_bytes);
    return texture->scratch;
}

/* UNORM: no decoding behind our back, whatever state OBS is in. */
static gs_texture_t *upload(struct texture *texture, const struct frame_picture *picture, const struct frame_box *box)
{
    const uint8_t *pixels = pack(texture, picture, box);
    if (!pixels)
        return NULL;
    gs_texture_t *image = gs_texture_create((uint32_t)(box->right - box->left), (uint32_t)(box->bottom - box->top),
                                            GS_BGRA_UNORM, 1, &pixels, 0);
    if (!image)
        refuse(texture, "the graphics card takes no picture of this size");
    return image;
}

/*
 * A texture of the box's own size, copied into place on the card: libobs can map a texture only as a whole, which would send
 * 8 MB for the digits of a countdown.
 */
static bool patch(struct texture *texture, const struct frame_picture *picture, const struct frame_box *box)
{
    gs_texture_t *part = upload(texture, picture, box);
    if (!part)
        return false;
    gs_copy_texture_region(texture->image, (uint32_t)box->left, (uint32_t)box->top, part, 0, 0, 0, 0);
    gs_texture_destroy(part);
    return true;
}

static bool patch_all(struct texture *texture, const struct frame_picture *picture)
{
    for (size_t i = 0; i < picture->damage_count; i++) {
        if (!patch(texture, picture, &picture->damage[i]))
            return false;
    }
    return true;
}

static bool replace(struct texture *texture, const struct frame_picture *picture)
{
    gs_texture_destroy(texture->image);
    texture->image = upload(texture, picture, &(struct frame_box){0, 0, picture->width_px, picture->height_px});
    return texture->image != NULL;
}

void texture_update(struct texture *texture, const struct frame_picture *picture)
{
    bool is_next = texture->image && texture->generation == picture->generation;
    if (is_next && texture->sequence == picture->sequence)
        return;
    obs_enter_graphics();
    bool is_there = is_next ? patch_all(texture, picture) : replace(texture, picture);
    if (!is_there) {
        gs_texture_destroy(texture->image);
        texture->image = NULL;
    }
    obs_leave_graphics();
    texture->generation = picture->generation;
    texture->sequence = picture->sequence;
    texture->is_empty = picture->is_empty;
    if (is_there)
        texture->is_refused = false;
}

void texture_clear(struct texture *texture)
{
    free(texture->scratch);
    texture->scratch = NULL;
    texture->scratch_bytes = 0;
    if (!texture->image)
        return;
    obs_enter_graphics();
    gs_texture_destroy(texture->image);
    obs_leave_graphics();
    texture->image = NULL;
}

void texture_fini(struct texture *texture)
{
    texture_clear(texture);
    if (texture->effect) {
        obs_enter_graphics();
        gs_effect_destroy(texture->effect);
        obs_leave_graphics();
    }
    texture->effect = NULL;
}

/* ---- drawing ---- */

static bool load_effect(struct texture *texture)
{
    if (texture->effect)
        return true;
    if (texture->is_refused)
        return false;
    char *complaint = NULL;
    texture->effect = gs_effect_create(obs_effect, "antiphon.effect", &complaint);
    bfree(complaint);
    return texture->effect || refuse(texture, "the graphics card takes no shader of ours");
}

void texture_draw(struct texture *texture, bool is_apart)
{
    if (!texture->image || texture->is_empty || !load_effect(texture))
        return;
    bool was_srgb = gs_framebuffer_srgb_enabled();
    gs_enable_framebuffer_srgb(is_apart);
    gs_blend_state_push();
    gs_blend_function(GS_BLEND_ONE, GS_BLEND_INVSRCALPHA);
    gs_effect_set_texture(gs_effect_get_param_by_name(texture->effect, "image"), texture->image);
    while (gs_effect_loop(texture->effect, is_apart ? "Light" : "AsIs"))
        gs_draw_sprite(texture->image, 0, 0, 0);
    gs_blend_state_pop();
    gs_enable_framebuffer_srgb(was_srgb);
}
