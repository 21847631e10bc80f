/*
 * irc_inside.h - what the files of the irc side share: irc.c is the channel, irc_register.c how one comes in,
 * irc_history.c what was said before.
 * Thread: the loop's.
 */
#pragma once

#include "base/buffer.h"
#include "net/loop.h"
#include "rehearsal/side.h"

enum { NICK_BYTES = 32, SASL_BYTES_MAX = 4096, FLOOD_LINES = 16, FLOOD_MS = 2000, LINE_BYTES_MAX = 8192, HISTORY_MAX = 4096,
       PAGE_MAX = 100, RECALL = 512 };

enum irc_cap { CAP_TAGS = 1, CAP_TIME = 2, CAP_ACCOUNT = 4, CAP_ECHO = 8, CAP_BATCH = 16, CAP_HISTORY = 32, CAP_REDACT = 64,
           CAP_SASL = 128, CAP_OTHER = 256 };


struct kept {  // a line of the history
    int64_t time_ms;
    char *line;  // owned; with tags
};

struct recalled {
    char id[TRANSCRIPT_ID_BYTES];
    bool is_client;  // written by one of ours
};

struct irc_side {
    struct side base;
    char *channel;  // owned
    struct kept history[HISTORY_MAX];
    size_t kept_count;
    struct recalled recent[RECALL];
    size_t recent_count;
    bool is_moderated;
    uint64_t batches, floods;
};

struct client {
    struct side_client base;
    char nick[NICK_BYTES];
    bool has_user, is_cap_open, is_registered, is_joined, is_op, is_logged_in, is_pinged, is_refused;
    uint32_t caps;
    struct buffer sasl;
    bool is_in_sasl;
    struct timer ping_timer;
    int64_t lines_ms[FLOOD_LINES];
    size_t line_count;
};

#define numeric(client, number, ...) side_client_printf(&(client)->base, ":irc.rehearsal " number " " __VA_ARGS__)

static inline const char *nick_of(const struct client *client)
{
    return client->nick[0] ? client->nick : "*";
}

static inline bool is_set(const struct client *client, const char *key)
{
    return side_number(client->base.side, key) != 0;
}

/* irc_register.c */
void irc_cap(struct client *client, const char *word, const char *rest);
void irc_nick(struct client *client, const char *nick);
void irc_authenticate(struct client *client, const char *text);
void irc_welcome(struct client *client);  // if all that is needed has come
void irc_nickserv(struct client *client, const char *words);

/* irc_history.c: what was said, if irc.history is set. */
void irc_keep(struct irc_side *side, int64_t time_ms, const struct buffer *lines);
void irc_history(struct client *client, const char *word, const char *from, int64_t count);
