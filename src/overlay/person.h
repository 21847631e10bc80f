/*
 * person.h - what cards tell of somebody who wrote: the name, its colour, and which part the person has in the chat.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "painter/painter.h"

struct buffer;
struct node;
struct theme;

enum { PERSON_ROLES_MAX = 2 };

/* What a person is in the chat, the most important first. */
enum person_role {
    PERSON_BROADCASTER,
    PERSON_MODERATOR,
    PERSON_VIP,
    PERSON_VERIFIED,
    PERSON_SUBSCRIBER,
    PERSON_ROLES,
};

/* The person's own colour, changed until it has the theme's contrast on cards of the node's kind: 4.5 to 1 (WCAG 2.1, 1.4.3). */
struct color person_color(const struct node *node, const char *wanted);

/* Appends the name; of one that is too long, what stands in front. */
void person_add_name(const json_t *author, struct buffer *out);

/* Those that are shown, of "roles" as in a message. Returns how many. */
size_t person_roles(const json_t *author, enum person_role roles[PERSON_ROLES_MAX]);

/* As a sign in a square, like a platform's mark. */
void person_paint_role(struct canvas *layer, enum person_role role, const struct box *box, float opacity);

/* The letter of a platform that the theme has no mark of; NULL: it has one. The caller destroys. */
struct text_layout *person_mark_initial(struct node *node, const char *platform, int mark_px);
