/*
 * Any bytes as a picture's file, made in two sizes: refused with a reason, or frames within their bounds. Its length
 * chooses the sizes. Parsers: overlay/picture_file.c, picture_gif.c, picture_png.c, picture_webp.c, picture_decode.c.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"
#include "overlay/picture_decode.h"
#include "overlay/picture_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct picture_frames *frames)
{
    if (frames->count == 0 || frames->count > PICTURE_FRAMES_MAX)
        abort();
    for (size_t i = 1; i < frames->count; i++) {
        if (frames->until_ms[i] <= frames->until_ms[i - 1])
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct picture_file file;
    struct error err = {0};
    int by = (int)(size % 251);
    const struct picture_size sizes[2] = {{by % 64, by / 4, by & 1, by / 16, false}, {16, 16, true, 8, by & 2}};
    struct picture_frames frames[2];
    // A large one takes as long as it takes: that is no news, and keeps from trying others.
    if (picture_file_look(&file, data, size, &err) &&
        (size_t)file.width_px * (size_t)file.height_px * file.frame_count > 1 << 18)
        return 0;
    if (!picture_decode(data, size, sizes, frames, 2, &err)) {
        if (err.code == ERROR_NONE || !err.text[0])
            abort();
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        check(&frames[i]);
        picture_frames_fini(&frames[i]);
    }
    return 0;
}
