#include "cli/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/service.h"
#include "cli/feeds.h"
#include "cli/instance.h"

enum {
    FIRST_DELAY_MS = 100,
    LAST_DELAY_MS = 1500,  // output must be back within 3 s, however often the video died before
    LAST_REFUSAL_MS = 30000,  // a part that ended by itself has said what a person must mend: no flood of that line
    SETTLED_MS = 30000,    // lived so long: the next delay is the first again
    STOP_MS = 6000,
    PATIENCE_MS = 10000,   // a part that has fed us and is silent for so long is stuck
    READY_MS = 10000,      // by then we are ready, whatever is not: a part that cannot start stops no show
    TURN_MS = 1000,
};

struct worker {
    const struct supervise_part *part;
    pid_t pid;            // 0: not running
    int pidfd;            // -1: not running
    bool is_child;        // false: adopted, reaped by init
    int64_t started_ms;   // monotonic
    int64_t restart_ms;   // monotonic; when to start again
    int delay_ms;
    bool has_refused;     // ended last with a status of its own, not by a signal
    bool is_ready;        // it said so, or ran before us
    int64_t fed_ms;       // monotonic; 0: it never did, and nothing is concluded from its silence
    int64_t condemned_ms; // monotonic; when it was killed for its silence; 0: it was not
};

struct supervisor {
    struct worker workers[SUPERVISE_PARTS_MAX];
    size_t count;
    const char *runtime_folder;
    int signals;  // signalfd
    int feeds;
    int64_t patience_ms;  // with the parts
    int64_t began_ms, turned_ms;  // monotonic: the start, and the loop's last turn
    bool is_ready;        // told so
    char status[120];     // last told
    bool is_stopping;
    int64_t kill_ms;  // while stopping: when patience ends
};

static void watch(struct worker *worker, pid_t pid, bool is_child)
{
    worker->pid = pid;
    worker->pidfd = pidfd_open(pid, 0);
    worker->is_child = is_child;
    worker->started_ms = clock_monotonic_ms();
    worker->is_ready = !is_child;
    worker->fed_ms = worker->condemned_ms = 0;
}

static void become(const struct supervisor *supervisor, const struct supervise_part *part)
{
    // Until a part handles SIGHUP itself it must not die of one: like nohup. Blocked, it still reaches a signalfd.
    signal(SIGHUP, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    feeds_export(supervisor->runtime_folder, supervisor->patience_ms);
    const char *argv[SUPERVISE_ARGS_MAX + 1] = {"antiphon"};
    for (size_t i = 0; i + 1 < SUPERVISE_ARGS_MAX && part->argv[i]; i++)
        argv[i + 1] = part->argv[i];
    execv("/proc/self/exe", (char *const *)argv);
    _exit(127);
}

static void start(struct supervisor *supervisor, struct worker *worker)
{
    pid_t running = instance_find(supervisor->runtime_folder, worker->part->name);
    if (running > 0) {
        watch(worker, running, false);
        log_info("run", "%s runs already (process %ld): adopted", worker->part->name, (long)running);
        return;
    }
    pid_t pid = fork();
    if (pid == 0)
        become(supervisor, worker->part);
    if (pid < 0) {
        log_error("run", "%s cannot be started: %s", worker->part->name, strerror(errno));
        worker->restart_ms = clock_monotonic_ms() + LAST_DELAY_MS;
        return;
    }
    watch(worker, pid, true);
    log_info("run", "%s started (process %ld)", worker->part->name, (long)pid);
}

/* How the process ended, for the log: "by signal 9 (Killed)". */
static void describe_end(struct worker *worker, char *text, size_t size)
{
    int status = 0;
    worker->has_refused = false;
    if (!worker->is_child || waitpid(worker->pid, &status, 0) != worker->pid) {
        snprintf(text, size, "ended");
    } else if (WIFSIGNALED(status)) {
        snprintf(text, size, "died of signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        worker->has_refused = WEXITSTATUS(status) != 0;
        snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
    }
}

static void handle_end(struct supervisor *supervisor, struct worker *worker)
{
    char how[80];
    describe_end(worker, how, sizeof(how));
    close(worker->pidfd);
    worker->pidfd = -1;
    worker->pid = 0;
    if (supervisor->is_stopping) {
        log_info("run", "%s %s", worker->part->name, how);
        return;
    }
    int64_t now_ms = clock_monotonic_ms();
    bool had_settled = now_ms - worker->started_ms >= SETTLED_MS;
    int last_ms = worker->has_refused ? LAST_REFUSAL_MS : LAST_DELAY_MS;
    int next_ms = worker->delay_ms * 2 < last_ms ? worker->delay_ms * 2 : last_ms;
    worker->delay_ms = had_settled || worker->delay_ms == 0 ? FIRST_DELAY_MS : next_ms;
    worker->restart_ms = now_ms + random_jitter(worker->delay_ms, 20);
    log_warn("run", "%s %s; again in %.1f s", worker->part->name, how, worker->delay_ms / 1000.0);
}

static void send_signal(struct supervisor *supervisor, int signo)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        if (supervisor->workers[i].pidfd >= 0)
            pidfd_send_signal(supervisor->workers[i].pidfd, signo, NULL, 0);
    }
}

static void begin_stop(struct supervisor *supervisor)
{
    supervisor->is_stopping = true;
    supervisor->kill_ms = clock_monotonic_ms() + STOP_MS;
    service_tell("STOPPING=1");
    send_signal(supervisor, SIGTERM);
}

static void handle_signal(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;
    if (read(supervisor->signals, &info, sizeof(info)) != sizeof(info))
        return;
    if (info.ssi_signo == SIGHUP) {
        send_signal(supervisor, SIGHUP);
    } else if (info.ssi_signo != SIGCHLD && !supervisor->is_stopping) {
        begin_stop(supervisor);
    }
}

static struct worker *find_worker(struct supervisor *supervisor, pid_t pid)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        if (supervisor->workers[i].pidfd >= 0 && supervisor->workers[i].pid == pid)
            return &supervisor->workers[i];
    }
    return NULL;
}

static void handle_feeds(struct supervisor *supervisor)
{
    struct feed feed;
    while (feeds_next(supervisor->feeds, &feed)) {
        struct worker *worker = find_worker(supervisor, feed.pid);
        if (!worker)
            continue;
        worker->is_ready |= feed.is_ready;
        if (feed.is_well)
            worker->fed_ms = clock_monotonic_ms();
    }
}

/* Starts what is due; returns how long to sleep until the next thing is. */
static int64_t start_due(struct supervisor *supervisor)
{
    int64_t now_ms = clock_monotonic_ms(), turn_ms = service_patience_ms() / 4;
    int64_t next_ms = now_ms + (turn_ms > 0 && turn_ms < TURN_MS ? turn_ms : TURN_MS);
    for (size_t i = 0; i < supervisor->count && !supervisor->is_stopping; i++) {
        struct worker *worker = &supervisor->workers[i];
        if (worker->pidfd >= 0)
            continue;
        if (worker->restart_ms <= now_ms)
            start(supervisor, worker);
        if (worker->pidfd < 0 && worker->restart_ms < next_ms)
            next_ms = worker->restart_ms;
    }
    return next_ms > now_ms ? next_ms - now_ms : 0;
}

static bool is_anybody_left(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        if (supervisor->workers[i].pidfd >= 0)
            return true;
    }
    return false;
}

static void wait_for_news(struct supervisor *supervisor, int64_t timeout_ms)
{
    struct pollfd fds[SUPERVISE_PARTS_MAX + 2] = {{.fd = supervisor->signals, .events = POLLIN},
                                                  {.fd = supervisor->feeds, .events = POLLIN}};
    for (size_t i = 0; i < supervisor->count; i++)
        fds[i + 2] = (struct pollfd){.fd = supervisor->workers[i].pidfd, .events = POLLIN};
    if (poll(fds, supervisor->count + 2, (int)timeout_ms) <= 0)
        return;
    if (fds[0].revents)
        handle_signal(supervisor);
    if (fds[1].revents)
        handle_feeds(supervisor);
    for (size_t i = 0; i < supervisor->count; i++) {
        if (fds[i + 2].revents)
            handle_end(supervisor, &supervisor->workers[i]);
    }
}

/* ---- Are they well, and are we? */

/* A machine that was held up held us up as well: silence counts from the moment at which we look again. */
static void forgive_silence(struct supervisor *supervisor, int64_t now_ms)
{
    bool was_held_up = now_ms - supervisor->turned_ms > supervisor->patience_ms / 2;
    supervisor->turned_ms = now_ms;
    for (size_t i = 0; i < supervisor->count && was_held_up; i++) {
        if (supervisor->workers[i].fed_ms != 0)
            supervisor->workers[i].fed_ms = now_ms;
    }
}

/* One that is stopped or spins takes no order to end, so it is killed; its end is then handled as any other. */
static void end_stuck(struct supervisor *supervisor, int64_t now_ms)
{
    for (size_t i = 0; i < supervisor->count && !supervisor->is_stopping; i++) {
        struct worker *worker = &supervisor->workers[i];
        if (worker->pidfd < 0 || worker->fed_ms == 0 || worker->condemned_ms != 0
            || now_ms - worker->fed_ms <= supervisor->patience_ms)
            continue;
        log_error("run", "%s is stuck: it did not say for %.0f s that it is well; it is killed", worker->part->name,
            (double)(now_ms - worker->fed_ms) / 1000);
        worker->condemned_ms = now_ms;
        pidfd_send_signal(worker->pidfd, SIGKILL, NULL, 0);
    }
}

/* False: a part that was killed does not go, which only a person can mend. */
static bool are_as_they_should_be(const struct supervisor *supervisor, int64_t now_ms)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        const struct worker *worker = &supervisor->workers[i];
        if (worker->pidfd >= 0 && worker->condemned_ms != 0 && now_ms - worker->condemned_ms > supervisor->patience_ms)
            return false;
    }
    return true;
}

static bool are_ready(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        if (!supervisor->workers[i].is_ready)
            return false;
    }
    return true;
}

/* "video runs, relay runs, overlay is started again": what `systemctl status` shows. */
static void tell_status(struct supervisor *supervisor)
{
    char status[sizeof(supervisor->status)] = "";
    size_t len = 0;
    for (size_t i = 0; i < supervisor->count && len < sizeof(status); i++)
        len += (size_t)snprintf(status + len, sizeof(status) - len, "%s%s %s", i ? ", " : "",
            supervisor->workers[i].part->name,
            supervisor->workers[i].pidfd < 0 ? "is started again" : supervisor->workers[i].is_ready ? "runs" : "starts");
    if (strcmp(status, supervisor->status) == 0)
        return;
    memcpy(supervisor->status, status, sizeof(status));
    service_tell("STATUS=%s", status);
}

static void look_after(struct supervisor *supervisor)
{
    int64_t now_ms = clock_monotonic_ms();
    forgive_silence(supervisor, now_ms);
    end_stuck(supervisor, now_ms);
    if (!supervisor->is_stopping)
        tell_status(supervisor);
    if (!supervisor->is_ready && (are_ready(supervisor) || now_ms - supervisor->began_ms >= READY_MS)) {
        supervisor->is_ready = true;
        service_tell("READY=1");
    }
    if (are_as_they_should_be(supervisor, now_ms))
        service_feed();
}

static int open_signals(struct error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT), sigaddset(&set, SIGTERM), sigaddset(&set, SIGHUP), sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        error_errno(err, "signalfd");
    return fd;
}

/* Half of systemd's patience with us: a part that is stuck is replaced before we are. */
static int64_t patience_with_parts_ms(void)
{
    int64_t ours_ms = service_patience_ms();
    return ours_ms > 0 && ours_ms / 2 < PATIENCE_MS ? ours_ms / 2 : PATIENCE_MS;
}

static bool open_doors(struct supervisor *supervisor, struct error *err)
{
    service_open();
    supervisor->patience_ms = patience_with_parts_ms();
    supervisor->began_ms = supervisor->turned_ms = clock_monotonic_ms();
    supervisor->signals = open_signals(err);
    if (supervisor->signals < 0 || !instance_take(supervisor->runtime_folder, "run", err))
        return false;
    supervisor->feeds = feeds_open(supervisor->runtime_folder, err);
    return supervisor->feeds >= 0;
}

bool supervise_run(const struct supervise_part *parts, size_t count, const char *runtime_folder, double seconds,
    struct error *err)
{
    struct supervisor supervisor = {.count = count, .runtime_folder = runtime_folder};
    for (size_t i = 0; i < count; i++)
        supervisor.workers[i] = (struct worker){.part = &parts[i], .pidfd = -1};
    if (!open_doors(&supervisor, err))
        return false;
    int64_t end_ms = seconds > 0 ? clock_monotonic_ms() + (int64_t)(seconds * 1000) : INT64_MAX;
    while (!supervisor.is_stopping || is_anybody_left(&supervisor)) {
        wait_for_news(&supervisor, start_due(&supervisor));
        look_after(&supervisor);
        int64_t now_ms = clock_monotonic_ms();
        if (!supervisor.is_stopping && now_ms >= end_ms)
            begin_stop(&supervisor);
        if (supervisor.is_stopping && now_ms >= supervisor.kill_ms)
            send_signal(&supervisor, SIGKILL);
    }
    close(supervisor.signals), close(supervisor.feeds);
    return true;
}
