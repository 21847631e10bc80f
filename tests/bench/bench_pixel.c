/*
 * bench_pixel.c - from the newest chat line on the wire to the changed pixel: Twitch lines at 5,000 a second go through a
 * real relay and a real overlay, processes of their own, into the element `antiphonoverlay` of a pipeline at 60 frames a
 * second, whose frames are compared as they leave it (before any encoder, 640x360). usage: bench_pixel ANTIPHON [SECONDS]
 *
 * The chat box takes lines in batches (GATE_PASS_MS), so a frame that changes shows a new batch. How old is its newest
 * line? Its text holds the time at which it was written to the socket; which one it was tells the relay's API. The view's
 * motion is reduced: a batch changes the picture once, and a change is a batch.
 */
#include <ftw.h>
#include <gst/gst.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "net/loop.h"
#include "net/websocket.h"
#include "rehearsal/rehearsal.h"
#include "video/antiphonoverlay.h"

enum { PER_SECOND = 5000, FPS = 60, WARM_S = 4, WAIT_S = 20, TIMES_MAX = 4096, LEFT_BEFORE_MS = 300 };

struct times {
    int64_t at_ns[TIMES_MAX];
    size_t count;
};

static struct {
    char folder[64], runtime[80];
    pid_t relay, overlay;  // 0: not started
    struct loop *loop;
    struct rehearsal *rehearsal;
    struct websocket *websocket;
    struct timer retry;
    int pace_fd;
    int64_t began_ns, seconds;  // began_ns 0: the overlay has shown nothing yet
    uint64_t sent;
    struct times batches;  // when the newest line of each was written
    GMutex lock;           // guards the next
    struct times changes;  // when a frame that differs from the one before left the element
    GstBuffer *last;       // of the streaming thread
} bench;

static void must(bool is_good, const char *what)
{
    if (is_good)
        return;
    fprintf(stderr, "bench_pixel: %s\n", what);
    exit(1);
}

static void add(struct times *times, int64_t at_ns)
{
    if (times->count < TIMES_MAX)
        times->at_ns[times->count++] = at_ns;
}

/* ---- The frames */

static bool is_same(GstBuffer *one, GstBuffer *other)
{
    GstMapInfo map;
    gst_buffer_map(one, &map, GST_MAP_READ);
    bool same = gst_buffer_memcmp(other, 0, map.data, map.size) == 0;
    gst_buffer_unmap(one, &map);
    return same;
}

static GstPadProbeReturn look(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    int64_t now_ns = clock_monotonic_ns();
    GstBuffer *frame = GST_PAD_PROBE_INFO_BUFFER(info);
    if (bench.last && !is_same(frame, bench.last)) {
        g_mutex_lock(&bench.lock);
        add(&bench.changes, now_ns);
        g_mutex_unlock(&bench.lock);
    }
    gst_buffer_replace(&bench.last, NULL);
    bench.last = gst_buffer_copy_deep(frame);
    return GST_PAD_PROBE_OK;
}

static GstElement *start_pipeline(void)
{
    char *text = xasprintf("videotestsrc is-live=true pattern=blue ! video/x-raw,format=I420,width=640,height=360,framerate=%d/1 "
        "! antiphonoverlay name=overlay socket=%s/frames-main.sock ! fakesink sync=false", FPS, bench.runtime);
    GstElement *pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, NULL);
    must(pipeline, "no pipeline");
    GstElement *overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    GstPad *pad = gst_element_get_static_pad(overlay, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, look, NULL, NULL);
    gst_object_unref(pad);
    gst_object_unref(overlay);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    free(text);
    return pipeline;
}

/* ---- The chat */

static void say(void)
{
    char id[32], login[32], text[96];
    uint64_t number = ++bench.sent;
    snprintf(id, sizeof(id), "b%llu", (unsigned long long)number);
    snprintf(login, sizeof(login), "viewer%llu", (unsigned long long)(number % 5000));
    static const char *const words[] = {"hello everybody", "این آهنگ عالی است", "這首歌真好聽", "nice one"};
    snprintf(text, sizeof(text), "t%lld %s", (long long)clock_monotonic_ns(), words[number % ARRAY_LENGTH(words)]);
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:bench"), .native_id = str_from(id),
        .author = {.id = str_from(login), .login = str_from(login), .name = str_from(login)}, .text = str_from(text),
    });
    rehearsal_say(bench.rehearsal, message);
    message_unref(message);
}

static size_t count_changes(void)
{
    g_mutex_lock(&bench.lock);
    size_t count = bench.changes.count;
    g_mutex_unlock(&bench.lock);
    return count;
}

/* Once a second until the first line is to be seen; then all of them. */
static void handle_pace(void *data)
{
    uint64_t ticks;
    if (read(bench.pace_fd, &ticks, sizeof(ticks)) < 0)
        return;
    static int64_t started_ns, said_ns;
    int64_t now_ns = clock_monotonic_ns();
    if (bench.began_ns == 0) {
        started_ns = started_ns ? started_ns : now_ns;
        must(now_ns - started_ns < WAIT_S * NS_PER_S, "no line reached the picture");
        if (count_changes() > 0 && bench.batches.count > 0) {
            bench.began_ns = now_ns;
            bench.sent = 0;
        } else if (now_ns - said_ns > NS_PER_S) {
            said_ns = now_ns;
            say();
        }
        return;
    }
    int64_t ran_ns = now_ns - bench.began_ns;
    if (ran_ns > (WARM_S + bench.seconds) * NS_PER_S)
        loop_stop(bench.loop);
    uint64_t due = (uint64_t)(ran_ns / 1000) * PER_SECOND / 1000000;
    for (int i = 0; bench.sent < due && i < PER_SECOND / 20; i++)
        say();
}

/* ---- What the relay says is on air */

static void handle_open(void *data)
{
    static const char hello[] = "{\"type\":\"hello\",\"client\":\"program\",\"name\":\"bench\",\"topics\":[\"on_air\"]}";
    websocket_send(bench.websocket, hello, sizeof(hello) - 1, NULL);
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    static int64_t newest_id;
    json_t *event = json_parse(bytes, len, NULL);
    const json_t *views = json_object_get(json_object_get(event, "on_air"), "views");
    const json_t *lines = json_object_get(json_object_get(views, "main"), "chat");
    const json_t *newest = json_array_get(lines, json_array_size(lines) - 1);
    const char *text = newest ? json_get_text(newest, "text") : NULL;
    if (text && json_get_int(newest, "id", 0) > newest_id) {
        newest_id = json_get_int(newest, "id", 0);
        add(&bench.batches, strtoll(text + 1, NULL, 10));
    }
    json_decref(event);
}

static void handle_close(void *data, const struct websocket_close *end)
{
    must(!end->was_open, "the relay closed the connection");
    timer_start(&bench.retry, 100);
}

static void connect_relay(void *data)
{
    static const struct websocket_handler handler = {handle_open, handle_message, handle_close};
    char url[128];
    snprintf(url, sizeof(url), "unix:%s/relay.sock", bench.runtime);
    websocket_destroy(bench.websocket);
    bench.websocket = websocket_create(bench.loop, &(struct websocket_options){
        .url = url, .path = "/api/v1/socket", .protocol = "antiphon.v1", .message_bytes_max = 16 << 20, .handler = &handler,
    }, NULL);
}

/* ---- Around it */

static pid_t spawn(const char *program, const char *command, const char *config)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    must(freopen("/dev/null", "w", stderr) != NULL, "no /dev/null");
    execl(program, program, command, "--config", config, NULL);
    _exit(127);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    return remove(path);
}

/* Also when a must() is not met. */
static void clean_up(void)
{
    const pid_t parts[] = {bench.overlay, bench.relay};
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (parts[i] <= 0)
            continue;
        kill(parts[i], SIGTERM);
        waitpid(parts[i], NULL, 0);
    }
    nftw(bench.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(void)
{
    snprintf(bench.folder, sizeof(bench.folder), "/tmp/antiphon-bench-XXXXXX");
    must(mkdtemp(bench.folder) != NULL, "no folder");
    atexit(clean_up);
    static const char *const variables[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};
    for (size_t i = 0; i < ARRAY_LENGTH(variables); i++)
        setenv(variables[i], bench.folder, 1);
    snprintf(bench.runtime, sizeof(bench.runtime), "%s/antiphon", bench.folder);
    must(file_make_folder(bench.runtime, NULL), "no runtime folder");
}

static void start_parts(const char *program)
{
    json_t *addresses = rehearsal_addresses(bench.rehearsal);
    json_t *config = json_pack("{s:[{s:s, s:s, s:O}], s:[{s:s, s:[i,i], s:[s], s:s}], s:{s:i}, s:{s:s}}",
        "sources", "connector", "twitch", "channel", "bench", "url", json_object_get(addresses, "twitch"),
        "views", "name", "main", "size", 640, 360, "cards", "chat", "motion", "reduced", "gate", "hold_ms", 0,
        "panel", "listen", "127.0.0.1:0");
    char *path = xasprintf("%s/antiphon.json", bench.runtime);
    must(config && json_dump_file(config, path, 0) == 0, "no configuration");
    bench.relay = spawn(program, "relay", path);
    bench.overlay = spawn(program, "overlay", path);
    free(path);
    json_decref(config);
    json_decref(addresses);
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

/* The first change after a batch's newest line is the batch: none takes as long as the next one is away. */
static size_t pair(int64_t from_ns, int64_t to_ns, double *ages_ms, size_t *batches)
{
    size_t count = 0, change = 0;
    *batches = 0;
    for (size_t i = 0; i < bench.batches.count; i++) {
        int64_t line_ns = bench.batches.at_ns[i];
        if (line_ns < from_ns || line_ns > to_ns)
            continue;
        ++*batches;
        while (change < bench.changes.count && bench.changes.at_ns[change] < line_ns)
            change++;
        int64_t next_ns = i + 1 < bench.batches.count ? bench.batches.at_ns[i + 1] : INT64_MAX;
        if (change < bench.changes.count && bench.changes.at_ns[change] < next_ns)
            ages_ms[count++] = (double)(bench.changes.at_ns[change] - line_ns) / 1e6;
    }
    return count;
}

static int report(void)
{
    static double ages_ms[TIMES_MAX];
    size_t batches;
    int64_t from_ns = bench.began_ns + WARM_S * NS_PER_S;
    int64_t to_ns = from_ns + bench.seconds * NS_PER_S - LEFT_BEFORE_MS * NS_PER_MS;
    size_t count = pair(from_ns, to_ns, ages_ms, &batches);
    must(count > 0 && count == batches, "a batch of lines reached no frame, or came when the next was there");
    qsort(ages_ms, count, sizeof(*ages_ms), compare);
    const double per_frame_ms = 1000.0 / FPS;
    const struct {
        const char *name;
        size_t at;
    } lines[] = {{"min", 0}, {"median", count / 2}, {"95", count * 95 / 100}, {"99", count * 99 / 100}, {"max", count - 1}};
    printf("pixel_messages %.0f /s\n", (double)bench.sent / (double)(WARM_S + bench.seconds));
    printf("pixel_changes %zu frames\n", count);
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        printf("pixel_age_%s %.1f ms\n", lines[i].name, ages_ms[lines[i].at]);
    printf("pixel_age_median_frames %.2f frames\n", ages_ms[count / 2] / per_frame_ms);
    printf("pixel_age_95_frames %.2f frames\n", ages_ms[count * 95 / 100] / per_frame_ms);
    return 0;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    must(argc > 1, "usage: bench_pixel ANTIPHON [SECONDS]");
    bench.seconds = argc > 2 ? atoi(argv[2]) : 20;
    gst_init(NULL, NULL);
    log_set_level(LOG_ERROR);
    antiphonoverlay_register();
    make_folder();
    bench.loop = loop_create(&err);
    static const char *const settings[] = {"twitch.channel=bench"};
    bench.rehearsal = rehearsal_create(bench.loop, &(struct rehearsal_options){.settings = settings, .setting_count = 1}, &err);
    must(bench.rehearsal, err.text);
    start_parts(argv[1]);
    GstElement *pipeline = start_pipeline();
    timer_init(&bench.retry, bench.loop, connect_relay, NULL);
    connect_relay(NULL);
    bench.pace_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct itimerspec pace = {.it_interval.tv_nsec = 2000000, .it_value.tv_nsec = 2000000};
    timerfd_settime(bench.pace_fd, 0, &pace, NULL);
    struct watch *watch = loop_watch_fd(bench.loop, bench.pace_fd, handle_pace, NULL);
    must(loop_run(bench.loop, &err), err.text);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    gst_buffer_replace(&bench.last, NULL);
    int status = report();
    loop_unwatch(watch);
    close(bench.pace_fd);
    timer_stop(&bench.retry);
    websocket_destroy(bench.websocket);
    rehearsal_destroy(bench.rehearsal);
    loop_destroy(bench.loop);
    return status;
}
