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

enum { SETTINGS_MAX = OPTION_LIST_MAX + 6 };

/* What --set gave and what the older options of one platform gave, in one list. */
struct settings {
    const char *items[SETTINGS_MAX];  // borrowed, or one of made
    char *made[SETTINGS_MAX];         // owned
    size_t count, made_count;
};

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

static void set(struct settings *settings, const char *key, const char *value)
{
    if (value)
        settings->items[settings->count++] = settings->made[settings->made_count++] = xasprintf("%s=%s", key, value);
}

static void set_number(struct settings *settings, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)value);
    set(settings, key, value ? text : NULL);
}

static int print_settings(void)
{
    char *text = rehearsal_settings();
    fputs(text, stdout);
    free(text);
    return COMMAND_OK;
}

static int run(const struct rehearsal_options *options)
{
    struct error err = {0};
    if (rehearse(options, &err))
        return COMMAND_OK;
    fprintf(stderr, "antiphon rehearse: %s\n", err.text);
    return COMMAND_FAILED;
}

int cmd_rehearse(int argc, char **argv)
{
    struct rehearsal_options options = {0};
    struct option_list given = {0};
    const char *channel = NULL, *video = NULL, *api_key = NULL;
    int port = 0, ping_s = 0, stream_s = 0, quota = 0;
    bool is_list = false;
    const struct option_spec specs[] = {
        {"port", OPTION_INT, &port, "N", "on 127.0.0.1; usual: any free one", 0, 65535},
        {"speed", OPTION_REAL, &options.speed, "X", "play so many times as fast"},
        {"loop", OPTION_FLAG, &options.is_looped, NULL, "play it again and again"},
        {"now", OPTION_FLAG, &options.starts_at_once, NULL, "do not wait for a client"},
        {"load", OPTION_REAL, &options.load_per_s, "N", "instead of the show: N messages a second on each platform"},
        {"as", OPTION_TEXT, &options.as, "PLATFORM", "play every message on this platform"},
        {"set", OPTION_LIST, &given, "P.KEY=VALUE", "a platform's setting; may be given again"},
        {"settings", OPTION_FLAG, &is_list, NULL, "print what can be set, and end"},
        {"channel", OPTION_TEXT, &channel, "LOGIN", "the same as --set twitch.channel=LOGIN"},
        {"video", OPTION_TEXT, &video, "ID", "the same as --set youtube.video=ID"},
        {"api-key", OPTION_TEXT, &api_key, "KEY", "the same as --set youtube.api_key=KEY"},
        {"ping-seconds", OPTION_INT, &ping_s, "N", "between Twitch's PINGs; usual: 300", 1, 86400},
        {"stream-seconds", OPTION_INT, &stream_s, "N", "until YouTube ends a response; usual: 120", 1, 86400},
        {"quota", OPTION_INT, &quota, "N", "YouTube's units a day; usual: 10000", 1, 100000000},
    };
    const struct option_usage usage = {"rehearse", "FILE",
        "Plays a transcript (messages as JSON, one a line, with \"at_ms\") as the platforms would, on one port of this\n"
        "machine. Prints its addresses as one line of JSON, with entries for the configuration's \"sources\". The show\n"
        "begins when the clients have come; POST …/control/drop (refuse, hang, stall, garbage, reconnect, resume …) makes\n"
        "something go wrong.", specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    if (is_list)
        return print_settings();
    if (argc - first != 1) {
        fprintf(stderr, "antiphon rehearse: expected one transcript; see antiphon rehearse --help\n");
        return COMMAND_USAGE;
    }
    struct settings settings = {0};
    for (size_t i = 0; i < given.count; i++)
        settings.items[settings.count++] = given.items[i];
    set(&settings, "twitch.channel", channel);
    set(&settings, "youtube.video", video);
    set(&settings, "youtube.api_key", api_key);
    set_number(&settings, "twitch.ping_ms", 1000 * (int64_t)ping_s);
    set_number(&settings, "youtube.stream_ms", 1000 * (int64_t)stream_s);
    set_number(&settings, "youtube.quota", quota);
    options.settings = settings.items;
    options.setting_count = settings.count;
    options.transcript = argv[first];
    options.port = (uint16_t)port;
    status = run(&options);
    for (size_t i = 0; i < settings.made_count; i++)
        free(settings.made[i]);
    return status;
}
