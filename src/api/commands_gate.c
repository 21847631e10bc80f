/* caught.*, gate.*: what was caught before air, and by which rules. */
#include "api/command.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "relay/gate.h"

static enum outcome allow(const struct call *call, json_t **result, struct error *err)
{
    uint64_t id = (uint64_t)call_int(call, "id");
    bool is_done = gate_allow(call->api->relay->gate, id, clock_monotonic_ms(), err);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome drop(const struct call *call, json_t **result, struct error *err)
{
    uint64_t id = (uint64_t)call_int(call, "id");
    return gate_drop(call->api->relay->gate, id, err) ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome set(const struct call *call, json_t **result, struct error *err)
{
    bool is_done = relay_change_gate(call->api->relay, json_object_get(call->arguments, "settings"), err);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome get(const struct call *call, json_t **result, struct error *err)
{
    struct buffer text = {0};
    gate_write_json(call->api->relay->gate, &text);
    *result = json_pack("{s:o}", "gate", json_parse(text.data, text.len, err));
    buffer_fini(&text);
    return COMMAND_DONE;
}

static enum outcome read_words(const struct call *call, json_t **result, struct error *err)
{
    json_t *bad_lines = json_array();
    size_t count = relay_read_words(call->api->relay, bad_lines);
    *result = json_pack("{s:I,s:o}", "words", (json_int_t)count, "bad_lines", bad_lines);
    return COMMAND_DONE;
}

/* So that a translator sees at once what a list makes of a text. */
static enum outcome try_text(const struct call *call, json_t **result, struct error *err)
{
    struct gate_reason reason;
    if (!gate_find_word(call->api->relay->gate, call_text(call, "text"), &reason)) {
        *result = json_pack("{s:b}", "is_caught", false);
        return COMMAND_DONE;
    }
    *result = json_pack("{s:b,s:s,s:s,s:i,s:i}", "is_caught", true, "list", reason.list, "word", reason.word, "from",
                        (int)reason.from, "to", (int)reason.to);
    return COMMAND_DONE;
}

const struct command commands_gate[] = {
    {"caught.allow", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}}, allow},
    {"caught.drop", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}}, drop},
    {"gate.get", API_ROLE_VIEWER, {{0}}, get},
    {"gate.read_words", API_ROLE_MODERATOR, {{0}}, read_words},
    {"gate.set", API_ROLE_OWNER, {{"settings", ARGUMENT_OBJECT}}, set},
    {"gate.try", API_ROLE_VIEWER, {{"text", ARGUMENT_TEXT}}, try_text},
    {0},
};
