#include "text/line.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf16.h>

#include "base/memory.h"

static const char joiner[] = "\u200d";

enum { JOINER_BYTES = sizeof(joiner) - 1, SLACK = 32 };  // half a px

static bool is_skipped_at_end(UChar unit)
{
    return u_isWhitespace(unit) || unit == 0x2068 || unit == 0x2069;
}

/* ---- joining: a cut inside a word of a joined script gets U+200D on both sides, or the halves lose their shape */

static int joining_type(const struct clean_text *clean, int32_t at)
{
    UChar32 c;
    U16_GET(clean->units, 0, at, clean->count, c);
    return u_getIntPropertyValue(c, UCHAR_JOINING_TYPE);
}

static bool joins_across(const struct clean_text *clean, const struct paragraph *paragraph, int32_t at)
{
    int32_t before = at - 1;
    if (at <= paragraph->from || at >= paragraph->to || clean->units[at] < 0x600)
        return false;
    while (before > paragraph->from && joining_type(clean, before) == U_JT_TRANSPARENT)
        before--;
    int left = joining_type(clean, before), right = joining_type(clean, at);
    return (left == U_JT_DUAL_JOINING || left == U_JT_LEFT_JOINING) &&
        (right == U_JT_DUAL_JOINING || right == U_JT_RIGHT_JOINING);
}

/* ---- shaping */

/* The entry of an item's part; *shift: bytes put in front of its text. */
static struct run_entry *shape_part(const struct draft *draft, const struct paragraph *paragraph,
    const struct item *item, int32_t from, int32_t to, uint32_t *shift)
{
    const struct clean_text *clean = draft->clean;
    size_t first = clean->byte_at[from], len = clean->byte_at[to] - first;
    char *out = draft->scratch;
    *shift = joins_across(clean, paragraph, from) ? JOINER_BYTES : 0;
    memcpy(out, joiner, *shift);
    memcpy(out + *shift, clean->text + first, len);
    len += *shift;
    if (joins_across(clean, paragraph, to)) {
        memcpy(out + len, joiner, JOINER_BYTES);
        len += JOINER_BYTES;
    }
    out[len] = '\0';
    const struct shape_run run = {item->face, draft->size_px, item->script, item->level & 1, out, len};
    return run_cache_get(draft->engine->cache, &run, draft->options->outline_px);
}

struct run_entry *draft_ellipsis(const struct draft *draft, bool is_rtl)
{
    struct face *base = fonts_base(draft->engine->fonts, draft->options->is_bold);
    const struct shape_run run = {base, draft->size_px, USCRIPT_COMMON, is_rtl, "\u2026", 3};
    return run_cache_get(draft->engine->cache, &run, draft->options->outline_px);
}

static int32_t image_advance(const struct draft *draft, const struct item *item)
{
    float width_px = draft->options->images[item->image].width_px * draft->scale;
    return width_px > 0 && width_px < 4096 ? (int32_t)(width_px * 64) : 0;
}

static void spread(const struct draft *draft, const struct item *item, const struct shape *shape, uint32_t shift)
{
    const struct clean_text *clean = draft->clean;
    int32_t unit = item->from;
    for (uint32_t i = 0; i < shape->count; i++) {
        uint32_t byte = shape->clusters[i].byte > shift ? shape->clusters[i].byte - shift : 0;
        while (unit + 1 < item->to && clean->byte_at[unit + 1] <= clean->byte_at[item->from] + byte)
            unit++;
        draft->advances[unit] += shape->clusters[i].advance;
    }
}

static void measure_item(const struct draft *draft, const struct paragraph *paragraph, const struct item *item)
{
    if (item->image >= 0) {
        draft->advances[item->from] = image_advance(draft, item);
        return;
    }
    uint32_t shift;
    struct run_entry *entry = shape_part(draft, paragraph, item, item->from, item->to, &shift);
    spread(draft, item, &entry->shape, shift);
    run_cache_release(draft->engine->cache, entry);
}

/* What can never be shown is not measured: a hostile text costs no more than the lines it may fill. */
static int32_t lines_width(const struct draft *draft)
{
    int64_t width = ((int64_t)draft->lines_max - draft->line_count + 1) * draft->limit;
    return width < INT32_MAX ? (int32_t)width : INT32_MAX;
}

static void measure(struct draft *draft, const struct paragraph *paragraph)
{
    int64_t sum = 0, enough = lines_width(draft);
    draft->measured_to = paragraph->to;
    for (int32_t i = 0; i < paragraph->item_count; i++) {
        const struct item *item = &paragraph->items[i];
        if (sum > enough) {
            draft->measured_to = item->from;
            return;
        }
        measure_item(draft, paragraph, item);
        for (int32_t unit = item->from; unit < item->to; unit++)
            sum += u_isWhitespace(draft->clean->units[unit]) ? 0 : draft->advances[unit];
    }
}

/* ---- composing */

static void release_line(const struct draft *draft, struct draft_line *line)
{
    for (int32_t i = 0; i < line->piece_count; i++)
        run_cache_release(draft->engine->cache, line->pieces[i].entry);
    free(line->pieces);
    line->pieces = NULL;
    line->piece_count = 0;
    line->width = 0;
}

static void add_piece(struct draft_line *line, const struct piece *piece)
{
    line->pieces = xreallocarray(line->pieces, (size_t)line->piece_count + 1, sizeof(*line->pieces));
    line->pieces[line->piece_count++] = *piece;
    line->width += piece->advance;
}

/* The first item that reaches beyond `unit`. */
static int32_t item_at(const struct paragraph *paragraph, int32_t unit)
{
    int32_t low = 0, high = paragraph->item_count;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (paragraph->items[middle].to <= unit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Shapes line->from … line->to, without the spaces at its end. */
static void compose(const struct draft *draft, struct draft_line *line)
{
    const struct paragraph *paragraph = line->paragraph;
    int32_t to = line->to;
    while (to > line->from && is_skipped_at_end(draft->clean->units[to - 1]))
        to--;
    for (int32_t i = item_at(paragraph, line->from); i < paragraph->item_count && paragraph->items[i].from < to; i++) {
        const struct item *item = &paragraph->items[i];
        struct piece piece = {.from = item->from > line->from ? item->from : line->from,
            .to = item->to < to ? item->to : to, .item = item, .level = item->level};
        uint32_t shift;
        if (item->image < 0)
            piece.entry = shape_part(draft, paragraph, item, piece.from, piece.to, &shift);
        piece.advance = piece.entry ? piece.entry->shape.advance : image_advance(draft, item);
        add_piece(line, &piece);
    }
    if (!line->has_ellipsis)
        return;
    struct piece ellipsis = {.from = line->to, .to = line->to, .level = paragraph->base_level};
    ellipsis.entry = draft_ellipsis(draft, paragraph->base_level & 1);
    ellipsis.advance = ellipsis.entry->shape.advance;
    add_piece(line, &ellipsis);
}

/* Where a line may end, the best first: between words, inside an address, between clusters. */
static const uint8_t endings[] = {BREAK_LINE, BREAK_ADDRESS, BREAK_CLUSTER};

/* The last place with `flag` before `at` and behind `from`; -1: none. */
static int32_t place_before(const struct paragraph *paragraph, int32_t from, int32_t at, uint8_t flag)
{
    for (int32_t unit = at - 1; unit > from; unit--) {
        if (paragraph->flags[unit] & flag)
            return unit;
    }
    return -1;
}

/* Where else the line may end: a word earlier if that is allowed, or a cluster. */
static int32_t shorter(const struct draft_line *line)
{
    if (line->has_ellipsis)
        return place_before(line->paragraph, line->from, line->to, BREAK_CLUSTER);
    int32_t to = -1;
    for (size_t i = 0; i < ARRAY_LENGTH(endings) && to < 0; i++)
        to = place_before(line->paragraph, line->from, line->to, endings[i]);
    return to;
}

static void compose_to_fit(const struct draft *draft, struct draft_line *line)
{
    compose(draft, line);
    while (draft->limit < INT32_MAX && line->width > draft->limit + SLACK) {
        int32_t to = shorter(line);
        if (to < 0)
            return;  // a single cluster is wider than the line
        release_line(draft, line);
        line->to = to;
        compose(draft, line);
    }
}

/* ---- breaking */

/* How far clusters fit into `limit` from `from`; the spaces at the end hang. */
static int32_t overflow_at(const struct draft *draft, int32_t from, int32_t limit)
{
    int64_t sum = 0;
    for (int32_t unit = from; unit < draft->measured_to; unit++) {
        sum += draft->advances[unit];
        if (sum > limit && !is_skipped_at_end(draft->clean->units[unit]))
            return unit;
    }
    return draft->measured_to;
}

/* The last place with flag in (from, at]. */
static int32_t last_place(const struct paragraph *paragraph, int32_t from, int32_t at, uint8_t flag)
{
    return at < paragraph->to && (paragraph->flags[at] & flag) && at > from ? at
        : place_before(paragraph, from, at, flag);
}

static int32_t next_cluster(const struct draft *draft, const struct paragraph *paragraph, int32_t from)
{
    int32_t unit = from + 1;
    while (unit < draft->measured_to && !(paragraph->flags[unit] & BREAK_CLUSTER))
        unit++;
    return unit;
}

static int32_t line_end(const struct draft *draft, const struct paragraph *paragraph, int32_t from)
{
    int32_t at = overflow_at(draft, from, draft->limit);
    if (at == draft->measured_to)
        return at;
    int32_t end = -1;
    for (size_t i = 0; i < ARRAY_LENGTH(endings) && end < 0; i++)
        end = last_place(paragraph, from, at, endings[i]);
    return end >= 0 ? end : next_cluster(draft, paragraph, from);
}

static int64_t width_between(const struct draft *draft, int32_t from, int32_t to)
{
    int64_t sum = 0;
    for (int32_t unit = from; unit < to; unit++)
        sum += draft->advances[unit];
    return sum;
}

/* Where the text stops before "…": at a word if that leaves at most a quarter of the line empty, else at a cluster. */
static int32_t ellipsis_end(const struct draft *draft, const struct paragraph *paragraph, int32_t from)
{
    if (draft->limit == INT32_MAX)
        return draft->measured_to;
    struct run_entry *ellipsis = draft_ellipsis(draft, paragraph->base_level & 1);
    int32_t limit = draft->limit - ellipsis->shape.advance;
    run_cache_release(draft->engine->cache, ellipsis);
    int32_t at = overflow_at(draft, from, limit);
    if (at == draft->measured_to)
        return at;
    int32_t word = last_place(paragraph, from, at, BREAK_LINE);
    if (word >= 0 && width_between(draft, from, word) >= (int64_t)limit * 3 / 4)
        return word;
    int32_t cluster = last_place(paragraph, from, at, BREAK_CLUSTER);
    return cluster >= 0 ? cluster : from;
}

static struct draft_line *add_line(struct draft *draft, const struct paragraph *paragraph, int32_t from, int32_t to)
{
    if (draft->line_count == draft->capacity) {
        draft->capacity = draft->capacity ? draft->capacity * 2 : 4;
        draft->lines = xreallocarray(draft->lines, (size_t)draft->capacity, sizeof(*draft->lines));
    }
    struct draft_line *line = &draft->lines[draft->line_count++];
    *line = (struct draft_line){.paragraph = paragraph, .from = from, .to = to};
    return line;
}

static bool is_more_behind(const struct draft *draft, const struct paragraph *paragraph, int32_t end)
{
    for (int32_t unit = end; unit < paragraph->to; unit++) {
        if (!is_skipped_at_end(draft->clean->units[unit]))
            return true;
    }
    return paragraph + 1 < draft->paragraphs + draft->paragraph_count || draft->clean->is_cut;
}

/* Adds the line that begins at `from` and returns where the next one begins. */
static int32_t fill_line(struct draft *draft, const struct paragraph *paragraph, int32_t from)
{
    int32_t end = line_end(draft, paragraph, from);
    bool is_last = draft->line_count + 1 == draft->lines_max;
    struct draft_line *line = add_line(draft, paragraph, from, end);
    draft->is_cut |= is_last && is_more_behind(draft, paragraph, end);
    line->has_ellipsis = draft->is_cut && !draft->options->is_clipped;
    if (line->has_ellipsis)
        line->to = ellipsis_end(draft, paragraph, from);
    compose_to_fit(draft, line);
    if (is_last && !draft->is_cut && line->to < end) {
        // Shaped, the last line came out wider than measured and lost a word.
        draft->is_cut = true;
        release_line(draft, line);
        line->has_ellipsis = !draft->options->is_clipped;
        line->to = line->has_ellipsis ? ellipsis_end(draft, paragraph, from) : line->to;
        compose_to_fit(draft, line);
    }
    return line->to;
}

static void fill_paragraph(struct draft *draft, const struct paragraph *paragraph)
{
    measure(draft, paragraph);
    int32_t from = paragraph->from;
    do
        from = fill_line(draft, paragraph, from);
    while (from < draft->measured_to && draft->line_count < draft->lines_max);
}

void draft_fill(struct draft *draft)
{
    int width_px = draft->options->width_px;
    draft->limit = width_px > 0 && width_px < INT32_MAX / 64 ? width_px * 64 : INT32_MAX;
    draft->advances = xcalloc((size_t)draft->clean->count + 1, sizeof(*draft->advances));
    draft->scratch = xmalloc(strlen(draft->clean->text) + 2 * JOINER_BYTES + 1);
    for (int32_t i = 0; i < draft->paragraph_count && draft->line_count < draft->lines_max; i++)
        fill_paragraph(draft, &draft->paragraphs[i]);
    draft->is_cut |= draft->clean->is_cut;
}

/* Lines at another limit, of what is measured already; 0: a word would be parted. */
static int32_t count_lines(struct draft *draft, int32_t limit)
{
    int32_t count = 0;
    draft->limit = limit;
    for (int32_t i = 0; i < draft->paragraph_count; i++) {
        const struct paragraph *paragraph = &draft->paragraphs[i];
        draft->measured_to = paragraph->to;
        int32_t from = paragraph->from;
        do {
            int32_t end = line_end(draft, paragraph, from);
            if (end < paragraph->to && !(paragraph->flags[end] & BREAK_LINE))
                return 0;
            from = end;
            count++;
        } while (from < paragraph->to);
    }
    return count;
}

int draft_even_width(struct draft *draft)
{
    int32_t count = draft->line_count, usual = draft->limit;
    if (count < 2 || usual == INT32_MAX)
        return 0;
    int low_px = 0, high_px = usual / 64;
    while (low_px + 1 < high_px) {
        int middle_px = (low_px + high_px) / 2;
        *(count_lines(draft, middle_px * 64) == count ? &high_px : &low_px) = middle_px;
    }
    draft->limit = usual;
    return high_px;
}

void draft_fini(struct draft *draft)
{
    for (int32_t i = 0; i < draft->line_count; i++)
        release_line(draft, &draft->lines[i]);
    free(draft->lines);
    free(draft->advances);
    free(draft->scratch);
    draft->lines = NULL;
    draft->line_count = 0;
}
