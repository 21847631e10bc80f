#include "overlay/theme_fields.h"

#include <string.h>

#include "base/nearest.h"
#include "overlay/theme.h"

const char *const theme_anchors[] = {"top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom",
    "bottom-right", NULL};
const char *const theme_curves[] = {"arrive", "linear", "ease", "ease-in", "ease-out", "ease-in-out", "swing", NULL};

static const char *const corner_names[] = {"round", "cut", NULL};
static const char *const move_names[] = {"fade", "slide", "grow", NULL};
static const char *const ornament_names[] = {"none", "bar", "frame", "corners", "stripes", "lines", "dots", "grid", "shape",
    NULL};

#define IN(type, key, kind, member, what) {key, kind, offsetof(struct type, member), what}

static const struct theme_field colors[] = {
    IN(theme_colors, "text", VALUE_COLOR, text, "words on the card"),
    IN(theme_colors, "text_soft", VALUE_COLOR, text_soft, "counts, times, the second language"),
    IN(theme_colors, "line", VALUE_COLOR, line, "thin lines between rows"),
    IN(theme_colors, "accent", VALUE_COLOR, accent, "lights, rings, digits that matter"),
    IN(theme_colors, "outline", VALUE_COLOR, outline, "around letters, where `outline` of the card has a width"),
    IN(theme_colors, "mark", VALUE_COLOR, mark, "the mark of a platform that `platforms` does not name"),
    IN(theme_colors, "mark_ink", VALUE_COLOR, mark_ink, "the letter on that mark"),
    IN(theme_colors, "stripe", VALUE_FILL, stripe, "the bar beside a question; a goal that is reached"),
    IN(theme_colors, "track", VALUE_FILL, track, "an option's row; the ground of a goal's bar"),
    IN(theme_colors, "bar", VALUE_FILL, bar, "an option's share"),
    IN(theme_colors, "leader", VALUE_FILL, leader, "the share of the most votes; the way to a goal"),
    {0},
};

static const struct theme_field border[] = {
    IN(theme_border, "width", VALUE_LENGTH, width_px, "of the line; 0: none"),
    IN(theme_border, "color", VALUE_COLOR, color, "of the line"),
    IN(theme_border, "dash", VALUE_LENGTH, dash_px, "length of a dash; 0: the line is drawn through"),
    IN(theme_border, "gap", VALUE_LENGTH, gap_px, "between two dashes"),
    {0},
};

static const struct theme_field shadow[] = {
    IN(shadow, "color", VALUE_COLOR, color, "of the shadow; transparent: none"),
    {"blur", VALUE_LENGTH, offsetof(struct shadow, blur_px), "how far it fades out; 0: a hard edge", 0, 256},
    {"x", VALUE_SHIFT, offsetof(struct shadow, dx), "how far it falls to the right", -256, 256},
    {"y", VALUE_SHIFT, offsetof(struct shadow, dy), "how far it falls down", -256, 256},
    {0},
};

static const struct theme_field ornament[] = {
    {"kind", VALUE_CHOICE, offsetof(struct theme_ornament, kind), "what is drawn", .choices = ornament_names},
    IN(theme_ornament, "fill", VALUE_FILL, fill, "its colour; bars may have a gradient"),
    IN(theme_ornament, "at", VALUE_ANCHOR, at, "bar, shape: the edge or corner it stands at"),
    {"x", VALUE_SHIFT, offsetof(struct theme_ornament, x_px), "inwards from there, negative: outwards; frame, corners: on all sides", -512, 512},
    {"y", VALUE_SHIFT, offsetof(struct theme_ornament, y_px), "inwards from there, negative: outwards", -512, 512},
    IN(theme_ornament, "size", VALUE_LENGTH, size_px, "thickness of a bar, side of a shape, arms of the corners"),
    IN(theme_ornament, "length", VALUE_LENGTH, length_px, "of a bar; 0: the whole edge"),
    IN(theme_ornament, "width", VALUE_LENGTH, width_px, "of a frame's or corner's line, of a stripe, line or dot"),
    {"every", VALUE_LENGTH, offsetof(struct theme_ornament, every_px), "pattern: from one to the next", 0, 256},
    IN(theme_ornament, "radius", VALUE_LENGTH, radius_px, "of a bar's corners"),
    IN(theme_ornament, "fixed", VALUE_FLAG, is_fixed, "not mirrored where the card is read from the right"),
    IN(theme_ornament, "rings", VALUE_RINGS, points, "shape: lists of [x, y] in a square of 24, even-odd"),
    {0},
};

static const struct theme_field surface[] = {
    IN(theme_surface, "fill", VALUE_FILL, fill, "of the card"),
    {"border", VALUE_SECTION, offsetof(struct theme_surface, border), "the line around it", .fields = border},
    IN(theme_surface, "radius", VALUE_CORNERS, radius_px, "of its corners: one, or [top left, top right, bottom left, bottom right]"),
    {"corners", VALUE_CHOICE, offsetof(struct theme_surface, corners), "rounded, or cut off straight", .choices = corner_names},
    {"shadow", VALUE_SECTION, offsetof(struct theme_surface, shadow), "under it", .fields = shadow},
    {"ornaments", VALUE_ORNAMENTS, offsetof(struct theme_surface, ornaments), "drawn on it in this order, at most 6", .fields = ornament},
    {0},
};

static const struct theme_field motion[] = {
    {"kind", VALUE_CHOICE, offsetof(struct theme_motion, kind), "how it comes or goes; all fade as well", .choices = move_names},
    IN(theme_motion, "from", VALUE_ANCHOR, from, "slide: from (and to) that side; grow: out of that side or corner"),
    IN(theme_motion, "way", VALUE_LENGTH, way_px, "slide: how far"),
    {"size", VALUE_NUMBER, offsetof(struct theme_motion, percent), "grow: percent of its size to begin with", 1, 200},
    {"ms", VALUE_NUMBER, offsetof(struct theme_motion, duration_ms), "how long it takes", 0, 5000},
    IN(theme_motion, "curve", VALUE_CURVE, curve, "a name, or [x1, y1, x2, y2] of CSS's cubic-bezier()"),
    {0},
};

static const struct theme_field motions[] = {
    {"enter", VALUE_SECTION, offsetof(struct theme_motions, enter), "a card comes", .fields = motion},
    {"leave", VALUE_SECTION, offsetof(struct theme_motions, leave), "a card goes", .fields = motion},
    {"count_ms", VALUE_NUMBER, offsetof(struct theme_motions, count_ms), "until a changed count has arrived", 0, 5000},
    {0},
};

#define OF_CARD(key, kind, member, what) {key, kind, offsetof(struct theme_card, member), what}
static const struct theme_field card[] = {
    {"colors", VALUE_SECTION, offsetof(struct theme_card, colors), "of this kind of card alone", .fields = colors},
    {"surface", VALUE_SECTION, offsetof(struct theme_card, surface), "of this kind of card alone", .fields = surface},
    {"motion", VALUE_SECTION, offsetof(struct theme_card, motion), "of this kind of card alone", .fields = motions},
    OF_CARD("anchor", VALUE_ANCHOR, anchor, "which edge or corner of the view it is held at"),
    OF_CARD("x", VALUE_ACROSS, x_px, "from that edge, a fraction of the view's width"),
    OF_CARD("y", VALUE_DOWN, y_px, "from that edge, a fraction of the view's height"),
    OF_CARD("width_min", VALUE_WIDTH, width_min_px, "never narrower"),
    OF_CARD("width_max", VALUE_WIDTH, width_max_px, "never wider"),
    OF_CARD("padding_x", VALUE_LENGTH, padding_x_px, "left and right of what is in it"),
    OF_CARD("padding_y", VALUE_LENGTH, padding_y_px, "above and below"),
    OF_CARD("gap", VALUE_LENGTH, gap_px, "between its parts"),
    OF_CARD("text", VALUE_LENGTH, text_px, "size of its text"),
    OF_CARD("text_min", VALUE_LENGTH, text_min_px, "it shrinks so far before it is cut"),
    {"lines", VALUE_NUMBER, offsetof(struct theme_card, text_lines), "of text at most", 0, 40},
    {"leading", VALUE_NUMBER, offsetof(struct theme_card, leading), "from line to line, hundredths of the size; wider where a script needs it", 0, 400},
    OF_CARD("small", VALUE_LENGTH, small_px, "size of names and counts"),
    OF_CARD("mark", VALUE_LENGTH, mark_px, "side of a platform's mark"),
    OF_CARD("row", VALUE_LENGTH, row_px, "height of a row; captions: the room of a track"),
    OF_CARD("row_gap", VALUE_LENGTH, row_gap_px, "between rows"),
    OF_CARD("row_radius", VALUE_LENGTH, row_radius_px, "of a row's corners"),
    OF_CARD("bar", VALUE_LENGTH, bar_px, "width of the stripe beside the text; 0: none"),
    {"items", VALUE_NUMBER, offsetof(struct theme_card, items), "lines of chat at most, alerts that wait at most; 0: as there is room", 0, 100},
    {"stay_s", VALUE_NUMBER, offsetof(struct theme_card, stay_s), "that a line of chat stands; 0: until newer ones push it out", 0, 3600},
    {"quiet_ms", VALUE_NUMBER, offsetof(struct theme_card, quiet_ms), "between two alerts", 0, 60000},
    OF_CARD("speed", VALUE_LENGTH, speed_px, "a second, of what runs through the ticker"),
    OF_CARD("outline", VALUE_LENGTH, outline_px, "captions: width of a line around the letters, with a soft shadow; 0: none"),
    {0},
};

static const struct theme_field roles[] = {
    {"text", VALUE_FACES, THEME_TEXT * sizeof(struct text_faces), "questions, chat, notes"},
    {"title", VALUE_FACES, THEME_TITLE * sizeof(struct text_faces), "a poll's question, headings"},
    {"name", VALUE_FACES, THEME_NAME * sizeof(struct text_faces), "people"},
    {"caption", VALUE_FACES, THEME_CAPTION * sizeof(struct text_faces), "subtitles"},
    {"number", VALUE_FACES, THEME_NUMBER * sizeof(struct text_faces), "votes, sums, time left"},
    {0},
};

const struct theme_field theme_mark_fields[] = {
    {"color", VALUE_COLOR, 0, "of the square"},
    {"ink", VALUE_COLOR, 0, "of the sign on it"},
    {"rings", VALUE_RINGS, 0, "lists of [x, y] in a square of 24, even-odd; none: its first letter"},
    {0},
};

#define KIND(key, kind, what) {key, VALUE_SECTION, offsetof(struct theme, cards) + (kind) * sizeof(struct theme_card), what, \
    .fields = card, .is_of_kind = true}
const struct theme_field theme_root[] = {
    {"$schema", VALUE_NOTE, 0, "where an editor finds this schema"},
    {"name", VALUE_NOTE, 0, "for people"},
    {"about", VALUE_NOTE, 0, "for people: what it is meant for, who made it"},
    {"colors", VALUE_SECTION, offsetof(struct theme, usual.colors), "of all cards", .fields = colors},
    {"surface", VALUE_SECTION, offsetof(struct theme, usual.surface), "of all cards", .fields = surface},
    {"motion", VALUE_SECTION, offsetof(struct theme, usual.motion), "of all cards", .fields = motions},
    {"safe", VALUE_LENGTH, offsetof(struct theme, safe_px), "no card comes nearer to the view's edges, where the view has no safe area of its own"},
    {"between", VALUE_LENGTH, offsetof(struct theme, between_px), "from card to card"},
    {"fonts", VALUE_SECTION, offsetof(struct theme, faces), "families by kind of text, script and language", .fields = roles},
    {"name_contrast", VALUE_NUMBER, offsetof(struct theme, name_contrast), "that people's own colours have at least, tenths: 45 is 4.5 to 1", 10, 210},
    {"mark_radius", VALUE_NUMBER, offsetof(struct theme, mark_radius), "of platform marks, percent of their side: 0 square, 50 round", 0, 50},
    KIND("question", THEME_QUESTION, "a question from the chat"),
    KIND("poll", THEME_POLL, "a poll with its bars"),
    KIND("captions", THEME_CAPTIONS, "subtitles"),
    KIND("chat", THEME_CHAT, "the last lines of the chat"),
    KIND("ticker", THEME_TICKER, "a line of gifts and memberships"),
    KIND("alert", THEME_ALERT, "a gift, a membership, a raid"),
    KIND("shoutout", THEME_SHOUTOUT, "another streamer"),
    KIND("goal", THEME_GOAL, "a bar that fills"),
    KIND("countdown", THEME_COUNTDOWN, "time left; the next show"),
    KIND("rules", THEME_RULES, "the rules of the chat"),
    KIND("qr", THEME_QR, "an address to scan"),
    KIND("note", THEME_NOTE, "the host's own text or picture"),
    KIND("holding", THEME_HOLDING, "\"back soon\", while no input is there"),
    {"platforms", VALUE_MARKS, 0, "per platform its mark", .fields = theme_mark_fields},
    {"portrait", VALUE_PORTRAIT, 0, "what is different where the view is taller than wide: the same sections once more"},
    {0},
};

const char *theme_kind_name(enum theme_kind kind)
{
    const struct theme_field *field = theme_root;
    while (!field->is_of_kind)
        field++;
    return field[kind].key;
}

const struct theme_field *theme_find_field(const struct theme_field *fields, const char *key)
{
    for (; fields->key; fields++) {
        if (strcmp(fields->key, key) == 0)
            return fields;
    }
    return NULL;
}

const char *theme_nearest(const struct theme_field *fields, const char *key)
{
    struct nearest nearest = {.word = key};
    for (; fields->key; fields++)
        nearest_try(&nearest, fields->key);
    return nearest.found;
}
