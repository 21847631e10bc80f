/* Sounds of alerts, heard through SDL's driver that writes to a file what would have been heard. */
#include "relay.h"

#include <stdio.h>
#include <unistd.h>

#include "overlay/sounds.h"

enum { LOUD = 2000 };

struct hearing {
    struct loop *loop;
    struct timer timer;
    char path[64];
    int64_t until_ms;
    bool is_heard;
};

static bool is_loud(const char *path)
{
    FILE *in = fopen(path, "rb");
    int16_t samples[4096];
    bool is = false;
    size_t count;
    while (in && !is && (count = fread(samples, sizeof(*samples), 4096, in)) > 0) {
        for (size_t i = 0; i < count; i++)
            is |= samples[i] > LOUD || samples[i] < -LOUD;
    }
    if (in)
        fclose(in);
    return is;
}

static void listen_again(void *data)
{
    struct hearing *hearing = data;
    hearing->is_heard = is_loud(hearing->path);
    if (hearing->is_heard || clock_monotonic_ms() > hearing->until_ms)
        loop_stop(hearing->loop);
    else
        timer_start(&hearing->timer, 20);
}

/* Without a loop: a process that is forked takes none along. */
static void prepare(struct hearing *hearing)
{
    *hearing = (struct hearing){.path = "/tmp/antiphon-sound-XXXXXX"};
    int fd = mkstemp(hearing->path);
    assert_true(fd >= 0);
    close(fd);
    setenv("SDL_AUDIODRIVER", "disk", 1);
    setenv("SDL_DISKAUDIOFILE", hearing->path, 1);
}

static void begin(struct hearing *hearing)
{
    struct error err = {0};
    prepare(hearing);
    hearing->loop = loop_create(&err);
    timer_init(&hearing->timer, hearing->loop, listen_again, hearing);
}

static void end(struct hearing *hearing)
{
    if (hearing->loop) {
        timer_stop(&hearing->timer);
        loop_destroy(hearing->loop);
    }
    unlink(hearing->path);
}

static void wait_to_hear(struct hearing *hearing, int ms)
{
    struct error err = {0};
    hearing->until_ms = clock_monotonic_ms() + ms;
    listen_again(hearing);
    if (!hearing->is_heard)
        loop_run(hearing->loop, &err);
}

static char *asset(const char *name)
{
    return xasprintf("%s/assets/sounds/%s.wav", getenv("ANTIPHON_SOURCE_ROOT"), name);
}

static void test_plays(void **state)
{
    static const char *const names[] = {"bell", "chime", "drop", "rise"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct hearing hearing;
        begin(&hearing);
        char *path = asset(names[i]);
        struct sounds *sounds = sounds_create(&(struct sounds_options){.loop = hearing.loop, .volume_percent = 80,
            .items = &(struct sounds_item){"gift", path}, .count = 1});
        sounds_play(sounds, "raid");
        wait_to_hear(&hearing, 60);
        assert_false(hearing.is_heard);  // another kind, which has no sound
        sounds_play(sounds, "gift");
        wait_to_hear(&hearing, WAIT_MS);
        assert_true(hearing.is_heard);
        sounds_destroy(sounds);
        free(path);
        end(&hearing);
    }
}

/* Bad files cost their own sound only. */
static void test_bad_files(void **state)
{
    struct hearing hearing;
    begin(&hearing);
    char *good = asset("bell");
    char *torn = xasprintf("%s.torn", hearing.path), *huge = xasprintf("%s.huge", hearing.path);
    FILE *out = fopen(torn, "wb");
    fwrite("RIFF\xff\xff\xff\x7fWAVEfmt ", 1, 16, out);
    fclose(out);
    out = fopen(huge, "wb");
    assert_int_equal(ftruncate(fileno(out), 64 << 20), 0);
    fclose(out);
    const struct sounds_item items[] = {{"membership", torn}, {"raid", "/nonexistent/x.ogg"}, {"shoutout", huge}, {"gift", good}};
    struct sounds *sounds = sounds_create(&(struct sounds_options){.loop = hearing.loop, .volume_percent = 100, .items = items,
        .count = 4});
    for (size_t i = 0; i < 3; i++)
        sounds_play(sounds, items[i].kind);
    sounds_play(sounds, "gift");
    wait_to_hear(&hearing, WAIT_MS);
    assert_true(hearing.is_heard);
    sounds_destroy(sounds);
    unlink(torn);
    unlink(huge);
    free(torn);
    free(huge);
    free(good);
    end(&hearing);
}

static bool hears(void *data)
{
    struct hearing *hearing = data;
    hearing->is_heard = is_loud(hearing->path);
    return hearing->is_heard;
}

static bool is_applied(void *data)
{
    const struct relay *relay = data;
    return relay->applied && strcmp(relay->applied, relay->revision) == 0;
}

static void tell_gift(struct relay *relay, const char *revision, const char *view)
{
    const char *other = strcmp(view, "main") == 0 ? "second" : "main";
    char *on_air = xasprintf("{'views':{'%s':{'alerts':[]},'%s':{'alerts':[{'id':7,'kind':'gift','author':{'name':'Anna'},'platform':'twitch',"
        "'money':{'micros':0,'units':100,'count':1,'unit':'bits'}}]}},'is_blank':false}", other, view);
    relay->revision = revision;
    relay->on_air = on_air;
    relay_tell(relay, "on_air");
    assert_true(relay_serve_until(relay, is_applied, relay));
    relay->on_air = NULL;
    free(on_air);
}

/* A gift that comes is heard, but not for a view that nobody listens to. */
static void test_alert_is_heard(void **state)
{
    struct hearing hearing;
    struct relay relay = {0};
    prepare(&hearing);
    char *path = asset("bell");
    relay_start(&relay, "{'views':{'main':{'alerts':[]},'second':{'alerts':[]}},'is_blank':false}");
    relay_listen(&relay);
    char *url = xasprintf("unix:%s", relay.path);
    const struct overlay_view views[] = {{.name = "main", .width_px = 320, .height_px = 180},
        {.name = "second", .width_px = 320, .height_px = 180}};
    pid_t pid = spawn_overlay(&(struct overlay_options){.relay = url, .views = views, .view_count = 2,
        .frames_folder = relay.folder, .sounds = &(struct sounds_item){"gift", path}, .sound_count = 1, .sounds_view = "main",
        .volume_percent = 100});
    assert_true(relay_serve_until(&relay, is_applied, &relay));
    tell_gift(&relay, "x:2", "second");
    assert_false(hears(&hearing));
    tell_gift(&relay, "x:3", "main");
    assert_true(relay_serve_until(&relay, hears, &hearing));
    end_overlay(pid, SIGTERM);
    relay_stop(&relay);
    free(url);
    free(path);
    end(&hearing);
}

static void test_without_card(void **state)
{
    struct hearing hearing;
    begin(&hearing);
    setenv("SDL_AUDIODRIVER", "there-is-none", 1);
    char *path = asset("bell");
    struct sounds *sounds = sounds_create(&(struct sounds_options){.loop = hearing.loop, .volume_percent = 100,
        .items = &(struct sounds_item){"gift", path}, .count = 1});
    for (int i = 0; i < 3; i++)
        sounds_play(sounds, "gift");
    sounds_destroy(sounds);
    free(path);
    end(&hearing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plays), cmocka_unit_test(test_bad_files), cmocka_unit_test(test_alert_is_heard),
        cmocka_unit_test(test_without_card)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
