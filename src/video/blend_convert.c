/*
 * blend_convert.c - from premultiplied BGRA to the samples of a video format.
 *
 * Every sample is a weighted sum of pixels (16 parts in all: chroma is filtered where it is sited) put through one
 * row of a matrix: value = red R + green G + blue B + alpha A. The offset of black and of grey belongs to the alpha
 * column, since a premultiplied sample carries only alpha's share of it.
 *
 * 255 - alpha is rounded to 8 bits. For filtered chroma that would add its own half step to the error, so what the
 * rounding takes away is put back into the sample as if the video there were grey ("mend").
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frame/frame.h"
#include "video/blend_layer.h"

enum { PAD = 8 };  // columns before and behind a line

/* ---- matrix ---- */

static void set_row(struct blend_component *component, double scale, const double rgb[3], double offset,
                    double mend, bool is_wide)
{
    double unit = ldexp(1.0, is_wide ? BLEND_FRACTION_16 : BLEND_FRACTION_8) / 255.0;
    component->weights.red = (int32_t)lround(scale * rgb[0] * unit);
    component->weights.green = (int32_t)lround(scale * rgb[1] * unit);
    component->weights.blue = (int32_t)lround(scale * rgb[2] * unit);
    component->weights.alpha = (int32_t)lround(offset * unit);
    component->weights.mend = is_wide ? 0 : (int32_t)lround(mend * unit);
}

static void fill_rgb(struct blend_component *components)
{
    static const double rows[4][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 0}};
    for (int i = 0; i < 4; i++)
        set_row(&components[i], 255, rows[i], i == 3 ? 255 : 0, 0, false);
}

static GstVideoColorMatrix choose_matrix(const GstVideoInfo *info)
{
    GstVideoColorMatrix matrix = GST_VIDEO_INFO_COLORIMETRY(info).matrix;
    double kr, kb;
    if (matrix != GST_VIDEO_COLOR_MATRIX_RGB && gst_video_color_matrix_get_Kr_Kb(matrix, &kr, &kb))
        return matrix;
    return GST_VIDEO_INFO_HEIGHT(info) >= 720 ? GST_VIDEO_COLOR_MATRIX_BT709 : GST_VIDEO_COLOR_MATRIX_BT601;
}

static void fill_yuv(const GstVideoInfo *info, struct blend_component *components, bool is_wide)
{
    double kr = 0, kb = 0;
    gint offset[4], scale[4];
    gst_video_color_matrix_get_Kr_Kb(choose_matrix(info), &kr, &kb);
    gst_video_color_range_offsets(GST_VIDEO_INFO_COLORIMETRY(info).range, info->finfo, offset, scale);
    const double kg = 1 - kr - kb;
    const double rows[4][3] = {
        {kr, kg, kb},
        {-kr / (2 * (1 - kb)), -kg / (2 * (1 - kb)), 0.5},
        {0.5, -kg / (2 * (1 - kr)), -kb / (2 * (1 - kr))},
        {0, 0, 0},
    };
    double unit = is_wide ? 64 : 1;  // ten bits count as if they stood on top of the word
    for (int i = 0; i < 3; i++)
        set_row(&components[i], scale[i] * unit, rows[i], offset[i] * unit, i ? 128 : 0, is_wide);
    set_row(&components[3], 0, rows[3], 255 * unit, 0, is_wide);
}

static void place(const GstVideoInfo *info, int index, bool is_wide, struct blend_component *component)
{
    const GstVideoFormatInfo *finfo = info->finfo;
    int shift = is_wide ? 1 : 0;
    component->plane = (uint8_t)GST_VIDEO_FORMAT_INFO_PLANE(finfo, index);
    component->w_sub = (uint8_t)GST_VIDEO_FORMAT_INFO_W_SUB(finfo, index);
    component->h_sub = (uint8_t)GST_VIDEO_FORMAT_INFO_H_SUB(finfo, index);
    component->offset = (uint32_t)GST_VIDEO_FORMAT_INFO_POFFSET(finfo, index);
    component->step = (uint32_t)GST_VIDEO_FORMAT_INFO_PSTRIDE(finfo, index) >> shift;
    /* GStreamer 1.22 says that V of P010 begins at byte 1, in the middle of U. */
    if (is_wide)
        component->offset = component->offset == 1 ? 1 : component->offset >> 1;
}

static enum blend_depth find_depth(const GstVideoFormatInfo *finfo)
{
    if (GST_VIDEO_FORMAT_INFO_DEPTH(finfo, 0) == 8)
        return BLEND_BYTES;
    return GST_VIDEO_FORMAT_INFO_SHIFT(finfo, 0) ? BLEND_HIGH_WORDS : BLEND_LOW_WORDS;
}

/* Fills component_count, components and the planes' widths and heights. */
static void describe(struct blend_maker *maker)
{
    const GstVideoInfo *info = &maker->info;
    const GstVideoFormatInfo *finfo = info->finfo;
    maker->depth = find_depth(finfo);
    const bool is_wide = maker->depth != BLEND_BYTES;
    maker->plane_count = GST_VIDEO_FORMAT_INFO_N_PLANES(finfo);
    maker->component_count = GST_VIDEO_FORMAT_INFO_N_COMPONENTS(finfo);
    if (GST_VIDEO_INFO_IS_RGB(info))
        fill_rgb(maker->components);
    else
        fill_yuv(info, maker->components, is_wide);
    uint32_t used = 0;
    for (uint32_t i = 0; i < maker->component_count; i++) {
        place(info, (int)i, is_wide, &maker->components[i]);
        used += maker->components[i].offset;
    }
    /* The byte of BGRx that means nothing gets alpha too: opaque stretches are then opaque in all their bytes. */
    if (GST_VIDEO_INFO_IS_RGB(info) && maker->component_count == 3 && maker->components[0].step == 4) {
        struct blend_component *unused = &maker->components[maker->component_count++];
        unused->step = 4;
        unused->offset = 0 + 1 + 2 + 3 - used;
    }
    for (uint32_t i = 0; i < maker->component_count; i++) {
        const struct blend_component *component = &maker->components[i];
        struct blend_plane *plane = &maker->planes[component->plane];
        uint32_t width = (uint32_t)-((-GST_VIDEO_INFO_WIDTH(info)) >> component->w_sub);
        uint32_t end = ((width - 1) * component->step + component->offset + 1) * (is_wide ? 2 : 1);
        plane->width_bytes = end > plane->width_bytes ? end : plane->width_bytes;
        plane->height = (uint32_t)-((-GST_VIDEO_INFO_HEIGHT(info)) >> component->h_sub);
    }
}

/* ---- life ---- */

/* Every component in whole bytes, or every one with ten bits in a word of its own. */
static bool has_known_depths(const GstVideoFormatInfo *finfo)
{
    bool is_wide = GST_VIDEO_FORMAT_INFO_DEPTH(finfo, 0) == 10;
    for (guint i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS(finfo); i++) {
        guint shift = GST_VIDEO_FORMAT_INFO_SHIFT(finfo, i);
        if (GST_VIDEO_FORMAT_INFO_DEPTH(finfo, i) != (is_wide ? 10 : 8) ||
            shift != GST_VIDEO_FORMAT_INFO_SHIFT(finfo, 0) || (shift != 0 && !(is_wide && shift == 6)))
            return false;
        if (is_wide && GST_VIDEO_FORMAT_INFO_PSTRIDE(finfo, i) % 2 != 0)
            return false;
        if (GST_VIDEO_FORMAT_INFO_W_SUB(finfo, i) > 1 || GST_VIDEO_FORMAT_INFO_H_SUB(finfo, i) > 1)
            return false;
    }
    return !is_wide || (GST_VIDEO_FORMAT_INFO_IS_YUV(finfo) && GST_VIDEO_FORMAT_INFO_IS_LE(finfo) &&
                        !GST_VIDEO_FORMAT_INFO_HAS_ALPHA(finfo));
}

bool blend_is_supported(const GstVideoInfo *info)
{
    const GstVideoFormatInfo *finfo = info->finfo;
    if (GST_VIDEO_FORMAT_INFO_IS_COMPLEX(finfo) && GST_VIDEO_INFO_FORMAT(info) != GST_VIDEO_FORMAT_P010_10LE)
        return false;
    if (GST_VIDEO_FORMAT_INFO_IS_TILED(finfo) || GST_VIDEO_FORMAT_INFO_HAS_PALETTE(finfo) ||
        GST_VIDEO_FORMAT_INFO_N_COMPONENTS(finfo) == 0 || !has_known_depths(finfo))
        return false;
    return GST_VIDEO_INFO_WIDTH(info) >= 1 && GST_VIDEO_INFO_WIDTH(info) <= FRAME_SIDE_MAX &&
           GST_VIDEO_INFO_HEIGHT(info) >= 1 && GST_VIDEO_INFO_HEIGHT(info) <= FRAME_SIDE_MAX;
}

static bool allocate_plane(struct blend_plane *plane)
{
    plane->stride = (plane->width_bytes + BLEND_PADDING + 63) / 64 * 64;
    plane->src = calloc(plane->height, plane->stride);
    plane->ia = calloc(plane->height, plane->stride);
    plane->runs = calloc(plane->height, sizeof(plane->runs[0]));
    return plane->src && plane->ia && plane->runs;
}

static size_t line_length(const struct blend_maker *maker)
{
    return (size_t)GST_VIDEO_INFO_WIDTH(&maker->info) + 2 * PAD;
}

struct blend_maker *blend_maker_create(const GstVideoInfo *info)
{
    struct blend_maker *maker = calloc(1, sizeof(*maker));
    if (!maker)
        return NULL;
    maker->info = *info;
    describe(maker);
    maker->marks = malloc((size_t)GST_VIDEO_INFO_HEIGHT(info));
    maker->scratch = calloc(8 * line_length(maker), sizeof(maker->scratch[0]));
    maker->lines = calloc(2 * line_length(maker), sizeof(maker->lines[0]));
    bool is_whole = maker->marks && maker->scratch && maker->lines;
    for (uint32_t i = 0; i < maker->plane_count; i++)
        is_whole = is_whole && allocate_plane(&maker->planes[i]);
    if (!is_whole) {
        blend_maker_destroy(maker);
        return NULL;
    }
    memset(maker->marks, 1, (size_t)GST_VIDEO_INFO_HEIGHT(info));
    return maker;
}

void blend_maker_destroy(struct blend_maker *maker)
{
    if (!maker)
        return;
    for (uint32_t i = 0; i < maker->plane_count; i++) {
        free(maker->planes[i].src);
        free(maker->planes[i].ia);
        free(maker->planes[i].runs);
    }
    free(maker->marks);
    free(maker->scratch);
    free(maker->lines);
    free(maker);
}

/* ---- sampling ---- */

struct tap {
    int32_t row, weight;
};

/* Which rows of the picture make row j of a component, with weights that sum to 4. */
static int find_taps(const GstVideoInfo *info, int h_sub, int32_t j, struct tap taps[3])
{
    int32_t last = GST_VIDEO_INFO_HEIGHT(info) - 1;
    if (!h_sub) {
        taps[0] = (struct tap){j, 4};
        return 1;
    }
    if (GST_VIDEO_INFO_IS_INTERLACED(info) && GST_VIDEO_INFO_INTERLACE_MODE(info) != GST_VIDEO_INTERLACE_MODE_MIXED) {
        /* Chroma of a field lies a quarter of its own line distance from its luma: H.262, figure 6-3. */
        int32_t top = 4 * (j / 2) + j % 2;
        taps[0] = (struct tap){top > last ? last : top, j % 2 ? 1 : 3};
        taps[1] = (struct tap){top + 2 > last ? taps[0].row : top + 2, j % 2 ? 3 : 1};
        return 2;
    }
    if (GST_VIDEO_INFO_CHROMA_SITE(info) & GST_VIDEO_CHROMA_SITE_V_COSITED) {
        taps[0] = (struct tap){j > 0 ? 2 * j - 1 : 0, 1};
        taps[1] = (struct tap){2 * j, 2};
        taps[2] = (struct tap){2 * j + 1 > last ? last : 2 * j + 1, 1};
        return 3;
    }
    taps[0] = (struct tap){2 * j, 2};
    taps[1] = (struct tap){2 * j + 1 > last ? last : 2 * j + 1, 2};
    return 2;
}

/* Column 0 stands at PAD. */
static struct blend_sums get_sums(const struct blend_maker *maker, int which)
{
    struct blend_sums sums;
    for (int i = 0; i < 4; i++)
        sums.channel[i] = maker->scratch + (size_t)(4 * which + i) * line_length(maker) + PAD;
    return sums;
}

/* Columns [from - 2, to + 2) of the taps; beyond the picture its edge goes on. */
static void sum_rows(const struct blend_sums *sums, const struct blend_picture *picture, const struct tap *taps,
                     int count, int32_t from, int32_t to, int32_t width)
{
    for (int i = 0; i < 4; i++)
        memset(sums->channel[i] + from - 2, 0, (size_t)(to - from + 4) * sizeof(uint16_t));
    for (int i = 0; i < count; i++) {
        const struct frame_row *row = &picture->rows[taps[i].row];
        for (uint32_t s = 0; s < row->count; s++)
            blend_add_row(sums, picture->pixels + (size_t)taps[i].row * picture->stride_bytes, row->spans[s].from,
                          row->spans[s].to, taps[i].weight);
    }
    for (int i = 0; i < 4; i++) {
        if (from == 0)
            sums->channel[i][-2] = sums->channel[i][-1] = sums->channel[i][0];
        if (to == width)
            sums->channel[i][width] = sums->channel[i][width + 1] = sums->channel[i][width - 1];
    }
}

/* ---- samples ---- */

/* Samples that stand apart in their row are made side by side first: only so can the loops be vectors. */
static void write_bytes(const struct blend_maker *maker, const struct blend_component *component,
                        const struct blend_sums *sums, uint8_t *src, uint8_t *ia, int32_t from, int32_t to)
{
    size_t at = (size_t)from * component->step + component->offset, count = (size_t)(to - from);
    if (component->step == 1) {
        blend_make_bytes(&component->weights, sums, src + at, ia + at, from, to - from);
        return;
    }
    uint8_t *src_line = (uint8_t *)maker->lines, *ia_line = src_line + line_length(maker);
    blend_make_bytes(&component->weights, sums, src_line, ia_line, from, to - from);
    for (size_t x = 0; x < count; x++, at += component->step) {
        src[at] = src_line[x];
        ia[at] = ia_line[x];
    }
}

static void write_words(const struct blend_maker *maker, const struct blend_component *component,
                        const struct blend_sums *sums, uint16_t *src, uint16_t *ia, int32_t from, int32_t to)
{
    size_t at = (size_t)from * component->step + component->offset, count = (size_t)(to - from);
    uint16_t *src_line = maker->lines, *ia_line = src_line + line_length(maker);
    blend_make_words(&component->weights, sums, src_line, ia_line, from, to - from);
    for (size_t x = 0; x < count; x++, at += component->step) {
        src[at] = src_line[x];
        ia[at] = ia_line[x];
    }
}

/* ---- rows ---- */

struct stretch {
    int32_t from, to;  // px of the picture; from is even
};

/* What the taps' rows show at all, with the reach of the chroma filter, in whole pairs of columns. */
static struct stretch find_stretch(const struct blend_picture *picture, const struct tap *taps, int count,
                                   int32_t width)
{
    struct stretch stretch = {width, 0};
    for (int i = 0; i < count; i++) {
        const struct frame_row *row = &picture->rows[taps[i].row];
        if (row->count == 0)
            continue;
        if (row->spans[0].from < stretch.from)
            stretch.from = row->spans[0].from;
        if (row->spans[row->count - 1].to > stretch.to)
            stretch.to = row->spans[row->count - 1].to;
    }
    if (stretch.from >= stretch.to)
        return (struct stretch){0, 0};
    stretch.from = stretch.from < 2 ? 0 : (stretch.from - 1) & ~1;
    stretch.to = (stretch.to + 2) & ~1;
    stretch.to = stretch.to > width ? width : stretch.to;
    return stretch;
}

static enum blend_columns find_columns(const struct blend_maker *maker, int w_sub)
{
    if (!w_sub)
        return BLEND_EACH;
    return GST_VIDEO_INFO_CHROMA_SITE(&maker->info) & GST_VIDEO_CHROMA_SITE_H_COSITED ? BLEND_COSITED : BLEND_PAIRS;
}

/* All components of a plane's row that are as wide as the picture, or all that are half as wide. */
static void write_components(struct blend_maker *maker, uint32_t plane_index, uint32_t row, int w_sub,
                             const struct blend_sums *rows, struct stretch stretch)
{
    const struct blend_plane *plane = &maker->planes[plane_index];
    uint8_t *src = plane->src + row * plane->stride, *ia = plane->ia + row * plane->stride;
    int32_t from = stretch.from >> w_sub, to = -((-stretch.to) >> w_sub);
    struct blend_sums sums = get_sums(maker, 1);
    bool has_sums = false;
    for (uint32_t i = 0; i < maker->component_count; i++) {
        const struct blend_component *component = &maker->components[i];
        if (component->plane != plane_index || component->w_sub != w_sub)
            continue;
        if (!has_sums)
            blend_sum_columns(&sums, rows, find_columns(maker, w_sub), from, to);
        has_sums = true;
        if (maker->depth != BLEND_BYTES)
            write_words(maker, component, &sums, (uint16_t *)(void *)src, (uint16_t *)(void *)ia, from, to);
        else
            write_bytes(maker, component, &sums, src, ia, from, to);
    }
}

/*
 * Nothing to be seen, until samples are written: runs may reach a step beyond the last one, and the second half of
 * an odd YUY2 row's last pair has no pixel.
 */
static void clear_bytes(struct blend_plane *plane, uint32_t row, uint32_t from, uint32_t to)
{
    memset(plane->src + row * plane->stride + from, 0, to - from + BLEND_PADDING / 2);
    memset(plane->ia + row * plane->stride + from, 0xff, to - from + BLEND_PADDING / 2);
}

/* Which bytes of a plane's row the stretch takes. */
static void find_bytes(const struct blend_maker *maker, uint32_t plane_index, struct stretch stretch, uint32_t *from,
                       uint32_t *to)
{
    uint32_t unit = maker->depth == BLEND_BYTES ? 1 : 2;
    *from = maker->planes[plane_index].width_bytes;
    *to = 0;
    for (uint32_t i = 0; i < maker->component_count; i++) {
        const struct blend_component *component = &maker->components[i];
        if (component->plane != plane_index)
            continue;
        uint32_t first = (uint32_t)(stretch.from >> component->w_sub) * component->step * unit;
        uint32_t last = ((uint32_t)-((-stretch.to) >> component->w_sub) - 1) * component->step + component->offset;
        *from = first < *from ? first : *from;
        *to = (last + 1) * unit > *to ? (last + 1) * unit : *to;
    }
}

static void update_row(struct blend_maker *maker, uint32_t plane_index, uint32_t row,
                       const struct blend_picture *picture, const struct tap *taps, int tap_count)
{
    struct blend_plane *plane = &maker->planes[plane_index];
    int32_t width = GST_VIDEO_INFO_WIDTH(&maker->info);
    struct stretch stretch = find_stretch(picture, taps, tap_count, width);
    plane->runs[row].count = 0;
    if (stretch.from == stretch.to)
        return;
    uint32_t from, to;
    find_bytes(maker, plane_index, stretch, &from, &to);
    clear_bytes(plane, row, from, to);
    struct blend_sums rows = get_sums(maker, 0);
    sum_rows(&rows, picture, taps, tap_count, stretch.from, stretch.to, width);
    for (int w_sub = 0; w_sub <= 1; w_sub++)
        write_components(maker, plane_index, row, w_sub, &rows, stretch);
    blend_find_runs(plane, row, from, to, maker->depth);
}

static int plane_h_sub(const struct blend_maker *maker, uint32_t plane_index)
{
    for (uint32_t i = 0; i < maker->component_count; i++) {
        if (maker->components[i].plane == plane_index)
            return maker->components[i].h_sub;
    }
    return 0;
}

static void update_plane(struct blend_maker *maker, uint32_t plane_index, const struct blend_picture *picture)
{
    struct blend_plane *plane = &maker->planes[plane_index];
    int h_sub = plane_h_sub(maker, plane_index);
    for (uint32_t row = 0; row < plane->height; row++) {
        struct tap taps[3];
        int count = find_taps(&maker->info, h_sub, (int32_t)row, taps);
        bool is_marked = false;
        for (int i = 0; i < count; i++)
            is_marked |= maker->marks[taps[i].row];
        if (is_marked)
            update_row(maker, plane_index, row, picture, taps, count);
    }
}

void blend_maker_mark(struct blend_maker *maker, int32_t top, int32_t bottom)
{
    int32_t height = GST_VIDEO_INFO_HEIGHT(&maker->info);
    top = top < 0 ? 0 : top;
    bottom = bottom > height ? height : bottom;
    if (top < bottom)
        memset(maker->marks + top, 1, (size_t)(bottom - top));
}

void blend_maker_update(struct blend_maker *maker, const struct blend_picture *picture)
{
    for (uint32_t i = 0; i < maker->plane_count; i++)
        update_plane(maker, i, picture);
    memset(maker->marks, 0, (size_t)GST_VIDEO_INFO_HEIGHT(&maker->info));
}
