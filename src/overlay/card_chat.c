/*
 * card_chat.c - the chat box: the last lines, the newest at the lower edge.
 * What the relay tells is only noted; the next frame takes it over, so many changes between two frames cost one. Each
 * line is laid out once. New lines come in from below: what stands there is moved by copying, and only what is new is
 * painted. A line that is not wholly in the box any more fades out. Chat that stands still costs nothing.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/chat_line.h"
#include "overlay/lines.h"
#include "overlay/node.h"
#include "overlay/surface.h"
#include "overlay/wants.h"

enum { TOLD_MAX = 64 };  // the relay tells 20 lines

struct card_chat {
    struct node base;
    struct list lines;          // struct chat_line, the oldest first
    uint64_t told[TOLD_MAX];    // ids of what was told last: what is among them is no news
    size_t told_count;
    bool has_news, is_at_once;  // told, and not taken over yet
    struct tween scroll;        // px that the lines stand below their rest
    int scrolled_px;            // of it, as they stand in the layer
    int width_px;               // that the lines are laid out for
};

static struct card_chat *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_chat, base);
}

static struct node *create(void)
{
    struct card_chat *card = xcalloc(1, sizeof(*card));
    list_init(&card->lines);
    return &card->base;
}

static void destroy(struct node *node)
{
    struct card_chat *card = get(node);
    struct chat_line *line, *following;
    list_for_each_safe(line, following, &card->lines, link)
        chat_line_destroy(line);
    free(card);
}

static void want(const json_t *state, struct wants *wants)
{
    const json_t *lines = json_object_get(state, "chat");
    if (json_is_array(lines))
        wants_add(wants, &card_chat_impl, "box", lines, 0);
}

static void read_words(const json_t *state, struct buffer *words)
{
    size_t i;
    json_t *line;
    json_array_foreach((json_t *)(uintptr_t)state, i, line)
        chat_line_read(line, words);
}

/* ---- where lines stand */

static struct box box_of(const struct card_chat *card, const struct chat_line *line)
{
    const struct box *room = &card->base.card;
    int across = node_look(&card->base)->anchor.across, slack = room->width - line->width_px;
    return (struct box){room->x + (across < 0 ? 0 : across > 0 ? slack : slack / 2),
        room->y + room->height - line->bottom_px - line->height_px + card->scrolled_px, line->width_px, line->height_px};
}

/* With what a theme draws around the bubble. */
static struct box painted_by(const struct card_chat *card, const struct chat_line *line)
{
    struct box box = box_of(card, line), reach = surface_reach(&node_look(&card->base)->surface);
    return (struct box){box.x + reach.x, box.y + reach.y, box.width + reach.width, box.height + reach.height};
}

static bool is_motion_reduced(const struct card_chat *card)
{
    return card->base.stage->is_motion_reduced;
}

static void leave(struct card_chat *card, struct chat_line *line, int64_t now_ms)
{
    if (line->is_leaving)
        return;
    line->is_leaving = true;
    tween_start(&line->presence, 0, now_ms, 0, node_look(&card->base)->motion.leave.duration_ms);
}

/* From the newest up. Those that are not wholly in the box, or one too many, leave; or are gone. */
static void stack(struct card_chat *card, int64_t now_ms, bool at_once)
{
    const struct theme_card *look = node_look(&card->base);
    int bottom = 0, count = 0;
    for (struct list *at = card->lines.prev, *above = at->prev; at != &card->lines; at = above, above = at->prev) {
        struct chat_line *line = container_of(at, struct chat_line, link);
        line->bottom_px = bottom;
        bottom += line->height_px + look->row_gap_px;
        bool is_out = bottom - look->row_gap_px > card->base.card.height || (look->items > 0 && ++count > look->items);
        if (is_out && at_once)
            chat_line_destroy(line);
        else if (is_out)
            leave(card, line, now_ms);
    }
}

static void damage_line(struct card_chat *card, const struct chat_line *line)
{
    struct box box = painted_by(card, line);
    node_damage(&card->base, &box);
}

/* ---- taking over what was told */

static bool is_told(const struct card_chat *card, uint64_t id)
{
    for (size_t i = 0; i < card->told_count; i++) {
        if (card->told[i] == id)
            return true;
    }
    return false;
}

static const json_t *find_told(const json_t *lines, uint64_t id)
{
    size_t i;
    json_t *line;
    json_array_foreach((json_t *)(uintptr_t)lines, i, line) {
        if (line_id(line) == id)
            return line;
    }
    return NULL;
}

/* Other words under the same id stand where the old ones stood, as opaque as they were. */
static void replace(struct card_chat *card, struct chat_line *old, const json_t *told)
{
    struct chat_line *line = chat_line_create(&card->base, told, card->width_px);
    if (!line)
        return;
    line->presence = old->presence;
    line->opacity = old->opacity;
    line->is_leaving = old->is_leaving;
    line->since_ms = old->since_ms;
    list_append(&old->link, &line->link);
}

/* What is not told any more was deleted or cleared, or there are too many newer ones; none of them is missed. */
static bool drop_untold(struct card_chat *card, const json_t *told)
{
    bool is_any = false;
    struct chat_line *line, *following;
    list_for_each_safe(line, following, &card->lines, link) {
        const json_t *now = find_told(told, line->id);
        if (now && json_equal(now, line->told))
            continue;
        if (now)
            replace(card, line, now);
        chat_line_destroy(line);
        is_any = true;
    }
    return is_any;
}

static void note_told(struct card_chat *card, const json_t *told)
{
    size_t count = json_array_size(told), first = count > TOLD_MAX ? count - TOLD_MAX : 0;
    card->told_count = 0;
    for (size_t i = first; i < count; i++)
        card->told[card->told_count++] = line_id(json_array_get(told, i));
}

static void join(struct card_chat *card, struct chat_line *line, int64_t now_ms, bool at_once)
{
    line->since_ms = now_ms;
    line->opacity = at_once ? 1 : 0;
    if (at_once)
        tween_set(&line->presence, 1);
    else
        tween_start(&line->presence, 1, now_ms, 0, node_look(&card->base)->motion.enter.duration_ms);
}

/* The newest ones that have room, each behind the one before it. Returns how high they stand. */
static int add_news(struct card_chat *card, const json_t *told, int64_t now_ms, bool at_once)
{
    const struct theme_card *look = node_look(&card->base);
    struct list *behind = &card->lines;
    int height = 0;
    for (size_t i = json_array_size(told), count = 0; i-- > 0 && height < card->base.card.height; count++) {
        const json_t *now = json_array_get(told, i);
        if (is_told(card, line_id(now)) || (look->items > 0 && count >= (size_t)look->items))
            break;
        struct chat_line *line = chat_line_create(&card->base, now, card->width_px);
        if (!line)
            continue;
        list_append(behind, &line->link);  // before the one that was added just now
        behind = &line->link;
        join(card, line, now_ms, at_once);
        height += line->height_px + look->row_gap_px;
    }
    return height;
}

static void take_news(struct card_chat *card, int64_t now_ms)
{
    struct node *node = &card->base;
    bool at_once = card->is_at_once || !node->drawn.width;
    bool is_stay = !drop_untold(card, node->last);
    int added = add_news(card, node->last, now_ms, at_once);
    note_told(card, node->last);
    card->has_news = card->is_at_once = false;
    if (added == 0 && is_stay)
        return;
    at_once |= is_motion_reduced(card);
    if (at_once) {
        tween_set(&card->scroll, 0);
        card->scrolled_px = 0;
        is_stay = false;
    } else if (added > 0) {
        // They stand where they stood, and set off from there.
        int from = card->scrolled_px + added, height = node->card.height;
        card->scrolled_px = from < height ? from : height;
        tween_set(&card->scroll, (float)card->scrolled_px);
        tween_start(&card->scroll, 0, now_ms, 0, node_look(node)->motion.enter.duration_ms);
        is_stay &= from <= height;
    }
    stack(card, now_ms, at_once);
    if (!is_stay)
        node_damage(node, &node->card);
}

/* ---- what the scene asks */

static void place(struct card_chat *card)
{
    struct node *node = &card->base;
    const struct theme_card *look = node_look(node);
    struct size room = node_room(node);
    int line_px = look->text_px * look->leading / 100 + 2 * look->padding_y_px;
    node_set_least(node, room.width < look->width_min_px ? room.width : look->width_min_px, 2 * line_px + look->row_gap_px);
    card->width_px = room.width;
    int height = look->row_px < room.height ? look->row_px : room.height;
    if (!node->layer || node->card.width != room.width || node->card.height != height)
        node_place(node, room.width, height);
    node_reserve(node, node->natural.width, node->natural.height);
}

/* The room is another, or the theme, or an emote's width. */
static void refresh(struct node *node, int64_t now_ms)
{
    struct card_chat *card = get(node);
    struct chat_line *line, *following;
    place(card);
    node_begin_layout(node);
    list_for_each_safe(line, following, &card->lines, link) {
        if (!chat_line_lay_out(line, node, card->width_px))
            chat_line_destroy(line);
    }
    stack(card, now_ms, true);
    node_damage(node, &node->card);
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_chat *card = get(node);
    if (!node->layer)
        refresh(node, now_ms);
    card->has_news = true;
    card->is_at_once |= at_once;
    if (at_once)
        take_news(card, now_ms);
}

/* All that lines cover. */
static struct box covered(const struct card_chat *card)
{
    struct box all = {0};
    const struct chat_line *line;
    list_for_each(line, &card->lines, link) {
        struct box box = painted_by(card, line);
        all = box_is_empty(&all) ? box : box_union(&all, &box);
    }
    return all;
}

/* What no line covers, before and after, is transparent and stays so. */
static void scroll(struct card_chat *card, int64_t now_ms)
{
    struct box before = covered(card);
    int was_px = card->scrolled_px;
    card->scrolled_px = (int)(tween_at(&card->scroll, now_ms) + 0.5f);
    if (card->scrolled_px == was_px)
        return;
    struct box after = covered(card), all = box_union(&before, &after);
    all = box_intersect(&all, &card->base.card);
    node_scroll(&card->base, &all, 0, card->scrolled_px - was_px);
}

/* In the steps that px have: between two of them nothing is painted. */
static float seen(float opacity)
{
    return roundf(opacity * 255) / 255;
}

/* Fades; and who has faded out is gone, whose time is over begins to. */
static bool fade(struct card_chat *card, int64_t now_ms)
{
    const struct theme_card *look = node_look(&card->base);
    bool is_moving = false;
    struct chat_line *line, *following;
    list_for_each_safe(line, following, &card->lines, link) {
        if (look->stay_s > 0 && now_ms - line->since_ms >= look->stay_s * 1000)
            leave(card, line, now_ms);
        else if (look->stay_s > 0 && !line->is_leaving)
            node_wake_at(&card->base, line->since_ms + look->stay_s * 1000);
        bool is_fading = tween_is_moving(&line->presence, now_ms);
        float before = line->opacity;
        line->opacity = seen(tween_at(&line->presence, now_ms));
        if (line->opacity != before)
            damage_line(card, line);
        if (!is_fading)
            tween_set(&line->presence, line->presence.to);
        if (line->is_leaving && !is_fading)
            chat_line_destroy(line);
        is_moving |= is_fading;
    }
    return is_moving;
}

static bool advance(struct node *node, int64_t now_ms)
{
    struct card_chat *card = get(node);
    scroll(card, now_ms);  // before anything is damaged: what is not painted yet cannot be copied
    if (card->has_news)
        take_news(card, now_ms);
    bool is_moving = fade(card, now_ms);
    return is_moving || tween_is_moving(&card->scroll, now_ms);
}

/* At once, and the rest closes up. */
static bool forget(struct node *node, uint64_t message, const char *platform, const char *author)
{
    struct card_chat *card = get(node);
    bool is_any = false;
    struct chat_line *line, *following;
    list_for_each_safe(line, following, &card->lines, link) {
        if (!line_is_from(line->told, message, platform, author))
            continue;
        chat_line_destroy(line);
        is_any = true;
    }
    if (is_any) {
        stack(card, 0, true);
        node_damage(node, &node->card);
    }
    return is_any;
}

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_chat *card = get(node);
    struct chat_line *line;
    list_for_each(line, &card->lines, link) {
        struct box box = box_of(card, line), all = painted_by(card, line);
        pixman_box32_t at = {all.x, all.y, all.x + all.width, all.y + all.height};
        if (pixman_region32_contains_rectangle(&node->damage.region, &at) != PIXMAN_REGION_OUT)
            chat_line_paint(line, node, layer, &box);
    }
}

const struct node_impl card_chat_impl = {
    .name = "chat", .kind = THEME_CHAT, .want = want, .create = create, .update = update, .paint = paint,
    .advance = advance, .refresh = refresh, .forget = forget, .read = read_words, .destroy = destroy,
};
