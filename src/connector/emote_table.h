/*
 * emote_table.h - words that stand for pictures, and the quick answer that a text has none of them.
 * Filled once, then only read; a change makes a new one. Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "chat/message.h"

struct emote_table;

enum { EMOTE_WORD_BYTES_MAX = 64 };

struct emote_table *emote_table_create(void);
void emote_table_destroy(struct emote_table *table);  // accepts NULL

/* Copies. A word that is there already stays as it is: add the sets that go first first. Odd words are left out. */
void emote_table_add(struct emote_table *table, struct str word, struct str id, struct str url);
size_t emote_table_count(const struct emote_table *table);

/* Room for the emotes of one message. {0} is empty; free() found. */
struct emote_finds {
    struct emote *found;
    size_t capacity;
};

/*
 * Adds to the draft's emotes each word of its text (between blanks, exactly) that the table knows and that no emote of the
 * platform covers; draft->emotes then lie in `finds`, by their place. Strings point into the table.
 */
void emote_table_apply(const struct emote_table *table, struct message_draft *draft, struct emote_finds *finds);
