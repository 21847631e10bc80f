#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- canvas ---- */

void canvas_init(struct canvas *canvas, int32_t width, int32_t height)
{
    canvas->width = width;
    canvas->height = height;
    canvas->pixels = xcalloc((size_t)width * (size_t)height, 4);
    canvas->rows = xcalloc((size_t)height, sizeof(canvas->rows[0]));
}

void canvas_fini(struct canvas *canvas)
{
    free(canvas->pixels);
    free(canvas->rows);
}

/* One span from the first to the last visible pixel: right, if not as fine as a writer's. */
static void find_span(struct canvas *canvas, int32_t y)
{
    struct frame_row *row = &canvas->rows[y];
    row->count = 0;
    for (int32_t x = 0; x < canvas->width; x++) {
        if (canvas->pixels[(y * canvas->width + x) * 4 + 3] == 0)
            continue;
        if (row->count == 0)
            row->spans[0].from = (uint16_t)x;
        row->spans[0].to = (uint16_t)(x + 1);
        row->count = 1;
    }
}

static int32_t limit(int32_t value, int32_t high)
{
    return value < 0 ? 0 : value > high ? high : value;
}

static void clip(const struct canvas *canvas, struct frame_box *box)
{
    box->left = limit(box->left, canvas->width);
    box->right = limit(box->right, canvas->width);
    box->top = limit(box->top, canvas->height);
    box->bottom = limit(box->bottom, canvas->height);
}

void canvas_fill(struct canvas *canvas, struct frame_box box, uint8_t red, uint8_t green, uint8_t blue, uint8_t alpha)
{
    clip(canvas, &box);
    for (int32_t y = box.top; y < box.bottom; y++) {
        for (int32_t x = box.left; x < box.right; x++) {
            uint8_t *pixel = canvas->pixels + (y * canvas->width + x) * 4;
            pixel[0] = (uint8_t)((blue * alpha + 127) / 255);
            pixel[1] = (uint8_t)((green * alpha + 127) / 255);
            pixel[2] = (uint8_t)((red * alpha + 127) / 255);
            pixel[3] = alpha;
        }
        find_span(canvas, y);
    }
}

void canvas_noise(struct canvas *canvas, struct frame_box box, unsigned *seed)
{
    clip(canvas, &box);
    for (int32_t y = box.top; y < box.bottom; y++) {
        for (int32_t x = box.left; x < box.right; x++) {
            uint8_t *pixel = canvas->pixels + (y * canvas->width + x) * 4;
            int kind = rand_r(seed) % 4;
            pixel[3] = kind == 0 ? 0 : kind == 1 ? 255 : (uint8_t)rand_r(seed);
            for (int c = 0; c < 3; c++)
                pixel[c] = (uint8_t)(rand_r(seed) % (pixel[3] + 1));
        }
        find_span(canvas, y);
    }
}

void canvas_scribble(struct canvas *canvas, unsigned seed)
{
    int32_t w = canvas->width, h = canvas->height;
    canvas_fill(canvas, (struct frame_box){w / 9, h / 7, w - w / 11, h - h / 9}, 20, 40, 90, 180);
    canvas_fill(canvas, (struct frame_box){w / 3, h / 3, w / 3 + w / 2, h / 2}, 250, 240, 30, 255);
    canvas_fill(canvas, (struct frame_box){w / 2, h / 4, w / 2 + 5, h}, 0, 0, 0, 0);
    canvas_noise(canvas, (struct frame_box){w / 5 + 1, h / 2 + 1, w / 5 + 1 + w / 4, h - 1}, &seed);
    canvas_fill(canvas, (struct frame_box){w - 1, h - 1, w, h}, 255, 255, 255, 255);
    canvas_fill(canvas, (struct frame_box){0, h / 2, 1, h / 2 + 1}, 255, 0, 0, 128);
}

/* ---- formula ---- */

struct pixel {
    double b, g, r, a;  // 0..1, premultiplied
};

static struct pixel pixel_at(const struct canvas *canvas, int32_t x, int32_t y)
{
    const uint8_t *p = canvas->pixels +
                       (limit(y, canvas->height - 1) * canvas->width + limit(x, canvas->width - 1)) * 4;
    return (struct pixel){p[0] / 255.0, p[1] / 255.0, p[2] / 255.0, p[3] / 255.0};
}

static void add(struct pixel *sum, struct pixel p, double weight)
{
    sum->b += weight * p.b;
    sum->g += weight * p.g;
    sum->r += weight * p.r;
    sum->a += weight * p.a;
}

static struct pixel row_sample(const struct canvas *canvas, const GstVideoInfo *info, bool is_half, int32_t i, int32_t y)
{
    struct pixel sum = {0};
    if (!is_half) {
        add(&sum, pixel_at(canvas, i, y), 1);
    } else if (info->chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED) {
        add(&sum, pixel_at(canvas, 2 * i - 1, y), 0.25);
        add(&sum, pixel_at(canvas, 2 * i, y), 0.5);
        add(&sum, pixel_at(canvas, 2 * i + 1, y), 0.25);
    } else {
        add(&sum, pixel_at(canvas, 2 * i, y), 0.5);
        add(&sum, pixel_at(canvas, 2 * i + 1, y), 0.5);
    }
    return sum;
}

static struct pixel sample(const struct canvas *canvas, const GstVideoInfo *info, bool is_half_wide, bool is_half_high,
                           int32_t i, int32_t j)
{
    struct pixel sum = {0};
    int32_t bottom = canvas->height - 1;
    if (!is_half_high) {
        add(&sum, row_sample(canvas, info, is_half_wide, i, j), 1);
    } else if (info->interlace_mode == GST_VIDEO_INTERLACE_MODE_INTERLEAVED) {
        int32_t first = 4 * (j / 2) + j % 2, second = first + 2;
        first = first > bottom ? bottom : first;
        second = second > bottom ? first : second;
        add(&sum, row_sample(canvas, info, is_half_wide, i, first), j % 2 ? 0.25 : 0.75);
        add(&sum, row_sample(canvas, info, is_half_wide, i, second), j % 2 ? 0.75 : 0.25);
    } else if (info->chroma_site & GST_VIDEO_CHROMA_SITE_V_COSITED) {
        add(&sum, row_sample(canvas, info, is_half_wide, i, 2 * j - 1), 0.25);
        add(&sum, row_sample(canvas, info, is_half_wide, i, 2 * j), 0.5);
        add(&sum, row_sample(canvas, info, is_half_wide, i, 2 * j + 1), 0.25);
    } else {
        add(&sum, row_sample(canvas, info, is_half_wide, i, 2 * j), 0.5);
        add(&sum, row_sample(canvas, info, is_half_wide, i, 2 * j + 1), 0.5);
    }
    return sum;
}

static void coefficients(const GstVideoInfo *info, double *kr, double *kb)
{
    switch (info->colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
        *kr = 0.2126, *kb = 0.0722;
        break;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
        *kr = 0.2627, *kb = 0.0593;
        break;
    default:
        *kr = 0.299, *kb = 0.114;
    }
}

/* Component c of the overlay alone, in the video's steps, with alpha's share of the offset. */
static double component(const GstVideoInfo *info, int c, struct pixel p)
{
    double kr, kb, steps = info->finfo->depth[0] == 10 ? 4 : 1, most = info->finfo->depth[0] == 10 ? 1023 : 255;
    bool is_full = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
    coefficients(info, &kr, &kb);
    if (c == 3)
        return most * p.a;
    if (GST_VIDEO_INFO_IS_RGB(info))
        return 255 * (c == 0 ? p.r : c == 1 ? p.g : p.b);
    double y = kr * p.r + (1 - kr - kb) * p.g + kb * p.b;
    if (c == 0)
        return is_full ? most * y : steps * (16 * p.a + 219 * y);
    double chroma = c == 1 ? (p.b - y) / (2 * (1 - kb)) : (p.r - y) / (2 * (1 - kr));
    return steps * 128 * p.a + (is_full ? most : steps * 224) * chroma;
}

/* ---- comparison ---- */

static int read_sample(const GstVideoFrame *frame, int c, int i, int j, size_t *at)
{
    const GstVideoFormatInfo *finfo = frame->info.finfo;
    /* P010's V begins at byte 2, whatever GStreamer 1.22 says. */
    int offset = finfo->depth[c] == 10 ? (c == 2 ? 2 : 0) : finfo->poffset[c];
    *at = (size_t)((const uint8_t *)frame->data[finfo->plane[c]] - (const uint8_t *)frame->map[0].data) +
          (size_t)(j * frame->info.stride[finfo->plane[c]] + i * finfo->pixel_stride[c] + offset);
    const uint8_t *p = frame->map[0].data + *at;
    return finfo->depth[c] == 10 ? (p[0] | p[1] << 8) >> 6 : p[0];
}

static bool compare_component(const struct canvas *canvas, const GstVideoFrame *before, const GstVideoFrame *after, int c,
                              uint8_t *seen, char where[256])
{
    const GstVideoInfo *info = &before->info;
    const GstVideoFormatInfo *finfo = info->finfo;
    int width = GST_VIDEO_FRAME_COMP_WIDTH(before, c), height = GST_VIDEO_FRAME_COMP_HEIGHT(before, c);
    for (int j = 0; j < height; j++) {
        for (int i = 0; i < width; i++) {
            size_t at;
            struct pixel p = sample(canvas, info, finfo->w_sub[c], finfo->h_sub[c], i, j);
            double expected = component(info, c, p) + read_sample(before, c, i, j, &at) * (1 - p.a);
            int got = read_sample(after, c, i, j, &at);
            seen[at] = 1;
            if (finfo->depth[c] == 10)
                seen[at + 1] = 1;
            if (fabs(got - round(expected)) <= 1 && (p.a > 0 || got == read_sample(before, c, i, j, &at)))
                continue;
            snprintf(where, 256, "component %d at %d,%d: %d, not %.3f (was %d, alpha %.3f)", c, i, j, got, expected,
                     read_sample(before, c, i, j, &at), p.a);
            return false;
        }
    }
    return true;
}

static bool compare_rest(const GstVideoFrame *before, const GstVideoFrame *after, const uint8_t *seen, char where[256])
{
    bool has_unused_byte = GST_VIDEO_INFO_IS_RGB(&before->info) && before->info.finfo->n_components == 3 &&
                           before->info.finfo->pixel_stride[0] == 4;
    for (size_t i = 0; i < before->map[0].size && !has_unused_byte; i++) {
        if (!seen[i] && before->map[0].data[i] != after->map[0].data[i]) {
            snprintf(where, 256, "byte %zu, which is no sample, was changed", i);
            return false;
        }
    }
    return true;
}

bool reference_agrees(const struct canvas *canvas, const GstVideoInfo *info, GstBuffer *before, GstBuffer *after,
                      char where[256])
{
    GstVideoFrame old, new;
    if (!gst_video_frame_map(&old, info, before, GST_MAP_READ))
        return false;
    if (!gst_video_frame_map(&new, info, after, GST_MAP_READ)) {
        gst_video_frame_unmap(&old);
        return false;
    }
    uint8_t *seen = xcalloc(1, old.map[0].size);
    bool is_equal = true;
    for (guint c = 0; is_equal && c < info->finfo->n_components; c++)
        is_equal = compare_component(canvas, &old, &new, (int)c, seen, where);
    is_equal = is_equal && compare_rest(&old, &new, seen, where);
    free(seen);
    gst_video_frame_unmap(&old);
    gst_video_frame_unmap(&new);
    return is_equal;
}

GstBuffer *reference_noise(const GstVideoInfo *info, unsigned seed)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info->size, NULL);
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    for (size_t i = 0; i < map.size; i++)
        map.data[i] = (uint8_t)(rand_r(&seed) >> 8);
    /* The six low bits of a P010 word are zero by definition. */
    for (size_t i = 0; info->finfo->depth[0] == 10 && i < map.size; i += 2)
        map.data[i] &= 0xc0;
    gst_buffer_unmap(buffer, &map);
    return buffer;
}
