/* cmd_check.c - what is missing on this machine, and what to do. One line a thing, worst last in the exit status. */
#include <curl/curl.h>
#include <errno.h>
#include <gst/gst.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/check_inputs.h"
#include "cli/check_latency.h"
#include "cli/check_outputs.h"
#include "cli/check_sources.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/folders.h"
#include "cli/instance.h"
#include "cli/options.h"
#include "cli/themes.h"
#include "connector/connector.h"
#include "connector/inbound.h"
#include "overlay/theme.h"
#include "text/text.h"

enum { FREE_BYTES_WANTED = 1 << 30, PUBLIC_TIMEOUT_S = 8 };

enum verdict { GOOD, ADVICE, MISSING };  // MISSING: the show would lack something; exit status 1

struct report {
    int missing;
    bool is_offline;
};

static void say(struct report *report, enum verdict verdict, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void say(struct report *report, enum verdict verdict, const char *what, const char *format, ...)
{
    static const char *const marks[] = {"ok     ", "note   ", "MISSING"};
    report->missing += verdict == MISSING;
    printf("%s  %-14s ", marks[verdict], what);
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

/* ---- configuration and sources */

static struct config *check_config(struct report *report, const char *path)
{
    struct error err = {0};
    struct config *config = config_load(path, &err);
    if (!config) {
        say(report, MISSING, "configuration", "%s", err.text);
    } else if (access(config->path, F_OK) != 0) {
        say(report, ADVICE, "configuration", "%s does not exist: the usual values are used; docs/configuration.md shows one",
            config->path);
    } else {
        say(report, GOOD, "configuration", "%s", config->path);
    }
    return config;
}

static void say_source(void *data, enum source_verdict verdict, const char *what, const char *name, const char *text)
{
    static const enum verdict verdicts[] = {[SOURCE_GOOD] = GOOD, [SOURCE_UNSURE] = ADVICE, [SOURCE_BAD] = MISSING};
    say(data, verdicts[verdict], what, "%s: %s", name, text);
}

/* A relay that runs has the connections already, and two of them may be one too many. */
static void check_connections(struct report *report, const struct config *config, const json_t *sources)
{
    char *runtime = folder_runtime(NULL);
    bool is_running = runtime && instance_find(runtime, "relay") > 0;
    if (!is_running || !check_sources_of_relay(runtime, say_source, report))
        check_sources_here(config, sources, say_source, report);
    free(runtime);
}

/* Whether this id is new; a source that is named twice is refused by the relay. */
static bool note_id(json_t *ids, const char *id)
{
    return !json_object_get(ids, id) && json_object_set_new(ids, id, json_true()) == 0;
}

static void check_sources(struct report *report, const struct config *config)
{
    json_t *right = json_array(), *ids = json_object();
    if (json_array_size(config->sources) == 0)
        say(report, ADVICE, "sources", "none: add one in the panel, or to \"sources\" in %s", config->path);
    size_t index;
    json_t *source;
    json_array_foreach (config->sources, index, source) {
        struct error err = {0};
        char *id = connector_source_id(source, &err);
        if (!id) {
            say(report, MISSING, "source", "sources[%zu]: %s", index, err.text);
        } else if (!note_id(ids, id)) {
            say(report, MISSING, "source", "sources[%zu]: \"%s\" is there already; take one of them out", index, id);
        } else if (report->is_offline) {
            say(report, GOOD, "source", "%s", id);
        } else {
            json_array_append(right, source);
        }
        free(id);
    }
    if (!report->is_offline)
        check_connections(report, config, right);
    json_decref(ids);
    json_decref(right);
}

/* ---- fonts */

static void say_lacking(void *data, const char *package, const char *what)
{
    say(data, MISSING, "fonts", "%s cannot be drawn; run: apt install %s", what, package);
}

static void check_fonts(struct report *report)
{
    struct error err = {0};
    struct text_engine *engine = text_engine_create(&(struct text_engine_options){0}, &err);
    if (!engine) {
        say(report, MISSING, "fonts", "%s", err.text);
        return;
    }
    if (text_engine_lacks(engine, say_lacking, report) == 0)
        say(report, GOOD, "fonts", "every script of the manifest, Chinese, Japanese, Korean and emoji among them");
    text_engine_destroy(engine);
}

/* ---- what the overlay would refuse when it starts */

static bool brings(const struct config *config, const char *platform)
{
    size_t index;
    json_t *source;
    json_array_foreach (config->sources, index, source) {
        const char *connector = json_get_text(source, "connector");
        // These bring what other programs send, of any name.
        if (strcmp(connector, platform) == 0 || strcmp(connector, "socialstream") == 0 || strcmp(connector, "door") == 0)
            return true;
    }
    return false;
}

/* Of a name that is mistyped every message would be foreign to the view. */
static void check_platforms(struct report *report, const struct config *config, const struct config_view *view)
{
    for (size_t i = 0; view->platforms && view->platforms[i]; i++) {
        if (!brings(config, view->platforms[i]))
            say(report, ADVICE, "view", "%s: platforms[%zu] \"%.40s\": no source brings it", view->name, i, view->platforms[i]);
    }
}

static void check_theme(struct report *report, const struct config_view *view)
{
    struct error err = {0};
    const char *name = view->theme && *view->theme ? view->theme : "evening";
    char *path = theme_find(name, &err);
    struct theme *theme = path ? theme_load(path, &(struct theme_options){view->width_px, view->height_px}, &err) : NULL;
    if (theme)
        say(report, GOOD, "theme", "view %s: %s", view->name, name);
    else
        say(report, MISSING, "theme", "view %s: %s", view->name, err.text);
    theme_destroy(theme);
    free(path);
}

static void check_looks(struct report *report, const struct config *config)
{
    for (size_t i = 0; i < config->view_count; i++) {
        check_theme(report, &config->views[i]);
        check_platforms(report, config, &config->views[i]);
    }
    for (size_t i = 0; i < CONFIG_SOUNDS; i++) {
        struct error err = {0};
        const char *name = config->sounds.files[i];
        char *path = *name ? folder_sound(name, &err) : NULL;
        if (*name && !path)
            say(report, MISSING, "sound", "overlay.sounds.%s: %s", config_sound_kinds[i], err.text);
        free(path);
    }
}

static void say_output(void *data, bool is_good, const char *name, const char *text)
{
    say(data, is_good ? GOOD : ADVICE, "output", "%s: %s", name, text);
}

static void say_place(void *data, bool is_good, const char *what, const char *name, const char *text)
{
    say(data, is_good ? GOOD : MISSING, what, "%s: %s", name, text);
}

/* A refusal is no trouble while another encoder works. */
static void say_encoder(void *data, bool is_good, const char *name, const char *text)
{
    say(data, is_good ? GOOD : ADVICE, "encoder", "%s: %s", name, text);
}

/* ---- GStreamer */

static void check_elements(struct report *report)
{
    static const struct {
        const char *element, *package, *purpose;
    } wanted[] = {
        {"videoconvert", "gstreamer1.0-plugins-base", "any picture"},
        {"uridecodebin", "gstreamer1.0-plugins-base", "files and addresses as input"},
        {"matroskamux", "gstreamer1.0-plugins-good", "recording to MKV"},
        {"mp4mux", "gstreamer1.0-plugins-good", "recording to MP4"},
        {"flvmux", "gstreamer1.0-plugins-good", "RTMP"},
        {"rtmp2sink", "gstreamer1.0-plugins-bad", "RTMP"},
        {"srtsrc", "gstreamer1.0-plugins-bad", "SRT"},
        {"mpegtsmux", "gstreamer1.0-plugins-bad", "SRT"},
        {"h264parse", "gstreamer1.0-plugins-bad", "H.264"},
        {"x264enc", "gstreamer1.0-plugins-ugly", "the H.264 encoder"},
        {"avenc_aac", "gstreamer1.0-libav", "the AAC encoder"},
    };
    size_t missing = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
        GstElementFactory *factory = gst_element_factory_find(wanted[i].element);
        if (factory) {
            gst_object_unref(factory);
            continue;
        }
        missing++;
        say(report, MISSING, "video", "%s (%s) is not there; run: apt install %s", wanted[i].element, wanted[i].purpose,
            wanted[i].package);
    }
    if (missing == 0)
        say(report, GOOD, "video", "all GStreamer elements that inputs and outputs need");
}

/* ---- display, disk, port, public address */

static void check_display(struct report *report, const struct config *config)
{
    const char *x11 = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    if ((x11 && *x11) || (wayland && *wayland)) {
        say(report, GOOD, "display", "%s", wayland && *wayland ? wayland : x11);
    } else if (config->window_count > 0) {
        say(report, MISSING, "display", "\"window\" is configured, but neither DISPLAY nor WAYLAND_DISPLAY is set: start "
            "antiphon from the desktop, or take \"window\" out");
    } else {
        say(report, ADVICE, "display", "none; only the window needs one");
    }
}

static void check_disk(struct report *report)
{
    struct error err = {0};
    char *folder = folder_data(&err);
    struct statvfs space;
    if (!folder || access(folder, W_OK) != 0) {
        say(report, MISSING, "journal", "%s", folder ? folder : err.text);
    } else if (statvfs(folder, &space) == 0 && (double)space.f_bavail * (double)space.f_frsize < FREE_BYTES_WANTED) {
        say(report, MISSING, "journal", "less than 1 GB is free for %s: make room, or set XDG_DATA_HOME", folder);
    } else {
        say(report, GOOD, "journal", "%s", folder);
    }
    free(folder);
}

/* Tries to bind what the panel would listen on. 0, or errno. */
static int try_listen(const char *listen_on)
{
    const char *colon = strrchr(listen_on, ':');
    bool is_bracketed = listen_on[0] == '[';
    char *host = xstrndup(listen_on + is_bracketed, (size_t)(colon - listen_on) - 2 * is_bracketed);
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int result = EADDRNOTAVAIL;
    if (getaddrinfo(host, colon + 1, &hints, &found) == 0) {
        int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        result = bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1) == 0 ? 0 : errno;
        close(fd);
        freeaddrinfo(found);
    }
    free(host);
    return result;
}

static void check_port(struct report *report, const struct config *config)
{
    char *runtime = folder_runtime(NULL);
    pid_t relay = runtime ? instance_find(runtime, "relay") : 0;
    free(runtime);
    int problem = relay > 0 ? 0 : try_listen(config->panel.listen);
    if (relay > 0) {
        say(report, GOOD, "panel", "the relay runs (process %ld); `antiphon link` signs a browser in", (long)relay);
    } else if (problem) {
        say(report, MISSING, "panel", "%s: %s; end the other program, or set panel.listen to another port",
            config->panel.listen, strerror(problem));
    } else {
        say(report, GOOD, "panel", "%s is free", config->panel.listen);
    }
}

static void ignore(void *data, struct message *message)
{
}

/* How many sources wait for what other programs send. */
static size_t count_inbound(const struct config *config)
{
    size_t count = 0, index;
    json_t *source;
    json_array_foreach (config->sources, index, source) {
        struct connector *connector = connector_create(source, &(struct connector_options){.deliver = ignore}, NULL);
        count += connector && connector_token(connector);
        connector_destroy(connector);
    }
    return count;
}

static void check_door(struct report *report, const struct config *config)
{
    size_t count = count_inbound(config);
    char *runtime = folder_runtime(NULL);
    bool is_running = runtime && instance_find(runtime, "relay") > 0;
    free(runtime);
    int problem = is_running || count == 0 ? 0 : try_listen(config->door.listen);
    if (problem) {
        say(report, MISSING, "door", "%s: %s; end the other program, or set door.listen to another port", config->door.listen,
            strerror(problem));
    } else if (count > 0) {
        say(report, GOOD, "door", "%s, for %zu source%s; `antiphon door` prints the addresses to paste", config->door.listen,
            count, count == 1 ? "" : "s");
    }
}

static size_t drop(char *data, size_t size, size_t count, void *user)
{
    return size * count;
}

/* Asks the public address from here, as a moderator's browser would. */
static void check_public_url(struct report *report, const struct config *config)
{
    const char *base = config->panel.public_url;
    if (!*base) {
        say(report, ADVICE, "remote", "no panel.public_url: moderators elsewhere cannot sign in; README, \"Remote moderators\"");
        return;
    }
    size_t len = strlen(base);
    char *url = xasprintf("%.*s/api/v1/health", (int)(len - (base[len - 1] == '/')), base);
    CURL *curl = curl_easy_init();
    long status = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)PUBLIC_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK) {
        say(report, MISSING, "remote", "%s: %s; is the proxy or tunnel up, and does it point at %s?", base,
            curl_easy_strerror(code), config->panel.listen);
    } else if (status != 200) {
        say(report, MISSING, "remote", "%s answers with status %ld: the proxy should pass everything below it to %s "
            "while the relay runs", base, status, config->panel.listen);
    } else {
        say(report, GOOD, "remote", "%s reaches the relay", base);
    }
    free(url);
}

int cmd_check(int argc, char **argv)
{
    const char *config_path = NULL;
    bool is_offline = false, is_latency = false, is_json = false;
    double seconds = 0;
    const struct option_spec specs[] = {
        {"config", OPTION_TEXT, &config_path, "FILE", "the configuration; usual: ~/.config/antiphon/antiphon.json"},
        {"offline", OPTION_FLAG, &is_offline, NULL, "connect to no chat"},
        {"latency", OPTION_FLAG, &is_latency, NULL, "measure, with a show of its own, how long pictures and chat take; nothing else"},
        {"seconds", OPTION_REAL, &seconds, "N", "so long; 30"},
        {"json", OPTION_FLAG, &is_json, NULL, "print what was measured as one line of JSON"},
    };
    const struct option_usage usage = {"check", NULL,
        "Looks at configuration, chats, themes, inputs, outputs and their encoders, fonts, GStreamer, display, disk, port and public\n"
        "address, and says what to do.\n"
        "Each chat is connected to for up to 8 s, unless a relay runs: then that is asked.\n"
        "Exit status 1 if something is missing.", specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    log_set_level(LOG_ERROR);
    if (is_latency)
        return check_latency(config_path, seconds, is_json);
    gst_init(NULL, NULL);
    struct report report = {.is_offline = is_offline};
    struct config *config = check_config(&report, config_path);
    check_fonts(&report);
    check_elements(&report);
    check_disk(&report);
    if (config) {
        check_looks(&report, config);
        if (config->video.is_wanted)
            check_inputs(config, say_place, &report);
        check_outputs(config, say_output, &report);
        check_output_places(config, say_place, &report);
        if (config->video.is_wanted)
            check_encoders(config, say_encoder, &report);
        check_sources(&report, config);
        check_display(&report, config);
        check_port(&report, config);
        check_door(&report, config);
        check_public_url(&report, config);
    }
    config_destroy(config);
    if (report.missing)
        printf("\n%d thing%s to mend.\n", report.missing, report.missing == 1 ? "" : "s");
    return report.missing ? COMMAND_FAILED : COMMAND_OK;
}
