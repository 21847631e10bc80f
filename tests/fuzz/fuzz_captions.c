/* fuzz_captions.c - hostile SubRip and WebVTT. The first byte chooses the format. Parser: relay/caption_file.c. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "relay/caption_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct caption_cues *cues)
{
    int64_t last_ms = 0;
    for (size_t i = 0; i < cues->count; i++) {
        const struct caption_cue *cue = &cues->cues[i];
        size_t len = strlen(cue->text), lines = 1;
        for (const char *at = cue->text; (at = strchr(at, '\n')); at++)
            lines++;
        if (cue->start_ms < last_ms || cue->end_ms <= cue->start_ms || len == 0 || lines > CAPTION_LINES_MAX ||
            len > CAPTION_LINES_MAX * (CAPTION_LINE_BYTES_MAX + 1) || !utf8_is_valid(cue->text, len))
            abort();
        last_ms = cue->start_ms;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum caption_format format = data[0] & 1 ? CAPTION_FORMAT_SRT : CAPTION_FORMAT_VTT;
    struct caption_cues cues;
    struct error err = {0};
    // A file is read whole, its first byte too: a seed is a file as it is.
    if (caption_file_parse(format, (const char *)data, size, &cues, &err)) {
        check(&cues);
        caption_cues_fini(&cues);
    } else if (cues.count != 0 || err.code != ERROR_DATA) {
        abort();
    }
    return 0;
}
