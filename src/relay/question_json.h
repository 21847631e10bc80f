/*
 * question_json.h - pieces of a question as JSON, shared by the API's form and the journal's. Each begins with a comma.
 * Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct question;
struct question_ask;

void question_add_text(struct buffer *out, const char *key, const char *text);
void question_add_int(struct buffer *out, const char *key, int64_t value);
void question_add_bool(struct buffer *out, const char *key, bool value);
/* Avatar and roles, into an author's object. */
void question_add_portrait(struct buffer *out, const struct question_ask *ask);
void question_add_origin(struct buffer *out, const struct question_ask *ask);

/* Begins the object, and leaves it open. */
void question_add_common(struct buffer *out, const struct question *question);
