#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/emoji.h"
#include "text/engine.h"
#include "text/line.h"
#include "text/missing.h"

enum { SIZE_PX = 36 };

/* The clean text cut into paragraphs; what does not depend on the size. */
struct source {
    struct clean_text clean;
    struct paragraph *paragraphs;
    int32_t paragraph_count;
    uint8_t *flags;
};

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

static int round_px(float value)
{
    return value > -1e6F && value < 1e6F ? (int)floorf(value + 0.5F) : 0;
}

static int asked_size(const struct text_options *options)
{
    return options->size_px > 0 ? clamp(round_px(options->size_px), 1, TEXT_SIZE_PX_MAX) : SIZE_PX;
}

static int round_26_6(int64_t value)
{
    return (int)((value + 32) >> 6);
}

/* ---- the source */

static void add_paragraph(struct source *source, const struct itemiser *itemiser, int32_t from, int32_t to)
{
    const UChar *units = source->clean.units;
    while (from < to && units[from] == ' ')
        from++;
    source->paragraphs =
        xreallocarray(source->paragraphs, (size_t)source->paragraph_count + 1, sizeof(*source->paragraphs));
    struct paragraph *paragraph = &source->paragraphs[source->paragraph_count++];
    *paragraph = (struct paragraph){.from = from, .to = to, .flags = source->flags};
    itemise(itemiser, paragraph);
}

static void source_init(struct source *source, struct text_engine *engine, const struct text_options *options)
{
    *source = (struct source){0};
    sanitise(&source->clean, options);
    fonts_begin_text(engine->fonts);
    const struct clean_text *clean = &source->clean;
    source->flags = xcalloc((size_t)clean->count + 1, 1);
    const struct itemiser itemiser = {.fonts = engine->fonts, .bidi = engine->bidi, .options = options, .clean = clean,
        .language = options->language ? options->language : engine->options.language,
        .is_language_explicit = options->language != NULL};
    for (int32_t from = 0, to; from < clean->count && source->paragraph_count < TEXT_LINES_MAX; from = to + 1) {
        for (to = from; to < clean->count && clean->units[to] != '\n';)
            to++;
        breaks_mark(engine->breaks, clean->units + from, to - from, itemiser.language, source->flags + from);
        add_paragraph(source, &itemiser, from, to);
    }
}

static void source_fini(struct source *source)
{
    for (int32_t i = 0; i < source->paragraph_count; i++)
        paragraph_fini(&source->paragraphs[i]);
    free(source->paragraphs);
    free(source->flags);
    clean_text_fini(&source->clean);
}

/* ---- heights */

struct extent {
    int ascent_px, descent_px;
};

static void grow(struct extent *extent, int ascent_px, int descent_px)
{
    extent->ascent_px = ascent_px > extent->ascent_px ? ascent_px : extent->ascent_px;
    extent->descent_px = descent_px > extent->descent_px ? descent_px : extent->descent_px;
}

static struct text_box image_box(const struct draft *draft, int32_t image)
{
    float width_px = draft->options->images[image].width_px * draft->scale;
    float height_px = draft->options->images[image].height_px * draft->scale;
    struct text_box box = {.width_px = width_px > 0 && width_px < 4096 ? round_px(width_px) : 0,
        .height_px = height_px > 0 && height_px < 4096 ? round_px(height_px) : 0};
    // Its middle stands at half the height of a capital.
    box.y_px = -round_px(0.357F * (float)draft->size_px + (float)box.height_px / 2);
    return box;
}

static void grow_by_piece(struct extent *extent, const struct draft *draft, const struct piece *piece)
{
    int ascent_px, descent_px;
    if (!piece->entry) {
        struct text_box box = image_box(draft, piece->item->image);
        grow(extent, -box.y_px, box.y_px + box.height_px);
        return;
    }
    struct face *face = piece->entry->run.face;
    if (face->is_emoji)
        emoji_metrics(draft->size_px, &ascent_px, &descent_px);
    else
        face_metrics(face, draft->size_px, &ascent_px, &descent_px);
    grow(extent, ascent_px, descent_px);
    if (!draft->options->is_uniform)
        return;
    // Vowels above vowels and letters below letters reach beyond what their faces say of themselves.
    run_cache_draw(draft->engine->cache, piece->entry);
    const struct drawing *drawing = &piece->entry->drawing;
    if (drawing->mask)
        grow(extent, -drawing->y_px, drawing->y_px + drawing->mask->height_px);
}

/* Every line is at least as tall as the base face needs. */
static struct extent own_extent(const struct draft *draft, const struct draft_line *line)
{
    struct extent extent;
    struct face *base = fonts_base(draft->engine->fonts, draft->options->is_bold);
    face_metrics(base, draft->size_px, &extent.ascent_px, &extent.descent_px);
    if (draft->options->line_height > 0) {
        int height_px = round_px(draft->options->line_height * (float)draft->size_px);
        int above_px = (height_px - extent.ascent_px - extent.descent_px) / 2;
        extent.ascent_px += above_px;
        extent.descent_px = height_px - extent.ascent_px;
        return extent;
    }
    for (int32_t i = 0; i < line->piece_count; i++)
        grow_by_piece(&extent, draft, &line->pieces[i]);
    return extent;
}

static struct extent line_extent(const struct draft *draft, const struct draft_line *line)
{
    struct extent extent = own_extent(draft, line);
    for (int32_t i = 0; draft->options->is_uniform && i < draft->line_count; i++) {
        struct extent other = own_extent(draft, &draft->lines[i]);
        grow(&extent, other.ascent_px, other.descent_px);
    }
    return extent;
}

static int height_of(const struct draft *draft)
{
    int height_px = 0;
    for (int32_t i = 0; i < draft->line_count; i++) {
        struct extent extent = line_extent(draft, &draft->lines[i]);
        height_px += extent.ascent_px + extent.descent_px;
    }
    return height_px;
}

/* ---- from draft to layout */

static void place_drawing(struct text_run *run, const struct drawing *drawing, int pen_px, int baseline_px)
{
    if (drawing->mask) {
        run->mask = text_mask_ref(drawing->mask);
        run->mask_x_px = pen_px + drawing->x_px;
        run->mask_y_px = baseline_px + drawing->y_px;
    }
    if (drawing->outline) {
        run->outline = text_mask_ref(drawing->outline);
        run->outline_x_px = pen_px + drawing->outline_x_px;
        run->outline_y_px = baseline_px + drawing->outline_y_px;
    }
}

static void make_run(const struct draft *draft, const struct piece *piece, int32_t pen, int baseline_px,
    struct text_run *run)
{
    const uint32_t *byte_at = draft->clean->byte_at;
    const struct item *item = piece->item;
    *run = (struct text_run){.from = byte_at[piece->from], .to = byte_at[piece->to], .level = piece->level,
        .x_px = (float)pen / 64, .width_px = (float)piece->advance / 64,
        .image = item ? item->image : -1, .span = item ? item->span : -1};
    bool is_emoji = item && item->script == USCRIPT_SYMBOLS_EMOJI;
    strcpy(run->script, is_emoji ? "Zsye" : shape_script_name(item ? item->script : USCRIPT_COMMON));
    if (!piece->entry) {
        run->image_box = image_box(draft, item->image);
        run->image_box.x_px = round_26_6(pen);
        run->image_box.y_px += baseline_px;
        return;
    }
    run_cache_draw(draft->engine->cache, piece->entry);
    snprintf(run->face, sizeof(run->face), "%s", piece->entry->run.face->name);
    place_drawing(run, &piece->entry->drawing, round_26_6(pen), baseline_px);
}

static int32_t line_x(const struct draft *draft, const struct draft_line *line, int width_px)
{
    int32_t room = width_px * 64 - line->width;
    bool is_rtl = line->paragraph->base_level & 1;
    switch (draft->options->align) {
    case TEXT_ALIGN_CENTER: return room / 2;
    case TEXT_ALIGN_END: return is_rtl ? 0 : room;
    case TEXT_ALIGN_START: break;
    }
    return is_rtl ? room : 0;
}

/* UAX 9, L2, on whole pieces: ICU reorders levels, and the spaces at the end are gone already (L1). */
static int32_t *visual_order(const struct draft_line *line)
{
    size_t count = (size_t)line->piece_count;
    int32_t *order = xcalloc(count, sizeof(*order));
    UBiDiLevel *levels = xcalloc(count, sizeof(*levels));
    for (size_t i = 0; i < count; i++)
        levels[i] = line->pieces[i].level;
    ubidi_reorderVisual(levels, line->piece_count, order);
    free(levels);
    return order;
}

static void make_line(const struct draft *draft, const struct draft_line *from, int width_px, int top_px,
    struct text_line *line)
{
    struct extent extent = line_extent(draft, from);
    struct text_run *runs = xcalloc((size_t)from->piece_count, sizeof(*runs));
    int32_t *order = visual_order(from);
    int32_t pen = line_x(draft, from, width_px);
    *line = (struct text_line){.from = draft->clean->byte_at[from->from], .to = draft->clean->byte_at[from->to],
        .is_rtl = from->paragraph->base_level & 1, .has_ellipsis = from->has_ellipsis, .x_px = (float)pen / 64,
        .width_px = (float)from->width / 64, .top_px = top_px, .height_px = extent.ascent_px + extent.descent_px,
        .baseline_px = top_px + extent.ascent_px, .runs = runs, .run_count = (size_t)from->piece_count};
    for (int32_t i = 0; i < from->piece_count; i++) {
        const struct piece *piece = &from->pieces[order[i]];
        make_run(draft, piece, pen, line->baseline_px, &runs[i]);
        pen += piece->advance;
    }
    free(order);
}

static void add_ink(struct text_box *ink, int x_px, int y_px, int width_px, int height_px)
{
    if (width_px <= 0 || height_px <= 0)
        return;
    if (ink->width_px == 0) {
        *ink = (struct text_box){x_px, y_px, width_px, height_px};
        return;
    }
    int right_px = ink->x_px + ink->width_px, bottom_px = ink->y_px + ink->height_px;
    right_px = x_px + width_px > right_px ? x_px + width_px : right_px;
    bottom_px = y_px + height_px > bottom_px ? y_px + height_px : bottom_px;
    ink->x_px = x_px < ink->x_px ? x_px : ink->x_px;
    ink->y_px = y_px < ink->y_px ? y_px : ink->y_px;
    ink->width_px = right_px - ink->x_px;
    ink->height_px = bottom_px - ink->y_px;
}

static void add_line_ink(struct text_box *ink, const struct text_line *line)
{
    for (size_t i = 0; i < line->run_count; i++) {
        const struct text_run *run = &line->runs[i];
        if (run->mask)
            add_ink(ink, run->mask_x_px, run->mask_y_px, run->mask->width_px, run->mask->height_px);
        if (run->outline)
            add_ink(ink, run->outline_x_px, run->outline_y_px, run->outline->width_px, run->outline->height_px);
        add_ink(ink, run->image_box.x_px, run->image_box.y_px, run->image_box.width_px, run->image_box.height_px);
    }
}

static void make_lines(const struct draft *draft, struct text_layout *layout)
{
    struct text_line *lines = xcalloc((size_t)draft->line_count, sizeof(*lines));
    int32_t widest = 0;
    for (int32_t i = 0; i < draft->line_count; i++)
        widest = draft->lines[i].width > widest ? draft->lines[i].width : widest;
    layout->content_width_px = (float)widest / 64;
    layout->width_px = draft->options->width_px > 0 ? draft->options->width_px : (widest + 63) >> 6;
    for (int32_t i = 0; i < draft->line_count; i++) {
        make_line(draft, &draft->lines[i], layout->width_px, layout->height_px, &lines[i]);
        layout->height_px += lines[i].height_px;
        add_line_ink(&layout->ink, &lines[i]);
    }
    layout->lines = lines;
    layout->line_count = (size_t)draft->line_count;
    layout->size_px = (float)draft->size_px;
    layout->is_cut = draft->is_cut;
}

static void list_missing(const struct draft *draft, struct text_layout *layout)
{
    struct missing missing = {0};
    for (int32_t i = 0; i < draft->paragraph_count; i++)
        missing_add_paragraph(&missing, draft->engine, draft->clean, &draft->paragraphs[i]);
    for (int32_t i = 0; i < draft->line_count; i++) {
        for (int32_t k = 0; k < draft->lines[i].piece_count; k++)
            missing_add_piece(&missing, draft->engine, draft->clean, &draft->lines[i].pieces[k]);
    }
    layout->missing = missing.list;
    layout->missing_count = missing.count;
}

/* ---- choosing the size */

static struct draft draft_at(struct text_engine *engine, const struct text_options *options,
    const struct source *source, int size_px, int lines_max)
{
    struct draft draft = {.engine = engine, .options = options, .clean = &source->clean,
        .paragraphs = source->paragraphs, .paragraph_count = source->paragraph_count, .size_px = size_px,
        .scale = (float)size_px / (float)asked_size(options), .lines_max = lines_max};
    draft_fill(&draft);
    return draft;
}

static bool fits(const struct draft *draft)
{
    int max_px = draft->options->max_height_px;
    return !draft->is_cut && (max_px <= 0 || height_of(draft) <= max_px);
}

/* How many of the draft's lines fit into the height; at least one. */
static int lines_that_fit(const struct draft *draft)
{
    int height_px = 0;
    for (int32_t i = 0; i < draft->line_count; i++) {
        struct extent extent = line_extent(draft, &draft->lines[i]);
        height_px += extent.ascent_px + extent.descent_px;
        if (height_px > draft->options->max_height_px)
            return i > 1 ? i : 1;
    }
    return draft->line_count > 1 ? draft->line_count : 1;
}

static bool fits_at(struct text_engine *engine, const struct text_options *options, const struct source *source,
    int size_px, int lines_max)
{
    struct draft draft = draft_at(engine, options, source, size_px, lines_max);
    bool is_fitting = fits(&draft);
    draft_fini(&draft);
    return is_fitting;
}

/* The largest size below too_large_px at which all fits; low_px if none does. */
static int find_size(struct text_engine *engine, const struct text_options *options, const struct source *source,
    int low_px, int too_large_px, int lines_max)
{
    while (low_px + 1 < too_large_px) {
        int middle_px = (low_px + too_large_px) / 2;
        if (fits_at(engine, options, source, middle_px, lines_max))
            low_px = middle_px;
        else
            too_large_px = middle_px;
    }
    return low_px;
}

/* Narrower, as long as no more lines are needed; options->width_px becomes what they do need. */
static void even_out(struct draft *draft, struct text_options *options, const struct source *source)
{
    int width_px = options->width_px, even_px = draft->is_cut ? 0 : draft_even_width(draft);
    if (even_px == 0 || even_px >= width_px)
        return;
    options->width_px = even_px;
    struct draft even = draft_at(draft->engine, options, source, draft->size_px, draft->lines_max);
    bool is_good = even.line_count == draft->line_count && !even.is_cut;
    draft_fini(is_good ? draft : &even);
    if (is_good)
        *draft = even;
    else
        options->width_px = width_px;  // shaped as a line, something came out wider than measured
}

static struct draft choose_draft(struct text_engine *engine, struct text_options *options, const struct source *source)
{
    int size_px = asked_size(options);
    int low_px = options->min_size_px > 0 ? clamp(round_px(options->min_size_px), 1, size_px) : size_px;
    int lines_max = options->max_lines > 0 ? clamp(options->max_lines, 1, TEXT_LINES_MAX) : TEXT_LINES_MAX;
    struct draft draft = draft_at(engine, options, source, size_px, lines_max);
    if (low_px < size_px && !source->clean.is_cut && !fits(&draft)) {
        draft_fini(&draft);
        size_px = find_size(engine, options, source, low_px, size_px, lines_max);
        draft = draft_at(engine, options, source, size_px, lines_max);
    }
    if (options->max_height_px > 0 && !fits(&draft)) {
        int lines = lines_that_fit(&draft);
        draft_fini(&draft);
        draft = draft_at(engine, options, source, size_px, lines < lines_max ? lines : lines_max);
    }
    if (options->is_even)
        even_out(&draft, options, source);
    return draft;
}

struct text_layout *text_layout_create(struct text_engine *engine, const struct text_options *options)
{
    struct text_layout *layout = xcalloc(1, sizeof(*layout));
    struct text_options bounded = *options;
    bounded.outline_px = clamp(options->outline_px, 0, TEXT_OUTLINE_PX_MAX);
    struct source source;
    source_init(&source, engine, &bounded);
    struct draft draft = choose_draft(engine, &bounded, &source);
    make_lines(&draft, layout);
    list_missing(&draft, layout);
    layout->text = source.clean.text;
    layout->text_len = source.clean.byte_at[source.clean.count];
    source.clean.text = NULL;
    draft_fini(&draft);
    source_fini(&source);
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
    free((void *)layout->missing);
    free((void *)layout->text);
    free(layout);
}
