/*
 * irc_inside.h - what the files of the irc connector share: irc.c is its table and when to try again, irc_session.c one
 * connection, irc_write.c what is said, irc_history.c what was missed. Thread: the loop's.
 */
#pragma once

#include "connector/connector_impl.h"
#include "connector/irc_address.h"
#include "connector/irc_login.h"
#include "connector/irc_reader.h"
#include "net/backoff.h"
#include "net/loop.h"

struct irc_wire;

enum irc_stage {
    IRC_OFF,
    IRC_OPENING,
    IRC_LOGIN,
    IRC_ACCOUNT_WAIT,  // NickServ is to know us before we join
    IRC_JOINING,
    IRC_JOINED,
    IRC_OUTSIDE,       // connected, and not in the channel: it is tried again
};

struct irc_task {
    uint64_t number;           // 0: none
    enum connector_act_kind kind;
    char *text;                // owned; as it was sent
    char *reply_to;            // owned; NULL: none
    bool is_action;
    char fence[32];            // of the PING behind it; "": not sent yet
};

struct irc_history {
    bool is_open;              // we ask; the cursor stands still meanwhile
    int64_t after_ms, last_ms; // Unix: asked for; of the newest line that came
    char last_id[256];         // of it; "": it had none
    size_t count, pages;       // lines of this page
    char *reason;              // owned; of the gap, if it is one
};

struct irc {
    struct connector base;
    struct irc_address address;
    char *channel, *channel_key, *nick, *account, *password, *server_password, *origin;  // owned; NULL: none
    bool may_nickserv;
    int64_t idle_ms, dead_ms, login_ms, join_ms, rejoin_ms;
    struct irc_wire *wire;     // owned; NULL: not connected
    enum irc_stage stage;
    struct irc_login login;
    struct irc_reader reader;
    struct timer retry, deadline, idle, fence, history_deadline;
    struct backoff backoff;
    int64_t created_ms, traffic_ms, ping_ms;  // monotonic; ping_ms 0: no answer is due
    int64_t alive_ms;          // Unix: when the connection was last known to work; 0: never
    int64_t cursor_ms;         // alive_ms of the last cursor given
    char *loss;                // owned; why we were gone
    char *farewell;            // owned; the server's ERROR
    uint64_t fences;
    struct irc_task task;
    struct irc_history history;
};

/* irc.c */
void irc_handle_end(struct irc *irc, const struct error *why);  // the connection is over: when to try again
void irc_note_alive(struct irc *irc, int64_t alive_ms);

/* irc_session.c */
void irc_session_open(struct irc *irc);
void irc_session_close(struct irc *irc);  // without a word to irc.c
void irc_say(struct irc *irc, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* irc_write.c */
const char *irc_can(struct connector *base, enum connector_act_kind kind);
void irc_act(struct connector *base, const struct connector_task *task);
void irc_write_joined(struct irc *irc);                            // how long a text may be now
bool irc_write_note(struct irc *irc, const struct irc_line *line);  // true: it is the echo of what we say
void irc_write_lost(struct irc *irc);
void irc_write_fence(void *data);                                   // a timer's

/* irc_history.c */
void irc_history_begin(struct irc *irc, int64_t now_ms);            // we are in the channel
void irc_history_note(struct irc *irc, const struct irc_line *line);  // before the reader has it
void irc_history_stop(struct irc *irc);                             // the connection is over: asked again in the next
void irc_history_give_up(void *data);                               // a timer's
