/*
 * node.h - a thing on screen: one card from its entrance to its exit.
 * A card paints itself into a layer of its own, only where it changed; the view lays the layers over one another. So a
 * card that fades or moves is drawn once and then only shifted, and a still one costs nothing.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>

#include "base/buffer.h"
#include "base/list.h"
#include "overlay/animation.h"
#include "overlay/layout.h"
#include "overlay/theme.h"
#include "painter/damage.h"
#include "painter/painter.h"
#include "text/text.h"

struct costs;
struct pictures;
struct poison;
struct wants;

/* What the cards of one view have in common. All borrowed, all outlive the cards. */
struct stage {
    struct painter *painter;
    struct text_engine *text;
    struct poison *poison;      // NULL: none
    const struct theme *theme;  // scaled to this view
    const char *language;       // BCP 47, never NULL
    int width_px, height_px;
    struct box safe, strips;    // cards stay inside the one, those that go from edge to edge inside the other
    struct box face;            // and off this; empty: none
    int64_t (*unix_ms)(void);   // the wall clock, never NULL
    struct pictures *pictures;  // avatars, emotes; NULL: there are none
    bool is_motion_reduced;     // pictures stand still
    struct costs *costs;        // what its cards cost is added here; NULL: nobody asks
    /* Optional. Something came from outside: advance the nodes soon. */
    void (*wake)(void *data);
    void *wake_data;
    /* Optional. An alert begins: "gift", "membership", "raid", or "more" for the sum of those that had no room. */
    void (*alerted)(void *data, const char *kind);
    void *alerted_data;
};

enum node_stage {
    NODE_SHOWN,    // also while it still enters
    NODE_LEAVING,
    NODE_GONE,     // to be removed with the next frame
};

struct node {
    const struct node_impl *impl;
    const struct stage *stage;
    struct list link;          // in scene.nodes
    char *id;                  // owned: "question:12"; one card on air keeps its id
    int slot;                  // which of several cards of one kind, from the anchored edge
    json_t *last;              // owned; the card as it was last told
    struct buffer words;       // its texts, as they came: what a poison note is about
    enum node_stage state;
    int room_px, room_width_px;  // that it may take, see node_room(); 0: what it likes
    struct size natural;       // that it takes where it may take what it likes
    struct size reserved;      // kept for it even while it needs less; 0: nothing
    struct size least;         // that it cannot go below; 0: not known
    bool is_rtl;               // it is read from the right: ornaments are mirrored
    bool is_skipped;           // it killed the process before, or there is no memory for it: takes no place
    struct tween presence;     // 0 away, 1 there
    struct box place;          // given by the scene, px of the view; the card is held in it; empty: as in the theme
    struct box aim;            // the place that it is to have, as soon as the way is free; empty: there is no room now
    struct tween shift_x, shift_y;  // px from its place, on the way to it
    bool is_resized;           // since the scene last placed it
    bool is_told;              // that it waits

    int64_t stay_until_ms;     // it is not wanted any more, and stands until then; 0: it is wanted
    int64_t wake_ms;           // advance it then, if nothing does before; 0: it waits for nothing
    struct list places;        // struct picture_place, the pictures in it
    bool is_stale;             // a picture needs other room than was kept for it: node_refresh()

    struct box box;            // layer on the view, where it rests, shadow included
    struct box card;           // the card in the layer, without shadow
    struct canvas *layer;      // owned; NULL: nothing to see
    struct damage damage;      // of the layer
    struct damage scrolled;    // of the layer: px that only moved, and are not on the view yet
    struct box drawn;          // where the view shows it now; empty: nowhere
    float drawn_opacity;

    struct buffer missing;     // uint32_t scalars that no face has, each once
    bool is_cut, is_shrunk;    // not all of its text is to be seen; it is smaller than usual
    struct { uint64_t layouts, paints; } count;
};

struct node_impl {
    const char *name;  // "question"; also the key in the on-air state
    enum theme_kind kind;
    bool has_shadow;   // lies on node_paint_surface()
    /* Required. Adds the cards of this kind that the view's on-air state asks for. */
    void (*want)(const json_t *state, struct wants *wants);
    /* Required. The kind's own struct, zeroed but for what it needs; the base is filled by node_create(). */
    struct node *(*create)(void);
    /*
     * Required. Takes over what the on-air state says, lays out, calls node_place() and damages what changed.
     * before: what it said last; NULL: the first time. at_once: show the end of every movement.
     */
    void (*update)(struct node *node, const json_t *card, const json_t *before, int64_t now_ms, bool at_once);
    /* Required. Paints the whole card; the layer's clip holds off what is not damaged. */
    void (*paint)(struct node *node, struct canvas *layer);
    /* Optional. Moves what moves inside the card and damages it; true: there is more to come. */
    bool (*advance)(struct node *node, int64_t now_ms);
    /*
     * Optional. Lays out again what it was told last: a picture in it needs other room than was kept for it.
     * NULL: update() with before NULL and at_once.
     */
    void (*refresh)(struct node *node, int64_t now_ms);
    /* Optional: true if the card shows this message or author. */
    bool (*is_from)(const struct node *node, uint64_t message, const char *platform, const char *author);
    /*
     * Optional, of a card with what many wrote: drops what is of this message or author, and damages. True: there was
     * something. What the card was told last has been rid of it already.
     */
    bool (*forget)(struct node *node, uint64_t message, const char *platform, const char *author);
    /*
     * Optional. The state does not ask for it any more: so long it stands all the same; 0: it leaves. Asked with every
     * state, and again counts from the first time on.
     */
    int (*stay_ms)(struct node *node, const json_t *state);
    /* Required. Appends all texts that will be drawn: words. */
    void (*read)(const json_t *card, struct buffer *words);
    /* Required. Frees the kind's struct; the base is finished already. */
    void (*destroy)(struct node *node);
};

/* Enters, or with at_once is there. Damaging nothing yet: node_update() does. */
struct node *node_create(const struct node_impl *impl, const struct stage *stage, const char *id, int slot);
void node_destroy(struct node *node);  // accepts NULL

/* The card as the on-air state has it. Guarded by a poison note. */
void node_update(struct node *node, const json_t *card, int64_t now_ms, bool at_once);
void node_enter(struct node *node, int64_t now_ms, int delay_ms, bool at_once);
void node_leave(struct node *node, int64_t now_ms, bool at_once);

/* Out of sight for want of room, not gone: node_enter() brings it back. */
void node_retreat(struct node *node, int64_t now_ms, bool at_once);

/*
 * Rests in this place from now on, laid out anew if the room in it is another; moves there from where it is, or with
 * at_once is there.
 */
void node_move(struct node *node, const struct box *place, int64_t now_ms, bool at_once);

/* Lays it out for this room, where it is now; none that is smaller than its natural size is no bound. */
void node_fit(struct node *node, int width_px, int height_px, int64_t now_ms);

/* Moves it; true: call again with the next frame. */
bool node_advance(struct node *node, int64_t now_ms);

/* It is not stale any more; its size may be another. Guarded by a poison note. */
void node_refresh(struct node *node, int64_t now_ms);

/* The theme is another one: the card is laid out anew, as if it were told the same for the first time. */
void node_restyle(struct node *node, int64_t now_ms);

/* Brings the layer up to date, painting only its damage. Guarded by a poison note. */
void node_paint(struct node *node);

/* Its place on its way there, without shadow. */
struct box node_place_now(const struct node *node, int64_t now_ms);

/* Drops what is of this message or author, of a kind that holds many. True: there was something. */
bool node_forget(struct node *node, uint64_t message, const char *platform, const char *author);

/* Where the layer belongs now, and how opaque. Of another size than the layer: it is scaled while it grows. */
struct box node_position(const struct node *node, int64_t now_ms, float *opacity);

/* Its section of the theme. */
const struct theme_card *node_look(const struct node *node);

/* ---- for the cards */

/* Where cards of a kind may stand. A strip from edge to edge is cut by them, not by the safe area. */
struct box stage_bounds(const struct stage *stage, enum theme_kind kind);

/* What the card's width and height may be at most: the theme's limit, the room that the other cards leave, its bounds. */
struct size node_room(const struct node *node);

/*
 * Keeps room for a card that is to become larger: when it does, no other card moves. Never less than was reserved
 * before.
 */
void node_reserve(struct node *node, int width_px, int height_px);

/* What the card can go down to in less room. Not called: half its height and three fifths of its width, or what it is found to need. */
void node_set_least(struct node *node, int width_px, int height_px);

/* A card of this size at its place; makes the layer and damages it all if the size is new. */
void node_place(struct node *node, int width_px, int height_px);
void node_damage(struct node *node, const struct box *box);  // in the layer

/*
 * What is inside the box of the layer moves; what was uncovered is damaged. So a card that scrolls is copied, and painted
 * only where it is new.
 */
void node_scroll(struct node *node, const struct box *box, int dx, int dy);

/*
 * Around the layout of one part of a card that holds what many wrote: it alone is left out if it ended the program before
 * (false), and not the whole card.
 */
bool node_begin_part(const struct node *node, struct str words);
void node_end_part(const struct node *node);

/* To be said in every advance() anew: advance() is wanted then, though nothing moves until then. The earliest counts. */
void node_wake_at(struct node *node, int64_t at_ms);

/* What was noted of missing characters and of room is forgotten: a new layout begins. */
void node_begin_layout(struct node *node);

/* Notes whether this layout is cut, or smaller than size_px. */
void node_note_fit(struct node *node, const struct text_layout *layout, int size_px);

/*
 * The layout, with what is missing noted in the node. Never NULL; the caller destroys it. Lines stand line_height apart
 * where their ink allows it, and as far as the script needs where it does not (Nastaliq, Tibetan). Without faces of its own
 * a text has the theme's: of titles if it is bold, else of text.
 */
struct text_layout *node_layout(struct node *node, const struct text_options *options);

/* The same with lines of even length: no last line of one word. */
struct text_layout *node_layout_even(struct node *node, const struct text_options *options);

/* x of a part `width` wide that stands from_start px behind the edge where the box is begun to be read. */
int node_across(const struct box *box, bool is_rtl, int from_start, int width);

/* The same for a layout: its lines begin, or in a text of the other direction end, at that place. */
int node_text_x(const struct box *box, bool is_rtl, int from_start, const struct text_layout *layout);

/* Shadow, box, ornaments, border: the surface of its kind in the theme. */
void node_paint_surface(const struct node *node, struct canvas *layer);

/* A tick on a disc: answered, won. */
void node_paint_tick(struct canvas *layer, const struct box *box, struct color ground, struct color ink);

/* The platform's mark in a square; unknown platforms get their initial. */
void node_paint_mark(const struct node *node, struct canvas *layer, const char *platform, const struct box *box,
    const struct text_layout *initial);
