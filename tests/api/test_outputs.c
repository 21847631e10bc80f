/* What the video process reports and is ordered, who looks at its pictures, and the figures of Prometheus. */
#include "desk.h"

#include "api/token.h"

#define VIDEO "{\"type\":\"hello\",\"client\":\"video\",\"name\":\"video\",\"topics\":[\"outputs\"]}"
#define REPORT(blank, state) "{\"type\":\"report\",\"is_blank\":" blank ",\"outputs\":[{\"name\":\"you\\\"tube\",\"view\":\"main\"," \
    "\"state\":\"" state "\",\"to\":\"rtmp://me:pass@a.example:1935/live2/SECRETKEY\",\"bitrate_kbps\":5900,\"dropped\":120,\"frames\":54000," \
    "\"bytes\":1345500000,\"restarts\":2,\"delay_ms\":1500,\"encode_ms\":6.5,\"encode_worst_ms\":21,\"budget_ms\":33.333," \
    "\"is_shared\":true,\"why\":\"refused\",\"retry_ms\":8000,\"unheard_of\":[1]}," \
    "{\"name\":\"tape\",\"state\":\"off\",\"to\":\"/home/anna/shows/show-2.mkv\"}]," \
    "\"input\":{\"state\":\"live\",\"fps\":30.0,\"age_ms\":12,\"frames\":100,\"held\":7,\"shown\":\"backup\",\"selected\":\"auto\",\"from\":\"srt://x\",\"backup\":{\"state\":\"live\",\"from\":\"srt://y\"}}}"

struct room {
    struct desk desk;
    struct caller panel, video;
};

static void begin_with(struct room *room, int silent_ms)
{
    *room = (struct room){0};
    desk_init(&room->desk);
    room->desk.api_options.video_silent_ms = silent_ms;
    desk_start(&room->desk);
    caller_open(&room->panel, &room->desk, NULL);
    json_decref(caller_wait(&room->panel, "snapshot"));
    caller_open(&room->video, &room->desk, VIDEO);
}

static void begin(struct room *room)
{
    begin_with(room, 60000);
}

static void end(struct room *room)
{
    caller_close(&room->panel);
    if (room->video.websocket)
        caller_close(&room->video);
    desk_fini(&room->desk);
}

/* The next news of `type`, without its envelope. */
static json_t *news(struct caller *caller, const char *type)
{
    json_t *event = caller_wait(caller, type), *inner = json_incref(json_object_get(event, type));
    json_decref(event);
    assert_non_null(inner);
    return inner;
}

static void wait_video(struct caller *caller, const char *state, bool is_blank)
{
    json_t *video = news(caller, "video");
    assert_string_equal(json_get_text(video, "state"), state);
    assert_int_equal(json_get_bool(video, "is_blank", !is_blank), is_blank);
    assert_true(json_get_int(video, "heard_ms", 0) > 0);
    json_decref(video);
}

/* A command of the panel's, taken and answered by the video process; what it was sent, the caller's. */
static json_t *order(struct room *room, const char *command, const char *members)
{
    char text[256], answer[128];
    snprintf(text, sizeof(text), "{\"type\":\"command\",\"ref\":\"x\",\"command\":\"%s\"%s%s}", command, *members ? "," : "", members);
    caller_say(&room->panel, text);
    json_t *message = caller_wait(&room->video, "command");
    assert_string_equal(json_get_text(message, "command"), command);
    snprintf(answer, sizeof(answer), "{\"type\":\"reply\",\"ref\":%lld,\"ok\":true,\"result\":{}}", (long long)json_get_int(message, "ref", 0));
    caller_say(&room->video, answer);
    json_t *reply = caller_wait(&room->panel, "reply");
    assert_true(json_get_bool(reply, "ok", false));
    json_decref(reply);
    return message;
}

static void test_report(void **state)
{
    struct room room;
    begin(&room);
    caller_say(&room.video, REPORT("false", "failed"));
    wait_video(&room.panel, "there", false);
    json_t *output = news(&room.panel, "output");
    assert_string_equal(json_get_text(output, "to"), "rtmp://a.example:1935");
    assert_string_equal(json_get_text(output, "why"), "refused");
    assert_int_equal(json_get_int(output, "retry_ms", 0), 8000);
    assert_int_equal(json_get_int(output, "delay_ms", 0), 1500);
    assert_true(json_get_real(output, "encode_ms", 0) == 6.5);
    assert_true(json_get_bool(output, "is_shared", false));
    assert_null(json_object_get(output, "unheard_of"));
    json_decref(output);
    output = news(&room.panel, "output");
    assert_string_equal(json_get_text(output, "to"), "show-2.mkv");
    json_decref(output);
    json_t *input = news(&room.panel, "input");
    caller_say(&room.video, "{\"type\":\"report\",\"outputs\":[{\"name\":\"tape\",\"state\":\"off\",\"to\":\"hls:/srv/www/live\"}]}");
    json_t *removed = caller_wait(&room.panel, "output_removed");
    assert_string_equal(json_get_text(removed, "output"), "you\"tube");
    json_decref(removed);
    output = news(&room.panel, "output");
    assert_string_equal(json_get_text(output, "to"), "hls:live");
    json_decref(output);
    assert_string_equal(json_get_text(input, "shown"), "backup");
    assert_string_equal(json_get_text(json_object_get(input, "backup"), "state"), "live");
    assert_null(json_object_get(json_object_get(input, "backup"), "from"));
    assert_null(json_object_get(input, "from"));
    json_decref(input);
    end(&room);
}

#define HOLDING(is_holding, state) "{\"type\":\"report\",\"outputs\":[{\"name\":\"file\",\"view\":\"main\",\"state\":\"" state "\"}]," \
    "\"input\":{\"state\":\"connecting\",\"is_holding\":" is_holding ",\"since_ms\":1643904084794}}"

/* The next on-air state says "back soon" in the view main, or does not. */
static void wait_holding(struct caller *caller, bool is_there)
{
    json_t *event = caller_wait(caller, "on_air"), *state = json_object_get(event, "on_air");
    const json_t *view = json_object_get(json_object_get(state, "views"), "main"), *holding = json_object_get(view, "holding");
    assert_non_null(view);
    assert_int_equal(holding != NULL, is_there);
    if (is_there)
        assert_int_equal(json_get_int(holding, "since_ms", 0), 1643904084794);
    json_decref(event);
}

/* "Back soon" is on air while the process holds and an output of the view runs, and never without the process. */
static void test_holding(void **state)
{
    struct room room;
    begin(&room);
    caller_say(&room.video, HOLDING("true", "live"));
    wait_holding(&room.panel, true);
    caller_say(&room.video, HOLDING("false", "live"));
    wait_holding(&room.panel, false);
    caller_say(&room.video, HOLDING("true", "live"));
    wait_holding(&room.panel, true);
    caller_say(&room.video, HOLDING("true", "off"));
    wait_holding(&room.panel, false);
    caller_say(&room.video, HOLDING("true", "failed"));
    wait_holding(&room.panel, true);
    caller_close(&room.video);
    room.video = (struct caller){0};
    wait_holding(&room.panel, false);
    end(&room);
}

/* One that says nothing for a while is not shown as live; one that is gone is lost; and who comes new is told. */
static void test_silent_and_lost(void **state)
{
    struct room room;
    struct caller late;
    begin_with(&room, 150);
    caller_say(&room.video, REPORT("false", "live"));
    wait_video(&room.panel, "there", false);
    wait_video(&room.panel, "silent", false);
    caller_open(&late, &room.desk, NULL);
    json_t *snapshot = caller_wait(&late, "snapshot"), *video = json_object_get(snapshot, "video");
    assert_string_equal(json_get_text(video, "state"), "silent");
    assert_int_equal(json_array_size(json_object_get(snapshot, "outputs")), 2);
    json_decref(snapshot);
    caller_close(&late);
    caller_say(&room.video, REPORT("true", "live"));
    wait_video(&room.panel, "there", true);
    caller_close(&room.video);
    wait_video(&room.panel, "lost", true);
    caller_refused(&room.panel, "blank", "", "no video process is connected");
    end(&room);
}

static void test_orders(void **state)
{
    struct room room;
    begin(&room);
    caller_say(&room.video, REPORT("false", "live"));
    json_t *message = order(&room, "output.delay", "\"name\":\"tape\",\"ms\":2500");
    assert_int_equal(json_get_int(message, "ms", 0), 2500);
    assert_string_equal(json_get_text(message, "name"), "tape");
    json_decref(message);
    message = order(&room, "input.select", "\"which\":\"backup\"");
    assert_string_equal(json_get_text(message, "which"), "backup");
    json_decref(message);
    json_decref(order(&room, "blank", ""));
    caller_refused(&room.panel, "input.select", "\"which\":\"third\"", "auto, main or backup is expected");
    caller_refused(&room.panel, "input.select", "", "which is missing");
    caller_refused(&room.panel, "output.delay", "\"name\":\"tape\",\"ms\":\"2\"", "a whole number is expected");
    caller_refused(&room.panel, "output.delay", "\"name\":\"tape\",\"ms\":2,\"to\":\"rtmp://evil\"", "is no argument");
    end(&room);
}

static void assert_order(struct room *room, const char *command, const char *name)
{
    json_t *message = caller_wait(&room->video, "command");
    const char *named = json_get_text(message, "name");
    assert_string_equal(json_get_text(message, "command"), command);
    assert_string_equal(named ? named : "", name);
    json_decref(message);
}

/* A video process that died and came back is told what still stands, in the order in which it was said. */
static void test_orders_outlive_it(void **state)
{
    struct room room;
    begin(&room);
    caller_say(&room.video, REPORT("false", "live"));
    json_decref(order(&room, "output.blank", "\"name\":\"tape\""));
    json_decref(order(&room, "output.stop", "\"name\":\"tape\""));
    json_decref(order(&room, "output.blank", "\"name\":\"you\\\"tube\""));
    json_decref(order(&room, "output.delay", "\"name\":\"tape\",\"ms\":1000"));
    json_decref(order(&room, "input.select", "\"which\":\"backup\""));
    json_decref(order(&room, "blank", "\"on\":true"));
    json_decref(order(&room, "output.start", "\"name\":\"tape\""));  // takes back its stop and its blank
    json_decref(order(&room, "output.delay", "\"name\":\"tape\",\"ms\":2000"));
    json_decref(order(&room, "input.select", "\"which\":\"auto\""));
    caller_close(&room.video);
    caller_open(&room.video, &room.desk, VIDEO);
    caller_say(&room.video, REPORT("false", "live"));
    assert_order(&room, "output.blank", "you\"tube");
    assert_order(&room, "blank", "");
    assert_order(&room, "output.delay", "tape");
    json_decref(order(&room, "blank", "\"on\":false"));  // nothing else was said before it
    end(&room);
}

/* Pictures are made while somebody looks, and go to who looks. */
static void test_watching(void **state)
{
    static const char picture[] = "{\"type\":\"report\",\"output_picture\":{\"output\":\"tape\",\"jpeg\":\"/9j/4AAQ\"}}";
    struct room room;
    struct caller other;
    begin(&room);
    caller_say(&room.video, REPORT("false", "live"));
    wait_video(&room.panel, "there", false);
    caller_open(&other, &room.desk, NULL);
    caller_must(&other, "output.watch", "");
    json_t *message = caller_wait(&room.video, "command");
    assert_string_equal(json_get_text(message, "command"), "output.watch");
    assert_true(json_get_bool(message, "on", false));
    json_decref(message);
    caller_must(&room.panel, "output.watch", "");  // a second looker is no news for it
    caller_must(&room.panel, "output.watch", "\"on\":false");
    caller_say(&room.video, "{\"type\":\"report\",\"output_picture\":{\"output\":\"tape\",\"jpeg\":\"<script>\"}}");
    caller_say(&room.video, "{\"type\":\"report\",\"output_picture\":{\"output\":7,\"jpeg\":\"/9j/4AAQ\"}}");
    caller_say(&room.video, picture);
    message = caller_wait(&other, "output_picture");
    assert_string_equal(json_get_text(message, "output"), "tape");
    assert_string_equal(json_get_text(message, "jpeg"), "/9j/4AAQ");
    json_decref(message);
    assert_false(caller_has(&room.panel, "output_picture"));
    caller_close(&other);
    message = caller_wait(&room.video, "command");  // its page is closed, and nobody looks
    assert_false(json_get_bool(message, "on", true));
    json_decref(message);
    end(&room);
}

/* Who comes back while somebody looks goes on making them. */
static void test_watched_again(void **state)
{
    struct room room;
    begin(&room);
    caller_must(&room.panel, "output.watch", "");
    caller_say(&room.video, REPORT("false", "live"));
    json_t *message = caller_wait(&room.video, "command");
    assert_string_equal(json_get_text(message, "command"), "output.watch");
    assert_true(json_get_bool(message, "on", false));
    json_decref(message);
    end(&room);
}

static const char *metrics(struct room *room)
{
    json_t *reply = caller_ask(&room->panel, "token.add", "\"role\":\"viewer\",\"name\":\"prometheus\"");
    char token[TOKEN_TEXT_BYTES];
    snprintf(token, sizeof(token), "%s", json_get_text(json_object_get(reply, "result"), "token"));
    json_decref(reply);
    return desk_http(&room->desk, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n"
                     "Authorization: Bearer %s\r\n\r\n", api_port(room->desk.api), token);
}

static void assert_lines(const char *answer, const char *const *lines)
{
    for (; *lines; lines++) {
        if (!strstr(answer, *lines))
            fail_msg("\"%s\" is not in: %s", *lines, answer);
    }
}

#define OF "{output=\"you\\\"tube\",view=\"main\"} "

static void test_metrics(void **state)
{
    static const char *const live[] = {
        "# TYPE antiphon_output_state gauge\nantiphon_output_state" OF "2\n", "antiphon_output_live" OF "1\n",
        "antiphon_output_bytes_per_second" OF "737500\n", "antiphon_output_sent_bytes_total" OF "1345500000\n",
        "antiphon_output_dropped_frames_total" OF "120\n", "antiphon_output_restarts" OF "2\n",
        "antiphon_output_delay_seconds" OF "1.5\n", "antiphon_output_encode_seconds" OF "0.006",
        "antiphon_output_state{output=\"tape\",view=\"\"} 0\n", "antiphon_video_up 1\n", "antiphon_video_blank 1\n",
        "antiphon_input_live 1\n", "antiphon_input_backup 1\n", "antiphon_input_holding 0\n",
        "antiphon_input_age_seconds 0.012", "# TYPE antiphon_picture_held_frames_total counter\nantiphon_picture_held_frames_total 7\n", NULL};
    static const char *const lost[] = {"antiphon_output_state" OF "4\n", "antiphon_output_live" OF "0\n", "antiphon_video_up 0\n", NULL};
    struct room room;
    begin(&room);
    caller_say(&room.video, REPORT("true", "live"));
    wait_video(&room.panel, "there", true);
    const char *answer = metrics(&room);
    assert_lines(answer, live);
    assert_null(strstr(answer, "SECRETKEY"));
    assert_null(strstr(answer, "antiphon_output_bytes_per_second{output=\"tape\""));
    caller_close(&room.video);
    wait_video(&room.panel, "lost", true);
    answer = metrics(&room);
    assert_lines(answer, lost);
    assert_null(strstr(answer, "antiphon_output_encode_seconds{"));
    assert_null(strstr(answer, "\nantiphon_input_live 1"));
    end(&room);
}

/* The lines of subtitles go to whoever names the topic: at once, at every change, and not while panic keeps the screen blank. */
static size_t count_lines(struct room *room)
{
    json_t *lines = news(&room->video, "caption_lines");
    size_t count = json_array_size(lines);
    json_decref(lines);
    return count;
}

static void order_desk(struct room *room, const char *text)
{
    caller_say(&room->panel, text);
    json_t *reply = caller_wait(&room->panel, "reply");
    assert_true(json_get_bool(reply, "ok", false));
    json_decref(reply);
}

static void test_caption_lines(void **state)
{
    struct room room;
    begin(&room);
    caller_close(&room.video);
    order_desk(&room, "{\"type\":\"command\",\"ref\":1,\"command\":\"captions.line\",\"track\":\"t\",\"language\":\"en\",\"text\":\"hello\"}");
    caller_open(&room.video, &room.desk,
        "{\"type\":\"hello\",\"client\":\"video\",\"name\":\"video\",\"topics\":[\"outputs\",\"captions\"]}");
    json_t *snapshot = caller_wait(&room.video, "snapshot");
    const json_t *lines = json_object_get(snapshot, "caption_lines");
    assert_int_equal(json_array_size(lines), 1);
    assert_string_equal(json_get_text(json_array_get(lines, 0), "text"), "hello");
    json_decref(snapshot);
    order_desk(&room, "{\"type\":\"command\",\"ref\":1,\"command\":\"captions.line\",\"track\":\"t\",\"language\":\"en\",\"text\":\"world\"}");
    assert_int_equal(count_lines(&room), 2);
    order_desk(&room, "{\"type\":\"command\",\"ref\":1,\"command\":\"panic\"}");
    assert_int_equal(count_lines(&room), 0);
    order_desk(&room, "{\"type\":\"command\",\"ref\":1,\"command\":\"panic\",\"on\":false}");
    assert_int_equal(count_lines(&room), 2);
    order_desk(&room, "{\"type\":\"command\",\"ref\":1,\"command\":\"captions.stop\",\"track\":\"t\"}");
    assert_int_equal(count_lines(&room), 0);
    end(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holding),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_silent_and_lost),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_orders_outlive_it),
        cmocka_unit_test(test_watching),
        cmocka_unit_test(test_watched_again),
        cmocka_unit_test(test_caption_lines),
        cmocka_unit_test(test_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
