#include "api/gate_json.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "relay/gate.h"
#include "relay/questions.h"

void caught_send(struct api *api, const struct gate_caught *caught)
{
    if (api->caught.len > 0)
        buffer_add_char(&api->caught, ',');
    gate_caught_write_json(caught, &api->caught);
    timer_start(&api->caught_timer, 0);
}

void caught_flush(void *data)
{
    struct api *api = data;
    timer_stop(&api->caught_timer);
    if (api->caught.len == 0)
        return;
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"caught\",\"items\":[");
    buffer_add(&json, api->caught.data, api->caught.len);
    buffer_add_string(&json, "]}");
    buffer_clear(&api->caught);
    api_send(api, TOPIC_DESK, &json);
    buffer_fini(&json);
}

void caught_send_removed(struct api *api, uint64_t message)
{
    struct buffer json = {0};
    caught_flush(api);
    buffer_printf(&json, "{\"type\":\"caught_removed\",\"id\":%" PRIu64 "}", message);
    api_send(api, TOPIC_DESK, &json);
    buffer_fini(&json);
}

void gate_send(struct api *api)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"gate\",\"gate\":");
    gate_write_json(api->relay->gate, &json);
    buffer_add_char(&json, '}');
    api_send(api, TOPIC_DESK, &json);
    buffer_fini(&json);
}

void gate_write_snapshot(const struct api *api, struct buffer *out)
{
    const struct gate *gate = api->relay->gate;
    buffer_add_string(out, ",\"caught\":[");
    for (size_t i = 0; i < gate_caught_count(gate); i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        gate_caught_write_json(gate_caught_at(gate, i), out);
    }
    buffer_add_string(out, "],\"gate\":");
    gate_write_json(gate, out);
}

static bool find_warning(const struct gate *gate, const struct question *question, struct gate_reason *reason, const char **in)
{
    *in = "text";
    if (gate_find_word(gate, str_from(question->text), reason))
        return true;
    *in = "name";
    return question->ask_count > 0 && gate_find_word(gate, str_from(question->asks[0].author_name), reason);
}

void question_write_warned(const struct api *api, const struct question *question, struct buffer *out)
{
    struct gate_reason reason;
    const char *in;
    question_write_json(question, out);
    if (!find_warning(api->relay->gate, question, &reason, &in))
        return;
    out->len--;  // the closing brace
    buffer_printf(out, ",\"warning\":{\"in\":\"%s\",\"list\":", in);
    buffer_add_json(out, reason.list, strlen(reason.list));
    buffer_add_string(out, ",\"word\":");
    buffer_add_json(out, reason.word, strlen(reason.word));
    buffer_printf(out, ",\"from\":%" PRIu32 ",\"to\":%" PRIu32 "}}", reason.from, reason.to);
}
