/*
 * rehearsal.h - the platforms' server sides on loopback, playing a transcript: for demos, training, tests and load.
 * One port serves all: websockets are Twitch's IRC, /youtube/v3/… is YouTube's Data API, /control/… is ours.
 * As strict as the platforms: IRC replays nothing, is silent about an unknown channel, refuses too fast JOINs and
 * closes on a missing PONG; YouTube wants its key, charges quota, and ends streams from time to time.
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
    uint16_t port;           // on 127.0.0.1; 0: any free one
    double speed;            // 0: 1
    bool is_looped;          // from the start again, with new ids
    /*
     * The show begins when each platform of the transcript has a client, or 3 s after the first came. True: at once.
     */
    bool starts_at_once;
    double load_per_s;         // messages a second on each platform made of the transcript, instead of the show; 0: no
    const char *twitch_channel;   // NULL: as the transcript's "source" says, else "rehearsal"
    const char *youtube_video;    // likewise, else "rehearsal01"
    const char *api_key;          // the only one accepted; NULL: "rehearsal-key"
    int64_t ping_ms;           // Twitch's PING; 0: 300000
    int64_t pong_ms;           // and how long it waits for the answer; 0: 10000
    int joins_max;             // in 10 s; 0: 20
    int64_t stream_ms;         // after so long YouTube ends a response; 0: 120000
    int64_t batch_ms;          // between two elements of a stream at least; 0: 200
    int64_t quota;             // units a day; 0: 10000
};

/* Listens when it returns. NULL: err names file and line, or the port. */
struct rehearsal *rehearsal_create(struct loop *loop, const struct rehearsal_options *options, struct error *err);
void rehearsal_destroy(struct rehearsal *rehearsal);  // accepts NULL

/*
 * {"port":N,"twitch":"ws://…","youtube":"http://…","control":"http://…","sources":[…]}: the sources are entries for the
 * configuration. The caller calls json_decref().
 */
json_t *rehearsal_addresses(const struct rehearsal *rehearsal);
uint16_t rehearsal_port(const struct rehearsal *rehearsal);

/* Sends a message now, by its platform; ids as transcript.h says. The message is only read. */
void rehearsal_say(struct rehearsal *rehearsal, const struct message *message);

/*
 * Something goes wrong, on platform "twitch" or "youtube" (NULL: both). Also POST /control/FAULT?platform=…&for_ms=…
 *     drop       all connections end without a word
 *     refuse     new connections are refused (503) until resumed
 *     hang       new requests get no answer, connections that stand get nothing more, until resumed
 *     stall      connections that stand get nothing until resumed, then all of it (Twitch's own PINGs as well)
 *     garbage    one frame that nobody can read
 *     reconnect  Twitch: RECONNECT to all. YouTube: ends all streams as a matter of course
 *     quota      YouTube: the day's quota is used up, until resumed
 *     end        YouTube: the broadcast is over
 *     restart    YouTube: it begins anew, as another video with another chat
 *     resume     ends refuse, hang, stall and quota
 * for_ms: resumed by itself after so long; 0: not. False: no such fault or platform.
 */
bool rehearsal_fault(struct rehearsal *rehearsal, const char *fault, const char *platform, int64_t for_ms,
                     struct error *err);

/* {"started":bool,"finished":bool,"twitch":{…},"youtube":{…}} with counts; also GET /control/state. */
json_t *rehearsal_state(const struct rehearsal *rehearsal);
