#include "cli/one_shot.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/folders.h"
#include "cli/options.h"

enum { ANSWER_BYTES_MAX = 4 << 20, TIMEOUT_S = 20 };  // a platform's answer to `say` is waited for, up to 15 s

static size_t collect(char *data, size_t size, size_t count, void *user)
{
    struct buffer *answer = user;
    if (answer->len + size * count > ANSWER_BYTES_MAX)
        return 0;
    buffer_add(answer, data, size * count);
    return size * count;
}

/* Sends the request; the answer's body and status. */
static bool post(const char *socket, const char *command, const char *body, struct buffer *answer, long *status,
    struct error *err)
{
    CURL *curl = curl_easy_init();
    char *url = xasprintf("http://localhost/api/v1/%s", command);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    free(url);
    if (code == CURLE_COULDNT_CONNECT)
        return error_set(err, ERROR_AGAIN, "no relay answers on %s; start one with `antiphon run`", socket);
    return code == CURLE_OK || error_set(err, ERROR_AGAIN, "the relay on %s: %s", socket, curl_easy_strerror(code));
}

static bool read_answer(const char *command, const struct buffer *answer, long status, json_t **result,
    struct error *err)
{
    json_t *value = answer->len ? json_parse(answer->data, answer->len, err) : json_object();
    if (!value)
        return error_prefix(err, "the relay's answer to %s", command);
    if (status == 200) {
        if (result)
            *result = json_incref(value);
        json_decref(value);
        return true;
    }
    const json_t *inner = json_object_get(value, "error");
    const char *text = json_get_text(json_is_object(inner) ? inner : value, "text");
    error_set(err, status == 403 ? ERROR_DENIED : ERROR_DATA, "%s", text ? text : "the relay refused without a reason");
    json_decref(value);
    return false;
}

bool one_shot(const char *runtime_folder, const char *command, const json_t *arguments, json_t **result,
    struct error *err)
{
    char *socket = xasprintf("%s/relay.sock", runtime_folder);
    char *body = arguments ? json_dumps(arguments, JSON_COMPACT) : xstrdup("{}");
    struct buffer answer = {0};
    long status = 0;
    bool ok = post(socket, command, body, &answer, &status, err)
        && read_answer(command, &answer, status, result, err);
    buffer_fini(&answer);
    free(body);
    free(socket);
    return ok;
}

int one_shot_command(int argc, char **argv, const char *command, const char *summary)
{
    const struct option_usage usage = {argv[0], NULL, summary, NULL, 0};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct error err = {0};
    char *runtime = folder_runtime(&err);
    bool ok = runtime && one_shot(runtime, command, NULL, NULL, &err);
    free(runtime);
    if (!ok)
        fprintf(stderr, "antiphon %s: %s\n", usage.command, err.text);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}
