#include "video/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frame/rows.h"

/*
 * Two passes: each changed row across into `wide` (signed, six bits of fraction, since the filter overshoots), then
 * each touched row of the result down. Weights have 14 bits of fraction and sum to one exactly.
 */
enum { WEIGHT_BITS = 14, WIDE_BITS = 6 };

struct filter {
    int32_t taps;
    int32_t *first;    // of each result: the first source taken; owned
    int16_t *weights;  // taps of each result; owned
};

struct scaler {
    int32_t from_width, from_height, to_width, to_height;
    struct filter across, down;
    int16_t *wide;           // from_height rows of 4 * to_width; owned
    uint8_t *pixels;         // owned
    struct frame_row *rows;  // owned
};

static double catmull_rom(double x)
{
    x = fabs(x);
    if (x < 1)
        return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* What rounding lost goes to the heaviest tap, so that an even surface stays even. */
static void fill_weights(int16_t *weights, int32_t taps, double centre, int32_t first, double width)
{
    double sum = 0;
    for (int32_t i = 0; i < taps; i++)
        sum += catmull_rom((first + i + 0.5 - centre) / width);
    int32_t left = 1 << WEIGHT_BITS, heaviest = 0;
    for (int32_t i = 0; i < taps; i++) {
        weights[i] = (int16_t)lround(catmull_rom((first + i + 0.5 - centre) / width) / sum * (1 << WEIGHT_BITS));
        left -= weights[i];
        heaviest = weights[i] > weights[heaviest] ? i : heaviest;
    }
    weights[heaviest] = (int16_t)(weights[heaviest] + left);
}

static bool filter_init(struct filter *filter, int32_t from, int32_t to)
{
    double ratio = (double)from / to, width = ratio > 1 ? ratio : 1;
    filter->taps = (int32_t)ceil(4 * width) + 1;
    filter->first = calloc((size_t)to, sizeof(filter->first[0]));
    filter->weights = calloc((size_t)to * (size_t)filter->taps, sizeof(filter->weights[0]));
    if (!filter->first || !filter->weights)
        return false;
    for (int32_t i = 0; i < to; i++) {
        double centre = (i + 0.5) * ratio;
        filter->first[i] = (int32_t)floor(centre - 2 * width);
        fill_weights(filter->weights + (size_t)i * (size_t)filter->taps, filter->taps, centre, filter->first[i],
                     width);
    }
    return true;
}

static void filter_fini(struct filter *filter)
{
    free(filter->first);
    free(filter->weights);
}

struct scaler *scaler_create(int32_t from_width, int32_t from_height, int32_t to_width, int32_t to_height)
{
    struct scaler *scaler = calloc(1, sizeof(*scaler));
    if (!scaler)
        return NULL;
    scaler->from_width = from_width;
    scaler->from_height = from_height;
    scaler->to_width = to_width;
    scaler->to_height = to_height;
    scaler->wide = calloc((size_t)from_height * (size_t)to_width, 4 * sizeof(scaler->wide[0]));
    scaler->pixels = calloc((size_t)to_height * (size_t)to_width, 4);
    scaler->rows = calloc((size_t)to_height, sizeof(scaler->rows[0]));
    if (!scaler->wide || !scaler->pixels || !scaler->rows ||
        !filter_init(&scaler->across, from_width, to_width) ||
        !filter_init(&scaler->down, from_height, to_height)) {
        scaler_destroy(scaler);
        return NULL;
    }
    return scaler;
}

void scaler_destroy(struct scaler *scaler)
{
    if (!scaler)
        return;
    filter_fini(&scaler->across);
    filter_fini(&scaler->down);
    free(scaler->wide);
    free(scaler->pixels);
    free(scaler->rows);
    free(scaler);
}

static int16_t *wide_row(const struct scaler *scaler, int32_t row)
{
    return scaler->wide + (size_t)row * (size_t)scaler->to_width * 4;
}

/* One source row across. A colour above its alpha counts as alpha; pixels outside the spans as nothing. */
static void widen_row(struct scaler *scaler, const struct blend_picture *picture, int32_t y)
{
    const struct frame_row *row = &picture->rows[y];
    const uint8_t *pixels = picture->pixels + (size_t)y * picture->stride_bytes;
    int16_t *target = wide_row(scaler, y);
    memset(target, 0, (size_t)scaler->to_width * 4 * sizeof(target[0]));
    if (row->count == 0)
        return;
    int32_t left = row->spans[0].from, right = row->spans[row->count - 1].to;
    const int32_t taps = scaler->across.taps;
    for (int32_t x = 0; x < scaler->to_width; x++) {
        int32_t first = scaler->across.first[x];
        if (first + taps <= left || (first >= right && right < scaler->from_width))
            continue;
        const int16_t *weights = scaler->across.weights + (size_t)x * (size_t)taps;
        int32_t sums[4] = {0};
        for (int32_t i = 0; i < taps; i++) {
            const uint8_t *pixel = pixels + 4 * (size_t)clamp(first + i, 0, scaler->from_width - 1);
            for (int c = 0; c < 4; c++)
                sums[c] += weights[i] * (pixel[c] < pixel[3] ? pixel[c] : pixel[3]);
        }
        for (int c = 0; c < 4; c++)
            target[4 * x + c] =
                (int16_t)clamp((sums[c] + (1 << (WEIGHT_BITS - WIDE_BITS - 1))) >> (WEIGHT_BITS - WIDE_BITS),
                               INT16_MIN, INT16_MAX);
    }
}

static void add_weighted(int32_t *restrict sums, const int16_t *restrict wide, int32_t weight, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sums[i] += weight * wide[i];
}

/* The filter overshoots at edges: alpha stays within 0..255, and colours within alpha. */
static void finish_row(uint8_t *restrict pixels, const int32_t *restrict sums, size_t count)
{
    const int bits = WEIGHT_BITS + WIDE_BITS;
    for (size_t i = 0; i < count; i += 4) {
        int32_t alpha = clamp((sums[i + 3] + (1 << (bits - 1))) >> bits, 0, 255);
        for (size_t c = 0; c < 3; c++)
            pixels[i + c] = (uint8_t)clamp((sums[i + c] + (1 << (bits - 1))) >> bits, 0, alpha);
        pixels[i + 3] = (uint8_t)alpha;
    }
}

static void make_row(struct scaler *scaler, int32_t y, int32_t *sums)
{
    size_t count = (size_t)scaler->to_width * 4;
    const int16_t *weights = scaler->down.weights + (size_t)y * (size_t)scaler->down.taps;
    uint8_t *pixels = scaler->pixels + (size_t)y * count;
    memset(sums, 0, count * sizeof(sums[0]));
    for (int32_t i = 0; i < scaler->down.taps; i++) {
        int32_t source = clamp(scaler->down.first[y] + i, 0, scaler->from_height - 1);
        if (weights[i] != 0)
            add_weighted(sums, wide_row(scaler, source), weights[i], count);
    }
    finish_row(pixels, sums, count);
    rows_scan(pixels, scaler->to_width, &scaler->rows[y]);
}

void scaler_update(struct scaler *scaler, const struct blend_picture *picture, int32_t *top, int32_t *bottom)
{
    int32_t from = clamp(*top, 0, scaler->from_height), to = clamp(*bottom, 0, scaler->from_height);
    int32_t *sums = malloc((size_t)scaler->to_width * 4 * sizeof(sums[0]));
    for (int32_t y = from; y < to; y++)
        widen_row(scaler, picture, y);
    *top = scaler->to_height;
    *bottom = 0;
    for (int32_t y = 0; y < scaler->to_height && sums && from < to; y++) {
        int32_t first = clamp(scaler->down.first[y], 0, scaler->from_height - 1);
        int32_t last = clamp(scaler->down.first[y] + scaler->down.taps - 1, 0, scaler->from_height - 1);
        if (first >= to || last < from)
            continue;
        make_row(scaler, y, sums);
        *top = y < *top ? y : *top;
        *bottom = y + 1;
    }
    if (*top > *bottom)
        *top = *bottom;
    free(sums);
}

struct blend_picture scaler_picture(const struct scaler *scaler)
{
    return (struct blend_picture){scaler->pixels, (size_t)scaler->to_width * 4, scaler->rows};
}
