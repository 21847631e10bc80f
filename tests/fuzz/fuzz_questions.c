/*
 * What a chat's line goes through before it is a question, a vote or nothing: detection, its language, its print, the index,
 * upvotes; and the same bytes as a translator's file. Nothing may read beyond its bounds, texts that are found stay within
 * what was given, a text asks the same as itself. Deps: base, relay, icu.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/language_guess.h"
#include "relay/question_detect.h"
#include "relay/question_group.h"
#include "relay/question_print.h"
#include "relay/question_reading.h"
#include "relay/question_words.h"
#include "relay/upvotes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore_line(void *data, const char *text)
{
}

static void write_file(const char *folder, const void *data, size_t size)
{
    struct error err = {0};
    char *path = xasprintf("%s/en.txt", folder);
    if (!file_write_atomic(path, data, size, 0600, &err))
        abort();
    free(path);
}

static const char *folder_of(void)
{
    static char folder[] = "/tmp/antiphon-fuzz-words-XXXXXX";
    static char *made;
    if (!made)
        made = mkdtemp(folder);
    if (!made)
        abort();
    return made;
}

static struct question_words *read_words(const void *data, size_t size)
{
    write_file(folder_of(), data, size);
    return question_words_create(&(struct question_words_options){.folder = folder_of(), .on_bad_line = ignore_line});
}

/* Every kind of line, in scripts with and without spaces. */
static const char usual[] =
    "open why, how, چرا\nword do you, 什么, 吗\nend or not, 呢\nnot what a, 没什么\nskip hey, please, 请问\ncommon the, a, 的\n"
    "no not, نمی-, -miyor-, -mez, 不\nperson me = 1\nperson you, 你 = 2\nalias u = you\nalias 啥 = 什么\nending ید = ی\n"
    "ending تون = ت\nsame me too, 同问\n";

static void try_text(const struct question_words *words, struct question_group *group, struct str text)
{
    struct question_hint hint = question_detect(words, text);
    if (hint.text.len > text.len || (hint.text.len > 0 && (hint.text.data < text.data || hint.text.data + hint.text.len > text.data + text.len)))
        abort();
    if (hint.is_question != (hint.score > 0) || hint.score > 100 || !question_detect_native(words, STR("why")).is_question)
        abort();
    struct question_reading reading;
    question_reading_fill(&reading, text);
    language_guess(words, &reading, text);
    struct print_space first, second;
    struct str half = {text.data, utf8_cut(text.data, text.len > 1 ? text.len / 2 : 0)};
    question_print_make(&first, words, text);
    question_print_make(&second, words, half);
    if (first.print.key != 0 && question_print_likeness(&first.print, &first.print) != 100)
        abort();
    question_print_likeness(&first.print, &second.print);
    question_group_add(group, 1, &second.print);
    question_group_find(group, &first.print);
    question_group_add(group, 2, &first.print);
    if ((question_group_find(group, &first.print) == 0) != (first.print.key == 0))
        abort();
    question_group_remove(group, 2);
    upvote_parse_code(text);
    upvote_is_agreement(words, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct question_words *words;
    static struct question_group *group;
    if (!words) {
        words = read_words(usual, sizeof(usual) - 1);
        group = question_group_create();
    }
    if (size > 4096)
        size = 4096;
    char *text = xmalloc(size * 3 + 1);
    size_t len = utf8_repair((const char *)data, size, text);
    try_text(words, group, (struct str){text, len});
    if (size > 0 && data[0] % 16 == 0) {  // now and then: it goes over the disk
        struct question_words *own = read_words(data, size);
        try_text(own, group, (struct str){text, len});
        question_words_destroy(own);
    }
    free(text);
    return 0;
}
