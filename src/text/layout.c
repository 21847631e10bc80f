/* The Latin minimum: one face, lines at spaces. */
#include <SDL_ttf.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "text/mask.h"
#include "text/text.h"

struct text_engine {
    TTF_Font *face, *outline;
};

struct text_engine *text_engine_create(const struct text_engine_options *options, struct error *err)
{
    const char *folder = options->fonts_path ? options->fonts_path : getenv("ANTIPHON_FONTS");
    char *path = xasprintf("%s/NotoSans-Regular.ttf", folder ? folder : ANTIPHON_FONTS_SOURCE);
    struct text_engine *engine = xcalloc(1, sizeof(*engine));
    TTF_Init();
    engine->face = TTF_OpenFont(path, 36);
    engine->outline = TTF_OpenFont(path, 36);
    if (!engine->face || !engine->outline) {
        error_set(err, ERROR_SYSTEM, "text: %s: %s", path, TTF_GetError());
        text_engine_destroy(engine);
        engine = NULL;
    }
    free(path);
    return engine;
}

void text_engine_destroy(struct text_engine *engine)
{
    if (!engine)
        return;
    if (engine->face)
        TTF_CloseFont(engine->face);
    if (engine->outline)
        TTF_CloseFont(engine->outline);
    TTF_Quit();
    free(engine);
}

struct text_engine_stats text_engine_stats(const struct text_engine *engine)
{
    return (struct text_engine_stats){.faces = 1};
}

size_t text_engine_lacks(struct text_engine *engine, void (*fn)(void *data, const char *package, const char *what),
    void *data)
{
    return 0;
}

static struct text_mask *draw(TTF_Font *font, const char *text)
{
    SDL_Surface *surface =
        TTF_RenderUTF8_Shaded(font, text, (SDL_Color){255, 255, 255, 255}, (SDL_Color){0, 0, 0, 255});
    if (!surface)
        return NULL;
    struct text_mask *mask = mask_create(TEXT_MASK_A8, surface->w, surface->h);
    for (int y = 0; mask && y < surface->h; y++)
        memcpy(mask_pixels(mask) + (size_t)y * mask->stride_bytes, (uint8_t *)surface->pixels + y * surface->pitch,
            (size_t)surface->w);
    SDL_FreeSurface(surface);
    return mask;
}

static void add_line(struct text_layout *layout, struct text_engine *engine, const struct text_options *options,
    size_t from, size_t to)
{
    layout->lines = xreallocarray((void *)layout->lines, layout->line_count + 1, sizeof(*layout->lines));
    struct text_line *line = (struct text_line *)&layout->lines[layout->line_count++];
    struct text_run *run = xcalloc(1, sizeof(*run));
    char *text = xstrndup(layout->text + from, to - from);
    int width = 0;
    TTF_SizeUTF8(engine->face, text, &width, NULL);
    int height = TTF_FontHeight(engine->face), top = (int)(layout->line_count - 1) * height;
    *line = (struct text_line){.from = from, .to = to, .top_px = top, .height_px = height, .width_px = width,
        .baseline_px = top + TTF_FontAscent(engine->face), .runs = run, .run_count = 1};
    int room = options->width_px - width;
    line->x_px = options->width_px == 0 || options->align == TEXT_ALIGN_START ? 0
        : options->align == TEXT_ALIGN_CENTER ? room / 2 : room;
    *run = (struct text_run){.from = from, .to = to, .script = "Latn", .face = "NotoSans-Regular", .x_px = line->x_px,
        .width_px = width, .image = -1, .span = -1, .mask = draw(engine->face, text), .mask_x_px = (int)line->x_px,
        .mask_y_px = top};
    if (options->outline_px) {
        TTF_SetFontOutline(engine->outline, options->outline_px);
        run->outline = draw(engine->outline, text);
        run->outline_x_px = run->mask_x_px - options->outline_px;
        run->outline_y_px = run->mask_y_px - options->outline_px;
    }
    layout->height_px = top + height;
    if (width > layout->content_width_px)
        layout->content_width_px = (float)width;
    free(text);
}

static bool fits(const struct text_engine *engine, const char *text, size_t len, int width_px)
{
    char *copy = xstrndup(text, len);
    int width = 0;
    TTF_SizeUTF8(engine->face, copy, &width, NULL);
    free(copy);
    return width <= width_px;
}

struct text_layout *text_layout_create(struct text_engine *engine, const struct text_options *options)
{
    struct text_layout *layout = xcalloc(1, sizeof(*layout));
    size_t len = options->text.len < TEXT_BYTES_MAX ? options->text.len : TEXT_BYTES_MAX;
    char *text = xcalloc(3 * len + 1, 1);
    layout->text_len = utf8_repair(options->text.data ? options->text.data : "", len, text);
    layout->text = text;
    layout->size_px = options->size_px > 0 ? options->size_px : 36;
    TTF_SetFontSize(engine->face, (int)layout->size_px);
    TTF_SetFontSize(engine->outline, (int)layout->size_px);
    for (size_t from = 0, at = 0, last = 0; at <= layout->text_len && layout->text_len > 0; at++) {
        bool is_end = at == layout->text_len;
        if (!is_end && text[at] != ' ')
            continue;
        if (options->width_px > 0 && last > from && !fits(engine, text + from, at - from, options->width_px)) {
            add_line(layout, engine, options, from, last);
            from = last + 1;
        }
        if (is_end)
            add_line(layout, engine, options, from, at);
        last = at;
    }
    layout->width_px = options->width_px ? options->width_px : (int)(layout->content_width_px + 0.99F);
    layout->ink = (struct text_box){0, 0, layout->width_px, layout->height_px};
    return layout;
}

void text_layout_destroy(struct text_layout *layout)
{
    if (!layout)
        return;
    for (size_t i = 0; i < layout->line_count; i++) {
        for (size_t k = 0; k < layout->lines[i].run_count; k++) {
            text_mask_unref(layout->lines[i].runs[k].mask);
            text_mask_unref(layout->lines[i].runs[k].outline);
        }
        free((void *)layout->lines[i].runs);
    }
    free((void *)layout->lines);
    free((void *)layout->text);
    free(layout);
}
