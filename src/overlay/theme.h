/*
 * theme.h - how cards look: colours, surfaces, faces, sizes, places, motion, platform marks.
 * A theme is JSON and changes what it names; all else is the built-in theme, assets/themes/evening. docs/themes.md tells
 * of every key. Lengths are px of a picture 1080 px on its shorter side and are scaled to the view when loaded, places
 * are fractions of the view; a view taller than wide takes the theme's "portrait" on top.
 * Immutable once loaded. Thread: its owner's.
 */
#pragma once

#include "overlay/animation.h"
#include "painter/painter.h"
#include "text/text.h"

struct buffer;
struct error;

enum theme_kind {
    THEME_QUESTION,
    THEME_POLL,
    THEME_CAPTIONS,
    THEME_CHAT,
    THEME_TICKER,
    THEME_ALERT,
    THEME_SHOUTOUT,
    THEME_GOAL,
    THEME_COUNTDOWN,
    THEME_RULES,
    THEME_QR,
    THEME_NOTE,
    THEME_HOLDING,
    THEME_KINDS,
};

/* What a text is for: each has faces of its own. */
enum theme_role { THEME_TEXT, THEME_TITLE, THEME_NAME, THEME_CAPTION, THEME_NUMBER, THEME_ROLES };

/* Where a thing is held: -1 left or top, 0 middle, 1 right or bottom. */
struct theme_anchor {
    int across, down;
};

/* Inks, and what bars are filled with. A kind of card may have its own. */
struct theme_colors {
    struct color text, text_soft;      // on the card: words; counts, times, the second language
    struct color line;                 // thin, between rows
    struct color accent;               // lights, rings, digits that matter
    struct color outline;              // around letters that have one
    struct color mark, mark_ink;       // of platforms that the theme does not know
    struct fill stripe;                // the bar beside a question
    struct fill track, bar, leader;    // an option's row, its share, that of the most votes
};

struct theme_border {
    int width_px;
    struct color color;
    int dash_px, gap_px;               // 0: drawn through
};

enum theme_ornament_kind {
    THEME_ORNAMENT_NONE,
    THEME_ORNAMENT_BAR,      // along an edge
    THEME_ORNAMENT_FRAME,    // a second border
    THEME_ORNAMENT_CORNERS,  // angles at the four corners
    THEME_ORNAMENT_STRIPES,
    THEME_ORNAMENT_LINES,
    THEME_ORNAMENT_DOTS,
    THEME_ORNAMENT_GRID,
    THEME_ORNAMENT_SHAPE,    // rings, as those of a platform's mark
};

enum { THEME_ORNAMENTS_MAX = 6, THEME_ORNAMENT_POINTS_MAX = 64 };

/* What is drawn on, at or beside a card. Mirrored where the card is read from the right. */
struct theme_ornament {
    enum theme_ornament_kind kind;
    struct fill fill;
    struct theme_anchor at;      // bar, shape: the edge or corner it stands at
    int x_px, y_px;              // inwards from there; negative: outwards. Frame and corners: x on all sides
    int size_px;                 // thickness of a bar; side of a shape; length of an angle's arms
    int length_px;               // of a bar; 0: the whole edge
    int width_px;                // of a line, a stripe or a dot
    int every_px;                // of a pattern: from one to the next
    int radius_px;
    bool is_fixed;               // stays where it is also where the card is read from the right
    struct point points[THEME_ORNAMENT_POINTS_MAX];  // rings in a square of 24 x 24
    size_t point_count;
};

enum theme_corners { THEME_CORNERS_ROUND, THEME_CORNERS_CUT };

/* What a card lies on. */
struct theme_surface {
    struct fill fill;
    struct theme_border border;
    int radius_px[4];            // top left, top right, bottom left, bottom right
    enum theme_corners corners;
    struct shadow shadow;
    struct theme_ornament ornaments[THEME_ORNAMENTS_MAX];
    size_t ornament_count;
};

enum theme_move { THEME_FADE, THEME_SLIDE, THEME_GROW };

struct theme_motion {
    enum theme_move kind;
    struct theme_anchor from;    // slide: from that side; grow: out of that side or corner
    int way_px;                  // slide
    int percent;                 // grow: of its size to begin with
    int duration_ms;
    struct curve curve;
};

struct theme_motions {
    struct theme_motion enter, leave;
    int count_ms;                // that a changed count takes to arrive
};

/* Every kind of card uses the members that it has a use for. */
struct theme_card {
    struct theme_colors colors;
    struct theme_surface surface;
    struct theme_motions motion;
    struct theme_anchor anchor;
    int x_px, y_px;              // distance from the anchored edges; from the middle where it is 0
    int width_min_px, width_max_px;
    int padding_x_px, padding_y_px;
    int gap_px;                  // between the parts of the card
    int text_px, text_min_px;    // of the em; shrinks that far before it is cut
    int text_lines;
    int leading;                 // from line to line, hundredths of the em; wider where the script needs it
    int small_px;                // name of an author, counts
    int mark_px;                 // platform mark
    int row_px, row_gap_px, row_radius_px;  // an option of a poll
    int bar_px;                  // the accent beside a question
    int items;                   // lines of chat at most, alerts that wait at most; 0: no bound but the room
    int stay_s;                  // that a line of chat stands; 0: until newer ones push it out
    int quiet_ms;                // between two alerts
    int speed_px;                // a second, of what runs through the ticker
    int outline_px;              // around the letters of subtitles, with a soft shadow; 0: none
};

struct theme_mark {
    char *platform;  // owned: "twitch"
    struct color color, ink;
    struct point *points;  // owned; rings in a square of 24 x 24
    size_t point_count;
};

struct theme {
    struct theme_card usual;     // only colors, surface and motion: what kinds of cards have that name none of their own
    struct theme_card cards[THEME_KINDS];
    struct text_faces faces[THEME_ROLES];
    int safe_px, between_px;     // from the view's edges, where the view says nothing else; from card to card
    int name_contrast;           // that people's own colours have on a card at least, tenths: 45 is 4.5 to 1
    int mark_radius;             // percent of a mark's side: 0 square, 50 round
    bool is_motion_reduced;      // cards fade; nothing travels, nothing runs in a loop
    struct theme_mark *marks;    // owned
    size_t mark_count;
};

struct theme_options {
    int width_px, height_px;     // of the view
    bool is_motion_reduced;
};

/*
 * path: a theme's file, or the folder with its theme.json; NULL: the built-in theme. NULL: err names file, line, key,
 * value and what is expected.
 */
struct theme *theme_load(const char *path, const struct theme_options *options, struct error *err);

/* From memory, as if read from `path`. */
struct theme *theme_parse(const char *path, const char *text, size_t len, const struct theme_options *options,
    struct error *err);
void theme_destroy(struct theme *theme);  // accepts NULL

/* The text of the built-in theme. */
const char *theme_built_in(void);

/* The JSON schema of a theme's file, made from the table that reads it. */
void theme_write_schema(struct buffer *out);

/* "question"; the key of its section. */
const char *theme_kind_name(enum theme_kind kind);

/* NULL: the theme does not know this platform. */
const struct theme_mark *theme_find_mark(const struct theme *theme, const char *platform);
