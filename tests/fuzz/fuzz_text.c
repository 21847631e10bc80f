/*
 * fuzz_text.c - hostile text, spans, images and options into a layout. The first 16 bytes choose the options, the
 * rest is the text. Deps: text_dep. Bounds hold: lines, widths of masks, places inside the text.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* fontconfig keeps its defaults until the end of the program. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\n";
}

static const char *const languages[] = {NULL, "fa", "ur", "zh-Hant", "ja", "ko", "ro", "x-\xff"};

static void check(const struct text_layout *layout, const struct text_options *options)
{
    assert(utf8_is_valid(layout->text, layout->text_len));
    assert(options->max_lines <= 0 || layout->line_count <= (size_t)options->max_lines);
    for (size_t i = 0; i < layout->line_count; i++) {
        const struct text_line *line = &layout->lines[i];
        assert(line->from <= line->to && line->to <= layout->text_len);
        for (size_t k = 0; k < line->run_count; k++) {
            const struct text_run *run = &line->runs[k];
            assert(run->from <= run->to && run->to <= layout->text_len);
            assert(!run->mask || run->mask->width_px < 32767);
            assert(run->image < (int32_t)options->image_count && run->span < (int32_t)options->span_count);
        }
    }
}

/* The faces lie beside this file's tree. */
static struct text_engine *open_engine(void)
{
    char folder[4096];
    struct error err = {0};
    snprintf(folder, sizeof(folder), "%s", __FILE__);
    char *slash = strrchr(folder, '/');
    snprintf(slash ? slash : folder, 40, "/../../fonts");
    struct text_engine *engine =
        text_engine_create(&(struct text_engine_options){.cache_bytes = 4 << 20, .fonts_path = folder}, &err);
    if (!engine) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return engine;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct text_engine *engine;
    if (!engine)
        engine = open_engine();
    if (size < 16)
        return 0;
    const struct text_image images[] = {{data[0], (uint32_t)data[0] + data[1] % 16, data[2], data[2]},
        {data[3], data[4], (float)(data[5] - 128), 30}};
    const struct text_span spans[] = {{data[6], data[7], data[8] & 1, data[8] & 2}, {data[9], data[10], true, true}};
    struct text_options options = {.text = {(const char *)data + 16, size - 16}, .images = images, .image_count = 2,
        .spans = spans, .span_count = 2, .size_px = data[11] % 64, .width_px = data[12] * 4, .max_lines = data[13] % 8,
        .min_size_px = data[11] % 7, .max_height_px = data[14], .language = languages[data[15] % 8],
        .direction = data[8] >> 2 & 1, .align = data[8] >> 3 & 1, .outline_px = data[8] >> 4 & 3,
        .is_single_paragraph = data[8] & 64, .is_clipped = data[8] & 128, .line_height = (float)(data[15] >> 6)};
    struct text_layout *layout = text_layout_create(engine, &options);
    check(layout, &options);
    text_layout_destroy(layout);
    return 0;
}
