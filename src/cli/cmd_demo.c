/* cmd_demo.c - a lively show of its own, through the real connectors, to look at. */
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/demo_script.h"
#include "cli/demo_stage.h"
#include "cli/folders.h"
#include "cli/one_shot.h"
#include "cli/options.h"

enum { SHOW_MS = 95000, STEP_MS = 50 };

static volatile sig_atomic_t is_interrupted;

static void interrupt(int signo)
{
    is_interrupted = 1;
}

static bool has_display(void)
{
    const char *x11 = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    return (x11 && *x11) || (wayland && *wayland);
}

/* An absolute path, since the parts of the show may stand elsewhere. The caller frees. */
static char *absolute(const char *path)
{
    char here[PATH_MAX];
    return path[0] == '/' || strstr(path, "://") || !getcwd(here, sizeof(here)) ? xstrdup(path)
                                                                                 : xasprintf("%s/%s", here, path);
}

static void print_link(const char *runtime)
{
    json_t *arguments = json_pack("{s:s, s:i}", "role", "owner", "minutes", 10), *result = NULL;
    if (one_shot(runtime, "invite", arguments, &result, NULL))
        printf("panel: %s\n", json_get_text(result, "url"));
    fflush(stdout);
    json_decref(result);
    json_decref(arguments);
}

static void play(const struct demo_stage *stage, struct demo_script *script, double speed, double seconds)
{
    int64_t start_ms = clock_monotonic_ms();
    int64_t length_ms = seconds > 0 ? (int64_t)(seconds * 1000) : (int64_t)(SHOW_MS / speed);
    while (!is_interrupted && demo_stage_is_up(stage)) {
        int64_t now_ms = clock_monotonic_ms() - start_ms;
        if (now_ms >= length_ms)
            break;
        demo_script_play(script, demo_stage_runtime(stage), (int64_t)((double)now_ms * speed));
        poll(NULL, 0, STEP_MS);
    }
}

static bool show(const struct demo_stage_options *options, const char *script_path, double seconds, struct error *err)
{
    struct demo_script *script = demo_script_load(script_path, err);
    struct demo_stage *stage = script ? demo_stage_open(options, err) : NULL;
    bool ok = stage;
    if (ok) {
        if (options->has_window)
            print_link(demo_stage_runtime(stage));
        play(stage, script, options->speed, seconds);
        ok = is_interrupted || demo_stage_is_up(stage)
            || error_set(err, ERROR_SYSTEM, "antiphon run has ended; its reason stands above");
    }
    demo_stage_close(stage);
    demo_script_destroy(script);
    return ok;
}

static bool prepare_and_show(struct demo_stage_options *options, const char *output, double seconds, struct error *err)
{
    char *transcript = folder_asset("demo/transcript.jsonl", err);
    char *script = transcript ? folder_asset("demo/script.jsonl", err) : NULL;
    char *file = output ? absolute(output) : NULL, *input = absolute(options->input);
    options->transcript = transcript;
    options->output = file;
    options->input = strcmp(options->input, "test") == 0 ? "test" : input;
    if (file)
        unlink(file);  // the last demo's
    bool ok = script && show(options, script, seconds, err)
        && (!file || access(file, F_OK) == 0
            || error_set(err, ERROR_SYSTEM, "%s: not recorded; the video's reason stands above", output));
    if (ok && file)
        printf("%s\n", output);
    free(input);
    free(file);
    free(script);
    free(transcript);
    return ok;
}

int cmd_demo(int argc, char **argv)
{
    struct demo_stage_options options = {.speed = 1, .input = "test"};
    const char *output = NULL;
    double seconds = 0;
    bool is_headless = false;
    const struct option_spec specs[] = {
        {"seconds", OPTION_REAL, &seconds, "N", "end after so long; usual: the whole show, 95 s"},
        {"output", OPTION_TEXT, &output, "FILE", "record the composited picture there (.mkv, .mp4)"},
        {"input", OPTION_TEXT, &options.input, "URI", "below the overlay: a file or URI; usual: a test picture"},
        {"speed", OPTION_REAL, &options.speed, "X", "play so many times as fast"},
        {"headless", OPTION_FLAG, &is_headless, NULL, "no window, also where there is a display"},
    };
    const struct option_usage usage = {"demo", NULL,
        "Plays a rehearsed show of two chats through the whole of antiphon, in folders of its own.\n"
        "With a display the overlay's window opens and the panel's link is printed; without, the picture is recorded to\n"
        "antiphon-demo.mkv.", specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    options.has_window = !is_headless && has_display();
    if (!output && !options.has_window)
        output = "antiphon-demo.mkv";
    signal(SIGINT, interrupt);
    signal(SIGTERM, interrupt);
    struct error err = {0};
    if (prepare_and_show(&options, output, seconds, &err))
        return COMMAND_OK;
    fprintf(stderr, "antiphon demo: %s\n", err.text);
    return COMMAND_FAILED;
}
