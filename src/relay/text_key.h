/*
 * text_key.h - texts reduced to what a reader would call the same: for joining questions and reading votes.
 * NFKC with case folded, Arabic yeh and kaf in one form, digits of any script as ASCII, Traditional characters as
 * Simplified; marks, punctuation, symbols and spaces dropped. Thread: the relay's own.
 */
#pragma once

#include <stddef.h>

struct buffer;
struct message;

enum { TEXT_KEY_BYTES_MAX = 2000 };  // of text that counts; what stands behind is not looked at

/* Appends the key of valid UTF-8; a text of punctuation alone has an empty one. */
void text_key_add(struct buffer *out, const char *text, size_t len);

/* A message's text without its emotes, cut at TEXT_KEY_BYTES_MAX, appended as it is. */
void text_key_add_plain(struct buffer *out, const struct message *message);
