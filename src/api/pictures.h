/*
 * pictures.h - what overlays report: the revision that is painted, characters that no face has, small pictures of the
 * views; and cards that are drawn before they go on air. Reports are copied key by key: nothing that a client adds
 * reaches another one. Thread: the loop's.
 */
#pragma once

#include "api/client.h"

struct pictures;
struct reply;

struct pictures *pictures_create(struct api *api);
void pictures_destroy(struct pictures *pictures);  // accepts NULL

/* An overlay has said hello. */
void pictures_handle_hello(struct pictures *pictures, struct client *client);
void pictures_handle_report(struct pictures *pictures, struct client *client, const json_t *report);

/* What it painted is forgotten: a picture that nobody renews would go on showing what is deleted. */
void pictures_forget_client(struct pictures *pictures, struct client *client);

/* Appends ,"overlay":{…}. */
void pictures_write(const struct pictures *pictures, struct buffer *out);

/* The newest picture of a view, PNG in base64; NULL: none. Borrowed until the next report. */
const char *pictures_find(const struct pictures *pictures, const char *view);

/*
 * Has the overlay that paints this view draw the card ("question", "poll", "goal" …, as in the on-air state) without putting it
 * on air; its answer ends the reply. False: no overlay is there, and err says so.
 */
bool pictures_ask(struct pictures *pictures, const char *view, const char *kind, const json_t *card, struct reply *reply,
                  struct error *err);

enum { PICTURE_BYTES_MAX = 180 * 1024 };  // of base64
