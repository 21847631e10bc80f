/*
 * bench_polls.c - a million people vote: what a vote costs in the loop's thread, through polls_handle_message(), with the
 * journal's line and without; what they take in memory; what reading them back at a start costs.
 * usage: bench_polls [VOTERS]
 */
#include <ftw.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/ballots.h"
#include "relay/journal.h"
#include "relay/polls.h"

enum { VOTERS = 1000000, BATCH = 1000 };

/* Of this thread: other programs on the machine do not count. */
static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void ignore_poll(void *data, const struct poll *poll)
{
}

static void ignore(void *data)
{
}

static struct polls *make_polls(struct journal *journal)
{
    struct error err = {0};
    struct polls *polls = polls_create(&(struct polls_options){.journal = journal, .changed = ignore_poll, .dirty = ignore}, &err);
    if (!polls) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return polls;
}

static struct message *make_vote(size_t number, uint64_t id)
{
    static const char *const texts[] = {"1", "۲", "Chess", "２", "c", "!vote 3", "三", "تخته نرد", "2!!!", "B.", "I have 2 cats"};
    char author[32], native[48];
    snprintf(author, sizeof(author), "%zu", 100000000 + number * 7919);
    snprintf(native, sizeof(native), "885196de-cb67-427a-baa8-%012zx", number);
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:anna"), .native_id = str_from(native),
        .author = {.id = str_from(author)}, .text = str_from(texts[number % ARRAY_LENGTH(texts)])});
    message_stamp(message, id, clock_unix_ms());
    return message;
}

/* Messages are made in batches outside the time that is measured. Returns ns a message. */
static double vote(struct polls *polls, struct journal *journal, size_t voters, uint64_t first_id)
{
    struct message *messages[BATCH];
    int64_t spent_ns = 0;
    for (size_t at = 0; at < voters; at += BATCH) {
        size_t count = voters - at < BATCH ? voters - at : BATCH;
        for (size_t i = 0; i < count; i++)
            messages[i] = make_vote(at + i, journal ? journal_next_id(journal) : first_id + at + i);
        int64_t began_ns = cpu_ns();
        for (size_t i = 0; i < count; i++)
            polls_handle_message(polls, messages[i]);
        spent_ns += cpu_ns() - began_ns;
        for (size_t i = 0; i < count; i++)
            message_unref(messages[i]);
        if (journal)
            journal_wait(journal, 60000);
    }
    return (double)spent_ns / (double)voters;
}

static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static const struct poll *open_poll(struct polls *polls)
{
    struct error err = {0};
    return polls_open(polls, &(struct poll_draft){.question = STR("Next game?"),
        .options = {STR("Chess"), STR("圍棋"), STR("تخته نرد")}, .option_count = 3}, "bench", &err);
}

static void in_memory(size_t voters)
{
    struct polls *polls = make_polls(NULL);
    size_t before = in_use();
    const struct poll *poll = open_poll(polls);
    double first_ns = vote(polls, NULL, voters, 1);
    size_t bytes = in_use() - before;
    double again_ns = vote(polls, NULL, voters, voters + 1);
    size_t twice = in_use() - before;
    printf("%zu messages, %llu votes counted, no journal:\n  first vote of each %.0f ns, second %.0f ns a message\n"
           "  memory %.1f MiB, %.1f MiB with two votes of each\n",
           voters, (unsigned long long)poll->total, first_ns, again_ns, (double)bytes / (1 << 20), (double)twice / (1 << 20));
    printf("polls_vote %.0f ns\npolls_memory %.1f MiB\n", first_ns, (double)bytes / (1 << 20));
    polls_destroy(polls);
}

static void in_journal(size_t voters, const char *folder)
{
    struct error err = {0};
    struct journal *journal = journal_open(&(struct journal_options){.folder = folder}, &err);
    struct polls *polls = make_polls(journal);
    const struct poll *poll = open_poll(polls);
    uint64_t total = 0;
    double first_ns = vote(polls, journal, voters, 1), again_ns = vote(polls, journal, voters, 1);
    total = poll->total;
    polls_destroy(polls);
    journal_close(journal);
    printf("with the journal: first %.0f ns, second %.0f ns a message\npolls_vote_journalled %.0f ns\n", first_ns, again_ns, first_ns);
    journal = journal_open(&(struct journal_options){.folder = folder}, &err);
    int64_t began_ns = cpu_ns();
    polls = make_polls(journal);
    printf("read back in %.0f ms: %s\n", (double)(cpu_ns() - began_ns) / 1e6,
           polls_at(polls, 0)->total == total ? "the same" : "NOT THE SAME");
    polls_destroy(polls);
    journal_close(journal);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    return remove(path);
}

int main(int argc, char **argv)
{
    size_t voters = argc > 1 ? strtoull(argv[1], NULL, 10) : VOTERS;
    log_set_level(LOG_WARN);
    in_memory(voters);
    char folder[] = "/tmp/bench-polls-XXXXXX";
    if (!mkdtemp(folder))
        return 1;
    in_journal(voters, folder);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
