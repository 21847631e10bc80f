/*
 * irc_session.c - one connection to an IRC server: login, JOIN, signs of life, and being sent away.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/irc_inside.h"
#include "connector/irc_text.h"
#include "connector/irc_wire.h"
#include "connector/tag_value.h"

enum { NICKSERV_MS = 3000, WORDS_BYTES_MAX = 200, TRUSTED_SKEW_MS = 60 * 1000, OPEN_MS = 15000 };

/* ---- speaking ---- */

static void send_line(struct irc *irc, const char *line, size_t len)
{
    struct error err = {0};
    if (irc->wire && !irc_wire_send(irc->wire, line, len, &err))
        log_warn("connector/irc", "%s: %s", irc->base.source, err.text);
}

void irc_say(struct irc *irc, const char *format, ...)
{
    char *line;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&line, format, args);
    va_end(args);
    if (len < 0)
        return;
    send_line(irc, line, (size_t)len);
    free(line);
}

static void say_for_login(void *data, const char *line)
{
    send_line(data, line, strlen(line));
}

/* What the server says, fit for a state: valid, short. The caller frees. */
static char *words_of(const struct irc *irc, struct str text)
{
    struct buffer room = {0};
    struct str clean = irc_text_clean(text, irc->reader.is_legacy, &room);
    if (clean.len > WORDS_BYTES_MAX)
        clean.len = utf8_cut(clean.data, WORDS_BYTES_MAX);
    char *words = xstrndup(clean.len ? clean.data : "", clean.len);
    buffer_fini(&room);
    return words;
}

/* ---- the end ---- */

void irc_session_close(struct irc *irc)
{
    timer_stop(&irc->deadline);
    timer_stop(&irc->idle);
    irc_history_stop(irc);
    irc_wire_destroy(irc->wire);
    irc->wire = NULL;
    irc->stage = IRC_OFF;
    irc_login_fini(&irc->login);
    irc->login = (struct irc_login){0};
}

static void end(struct irc *irc, const struct error *why)
{
    if (irc->stage == IRC_OFF)
        return;
    struct error copy = *why;
    irc_session_close(irc);
    irc_write_lost(irc);
    irc_handle_end(irc, &copy);
}

static void end_with(struct irc *irc, enum error_code code, const char *text)
{
    struct error why = {0};
    error_set(&why, code, "%s", text);
    end(irc, &why);
}

/* ---- into the channel ---- */

static void say_join(struct irc *irc)
{
    irc->stage = IRC_JOINING;
    timer_start(&irc->deadline, irc->join_ms);
    irc_say(irc, irc->channel_key ? "JOIN %s %s" : "JOIN %s", irc->channel, irc->channel_key);
}

static void begin_account_or_join(struct irc *irc)
{
    if (!irc->account || irc->login.is_logged_in || !irc->may_nickserv) {
        say_join(irc);
        return;
    }
    irc->stage = IRC_ACCOUNT_WAIT;
    timer_start(&irc->deadline, NICKSERV_MS);
    irc_say(irc, "PRIVMSG NickServ :IDENTIFY %s %s", irc->account, irc->password ? irc->password : "");
}

/* NickServ's words are for people and differ by network; whatever they are, JOIN shows whether we may. */
static void take_service_notice(struct irc *irc, const struct irc_line *line)
{
    if (irc->stage != IRC_ACCOUNT_WAIT || !irc_room_is_same(&irc->reader.room, line->nick, STR("NickServ")))
        return;
    char *words = words_of(irc, irc_line_trailing(line, 2));
    log_info("connector/irc", "%s: NickServ: %s", irc->base.source, words);
    free(words);
    say_join(irc);
}

static void handle_joined(struct irc *irc)
{
    int64_t now_ms = clock_unix_ms();
    irc->stage = IRC_JOINED;
    timer_stop(&irc->deadline);
    backoff_reset(&irc->backoff);
    irc_write_joined(irc);
    connector_set_state(&irc->base, CONNECTOR_LIVE, "joined %s as %s (%.1f s)", irc->channel, irc->reader.room.nick,
                        (double)(clock_monotonic_ms() - irc->created_ms) / 1000);
    irc_history_begin(irc, now_ms);
    free(irc->loss);
    irc->loss = NULL;
    irc_note_alive(irc, now_ms);
}

/* Not in the channel, or no more. The connection stays, and JOIN is tried again. */
static void stay_outside(struct irc *irc, const char *text)
{
    char again[32];
    if (irc->stage == IRC_JOINED || !irc->loss) {
        free(irc->loss);
        irc->loss = xstrdup(text);
    }
    irc_history_stop(irc);
    irc_write_lost(irc);
    irc->stage = IRC_OUTSIDE;
    timer_start(&irc->deadline, irc->rejoin_ms);
    connector_set_state(&irc->base, CONNECTOR_FAILED, "%s (%s)", text, connector_again_text(irc->rejoin_ms, again));
}

static const struct {
    int numeric;
    const char *what, *remedy;
} refusals[] = {
    {403, "there is no such channel", "correct \"channel\": names begin with # on most networks"},
    {405, "the server allows no more channels", NULL},
    {470, "the channel forwards elsewhere", "name the channel that it forwards to, or ask its operators to let us in"},
    {471, "the channel is full", NULL},
    {473, "the channel is by invitation only", "ask an operator to /invite this nick; it is joined at once then"},
    {474, "we are banned from the channel", "ask an operator to lift the ban"},
    {475, "the channel's key is wrong or missing", "set \"channel_key\""},
    {476, "the channel's name is not allowed", "correct \"channel\""},
    {477, "the channel wants a registered account", "set \"account\" and \"password\" of an account on this network"},
    {479, "the channel's name is not allowed", "correct \"channel\""},
    {480, "the channel does not let us in", "ask an operator"},
    {489, "the channel wants an encrypted connection", "give the server without irc://, so that TLS is used"},
    {520, "the channel is for the network's operators", "choose another channel"},
};

/* "473 nick #live :Cannot join channel (+i)" */
static bool take_refusal(struct irc *irc, const struct irc_line *line)
{
    if (line->numeric < 400 || line->numeric >= 600 || !irc_reader_is_here(&irc->reader, irc_line_param(line, 1)))
        return false;
    char *words = words_of(irc, irc_line_trailing(line, 3));
    const char *what = "the channel does not let us in", *remedy = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
        if (refusals[i].numeric == line->numeric) {
            what = refusals[i].what;
            remedy = refusals[i].remedy;
        }
    }
    char *text = xasprintf("%s: %s: %s", irc->channel, what, words);
    if (remedy)
        connector_set_remedy(&irc->base, "%s", remedy);
    stay_outside(irc, text);
    free(text);
    free(words);
    return true;
}

static void take_kick(struct irc *irc, const struct irc_line *line)
{
    if (irc->stage != IRC_JOINED || !irc_room_is_us(&irc->reader.room, irc_line_param(line, 1)) ||
        !irc_reader_is_here(&irc->reader, irc_line_param(line, 0)))
        return;
    char *words = words_of(irc, irc_line_trailing(line, 3)), *by = words_of(irc, line->nick);
    char *text = xasprintf("%s sent us out of %s: %s", by, irc->channel, words);
    connector_set_remedy(&irc->base, "ask the channel's operators whether antiphon may be there");
    stay_outside(irc, text);
    free(text);
    free(words);
    free(by);
}

static void take_part(struct irc *irc, const struct irc_line *line)
{
    if (irc->stage == IRC_JOINED && irc_room_is_us(&irc->reader.room, line->nick) &&
        irc_reader_is_here(&irc->reader, irc_line_param(line, 0)))
        stay_outside(irc, "the server took us out of the channel");
}

static void take_invite(struct irc *irc, const struct irc_line *line)
{
    if (irc->stage == IRC_OUTSIDE && irc_reader_is_here(&irc->reader, irc_line_param(line, 1)))
        say_join(irc);
}

static void take_own_join(struct irc *irc, const struct irc_line *line)
{
    if (irc->stage != IRC_JOINED && irc_room_is_us(&irc->reader.room, line->nick) &&
        irc_reader_is_here(&irc->reader, irc_line_param(line, 0)))
        handle_joined(irc);
}

/* ---- lines that concern the connection ---- */

static void take_login(struct irc *irc, const struct irc_line *line)
{
    struct error why = {0};
    switch (irc_login_take(&irc->login, line, &why)) {
    case IRC_LOGIN_DONE: begin_account_or_join(irc); break;
    case IRC_LOGIN_FAILED:
        if (why.code == ERROR_DENIED)
            connector_set_remedy(&irc->base, "correct \"nick\", \"account\", \"password\" or \"server_password\" of this source");
        end(irc, &why);
        break;
    default: break;
    }
}

static void take_error(struct irc *irc, const struct irc_line *line)
{
    free(irc->farewell);
    irc->farewell = words_of(irc, irc_line_trailing(line, 1));
}

/* Before the reader has the line: it needs to know who was there. */
static void take_before(struct irc *irc, const struct irc_line *line)
{
    if (irc_line_is(line, "PING")) {
        struct str token = irc_line_trailing(line, 1);
        irc_say(irc, "PONG :%.*s", (int)(token.len < 400 ? token.len : 400), token.data);
    } else if (irc_line_is(line, "ERROR")) {
        take_error(irc, line);
    } else if (irc_line_is(line, "KICK")) {
        take_kick(irc, line);
    } else if (irc_line_is(line, "PART")) {
        take_part(irc, line);
    } else if (irc_line_is(line, "INVITE")) {
        take_invite(irc, line);
    } else if (irc_line_is(line, "NOTICE")) {
        take_service_notice(irc, line);
    } else {
        bool is_refused = irc->stage == IRC_JOINING && take_refusal(irc, line);
        if (!is_refused)
            take_login(irc, line);
    }
}

/* A line is proof that all before it has come; the server's own time says how old it is. */
static void note_line(struct irc *irc, const struct irc_line *line)
{
    int64_t now_ms = clock_unix_ms(), sent_ms = irc_line_time_ms(line);
    bool is_trusted = sent_ms > 0 && sent_ms <= now_ms && now_ms - sent_ms < TRUSTED_SKEW_MS;
    if (irc->stage == IRC_JOINED && !irc_reader_is_history(&irc->reader, line))
        irc_note_alive(irc, is_trusted ? sent_ms : now_ms - 1000);
}

static void note_own(struct irc *irc, const struct irc_line *line)
{
    char account[256];
    struct str escaped = line->tags[IRC_ACCOUNT];
    if (!irc_room_is_us(&irc->reader.room, line->nick))
        return;
    struct str known = {account, escaped.len < sizeof(account) ? tag_value_unescape(escaped, account) : 0};
    struct str id = irc_reader_author_id(&irc->reader, line->nick, known);
    char *text = xstrndup(id.data, id.len);
    connector_set_own_author(&irc->base, text);
    free(text);
}

static void read_line(struct irc *irc, const char *text, size_t len, struct error *err)
{
    struct irc_line line;
    if (len == 0 || !irc_line_parse(&line, text, len, err))
        return;
    take_before(irc, &line);
    if (irc->stage == IRC_OFF)
        return;
    note_own(irc, &line);
    irc->reader.is_own = irc_write_note(irc, &line);
    irc_history_note(irc, &line);
    irc_reader_read(&irc->reader, &line, err);
    irc->reader.is_own = false;
    note_line(irc, &line);
    if (irc_line_is(&line, "JOIN"))
        take_own_join(irc, &line);
}

/* ---- the wire's news ---- */

static void handle_open(void *data)
{
    struct irc *irc = data;
    irc->stage = IRC_LOGIN;
    irc->traffic_ms = clock_monotonic_ms();
    timer_start(&irc->deadline, irc->login_ms);
    timer_start(&irc->idle, irc->idle_ms);
    irc_login_start(&irc->login, &(struct irc_login_options){
        .nick = irc->nick, .account = irc->account, .password = irc->password, .server_password = irc->server_password,
        .may_nickserv = irc->may_nickserv, .say = say_for_login, .data = irc});
}

static void handle_line(void *data, const char *text, size_t len, bool is_cut)
{
    struct irc *irc = data;
    struct error err;
    err.code = ERROR_NONE;
    irc->traffic_ms = clock_monotonic_ms();
    irc->ping_ms = 0;
    if (!connector_begin_frame(&irc->base, text, len))
        return;
    if (is_cut)
        error_set(&err, ERROR_DATA, "an IRC line of more than %d bytes", IRC_LINE_BYTES_MAX);
    else
        read_line(irc, text, len, &err);
    connector_end_frame(&irc->base, &err);
}

static void handle_close(void *data, const struct error *why)
{
    struct irc *irc = data;
    end(irc, why);
}

static const struct irc_wire_handler wire_handler = {handle_open, handle_line, handle_close};

/* ---- deadlines ---- */

static void handle_deadline(void *data)
{
    struct irc *irc = data;
    char text[120];
    if (irc->stage == IRC_ACCOUNT_WAIT || irc->stage == IRC_OUTSIDE) {
        say_join(irc);
    } else if (irc->stage == IRC_JOINING) {
        snprintf(text, sizeof(text), "no answer to JOIN within %g s", (double)irc->join_ms / 1000);
        stay_outside(irc, text);
    } else {
        snprintf(text, sizeof(text), "no answer to the login within %g s", (double)irc->login_ms / 1000);
        end_with(irc, ERROR_AGAIN, text);
    }
}

static void handle_idle(void *data)
{
    struct irc *irc = data;
    int64_t now_ms = clock_monotonic_ms(), quiet_ms = now_ms - irc->traffic_ms;
    if (irc->ping_ms != 0) {
        char text[80];
        snprintf(text, sizeof(text), "no answer to PING within %g s", (double)irc->dead_ms / 1000);
        end_with(irc, ERROR_AGAIN, text);
    } else if (quiet_ms >= irc->idle_ms) {
        irc->ping_ms = now_ms;
        timer_start(&irc->idle, irc->dead_ms);
        irc_say(irc, "PING :antiphon");
    } else {
        timer_start(&irc->idle, irc->idle_ms - quiet_ms);
    }
}

void irc_session_open(struct irc *irc)
{
    struct error err = {0};
    struct loop *loop = irc->base.options.loop;
    timer_init(&irc->deadline, loop, handle_deadline, irc);
    timer_init(&irc->idle, loop, handle_idle, irc);
    timer_init(&irc->fence, loop, irc_write_fence, irc);
    timer_init(&irc->history_deadline, loop, irc_history_give_up, irc);
    irc->created_ms = clock_monotonic_ms();
    irc->ping_ms = 0;
    free(irc->farewell);
    irc->farewell = NULL;
    irc_reader_reset(&irc->reader, clock_unix_ms());
    irc->wire = irc_wire_create(&irc->base, &irc->address, irc->origin, OPEN_MS, &wire_handler, irc, &err);
    if (irc->wire) {
        irc->stage = IRC_OPENING;
        connector_set_state(&irc->base, CONNECTOR_CONNECTING, "connecting to %s for %s", irc->address.host, irc->channel);
    } else {
        irc_handle_end(irc, &err);
    }
}
