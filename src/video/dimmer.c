#include "video/dimmer.h"

#include <gst/video/video.h>

#include "base/memory.h"
#include "video/program.h"

enum {
    CELLS_HIGH = 27,   // how coarse the softened picture is: a 1080p cell is 40 x 40
    LIGHT = 97,        // of 256: about 0.38
    BLACK = 16, GREY = 128,
    SHIFTS = 64,       // rows of noise, each begins somewhere else in the one
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

/* The middle of a cell, in pixels. */
static int centre_of(int cell, int cells, int pixels)
{
    return (2 * cell + 1) * pixels / (2 * cells);
}

/* The two cells around a pixel, and how far it is from the first to the second, in 256ths. */
struct place {
    int before, behind, share;
};

static struct place place_of(int pixel, int pixels, int cells)
{
    int behind = 0;
    while (behind < cells && centre_of(behind, cells, pixels) <= pixel)
        behind++;
    int before = behind > 0 ? behind - 1 : 0;
    behind = behind < cells ? behind : cells - 1;
    int from = centre_of(before, cells, pixels), to = centre_of(behind, cells, pixels);
    return (struct place){before, behind, to > from ? CLAMP((pixel - from) * 256 / (to - from), 0, 256) : 0};
}

/*
 * One row of cells at the height of a line, dimmed towards `floor`, as 16.16: wide gradients of whole steps would show
 * bands.
 */
static void blend_row(const struct cells *cells, struct place line, int floor, int *row)
{
    const guint8 *above = cells->means + line.before * cells->wide, *below = cells->means + line.behind * cells->wide;
    for (int x = 0; x < cells->wide; x++) {
        int value = above[x] * (256 - line.share) + below[x] * line.share;
        row[x] = (value - (floor << 8)) * LIGHT + (floor << 16);
    }
}

/* From one cell's middle to the next in equal steps; any fixed noise hides the steps. */
static void draw_part(guint8 *out, const int *noise, int from, int to, int value, int step)
{
    for (int x = from; x < to; x++)
        out[x] = (guint8)((value + (x - from) * step + noise[x]) >> 16);
}

static void draw_row(const struct cells *cells, const int *row, const int *noise, guint8 *out, int width)
{
    int at = centre_of(0, cells->wide, width);
    draw_part(out, noise, 0, at, row[0], 0);
    for (int x = 0; x + 1 < cells->wide; x++) {
        int next = centre_of(x + 1, cells->wide, width);
        if (next > at)
            draw_part(out, noise, at, next, row[x], (row[x + 1] - row[x]) / (next - at));
        at = next;
    }
    draw_part(out, noise, at, width, row[cells->wide - 1], 0);
}

static int *make_noise(int count)
{
    int *noise = xcalloc((size_t)count, sizeof(*noise));
    guint32 dice = 4711;
    for (int i = 0; i < count; i++) {
        dice = dice * 1664525u + 1013904223u;
        noise[i] = (int)(dice >> 16);
    }
    return noise;
}

/* floor: the value of no light: black for luma, grey for chroma. */
static void grow(const struct cells *cells, guint8 *plane, int stride, int width, int height, int floor)
{
    int *row = xcalloc((size_t)cells->wide, sizeof(*row)), *noise = make_noise(width + SHIFTS);
    for (int y = 0; y < height; y++) {
        blend_row(cells, place_of(y, height, cells->high), floor, row);
        draw_row(cells, row, noise + y * 37 % SHIFTS, plane + y * stride, width);
    }
    free(row), free(noise);
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
