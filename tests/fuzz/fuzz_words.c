/*
 * Lists of words and texts: what stands before an empty line is a list, the rest is a text. Places that are found lie
 * within the text, at whole characters; a line that is refused says where. The text's addresses likewise. Deps: base, text_key.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "relay/links.h"
#include "relay/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bad(void *data, const char *text)
{
    if (strncmp(text, "words.txt:", 10) != 0)
        abort();
}

static bool is_within(struct str text, uint32_t at)
{
    return at == text.len || ((unsigned char)text.data[at] & 0xc0) != 0x80;
}

static void check_hits(struct str text, const struct word_hit *hits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (hits[i].from >= hits[i].to || hits[i].to > text.len || !hits[i].word || !is_within(text, hits[i].from) ||
            !is_within(text, hits[i].to))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *gap = size > 1 ? memmem(data, size, "\n\n", 2) : NULL;
    size_t list_len = gap ? (size_t)(gap - data) : 0;
    struct words *words = words_create();
    words_add(words, "own", "words.txt", (struct str){(const char *)data, list_len}, true, check_bad, NULL);
    words_add(words, "en", "words.txt", STR("bad\n*worse*\n=evil\n~bad luck\nb4d\n\xe5\x9d\x8f\xe4\xba\xba\n"), false,
              check_bad, NULL);
    words_finish(words);
    char *copy = xmalloc(size * 3 + 1);
    struct str text = {copy, utf8_repair((const char *)data + list_len, size - list_len, copy)};
    struct word_hit hits[WORD_HITS_MAX];
    check_hits(text, hits, words_find(words, text, NULL, 0, hits, WORD_HITS_MAX));
    words_destroy(words);
    static const char *const allowed[] = {"example.org"};
    struct links *links = links_create();
    struct link_hit link;
    if (links_find(links, text, allowed, 1, &link) &&
        (link.from >= link.to || link.to > text.len || !is_within(text, link.from) || !is_within(text, link.to) ||
         memchr(link.domain, '\0', sizeof(link.domain)) == NULL))
        abort();
    links_destroy(links);
    free(copy);
    return 0;
}
