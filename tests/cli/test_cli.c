/* test_cli.c - the configuration's errors name file, key, value and way out; options; folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/options.h"
#include "cli/relay_config.h"
#include "cli/secrets.h"
#include "net/loop.h"
#include "relay/relay.h"
#include "relay/sources.h"

static struct config *parse(const char *text, struct error *err)
{
    json_t *secrets = json_pack("{s:s}", "youtube", "AIza-very-secret");
    struct config *config = config_parse("/x/antiphon.json", text, strlen(text), secrets, err);
    json_decref(secrets);
    return config;
}

#define OUTPUT(to) "{\"video\":{\"outputs\":[{\"name\":\"o\",\"to\":\"" to "\"}]}}"

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *words;  // the error must hold these words
    } cases[] = {
        {"{", "antiphon.json: line 1"},
        {"[]", "the file []: expected an object"},
        {"{\"langauges\":[]}", "langauges: there is no such key (\"languages\" is meant?)"},
        {"{\"languages\":\"fa\"}", "languages \"fa\": expected a list"},
        {"{\"languages\":[7]}", "languages[0] 7: expected a text"},
        {"{\"languages\":[\"f a\"]}", "expected a language tag"},
        {"{\"questions\":{\"commands\":[\"!ask me\"]}}", "questions.commands[0] \"!ask me\": expected a command like \"!ask\""},
        {"{\"questions\":{\"commands\":[7]}}", "questions.commands[0] 7: expected a command"},
        {"{\"questions\":{\"comands\":[]}}", "questions.comands: there is no such key"},
        {"{\"views\":[{\"name\":\"a b\"}]}", "views[0]: \"a b\": a name has"},
        {"{\"views\":[{\"size\":[2,2]}]}", "views[0].name: missing"},
        {"{\"views\":[{\"name\":\"a\",\"size\":[1921,1080]}]}", "views[0].size [1921,1080]: expected [width, height], both even"},
        {"{\"views\":[{\"name\":\"a\",\"face\":[0.5,0.5,0.75,0.25]}]}", "views[0].face [0.5,0.5,0.75,0.25]: expected [x, y, width, height], parts of the view"},
        {"{\"views\":[{\"name\":\"a\",\"safe\":[0,0,1]}]}", "views[0].safe [0,0,1]: expected [x, y, width, height]"},
        {"{\"views\":[{\"name\":\"a\",\"safe\":[0,0,0,1]}]}", "views[0].safe"},
        {"{\"views\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", "views[1]: the name \"a\" is taken by views[0]"},
        {"{\"views\":[{\"name\":\"a\",\"foreign\":\"no\"}]}", "expected \"show\" or \"anonymous\" or \"hide\""},
        {"{\"overlay\":{\"pictures\":{\"host\":[]}}}", "overlay.pictures.host: there is no such key"},
        {"{\"overlay\":{\"pictures\":{\"hosts\":[\"*.org\"]}}}", "overlay.pictures.hosts[0]: \"*.org\": expected a host"},
        {"{\"overlay\":{\"pictures\":{\"hosts\":[7]}}}", "overlay.pictures.hosts[0] 7: expected a text"},
        {"{\"views\":[{\"name\":\"a\",\"cards\":[7]}]}", "views[0].cards[0] 7: expected a text"},
        {"{\"door\":{\"origins\":[\"\"]}}", "door.origins[0]"},
        {"{\"overlay\":{\"pictures\":{\"cache_mb\":-1}}}", "overlay.pictures.cache_mb -1: expected a number from 0 to 10000"},
        {"{\"window\":{\"view\":\"x\"}}", "window.view: \"x\": none of `views`"},
        {"{\"window\":{\"background\":\"green\"}}", "window.background \"green\": expected \"transparent\" or a colour"},
        {"{\"window\":{\"on_top\":1}}", "window.on_top 1: expected"},
        {"{\"windows\":[{}],\"window\":{}}", "windows: there is \"window\" too"},
        {"{\"windows\":[{},{\"view\":\"main\"}]}", "windows[1].view: \"main\" has a window already"},
        {"{\"overlay\":{\"sounds\":{\"gift\":7}}}", "overlay.sounds.gift 7: expected a text"},
        {"{\"overlay\":{\"sounds\":{\"volume\":101}}}", "overlay.sounds.volume 101: expected a number from 0 to 100"},
        {"{\"overlay\":{\"sounds\":{\"view\":\"x\"}}}", "overlay.sounds.view: \"x\": none of `views`"},
        {"{\"video\":{\"outputs\":[{\"name\":\"o\",\"to\":[\"rtmp://x/key\"]}]}}", "video.outputs[0].to: expected a text"},
        {"{\"sources\":[{\"api_key\":\"AIza\"}]}", "sources[0]: expected an object with \"connector\""},
        {"{\"video\":{\"outputs\":[{\"name\":\"o\"}]}}", "video.outputs[0].to: missing"},
        {"{\"video\":{\"outputs\":[{\"name\":\"o\",\"to\":\"secret:key\"}]}}", "secrets.json beside this file has no \"key\""},
        {"{\"video\":{\"fps\":0}}", "video.fps 0: expected a number from 1 to 120"},
        {"{\"video\":{\"input\":\"\"}}", "video.input \"\": expected test, a file"},
        {"{\"video\":{\"input\":\"a.mkv\",\"backup\":\"a.mkv\"}}", "video.backup: this is video.input already"},
        {"{\"video\":{\"input\":\"a.mkv\",\"sound\":\"a.mkv\"}}", "video.sound: this is video.input already"},
        {"{\"video\":{\"backup\":\"b.mkv\",\"sound\":\"b.mkv\"}}", "video.sound: this is video.backup already"},
        {"{\"video\":{\"backup\":\"secret:second\"}}", "secrets.json beside this file has no \"second\""},
        {"{\"video\":{\"music\":7}}", "video.music 7: expected a text"},
        {"{\"video\":{\"input\":\"v4l2:video0\"}}", "video.input: \"v4l2:video0\": expected v4l2:/dev/videoN"},
        {"{\"video\":{\"input\":\"srt://127.0.0.1\"}}", "video.input: \"srt://127.0.0.1\": expected srt://HOST:PORT"},
        {"{\"video\":{\"input\":\"srt://:7001\"}}", "video.input: \"srt://:7001\": anyone who reaches this port"},
        {"{\"video\":{\"input\":\"srt://?mode=listener\"}}", "expected srt://HOST:PORT"},
        {"{\"video\":{\"backup\":\"udp://127.0.0.1:70000\"}}", "video.backup: \"udp://127.0.0.1:70000\": expected udp://HOST:PORT"},
        {"{\"video\":{\"sound\":\"window:\"}}", "video.sound: \"window:\": an output, and no input"},
        {OUTPUT("show.avi"), "video.outputs[0].to: \"show.avi\": antiphon cannot write there; expected FILE.mkv"},
        {OUTPUT(""), "video.outputs[0].to: \"\": antiphon cannot write there"},
        {OUTPUT("srt://host:"), "video.outputs[0].to: \"srt://host:\": expected srt://HOST:PORT"},
        {OUTPUT("srt://[::1]"), "expected srt://HOST:PORT"},
        {OUTPUT("rtmp://host"), "video.outputs[0].to: \"rtmp://host\": expected rtmp://HOST/APP/KEY"},
        {OUTPUT("rtmps://a.rtmps.youtube.com/live2/"), "expected rtmp://HOST/APP/KEY"},
        {OUTPUT("rtmp:///live/key"), "expected rtmp://HOST/APP/KEY"},
        {OUTPUT("rtmp://host/only-a-key"), "\"rtmp://host/***\": expected rtmp://HOST/APP/KEY"},
        {"{\"video\":{\"outputs\":[{\"name\":\"o\",\"to\":\"a.mkv\"},{\"name\":\"o\",\"to\":\"b.mkv\"}]}}",
            "video.outputs[1]: the name \"o\" is taken by video.outputs[0]"},
        {"{\"video\":{\"outputs\":[{\"name\":\"a\",\"to\":\"hls:live\"},{\"name\":\"b\",\"to\":\"hls:live\"}]}}",
            "video.outputs[1].to: video.outputs[0] goes there already"},
        {"{\"video\":{\"outputs\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}}", "video.outputs: 17 of them: 16 at most"},
        {"{\"panel\":{\"listen\":\"8470\"}}", "expected ADDRESS:PORT"},
        {"{\"panel\":{\"listen\":\"0.0.0.0:8470\"}}", "open to others without encryption"},
        {"{\"panel\":{\"public_url\":\"desk.example\"}}", "begins with https://"},
        {"{\"panel\":{\"certificate\":\"a.pem\"}}", "certificate and key go together"},
        {"{\"logins\":{\"tiktok\":{}}}", "antiphon.json: logins.tiktok: there is no such login"},
        {"{\"logins\":{\"twitch\":{\"client_id\":7}}}", "antiphon.json: logins.twitch.client_id: expected a text"},
        {"{\"logins\":{\"youtube\":{\"client_id\":\"a\",\"client_secret\":\"secret:none\"}}}", "has no \"none\"; add it there"},
        {"{\"logins\":[]}", "logins []: expected an object"},
        {"{\"door\":{\"listen\":\"8471\"}}", "door.listen: \"8471\": expected ADDRESS:PORT"},
        {"{\"door\":{\"listen\":\"0.0.0.0:8471\"}}", "give door.certificate and door.key"},
        {"{\"door\":{\"public_url\":\"http://tunnel.example\"}}", "door.public_url"},
        {"{\"door\":{\"key\":\"a.pem\"}}", "door: certificate and key go together"},
        {"{\"door\":{\"origins\":[\"https://a.example/page\"]}}", "door.origins"},
        {"{\"door\":{\"origins\":[\"a.example\"]}}", "expected a page's origin"},
        {"{\"door\":{\"origin\":\"x\"}}", "door.origin: there is no such key"},
        {"{\"sources\":[\"twitch\"]}", "sources[0] \"twitch\": expected an object with \"connector\""},
        {"{\"retention_days\":1.5}", "retention_days 1.5: expected a whole number"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        struct config *config = parse(cases[i].text, &err);
        if (config || !strstr(err.text, cases[i].words))
            fail_msg("%s\n  said: %s\n  want: %s", cases[i].text, err.text, cases[i].words);
    }
}

static void test_whole_configuration(void **state)
{
    struct error err = {0};
    struct config *config = parse(
        "{\"sources\":[{\"connector\":\"twitch\",\"channel\":\"anna\"},"
        "{\"connector\":\"youtube\",\"channel\":\"@anna\",\"api_key\":\"secret:youtube\"}],"
        "\"languages\":[\"fa\",\"en\",\"zh-Hant\"],"
        "\"views\":[{\"name\":\"main\",\"size\":[1280,720],\"theme\":\"evening\"}],"
        "\"window\":{\"view\":\"main\",\"background\":\"#00FF00\"},"
        "\"video\":{\"input\":\"srt://127.0.0.1:7001?mode=listener\","
        "\"outputs\":[{\"name\":\"file\",\"view\":\"main\",\"to\":\"show.mkv\",\"bitrate_kbps\":6000}]},"
        "\"panel\":{\"listen\":\"127.0.0.1:8470\",\"public_url\":\"https://desk.example\"}}", &err);
    if (!config)
        fail_msg("%s", err.text);
    assert_string_equal(json_get_text(json_array_get(config->sources, 1), "api_key"), "AIza-very-secret");
    assert_int_equal(config->video.width_px, 1280);
    assert_int_equal(config->video.outputs[0].bitrate_kbps, 6000);
    assert_string_equal(config->languages[2], "zh-Hant");
    assert_non_null(config_find_view(config, "main"));
    assert_null(config_find_view(config, "other"));
    config_destroy(config);
}

static void test_defaults(void **state)
{
    struct error err = {0};
    struct config *config = parse("{}", &err);
    assert_non_null(config);
    assert_string_equal(config->views[0].name, "main");
    assert_int_equal(config->views[0].width_px, 1920);
    assert_false(config->video.is_wanted);
    assert_string_equal(config->panel.listen, "127.0.0.1:8470");
    config_destroy(config);
}

/* What is written back keeps "secret:…", never the secret. */
static void test_write_back(void **state)
{
    char folder[] = "/tmp/antiphon-cli-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = xasprintf("%s/antiphon.json", folder), *secrets = xasprintf("%s/secrets.json", folder);
    struct error err = {0};
    assert_true(file_write_atomic(secrets, "{\"k\":\"hidden-value\"}", 20, 0644, &err));
    assert_null(config_load(path, &err));
    assert_non_null(strstr(err.text, "others can read it; run: chmod 600"));
    assert_int_equal(chmod(secrets, 0600), 0);
    assert_null(config_load(path, &err));
    assert_non_null(strstr(err.text, "No such file"));
    assert_true(file_write_atomic(path, "{\"retention_days\":7}", 20, 0600, &err));
    struct config *config = config_load(path, &err);
    assert_non_null(config);
    json_t *sources = json_pack("[{s:s,s:s}]", "connector", "youtube", "api_key", "secret:k");
    assert_true(config_write_sources(config, sources, &err));
    config_destroy(config);
    config = config_load(path, &err);
    assert_non_null(config);
    assert_int_equal(config->retention_days, 7);
    assert_string_equal(json_get_text(json_array_get(config->sources, 0), "api_key"), "hidden-value");
    struct buffer text = {0};
    assert_true(file_read(path, 10000, &text, &err));
    assert_null(memmem(text.data, text.len, "hidden-value", 12));
    buffer_fini(&text);
    // What its owner wrote into the file meanwhile stays; a slip of his is not written over.
    assert_true(file_write_atomic(path, "{\"retention_days\":9}", 20, 0600, &err));
    assert_true(config_write_sources(config, sources, &err));
    config_destroy(config);
    config = config_load(path, &err);
    assert_int_equal(config->retention_days, 9);
    assert_int_equal(json_array_size(config->sources), 1);
    assert_true(file_write_atomic(path, "{\"retention_days\":", 18, 0600, &err));
    assert_false(config_write_sources(config, sources, &err));
    assert_non_null(strstr(err.text, "was edited meanwhile"));
    config_destroy(config);
    json_decref(sources);
    free(path);
    free(secrets);
}

/* Logins lie beside the secrets: neither disturbs the other, and nobody else can read them. */
static void test_stored_logins(void **state)
{
    struct error err = {0};
    struct stat info;
    char folder[] = "/tmp/antiphon-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = xasprintf("%s/antiphon.json", folder), *secrets = xasprintf("%s/secrets.json", folder);
    assert_null(secrets_load_login(path, "twitch"));
    assert_true(secrets_save_login(path, "twitch", "{\"access_token\":\"a\"}", &err));
    assert_int_equal(stat(secrets, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_true(secrets_save_login(path, "kick", "{\"access_token\":\"b\"}", &err));
    json_t *sources = json_pack("[{s:s,s:s}]", "connector", "youtube", "api_key", "AIza-plain");
    assert_true(secrets_move(path, sources, &err));
    json_decref(sources);
    char *twitch = secrets_load_login(path, "twitch");
    assert_string_equal(twitch, "{\"access_token\":\"a\"}");
    free(twitch);
    assert_true(secrets_save_login(path, "twitch", NULL, &err));
    assert_null(secrets_load_login(path, "twitch"));
    json_t *all = NULL;
    assert_true(secrets_load(path, &all, &err));
    assert_string_equal(json_get_text(all, "youtube_api_key"), "AIza-plain");
    json_decref(all);
    // What others can read is not added to.
    assert_int_equal(chmod(secrets, 0644), 0);
    assert_false(secrets_save_login(path, "twitch", "{}", &err));
    assert_non_null(strstr(err.text, "chmod 600"));
    unlink(secrets);
    assert_int_equal(rmdir(folder), 0);  // nothing else was left there
    free(path), free(secrets);
}

static void test_options(void **state)
{
    bool is_loud = false;
    int count = 5;
    double speed = 1;
    const char *name = NULL;
    struct option_list outputs = {0};
    const struct option_spec specs[] = {
        {"loud", OPTION_FLAG, &is_loud, NULL, ""}, {"count", OPTION_INT, &count, "N", "", 1, 9},
        {"speed", OPTION_REAL, &speed, "X", ""},   {"name", OPTION_TEXT, &name, "NAME", ""},
        {"output", OPTION_LIST, &outputs, "URI", ""},
    };
    const struct option_usage usage = {"demo", "[FILE]", "", specs, ARRAY_LENGTH(specs)};
    char *good[] = {"demo", "--loud", "--count=7", "--speed", "2.5", "--output", "a", "--output=b", "file", NULL};
    int first, status;
    assert_int_equal(options_parse(&usage, 9, good, &first, &status), OPTIONS_GO);
    assert_true(is_loud && count == 7 && speed == 2.5 && outputs.count == 2);
    assert_string_equal(good[first], "file");
    static const char *const bad[] = {"--count=10", "--count=x", "--speed=0", "--speed=nan", "--nonsense"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        char *argv[] = {"demo", (char *)bad[i], NULL};
        assert_int_equal(options_parse(&usage, 2, argv, &first, &status), OPTIONS_STOP);
        assert_int_equal(status, 2);
    }
}

/* A key that was typed into the panel does not stay in antiphon.json; the same key keeps its name. */
static void test_keys_move(void **state)
{
    char folder[] = "/tmp/antiphon-cli-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = xasprintf("%s/antiphon.json", folder), *secrets = xasprintf("%s/secrets.json", folder);
    struct error err = {0};
    assert_true(file_write_atomic(path, "{}", 2, 0600, &err));
    json_t *sources = json_pack("[{s:s,s:s,s:s},{s:s,s:s,s:s},{s:s,s:s,s:s}]", "connector", "youtube", "video", "a", "api_key",
        "AIza-first", "connector", "youtube", "video", "b", "api_key", "AIza-second", "connector", "youtube", "video", "c",
        "api_key", "AIza-first");
    for (int round = 0; round < 2; round++) {
        struct config *config = config_load(path, &err);
        assert_non_null(config);
        assert_true(config_write_sources(config, sources, &err));
        config_destroy(config);
        config = config_load(path, &err);
        if (!config)
            fail_msg("%s", err.text);
        const json_t *written = json_object_get(config->root, "sources");
        static const char *const names[] = {"secret:youtube_api_key", "secret:youtube_api_key_2", "secret:youtube_api_key"};
        for (size_t i = 0; i < 3; i++) {
            assert_string_equal(json_get_text(json_array_get(written, i), "api_key"), names[i]);
            assert_string_equal(json_get_text(json_array_get(config->sources, i), "api_key"),
                json_get_text(json_array_get(sources, i), "api_key"));
        }
        config_destroy(config);
    }
    struct stat info;
    assert_int_equal(stat(secrets, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    json_decref(sources);
    free(path);
    free(secrets);
}

static void write_text(const char *path, const char *text)
{
    assert_true(file_write_atomic(path, text, strlen(text), 0600, NULL));
}

/* What the log says while the file is read again; the caller frees. */
static char *reload(struct relay_config *config, struct relay *relay, const char *folder)
{
    char *path = xasprintf("%s/log", folder);
    struct buffer said = {0};
    int kept = dup(STDERR_FILENO);
    assert_non_null(freopen(path, "w", stderr));
    bool is_good = relay_config_reload(config, relay, NULL);
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_true(is_good && file_read(path, 1 << 20, &said, NULL));
    free(path);
    return buffer_take(&said);
}

/* Views and panel are read at a start: nobody may believe that SIGHUP changed them. */
static void test_reload_says_what_waits(void **state)
{
    char folder[] = "/tmp/antiphon-cli-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = xasprintf("%s/antiphon.json", folder);
    write_text(path, "{\"views\":[{\"name\":\"main\"}],\"retention_days\":3}");
    struct error err = {0};
    struct loop *loop = loop_create(&err);
    struct relay_config *config = relay_config_load(path, &err);
    assert_non_null(config);
    struct relay *relay = relay_config_create_relay(config, loop, folder, folder, &err);
    assert_non_null(relay);
    write_text(path, "{\"views\":[{\"name\":\"main\",\"theme\":\"evening\"}],\"retention_days\":3,"
                     "\"panel\":{\"listen\":\"127.0.0.1:1\"}}");
    char *said = reload(config, relay, folder);
    assert_non_null(strstr(said, "only at a start: views, panel;"));
    free(said);
    said = reload(config, relay, folder);
    assert_null(strstr(said, "only at a start"));
    free(said);
    relay_destroy(relay);
    relay_config_destroy(config);
    loop_destroy(loop);
    free(path);
}

/* A key in the file is shown to nobody and still written back, also after SIGHUP. */
static void test_reload_hides_keys(void **state)
{
    char folder[] = "/tmp/antiphon-cli-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = xasprintf("%s/antiphon.json", folder);
    write_text(path, "{}");
    struct error err = {0};
    struct loop *loop = loop_create(&err);
    struct relay_config *config = relay_config_load(path, &err);
    struct relay *relay = relay_config_create_relay(config, loop, folder, folder, &err);
    assert_non_null(relay);
    write_text(path, "{\"sources\":[{\"connector\":\"youtube\",\"video\":\"abcdefghijk\",\"api_key\":\"AIza-very-secret\","
                     "\"api_url\":\"http://127.0.0.1:9\"}]}");
    free(reload(config, relay, folder));
    json_t *shown = sources_write_config(relay->sources);
    assert_int_equal(json_array_size(shown), 1);
    assert_string_equal(json_get_text(json_array_get(shown, 0), "api_key"), "***");
    assert_string_equal(json_get_text(json_object_get(relay->written, "youtube:abcdefghijk"), "api_key"), "AIza-very-secret");
    json_decref(shown);
    relay_destroy(relay);
    relay_config_destroy(config);
    loop_destroy(loop);
    free(path);
}

/* One that does not start is its owner's to mend, not ours to drop when another is added. */
static void test_refused_source_stays(void **state)
{
    char folder[] = "/tmp/antiphon-cli-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = xasprintf("%s/antiphon.json", folder);
    write_text(path, "{\"sources\":[{\"connector\":\"twitch\",\"channel\":\"no channel!\"}]}");
    struct error err = {0};
    struct loop *loop = loop_create(&err);
    struct relay_config *config = relay_config_load(path, &err);
    struct relay *relay = config ? relay_config_create_relay(config, loop, folder, folder, &err) : NULL;
    assert_non_null(relay);
    json_t *entry = json_pack("{s:s,s:s,s:s}", "connector", "twitch", "channel", "anna", "url", "ws://127.0.0.1:9");
    if (!relay_add_source(relay, entry, &err))
        fail_msg("%s", err.text);
    struct buffer text = {0};
    assert_true(file_read(path, 10000, &text, &err));
    assert_non_null(memmem(text.data, text.len, "no channel!", 11));
    assert_non_null(memmem(text.data, text.len, "anna", 4));
    buffer_fini(&text);
    json_decref(entry);
    relay_destroy(relay);
    relay_config_destroy(config);
    loop_destroy(loop);
    free(path);
}

/* A language that is none gets English samples; it does not search for ever. */
static void test_preview_of_no_language(void **state)
{
    static const char *const languages[] = {"-x", "-", "", "fa--", "zh-"};
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++) {
        char *argv[] = {"theme", "preview", "evening", "--lang", (char *)languages[i], "--card", "no such card", NULL};
        alarm(20);
        assert_int_equal(cmd_theme(ARRAY_LENGTH(argv) - 1, argv), COMMAND_FAILED);
        alarm(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preview_of_no_language), cmocka_unit_test(test_refusals),   cmocka_unit_test(test_whole_configuration), cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_write_back), cmocka_unit_test(test_stored_logins), cmocka_unit_test(test_options),
        cmocka_unit_test(test_keys_move),
        cmocka_unit_test(test_reload_says_what_waits), cmocka_unit_test(test_reload_hides_keys),
        cmocka_unit_test(test_refused_source_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
