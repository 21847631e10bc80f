#include "relay/journal_retention.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/journal_inside.h"
#include "relay/journal_schema.h"

/* Unix ms of the youngest thing in it; 0: unknown. */
static int64_t youngest_ms(struct journal *journal, uint64_t first_id)
{
    char *path = journal_files_path(&journal->files, first_id);
    sqlite3 *db = db_open(path, DB_READ, NULL, NULL);
    int64_t ms = db ? db_number(db, "SELECT received_ms FROM messages ORDER BY id DESC LIMIT 1", 0) : 0;
    db_close(db);
    struct stat info;
    if (ms == 0 && stat(path, &info) == 0)
        ms = (int64_t)info.st_mtime * 1000;
    free(path);
    return ms;
}

static void remove_damaged(struct journal *journal, int64_t before_ms)
{
    const char *folder = journal->files.folder;
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        const char *mark = strstr(entry->d_name, ".db.damaged-");
        if (!mark || strncmp(entry->d_name, "journal-", 8) != 0 ||
            strtoll(mark + strlen(".db.damaged-"), NULL, 10) >= before_ms)
            continue;
        char *path = xasprintf("%s/%s", folder, entry->d_name);
        if (unlink(path) != 0)
            log_warn("relay/journal", "%s: cannot be deleted: %s", path, strerror(errno));
        free(path);
    }
    if (dir)
        closedir(dir);
}

void journal_remove_old(struct journal *journal)
{
    int days = journal->options.retention_days;
    if (days < 0)
        return;
    int64_t before_ms = clock_unix_ms() - (int64_t)days * 24 * 3600 * 1000;
    size_t count;
    uint64_t *files = journal_files_list(&journal->files, &count);
    for (size_t i = 0; i + 1 < count; i++) {
        int64_t ms = youngest_ms(journal, files[i]);
        if (ms == 0 || ms >= before_ms)
            continue;
        log_info("relay/journal", "file from id %llu is older than %d days and goes", (unsigned long long)files[i], days);
        journal_files_remove(&journal->files, files[i]);
    }
    free(files);
    remove_damaged(journal, before_ms);
}
