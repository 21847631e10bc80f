/*
 * own_pictures.h - the host's own pictures, asked of the relay over the link: `picture.get` (docs/api.md), piece by piece.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct link;
struct loop;
struct own_pictures;
struct pictures;

struct own_pictures_options {
    struct loop *loop;  // borrowed, all three
    struct link *link;
    struct pictures *pictures;  // who is told
};

struct own_pictures *own_pictures_create(const struct own_pictures_options *options);
void own_pictures_destroy(struct own_pictures *own);  // accepts NULL

/* By its SHA-256 in hex. The answer goes to pictures_take_own(), in a later turn of the loop. */
void own_pictures_ask(struct own_pictures *own, const char *hash);

/* A reply of the relay; one that is nobody's is left. */
void own_pictures_handle_reply(struct own_pictures *own, const json_t *message);

/* Without the relay nothing more will come of what was asked. */
void own_pictures_set_up(struct own_pictures *own, bool is_up);
