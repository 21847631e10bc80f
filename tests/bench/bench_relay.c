/*
 * bench_relay.c - the relay end to end in one process: Twitch lines at 10,000 a second through connector, intake, journal,
 * questions, a poll and the API to 20 panels, which live in a thread of their own. Panels measure how old the newest
 * message of a batch is. usage: bench_relay [SECONDS]
 */
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/loop.h"
#include "net/websocket.h"
#include "relay/intake.h"
#include "relay/journal.h"
#include "relay/polls.h"
#include "relay/relay.h"
#include "relay/sources.h"

enum { PER_SECOND = 10000, PANELS = 20, WARM_S = 3, LAGS_MAX = 1 << 20 };

struct bench {
    char folder[64], socket[96];
    struct loop *loop;
    struct relay *relay;
    struct api *api;
    int pace_fd;  // a timerfd: a timer of the loop would wake it up to a millisecond early and poll until it is due
    int64_t began_ns, seconds;
    uint64_t sent;
    bool is_measured;
    double loop_cpu_s, process_cpu_s, panels_cpu_s;  // when the measuring began
    int64_t measured_ns;
    size_t rss_bytes;
};

struct panels {
    const struct bench *bench;
    struct loop *loop;
    struct websocket *websockets[PANELS];
    clockid_t clock;
    atomic_bool is_measured;
    atomic_size_t open;
    uint64_t messages, batches, bytes;
    float *lags_ms;
    size_t lag_count;
};

static struct panels panels;

static double cpu_s(clockid_t clock)
{
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static size_t rss_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0, resident = 0;
    if (file && fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* --- Panels --- */

static void handle_open(void *data)
{
    struct websocket *websocket = panels.websockets[(size_t)data];
    static const char hello[] = "{\"type\":\"hello\",\"client\":\"panel\",\"name\":\"bench\"}";
    struct error err;
    websocket_send(websocket, hello, sizeof(hello) - 1, &err);
    atomic_fetch_add(&panels.open, 1);
}

/* The newest message stands last; its text begins with the time at which the line was made. */
static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    static const char head[] = "{\"type\":\"messages\"", mark[] = "\"text\":\"t";
    if (len < sizeof(head) || memcmp(bytes, head, sizeof(head) - 1) != 0 || !atomic_load(&panels.is_measured))
        return;
    panels.batches++;
    panels.bytes += len;
    const char *last = NULL;
    for (const char *at = bytes; (at = memmem(at, len - (size_t)(at - bytes), mark, sizeof(mark) - 1)); at++) {
        last = at + sizeof(mark) - 1;
        panels.messages++;
    }
    if (last && panels.lag_count < LAGS_MAX)
        panels.lags_ms[panels.lag_count++] = (float)((double)(clock_monotonic_ns() - strtoll(last, NULL, 10)) / 1e6);
}

static void handle_close(void *data, const struct websocket_close *end)
{
    fprintf(stderr, "a panel lost its connection: %s\n", end->error.text);
    exit(1);
}

static const struct websocket_handler handler = {.on_open = handle_open, .on_message = handle_message, .on_close = handle_close};

static void *run_panels(void *data)
{
    struct error err;
    char url[128];
    panels.loop = loop_create(&err);
    pthread_getcpuclockid(pthread_self(), &panels.clock);
    snprintf(url, sizeof(url), "unix:%s", panels.bench->socket);
    for (size_t i = 0; i < PANELS; i++)
        panels.websockets[i] = websocket_create(panels.loop, &(struct websocket_options){
            .url = url, .path = "/api/v1/socket", .protocol = "antiphon.v1", .message_bytes_max = 16 << 20, .handler = &handler,
            .data = (void *)i}, &err);
    loop_run(panels.loop, &err);
    for (size_t i = 0; i < PANELS; i++)
        websocket_destroy(panels.websockets[i]);
    loop_destroy(panels.loop);
    return NULL;
}

/* --- The chat --- */

static void push_line(struct bench *bench)
{
    static const char *const words[] = {"hello everybody", "این آهنگ عالی است", "這首歌真好聽", "nice one Kappa Kappa", "🔥🔥🔥"};
    char line[700], text[160];
    uint64_t i = ++bench->sent;
    int64_t now_ns = clock_monotonic_ns();
    if (i % 50 == 0) {
        snprintf(text, sizeof(text), "%llu", (unsigned long long)(i / 50 % 3 + 1));  // a vote
    } else if (i % 20 == 0) {
        snprintf(text, sizeof(text), "t%lld when do you play number %llu again?", (long long)now_ns, (unsigned long long)(i / 20 % 400));
    } else {
        snprintf(text, sizeof(text), "t%lld %s", (long long)now_ns, words[i % ARRAY_LENGTH(words)]);
    }
    int len = snprintf(line, sizeof(line),
        "@badge-info=subscriber/12;badges=subscriber/12,premium/1;client-nonce=3f1c2e8b5a;color=#1E90FF;display-name=Viewer%llu;"
        "emotes=;first-msg=0;flags=;id=%08llx-aaaa-4bbb-8ccc-0123456789ab;mod=0;returning-chatter=0;room-id=12345678;subscriber=1;"
        "tmi-sent-ts=%lld;turbo=0;user-id=%llu;user-type= :viewer%llu!viewer%llu@viewer%llu.tmi.twitch.tv PRIVMSG #bench :%s",
        (unsigned long long)(i % 5000), (unsigned long long)i, (long long)clock_unix_ms(), (unsigned long long)(i % 5000 + 1),
        (unsigned long long)(i % 5000), (unsigned long long)(i % 5000), (unsigned long long)(i % 5000), text);
    struct error err;
    if (!sources_receive(bench->relay->sources, "twitch:bench", line, (size_t)len, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
}

static void begin_measuring(struct bench *bench)
{
    bench->is_measured = true;
    bench->measured_ns = clock_monotonic_ns();
    bench->loop_cpu_s = cpu_s(CLOCK_THREAD_CPUTIME_ID);
    bench->process_cpu_s = cpu_s(CLOCK_PROCESS_CPUTIME_ID);
    bench->panels_cpu_s = cpu_s(panels.clock);
    bench->rss_bytes = rss_bytes();
    atomic_store(&panels.is_measured, true);
}

static void handle_pace(void *data)
{
    struct bench *bench = data;
    uint64_t ticks;
    if (read(bench->pace_fd, &ticks, sizeof(ticks)) < 0)
        return;
    int64_t ran_ns = clock_monotonic_ns() - bench->began_ns;
    if (!bench->is_measured && ran_ns > WARM_S * NS_PER_S)
        begin_measuring(bench);
    if (ran_ns > (WARM_S + bench->seconds) * NS_PER_S) {
        loop_stop(bench->loop);
        return;
    }
    uint64_t due = (uint64_t)(ran_ns / 1000) * PER_SECOND / 1000000;
    for (int i = 0; bench->sent < due && i < PER_SECOND / 20; i++)
        push_line(bench);
}

/* --- Around it --- */

static int compare(const void *a, const void *b)
{
    float first = *(const float *)a, second = *(const float *)b;
    return (first > second) - (first < second);
}

static void report(struct bench *bench, const struct intake_counts *counts, uint64_t sent_before)
{
    double ran_s = (double)(clock_monotonic_ns() - bench->measured_ns) / 1e9;
    double panel_s = cpu_s(panels.clock) - bench->panels_cpu_s;
    double process_s = cpu_s(CLOCK_PROCESS_CPUTIME_ID) - bench->process_cpu_s;
    size_t count = panels.lag_count;
    qsort(panels.lags_ms, count, sizeof(*panels.lags_ms), compare);
    printf("relay_messages %.0f /s\n", (double)(bench->sent - sent_before) / ran_s);
    printf("relay_panels %d panels\n", PANELS);
    printf("relay_lag_median %.1f ms\n", count ? (double)panels.lags_ms[count / 2] : -1);
    printf("relay_lag_99 %.1f ms\n", count ? (double)panels.lags_ms[count * 99 / 100] : -1);
    printf("relay_lag_max %.1f ms\n", count ? (double)panels.lags_ms[count - 1] : -1);
    printf("relay_cpu %.3f cores\n", (process_s - panel_s) / ran_s);
    printf("relay_loop_cpu %.3f cores\n", (cpu_s(CLOCK_THREAD_CPUTIME_ID) - bench->loop_cpu_s) / ran_s);
    printf("relay_panel_feed %.0f messages/s\n", (double)panels.messages / PANELS / ran_s);
    printf("relay_memory %.1f MB\n", (double)rss_bytes() / 1e6);
    printf("relay_memory_growth %.2f MB\n", ((double)rss_bytes() - (double)bench->rss_bytes) / 1e6);
    printf("relay_taken %llu messages\n", (unsigned long long)counts->taken);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    return remove(path);
}

static void must(const void *object, const struct error *err)
{
    if (!object) {
        fprintf(stderr, "%s\n", err->text);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct error err = {0};
    bench.seconds = argc > 1 ? atoi(argv[1]) : 10;
    log_set_level(LOG_ERROR);
    snprintf(bench.folder, sizeof(bench.folder), "/tmp/antiphon-bench-XXXXXX");
    must(mkdtemp(bench.folder), &err);
    snprintf(bench.socket, sizeof(bench.socket), "%s/relay.sock", bench.folder);
    bench.loop = loop_create(&err);
    must(bench.loop, &err);
    json_t *sources = json_pack("[{s:s,s:s,s:s}]", "connector", "twitch", "channel", "bench", "url", "ws://127.0.0.1:1/");
    bench.relay = relay_create(&(struct relay_options){.loop = bench.loop, .data_folder = bench.folder, .sources = sources}, &err);
    must(bench.relay, &err);
    bench.api = api_create(bench.loop, bench.relay, &(struct api_options){.unix_path = bench.socket}, &err);
    must(bench.api, &err);
    const struct poll_draft draft = {.question = STR("Next game?"), .options = {STR("Chess"), STR("圍棋"), STR("تخته نرد")}, .option_count = 3};
    polls_open(bench.relay->polls, &draft, "bench", &err);

    panels.bench = &bench;
    panels.lags_ms = xcalloc(LAGS_MAX, sizeof(*panels.lags_ms));
    pthread_t thread;
    pthread_create(&thread, NULL, run_panels, NULL);
    bench.pace_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct itimerspec pace = {.it_interval.tv_nsec = 2000000, .it_value.tv_nsec = 2000000};
    timerfd_settime(bench.pace_fd, 0, &pace, NULL);
    struct watch *watch = loop_watch_fd(bench.loop, bench.pace_fd, handle_pace, &bench);
    bench.began_ns = clock_monotonic_ns();
    if (!loop_run(bench.loop, &err))
        must(NULL, &err);
    struct intake_counts counts;
    intake_get_counts(bench.relay->intake, &counts);
    report(&bench, &counts, WARM_S * PER_SECOND);
    if (atomic_load(&panels.open) != PANELS || counts.taken != bench.sent)
        fprintf(stderr, "only %zu panels, %llu of %llu messages\n", atomic_load(&panels.open), (unsigned long long)counts.taken,
                (unsigned long long)bench.sent);
    atomic_store(&panels.is_measured, false);
    loop_stop(panels.loop);
    pthread_join(thread, NULL);
    loop_unwatch(watch);
    close(bench.pace_fd);
    api_destroy(bench.api);
    relay_destroy(bench.relay);
    loop_destroy(bench.loop);
    json_decref(sources);
    free(panels.lags_ms);
    nftw(bench.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
