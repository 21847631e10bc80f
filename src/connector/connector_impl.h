/*
 * connector_impl.h - what a platform brings, and what connector.c does for all of them. For this room only.
 * A platform is one `const struct connector_impl` in its own file, and a line in the table of connector.c.
 */
#pragma once

#include "base/error.h"
#include "base/list.h"
#include "base/str.h"
#include "chat/message.h"
#include "connector/connector.h"

struct backoff;
struct emote_sets;
struct http_options;
struct inbound_answer;
struct inbound_request;
struct inbound_socket;
struct outbox;
struct websocket_options;

/* How long one message of the platform may be. count 0: as long as one likes. */
struct connector_text_limit {
    size_t count;
    enum { CONNECTOR_BYTES, CONNECTOR_CODE_POINTS, CONNECTOR_UTF16_UNITS } unit;
};

/* How fast one may write: `count` in any `per_ms`, and `gap_ms` between two. count 0: no such rule. */
struct connector_pace {
    int count;  // at most CONNECTOR_PACE_MAX
    int64_t per_ms;
    int64_t gap_ms;
};

enum { CONNECTOR_PACE_MAX = 128 };

/* One act that the platform is to do now; of a text that was split, one part. Lives until connector_task_done(). */
struct connector_task {
    uint64_t number;           // of the task, not of the act: a late answer to an earlier one is known by it
    struct connector_act act;  // its text is this part's
    size_t part, part_count;   // 0 of 1
};

struct connector_impl {
    const char *name;                  // "twitch"; the word after "connector" in the configuration
    const char *title;                 // "Twitch", for people; NULL: the name
    const struct connector_key *keys;  // besides "connector", "ca_file" and "proxy"; ends with {NULL}
    struct connector_text_limit text_limit;  // of say and announce; base.text_limit from then on
    struct connector_pace pace;              // likewise
    /* Required. Values that the types above do not check; the name that comes after "twitch:". The caller frees. */
    char *(*check)(const json_t *config, struct error *err);
    /* Required. config was checked; NULL: a decoder. Must not fail, must not connect. */
    struct connector *(*create)(const json_t *config);
    /* Required. Begins to connect. options.cursor is that of the last life. */
    void (*start)(struct connector *base);
    /* Required. One whole frame; text is not NUL-terminated. See connector_receive(). */
    bool (*receive)(struct connector *base, const char *text, size_t len, struct error *err);
    /*
     * Optional: NULL where the platform lets nobody write. NULL if `kind` can be done now, else why not and the way out,
     * borrowed until the next call.
     */
    const char *(*can)(struct connector *base, enum connector_act_kind kind);
    /* With can(). Begins one task; connector_task_done() ends it, from within or later. The next comes after that. */
    void (*act)(struct connector *base, const struct connector_task *task);
    /* Optional. The last chance to give a cursor. */
    void (*stop)(struct connector *base);
    void (*destroy)(struct connector *base);  // required; frees, also what embeds base

    /* --- Things from outside (inbound.h), all optional --- */

    bool wants_token;  // its configuration has "token": where the panel adds a source without one, one is made
    /* The secret in the path at the door; NULL: it wants nothing from outside, or not now. */
    const char *(*token)(struct connector *base);
    void (*request)(struct connector *base, const struct inbound_request *request, struct inbound_answer *answer);
    void (*socket_open)(struct connector *base, struct inbound_socket *socket);
    /* One whole text frame. Required for websockets. */
    void (*socket_receive)(struct connector *base, struct inbound_socket *socket, const char *text, size_t len);
    void (*socket_close)(struct connector *base, struct inbound_socket *socket);
};

/* Embedded in the platform's own struct; filled by connector.c, which create() leaves alone. */
struct connector {
    const struct connector_impl *impl;
    struct connector_options options;
    char *source;    // owned
    char *ca_file;   // owned; NULL: none
    char *proxy;     // owned; NULL: none
    char *cursor;    // owned; of the last life; NULL: none
    char *text;      // owned; health.text
    char *remedy;    // owned; health.remedy
    struct connector_health health;
    struct {
        int64_t since_ms, least_ms, before_ms;  // Unix: when this stretch began; the least in it, and in the one before
    } skew;
    struct outbox *outbox;                   // owned; NULL: nothing was written so far
    struct connector_text_limit text_limit;  // the platform may change both, as it learns more
    struct connector_pace pace;
    char *own_author_id;  // owned; of the account that we write with, set by the platform; NULL: not known
    char *own_other_id;   // owned; where a second one writes too: a bot beside its webhook; NULL: none
    bool was_live;
    uint64_t repeats;    // messages that the owner had already
    struct list sockets; // struct inbound_socket
    struct emote_sets *emote_sets;  // owned; NULL: not wanted
    bool is_decoder;  // no configuration: the frames themselves say whose chat it is
};

/*
 * Fills platform and source in where they are empty, marks what we sent ourselves, makes the message and gives it to
 * the owner.
 */
void connector_deliver(struct connector *base, struct message_draft *draft);

/*
 * Around the work on one frame, or one piece of it where pieces stand alone: it is noted in the poison file. False:
 * it ended an earlier run and is to be skipped; a gap says so. Call connector_end_frame() after the work, with the
 * error if it could not be read, which is counted and logged.
 */
bool connector_begin_frame(struct connector *base, const char *frame, size_t len);
void connector_end_frame(struct connector *base, const struct error *err);

/* Only a change is told and logged. Entering CONNECTOR_LIVE again counts as a reconnect, and ends a remedy. */
void connector_set_state(struct connector *base, enum connector_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What a person must do, told with the next state: set it first. */
void connector_set_remedy(struct connector *base, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* name: a literal. Told with the next state or count. */
void connector_set_budget(struct connector *base, const char *name, int64_t left, int64_t limit, int64_t resets_ms);

/*
 * The end of a task; a number that is not the running task's is ignored. native_id: of what came to be, NULL if the
 * platform does not say. The text is for people; "" if there is nothing to add.
 */
void connector_task_done(struct connector *base, uint64_t number, enum connector_outcome outcome, const char *native_id,
                         const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The platform wants us to wait (429): the same task comes again after retry_ms, unless that is too long. */
void connector_task_again(struct connector *base, uint64_t number, int64_t retry_ms, const char *why);

/*
 * Whose chat it is, by the platform's own id of the channel, as soon as it is known and whenever it changes: the emotes of
 * 7TV, BetterTTV and FrankerFaceZ are looked for by it, and connector_deliver() adds them from then on.
 */
void connector_set_channel(struct connector *base, const char *channel_id);

void connector_set_own_author(struct connector *base, const char *author_id);
void connector_set_other_author(struct connector *base, const char *author_id);  // a second one beside it

/* What the configuration says for every connection of this source: certificates and proxy. */
void connector_fill_http(const struct connector *base, struct http_options *options);
void connector_fill_websocket(const struct connector *base, struct websocket_options *options);

/* from_ms is taken down to the whole second. Nothing happens if it is 0: we never were there. */
void connector_gap(struct connector *base, int64_t from_ms, int64_t to_ms, const char *reason);

/* How far this source has read; stored with the messages that it covers. _json takes over the reference. */
void connector_set_cursor(struct connector *base, const char *cursor);
void connector_set_cursor_json(struct connector *base, json_t *cursor);

/* That of the last life, a new reference; NULL, which every getter of json.h accepts: there is none, or it is damaged. */
json_t *connector_cursor(const struct connector *base);

/* inbound.c, for connector_destroy(): closes the websockets that others opened to this source. */
void connector_end_sockets(struct connector *base);

/* "again in 4 s", or "again at once": for states. */
const char *connector_again_text(int64_t delay_ms, char text[32]);

/*
 * A pasted key or token without the blanks and line ends around it; the caller frees. "" if it is absent. NULL: blanks
 * or control characters within; err names the key and never its value. config may be NULL.
 */
char *connector_config_secret(const json_t *config, const char *key, struct error *err);

/* The configuration's text at key, or otherwise; borrowed. config may be NULL. */
const char *connector_config_text(const json_t *config, const char *key, const char *otherwise);

/* The table's entries, in alphabetical order. */
extern const struct connector_impl discord_connector;
extern const struct connector_impl door_connector;
extern const struct connector_impl facebook_connector;
extern const struct connector_impl instagram_connector;
extern const struct connector_impl irc_connector;
extern const struct connector_impl kick_connector;
extern const struct connector_impl reddit_connector;
extern const struct connector_impl socialstream_connector;
extern const struct connector_impl tiktok_connector;
extern const struct connector_impl twitch_connector;
extern const struct connector_impl x_connector;
extern const struct connector_impl youtube_connector;
