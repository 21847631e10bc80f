#include "overlay/rich_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "overlay/node.h"
#include "overlay/picture_place.h"

enum { WIDTHS_MAX = 4 };  // an emote is at most so many times as wide as high

/* Beside letters of 1 em; capitals are 0.71 high, emoji 1.17. */
static const float height_em = 1.3f;

struct emote {
    uint32_t from, to;            // in the options' text
    const char *name, *url;       // borrowed from the message
    bool is_picture;              // there is room for it; else its name is written
    int width_px, height_px;      // of the room
    uint32_t shown_from, shown_to;  // in the text as it is shown
};

struct rich_text {
    struct text_layout *layout;     // owned
    struct picture_place **places;  // owned, both; those with room first, by the index of the layout's images
    size_t count;
    int32_t lead;                   // index of the layout's image that is the lead; -1: it has none
};

/* ---- which ranges can be */

static bool is_border(const struct str *text, uint32_t at)
{
    return at == text->len || (at < text->len && ((unsigned char)text->data[at] & 0xc0) != 0x80);
}

static bool read_emote(const json_t *json, const struct rich_text_options *options, struct emote *emote)
{
    const struct str *text = &options->text.text;
    int64_t from = json_get_int(json, "from", -1), to = json_get_int(json, "to", -1), room = (int64_t)text->len;
    if (from < 0 || to <= from || to > room || from + options->emotes_at >= room || to + options->emotes_at > room)
        return false;
    *emote = (struct emote){.from = (uint32_t)from + options->emotes_at, .to = (uint32_t)to + options->emotes_at,
        .name = json_get_text(json, "name"), .url = json_get_text(json, "url")};
    return is_border(text, emote->from) && is_border(text, emote->to);
}

static int compare(const void *a, const void *b)
{
    const struct emote *first = a, *second = b;
    return first->from < second->from ? -1 : first->from > second->from;
}

static size_t read_emotes(const struct rich_text_options *options, struct emote list[RICH_TEXT_EMOTES_MAX])
{
    size_t i, count = 0, kept = 0;
    json_t *json;
    json_array_foreach((json_t *)(uintptr_t)options->emotes, i, json) {
        if (count < RICH_TEXT_EMOTES_MAX && read_emote(json, options, &list[count]))
            count++;
    }
    qsort(list, count, sizeof(*list), compare);
    for (i = 0; i < count; i++) {
        if (kept == 0 || list[i].from >= list[kept - 1].to)
            list[kept++] = list[i];
    }
    return kept;
}

/* ---- pictures, and names in place of those that cannot be had */

static struct picture_place *find_picture(struct node *node, struct emote *emote, int height_px)
{
    int height;
    emote->width_px = emote->height_px = height_px;
    struct picture_place *place = picture_place_create(node, &(struct picture_want){.url = emote->url,
        .width_px = WIDTHS_MAX * height_px, .height_px = height_px});
    emote->is_picture = picture_place_state(place) != PICTURE_ABSENT;
    picture_place_size(place, &emote->width_px, &height);
    picture_place_hold(place, emote->is_picture ? emote->width_px : PICTURE_PLACE_NONE);
    return place;
}

/* Those without room keep their place in the node all the same: if one comes after all, the card hears of it. */
static void find_pictures(struct rich_text *rich, struct node *node, struct emote *emotes, size_t count, int height_px)
{
    struct picture_place *without[RICH_TEXT_EMOTES_MAX];
    size_t without_count = 0;
    rich->places = xcalloc(count + 1, sizeof(struct picture_place *));
    for (size_t i = 0; i < count; i++) {
        if (!emotes[i].url || !*emotes[i].url)
            continue;
        struct picture_place *place = find_picture(node, &emotes[i], height_px);
        if (emotes[i].is_picture)
            rich->places[rich->count++] = place;
        else
            without[without_count++] = place;
    }
    for (size_t i = 0; i < without_count; i++)
        rich->places[rich->count++] = without[i];
}

static int emote_height(const struct text_options *options)
{
    float height = options->size_px * height_em;
    float line = options->size_px * options->line_height;
    return (int)(line > 0 && height > line ? line : height);
}

/* TikTok's text has U+FFFC for each emote: that says nothing. A name in the text stays as it was written. */
static bool is_nameless(const struct rich_text_options *options, const struct emote *emote)
{
    const struct str *text = &options->text.text;
    return emote->to - emote->from == 3 && memcmp(text->data + emote->from, "\xef\xbf\xbc", 3) == 0;
}

static void write_text(struct buffer *shown, const struct rich_text_options *options, struct emote *emotes,
    size_t count)
{
    const struct str *text = &options->text.text;
    uint32_t at = 0;
    for (size_t i = 0; i < count; i++) {
        struct emote *emote = &emotes[i];
        buffer_add(shown, text->data + at, emote->from - at);
        emote->shown_from = (uint32_t)shown->len;
        if (emote->is_picture || !is_nameless(options, emote))
            buffer_add(shown, text->data + emote->from, emote->to - emote->from);
        else
            buffer_add_string(shown, emote->name ? emote->name : "");
        emote->shown_to = (uint32_t)shown->len;
        at = emote->to;
    }
    buffer_add(shown, text->data + at, text->len - at);
}

/* Where an offset into the options' text went; one inside an emote goes to its end. */
static uint32_t shown_at(const struct emote *emotes, size_t count, uint32_t at)
{
    uint32_t was = 0, is = 0;
    for (size_t i = 0; i < count && emotes[i].from < at; i++) {
        was = emotes[i].to;
        is = emotes[i].shown_to;
    }
    return at > was ? is + (at - was) : is;
}

/* The options' spans where their text went, and behind them one for each name that is written: "Kappa" turns no line. */
static struct text_span *move_spans(const struct text_options *options, const struct emote *emotes, size_t count,
    size_t *span_count)
{
    struct text_span *spans = xcalloc(options->span_count + count + 1, sizeof(*spans));
    for (size_t i = 0; i < options->span_count; i++) {
        spans[i] = options->spans[i];
        spans[i].from = shown_at(emotes, count, spans[i].from);
        spans[i].to = shown_at(emotes, count, spans[i].to);
    }
    *span_count = options->span_count;
    for (size_t i = 0; i < count; i++) {
        if (!emotes[i].is_picture && emotes[i].shown_to > emotes[i].shown_from)
            spans[(*span_count)++] = (struct text_span){.from = emotes[i].shown_from, .to = emotes[i].shown_to,
                .is_isolated = true};
    }
    return spans;
}

static struct text_layout *lay_out(struct rich_text *rich, struct node *node, const struct rich_text_options *options,
    struct emote *emotes, size_t count)
{
    struct buffer shown = {0};
    struct text_image images[RICH_TEXT_EMOTES_MAX + 1];
    struct text_options text = options->text;
    write_text(&shown, options, emotes, count);
    struct text_span *spans = move_spans(&options->text, emotes, count, &text.span_count);
    text.text = (struct str){shown.data ? shown.data : "", shown.len};
    text.spans = spans;
    text.images = images;
    text.image_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (emotes[i].is_picture)
            images[text.image_count++] = (struct text_image){emotes[i].shown_from, emotes[i].shown_to,
                (float)emotes[i].width_px, (float)emotes[i].height_px};
    }
    rich->lead = options->lead_px > 0 ? (int32_t)text.image_count : -1;
    if (options->lead_px > 0)
        images[text.image_count++] = (struct text_image){0, 3, (float)options->lead_px, text.size_px};
    struct text_layout *layout = options->is_even ? node_layout_even(node, &text) : node_layout(node, &text);
    free(spans);
    buffer_fini(&shown);
    return layout;
}

struct rich_text *rich_text_create(struct node *node, const struct rich_text_options *options)
{
    struct rich_text *rich = xcalloc(1, sizeof(*rich));
    struct emote emotes[RICH_TEXT_EMOTES_MAX];
    size_t count = read_emotes(options, emotes);
    find_pictures(rich, node, emotes, count, emote_height(&options->text));
    rich->layout = lay_out(rich, node, options, emotes, count);
    return rich;
}

void rich_text_destroy(struct rich_text *rich)
{
    if (!rich)
        return;
    for (size_t i = 0; i < rich->count; i++)
        picture_place_destroy(rich->places[i]);
    free(rich->places);
    text_layout_destroy(rich->layout);
    free(rich);
}

const struct text_layout *rich_text_layout(const struct rich_text *rich)
{
    return rich->layout;
}

static void paint_places(struct rich_text *rich, struct canvas *layer, int x, int y)
{
    for (size_t i = 0; i < rich->layout->line_count; i++) {
        const struct text_line *line = &rich->layout->lines[i];
        for (size_t k = 0; k < line->run_count; k++) {
            const struct text_run *run = &line->runs[k];
            if (run->image < 0 || run->image == rich->lead)
                continue;
            const struct box box = {x + run->image_box.x_px, y + run->image_box.y_px, run->image_box.width_px,
                run->image_box.height_px};
            picture_place_paint(rich->places[run->image], layer, &box);
        }
    }
}

void rich_text_paint(struct rich_text *rich, struct canvas *layer, int x, int y, struct color color)
{
    canvas_text(layer, rich->layout, x, y, color);
    paint_places(rich, layer, x, y);
}

void rich_text_paint_spans(struct rich_text *rich, struct canvas *layer, int x, int y, struct color color,
    struct color span_color)
{
    canvas_text_span(layer, rich->layout, x, y, -1, color);
    canvas_text_span(layer, rich->layout, x, y, 0, span_color);
    paint_places(rich, layer, x, y);
}

bool rich_text_is_still(const struct rich_text *rich)
{
    return rich->count == 0;
}

bool rich_text_lead(const struct rich_text *rich, struct box *box)
{
    for (size_t i = 0; rich->lead >= 0 && i < rich->layout->line_count; i++) {
        const struct text_line *line = &rich->layout->lines[i];
        for (size_t k = 0; k < line->run_count; k++) {
            const struct text_box *at = &line->runs[k].image_box;
            if (line->runs[k].image != rich->lead)
                continue;
            *box = (struct box){at->x_px, at->y_px, at->width_px, at->height_px};
            return true;
        }
    }
    return false;
}
