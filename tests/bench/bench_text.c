/*
 * bench_text.c - what it costs to lay out a chat line: the first one of the process (faces are opened), a new one in
 * known faces (nothing of it in the cache), the same again (all in the cache), and shrinking to fit. And what 10,000
 * different messages leave in memory.
 * Prints `name value unit`.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "text/text.h"

static const struct {
    const char *name, *text;
} lines[] = {
    {"latin", "so what does this song mean to you tonight"},
    {"persian", "این آهنگ برای شما چه معنایی دارد؟ دوست داریم"},
    {"nastaliq", "یہ گانا آپ کے لیے کیا معنی رکھتا ہے بتائیں"},
    {"han", "這首歌對你來說有什麼意義呢我每天都聽"},
    {"emoji", "🥰😂🤣😍🥳🙏🔥✨💯🎶"},
    {"mixed", "🥰 سلام Niloufar، این آهنگ 😂 خیلی good است! 你好 👋"},
};

static double lay_out(struct text_engine *engine, const struct text_options *options)
{
    int64_t start_ns = clock_monotonic_ns();
    struct text_layout *layout = text_layout_create(engine, options);
    double us = (double)(clock_monotonic_ns() - start_ns) / 1000;
    text_layout_destroy(layout);
    return us;
}

static struct text_options options_of(size_t line)
{
    struct text_options options = {.text = str_from(lines[line].text), .size_px = 36, .width_px = 480, .max_lines = 3};
    if (strcmp(lines[line].name, "nastaliq") == 0)
        options.language = "ur";
    return options;
}

static struct text_engine *open_engine(size_t cache_bytes)
{
    struct error err = {0};
    struct text_engine *engine = text_engine_create(&(struct text_engine_options){.cache_bytes = cache_bytes}, &err);
    if (!engine) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return engine;
}

/* Faces closed: a new engine for each. The very first of the process also reads ICU's rules. */
static void bench_cold(size_t line)
{
    struct text_options options = options_of(line);
    struct text_engine *engine = open_engine(0);
    printf("text_%s_first %.2f ms\n", lines[line].name, lay_out(engine, &options) / 1000);
    text_engine_destroy(engine);
}

static double best_of(struct text_engine *engine, const struct text_options *options, int rounds)
{
    double best = 1e9;
    for (int i = 0; i < rounds; i++) {
        double us = lay_out(engine, options);
        best = us < best ? us : best;
    }
    return best;
}

/* A cache of one byte keeps no run: each round shapes and draws anew, with the faces' own glyph caches warm. */
static void bench_warm(size_t line)
{
    struct text_options options = options_of(line);
    struct text_engine *uncached = open_engine(1), *cached = open_engine(0);
    printf("text_%s_new %.0f us\n", lines[line].name, best_of(uncached, &options, 200));
    printf("text_%s_again %.1f us\n", lines[line].name, best_of(cached, &options, 2000));
    text_engine_destroy(uncached);
    text_engine_destroy(cached);
}

static double used_mb(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double)(info.uordblks + info.hblkhd) / (1 << 20);
}

/* 10,000 different messages; the first quarter fills the cache, what comes after must leave nothing. */
static void bench_memory(void)
{
    enum { MESSAGES = 10000, CACHE_BYTES = 2 << 20 };
    struct text_engine *engine = open_engine(CACHE_BYTES);
    double before_mb = 0;
    for (int i = 0; i < MESSAGES; i++) {
        if (i == MESSAGES / 4)
            before_mb = used_mb();
        char text[200];
        int len = snprintf(text, sizeof(text), "%d %s", i, lines[(size_t)i % ARRAY_LENGTH(lines)].text);
        const struct text_options options = {.text = {text, (size_t)len}, .size_px = 20, .width_px = 480, .max_lines = 3};
        text_layout_destroy(text_layout_create(engine, &options));
    }
    printf("text_10000_messages_growth %.3f MB\ntext_10000_messages_cache %.2f MB\n", used_mb() - before_mb,
        (double)text_engine_stats(engine).bytes / (1 << 20));
    text_engine_destroy(engine);
}

int main(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        bench_cold(i);
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        bench_warm(i);
    struct text_options options = options_of(5);
    options.size_px = 60;
    options.min_size_px = 12;
    options.max_lines = 1;
    struct text_engine *engine = open_engine(0);
    printf("text_mixed_shrink_first %.2f ms\n", lay_out(engine, &options) / 1000);
    printf("text_mixed_shrink_again %.1f us\n", best_of(engine, &options, 500));
    text_engine_destroy(engine);
    bench_memory();
    return 0;
}
