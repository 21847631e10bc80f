#include "text/picture.h"

#include <pixman.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

bool picture_init(struct picture *picture, int width_px, int height_px, uint32_t background)
{
    *picture = (struct picture){width_px, height_px, NULL};
    if (width_px <= 0 || height_px <= 0 || width_px > 32766 || height_px > 32766)
        return false;
    size_t count = (size_t)width_px * (size_t)height_px;
    picture->pixels = malloc(count * sizeof(*picture->pixels));
    for (size_t i = 0; picture->pixels && i < count; i++)
        picture->pixels[i] = 0xff000000 | background;
    return picture->pixels != NULL;
}

void picture_fini(struct picture *picture)
{
    free(picture->pixels);
    *picture = (struct picture){0};
}

static pixman_image_t *as_image(const struct text_mask *mask)
{
    bool is_colour = mask->format == TEXT_MASK_ARGB;
    return pixman_image_create_bits_no_clear(is_colour ? PIXMAN_a8r8g8b8 : PIXMAN_a8, mask->width_px, mask->height_px,
        (uint32_t *)(void *)(uintptr_t)mask->pixels, mask->stride_bytes);
}

static pixman_image_t *solid(uint32_t colour)
{
    const pixman_color_t full = {(uint16_t)((colour >> 16 & 255) * 257), (uint16_t)((colour >> 8 & 255) * 257),
        (uint16_t)((colour & 255) * 257), 0xffff};
    return pixman_image_create_solid_fill(&full);
}

static void paint_mask(pixman_image_t *target, const struct text_mask *mask, int x_px, int y_px, pixman_image_t *ink)
{
    pixman_image_t *image = as_image(mask);
    bool is_colour = mask->format == TEXT_MASK_ARGB;
    pixman_image_composite32(PIXMAN_OP_OVER, is_colour ? image : ink, is_colour ? NULL : image, target, 0, 0, 0, 0,
        x_px, y_px, mask->width_px, mask->height_px);
    pixman_image_unref(image);
}

void picture_paint(struct picture *picture, const struct text_layout *layout, int x_px, int y_px, uint32_t colour,
    uint32_t outline_colour)
{
    pixman_image_t *target = pixman_image_create_bits_no_clear(PIXMAN_a8r8g8b8, picture->width_px, picture->height_px,
        picture->pixels, picture->width_px * 4);
    pixman_image_t *fill = solid(colour), *stroke = solid(outline_colour);
    for (int is_fill = 0; is_fill <= 1; is_fill++) {
        for (size_t i = 0; i < layout->line_count; i++) {
            for (size_t k = 0; k < layout->lines[i].run_count; k++) {
                const struct text_run *run = &layout->lines[i].runs[k];
                if (is_fill && run->mask)
                    paint_mask(target, run->mask, x_px + run->mask_x_px, y_px + run->mask_y_px, fill);
                if (!is_fill && run->outline)
                    paint_mask(target, run->outline, x_px + run->outline_x_px, y_px + run->outline_y_px, stroke);
            }
        }
    }
    pixman_image_unref(fill);
    pixman_image_unref(stroke);
    pixman_image_unref(target);
}

/* libpng's simple interface wants bytes in the order B, G, R; our pictures are opaque. */
bool picture_write(const struct picture *picture, const char *path, struct error *err)
{
    png_image png = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)picture->width_px,
        .height = (png_uint_32)picture->height_px, .format = PNG_FORMAT_BGRA};
    size_t count = (size_t)picture->width_px * (size_t)picture->height_px;
    png_byte *bytes = malloc(count * 4);
    for (size_t i = 0; bytes && i < count; i++)
        memcpy(bytes + 4 * i, (const png_byte[]){picture->pixels[i] & 255, picture->pixels[i] >> 8 & 255,
            picture->pixels[i] >> 16 & 255, picture->pixels[i] >> 24}, 4);
    bool is_written = bytes && png_image_write_to_file(&png, path, 0, bytes, 0, NULL);
    if (!is_written)
        error_set(err, ERROR_SYSTEM, "%s: cannot be written (%s)", path, bytes ? png.message : "out of memory");
    free(bytes);
    png_image_free(&png);
    return is_written;
}

bool picture_read(struct picture *picture, const char *path, struct error *err)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&png, path))
        return error_set(err, ERROR_DATA, "%s: %s", path, png.message);
    png.format = PNG_FORMAT_BGRA;
    bool is_read = picture_init(picture, (int)png.width, (int)png.height, 0);
    png_byte *bytes = is_read ? malloc(PNG_IMAGE_SIZE(png)) : NULL;
    is_read = bytes && png_image_finish_read(&png, NULL, bytes, 0, NULL);
    size_t count = is_read ? (size_t)png.width * png.height : 0;
    for (size_t i = 0; i < count; i++)
        picture->pixels[i] = (uint32_t)bytes[4 * i] | (uint32_t)bytes[4 * i + 1] << 8 |
            (uint32_t)bytes[4 * i + 2] << 16 | (uint32_t)bytes[4 * i + 3] << 24;
    free(bytes);
    png_image_free(&png);
    return is_read || error_set(err, ERROR_DATA, "%s: cannot be read as PNG", path);
}
