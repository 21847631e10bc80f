/* show.*: where one show ends and the next begins; and what was on air in one, as chapters. */
#include "api/client.h"
#include "api/command.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "relay/heard.h"
#include "relay/question_chapters.h"
#include "relay/questions.h"

static json_t *show_result(const struct call *call)
{
    return json_pack("{s:I}", "show_ms", (json_int_t)questions_show_ms(call->api->relay->questions));
}

static enum outcome begin(const struct call *call, json_t **result, struct error *err)
{
    questions_begin_show(call->api->relay->questions, call->by);
    heard_begin_show(call->api->relay->heard, clock_unix_ms());
    client_end_expired(call->api, true);
    *result = show_result(call);
    return COMMAND_DONE;
}

static enum outcome list(const struct call *call, json_t **result, struct error *err)
{
    struct buffer text = {0};
    questions_write_shows(call->api->relay->questions, &text);
    *result = json_pack("{s:o}", "shows", json_parse(text.data, text.len, NULL));
    buffer_fini(&text);
    return COMMAND_DONE;
}

static enum outcome chapters(const struct call *call, json_t **result, struct error *err)
{
    const char *name = call_string(call, "format");
    struct question_chapters_options options = {
        .zero_ms = call_int(call, "zero_ms"), .show_ms = call_int(call, "show_ms")};
    if (!question_chapters_format(*name ? name : "youtube", &options.format)) {
        error_set(err, ERROR_DATA, "format \"%.20s\": expected \"youtube\", \"webvtt\" or \"csv\"", name);
        return COMMAND_FAILED;
    }
    struct buffer text = {0};
    size_t count = questions_write_chapters(call->api->relay->questions, &options, &text);
    *result = json_pack("{s:s%,s:s,s:I}", "text", text.data ? text.data : "", text.len, "name",
                        question_chapters_file_name(options.format), "count", (json_int_t)count);
    buffer_fini(&text);
    return COMMAND_DONE;
}

const struct command commands_show[] = {
    {"questions.chapters", API_ROLE_VIEWER,
     {{"format", ARGUMENT_TEXT, true}, {"zero_ms", ARGUMENT_INT, true}, {"show_ms", ARGUMENT_INT, true}}, chapters},
    {"show.begin", API_ROLE_MODERATOR, {{0}}, begin},
    {"show.list", API_ROLE_VIEWER, {{0}}, list},
    {0},
};
