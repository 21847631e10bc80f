/*
 * overlay.h - the process that draws: a client of the relay that paints every view and publishes it as shared frames.
 * It keeps what was on air when the relay goes away, for a set time, and reports upward what it applied, what it could
 * not draw, and small pictures of its views. Without a window SDL's video is never touched.
 * Thread: main; overlay_run() makes the loop and everything in it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "overlay/view.h"

struct error;
struct sounds_item;

/* One rendering of the on-air state. All texts are borrowed and outlive the call. */
struct overlay_view {
    const char *name;        // as the relay and the frame stream call it
    int width_px, height_px;
    const char *theme_path;  // a folder or a file, watched; NULL: the built-in theme, "evening"
    bool is_motion_reduced;  // fades only
    struct view_part safe;   // where cards stand; none: as the theme says
    struct view_part face;   // where none stands
    const char *language;    // BCP 47: digits, and the Han face of texts that name none; NULL or "": "en"
};

/* A view in a window of the desktop. All texts are borrowed and outlive the call. */
struct overlay_window {
    const char *view;
    const char *title;       // the same at every start: OBS finds the window by it
    const char *key;         // "#RRGGBB": a key colour behind the picture; NULL: transparent
    bool is_borderless, is_on_top, is_click_through;
};

struct overlay_options {
    const char *relay;         // unix:/path/of/relay.sock, ws://HOST/api/v1/socket or wss://…
    const char *token;         // for ws and wss; NULL: none
    const char *ca_file;       // PEM, trusted besides the system's; NULL: none
    const char *name;          // of this overlay, for the panel; NULL: "overlay"
    const struct overlay_view *views;
    size_t view_count;         // at least 1
    const char *frames_folder; // frames-<view>.sock are made there; NULL: where readers look by default
    const char *poison_path;   // notes of what is being drawn; NULL: none are kept
    const char *fonts_path;    // NULL: as text.h finds them
    const struct sounds_item *sounds;  // of alerts of sounds_view
    size_t sound_count;        // 0: silent
    const char *sounds_view;
    int volume_percent;
    const char *pictures_folder;  // where pictures from outside are kept; NULL: they are not
    int pictures_mb;           // of them; 0: the usual, PICTURES_CACHE_NONE: those there are erased
    const char *const *picture_hosts;  // further ones to fetch them from (picture_hosts.h), ends with NULL; NULL: none
    int64_t clear_after_ms;    // that cards stay without a relay; 0: 60000, OVERLAY_KEEP: for ever
    const struct overlay_window *windows;
    size_t window_count;
    bool is_window_optional;   // where one cannot be opened, a warning, and all else goes on
    double seconds;            // end by itself after so long; 0: never
    /*
     * Optional, for SIGHUP: the views as they are to be from now on, borrowed until the next call. False: err says what
     * is wrong with them, and the old ones stay. NULL: SIGHUP changes nothing.
     */
    bool (*reload)(void *data, const struct overlay_view **views, size_t *count, struct error *err);
    void *data;
};

enum { OVERLAY_KEEP = -1 };

/* Runs until SIGTERM or SIGINT (true). False: it could not start or go on, and err says why. */
bool overlay_run(const struct overlay_options *options, struct error *err);
