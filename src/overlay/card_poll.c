/*
 * card_poll.c - a poll: the question, a row for each option with its share, and how many voted. Asked in two languages, both
 * stand one below the other; where numbers are hidden, the relay sends none and none are drawn.
 * Rows mirror when the question reads from the right. Votes move: bars and counts glide to what the relay says, and
 * only the rows that move are painted.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/digits.h"
#include "overlay/cards.h"
#include "overlay/node.h"
#include "overlay/poll_footer.h"
#include "overlay/wants.h"

enum { OPTIONS_MAX = POLL_OPTIONS_MAX, VOTES_MAX = 1000000000 };

/* What is given up, in this order, where there is not room for all of it; then everything gets smaller. */
enum { TIGHT_LABELS = 1, TIGHT_TITLE, TIGHT_ROWS };

enum { PERCENT_LEAST = 50, PERCENT_STEP = 10 };  // of the theme's sizes
enum { SECOND_PERCENT = 72 };  // the second language's size, of the first one's

struct option {
    struct text_layout *label, *percent, *count;  // owned
    struct text_layout *second;           // owned; the same in the second language; NULL: there is none
    struct tween share, whole, votes;     // share: 0..1; whole: the percentage as a whole number
    int percent_shown;                    // what `percent` says
    int64_t votes_shown;                  // what `count` says
    float share_drawn;
    struct box box;                       // in the layer
    bool is_leader;
};

struct card_poll {
    struct node base;
    struct text_layout *title;          // owned
    struct text_layout *second;         // owned; the question in the second language; NULL: there is none
    struct option options[OPTIONS_MAX];
    size_t option_count;
    struct tween votes;
    struct poll_footer footer;
    int tightness;
    struct theme_card look;  // the theme's, smaller where there is not room for it
    int room_px;             // that it was laid out for
    bool is_rtl, is_open, is_hidden;
};

static struct card_poll *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_poll, base);
}

static struct node *create(void)
{
    return &((struct card_poll *)xcalloc(1, sizeof(struct card_poll)))->base;
}

static void forget(struct card_poll *card)
{
    text_layout_destroy(card->title);
    text_layout_destroy(card->second);
    card->title = card->second = NULL;
    for (size_t i = 0; i < OPTIONS_MAX; i++) {
        text_layout_destroy(card->options[i].label);
        text_layout_destroy(card->options[i].percent);
        text_layout_destroy(card->options[i].count);
        text_layout_destroy(card->options[i].second);
        card->options[i].label = card->options[i].percent = card->options[i].count = card->options[i].second = NULL;
    }
}

static void destroy(struct node *node)
{
    struct card_poll *card = get(node);
    forget(card);
    poll_footer_fini(&card->footer);
    free(card);
}

static void want(const json_t *state, struct wants *wants)
{
    wants_add_numbered(wants, &card_poll_impl, state);
}

static void read_words(const json_t *state, struct buffer *words)
{
    size_t i;
    json_t *option;
    buffer_add_string(words, json_get_words(state, "question"));
    buffer_add_char(words, '\n');
    buffer_add_string(words, json_get_words(state, "question2"));
    json_array_foreach(json_object_get(state, "options"), i, option) {
        buffer_add_char(words, '\n');
        buffer_add_string(words, json_get_words(option, "text"));
        buffer_add_char(words, '\n');
        buffer_add_string(words, json_get_words(option, "text2"));
    }
}

/* ---- numbers */

/* On which side of Arabic digits the percent sign stands is decided by the direction of what surrounds them. */
static struct text_layout *lay_out_number(struct card_poll *card, const char *text, int size_px, bool is_bold)
{
    return node_layout(&card->base, &(struct text_options){
        .faces = &card->base.stage->theme->faces[THEME_NUMBER],
        .text = str_from(text), .size_px = (float)size_px, .is_bold = is_bold, .max_lines = 1,
        .direction = card->is_rtl ? TEXT_DIRECTION_RTL : TEXT_DIRECTION_LTR,
    });
}

static void show_percent(struct card_poll *card, struct option *option, int percent)
{
    char text[DIGITS_BYTES];
    digits_percent(text, percent, card->base.stage->language);
    text_layout_destroy(option->percent);
    option->percent = lay_out_number(card, text, card->look.small_px, true);
    option->percent_shown = percent;
}

static void show_votes(struct card_poll *card, struct option *option, int64_t votes)
{
    char text[DIGITS_BYTES];
    digits_count(text, votes, card->base.stage->language);
    text_layout_destroy(option->count);
    option->count = lay_out_number(card, text, card->look.small_px * 4 / 5, false);
    option->votes_shown = votes;
}

/* Whole percentages that sum up to 100: what rounding down leaves goes to the largest remainders. */
static void share_out(const int64_t *votes, size_t count, int64_t sum, int *percents)
{
    double remainders[OPTIONS_MAX];
    int left = 100;
    for (size_t i = 0; i < count; i++) {
        double exact = sum > 0 ? 100.0 * (double)votes[i] / (double)sum : 0;
        percents[i] = (int)exact;
        remainders[i] = exact - percents[i];
        left -= percents[i];
    }
    for (; sum > 0 && left > 0; left--) {
        size_t best = 0;
        for (size_t i = 1; i < count; i++)
            best = remainders[i] > remainders[best] ? i : best;
        percents[best]++;
        remainders[best] = -1;
    }
}

/* ---- layout */

static int inner_width(const struct node *node, const struct theme_card *look)
{
    return node_room(node).width - 2 * look->padding_x_px;
}

static int percent_room(const struct theme_card *look)
{
    return look->small_px * 5 / 2;
}

/* NULL where the second language has no such words. */
static struct text_layout *lay_out_second(struct card_poll *card, const char *text, int size_px, int width, int lines)
{
    if (!text || *text == '\0')
        return NULL;
    return node_layout(&card->base, &(struct text_options){
        .text = str_from(text), .size_px = (float)(size_px * SECOND_PERCENT / 100), .width_px = width, .max_lines = lines,
        .is_single_paragraph = true, .line_height = 1.3f,
    });
}

static void lay_out_option(struct card_poll *card, struct option *option, const json_t *state, int width)
{
    const struct theme_card *look = &card->look;
    const char *text = json_get_words(state, "text");
    // Room for "100%" stays free, or the label would give way while the count runs.
    struct text_options options = {
        .text = str_from(text), .size_px = (float)look->small_px, .max_lines = 1,
        .width_px = width - percent_room(look) - 2 * look->gap_px, .is_single_paragraph = true, .line_height = 1.3f,
    };
    option->label = node_layout(&card->base, &options);
    if (option->label->is_cut && card->tightness == 0) {
        text_layout_destroy(option->label);
        options.max_lines = 2;
        options.size_px *= 0.86f;
        option->label = node_layout_even(&card->base, &options);
    }
    option->second = lay_out_second(card, json_get_text(state, "text2"), look->small_px, options.width_px, 1);
}

static int row_height(const struct card_poll *card, const struct option *option, const struct theme_card *look)
{
    int needed = option->label->height_px + look->row_gap_px + (option->second ? option->second->height_px : 0);
    return needed > look->row_px || card->tightness == TIGHT_ROWS ? needed : look->row_px;
}

static void lay_out_texts(struct card_poll *card, const json_t *state, int width)
{
    const struct theme_card *look = &card->look;
    card->title = node_layout_even(&card->base, &(struct text_options){
        .text = str_from(json_get_words(state, "question")), .size_px = (float)look->text_px,
        .min_size_px = (float)look->text_min_px, .width_px = width,
        .max_lines = card->tightness < TIGHT_TITLE ? look->text_lines : 1, .is_bold = true,
        .is_single_paragraph = true, .line_height = (float)look->leading / 100,
    });
    card->second = lay_out_second(card, json_get_text(state, "question2"), look->text_px, width, card->tightness < TIGHT_TITLE ? 2 : 1);
    const struct text_layout *title = card->title;
    card->option_count = 0;
    size_t i;
    json_t *option;
    json_array_foreach(json_object_get(state, "options"), i, option) {
        if (card->option_count < OPTIONS_MAX)
            lay_out_option(card, &card->options[card->option_count++], option, width);
    }
    const struct text_layout *first = card->option_count > 0 ? card->options[0].label : title;
    const struct text_layout *decides = title->line_count > 0 ? title : first;
    card->is_rtl = card->base.is_rtl = decides->line_count > 0 && decides->lines[0].is_rtl;
}

static int title_height(const struct card_poll *card, const struct theme_card *look)
{
    int second = card->second ? card->second->height_px : 0;
    return card->title->line_count > 0 || second > 0 ? card->title->height_px + second + look->gap_px : 0;
}

static int whole_height(const struct card_poll *card, const struct theme_card *look)
{
    int height = 2 * look->padding_y_px + title_height(card, look) + look->gap_px + poll_footer_height(look);
    for (size_t i = 0; i < card->option_count; i++)
        height += row_height(card, &card->options[i], look) + (i > 0 ? look->row_gap_px : 0);
    return height;
}

static void place_rows(struct card_poll *card, const struct theme_card *look, int width)
{
    const struct box *outer = &card->base.card;
    int top = outer->y + look->padding_y_px + title_height(card, look);
    struct box row = {outer->x + look->padding_x_px, top, width, 0};
    for (size_t i = 0; i < card->option_count; i++) {
        row.height = row_height(card, &card->options[i], look);
        card->options[i].box = row;
        row.y += row.height + look->row_gap_px;
    }
    card->footer.box = (struct box){row.x, row.y - look->row_gap_px + look->gap_px, width, poll_footer_height(look)};
}

/* The card stays as wide as it is. */
static void shrink(struct theme_card *look, const struct theme_card *full, int percent)
{
    const size_t lengths[] = {
        offsetof(struct theme_card, padding_y_px), offsetof(struct theme_card, gap_px), offsetof(struct theme_card, text_px),
        offsetof(struct theme_card, text_min_px), offsetof(struct theme_card, small_px),
        offsetof(struct theme_card, mark_px), offsetof(struct theme_card, row_px),
        offsetof(struct theme_card, row_gap_px), offsetof(struct theme_card, row_radius_px),
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        int length = *(const int *)(const void *)((const char *)full + lengths[i]) * percent / 100;
        *(int *)(void *)((char *)look + lengths[i]) = length > 1 ? length : 1;
    }
}

static bool lay_out_within(struct card_poll *card, const json_t *state, int width)
{
    forget(card);
    lay_out_texts(card, state, width);
    return whole_height(card, &card->look) <= card->room_px;
}

static void lay_out(struct card_poll *card, const json_t *state)
{
    struct node *node = &card->base;
    const struct theme_card *full = &node->stage->theme->cards[THEME_POLL];
    int width = inner_width(node, full);
    card->look = *full;
    card->tightness = 0;
    card->room_px = node_room(node).height;
    while (!lay_out_within(card, state, width) && card->tightness < TIGHT_ROWS)
        card->tightness++;
    for (int percent = 100 - PERCENT_STEP; whole_height(card, &card->look) > card->room_px && percent >= PERCENT_LEAST;
        percent -= PERCENT_STEP) {
        shrink(&card->look, full, percent);
        lay_out_within(card, state, width);
    }
    node_note_fit(node, card->title, full->text_px);
    if (card->second)
        node_note_fit(node, card->second, 0);
    for (size_t i = 0; i < card->option_count; i++) {
        node_note_fit(node, card->options[i].label, 0);
        if (card->options[i].second)
            node_note_fit(node, card->options[i].second, 0);
    }
    node->is_shrunk |= card->tightness > 0;
    node_place(node, width + 2 * full->padding_x_px, whole_height(card, &card->look));
    place_rows(card, &card->look, width);
    poll_footer_begin(&card->footer, node, &card->look, card->is_rtl);
    poll_footer_take(&card->footer, state);
}

/* ---- what the relay says */

static bool has_same_words(const json_t *before, const json_t *now)
{
    struct buffer a = {0}, b = {0};
    read_words(before, &a);
    read_words(now, &b);
    bool is_same = a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
    buffer_fini(&a);
    buffer_fini(&b);
    return is_same;
}

static void aim(struct tween *tween, float to, int64_t now_ms, int duration_ms, bool at_once)
{
    if (at_once)
        tween_set(tween, to);
    else if (tween->to != to)
        tween_start(tween, to, now_ms, 0, duration_ms);
}

static void take_votes(struct card_poll *card, const json_t *state, int64_t now_ms, bool at_once)
{
    const json_t *options = json_object_get(state, "options");
    int64_t votes[OPTIONS_MAX] = {0}, sum = 0, best = 1;
    int percents[OPTIONS_MAX] = {0}, duration_ms = node_look(&card->base)->motion.count_ms;
    for (size_t i = 0; i < card->option_count; i++) {
        int64_t told = json_get_int(json_array_get(options, i), "votes", 0);
        votes[i] = told < 0 ? 0 : told < VOTES_MAX ? told : VOTES_MAX;
        sum += votes[i];
        best = votes[i] > best ? votes[i] : best;
    }
    share_out(votes, card->option_count, sum, percents);
    for (size_t i = 0; i < card->option_count; i++) {
        struct option *option = &card->options[i];
        if ((votes[i] == best) != option->is_leader)
            node_damage(&card->base, &option->box);
        option->is_leader = votes[i] == best;
        aim(&option->whole, (float)percents[i], now_ms, duration_ms, at_once);
        aim(&option->votes, (float)votes[i], now_ms, duration_ms, at_once);
        aim(&option->share, sum > 0 ? (float)((double)votes[i] / (double)sum) : 0, now_ms, duration_ms, at_once);
    }
    int64_t total = json_get_int(state, "total", sum);
    aim(&card->votes, (float)(total < VOTES_MAX ? total : VOTES_MAX), now_ms, duration_ms, at_once);
}

static bool advance_option(struct card_poll *card, struct option *option, int64_t now_ms)
{
    float share = tween_at(&option->share, now_ms);
    int64_t votes = (int64_t)lroundf(tween_at(&option->votes, now_ms));
    int percent = (int)lroundf(tween_at(&option->whole, now_ms));
    bool is_changed = share != option->share_drawn;
    if (!option->percent || percent != option->percent_shown) {
        show_percent(card, option, percent);
        is_changed = true;
    }
    if (!option->count || votes != option->votes_shown) {
        show_votes(card, option, votes);
        is_changed = true;
    }
    if (is_changed)
        node_damage(&card->base, &option->box);
    option->share_drawn = share;
    return tween_is_moving(&option->share, now_ms) || tween_is_moving(&option->votes, now_ms);
}

static bool advance(struct node *node, int64_t now_ms)
{
    struct card_poll *card = get(node);
    bool is_moving = tween_is_moving(&card->votes, now_ms);
    for (size_t i = 0; i < card->option_count; i++)
        is_moving |= advance_option(card, &card->options[i], now_ms);
    poll_footer_advance(&card->footer, (int64_t)lroundf(tween_at(&card->votes, now_ms)), now_ms);
    return is_moving;
}

/* Votes that change sides between platforms move no bar, but the line in it. */
static void damage_splits(struct card_poll *card, const json_t *before, const json_t *state)
{
    const json_t *was = json_object_get(before, "platforms"), *is = json_object_get(state, "platforms");
    if (was == is || (was && is && json_equal(was, is)))
        return;
    for (size_t i = 0; i < card->option_count; i++)
        node_damage(&card->base, &card->options[i].box);
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_poll *card = get(node);
    bool is_open = strcmp(json_get_words(state, "state"), "closed") != 0;
    bool is_hidden = json_get_bool(state, "is_hidden", false);
    if (!before || !has_same_words(before, state)) {
        node_begin_layout(node);
        lay_out(card, state);
    } else {
        poll_footer_take(&card->footer, state);
        if (is_open != card->is_open || is_hidden != card->is_hidden)
            damage_add_all(&node->damage);
        damage_splits(card, before, state);
    }
    card->is_open = is_open;
    card->is_hidden = is_hidden;
    take_votes(card, state, now_ms, at_once);
    advance(node, now_ms);
}

/* Votes go on moving: only what stands still is laid out again. */
static void refresh(struct node *node, int64_t now_ms)
{
    struct card_poll *card = get(node);
    node_begin_layout(node);
    lay_out(card, node->last);
    advance(node, now_ms);
}

/* ---- painting */

/* The winner of a poll that is over stands out: the others' bars and words step back. */
static bool is_beaten(const struct card_poll *card, const struct option *option)
{
    return !card->is_open && !card->is_hidden && !option->is_leader;
}

static struct color ink_of(const struct card_poll *card, const struct option *option)
{
    const struct theme_colors *colors = &card->look.colors;
    return is_beaten(card, option) ? colors->text_soft : colors->text;
}

static void paint_bar(const struct card_poll *card, struct canvas *layer, const struct option *option)
{
    const struct theme_colors *colors = &card->look.colors;
    int radius = card->look.row_radius_px, least = 2 * radius;
    canvas_fill(layer, &(struct shape){.box = option->box, .radius_px = radius}, &colors->track);
    if (option->share_drawn <= 0 || card->is_hidden)
        return;
    // Never narrower than its own round corners.
    int width = least + (int)lroundf((float)(option->box.width - least) * option->share_drawn);
    const struct shape bar = {.box = {node_across(&option->box, card->is_rtl, 0, width), option->box.y, width,
        option->box.height}, .radius_px = radius};
    const struct fill *fill = option->is_leader ? &colors->leader : &colors->bar;
    struct fill mirrored = card->is_rtl ? fill_mirrored(fill) : *fill;
    canvas_fill(layer, &bar, &mirrored);
    poll_footer_paint_split(&card->footer, layer, (size_t)(option - card->options), &bar.box);
}

/* Behind the words of the winner. */
static void paint_won(const struct card_poll *card, struct canvas *layer, const struct option *option)
{
    int side = card->look.small_px, after = 3 * card->look.gap_px / 2 + (int)ceilf(option->label->content_width_px);
    const struct box box = {node_across(&option->box, card->is_rtl, after, side), option->box.y + (option->box.height - side) / 2,
        side, side};
    if (after + side <= option->box.width - percent_room(&card->look) - card->look.gap_px)
        node_paint_tick(layer, &box, card->look.colors.text, fill_at(&card->look.colors.leader, 0));
}

static void paint_label(const struct card_poll *card, struct canvas *layer, const struct option *option)
{
    const struct box *box = &option->box;
    const struct text_layout *label = option->label, *second = option->second;
    int height = label->height_px + (second ? second->height_px : 0), top = box->y + (box->height - height) / 2;
    canvas_text(layer, label, node_text_x(box, card->is_rtl, card->look.gap_px, label), top, ink_of(card, option));
    if (second)
        canvas_text(layer, second, node_text_x(box, card->is_rtl, card->look.gap_px, second), top + label->height_px,
            option->is_leader ? ink_of(card, option) : card->look.colors.text_soft);  // the leader's bar is too bright for soft ink
    if (!card->is_open && !card->is_hidden && option->is_leader && option->votes.to > 0)
        paint_won(card, layer, option);
}

static void paint_option(const struct card_poll *card, struct canvas *layer, const struct option *option)
{
    const struct theme_card *look = &card->look;
    const struct box *box = &option->box;
    paint_bar(card, layer, option);
    paint_label(card, layer, option);
    if (card->is_hidden)
        return;
    int width = (int)ceilf(option->percent->content_width_px), end = box->width - look->gap_px;
    canvas_text(layer, option->percent, node_across(box, card->is_rtl, end - width, width),
        box->y + (box->height - option->percent->height_px) / 2,
        option->is_leader ? card->look.colors.text : card->look.colors.text_soft);
    // The count stands before the percentage where the label leaves room for it.
    width = (int)ceilf(option->count->content_width_px);
    end -= percent_room(look) + look->gap_px / 2;
    int label_end = look->gap_px + (int)ceilf(option->label->content_width_px) + (card->is_open ? 0 : look->gap_px + look->small_px);
    if (end - width >= label_end + look->gap_px)
        canvas_text(layer, option->count, node_across(box, card->is_rtl, end - width, width),
            box->y + (box->height - option->count->height_px) / 2,
            option->is_leader ? card->look.colors.text : card->look.colors.text_soft);
}

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_poll *card = get(node);
    const struct theme_card *look = &card->look;
    const struct box inner = {node->card.x + look->padding_x_px, node->card.y + look->padding_y_px,
        node->card.width - 2 * look->padding_x_px, 0};
    node_paint_surface(node, layer);
    canvas_text(layer, card->title, node_text_x(&inner, card->is_rtl, 0, card->title), inner.y,
        look->colors.text);
    if (card->second)
        canvas_text(layer, card->second, node_text_x(&inner, card->is_rtl, 0, card->second), inner.y + card->title->height_px,
            look->colors.text_soft);
    for (size_t i = 0; i < card->option_count; i++)
        paint_option(card, layer, &card->options[i]);
    poll_footer_paint(&card->footer, layer);
}

const struct node_impl card_poll_impl = {
    .name = "poll", .kind = THEME_POLL, .want = want, .has_shadow = true, .create = create, .update = update, .paint = paint, .advance = advance, .refresh = refresh,
    .read = read_words, .destroy = destroy,
};
