#include "overlay/ticker_item.h"

#include <math.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "overlay/event_text.h"
#include "overlay/lines.h"
#include "overlay/node.h"
#include "overlay/person.h"
#include "text/language.h"

void ticker_item_destroy(struct ticker_item *item)
{
    list_remove(&item->link);
    text_layout_destroy(item->text);
    text_layout_destroy(item->initial);
    json_decref(item->told);
    free(item);
}

void ticker_item_read(const json_t *told, struct buffer *words)
{
    const char *gift = json_get_text(json_object_get(told, "money"), "item");
    person_add_name(json_object_get(told, "author"), words);
    buffer_add_char(words, ' ');
    buffer_add_string(words, gift ? gift : "");
    buffer_add_char(words, '\n');
}

static int mark_width(const struct ticker_item *item, const struct theme_card *look)
{
    return json_get_text(item->told, "platform") ? look->mark_px + look->gap_px / 2 : 0;
}

static void lay_out_words(struct ticker_item *item, struct node *node, int room_px)
{
    const struct theme_card *look = node_look(node);
    const json_t *author = json_object_get(item->told, "author");
    struct buffer words = {0};
    struct text_span name = {.is_bold = true, .is_isolated = true};
    person_add_name(author, &words);
    name.to = (uint32_t)words.len;
    if (name.to > 0)
        buffer_add_string(&words, "  ");
    event_text_write(item->told, node->stage->language, true, &words);
    item->initial = person_mark_initial(node, json_get_text(item->told, "platform"), look->mark_px);
    item->name_color = person_color(node, json_get_text(author, "color"));
    item->text = node_layout(node, &(struct text_options){.text = {words.data ? words.data : "", words.len},
        .spans = &name, .span_count = name.to > 0, .size_px = (float)look->text_px, .max_lines = 1,
        .is_single_paragraph = true, .line_height = (float)look->leading / 100,
        .width_px = room_px - mark_width(item, look),
        .direction = item->is_rtl ? TEXT_DIRECTION_RTL : TEXT_DIRECTION_LTR});
    item->width_px = mark_width(item, look) + (int)ceilf(item->text->content_width_px) + look->row_gap_px;
    buffer_fini(&words);
}

bool ticker_item_lay_out(struct ticker_item *item, struct node *node, int room_px)
{
    struct buffer words = {0};
    ticker_item_read(item->told, &words);
    bool is_good = node_begin_part(node, (struct str){words.data, words.len});
    buffer_fini(&words);
    text_layout_destroy(item->text);
    text_layout_destroy(item->initial);
    item->text = item->initial = NULL;
    if (!is_good)
        return false;
    lay_out_words(item, node, room_px);
    node_end_part(node);
    return true;
}

struct ticker_item *ticker_item_create(struct node *node, const json_t *told, int room_px)
{
    struct ticker_item *item = xcalloc(1, sizeof(*item));
    list_init(&item->link);
    item->told = json_incref((json_t *)(uintptr_t)told);
    item->id = line_id(told);
    item->is_rtl = language_is_rtl(node->stage->language);
    if (ticker_item_lay_out(item, node, room_px))
        return item;
    ticker_item_destroy(item);
    return NULL;
}

void ticker_item_paint(const struct ticker_item *item, const struct node *node, struct canvas *strip, int from_start)
{
    const struct theme_card *look = node_look(node);
    const char *platform = json_get_text(item->told, "platform");
    const struct box box = {0, 0, canvas_width(strip), canvas_height(strip)};
    if (platform) {
        const struct box mark = {node_across(&box, item->is_rtl, from_start, look->mark_px),
            (box.height - look->mark_px) / 2, look->mark_px, look->mark_px};
        node_paint_mark(node, strip, platform, &mark, item->initial);
    }
    int x = node_text_x(&box, item->is_rtl, from_start + mark_width(item, look), item->text);
    int y = (box.height - item->text->height_px) / 2;
    canvas_text_span(strip, item->text, x, y, -1, node_look(node)->colors.text);
    canvas_text_span(strip, item->text, x, y, 0, item->name_color);
}
