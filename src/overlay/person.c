#include "overlay/person.h"

#include <math.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "overlay/node.h"
#include "overlay/theme.h"

enum { NAME_SCALARS = 24 };

static float contrast(struct color a, struct color b)
{
    float light = color_luminance(a) + 0.05f, dark = color_luminance(b) + 0.05f;
    return light > dark ? light / dark : dark / light;
}

struct color person_color(const struct node *node, const char *wanted)
{
    const struct theme_card *look = node_look(node);
    const struct color top = fill_at(&look->surface.fill, 0), bottom = fill_at(&look->surface.fill, 1);
    float least = (float)node->stage->theme->name_contrast / 10;
    struct color color;
    if (!color_parse(wanted, &color))
        return look->colors.text;
    color.a = 1;
    for (int step = 0; step < 16 && (contrast(color, top) < least || contrast(color, bottom) < least); step++)
        color = color_mix(color, look->colors.text, 0.15f);
    return color;
}

/* Bytes of the first `max` scalars, marks behind the last of them not counted. */
static size_t first_scalars(const char *text, size_t max)
{
    size_t count = 0, at = 0;
    for (; text[at]; at++) {
        if (((unsigned char)text[at] & 0xc0) != 0x80 && count++ == max)
            break;
    }
    return at;
}

void person_add_name(const json_t *author, struct buffer *out)
{
    const char *name = json_get_text(author, "name");
    name = name ? name : "";
    size_t len = first_scalars(name, NAME_SCALARS);
    buffer_add(out, name, len);
    if (name[len])
        buffer_add_string(out, "…");
}

/* ---- roles */

#define RGB(hex) {(float)((hex) >> 16 & 0xff) / 255, (float)((hex) >> 8 & 0xff) / 255, (float)((hex) & 0xff) / 255, 1}

/* Rings in a square of 24 x 24. */
static const struct role {
    const char *name;
    struct color color;
    struct point points[12];
    size_t count;
} roles_known[PERSON_ROLES] = {
    [PERSON_BROADCASTER] = {"broadcaster", RGB(0xd93a40), {{5, 7.5f}, {14.5f, 7.5f}, {14.5f, 10.5f}, {19.5f, 7.5f},
        {19.5f, 16.5f}, {14.5f, 13.5f}, {14.5f, 16.5f}, {5, 16.5f}, {5, 7.5f}}, 9},  // a camera
    [PERSON_MODERATOR] = {"moderator", RGB(0x1f8f55), {{12, 4}, {18.5f, 6.5f}, {18.2f, 12.5f}, {16, 16.8f}, {12, 20},
        {8, 16.8f}, {5.8f, 12.5f}, {5.5f, 6.5f}, {12, 4}}, 9},  // a shield
    [PERSON_VIP] = {"vip", RGB(0xc2368c), {{8, 6}, {16, 6}, {19.5f, 10.5f}, {12, 19}, {4.5f, 10.5f}, {8, 6}}, 6},  // a gem
    [PERSON_VERIFIED] = {"verified", RGB(0x2f74d8), {{5, 12.4f}, {7.2f, 10.2f}, {10.3f, 13.3f}, {16.8f, 6.8f}, {19, 9},
        {10.3f, 17.7f}, {5, 12.4f}}, 7},  // a tick
    [PERSON_SUBSCRIBER] = {"subscriber", RGB(0x7a58d6), {{12, 4.2f}, {14.2f, 9.2f}, {19.6f, 9.7f}, {15.5f, 13.3f},
        {16.7f, 18.6f}, {12, 15.8f}, {7.3f, 18.6f}, {8.5f, 13.3f}, {4.4f, 9.7f}, {9.8f, 9.2f}, {12, 4.2f}}, 11},  // a star
};

static bool has_role(const json_t *list, const char *name)
{
    size_t i;
    json_t *role;
    json_array_foreach((json_t *)(uintptr_t)list, i, role) {
        if (json_is_string(role) && strcmp(json_string_value(role), name) == 0)
            return true;
    }
    return false;
}

size_t person_roles(const json_t *author, enum person_role roles[PERSON_ROLES_MAX])
{
    const json_t *list = json_object_get(author, "roles");
    size_t count = 0;
    for (int role = 0; role < PERSON_ROLES && count < PERSON_ROLES_MAX; role++) {
        if (has_role(list, roles_known[role].name))
            roles[count++] = (enum person_role)role;
    }
    return count;
}

void person_paint_role(struct canvas *layer, enum person_role role, const struct box *box, float opacity)
{
    const struct role *of = &roles_known[role];
    struct point points[ARRAY_LENGTH(of->points)];
    struct color ground = of->color;
    float scale = (float)box->width / 24;
    for (size_t i = 0; i < of->count; i++)
        points[i] = (struct point){(float)box->x + of->points[i].x * scale, (float)box->y + of->points[i].y * scale};
    ground.a *= opacity;
    canvas_fill(layer, &(struct shape){.box = *box, .radius_px = box->width * 7 / 24}, &(struct fill){.color = ground});
    canvas_polygon(layer, points, of->count, (struct color){1, 1, 1, opacity});
}

struct text_layout *person_mark_initial(struct node *node, const char *platform, int mark_px)
{
    if (!platform || theme_find_mark(node->stage->theme, platform))
        return NULL;
    char initial[2] = {platform[0] >= 'a' && platform[0] <= 'z' ? (char)(platform[0] - 'a' + 'A') : platform[0]};
    return node_layout(node, &(struct text_options){
        .text = str_from(initial), .size_px = (float)mark_px * 0.6f, .is_bold = true, .max_lines = 1});
}
