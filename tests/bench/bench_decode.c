/*
 * bench_decode.c - what it costs to make a message of a frame. Lines `name value unit`.
 * The tagged Twitch line is the one for which tmi.js needs 8400 ns on the machine of the design's table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/connector.h"

static const char twitch_line[] =
    "@badge-info=subscriber/14;badges=moderator/1,subscriber/12;client-nonce=6f1a0d;"
    "color=#1E90FF;display-name=Niloufar;emotes=25:0-4;first-msg=0;flags=;id=7f1c2a54-0b7e-4a51-9d52-2f4d1d0e9a11;"
    "mod=1;returning-chatter=0;room-id=700100200;subscriber=1;tmi-sent-ts=1795312845123;turbo=0;user-id=510220330;"
    "user-type=mod :niloufar!niloufar@niloufar.tmi.twitch.tv PRIVMSG #barg_e_sabz :Kappa \xd8\xa7\xdb\x8c\xd9\x86 "
    "\xd8\xa2\xd9\x87\xd9\x86\xda\xaf what does this song mean to you? And will there be another one tonight";

static void count(void *data, struct message *message)
{
    *(size_t *)data += message->is.text.len;
}

/* The best of several runs: what the work costs when nobody else takes the machine away. */
static double best_ns(struct connector *connector, const char *frame, size_t len, int rounds)
{
    double best = 1e18;
    for (int run = 0; run < 15; run++) {
        int64_t start = clock_monotonic_ns();
        for (int i = 0; i < rounds; i++)
            connector_receive(connector, frame, len, NULL);
        double ns = (double)(clock_monotonic_ns() - start) / rounds;
        if (ns < best)
            best = ns;
    }
    return best;
}

static void bench_twitch(void)
{
    size_t bytes = 0;
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder("twitch", &options, NULL);
    printf("decode_twitch_line_bytes %zu bytes\n", sizeof(twitch_line) - 1);
    double ns = best_ns(connector, twitch_line, sizeof(twitch_line) - 1, 20000);
    printf("decode_twitch %.0f ns\n", ns);
    printf("decode_twitch_against_tmi_js %.1f times\n", 8400 / ns);
    connector_destroy(connector);
    if (bytes == 0)
        exit(1);
}

int main(void)
{
    bench_twitch();
    return 0;
}
