#include "video/dimmer.h"

#include <gst/video/video.h>

#include "base/memory.h"
#include "video/program.h"

enum {
    CELLS_HIGH = 27,   // how coarse the softened picture is: a 1080p cell is 40 x 40
    LIGHT_PERCENT = 38,
    BLACK = 16, GREY = 128,
};

/* ---- Pixels: a plane becomes a small one of cell means, which is drawn large again with soft edges ---- */

struct cells {
    int wide, high;
    guint8 *means;
};

static guint8 mean_of(const guint8 *plane, int stride, int left, int top, int right, int bottom)
{
    unsigned sum = 0;
    for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++)
            sum += plane[y * stride + x];
    }
    return (guint8)(sum / (unsigned)((right - left) * (bottom - top)));
}

static struct cells shrink(const guint8 *plane, int stride, int width, int height)
{
    int high = MIN(CELLS_HIGH, height);
    int wide = CLAMP(high * width / height, 1, width);
    struct cells cells = {wide, high, xmalloc((size_t)wide * (size_t)high)};
    for (int y = 0; y < high; y++) {
        for (int x = 0; x < wide; x++) {
            cells.means[y * wide + x] = mean_of(plane, stride, x * width / wide, y * height / high,
                (x + 1) * width / wide, (y + 1) * height / high);
        }
    }
    return cells;
}

/* Where a pixel lies between two cells' centres: the cell before it, and 0..256 towards the next. */
struct place {
    int before, behind, share;
};

static struct place place_of(int pixel, int pixels, int cells)
{
    int at = (2 * pixel + 1) * cells * 128 / pixels - 128;  // in 256ths of a cell
    if (at < 0)
        return (struct place){0, 0, 0};
    int before = at >> 8;
    return (struct place){MIN(before, cells - 1), MIN(before + 1, cells - 1), at & 255};
}

/* One row of cells at the height of a line, kept to 8 more bits: the wide gradients would show bands. */
static void blend_row(const struct cells *cells, struct place line, int *row)
{
    const guint8 *above = cells->means + line.before * cells->wide, *below = cells->means + line.behind * cells->wide;
    for (int x = 0; x < cells->wide; x++)
        row[x] = above[x] * (256 - line.share) + below[x] * line.share;
}

/* A dither of one step; any fixed hash of the place does. */
static int dither(int x, int y)
{
    guint32 hash = (guint32)x * 374761393u + (guint32)y * 668265263u;
    return (int)(((hash ^ (hash >> 13)) * 1274126177u) >> 16);
}

/* floor: the value of no light, which dimming approaches: black for luma, grey for chroma. */
static void grow(const struct cells *cells, guint8 *plane, int stride, int width, int height, int floor)
{
    struct place *places = xcalloc((size_t)width, sizeof(*places));
    int *row = xcalloc((size_t)cells->wide, sizeof(*row));
    for (int x = 0; x < width; x++)
        places[x] = place_of(x, width, cells->wide);
    for (int y = 0; y < height; y++) {
        blend_row(cells, place_of(y, height, cells->high), row);
        for (int x = 0; x < width; x++) {
            const struct place *place = &places[x];
            int value = (row[place->before] * (256 - place->share) + row[place->behind] * place->share);  // 16.16
            int dimmed = (value - (floor << 16)) / 100 * LIGHT_PERCENT + (floor << 16) + dither(x, y);
            plane[y * stride + x] = (guint8)CLAMP(dimmed >> 16, 0, 255);
        }
    }
    free(row), free(places);
}

static void dim_plane(const GstVideoFrame *from, GstVideoFrame *to, guint plane)
{
    int width = GST_VIDEO_FRAME_COMP_WIDTH(from, plane), height = GST_VIDEO_FRAME_COMP_HEIGHT(from, plane);
    struct cells cells = shrink(GST_VIDEO_FRAME_PLANE_DATA(from, plane), GST_VIDEO_FRAME_PLANE_STRIDE(from, plane), width,
        height);
    grow(&cells, GST_VIDEO_FRAME_PLANE_DATA(to, plane), GST_VIDEO_FRAME_PLANE_STRIDE(to, plane), width, height,
        plane == 0 ? BLACK : GREY);
    free(cells.means);
}

GstBuffer *dim_picture(const struct program *program, GstBuffer *picture)
{
    g_autoptr(GstCaps) caps = program_video_caps(program, true);
    GstVideoInfo info;
    GstVideoFrame from, to;
    gst_video_info_from_caps(&info, caps);
    if (!gst_video_frame_map(&from, &info, picture, GST_MAP_READ))
        return NULL;
    GstBuffer *dimmed = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(&info), NULL);
    if (gst_video_frame_map(&to, &info, dimmed, GST_MAP_WRITE)) {
        for (guint plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&info); plane++)
            dim_plane(&from, &to, plane);
        gst_video_frame_unmap(&to);
    }
    gst_video_frame_unmap(&from);
    return dimmed;
}

/* ---- The thread ---- */

struct dimmer {
    const struct program *program;
    GThread *thread;
    GMutex lock;         // guards the rest
    GCond changed;
    bool is_ending;
    unsigned serial;     // of the last offer
    GstBuffer *offered;  // a reference; NULL: nothing to do
    GstBuffer *result;   // of the last offer, once it is made
};

static void *work(void *data)
{
    struct dimmer *dimmer = data;
    g_mutex_lock(&dimmer->lock);
    while (!dimmer->is_ending) {
        GstBuffer *picture = g_steal_pointer(&dimmer->offered);
        unsigned serial = dimmer->serial;
        if (!picture) {
            g_cond_wait(&dimmer->changed, &dimmer->lock);
            continue;
        }
        g_mutex_unlock(&dimmer->lock);
        GstBuffer *dimmed = dim_picture(dimmer->program, picture);
        gst_buffer_unref(picture);
        g_mutex_lock(&dimmer->lock);
        if (serial == dimmer->serial)
            dimmer->result = g_steal_pointer(&dimmed);
        g_clear_pointer(&dimmed, gst_buffer_unref);
    }
    g_mutex_unlock(&dimmer->lock);
    return NULL;
}

struct dimmer *dimmer_create(const struct program *program)
{
    struct dimmer *dimmer = xcalloc(1, sizeof(*dimmer));
    dimmer->program = program;
    g_mutex_init(&dimmer->lock);
    g_cond_init(&dimmer->changed);
    dimmer->thread = g_thread_new("dimmer", work, dimmer);
    return dimmer;
}

void dimmer_destroy(struct dimmer *dimmer)
{
    if (!dimmer)
        return;
    g_mutex_lock(&dimmer->lock);
    dimmer->is_ending = true;
    g_cond_broadcast(&dimmer->changed);
    g_mutex_unlock(&dimmer->lock);
    g_thread_join(dimmer->thread);
    g_clear_pointer(&dimmer->offered, gst_buffer_unref);
    g_clear_pointer(&dimmer->result, gst_buffer_unref);
    g_mutex_clear(&dimmer->lock);
    g_cond_clear(&dimmer->changed);
    free(dimmer);
}

void dimmer_offer(struct dimmer *dimmer, GstBuffer *picture)
{
    g_mutex_lock(&dimmer->lock);
    g_clear_pointer(&dimmer->offered, gst_buffer_unref);
    g_clear_pointer(&dimmer->result, gst_buffer_unref);
    dimmer->offered = gst_buffer_ref(picture);
    dimmer->serial++;
    g_cond_broadcast(&dimmer->changed);
    g_mutex_unlock(&dimmer->lock);
}

GstBuffer *dimmer_result(struct dimmer *dimmer)
{
    g_mutex_lock(&dimmer->lock);
    GstBuffer *result = dimmer->result;
    g_mutex_unlock(&dimmer->lock);
    return result;
}
