#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "rehearsal/inside.h"

/* What goes wrong, and who asks for it: faults, /control/…, and the way of every other request to its side. */

/* --- Faults --- */

static void end_fault(struct side *side)
{
    side->fault = FAULT_NONE;
    timer_stop(&side->fault_timer);
    if (side->impl->special)
        side->impl->special(side, "resume");
    side_release_held(side);
    if (side->impl->resume)
        side->impl->resume(side);
}

void control_fault_over(void *data)
{
    end_fault(data);
}

static bool inflict_lasting(struct side *side, const char *fault)
{
    static const char *const names[] = {[FAULT_REFUSE] = "refuse", [FAULT_HANG] = "hang", [FAULT_STALL] = "stall"};
    for (int i = FAULT_REFUSE; i <= FAULT_STALL; i++) {
        if (strcmp(fault, names[i]) == 0) {
            side->fault = (enum fault_state)i;
            return true;
        }
    }
    return side->impl->special && strcmp(fault, "resume") != 0 && side->impl->special(side, fault);
}

static void drop(struct side *side)
{
    side_drop_clients(side);
    if (side->impl->drop)
        side->impl->drop(side);
}

static bool inflict(struct side *side, const char *fault, int64_t for_ms)
{
    const struct {
        const char *name;
        void (*fn)(struct side *side);
    } acts[] = {
        {"drop", drop}, {"resume", end_fault}, {"garbage", side->impl->garbage}, {"reconnect", side->impl->reconnect},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(acts); i++) {
        if (strcmp(fault, acts[i].name) != 0)
            continue;
        if (acts[i].fn)
            acts[i].fn(side);
        return acts[i].fn != NULL;
    }
    bool is_known = inflict_lasting(side, fault);
    if (is_known && for_ms > 0)
        timer_start(&side->fault_timer, for_ms);
    return is_known;
}

static bool refuse_fault(const struct side *side, const char *fault, const char *platform, struct error *err)
{
    const char *own = side && side->impl->specials ? side->impl->specials : "what the platforms have of their own";
    return error_set(err, ERROR_DATA, "there is no fault \"%s\" for \"%s\"; there are drop, refuse, hang, stall, garbage, "
                     "reconnect, resume, %s", fault, platform ? platform : "all", own);
}

bool rehearsal_fault(struct rehearsal *rehearsal, const char *fault, const char *platform, int64_t for_ms,
                     struct error *err)
{
    bool is_known = false;
    const struct side *named = NULL;
    for (size_t i = 0; rehearsal->sides[i]; i++) {
        struct side *side = rehearsal->sides[i];
        if (platform && strcmp(platform, side->impl->name) != 0)
            continue;
        named = platform ? side : NULL;
        is_known |= inflict(side, fault, for_ms);
    }
    if (is_known)
        log_info("rehearsal", "%s: %s", platform ? platform : "all", fault);
    return is_known || refuse_fault(named, fault, platform, err);
}

/* --- The control --- */

static void respond_state(const struct rehearsal *rehearsal, struct server_request *request)
{
    server_respond_json(request, 200, NULL, 0, rehearsal_state(rehearsal));
}

static void respond_result(const struct rehearsal *rehearsal, struct server_request *request, bool ok,
                           const struct error *err)
{
    if (ok)
        respond_state(rehearsal, request);
    else
        server_respond_text(request, 400, "%s", err->text);
}

/* POST /control/say with one line of a transcript. */
static void control_say(struct rehearsal *rehearsal, struct server_request *request)
{
    size_t len;
    const char *body = server_request_body(request, &len);
    struct error err = {0};
    json_t *object = json_parse(body, len, &err);
    struct message *message = object ? message_from_json(object, &err) : NULL;
    json_decref(object);
    if (message)
        rehearsal_say(rehearsal, message);
    respond_result(rehearsal, request, message, &err);
    message_unref(message);
}

static void control_start(struct rehearsal *rehearsal, struct server_request *request)
{
    rehearsal_begin(rehearsal);
    respond_state(rehearsal, request);
}

static void control_target(struct rehearsal *rehearsal, struct server_request *request)
{
    const char *platform = server_request_argument(request, "platform"), *url = server_request_argument(request, "url");
    struct error err = {0};
    bool ok = platform && url ? rehearsal_set_target(rehearsal, platform, url, &err)
                              : error_set(&err, ERROR_DATA, "expected ?platform=…&url=…");
    respond_result(rehearsal, request, ok, &err);
}

static void control_fault(struct rehearsal *rehearsal, struct server_request *request, const char *fault)
{
    const char *platform = server_request_argument(request, "platform"), *for_ms = server_request_argument(request, "for_ms");
    struct error err = {0};
    bool ok = rehearsal_fault(rehearsal, fault, platform, for_ms ? strtoll(for_ms, NULL, 10) : 0, &err);
    respond_result(rehearsal, request, ok, &err);
}

static void post(struct rehearsal *rehearsal, struct server_request *request, const char *word)
{
    static const struct {
        const char *word;
        void (*fn)(struct rehearsal *rehearsal, struct server_request *request);
    } words[] = {{"say", control_say}, {"start", control_start}, {"target", control_target}};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (strcmp(word, words[i].word) == 0) {
            words[i].fn(rehearsal, request);
            return;
        }
    }
    control_fault(rehearsal, request, word);
}

static void control(struct rehearsal *rehearsal, struct server_request *request, const char *word)
{
    const char *platform = server_request_argument(request, "platform");
    const struct side *side = platform ? rehearsal_side(rehearsal, str_from(platform)) : NULL;
    if (strcmp(word, "state") == 0)
        respond_state(rehearsal, request);
    else if (strcmp(word, "sent") == 0 && side)
        server_respond(request, 200, "text/plain", NULL, 0, side->sent.data ? side->sent.data : "", side->sent.len);
    else if (strcmp(word, "writes") == 0 && side)
        server_respond_json(request, 200, NULL, 0, json_incref(side->writes));
    else if (server_request_method(request) != METHOD_POST)
        server_respond_text(request, 405, "GET state, GET sent?platform=…, GET writes?platform=…, or POST a fault");
    else
        post(rehearsal, request, word);
}

/* --- The sides' requests --- */

static void respond_refused(struct side *side, struct server_request *request)
{
    if (side->impl->refuse)
        side->impl->refuse(side, request);
    else
        server_respond_text(request, 503, "refused, as was asked for");
}

/* True: it is answered, or is never to be. */
static bool side_request(struct side *side, struct server_request *request, const char *path)
{
    if (!side->impl->request)
        return false;
    side->requests++;
    if (side->fault == FAULT_HANG)
        return true;
    if (side->fault == FAULT_REFUSE) {
        respond_refused(side, request);
        return true;
    }
    return side->impl->request(side, request, path);
}

void control_request(void *data, struct server_request *request)
{
    struct rehearsal *rehearsal = data;
    static const char prefix[] = "/control/";
    const char *path = server_request_path(request), *rest;
    struct side *side = rehearsal_route(rehearsal, path, &rest);
    if (strncmp(path, prefix, sizeof(prefix) - 1) == 0)
        control(rehearsal, request, path + sizeof(prefix) - 1);
    else if (!side || !side_request(side, request, rest))
        server_respond_text(request, 404, "nothing is rehearsed at this address");
}
