#include "rehearsal/push.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http.h"
#include "rehearsal/side.h"

enum { ATTEMPTS = 3, AGAIN_MS = 1000, TIMEOUT_MS = 5000, WAITING = 10000 };

struct letter {
    struct list link;            // in push.letters
    char *path;                  // owned; NULL: none
    struct net_header *headers;  // owned, with their strings
    size_t header_count;
    char *body;                  // owned
    size_t len;
    int attempts;
};

struct push {
    struct side *side;
    struct loop *loop;
    struct push_options options;  // filled in
    struct list letters;          // struct letter; the first is under way while request is set
    size_t waiting;
    struct http_request *request;
    struct timer timer;
    uint64_t pushed, failed;
};

static void letter_free(struct push *push, struct letter *letter)
{
    list_remove(&letter->link);
    push->waiting--;
    for (size_t i = 0; i < letter->header_count; i++) {
        free((char *)letter->headers[i].name);
        free((char *)letter->headers[i].value);
    }
    free(letter->headers);
    free(letter->path);
    free(letter->body);
    free(letter);
}

static struct letter *first_letter(struct push *push)
{
    return list_is_empty(&push->letters) ? NULL : container_of(push->letters.next, struct letter, link);
}

static void handle_done(void *data, const struct http_result *result)
{
    struct push *push = data;
    struct letter *letter = first_letter(push);
    bool is_taken = result->status >= 200 && result->status < 300;
    push->request = NULL;
    push->pushed += is_taken;
    if (is_taken || ++letter->attempts >= push->options.attempts_max) {
        push->failed += !is_taken;
        letter_free(push, letter);
    }
    if (push->options.on_answer)
        push->options.on_answer(push->side, result->status);
    timer_start(&push->timer, is_taken ? 0 : push->options.again_ms);
}

static bool may_send(const struct push *push)
{
    enum fault_state fault = push->side->fault;
    return !push->request && side_target(push->side) && fault != FAULT_HANG && fault != FAULT_STALL;
}

static void send_first(void *data)
{
    struct push *push = data;
    struct letter *letter = first_letter(push);
    if (!letter || !may_send(push))
        return;
    char *url = xasprintf("%s%s", side_target(push->side), letter->path ? letter->path : "");
    struct error err = {0};
    push->request = http_start(push->loop, &(struct http_options){
        .url = url, .method = "POST", .headers = letter->headers, .header_count = letter->header_count,
        .body = letter->body, .body_len = letter->len, .timeout_ms = push->options.timeout_ms, .on_done = handle_done,
        .data = push}, &err);
    if (!push->request)
        log_warn("rehearsal", "%s.target: %s", push->side->impl->name, err.text);
    free(url);
}

struct push *push_create(struct side *side, struct loop *loop, const struct push_options *options)
{
    struct push *push = xcalloc(1, sizeof(*push));
    push->side = side;
    push->loop = loop;
    push->options = *options;
    push->options.attempts_max = options->attempts_max ? options->attempts_max : ATTEMPTS;
    push->options.again_ms = options->again_ms ? options->again_ms : AGAIN_MS;
    push->options.timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    push->options.waiting_max = options->waiting_max ? options->waiting_max : WAITING;
    list_init(&push->letters);
    timer_init(&push->timer, loop, send_first, push);
    return push;
}

void push_destroy(struct push *push)
{
    if (!push)
        return;
    http_cancel(push->request);
    timer_stop(&push->timer);
    while (first_letter(push))
        letter_free(push, first_letter(push));
    free(push);
}

static void make_room(struct push *push)
{
    struct letter *first = first_letter(push);
    if (push->waiting < push->options.waiting_max || !first)
        return;
    if (push->request && first->link.next == &push->letters)
        return;
    push->failed++;
    letter_free(push, push->request ? container_of(first->link.next, struct letter, link) : first);
}

void push_send(struct push *push, const char *path, const struct net_header *headers, size_t header_count,
               const char *body, size_t len)
{
    make_room(push);
    struct letter *letter = xcalloc(1, sizeof(*letter));
    letter->path = path ? xstrdup(path) : NULL;
    letter->headers = xcalloc(header_count + 1, sizeof(*letter->headers));
    for (size_t i = 0; i < header_count; i++)
        letter->headers[i] = (struct net_header){xstrdup(headers[i].name), xstrdup(headers[i].value)};
    letter->header_count = header_count;
    letter->body = xstrndup(body, len);
    letter->len = len;
    list_append(&push->letters, &letter->link);
    push->waiting++;
    push_go_on(push);
}

void push_go_on(struct push *push)
{
    if (!push->request && !timer_is_running(&push->timer))
        timer_start(&push->timer, 0);
}

void push_drop(struct push *push)
{
    if (!push->request)
        return;
    http_cancel(push->request);
    push->request = NULL;
    timer_start(&push->timer, push->options.again_ms);
}

void push_describe(const struct push *push, json_t *state)
{
    json_object_set_new(state, "pushed", json_integer((json_int_t)push->pushed));
    json_object_set_new(state, "failed", json_integer((json_int_t)push->failed));
    json_object_set_new(state, "waiting", json_integer((json_int_t)push->waiting));
}
