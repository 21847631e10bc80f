/* The overlay as a process, against a relay that comes and goes. */
#include "stage.h"

#include <signal.h>

#include "frame/frame.h"
#include "relay.h"

#define QUESTION "{'id':12,'text':'What is this?','author':{'name':'Anna'},'platform':'twitch','message':4711}"
#define POLL "{'id':3,'question':'Next?','options':[{'text':'Yes','votes':1},{'text':'No','votes':2}],'total':3,'state':'open'}"
#define STATE(cards) "{'views':{'main':{" cards "}},'is_blank':false}"

struct scenario {
    struct relay relay;
    struct overlay_view view;
    struct overlay_options options;
    struct frame_reader *reader;
    char *frames_path, *poison_path, *url;
    int64_t until_ms;
};

static void prepare(struct scenario *scenario, const char *on_air)
{
    relay_start(&scenario->relay, on_air);
    relay_listen(&scenario->relay);
    const char *folder = scenario->relay.folder;
    scenario->frames_path = xasprintf("%s/frames-main.sock", folder);
    scenario->poison_path = xasprintf("%s/poison", folder);
    scenario->url = xasprintf("unix:%s", scenario->relay.path);
    scenario->view = (struct overlay_view){.name = "main", .width_px = 640, .height_px = 360};
    scenario->options = (struct overlay_options){
        .relay = scenario->url, .views = &scenario->view, .view_count = 1, .frames_folder = folder,
        .poison_path = scenario->poison_path,
    };
    scenario->reader = frame_reader_create(&(struct frame_reader_options){.path = scenario->frames_path});
}

static void finish(struct scenario *scenario)
{
    frame_reader_destroy(scenario->reader);
    relay_stop(&scenario->relay);
    free(scenario->frames_path);
    free(scenario->poison_path);
    free(scenario->url);
}

static int visible_rows(struct scenario *scenario)
{
    frame_reader_poll(scenario->reader);
    const struct frame_picture *picture = frame_reader_picture(scenario->reader);
    if (!picture || frame_reader_state(scenario->reader) != FRAME_LIVE)
        return -1;
    int rows = 0;
    for (int y = 0; y < picture->height_px; y++)
        rows += picture->rows[y].count > 0;
    return rows;
}

static bool is_applied(void *data)
{
    struct scenario *scenario = data;
    return scenario->relay.applied && strcmp(scenario->relay.applied, scenario->relay.revision) == 0 &&
        scenario->relay.preview;
}

static bool is_visible(void *data)
{
    return visible_rows(data) > 20;
}

static bool is_blank_picture(void *data)
{
    return visible_rows(data) == 0;
}

static void test_reports(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':{'id':1,'text':'Private use \xee\x80\x80?','message':1}"));
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    assert_null(scenario.relay.have);
    assert_int_equal(json_array_size(scenario.relay.missing), 1);
    const json_t *missing = json_array_get(scenario.relay.missing, 0);
    assert_string_equal(json_get_text(missing, "view"), "main");
    assert_string_equal(json_get_text(missing, "text"), "\xee\x80\x80");
    assert_int_equal(json_array_size(scenario.relay.skipped), 0);
    assert_string_equal(json_get_text(scenario.relay.preview, "view"), "main");
    assert_memory_equal(json_get_text(scenario.relay.preview, "png"), "iVBORw0KGgo", 11);
    int status = end_overlay(pid, SIGTERM);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    finish(&scenario);
}

static bool has_two_missing(void *data)
{
    return json_array_size(((struct scenario *)data)->relay.missing) == 2;
}

static bool has_none_missing(void *data)
{
    return json_array_size(((struct scenario *)data)->relay.missing) == 0;
}

/* Told before air: of questions that are ready, and only as long as they are. */
static void test_reports_ready_questions(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE(""));
    scenario.relay.questions = "[{'id':7,'state':'ready','text':'One \xee\x80\x80?'},{'id':8,'state':'new','text':'\xee\x80\x81'}]";
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_int_equal(json_array_size(scenario.relay.missing), 1);
    assert_int_equal(json_get_int(json_array_get(scenario.relay.missing, 0), "question", 0), 7);
    relay_send(&scenario.relay, "{'type':'question','question':{'id':8,'state':'ready','text':'\xee\x80\x81'}}");
    assert_true(relay_serve_until(&scenario.relay, has_two_missing, &scenario));
    relay_send(&scenario.relay, "{'type':'question','question':{'id':7,'state':'dismissed','text':'One'}}");
    relay_send(&scenario.relay, "{'type':'question_removed','id':8}");
    assert_true(relay_serve_until(&scenario.relay, has_none_missing, &scenario));
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

/* A relay elsewhere: over TCP, with a token. */
static void test_token(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':" QUESTION));
    relay_hang_up(&scenario.relay);
    scenario.relay.token = "Bearer a-token-of-a-test";
    relay_listen(&scenario.relay);
    char *url = xasprintf("ws://127.0.0.1:%d/api/v1/socket", server_port(scenario.relay.server));
    scenario.options.relay = url;
    scenario.options.token = "a-token-of-a-test";
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    end_overlay(pid, SIGTERM);
    free(url);
    finish(&scenario);
}

static bool is_back(void *data)
{
    return ((struct scenario *)data)->relay.hellos == 2;
}

/* A restarted relay: the overlay says what it has, and its picture is never another one. */
static void test_relay_restarts(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':" QUESTION));
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    uint64_t sequence = frame_reader_picture(scenario.reader)->sequence;
    relay_hang_up(&scenario.relay);
    relay_listen(&scenario.relay);
    assert_true(relay_serve_until(&scenario.relay, is_back, &scenario));
    assert_string_equal(scenario.relay.have, "x:1");
    assert_true(visible_rows(&scenario) > 20);
    assert_int_equal(frame_reader_picture(scenario.reader)->sequence, sequence);
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

/* Deleted while we were away: there is no telling, so what is gone has no exit. */
static void test_gone_while_away(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':" QUESTION));
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    uint64_t sequence = frame_reader_picture(scenario.reader)->sequence;
    relay_hang_up(&scenario.relay);
    scenario.relay.revision = "x:2";
    scenario.relay.on_air = STATE("");
    relay_listen(&scenario.relay);
    assert_true(relay_serve_until(&scenario.relay, is_blank_picture, &scenario));
    assert_int_equal(frame_reader_picture(scenario.reader)->sequence, sequence + 1);
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

static void test_relay_stays_away(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':" QUESTION));
    scenario.options.clear_after_ms = 300;
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    relay_hang_up(&scenario.relay);
    assert_true(relay_serve_until(&scenario.relay, is_blank_picture, &scenario));
    relay_listen(&scenario.relay);
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    assert_null(scenario.relay.have);  // it has nothing any more, so it must be told all
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

static void test_removed(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':" QUESTION));
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    uint64_t sequence = frame_reader_picture(scenario.reader)->sequence;
    relay_send(&scenario.relay, "{'type':'removed','ids':[4711],'reason':'deleted'}");
    assert_true(relay_serve_until(&scenario.relay, is_blank_picture, &scenario));
    assert_int_equal(frame_reader_picture(scenario.reader)->sequence, sequence + 1);  // no exit
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

/* The same when the relay has let go of its message long ago: no id comes, but the question is gone. */
static void test_question_removed(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':" QUESTION));
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    uint64_t sequence = frame_reader_picture(scenario.reader)->sequence;
    scenario.relay.revision = "x:2";
    scenario.relay.on_air = STATE("");
    relay_tell(&scenario.relay, "on_air");
    relay_send(&scenario.relay, "{'type':'question_removed','id':12}");
    relay_send(&scenario.relay, "{'type':'removed','ids':[],'message':{'platform':'twitch','native_id':'t1'},'reason':'deleted'}");
    assert_true(relay_serve_until(&scenario.relay, is_blank_picture, &scenario));
    assert_in_range(frame_reader_picture(scenario.reader)->sequence, sequence + 1, sequence + 2);  // no exit of a quarter of a second
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

static bool has_card_preview(void *data)
{
    const json_t *preview = ((struct scenario *)data)->relay.preview;
    return preview && !json_get_bool(preview, "is_empty", true);
}

static bool has_empty_preview(void *data)
{
    return json_get_bool(((struct scenario *)data)->relay.preview, "is_empty", false);
}

static bool is_later(void *data)
{
    return clock_monotonic_ms() > ((struct scenario *)data)->until_ms;
}

/* The picture of a change is there at once, and none comes for a change that is not to be seen. */
static void test_previews_are_prompt(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE(""));
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, has_empty_preview, &scenario));
    int64_t began_ms = clock_monotonic_ms();
    scenario.relay.revision = "x:2";
    scenario.relay.on_air = STATE("'question':" QUESTION);
    relay_tell(&scenario.relay, "on_air");
    assert_true(relay_serve_until(&scenario.relay, has_card_preview, &scenario));
    int64_t took_ms = clock_monotonic_ms() - began_ms;
    print_message("the picture of a card that enters came after %lld ms\n", (long long)took_ms);
    assert_true(took_ms < 2000);  // 300 ms where nothing else runs
    scenario.until_ms = clock_monotonic_ms() + 1500;
    assert_true(relay_serve_until(&scenario.relay, is_later, &scenario));  // it has come to rest

    int previews = scenario.relay.previews;
    scenario.relay.revision = "x:3";
    scenario.relay.on_air = STATE("'question':{'id':12,'text':'What is this?','author':{'name':'Anna'},'platform':'twitch','message':4711,'votes':9}");
    relay_tell(&scenario.relay, "on_air");
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    scenario.until_ms = clock_monotonic_ms() + 600;
    assert_true(relay_serve_until(&scenario.relay, is_later, &scenario));
    assert_int_equal(scenario.relay.previews, previews);

    began_ms = clock_monotonic_ms();
    relay_send(&scenario.relay, "{'type':'removed','ids':[4711],'reason':'deleted'}");
    assert_true(relay_serve_until(&scenario.relay, has_empty_preview, &scenario));
    took_ms = clock_monotonic_ms() - began_ms;
    print_message("the picture without a deleted card came after %lld ms\n", (long long)took_ms);
    assert_true(took_ms < 2000);
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

/* Killed with a card on its picture, and while it was away the card left the air: the next one's first picture is empty. */
static void test_killed_and_cleared(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':" QUESTION));
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    end_overlay(pid, SIGKILL);
    scenario.relay.revision = "x:2";
    scenario.relay.on_air = STATE("");
    pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_blank_picture, &scenario));
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

/* And where there is no relay either, after the time that cards stay without one. */
static void test_killed_without_relay(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':" QUESTION));
    scenario.options.clear_after_ms = 300;
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    end_overlay(pid, SIGKILL);
    relay_hang_up(&scenario.relay);
    pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_blank_picture, &scenario));
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

/* What a hostile or newer relay may send is left out; the picture stays. */
static void test_nonsense(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':" QUESTION));
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    static const char *const lines[] = {
        "{}", "[]", "{'type':7}", "{'type':'on_air'}", "{'type':'on_air','revision':'x:2','on_air':[]}",
        "{'type':'removed'}", "{'type':'removed','ids':{'a':1},'author':[1]}", "{'type':'unheard of','x':[[[[]]]]}",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
        relay_send(&scenario.relay, lines[i]);
    server_socket_send_text(scenario.relay.socket, "no JSON \xff\xfe", 10);
    scenario.relay.revision = "x:3";
    scenario.relay.on_air = STATE("'question':7,'poll':{'options':{'a':[]}},'captions':[1,{'lines':'x'},{'lines':[3,null]}]");
    relay_tell(&scenario.relay, "on_air");
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

static bool is_dead(void *data)
{
    siginfo_t info = {0};
    waitid(P_PID, (id_t) * (pid_t *)data, &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid != 0;
}

/* The card that kills is left out by the next run, and said so; the others are drawn. */
static void test_poison(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':" QUESTION ",'poll':" POLL));
    setenv("ANTIPHON_TEST_ABORT_ON", "What is", 1);
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_dead, &pid));
    int status = end_overlay(pid, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    assert_int_equal(json_array_size(scenario.relay.skipped), 1);
    assert_string_equal(json_get_text(json_array_get(scenario.relay.skipped, 0), "card"), "question:12");
    // Another question is none of that.
    scenario.relay.revision = "x:2";
    scenario.relay.on_air = STATE("'question':{'id':13,'text':'Another','message':2}");
    relay_tell(&scenario.relay, "on_air");
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_int_equal(json_array_size(scenario.relay.skipped), 0);
    unsetenv("ANTIPHON_TEST_ABORT_ON");
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

static const struct overlay_view larger = {.name = "main", .width_px = 800, .height_px = 450};
static int reloads;

static bool reload(void *data, const struct overlay_view **views, size_t *count, struct error *err)
{
    if (reloads++ == 0)
        return error_set(err, ERROR_DATA, "the first one is bad");
    *views = &larger;
    *count = 1;
    return true;
}

static bool is_larger(void *data)
{
    struct scenario *scenario = data;
    int rows = visible_rows(scenario);
    const struct frame_picture *picture = frame_reader_picture(scenario->reader);
    assert_true(rows != 0);  // the old picture, then the new one, never an empty one
    return rows > 20 && picture->width_px == 800;
}

static bool was_refused(void *data)
{
    return clock_monotonic_ms() > ((struct scenario *)data)->until_ms;
}

static void test_reload(void **state)
{
    struct scenario scenario;
    prepare(&scenario, STATE("'question':" QUESTION));
    scenario.options.reload = reload;
    pid_t pid = spawn_overlay(&scenario.options);
    assert_true(relay_serve_until(&scenario.relay, is_applied, &scenario));
    assert_true(relay_serve_until(&scenario.relay, is_visible, &scenario));
    uint64_t sequence = frame_reader_picture(scenario.reader)->sequence;
    kill(pid, SIGHUP);
    scenario.until_ms = clock_monotonic_ms() + 300;
    assert_true(relay_serve_until(&scenario.relay, was_refused, &scenario));
    assert_true(visible_rows(&scenario) > 20);
    assert_int_equal(frame_reader_picture(scenario.reader)->sequence, sequence);
    kill(pid, SIGHUP);
    assert_true(relay_serve_until(&scenario.relay, is_larger, &scenario));
    assert_int_equal(scenario.relay.hellos, 1);  // the link stood
    end_overlay(pid, SIGTERM);
    finish(&scenario);
}

static const struct {
    const char *name, *relay, *theme, *expected;
} refusals[] = {
    {"no address", "http://example", NULL, "--relay"},
    {"no theme", "unix:/tmp/x", "/nowhere/theme.json", "/nowhere/theme.json"},
};

static bool is_refused(const struct overlay_options *options, const char *expected)
{
    struct error err = {0};
    bool is_started = overlay_run(options, &err);
    if (!is_started && strstr(err.text, expected))
        return true;
    fprintf(stderr, "expected \"%s\", got \"%s\"\n", expected, err.text);
    return false;
}

static void test_refusals(void **state)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        struct scenario scenario;
        prepare(&scenario, "{}");
        scenario.options.relay = refusals[i].relay;
        scenario.view.theme_path = refusals[i].theme;
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0)
            _exit(is_refused(&scenario.options, refusals[i].expected) ? 0 : 1);
        int status = end_overlay(pid, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fail_msg("%s", refusals[i].name);
        finish(&scenario);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reports), cmocka_unit_test(test_reports_ready_questions), cmocka_unit_test(test_relay_restarts), cmocka_unit_test(test_relay_stays_away),
        cmocka_unit_test(test_gone_while_away),
        cmocka_unit_test(test_removed), cmocka_unit_test(test_question_removed), cmocka_unit_test(test_killed_and_cleared), cmocka_unit_test(test_killed_without_relay), cmocka_unit_test(test_previews_are_prompt), cmocka_unit_test(test_nonsense), cmocka_unit_test(test_poison),
        cmocka_unit_test(test_token), cmocka_unit_test(test_reload), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
