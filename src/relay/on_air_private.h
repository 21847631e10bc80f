/* on_air_private.h - what the files behind on_air.h share. */
#pragma once

#include "base/list.h"
#include "relay/on_air.h"

struct buffer;

/* One card: ids of questions or polls; 0: none. */
struct on_air_slot {
    uint64_t shown;
    uint64_t waiting;  // for the journal
    int64_t since_ms;  // monotonic: waiting
    uint64_t durable;  // the journal has it, it may be shown
};

struct on_air {
    struct on_air_options options;
    struct on_air_view *views;  // owned, with all texts
    size_t view_count;
    int64_t *holding_since_ms;  // owned, of each view; 0: not there
    char epoch[24], revision[48];
    uint64_t count, skip;
    struct on_air_slot question, poll;
    struct list tickets;  // cards that wait for the journal
    bool is_blank;
    char *json, *views_json;  // owned
};

/* on_air_chat.c. view_start: where the view's cards begin in `out`. */
void on_air_add_gated(const struct gate *gate, const struct on_air_view *view, int64_t now_ms, size_t view_start,
                      struct buffer *out);
const char *on_air_shown_name(const struct gate *gate, const char *name, const char *platform);  // the platform's, if listed
void on_air_write_cards(const struct on_air_view *view, struct buffer *out);  // names in quotes, commas between

/* on_air_host.c, likewise. */
void on_air_add_host_cards(const struct host_cards *cards, const struct on_air_view *view, size_t view_start, struct buffer *out);

/* on_air_holding.c, likewise, of the index'th view; and what the state of the last run says. */
void on_air_add_holding(const struct on_air *on_air, size_t index, size_t view_start, struct buffer *out);
void on_air_load_holding(struct on_air *on_air);

/* on_air_json.c; the caller frees. */
char *on_air_make_json(const struct on_air *on_air, int64_t now_ms);
char *on_air_make_views_json(const struct on_air *on_air);
bool on_air_json_is_blank(const char *json);
