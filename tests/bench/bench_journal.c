/*
 * Intake and journal alone, as fast as they go, on this machine's disk: messages of some 470 bytes on the wire, made
 * before the clock starts or (for more than fit) in slices outside of it. ANTIPHON_BENCH_MESSAGES: how many; the target
 * of the design is 10,000,000 at no more than 1.2 times the cost a message of 100,000.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/intake.h"
#include "relay/journal.h"
#include "relay/queue.h"

enum { SLICE = 20000, SMALL = 100000, USUAL = 300000 };

static char *make_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = xasprintf("%s/antiphon-bench-XXXXXX", base && *base ? base : "/var/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(1);
    }
    return folder;
}

static void remove_folder(char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char *path = xasprintf("%s/%s", folder, entry->d_name);
        unlink(path);
        free(path);
    }
    if (dir)
        closedir(dir);
    rmdir(folder);
    free(folder);
}

static struct message *make_message(size_t n)
{
    char native_id[64], author[32], text[128];
    snprintf(native_id, sizeof(native_id), "885196de-cb67-4270-%04zx-%012zx", n % 65536, n);
    snprintf(author, sizeof(author), "%zu", 100000000 + n % 20000);
    snprintf(text, sizeof(text), "Kappa این آهنگ برای شما چه معنایی دارد؟ %zu", n);
    const struct str badges[] = {STR("subscriber/12"), STR("moderator/1")};
    const struct emote emotes[] = {{.id = STR("25"), .name = STR("Kappa"), .from = 0, .to = 5}};
    return message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT,
        .platform = STR("twitch"),
        .source = STR("twitch:anna"),
        .native_id = str_from(native_id),
        .event_key = str_from(native_id),
        .time_ms = INT64_C(1643904084794) + (int64_t)n,
        .author = {.id = str_from(author), .login = STR("niloufar"), .name = STR("نیلوفر"), .color = STR("#1E90FF"),
                   .roles = ROLE_MODERATOR | ROLE_SUBSCRIBER, .badges = badges, .badge_count = 2},
        .text = str_from(text),
        .emotes = emotes,
        .emote_count = 1,
    });
}

static void wait_below(struct journal *journal, size_t pending)
{
    struct journal_health health;
    for (journal_get_health(journal, &health); health.pending > pending; journal_get_health(journal, &health))
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct result {
    double seconds;       // of wall clock, from the first push until all is committed, less the making of the messages
    double cpu_seconds;   // of all threads in that time, the search index behind the commits among them
    double loop_seconds;  // in intake_push()
    uint64_t commits;
    double index_seconds; // until search knew all, after the last commit
    double erase_ms, search_ms;
    double open_seconds;  // opened again: state, keys, the queue's tail
};

static void handle_erased(void *data, size_t rows, int64_t took_ms)
{
    *(int64_t *)data = took_ms;
}

/* Until the bytes have left the files: row, index, logs. The slower of a message and an author. */
static double erase_ms(struct journal *journal)
{
    static const struct journal_erasure what[] = {
        {.platform = "twitch", .native_id = "885196de-cb67-4270-0063-000000000063"},
        {.platform = "twitch", .author_id = "100000007"},
    };
    int64_t slowest = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(what); i++) {
        int64_t took_ms = -1;
        for (journal_erase(journal, &what[i], NULL, 0, handle_erased, &took_ms); took_ms < 0; journal_dispatch(journal))
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        slowest = took_ms > slowest ? took_ms : slowest;
    }
    return (double)slowest;
}

static void handle_found(void *data, const struct journal_found *found)
{
    *(bool *)data = true;
}

/* A search for a word that nobody wrote: every part of the index is asked. */
static double search_ms(struct journal *journal)
{
    bool is_done = false;
    int64_t started_ns = clock_monotonic_ns();
    const struct journal_query query = {.text = "neverwritten", .limit = 100};
    for (journal_query(journal, &query, handle_found, &is_done); !is_done; journal_dispatch(journal))
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    return (double)(clock_monotonic_ns() - started_ns) / 1e6;
}

/* What the search index still lacks when the last commit ended. */
static double wait_indexed(struct journal *journal)
{
    int64_t started_ns = clock_monotonic_ns();
    struct journal_health health;
    for (journal_get_health(journal, &health); health.indexed_to < journal_last_id(journal);
         journal_get_health(journal, &health))
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    return (double)(clock_monotonic_ns() - started_ns) / 1e9;
}

static void open_again(const char *folder, struct result *result)
{
    int64_t started_ns = clock_monotonic_ns();
    struct journal *journal = journal_open(&(struct journal_options){.folder = folder}, NULL);
    struct queue *queue = queue_create(&(struct queue_options){0});
    struct intake *intake = intake_create(&(struct intake_options){.journal = journal, .queue = queue});
    result->open_seconds = (double)(clock_monotonic_ns() - started_ns) / 1e9;
    intake_destroy(intake);
    queue_destroy(queue);
    journal_close(journal);
}


static struct result run(size_t count)
{
    struct result result = {0};
    char *folder = make_folder();
    struct error err = {0};
    struct journal *journal = journal_open(&(struct journal_options){.folder = folder}, &err);
    if (!journal) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    struct queue *queue = queue_create(&(struct queue_options){0});
    struct intake *intake = intake_create(&(struct intake_options){.journal = journal, .queue = queue});
    static struct message *slice[SLICE];
    for (size_t done = 0; done < count; done += SLICE) {
        for (size_t i = 0; i < SLICE; i++)
            slice[i] = make_message(done + i);
        int64_t started_ns = clock_monotonic_ns();
        double started_cpu = cpu_seconds();
        for (size_t i = 0; i < SLICE; i++) {
            intake_push(intake, slice[i]);
            message_unref(slice[i]);
        }
        result.loop_seconds += (double)(clock_monotonic_ns() - started_ns) / 1e9;
        // The next slice is made while the clock stands, so the line must be empty first.
        wait_below(journal, 0);
        result.seconds += (double)(clock_monotonic_ns() - started_ns) / 1e9;
        result.cpu_seconds += cpu_seconds() - started_cpu;
    }
    struct journal_health health;
    journal_get_health(journal, &health);
    result.commits = health.commits;
    if (health.committed != count || health.not_journalled != 0) {
        fprintf(stderr, "%llu of %zu committed\n", (unsigned long long)health.committed, count);
        exit(1);
    }
    result.index_seconds = wait_indexed(journal);
    result.search_ms = search_ms(journal);
    result.erase_ms = erase_ms(journal);
    intake_destroy(intake);
    queue_destroy(queue);
    journal_close(journal);
    open_again(folder, &result);
    remove_folder(folder);
    return result;
}

static void report(const char *name, size_t count, const struct result *result)
{
    double us = 1e6 / (double)count;
    printf("%s_rate %.0f messages/s\n", name, (double)count / result->seconds);
    printf("%s_cost %.3f us\n", name, result->seconds * us);
    printf("%s_cpu %.3f us\n", name, result->cpu_seconds * us);
    printf("%s_loop %.3f us\n", name, result->loop_seconds * us);
    printf("%s_index_lag %.2f s\n", name, result->index_seconds);
    printf("%s_search %.1f ms\n", name, result->search_ms);
    printf("%s_erase %.0f ms\n", name, result->erase_ms);
    printf("%s_open %.1f ms\n", name, result->open_seconds * 1e3);
    printf("%s_commits %llu commits\n", name, (unsigned long long)result->commits);
}

int main(void)
{
    const char *wanted = getenv("ANTIPHON_BENCH_MESSAGES");
    size_t count = wanted ? strtoull(wanted, NULL, 10) : USUAL;
    count = (count + SLICE - 1) / SLICE * SLICE;
    struct result small = run(SMALL);
    report("journal_100k", SMALL, &small);
    struct result large = run(count);
    report("journal_large", count, &large);
    double share = (double)SMALL / (double)count;
    printf("journal_large_messages %zu messages\n", count);
    printf("journal_large_ratio %.3f times\n", large.seconds * share / small.seconds);
    printf("journal_large_cpu_ratio %.3f times\n", large.cpu_seconds * share / small.cpu_seconds);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("journal_memory %ld MiB\n", usage.ru_maxrss / 1024);
    return 0;
}
