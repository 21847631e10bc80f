/* card.preview: how a view would show a question, a poll or a card of the host's, drawn by the overlay that paints the view. Nothing goes on air. */
#include <string.h>

#include "api/command.h"
#include "api/pictures.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "relay/host_cards.h"
#include "relay/on_air.h"
#include "relay/polls.h"
#include "relay/questions.h"

enum { OPTIONS_MAX = 10 };

/* --- Questions: one of the list, one with other words, or words alone --- */

static json_t *make_question(const struct call *call, enum on_air_shown *shown, struct error *err)
{
    struct question words = {.text = "", .text_original = "", .language = "", .changed_by = ""};
    const struct question *question = &words;
    struct buffer text = {0};
    if (call_has(call, "id"))
        question = questions_find(call->api->relay->questions, (uint64_t)call_int(call, "id"));
    if (!question) {
        error_set(err, ERROR_DATA, "there is no question %lld", (long long)call_int(call, "id"));
        return NULL;
    }
    *shown = on_air_try_question(call->api->relay->on_air, call_string(call, "view"), question, &text);
    json_t *card = *shown == ON_AIR_IS_SHOWN ? json_parse(text.data, text.len, err) : json_object();
    buffer_fini(&text);
    if (card && call_has(call, "text"))
        json_object_set(card, "text", json_object_get(call->arguments, "text"));
    if (card && call_has(call, "language"))
        json_object_set(card, "language", json_object_get(call->arguments, "language"));
    return card;
}

/* --- Polls, before they are opened --- */

static void take_text(json_t *to, const char *key, const json_t *text)
{
    if (json_is_string(text) && json_string_length(text) <= QUESTION_TEXT_BYTES_MAX)
        json_object_set(to, key, (json_t *)(uintptr_t)text);
}

/* {"text":…,"text2":…} of an object like that, or of a text alone; with no votes. NULL: it is neither. */
static json_t *make_option(const json_t *from)
{
    json_t *option = json_pack("{s:i}", "votes", 0);
    take_text(option, "text", json_is_string(from) ? from : json_object_get(from, "text"));
    take_text(option, "text2", json_object_get(from, "text2"));
    if (json_object_get(option, "text"))
        return option;
    json_decref(option);
    return NULL;
}

static json_t *make_options(const json_t *list, struct error *err)
{
    json_t *options = json_array();
    for (size_t i = 0; i < json_array_size(list) && i < OPTIONS_MAX; i++) {
        json_t *option = make_option(json_array_get(list, i));
        if (option)
            json_array_append_new(options, option);
    }
    if (json_array_size(options) >= 2)
        return options;
    error_set(err, ERROR_DATA, "poll.options: 2 to %d texts of at most %d bytes are expected", OPTIONS_MAX, QUESTION_TEXT_BYTES_MAX);
    json_decref(options);
    return NULL;
}

static json_t *make_poll(const struct call *call, enum on_air_shown *shown, struct error *err)
{
    static const char *const texts[] = {"question", "question2", "language", "language2"};
    const json_t *draft = json_object_get(call->arguments, "poll");
    *shown = on_air_try_poll(call->api->relay->on_air, call_string(call, "view"));
    json_t *options = make_options(json_object_get(draft, "options"), err);
    if (!options)
        return NULL;
    json_t *card = json_pack("{s:i,s:i,s:s,s:o}", "id", 0, "total", 0, "state", "open", "options", options);
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        take_text(card, texts[i], json_object_get(draft, texts[i]));
    return card;
}

/* --- The command --- */

static enum outcome answer_hidden(enum on_air_shown shown, const char *view, json_t **result, struct error *err)
{
    if (shown == ON_AIR_NO_VIEW) {
        error_set(err, ERROR_DATA, "there is no view \"%.60s\"", view);
        return COMMAND_FAILED;
    }
    *result = json_pack("{s:s}", "hidden", shown == ON_AIR_NO_CARD ? "card" : "platform");
    return COMMAND_DONE;
}

/* --- The host's cards, before they are prepared --- */

static json_t *make_host_card(const struct call *call, const char **kind_name, enum on_air_shown *shown, struct error *err)
{
    const struct relay *relay = call->api->relay;
    enum host_card_kind kind;
    struct buffer text = {0};
    json_t *card = NULL;
    if (host_cards_try(relay->host_cards, json_object_get(call->arguments, "card"), &kind, &text, err)) {
        *kind_name = host_card_kind_name(kind);
        *shown = on_air_try_card(relay->on_air, call_string(call, "view"), on_air_card_from_name(*kind_name));
        card = json_parse(text.data, text.len, err);
    }
    buffer_fini(&text);
    return card;
}

/* A question by its number or in words, a poll, or a card: one of them. */
static bool check_what(const struct call *call, struct error *err)
{
    bool is_question = call_has(call, "id") || call_has(call, "text");
    if (is_question + call_has(call, "poll") + call_has(call, "card") != 1)
        return error_set(err, ERROR_DATA, "a question's id, a text, a poll or a card is expected");
    return call_text(call, "text").len <= QUESTION_TEXT_BYTES_MAX ||
           error_set(err, ERROR_DATA, "text: %zu bytes, %d are the most", call_text(call, "text").len, QUESTION_TEXT_BYTES_MAX);
}

static enum outcome preview_card(const struct call *call, json_t **result, struct error *err)
{
    bool is_poll = call_has(call, "poll");
    enum on_air_shown shown = ON_AIR_IS_SHOWN;
    const char *kind = is_poll ? "poll" : "question";
    if (!check_what(call, err))
        return COMMAND_FAILED;
    json_t *card = is_poll ? make_poll(call, &shown, err)
                           : call_has(call, "card") ? make_host_card(call, &kind, &shown, err) : make_question(call, &shown, err);
    if (!card)
        return COMMAND_FAILED;
    enum outcome outcome = COMMAND_LATER;
    if (shown != ON_AIR_IS_SHOWN)
        outcome = answer_hidden(shown, call_string(call, "view"), result, err);
    else if (!pictures_ask(call->api->pictures, call_string(call, "view"), kind, card, call->reply, err))
        outcome = COMMAND_FAILED;
    json_decref(card);
    return outcome;
}

const struct command commands_card[] = {
    {"card.preview", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID, true}, {"text", ARGUMENT_TEXT, true},
     {"language", ARGUMENT_TEXT, true}, {"poll", ARGUMENT_OBJECT, true},
     {"card", ARGUMENT_OBJECT, true}, {"view", ARGUMENT_TEXT}}, preview_card},
    {0},
};
