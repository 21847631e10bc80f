#include "overlay/avatar.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include "base/hash.h"
#include "base/memory.h"
#include "overlay/node.h"
#include "overlay/picture_place.h"

enum { NAME_UNITS = 64 };

struct avatar {
    struct picture_place *place;   // owned; NULL: there is no address
    struct text_layout *initial;   // owned; NULL: no letter
    struct color color, ink;
    int size_px;
};

/* ---- the letter */

static bool is_letter(const UChar *units, int32_t from, int32_t to)
{
    UChar32 scalar;
    U16_NEXT(units, from, to, scalar);
    return u_isalnum(scalar);
}

/* The first cluster that begins with a letter or digit, else the first of all: "@anna" is A. */
static void find_cluster(const UChar *units, int32_t count, int32_t *from, int32_t *to)
{
    UErrorCode status = U_ZERO_ERROR;
    UBreakIterator *breaks = ubrk_open(UBRK_CHARACTER, "", units, count, &status);
    *from = *to = 0;
    if (U_FAILURE(status))
        return;
    int32_t first = *to = ubrk_next(breaks);
    for (int32_t at = 0, next = first; next != UBRK_DONE; at = next, next = ubrk_next(breaks)) {
        if (is_letter(units, at, next)) {
            *from = at;
            *to = next;
            break;
        }
    }
    ubrk_close(breaks);
}

/* Title case: of most scripts the capital, and what Georgian and the digraphs have in its place. */
static bool take_initial(const char *name, char *out, int32_t capacity)
{
    UChar units[NAME_UNITS], title[NAME_UNITS];
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = 0, from, to, len = 0;
    u_strFromUTF8WithSub(units, NAME_UNITS, &count, name, -1, 0xfffd, NULL, &status);
    if (status == U_BUFFER_OVERFLOW_ERROR || status == U_STRING_NOT_TERMINATED_WARNING)
        status = U_ZERO_ERROR;
    count = count < NAME_UNITS ? count : NAME_UNITS;
    if (U_FAILURE(status) || count == 0)
        return false;
    find_cluster(units, count, &from, &to);
    int32_t cased = u_strToTitle(title, NAME_UNITS, units + from, to - from, NULL, "", &status);
    if (U_SUCCESS(status))
        u_strToUTF8(out, capacity, &len, title, cased < NAME_UNITS ? cased : NAME_UNITS, &status);
    return status == U_ZERO_ERROR && len > 0;
}

static struct text_layout *lay_out_initial(struct node *node, const struct avatar_options *options)
{
    char initial[NAME_UNITS * 4];
    if (!options->name || !take_initial(options->name, initial, sizeof(initial)))
        return NULL;
    return node_layout(node, &(struct text_options){.text = str_from(initial), .is_bold = true, .max_lines = 1,
        .size_px = (float)options->size_px * 0.5f, .is_single_paragraph = true});
}

/* ---- the colour */

/* Of one lightness, so that a white letter is read on each. */
static struct color own_color(const char *name)
{
    static const char *const colors[] = {"#C2410C", "#B4236A", "#7C3AED", "#2563EB", "#0F766E", "#4D7C0F", "#A16207",
        "#475569"};
    static const struct hash_key key = {{0x616e746970686f6e, 0x6176617461727321}};
    struct color color = {0};
    const char *text = name ? name : "";
    color_parse(colors[hash_bytes(&key, text, strlen(text)) % ARRAY_LENGTH(colors)], &color);
    return color;
}

static float contrast(struct color a, struct color b)
{
    float first = color_luminance(a) + 0.05f, second = color_luminance(b) + 0.05f;
    return first > second ? first / second : second / first;
}

static void choose_colors(struct avatar *avatar, const struct avatar_options *options)
{
    static const struct color white = {1, 1, 1, 1}, dark = {0.07f, 0.08f, 0.1f, 1};
    if (!color_parse(options->color, &avatar->color))
        avatar->color = own_color(options->name);
    avatar->color.a = 1;
    // White looks better on a middling colour, until it can no longer be read (WCAG 2.1, 1.4.3: large text 3 to 1).
    avatar->ink = contrast(avatar->color, white) >= 3 ? white : dark;
}

/* ---- the door */

struct avatar *avatar_create(struct node *node, const struct avatar_options *options)
{
    struct avatar *avatar = xcalloc(1, sizeof(*avatar));
    avatar->size_px = options->size_px;
    choose_colors(avatar, options);
    if (options->url && *options->url)
        avatar->place = picture_place_create(node, &(struct picture_want){.url = options->url, .fit = PICTURE_COVER,
            .width_px = options->size_px, .height_px = options->size_px, .radius_px = (options->size_px + 1) / 2});
    avatar->initial = lay_out_initial(node, options);
    return avatar;
}

void avatar_destroy(struct avatar *avatar)
{
    if (!avatar)
        return;
    picture_place_destroy(avatar->place);
    text_layout_destroy(avatar->initial);
    free(avatar);
}

static void paint_disc(const struct avatar *avatar, struct canvas *layer, const struct box *box)
{
    const struct color light = color_mix(avatar->color, (struct color){1, 1, 1, 1}, 0.12f);
    canvas_fill(layer, &(struct shape){*box, (box->width + 1) / 2, 0}, &(struct fill){light, avatar->color, true, false});
    if (!avatar->initial)
        return;
    // By its ink, not by its line: a letter in a disc must look centred.
    const struct text_box *ink = &avatar->initial->ink;
    canvas_text(layer, avatar->initial, box->x + (box->width - ink->width_px) / 2 - ink->x_px,
        box->y + (box->height - ink->height_px) / 2 - ink->y_px, avatar->ink);
}

void avatar_paint(struct avatar *avatar, struct canvas *layer, int x, int y)
{
    const struct box box = {x, y, avatar->size_px, avatar->size_px};
    if (!avatar->place || picture_place_state(avatar->place) != PICTURE_HERE)
        paint_disc(avatar, layer, &box);
    if (avatar->place)
        picture_place_paint(avatar->place, layer, &box);
}
