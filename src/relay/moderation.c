#include "relay/moderation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "relay/captions.h"
#include "relay/gate.h"
#include "relay/host_cards.h"
#include "relay/intake.h"
#include "relay/journal.h"
#include "relay/on_air.h"
#include "relay/polls.h"
#include "relay/questions.h"
#include "relay/relay.h"

static void audit_author(struct relay *relay, const char *action, const char *platform, const char *author_id,
                         const char *by)
{
    struct buffer text = {0};
    buffer_add_string(&text, "{\"platform\":");
    buffer_add_json(&text, platform, strlen(platform));
    buffer_add_string(&text, ",\"author\":");
    buffer_add_json(&text, author_id, strlen(author_id));
    buffer_add_char(&text, '}');
    char *json = buffer_take(&text);
    journal_add_audit(relay->journal, by, action, json);
    free(json);
}

bool moderation_remove_message(struct relay *relay, uint64_t message, const char *by)
{
    char text[48];
    snprintf(text, sizeof(text), "{\"message\":%" PRIu64 "}", message);
    journal_add_audit(relay->journal, by, "message.remove", text);
    // A question may outlive its message in the queue: it is told by the id as well.
    const struct queue_removal removal = {.ids = &message, .id_count = 1};
    questions_handle_removal(relay->questions, &removal);
    host_cards_handle_removal(relay->host_cards, &removal);
    return intake_remove_message(relay->intake, message, by);
}

void moderation_remove_rest(struct relay *relay, const struct message *message, const char *by)
{
    intake_remove_rest(relay->intake, message, by);
}

void moderation_remove_author(struct relay *relay, const char *platform, const char *author_id, const char *by)
{
    audit_author(relay, "author.remove", platform, author_id, by);
    intake_remove_author(relay->intake, platform, author_id, by);
}

void moderation_erase_author(struct relay *relay, const char *platform, const char *author_id, const char *by,
                             void (*done)(void *data, size_t rows, int64_t took_ms), void *data)
{
    journal_add_audit(relay->journal, by, "erase", "{}");  // the audit must not keep whom it was about
    intake_remove_author(relay->intake, platform, author_id, by);
    journal_erase(relay->journal, &(struct journal_erasure){.platform = platform, .author_id = author_id, .with_name = true},
                  NULL, 0, done, data);
}

void moderation_clear(struct relay *relay, const char *by)
{
    journal_add_audit(relay->journal, by, "clear", "{}");
    questions_unair(relay->questions, by);
    const struct poll *poll = polls_on_air(relay->polls);
    if (poll)
        polls_air(relay->polls, poll->id, false, by, NULL);
    captions_stop_all(relay->captions, by);
    host_cards_clear(relay->host_cards, by);
    gate_clear(relay->gate);
}

void moderation_panic(struct relay *relay, bool is_blank, const char *by)
{
    journal_add_audit(relay->journal, by, "panic", is_blank ? "{\"on\":true}" : "{\"on\":false}");
    on_air_set_blank(relay->on_air, is_blank, clock_unix_ms());
}

bool moderation_may_air(const struct relay *relay, struct error *err)
{
    return !on_air_is_blank(relay->on_air) ||
           error_set(err, ERROR_AGAIN, "locked: somebody pressed panic, and nothing goes on air until it is over (panic off)");
}

bool moderation_next(struct relay *relay, const char *by, struct error *err)
{
    if (!moderation_may_air(relay, err))
        return false;
    const struct question *before = questions_on_air(relay->questions);
    bool is_late;
    const struct question *question = questions_press_next(relay->questions, NULL, by, &is_late);
    journal_add_audit(relay->journal, by, "next", "{\"in\":\"chat\"}");
    return question || before || error_set(err, ERROR_AGAIN, "no question is ready");
}
