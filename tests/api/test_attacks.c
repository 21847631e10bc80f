/*
 * What the Internet does to a desk: guessed, replayed and old links, foreign pages, roles that reach too high, commands of
 * 50 MB. Each is refused with words and a line in the record, and the relay's memory stays where it was.
 */
#include "desk.h"

#include <malloc.h>

#include "api/command.h"
#include "api/command_rules.h"
#include "api/crew.h"
#include "api/token.h"
#include "base/clock.h"
#include "relay/show.h"

enum { TRIES = 10000, HUGE_BYTES = 50 * 1000 * 1000, GROWTH_BYTES_MAX = 4 << 20 };

/* --- Memory --- */

struct memory {
    size_t heap, resident;
};

static struct memory measure(void)
{
    long pages = 0;
    malloc_trim(0);
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1)
        fail_msg("no /proc/self/statm");
    fclose(file);
    return (struct memory){mallinfo2().uordblks, (size_t)pages * (size_t)sysconf(_SC_PAGESIZE)};
}

static void assert_flat(struct memory before, const char *what)
{
#ifndef __SANITIZE_ADDRESS__  // which keeps what was freed
    struct memory now = measure();
    long long heap = (long long)now.heap - (long long)before.heap, resident = (long long)now.resident - (long long)before.resident;
    print_message("%s: heap %+lld bytes, resident %+lld\n", what, heap, resident);
    if (heap > GROWTH_BYTES_MAX || resident > 2 * GROWTH_BYTES_MAX)
        fail_msg("%s: memory grew by %lld bytes, resident by %lld", what, heap, resident);
#endif
}

/* --- Requests --- */

static const char *post(struct desk *desk, const char *path, const char *headers, const char *body)
{
    return desk_http(desk, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s", path,
                     api_port(desk->api), headers, strlen(body), body);
}

static const char *get(struct desk *desk, const char *path, const char *headers)
{
    return desk_http(desk, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s\r\n", path, api_port(desk->api), headers);
}

static int status_of(const char *answer)
{
    int status = 0;
    sscanf(answer, "HTTP/1.1 %d", &status);
    return status;
}

static void assert_answer(const char *answer, int status, const char *words)
{
    if (status_of(answer) != status || !strstr(answer, words))
        fail_msg("expected %d and \"%s\":\n%.600s", status, words, answer);
}

static const char *own_origin(const struct desk *desk)
{
    static char header[64];
    snprintf(header, sizeof(header), "Origin: http://127.0.0.1:%u\r\n", api_port(desk->api));
    return header;
}

/* --- The record --- */

struct found {
    size_t lines;
    int64_t more;
    char actor[80], text[256];  // of the newest
    bool is_done;
    struct loop *loop;
};

static void take_lines(void *data, const struct journal_audit_entry *entries, size_t count, const struct error *err)
{
    struct found *found = data;
    found->lines = count;
    for (size_t i = 0; i < count; i++) {
        json_t *detail = json_loads(entries[i].text, 0, NULL);
        found->more += json_get_int(detail, "more", 0);
        json_decref(detail);
    }
    if (count > 0) {
        snprintf(found->actor, sizeof(found->actor), "%s", entries[0].actor);
        snprintf(found->text, sizeof(found->text), "%s", entries[0].text);
    }
    found->is_done = true;
    loop_stop(found->loop);
}

static struct found read_audit(struct desk *desk, const char *action)
{
    struct found found = {.loop = desk->kit.loop};
    journal_wait(desk->relay->journal, 10000);
    journal_read_audit(desk->relay->journal, &(struct journal_audit_filter){.action = action}, 1000, take_lines, &found);
    while (!found.is_done)
        kit_run(&desk->kit);
    return found;
}

static void assert_recorded(struct desk *desk, const char *action, const char *actor, const char *words)
{
    struct found found = read_audit(desk, action);
    if (found.lines == 0 || strcmp(found.actor, actor) != 0 || !strstr(found.text, words))
        fail_msg("%s: %zu lines, the newest \"%s\" %s instead of \"%s\" %s", action, found.lines, found.actor, found.text, actor, words);
}

/* --- 10,000 log-in tries --- */

struct siege {
    struct desk *desk;
    bool is_forwarded, is_done;
    int refused, held_off, other;
};

static bool read_answer(int fd, char *buffer, size_t size)
{
    size_t len = 0;
    while (len < size - 1) {
        ssize_t got = recv(fd, buffer + len, size - 1 - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
        buffer[len] = '\0';
        const char *end = strstr(buffer, "\r\n\r\n"), *length = strstr(buffer, "content-length: ");
        if (end && length && len >= (size_t)(end - buffer) + 4 + strtoul(length + 16, NULL, 10))
            return true;
    }
    return false;
}

static void end_siege(void *data)
{
    struct siege *siege = data;
    siege->is_done = true;
    loop_stop(siege->desk->kit.loop);
}

static void *besiege(void *data)
{
    struct siege *siege = data;
    uint16_t port = api_port(siege->desk->api);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = -1;
    for (int i = 0; i < TRIES; i++) {
        char request[400], from[64] = "", answer[2048];
        if (fd < 0) {
            fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
                break;
        }
        if (siege->is_forwarded)
            snprintf(from, sizeof(from), "X-Forwarded-For: 198.51.%d.%d\r\n", i / 256, i % 256);
        int len = snprintf(request, sizeof(request), "POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%sContent-Length: 54\r\n\r\n"
                           "{\"link\":\"%043d\"}", port, from, i);
        if (send(fd, request, (size_t)len, MSG_NOSIGNAL) != len || !read_answer(fd, answer, sizeof(answer))) {
            close(fd);
            fd = -1;
            siege->other++;
            continue;
        }
        int status = status_of(answer);
        *(status == 403 ? &siege->refused : status == 429 ? &siege->held_off : &siege->other) += 1;
    }
    close(fd);
    loop_post(siege->desk->kit.loop, end_siege, siege);
    return NULL;
}

static void run_siege(struct siege *siege)
{
    pthread_t thread;
    pthread_create(&thread, NULL, besiege, siege);
    while (!siege->is_done)
        kit_run(&siege->desk->kit);
    pthread_join(thread, NULL);
}

static void test_ten_thousand_tries(void **state)
{
    struct desk desk;
    desk_init(&desk);
    desk_start(&desk);
    struct siege first = {.desk = &desk}, siege = {.desk = &desk};
    run_siege(&first);  // what is made once is made
    struct memory before = measure();
    run_siege(&siege);
    assert_flat(before, "10,000 log-in tries");
    assert_int_equal(siege.other, 0);
    assert_int_equal(siege.refused + siege.held_off, TRIES);
    assert_true(siege.refused < 100);  // ten at once, then one in six seconds
    struct found found = read_audit(&desk, "refused.sign_in");
    assert_true(found.lines >= 1 && found.lines < 10);
    assert_string_equal(found.actor, "127.0.0.1");
    // A right link is let in from elsewhere meanwhile: only this address waits.
    assert_answer(post(&desk, "/api/v1/session", own_origin(&desk), "{\"link\":\"x\"}"), 429, "too many sign-ins failed");
    desk_stop(&desk);
    desk_start(&desk);
    found = read_audit(&desk, "refused.sign_in");  // the count of the minute that was not over
    assert_int_equal(found.lines + (size_t)found.more, 2 * TRIES + 1 + (size_t)(found.lines > 1));
    desk_fini(&desk);
}

/* Behind a trusted proxy each has his own tries; and a flood of addresses is a few lines. */
static void test_tries_behind_a_proxy(void **state)
{
    static const char *const trusted[] = {"127.0.0.1"};
    struct desk desk;
    desk_init(&desk);
    desk.api_options.trusted_proxies = trusted;
    desk.api_options.trusted_proxy_count = 1;
    desk_start(&desk);
    for (int i = 0; i < 10; i++)
        post(&desk, "/api/v1/session", "X-Forwarded-For: 203.0.113.7\r\n", "{\"link\":\"x\"}");
    assert_int_equal(status_of(post(&desk, "/api/v1/session", "X-Forwarded-For: 6.6.6.6, 203.0.113.7\r\n", "{\"link\":\"x\"}")), 429);
    assert_int_equal(status_of(post(&desk, "/api/v1/session", "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 203.0.113.8\r\n", "{\"link\":\"x\"}")), 403);
    assert_recorded(&desk, "refused.sign_in", "203.0.113.*", "not known");
    struct siege siege = {.desk = &desk, .is_forwarded = true};
    struct memory before = measure();
    run_siege(&siege);
    assert_flat(before, "10,000 tries from 10,000 addresses");
    assert_int_equal(siege.other, 0);
    assert_true(read_audit(&desk, "refused").lines <= 40);
    desk_fini(&desk);
}

/* --- Foreign pages --- */

static void test_foreign_pages(void **state)
{
    struct desk desk;
    desk_init(&desk);
    desk_start(&desk);
    assert_answer(post(&desk, "/api/v1/clear", "Origin: https://evil.example\r\n", ""), 403, "Origin \\\"https://evil.example\\\" is not one of ours");
    assert_recorded(&desk, "refused.place", "127.0.0.1", "evil.example");
    assert_answer(desk_http(&desk, "POST /api/v1/clear HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
                  403, "Host \\\"rebound.example\\\" is not one of ours");
    assert_answer(post(&desk, "/api/v1/clear", "Authorization: Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n", ""), 401, "not known");
    assert_recorded(&desk, "refused.token", "127.0.0.1", "not known");
    struct caller caller;
    caller_connect(&caller, &desk, "https://evil.example", NULL, 0, true);
    assert_int_equal(caller.http_status, 403);
    caller_close(&caller);
    assert_recorded(&desk, "refused.socket", "127.0.0.1", "evil.example");
    // A link that somebody opens changes nothing, and is told so before it is asked who it is.
    assert_answer(get(&desk, "/api/v1/panic", ""), 405, "commands are sent with POST");
    assert_non_null(strstr(get(&desk, "/api/v1/panic", ""), "allow: POST"));
    desk_fini(&desk);
}

/* --- Invitations --- */

/* Invites and signs in; the cookie, static. */
static const char *join(struct desk *desk, struct caller *owner, const char *members, int64_t *id)
{
    static char cookie[96];
    char body[128];
    json_t *reply = caller_ask(owner, "invite", members);
    const json_t *result = json_object_get(reply, "result");
    const char *url = json_get_text(result, "url");
    assert_non_null(url);
    *id = json_get_int(result, "id", 0);
    snprintf(body, sizeof(body), "{\"link\":\"%s\"}", strstr(url, "#link=") + 6);
    json_decref(reply);
    const char *answer = post(desk, "/api/v1/session", own_origin(desk), body);
    assert_answer(answer, 200, "set-cookie");
    const char *value = strstr(answer, "antiphon_session=");
    snprintf(cookie, sizeof(cookie), "%.*s", (int)strcspn(value, ";"), value);
    assert_answer(post(desk, "/api/v1/session", own_origin(desk), body), 403, "used already");
    return cookie;
}

static void open_socket(struct caller *caller, struct desk *desk, const char *cookie)
{
    char origin[64];
    snprintf(origin, sizeof(origin), "http://127.0.0.1:%u", api_port(desk->api));
    caller_connect(caller, desk, origin, &(struct net_header){"Cookie", cookie}, 1, true);
    assert_true(caller->is_open);
    caller_say(caller, "{\"type\":\"hello\",\"client\":\"panel\",\"topics\":[\"desk\"]}");
    json_decref(caller_wait(caller, "welcome"));
}

static void test_revoked_at_once(void **state)
{
    struct desk desk;
    struct caller owner, first, second, other;
    char members[40], cookies[2][96], header[128];
    int64_t ids[2];
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&owner, &desk, NULL);
    snprintf(cookies[0], 96, "%s", join(&desk, &owner, "\"role\":\"moderator\",\"name\":\"ben\",\"life\":\"forever\"", &ids[0]));
    snprintf(cookies[1], 96, "%s", join(&desk, &owner, "\"role\":\"moderator\",\"name\":\"ben\"", &ids[1]));
    assert_recorded(&desk, "refused.sign_in", "ben", "used already");
    assert_recorded(&desk, "session.begin", "ben", "\"role\":\"moderator\"");
    open_socket(&first, &desk, cookies[0]);
    open_socket(&second, &desk, cookies[0]);
    open_socket(&other, &desk, cookies[1]);
    json_t *reply = caller_ask(&owner, "invite.list", "");
    const json_t *list = json_object_get(json_object_get(reply, "result"), "invitations");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_get_text(json_array_get(list, 0), "life"), "forever");
    assert_string_equal(json_get_text(json_array_get(list, 0), "state"), "used");
    assert_string_equal(json_get_text(json_array_get(list, 0), "by"), "anna");
    assert_int_equal(json_get_int(json_array_get(list, 0), "sessions", -1), 1);
    json_decref(reply);
    snprintf(members, sizeof(members), "\"id\":%lld", (long long)ids[0]);
    int64_t since_ms = clock_monotonic_ms();
    caller_must(&owner, "invite.revoke", members);
    while (!first.is_closed || !second.is_closed)
        kit_run(&desk.kit);
    print_message("revoked: two sockets closed after %lld ms\n", (long long)(clock_monotonic_ms() - since_ms));
    assert_int_equal(first.code, 1008);
    assert_false(other.is_closed);
    caller_must(&other, "history", "");
    snprintf(header, sizeof(header), "Cookie: %s\r\n", cookies[0]);
    assert_int_equal(status_of(get(&desk, "/api/v1/session", header)), 401);
    snprintf(header, sizeof(header), "Cookie: %s\r\n", cookies[1]);
    assert_int_equal(status_of(get(&desk, "/api/v1/session", header)), 200);
    assert_recorded(&desk, "invite.revoke", "anna", members);
    caller_refused(&owner, "invite.revoke", members, "there is no invitation");
    caller_close(&first);
    caller_close(&second);
    caller_close(&other);
    caller_close(&owner);
    desk_fini(&desk);
}

struct key {
    char text[120];
};

static void take_key(void *data, const char *key, const char *text)
{
    snprintf(((struct key *)data)->text, sizeof(struct key), "%s", key);
}

/* A link that was revoked before it was used, and one whose time is over. */
static void test_old_links(void **state)
{
    struct desk desk;
    struct caller owner;
    char bodies[2][128];
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&owner, &desk, NULL);
    for (int i = 0; i < 2; i++) {
        json_t *reply = caller_ask(&owner, "invite", "\"role\":\"viewer\",\"name\":\"ben\",\"minutes\":1");
        snprintf(bodies[i], sizeof(bodies[i]), "{\"link\":\"%s\"}", strstr(json_get_text(json_object_get(reply, "result"), "url"), "#link=") + 6);
        json_decref(reply);
        if (i == 0)
            caller_must(&owner, "invite.revoke", "\"id\":1");
    }
    assert_answer(post(&desk, "/api/v1/session", own_origin(&desk), bodies[0]), 403, "revoked");
    struct key key = {0};
    journal_each_state(desk.relay->journal, "token:link:", take_key, &key);
    json_t *token = json_loads(journal_state(desk.relay->journal, key.text), 0, NULL);
    json_object_set_new(token, "expires_ms", json_integer(clock_unix_ms() - 1));
    char *text = json_dumps(token, JSON_COMPACT);
    journal_set_state(desk.relay->journal, key.text, text);
    assert_answer(post(&desk, "/api/v1/session", own_origin(&desk), bodies[1]), 403, "this link is too old");
    assert_recorded(&desk, "refused.sign_in", "ben", "too old");
    free(text);
    json_decref(token);
    caller_close(&owner);
    desk_fini(&desk);
}

/* For one show: the next one's beginning ends it, in the open socket too. For good: nothing does. */
static void test_lives(void **state)
{
    struct desk desk;
    struct caller owner, guest, friend;
    char show[96], forever[96], header[128];
    int64_t id;
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&owner, &desk, NULL);
    snprintf(show, sizeof(show), "%s", join(&desk, &owner, "\"role\":\"viewer\",\"name\":\"guest\",\"life\":\"show\"", &id));
    snprintf(forever, sizeof(forever), "%s", join(&desk, &owner, "\"role\":\"viewer\",\"name\":\"friend\",\"life\":\"forever\"", &id));
    caller_refused(&owner, "invite", "\"role\":\"viewer\",\"life\":\"week\"", "life \"week\": show or forever");
    caller_refused(&owner, "invite", "\"role\":\"button\"", "role \"button\"");
    open_socket(&guest, &desk, show);
    open_socket(&friend, &desk, forever);
    snprintf(header, sizeof(header), "Cookie: %s\r\n", forever);
    assert_answer(get(&desk, "/api/v1/session", header), 200, "Max-Age=34560000");  // begun anew at each visit
    snprintf(header, sizeof(header), "Cookie: %s\r\n", show);
    const char *answer = get(&desk, "/api/v1/session", header);
    assert_answer(answer, 200, "Max-Age=172");  // 48 hours less a moment
    caller_must(&owner, "show.begin", "");
    while (!guest.is_closed)
        kit_run(&desk.kit);
    assert_int_equal(guest.code, 1008);
    assert_false(friend.is_closed);
    assert_int_equal(status_of(get(&desk, "/api/v1/session", header)), 401);
    caller_close(&guest);
    while (clock_unix_ms() <= show_begun_ms(desk.relay->journal))
        continue;
    // One that comes now is for the show that began.
    snprintf(show, sizeof(show), "%s", join(&desk, &owner, "\"role\":\"viewer\",\"name\":\"guest\",\"life\":\"show\"", &id));
    open_socket(&guest, &desk, show);
    caller_close(&guest);
    caller_close(&friend);
    caller_close(&owner);
    desk_fini(&desk);
}

/* Invitations have an end, and names are names. */
static void test_hostile_invitations(void **state)
{
    static const struct {
        const char *name, *words;  // words NULL: taken as it is
    } cases[] = {
        {"<script>alert(1)</script>", NULL},
        {"<img src=x onerror=alert(1)>", NULL},
        {"نیلوفر", NULL},
        {"a\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301", NULL},
        {"line\\nend", "control characters"},
        {"turn\\u202Ethis", "control characters"},
        {"turn\\u2066this", "control characters"},
        {"\\u009b31m", "control characters"},
    };
    struct desk desk;
    struct caller owner;
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&owner, &desk, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char members[200];
        snprintf(members, sizeof(members), "\"role\":\"viewer\",\"name\":\"%s\"", cases[i].name);
        if (cases[i].words) {
            caller_refused(&owner, "invite", members, cases[i].words);
        } else {
            caller_must(&owner, "invite", members);
        }
    }
    char *marks = xmalloc(40000), *at = marks + sprintf(marks, "\"role\":\"viewer\",\"name\":\"a");
    for (int i = 0; i < 10000; i++)
        at += sprintf(at, "\xcc\x81");
    strcpy(at, "\"");
    caller_refused(&owner, "invite", marks, "at most 63 bytes");
    free(marks);
    for (int i = 4; i < 200; i++)
        caller_must(&owner, "invite", "\"role\":\"viewer\"");
    caller_refused(&owner, "invite", "\"role\":\"viewer\"", "there are 200 invitations already");
    caller_close(&owner);
    desk_fini(&desk);
}

/* --- Roles that reach too high: every command of every table --- */

static void test_every_command(void **state)
{
    static const enum api_role roles[] = {API_ROLE_BUTTON, API_ROLE_VIEWER, API_ROLE_MODERATOR};
    struct desk desk;
    struct caller owner;
    size_t refused = 0;
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&owner, &desk, NULL);
    for (size_t r = 0; r < ARRAY_LENGTH(roles); r++) {
        char members[80], header[128];
        snprintf(members, sizeof(members), "\"role\":\"%s\",\"name\":\"the %s\"", api_role_name(roles[r]), api_role_name(roles[r]));
        json_t *reply = caller_ask(&owner, "token.add", members);
        snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n", json_get_text(json_object_get(reply, "result"), "token"));
        json_decref(reply);
        const struct command *command;
        for (size_t i = 0; (command = command_at(i)); i++) {
            bool is_allowed = roles[r] == API_ROLE_BUTTON ? command_rules(command->name) & COMMAND_BUTTON : roles[r] >= command->role;
            if (is_allowed)
                continue;
            char path[80];
            snprintf(path, sizeof(path), "/api/v1/%s", command->name);
            assert_answer(post(&desk, path, header, "{}"), 403, "\"code\":\"denied\"");
            refused++;
        }
        char actor[40];
        snprintf(actor, sizeof(actor), "the %s", api_role_name(roles[r]));
        assert_recorded(&desk, "refused.command", actor, "why");
    }
    print_message("%zu commands were refused to roles below theirs\n", refused);
    assert_true(refused > 80);
    caller_close(&owner);
    desk_fini(&desk);
}

/* A button presses and does not read. */
static void test_button(void **state)
{
    struct desk desk;
    struct caller owner, reader;
    char header[128], bearer[80];
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&owner, &desk, NULL);
    json_t *reply = caller_ask(&owner, "token.add", "\"role\":\"button\",\"name\":\"deck\"");
    snprintf(bearer, sizeof(bearer), "Bearer %s", json_get_text(json_object_get(reply, "result"), "token"));
    snprintf(header, sizeof(header), "Authorization: %s\r\n", bearer);
    json_decref(reply);
    caller_must(&owner, "question.add", "\"text\":\"first\"");
    assert_answer(post(&desk, "/api/v1/next", header, ""), 200, "{\"id\":1,");
    assert_answer(post(&desk, "/api/v1/panic", header, "{\"on\":true}"), 200, "{}");
    assert_answer(post(&desk, "/api/v1/next", header, ""), 409, "locked");
    assert_answer(post(&desk, "/api/v1/panic", header, "{\"on\":false}"), 200, "{}");
    assert_answer(post(&desk, "/api/v1/clear", header, ""), 200, "{}");
    assert_answer(post(&desk, "/api/v1/history", header, ""), 403, "a button's token cannot send this");
    assert_answer(get(&desk, "/metrics", header), 403, "reads nothing");
    assert_answer(get(&desk, "/api/v1/preview/main", header), 403, "reads nothing");
    caller_connect(&reader, &desk, NULL, &(struct net_header){"Authorization", bearer}, 1, true);
    assert_int_equal(reader.http_status, 403);
    caller_close(&reader);
    assert_recorded(&desk, "next", "deck", "\"id\":1");
    caller_close(&owner);
    desk_fini(&desk);
}

/* --- Commands of 50 MB --- */

struct flood {
    struct exchange exchange;
    bool is_done;
};

static void end_flood(void *data)
{
    struct flood *flood = data;
    flood->is_done = true;
    loop_stop(flood->exchange.loop);
}

static void *run_flood(void *data)
{
    struct flood *flood = data;
    exchange_run(&flood->exchange);
    loop_post(flood->exchange.loop, end_flood, flood);
    return NULL;
}

/* The head, and as many bytes of body; all of it is pushed, whether anybody reads it or not. */
static struct exchange *push_huge(struct desk *desk, const char *head, size_t head_len)
{
    static struct flood flood;
    char *request = xmalloc(HUGE_BYTES + head_len);
    memcpy(request, head, head_len);
    memset(request + head_len, 'x', HUGE_BYTES);
    flood = (struct flood){.exchange = {.loop = desk->kit.loop, .port = api_port(desk->api), .request = request,
                                        .request_len = head_len + HUGE_BYTES}};
    pthread_t thread;
    pthread_create(&thread, NULL, run_flood, &flood);
    while (!flood.is_done)
        kit_run(&desk->kit);
    pthread_join(thread, NULL);
    free(request);
    return &flood.exchange;
}

static const char *post_huge(struct desk *desk, const char *headers)
{
    char head[400];
    int len = snprintf(head, sizeof(head), "POST /api/v1/question.add HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%sContent-Length: %d\r\n\r\n",
                       api_port(desk->api), headers, HUGE_BYTES);
    return push_huge(desk, head, (size_t)len)->answer;
}

/* The token's header line; static. */
static const char *add_token(struct caller *owner, const char *role, const char *name)
{
    static char header[128];
    char members[100];
    snprintf(members, sizeof(members), "\"role\":\"%s\",\"name\":\"%s\"", role, name);
    json_t *reply = caller_ask(owner, "token.add", members);
    snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n", json_get_text(json_object_get(reply, "result"), "token"));
    json_decref(reply);
    return header;
}

static void test_huge_by_http(void **state)
{
    struct desk desk;
    struct caller owner;
    char header[128];
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&owner, &desk, NULL);
    snprintf(header, sizeof(header), "%s", add_token(&owner, "moderator", "deck"));
    post_huge(&desk, header);
    struct memory before = measure();
    // The head alone: the refusal needs none of the body, and is whole.
    const char *answer = desk_http(&desk, "POST /api/v1/question.add HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n",
                                   api_port(desk.api), header, HUGE_BYTES);
    assert_answer(answer, 413, "the body is too large: 1048576 bytes at most");
    assert_recorded(&desk, "refused.size", "deck", "too large");
    answer = post_huge(&desk, header);
    print_message("50 MB by HTTP, all of it pushed: status %d\n", status_of(answer));
    post_huge(&desk, "");
    assert_flat(before, "50 MB by HTTP");
    assert_answer(desk_http(&desk, "POST /api/v1/question.add HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\nContent-Length: %d\r\n\r\n",
                            api_port(desk.api), HUGE_BYTES), 413, "4096 bytes at most of who has not signed in");
    caller_must(&owner, "history", "");
    caller_close(&owner);
    desk_fini(&desk);
}

/* One masked text frame of 50 MB behind a right handshake (RFC 6455, 5.2). */
static void push_frame(struct desk *desk, const char *header)
{
    char head[500];
    int len = snprintf(head, sizeof(head), "GET /api/v1/socket HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Protocol: antiphon.v1\r\n%s\r\n", api_port(desk->api), header);
    const unsigned char frame[14] = {0x81, 0xff, 0, 0, 0, 0, HUGE_BYTES >> 24, HUGE_BYTES >> 16 & 255, HUGE_BYTES >> 8 & 255, HUGE_BYTES & 255};
    memcpy(head + len, frame, sizeof(frame));
    const struct exchange *exchange = push_huge(desk, head, (size_t)len + sizeof(frame));
    assert_answer(exchange->answer, 101, "Switching Protocols");
    assert_true(exchange->was_closed);
    const char *end = strstr(exchange->answer, "\r\n\r\n") + 4;
    bool has_words = (size_t)(end - exchange->answer) + 4 < exchange->len && memcmp(end, "\x88\x1d\x03\xf1", 4) == 0;
    assert_true(has_words);
    print_message("50 MB by websocket: 1009, %s\n", end + 4);
}

static void test_huge_by_websocket(void **state)
{
    struct desk desk;
    struct caller other;
    char header[128];
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&other, &desk, NULL);
    snprintf(header, sizeof(header), "%s", add_token(&other, "moderator", "mod"));
    push_frame(&desk, header);
    struct memory before = measure();
    for (int i = 0; i < 3; i++)
        push_frame(&desk, header);
    assert_flat(before, "50 MB by websocket, three times");
    assert_recorded(&desk, "refused.size", "mod", "longer than 5 MiB");
    caller_must(&other, "history", "");
    caller_close(&other);
    desk_fini(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ten_thousand_tries), cmocka_unit_test(test_tries_behind_a_proxy), cmocka_unit_test(test_foreign_pages),
        cmocka_unit_test(test_revoked_at_once),    cmocka_unit_test(test_old_links),            cmocka_unit_test(test_lives),
        cmocka_unit_test(test_hostile_invitations), cmocka_unit_test(test_every_command),       cmocka_unit_test(test_button),
        cmocka_unit_test(test_huge_by_http),       cmocka_unit_test(test_huge_by_websocket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
