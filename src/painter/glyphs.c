/* Laid out text into pixels: text.h hands out masks, here they get their colour. */
#include <stdlib.h>

#include "painter/private.h"
#include "text/text.h"

struct ink {
    struct canvas *canvas;
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
        ink->canvas->image, 0, 0, 0, 0, x, y, mask->width_px, mask->height_px);
    pixman_image_unref(image);
}

static void draw_layout(const struct ink *ink, const struct text_layout *layout, int x, int y, bool is_outline)
{
    for (size_t i = 0; i < layout->line_count; i++) {
        const struct text_line *line = &layout->lines[i];
        for (size_t j = 0; j < line->run_count; j++) {
            const struct text_run *run = &line->runs[j];
            if (is_outline && run->outline)
                draw_mask(ink, run->outline, x + run->outline_x_px, y + run->outline_y_px);
            else if (!is_outline && run->mask)
                draw_mask(ink, run->mask, x + run->mask_x_px, y + run->mask_y_px);
        }
    }
}

static void draw(struct canvas *canvas, const struct text_layout *layout, int x, int y, struct color color,
    bool is_outline)
{
    struct ink ink = {canvas, solid_create(color), NULL};
    if (color.a < 1)
        ink.alpha = solid_create((struct color){0, 0, 0, color.a});
    if (ink.color)
        draw_layout(&ink, layout, x, y, is_outline);
    if (ink.color)
        pixman_image_unref(ink.color);
    if (ink.alpha)
        pixman_image_unref(ink.alpha);
}

void canvas_text(struct canvas *canvas, const struct text_layout *layout, int x, int y, struct color color)
{
    draw(canvas, layout, x, y, color, false);
}

void canvas_text_outline(struct canvas *canvas, const struct text_layout *layout, int x, int y, struct color color)
{
    draw(canvas, layout, x, y, color, true);
}
