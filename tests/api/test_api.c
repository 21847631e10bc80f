/* Clients of antiphon.v1: snapshot, resume, topics, what is removed, floods, and those who read too slowly. */
#include "desk.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/un.h>

#include "relay/on_air.h"

static void begin(struct desk *desk, struct caller *caller)
{
    desk_init(desk);
    desk_start(desk);
    caller_open(caller, desk, NULL);
    json_decref(caller_wait(caller, "snapshot"));
}

static void end(struct desk *desk, struct caller *caller)
{
    caller_close(caller);
    desk_fini(desk);
}

static int64_t pick_and_air(struct caller *caller, uint64_t message)
{
    char members[64];
    snprintf(members, sizeof(members), "\"message\":%llu", (unsigned long long)message);
    int64_t id = caller_must_id(caller, "question.pick", members);
    snprintf(members, sizeof(members), "\"id\":%lld", (long long)id);
    caller_must(caller, "question.air", members);
    return id;
}

static const char overlay_hello[] = "{\"type\":\"hello\",\"client\":\"overlay\",\"name\":\"studio\",\"topics\":[\"on_air\"]}";

/* A question from the chat to the overlay. */
static void test_thin_path(void **state)
{
    struct desk desk;
    struct caller overlay, panel;
    begin(&desk, &panel);
    caller_open(&overlay, &desk, overlay_hello);
    json_t *snapshot = caller_wait(&overlay, "snapshot");
    assert_non_null(json_object_get(snapshot, "on_air"));
    assert_non_null(json_object_get(snapshot, "views"));
    assert_null(json_object_get(snapshot, "questions"));
    assert_null(json_object_get(snapshot, "feed"));
    json_decref(snapshot);

    uint64_t message = desk_say(&desk, "twitch", "niloufar", "این آهنگ برای شما چه معنایی دارد؟");
    json_t *event = caller_wait(&panel, "messages");
    assert_string_equal(json_get_text(json_array_get(json_object_get(event, "messages"), 0), "text"), "این آهنگ برای شما چه معنایی دارد؟");
    json_decref(event);
    pick_and_air(&panel, message);
    event = caller_wait(&overlay, "on_air");
    const json_t *question = json_object_get(
        json_object_get(json_object_get(json_object_get(event, "on_air"), "views"), "main"), "question");
    assert_string_equal(json_get_text(question, "text"), "این آهنگ برای شما چه معنایی دارد؟");
    assert_string_equal(json_get_text(json_object_get(question, "author"), "name"), "niloufar");
    assert_int_equal(json_get_int(question, "message", 0), message);
    json_decref(event);
    assert_false(caller_has(&overlay, "messages"));
    assert_false(caller_has(&overlay, "question"));
    caller_close(&overlay);
    end(&desk, &panel);
}

static void test_resume(void **state)
{
    struct desk desk;
    struct caller panel, overlay;
    begin(&desk, &panel);
    pick_and_air(&panel, desk_say(&desk, "twitch", "u1", "is it on?"));
    json_t *event = caller_wait(&panel, "on_air");
    char hello[200], revision[64];
    snprintf(revision, sizeof(revision), "%s", json_get_text(event, "revision"));
    json_decref(event);

    // Current: a welcome and nothing more.
    snprintf(hello, sizeof(hello), "{\"type\":\"hello\",\"client\":\"overlay\",\"have\":\"%s\",\"topics\":[\"on_air\"]}", revision);
    caller_open(&overlay, &desk, hello);
    kit_turn(&desk.kit, 50);
    assert_int_equal(json_array_size(overlay.inbox), 0);
    caller_close(&overlay);

    // Also over a restart, kill or not: the same state has the same revision.
    caller_close(&panel);
    desk_stop(&desk);
    desk_start(&desk);
    caller_open(&overlay, &desk, hello);
    kit_turn(&desk.kit, 50);
    assert_int_equal(json_array_size(overlay.inbox), 0);

    // Something changed meanwhile: a snapshot. So for who wants more than the on-air state.
    caller_open(&panel, &desk, NULL);
    caller_must(&panel, "clear", "");
    event = caller_wait(&overlay, "on_air");
    assert_string_not_equal(json_get_text(event, "revision"), revision);
    json_decref(event);
    caller_close(&overlay);
    caller_open(&overlay, &desk, hello);
    json_decref(caller_wait(&overlay, "snapshot"));
    caller_close(&overlay);
    snprintf(hello, sizeof(hello), "{\"type\":\"hello\",\"client\":\"panel\",\"have\":\"%s\"}", on_air_revision(desk.relay->on_air));
    caller_open(&overlay, &desk, hello);
    json_t *snapshot = caller_wait(&overlay, "snapshot");
    static const char *const keys[] = {"revision", "on_air", "views", "questions", "polls", "captions", "sources", "gaps", "outputs", "feed"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        if (!json_object_get(snapshot, keys[i]))
            fail_msg("the snapshot has no %s", keys[i]);
    }
    json_decref(snapshot);
    caller_close(&overlay);
    end(&desk, &panel);
}

/* Deleted on its platform: gone from the air, the list, the feed that waits, and every later snapshot. */
static void test_removed_at_once(void **state)
{
    struct desk desk;
    struct caller panel, overlay;
    begin(&desk, &panel);
    caller_open(&overlay, &desk, overlay_hello);
    uint64_t message = desk_say(&desk, "twitch", "u1", "is this rude and secret?");
    int64_t id = pick_and_air(&panel, message);
    json_decref(caller_wait(&overlay, "on_air"));
    struct message_draft gone = {.kind = MESSAGE_DELETE, .platform = STR("twitch"), .source = STR("twitch:show"),
                                 .target = {.native_id = STR("n1")}};
    desk_push(&desk, &gone);
    json_t *event = caller_wait(&overlay, "on_air");
    char *text = json_dumps(event, JSON_COMPACT);
    assert_null(strstr(text, "rude"));
    free(text);
    json_decref(event);
    event = caller_wait(&panel, "question_removed");
    assert_int_equal(json_get_int(event, "id", 0), id);
    json_decref(event);
    event = caller_wait(&panel, "removed");
    assert_int_equal(json_integer_value(json_array_get(json_object_get(event, "ids"), 0)), message);
    json_decref(event);

    // A flood pushed it out of the queue: who still shows it is told by its platform's name.
    desk_push(&desk, &(struct message_draft){.kind = MESSAGE_DELETE, .platform = STR("twitch"), .source = STR("twitch:show"),
                                             .target = {.native_id = STR("long-gone")}});
    event = caller_wait(&panel, "removed");
    assert_int_equal(json_array_size(json_object_get(event, "ids")), 0);
    assert_string_equal(json_get_text(json_object_get(event, "message"), "native_id"), "long-gone");
    json_decref(event);

    // Banned before the batch was sent: it never is.
    kit_turn(&desk.kit, 100);
    json_array_clear(panel.inbox);
    desk_say(&desk, "kick", "bad", "first of the bad one");
    desk_say(&desk, "kick", "bad", "second of the bad one");
    struct message_draft ban = {.kind = MESSAGE_BAN, .platform = STR("kick"), .source = STR("kick:show"),
                                .target = {.author_id = STR("bad")}};
    desk_push(&desk, &ban);
    event = caller_wait(&panel, "removed");
    assert_string_equal(json_get_text(json_object_get(event, "author"), "id"), "bad");
    json_decref(event);
    kit_turn(&desk.kit, 100);
    text = json_dumps(panel.inbox, JSON_COMPACT);
    assert_null(strstr(text, "bad one"));
    free(text);
    struct caller late;
    caller_open(&late, &desk, NULL);
    json_t *snapshot = caller_wait(&late, "snapshot");
    text = json_dumps(snapshot, JSON_COMPACT);
    assert_null(strstr(text, "rude"));
    assert_null(strstr(text, "bad one"));
    free(text);
    json_decref(snapshot);
    caller_close(&late);

    // A moderator's own word does the same.
    message = desk_say(&desk, "twitch", "u2", "what about this one?");
    id = pick_and_air(&panel, message);
    char members[64];
    snprintf(members, sizeof(members), "\"message\":%llu", (unsigned long long)message);
    caller_must(&panel, "message.remove", members);
    event = caller_wait(&panel, "question_removed");
    assert_int_equal(json_get_int(event, "id", 0), id);
    json_decref(event);
    caller_close(&overlay);
    end(&desk, &panel);
}

static void test_room_cleared(void **state)
{
    struct desk desk;
    struct caller panel;
    begin(&desk, &panel);
    pick_and_air(&panel, desk_say(&desk, "twitch", "u1", "is it marked?"));
    json_decref(caller_wait(&panel, "on_air"));
    struct message_draft clear = {.kind = MESSAGE_CLEAR, .platform = STR("twitch"), .source = STR("twitch:show")};
    desk_push(&desk, &clear);
    json_t *event = caller_wait(&panel, "on_air");
    const json_t *question = json_object_get(
        json_object_get(json_object_get(json_object_get(event, "on_air"), "views"), "main"), "question");
    assert_true(json_get_bool(question, "is_marked", false));
    json_decref(event);
    event = caller_wait(&panel, "cleared");
    assert_string_equal(json_get_text(event, "source"), "twitch:show");
    json_decref(event);
    end(&desk, &panel);
}

/* Above 500 a second clients get a sample that says so; gifts come before chat. */
static void test_flood_is_sampled(void **state)
{
    struct desk desk;
    struct caller panel;
    begin(&desk, &panel);
    for (int i = 0; i < 3000; i++)
        desk_say(&desk, "twitch", "u1", "flood");
    struct message_draft gift = {.kind = MESSAGE_GIFT, .platform = STR("twitch"), .source = STR("twitch:show"), .native_id = STR("g1"),
                                 .event_key = STR("g1"), .author = {.id = STR("rich")}, .money = {.units = 100, .unit = STR("bits")}};
    desk_push(&desk, &gift);
    uint64_t shown = 0, skipped = 0;
    bool has_gift = false;
    while (shown + skipped < 3001) {
        kit_turn(&desk.kit, 20);
        json_t *event;
        size_t index;
        json_array_foreach(panel.inbox, index, event) {
            const char *type = json_get_text(event, "type");
            if (strcmp(type, "messages") == 0) {
                const json_t *messages = json_object_get(event, "messages");
                const json_t *last = json_array_get(messages, json_array_size(messages) - 1);
                has_gift |= strcmp(json_get_text(last, "kind"), "gift") == 0;
            } else if (strcmp(type, "sample") == 0) {
                shown += (uint64_t)json_get_int(event, "shown", 0);
                skipped += (uint64_t)json_get_int(event, "skipped", 0);
            }
        }
        json_array_clear(panel.inbox);
    }
    assert_int_equal(shown + skipped, 3001);
    assert_true(shown >= 200 && shown < 1500);
    assert_true(has_gift);
    end(&desk, &panel);
}

/* --- One that does not read --- */

struct sloth {
    struct desk *desk;
    int fd;
    size_t bytes, snapshots;
    char tail[64];
    struct watch *watch;
};

/* A frame with the mask 0, which leaves the text as it is. */
static void sloth_say(const struct sloth *sloth, const char *text)
{
    unsigned char frame[512] = {0x81, 0x80 | 126, 0, (unsigned char)strlen(text)};
    memcpy(frame + 8, text, strlen(text));
    assert_int_equal(write(sloth->fd, frame, 8 + strlen(text)), (ssize_t)(8 + strlen(text)));
}

static void sloth_read(void *data)
{
    static const char mark[] = "{\"type\":\"snapshot\"";
    struct sloth *sloth = data;
    static char bytes[1 << 20];
    size_t kept = strlen(sloth->tail);
    memcpy(bytes, sloth->tail, kept);
    ssize_t got = read(sloth->fd, bytes + kept, sizeof(bytes) - kept);
    if (got <= 0)
        return;
    sloth->bytes += (size_t)got;
    size_t len = kept + (size_t)got;
    for (char *at = memmem(bytes, len, mark, sizeof(mark) - 1); at;
         at = memmem(at + 1, len - (size_t)(at + 1 - bytes), mark, sizeof(mark) - 1))
        sloth->snapshots++;
    // A mark may begin at the end; one byte less than it never counts twice.
    size_t rest = len < sizeof(mark) - 2 ? len : sizeof(mark) - 2;
    memcpy(sloth->tail, bytes + len - rest, rest);
    sloth->tail[rest] = '\0';
    for (size_t i = 0; i < rest; i++) {
        if (sloth->tail[i] == '\0')
            sloth->tail[i] = ' ';
    }
}

static void sloth_open(struct sloth *sloth, struct desk *desk)
{
    *sloth = (struct sloth){.desk = desk, .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", desk->socket);
    assert_int_equal(connect(sloth->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    static const char request[] = "GET /api/v1/socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Protocol: antiphon.v1\r\n\r\n";
    assert_int_equal(write(sloth->fd, request, sizeof(request) - 1), (ssize_t)sizeof(request) - 1);
    fcntl(sloth->fd, F_SETFL, O_NONBLOCK);
    kit_turn(&desk->kit, 50);
    char answer[1024];
    assert_true(read(sloth->fd, answer, sizeof(answer)) > 12);
    assert_int_equal(strncmp(answer, "HTTP/1.1 101", 12), 0);
    sloth_say(sloth, "{\"type\":\"hello\",\"client\":\"panel\",\"name\":\"sloth\",\"topics\":[\"desk\",\"on_air\",\"sources\",\"outputs\",\"feed\"]} ");
    kit_turn(&desk->kit, 50);
}

static void test_slow_client(void **state)
{
    struct desk desk;
    struct caller panel;
    struct sloth sloth;
    begin(&desk, &panel);
    sloth_open(&sloth, &desk);
    char text[400];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (int i = 0; i < 6000; i++) {
        relay_notice(desk.relay, "info", "test", "%s", text);
        while (i % 200 == 199 && json_array_size(panel.inbox) < 200)
            kit_run(&desk.kit);  // who reads gets everything meanwhile
        if (i % 200 == 199)
            json_array_clear(panel.inbox);
    }
    caller_must(&panel, "clear", "");  // the others do not notice
    sloth.watch = loop_watch_fd(desk.kit.loop, sloth.fd, sloth_read, &sloth);
    for (int i = 0; i < 200 && sloth.snapshots < 2; i++)
        kit_turn(&desk.kit, 50);
    assert_int_equal(sloth.snapshots, 2);  // the first, and the fresh one
    assert_true(sloth.bytes < 6000 * sizeof(text));
    loop_unwatch(sloth.watch);
    close(sloth.fd);
    end(&desk, &panel);
}

static void test_bad_clients(void **state)
{
    struct desk desk;
    struct caller panel;
    begin(&desk, &panel);
    static const char *const texts[] = {"", "{", "[]", "7", "{\"type\":7}", "{\"type\":\"nonsense\"}", "{\"type\":\"report\",\"outputs\":[7]}",
                                        "{\"type\":\"report\",\"preview\":{\"view\":7}}", "{\"type\":\"reply\",\"ref\":[]}",
                                        "{\"type\":\"hello\",\"topics\":[7,{}],\"name\":[],\"client\":null}"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        caller_say(&panel, texts[i]);
    char deep[2001];
    memset(deep, '[', 2000);
    deep[2000] = '\0';
    caller_say(&panel, deep);
    json_t *reply = caller_ask(&panel, "question.add", "\"text\":\"still here\"");
    assert_true(json_get_bool(reply, "ok", false));
    json_decref(reply);
    struct error err = {0};
    assert_true(websocket_send_binary(panel.websocket, "x", 1, &err));
    while (!panel.is_closed)
        kit_run(&desk.kit);
    assert_int_equal(panel.code, 1003);
    end(&desk, &panel);
}

static void test_reports(void **state)
{
    struct desk desk;
    struct caller panel, overlay;
    begin(&desk, &panel);
    caller_open(&overlay, &desk, overlay_hello);
    caller_say(&overlay, "{\"type\":\"report\",\"applied\":{\"revision\":\"a:1\",\"at_ms\":5},\"missing\":[{\"view\":\"main\",\"text\":\"ꦲ\",\"script\":\"Java\",\"evil\":{}}]}");
    json_decref(caller_wait(&panel, "overlay"));  // that it is there
    json_t *event = caller_wait(&panel, "overlay");
    json_t *expected = json_loads("{\"count\":1,\"pictures\":[],\"applied\":{\"revision\":\"a:1\",\"at_ms\":5},"
                                  "\"missing\":[{\"view\":\"main\",\"text\":\"ꦲ\",\"script\":\"Java\"}]}", 0, NULL);
    assert_true(json_equal(json_object_get(event, "overlay"), expected));
    json_decref(expected);
    json_decref(event);
    caller_say(&overlay, "{\"type\":\"report\",\"preview\":{\"view\":\"main\",\"png\":\"not base64!\"}}");
    caller_say(&overlay, "{\"type\":\"report\",\"preview\":{\"view\":\"main\",\"png\":\"aGVsbG8=\"}}");
    caller_say(&overlay, "{\"type\":\"report\",\"preview\":{\"view\":\"main\",\"png\":\"bGF0ZXI=\"}}");
    event = caller_wait(&panel, "preview");
    assert_string_equal(json_get_text(event, "png"), "aGVsbG8=");
    json_decref(event);
    json_t *reply = caller_ask(&panel, "token.add", "\"role\":\"viewer\",\"name\":\"eye\"");
    const char *answer = desk_http(&desk, "GET /api/v1/preview/main HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n",
                                   api_port(desk.api), json_get_text(json_object_get(reply, "result"), "token"));
    assert_non_null(strstr(answer, "image/png"));
    assert_string_equal(answer + strlen(answer) - 5, "later");
    event = caller_wait(&panel, "preview");  // it came too soon after the other one, and is the last
    assert_string_equal(json_get_text(event, "png"), "bGF0ZXI=");
    json_decref(event);
    // Who painted it is gone: what is deleted now would stand in it for ever.
    caller_close(&overlay);
    for (int i = 0; i < 100 && !strstr(answer, " 404 "); i++) {
        kit_turn(&desk.kit, 50);
        answer = desk_http(&desk, "GET /api/v1/preview/main HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n",
                           api_port(desk.api), json_get_text(json_object_get(reply, "result"), "token"));
    }
    assert_non_null(strstr(answer, " 404 "));
    json_decref(reply);
    end(&desk, &panel);
}

/* No file may grow beyond: what a full disk looks like to SQLite. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void assert_page(struct caller *caller, const char *members, uint64_t first, uint64_t last, size_t count)
{
    json_t *reply = caller_ask(caller, "history", members);
    const json_t *messages = json_object_get(json_object_get(reply, "result"), "messages");
    assert_int_equal(json_array_size(messages), count);
    assert_int_equal(json_get_int(json_array_get(messages, 0), "id", 0), first);
    assert_int_equal(json_get_int(json_array_get(messages, count - 1), "id", 0), last);
    for (size_t i = 1; i < count; i++)
        assert_true(json_get_int(json_array_get(messages, i), "id", 0) > json_get_int(json_array_get(messages, i - 1), "id", 0));
    json_decref(reply);
}

/* While the disk is full, what stands in memory alone is in the history all the same, in its place. */
static void test_history_with_a_full_disk(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    uint64_t ids[40];
    for (int i = 0; i < 20; i++)
        ids[i] = desk_say(&desk, "twitch", "u1", "on disk");
    assert_true(journal_wait(desk.relay->journal, 10000));
    limit_files(1);
    for (int i = 20; i < 40; i++)
        ids[i] = desk_say(&desk, "twitch", "u1", "in memory");
    struct journal_health health = {0};
    while (!health.is_down) {
        journal_get_health(desk.relay->journal, &health);
        kit_turn(&desk.kit, 5);
    }
    assert_page(&caller, "\"limit\":30", ids[10], ids[39], 30);
    assert_page(&caller, "\"limit\":5", ids[35], ids[39], 5);
    char members[64];
    snprintf(members, sizeof(members), "\"limit\":10,\"before\":%llu", (unsigned long long)ids[25]);
    assert_page(&caller, members, ids[15], ids[24], 10);
    snprintf(members, sizeof(members), "\"message\":%llu", (unsigned long long)ids[38]);
    caller_must(&caller, "message.remove", members);
    assert_page(&caller, "\"limit\":39", ids[0], ids[39], 39);
    limit_files(RLIM_INFINITY);
    assert_true(journal_wait(desk.relay->journal, 10000));
    assert_page(&caller, "\"limit\":100", ids[0], ids[39], 39);
    end(&desk, &caller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thin_path),       cmocka_unit_test(test_resume),
        cmocka_unit_test(test_removed_at_once), cmocka_unit_test(test_room_cleared),
        cmocka_unit_test(test_flood_is_sampled), cmocka_unit_test(test_slow_client),
        cmocka_unit_test(test_bad_clients),     cmocka_unit_test(test_reports),
        cmocka_unit_test(test_history_with_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
