#include "overlay/pictures.h"

#include <stdlib.h>

#include "base/memory.h"

struct picture_use {
    void (*changed)(void *data);
    void *data;
};

struct picture_use *picture_use_create(struct pictures *pictures, const struct picture_want *want,
    void (*changed)(void *data), void *data)
{
    struct picture_use *use = xcalloc(1, sizeof(*use));
    *use = (struct picture_use){changed, data};
    return use;
}

void picture_use_destroy(struct picture_use *use)
{
    free(use);
}

enum picture_state picture_use_state(const struct picture_use *use)
{
    return PICTURE_ABSENT;
}

bool picture_use_size(const struct picture_use *use, int *width_px, int *height_px)
{
    return false;
}

size_t picture_use_frame_at(const struct picture_use *use, int64_t now_ms, int64_t *until_ms)
{
    *until_ms = 0;
    return 0;
}

struct image *picture_use_image(const struct picture_use *use, size_t frame)
{
    return NULL;
}
