#include "cli/demo_stage.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/one_shot.h"

enum { START_MS = 20000, STOP_MS = 10000, STEP_MS = 100, LINE_BYTES_MAX = 4096 };

struct demo_stage {
    char *folder, *runtime, *config_path;  // owned
    pid_t rehearsal, run;                  // 0: not running
};

/* A process of this program with its standard output on `out` (or where ours goes, if -1). */
static pid_t spawn(const char *const *argv, int out)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    if (out >= 0)
        dup2(out, STDOUT_FILENO);
    execv("/proc/self/exe", (char *const *)argv);
    _exit(127);
}

static void end(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGTERM);
    for (int64_t until_ms = clock_monotonic_ms() + STOP_MS; clock_monotonic_ms() < until_ms;) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return;
        poll(NULL, 0, STEP_MS);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static bool make_folders(struct demo_stage *stage, struct error *err)
{
    const char *base = getenv("TMPDIR");
    stage->folder = xasprintf("%s/antiphon-demo-XXXXXX", base && base[0] == '/' ? base : "/tmp");
    if (!mkdtemp(stage->folder)) {
        error_errno(err, "%s", stage->folder);
        stage->folder[0] = '\0';
        return false;
    }
    static const char *const variables[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};
    for (size_t i = 0; i < ARRAY_LENGTH(variables); i++)
        setenv(variables[i], stage->folder, 1);
    stage->runtime = xasprintf("%s/antiphon", stage->folder);
    stage->config_path = xasprintf("%s/antiphon.json", stage->folder);
    return file_make_folder(stage->runtime, err);
}

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

static json_t *start_rehearsal(struct demo_stage *stage, const struct demo_stage_options *options, struct error *err)
{
    int ends[2];
    if (pipe(ends) != 0) {
        error_errno(err, "pipe");
        return NULL;
    }
    char speed[32];
    snprintf(speed, sizeof(speed), "%g", options->speed);
    const char *argv[] = {"antiphon", "rehearse", "--port", "0", "--speed", speed, options->transcript, NULL};
    stage->rehearsal = spawn(argv, ends[1]);
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

static bool write_config(const struct demo_stage *stage, const json_t *config, struct error *err)
{
    char *text = json_dumps(config, JSON_INDENT(2));
    bool ok = file_write_atomic(stage->config_path, text, strlen(text), 0600, err);
    free(text);
    return ok;
}

static bool wait_for_relay(const struct demo_stage *stage, struct error *err)
{
    for (int64_t until_ms = clock_monotonic_ms() + START_MS; clock_monotonic_ms() < until_ms; poll(NULL, 0, STEP_MS)) {
        if (one_shot(stage->runtime, "history", NULL, NULL, err))
            return true;
        if (!demo_stage_is_up(stage))
            return error_set(err, ERROR_SYSTEM, "antiphon run has ended; its reason stands above");
    }
    return error_prefix(err, "the relay did not answer");
}

struct demo_stage *demo_stage_open(const struct demo_stage_options *options, struct error *err)
{
    struct demo_stage *stage = xcalloc(1, sizeof(*stage));
    json_t *addresses = make_folders(stage, err) ? start_rehearsal(stage, options, err) : NULL;
    json_t *config = addresses ? make_config(addresses, options) : NULL;
    bool ok = config && write_config(stage, config, err);
    if (ok) {
        const char *argv[] = {"antiphon", "run", "--config", stage->config_path, NULL};
        stage->run = spawn(argv, -1);
        ok = wait_for_relay(stage, err);
    }
    json_decref(config);
    json_decref(addresses);
    if (ok)
        return stage;
    demo_stage_close(stage);
    return NULL;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    return remove(path);
}

void demo_stage_close(struct demo_stage *stage)
{
    if (!stage)
        return;
    end(stage->run);
    end(stage->rehearsal);
    if (stage->folder && *stage->folder)
        nftw(stage->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(stage->folder);
    free(stage->runtime);
    free(stage->config_path);
    free(stage);
}

const char *demo_stage_runtime(const struct demo_stage *stage)
{
    return stage->runtime;
}

bool demo_stage_is_up(const struct demo_stage *stage)
{
    siginfo_t info = {0};
    return stage->run > 0 && waitid(P_PID, (id_t)stage->run, &info, WEXITED | WNOHANG | WNOWAIT) == 0
        && info.si_pid == 0;
}
