/*
 * side.h - what one platform's side brings, and what rehearsal/ does for all of them. For this room only.
 * A platform is one `const struct side_impl NAME_side` in its own file, and a line in the table of side.c. The port, the
 * show, load, lasting faults, the control, websockets' bookkeeping and the records for tests are kept for it; it
 * holds the platform's words only. Thread: the loop's.
 */
#pragma once

#include "base/buffer.h"
#include "base/list.h"
#include "base/str.h"
#include "chat/message.h"
#include "net/loop.h"
#include "net/server.h"
#include "rehearsal/rehearsal.h"
#include "rehearsal/transcript.h"

enum fault_state { FAULT_NONE, FAULT_REFUSE, FAULT_HANG, FAULT_STALL };

struct side;
struct side_client;

/* What can be set as "NAME.key=value"; every side knows "target" besides: see side_target(). */
struct side_setting {
    const char *key, *usual;  // usual: NULL: none, side_text() gives NULL and side_number() 0
    const char *help;         // a few words
};

struct side_impl {
    const char *name;                     // "twitch": of messages' `platform`, and of the paths "/twitch/…"
    const struct side_setting *settings;  // ends with {NULL}; NULL: none
    struct side *(*create)(struct rehearsal *rehearsal);  // required; settings are known from start() on
    void (*start)(struct side *side);     // optional: settings are known; before any client comes
    void (*aim)(struct side *side);       // optional: side_target() is another
    void (*destroy)(struct side *side);   // required; the clients are gone already

    /* Required. Ids are of the platform's form already, time_ms is now. Call side_note(), or count it as skipped. */
    void (*say)(struct side *side, const struct message *message);
    /* Optional: a word as an id of the platform's form; without it words stay, and later passes of a show get others. */
    transcript_id_fn make_id;
    const char *detail_id;                // member of `detail` that names a message, too: "batch"; NULL: none
    /*
     * Optional: any HTTP request at "/NAME" or "/NAME/…"; path is what follows "/NAME". True: it is answered, or kept.
     * Is not asked while the fault is hang (never answered) or refuse (503, or refuse()).
     */
    bool (*request)(struct side *side, struct server_request *request, const char *path);
    void (*refuse)(struct side *side, struct server_request *request);  // optional: answers in the platform's form
    /* Its entries for the configuration's `sources`, and its base address(es) by name; authority: "127.0.0.1:PORT". */
    void (*address)(const struct side *side, const char *authority, json_t *addresses, json_t *sources);
    void (*describe)(const struct side *side, json_t *state);  // optional: adds counts

    /*
     * Websockets at "/NAME" and "/NAME/…"; accept() NULL: none. Without sub-protocol, or with one of subprotocols (ends
     * with NULL; several sides may name the same). is_root: those at other paths, too.
     */
    const char *const *subprotocols;
    bool is_root;
    /* A session that embeds a side_client, NULL behind an HTTP status of refusal in *status. Not asked in refuse. */
    struct side_client *(*accept)(struct side *side, const struct server_request *request, int *status);
    void (*open)(struct side_client *client);  // optional: it may be written to from now on
    /* Required with accept(). One whole message. Does not come in hang. */
    void (*receive)(struct side_client *client, const char *bytes, size_t len, bool is_text);
    void (*close)(struct side_client *client);  // required with accept(); frees it. It is in no list any more

    // Faults, all optional; NULL: there is no such fault, but for drop: the websockets end without a word.
    void (*drop)(struct side *side);       // what is no websocket: streams, polls that wait
    void (*garbage)(struct side *side);
    void (*reconnect)(struct side *side);
    void (*resume)(struct side *side);     // hang or stall is over: websockets have been sent what was held
    /* False: the platform knows no such thing. "quota", "end", "restart", any word; "resume" ends what lasts. */
    bool (*special)(struct side *side, const char *fault);
    const char *specials;                  // its words for the error message, "quota, end, restart"; NULL: none
};

/* One platform. Embedded; everything that all of them have is kept by side.c, which create() leaves alone. */
struct side {
    const struct side_impl *impl;
    struct rehearsal *rehearsal;
    struct list clients;  // struct side_client; open websockets
    enum fault_state fault;
    struct timer fault_timer;
    bool has_client;      // had one at least once
    uint64_t said;        // messages, those that the platform's form cannot carry not counted
    uint64_t skipped;     // those
    uint64_t requests;    // HTTP
    uint64_t load_number; // the last one
    uint64_t minted;      // ids given to writes
    char **values;        // owned; of settings, in their order; NULL: as usual
    char *target;         // owned; NULL: none
    struct buffer sent;   // "UNIX_MS ID KIND\n" of each, for tests that count
    struct json_t *writes;  // owned; an array: see struct side_write
};

/* One websocket. Embedded first in the side's own session; link and socket are side.c's. */
struct side_client {
    struct list link;              // in side.clients, from open() on
    struct side *side;
    struct server_socket *socket;  // NULL: not open yet
    int close_code;                // in close(): the peer's, or 1006
    struct buffer held;            // while stalled
};

/* --- The table --- */

const struct side_impl *side_at(size_t index);  // NULL behind the last; alphabetical

struct side *side_create(struct rehearsal *rehearsal, const struct side_impl *impl);
void side_destroy(struct side *side);  // accepts NULL

/* --- What it is set to --- */

/* False: err names what can be set. */
bool side_set(struct side *side, const char *key, const char *value, struct error *err);
const char *side_text(const struct side *side, const char *key);    // asserts that the key is in the table
int64_t side_number(const struct side *side, const char *key);

/* The setting, else the room that the transcript's `source` names ("twitch:anna"), else the usual. */
const char *side_room(const struct side *side, const char *key);

/* Where a side that calls us (webhooks) sends to: "NAME.target=URL" or POST /control/target. NULL: nowhere yet. */
const char *side_target(const struct side *side);

struct loop *rehearsal_loop(const struct rehearsal *rehearsal);
const struct transcript *rehearsal_transcript(const struct rehearsal *rehearsal);  // NULL: none
double rehearsal_load(const struct rehearsal *rehearsal);  // messages a second; 0: a show

/* The authority under which the client knows us, "127.0.0.1:PORT": a proxy may stand between. Borrowed as the request. */
const char *side_authority(const struct server_request *request);

/* --- What it tells --- */

/* A client is there and listens: the show may begin. */
void side_client_came(struct side *side);

/* Keeps count of a message that was sent; id: under which, NULL: its native_id. */
void side_note(struct side *side, const struct message *message);
void side_note_as(struct side *side, const struct message *message, const char *id);

/* A word as an id of the side's form, as the transcript's words become ids in the first pass. */
void side_make_id(const struct side *side, const char *word, char id[TRANSCRIPT_ID_BYTES]);

/* An id of the side's form that nothing had before: for what a client writes. */
void side_mint_id(struct side *side, char id[TRANSCRIPT_ID_BYTES]);

/* --- Websockets --- */

/* Queue one message each. In hang it is forgotten, in stall held. A client that does not read is dropped. */
void side_client_send(struct side_client *client, const char *text, size_t len);
void side_client_send_binary(struct side_client *client, const void *bytes, size_t len);
void side_client_send_payload(struct side_client *client, struct payload *payload, bool is_text);
void side_client_printf(struct side_client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));
void side_client_close(struct side_client *client, int code, const char *reason);  // close() follows later

/* To all that wants() says yes to (NULL: all); the bytes are shared. */
void side_broadcast(struct side *side, bool (*wants)(const struct side_client *client), const char *bytes, size_t len,
                    bool is_text);

/* --- What clients write --- */

/* One attempt, also a refused one: GET /control/writes?platform=NAME shows them in order. */
struct side_write {
    const char *act;        // "say", "announce", "delete", "timeout", "ban", "unban", "clear", "poll_start", "poll_end"
    const char *outcome;    // "accepted", "dropped", "limited", "denied"
    const char *why;        // NULL: none
    const char *text;       // NULL: none, as below
    const char *native_id;  // of what it made (say), or of what it acts on
    const char *reply_to, *author_id;
    int64_t seconds;
    json_t *detail;         // borrowed
};
void side_note_write(struct side *side, const struct side_write *write);

/*
 * What all viewers see of an accepted write, by say(): a chat message of `author` (its id write->native_id), a
 * delete, ban or clear. False: of such an act there is nothing to see here; show it yourself.
 */
bool side_echo(struct side *side, const struct side_write *write, const struct message_author *author);
