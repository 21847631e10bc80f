#include "video/composition.h"

#include <stdlib.h>
#include <string.h>

/* ---- boxes ---- */

/* What is nearer than this to each other belongs together: a rectangle costs more than a few empty pixels. */
enum { GAP_PX = 16 };

struct boxes {
    size_t count;
    struct frame_box *list;
};

static void include(struct frame_box *box, int32_t left, int32_t right, int32_t bottom)
{
    box->left = left < box->left ? left : box->left;
    box->right = right > box->right ? right : box->right;
    box->bottom = bottom > box->bottom ? bottom : box->bottom;
}

static bool reaches(const struct frame_box *box, int32_t left, int32_t right, int32_t row)
{
    return box->bottom + GAP_PX > row && left < box->right + GAP_PX && right + GAP_PX > box->left;
}

/* Boxes that met, because something below joins them, become one. */
static void join(struct boxes *boxes, size_t index)
{
    struct frame_box *box = &boxes->list[index];
    for (size_t i = 0; i < boxes->count; i++) {
        const struct frame_box *other = &boxes->list[i];
        if (i == index || !reaches(other, box->left, box->right, box->top))
            continue;
        box->top = other->top < box->top ? other->top : box->top;
        include(box, other->left, other->right, other->bottom);
        boxes->list[i] = boxes->list[--boxes->count];
        /* The box may have been the last one, which has moved; and it is larger now: from the beginning. */
        index = index == boxes->count ? i : index;
        box = &boxes->list[index];
        i = (size_t)-1;
    }
}

static void add_span(struct boxes *boxes, int32_t left, int32_t right, int32_t row)
{
    for (size_t i = 0; i < boxes->count; i++) {
        if (!reaches(&boxes->list[i], left, right, row))
            continue;
        include(&boxes->list[i], left, right, row + 1);
        join(boxes, i);
        return;
    }
    if (boxes->count == COMPOSITION_BOXES) {
        include(&boxes->list[COMPOSITION_BOXES - 1], left, right, row + 1);
        join(boxes, COMPOSITION_BOXES - 1);
    } else {
        boxes->list[boxes->count++] = (struct frame_box){left, row, right, row + 1};
    }
}

/* From top to bottom, so that the same picture always has its rectangles in the same order. */
static int by_place(const void *a, const void *b)
{
    const struct frame_box *x = a, *y = b;
    return x->top != y->top ? (x->top > y->top) - (x->top < y->top) : (x->left > y->left) - (x->left < y->left);
}

size_t composition_find_boxes(const struct frame_row *rows, int32_t width, int32_t height,
                              struct frame_box list[COMPOSITION_BOXES])
{
    struct boxes boxes = {0, list};
    for (int32_t y = 0; y < height; y++) {
        for (uint32_t i = 0; i < rows[y].count; i++) {
            int32_t right = rows[y].spans[i].to < width ? rows[y].spans[i].to : width;
            if (rows[y].spans[i].from < right)
                add_span(&boxes, rows[y].spans[i].from, right, y);
        }
    }
    qsort(list, boxes.count, sizeof(list[0]), by_place);
    return boxes.count;
}

/* ---- rectangles ---- */

struct part {
    struct frame_box box;
    GstVideoOverlayRectangle *rectangle;  // shared
};

struct composer {
    int32_t width, height;
    size_t count;
    struct part parts[COMPOSITION_BOXES];  // of the last composition
};

struct composer *composer_create(int32_t width, int32_t height)
{
    struct composer *composer = calloc(1, sizeof(*composer));
    if (composer)
        *composer = (struct composer){.width = width, .height = height};
    return composer;
}

static void drop_parts(struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gst_video_overlay_rectangle_unref(parts[i].rectangle);
}

void composer_destroy(struct composer *composer)
{
    if (!composer)
        return;
    drop_parts(composer->parts, composer->count);
    free(composer);
}

/* A colour above its alpha is no premultiplied pixel: a writer that sends one gets alpha. */
static void copy_span(uint8_t *restrict to, const uint8_t *restrict from, size_t count)
{
    for (size_t i = 0; i < 4 * count; i += 4) {
        uint8_t alpha = from[i + 3];
        for (size_t c = 0; c < 3; c++)
            to[i + c] = from[i + c] < alpha ? from[i + c] : alpha;
        to[i + 3] = alpha;
    }
}

/* pixels: of the box alone, all zero. */
static void copy_box(uint8_t *pixels, const struct blend_picture *picture, const struct frame_box *box)
{
    size_t stride = (size_t)(box->right - box->left) * 4;
    for (int32_t y = box->top; y < box->bottom; y++, pixels += stride) {
        const struct frame_row *row = &picture->rows[y];
        for (uint32_t i = 0; i < row->count; i++) {
            int32_t from = row->spans[i].from > box->left ? row->spans[i].from : box->left;
            int32_t to = row->spans[i].to < box->right ? row->spans[i].to : box->right;
            if (from < to)
                copy_span(pixels + 4 * (size_t)(from - box->left),
                          picture->pixels + (size_t)y * picture->stride_bytes + 4 * (size_t)from, (size_t)(to - from));
        }
    }
}

/* NULL: none of the last composition's rectangles has this place and these pixels. */
static GstVideoOverlayRectangle *find_same(const struct composer *composer, const struct frame_box *box, GstBuffer *pixels)
{
    for (size_t i = 0; i < composer->count; i++) {
        const struct part *part = &composer->parts[i];
        if (memcmp(&part->box, box, sizeof(*box)) != 0)
            continue;
        GstBuffer *old = gst_video_overlay_rectangle_get_pixels_unscaled_raw(
            part->rectangle, GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
        GstMapInfo map;
        bool is_same = false;
        if (gst_buffer_map(old, &map, GST_MAP_READ)) {
            is_same = gst_buffer_memcmp(pixels, 0, map.data, map.size) == 0;
            gst_buffer_unmap(old, &map);
        }
        return is_same ? gst_video_overlay_rectangle_ref(part->rectangle) : NULL;
    }
    return NULL;
}

static GstVideoOverlayRectangle *make_rectangle(const struct composer *composer, const struct blend_picture *picture,
                                                const struct frame_box *box)
{
    guint width = (guint)(box->right - box->left), height = (guint)(box->bottom - box->top);
    gsize bytes = (gsize)width * height * 4;
    guint8 *pixels = calloc(1, bytes);
    if (!pixels)
        return NULL;
    copy_box(pixels, picture, box);
    GstBuffer *buffer = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, pixels, bytes, 0, bytes, pixels, free);
    GstVideoOverlayRectangle *rectangle = find_same(composer, box, buffer);
    if (!rectangle) {
        gst_buffer_add_video_meta(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, width,
                                  height);
        rectangle = gst_video_overlay_rectangle_new_raw(buffer, box->left, box->top, width, height,
                                                        GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
    }
    gst_buffer_unref(buffer);
    return rectangle;
}

static GstVideoOverlayComposition *join_parts(const struct part *parts, size_t count)
{
    if (count == 0)
        return NULL;
    GstVideoOverlayComposition *composition = gst_video_overlay_composition_new(parts[0].rectangle);
    for (size_t i = 1; i < count; i++)
        gst_video_overlay_composition_add_rectangle(composition, parts[i].rectangle);
    return composition;
}

bool composer_make(struct composer *composer, const struct blend_picture *picture,
                   GstVideoOverlayComposition **composition)
{
    struct frame_box boxes[COMPOSITION_BOXES];
    struct part parts[COMPOSITION_BOXES];
    size_t wanted = composition_find_boxes(picture->rows, composer->width, composer->height, boxes), count = 0;
    for (; count < wanted; count++) {
        parts[count] = (struct part){boxes[count], make_rectangle(composer, picture, &boxes[count])};
        if (!parts[count].rectangle)
            break;
    }
    if (count < wanted) {
        drop_parts(parts, count);
        return false;
    }
    drop_parts(composer->parts, composer->count);
    memcpy(composer->parts, parts, count * sizeof(parts[0]));
    composer->count = count;
    *composition = join_parts(parts, count);
    return true;
}

/* ---- frames ---- */

bool composition_is_wanted(GstPad *pad)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    if (!caps)
        return false;
    g_autoptr(GstQuery) query = gst_query_new_allocation(caps, FALSE);
    return gst_pad_peer_query(pad, query) &&
           gst_query_find_allocation_meta(query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
}

void composition_attach(GstVideoOverlayComposition *composition, GstBuffer *buffer)
{
    GstVideoOverlayCompositionMeta *meta = gst_buffer_get_video_overlay_composition_meta(buffer);
    if (!meta) {
        gst_buffer_add_video_overlay_composition_meta(buffer, composition);
        return;
    }
    /* Another element's, maybe shared with other frames: a new one of both, of the same rectangles. */
    GstVideoOverlayComposition *both = gst_video_overlay_composition_new(NULL);
    GstVideoOverlayComposition *const order[] = {meta->overlay, composition};
    for (int i = 0; i < 2; i++) {
        for (guint n = 0; n < gst_video_overlay_composition_n_rectangles(order[i]); n++)
            gst_video_overlay_composition_add_rectangle(both, gst_video_overlay_composition_get_rectangle(order[i], n));
    }
    gst_video_overlay_composition_unref(meta->overlay);
    meta->overlay = both;
}
