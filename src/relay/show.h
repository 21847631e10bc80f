/*
 * show.h - when the show began (questions.h begins one), for what must know it without the questions: an invitation for one
 * show ends when the next begins. Thread: the loop's.
 */
#pragma once

#include <stdint.h>

struct journal;

/* Unix; 0: none has begun yet. */
int64_t show_begun_ms(const struct journal *journal);
