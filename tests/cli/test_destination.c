/* test_destination.c - a platform is known by its address, its rule makes a view of its own, and what is written down wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gst/gst.h>

#include "base/error.h"
#include "base/memory.h"
#include "cli/check_inputs.h"
#include "cli/check_outputs.h"
#include "cli/config.h"
#include "cli/destination.h"
#include "cli/output_plan.h"
#include "video/studio.h"

static struct config *parse(const char *text)
{
    struct error err = {0};
    struct config *config = config_parse("/x/antiphon.json", text, strlen(text), NULL, &err);
    if (!config)
        fail_msg("%s\n  said: %s", text, err.text);
    return config;
}

static void test_addresses(void **state)
{
    static const struct {
        const char *address, *name;  // NULL: nobody's
    } cases[] = {
        {"rtmp://live.twitch.tv/app/live_1_k", "twitch"},
        {"rtmps://live-fra.twitch.tv:443/app/k", "twitch"},
        {"rtmps://ingest.global-contribute.live-video.net:443/app/k", "twitch"},
        {"rtmp://fra05.contribute.live-video.net/app/k", "twitch"},
        {"rtmps://fa723fc1b171.global-contribute.live-video.net/app/k", "kick"},
        {"rtmp://a.rtmp.youtube.com/live2/k", "youtube"},
        {"rtmps://A.RTMPS.YouTube.com:443/live2/k?backup=1", "youtube"},
        {"rtmps://live-api-s.facebook.com:443/rtmp/k", "facebook"},
        {"rtmps://edgetee-upload-fra3-1.xx.fbcdn.net/rtmp/k", NULL},
        {"rtmps://live-upload.instagram.com:443/rtmp/k", "instagram"},
        {"rtmp://push-rtmp-l11-va01.tiktokcdn.com/game/k", "tiktok"},
        {"rtmp://va.pscp.tv:80/x/k", "x"},
        {"rtmp://livepush.trovo.live/live/k", "trovo"},
        {"rtmp://user:pass@live.twitch.tv./app/k", "twitch"},
        {"rtmp://eviltwitch.tv/app/k", NULL},
        {"rtmp://live.twitch.tv.example/app/k", NULL},
        {"rtmp://example.org/live.twitch.tv/k", NULL},
        {"rtmp://example.org?x=.twitch.tv", NULL},
        {"rtmp://", NULL},
        {"/home/anna/twitch.tv.mkv", NULL},
        {"srt://live.twitch.tv:9000", "twitch"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct destination *found = destination_of_address(cases[i].address);
        if ((found == NULL) != (cases[i].name == NULL) || (found && strcmp(found->name, cases[i].name) != 0))
            fail_msg("%s is of %s, not of %s", cases[i].address, found ? found->name : "nobody", cases[i].name);
    }
    for (size_t i = 0; strcmp(destination_names[i], "none") != 0; i++)
        assert_non_null(destination_find(destination_names[i]));
}

static void test_advice(void **state)
{
    static const struct {
        const char *name;
        int width, height;
        double fps;
        int kbps, max, sound, seconds, b_frames;
    } cases[] = {
        {"twitch", 1920, 1080, 60, 6000, 6000, 160, 2, 0},
        {"twitch", 1920, 1080, 29.97, 4500, 6000, 160, 2, 0},
        {"twitch", 1280, 720, 30, 3000, 6000, 160, 2, 0},
        {"twitch", 2560, 1440, 60, 6000, 6000, 160, 2, 0},
        {"youtube", 1920, 1080, 30, 10000, 51000, 128, 2, 0},
        {"youtube", 1920, 1080, 59.94, 12000, 51000, 128, 2, 0},
        {"youtube", 3840, 2160, 60, 35000, 51000, 128, 2, 0},
        {"youtube", 320, 180, 30, 864, 51000, 128, 2, 0},
        {"kick", 1920, 1080, 60, 8000, 8000, 160, 2, 0},
        {"facebook", 1920, 1080, 30, 6000, 9000, 128, 2, 0},
        {"instagram", 720, 1280, 30, 4000, 6000, 128, 2, 0},
        {"tiktok", 1080, 1920, 30, 6000, 6000, 128, 2, 0},
        {"x", 1280, 720, 60, 9000, 12000, 128, 3, 0},
        {NULL, 1920, 1080, 30, 6220, 0, 160, 2, 0},
        {NULL, 1920, 1080, 60, 9331, 0, 160, 2, 0},
        {NULL, 320, 180, 30, 500, 0, 160, 2, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct destination *platform = cases[i].name ? destination_find(cases[i].name) : NULL;
        struct destination_advice advice = destination_advise(platform, cases[i].width, cases[i].height, cases[i].fps);
        if (advice.bitrate_kbps != cases[i].kbps || advice.bitrate_max_kbps != cases[i].max
            || advice.sound_kbps != cases[i].sound || advice.key_seconds != cases[i].seconds
            || advice.b_frames != cases[i].b_frames || !advice.source)
            fail_msg("%s %dx%d: %d of %d kbit/s, sound %d, every %d s, %d B-frames", cases[i].name ? cases[i].name : "any",
                cases[i].width, cases[i].height, advice.bitrate_kbps, advice.bitrate_max_kbps, advice.sound_kbps,
                advice.key_seconds, advice.b_frames);
    }
}

/* A service's limit is warned of, never overruled; what is not said is filled in. */
static void test_plan(void **state)
{
    struct studio_options program = {.width_px = 1920, .height_px = 1080, .fps_num = 60, .fps_den = 1};
    struct studio_output_options options = {.name = "o", .bitrate_kbps = 9000};
    output_plan_advise(&options, destination_find("twitch"), &program);
    assert_int_equal(options.bitrate_kbps, 9000);
    assert_int_equal(options.b_frames, 0);
    options = (struct studio_output_options){.name = "o"};
    output_plan_advise(&options, destination_find("twitch"), &program);
    assert_int_equal(options.bitrate_kbps, 6000);
    options = (struct studio_output_options){.name = "o", .width_px = 720, .height_px = 1280};
    output_plan_advise(&options, destination_find("instagram"), &(struct studio_options){0});
    assert_int_equal(options.bitrate_kbps, 4000);
    options = (struct studio_output_options){.name = "o"};
    output_plan_advise(&options, NULL, &(struct studio_options){0});
    assert_int_equal(options.bitrate_kbps, 0);
}

#define TWO_OUTPUTS \
    "\"video\":{\"outputs\":[{\"name\":\"t\",\"to\":\"rtmp://live.twitch.tv/app/k\"},{\"name\":\"f\",\"to\":\"a.mkv\"}]}"

static void test_derived_view(void **state)
{
    struct config *config = parse("{\"views\":[{\"name\":\"main\",\"theme\":\"clear\",\"language\":\"fa\",\"size\":[1280,720],"
        "\"cards\":[\"chat\",\"question\"],\"face\":[0,0,0.5,0.5]}]," TWO_OUTPUTS "}");
    assert_int_equal(config->view_count, 2);
    const struct config_view *made = &config->views[1];
    assert_string_equal(made->name, "main-twitch");
    assert_string_equal(made->derived_from, "main");
    assert_string_equal(made->foreign, "hide");
    assert_string_equal(made->platforms[0], "twitch");
    assert_null(made->platforms[1]);
    assert_string_equal(made->theme, "clear");
    assert_string_equal(made->language, "fa");
    assert_string_equal(made->cards[0], "chat");
    assert_string_equal(made->cards[1], "question");
    assert_int_equal(made->width_px, 1280);
    assert_true(made->face[2] == 0.5f);
    assert_string_equal(config->video.outputs[0].view, "main-twitch");
    assert_string_equal(config->video.outputs[1].view, "main");
    assert_string_equal(config->views[0].foreign, "show");
    config_destroy(config);
}

/* Two outputs to one platform share the view that is made; another view makes another one. */
static void test_derived_once(void **state)
{
    struct config *config = parse("{\"views\":[{\"name\":\"main\"},{\"name\":\"tall\",\"size\":[1080,1920]}],\"video\":{\"outputs\":["
        "{\"name\":\"a\",\"to\":\"rtmp://live.twitch.tv/app/k\"},{\"name\":\"b\",\"to\":\"x.mkv\",\"platform\":\"twitch\"},"
        "{\"name\":\"c\",\"view\":\"tall\",\"to\":\"rtmp://live.twitch.tv/app/j\"}]}}");
    assert_int_equal(config->view_count, 4);
    assert_string_equal(config->video.outputs[0].view, "main-twitch");
    assert_string_equal(config->video.outputs[1].view, "main-twitch");
    assert_string_equal(config->video.outputs[2].view, "tall-twitch");
    config_destroy(config);
}

/* What stands in the file is never overruled. */
static void test_explicit_wins(void **state)
{
    static const struct {
        const char *text, *view;
        const char *words;  // in what is said of it; NULL: nothing is
    } cases[] = {
        {"{\"views\":[{\"name\":\"main\",\"foreign\":\"show\"}]," TWO_OUTPUTS "}", "main", "as you set it (foreign: show)"},
        {"{\"views\":[{\"name\":\"main\",\"platforms\":[\"twitch\"]}]," TWO_OUTPUTS "}", "main", "as you set it"},
        {"{\"views\":[{\"name\":\"main\"},{\"name\":\"main-twitch\",\"cards\":[\"poll\"]}]," TWO_OUTPUTS "}", "main-twitch",
            "as you set it"},
        {"{\"video\":{\"outputs\":[{\"name\":\"t\",\"to\":\"rtmp://live.twitch.tv/app/k\",\"platform\":\"none\"}]}}", "main", NULL},
        {"{\"video\":{\"outputs\":[{\"name\":\"t\",\"to\":\"rtmp://a.rtmp.youtube.com/live2/k\"}]}}", "main",
            "YouTube: view main as it is; no rule"},
        {"{\"video\":{\"outputs\":[{\"name\":\"t\",\"to\":\"rtmp://relay.example/in/k\",\"platform\":\"twitch\"}]}}", "main-twitch",
            "\"platform\": \"none\""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct config *config = parse(cases[i].text);
        const struct config_output *output = &config->video.outputs[0];
        char *words = config_explain_output(config, output);
        assert_string_equal(output->view, cases[i].view);
        if ((words == NULL) != (cases[i].words == NULL) || (words && !strstr(words, cases[i].words)))
            fail_msg("%s\n  said: %s\n  want: %s", cases[i].text, words, cases[i].words);
        free(words);
        config_destroy(config);
    }
}

static void test_pictures(void **state)
{
    static const struct {
        const char *view, *output;  // further keys
        int width, height;
        bool is_cropped;
        double focus;
    } cases[] = {
        {"\"size\":[640,360]", "", 1920, 1080, false, 0.5},
        {"\"size\":[1080,1920]", "", 1080, 1920, false, 0.5},
        {"\"size\":[1080,1920]", ",\"fit\":\"crop\",\"focus\":0", 1080, 1920, true, 0},
        {"\"size\":[1080,1920]", ",\"size\":[720,1280],\"fit\":\"pad\",\"focus\":0.25", 720, 1280, false, 0.25},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *text = xasprintf("{\"views\":[{\"name\":\"v\",%s}],\"video\":{\"size\":[1920,1080],\"outputs\":[{\"name\":\"o\","
            "\"to\":\"x.mkv\"%s}]}}", cases[i].view, cases[i].output);
        struct config *config = parse(text);
        const struct config_output *output = &config->video.outputs[0];
        assert_int_equal(output->width_px, cases[i].width);
        assert_int_equal(output->height_px, cases[i].height);
        assert_int_equal(output->is_cropped, cases[i].is_cropped);
        assert_true(output->focus == cases[i].focus);
        config_destroy(config);
        free(text);
    }
}

static void test_refusals(void **state)
{
    static const struct {
        const char *keys, *words;
    } cases[] = {
        {"\"platform\":\"twitsch\"", "video.outputs[0].platform \"twitsch\": expected \"twitch\" or \"youtube\""},
        {"\"fit\":\"stretch\"", "video.outputs[0].fit \"stretch\": expected \"pad\" or \"crop\""},
        {"\"focus\":1.5", "video.outputs[0].focus 1.5: expected a number from 0"},
        {"\"focus\":\"left\"", "video.outputs[0].focus \"left\": expected a number"},
        {"\"size\":[1081,1920]", "video.outputs[0].size [1081,1920]: expected [width, height], both even"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *text = xasprintf("{\"video\":{\"outputs\":[{\"name\":\"o\",\"to\":\"x.mkv\",%s}]}}", cases[i].keys);
        struct error err = {0};
        struct config *config = config_parse("/x/antiphon.json", text, strlen(text), NULL, &err);
        if (config || !strstr(err.text, cases[i].words))
            fail_msg("%s\n  said: %s\n  want: %s", text, err.text, cases[i].words);
        free(text);
    }
}

struct said {
    char text[4096];
    int notes;
};

static void note(void *data, bool is_good, const char *name, const char *text)
{
    struct said *said = data;
    said->notes += !is_good;
    strncat(said->text, name, sizeof(said->text) - strlen(said->text) - 1);
    strncat(said->text, text, sizeof(said->text) - strlen(said->text) - 1);
}

/* `antiphon check` says rule, limit and stretched cards, and never an address. */
static void test_check(void **state)
{
    struct config *config = parse("{\"views\":[{\"name\":\"main\"}],\"video\":{\"fps\":60,\"outputs\":["
        "{\"name\":\"tw\",\"to\":\"rtmp://live.twitch.tv/app/stream_key_7\",\"bitrate_kbps\":9000},"
        "{\"name\":\"tall\",\"to\":\"x.mkv\",\"size\":[1080,1920],\"fit\":\"crop\",\"focus\":0.25}]}}");
    struct said said = {0};
    check_outputs(config, note, &said);
    assert_non_null(strstr(said.text, "9000 kbit/s, more than the 6000 that Twitch takes"));
    assert_non_null(strstr(said.text, "only messages from Twitch are shown (view main-twitch, made from main)"));
    assert_non_null(strstr(said.text, "cropped at 0.25"));
    assert_non_null(strstr(said.text, "its cards are stretched"));
    assert_null(strstr(said.text, "stream_key_7"));
    assert_int_equal(said.notes, 3);
    config_destroy(config);
}

/* A recording takes what its service gets; one with a rate of its own, or of another picture, does not. */
static void test_check_of_recordings(void **state)
{
    struct config *config = parse("{\"views\":[{\"name\":\"main\"}],\"video\":{\"outputs\":["
        "{\"name\":\"tape\",\"to\":\"a.mkv\"},{\"name\":\"fine\",\"to\":\"b.mkv\",\"bitrate_kbps\":9000},"
        "{\"name\":\"small\",\"to\":\"c.mkv\",\"size\":[1280,720]},"
        "{\"name\":\"yt\",\"to\":\"rtmp://a.rtmp.youtube.com/live2/k\",\"bitrate_kbps\":7000}]}}");
    struct said said = {0};
    check_outputs(config, note, &said);
    assert_non_null(strstr(said.text, "tapeview main, 1920 x 1080, 7000 kbit/s (the encode of yt)"));
    assert_non_null(strstr(said.text, "fineview main, 1920 x 1080, 9000 kbit/s (as you set it)"));
    assert_null(strstr(strstr(said.text, "smallview"), "the encode of yt"));
    config_destroy(config);
}

static void note_place(void *data, bool is_good, const char *what, const char *name, const char *text)
{
    note(data, is_good, name, text);
}

/* What is not there is named before the show, with its place; what is there, or comes by the net, is no trouble. */
static void test_places(void **state)
{
    static const struct {
        const char *video, *words;  // words NULL: nothing is to mend
    } cases[] = {
        {"\"input\":\"srt://127.0.0.1:7001?mode=listener\"", NULL},
        {"\"input\":\"/no/such.mp4\"", "main/no/such.mp4: there is no such file"},
        {"\"input\":\"/proc/self/exe\"", NULL},
        {"\"input\":\"/dev/null\"", "main/dev/null: this is a pipe or device; expected a file"},
        {"\"backup\":\"/tmp\"", "backup/tmp: this is a folder; expected a file"},
        {"\"backup\":\"v4l2:/dev/video99\"", "backup/dev/video99: there is no such camera"},
        {"\"sound\":\"shm:/no/socket\"", "sound/no/socket: there is no such socket"},
        {"\"holding\":\"/no/still.png\"", "holding/no/still.png: No such file or directory; the built-in picture"},
        {"\"holding\":\"dim\"", NULL},
        {"\"music\":\"/no/song.ogg\"", "music/no/song.ogg: No such file or directory; holding is silent"},
        {"\"outputs\":[{\"name\":\"o\",\"to\":\"/no/folder/a.mkv\"}]", "ofolder \"/no/folder\": No such file"},
        {"\"outputs\":[{\"name\":\"o\",\"to\":\"hls:/no/folder/live\"}]", "ofolder \"/no/folder\": No such file"},
        {"\"outputs\":[{\"name\":\"o\",\"to\":\"hls:live/\"}]", NULL},
        {"\"outputs\":[{\"name\":\"o\",\"to\":\"a.mkv\"}]", NULL},
        {"\"outputs\":[{\"name\":\"o\",\"to\":\"v4l2:/dev/video99\"}]", "v4l2loopback"},
        {"\"outputs\":[{\"name\":\"o\",\"to\":\"rtmp://no.such.host/app/key\"}]", NULL},
    };
    gst_init(NULL, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *text = xasprintf("{\"video\":{%s}}", cases[i].video);
        struct config *config = parse(text);
        struct said said = {0};
        check_inputs(config, note_place, &said);
        check_output_places(config, note_place, &said);
        if (said.notes != (cases[i].words != NULL) || (cases[i].words && !strstr(said.text, cases[i].words)))
            fail_msg("%s\n  said: %s\n  want: %s", text, said.text, cases[i].words ? cases[i].words : "nothing");
        config_destroy(config);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_advice),
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_derived_view),
        cmocka_unit_test(test_derived_once),
        cmocka_unit_test(test_explicit_wins),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_check_of_recordings),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
