#include "connector/x_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/connector_impl.h"
#include "connector/x_item.h"

enum { SCRATCH_BYTES = 4096 };

void x_reader_init(struct x_reader *reader, struct connector *base)
{
    *reader = (struct x_reader){.base = base, .is_question = true};
}

void x_reader_fini(struct x_reader *reader)
{
    field_fini(&reader->scratch);
    buffer_fini(&reader->text);
}

bool x_id_is_newer(const char *id, const char *than)
{
    size_t len = strlen(id), than_len = strlen(than);
    return len != than_len ? len > than_len : strcmp(id, than) > 0;
}

void x_reader_end(struct x_reader *reader, int64_t time_ms)
{
    char key[80];
    if (reader->is_ended)
        return;
    reader->is_ended = true;
    int len = snprintf(key, sizeof(key), "end:%s", reader->broadcast);
    connector_deliver(reader->base, &(struct message_draft){
        .kind = MESSAGE_END, .time_ms = time_ms > 0 ? time_ms : 0,
        .event_key = reader->broadcast[0] ? (struct str){key, (size_t)len} : (struct str){0}});
}

/* ---- problems ---- */

static void copy_text(char *out, size_t size, struct str text)
{
    size_t len = text.len < size ? text.len : utf8_cut(text.data, size - 1);
    memcpy(out, text.data ? text.data : "", len);
    out[len] = '\0';
}

/* {"title","detail","type","connection_issue"}, alone or the first of `errors`. */
static void read_problem(const json_t *object, struct x_report *report)
{
    const json_t *first = json_array_get(json_object_get(object, "errors"), 0);
    const json_t *problem = first ? first : object;
    struct str detail = field_text(problem, "detail");
    if (detail.len == 0)
        detail = field_text(problem, "message");
    report->type = X_PROBLEM;
    report->is_too_many = str_equal(field_text(problem, "connection_issue"), STR("TooManyConnections"));
    copy_text(report->problem, sizeof(report->problem), detail.len > 0 ? detail : field_text(problem, "title"));
}

/* ---- pages: the newest is first ---- */

static bool read_item(struct x_reader *reader, const json_t *item, const json_t *page, struct error *err)
{
    bool is_chat = json_object_get(item, "broadcast_id") || json_object_get(item, "author_username");
    return is_chat ? x_read_chat_item(reader, item, page, err) : x_read_post(reader, item, page, err);
}

static void read_page(struct x_reader *reader, const json_t *page, const json_t *items, struct x_report *report,
                      struct error *err)
{
    char before[X_ID_BYTES];
    memcpy(before, reader->last_id, sizeof(before));
    report->count = json_array_size(items);
    copy_text(report->next_token, sizeof(report->next_token), field_text(json_object_get(page, "meta"), "next_token"));
    for (size_t i = report->count; i > 0; i--) {
        struct error why = {0};
        const json_t *item = json_array_get(items, i - 1);
        const char *id = json_get_text(item, "id");
        report->has_known |= id && before[0] && !x_id_is_newer(id, before);
        if (!read_item(reader, item, page, &why) && err->code == ERROR_NONE)
            *err = why;
    }
}

/* ---- the stream ---- */

static bool is_ours(const struct x_reader *reader, const json_t *rules)
{
    if (!reader->tag[0] && reader->rule_count == 0)
        return true;
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        struct str id = field_text(rule, "id");
        if (str_equal(field_text(rule, "tag"), str_from(reader->tag)))
            return true;
        for (size_t r = 0; r < reader->rule_count; r++) {
            if (str_equal(id, str_from(reader->rule_ids[r])))
                return true;
        }
    }
    return false;
}

static void read_streamed(struct x_reader *reader, const json_t *object, const json_t *data, struct error *err)
{
    if (json_object_get(data, "event_type")) {
        x_read_activity(reader, data, err);
        return;
    }
    reader->posts++;
    if (is_ours(reader, json_object_get(object, "matching_rules")))
        x_read_post(reader, data, object, err);
}

static void read_object(struct x_reader *reader, const json_t *object, struct x_report *report, struct error *err)
{
    const json_t *data = json_object_get(object, "data");
    report->type = X_MESSAGES;
    if (json_is_array(data)) {
        read_page(reader, object, data, report, err);
    } else if (json_object_get(data, "success")) {
        report->type = X_NOTHING;  // what we wrote was taken
    } else if (json_is_object(data)) {
        read_streamed(reader, object, data, err);
    } else if (json_object_get(object, "errors") || json_object_get(object, "title")) {
        read_problem(object, report);
    } else if (json_object_get(object, "meta")) {
        report->type = X_NOTHING;  // an empty page
    } else {
        error_set(err, ERROR_DATA, "an object without data, errors or meta");
    }
}

bool x_read(struct x_reader *reader, const char *text, size_t len, struct x_report *report, struct error *err)
{
    struct error why = {0};
    *report = (struct x_report){0};
    if (!connector_begin_frame(reader->base, text, len))
        return true;
    json_t *object = json_parse_repaired(text, len, &why);
    field_begin(&reader->scratch, 3 * len + SCRATCH_BYTES);
    if (object)
        read_object(reader, object, report, &why);
    json_decref(object);
    connector_end_frame(reader->base, &why);
    if (err)
        *err = why;
    return why.code == ERROR_NONE;
}
