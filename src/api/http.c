/* One-shot commands, signing in and out, health, metrics, pictures of views, and the panel's files. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/audit.h"
#include "api/client.h"
#include "api/command.h"
#include "api/guard.h"
#include "api/pictures.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/host_pictures.h"
#include "relay/question_chapters.h"

#define API_PATH "/api/v1/"
#define PICTURES_PATH API_PATH "pictures"

enum { STRANGER_BYTES_MAX = 4096, COMMAND_BYTES_MAX = 1024 * 1024 };

static const struct net_header no_store = {"cache-control", "no-store"};

void http_respond_json(struct server_request *request, int status, const struct net_header *headers, size_t count,
                         json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    server_respond(request, status, "application/json", headers, count, text ? text : "{}", text ? strlen(text) : 2);
    free(text);
    json_decref(body);
}

void http_respond_error(struct server_request *request, int status, enum error_code code, const char *text)
{
    json_t *error = json_pack("{s:s,s:s}", "code", error_code_name(code), "text", text);
    if (!error)  // what the peer sent is no UTF-8
        error = json_pack("{s:s,s:s}", "code", error_code_name(code), "text", "refused");
    http_respond_json(request, status, &no_store, 1, json_pack("{s:o}", "error", error));
}

/* Counted, recorded and answered. what: for the record, "host". */
static void refuse(struct api *api, struct server_request *request, int status, const char *what, const char *text)
{
    api->refused++;
    audit_refuse(api->audit, audit_address(access_peer(api->access, request)), what, text);
    http_respond_error(request, status, ERROR_DENIED, text);
}

bool http_check(struct api *api, struct server_request *request, enum api_role least, struct identity *who)
{
    struct error err = {0};
    int status = access_check(api->access, request, who, &err);
    if (status != 0) {
        // Who is only not signed in knocks as every new visitor does: no line for that.
        bool is_stranger = status == 401 && !server_request_header(request, "authorization");
        if (is_stranger) {
            api->refused++;
            http_respond_error(request, status, ERROR_DENIED, err.text);
        } else {
            refuse(api, request, status, status == 401 ? "token" : "place", err.text);
        }
        return false;
    }
    if (who->role >= least)
        return true;
    api->refused++;
    audit_refuse(api->audit, who->name, "reading", server_request_path(request));
    http_respond_error(request, 403, ERROR_DENIED, "a button's token reads nothing");
    return false;
}

/* --- Sessions --- */

static void respond_session(struct api *api, struct server_request *request, const struct identity *who,
                            const char *cookie_value, bool has_cookie)
{
    char *cookie = has_cookie ? access_cookie_header(api->access, cookie_value, who) : NULL;
    const struct net_header headers[] = {no_store, {"set-cookie", cookie}};
    json_t *body = who ? json_pack("{s:s,s:s}", "role", api_role_name(who->role), "name", who->name) : json_object();
    http_respond_json(request, 200, headers, has_cookie ? 2 : 1, body);
    free(cookie);
}

/* True: this address has failed too often, and was told so. */
static bool is_held_off(struct api *api, struct server_request *request)
{
    int64_t wait_ms = guard_wait_ms(api->guard, access_peer(api->access, request), clock_monotonic_ms());
    if (wait_ms == 0)
        return false;
    char seconds[24];
    snprintf(seconds, sizeof(seconds), "%lld", (long long)(wait_ms + 999) / 1000);
    const struct net_header headers[] = {no_store, {"retry-after", seconds}};
    api->refused++;
    audit_refuse(api->audit, audit_address(access_peer(api->access, request)), "sign_in", "too many tries");
    http_respond_json(request, 429, headers, 2, json_pack("{s:{s:s,s:s}}", "error", "code", "again", "text",
                 "too many sign-ins failed from here; wait a moment"));
    return true;
}

static void refuse_link(struct api *api, struct server_request *request, enum link_state state, const struct identity *who)
{
    static const char *const words[] = {
        [LINK_UNKNOWN] = "this link is not known, was used already, or was revoked: ask for a new one (`antiphon link` makes one)",
        [LINK_USED] = "this link was used already, and is good for one browser: ask for a new one (`antiphon link` makes one)",
        [LINK_EXPIRED] = "this link is too old: ask for a new one (`antiphon link` makes one)",
    };
    api->refused++;
    guard_note_failure(api->guard, access_peer(api->access, request), clock_monotonic_ms());
    const char *actor = state == LINK_UNKNOWN ? audit_address(access_peer(api->access, request)) : who->name;
    audit_refuse(api->audit, actor, "sign_in", words[state]);
    http_respond_error(request, 403, ERROR_DENIED, words[state]);
}

static void note_sign_in(struct api *api, const struct identity *who)
{
    char text[96];
    snprintf(text, sizeof(text), "{\"role\":\"%s\",\"invite\":%llu}", api_role_name(who->role), (unsigned long long)who->invite);
    audit_add(api->audit, who->name, "session.begin", text);
}

static void sign_in(struct api *api, struct server_request *request)
{
    struct error err = {0};
    size_t len;
    if (is_held_off(api, request))
        return;
    const char *body = server_request_body(request, &len);
    json_t *object = json_parse(body, len, &err);
    const char *link = json_get_text(object, "link");
    struct identity who = {0};
    char session[TOKEN_TEXT_BYTES];
    enum link_state state = link ? access_use_link(api->access, str_from(link), session, &who) : LINK_UNKNOWN;
    if (state == LINK_GOOD) {
        note_sign_in(api, &who);
        respond_session(api, request, &who, session, true);
    } else {
        refuse_link(api, request, state, &who);
    }
    json_decref(object);
}

static void handle_session(struct api *api, struct server_request *request)
{
    struct error err = {0};
    struct identity who;
    enum server_method method = server_request_method(request);
    if (access_check_place(api->access, request, &err) != 0) {
        refuse(api, request, 403, "place", err.text);
    } else if (method == METHOD_POST) {
        sign_in(api, request);
    } else if (method == METHOD_GET && http_check(api, request, API_ROLE_BUTTON, &who)) {
        const char *cookie = who.session ? server_request_cookie(request, access_cookie) : NULL;
        respond_session(api, request, &who, cookie, cookie != NULL);
    } else if (method == METHOD_DELETE && http_check(api, request, API_ROLE_BUTTON, &who)) {
        audit_add(api->audit, who.name, "session.end", "{}");
        access_end_session(api->access, request);
        client_end_session(api, who.session);
        respond_session(api, request, NULL, NULL, true);
    } else if (method != METHOD_GET && method != METHOD_DELETE) {
        http_respond_error(request, 405, ERROR_DATA, "a session is asked for with GET, begun with POST, ended with DELETE");
    }
}

/* --- Commands --- */

static void handle_command(struct api *api, struct server_request *request, const char *name)
{
    struct identity who;
    struct error err = {0};
    if (access_check_place(api->access, request, &err) != 0) {
        refuse(api, request, 403, "place", err.text);
        return;
    }
    if (server_request_method(request) != METHOD_POST) {  // before the token: this one learns nothing by it
        const struct net_header headers[] = {no_store, {"allow", "POST"}};
        http_respond_json(request, 405, headers, 2, json_pack("{s:{s:s,s:s}}", "error", "code", "data", "text",
                     "commands are sent with POST: a link that somebody opens, or a preview of one, must change nothing"));
        return;
    }
    if (!http_check(api, request, API_ROLE_BUTTON, &who))
        return;
    size_t len;
    const char *body = server_request_body(request, &len);
    json_t *arguments = len > 0 ? json_parse(body, len, &err) : json_object();
    if (json_is_object(arguments)) {
        command_run(api, name, arguments, &who, NULL, NULL, request);
    } else {
        if (arguments)
            error_set(&err, ERROR_DATA, "an object is expected");
        error_prefix(&err, "%.40s: the arguments", name);
        http_respond_error(request, 400, ERROR_DATA, err.text);
    }
    json_decref(arguments);
}

/* The path below ours; a proxy may have taken the base path off or not. */
static const char *local_path(const struct api *api, const char *path)
{
    const char *base = access_base_path(api->access);
    size_t len = strlen(base);
    if (len > 0 && strncmp(path, base, len) == 0 && (path[len] == '/' || path[len] == '\0'))
        path += len;
    return *path ? path : "/";
}

size_t http_limit_body(void *data, const struct server_request *request)
{
    const struct api *api = data;
    struct identity who;
    bool is_known = access_check(api->access, request, &who, NULL) == 0;
    if (is_known && who.role >= API_ROLE_MODERATOR && strcmp(local_path(api, server_request_path(request)), PICTURES_PATH) == 0)
        return HOST_PICTURE_BYTES_MAX;
    return is_known ? COMMAND_BYTES_MAX : STRANGER_BYTES_MAX;
}

void http_refuse_body(void *data, struct server_request *request, size_t limit)
{
    struct api *api = data;
    struct identity who;
    bool is_known = access_check(api->access, request, &who, NULL) == 0;
    char text[120];
    snprintf(text, sizeof(text), "the body is too large: %zu bytes at most%s", is_known || limit > STRANGER_BYTES_MAX ? limit : (size_t)STRANGER_BYTES_MAX,
             is_known ? "" : " of who has not signed in");
    api->refused++;
    audit_refuse(api->audit, is_known ? who.name : audit_address(access_peer(api->access, request)), "size", text);
    http_respond_error(request, 413, ERROR_DATA, text);
}

/* --- Reading --- */

static void handle_health(struct api *api, struct server_request *request)
{
    struct error err = {0};
    if (access_check_place(api->access, request, &err) != 0) {
        http_respond_error(request, 403, ERROR_DENIED, err.text);
    } else {
        http_respond_json(request, 200, &no_store, 1, json_pack("{s:b}", "ok", 1));
    }
}

static void handle_metrics(struct api *api, struct server_request *request)
{
    struct identity who;
    if (!http_check(api, request, API_ROLE_VIEWER, &who))
        return;
    struct buffer text = {0};
    metrics_write(api, &text);
    server_respond(request, 200, "text/plain; version=0.0.4; charset=utf-8", &no_store, 1, text.data, text.len);
    buffer_fini(&text);
}

/* The content security policy allows no data: pictures, so a page asks for them here. */
static void handle_preview(struct api *api, struct server_request *request, const char *view)
{
    struct identity who;
    if (!http_check(api, request, API_ROLE_VIEWER, &who))
        return;
    const char *base64 = pictures_find(api->pictures, view);
    if (!base64) {
        http_respond_error(request, 404, ERROR_DATA, "there is no picture of this view yet");
        return;
    }
    size_t len = strlen(base64);
    unsigned char *png = xmalloc(len);
    int size = EVP_DecodeBlock(png, (const unsigned char *)base64, (int)len);
    for (size_t i = len; i > 0 && base64[i - 1] == '=' && size > 0; i--)
        size--;  // EVP_DecodeBlock() counts padding as bytes
    const struct net_header headers[] = {no_store, {"x-content-type-options", "nosniff"}};
    server_respond(request, 200, "image/png", headers, 2, (const char *)png, size > 0 ? (size_t)size : 0);
    free(png);
}

/* chapters/FORMAT[/ZERO_MS[/SHOW_MS]], as a file to be saved. */
static void handle_chapters(struct api *api, struct server_request *request, const char *path)
{
    struct identity who;
    char name[16] = "", disposition[64];
    long long zero_ms = 0, show_ms = 0;
    struct question_chapters_options options = {0};
    if (!http_check(api, request, API_ROLE_VIEWER, &who))
        return;
    sscanf(path, "%15[^/]/%18lld/%18lld", name, &zero_ms, &show_ms);
    if (!question_chapters_format(name, &options.format)) {
        http_respond_error(request, 404, ERROR_DATA, "chapters/FORMAT is expected: youtube, webvtt or csv");
        return;
    }
    options.zero_ms = zero_ms;
    options.show_ms = show_ms;
    struct buffer text = {0};
    questions_write_chapters(api->relay->questions, &options, &text);
    snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"", question_chapters_file_name(options.format));
    const struct net_header headers[] = {
        no_store, {"content-disposition", disposition}, {"x-content-type-options", "nosniff"}};
    server_respond(request, 200, question_chapters_type(options.format), headers, 3, text.data ? text.data : "", text.len);
    buffer_fini(&text);
}

static void handle_file(struct api *api, struct server_request *request, const char *path)
{
    struct error err = {0};
    enum server_method method = server_request_method(request);
    if (access_check_place(api->access, request, &err) != 0) {
        refuse(api, request, 403, "place", err.text);
    } else if (!api->panel_folder) {
        http_respond_error(request, 404, ERROR_DATA, "there is no panel here: the API is below " API_PATH);
    } else if (method != METHOD_GET && method != METHOD_HEAD) {
        http_respond_error(request, 405, ERROR_DATA, "files are asked for with GET");
    } else {
        server_respond_file(request, api->panel_folder, strcmp(path, "/host") == 0 ? "/host.html" : path, NULL, 0);
    }
}

void http_handle_request(void *data, struct server_request *request)
{
    struct api *api = data;
    const char *path = local_path(api, server_request_path(request));
    const char *name = strncmp(path, API_PATH, strlen(API_PATH)) == 0 ? path + strlen(API_PATH) : NULL;
    if (!name) {
        if (strcmp(path, "/metrics") == 0) {
            handle_metrics(api, request);
        } else {
            handle_file(api, request, path);
        }
    } else if (strcmp(name, "health") == 0) {
        handle_health(api, request);
    } else if (strcmp(name, "session") == 0) {
        handle_session(api, request);
    } else if (strncmp(name, "preview/", 8) == 0) {
        handle_preview(api, request, name + 8);
    } else if (strcmp(path, PICTURES_PATH) == 0) {
        host_pictures_take(api, request);
    } else if (strncmp(name, "pictures/", 9) == 0) {
        host_pictures_give(api, request, name + 9);
    } else if (strncmp(name, "chapters/", 9) == 0) {
        handle_chapters(api, request, name + 9);
    } else {
        handle_command(api, request, name);
    }
}
