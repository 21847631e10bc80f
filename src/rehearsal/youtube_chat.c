#include "rehearsal/youtube_chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { ITEMS = 1 << 16, ID_BYTES = 48 };

/* Tokens are opaque: nobody is to count with them. */
#define TOKEN_VEIL UINT64_C(0x5bd1e995c2b2ae35)

struct item {
    char *json;  // owned
    size_t len;
};

struct youtube_chat {
    unsigned number;  // from 1
    char id[ID_BYTES];
    struct item items[ITEMS];  // place modulo ITEMS
    uint64_t first, end;
};

static void make_id(unsigned number, char id[ID_BYTES])
{
    snprintf(id, ID_BYTES, "KicKGFVDcmVoZWFyc2FsMDAwMDAwMDAwMDAw%04u", number);
}

static void drop_first(struct youtube_chat *chat)
{
    struct item *item = &chat->items[chat->first++ % ITEMS];
    free(item->json);
    *item = (struct item){0};
}

struct youtube_chat *youtube_chat_create(void)
{
    struct youtube_chat *chat = xcalloc(1, sizeof(*chat));
    youtube_chat_restart(chat);
    return chat;
}

void youtube_chat_destroy(struct youtube_chat *chat)
{
    while (chat->first < chat->end)
        drop_first(chat);
    free(chat);
}

void youtube_chat_restart(struct youtube_chat *chat)
{
    while (chat->first < chat->end)
        drop_first(chat);
    chat->first = chat->end = 0;
    make_id(++chat->number, chat->id);
}

const char *youtube_chat_id(const struct youtube_chat *chat)
{
    return chat->id;
}

bool youtube_chat_was(const struct youtube_chat *chat, const char *id)
{
    for (unsigned number = 1; number < chat->number; number++) {
        char old[ID_BYTES];
        make_id(number, old);
        if (strcmp(old, id) == 0)
            return true;
    }
    return false;
}

void youtube_chat_add(struct youtube_chat *chat, const char *json, size_t len)
{
    if (chat->end - chat->first == ITEMS)
        drop_first(chat);
    chat->items[chat->end++ % ITEMS] = (struct item){xstrndup(json, len), len};
}

uint64_t youtube_chat_first(const struct youtube_chat *chat)
{
    return chat->first;
}

uint64_t youtube_chat_end(const struct youtube_chat *chat)
{
    return chat->end;
}

const char *youtube_chat_item(const struct youtube_chat *chat, uint64_t place, size_t *len)
{
    const struct item *item = &chat->items[place % ITEMS];
    *len = item->len;
    return item->json;
}

void youtube_chat_make_token(const struct youtube_chat *chat, char kind, uint64_t place, char token[YOUTUBE_TOKEN_BYTES])
{
    snprintf(token, YOUTUBE_TOKEN_BYTES, "GK%c%016llx%04x", kind, (unsigned long long)(place ^ TOKEN_VEIL), chat->number);
}

bool youtube_chat_read_token(const struct youtube_chat *chat, char kind, const char *token, uint64_t *place)
{
    unsigned long long veiled;
    unsigned number;
    char got;
    if (strlen(token) != 23 || sscanf(token, "GK%c%16llx%4x", &got, &veiled, &number) != 3)
        return false;
    *place = veiled ^ TOKEN_VEIL;
    return got == kind && number == chat->number;
}
