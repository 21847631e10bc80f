#include "connector/irc_login.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/base64.h"

enum { NICK_TRIES_MAX = 9, SASL_PIECE_BYTES = 400, REQ_BYTES_MAX = 400, WANTED_BYTES_MAX = 2000, NICK_BYTES_MAX = 30 };

static const struct {
    struct str name;
    enum irc_cap cap;
} caps[] = {
    {{"message-tags", 12}, IRC_CAP_TAGS},
    {{"server-time", 11}, IRC_CAP_TIME},
    {{"account-tag", 11}, IRC_CAP_ACCOUNT},
    {{"echo-message", 12}, IRC_CAP_ECHO},
    {{"batch", 5}, IRC_CAP_BATCH},
    {{"chathistory", 11}, IRC_CAP_HISTORY},
    {{"draft/chathistory", 17}, IRC_CAP_HISTORY},
    {{"message-redaction", 17}, IRC_CAP_REDACT},
    {{"draft/message-redaction", 23}, IRC_CAP_REDACT},
    {{"sasl", 4}, IRC_CAP_SASL},
    {{"account-notify", 14}, IRC_CAP_OTHER},
    {{"chghost", 7}, IRC_CAP_OTHER},
    {{"extended-join", 13}, IRC_CAP_OTHER},
    {{"multi-prefix", 12}, IRC_CAP_OTHER},
    {{"standard-replies", 16}, IRC_CAP_OTHER},
    {{"userhost-in-names", 17}, IRC_CAP_OTHER},
};

static enum irc_cap find_cap(struct str name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(caps); i++) {
        if (str_equal(caps[i].name, name))
            return caps[i].cap;
    }
    return 0;
}

static void say(struct irc_login *login, const char *line)
{
    login->options.say(login->options.data, line);
}

static void say_with(struct irc_login *login, const char *word, const char *rest)
{
    struct buffer line = {0};
    buffer_printf(&line, "%s%s", word, rest);
    buffer_add_char(&line, '\0');
    say(login, line.data);
    buffer_fini(&line);
}

/* ---- capabilities ---- */

static void end_caps(struct irc_login *login)
{
    if (login->is_ended)
        return;
    login->is_ended = true;
    say(login, "CAP END");
}

/* SASL is asked for apart: its refusal must not cost the others. */
static void ask(struct irc_login *login)
{
    struct str wanted = {login->wanted.data, login->wanted.len};
    while (wanted.len > 0) {
        size_t len = wanted.len;
        if (len > REQ_BYTES_MAX) {
            const char *space = memrchr(wanted.data, ' ', REQ_BYTES_MAX);
            len = space ? (size_t)(space - wanted.data) : wanted.len;
        }
        struct buffer line = {0};
        buffer_printf(&line, "CAP REQ :%.*s", (int)len, wanted.data);
        buffer_add_char(&line, '\0');
        say(login, line.data);
        buffer_fini(&line);
        login->asked++;
        len += len < wanted.len;
        wanted = (struct str){wanted.data + len, wanted.len - len};
    }
    buffer_clear(&login->wanted);
    bool wants_sasl = login->options.account && (login->offered & IRC_CAP_SASL) && login->has_plain;
    if (wants_sasl && !login->is_logged_in && !login->is_registered) {
        login->asked++;
        say(login, "CAP REQ :sasl");
    }
}

/* "sasl=PLAIN,EXTERNAL message-tags" */
static void note_offers(struct irc_login *login, struct str list)
{
    while (list.len > 0) {
        const char *space = memchr(list.data, ' ', list.len);
        struct str item = {list.data, space ? (size_t)(space - list.data) : list.len};
        const char *equals = item.len ? memchr(item.data, '=', item.len) : NULL;
        struct str name = {item.data, equals ? (size_t)(equals - item.data) : item.len};
        enum irc_cap cap = find_cap(name);
        login->offered |= (uint32_t)cap;
        if (cap == IRC_CAP_SASL) {
            login->has_plain = !equals || memmem(equals, item.len - name.len, "PLAIN", 5);
        } else if (cap && login->wanted.len + name.len < WANTED_BYTES_MAX) {
            if (login->wanted.len > 0)
                buffer_add_char(&login->wanted, ' ');
            buffer_add(&login->wanted, name.data, name.len);
        }
        size_t taken = item.len + (space ? 1 : 0);
        list = (struct str){list.data + taken, list.len - taken};
    }
}

static void note_caps(struct irc_login *login, struct str list, bool is_given)
{
    while (list.len > 0) {
        const char *space = memchr(list.data, ' ', list.len);
        struct str name = {list.data, space ? (size_t)(space - list.data) : list.len};
        size_t taken = name.len + (space ? 1 : 0);
        list = (struct str){list.data + taken, list.len - taken};
        bool is_off = name.len > 0 && name.data[0] == '-';
        if (is_off)
            name = (struct str){name.data + 1, name.len - 1};
        uint32_t cap = (uint32_t)find_cap(name);
        login->caps = is_given && !is_off ? login->caps | cap : login->caps & ~cap;
    }
}

static void begin_sasl(struct irc_login *login)
{
    login->is_in_sasl = true;
    say(login, "AUTHENTICATE PLAIN");
}

static void take_answer(struct irc_login *login, struct str list, bool is_given)
{
    bool was_sasl = login->caps & IRC_CAP_SASL;
    if (is_given)
        note_caps(login, list, true);
    if (login->asked > 0)
        login->asked--;
    // Some acknowledge what nobody asked for: without an account there is nothing to say.
    if (login->options.account && !login->is_registered && !was_sasl && (login->caps & IRC_CAP_SASL))
        begin_sasl(login);
    if (login->asked == 0 && !login->is_in_sasl)
        end_caps(login);
}

static void take_cap(struct irc_login *login, const struct irc_line *line)
{
    struct str word = irc_line_param(line, 1), list = irc_line_trailing(line, 3);
    bool goes_on = line->param_count > 3 && str_equal(line->params[2], STR("*"));
    if (str_equal(word, STR("LS")) || str_equal(word, STR("NEW"))) {
        note_offers(login, list);
        if (goes_on)
            return;
        login->is_listed = true;
        ask(login);
        if (login->asked == 0)
            end_caps(login);
    } else if (str_equal(word, STR("ACK"))) {
        take_answer(login, list, true);
    } else if (str_equal(word, STR("NAK"))) {
        take_answer(login, list, false);
    } else if (str_equal(word, STR("DEL"))) {
        note_caps(login, list, false);
    }
}

/* ---- SASL PLAIN ---- */

static void say_credentials(struct irc_login *login)
{
    struct buffer plain = {0}, packed = {0};
    buffer_add_char(&plain, '\0');
    buffer_add_string(&plain, login->options.account);
    buffer_add_char(&plain, '\0');
    buffer_add_string(&plain, login->options.password ? login->options.password : "");
    base64_encode(&packed, plain.data, plain.len);
    for (size_t at = 0; at < packed.len; at += SASL_PIECE_BYTES) {
        size_t len = packed.len - at < SASL_PIECE_BYTES ? packed.len - at : SASL_PIECE_BYTES;
        struct buffer line = {0};
        buffer_printf(&line, "AUTHENTICATE %.*s", (int)len, packed.data + at);
        buffer_add_char(&line, '\0');
        say(login, line.data);
        buffer_fini(&line);
    }
    if (packed.len % SASL_PIECE_BYTES == 0)
        say(login, "AUTHENTICATE +");
    buffer_fini(&plain);
    buffer_fini(&packed);
}

static enum irc_login_progress take_sasl(struct irc_login *login, const struct irc_line *line, struct error *err)
{
    struct str why = irc_line_trailing(line, 2);
    if (!login->options.account)
        return IRC_LOGIN_GOES_ON;
    switch (line->numeric) {
    case 900: login->is_logged_in = true; return IRC_LOGIN_GOES_ON;
    case 903:
    case 907:
        login->is_logged_in = true;
        login->is_in_sasl = false;
        end_caps(login);
        return IRC_LOGIN_GOES_ON;
    default:
        error_set(err, ERROR_DENIED, "the server refuses the account \"%s\": %.*s", login->options.account,
                  (int)why.len, why.data);
        return IRC_LOGIN_FAILED;
    }
}

/* ---- the nick ---- */

static void say_nick(struct irc_login *login)
{
    say_with(login, "NICK ", login->nick);
}

/* "antiphon" is taken: "antiphon_2". */
static enum irc_login_progress take_next_nick(struct irc_login *login, struct error *err)
{
    if (login->is_registered)
        return IRC_LOGIN_GOES_ON;
    if (++login->nick_tries > NICK_TRIES_MAX) {
        error_set(err, ERROR_AGAIN, "the nick \"%s\" and nine others like it are in use", login->options.nick);
        return IRC_LOGIN_FAILED;
    }
    snprintf(login->nick, sizeof(login->nick), "%.*s_%d", NICK_BYTES_MAX, login->options.nick, login->nick_tries);
    say_nick(login);
    return IRC_LOGIN_GOES_ON;
}

static enum irc_login_progress deny(struct error *err, const struct irc_line *line, const char *what)
{
    struct str why = irc_line_trailing(line, 2);
    error_set(err, ERROR_DENIED, "%s: %.*s", what, (int)why.len, why.data);
    return IRC_LOGIN_FAILED;
}

static enum irc_login_progress take_welcome(struct irc_login *login, struct error *err)
{
    login->is_registered = login->is_ended = true;
    if (login->options.account && !login->is_logged_in && !login->options.may_nickserv) {
        error_set(err, ERROR_DENIED, "the server offers no login by SASL PLAIN; \"nickserv\": true logs in with NickServ");
        return IRC_LOGIN_FAILED;
    }
    return IRC_LOGIN_DONE;
}

enum irc_login_progress irc_login_take(struct irc_login *login, const struct irc_line *line, struct error *err)
{
    switch (line->numeric) {
    case 1: return login->is_registered ? IRC_LOGIN_GOES_ON : take_welcome(login, err);
    case 421:
    case 410:
        if (str_equal(irc_line_param(line, 1), STR("CAP")))
            login->is_ended = true;  // an old server: go on with 001
        return IRC_LOGIN_GOES_ON;
    case 433:
    case 436:
    case 437: return take_next_nick(login, err);
    case 431:
    case 432: return login->is_registered ? IRC_LOGIN_GOES_ON : deny(err, line, "the server does not take this nick");
    case 464: return deny(err, line, "the server's password is wrong or missing");
    case 463:
    case 465:
    case 466: return deny(err, line, "the server does not let us in");
    case 900: case 902: case 903: case 904: case 905: case 906: case 907: case 908:
        return take_sasl(login, line, err);
    default: break;
    }
    if (irc_line_is(line, "CAP"))
        take_cap(login, line);
    else if (irc_line_is(line, "AUTHENTICATE") && login->is_in_sasl && str_equal(irc_line_param(line, 0), STR("+")))
        say_credentials(login);
    return IRC_LOGIN_GOES_ON;
}

void irc_login_start(struct irc_login *login, const struct irc_login_options *options)
{
    *login = (struct irc_login){.options = *options};
    snprintf(login->nick, sizeof(login->nick), "%.*s", (int)sizeof(login->nick) - 1, options->nick);
    say(login, "CAP LS 302");
    if (options->server_password)
        say_with(login, "PASS ", options->server_password);
    say_nick(login);
    say(login, "USER antiphon 0 * :antiphon");
}

void irc_login_fini(struct irc_login *login)
{
    buffer_fini(&login->wanted);
}
