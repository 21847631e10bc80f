/*
 * cea608.h - line 21 captions (ANSI/CTA-608-E; 47 CFR 79.101 has the same codes): text as pairs of bytes of field 1,
 * channel 1, one pair a frame at 30. Pop-on pages are loaded unseen and shown at their time; rolling rows show as they
 * come. Pairs are appended to a buffer without parity, two bytes each. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/* A row of letters that caption_letters_read() let through. */
struct cea608_row {
    const uint32_t *letters;  // borrowed
    size_t count;             // 32 at most
};

/* Whether 608 has a code of its own for the letter. */
bool cea608_has(uint32_t letter);

/* Loads up to three rows, which end at row 15 of the screen, behind what is shown. */
void cea608_load(struct buffer *pairs, const struct cea608_row *rows, size_t count);

/* Shows what was loaded, in place of what is shown. */
void cea608_show(struct buffer *pairs);

/* Takes away what is shown; what was loaded stays loaded. */
void cea608_erase(struct buffer *pairs);

/* Three rows that roll up; what was shown or loaded is gone. */
void cea608_roll(struct buffer *pairs);

/* What is shown rolls up by a row, and the new one is empty. */
void cea608_roll_row(struct buffer *pairs);

/* Letters where the last ones ended. */
void cea608_add(struct buffer *pairs, const uint32_t *letters, size_t count);

/* The byte with its odd parity in the top bit. */
uint8_t cea608_parity(uint8_t byte);
