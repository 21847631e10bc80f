/* Laid out text into pixels: text.h hands out masks, here they get their colour. */
#include <stdlib.h>

#include "painter/private.h"
#include "text/text.h"

struct ink {
    pixman_image_t *target;
    pixman_image_t *color;  // through which coverage is painted
    pixman_image_t *alpha;  // over colour bitmaps; NULL: opaque
};

static void draw_mask(const struct ink *ink, const struct text_mask *mask, int x, int y)
{
    pixman_format_code_t format = mask->format == TEXT_MASK_A8 ? PIXMAN_a8 : PIXMAN_a8r8g8b8;
    // Read only: pixman has no const form.
    pixman_image_t *image = pixman_image_create_bits(format, mask->width_px, mask->height_px,
        (uint32_t *)(uintptr_t)mask->pixels, mask->stride_bytes);
    if (!image)
        return;
    bool is_coverage = mask->format == TEXT_MASK_A8;
    pixman_image_composite32(PIXMAN_OP_OVER, is_coverage ? ink->color : image, is_coverage ? image : ink->alpha,
        ink->target, 0, 0, 0, 0, x, y, mask->width_px, mask->height_px);
    pixman_image_unref(image);
}

/* What of a layout is drawn. */
enum part { PART_OUTLINES, PART_TEXT, PART_SPAN, PART_SILHOUETTE };

/* The run's mask for that part, and where it goes; NULL: none. */
static const struct text_mask *mask_of(const struct text_run *run, enum part part, int span, int *x, int *y)
{
    bool is_outline = part == PART_OUTLINES || (part == PART_SILHOUETTE && run->outline);
    *x = is_outline ? run->outline_x_px : run->mask_x_px;
    *y = is_outline ? run->outline_y_px : run->mask_y_px;
    if (part == PART_SPAN && run->span != span)
        return NULL;
    return is_outline ? run->outline : run->mask;
}

static void draw_layout(const struct ink *ink, const struct text_layout *layout, int x, int y, enum part part, int span)
{
    for (size_t i = 0; i < layout->line_count; i++) {
        const struct text_line *line = &layout->lines[i];
        for (size_t j = 0; j < line->run_count; j++) {
            int mask_x, mask_y;
            const struct text_mask *mask = mask_of(&line->runs[j], part, span, &mask_x, &mask_y);
            if (mask)
                draw_mask(ink, mask, x + mask_x, y + mask_y);
        }
    }
}

static void draw(struct canvas *canvas, const struct text_layout *layout, int x, int y, struct color color,
    enum part part, int span)
{
    struct ink ink = {canvas->image, solid_create(color), NULL};
    if (color.a < 1)
        ink.alpha = solid_create((struct color){0, 0, 0, color.a});
    if (ink.color)
        draw_layout(&ink, layout, x, y, part, span);
    if (ink.color)
        pixman_image_unref(ink.color);
    if (ink.alpha)
        pixman_image_unref(ink.alpha);
}

void canvas_text(struct canvas *canvas, const struct text_layout *layout, int x, int y, struct color color)
{
    draw(canvas, layout, x, y, color, PART_TEXT, 0);
}

void canvas_text_outline(struct canvas *canvas, const struct text_layout *layout, int x, int y, struct color color)
{
    draw(canvas, layout, x, y, color, PART_OUTLINES, 0);
}

void canvas_text_span(struct canvas *canvas, const struct text_layout *layout, int x, int y, int span, struct color color)
{
    draw(canvas, layout, x, y, color, PART_SPAN, span);
}

/* The box around all silhouettes, in the layout. */
static struct box silhouette_box(const struct text_layout *layout)
{
    struct box all = {0};
    for (size_t i = 0; i < layout->line_count; i++) {
        for (size_t j = 0; j < layout->lines[i].run_count; j++) {
            struct box one = {0};
            const struct text_mask *mask = mask_of(&layout->lines[i].runs[j], PART_SILHOUETTE, 0, &one.x, &one.y);
            if (!mask)
                continue;
            one.width = mask->width_px;
            one.height = mask->height_px;
            all = box_is_empty(&all) ? one : box_union(&all, &one);
        }
    }
    return all;
}

void canvas_text_shadow(struct canvas *canvas, const struct text_layout *layout, int x, int y,
    const struct shadow *shadow)
{
    int blur_px = shadow->blur_px < SHADOW_BLUR_MAX ? shadow->blur_px : SHADOW_BLUR_MAX;
    struct box all = silhouette_box(layout);
    if (box_is_empty(&all) || blur_px < 0 || shadow->color.a <= 0)
        return;
    all = box_grow(&all, blur_px);
    pixman_image_t *mask = stencil_create(all.width, all.height);
    struct ink ink = {mask, solid_create((struct color){0, 0, 0, 1}), NULL};
    pixman_image_t *source = solid_create(shadow->color);
    if (mask && ink.color && source) {
        draw_layout(&ink, layout, -all.x, -all.y, PART_SILHOUETTE, 0);
        stencil_blur(mask, blur_px / 3);
        pixman_image_composite32(PIXMAN_OP_OVER, source, mask, canvas->image, 0, 0, 0, 0, x + all.x + shadow->dx,
            y + all.y + shadow->dy, all.width, all.height);
    }
    if (mask)
        pixman_image_unref(mask);
    if (ink.color)
        pixman_image_unref(ink.color);
    if (source)
        pixman_image_unref(source);
}
