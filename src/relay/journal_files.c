#include "relay/journal_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"

static const char *const suffixes[] = {"", "-wal", "-shm"};

static int compare_ids(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool parse_name(const char *name, uint64_t *first_id)
{
    int end = 0;
    return sscanf(name, "journal-%20" SCNu64 ".db%n", first_id, &end) == 1 && end > 0 && !name[end];
}

static void list_folder(struct journal_files *files)
{
    DIR *dir = opendir(files->folder);
    if (!dir)
        return;
    const struct dirent *entry;
    uint64_t first_id;
    while ((entry = readdir(dir))) {
        if (parse_name(entry->d_name, &first_id))
            journal_files_add(files, first_id);
    }
    closedir(dir);
}

static bool take_lock(struct journal_files *files, struct error *err)
{
    char *path = xasprintf("%s/lock", files->folder);
    files->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool is_ours = true;
    if (files->lock_fd >= 0 && flock(files->lock_fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        is_ours = error_set(err, ERROR_DENIED,
                            "journal: %s: another antiphon relay uses this folder; end it or choose another folder",
                            files->folder);
    }
    if (!is_ours) {
        close(files->lock_fd);
        files->lock_fd = -1;
    }
    free(path);
    return is_ours;
}

bool journal_files_open(struct journal_files *files, const char *folder, struct error *err)
{
    *files = (struct journal_files){.folder = xstrdup(folder), .lock_fd = -1};
    pthread_mutex_init(&files->lock, NULL);
    file_make_folder(folder, NULL);  // if it cannot be, the writer tries again, and says so
    if (!take_lock(files, err)) {
        journal_files_close(files);
        return false;
    }
    list_folder(files);
    return true;
}

bool journal_files_retry(struct journal_files *files, struct error *err)
{
    if (files->lock_fd >= 0)
        return true;
    if (!file_make_folder(files->folder, err) || !take_lock(files, err))
        return false;
    if (files->lock_fd < 0)
        return error_errno(err, "%s: no file can be made in it", files->folder);
    return true;
}

void journal_files_close(struct journal_files *files)
{
    if (!files->folder)
        return;
    if (files->lock_fd >= 0)
        close(files->lock_fd);
    pthread_mutex_destroy(&files->lock);
    free(files->first_ids);
    free(files->folder);
    *files = (struct journal_files){.lock_fd = -1};
}

uint64_t *journal_files_list(struct journal_files *files, size_t *count)
{
    pthread_mutex_lock(&files->lock);
    *count = files->count;
    uint64_t *copy = xmalloc((files->count + 1) * sizeof(*copy));
    if (files->count > 0)
        memcpy(copy, files->first_ids, files->count * sizeof(*copy));
    pthread_mutex_unlock(&files->lock);
    return copy;
}

uint64_t journal_files_newest(struct journal_files *files)
{
    pthread_mutex_lock(&files->lock);
    uint64_t newest = files->count > 0 ? files->first_ids[files->count - 1] : 0;
    pthread_mutex_unlock(&files->lock);
    return newest;
}

static size_t find(const struct journal_files *files, uint64_t first_id)
{
    size_t i = 0;
    while (i < files->count && files->first_ids[i] != first_id)
        i++;
    return i;
}

uint64_t journal_files_generation(struct journal_files *files)
{
    pthread_mutex_lock(&files->lock);
    uint64_t generation = files->generation;
    pthread_mutex_unlock(&files->lock);
    return generation;
}

void journal_files_add(struct journal_files *files, uint64_t first_id)
{
    pthread_mutex_lock(&files->lock);
    if (find(files, first_id) == files->count) {
        files->first_ids = xreallocarray(files->first_ids, files->count + 1, sizeof(uint64_t));
        files->first_ids[files->count++] = first_id;
        files->generation++;
        qsort(files->first_ids, files->count, sizeof(uint64_t), compare_ids);
    }
    pthread_mutex_unlock(&files->lock);
}

void journal_files_forget(struct journal_files *files, uint64_t first_id)
{
    pthread_mutex_lock(&files->lock);
    size_t at = find(files, first_id);
    if (at < files->count) {
        files->count--;
        files->generation++;
        memmove(files->first_ids + at, files->first_ids + at + 1, (files->count - at) * sizeof(uint64_t));
    }
    pthread_mutex_unlock(&files->lock);
}

char *journal_files_path(const struct journal_files *files, uint64_t first_id)
{
    return xasprintf("%s/journal-%020" PRIu64 ".db", files->folder, first_id);
}

char *journal_files_search_path(const struct journal_files *files, uint64_t first_id)
{
    return xasprintf("%s/search-%020" PRIu64 ".db", files->folder, first_id);
}

static void remove_all(const char *path)
{
    for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++) {
        char *name = xasprintf("%s%s", path, suffixes[i]);
        if (unlink(name) != 0 && errno != ENOENT)
            log_warn("relay/journal", "%s: cannot be deleted: %s", name, strerror(errno));
        free(name);
    }
}

void journal_files_remove(struct journal_files *files, uint64_t first_id)
{
    journal_files_forget(files, first_id);
    char *path = journal_files_path(files, first_id), *search = journal_files_search_path(files, first_id);
    remove_all(search);
    remove_all(path);
    free(path);
    free(search);
}

char *journal_files_set_aside(struct journal_files *files, uint64_t first_id)
{
    journal_files_forget(files, first_id);
    char *path = journal_files_path(files, first_id), *search = journal_files_search_path(files, first_id);
    char *aside = xasprintf("%s.damaged-%" PRId64, path, clock_unix_ms());
    for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++) {
        char *from = xasprintf("%s%s", path, suffixes[i]), *to = xasprintf("%s%s", aside, suffixes[i]);
        if (rename(from, to) != 0 && errno != ENOENT)
            log_warn("relay/journal", "%s: cannot be renamed to %s: %s", from, to, strerror(errno));
        free(from);
        free(to);
    }
    remove_all(search);
    free(path);
    free(search);
    return aside;
}
