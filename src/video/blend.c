#include "video/blend.h"

#include "video/blend_kernels.h"
#include "video/blend_layer.h"

static const struct {
    void (*blend)(const struct blend_pack *pack, uint8_t *data, ptrdiff_t stride);
} depths[] = {[BLEND_BYTES] = {blend_bytes},
              [BLEND_HIGH_WORDS] = {blend_high_words},
              [BLEND_LOW_WORDS] = {blend_low_words}};

bool blend_layer_apply(const struct blend_layer *layer, GstVideoFrame *frame)
{
    if (GST_VIDEO_FRAME_FORMAT(frame) != GST_VIDEO_INFO_FORMAT(&layer->info) ||
        GST_VIDEO_FRAME_WIDTH(frame) != GST_VIDEO_INFO_WIDTH(&layer->info) ||
        GST_VIDEO_FRAME_HEIGHT(frame) != GST_VIDEO_INFO_HEIGHT(&layer->info))
        return false;
    for (uint32_t i = 0; i < layer->plane_count; i++)
        depths[layer->depth].blend(&layer->packs[i], GST_VIDEO_FRAME_PLANE_DATA(frame, i),
                                   GST_VIDEO_FRAME_PLANE_STRIDE(frame, i));
    return true;
}
