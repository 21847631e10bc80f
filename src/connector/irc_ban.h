/*
 * irc_ban.h - KICK and MODE: who was sent away, what the room allows now. Parts of irc_reader.c that stand alone, and
 * what they borrow of it. Thread: the loop's.
 */
#pragma once

#include "connector/irc_reader.h"

bool irc_read_kick(struct irc_reader *reader, const struct irc_line *line, struct error *err);
void irc_read_mode(struct irc_reader *reader, const struct irc_line *line);

/* A ban's mask was set or taken away for this author; the newest IRC_BANS_MAX are known. */
void irc_ban_note(struct irc_reader *reader, struct str mask, struct str author_id);
const char *irc_ban_mask(const struct irc_reader *reader, struct str author_id);  // NULL: none known

/* irc_reader.c */
void irc_reader_begin(struct irc_reader *reader, const struct irc_line *line, struct str target,
                      struct message_draft *draft);
void irc_reader_deliver(struct irc_reader *reader, struct message_draft *draft);
void irc_reader_set_text(struct irc_reader *reader, const char *key, struct str value);
void irc_reader_set_bool(struct irc_reader *reader, const char *key, bool value);
