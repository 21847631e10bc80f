/*
 * fuzz_instagram.c - hostile deliveries at the door of an Instagram source: the bytes as a body with a good signature,
 * with their own first line as signature, and as a challenge. Deps: connector_dep.
 */
#include <stdio.h>

#include "decoding.h"

#include "base/json.h"
#include "connector/connector_impl.h"
#include "connector/inbound.h"
#include "net/loop.h"
#include "net/signature.h"

struct given {
    const char *signature, *query;
};

static const char *query_of(const struct inbound_request *request, const char *name)
{
    return strcmp(name, "hub.mode") == 0 ? "subscribe" : ((const struct given *)request->data)->query;
}

static const char *header_of(const struct inbound_request *request, const char *name)
{
    return ((const struct given *)request->data)->signature;
}

static void knock(struct connector *connector, const char *method, const char *body, size_t len, struct given given)
{
    struct inbound_request request = {.method = method, .kind = "", .body = body, .len = len, .query = query_of,
                                      .header = header_of, .data = &given};
    struct inbound_answer answer = {0};
    connector_request(connector, &request, &answer);
    buffer_fini(&answer.body);
}

static void try_door(struct loop *loop, const char *text, size_t len, struct buffer *out)
{
    struct connector_options options = {.loop = loop, .deliver = fuzz_check_message, .data = out};
    json_t *config = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "connector", "instagram", "account", "17841405822304914", "token",
                               "0123456789abcdef0123456789abcdef", "app_secret", "secret", "verify_token", "v", "access_token", "a",
                               "api_url", "nowhere:");
    struct connector *connector = connector_create(config, &options, NULL);
    unsigned char digest[SIGNATURE_BYTES];
    char hex[SIGNATURE_HEX_BYTES];
    signature_hmac_sha256("secret", 6, text, len, digest);
    signature_to_hex(digest, hex);
    connector_start(connector);
    knock(connector, "POST", text, len, (struct given){hex, NULL});
    knock(connector, "POST", text, len, (struct given){text, NULL});
    knock(connector, "POST", text, len, (struct given){NULL, NULL});
    knock(connector, "GET", text, len, (struct given){NULL, text});
    knock(connector, "GET", text, len, (struct given){NULL, "v"});
    knock(connector, "PUT", text, len, (struct given){NULL, NULL});
    connector_act(connector, &(struct connector_act){.kind = CONNECTOR_BAN});
    struct connector_task task = {.number = 99, .act = {.kind = CONNECTOR_SAY, .text = text, .native_id = text}};
    connector->impl->act(connector, &task);
    task.act.native_id = "1";
    connector->impl->act(connector, &task);
    connector_destroy(connector);
    json_object_set_new(config, "account", json_string(text));
    free(connector_source_id(config, NULL));
    json_decref(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct loop *loop;
    if (!loop)
        loop = loop_create(NULL);
    struct buffer out = {0};
    struct connector_options options = {.deliver = fuzz_check_message, .data = &out};
    struct connector *connector = connector_create_decoder("instagram", &options, NULL);
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    connector_receive(connector, text, size, NULL);
    try_door(loop, text, size, &out);
    free(text);
    connector_destroy(connector);
    buffer_fini(&out);
    return 0;
}
