#include "overlay/own_pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/list.h"
#include "net/base64.h"
#include "net/loop.h"
#include "overlay/link.h"
#include "overlay/pictures.h"

enum { HASH_BYTES = 65, ANSWER_MS = 15000 };

/* One picture on its way; only the first in the list is being asked for. */
struct transfer {
    struct list link;  // in own_pictures.transfers
    char hash[HASH_BYTES];
    struct buffer bytes;
};

struct own_pictures {
    struct own_pictures_options options;
    struct list transfers;
    struct timer timer;   // until the piece that was asked for must be here, or until it is asked for
    bool is_asked;
    int64_t ref;          // of the last command
};

static void handle_timer(void *data);

struct own_pictures *own_pictures_create(const struct own_pictures_options *options)
{
    struct own_pictures *own = xcalloc(1, sizeof(*own));
    own->options = *options;
    list_init(&own->transfers);
    timer_init(&own->timer, options->loop, handle_timer, own);
    return own;
}

static struct transfer *first(const struct own_pictures *own)
{
    return list_is_empty(&own->transfers) ? NULL : container_of(own->transfers.next, struct transfer, link);
}

static void drop(struct transfer *transfer)
{
    list_remove(&transfer->link);
    buffer_fini(&transfer->bytes);
    free(transfer);
}

void own_pictures_destroy(struct own_pictures *own)
{
    if (!own)
        return;
    timer_stop(&own->timer);
    for (struct transfer *transfer; (transfer = first(own));)
        drop(transfer);
    free(own);
}

/* Takes it off the list before it tells: who is told may ask for the next one. */
static void end_first(struct own_pictures *own, const struct error *error)
{
    struct transfer *transfer = first(own);
    list_remove(&transfer->link);
    own->is_asked = false;
    timer_start(&own->timer, 0);
    pictures_take_own(own->options.pictures, transfer->hash, error ? NULL : transfer->bytes.data, transfer->bytes.len, error);
    drop(transfer);
}

static void fail_first(struct own_pictures *own, enum error_code code, const char *why)
{
    struct error error = {0};
    error_set(&error, code, "%s", why);
    end_first(own, &error);
}

static void ask_for_piece(struct own_pictures *own)
{
    struct transfer *transfer = first(own);
    char text[256];
    int len = snprintf(text, sizeof(text), "{\"type\":\"command\",\"ref\":\"picture-%lld\",\"command\":\"picture.get\",\"name\":\"%s\",\"from\":%zu}",
        (long long)++own->ref, transfer->hash, transfer->bytes.len);
    own->is_asked = true;
    if (link_send(own->options.link, text, (size_t)len))
        timer_start(&own->timer, ANSWER_MS);
    else
        fail_first(own, ERROR_AGAIN, "the relay is away");
}

static void handle_timer(void *data)
{
    struct own_pictures *own = data;
    if (own->is_asked)
        fail_first(own, ERROR_AGAIN, "the relay does not answer");
    else if (first(own))
        ask_for_piece(own);
}

void own_pictures_ask(struct own_pictures *own, const char *hash)
{
    struct transfer *transfer = xcalloc(1, sizeof(*transfer));
    snprintf(transfer->hash, sizeof(transfer->hash), "%s", hash);
    list_append(&own->transfers, &transfer->link);
    if (!own->is_asked)
        timer_start(&own->timer, 0);
}

void own_pictures_set_up(struct own_pictures *own, bool is_up)
{
    if (!is_up && own->is_asked)
        fail_first(own, ERROR_AGAIN, "the relay is lost");
}

static bool is_ours(const struct own_pictures *own, const json_t *message)
{
    char ref[40];
    const char *given = json_get_text(message, "ref");
    snprintf(ref, sizeof(ref), "picture-%lld", (long long)own->ref);
    return own->is_asked && given && strcmp(given, ref) == 0;
}

static void take_piece(struct own_pictures *own, const json_t *piece)
{
    struct transfer *transfer = first(own);
    const char *data = json_get_text(piece, "data");
    size_t before = transfer->bytes.len;
    bool is_good = data && json_get_int(piece, "from", 0) == (int64_t)before &&
        base64_decode(&transfer->bytes, data, strlen(data)) && transfer->bytes.len > before;
    if (!is_good)
        fail_first(own, ERROR_DATA, "the relay sent a piece that does not fit");
    else if (transfer->bytes.len > PICTURE_BYTES_MAX)
        fail_first(own, ERROR_DATA, "it is longer than 2 MiB");
    else if (json_get_int(piece, "next", 0) > 0)
        ask_for_piece(own);
    else
        end_first(own, NULL);
}

void own_pictures_handle_reply(struct own_pictures *own, const json_t *message)
{
    if (!is_ours(own, message))
        return;
    if (json_get_bool(message, "ok", false)) {
        take_piece(own, json_object_get(message, "result"));
        return;
    }
    const json_t *error = json_object_get(message, "error");
    const char *code = json_get_text(error, "code"), *text = json_get_text(error, "text");
    fail_first(own, code && strcmp(code, "again") == 0 ? ERROR_AGAIN : ERROR_DATA, text ? text : "the relay refuses it");
}
