#include "text/engine.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"

enum { CACHE_BYTES = 32 << 20 };

struct text_engine *text_engine_create(const struct text_engine_options *options, struct error *err)
{
    struct text_engine *engine = xcalloc(1, sizeof(*engine));
    engine->options = *options;
    engine->options.language = xstrdup(options->language);
    engine->has_ttf = TTF_Init() == 0;
    if (!engine->has_ttf) {
        error_set(err, ERROR_SYSTEM, "SDL2_ttf cannot be started: %s", TTF_GetError());
        goto fail;
    }
    engine->fonts = fonts_create(options->fonts_path, options->is_unhinted, options->is_without_system, err);
    if (!engine->fonts)
        goto fail;
    engine->breaks = breaks_create();
    engine->cache = run_cache_create(options->cache_bytes ? options->cache_bytes : CACHE_BYTES);
    engine->bidi = ubidi_open();
    return engine;
fail:
    text_engine_destroy(engine);
    return NULL;
}

void text_engine_destroy(struct text_engine *engine)
{
    if (!engine)
        return;
    if (engine->bidi)
        ubidi_close(engine->bidi);
    run_cache_destroy(engine->cache);
    breaks_destroy(engine->breaks);
    fonts_destroy(engine->fonts);
    if (engine->has_ttf)
        TTF_Quit();
    free((void *)engine->options.language);
    free(engine);
}

struct text_engine_stats text_engine_stats(const struct text_engine *engine)
{
    struct text_engine_stats stats = run_cache_stats(engine->cache);
    stats.faces = fonts_count(engine->fonts);
    return stats;
}

size_t text_engine_lacks(struct text_engine *engine, void (*fn)(void *data, const char *package, const char *what),
    void *data)
{
    const struct manifest *manifest = fonts_manifest(engine->fonts);
    size_t count = 0;
    if (!fonts_has_cjk(engine->fonts)) {
        fn(data, manifest->cjk.package, manifest->cjk.what);
        count++;
    }
    if (!fonts_has_emoji(engine->fonts)) {
        fn(data, manifest->emoji.package, manifest->emoji.what);
        count++;
    }
    return count;
}
