#include "relay/poll_platforms.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "relay/polls.h"
#include "relay/relay.h"
#include "relay/replies.h"

enum { SECONDS_USUAL = 300, SECONDS_LEAST = 15 };

/* What is left of its time, so that both end together. */
static int64_t seconds_of(const struct poll *poll)
{
    int64_t left = poll->closes_ms ? (poll->closes_ms - clock_unix_ms() + 999) / 1000 : SECONDS_USUAL;
    return left > SECONDS_LEAST ? left : SECONDS_LEAST;
}

bool poll_platforms_start(struct relay *relay, uint64_t id, const char *const *sources, size_t source_count,
                          const char *by, struct error *err)
{
    const struct poll *poll = polls_find(relay->polls, id);
    const char *options[VOTE_OPTIONS_MAX];
    if (!poll || poll->state != POLL_OPEN)
        return error_set(err, ERROR_DATA, "only a poll that is open can be begun on the platforms");
    for (size_t i = 0; i < poll->option_count; i++)
        options[i] = poll->options[i].text;
    const struct connector_act act = {.kind = CONNECTOR_POLL_START, .text = poll->question, .options = options,
                                      .option_count = poll->option_count, .seconds = seconds_of(poll)};
    const struct sent *sent = replies_act(relay->replies, &act, sources, source_count, by, err);
    if (!sent)
        return false;
    polls_set_sent(relay->polls, id, sent->id);
    poll_platforms_handle_sent(relay, sent);
    return true;
}

void poll_platforms_handle_sent(struct relay *relay, const struct sent *sent)
{
    uint64_t poll = sent->kind == CONNECTOR_POLL_START ? polls_find_sent(relay->polls, sent->id) : 0;
    for (size_t i = 0; poll && i < sent->count; i++) {
        const struct reply_result *result = &sent->results[i];
        struct error err = {0};
        if (result->is_waiting || *result->native_id == '\0' || polls_has_native(relay->polls, result->source, result->native_id))
            continue;
        if (!polls_attach(relay->polls, poll, result->source, result->native_id, true, NULL, &err))
            log_warn("relay/polls", "%s", err.text);
    }
}

void poll_platforms_end(struct relay *relay, uint64_t id, const char *by)
{
    const struct poll *poll = polls_find(relay->polls, id);
    for (size_t i = 0; poll && i < poll->native_count; i++) {
        const struct poll_native *native = &poll->natives[i];
        if (!native->is_ours || !native->is_open)
            continue;
        struct error err = {0};
        const char *source = native->source;
        const struct connector_act act = {.kind = CONNECTOR_POLL_END, .native_id = native->id};
        if (!replies_act(relay->replies, &act, &source, 1, by, &err))
            log_warn("relay/polls", "%s: its poll goes on: %s", source, err.text);
    }
}
