/*
 * irc_login.h - the first words on a connection: capabilities, account, nick. Up to numeric 001.
 * A machine without a wire: it is fed with lines and says lines. Sources: IRCv3 capability negotiation 302, SASL 3.2,
 * RFC 4616 (PLAIN). Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "connector/irc_line.h"

struct error;

enum irc_cap {
    IRC_CAP_TAGS = 1 << 0,       // message-tags
    IRC_CAP_TIME = 1 << 1,       // server-time
    IRC_CAP_ACCOUNT = 1 << 2,    // account-tag
    IRC_CAP_ECHO = 1 << 3,       // echo-message
    IRC_CAP_BATCH = 1 << 4,
    IRC_CAP_HISTORY = 1 << 5,    // draft/chathistory
    IRC_CAP_REDACT = 1 << 6,     // draft/message-redaction
    IRC_CAP_SASL = 1 << 7,
    IRC_CAP_OTHER = 1 << 8,      // those that only add to what is told
};

struct irc_login_options {
    const char *nick;             // wanted
    const char *account, *password;  // NULL: none
    const char *server_password;  // NULL: none
    bool may_nickserv;            // the account by NickServ where there is no SASL
    void (*say)(void *data, const char *line);
    void *data;
};

struct irc_login {
    struct irc_login_options options;  // borrowed strings
    char nick[64];
    int nick_tries;
    uint32_t offered, caps;       // of enum irc_cap; caps: acknowledged
    struct buffer wanted;         // names to be asked for
    bool has_plain;               // the server does SASL PLAIN, or did not say what it does
    bool is_listed, is_ended;     // the list is whole; CAP END was said, or there is no CAP
    int asked;                    // REQs without an answer
    bool is_in_sasl, is_logged_in, is_registered;
};

enum irc_login_progress { IRC_LOGIN_GOES_ON, IRC_LOGIN_DONE, IRC_LOGIN_FAILED };

void irc_login_start(struct irc_login *login, const struct irc_login_options *options);
void irc_login_fini(struct irc_login *login);

/*
 * Every line, also after 001: capabilities come and go. IRC_LOGIN_DONE once, with 001. IRC_LOGIN_FAILED: err says why;
 * DENIED if a person must act.
 */
enum irc_login_progress irc_login_take(struct irc_login *login, const struct irc_line *line, struct error *err);
