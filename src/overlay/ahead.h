/*
 * ahead.h - cards that moderators want to see before they go on air: asked for by the relay, drawn one at a time when no
 * view moves, or after a second, and sent back. What is more than a few is refused. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct ahead;
struct link;
struct loop;
struct view;

struct ahead_options {
    struct loop *loop;  // borrowed, both
    struct link *link;
};

struct ahead *ahead_create(const struct ahead_options *options);
void ahead_destroy(struct ahead *ahead);  // accepts NULL

/* The views that can be asked for; borrowed until the next call. */
void ahead_set_views(struct ahead *ahead, struct view *const *views, size_t count);

/* A command of the relay: {"ref":7,"command":"card.preview","view":"main","kind":"question","card":{…}}. It is answered. */
void ahead_handle_command(struct ahead *ahead, const json_t *message);

/* This question was deleted: it is drawn for nobody. */
void ahead_forget_question(struct ahead *ahead, int64_t id);

/* Nobody waits for an answer any more. */
void ahead_forget_all(struct ahead *ahead);
