/*
 * youtube_chat.h - the log of one live chat: items by place, and page tokens that stand for places.
 * Holds the last 65,536 items; what is older is gone, and a token that points there is not valid any more.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct youtube_chat;

enum { YOUTUBE_TOKEN_BYTES = 64 };

struct youtube_chat *youtube_chat_create(void);
void youtube_chat_destroy(struct youtube_chat *chat);

/* Another chat with another id; the old one's items and tokens are gone. */
void youtube_chat_restart(struct youtube_chat *chat);

const char *youtube_chat_id(const struct youtube_chat *chat);
bool youtube_chat_was(const struct youtube_chat *chat, const char *id);  // true: id is one of the chats before

void youtube_chat_add(struct youtube_chat *chat, const char *json, size_t len);
uint64_t youtube_chat_first(const struct youtube_chat *chat);
uint64_t youtube_chat_end(const struct youtube_chat *chat);  // behind the last
const char *youtube_chat_item(const struct youtube_chat *chat, uint64_t place, size_t *len);

/* kind: the method's letter; a token of another kind or chat is refused. */
void youtube_chat_make_token(const struct youtube_chat *chat, char kind, uint64_t place, char token[YOUTUBE_TOKEN_BYTES]);
bool youtube_chat_read_token(const struct youtube_chat *chat, char kind, const char *token, uint64_t *place);
