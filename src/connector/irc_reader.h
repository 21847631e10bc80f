/*
 * irc_reader.h - lines of IRC become messages.
 * Keeps what later lines need: who is in the channel, open batches, bans that were set. Thread: the loop's.
 */
#pragma once

#include "base/buffer.h"
#include "connector/irc_room.h"

struct connector;
struct error;
struct json_t;
struct message_draft;

enum { IRC_BATCHES_MAX = 16, IRC_BANS_MAX = 64, IRC_BATCH_REF_BYTES = 64 };

struct irc_batch {
    char ref[IRC_BATCH_REF_BYTES];  // "": free
    bool is_history, is_split;      // split: netsplit or netjoin, many at once that nobody did on purpose
};

struct irc_ban {
    char *mask, *author_id;  // owned
};

struct irc_reader {
    struct connector *base;
    struct irc_room room;
    char *channel;           // owned; NULL: any, in a recording
    char *broadcaster;       // owned; nick or account; NULL: nobody but who has the mode
    bool is_own;             // the line in hand is our own words, sent back
    bool is_legacy;          // other encodings are Windows-1252
    int64_t since_ms;        // Unix: connected; 0: a recording. What is much older is history
    struct irc_batch batches[IRC_BATCHES_MAX];
    struct irc_ban bans[IRC_BANS_MAX];
    size_t ban_count;
    // Of the line in hand:
    struct buffer text, name, reply, react, source, id, author;
    struct json_t *detail;
};

void irc_reader_init(struct irc_reader *reader, struct connector *base);
void irc_reader_fini(struct irc_reader *reader);

/* A new connection: members, batches and our nick are forgotten. */
void irc_reader_reset(struct irc_reader *reader, int64_t since_ms);

/* Delivers what the line means. False: it cannot be read. */
bool irc_reader_read(struct irc_reader *reader, const struct irc_line *line, struct error *err);

/* Is it to our channel, for all to see? "@#live", for its operators alone, is not. */
bool irc_reader_is_here(const struct irc_reader *reader, struct str target);

/* The author's id as in messages: the account, else "~" and the folded nick. Borrowed until the next call. */
struct str irc_reader_author_id(struct irc_reader *reader, struct str nick, struct str account);

/* Is the line part of a batch of old messages? */
bool irc_reader_is_history(const struct irc_reader *reader, const struct irc_line *line);

/* Our own words, where the server does not send them back. */
void irc_reader_deliver_own(struct irc_reader *reader, struct str text, bool is_action, struct str reply_to);
