/*
 * link.h - the overlay's line to the relay: antiphon.v1 (docs/api.md), reconnecting by itself.
 * It says which revision it has, so that a returning link that changed nothing sends nothing. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct link;
struct loop;

struct link_handler {
    /* Required. The whole on-air state, borrowed; revision too. is_snapshot: we were away, and what led to it is unknown. */
    void (*on_air)(void *data, const char *revision, const json_t *on_air, bool is_snapshot);
    /* Required. Messages or an author are gone: JSON array or NULL, object or NULL. */
    void (*removed)(void *data, const json_t *ids, const json_t *author);
    /* Required. A question of the desk is new or another; or (NULL) it is gone. */
    void (*question)(void *data, int64_t id, const json_t *question);
    /* Required. Something is to be done; it carries "ref" and is answered with a reply. Borrowed. */
    void (*command)(void *data, const json_t *message);
    /* Required. The relay is there and knows us; or it is lost. */
    void (*changed)(void *data, bool is_up);
    /* Optional. The answer to a command of ours, as it came. Borrowed. */
    void (*reply)(void *data, const json_t *message);
};

struct link_options {
    struct loop *loop;     // borrowed
    const char *relay;     // unix:/path, ws://… or wss://…; copied, these four
    const char *token;     // NULL: none
    const char *ca_file;   // NULL: none
    const char *name;      // of this overlay
    const struct link_handler *handler;  // borrowed
    void *data;
};

/* Begins to connect; news comes later. NULL: the address cannot be one. */
struct link *link_create(const struct link_options *options, struct error *err);
void link_destroy(struct link *link);  // accepts NULL

/* False, and nothing is sent: the link is down or its queue full. A report is never worth waiting for. */
bool link_send(struct link *link, const char *text, size_t len);
/* The cards were taken off: when the relay is back, it must tell all. */
void link_forget(struct link *link);

bool link_is_up(const struct link *link);
