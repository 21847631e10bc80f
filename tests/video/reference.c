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

enum { PARTS = 16 };

/* Sums of PARTS pixels, or of their shares. */
struct pixel {
    int32_t b, g, r, a;
};

/* A colour above its alpha counts as alpha. */
static void add(struct pixel *sum, const struct canvas *canvas, int32_t x, int32_t y, int32_t weight)
{
    const uint8_t *p = canvas->pixels +
                       (limit(y, canvas->height - 1) * canvas->width + limit(x, canvas->width - 1)) * 4;
    sum->b += weight * limit(p[0], p[3]);
    sum->g += weight * limit(p[1], p[3]);
    sum->r += weight * limit(p[2], p[3]);
    sum->a += weight * p[3];
}

/* Four parts of a row. */
static void add_row(struct pixel *sum, const struct canvas *canvas, const GstVideoInfo *info, bool is_half, int32_t i,
                    int32_t y, int32_t weight)
{
    if (!is_half) {
        add(sum, canvas, i, y, 4 * weight);
    } else if (info->chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED) {
        add(sum, canvas, 2 * i - 1, y, weight);
        add(sum, canvas, 2 * i, y, 2 * weight);
        add(sum, canvas, 2 * i + 1, y, weight);
    } else {
        add(sum, canvas, 2 * i, y, 2 * weight);
        add(sum, canvas, 2 * i + 1, y, 2 * weight);
    }
}

static struct pixel sample(const struct canvas *canvas, const GstVideoInfo *info, bool is_half_wide, bool is_half_high,
                           int32_t i, int32_t j)
{
    struct pixel sum = {0};
    int32_t bottom = canvas->height - 1;
    if (!is_half_high) {
        add_row(&sum, canvas, info, is_half_wide, i, j, 4);
    } else if (info->interlace_mode == GST_VIDEO_INTERLACE_MODE_INTERLEAVED) {
        int32_t first = 4 * (j / 2) + j % 2, second = first + 2;
        first = first > bottom ? bottom : first;
        second = second > bottom ? first : second;
        add_row(&sum, canvas, info, is_half_wide, i, first, j % 2 ? 1 : 3);
        add_row(&sum, canvas, info, is_half_wide, i, second, j % 2 ? 3 : 1);
    } else if (info->chroma_site & GST_VIDEO_CHROMA_SITE_V_COSITED) {
        add_row(&sum, canvas, info, is_half_wide, i, 2 * j - 1, 1);
        add_row(&sum, canvas, info, is_half_wide, i, 2 * j, 2);
        add_row(&sum, canvas, info, is_half_wide, i, 2 * j + 1, 1);
    } else {
        add_row(&sum, canvas, info, is_half_wide, i, 2 * j, 2);
        add_row(&sum, canvas, info, is_half_wide, i, 2 * j + 1, 2);
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

/* value = red R + green G + blue B + alpha A, in steps of the component, for R, G, B and A of 0..1. */
struct matrix_row {
    double red, green, blue, alpha;
    double grey;  // what video is taken for where alpha is rounded
};

static struct matrix_row find_row(const GstVideoInfo *info, int c)
{
    double kr, kb, kg, steps = info->finfo->depth[0] == 10 ? 4 : 1, most = info->finfo->depth[0] == 10 ? 1023 : 255;
    bool is_full = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
    if (c == 3)
        return (struct matrix_row){.alpha = most};
    if (GST_VIDEO_INFO_IS_RGB(info))
        return (struct matrix_row){.red = c == 0 ? 255 : 0, .green = c == 1 ? 255 : 0, .blue = c == 2 ? 255 : 0};
    coefficients(info, &kr, &kb);
    kg = 1 - kr - kb;
    double scale = is_full ? most : steps * (c == 0 ? 219 : 224);
    if (c == 0)
        return (struct matrix_row){scale * kr, scale * kg, scale * kb, is_full ? 0 : steps * 16, 0};
    double grey = steps * 128;
    if (c == 1)
        return (struct matrix_row){scale * (-kr / (2 * (1 - kb))), scale * (-kg / (2 * (1 - kb))), scale * 0.5, grey, grey};
    return (struct matrix_row){scale * 0.5, scale * (-kg / (2 * (1 - kr))), scale * (-kb / (2 * (1 - kr))), grey, grey};
}

/* What it should be, without rounding anywhere. */
static double mix_truly(const struct matrix_row *row, struct pixel p, int was)
{
    const double one = 255.0 * PARTS;
    return (row->red * p.r + row->green * p.g + row->blue * p.b + row->alpha * p.a) / one + was * (1 - p.a / one);
}

static int64_t scaled(double value, int bits)
{
    return llround(ldexp(value, bits) / 255);
}

/* To the bit what blend.h promises for bytes: weights of 16 bits of fraction, alpha and the sum rounded once each. */
static int mix_byte(const struct matrix_row *row, struct pixel p, int was)
{
    int64_t alpha = (p.a + PARTS / 2) / PARTS;
    int64_t src = scaled(row->red, 16) * p.r + scaled(row->green, 16) * p.g + scaled(row->blue, 16) * p.b +
                  scaled(row->alpha, 16) * p.a + scaled(row->grey, 16) * (alpha * PARTS - p.a);
    src = (src + (PARTS << 15)) >> 20;
    src = src < 0 ? 0 : src > alpha ? alpha : src;
    int64_t product = was * (255 - alpha);
    return (int)(src + (product + product / 256 + 128) / 256);
}

/* The same for ten bits, on top of a word of sixteen; with ten bits of fraction. */
static int mix_word(const struct matrix_row *row, struct pixel p, int was)
{
    int64_t alpha = (p.a * 257 + 8) / 16, most = alpha > 32 ? alpha - 32 : 0;
    int64_t src = scaled(row->red * 64, 10) * p.r + scaled(row->green * 64, 10) * p.g + scaled(row->blue * 64, 10) * p.b +
                  scaled(row->alpha * 64, 10) * p.a;
    src = (src + (PARTS << 9)) >> 14;
    src = src < 0 ? 0 : src > most ? most : src;
    int64_t sum = src + was * 64 * (65535 - alpha) / 65536;
    return (int)(((sum < 65503 ? sum : 65503) + 32) / 64);
}

/* ---- comparison ---- */

static int read_sample(const GstVideoFrame *frame, int c, int i, int j, size_t *at)
{
    const GstVideoFormatInfo *finfo = frame->info.finfo;
    /* P010's V begins at byte 2, whatever GStreamer 1.22 says. */
    int offset = finfo->depth[c] == 10 && finfo->poffset[c] == 1 ? 2 : finfo->poffset[c];
    *at = (size_t)((const uint8_t *)frame->data[finfo->plane[c]] - (const uint8_t *)frame->map[0].data) +
          (size_t)(j * frame->info.stride[finfo->plane[c]] + i * finfo->pixel_stride[c] + offset);
    const uint8_t *p = frame->map[0].data + *at;
    return finfo->depth[c] == 10 ? (p[0] | p[1] << 8) >> finfo->shift[c] & 1023 : p[0];
}

static bool compare_component(const struct canvas *canvas, const GstVideoFrame *before, const GstVideoFrame *after, int c,
                              uint8_t *seen, char where[256])
{
    const GstVideoInfo *info = &before->info;
    const GstVideoFormatInfo *finfo = info->finfo;
    const struct matrix_row row = find_row(info, c);
    int width = GST_VIDEO_FRAME_COMP_WIDTH(before, c), height = GST_VIDEO_FRAME_COMP_HEIGHT(before, c);
    for (int j = 0; j < height; j++) {
        for (int i = 0; i < width; i++) {
            size_t at;
            struct pixel p = sample(canvas, info, finfo->w_sub[c], finfo->h_sub[c], i, j);
            int was = read_sample(before, c, i, j, &at), got = read_sample(after, c, i, j, &at);
            int exact = finfo->depth[c] == 10 ? mix_word(&row, p, was) : mix_byte(&row, p, was);
            double truth = mix_truly(&row, p, was);
            seen[at] = 1;
            if (finfo->depth[c] == 10)
                seen[at + 1] = 1;
            if (got == exact && fabs(got - round(truth)) <= 1 && (p.a > 0 || got == was))
                continue;
            snprintf(where, 256, "component %d at %d,%d: %d, not %d, and in truth %.3f (was %d, alpha %.3f)", c, i, j, got,
                     exact, truth, was, p.a / (255.0 * PARTS));
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
    /* The six spare bits of a word are zero by definition. */
    for (size_t i = 0; info->finfo->depth[0] == 10 && i + 1 < map.size; i += 2)
        map.data[i + (info->finfo->shift[0] ? 0 : 1)] &= info->finfo->shift[0] ? 0xc0 : 0x03;
    gst_buffer_unmap(buffer, &map);
    return buffer;
}
