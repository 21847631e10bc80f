/*
 * irc_line.h - one line of IRC taken apart in one pass without copying.
 * Sources: RFC 1459, 2.3.1; modern.ircdocs.horse; IRCv3 message tags. Twitch's tags are another language: twitch_line.h.
 * Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct error;

/* The tags that we use. Draft names and final ones stand for the same. */
enum irc_tag {
    IRC_TIME, IRC_MSGID, IRC_ACCOUNT, IRC_BATCH, IRC_LABEL, IRC_BOT, IRC_REPLY, IRC_REACT, IRC_TAG_COUNT,
};

enum {
    IRC_LINE_BYTES_MAX = 16 * 1024,  // 8,191 of tags and 512 behind them, and some grace
    IRC_PARAMS_MAX = 15,
    IRC_VALUE_BYTES_MAX = 4096,
};

struct irc_line {
    struct str tags[IRC_TAG_COUNT];  // as on the wire, escaped; empty and absent are the same
    bool has_tag[IRC_TAG_COUNT];
    struct str source;               // "nick!user@host" or a server; empty: none
    struct str nick, userhost;       // of it; userhost empty: it names none
    struct str command;
    int numeric;                     // 1 to 999; 0: the command is a word
    struct str params[IRC_PARAMS_MAX];
    size_t param_count;
};

/* text: one line without its end. All views point into it. False: too long, or no IRC. */
bool irc_line_parse(struct irc_line *line, const char *text, size_t len, struct error *err);

/* Letters count alike: "privmsg". */
bool irc_line_is(const struct irc_line *line, const char *command);

/* The parameter at index; empty (never NULL) if there is none. */
struct str irc_line_param(const struct irc_line *line, size_t index);

/* The last one, if there are at least `count`: what was said. */
struct str irc_line_trailing(const struct irc_line *line, size_t count);

/* Unix milliseconds of the tag `time`; 0: absent, or no time. */
int64_t irc_line_time_ms(const struct irc_line *line);
