#include "connector/twitch_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/twitch_line.h"
#include "net/loop.h"
#include "net/websocket.h"

/* Above a line of 1 MB, so that one such line is one bad frame and not a lost connection. */
enum { FRAME_BYTES_MAX = 4 * 1024 * 1024 };

enum stage { STAGE_OPENING, STAGE_LOGIN, STAGE_JOINING, STAGE_JOINED, STAGE_ENDED };

struct twitch_session {
    struct twitch_session_options options;
    struct websocket *socket;
    enum stage stage;
    struct timer deadline;      // of login and JOIN
    struct timer idle;          // own PING, and the wait for its answer
    int64_t created_ms, joined_ms, traffic_ms;  // monotonic
    int64_t ping_ms;            // monotonic; 0: none under way
};

static void end(struct twitch_session *session, const struct error *why)
{
    if (session->stage == STAGE_ENDED)
        return;
    session->stage = STAGE_ENDED;
    timer_stop(&session->deadline);
    timer_stop(&session->idle);
    session->options.handler->on_end(session->options.data, session, why);
}

static void end_with(struct twitch_session *session, enum error_code code, const char *text)
{
    struct error why = {0};
    error_set(&why, code, "%s", text);
    end(session, &why);
}

static void say(struct twitch_session *session, const char *text)
{
    struct error err = {0};
    if (!websocket_send(session->socket, text, strlen(text), &err))
        end(session, &err);
}

static void say_join(struct twitch_session *session)
{
    char text[96];
    snprintf(text, sizeof(text), "JOIN #%s\r\n", session->options.channel);
    session->stage = STAGE_JOINING;
    timer_start(&session->deadline, session->options.join_ms);
    say(session, text);
}

/* ---- the websocket's news ---- */

static void handle_open(void *data)
{
    struct twitch_session *session = data;
    char nick[48];
    snprintf(nick, sizeof(nick), "NICK justinfan%d\r\n", 10000 + (int)random_below(80000));
    session->stage = STAGE_LOGIN;
    session->traffic_ms = clock_monotonic_ms();
    timer_start(&session->deadline, session->options.join_ms);
    timer_start(&session->idle, session->options.idle_ms);
    say(session, "CAP REQ :twitch.tv/tags twitch.tv/commands\r\n");
    say(session, "PASS SCHMOOPIIE\r\n");  // anonymous: any word
    say(session, nick);
}

/* One websocket message holds whole lines; each ends with \r\n, a bare \n is taken too. */
static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct twitch_session *session = data;
    const char *at = bytes, *stop = bytes + len;
    session->traffic_ms = clock_monotonic_ms();
    session->ping_ms = 0;
    while (at < stop && session->stage != STAGE_ENDED) {
        const char *newline = memchr(at, '\n', (size_t)(stop - at));
        struct str line = {at, (size_t)((newline ? newline : stop) - at)};
        at = newline ? newline + 1 : stop;
        while (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        if (line.len > 0)
            session->options.handler->on_line(session->options.data, session, line);
    }
    session->options.handler->on_batch(session->options.data, session);
}

static void handle_close(void *data, const struct websocket_close *close)
{
    struct twitch_session *session = data;
    struct error why = close->error;
    // Even a bad certificate or a refused upgrade may be a proxy's mood: Twitch needs no credential here.
    why.code = ERROR_AGAIN;
    end(session, &why);
}

static const struct websocket_handler websocket_handler = {
    .on_open = handle_open, .on_message = handle_message, .on_close = handle_close,
};

/* ---- deadlines ---- */

static void handle_deadline(void *data)
{
    struct twitch_session *session = data;
    struct error why = {0};
    if (session->stage == STAGE_LOGIN) {
        error_set(&why, ERROR_AGAIN, "no answer to the login within %g s", (double)session->options.join_ms / 1000);
    } else {
        // Twitch is silent about a channel that does not exist.
        error_set(&why, ERROR_DATA, "no answer to JOIN #%s within %g s: is there a channel of that name?",
                  session->options.channel, (double)session->options.join_ms / 1000);
    }
    end(session, &why);
}

/* The server's own PING comes every five minutes: too seldom to notice a dead line. */
static void handle_idle(void *data)
{
    struct twitch_session *session = data;
    int64_t now_ms = clock_monotonic_ms(), quiet_ms = now_ms - session->traffic_ms;
    if (session->ping_ms != 0) {
        struct error why = {0};
        error_set(&why, ERROR_AGAIN, "no answer to PING within %g s", (double)session->options.dead_ms / 1000);
        end(session, &why);
    } else if (quiet_ms >= session->options.idle_ms) {
        session->ping_ms = now_ms;
        timer_start(&session->idle, session->options.dead_ms);
        say(session, "PING :antiphon\r\n");
    } else {
        timer_start(&session->idle, session->options.idle_ms - quiet_ms);
    }
}

/* ---- lines that concern the connection ---- */

static void handle_roomstate(struct twitch_session *session, const struct twitch_line *line)
{
    // Only the full set answers a JOIN; later ones carry what changed.
    bool is_full = twitch_line_has(line, TAG_EMOTE_ONLY) && twitch_line_has(line, TAG_SLOW) &&
                   twitch_line_has(line, TAG_SUBS_ONLY);
    if (session->stage != STAGE_JOINING || !is_full)
        return;
    session->stage = STAGE_JOINED;
    session->joined_ms = clock_monotonic_ms();
    timer_stop(&session->deadline);
    session->options.handler->on_joined(session->options.data, session);
}

static void handle_ping(struct twitch_session *session, const struct twitch_line *line)
{
    struct str token = twitch_line_trailing(line, 1);
    char text[600];
    snprintf(text, sizeof(text), "PONG :%.*s\r\n", (int)(token.len < 500 ? token.len : 500),
             token.data ? token.data : "");
    say(session, text);
}

static bool starts_with_any(struct str text, const char *const *beginnings)
{
    for (; *beginnings; beginnings++) {
        if (str_starts_with(text, str_from(*beginnings)))
            return true;
    }
    return false;
}

/* Login refusals have no msg-id: only their words tell. */
static void handle_notice(struct twitch_session *session, const struct twitch_line *line)
{
    static const char *const refusals[] = {"Login authentication failed", "Login unsuccessful",
                                           "Improperly formatted auth", "Invalid NICK", NULL};
    struct str text = twitch_line_trailing(line, 2), id = twitch_line_tag(line, TAG_MSG_ID);
    struct error why = {0};
    if (id.len == 0 && session->stage <= STAGE_JOINING && starts_with_any(text, refusals)) {
        error_set(&why, ERROR_DENIED, "Twitch refuses the login: %.*s", (int)text.len, text.data);
    } else if (str_equal(id, STR("msg_channel_suspended"))) {
        error_set(&why, ERROR_DENIED, "#%s is suspended or does not exist", session->options.channel);
    } else if (str_equal(id, STR("msg_banned")) || str_equal(id, STR("msg_channel_blocked"))) {
        error_set(&why, ERROR_DENIED, "#%s does not let us in: %.*s", session->options.channel, (int)text.len,
                  text.data);
    } else {
        return;
    }
    end(session, &why);
}

void twitch_session_handle(struct twitch_session *session, const struct twitch_line *line)
{
    struct str command = line->command;
    if (session->stage == STAGE_ENDED)
        return;
    if (str_equal(command, STR("PING"))) {
        handle_ping(session, line);
    } else if (str_equal(command, STR("ROOMSTATE"))) {
        handle_roomstate(session, line);
    } else if (str_equal(command, STR("RECONNECT"))) {
        session->options.handler->on_reconnect(session->options.data, session);
    } else if (str_equal(command, STR("NOTICE"))) {
        handle_notice(session, line);
    } else if (session->stage == STAGE_LOGIN && str_equal(command, STR("001"))) {
        say_join(session);
    } else if (session->stage == STAGE_LOGIN && str_equal(command, STR("CAP")) && line->param_count > 1 &&
               str_equal(line->params[1], STR("NAK"))) {
        end_with(session, ERROR_DENIED, "Twitch refuses the capabilities tags and commands");
    }
}

/* ---- life ---- */

struct twitch_session *twitch_session_create(const struct twitch_session_options *options, struct error *err)
{
    struct twitch_session *session = xcalloc(1, sizeof(*session));
    session->options = *options;
    session->created_ms = clock_monotonic_ms();
    timer_init(&session->deadline, options->loop, handle_deadline, session);
    timer_init(&session->idle, options->loop, handle_idle, session);
    session->socket = websocket_create(options->loop, &(struct websocket_options){
        .url = options->url, .ca_file = options->ca_file, .proxy = options->proxy, .message_bytes_max = FRAME_BYTES_MAX,
        .handler = &websocket_handler, .data = session}, err);
    if (!session->socket) {
        twitch_session_destroy(session);
        return NULL;
    }
    return session;
}

void twitch_session_destroy(struct twitch_session *session)
{
    if (!session)
        return;
    timer_stop(&session->deadline);
    timer_stop(&session->idle);
    websocket_destroy(session->socket);
    free(session);
}

bool twitch_session_is_joined(const struct twitch_session *session)
{
    return session && session->stage == STAGE_JOINED;
}

int64_t twitch_session_alive_ms(const struct twitch_session *session)
{
    int64_t alive_ms = websocket_alive_ms(session->socket);
    return alive_ms ? clock_unix_ms() - (clock_monotonic_ms() - alive_ms) : 0;
}

int64_t twitch_session_join_took_ms(const struct twitch_session *session)
{
    return session->joined_ms - session->created_ms;
}
