/*
 * rehearsal.h - the platforms' server sides on loopback, playing a transcript: for demos, training, tests and load.
 * One port serves all: /NAME/… is a platform's HTTP and its websockets, other websockets are Twitch's IRC, /control/…
 * is ours. As strict as the platforms: docs/rehearsal.md tells of each. A platform is a file; side.h says what it brings.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct loop;
struct message;
struct rehearsal;

struct rehearsal_options {
    const char *transcript;  // path; NULL: nothing is played, see rehearsal_say()
    const char *as;          // every message is this platform's, whatever the transcript says; NULL: as it says
    uint16_t port;           // on 127.0.0.1; 0: any free one
    double speed;            // 0: 1
    bool is_looped;          // from the start again, with new ids
    /*
     * The show begins when each platform of the transcript has a client, or 3 s after the first came. True: at once.
     */
    bool starts_at_once;
    double load_per_s;       // messages a second on each platform made of the transcript, instead of the show; 0: no
    const char *const *settings;  // "PLATFORM.KEY=VALUE" each; rehearsal_settings() lists them. May be NULL
    size_t setting_count;
};

/* Listens when it returns. NULL: err names file and line, the setting, or the port. */
struct rehearsal *rehearsal_create(struct loop *loop, const struct rehearsal_options *options, struct error *err);
void rehearsal_destroy(struct rehearsal *rehearsal);  // accepts NULL

/*
 * {"port":N,"twitch":"ws://…","youtube":"http://…",…,"control":"http://…","sources":[…]}: the sources are entries for
 * the configuration, of the transcript's platforms only. The caller calls json_decref().
 */
json_t *rehearsal_addresses(const struct rehearsal *rehearsal);
uint16_t rehearsal_port(const struct rehearsal *rehearsal);

/* Sends a message now, by its platform; ids as transcript.h says. The message is only read. */
void rehearsal_say(struct rehearsal *rehearsal, const struct message *message);

/*
 * Something goes wrong on a platform (NULL: all). Also POST /control/FAULT?platform=…&for_ms=…
 *     drop       all connections end without a word
 *     refuse     new connections are refused (503) until resumed
 *     hang       new requests get no answer, connections that stand get nothing more, until resumed
 *     stall      connections that stand get nothing until resumed, then all of it (the platform's pings as well)
 *     garbage    one frame that nobody can read
 *     reconnect  the platform asks to come again, as a matter of course
 *     resume     ends refuse, hang, stall and what else lasts
 * and what a platform has of its own: quota, end, restart (YouTube) …
 * for_ms: resumed by itself after so long; 0: not. False: no such fault or platform.
 */
bool rehearsal_fault(struct rehearsal *rehearsal, const char *fault, const char *platform, int64_t for_ms,
                     struct error *err);

/* {"started":bool,"finished":bool,"twitch":{…},…} with counts; also GET /control/state. */
json_t *rehearsal_state(const struct rehearsal *rehearsal);

/*
 * What was sent, a line each: "UNIX_MS ID KIND"; also GET /control/sent. Borrowed until the loop turns. NULL: no such
 * platform.
 */
const char *rehearsal_sent(const struct rehearsal *rehearsal, const char *platform, size_t *len);

/* What clients wrote to a platform, oldest first, as side.h says; also GET /control/writes. Borrowed. NULL: no such. */
const json_t *rehearsal_writes(const struct rehearsal *rehearsal, const char *platform);

/* Where a platform that calls us sends its webhooks from now on. False: no such platform. */
bool rehearsal_set_target(struct rehearsal *rehearsal, const char *platform, const char *url, struct error *err);

/* What can be set, a line each: "twitch.ping_ms  300000  between PINGs". The caller frees. */
char *rehearsal_settings(void);
