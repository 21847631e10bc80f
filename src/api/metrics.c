/* Prometheus' text format, version 0.0.4. Counts and ages only, and of names only those of sources, outputs and views. */
#include <inttypes.h>
#include <string.h>

#include "api/api_private.h"
#include "api/client.h"
#include "api/feed.h"
#include "base/buffer.h"
#include "relay/crosspost.h"
#include "relay/intake.h"
#include "relay/journal.h"
#include "relay/on_air.h"
#include "relay/polls.h"
#include "relay/questions.h"
#include "relay/queue.h"

static void add(struct buffer *out, const char *type, const char *name, const char *help, double value)
{
    buffer_printf(out, "# HELP antiphon_%s %s\n# TYPE antiphon_%s %s\nantiphon_%s %.17g\n", name, help, name, type, name,
                  value);
}

void metrics_add_label(struct buffer *out, const char *name, const char *value)
{
    buffer_printf(out, "%s=\"", name);
    for (; *value; value++) {
        if (*value == '\n') {
            buffer_add_string(out, "\\n");
            continue;
        }
        if (*value == '"' || *value == '\\')
            buffer_add_char(out, '\\');
        buffer_add_char(out, *value);
    }
    buffer_add_char(out, '"');
}

static void add_messages(const struct relay *relay, struct buffer *out)
{
    struct intake_counts intake;
    intake_get_counts(relay->intake, &intake);
    add(out, "counter", "messages_total", "Messages taken from all platforms.", (double)intake.taken);
    add(out, "counter", "duplicates_total", "Messages that came again and were dropped.", (double)intake.duplicates);
    add(out, "counter", "gone_total", "Messages deleted before they came.", (double)intake.gone);
    add(out, "gauge", "removal_seconds", "The last removal, until queue and clients' lists were rid of it.",
        (double)intake.removal_us / 1e6);
    add(out, "gauge", "queue_messages", "Messages in memory.", (double)queue_count(relay->queue));
    add(out, "gauge", "queue_last_id", "The newest message's id.", (double)queue_last_id(relay->queue));
}

static void add_journal(const struct relay *relay, struct buffer *out)
{
    struct journal_health health;
    journal_get_health(relay->journal, &health);
    add(out, "gauge", "journal_down", "1 while the disk refuses.", health.is_down);
    add(out, "gauge", "journal_pending", "Handed in and not committed.", (double)health.pending);
    add(out, "counter", "journal_messages_total", "Messages committed.", (double)health.committed);
    add(out, "counter", "journal_lost_total", "Messages not journalled.", (double)health.not_journalled);
    add(out, "counter", "journal_commits_total", "Transactions.", (double)health.commits);
    add(out, "gauge", "journal_erase_seconds", "The last erasure, until the bytes had left the files.",
        (double)health.erase_ms / 1e3);
}

static void add_questions(const struct relay *relay, struct buffer *out)
{
    size_t counts[QUESTION_DISMISSED + 1] = {0};
    for (size_t i = 0; i < questions_count(relay->questions); i++)
        counts[questions_at(relay->questions, i)->state]++;
    buffer_add_string(out, "# HELP antiphon_questions Questions by state.\n# TYPE antiphon_questions gauge\n");
    for (int state = QUESTION_NEW; state <= QUESTION_DISMISSED; state++)
        buffer_printf(out, "antiphon_questions{state=\"%s\"} %zu\n", question_state_name(state), counts[state]);
    uint64_t votes = 0;
    for (size_t i = 0; i < polls_count(relay->polls); i++)
        votes += polls_at(relay->polls, i)->state == POLL_OPEN ? polls_at(relay->polls, i)->total : 0;
    add(out, "gauge", "votes", "Votes in open polls.", (double)votes);
    add(out, "gauge", "blank", "1 while panic keeps the overlay blank.", on_air_is_blank(relay->on_air));
}

static void add_crosspost(const struct relay *relay, struct buffer *out)
{
    struct crosspost_counts counts;
    crosspost_get_counts(relay->crosspost, &counts);
    add(out, "counter", "crosspost_passed_total", "Messages passed on to another chat.", (double)counts.passed);
    add(out, "counter", "crosspost_held_total", "Not passed on: above a rule's budget, or the same again.", (double)counts.held);
    add(out, "counter", "crosspost_refused_total", "Not taken by the other chat.", (double)counts.refused);
}

static void add_clients(const struct api *api, struct buffer *out)
{
    size_t count = 0, bytes = 0;
    const struct client *client;
    list_for_each(client, &api->clients, link)
    {
        count++;
        bytes += server_socket_queued_bytes(client->socket);
    }
    add(out, "gauge", "clients", "Open websockets.", (double)count);
    add(out, "gauge", "clients_queued_bytes", "Waiting to be sent to them.", (double)bytes);
    add(out, "counter", "overflows_total", "Times a client was too slow and got a snapshot.", (double)api->overflows);
    add(out, "counter", "skipped_total", "Messages left out of the clients' feed in floods.", (double)feed_skipped(api->feed));
    add(out, "counter", "refused_total", "Requests without a right to be here.", (double)api->refused);
    add(out, "counter", "commands_total", "Commands, good and bad.", (double)api->commands);
}

void metrics_write(const struct api *api, struct buffer *out)
{
    add_messages(api->relay, out);
    metrics_write_sources(api->relay->sources, out);
    metrics_write_outputs(api->outputs, out);
    add_journal(api->relay, out);
    add_questions(api->relay, out);
    add_crosspost(api->relay, out);
    add_clients(api, out);
}
