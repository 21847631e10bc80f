#include "cli/demo_stage.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/stage.h"

enum { START_MS = 20000, STEP_MS = 100, LINE_BYTES_MAX = 4096 };

struct demo_stage {
    struct stage *stage;  // owned
    pid_t rehearsal;      // 0: not running
};

/* The line of JSON that `antiphon rehearse` prints when its servers listen. */
static json_t *read_addresses(int fd, struct error *err)
{
    char line[LINE_BYTES_MAX];
    size_t len = 0;
    int64_t until_ms = clock_monotonic_ms() + START_MS;
    while (len < sizeof(line) && clock_monotonic_ms() < until_ms) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, STEP_MS) <= 0)
            continue;
        ssize_t got = read(fd, line + len, sizeof(line) - len);
        if (got <= 0)
            break;
        len += (size_t)got;
        const char *newline = memchr(line, '\n', len);
        if (newline)
            return json_parse(line, (size_t)(newline - line), err);
    }
    error_set(err, ERROR_SYSTEM, "the rehearsal did not start");
    return NULL;
}

static json_t *start_rehearsal(struct demo_stage *demo, const struct demo_stage_options *options, struct error *err)
{
    int ends[2];
    if (pipe(ends) != 0) {
        error_errno(err, "pipe");
        return NULL;
    }
    char speed[32];
    snprintf(speed, sizeof(speed), "%g", options->speed);
    const char *argv[] = {"antiphon", "rehearse", "--port", "0", "--speed", speed, options->transcript, NULL};
    demo->rehearsal = stage_spawn(argv, ends[1], -1);
    close(ends[1]);
    json_t *addresses = read_addresses(ends[0], err);
    // The pipe's reading end stays open: the rehearsal may print more and must not meet a closed pipe.
    return addresses;
}

static json_t *make_config(const json_t *addresses, const struct demo_stage_options *options)
{
    // All kinds of cards, and no waiting before the chat is shown: a demo has nobody who would hold a line back.
    json_t *config = json_pack("{s:O?, s:[s,s,s,s], s:[{s:s, s:[i,i], s:s, s:[s,s,s,s,s,s,s,s,s]}], s:{s:i}, s:{s:s}}",
        "sources", json_object_get(addresses, "sources"), "languages", "en", "fa", "ar", "zh-Hant",
        "views", "name", "main", "size", 1280, 720, "theme", "evening", "cards", "question", "poll", "captions", "chat",
        "alerts", "shoutout", "goal", "countdown", "qr", "gate", "hold_ms", 0, "panel", "listen", "127.0.0.1:0");
    if (options->has_window)
        json_object_set_new(config, "window", json_pack("{s:s}", "view", "main"));
    if (options->output) {
        json_object_set_new(config, "video", json_pack("{s:s, s:[i,i], s:i, s:[{s:s, s:s, s:s, s:i}]}", "input",
            options->input, "size", 1280, 720, "fps", 30, "outputs", "name", "demo", "view", "main", "to",
            options->output, "bitrate_kbps", 4000));
    }
    return config;
}

struct demo_stage *demo_stage_open(const struct demo_stage_options *options, struct error *err)
{
    struct demo_stage *demo = xcalloc(1, sizeof(*demo));
    demo->stage = stage_open("demo", err);
    json_t *addresses = demo->stage ? start_rehearsal(demo, options, err) : NULL;
    json_t *config = addresses ? make_config(addresses, options) : NULL;
    bool ok = config && stage_run(demo->stage, config, -1, err);
    json_decref(config);
    json_decref(addresses);
    if (ok)
        return demo;
    demo_stage_close(demo);
    return NULL;
}

void demo_stage_close(struct demo_stage *demo)
{
    if (!demo)
        return;
    stage_close(demo->stage);
    stage_end(demo->rehearsal);
    free(demo);
}

const char *demo_stage_runtime(const struct demo_stage *demo)
{
    return stage_runtime(demo->stage);
}

bool demo_stage_is_up(const struct demo_stage *demo)
{
    return stage_is_up(demo->stage);
}
