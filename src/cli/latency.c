#include "cli/latency.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "chat/message.h"
#include "cli/config.h"
#include "cli/latency_show.h"
#include "cli/stage.h"
#include "net/loop.h"
#include "rehearsal/rehearsal.h"
#include "video/glass.h"
#include "video/marker.h"

enum {
    WAIT_MS = 30000,   // for the first picture, and the first line
    WARM_MS = 1500,    // then: latencies settle in the first second
    DIRECT_MS = 3000,
    STEP_MS = 20,
    QUIET_MS = 400,    // the picture stands so long before a line is sent: the card before it is at rest
    PAUSE_MS = 700, PAUSE_MORE_MS = 500,  // between two lines, at random: not in step with any clock of ours
    LINE_MS = 5000,    // no pixel changed for so long: the line is lost
    SEEN_PX = 12,      // of one sample in four; a letter has more
};

struct series {
    double *ms;  // owned
    size_t count, room;
};

struct measurement {
    struct loop *loop;
    struct timer step;
    struct stage *stage;          // NULL: camera and player alone
    struct rehearsal *rehearsal;
    struct glass_camera *camera;
    struct glass_player *player;
    int64_t started_ms, counted_ms, length_ms;  // counted_ms 0: not yet
    int64_t next_line_ms;
    unsigned line_number;
    struct error trouble;         // why it ended early

    pthread_mutex_t lock;         // guards the rest: the player calls from its own thread
    bool is_counting, has_number;
    uint16_t number;              // the last one
    struct series pictures, lines;
    size_t missing, unreadable, lost_lines;
    int64_t moved_ns;             // when the picture changed last
    int64_t line_ns;              // when the line that is awaited was sent; 0: none is
    double first_line_ms;         // 0: none came through yet
};

static void add(struct series *series, double ms)
{
    if (series->count == series->room) {
        series->room = series->room ? series->room * 2 : 256;
        series->ms = xreallocarray(series->ms, series->room, sizeof(*series->ms));
    }
    series->ms[series->count++] = ms;
}

/* ---- What the player sees, on its thread */

static void see_number(struct measurement *m, const struct glass_picture *picture)
{
    if (!picture->has_number) {
        m->unreadable += m->is_counting;
        return;
    }
    uint16_t ahead = (uint16_t)(picture->number - m->number);
    if (m->has_number && ahead == 0)
        return;  // the same picture again: other frame rates, or an input that was late
    int64_t taken_ns = glass_camera_taken_ns(m->camera, picture->number);
    if (m->is_counting && taken_ns) {
        add(&m->pictures, (double)(picture->at_ns - taken_ns) / NS_PER_MS);
        m->missing += m->has_number && ahead < 1000 ? ahead - 1u : 0;
    }
    m->has_number = true;
    m->number = picture->number;
}

static void see_line(struct measurement *m, const struct glass_picture *picture)
{
    if (picture->moved_px >= SEEN_PX)
        m->moved_ns = picture->at_ns;
    if (m->line_ns == 0 || picture->changed_px < SEEN_PX)
        return;
    double took_ms = (double)(picture->at_ns - m->line_ns) / NS_PER_MS;
    m->line_ns = 0;
    if (m->first_line_ms == 0)
        m->first_line_ms = took_ms;
    else if (m->is_counting)
        add(&m->lines, took_ms);
}

static void handle_picture(void *data, const struct glass_picture *picture)
{
    struct measurement *m = data;
    pthread_mutex_lock(&m->lock);
    see_number(m, picture);
    see_line(m, picture);
    pthread_mutex_unlock(&m->lock);
}

/* ---- The chat */

static void say(struct measurement *m)
{
    char id[32], text[64];
    snprintf(id, sizeof(id), "latency-%u", ++m->line_number);
    snprintf(text, sizeof(text), "line %u of the measurement", m->line_number);
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:latency"), .native_id = str_from(id),
        .author = {.id = STR("1"), .login = STR("latency"), .name = STR("latency")}, .text = str_from(text),
    });
    glass_player_note(m->player);
    pthread_mutex_lock(&m->lock);
    m->line_ns = clock_monotonic_ns();
    pthread_mutex_unlock(&m->lock);
    rehearsal_say(m->rehearsal, message);
    message_unref(message);
}

/* One at a time, onto a picture that stands. */
static void step_chat(struct measurement *m, int64_t now_ms)
{
    pthread_mutex_lock(&m->lock);
    int64_t line_ms = m->line_ns / NS_PER_MS;
    bool is_awaited = line_ms != 0, is_quiet = now_ms - m->moved_ns / NS_PER_MS >= QUIET_MS && m->has_number;
    bool is_lost = is_awaited && now_ms - line_ms > LINE_MS;
    if (is_lost) {
        m->lost_lines += m->is_counting;
        m->line_ns = 0;
    }
    pthread_mutex_unlock(&m->lock);
    if (is_awaited)
        m->next_line_ms = now_ms + PAUSE_MS + (int64_t)random_below(PAUSE_MORE_MS);
    else if (is_quiet && now_ms >= m->next_line_ms)
        say(m);
}

/* ---- One pass */

static void end(struct measurement *m)
{
    timer_stop(&m->step);
    loop_stop(m->loop);
}

static void fail(struct measurement *m, const char *what)
{
    char *trouble = glass_player_trouble(m->player);
    error_set(&m->trouble, ERROR_SYSTEM, "%s%s%s", what, *trouble ? ": " : "", trouble);
    free(trouble);
    end(m);
}

static void begin_counting(struct measurement *m, int64_t now_ms)
{
    bool is_there;
    pthread_mutex_lock(&m->lock);
    is_there = m->has_number && (!m->stage || m->first_line_ms > 0);
    pthread_mutex_unlock(&m->lock);
    if (is_there)
        m->counted_ms = now_ms + WARM_MS;
    else if (now_ms - m->started_ms > WAIT_MS)
        fail(m, !m->has_number ? "no picture with a number came out within 30 s" : "no line of chat reached the picture within 30 s");
}

static void take_step(void *data)
{
    struct measurement *m = data;
    int64_t now_ms = clock_monotonic_ms();
    timer_start(&m->step, STEP_MS);
    if (m->stage && !stage_is_up(m->stage)) {
        fail(m, "antiphon run has ended by itself");
        return;
    }
    if (m->stage)
        step_chat(m, now_ms);
    if (m->counted_ms == 0) {
        begin_counting(m, now_ms);
        return;
    }
    pthread_mutex_lock(&m->lock);
    m->is_counting = now_ms >= m->counted_ms;
    pthread_mutex_unlock(&m->lock);
    if (now_ms >= m->counted_ms + m->length_ms)
        end(m);
}

static bool run_pass(struct measurement *m, int64_t length_ms, struct error *err)
{
    m->length_ms = length_ms;
    m->started_ms = clock_monotonic_ms();
    timer_start(&m->step, 0);
    if (!loop_run(m->loop, err))
        return false;
    if (m->trouble.code != ERROR_NONE)
        *err = m->trouble;
    return m->trouble.code == ERROR_NONE;
}

static void interrupt(void *data)
{
    struct measurement *m = data;
    error_set(&m->trouble, ERROR_SYSTEM, "interrupted");
    end(m);
}

/* ---- What it runs on */

/* Nobody has it at this moment. 0: the system has none. */
static int free_udp_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_good = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0
        && getsockname(fd, (struct sockaddr *)&address, &len) == 0;
    if (fd >= 0)
        close(fd);
    return is_good ? ntohs(address.sin_port) : 0;
}

static bool open_glass(struct measurement *m, const struct latency_result *size, const char *to, const char *from, struct error *err)
{
    m->player = glass_player_create(&(struct glass_player_options){from, handle_picture, m}, err);
    m->camera = m->player ? glass_camera_create(&(struct glass_camera_options){
        .to = to, .width_px = size->width_px, .height_px = size->height_px, .fps = size->fps,
    }, err) : NULL;
    return m->camera != NULL;
}

/* The player first: it uses the camera's times. */
static void close_glass(struct measurement *m)
{
    glass_player_destroy(m->player);
    glass_camera_destroy(m->camera);
}

static bool open_loop(struct measurement *m, struct error *err)
{
    pthread_mutex_init(&m->lock, NULL);
    m->loop = loop_create(err);
    if (!m->loop || !loop_on_signal(m->loop, SIGINT, interrupt, m, err) || !loop_on_signal(m->loop, SIGTERM, interrupt, m, err))
        return false;
    timer_init(&m->step, m->loop, take_step, m);
    return true;
}

static void close_all(struct measurement *m)
{
    timer_stop(&m->step);
    close_glass(m);
    stage_close(m->stage);
    rehearsal_destroy(m->rehearsal);
    loop_destroy(m->loop);
    free(m->pictures.ms), free(m->lines.ms);
    pthread_mutex_destroy(&m->lock);
}

static bool open_rehearsal(struct measurement *m, struct error *err)
{
    static const char *const settings[] = {"twitch.channel=latency"};
    m->rehearsal = rehearsal_create(m->loop, &(struct rehearsal_options){.settings = settings, .setting_count = 1}, err);
    return m->rehearsal != NULL;
}

/* The configuration first: it finds themes in the user's own folders, which are others from stage_open() on. */
static bool start_show(struct measurement *m, const struct config *config, const struct latency_result *size, int from_port,
    int to_port, struct error *err)
{
    json_t *addresses = rehearsal_addresses(m->rehearsal);
    json_t *own = latency_show_config(config, &(struct latency_show){
        .twitch = json_string_value(json_object_get(addresses, "twitch")), .input_port = from_port, .output_port = to_port,
        .width_px = size->width_px, .height_px = size->height_px, .fps = size->fps,
    }, err);
    m->stage = own ? stage_open("latency", err) : NULL;
    char *log_path = m->stage ? xasprintf("%s/log", stage_folder(m->stage)) : NULL;
    int log = log_path ? open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    bool ok = m->stage && stage_run(m->stage, own, log, err);
    if (log >= 0)
        close(log);
    free(log_path);
    json_decref(own), json_decref(addresses);
    return ok;
}

/* ---- Results */

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static struct latency_distribution describe(struct series *series)
{
    size_t count = series->count;
    if (count == 0)
        return (struct latency_distribution){0};
    qsort(series->ms, count, sizeof(*series->ms), compare);
    const double *ms = series->ms;
    return (struct latency_distribution){count, ms[0], ms[count / 2], ms[count * 95 / 100], ms[count * 99 / 100], ms[count - 1]};
}

static bool measure_direct(double seconds, struct latency_result *result, struct error *err)
{
    struct measurement m = {0};
    int port = free_udp_port();
    char *to = xasprintf("srt://127.0.0.1:%d?latency=%d", port, GLASS_SRT_LATENCY_MS);
    char *from = xasprintf("srt://127.0.0.1:%d?mode=listener", port);
    int64_t length_ms = seconds * 1000 < DIRECT_MS ? (int64_t)(seconds * 1000) : DIRECT_MS;
    bool ok = open_loop(&m, err) && open_glass(&m, result, to, from, err) && run_pass(&m, length_ms, err);
    if (ok)
        result->direct = describe(&m.pictures);
    close_all(&m);
    free(to), free(from);
    return ok || error_prefix(err, "camera and player alone");
}

static bool measure_show(const struct config *config, double seconds, struct latency_result *result, struct error *err)
{
    struct measurement m = {0};
    int from_port = free_udp_port(), to_port = free_udp_port();
    char *to = xasprintf("srt://127.0.0.1:%d?mode=listener", from_port);
    char *from = xasprintf("srt://127.0.0.1:%d?mode=listener", to_port);
    bool ok = open_loop(&m, err) && open_glass(&m, result, to, from, err) && open_rehearsal(&m, err)
        && start_show(&m, config, result, from_port, to_port, err) && run_pass(&m, (int64_t)(seconds * 1000), err);
    glass_player_destroy(m.player);
    m.player = NULL;
    if (ok) {
        result->picture = describe(&m.pictures);
        result->line = describe(&m.lines);
        result->first_line_ms = m.first_line_ms;
        result->missing = m.missing, result->unreadable = m.unreadable, result->lost_lines = m.lost_lines;
    }
    close_all(&m);
    free(to), free(from);
    return ok;
}

bool latency_measure(const struct config *config, double seconds, struct latency_result *result, struct error *err)
{
    *result = (struct latency_result){
        .width_px = config->video.width_px, .height_px = config->video.height_px, .fps = config->video.fps,
    };
    if (result->width_px < MARKER_WIDTH_MIN_PX)
        return error_set(err, ERROR_DATA, "video.size %dx%d: too small for the marker; %d wide at least", result->width_px,
            result->height_px, MARKER_WIDTH_MIN_PX);
    return measure_direct(seconds, result, err) && measure_show(config, seconds, result, err);
}
