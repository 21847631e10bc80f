/*
 * config.h - antiphon.json: read, checked, and written back.
 * Unknown keys, wrong types and impossible values are errors that name file, key path, value and what is expected.
 * A text of the form "secret:NAME" stands for NAME's text in secrets.json beside the file (mode 0600); resolved
 * secrets are hidden from the log at once. docs/configuration.md describes every key. Thread: its owner's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct destination;
struct error;

struct config_view {
    char *name;
    int width_px, height_px;
    bool is_motion_reduced;  // "motion": "reduced"
    char *theme;      // a name (cli/themes.h), or a path
    char *language;   // BCP 47; preferred caption track and digits; "": the first of `languages`
    bool hides_votes; // of a poll until it is closed: "votes" is "closed"
    float safe[4], face[4];  // x, y, width, height as fractions: where cards stand, and where none does; width 0: not said
    char *foreign;    // other platforms' messages here: "show", "anonymous" (card without author and platform), "hide"
    char **platforms; // NULL-terminated; whose messages count as this view's own; empty: all are
    char **cards;     // NULL-terminated: names of on_air.h; empty: the usual ones
    bool says_whose;  // "platforms" or "foreign" stands in the file: no platform's rule changes it
    char *derived_from;  // another view, made for a platform's rule and not in the file; NULL: it is there
};

struct config_window {
    char *view;
    char *title;       // "antiphon" of the one in "window", "antiphon: VIEW" of those in "windows"
    char *background;  // "transparent" or "#RRGGBB"
    bool is_borderless, is_on_top, is_click_through;
};

enum { CONFIG_SOUNDS = 4 };
extern const char *const config_sound_kinds[CONFIG_SOUNDS];  // of alerts: "gift", "membership" …

struct config_output {
    char *name, *view;
    char *to;         // resolved: a file's name or a URL; may hold a stream key
    int bitrate_kbps; // 0: as the platform recommends
    const struct destination *platform;  // by "platform", else by the address; NULL: none that we know
    int width_px, height_px;  // of its picture
    bool is_cropped;  // where the shape differs from the program's: "fit" is "crop", else "pad"
    char *captions;   // the language whose subtitles go along as data; "": none
    double focus;     // 0..1: the crop's centre along the side that is cut
    int delay_ms;     // sent so much later than made
    bool is_off;      // "start" is false: it waits for an order
};

struct config {
    char *path;        // of the file; it need not exist yet
    json_t *root;      // as written, secrets unresolved: what is written back
    json_t *sources;   // owned; array, secrets resolved
    char **languages;  // NULL-terminated, never empty
    struct config_view *views;
    size_t view_count;  // at least 1
    struct config_window *windows;
    size_t window_count;  // 0: none is wanted
    struct {
        char **hosts;      // NULL-terminated: where pictures are fetched from, besides the known ones
        int cache_mb;      // of them on disk; 0: none
    } pictures;
    struct {
        char *view;                  // whose alerts are heard
        char *files[CONFIG_SOUNDS];  // of each kind: a name in assets/sounds without .wav, or a path; "": silent
        int volume;                  // 0 to 100
    } sounds;
    struct {
        bool is_wanted;
        char *input;   // "test", a path or a URI
        char *backup;  // the same, shown while `input` has no picture; "": none
        char *sound;   // the same, heard in place of their own sound; "": none
        char *holding; // for when no input is there: an image, "dim": the last picture; "": the built-in one
        char *music;   // heard then: a sound file; "": silence
        int width_px, height_px, fps;
        struct config_output *outputs;
        size_t output_count;
    } video;
    struct {
        char *listen;      // "127.0.0.1:8470"
        char *public_url;  // "": none
        char *certificate, *key;  // PEM paths; "": plain HTTP
        char **trusted_proxies;   // NULL-terminated: whose X-Forwarded-For is believed
    } panel;
    struct {
        char *listen;      // "127.0.0.1:8471"
        char *public_url;  // of a tunnel that ends at the door; "": none
        char *certificate, *key;  // as the panel's
        char **origins;    // NULL-terminated: web pages that may send, "https://example.org"
    } door;
    struct {
        char **commands;   // NULL-terminated: what asks in chat, "!ask"; empty: the usual ones
    } questions;
    json_t *logins;    // owned; object, secrets resolved; see connector/login.h
    int retention_days;
};

/* Of a list that ends with NULL; NULL: 0. */
size_t config_count_texts(char *const *texts);

/*
 * path NULL: $XDG_CONFIG_HOME/antiphon/antiphon.json. A missing file at the usual place gives the defaults; a missing
 * file that was named is an error. NULL: err has one line.
 */
struct config *config_load(const char *path, struct error *err);
void config_destroy(struct config *config);  // accepts NULL

/* From memory, as if read from `path`; secrets: object name → text, may be NULL. For tests and the demo. */
struct config *config_parse(const char *path, const char *text, size_t len, const json_t *secrets, struct error *err);

/*
 * Checks one entry of `sources` as the file's own would be, secrets resolved: the caller owns the result.
 * NULL: err names the key.
 */
json_t *config_check_source(const struct config *config, const json_t *source, struct error *err);

/*
 * Puts `sources` (as written, unresolved) in place of the file's and writes the file atomically. A key that stands there as
 * it is moves into secrets.json first.
 */
bool config_write_sources(struct config *config, const json_t *sources, struct error *err);

/* The same with section `gate`. */
bool config_write_gate(struct config *config, const json_t *gate, struct error *err);

const struct config_view *config_find_view(const struct config *config, const char *name);  // NULL: no such view

/* Which platform's rule holds for this output, why, and how to decide otherwise; the caller frees. NULL: no platform's. */
char *config_explain_output(const struct config *config, const struct config_output *output);
