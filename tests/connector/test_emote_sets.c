/* Third-party emotes: which words become pictures, what the services answer, and what a start without them has. */
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/connector_impl.h"
#include "connector/emote_service.h"
#include "connector/emote_sets.h"
#include "connector/emote_table.h"
#include "net/loop.h"
#include "net/server.h"
#include "rehearsal/rehearsal.h"

/* ---- the table ---- */

static struct emote_table *make_table(void)
{
    static const char *const words[] = {"OMEGALUL", "catJAM", "D:", "گل", ":)", "PogU"};
    struct emote_table *table = emote_table_create();
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        char url[64];
        snprintf(url, sizeof(url), "https://e.example/%zu", i);
        emote_table_add(table, str_from(words[i]), STR("7tv:1"), str_from(url));
    }
    return table;
}

/* "0-8 OMEGALUL" … of what the text becomes, with the platform's own emote at 0-5 if there is one. */
static void check_text(const char *text, bool has_own, const char *expected)
{
    static const struct emote own = {.id = {"25", 2}, .name = {"Kappa", 5}, .from = 0, .to = 5};
    struct emote_table *table = make_table();
    struct emote_finds finds = {0};
    struct message_draft draft = {.text = str_from(text), .emotes = has_own ? &own : NULL, .emote_count = has_own};
    char found[512] = "";
    emote_table_apply(table, &draft, &finds);
    for (size_t i = 0; i < draft.emote_count; i++) {
        const struct emote *emote = &draft.emotes[i];
        size_t len = strlen(found);
        snprintf(found + len, sizeof(found) - len, "%s%u-%u %.*s", i ? ", " : "", emote->from, emote->to, (int)emote->name.len,
                 emote->name.data);
    }
    if (strcmp(found, expected) != 0)
        fail_msg("\"%s\": \"%s\" instead of \"%s\"", text, found, expected);
    free(finds.found);
    emote_table_destroy(table);
}

static void test_words(void **state)
{
    check_text("OMEGALUL", false, "0-8 OMEGALUL");
    check_text("omegalul OMEGALULx xOMEGALUL OMEGALUL!", false, "");  // exactly the word, and nothing like it
    check_text("  catJAM  catJAM ", false, "2-8 catJAM, 10-16 catJAM");
    check_text("سلام گل D: 晚上好 PogU", false, "9-13 گل, 14-16 D:, 27-31 PogU");
    check_text("Kappa PogU", true, "0-5 Kappa, 6-10 PogU");
    check_text("", false, "");
    check_text("   ", false, "");
    check_text("OMEG ALUL", false, "");
}

static void test_inside_the_platforms_own(void **state)
{
    static const struct emote own = {.id = {"1", 1}, .name = {":) catJAM", 9}, .from = 0, .to = 9};
    struct emote_table *table = make_table();
    struct emote_finds finds = {0};
    struct message_draft draft = {.text = STR(":) catJAM :)"), .emotes = &own, .emote_count = 1};
    emote_table_apply(table, &draft, &finds);
    assert_int_equal(draft.emote_count, 2);
    assert_int_equal(draft.emotes[1].from, 10);
    free(finds.found);
    emote_table_destroy(table);
}

static void test_many(void **state)
{
    struct emote_table *table = emote_table_create();
    for (int i = 0; i < 10000; i++) {
        char word[32];
        int len = snprintf(word, sizeof(word), "emote%d", i);
        emote_table_add(table, (struct str){word, (size_t)len}, STR("x"), STR("https://e.example/x"));
        emote_table_add(table, (struct str){word, (size_t)len}, STR("y"), STR("https://e.example/y"));  // comes too late
    }
    assert_int_equal(emote_table_count(table), 10000);
    struct buffer text = {0};
    for (int i = 0; i < 500; i++)
        buffer_printf(&text, "emote%d ", i * 20);
    struct emote_finds finds = {0};
    struct message_draft draft = {.text = {text.data, text.len}};
    emote_table_apply(table, &draft, &finds);
    assert_int_equal(draft.emote_count, 300);  // a bound
    assert_true(str_equal(draft.emotes[299].id, STR("x")));
    free(finds.found);
    buffer_fini(&text);
    emote_table_destroy(table);
}

/* ---- the services ---- */

struct scene {
    struct loop *loop;
    struct server *server;
    struct connector base;
    struct emote_sets *sets;
    char folder[64], url[64];
    bool is_down;
    int requests, wanted;
    struct timer check, limit;
};

static const struct {
    const char *path, *body;
} answers[] = {
    {"/e/7tv/v3/emote-sets/global", "{\"id\":\"g\",\"emotes\":[{\"id\":\"01GLOBAL\",\"name\":\"EZ\"},{\"id\":\"../../x\",\"name\":\"evil\"},7,{\"name\":\"noid\"}]}"},
    {"/e/7tv/v3/users/twitch/117", "{\"id\":\"117\",\"emote_set\":{\"emotes\":[{\"id\":\"01CHANNEL\",\"name\":\"catJAM\"},{\"id\":\"01OWN\",\"name\":\"EZ\"}]}}"},
    {"/e/7tv/v3/users/twitch/700100200", "{\"id\":\"1\",\"emote_set\":{\"emotes\":[{\"id\":\"01ROOM\",\"name\":\"catJAM\"}]}}"},
    {"/e/7tv/v3/users/twitch/118", "{\"id\":\"118\",\"emote_set\":null}"},
    {"/e/bttv/3/cached/emotes/global", "[{\"id\":\"54fa\",\"code\":\":tf:\",\"imageType\":\"png\"}]"},
    {"/e/bttv/3/cached/users/twitch/117", "{\"channelEmotes\":[{\"id\":\"aa\",\"code\":\"peepoHey\"}],\"sharedEmotes\":[{\"id\":\"bb\",\"code\":\"monkaS\"}]}"},
    {"/e/ffz/v1/set/global", "{\"default_sets\":[3],\"sets\":{\"3\":{\"emoticons\":[{\"id\":28136,\"name\":\"LilZ\"}]},\"4\":{\"emoticons\":[{\"id\":9,\"name\":\"secret\"}]}}}"},
    {"/e/ffz/v1/room/id/117", "{\"room\":{\"set\":77},\"sets\":{\"77\":{\"emoticons\":[{\"id\":128054,\"name\":\"OMEGALUL\"}]}}}"},
};

static void handle_request(void *data, struct server_request *request)
{
    struct scene *scene = data;
    const char *path = server_request_path(request);
    scene->requests++;
    if (scene->is_down) {
        server_respond_text(request, 503, "%s", "down");
        return;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
        if (strcmp(path, answers[i].path) == 0) {
            server_respond(request, 200, "application/json", NULL, 0, answers[i].body, strlen(answers[i].body));
            return;
        }
    }
    server_respond_text(request, 404, "%s", "{\"message\":\"user not found\"}");
}

static void drop(void *data, struct message *message)
{
}

static void begin(struct scene *scene)
{
    struct error err = {0};
    static const struct connector_impl impl = {.name = "twitch"};
    log_set_level(LOG_ERROR);
    *scene = (struct scene){0};
    scene->loop = loop_create(&err);
    scene->server = server_create(scene->loop, &(struct server_options){.on_request = handle_request, .data = scene}, &err);
    assert_non_null(scene->server);
    snprintf(scene->folder, sizeof(scene->folder), "/tmp/antiphon-emotes-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->url, sizeof(scene->url), "http://127.0.0.1:%u/e", server_port(scene->server));
    scene->base = (struct connector){.impl = &impl, .source = "twitch:anna",
        .options = {.loop = scene->loop, .deliver = drop, .cache_folder = scene->folder}};
}

static void make_sets(struct scene *scene, const char *wanted)
{
    char *text = xasprintf("{\"emote_url\":\"%s\",\"url\":\"ws://x\"%s%s}", scene->url, wanted ? ",\"emote_sets\":" : "", wanted ? wanted : "");
    json_t *config = json_parse(text, strlen(text), NULL);
    scene->sets = emote_sets_create(&scene->base, config);
    json_decref(config);
    free(text);
}

static void end(struct scene *scene)
{
    char *command = xasprintf("rm -r %s", scene->folder);
    emote_sets_destroy(scene->sets);
    server_destroy(scene->server);
    timer_stop(&scene->check);
    timer_stop(&scene->limit);
    loop_destroy(scene->loop);
    assert_int_equal(system(command), 0);
    free(command);
}

/* The word's picture in a text; "" if it is none. The caller frees. */
static char *picture_of(struct scene *scene, const char *word)
{
    struct message_draft draft = {.kind = MESSAGE_CHAT, .text = str_from(word)};
    emote_sets_apply(scene->sets, &draft);
    return draft.emote_count ? xasprintf("%.*s %.*s", (int)draft.emotes[0].id.len, draft.emotes[0].id.data,
                                         (int)draft.emotes[0].url.len, draft.emotes[0].url.data) : xstrdup("");
}

static void assert_picture(struct scene *scene, const char *word, const char *expected)
{
    char *found = picture_of(scene, word);
    if (strcmp(found, expected) != 0)
        fail_msg("%s: \"%s\" instead of \"%s\"", word, found, expected);
    free(found);
}

static void check(void *data)
{
    struct scene *scene = data;
    if (scene->requests >= scene->wanted) {
        loop_stop(scene->loop);
    } else {
        timer_start(&scene->check, 2);
    }
}

static void give_up(void *data)
{
    loop_stop(((struct scene *)data)->loop);
}

/* Until so many requests came, and their answers had some turns to be read. */
static void wait_requests(struct scene *scene, int wanted)
{
    scene->wanted = wanted;
    timer_init(&scene->check, scene->loop, check, scene);
    timer_init(&scene->limit, scene->loop, give_up, scene);
    timer_start(&scene->check, 0);
    timer_start(&scene->limit, 10000);
    loop_run(scene->loop, NULL);
    timer_stop(&scene->limit);
    assert_int_equal(scene->requests, wanted);
}

static void wait_picture(struct scene *scene, const char *word, const char *expected)
{
    int64_t limit_ms = clock_monotonic_ms() + 10000;
    char *found = NULL;
    do {
        free(found);
        timer_init(&scene->limit, scene->loop, give_up, scene);
        timer_start(&scene->limit, 2);
        loop_run(scene->loop, NULL);
        found = picture_of(scene, word);
    } while (strcmp(found, expected) != 0 && clock_monotonic_ms() < limit_ms);
    free(found);
    assert_picture(scene, word, expected);
}

#define CATJAM "7tv:01CHANNEL https://cdn.7tv.app/emote/01CHANNEL/2x.webp"

static void test_services(void **state)
{
    struct scene scene;
    begin(&scene);
    make_sets(&scene, NULL);
    assert_picture(&scene, "catJAM", "");
    emote_sets_set_channel(scene.sets, "twitch", "117");
    wait_requests(&scene, 6);
    wait_picture(&scene, "catJAM", CATJAM);
    wait_picture(&scene, "EZ", "7tv:01OWN https://cdn.7tv.app/emote/01OWN/2x.webp");  // the channel's goes first
    wait_picture(&scene, ":tf:", "bttv:54fa https://cdn.betterttv.net/emote/54fa/2x");
    wait_picture(&scene, "monkaS", "bttv:bb https://cdn.betterttv.net/emote/bb/2x");
    wait_picture(&scene, "LilZ", "ffz:28136 https://cdn.frankerfacez.com/emote/28136/1");
    wait_picture(&scene, "OMEGALUL", "ffz:128054 https://cdn.frankerfacez.com/emote/128054/1");
    assert_picture(&scene, "secret", "");  // not everybody's
    assert_picture(&scene, "evil", "");    // no id of theirs
    emote_sets_set_channel(scene.sets, "twitch", "117");  // the same again: nothing is asked
    // Another channel: its predecessor's go at once, the global ones stay. 404 there is no failure.
    emote_sets_set_channel(scene.sets, "twitch", "118");
    assert_picture(&scene, "catJAM", "");
    assert_picture(&scene, ":tf:", "bttv:54fa https://cdn.betterttv.net/emote/54fa/2x");
    wait_requests(&scene, 9);
    end(&scene);
}

static void count_emote(void *data, struct str word, struct str id)
{
    ++*(int *)data;
}

/* As long as an answer may be: looking each set up among all others would take hours. */
static void test_very_many_sets(void **state)
{
    json_t *answer = json_pack("{s:{},s:[]}", "sets", "default_sets");
    for (int i = 0; i < 150000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        json_object_set_new(json_object_get(answer, "sets"), name, json_pack("{s:[{s:i,s:s}]}", "emoticons", "id", i + 1, "name", name));
        json_array_append_new(json_object_get(answer, "default_sets"), json_integer(150000 - i));
    }
    int count = 0;
    assert_true(emote_service_read(EMOTES_FFZ, answer, count_emote, &count));
    assert_true(count <= 5000);
    json_decref(answer);
}

/* What was kept is there at once, also while the services are down, and stays. */
static void test_cache(void **state)
{
    struct scene scene;
    begin(&scene);
    make_sets(&scene, NULL);
    emote_sets_set_channel(scene.sets, "twitch", "117");
    wait_picture(&scene, "catJAM", CATJAM);
    wait_picture(&scene, "OMEGALUL", "ffz:128054 https://cdn.frankerfacez.com/emote/128054/1");
    wait_requests(&scene, 6);
    emote_sets_destroy(scene.sets);

    scene.is_down = true;
    make_sets(&scene, NULL);
    emote_sets_set_channel(scene.sets, "twitch", "117");
    assert_picture(&scene, "catJAM", CATJAM);
    wait_requests(&scene, 12);
    wait_picture(&scene, "catJAM", CATJAM);
    emote_sets_destroy(scene.sets);

    // Cut short by a crash.
    char *path = xasprintf("%s/emotes-7tv-twitch-117.json", scene.folder);
    assert_int_equal(truncate(path, 5), 0);
    free(path);
    make_sets(&scene, NULL);
    emote_sets_set_channel(scene.sets, "twitch", "117");
    assert_picture(&scene, "catJAM", "");
    assert_picture(&scene, "OMEGALUL", "ffz:128054 https://cdn.frankerfacez.com/emote/128054/1");
    end(&scene);
}

static void test_opt_out(void **state)
{
    struct scene scene;
    begin(&scene);
    make_sets(&scene, "false");
    assert_null(scene.sets);
    make_sets(&scene, "[]");
    assert_null(scene.sets);
    make_sets(&scene, "[\"bttv\"]");
    emote_sets_set_channel(scene.sets, "twitch", "117");
    wait_requests(&scene, 2);
    wait_picture(&scene, "monkaS", "bttv:bb https://cdn.betterttv.net/emote/bb/2x");
    assert_picture(&scene, "catJAM", "");
    emote_sets_set_channel(scene.sets, "irc", "117");    // there are no sets for it
    emote_sets_set_channel(scene.sets, "twitch", "../x");  // nor is this a channel
    assert_int_equal(scene.requests, 2);
    end(&scene);
    // A rehearsal's channel is nobody's to ask about.
    json_t *config = json_pack("{s:s}", "url", "ws://127.0.0.1:1");
    struct connector base = {.options = {.loop = (struct loop *)&scene, .deliver = drop}};
    assert_null(emote_sets_create(&base, config));
    json_decref(config);
}

static void test_configuration(void **state)
{
    static const struct {
        const char *value, *words;
    } cases[] = {
        {"true", NULL}, {"false", NULL}, {"[]", NULL}, {"[\"7tv\",\"ffz\"]", NULL}, {"\"7tv\"", "expected true, false, or a list"},
        {"[\"emoji\"]", "emote_sets[0]: expected"}, {"[7]", "emote_sets[0]"}, {"7", "expected true"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        char *text = xasprintf("{\"connector\":\"twitch\",\"channel\":\"anna\",\"emote_sets\":%s}", cases[i].value);
        json_t *config = json_parse(text, strlen(text), NULL);
        char *id = connector_source_id(config, &err);
        if (!id != !!cases[i].words || (cases[i].words && !strstr(err.text, cases[i].words)))
            fail_msg("%s: %s", cases[i].value, err.text);
        free(id);
        free(text);
        json_decref(config);
    }
}

/* ---- all of it: Twitch tells its room's number, and from then on its messages have the room's emotes ---- */

static bool has_emote(void *data)
{
    const struct stage *stage = data;
    return stage->message_count > 0 && stage->messages[stage->message_count - 1]->is.emote_count == 2;
}

static void say_again(void *data)
{
    struct rehearsal *rehearsal = data;
    static const struct emote own = {.id = {"25", 2}, .name = {"Kappa", 5}, .from = 0, .to = 5};
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .native_id = STR("t"), .text = STR("Kappa \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 catJAM"),
        .author = {.id = STR("7"), .login = STR("sara"), .name = STR("sara")}, .emotes = &own, .emote_count = 1});
    rehearsal_say(rehearsal, message);
    message_unref(message);
}

static void test_on_twitch(void **state)
{
    struct scene scene;
    struct stage stage;
    struct error err = {0};
    begin(&scene);  // of which only the services are used, in the stage's loop
    server_destroy(scene.server);
    stage_init(&stage);
    scene.server = server_create(stage.loop, &(struct server_options){.on_request = handle_request, .data = &scene}, &err);
    struct rehearsal *rehearsal = rehearsal_create(stage.loop, &(struct rehearsal_options){.starts_at_once = true}, &err);
    assert_non_null(rehearsal);
    stage_start(&stage, NULL, "{\"connector\":\"twitch\",\"channel\":\"rehearsal\",\"url\":\"ws://127.0.0.1:%u/\",\"emote_url\":\"http://127.0.0.1:%u/e\"}",
                rehearsal_port(rehearsal), server_port(scene.server));
    stage_until_state(&stage, CONNECTOR_LIVE);
    for (int i = 0; i < 500 && !has_emote(&stage); i++) {  // until the answers have come
        say_again(rehearsal);
        stage_until_messages(&stage, stage.message_count + 1);
    }
    assert_true(has_emote(&stage));
    const struct message_draft *is = &stage.messages[stage.message_count - 1]->is;
    assert_string_equal(is->emotes[0].name.data, "Kappa");
    assert_string_equal(is->emotes[1].url.data, "https://cdn.7tv.app/emote/01ROOM/2x.webp");
    assert_int_equal(is->emotes[1].from, 15);
    stage_stop(&stage);
    rehearsal_destroy(rehearsal);
    server_destroy(scene.server);
    scene.server = NULL;
    stage_fini(&stage);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),    cmocka_unit_test(test_inside_the_platforms_own),
        cmocka_unit_test(test_many),     cmocka_unit_test(test_services), cmocka_unit_test(test_very_many_sets),
        cmocka_unit_test(test_cache),    cmocka_unit_test(test_opt_out),
        cmocka_unit_test(test_configuration), cmocka_unit_test(test_on_twitch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
