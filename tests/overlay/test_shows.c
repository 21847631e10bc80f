/*
 * Whole shows by chance, painted frame by frame: cards of all kinds come, change, are deleted and leave at any moment of
 * any movement. In no frame do two cards meet, leave the safe area or cover the face; at the end all is still, and what
 * was deleted is nowhere.
 */
#include "stage.h"

#include <stdio.h>
#include <unistd.h>

#include "overlay/arrange.h"

enum { FRAME_MS = 17, STEPS = 60 };

static int shows = 6;  // or as many as the first argument says

static uint64_t seed;

static int any(int from, int to)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return from + (int)((seed >> 33) % (uint64_t)(to - from + 1));
}

static bool chance(int percent)
{
    return any(1, 100) <= percent;
}

static int64_t wall_ms = INT64_C(1795435200000);

static int64_t get_wall(void)
{
    return wall_ms;
}

/* ---- what is on air */

static const char *any_text(void)
{
    static const char *const texts[] = {
        "", "سلام", "Why?", "今晚的节目真好看", "این آهنگ برای شما چه معنایی دارد و چرا آن را برای پایان کنسرت انتخاب کردید؟",
        "A rather long sentence that wants some lines of its own, in whatever width the card is given in the end.",
        "\u202eevil\u202c a\u0301\u0327\u0334\u0335\u0316", "👩\u200d👩\u200d👧 🇮🇷", "Unbreakablewordthatisfartoolongforanycardinthisview",
        "one\ntwo\nthree\nfour\nfive\nsix\nseven",
    };
    return texts[any(0, (int)(sizeof(texts) / sizeof(*texts)) - 1)];
}

static json_t *any_author(void)
{
    return json_pack("{s:s, s:s, s:s, s:[s]}", "id", chance(50) ? "7" : "8", "name", any_text(), "color", "#1E90FF", "roles", "moderator");
}

static json_t *any_events(int from, int count)
{
    static const char *const kinds[] = {"gift", "membership", "raid", "chat"};
    json_t *events = json_array();
    for (int i = from; i < from + count; i++)
        json_array_append_new(events, json_pack("{s:i, s:s, s:s, s:o, s:s, s:i, s:{s:I, s:s, s:i, s:s}}", "id", i + 1, "kind",
            kinds[i % 4], "platform", i % 2 ? "twitch" : "nowhere", "author", any_author(), "text", any_text(), "viewers", i * 9, "money",
            "micros", (json_int_t)i * 1000000, "currency", "EUR", "count", any(1, 900), "item", any_text()));
    return events;
}

static json_t *any_poll(int id)
{
    json_t *options = json_array();
    for (int i = any(0, 9); i >= 0; i--)
        json_array_append_new(options, json_pack("{s:s, s:i}", "text", any_text(), "votes", any(0, 5000)));
    return json_pack("{s:i, s:s, s:o, s:b}", "id", id, "question", any_text(), "options", options, "is_open", any(0, 1));
}

static json_t *any_captions(void)
{
    json_t *tracks = json_array();
    for (int i = 0, count = any(0, 2); i < count; i++) {
        json_t *lines = json_array();
        for (int j = any(0, 3); j > 0; j--)
            json_array_append_new(lines, json_string(any_text()));
        json_array_append_new(tracks, json_pack("{s:s, s:s, s:o, s:b}", "track", i ? "fa" : "en", "language", i ? "fa" : "en", "lines",
            lines, "is_live", any(0, 1)));
    }
    return tracks;
}

static json_t *any_card(const char *kind, int step)
{
    int id = any(1, 2);
    if (strcmp(kind, "question") == 0)
        return json_pack("{s:i, s:i, s:s, s:s, s:o, s:i}", "id", id, "message", 100 + id, "text", any_text(), "platform", "twitch", "author",
            any_author(), "people", any(0, 14));
    if (strcmp(kind, "poll") == 0)
        return any_poll(id);
    if (strcmp(kind, "captions") == 0)
        return any_captions();
    if (strcmp(kind, "chat") == 0 || strcmp(kind, "alerts") == 0 || strcmp(kind, "ticker") == 0)
        return any_events(step, any(0, 6));
    if (strcmp(kind, "goal") == 0)
        return json_pack("{s:i, s:s, s:i, s:i, s:s}", "id", id, "title", any_text(), "now", any(0, 3000), "target", 2000, "unit", "count");
    if (strcmp(kind, "countdown") == 0)
        return json_pack("{s:i, s:s, s:s, s:I, s:[s,s], s:s}", "id", id, "mode", chance(50) ? "countdown" : "next_show", "title", any_text(),
            "at_ms", (json_int_t)(wall_ms + any(-1, 3) * 1500), "zones", "Asia/Tehran", "Europe/Berlin", "text_after", any_text());
    if (strcmp(kind, "rules") == 0)
        return json_pack("{s:i, s:s, s:[s,s,s]}", "id", id, "title", any_text(), "items", any_text(), any_text(), any_text());
    if (strcmp(kind, "qr") == 0)
        return json_pack("{s:i, s:s, s:s}", "id", id, "text", "https://antiphon.example/ask", "title", any_text());
    if (strcmp(kind, "shoutout") == 0)
        return json_pack("{s:i, s:s, s:s, s:s, s:I, s:I}", "id", id, "name", any_text(), "platform", "twitch", "text", any_text(), "since_ms",
            (json_int_t)wall_ms, "until_ms", (json_int_t)wall_ms + 2000);
    if (strcmp(kind, "holding") == 0)
        return json_pack("{s:i, s:[s,s,s]}", "since_ms", id, "languages", "fa", "en", "zh-Hans");
    return json_pack("{s:i, s:s, s:s}", "id", id, "title", any_text(), "text", any_text());
}

static const char *const kinds[] = {"question", "poll", "captions", "chat", "alerts", "ticker", "goal", "countdown", "rules", "qr",
    "note", "shoutout", "holding"};

static void change(json_t *state, int step)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (!chance(15))
            continue;
        if (chance(40))
            json_object_del(state, kinds[i]);
        else
            json_object_set_new(state, kinds[i], any_card(kinds[i], step));
    }
}

/* ---- what is seen */

struct seen {
    const struct node *node;
    struct box box;
};

/* The card without its shadow, as the view shows it now. */
static bool find_seen(const struct node *node, struct box *box)
{
    if (box_is_empty(&node->drawn) || !node->layer || node->drawn_opacity <= 0)
        return false;
    float across = (float)node->drawn.width / (float)node->box.width, down = (float)node->drawn.height / (float)node->box.height;
    *box = (struct box){node->drawn.x + (int)((float)node->card.x * across), node->drawn.y + (int)((float)node->card.y * down),
        (int)((float)node->card.width * across), (int)((float)node->card.height * down)};
    return true;
}

static void check_frame(const struct view *view, int show, int64_t now_ms)
{
    struct seen seen[64];
    size_t count = 0;
    const struct stage *stage = &view_scene(view)->stage;
    const struct node *node;
    list_for_each(node, &view_scene(view)->nodes, link) {
        struct box box;
        if (find_seen(node, &box))
            seen[count++] = (struct seen){node, box};
    }
    for (size_t i = 0; i < count; i++) {
        const struct box *a = &seen[i].box;
        struct box face = box_intersect(a, &stage->face);
        if (!box_is_empty(&face))
            fail_msg("show %d, %lld ms: %s covers the face", show, (long long)now_ms, seen[i].node->id);
        const struct box *bounds = seen[i].node->impl->kind == THEME_TICKER ? &stage->strips : &stage->safe;
        struct box inside = box_intersect(a, bounds);
        bool is_rest = !tween_is_moving(&seen[i].node->presence, now_ms);
        if (is_rest && memcmp(&inside, a, sizeof(inside)) != 0)
            fail_msg("show %d, %lld ms: %s at %d %d, %d x %d leaves the safe area %d %d, %d x %d", show, (long long)now_ms, seen[i].node->id,
                a->x, a->y, a->width, a->height, bounds->x, bounds->y, bounds->width, bounds->height);
        for (size_t j = 0; j < i; j++) {
            const struct box *b = &seen[j].box;
            struct box common = box_intersect(a, b);
            if (!box_is_empty(&common))
                fail_msg("show %d, %lld ms: %s at %d %d, %d x %d and %s at %d %d, %d x %d meet", show, (long long)now_ms,
                    seen[j].node->id, b->x, b->y, b->width, b->height, seen[i].node->id, a->x, a->y, a->width, a->height);
        }
    }
}

static const struct {
    int width, height;
} sizes[] = {{640, 360}, {360, 640}, {480, 480}, {16, 16}, {1024, 64}, {720, 405}};

static const struct view_part parts[] = {{0}, {0.7f, 0, 0.3f, 0.4f}, {0.1f, 0.3f, 0.5f, 0.5f}};

static const char *const themes[] = {"arcade", "clear", "evening", "gazette", "signal"};

static struct view *any_view(void)
{
    char path[600];
    int size = any(0, 5);
    snprintf(path, sizeof(path), "%s/assets/themes/%s", getenv("ANTIPHON_SOURCE_ROOT"), themes[any(0, 4)]);
    return make_view_with((struct view_options){.width_px = sizes[size].width, .height_px = sizes[size].height, .theme_path = path,
        .language = chance(50) ? "fa" : "en", .face = parts[any(0, 2)], .is_motion_reduced = chance(25), .unix_ms = get_wall,
        .safe = chance(25) ? (struct view_part){0.1f, 0.1f, 0.6f, 0.8f} : (struct view_part){0}});
}

static void run(int show)
{
    seed = (uint64_t)show * 7919 + 11;
    struct view *view = any_view();
    json_t *state = json_object();
    view_apply(view, state, 0, true);
    int64_t now_ms = 0;
    for (int step = 0; step < STEPS; step++) {
        change(state, step);
        json_t *copy = json_deep_copy(state);
        if (chance(4))
            view_apply(view, NULL, now_ms, chance(50));
        view_apply(view, copy, now_ms, chance(4));
        json_decref(copy);
        if (chance(10)) {
            json_t *author = parse("{'platform':'twitch','id':'7'}"), *ids = json_pack("[i,i]", 100 + any(1, 2), step);
            view_remove(view, ids, author);
            json_decref(author);
            json_decref(ids);
        }
        for (int frames = chance(30) ? 40 : any(0, 8); frames > 0; frames--) {
            view_paint(view, now_ms);
            check_frame(view, show, now_ms);
            now_ms += FRAME_MS;
            wall_ms += FRAME_MS;
        }
    }
    json_decref(state);
    view_apply(view, NULL, now_ms, false);
    for (int i = 0; i < 200 && view_paint(view, now_ms); i++, now_ms += FRAME_MS)
        check_frame(view, show, now_ms);
    view_paint(view, now_ms);
    if (!is_blank(view))
        fail_msg("show %d: something is left", show);
    view_destroy(view);
}

/* ---- another theme while all of it moves */

static void write_theme(const char *folder, const char *name)
{
    char from[600], to[600], buffer[4096];
    snprintf(from, sizeof(from), "%s/assets/themes/%s/theme.json", getenv("ANTIPHON_SOURCE_ROOT"), name);
    snprintf(to, sizeof(to), "%s/theme.json", folder);
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    assert_true(in && out);
    for (size_t len; (len = fread(buffer, 1, sizeof(buffer), in)) > 0;)
        assert_int_equal(fwrite(buffer, 1, len, out), len);
    fclose(in);
    fclose(out);
}

static struct view *make_themed(const char *folder)
{
    return make_view_with((struct view_options){.width_px = 1280, .height_px = 720, .theme_path = folder, .unix_ms = get_wall});
}

static void test_restyled(void **state)
{
    char folder[] = "/tmp/antiphon-shows-XXXXXX", file[64];
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/theme.json", folder);
    for (int show = 0; show < 2 * (int)(sizeof(kinds) / sizeof(*kinds)); show++) {
        const char *kind = kinds[show / 2];
        seed = (uint64_t)show + 5;
        write_theme(folder, "arcade");
        struct view *view = make_themed(folder);
        bool is_list = strcmp(kind, "chat") == 0 || strcmp(kind, "ticker") == 0;
        json_t *on_air = json_pack("{s:o}", kind, is_list ? any_events(3, 2) : any_card(kind, 3));
        view_apply(view, NULL, 0, true);
        apply(view, "{'alerts':[]}", 0, false);
        view_apply(view, on_air, 0, false);
        int64_t now_ms = 0;
        for (int i = 0; i < 8; i++, now_ms += FRAME_MS)
            view_paint(view, now_ms);
        if (show % 2)
            view_apply(view, NULL, now_ms, false);  // all leave
        view_paint(view, now_ms += FRAME_MS);
        write_theme(folder, "signal");
        struct error err = {0};
        if (!view_restyle(view, now_ms, &err))
            fail_msg("%s", err.text);
        for (int i = 0; i < 120; i++, now_ms += FRAME_MS) {
            view_paint(view, now_ms);
            check_frame(view, show, now_ms);
        }
        struct view *fresh = make_themed(folder);
        if (!(show % 2))
            view_apply(fresh, on_air, now_ms, true);
        view_paint(fresh, now_ms);
        bool is_moving = strcmp(kind, "alerts") == 0 || strcmp(kind, "ticker") == 0;  // an alert has ended, a ticker runs
        if (!is_moving && memcmp(canvas_pixels(view_canvas(view)), canvas_pixels(view_canvas(fresh)), 1280 * 720 * 4) != 0)
            fail_msg("show %d: %s is another than with the theme from the beginning", show, kind);
        json_decref(on_air);
        view_destroy(fresh);
        view_destroy(view);
    }
    remove(file);
    rmdir(folder);
}

static void test_shows(void **state)
{
    for (int show = 0; show < shows; show++)
        run(show);
}

int main(int argc, char **argv)
{
    shows = argc > 1 ? atoi(argv[1]) : shows;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shows), cmocka_unit_test(test_restyled)};
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
