/* card.*, goal.add, shoutout, picture.get: the host's own cards. */
#include <string.h>

#include "api/command.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "net/base64.h"
#include "relay/host_cards.h"
#include "relay/host_pictures.h"
#include "relay/moderation.h"

enum { PIECE_BYTES = 128 * 1024 };

static enum outcome outcome_of(bool is_done)
{
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

static json_t *card_result(const struct host_card *card)
{
    return json_pack("{s:I}", "id", (json_int_t)card->id);
}

/* Prepared cards only: a shout-out has a command of its own. */
static bool read_kind(const struct call *call, enum host_card_kind *kind, struct error *err)
{
    const char *name = call_string(call, "kind");
    return (host_card_kind_from_name(name, kind) && *kind != HOST_CARD_SHOUTOUT) ||
           error_set(err, ERROR_DATA, "kind \"%.20s\": goal, countdown, rules, qr or note is expected", name);
}

static enum outcome add_card(const struct call *call, json_t **result, struct error *err)
{
    struct host_cards *cards = call->api->relay->host_cards;
    enum host_card_kind kind;
    if (!read_kind(call, &kind, err))
        return COMMAND_FAILED;
    const struct host_card *card = host_cards_add(cards, kind, call->arguments, call->by, err);
    if (!card)
        return COMMAND_FAILED;
    *result = card_result(card);
    struct error air = {0};
    if (call_bool(call, "on_air", false) && !host_cards_air(cards, card->id, true, call->by, &air))
        json_object_set_new(*result, "not_on_air", json_string(air.text));  // it is prepared all the same
    return COMMAND_DONE;
}

static enum outcome change_card(const struct call *call, json_t **result, struct error *err)
{
    return outcome_of(host_cards_change(call->api->relay->host_cards, (uint64_t)call_int(call, "id"), call->arguments, call->by, err));
}

static enum outcome forget_card(const struct call *call, json_t **result, struct error *err)
{
    return outcome_of(host_cards_forget(call->api->relay->host_cards, (uint64_t)call_int(call, "id"), err));
}

static enum outcome air_card(const struct call *call, json_t **result, struct error *err)
{
    struct relay *relay = call->api->relay;
    bool is_on_air = call_bool(call, "on_air", true);
    if (is_on_air && !moderation_may_air(relay, err))
        return COMMAND_FAILED;
    return outcome_of(host_cards_air(relay->host_cards, (uint64_t)call_int(call, "id"), is_on_air, call->by, err));
}

static enum outcome add_to_goal(const struct call *call, json_t **result, struct error *err)
{
    struct host_cards *cards = call->api->relay->host_cards;
    uint64_t id = (uint64_t)call_int(call, "id");
    int64_t amount = call_has(call, "amount") ? call_int(call, "amount") : 1;
    if (!host_cards_count_by_hand(cards, id, amount, call->by, err))
        return COMMAND_FAILED;
    *result = json_pack("{s:I}", "now", (json_int_t)host_cards_find(cards, id)->now);
    return COMMAND_DONE;
}

static enum outcome shout_out(const struct call *call, json_t **result, struct error *err)
{
    struct relay_shoutout whom = {
        .message = (uint64_t)call_int(call, "message"), .name = str_from(call_string(call, "person")),
        .platform = str_from(call_string(call, "platform")), .author_id = str_from(call_string(call, "author")),
        .text = str_from(call_string(call, "text")), .seconds = call_int(call, "seconds")};
    if (whom.message == 0 && whom.name.len == 0) {
        error_set(err, ERROR_DATA, "message or person is expected");
        return COMMAND_FAILED;
    }
    if (whom.author_id.len > 0 && whom.platform.len == 0) {
        error_set(err, ERROR_DATA, "author: an id means something with its platform only");
        return COMMAND_FAILED;
    }
    const struct host_card *card = relay_shout_out(call->api->relay, &whom, call->by, err);
    if (!card)
        return COMMAND_FAILED;
    *result = card_result(card);
    if (!card->is_on_air)
        json_object_set_new(*result, "is_waiting", json_true());
    return COMMAND_DONE;
}

static enum outcome get_picture(const struct call *call, json_t **result, struct error *err)
{
    const char *name = call_string(call, "name");
    int64_t from = call_int(call, "from");
    struct buffer bytes = {0}, start = {0}, text = {0};
    size_t total = 0;
    if (from < 0) {
        error_set(err, ERROR_DATA, "from %lld: 0 or more is expected", (long long)from);
        return COMMAND_FAILED;
    }
    bool is_read = host_pictures_read(call->api->relay->host_pictures, name, (size_t)from, PIECE_BYTES, &bytes, &total, err) &&
                   host_pictures_read(call->api->relay->host_pictures, name, 0, 16, &start, &total, err);
    const char *type = is_read ? host_picture_type(start.data, start.len) : NULL;
    if (is_read) {
        base64_encode(&text, bytes.data, bytes.len);
        *result = json_pack("{s:s,s:I,s:I,s:s%}", "type", type ? type : "", "bytes", (json_int_t)total, "from", (json_int_t)from,
                            "data", text.data ? text.data : "", text.len);
        if ((size_t)from + bytes.len < total)
            json_object_set_new(*result, "next", json_integer((json_int_t)((size_t)from + bytes.len)));
    }
    buffer_fini(&bytes);
    buffer_fini(&start);
    buffer_fini(&text);
    return outcome_of(is_read);
}

#define CONTENT_ARGUMENTS                                                                                                 \
    {"title", ARGUMENT_TEXT, true}, {"title2", ARGUMENT_TEXT, true}, {"language", ARGUMENT_TEXT, true},                   \
    {"language2", ARGUMENT_TEXT, true}, {"target", ARGUMENT_INT, true}, {"unit", ARGUMENT_TEXT, true},                    \
    {"currency", ARGUMENT_TEXT, true}, {"what", ARGUMENT_TEXT, true}, {"now", ARGUMENT_INT, true},                        \
    {"mode", ARGUMENT_TEXT, true}, {"at_ms", ARGUMENT_INT, true}, {"seconds", ARGUMENT_INT, true},                        \
    {"zones", ARGUMENT_TEXTS, true}, {"text_after", ARGUMENT_TEXT, true}, {"items", ARGUMENT_TEXTS, true},                \
    {"text", ARGUMENT_TEXT, true}, {"picture", ARGUMENT_TEXT, true}

const struct command commands_host[] = {
    {"card.add", API_ROLE_MODERATOR, {{"kind", ARGUMENT_TEXT}, CONTENT_ARGUMENTS, {"on_air", ARGUMENT_BOOL, true}}, add_card},
    {"card.change", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, CONTENT_ARGUMENTS}, change_card},
    {"card.forget", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}}, forget_card},
    {"card.air", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"on_air", ARGUMENT_BOOL, true}}, air_card},
    {"goal.add", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"amount", ARGUMENT_INT, true}}, add_to_goal},
    {"shoutout", API_ROLE_MODERATOR,
     {{"message", ARGUMENT_ID, true}, {"person", ARGUMENT_TEXT, true}, {"platform", ARGUMENT_TEXT, true}, {"author", ARGUMENT_TEXT, true},
      {"text", ARGUMENT_TEXT, true}, {"seconds", ARGUMENT_INT, true}}, shout_out},
    {"picture.get", API_ROLE_VIEWER, {{"name", ARGUMENT_TEXT}, {"from", ARGUMENT_INT, true}}, get_picture},
    {0},
};
