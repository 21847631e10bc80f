/*
 * view.h - one rendering of the on-air state: its cards, its picture, its frame stream.
 * Only damage is painted and published; a still view paints nothing and has no timer. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "painter/painter.h"

struct error;
struct loop;
struct painter;
struct pictures;
struct poison;
struct scene;
struct text_engine;
struct view;

/* A part of the view: fractions of its width and height. {0}: none. */
struct view_part {
    float x, y, width, height;
};

struct view_options {
    const char *name;              // copied
    int width_px, height_px;
    struct view_part safe;         // where cards stand; none: what the theme says
    struct view_part face;         // where none stands
    const char *theme_path;        // copied; a folder or a file; NULL: the built-in one
    bool is_motion_reduced;        // fades only
    const char *language;          // copied; NULL or "": "en"
    struct painter *painter;       // borrowed, these three
    struct text_engine *text;
    struct poison *poison;         // may be NULL, these two
    struct pictures *pictures;
    struct loop *loop;             // borrowed; NULL: no timer, call view_paint() (tests, benchmarks)
    const char *frames_path;       // of the frame stream's socket; NULL: it is not published
    int64_t (*unix_ms)(void);      // the wall clock of countdowns; NULL: the system's
    void *data;
    /* Optional. The picture is another one inside these boxes. */
    void (*painted)(void *data, struct view *view, const struct box *boxes, size_t count);
    void (*alerted)(void *data, const char *kind);  // optional: an alert begins, see node.h
};

struct view_stats {
    uint64_t frames;    // pictures that were painted and published
    uint64_t layers;    // cards that were painted anew
    uint64_t layouts;   // texts laid out
    uint64_t pixels;    // px inside all damage so far
};

/* NULL: err names the theme's mistake, or the socket. */
struct view *view_create(const struct view_options *options, struct error *err);
void view_destroy(struct view *view);  // accepts NULL

/*
 * state: this view's object of the on-air state, NULL: nothing is on air. at_once: no entrances and exits. Painting
 * follows with the next frame.
 */
void view_apply(struct view *view, const json_t *state, int64_t now_ms, bool at_once);

/*
 * The theme as its file is now, at once and in place: nothing enters again. False: err names the mistake, and the old theme
 * stays.
 */
bool view_restyle(struct view *view, int64_t now_ms, struct error *err);

/* NULL: the built-in one. */
const char *view_theme_path(const struct view *view);

/* What was wrong with the theme's file when it was last read; NULL: nothing. */
const char *view_theme_error(const struct view *view);

/* See scene_remove(). */
void view_remove(struct view *view, const json_t *ids, const json_t *author);
void view_remove_card(struct view *view, const char *id);

/* Brings the picture up to now_ms; true: something moves, paint again in 1/60 s. The timer does it by itself. */
bool view_paint(struct view *view, int64_t now_ms);

/* When it is to be painted again though nothing moves until then; 0: not by itself. The timer does that too. */
int64_t view_wake_ms(const struct view *view);

const char *view_name(const struct view *view);
const struct canvas *view_canvas(const struct view *view);
const struct scene *view_scene(const struct view *view);
struct view_stats view_stats(const struct view *view);

/* A view that paints nothing says so to its readers. */
void view_beat(struct view *view);

/* No card moves and nothing waits to be painted; what moves on now and then has some frames of rest. */
bool view_is_still(const struct view *view);
