#include "overlay/chat_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "overlay/lines.h"
#include "overlay/node.h"
#include "overlay/person.h"
#include "overlay/rich_text.h"
#include "overlay/surface.h"

#define LEAD "\xef\xbf\xbc\xe2\x81\xa0"  // U+FFFC stands for the mark and the roles; U+2060: no line ends behind it

struct chat_text {
    struct rich_text *rich;        // owned
    struct text_layout *initial;   // owned; NULL: the platform has a mark
    enum person_role roles[PERSON_ROLES_MAX];
    size_t role_count;
    struct color name_color, color;
    bool is_rtl;
};

static void drop_text(struct chat_line *line)
{
    canvas_destroy(line->picture);
    line->picture = NULL;
    if (!line->text)
        return;
    rich_text_destroy(line->text->rich);
    text_layout_destroy(line->text->initial);
    free(line->text);
    line->text = NULL;
}

void chat_line_destroy(struct chat_line *line)
{
    if (!line)
        return;
    list_remove(&line->link);
    drop_text(line);
    json_decref(line->told);
    free(line);
}

void chat_line_read(const json_t *told, struct buffer *words)
{
    const char *text = json_get_text(told, "text");
    person_add_name(json_object_get(told, "author"), words);
    buffer_add_char(words, ' ');
    buffer_add_string(words, text ? text : "");
    buffer_add_char(words, '\n');
}

/* ---- layout */

/* Width of the mark and the roles before the name, each with what parts it from the next. */
static int lead_width(const struct chat_text *text, const struct theme_card *look, bool has_mark)
{
    int parts = (has_mark ? 1 : 0) + (int)text->role_count;
    return parts * (look->mark_px + look->gap_px / 2) + (parts > 0 ? look->gap_px / 4 : 0);
}

static void lay_out_words(struct chat_line *line, struct node *node, const struct theme_card *look, int width_px)
{
    struct chat_text *text = line->text;
    const json_t *author = json_object_get(line->told, "author");
    const char *platform = json_get_text(line->told, "platform"), *said = json_get_text(line->told, "text");
    struct buffer words = {0};
    text->role_count = person_roles(author, text->roles);
    text->initial = person_mark_initial(node, platform, look->mark_px);
    int lead_px = lead_width(text, look, platform != NULL);
    buffer_add_string(&words, lead_px > 0 ? LEAD : "");
    struct text_span name = {.from = (uint32_t)words.len, .is_bold = true, .is_isolated = true};
    person_add_name(author, &words);
    name.to = (uint32_t)words.len;
    if (name.to > name.from)
        buffer_add_string(&words, "  ");
    uint32_t said_at = (uint32_t)words.len;
    buffer_add_string(&words, said ? said : "");
    text->rich = rich_text_create(node, &(struct rich_text_options){
        .text = {.text = {words.data, words.len}, .spans = &name, .span_count = name.to > name.from,
            .size_px = (float)look->text_px, .max_lines = look->text_lines > 0 ? look->text_lines : 1,
            .width_px = width_px - 2 * look->padding_x_px, .is_single_paragraph = true,
            .line_height = (float)look->leading / 100},
        .emotes = json_object_get(line->told, "emotes"), .emotes_at = said_at, .lead_px = lead_px});
    buffer_fini(&words);
}

bool chat_line_lay_out(struct chat_line *line, struct node *node, int width_px)
{
    const struct theme_card *look = node_look(node);
    struct buffer words = {0};
    chat_line_read(line->told, &words);
    bool is_good = node_begin_part(node, (struct str){words.data, words.len});
    buffer_fini(&words);
    drop_text(line);
    if (!is_good)
        return false;
    line->text = xcalloc(1, sizeof(*line->text));
    lay_out_words(line, node, look, width_px);
    const struct text_layout *layout = rich_text_layout(line->text->rich);
    line->text->is_rtl = layout->line_count > 0 && layout->lines[0].is_rtl;
    line->text->name_color = person_color(node,
        json_get_text(json_object_get(line->told, "author"), "color"));
    line->text->color = json_get_bool(line->told, "is_action", false) ? line->text->name_color : node_look(node)->colors.text;
    line->width_px = (int)ceilf(layout->content_width_px) + 2 * look->padding_x_px;
    line->height_px = layout->height_px + 2 * look->padding_y_px;
    node_note_fit(node, layout, look->text_px);
    node_end_part(node);
    return layout->line_count > 0;
}

struct chat_line *chat_line_create(struct node *node, const json_t *told, int width_px)
{
    struct chat_line *line = xcalloc(1, sizeof(*line));
    list_init(&line->link);
    line->told = json_incref((json_t *)(uintptr_t)told);
    line->id = line_id(told);
    if (chat_line_lay_out(line, node, width_px))
        return line;
    chat_line_destroy(line);
    return NULL;
}

/* ---- painting */

static void paint_lead(const struct chat_line *line, const struct node *node, struct canvas *layer, int x, int y)
{
    const struct theme_card *look = node_look(node);
    const struct chat_text *text = line->text;
    const char *platform = json_get_text(line->told, "platform");
    struct box lead;
    if (!rich_text_lead(text->rich, &lead))
        return;
    lead.x += x;
    int from_start = 0, top = y + lead.y + (lead.height - look->mark_px) / 2;
    if (platform) {
        const struct box box = {node_across(&lead, text->is_rtl, from_start, look->mark_px), top, look->mark_px, look->mark_px};
        node_paint_mark(node, layer, platform, &box, text->initial);
        from_start += look->mark_px + look->gap_px / 2;
    }
    for (size_t i = 0; i < text->role_count; i++) {
        const struct box box = {node_across(&lead, text->is_rtl, from_start, look->mark_px), top, look->mark_px, look->mark_px};
        person_paint_role(layer, text->roles[i], &box, 1);
        from_start += look->mark_px + look->gap_px / 2;
    }
}

static void paint_whole(const struct chat_line *line, const struct node *node, struct canvas *layer, const struct box *box)
{
    const struct theme_card *look = node_look(node);
    const struct text_layout *layout = rich_text_layout(line->text->rich);
    int x = node_text_x(box, line->text->is_rtl, look->padding_x_px, layout), y = box->y + look->padding_y_px;
    surface_paint(&look->surface, layer, box, line->text->is_rtl, 1);
    rich_text_paint_spans(line->text->rich, layer, x, y, line->text->color, line->text->name_color);
    paint_lead(line, node, layer, x, y);
}

/* While it fades it is painted once, and then only laid over. */
static void make_picture(struct chat_line *line, const struct node *node, const struct box *reach)
{
    const struct box box = {-reach->x, -reach->y, line->width_px, line->height_px};
    line->picture = canvas_create(node->stage->painter, box.width + reach->width, box.height + reach->height, NULL);
    if (line->picture)
        paint_whole(line, node, line->picture, &box);
}

void chat_line_paint(struct chat_line *line, const struct node *node, struct canvas *layer, const struct box *box)
{
    const struct box reach = surface_reach(&node_look(node)->surface);
    if (!rich_text_is_still(line->text->rich)) {
        canvas_destroy(line->picture);
        line->picture = NULL;
    }
    if (line->opacity < 1 && !line->picture)
        make_picture(line, node, &reach);
    if (line->opacity < 1 && line->picture) {
        canvas_draw(layer, line->picture, box->x + reach.x, box->y + reach.y, line->opacity);
        return;
    }
    canvas_destroy(line->picture);
    line->picture = NULL;
    paint_whole(line, node, layer, box);
}
