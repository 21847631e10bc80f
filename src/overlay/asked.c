#include "overlay/asked.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/digits.h"
#include "overlay/node.h"
#include "overlay/person.h"
#include "overlay/words.h"

enum { PLATFORMS_MAX = 4, SMALL_PERCENT = 80 };  // of the theme's small text

/* So many asked there. */
struct share {
    char *platform;                         // owned
    struct text_layout *initial, *count;    // owned; initial may be NULL
    int64_t people;
};

struct asked {
    const struct node *node;
    struct text_layout *words;              // owned
    struct share shares[PLATFORMS_MAX];     // the most people first
    size_t count;
    int mark_px, gap_px;
};

static struct text_layout *lay_out(struct node *node, const char *text, int size_px)
{
    return node_layout(node, &(struct text_options){.text = str_from(text), .size_px = (float)size_px, .max_lines = 1,
        .faces = &node->stage->theme->faces[THEME_NUMBER]});
}

/* The marks of one platform alone would tell nothing. */
static void pick_platforms(struct asked *asked, const json_t *platforms)
{
    const char *name;
    json_t *value;
    if (json_object_size(platforms) < 2)
        return;
    json_object_foreach((json_t *)(uintptr_t)platforms, name, value) {
        int64_t people = json_integer_value(value);
        size_t at = 0;
        while (at < asked->count && asked->shares[at].people >= people)
            at++;
        if (people < 1 || at == PLATFORMS_MAX)
            continue;
        if (asked->count == PLATFORMS_MAX)
            free(asked->shares[--asked->count].platform);
        memmove(asked->shares + at + 1, asked->shares + at, (asked->count++ - at) * sizeof(*asked->shares));
        asked->shares[at] = (struct share){.platform = xstrdup(name), .people = people};
    }
}

static int share_width(const struct asked *asked, const struct share *share)
{
    return asked->mark_px + asked->gap_px / 2 + (int)ceilf(share->count->content_width_px);
}

struct asked *asked_create(struct node *node, const json_t *state, const struct theme_card *look, int width_px)
{
    int64_t people = json_get_int(state, "people", 0);
    if (people < 2)
        return NULL;
    struct asked *asked = xcalloc(1, sizeof(*asked));
    int size_px = look->small_px * SMALL_PERCENT / 100;
    char text[WORDS_BYTES];
    words_write(text, WORD_ASKED_BY, node->stage->language, people);
    *asked = (struct asked){.node = node, .words = lay_out(node, text, size_px), .mark_px = size_px, .gap_px = look->gap_px};
    pick_platforms(asked, json_object_get(state, "platforms"));
    for (size_t i = 0; i < asked->count; i++) {
        char digits[DIGITS_BYTES];
        digits_count(digits, asked->shares[i].people, node->stage->language);
        asked->shares[i].count = lay_out(node, digits, size_px);
        asked->shares[i].initial = person_mark_initial(node, asked->shares[i].platform, asked->mark_px);
    }
    // What there is not room for is left out: first the platform with the fewest.
    while (asked->count > 0 && asked_width(asked) > width_px) {
        struct share *last = &asked->shares[--asked->count];
        free(last->platform);
        text_layout_destroy(last->count);
        text_layout_destroy(last->initial);
    }
    return asked;
}

void asked_destroy(struct asked *asked)
{
    if (!asked)
        return;
    for (size_t i = 0; i < asked->count; i++) {
        free(asked->shares[i].platform);
        text_layout_destroy(asked->shares[i].count);
        text_layout_destroy(asked->shares[i].initial);
    }
    text_layout_destroy(asked->words);
    free(asked);
}

int asked_width(const struct asked *asked)
{
    int width = (int)ceilf(asked->words->content_width_px);
    for (size_t i = 0; i < asked->count; i++)
        width += asked->gap_px + share_width(asked, &asked->shares[i]);
    return width;
}

int asked_height(const struct asked *asked)
{
    return asked->words->height_px > asked->mark_px ? asked->words->height_px : asked->mark_px;
}

void asked_paint(const struct asked *asked, struct canvas *layer, const struct box *box, bool is_rtl)
{
    struct color ink = node_look(asked->node)->colors.text_soft;
    const struct text_layout *words = asked->words;
    int from_start = (int)ceilf(words->content_width_px) + asked->gap_px;
    canvas_text(layer, words, node_text_x(box, is_rtl, 0, words), box->y + (box->height - words->height_px) / 2, ink);
    for (size_t i = 0; i < asked->count; i++) {
        const struct share *share = &asked->shares[i];
        const struct box mark = {node_across(box, is_rtl, from_start, asked->mark_px), box->y + (box->height - asked->mark_px) / 2,
            asked->mark_px, asked->mark_px};
        node_paint_mark(asked->node, layer, share->platform, &mark, share->initial);
        canvas_text(layer, share->count, node_text_x(box, is_rtl, from_start + asked->mark_px + asked->gap_px / 2, share->count),
            box->y + (box->height - share->count->height_px) / 2, ink);
        from_start += share_width(asked, share) + asked->gap_px;
    }
}
