/* question_words_private.h - what the files behind question_words.h share. Thread: any, while nobody changes the words. */
#pragma once

#include "relay/question_words.h"

enum { WORD_LETTERS_MAX = 120 };

struct question_words {
    struct question_words_options options;  // of the callback only
    char languages[QUESTION_LANGUAGES_MAX][QUESTION_TAG_BYTES];
    bool is_configured[QUESTION_LANGUAGES_MAX];
    size_t language_count;
    char *commands[QUESTION_COMMANDS_MAX];  // owned; without what stands behind
    size_t command_count;
    bool may_begin_command[256];  // by the first byte: most texts begin none
    struct question_word *words;  // sorted by kind of writing, then by hash or first letter
    size_t count, capacity;
    size_t part_from, ending_from;  // [0, part_from) by words, [part_from, ending_from) within, then endings
    uint32_t *index;              // open addressing: hash of a first word → its first entry + 1; 0: free
    size_t index_size;            // a power of two
    uint64_t starts[1024];        // which letters (modulo) begin a part: most letters of a text begin none
};

/* question_words_file.c: reads the folder's files; what cannot be read is said through question_words_complain(). */
void question_words_read_folder(struct question_words *words, const struct question_words_options *options);

void question_words_complain(const struct question_words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
