/*
 * The host's own pictures over HTTP: a moderator uploads one as the body of a POST, whoever reads the desk may look at it.
 * Moderators may: what they type goes on air as well, and a picture is bounded, undecoded here, and in the record by its name.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/audit.h"
#include "base/error.h"
#include "base/memory.h"
#include "relay/host_pictures.h"

static const struct net_header no_store = {"cache-control", "no-store"};

/* Between the request and the disk's answer. */
struct upload {
    struct api *api;
    struct server_request *request;  // NULL: the browser is gone, and with it maybe the api
    char *by;
    size_t len;
};

static int status_of(enum error_code code)
{
    return code == ERROR_DATA ? 400 : code == ERROR_AGAIN ? 409 : code == ERROR_DENIED ? 403 : 500;
}

static void handle_gone(void *data)
{
    ((struct upload *)data)->request = NULL;
}

static void handle_kept(void *data, const char *name, const struct error *err)
{
    struct upload *upload = data;
    if (upload->request && name) {
        char text[160];
        snprintf(text, sizeof(text), "{\"name\":\"%s\",\"bytes\":%zu}", name, upload->len);
        audit_add(upload->api->audit, upload->by, "picture.add", text);
        http_respond_json(upload->request, 200, &no_store, 1,
                          json_pack("{s:s,s:I}", "picture", name, "bytes", (json_int_t)upload->len));
    } else if (upload->request) {
        http_respond_error(upload->request, status_of(err->code), err->code, err->text);
    }
    free(upload->by);
    free(upload);
}

void host_pictures_take(struct api *api, struct server_request *request)
{
    struct identity who;
    struct error err = {0};
    size_t len;
    if (server_request_method(request) != METHOD_POST) {
        http_respond_error(request, 405, ERROR_DATA, "a picture is sent with POST, as the body");
        return;
    }
    if (!http_check(api, request, API_ROLE_VIEWER, &who))
        return;
    if (who.role < API_ROLE_MODERATOR) {
        api->refused++;
        audit_refuse(api->audit, who.name, "command", "picture.add");
        http_respond_error(request, 403, ERROR_DENIED, "this is for role moderator: ask the owner for an invitation");
        return;
    }
    const char *body = server_request_body(request, &len);
    struct upload *upload = xcalloc(1, sizeof(*upload));
    *upload = (struct upload){.api = api, .request = request, .by = xstrdup(who.name), .len = len};
    server_request_on_gone(request, handle_gone, upload);
    if (host_pictures_add(api->relay->host_pictures, body, len, handle_kept, upload, &err))
        return;
    handle_kept(upload, NULL, &err);
}

void host_pictures_give(struct api *api, struct server_request *request, const char *name)
{
    struct identity who;
    struct error err = {0};
    struct buffer bytes = {0};
    size_t total;
    if (!http_check(api, request, API_ROLE_VIEWER, &who))
        return;
    if (!host_pictures_read(api->relay->host_pictures, name, 0, HOST_PICTURE_BYTES_MAX, &bytes, &total, &err)) {
        http_respond_error(request, 404, ERROR_DATA, err.text);
    } else {
        // Its bytes are a stranger's: an image to look at, and never a page.
        const char *type = host_picture_type(bytes.data, bytes.len);
        const struct net_header headers[] = {
            no_store, {"x-content-type-options", "nosniff"}, {"content-security-policy", "default-src 'none'; sandbox"}};
        server_respond(request, 200, type ? type : "application/octet-stream", headers, 3, bytes.data, bytes.len);
    }
    buffer_fini(&bytes);
}
