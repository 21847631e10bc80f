#include "relay/poll_recount.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "net/loop.h"
#include "relay/journal.h"
#include "relay/poll_votes.h"
#include "relay/polls_private.h"
#include "relay/relay.h"

enum { PAGE = 500, PART_BYTES = 1 << 20, JOBS_MAX = 8, FORGET_MS = 60 * 1000, CELL_BYTES_MAX = 2000 };

/*
 * The first pass counts. The table is written by the second: only when all is counted is it known which of an author's
 * votes is the one.
 */
enum pass { COUNTING, WRITING, DONE };

struct job {
    struct list link;      // in recounts.jobs
    struct poll_recounts *recounts;
    uint64_t poll_id;
    struct poll *count;    // owned: the poll as it was, counted from nothing
    enum pass pass;
    bool is_table, is_waiting;  // waiting: for who asks for the next part
    uint64_t before, messages, request, number;
    uint64_t chat[VOTE_OPTIONS_MAX];  // what the poll said when it was asked
    struct buffer csv;
    char *by;
    poll_recounted_fn recounted;
    poll_exported_fn exported;
    void *data;
    int64_t idle_ms;       // monotonic: since when it waits
};

struct poll_recounts {
    struct relay *relay;
    struct list jobs;
    size_t count;
    uint64_t last_number;
    struct timer sweep;
};

static void drop(struct job *job)
{
    if (job->request)
        journal_cancel(job->recounts->relay->journal, job->request);
    list_remove(&job->link);
    job->recounts->count--;
    poll_destroy(job->count);
    buffer_fini(&job->csv);
    free(job->by);
    free(job);
}

static void handle_sweep(void *data)
{
    struct poll_recounts *recounts = data;
    struct job *job, *next;
    bool is_more = false;
    list_for_each_safe(job, next, &recounts->jobs, link) {
        if (job->is_waiting && clock_monotonic_ms() - job->idle_ms >= FORGET_MS) {
            drop(job);
        } else {
            is_more |= job->is_waiting;
        }
    }
    if (is_more)
        timer_start(&recounts->sweep, FORGET_MS);
}

struct poll_recounts *poll_recounts_create(struct relay *relay)
{
    struct poll_recounts *recounts = xcalloc(1, sizeof(*recounts));
    recounts->relay = relay;
    list_init(&recounts->jobs);
    timer_init(&recounts->sweep, relay->loop, handle_sweep, recounts);
    return recounts;
}

void poll_recounts_destroy(struct poll_recounts *recounts)
{
    if (!recounts)
        return;
    struct job *job, *next;
    list_for_each_safe(job, next, &recounts->jobs, link)
        drop(job);
    timer_stop(&recounts->sweep);
    free(recounts);
}

/* ---- The table ---- */

static void add_cell(struct buffer *out, struct str text, char end)
{
    if (text.len > CELL_BYTES_MAX)
        text.len = CELL_BYTES_MAX;
    csv_add_cell(out, text);
    buffer_add_char(out, end);
}

static void add_head(struct buffer *out)
{
    buffer_add_string(out, "\xef\xbb\xbfplatform,source,author_id,author,option,text,time,message\n");  // the mark: or Excel reads Latin-1
}

static void add_row(struct job *job, const struct message *message, int option)
{
    const struct message_draft *is = &message->is;
    struct buffer *out = &job->csv;
    time_t seconds = (time_t)(message_time_ms(message) / 1000);
    struct tm utc;
    char when[40];
    gmtime_r(&seconds, &utc);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
    add_cell(out, is->platform, ',');
    add_cell(out, is->source, ',');
    add_cell(out, is->author.id, ',');
    add_cell(out, is->author.name.len > 0 ? is->author.name : is->author.login, ',');
    buffer_printf(out, "%d,", option + 1);
    add_cell(out, str_from(job->count->options[option].text), ',');
    buffer_printf(out, "%s,%" PRIu64 "\n", when, message->id);
}

/* ---- Passes ---- */

static void ask(struct job *job);

static void look_at(struct job *job, const struct message *message)
{
    int option = poll_vote_of(job->count, message);
    job->messages += job->pass == COUNTING;
    if (option < 0)
        return;
    struct poll_voter voter = poll_voter_of(job->recounts->relay->polls, message);
    if (job->pass == COUNTING) {
        poll_take(job->count, message, &voter, option);
    } else if (ballots_counts(job->count->ballots, voter.author, message->id)) {
        add_row(job, message, option);
    }
}

/* Behind it nothing of the poll comes any more. Polls of an older antiphon know only their time. */
static bool is_past(const struct poll *poll, const struct message *message)
{
    return message->id <= poll->after_id || (poll->after_id == 0 && message->received_ms < poll->opened_ms);
}

static void finish_count(struct job *job)
{
    struct relay *relay = job->recounts->relay;
    const struct poll *poll = polls_find(relay->polls, job->poll_id);
    struct poll_recounted result = {.messages = job->messages, .is_same = true};
    for (size_t i = 0; i < job->count->option_count; i++) {
        uint64_t natives = 0;
        for (size_t k = 0; poll && k < poll->native_count; k++)
            natives += poll->natives[k].votes[i];
        result.is_same &= job->count->options[i].votes == job->chat[i];
        result.votes[i] = job->count->options[i].votes + natives;
        result.total += result.votes[i];
    }
    if (poll && poll->state == POLL_CLOSED && !result.is_same)
        polls_set_counts(relay->polls, job->poll_id, job->count->sources, job->count->source_count, job->by);
    result.poll = polls_find(relay->polls, job->poll_id);
    poll_recounted_fn fn = job->recounted;
    void *data = job->data;
    drop(job);
    if (fn)
        fn(data, &result, NULL);
}

/* Hands over what is written so far; who wants more asks for it. */
static void give_part(struct job *job)
{
    struct buffer csv = job->csv;
    poll_exported_fn fn = job->exported;
    void *data = job->data;
    uint64_t next = job->pass == DONE ? 0 : job->number;
    job->csv = (struct buffer){0};
    job->exported = NULL;
    job->data = NULL;
    job->is_waiting = true;
    job->idle_ms = clock_monotonic_ms();
    if (!timer_is_running(&job->recounts->sweep))
        timer_start(&job->recounts->sweep, FORGET_MS);
    if (next == 0)
        drop(job);
    if (fn)
        fn(data, (struct str){csv.data ? csv.data : "", csv.len}, next, NULL);
    buffer_fini(&csv);
}

static void end_pass(struct job *job)
{
    if (!job->is_table) {
        finish_count(job);
    } else if (job->pass == COUNTING) {
        job->pass = WRITING;
        job->before = job->count->up_to_id + 1;
        ask(job);
    } else {
        job->pass = DONE;
        give_part(job);
    }
}

static void fail(struct job *job, const struct error *err)
{
    poll_recounted_fn recounted = job->recounted;
    poll_exported_fn exported = job->exported;
    void *data = job->data;
    drop(job);
    if (recounted)
        recounted(data, NULL, err);
    if (exported)
        exported(data, (struct str){0}, 0, err);
}

static void handle_page(void *data, struct message *const *messages, size_t count, const struct error *err)
{
    struct job *job = data;
    job->request = 0;
    if (err) {
        fail(job, err);
        return;
    }
    bool is_over = count == 0;
    for (size_t i = count; i > 0 && !is_over; i--) {  // newest first
        is_over = is_past(job->count, messages[i - 1]);
        if (!is_over)
            look_at(job, messages[i - 1]);
        job->before = messages[i - 1]->id;
    }
    if (is_over) {
        end_pass(job);
    } else if (job->csv.len >= PART_BYTES) {
        give_part(job);
    } else {
        ask(job);
    }
}

static void ask(struct job *job)
{
    job->request = journal_read(job->recounts->relay->journal, job->before, PAGE, handle_page, job);
}

/* ---- Asking ---- */

static struct poll *copy_poll(const struct polls *polls, const struct poll *poll)
{
    struct poll_draft draft = {.question = str_from(poll->question), .option_count = poll->option_count,
        .option2_count = poll->option_count, .first_counts = poll->first_counts};
    for (size_t i = 0; i < poll->option_count; i++) {
        draft.options[i] = str_from(poll->options[i].text);
        draft.options2[i] = str_from(poll->options[i].text2);
    }
    struct poll *copy = poll_create(poll->id, &draft);
    copy->state = POLL_OPEN;
    copy->opened_ms = poll->opened_ms;
    copy->closes_ms = poll->closes_ms;
    copy->after_id = poll->after_id;
    copy->up_to_id = poll->up_to_id ? poll->up_to_id : polls_counted(polls);
    copy->is_native = poll->is_native;
    poll_begin_votes(copy);
    return copy;
}

static void begin(void *data)
{
    struct poll_recounts *recounts = data;
    struct job *job;
    list_for_each(job, &recounts->jobs, link) {
        if (job->request == 0 && !job->is_waiting && job->before == 0) {
            job->before = job->count->up_to_id + 1;
            ask(job);
            return;
        }
    }
}

static struct job *start(struct poll_recounts *recounts, uint64_t poll_id, void *data, struct error *err)
{
    const struct polls *polls = recounts->relay->polls;
    const struct poll *poll = polls_find_own(polls, poll_id, err);
    if (!poll)
        return NULL;
    if (recounts->count >= JOBS_MAX) {
        error_set(err, ERROR_AGAIN, "%d polls are being counted: try again in a moment", JOBS_MAX);
        return NULL;
    }
    struct job *job = xcalloc(1, sizeof(*job));
    job->recounts = recounts;
    job->poll_id = poll_id;
    job->count = copy_poll(polls, poll);
    job->number = ++recounts->last_number;
    job->data = data;
    for (size_t i = 0; i < poll->option_count; i++) {
        for (size_t k = 0; k < poll->source_count; k++)
            job->chat[i] += poll->sources[k].votes[i];
    }
    list_append(&recounts->jobs, &job->link);
    recounts->count++;
    // What was handed in is read back only when it is committed.
    journal_when_durable(recounts->relay->journal, begin, recounts);
    return job;
}

bool poll_recount(struct poll_recounts *recounts, uint64_t poll, const char *by, poll_recounted_fn fn, void *data,
                  struct error *err)
{
    struct job *job = start(recounts, poll, data, err);
    if (!job)
        return false;
    job->by = xstrdup(by);
    job->recounted = fn;
    return true;
}

static struct job *find_waiting(struct poll_recounts *recounts, uint64_t number)
{
    struct job *job;
    list_for_each(job, &recounts->jobs, link) {
        if (job->is_table && job->is_waiting && job->number == number)
            return job;
    }
    return NULL;
}

bool poll_export(struct poll_recounts *recounts, uint64_t poll, uint64_t next, poll_exported_fn fn, void *data,
                 struct error *err)
{
    struct job *job = next ? find_waiting(recounts, next) : start(recounts, poll, data, err);
    if (!job && next)
        return error_set(err, ERROR_DATA, "next %" PRIu64 ": that table is not there any more, begin again without it", next);
    if (!job)
        return false;
    job->is_table = true;
    job->exported = fn;
    job->data = data;
    if (next) {
        job->is_waiting = false;
        ask(job);
    } else {
        add_head(&job->csv);
    }
    return true;
}

void poll_recounts_cancel(struct poll_recounts *recounts, const void *data)
{
    struct job *job, *next;
    list_for_each_safe(job, next, &recounts->jobs, link) {
        if (job->data == data)
            drop(job);
    }
}
