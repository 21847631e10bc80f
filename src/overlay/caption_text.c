#include "overlay/caption_text.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "overlay/node.h"
#include "painter/painter.h"

/*
 * What most scripts need above and below the baseline, hundredths of the em (measured: of 51 languages only Nastaliq,
 * Tibetan, Burmese, Lao and Pashto need more), and the steps of what others need.
 */
enum { UP = 102, DOWN = 42, STEP = 10 };

struct words {
    struct buffer text;
    struct text_span spans[CAPTION_SPEAKERS_MAX];
    int span_count;
    size_t line_count;
};

/* ---- what is said */

static struct str text_at(const json_t *list, size_t index)
{
    const json_t *text = json_array_get(list, index);
    return (struct str){json_is_string(text) ? json_string_value(text) : "", json_string_length(text)};
}

/* "Anna: ", isolated and bold, where another begins to speak. */
static void add_speaker(struct words *words, struct str name)
{
    if (words->span_count == CAPTION_SPEAKERS_MAX)
        return;
    uint32_t from = (uint32_t)words->text.len;
    buffer_add(&words->text, name.data, name.len);
    words->spans[words->span_count++] = (struct text_span){from, (uint32_t)words->text.len, true, true};
    buffer_add_string(&words->text, ": ");
}

static bool is_han(UChar32 c)
{
    UErrorCode status = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(c, &status);
    int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
    return (width == U_EA_WIDE || width == U_EA_FULLWIDTH) && script != USCRIPT_HANGUL;
}

/* Chinese and Japanese set no space between lines that become one. */
static bool wants_space(const struct buffer *before, struct str after)
{
    UChar32 last = 0, first = 0;
    int32_t at = (int32_t)before->len, next = 0;
    if (at > 0)
        U8_PREV((const uint8_t *)before->data, 0, at, last);
    if (after.len > 0)
        U8_NEXT((const uint8_t *)after.data, next, (int32_t)after.len, first);
    return !(is_han(last) && is_han(first));
}

static void add_border(struct words *words, bool is_joined, struct str next)
{
    if (words->line_count > 0 && !is_joined)
        buffer_add_char(&words->text, '\n');
    else if (words->line_count > 0 && wants_space(&words->text, next))
        buffer_add_char(&words->text, ' ');
}

/* is_joined: as one paragraph, to be broken anew. */
static void collect(struct words *words, const json_t *track, bool is_joined)
{
    const json_t *lines = json_object_get(track, "lines"), *speakers = json_object_get(track, "speakers");
    struct str speaking = {"", 0};
    buffer_clear(&words->text);
    words->span_count = 0;
    words->line_count = 0;
    for (size_t i = 0; i < json_array_size(lines); i++) {
        struct str line = text_at(lines, i), name = text_at(speakers, i);
        add_border(words, is_joined && str_equal(name, speaking), line);
        if (name.len > 0 && !str_equal(name, speaking))
            add_speaker(words, name);
        speaking = name;
        buffer_add(&words->text, line.data, line.len);
        words->line_count++;
    }
}

void caption_text_read(const json_t *track, struct buffer *words)
{
    struct words all = {0};
    collect(&all, track, false);
    buffer_add(words, all.text.data ? all.text.data : "", all.text.len);
    buffer_fini(&all.text);
}

/* ---- rows */

static int hundredths(int em_px, int value)
{
    return (em_px * value + 50) / 100;
}

/* In steps, so that a letter a little taller than those before moves nothing. */
static int need(int em_px, int least, int px)
{
    int value = least;
    while (hundredths(em_px, value) < px)
        value += STEP;
    return hundredths(em_px, value);
}

static void measure_rows(struct caption_text *text, const struct text_layout *layout)
{
    int em_px = (int)layout->size_px, up_px = 0, down_px = 0;
    for (size_t i = 0; i < layout->line_count; i++) {
        const struct text_line *line = &layout->lines[i];
        for (size_t k = 0; k < line->run_count; k++) {
            const struct text_run *run = &line->runs[k];
            int above_px = line->baseline_px - run->mask_y_px;
            int below_px = run->mask ? run->mask->height_px - above_px : 0;
            up_px = run->mask && above_px > up_px ? above_px : up_px;
            down_px = below_px > down_px ? below_px : down_px;
        }
    }
    up_px = need(em_px, UP, up_px);
    down_px = need(em_px, DOWN, down_px);
    text->up_px = up_px > text->up_px ? up_px : text->up_px;
    text->down_px = down_px > text->down_px ? down_px : text->down_px;
}

static struct text_options options_of(const struct node *node, const json_t *track, const struct words *words, int width_px)
{
    const struct theme_card *look = node_look(node);
    const char *language = json_get_text(track, "language");
    bool is_live = json_get_bool(track, "live", false);
    return (struct text_options){.text = {words->text.data, words->text.len}, .spans = words->spans,
        .span_count = (size_t)words->span_count, .size_px = (float)look->text_px, .width_px = width_px,
        .faces = &node->stage->theme->faces[THEME_CAPTION],
        .outline_px = look->outline_px, .align = is_live ? TEXT_ALIGN_START : TEXT_ALIGN_CENTER,
        .language = language && *language ? language : NULL, .line_height = (float)look->leading / 100};
}

/* Whole as its author broke it; else in lines of even length. */
static struct text_layout *lay_out_timed(struct node *node, const json_t *track, struct words *words, int width_px,
    int rows)
{
    collect(words, track, false);
    struct text_options options = options_of(node, track, words, width_px);
    struct text_layout *layout = node_layout(node, &options);
    if (layout->line_count <= words->line_count && layout->line_count <= (size_t)rows)
        return layout;
    text_layout_destroy(layout);
    collect(words, track, true);
    options = options_of(node, track, words, width_px);
    options.max_lines = rows;
    options.min_size_px = (float)node_look(node)->text_min_px;
    return node_layout_even(node, &options);
}

/* The same lines once more, at the distance that their letters need. */
static struct text_layout *space_out(struct caption_text *text, struct node *node, const json_t *track,
    const struct words *words, struct text_layout *layout)
{
    const struct theme_card *look = node_look(node);
    int em_px = (int)layout->size_px, leading_px = hundredths(em_px, look->leading);
    measure_rows(text, layout);
    int needed_px = text->up_px + text->down_px;
    text->pitch_px = needed_px > leading_px ? needed_px : leading_px;
    struct text_options options = options_of(node, track, words, layout->width_px);
    options.max_lines = layout->is_cut ? (int)layout->line_count : 0;
    options.size_px = layout->size_px;
    options.line_height = (float)text->pitch_px / layout->size_px;
    text_layout_destroy(layout);
    return node_layout(node, &options);
}

void caption_text_lay_out(struct caption_text *text, struct node *node, const json_t *track, int width_px, int rows)
{
    struct words words = {0};
    struct text_layout *layout;
    text->is_live = json_get_bool(track, "live", false);
    if (text->is_live) {
        collect(&words, track, false);
        const struct text_options options = options_of(node, track, &words, width_px);
        layout = node_layout(node, &options);
    } else {
        layout = lay_out_timed(node, track, &words, width_px, rows);
        node_note_fit(node, layout, node_look(node)->text_px);
    }
    text_layout_destroy(text->layout);
    text->layout = space_out(text, node, track, &words, layout);
    text->speaker_count = words.span_count;
    if (text->layout->line_count > 0) {
        const struct text_line *line = &text->layout->lines[0];
        text->shift_px = (text->pitch_px + text->up_px - text->down_px) / 2 - (line->baseline_px - line->top_px);
    }
    buffer_fini(&words.text);
}

void caption_text_fini(struct caption_text *text)
{
    text_layout_destroy(text->layout);
    *text = (struct caption_text){0};
}

/* ---- pixels */

void caption_text_paint(const struct caption_text *text, const struct node *node, struct canvas *layer, size_t first,
    size_t count, int x, int y)
{
    const struct theme_colors *colors = &node_look(node)->colors;
    int outline_px = node_look(node)->outline_px;
    if (first + count > text->layout->line_count)
        return;
    struct text_layout rows = *text->layout;  // borrows all; of its lines only these
    rows.lines += first;
    rows.line_count = count;
    y += text->shift_px - (count > 0 ? rows.lines[0].top_px : 0);
    if (outline_px > 0) {
        canvas_text_shadow(layer, &rows, x, y, &(struct shadow){.color = node->stage->theme->usual.surface.shadow.color, .blur_px = 4 * outline_px,
            .dy = outline_px});
        canvas_text_outline(layer, &rows, x, y, colors->outline);
    }
    canvas_text_span(layer, &rows, x, y, -1, colors->text);
    for (int i = 0; i < text->speaker_count; i++)
        canvas_text_span(layer, &rows, x, y, i, colors->accent);
}

/* ---- rolling */

static struct str row_text(const struct caption_text *text, size_t row)
{
    const struct text_line *line = &text->layout->lines[row];
    return (struct str){text->layout->text + line->from, line->to - line->from};
}

/* The last row grows, and may lose a word to the next. */
static bool is_continued(struct str before, struct str now)
{
    size_t len = before.len < now.len ? before.len : now.len;
    return len > 0 && memcmp(before.data, now.data, len) == 0;
}

static bool is_moved_by(const struct caption_text *text, const struct caption_text *next, size_t gone)
{
    size_t count = text->layout->line_count;
    if (count - gone > next->layout->line_count)
        return false;
    for (size_t row = gone; row < count; row++) {
        struct str before = row_text(text, row), now = row_text(next, row - gone);
        if (row + 1 < count ? !str_equal(before, now) : !is_continued(before, now))
            return false;
    }
    return true;
}

int caption_text_rolled(const struct caption_text *text, const struct caption_text *next, size_t *gone)
{
    *gone = 0;
    if (!text->layout || !text->is_live || !next->is_live || text->pitch_px != next->pitch_px ||
        text->layout->size_px != next->layout->size_px)
        return 0;
    size_t before = text->layout->line_count, now = next->layout->line_count;
    while (*gone < before && !is_moved_by(text, next, *gone))
        ++*gone;
    int rolled = (int)now + (int)*gone - (int)before;
    return rolled > 0 ? rolled : 0;
}
