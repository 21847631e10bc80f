/* Themes: the schema and the program's own, mistakes word by word, contrast counted, a file that is edited while it is on air. */
#include "stage.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "net/loop.h"
#include "overlay/cards.h"
#include "overlay/preview.h"
#include "overlay/theme.h"
#include "overlay/theme_fields.h"
#include "overlay/theme_watch.h"

static const struct theme_options wide = {1920, 1080}, tall = {1080, 1920};
static const char *const names[] = {"evening", "gazette", "arcade", "signal", "clear"};
enum { NAMES = sizeof(names) / sizeof(*names) };

static char *in_themes(const char *what)
{
    return xasprintf("%s/assets/themes/%s", getenv("ANTIPHON_SOURCE_ROOT"), what);
}

static struct theme *load(const char *name, const struct theme_options *options)
{
    struct error err = {0};
    char *path = in_themes(name);
    struct theme *theme = theme_load(path, options, &err);
    if (!theme)
        fail_msg("%s", err.text);
    free(path);
    return theme;
}

static void test_schema(void **state)
{
    struct buffer ours = {0}, file = {0};
    char *path = in_themes("theme.schema.json");
    struct error err = {0};
    theme_write_schema(&ours);
    assert_true(file_read(path, 1 << 20, &file, &err));
    if (ours.len != file.len || memcmp(ours.data, file.data, ours.len) != 0)
        fail_msg("%s is not what `antiphon theme schema` prints: write it anew", path);
    json_t *schema = json_parse(ours.data, ours.len, &err);
    assert_non_null(schema);
    json_decref(schema);
    free(path);
    buffer_fini(&file);
    buffer_fini(&ours);
}

/* Whoever has a key explained by an error can look it up. */
static void look_up(const struct theme_field *fields, const char *docs)
{
    for (; fields->key; fields++) {
        char *quoted = xasprintf("`%s`", fields->key);
        if (!strstr(docs, quoted) && fields->kind != VALUE_PORTRAIT)
            fail_msg("docs/themes.md says nothing of %s", quoted);
        free(quoted);
        if (fields->fields)
            look_up(fields->fields, docs);
    }
}

static void test_docs(void **state)
{
    char *path = xasprintf("%s/docs/themes.md", getenv("ANTIPHON_SOURCE_ROOT"));
    struct buffer text = {0};
    struct error err = {0};
    assert_true(file_read(path, 1 << 20, &text, &err));
    buffer_add_char(&text, '\0');
    look_up(theme_root, text.data);
    buffer_fini(&text);
    free(path);
}

static const struct {
    const char *text, *expected;
} mistakes[] = {
    {"{\n 'colors': {\n  'txet': '#ffffff'}}", "t.json:3: colors.txet: no such key; did you mean text?"},
    {"\xef\xbb\xbf{\n 'colors': {\n  'txet': '#ffffff'}}", "t.json:3: colors.txet: no such key; did you mean text?"},
    {"{'motion': {'enter': {'curve': [0.1, 2]}}}", "t.json:1: motion.enter.curve [0.1,2]: expected arrive, linear, ease, ease-in, "
        "ease-out, ease-in-out, swing, or [x1, y1, x2, y2] as for CSS's cubic-bezier()"},
    {"{'colours': {}}", "t.json:1: colours: no such key; did you mean colors?"},
    {"{'zzz': 1}", "t.json:1: zzz: no such key; docs/themes.md lists them"},
    {"{'colors': {'text': 'white'}}", "t.json:1: colors.text \"white\": expected a colour, \"#RRGGBB\" or \"#RRGGBBAA\""},
    {"{'question':\n{'x': 96}}", "t.json:2: question.x 96: expected a fraction of the view from 0 to 1, such as 0.05"},
    {"{'poll': {'row': 9000}}", "t.json:1: poll.row 9000: expected a whole number from 0 to 8192"},
    {"{'poll': {'row': 1.5}}", "t.json:1: poll.row 1.5: expected a whole number from 0 to 8192"},
    {"{'poll': {'anchor': 'middle'}}", "t.json:1: poll.anchor \"middle\": expected top-left, top, top-right, left, center, right, "
        "bottom-left, bottom or bottom-right"},
    {"{'surface': {'radius': [1, 2]}}", "t.json:1: surface.radius [1,2]: expected a length, or four: top left, top right, bottom left, "
        "bottom right"},
    {"{'surface': {'fill': {'stops': ['#000000'], 'angle': 9}}}", "t.json:1: surface.fill.stops [\"#000000\"]: expected 2 to 6 colours "
        "\"#RRGGBB\", or [place, colour] with places growing from 0 to 1"},
    {"{'surface': {'fill': {'stops': ['#000000', '#ffffff'], 'angel': 9}}}", "t.json:1: surface.fill.angel: no such key; a gradient has "
        "stops and angle"},
    {"{'surface': {'ornaments': [\n{'kind': 'bar'},\n{'kind': 'glow'}]}}", "t.json:3: surface.ornaments[1].kind \"glow\": expected none, "
        "bar, frame, corners, stripes, lines, dots, grid or shape"},
    {"{'motion': {'enter': {'curve': [2, 0, 0, 0]}}}", "t.json:1: motion.enter.curve [2,0,0,0]: expected arrive, linear, ease, ease-in, "
        "ease-out, ease-in-out, swing, or [x1, y1, x2, y2] as for CSS's cubic-bezier()"},
    {"{'fonts': {'text': {'Arabic': 'Noto Naskh Arabic'}}}", "t.json:1: fonts.text.Arabic: expected a script such as Arab or Hans, a "
        "language such as ur, any, or weight"},
    {"{'portrait': {'poll': {'widht_max': 0.9}}}", "t.json:1: portrait.poll.widht_max: no such key; did you mean width_max?"},
    {"{'portrait': {'platforms': {}}}", "t.json:1: portrait.platforms: no such key"},
    {"{'platforms': {'x': {'rings': [[[0, 0], [1, 1]]]}}}", "t.json:1: platforms.x.rings: expected lists of 3 and more [x, y] within 48"},
    {"[]", "t.json:1: (file): expected an object {…}"},
    {"{\n'colors': {\n}", "t.json: "},
};

static void test_mistakes(void **state)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
        char *text = strdup(mistakes[i].text);
        for (char *c = text; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        struct error err = {0};
        struct theme *theme = theme_parse("t.json", text, strlen(text), &wide, &err);
        if (theme || strncmp(err.text, mistakes[i].expected, strlen(mistakes[i].expected)) != 0)
            fail_msg("%s\n  expected %s\n  got      %s", mistakes[i].text, mistakes[i].expected, theme ? "a theme" : err.text);
        free(text);
    }
}

/* ---- contrast */

static struct color over(struct color top, struct color below)
{
    struct color mixed = color_mix(below, top, top.a);
    mixed.a = 1;
    return mixed;
}

static float contrast(struct color a, struct color b)
{
    float light = color_luminance(a) + 0.05f, dark = color_luminance(b) + 0.05f;
    return light > dark ? light / dark : dark / light;
}

/* An ink against a fill on the card's own ground, which lets black or white video through: the worst of all. */
static float worst(struct color ink, const struct fill *fill, const struct fill *ground)
{
    float least = 21;
    for (int i = 0; i < 8; i++) {
        struct color video = i & 1 ? (struct color){1, 1, 1, 1} : (struct color){0, 0, 0, 1};
        struct color card = over(fill_at(ground, i & 2 ? 1 : 0), video);
        float found = contrast(ink, fill ? over(fill_at(fill, i & 4 ? 1 : 0), card) : card);
        least = found < least ? found : least;
    }
    return least;
}

static void need(const char *theme, const char *kind, const char *pair, float found, float least)
{
    if (found < least)
        fail_msg("%s: %s: %s has %.2f to 1, %.1f is wanted", theme, kind, pair, found, least);
}

static void check_contrast(const char *name, const struct theme *theme, float text, float large)
{
    for (int kind = 0; kind < THEME_KINDS; kind++) {
        const struct theme_card *card = &theme->cards[kind];
        const struct theme_colors *colors = &card->colors;
        const struct fill *ground = &card->surface.fill;
        const char *of = theme_kind_name((enum theme_kind)kind);
        need(name, of, "text", worst(colors->text, NULL, ground), text);
        need(name, of, "text_soft", worst(colors->text_soft, NULL, ground), text);
        need(name, of, "accent", worst(colors->accent, NULL, ground), large);
        if (kind == THEME_COUNTDOWN || kind == THEME_POLL)
            need(name, of, "text on track", worst(colors->text, &colors->track, ground), text);
        if (kind != THEME_POLL)
            continue;
        need(name, of, "text_soft on track", worst(colors->text_soft, &colors->track, ground), text);
        need(name, of, "text on bar", worst(colors->text, &colors->bar, ground), text);
        need(name, of, "text_soft on bar", worst(colors->text_soft, &colors->bar, ground), text);
        need(name, of, "text on leader", worst(colors->text, &colors->leader, ground), text);
    }
}

static void test_contrast(void **state)
{
    for (size_t i = 0; i < NAMES; i++) {
        bool is_clear = strcmp(names[i], "clear") == 0;
        struct theme *theme = load(names[i], &wide);
        check_contrast(names[i], theme, is_clear ? 7 : 4.5f, is_clear ? 7 : 3);
        theme_destroy(theme);
    }
}

/* For low vision: nothing shines through, lines are thick, letters larger than in the usual theme, nothing travels. */
static void test_clear(void **state)
{
    struct theme *clear = load("clear", &wide), *usual = load("evening", &wide);
    for (int kind = 0; kind < THEME_KINDS; kind++) {
        const struct theme_card *card = &clear->cards[kind];
        assert_true(fill_at(&card->surface.fill, 0).a == 1 && fill_at(&card->surface.fill, 1).a == 1);
        assert_true(card->text_px > usual->cards[kind].text_px || kind == THEME_COUNTDOWN);
        assert_true(card->motion.enter.kind == THEME_FADE && card->motion.leave.kind == THEME_FADE);
    }
    assert_true(clear->usual.surface.border.width_px >= 4);
    theme_destroy(usual);
    theme_destroy(clear);
}

/* ---- what they are for */

static void test_portrait(void **state)
{
    for (size_t i = 0; i < NAMES; i++) {
        struct theme *upright = load(names[i], &tall), *level = load(names[i], &wide);
        const struct theme_card *poll = &upright->cards[THEME_POLL], *other = &level->cards[THEME_POLL];
        if (poll->width_max_px == other->width_max_px)
            fail_msg("%s: has nothing of its own for tall views", names[i]);
        assert_true(poll->width_max_px + 2 * poll->x_px <= tall.width_px);
        theme_destroy(level);
        theme_destroy(upright);
    }
}

/* Different hands: no two hold the question at the same place on the same surface with the same way in. */
static void test_different(void **state)
{
    for (size_t i = 0; i < NAMES; i++) {
        for (size_t j = 0; j < i; j++) {
            struct theme *a = load(names[i], &wide), *b = load(names[j], &wide);
            const struct theme_card *one = &a->cards[THEME_QUESTION], *two = &b->cards[THEME_QUESTION];
            int same = one->anchor.across == two->anchor.across && one->anchor.down == two->anchor.down;
            same += memcmp(one->surface.radius_px, two->surface.radius_px, sizeof(one->surface.radius_px)) == 0;
            same += one->surface.border.width_px == two->surface.border.width_px;
            same += one->motion.enter.kind == two->motion.enter.kind;
            same += one->text_px == two->text_px;
            assert_true(same <= 2);
            theme_destroy(b);
            theme_destroy(a);
        }
    }
}

static void test_reduced(void **state)
{
    struct theme *theme = load("arcade", &(struct theme_options){1920, 1080, true});
    assert_true(theme->is_motion_reduced);
    for (int kind = 0; kind < THEME_KINDS; kind++) {
        assert_int_equal(theme->cards[kind].motion.enter.kind, THEME_FADE);
        assert_int_equal(theme->cards[kind].motion.leave.kind, THEME_FADE);
        assert_int_equal(theme->cards[kind].motion.count_ms, 0);
    }
    theme_destroy(theme);
}

/* Every language's sample has every kind of card: previews and pictures are made from them. */
static void test_samples(void **state)
{
    char *folder = in_themes("samples");
    DIR *files = opendir(folder);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(files));) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = xasprintf("%s/%s", folder, entry->d_name);
        struct buffer text = {0};
        struct error err = {0};
        assert_true(file_read(path, 1 << 20, &text, &err));
        json_t *sample = json_parse(text.data, text.len, &err);
        for (size_t i = 0; cards[i]; i++) {
            json_t *part = sample ? preview_pick(sample, cards[i]->name, &err) : NULL;
            if (!part)
                fail_msg("%s: %s: %s", path, cards[i]->name, err.text);
            json_decref(part);
        }
        json_decref(sample);
        buffer_fini(&text);
        free(path);
        count++;
    }
    closedir(files);
    free(folder);
    assert_true(count >= 10);
}

/* ---- edited while it is on air */

static char folder[64];

static void write_theme(const char *text)
{
    char *path = xasprintf("%s/theme.json", folder);
    struct error err = {0};
    assert_true(file_write_atomic(path, text, strlen(text), 0644, &err));  // writes beside it and renames, as editors do
    free(path);
}

static void test_restyle(void **state)
{
    strcpy(folder, "/tmp/antiphon-theme-XXXXXX");
    assert_non_null(mkdtemp(folder));
    write_theme("{\"question\":{\"text\":40}}");
    struct error err = {0};
    struct view *view = view_create(&(struct view_options){.name = "main", .width_px = 1280, .height_px = 720, .theme_path = folder,
        .painter = painter, .text = engine}, &err);
    assert_non_null(view);
    apply(view, "{'question':{'id':1,'text':'Is it still there?'}}", 0, true);
    view_paint(view, 0);
    const struct node *node = find_card(view, "question:1");
    int height = node->card.height;
    write_theme("{\"question\":{\"text\":80}}");
    assert_true(view_restyle(view, 1000, &err));
    view_paint(view, 1000);
    assert_ptr_equal(find_card(view, "question:1"), node);
    assert_true(node->card.height > height);
    assert_true(node->drawn_opacity == 1);  // it does not enter again
    assert_null(view_theme_error(view));
    height = node->card.height;
    write_theme("{\"question\":{\"txet\":80}}");
    assert_false(view_restyle(view, 2000, &err));
    assert_non_null(strstr(err.text, "theme.json:1: question.txet: no such key; did you mean text?"));
    assert_non_null(view_theme_error(view));
    uint64_t frames = view_stats(view).frames;
    view_paint(view, 2000);
    assert_int_equal(node->card.height, height);
    assert_int_equal(view_stats(view).frames, frames);  // the old one stays, and costs nothing
    view_destroy(view);
}

/* What shows several texts keeps them, and lays them out anew; nobody waits whom the change does not touch. */
static void test_restyle_lines(void **state)
{
    static const struct {
        const char *id, *state;
    } cases[] = {
        {"chat:box", "{'chat':[{'id':1,'text':'Hello','platform':'twitch','author':{'name':'Anna'}}]}"},
        {"ticker:strip", "{'ticker':[{'id':1,'first':1,'kind':'raid','platform':'twitch','author':{'name':'Anna'},'viewers':3}]}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        for (int is_changed = 0; is_changed < 2; is_changed++) {
            strcpy(folder, "/tmp/antiphon-theme-XXXXXX");
            assert_non_null(mkdtemp(folder));
            write_theme("{}");
            struct view *view = make_view_with((struct view_options){.width_px = 1280, .height_px = 720, .theme_path = folder});
            apply(view, cases[i].state, 0, true);
            view_paint(view, 0);
            write_theme(is_changed ? "{\"colors\":{\"text\":\"#FF0000\"},\"chat\":{\"text\":60},\"ticker\":{\"text\":27},"
                "\"surface\":{\"fill\":\"#102030\"}}" : "{\"question\":{\"text\":80}}");
            struct error err = {0};
            assert_true(view_restyle(view, 1000, &err));
            view_paint(view, 1000);
            struct view *fresh = make_view_with((struct view_options){.width_px = 1280, .height_px = 720, .theme_path = folder});
            apply(fresh, cases[i].state, 0, true);
            view_paint(fresh, 0);
            if (is_blank(view) || memcmp(canvas_pixels(view_canvas(view)), canvas_pixels(view_canvas(fresh)), 1280 * 720 * 4) != 0)
                fail_msg("%s: another picture than a view that starts with this theme", cases[i].id);
            view_destroy(fresh);
            view_destroy(view);
        }
    }
}

struct seen {
    struct loop *loop;
    int count;
};

static void handle_changed(void *data, const char *path)
{
    struct seen *seen = data;
    assert_string_equal(path, folder);
    seen->count++;
    loop_stop(seen->loop);
}

static void handle_late(void *data)
{
    fail_msg("nothing was told within 20 s");
}

static void expect_news(struct seen *seen)
{
    struct error err = {0};
    struct timer late;
    int before = seen->count;
    timer_init(&late, seen->loop, handle_late, NULL);
    timer_start(&late, 20000);
    assert_true(loop_run(seen->loop, &err));
    timer_stop(&late);
    assert_int_equal(seen->count, before + 1);
}

static void test_watch(void **state)
{
    strcpy(folder, "/tmp/antiphon-theme-XXXXXX");
    assert_non_null(mkdtemp(folder));
    write_theme("{}");
    struct error err = {0};
    struct seen seen = {.loop = loop_create(&err)};
    struct theme_watch *watch = theme_watch_create(seen.loop, handle_changed, &seen, &err);
    assert_non_null(watch);
    theme_watch_add(watch, folder);
    theme_watch_add(watch, folder);
    write_theme("{\"name\":\"renamed over\"}");
    expect_news(&seen);
    // In place, as a shell writes.
    char *path = xasprintf("%s/theme.json", folder), *old = xasprintf("%s-old", folder);
    FILE *file = fopen(path, "w");
    fputs("{\"name\":\"in place\"}", file);
    fclose(file);
    expect_news(&seen);
    // The whole folder is another; and what is written into the new one is told as well.
    assert_int_equal(rename(folder, old), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    expect_news(&seen);
    write_theme("{}");
    expect_news(&seen);
    theme_watch_destroy(watch);
    loop_destroy(seen.loop);
    free(old);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema), cmocka_unit_test(test_docs), cmocka_unit_test(test_mistakes), cmocka_unit_test(test_contrast), cmocka_unit_test(test_clear),
        cmocka_unit_test(test_portrait), cmocka_unit_test(test_different), cmocka_unit_test(test_reduced),
        cmocka_unit_test(test_samples), cmocka_unit_test(test_restyle), cmocka_unit_test(test_restyle_lines), cmocka_unit_test(test_watch),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
