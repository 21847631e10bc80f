/*
 * irc_frame.h - a message as lines of IRC, as a server with IRCv3 relays them. Sources: modern.ircdocs.horse, IRCv3.
 * Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/str.h"

struct message;

enum { IRC_FRAME_LINE_BYTES = 510 };  // behind the tags, without the line's end

/* A name as a nick: without blanks and what begins a channel or a prefix; at most 30 bytes. "" becomes "guest". */
void irc_frame_nick(struct str name, char nick[32]);

/*
 * Appends lines, each with "\n": `tagged` for clients with message-tags, server-time and account-tag, `plain` for those
 * without (no reactions and no deletes there). False: IRC has nothing of the kind.
 */
bool irc_frame_write(const struct message *message, const char *channel, struct buffer *tagged, struct buffer *plain);

/* "time=…;msgid=…;account=…", escaped; what is empty is left out. */
void irc_frame_tags(struct buffer *out, int64_t time_ms, struct str msgid, struct str account, struct str reply_to);

/* The words as one line of at most `room` bytes, no character cut. */
void irc_frame_words(struct buffer *out, struct str words, size_t room);
