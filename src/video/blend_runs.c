/*
 * blend_runs.c - what of a row is worth touching, and how. A short opaque or empty stretch inside a translucent one
 * is cheaper mixed along than set apart, so samples are judged in steps of the kernels' width.
 */
#include <string.h>

#include "video/blend_kernels.h"
#include "video/blend_layer.h"

enum step { STEP_NOTHING, STEP_EVEN, STEP_OPAQUE, STEP_MIXED };

enum { EVEN_STEPS_MIN = 2, COPY_STEPS_MIN = 1 };

/* All bytes of a step are one value: memcmp with itself, shifted, is what the compiler's library does best. */
static bool is_all(const uint8_t *bytes, uint8_t value, size_t count)
{
    return bytes[0] == value && memcmp(bytes, bytes + 1, count - 1) == 0;
}

static bool is_periodic(const uint8_t *bytes, size_t count, size_t period)
{
    return memcmp(bytes, bytes + period, count - period) == 0;
}

static enum step judge(const uint8_t *src, const uint8_t *ia, size_t bytes, bool is_wide)
{
    if (is_all(ia, 0xff, bytes) && is_all(src, 0, bytes))
        return STEP_NOTHING;
    if (is_all(ia, 0, bytes))
        return STEP_OPAQUE;
    if (!is_wide && bytes == BLEND_STEP && is_periodic(src, bytes, 4) && is_periodic(ia, bytes, 4))
        return STEP_EVEN;
    return STEP_MIXED;
}

static void add_run(struct blend_runs *runs, uint32_t from, uint32_t count, enum blend_kind kind)
{
    struct blend_run *last = runs->count ? &runs->runs[runs->count - 1] : NULL;
    if (last && kind == BLEND_MIX && last->kind == BLEND_MIX && last->from + last->count == from) {
        last->count += count;
    } else if (runs->count < BLEND_RUNS_MAX) {
        runs->runs[runs->count++] = (struct blend_run){.from = from, .count = count, .kind = kind};
    } else {
        last->count = from + count - last->from;
        last->kind = BLEND_MIX;
    }
}

/* How many steps from here on are the very same as this one. */
static uint32_t count_same(const uint8_t *src, const uint8_t *ia, size_t left)
{
    uint32_t count = 1;
    while ((count + 1) * (size_t)BLEND_STEP <= left &&
           memcmp(src, src + count * (size_t)BLEND_STEP, BLEND_STEP) == 0 &&
           memcmp(ia, ia + count * (size_t)BLEND_STEP, BLEND_STEP) == 0)
        count++;
    return count;
}

void blend_find_runs(const struct blend_layer *layer, struct blend_plane *plane, uint32_t row, uint32_t from,
                     uint32_t to)
{
    size_t unit = layer->is_wide ? 2 : 1;
    const uint8_t *src = (const uint8_t *)plane->src + row * plane->stride * unit;
    const uint8_t *ia = (const uint8_t *)plane->ia + row * plane->stride * unit;
    struct blend_runs *runs = &plane->runs[row];
    for (uint32_t at = from, count; at < to; at += count) {
        /* A whole step wherever the row has room for it: the samples behind `to` say "nothing". */
        count = plane->width - at < BLEND_STEP ? plane->width - at : BLEND_STEP;
        switch (judge(src + at * unit, ia + at * unit, count * unit, layer->is_wide)) {
        case STEP_NOTHING:
            break;
        case STEP_OPAQUE:
            if (runs->count && runs->runs[runs->count - 1].kind == BLEND_COPY &&
                runs->runs[runs->count - 1].from + runs->runs[runs->count - 1].count == at)
                runs->runs[runs->count - 1].count += count;
            else
                add_run(runs, at, count, BLEND_COPY);
            break;
        case STEP_EVEN: {
            uint32_t same = count_same(src + at, ia + at, to - at);
            add_run(runs, at, same * BLEND_STEP, same < EVEN_STEPS_MIN ? BLEND_MIX : BLEND_EVEN);
            count = same * BLEND_STEP;
            break;
        }
        case STEP_MIXED:
            add_run(runs, at, count, BLEND_MIX);
            break;
        }
    }
}
