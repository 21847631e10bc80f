#include "video/blend.h"

#include <string.h>

#include "video/blend_kernels.h"
#include "video/blend_layer.h"

bool blend_layer_is_empty(const struct blend_layer *layer)
{
    for (uint32_t i = 0; i < layer->plane_count; i++) {
        if (layer->planes[i].line_count > 0)
            return false;
    }
    return true;
}

static void apply_row8(const struct blend_kernels *kernels, uint8_t *dst, const uint8_t *src, const uint8_t *ia,
                       const struct blend_runs *runs)
{
    for (uint32_t i = 0; i < runs->count; i++) {
        uint32_t from = runs->runs[i].from, count = runs->runs[i].count;
        switch ((enum blend_kind)runs->runs[i].kind) {
        case BLEND_MIX:
            kernels->blend8(dst + from, src + from, ia + from, count);
            break;
        case BLEND_EVEN:
            kernels->even8(dst + from, src + from, ia + from, count);
            break;
        case BLEND_COPY:
            memcpy(dst + from, src + from, count);
            break;
        }
    }
}

static void apply_row16(const struct blend_kernels *kernels, uint16_t *dst, const uint16_t *src,
                        const uint16_t *ia, const struct blend_runs *runs)
{
    for (uint32_t i = 0; i < runs->count; i++) {
        uint32_t from = runs->runs[i].from, count = runs->runs[i].count;
        kernels->blend16(dst + from, src + from, ia + from, count);
    }
}

static void apply_plane(const struct blend_layer *layer, const struct blend_plane *plane, uint8_t *data,
                        ptrdiff_t stride_bytes)
{
    const struct blend_kernels *kernels = blend_kernels_get();
    for (uint32_t i = 0; i < plane->line_count; i++) {
        uint32_t row = plane->lines[i];
        uint8_t *line = data + row * stride_bytes;
        size_t start = row * plane->stride;
        if (layer->is_wide)
            apply_row16(kernels, (uint16_t *)(void *)line, (const uint16_t *)plane->src + start,
                        (const uint16_t *)plane->ia + start, &plane->runs[row]);
        else
            apply_row8(kernels, line, (const uint8_t *)plane->src + start, (const uint8_t *)plane->ia + start,
                       &plane->runs[row]);
    }
}

bool blend_layer_apply(const struct blend_layer *layer, GstVideoFrame *frame)
{
    if (GST_VIDEO_FRAME_FORMAT(frame) != GST_VIDEO_INFO_FORMAT(&layer->info) ||
        GST_VIDEO_FRAME_WIDTH(frame) != GST_VIDEO_INFO_WIDTH(&layer->info) ||
        GST_VIDEO_FRAME_HEIGHT(frame) != GST_VIDEO_INFO_HEIGHT(&layer->info))
        return false;
    for (uint32_t i = 0; i < layer->plane_count; i++)
        apply_plane(layer, &layer->planes[i], GST_VIDEO_FRAME_PLANE_DATA(frame, i),
                    GST_VIDEO_FRAME_PLANE_STRIDE(frame, i));
    return true;
}
