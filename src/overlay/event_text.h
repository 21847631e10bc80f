/*
 * event_text.h - what a gift, a membership or a raid says in the viewers' language. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct buffer;

/* "raided with 120 viewers", "$5", "Rose ×5"; of a gift that counts up without its count if !has_count. Appended. */
void event_text_write(const json_t *event, const char *language, bool has_count, struct buffer *out);

/* Pieces of a gift that counts up; 0: it does not. */
int64_t event_text_count(const json_t *event);

/* Which of two is worth more to the streamer, roughly: currencies are not converted. */
int64_t event_text_worth(const json_t *event);
