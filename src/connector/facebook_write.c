/*
 * facebook_write.c - comments written as the Page, answers to comments, and hiding one. Needs pages_manage_engagement.
 * Source: POST /{live-video-id}/comments, /{comment-id}/comments, /{comment-id}?is_hidden=true (Graph API v26.0).
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "connector/facebook_inside.h"
#include "net/form.h"
#include "net/http.h"

static struct facebook *get_facebook(struct connector *base)
{
    return container_of(base, struct facebook, base);
}

const char *facebook_can(struct connector *base, enum connector_act_kind kind)
{
    if (kind != CONNECTOR_SAY && kind != CONNECTOR_DELETE)
        return "Facebook lets programs write and hide comments only";
    if (kind == CONNECTOR_SAY && !get_facebook(base)->video)
        return "no live video: there is nothing to write to";
    return NULL;
}

static void handle_done(void *data, const struct http_result *result)
{
    struct facebook *facebook = data;
    struct connector *base = &facebook->base;
    uint64_t number = facebook->write_number;
    facebook->write = NULL;
    if (result->error.code == ERROR_NONE) {
        json_t *answer = json_parse(result->body, result->len, NULL);
        const char *id = facebook->writes_comment ? json_get_text(answer, "id") : NULL;
        connector_task_done(base, number, CONNECTOR_ACCEPTED, id, "%s", "");
        json_decref(answer);
        return;
    }
    struct graph_failure failure = graph_explain_result(result);
    if (failure.act == GRAPH_SLOWER) {
        connector_task_again(base, number, failure.retry_ms, failure.text);
    } else if (result->status == 0) {
        connector_task_done(base, number, CONNECTOR_UNSURE, NULL, "%s", failure.text);
    } else if (failure.act == GRAPH_FORBIDDEN || failure.act == GRAPH_LOGIN) {
        connector_task_done(base, number, CONNECTOR_UNABLE, NULL, "%s; writing needs a Page access token with "
                            "pages_manage_engagement", failure.text);
    } else {
        connector_task_done(base, number, CONNECTOR_DROPPED, NULL, "%s", failure.text);
    }
}

void facebook_act(struct connector *base, const struct connector_task *task)
{
    static const struct net_header headers[] = {{"content-type", "application/x-www-form-urlencoded"}};
    struct facebook *facebook = get_facebook(base);
    const struct connector_act *act = &task->act;
    struct buffer form = {0};
    struct error err = {0};
    bool is_say = act->kind == CONNECTOR_SAY;
    const char *object = act->native_id && *act->native_id ? act->native_id : facebook->video;
    if (!object || strspn(object, "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(object)) {
        connector_task_done(base, task->number, CONNECTOR_UNABLE, NULL, "\"%.40s\" is no id of a comment",
                            object ? object : "");
        return;
    }
    facebook_path(facebook, is_say ? "/%s/comments" : "/%s", object);
    buffer_add_char(&facebook->url, '\0');
    form_add(&form, is_say ? "message" : "is_hidden", is_say ? act->text : "true");
    form_add(&form, "access_token", facebook->token);
    http_cancel(facebook->write);  // it took too long: the base has given it up
    facebook->write_number = task->number;
    facebook->writes_comment = is_say;
    struct http_options options = {.url = facebook->url.data, .headers = headers, .header_count = 1, .body = form.data,
                                   .body_len = form.len, .on_done = handle_done, .data = facebook};
    connector_fill_http(base, &options);
    facebook->write = http_start(base->options.loop, &options, &err);
    buffer_fini(&form);
    if (!facebook->write)
        connector_task_done(base, task->number, CONNECTOR_UNABLE, NULL, "api_url: %s", err.text);
}
