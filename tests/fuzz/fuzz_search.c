/*
 * A person's words as a query of the search index, and any text as its words: never more than a bounded growth, always
 * valid UTF-8, and an expression that FTS5 takes. Deps: base, sqlite3; parser: relay/search_words.c.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "relay/search_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sqlite3_stmt *prepare_match(void)
{
    static sqlite3 *db;
    static sqlite3_stmt *match;
    if (match)
        return match;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_exec(db, "CREATE VIRTUAL TABLE part USING fts5(words, keys, content='', columnsize=0,"
                         " tokenize=\"unicode61 remove_diacritics 2 categories 'L* N* Co M* So'\");"
                         "INSERT INTO part(rowid, words, keys) VALUES(1, 'some words', 'a1')",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "SELECT rowid FROM part WHERE part MATCH ?", -1, &match, NULL) != SQLITE_OK)
        abort();
    return match;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // Texts of messages are valid UTF-8; what comes by the API is as well (jansson).
    char *text = xmalloc(size * 3 + 1);
    size_t len = utf8_repair((const char *)data, size, text);
    struct buffer folded = {0}, query = {0};
    search_fold((struct str){text, len}, &folded);
    if (folded.len > len * 3 + 8 || (folded.len > 0 && !utf8_is_valid(folded.data, folded.len)))
        abort();
    if (search_write_query((struct str){text, len}, &query)) {
        sqlite3_stmt *match = prepare_match();
        sqlite3_bind_text(match, 1, query.data, (int)query.len, SQLITE_STATIC);
        int result = sqlite3_step(match);
        if (result != SQLITE_ROW && result != SQLITE_DONE)
            abort();
        sqlite3_reset(match);
    }
    struct buffer flat = {0}, offsets = {0}, words = {0};
    search_flatten((struct str){text, len}, &flat, &offsets);
    if (offsets.len != (flat.len + 1) * sizeof(uint32_t) || (flat.len > 0 && !utf8_is_valid(flat.data, flat.len)))
        abort();
    if (search_flatten_query((struct str){text, len}, &words) > 0)
        search_find_word((struct str){flat.data, flat.len}, words.data, 0);
    buffer_fini(&flat);
    buffer_fini(&offsets);
    buffer_fini(&words);
    buffer_fini(&folded);
    buffer_fini(&query);
    free(text);
    return 0;
}
