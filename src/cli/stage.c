#include "cli/stage.h"

#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/one_shot.h"

enum { START_MS = 20000, STOP_MS = 10000, STEP_MS = 100 };

struct stage {
    char *folder, *runtime, *config_path;  // owned
    pid_t run;                             // 0: not running
};

pid_t stage_spawn(const char *const *argv, int out, int log)
{
    pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (out >= 0)
        dup2(out, STDOUT_FILENO);
    if (log >= 0)
        dup2(log, STDERR_FILENO);
    execv("/proc/self/exe", (char *const *)argv);
    _exit(127);
}

void stage_end(pid_t pid)
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

static bool make_folders(struct stage *stage, const char *purpose, struct error *err)
{
    const char *base = getenv("TMPDIR");
    stage->folder = xasprintf("%s/antiphon-%s-XXXXXX", base && base[0] == '/' ? base : "/tmp", purpose);
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

struct stage *stage_open(const char *purpose, struct error *err)
{
    struct stage *stage = xcalloc(1, sizeof(*stage));
    if (make_folders(stage, purpose, err))
        return stage;
    stage_close(stage);
    return NULL;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    return remove(path);
}

void stage_close(struct stage *stage)
{
    if (!stage)
        return;
    stage_end(stage->run);
    if (*stage->folder)
        nftw(stage->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(stage->folder);
    free(stage->runtime);
    free(stage->config_path);
    free(stage);
}

static bool write_config(const struct stage *stage, const json_t *config, struct error *err)
{
    char *text = json_dumps(config, JSON_INDENT(2));
    bool ok = file_write_atomic(stage->config_path, text, strlen(text), 0600, err);
    free(text);
    return ok;
}

static bool wait_for_relay(const struct stage *stage, struct error *err)
{
    for (int64_t until_ms = clock_monotonic_ms() + START_MS; clock_monotonic_ms() < until_ms; poll(NULL, 0, STEP_MS)) {
        if (one_shot(stage->runtime, "history", NULL, NULL, err))
            return true;
        if (!stage_is_up(stage))
            return error_set(err, ERROR_SYSTEM, "antiphon run has ended by itself");
    }
    return error_prefix(err, "the relay did not answer");
}

bool stage_run(struct stage *stage, const json_t *config, int log, struct error *err)
{
    if (!write_config(stage, config, err))
        return false;
    const char *argv[] = {"antiphon", "run", "--config", stage->config_path, NULL};
    stage->run = stage_spawn(argv, -1, log);
    return wait_for_relay(stage, err);
}

bool stage_is_up(const struct stage *stage)
{
    siginfo_t info = {0};
    return stage->run > 0 && waitid(P_PID, (id_t)stage->run, &info, WEXITED | WNOHANG | WNOWAIT) == 0
        && info.si_pid == 0;
}

const char *stage_folder(const struct stage *stage)
{
    return stage->folder;
}

const char *stage_runtime(const struct stage *stage)
{
    return stage->runtime;
}
