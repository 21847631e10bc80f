#include "text/emoji.h"

#include <pixman.h>
#include <stdlib.h>
#include <unicode/uchar.h>

enum { STRIKE_HEIGHT_PX = 128, STRIKE_ASCENT_PX = 101 };

/* 40 px text looks right with emoji 47 px high. */
static const float height_em = 1.17F;

static bool is_regional(uint32_t scalar)
{
    return scalar >= 0x1f1e6 && scalar <= 0x1f1ff;
}

/* A skin tone asks for the picture too: ✌🏽 needs no U+FE0F. */
static bool is_toned(uint32_t base, uint32_t tone)
{
    return u_hasBinaryProperty((UChar32)tone, UCHAR_EMOJI_MODIFIER) &&
        u_hasBinaryProperty((UChar32)base, UCHAR_EMOJI_MODIFIER_BASE);
}

/* Extended_Pictographic would be too wide: © ™ ▶ are text unless U+FE0F asks for the picture. */
bool emoji_is_cluster(const uint32_t *cluster, int count)
{
    if (count == 0 || (count > 1 && cluster[1] == 0xfe0e))
        return false;
    bool is_key = cluster[0] < 0x80;  // 0-9 # *: the face has tiles for them
    bool is_asked = false;
    for (int i = 1; i < count; i++)
        is_asked |= cluster[i] == 0x20e3 || (cluster[i] == 0xfe0f && !is_key) || is_toned(cluster[i - 1], cluster[i]);
    if (is_asked || is_regional(cluster[0]))
        return true;
    return u_hasBinaryProperty((UChar32)cluster[0], UCHAR_EMOJI_PRESENTATION);
}

float emoji_scale(int size_px)
{
    return (float)size_px * height_em / STRIKE_HEIGHT_PX;
}

void emoji_metrics(int size_px, int *ascent_px, int *descent_px)
{
    float scale = emoji_scale(size_px);
    int height_px = (int)(STRIKE_HEIGHT_PX * scale + 0.5F);
    *ascent_px = (int)(STRIKE_ASCENT_PX * scale + 0.5F);
    *descent_px = height_px - *ascent_px;
}

/* A box over each target pixel: clean at a third of the size, where bilinear is ragged. */
static void set_scaling(pixman_image_t *source, double ratio_x, double ratio_y)
{
    int count;
    pixman_transform_t transform;
    pixman_transform_init_scale(&transform, pixman_double_to_fixed(ratio_x), pixman_double_to_fixed(ratio_y));
    pixman_image_set_transform(source, &transform);
    pixman_fixed_t *filter = pixman_filter_create_separable_convolution(&count, pixman_double_to_fixed(ratio_x),
        pixman_double_to_fixed(ratio_y), PIXMAN_KERNEL_LINEAR, PIXMAN_KERNEL_LINEAR, PIXMAN_KERNEL_BOX,
        PIXMAN_KERNEL_BOX, 4, 4);
    if (filter)
        pixman_image_set_filter(source, PIXMAN_FILTER_SEPARABLE_CONVOLUTION, filter, count);
    free(filter);
}

static struct text_mask *scale(const SDL_Surface *surface, int size_px)
{
    int ascent_px, descent_px;
    emoji_metrics(size_px, &ascent_px, &descent_px);
    int width_px = (int)((float)surface->w * emoji_scale(size_px) + 0.5F), height_px = ascent_px + descent_px;
    struct text_mask *mask = mask_create(TEXT_MASK_ARGB, width_px, height_px);
    pixman_image_t *source = pixman_image_create_bits_no_clear(PIXMAN_a8r8g8b8, surface->w, surface->h,
        surface->pixels, surface->pitch);
    pixman_image_t *target = !mask ? NULL : pixman_image_create_bits_no_clear(PIXMAN_a8r8g8b8, width_px, height_px,
        (uint32_t *)(void *)mask_pixels(mask), mask->stride_bytes);
    if (source && target) {
        set_scaling(source, (double)surface->w / width_px, (double)surface->h / height_px);
        pixman_image_composite32(PIXMAN_OP_SRC, source, NULL, target, 0, 0, 0, 0, 0, 0, width_px, height_px);
    }
    if (source)
        pixman_image_unref(source);
    if (target)
        pixman_image_unref(target);
    return mask;
}

struct text_mask *emoji_draw(struct face *face, const char *cluster, int size_px)
{
    TTF_Font *font = face_plain(face, size_px);
    if (!font)
        return NULL;
    TTF_SetFontDirection(font, TTF_DIRECTION_LTR);
    TTF_SetFontScriptName(font, "Zyyy");
    // Alpha 255: another one would scale A but not RGB, which are premultiplied.
    SDL_Surface *surface = TTF_RenderUTF8_Blended(font, cluster, (SDL_Color){255, 255, 255, 255});
    if (!surface)
        return NULL;
    struct text_mask *mask = surface->format->BytesPerPixel == 4 ? scale(surface, size_px) : NULL;
    SDL_FreeSurface(surface);
    return mask;
}
