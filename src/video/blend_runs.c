/*
 * blend_runs.c - what of a row is worth touching, and how. Bytes are judged in steps of the kernels' width: a short
 * opaque or empty stretch inside a translucent one is cheaper mixed along than set apart.
 */
#include <string.h>

#include "video/blend_kernels.h"
#include "video/blend_layer.h"

/* Fewer equal steps in a row are cheaper mixed along than a run of their own. */
enum { EVEN_STEPS = 2 };

enum step { STEP_NOTHING, STEP_EVEN, STEP_OPAQUE, STEP_MIXED };

static bool is_all(const uint8_t *bytes, uint8_t value, size_t count)
{
    return bytes[0] == value && memcmp(bytes, bytes + 1, count - 1) == 0;
}

static enum step judge(const uint8_t *src, const uint8_t *ia, size_t count)
{
    if (is_all(ia, 0xff, count) && is_all(src, 0, count))
        return STEP_NOTHING;
    return is_all(ia, 0, count) ? STEP_OPAQUE : STEP_MIXED;
}

static void add_run(struct blend_runs *runs, uint32_t from, uint32_t count, enum blend_kind kind)
{
    struct blend_run *last = runs->count ? &runs->runs[runs->count - 1] : NULL;
    if (last && kind != BLEND_EVEN && last->kind == kind && last->from + last->count == from) {
        last->count += count;
    } else if (runs->count < BLEND_RUNS_MAX) {
        runs->runs[runs->count++] = (struct blend_run){.from = from, .count = count, .kind = kind};
    } else {
        last->count = from + count - last->from;
        last->kind = BLEND_MIX;
    }
}

/* How many whole steps from here on are the very same as this one. */
static uint32_t count_same(const uint8_t *src, const uint8_t *ia, size_t left)
{
    uint32_t count = 1;
    while ((count + 1) * (size_t)BLEND_STEP <= left &&
           memcmp(src, src + count * (size_t)BLEND_STEP, BLEND_STEP) == 0 &&
           memcmp(ia, ia + count * (size_t)BLEND_STEP, BLEND_STEP) == 0)
        count++;
    return count;
}

void blend_find_runs(struct blend_plane *plane, uint32_t row, uint32_t from, uint32_t to, enum blend_depth depth)
{
    const uint8_t *src = plane->src + row * plane->stride, *ia = plane->ia + row * plane->stride;
    struct blend_runs *runs = &plane->runs[row];
    for (uint32_t at = from, count; at < to; at += count) {
        /* A whole step wherever the row has room for it: what is behind `to` says "nothing". */
        count = plane->width_bytes - at < BLEND_STEP ? plane->width_bytes - at : BLEND_STEP;
        enum step step = judge(src + at, ia + at, count);
        uint32_t same = step == STEP_MIXED && count == BLEND_STEP ? count_same(src + at, ia + at, to - at) : 1;
        if (same >= EVEN_STEPS) {
            count = same * BLEND_STEP;
            add_run(runs, at, count, BLEND_EVEN);
        } else if (step == STEP_MIXED || (step == STEP_OPAQUE && depth != BLEND_BYTES)) {
            add_run(runs, at, count, BLEND_MIX);
        } else if (step == STEP_OPAQUE) {
            add_run(runs, at, count, BLEND_COPY);
        }
    }
}
