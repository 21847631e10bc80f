/*
 * show.h - when the show began, as somebody at the desk said it; an invitation for one show ends when the next begins.
 * Kept in the journal's state "show". Thread: the loop's.
 */
#pragma once

#include <stdint.h>

struct journal;

/* Unix; 0: nobody has said so yet. */
int64_t show_begun_ms(const struct journal *journal);

/* Now; never before one that began already. */
void show_begin(struct journal *journal);
