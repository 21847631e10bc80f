/* cmd_rehearse.c - `antiphon rehearse`: the platforms' server sides on loopback, playing a transcript. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/options.h"
#include "net/loop.h"
#include "rehearsal/rehearsal.h"

static void stop(void *data)
{
    loop_stop(data);
}

/* One line, so that who chose port 0 learns the addresses. */
static void print_addresses(const struct rehearsal *rehearsal)
{
    json_t *addresses = rehearsal_addresses(rehearsal);
    char *text = json_dumps(addresses, JSON_COMPACT);
    printf("%s\n", text);
    fflush(stdout);
    free(text);
    json_decref(addresses);
}

static bool rehearse(const struct rehearsal_options *options, struct error *err)
{
    struct loop *loop = loop_create(err);
    bool ok = loop && loop_on_signal(loop, SIGINT, stop, loop, err) && loop_on_signal(loop, SIGTERM, stop, loop, err);
    struct rehearsal *rehearsal = ok ? rehearsal_create(loop, options, err) : NULL;
    if (rehearsal) {
        print_addresses(rehearsal);
        ok = loop_run(loop, err);
    }
    ok = ok && rehearsal;
    rehearsal_destroy(rehearsal);
    loop_destroy(loop);
    return ok;
}

int cmd_rehearse(int argc, char **argv)
{
    struct rehearsal_options options = {0};
    int port = 0, ping_s = 0, stream_s = 0, quota = 0;
    const struct option_spec specs[] = {
        {"port", OPTION_INT, &port, "N", "on 127.0.0.1; usual: any free one", 0, 65535},
        {"speed", OPTION_REAL, &options.speed, "X", "play so many times as fast"},
        {"loop", OPTION_FLAG, &options.is_looped, NULL, "play it again and again"},
        {"now", OPTION_FLAG, &options.starts_at_once, NULL, "do not wait for a client"},
        {"load", OPTION_REAL, &options.load_per_s, "N", "instead of the show: N messages a second on each platform"},
        {"channel", OPTION_TEXT, &options.twitch_channel, "LOGIN", "the Twitch channel; usual: the transcript's"},
        {"video", OPTION_TEXT, &options.youtube_video, "ID", "the YouTube video; usual: the transcript's"},
        {"api-key", OPTION_TEXT, &options.api_key, "KEY", "the one that YouTube accepts; usual: rehearsal-key"},
        {"ping-seconds", OPTION_INT, &ping_s, "N", "between Twitch's PINGs; usual: 300", 1, 86400},
        {"stream-seconds", OPTION_INT, &stream_s, "N", "until YouTube ends a response; usual: 120", 1, 86400},
        {"quota", OPTION_INT, &quota, "N", "YouTube's units a day; usual: 10000", 1, 100000000},
    };
    const struct option_usage usage = {"rehearse", "FILE",
        "Plays a transcript (messages as JSON, one a line, with \"at_ms\") as Twitch and YouTube would, on one port of\n"
        "this machine. Prints its addresses as one line of JSON, with entries for the configuration's \"sources\". The show\n"
        "begins when the clients have come; POST …/control/drop (refuse, hang, stall, garbage, reconnect, quota, end,\n"
        "restart, resume) makes something go wrong.", specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    if (argc - first != 1) {
        fprintf(stderr, "antiphon rehearse: expected one transcript; see antiphon rehearse --help\n");
        return COMMAND_USAGE;
    }
    options.transcript = argv[first];
    options.port = (uint16_t)port;
    options.ping_ms = 1000 * (int64_t)ping_s;
    options.stream_ms = 1000 * (int64_t)stream_s;
    options.quota = quota;
    struct error err = {0};
    if (rehearse(&options, &err))
        return COMMAND_OK;
    fprintf(stderr, "antiphon rehearse: %s\n", err.text);
    return COMMAND_FAILED;
}
