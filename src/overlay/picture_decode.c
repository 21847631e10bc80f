#include "overlay/picture_decode.h"

#include <SDL_image.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "overlay/picture_file.h"
#include "overlay/picture_gif.h"
#include "overlay/picture_png.h"
#include "painter/painter.h"

/* The picture while its frames are laid over one another, premultiplied. */
struct sheet {
    int width, height;
    uint32_t *pixels, *kept;  // owned; kept: what was below a frame that is taken back, NULL: none yet
};

/* ---- one file of one frame, by SDL2_image */

static uint32_t premultiply(uint32_t pixel)
{
    uint32_t alpha = pixel >> 24, result = alpha << 24;
    if (alpha == 255)
        return pixel;
    for (int shift = 0; shift < 24; shift += 8) {
        uint32_t product = (pixel >> shift & 255) * alpha + 128;
        result |= (product + (product >> 8)) >> 8 << shift;
    }
    return result;
}

static const char *type_name(enum picture_type type)
{
    static const char *const names[] = {"", "PNG", "JPG", "WEBP", ""};
    return names[type];
}

/* Straight BGRA. NULL: err says what the decoder did not like. */
static SDL_Surface *load(const void *bytes, size_t len, enum picture_type type, struct error *err)
{
    SDL_RWops *stream = SDL_RWFromConstMem(bytes, (int)len);
    SDL_Surface *loaded = stream ? IMG_LoadTyped_RW(stream, 1, type_name(type)) : NULL;
    if (!loaded) {
        error_set(err, ERROR_DATA, "it cannot be decoded: %s", SDL_GetError());
        return NULL;
    }
    SDL_Surface *surface = SDL_ConvertSurfaceFormat(loaded, SDL_PIXELFORMAT_ARGB8888, 0);
    SDL_FreeSurface(loaded);
    if (!surface)
        error_set(err, ERROR_SYSTEM, "no memory for its pixels");
    return surface;
}

/* ---- frames over one another */

static bool sheet_init(struct sheet *sheet, int width, int height, struct error *err)
{
    *sheet = (struct sheet){.width = width, .height = height};
    sheet->pixels = calloc((size_t)width * (size_t)height, sizeof(*sheet->pixels));
    return sheet->pixels || error_set(err, ERROR_SYSTEM, "no memory for %d x %d px", width, height);
}

static void sheet_fini(struct sheet *sheet)
{
    free(sheet->pixels);
    free(sheet->kept);
}

static uint32_t over(uint32_t top, uint32_t below)
{
    uint32_t alpha = 255 - (top >> 24), result = 0;
    for (int shift = 0; shift < 32; shift += 8) {
        uint32_t product = (below >> shift & 255) * alpha + 128;
        result |= ((top >> shift & 255) + ((product + (product >> 8)) >> 8)) << shift;
    }
    return result;
}

/* pixels: straight BGRA, rows of so many px, of the frame's size. */
static void lay_over(struct sheet *sheet, const uint32_t *pixels, int row_px, const struct picture_frame *frame)
{
    const struct box whole = {0, 0, sheet->width, sheet->height};
    const struct box own = {frame->x, frame->y, frame->width_px, frame->height_px};
    struct box box = box_intersect(&whole, &own);
    for (int y = box.y; y < box.y + box.height; y++) {
        const uint32_t *from = pixels + (ptrdiff_t)(y - frame->y) * row_px + (box.x - frame->x);
        uint32_t *to = sheet->pixels + (ptrdiff_t)y * sheet->width + box.x;
        for (int x = 0; x < box.width; x++)
            to[x] = frame->is_over ? over(premultiply(from[x]), to[x]) : premultiply(from[x]);
    }
}

static size_t sheet_bytes(const struct sheet *sheet)
{
    return (size_t)sheet->width * (size_t)sheet->height * sizeof(*sheet->pixels);
}

static void keep(struct sheet *sheet)
{
    if (!sheet->kept)
        sheet->kept = malloc(sheet_bytes(sheet));
    if (sheet->kept)
        memcpy(sheet->kept, sheet->pixels, sheet_bytes(sheet));
}

static void end_frame(struct sheet *sheet, const struct picture_frame *frame)
{
    if (frame->end == PICTURE_IS_TAKEN_BACK && sheet->kept)
        memcpy(sheet->pixels, sheet->kept, sheet_bytes(sheet));
    if (frame->end != PICTURE_IS_CLEARED)
        return;
    const struct box whole = {0, 0, sheet->width, sheet->height};
    const struct box own = {frame->x, frame->y, frame->width_px, frame->height_px};
    struct box box = box_intersect(&whole, &own);
    for (int y = box.y; y < box.y + box.height; y++)
        memset(sheet->pixels + (ptrdiff_t)y * sheet->width + box.x, 0, (size_t)(box.width > 0 ? box.width : 0) * 4);
}

/* ---- into the sizes that are wanted */

bool picture_size_equal(const struct picture_size *a, const struct picture_size *b)
{
    return a->width_px == b->width_px && a->height_px == b->height_px && a->is_cover == b->is_cover &&
        a->radius_px == b->radius_px && a->is_still == b->is_still;
}

static int clamp(int64_t value, int high)
{
    return value < 1 ? 1 : value > high ? high : (int)value;
}

/* What of the sheet is shown, and how large. */
static struct box choose_part(const struct sheet *sheet, const struct picture_size *size, int *width, int *height)
{
    int64_t sheet_w = sheet->width, sheet_h = sheet->height;
    int box_w = clamp(size->width_px, PICTURE_SIZE_MAX), box_h = clamp(size->height_px, PICTURE_SIZE_MAX);
    bool is_wider = sheet_w * box_h > (int64_t)box_w * sheet_h;
    struct box part = {0, 0, sheet->width, sheet->height};
    *width = box_w;
    *height = box_h;
    if (size->is_cover && is_wider) {
        part.width = clamp((sheet_h * box_w + box_h / 2) / box_h, sheet->width);
        part.x = (sheet->width - part.width) / 2;
    } else if (size->is_cover) {
        part.height = clamp((sheet_w * box_h + box_w / 2) / box_w, sheet->height);
        part.y = (sheet->height - part.height) / 2;
    } else if (is_wider) {
        *height = clamp((sheet_h * box_w + sheet_w / 2) / sheet_w, box_h);
    } else {
        *width = clamp((sheet_w * box_h + sheet_h / 2) / sheet_h, box_w);
    }
    return part;
}

static uint32_t fade(uint32_t pixel, float by)
{
    uint32_t part = (uint32_t)(by * 256), result = 0;
    for (int shift = 0; shift < 32; shift += 8)
        result |= ((pixel >> shift & 255) * part >> 8) << shift;
    return result;
}

/* Each px keeps what of it lies inside the arc. */
static void round_corners(uint32_t *pixels, int width, int height, int radius)
{
    int most = (width < height ? width : height) / 2;
    radius = radius < most ? radius : most;
    for (int y = 0; y < radius; y++) {
        for (int x = 0; x < radius; x++) {
            float dx = (float)radius - (float)x - 0.5f, dy = (float)radius - (float)y - 0.5f;
            float inside = (float)radius - sqrtf(dx * dx + dy * dy) + 0.5f;
            if (inside >= 1)
                break;
            inside = inside > 0 ? inside : 0;
            const int at[] = {y * width + x, y * width + width - 1 - x, (height - 1 - y) * width + x,
                (height - 1 - y) * width + width - 1 - x};
            for (int i = 0; i < 4; i++)
                pixels[at[i]] = fade(pixels[at[i]], inside);
        }
    }
}

static bool add_frame(struct picture_frames *frames, const struct sheet *sheet, const struct picture_size *size,
    int duration_ms)
{
    struct box part = choose_part(sheet, size, &frames->width_px, &frames->height_px);
    size_t bytes = (size_t)frames->width_px * (size_t)frames->height_px * sizeof(uint32_t);
    uint32_t *pixels = malloc(bytes);
    if (!pixels || !image_scale_pixels(sheet->pixels, sheet->width, sheet->height, &part, pixels, frames->width_px,
            frames->height_px)) {
        free(pixels);
        return false;
    }
    round_corners(pixels, frames->width_px, frames->height_px, size->radius_px);
    frames->pixels = xreallocarray(frames->pixels, frames->count + 1, sizeof(*frames->pixels));
    frames->until_ms = xreallocarray(frames->until_ms, frames->count + 1, sizeof(*frames->until_ms));
    frames->pixels[frames->count] = pixels;
    frames->until_ms[frames->count] = duration_ms + (frames->count > 0 ? frames->until_ms[frames->count - 1] : 0);
    frames->count++;
    frames->bytes += bytes;
    return true;
}

static void drop_frames(struct picture_frames *frames, size_t from)
{
    for (size_t i = from; i < frames->count; i++) {
        free(frames->pixels[i]);
        frames->bytes -= (size_t)frames->width_px * (size_t)frames->height_px * sizeof(uint32_t);
    }
    frames->count = frames->count < from ? frames->count : from;
}

void picture_frames_fini(struct picture_frames *frames)
{
    drop_frames(frames, 0);
    free(frames->pixels);
    free(frames->until_ms);
    *frames = (struct picture_frames){0};
}

/* ---- the whole of it */

struct work {
    const struct picture_file *file;
    const struct picture_size *sizes;
    struct picture_frames *frames;
    size_t count;
    struct sheet sheet;
    int64_t until_ms;
};

/* Too much for one size: that one stands still. */
static void add_frames(struct work *work, int duration_ms, bool is_first)
{
    for (size_t i = 0; i < work->count; i++) {
        struct picture_frames *frames = &work->frames[i];
        if (!is_first && (frames->is_too_much || work->sizes[i].is_still))
            continue;
        if (frames->bytes <= PICTURE_FRAMES_BYTES_MAX && add_frame(frames, &work->sheet, &work->sizes[i], duration_ms))
            continue;
        frames->is_too_much = true;
        drop_frames(frames, 1);
    }
}

static bool decode_still(struct work *work, struct error *err)
{
    const struct picture_file *file = work->file;
    struct buffer plain = {0};
    if (file->type == PICTURE_PNG)
        picture_png_strip(file, &plain);
    bool is_plain = plain.len > 0;
    SDL_Surface *surface = load(is_plain ? (const void *)plain.data : file->bytes, is_plain ? plain.len : file->len,
        file->type, err);
    buffer_fini(&plain);
    if (!surface)
        return false;
    const struct picture_frame frame = {.width_px = surface->w, .height_px = surface->h};
    lay_over(&work->sheet, surface->pixels, surface->pitch / 4, &frame);
    SDL_FreeSurface(surface);
    add_frames(work, 0, true);
    return true;
}

/* A frame of a GIF by our own decoder, of a WebP by SDL2_image. */
static bool lay_frame(struct work *work, const struct picture_frame *frame, struct error *err)
{
    struct sheet *sheet = &work->sheet;
    if (work->file->type == PICTURE_GIF) {
        uint32_t *pixels = gif_draw(work->file, frame);
        if (pixels)
            lay_over(sheet, pixels, frame->width_px, frame);
        free(pixels);
        return pixels || error_set(err, ERROR_DATA, "the GIF is damaged");
    }
    SDL_Surface *surface = load(frame->file.data, frame->file.len, work->file->type, err);
    bool is_whole = surface && surface->w == frame->width_px && surface->h == frame->height_px;
    if (is_whole)
        lay_over(sheet, surface->pixels, surface->pitch / 4, frame);
    SDL_FreeSurface(surface);
    return is_whole || error_set(err, ERROR_DATA, "the WebP is damaged");
}

/* False: it is not there or cannot be decoded. */
static bool decode_next(struct work *work, size_t *at, struct picture_frame *frame, bool is_first, struct error *err)
{
    if (!picture_file_next(work->file, at, frame))
        return false;
    if ((int64_t)frame->width_px * frame->height_px > PICTURE_PIXELS_MAX || frame->width_px < 1 || frame->height_px < 1)
        return error_set(err, ERROR_DATA, "a frame of it declares %d x %d px", frame->width_px, frame->height_px);
    if (frame->end == PICTURE_IS_TAKEN_BACK)
        keep(&work->sheet);
    if (!lay_frame(work, frame, err))
        return false;
    add_frames(work, frame->duration_ms, is_first);
    end_frame(&work->sheet, frame);
    return true;
}

static bool is_too_much(const struct picture_file *file)
{
    int64_t pixels = (int64_t)file->width_px * file->height_px * (int64_t)file->frame_count;
    return file->frame_count > PICTURE_FRAMES_MAX || pixels > PICTURE_ALL_PIXELS_MAX;
}

static bool is_any_moving(const struct work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        if (!work->sizes[i].is_still)
            return true;
    }
    return false;
}

/* The frames that came before one that is broken, or too late, are no animation: the first one stands. */
static bool decode_moving(struct work *work, struct error *err)
{
    struct picture_frame frame = {0};
    size_t at = 0, done = 0;
    size_t wanted = is_too_much(work->file) || !is_any_moving(work) ? 1 : work->file->frame_count;
    struct error broken = {0};
    while (done < wanted && (done == 0 || clock_monotonic_ms() < work->until_ms) &&
        decode_next(work, &at, &frame, done == 0, &broken))
        done++;
    picture_frame_fini(&frame);
    if (done == 0)
        return error_set(err, ERROR_DATA, "%s", broken.code != ERROR_NONE ? broken.text : "it has no frame");
    for (size_t i = 0; i < work->count && done < work->file->frame_count; i++)
        drop_frames(&work->frames[i], 1);
    return true;
}

static bool check_frames(struct work *work, struct error *err)
{
    bool is_good = true;
    for (size_t i = 0; i < work->count; i++)
        is_good &= work->frames[i].count > 0;
    return is_good || error_set(err, ERROR_SYSTEM, "no memory for its frames");
}

bool picture_decode(const void *bytes, size_t len, const struct picture_size *sizes, struct picture_frames *frames,
    size_t count, struct error *err)
{
    struct picture_file file;
    struct error local = {0};
    err = err ? err : &local;
    memset(frames, 0, count * sizeof(*frames));
    if (!picture_file_look(&file, bytes, len, err))
        return false;
    struct work work = {.file = &file, .sizes = sizes, .frames = frames, .count = count,
        .until_ms = clock_monotonic_ms() + PICTURE_TIME_MAX_MS};
    bool is_good = sheet_init(&work.sheet, file.width_px, file.height_px, err) &&
        (file.has_frames ? decode_moving(&work, err) : decode_still(&work, err)) && check_frames(&work, err);
    sheet_fini(&work.sheet);
    for (size_t i = 0; i < count && !is_good; i++)
        picture_frames_fini(&frames[i]);
    return is_good;
}
