#include "text/raster.h"

#include <string.h>

#include "text/emoji.h"

/* Shaded gives INDEX8 whose bytes are the coverage: a mask for any colour, a quarter of Blended's memory. */
static SDL_Surface *render(TTF_Font *font, const struct shape_run *run)
{
    TTF_SetFontDirection(font, run->is_rtl ? TTF_DIRECTION_RTL : TTF_DIRECTION_LTR);
    TTF_SetFontScriptName(font, shape_script_tag(run));
    return TTF_RenderUTF8_Shaded(font, run->text, (SDL_Color){255, 255, 255, 255}, (SDL_Color){0, 0, 0, 255});
}

static struct text_mask *cut_to_ink(const SDL_Surface *surface, struct text_box *ink)
{
    const struct text_mask whole = {TEXT_MASK_A8, surface->w, surface->h, surface->pitch, surface->pixels};
    *ink = mask_ink(&whole);
    struct text_mask *mask = mask_create(TEXT_MASK_A8, ink->width_px, ink->height_px);
    for (int y = 0; mask && y < ink->height_px; y++) {
        memcpy(mask_pixels(mask) + (size_t)y * (size_t)mask->stride_bytes,
            (const uint8_t *)surface->pixels + (size_t)(ink->y_px + y) * (size_t)surface->pitch + ink->x_px,
            (size_t)ink->width_px);
    }
    return mask;
}

static void draw_outline(struct drawing *drawing, const struct shape_run *run, int outline_px)
{
    TTF_Font *font = face_outlined(run->face, run->size_px, outline_px);
    SDL_Surface *surface = font ? render(font, run) : NULL;
    if (!surface)
        return;
    struct text_box ink;
    drawing->outline = cut_to_ink(surface, &ink);
    SDL_FreeSurface(surface);
    // The stroke is the fill made fatter by outline_px on each side: middles coincide whatever SDL2_ttf shifted.
    if (!drawing->outline || !drawing->mask)
        return;
    drawing->outline_x_px = drawing->x_px - (ink.width_px - drawing->mask->width_px) / 2;
    drawing->outline_y_px = drawing->y_px - (ink.height_px - drawing->mask->height_px) / 2;
}

static void draw_text(struct drawing *drawing, const struct shape_run *run, int32_t advance)
{
    TTF_Font *font = face_plain(run->face, run->size_px);
    SDL_Surface *surface = font ? render(font, run) : NULL;
    if (!surface)
        return;  // "Text has zero width" is how SDL2_ttf names a run of spaces and joiners
    int x_px = 0, y_px = 0, ascent_px = TTF_FontAscent(font);
    bool is_tall = surface->h > TTF_FontHeight(font);
    if (is_tall || surface->w > advance >> 6)
        shape_origin(run, ascent_px, is_tall, &x_px, &y_px);
    struct text_box ink;
    drawing->mask = cut_to_ink(surface, &ink);
    drawing->x_px = ink.x_px - x_px;
    drawing->y_px = ink.y_px - y_px - ascent_px;
    SDL_FreeSurface(surface);
}

static void draw_emoji(struct drawing *drawing, const struct shape_run *run)
{
    int ascent_px, descent_px;
    emoji_metrics(run->size_px, &ascent_px, &descent_px);
    drawing->mask = emoji_draw(run->face, run->text, run->size_px);
    drawing->y_px = -ascent_px;
}

void drawing_init(struct drawing *drawing, const struct shape_run *run, int32_t advance, int outline_px)
{
    *drawing = (struct drawing){0};
    if (run->face->is_emoji) {
        draw_emoji(drawing, run);
        return;
    }
    draw_text(drawing, run, advance);
    if (drawing->mask && outline_px > 0)
        draw_outline(drawing, run, outline_px);
}

void drawing_fini(struct drawing *drawing)
{
    text_mask_unref(drawing->mask);
    text_mask_unref(drawing->outline);
    *drawing = (struct drawing){0};
}

size_t drawing_bytes(const struct drawing *drawing)
{
    return (drawing->mask ? mask_bytes(drawing->mask) : 0) + (drawing->outline ? mask_bytes(drawing->outline) : 0);
}
