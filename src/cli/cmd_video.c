/*
 * cmd_video.c - the outgoing picture. It outlives whoever started it: a closed terminal, a dead supervisor or a
 * full pipe behind standard error change nothing.
 */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/destination.h"
#include "cli/folders.h"
#include "cli/instance.h"
#include "cli/options.h"
#include "cli/output_plan.h"
#include "cli/pulse.h"
#include "cli/video_link.h"
#include "net/loop.h"
#include "video/studio.h"

struct choices {
    const char *config, *input, *backup, *sound, *holding, *music;
    const char *size, *fps, *view, *frames, *relay, *token_file;
    struct option_list outputs;
    int bitrate_kbps;
    double seconds;
    bool is_verbose;
};

struct plan;

struct app {
    struct loop *loop;
    struct studio *studio;
    struct video_link *link;
    const struct choices *choices;
    const struct plan *plan;
    const char *frames;  // folder of the overlay's sockets
    struct timer end;
    struct pulse pulse;
    uint64_t ticks;  // of the pump, when it was last asked
};

/* ---- What is wanted: the configuration's, then the command line's ---- */

struct plan {
    struct config *config;    // owned; NULL: everything came by options
    struct studio_options studio;
    struct studio_output_options outputs[STUDIO_OUTPUTS_MAX];
    const struct destination *platforms[STUDIO_OUTPUTS_MAX];  // of each
    char *owned[STUDIO_OUTPUTS_MAX * 2 + 4];  // texts behind it
    size_t owned_count;
};

static char *own(struct plan *plan, char *text)
{
    return plan->owned[plan->owned_count++] = text;
}

static void plan_fini(struct plan *plan)
{
    for (size_t i = 0; i < plan->owned_count; i++)
        free(plan->owned[i]);
    config_destroy(plan->config);
}

static bool read_size(const char *text, struct studio_options *options, struct error *err)
{
    char behind;
    if (sscanf(text, "%dx%d%c", &options->width_px, &options->height_px, &behind) == 2)
        return true;
    return error_set(err, ERROR_DATA, "--size \"%s\": expected WIDTHxHEIGHT, as in 1280x720", text);
}

/* "30", "59.94", "30000/1001". The broadcast rates are fractions over 1001. */
static bool read_fps(const char *text, struct studio_options *options, struct error *err)
{
    char behind;
    int num, den;
    if (sscanf(text, "%d/%d%c", &num, &den, &behind) == 2 && num > 0 && den > 0) {
        options->fps_num = num, options->fps_den = den;
        return true;
    }
    char *end;
    double fps = strtod(text, &end);
    if (end == text || *end || !(fps >= 1 && fps <= 240))
        return error_set(err, ERROR_DATA, "--fps \"%s\": expected 1 to 240, as in 30, 59.94 or 30000/1001", text);
    bool is_whole = fps == (int)fps;
    options->fps_num = is_whole ? (int)fps : (int)(fps * 1.001 + 0.5) * 1000;
    options->fps_den = is_whole ? 1 : 1001;
    return true;
}

static const char *find_socket(struct plan *plan, const char *folder, const char *view)
{
    return own(plan, xasprintf("%s/frames-%s.sock", folder, view));
}

static void take_config_outputs(struct plan *plan, const char *folder)
{
    const struct config *config = plan->config;
    for (size_t i = 0; i < config->video.output_count && i < STUDIO_OUTPUTS_MAX; i++) {
        const struct config_output *output = &config->video.outputs[i];
        plan->platforms[plan->studio.output_count] = output->platform;
        struct studio_output_options *options = &plan->outputs[plan->studio.output_count++];
        output_plan_read(options, config, output);
        options->frame_socket = find_socket(plan, folder, output->view);
    }
}

static void take_config(struct plan *plan, const struct choices *choices, const char *folder)
{
    const struct config *config = plan->config;
    struct studio_options *studio = &plan->studio;
    studio->width_px = config->video.width_px, studio->height_px = config->video.height_px;
    studio->fps_num = config->video.fps, studio->fps_den = 1;
    studio->input = config->video.input;
    studio->backup = config->video.backup;
    studio->sound = config->video.sound;
    studio->holding = config->video.holding;
    studio->music = config->video.music;
    studio->languages = (const char *const *)config->languages;
    if (!choices->outputs.count)
        take_config_outputs(plan, folder);
}

static void take_outputs(struct plan *plan, const struct choices *choices, const char *folder)
{
    const char *view = choices->view ? choices->view : "main";
    for (size_t i = 0; i < choices->outputs.count; i++) {
        const struct destination *platform = destination_of_address(choices->outputs.items[i]);
        plan->platforms[plan->studio.output_count] = platform;
        if (platform && platform->shows_own_only)
            log_info("video", "output%zu to %s: view %s as it is; mind that %s", i + 1, platform->title, view, platform->rule);
        plan->outputs[plan->studio.output_count++] = (struct studio_output_options){
            .name = own(plan, xasprintf("output%zu", i + 1)), .view = view,
            .frame_socket = find_socket(plan, folder, view),
            .to = own(plan, xstrdup(choices->outputs.items[i])), .bitrate_kbps = choices->bitrate_kbps,
        };
    }
}

/* Copies, because the originals are wiped out of the process list. */
static void take_inputs(struct plan *plan, const struct choices *choices)
{
    struct studio_options *studio = &plan->studio;
    if (choices->input)
        studio->input = own(plan, xstrdup(choices->input));
    if (choices->backup)
        studio->backup = own(plan, xstrdup(choices->backup));
    if (choices->sound)
        studio->sound = own(plan, xstrdup(choices->sound));
    if (choices->holding)
        studio->holding = choices->holding;
    if (choices->music)
        studio->music = choices->music;
}

static void advise(struct plan *plan)
{
    for (size_t i = 0; i < plan->studio.output_count; i++)
        output_plan_advise(&plan->outputs[i], plan->platforms[i], &plan->studio);
}

static bool make_plan(struct plan *plan, const struct choices *choices, const char *folder, struct error *err)
{
    bool is_alone = !choices->config && (choices->input || choices->outputs.count);
    if (!is_alone && !(plan->config = config_load(choices->config, err)))
        return false;
    if (plan->config)
        take_config(plan, choices, folder);
    take_inputs(plan, choices);
    take_outputs(plan, choices, folder);
    plan->studio.outputs = plan->outputs;
    if (plan->studio.output_count == 0)
        log_warn("video", "no output is named, so nothing leaves; add --output, or video.outputs in %s",
            plan->config ? plan->config->path : "a configuration");
    if ((choices->size && !read_size(choices->size, &plan->studio, err))
        || (choices->fps && !read_fps(choices->fps, &plan->studio, err)))
        return false;
    advise(plan);
    return true;
}

/* ---- Standing on its own feet ---- */

/* Stream keys do not stay in the process list. options_parse() gave us pointers into argv. */
static void wipe(const char *text)
{
    char *address = (char *)text;
    char *secret = address ? strstr(address, "://") : NULL;
    if (secret)
        memset(secret + 3, '*', strlen(secret + 3));
}

/*
 * A reader who stops reading a pipe or terminal would hold up whoever logs. Opened anew, because the flag belongs to
 * the open file, which others share; a regular file never blocks, and its place in the file is shared too.
 */
static void unblock_stderr(void)
{
    struct stat found;
    if (fstat(STDERR_FILENO, &found) < 0) {
        open("/dev/null", O_WRONLY);  // closed: or the next file that is opened would get the log
    } else if (S_ISFIFO(found.st_mode) || S_ISCHR(found.st_mode)) {
        int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (fd >= 0) {
            dup2(fd, STDERR_FILENO);
            close(fd);
        }
    }
}

/*
 * Every input and every reconnect brings threads of its own, and each of them would get an arena of its own (glibc: up to
 * eight a core) that keeps what it ever held: memory grew by 1 to 2 MB with each input, and now it does not.
 */
static void keep_memory_flat(void)
{
    mallopt(M_ARENA_MAX, 2);
}

static void handle_end(void *data)
{
    struct app *app = data;
    loop_stop(app->loop);
}

/* The outputs only: input, size and rate are what all else was built for. */
static bool read_outputs_again(struct app *app, struct error *err)
{
    struct plan plan = {.config = config_load(app->choices->config, err)};
    bool ok = plan.config != NULL;
    if (ok) {
        const struct studio_options *now = &app->plan->studio;
        plan.studio.width_px = now->width_px, plan.studio.height_px = now->height_px;
        plan.studio.fps_num = now->fps_num, plan.studio.fps_den = now->fps_den;
        take_config_outputs(&plan, app->frames);
        advise(&plan);
        ok = studio_set_outputs(app->studio, plan.outputs, plan.studio.output_count, err);
    }
    plan_fini(&plan);
    return ok;
}

static void handle_hangup(void *data)
{
    struct app *app = data;
    struct error err;
    if (!app->studio || !app->plan->config || app->choices->outputs.count)
        log_info("video", "SIGHUP: the outputs came by options, so they stay as they are");
    else if (read_outputs_again(app, &err))
        log_info("video", "SIGHUP: the outputs are those of %s; all else stays as it is until video is restarted",
            app->plan->config->path);
    else
        log_error("video", "SIGHUP: %s; everything stays as it is", err.text);
}

/* Until the loop takes them: from its first moment on, an order to end is no sudden death. */
static void hold_signals(void)
{
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGHUP);
    sigprocmask(SIG_BLOCK, &held, NULL);
}

static bool listen_to_signals(struct app *app, struct error *err)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);  // a recording at the largest size allowed costs that recording
    return loop_on_signal(app->loop, SIGTERM, handle_end, app, err)
        && loop_on_signal(app->loop, SIGINT, handle_end, app, err)
        && loop_on_signal(app->loop, SIGHUP, handle_hangup, app, err);
}

/* ---- Running ---- */

static void tell_relay(void *data)
{
    struct app *app = data;
    video_link_report(app->link);
}

static void handle_event(void *data, const struct studio_event *event)
{
    struct app *app = data;
    loop_post(app->loop, tell_relay, app);
}

/* One small picture on its way from the studio's thread to the loop's. */
struct picture {
    struct app *app;
    char *output;
    void *jpeg;
    size_t len;
};

static void send_picture(void *data)
{
    struct picture *picture = data;
    video_link_preview(picture->app->link, picture->output, picture->jpeg, picture->len);
    free(picture->output), free(picture->jpeg);
    free(picture);
}

static void handle_preview(void *data, const char *name, const void *jpeg, size_t len)
{
    struct app *app = data;
    struct picture *picture = xmalloc(sizeof(*picture));
    *picture = (struct picture){app, xstrdup(name), xmalloc(len), len};
    memcpy(picture->jpeg, jpeg, len);
    loop_post(app->loop, send_picture, picture);
}

static char *read_token(const char *file, struct error *err)
{
    struct buffer text = {0};
    if (!file_read(file, 4096, &text, err)) {
        buffer_fini(&text);
        return NULL;
    }
    char *token = buffer_take(&text);
    token[strcspn(token, " \t\r\n")] = '\0';
    log_hide(token);
    return token;
}

static bool open_link(struct app *app, const struct choices *choices, const char *runtime, struct error *err)
{
    if (choices->relay && strcmp(choices->relay, "none") == 0)
        return true;
    char *token = NULL;
    if (choices->token_file && !(token = read_token(choices->token_file, err)))
        return false;
    char *usual = xasprintf("unix:%s/relay.sock", runtime);
    app->link = video_link_create(&(struct video_link_options){
        .loop = app->loop, .studio = app->studio, .address = choices->relay ? choices->relay : usual, .token = token,
    }, err);
    free(usual), free(token);
    return app->link != NULL;
}

/* The picture goes on. A loop that turns beside a pump that is stuck is not enough. */
static bool is_picture_going_on(void *data)
{
    struct app *app = data;
    struct studio_health *health = xmalloc(sizeof(*health));
    studio_get_health(app->studio, health);
    bool goes_on = health->ticks > app->ticks;
    app->ticks = health->ticks;
    free(health);
    return goes_on;
}

static bool run_loop(struct app *app, const struct choices *choices, const char *runtime, struct error *err)
{
    if (!open_link(app, choices, runtime, err))
        return false;
    timer_init(&app->end, app->loop, handle_end, app);
    if (choices->seconds > 0)
        timer_start(&app->end, (int64_t)(choices->seconds * 1000));
    pulse_start(&app->pulse, app->loop, is_picture_going_on, app);
    bool ok = loop_run(app->loop, err);
    pulse_stop(&app->pulse);
    timer_stop(&app->end);
    return ok;
}

static bool run(const struct choices *choices, struct plan *plan, const char *runtime, struct error *err)
{
    struct app app = {.loop = loop_create(err), .choices = choices, .plan = plan,
        .frames = choices->frames ? choices->frames : runtime};
    bool ok = app.loop && listen_to_signals(&app, err);
    if (ok) {
        plan->studio.on_event = handle_event;
        plan->studio.on_preview = handle_preview;
        plan->studio.data = &app;
        app.studio = studio_create(&plan->studio, err);
        ok = app.studio && run_loop(&app, choices, runtime, err);
    }
    studio_destroy(app.studio);
    video_link_destroy(app.link);
    app.link = NULL;  // loop_destroy() runs what the studio posted last
    loop_destroy(app.loop);
    return ok;
}

static bool prepare_and_run(const struct choices *choices, struct error *err)
{
    struct plan plan = {0};
    char *runtime = folder_runtime(err);
    bool ok = runtime && make_plan(&plan, choices, choices->frames ? choices->frames : runtime, err);
    wipe(choices->input);
    wipe(choices->backup);
    wipe(choices->sound);
    for (size_t i = 0; i < choices->outputs.count; i++)
        wipe(choices->outputs.items[i]);
    ok = ok && instance_take(runtime, "video", err) && run(choices, &plan, runtime, err);
    plan_fini(&plan);
    free(runtime);
    return ok;
}

int cmd_video(int argc, char **argv)
{
    struct choices choices = {0};
    const struct option_spec specs[] = {
        {"config", OPTION_TEXT, &choices.config, "FILE", "the configuration; options below go before it"},
        {"input", OPTION_TEXT, &choices.input, "URI",
            "test, a file, srt://…?mode=listener, rtmp://, rtsp://, udp://, v4l2:, screen:, pipewire:, shm:"},
        {"backup", OPTION_TEXT, &choices.backup, "URI", "another input, shown while the first has no picture"},
        {"sound", OPTION_TEXT, &choices.sound, "URI", "another input, whose sound is heard in place of theirs"},
        {"output", OPTION_LIST, &choices.outputs, "URI",
            "FILE.mkv, .mp4, .ts, .flv, hls:FOLDER, srt://, rtmp://, rtmps://, window:, v4l2:, pipewire:; may be repeated"},
        {"size", OPTION_TEXT, &choices.size, "WxH", "of the outgoing picture; usual: 1280x720"},
        {"fps", OPTION_TEXT, &choices.fps, "N", "frames a second: 30, 59.94, 30000/1001"},
        {"bitrate", OPTION_INT, &choices.bitrate_kbps, "KBPS", "of --output; usual: by size and frame rate",
            100, 200000},
        {"view", OPTION_TEXT, &choices.view, "NAME", "whose overlay --output shows; usual: main"},
        {"frames", OPTION_TEXT, &choices.frames, "FOLDER",
            "where the overlay's frames-VIEW.sock are; usual: the runtime folder"},
        {"holding", OPTION_TEXT, &choices.holding, "FILE",
            "an image to show while there is no input; dim: the last picture, dimmed"},
        {"music", OPTION_TEXT, &choices.music, "FILE", "a sound file to hear meanwhile; usual: silence"},
        {"seconds", OPTION_REAL, &choices.seconds, "N", "end by itself after so long"},
        {"relay", OPTION_TEXT, &choices.relay, "ADDRESS",
            "unix:PATH, ws:// or wss://, or none; usual: relay.sock of the runtime folder"},
        {"token-file", OPTION_TEXT, &choices.token_file, "FILE", "holds the token for a relay elsewhere"},
        {"verbose", OPTION_FLAG, &choices.is_verbose, NULL, "log more"},
    };
    const struct option_usage usage = {"video", NULL,
        "The outgoing picture: an input, the overlay of a view on it, and outputs. It goes on whatever dies around\n"
        "it. Without --config, --input or --output: what the usual configuration says. SIGTERM or Ctrl-C ends it,\n"
        "with recordings finished. SIGHUP: re-read the configuration's outputs; bad ones are refused and the old ones kept.",
        specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    if (choices.is_verbose)
        log_set_level(LOG_DEBUG);
    unblock_stderr();
    keep_memory_flat();
    hold_signals();
    struct error err = {0};
    if (prepare_and_run(&choices, &err))
        return COMMAND_OK;
    fprintf(stderr, "antiphon video: %s\n", err.text);
    return COMMAND_FAILED;
}
