#include "connector/discord_poll.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "connector/discord_event.h"
#include "connector/fields.h"

static void clear(struct discord_poll *poll)
{
    for (size_t i = 0; i < poll->answer_count; i++)
        free(poll->answers[i].text);
    free(poll->question);
    *poll = (struct discord_poll){0};
}

void discord_polls_fini(struct discord_polls *polls)
{
    for (size_t i = 0; i < DISCORD_POLLS_MAX; i++)
        clear(&polls->polls[i]);
}

static struct discord_poll *find(struct discord_polls *polls, uint64_t id)
{
    for (size_t i = 0; id && i < DISCORD_POLLS_MAX; i++) {
        if (polls->polls[i].id == id)
            return &polls->polls[i];
    }
    return NULL;
}

static char *copy(struct str text)
{
    return xstrndup(text.data ? text.data : "", text.len);
}

static void take_answers(struct discord_poll *poll, const json_t *answers)
{
    for (size_t i = 0; i < json_array_size(answers) && i < DISCORD_ANSWERS_MAX; i++) {
        const json_t *answer = json_array_get(answers, i);
        poll->answers[i].id = json_get_int(answer, "answer_id", (int64_t)i + 1);
        poll->answers[i].text = copy(field_text(json_object_get(answer, "poll_media"), "text"));
        poll->answer_count++;
    }
}

/* Without `results` nothing is known of the votes; an answer that is not counted in them has none. */
static void take_counts(struct discord_poll *poll, const json_t *results)
{
    const json_t *counts = json_object_get(results, "answer_counts");
    if (!json_is_array(counts))
        return;
    for (size_t i = 0; i < poll->answer_count; i++)
        poll->answers[i].votes = 0;
    for (size_t k = 0; k < json_array_size(counts); k++) {
        const json_t *count = json_array_get(counts, k);
        for (size_t i = 0; i < poll->answer_count; i++) {
            if (poll->answers[i].id == json_get_int(count, "id", -1))
                poll->answers[i].votes = json_get_int(count, "count", 0);
        }
    }
    poll->is_closed |= json_get_bool(results, "is_finalized", false);
}

static struct discord_poll *take(struct discord_polls *polls, const json_t *message)
{
    const json_t *object = json_object_get(message, "poll");
    uint64_t id = discord_id(message, "id");
    struct discord_poll *poll = find(polls, id);
    if (!poll) {
        poll = &polls->polls[polls->next++ % DISCORD_POLLS_MAX];
        clear(poll);
        poll->id = id;
        poll->channel_id = discord_id(message, "channel_id");
        poll->question = copy(field_text(json_object_get(object, "question"), "text"));
        take_answers(poll, json_object_get(object, "answers"));
    }
    take_counts(poll, json_object_get(object, "results"));
    poll->is_changed = false;
    return poll;
}

/* The key names the state: the same state told twice is taken once. */
static void fill(const struct discord_poll *poll, struct message_draft *draft, json_t **extras, struct str key)
{
    json_t *options = json_array();
    for (size_t i = 0; i < poll->answer_count; i++)
        json_array_append_new(options, json_pack("{s:s, s:I}", "text", poll->answers[i].text, "votes",
                                                 (json_int_t)poll->answers[i].votes));
    field_add(extras, "options", options);
    field_add_text(extras, "state", poll->is_closed ? STR("closed") : STR("open"));
    draft->kind = MESSAGE_POLL;
    draft->text = str_from(poll->question);
    draft->event_key = key;
}

struct key {
    char bytes[24 * DISCORD_ANSWERS_MAX + 40];
    struct str text;
};

static void make_key(const struct discord_poll *poll, struct key *key)
{
    int len = snprintf(key->bytes, sizeof(key->bytes), "%" PRIu64 "#%s", poll->id, poll->is_closed ? "closed" : "open");
    for (size_t i = 0; i < poll->answer_count; i++)
        len += snprintf(key->bytes + len, sizeof(key->bytes) - (size_t)len, ",%" PRId64, poll->answers[i].votes);
    key->text = (struct str){key->bytes, (size_t)len};
}

bool discord_poll_read(struct discord_polls *polls, const json_t *message, struct message_draft *draft, json_t **extras,
                       struct error *err)
{
    struct discord_poll *poll = take(polls, message);
    if (poll->answer_count == 0)
        return error_set(err, ERROR_DATA, "a poll without answers");
    // The draft outlives this call by its delivery: the key lies in the reader's scratch as a copy.
    struct discord_reader *reader = container_of(polls, struct discord_reader, polls);
    struct key key;
    make_key(poll, &key);
    fill(poll, draft, extras, field_keep(&reader->scratch, key.text.data, key.text.len));
    return true;
}

void discord_poll_vote(struct discord_polls *polls, const json_t *data, int step)
{
    struct discord_poll *poll = find(polls, discord_id(data, "message_id"));
    int64_t id = json_get_int(data, "answer_id", -1);
    for (size_t i = 0; poll && !poll->is_closed && i < poll->answer_count; i++) {
        if (poll->answers[i].id != id)
            continue;
        poll->answers[i].votes += poll->answers[i].votes + step >= 0 ? step : 0;
        poll->is_changed = true;
    }
}

/* Only the winner's votes and the sum are told; the others are known from the votes that came. */
static void take_result(struct discord_poll *poll, const json_t *fields)
{
    int64_t winner = -1, votes = -1;
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i);
        struct str name = field_text(field, "name");
        if (str_equal(name, STR("victor_answer_id")))
            winner = json_get_int(field, "value", -1);
        else if (str_equal(name, STR("victor_answer_votes")))
            votes = json_get_int(field, "value", -1);
        else if (str_equal(name, STR("poll_question_text")) && !poll->question)
            poll->question = copy(field_text(field, "value"));
        else if (str_equal(name, STR("victor_answer_text")) && poll->answer_count == 0) {
            poll->answers[0].text = copy(field_text(field, "value"));
            poll->answers[0].id = -2;
            poll->answer_count = 1;
        }
    }
    for (size_t i = 0; i < poll->answer_count; i++) {
        if ((poll->answers[i].id == winner || poll->answers[i].id == -2) && votes >= 0)
            poll->answers[i].votes = votes;
    }
}

bool discord_poll_result(struct discord_polls *polls, const json_t *message, struct message_draft *draft, json_t **extras,
                         struct error *err)
{
    struct str id = field_text(json_object_get(message, "message_reference"), "message_id");
    const json_t *embed = json_array_get(json_object_get(message, "embeds"), 0);
    struct discord_poll *poll = find(polls, discord_id_of(id));
    if (discord_id_of(id) == 0)
        return error_set(err, ERROR_DATA, "a poll's result without message_reference.message_id");
    if (!poll) {
        poll = &polls->polls[polls->next++ % DISCORD_POLLS_MAX];
        clear(poll);
        poll->id = discord_id_of(id);
    }
    poll->is_closed = true;
    take_result(poll, json_object_get(embed, "fields"));
    struct discord_reader *reader = container_of(polls, struct discord_reader, polls);
    struct key key;
    make_key(poll, &key);
    fill(poll, draft, extras, field_keep(&reader->scratch, key.text.data, key.text.len));
    draft->native_id = id;
    return true;
}

static void tell(struct discord_reader *reader, struct discord_poll *poll)
{
    char id[24];
    struct key key;
    json_t *extras = NULL;
    snprintf(id, sizeof(id), "%" PRIu64, poll->id);
    make_key(poll, &key);
    struct message_draft draft = {.native_id = str_from(id)};
    fill(poll, &draft, &extras, key.text);
    draft.detail = extras;
    poll->is_changed = false;
    connector_deliver(reader->base, &draft);
    json_decref(extras);
}

void discord_polls_tell(struct discord_reader *reader)
{
    for (size_t i = 0; i < DISCORD_POLLS_MAX; i++) {
        if (reader->polls.polls[i].is_changed)
            tell(reader, &reader->polls.polls[i]);
    }
}
