/* sources_inside.h - what the files behind sources.h share. */
#pragma once

#include "relay/sources.h"

struct message;
struct poison;

struct sources {
    struct sources_options options;
    struct list list;      // of struct source
    struct poison *poison;
    struct timer tell;     // counts that changed, once a second
};

/* ---- source_health.c: what a connector says, and what it does not ---- */

void source_watch(struct source *source);  // once, before its connector is made

void source_tell(struct source *source);
void source_take_health(struct source *source, const struct connector_health *health);
void source_tell_counts(void *data);  // data: struct sources

/* Figures are told with the counts, once a second. */
void source_tell_later(struct source *source);

void source_handle_health(void *data, const struct connector_health *health);
void source_handle_message(void *data, struct message *message);
void source_handle_gap(void *data, int64_t from_ms, int64_t to_ms, const char *reason);
void source_handle_cursor(void *data, const char *cursor);
void source_handle_result(void *data, const struct connector_result *result);
void source_handle_caption(void *data, const struct connector_caption *caption);
void source_handle_duplicate(void *data, const struct message *message);  // data: struct sources

/* ---- source_removal.c ---- */

/* Intake has carried out what this control message says. started_ns: monotonic, before it. */
void source_note_removal(struct source *source, const struct message *message, int64_t started_ns);
