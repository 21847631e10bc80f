/* Subtitles: rows that keep their places, lines that are even, words that roll or pop, and how they look. */
#include "stage.h"

#include <stdio.h>
#include <unistd.h>
#include <unicode/utf8.h>

#include "base/memory.h"
#include "overlay/caption_text.h"
#include "overlay/node.h"

#include "../painter/golden.h"

#define TRACK(language, rest) "{'captions':[{'track':'t','language':'" language "'," rest "}]}"
#define LIVE(lines) TRACK("en", "'live':true,'lines':[" lines "]")

/* ---- pictures */

static const struct {
    const char *language, *lines;
} languages[] = {
    {"fa", "'سلام به همه، خوش آمدید به برنامهٔ امشب','امشب با Max دربارهٔ موسیقی حرف می‌زنیم'"},
    {"ar", "'أهلاً وسهلاً بكم في برنامج الليلة','سنتحدث اليوم عن الموسيقى العربية'"},
    {"ur", "'آج رات کے پروگرام میں خوش آمدید','ہم موسیقی کے بارے میں بات کریں گے'"},
    {"zh", "'大家好，欢迎来到今晚的节目。','今晚我们聊聊音乐，还有你们的问题。'"},
    {"ja", "'こんばんは、今夜の番組へようこそ。','今日は音楽についてお話しします。'"},
    {"th", "'สวัสดีครับ ยินดีต้อนรับสู่รายการคืนนี้','คืนนี้เราจะคุยกันเรื่องดนตรีที่ญี่ปุ่น'"},
    {"hi", "'नमस्ते, आज रात के कार्यक्रम में आपका स्वागत है।','आज हम संगीत और क्षेत्रीय गीतों पर बात करेंगे।'"},
    {"en", "'Good evening everyone, and welcome back.','Tonight we talk about music.'"},
};

/* A theme of its own: letters with an outline, no box. */
static char *write_theme(void)
{
    static const char text[] = "{\"name\":\"outline\",\"captions\":{\"outline\":3,\"surface\":{\"fill\":\"#00000000\"}}}";
    char *path = xasprintf("%s/antiphon-outline-%d.json", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static struct view *view_with(struct text_engine *text, const char *theme, const char *language)
{
    struct error err = {0};
    struct view *view = view_create(&(struct view_options){.name = "main", .width_px = 1280, .height_px = 720,
        .theme_path = theme, .language = language, .painter = painter, .text = text}, &err);
    if (!view)
        fail_msg("%s", err.text);
    return view;
}

static uint32_t over(uint32_t pixel, uint32_t ground)
{
    uint32_t out = 0xff000000, rest = 255 - (pixel >> 24);
    for (int shift = 0; shift < 24; shift += 8)
        out |= ((pixel >> shift & 0xff) + ((ground >> shift & 0xff) * rest + 127) / 255) << shift;
    return out;
}

/* The card with some of the ground around it. */
static uint32_t *take_picture(const struct view *view, struct box *box, uint32_t ground)
{
    const struct node *node = find_card(view, "captions:t");
    assert_int_equal(node->missing.len, 0);
    *box = box_grow(&node->drawn, 12);
    uint32_t *pixels = xcalloc((size_t)box->width * (size_t)box->height, sizeof(*pixels));
    const uint32_t *from = canvas_pixels(view_canvas(view));
    for (int y = 0; y < box->height; y++) {
        for (int x = 0; x < box->width; x++)
            pixels[y * box->width + x] = over(from[(box->y + y) * 1280 + box->x + x], ground);
    }
    return pixels;
}

/* In a box on a dark ground, with an outline on a light one. */
static void check_language(struct text_engine *text, const char *language, const char *lines, const char *theme)
{
    static const struct {
        const char *name;
        uint32_t ground;
    } styles[] = {{"box", 0xff16202c}, {"outline", 0xffe9e4d8}};
    for (size_t i = 0; i < ARRAY_LENGTH(styles); i++) {
        struct view *view = view_with(text, i ? theme : NULL, language);
        char state[1000], name[40];
        snprintf(state, sizeof(state), "{'captions':[{'track':'t','language':'%s','lines':[%s]}]}", language, lines);
        apply(view, state, 0, true);
        view_paint(view, 0);
        struct box box;
        uint32_t *pixels = take_picture(view, &box, styles[i].ground);
        snprintf(name, sizeof(name), "captions-%s-%s", styles[i].name, language);
        golden_check("overlay", name, pixels, (size_t)box.width, box.width, box.height);
        free(pixels);
        view_destroy(view);
    }
}

static void note_lack(void *data, const char *package, const char *what)
{
}

static void test_goldens(void **state)
{
    struct error err = {0};
    struct text_engine *system = text_engine_create(&(struct text_engine_options){.is_unhinted = true}, &err);
    bool has_cjk = text_engine_lacks(system, note_lack, NULL) == 0;
    char *theme = write_theme();
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++) {
        bool is_cjk = strcmp(languages[i].language, "zh") == 0 || strcmp(languages[i].language, "ja") == 0;
        if (!is_cjk || has_cjk)
            check_language(is_cjk ? system : engine, languages[i].language, languages[i].lines, theme);
    }
    remove(theme);
    free(theme);
    text_engine_destroy(system);
}

/* ---- lines */

static char *rows_of(struct view *view, const char *track_text, int width_px, int rows)
{
    json_t *track = parse(track_text);
    struct caption_text text = {0};
    caption_text_lay_out(&text, (struct node *)(uintptr_t)find_card(view, "captions:t"), track, width_px, rows);
    struct buffer out = {0};
    for (size_t i = 0; i < text.layout->line_count; i++) {
        const struct text_line *line = &text.layout->lines[i];
        buffer_add_string(&out, i > 0 ? "|" : "");
        uint32_t to = line->to;
        while (to > line->from && text.layout->text[to - 1] == ' ')
            to--;
        buffer_add(&out, text.layout->text + line->from, to - line->from);
        assert_true(line->width_px <= (float)width_px + 1);
    }
    caption_text_fini(&text);
    json_decref(track);
    return buffer_take(&out);
}

static struct view *any_card(void)
{
    struct view *view = make_view(1280, 720, "en");
    apply(view, TRACK("en", "'lines':['x']"), 0, true);
    return view;
}

static void test_lines(void **state)
{
    static const struct {
        const char *name, *track, *rows;
        int width_px, most;
    } cases[] = {
        {"as the author broke it", "{'language':'en','lines':['Good evening everyone, and welcome back.','Hello.']}",
            "Good evening everyone, and welcome back.|Hello.", 700, 2},
        {"else even", "{'language':'en','lines':['Good evening everyone, and welcome back to the','show.']}",
            "Good evening everyone, and|welcome back to the show.", 600, 2},
        {"Chinese lines become one without a space", "{'language':'zh','lines':['大家好，欢迎来到今晚的节目，今晚我们聊聊','音乐。']}",
            "大家好，欢迎来到今晚的节|目，今晚我们聊聊音乐。", 340, 2},
        {"two who speak keep their lines", "{'language':'en','lines':['Who is there?','Me.'],'speakers':['Anna','Max']}",
            "Anna: Who is there?|Max: Me.", 900, 2},
        {"who goes on is named once", "{'language':'fa','lines':['سلام','خوبی؟'],'speakers':['Anna','Anna']}",
            "Anna: سلام|خوبی؟", 900, 2},
        {"live lines are not shortened", "{'live':true,'lines':['one two three four five six seven eight nine ten']}",
            "one two three four five six|seven eight nine ten", 400, 1},
    };
    struct view *view = any_card();
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *rows = rows_of(view, cases[i].track, cases[i].width_px, cases[i].most);
        if (strcmp(rows, cases[i].rows) != 0)
            fail_msg("%s: %s instead of %s", cases[i].name, rows, cases[i].rows);
        free(rows);
    }
    view_destroy(view);
}

static bool holds(const char *set, UChar32 c)
{
    int32_t at = 0, len = (int32_t)strlen(set);
    while (at < len) {
        UChar32 one;
        U8_NEXT(set, at, len, one);
        if (one == c)
            return true;
    }
    return false;
}

/* At whatever width: no row begins with what closes or is small, none ends with what opens (JIS X 4051, GB/T 15834). */
static void test_kinsoku(void **state)
{
    static const char never_first[] = "、。，．！？」』）】》〉…ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々〜%℃", never_last[] = "「『（【《〈￥$";
    static const char *const tracks[] = {
        "{'language':'ja','lines':['「えっ、ちょっと待って！」と彼は言った（本当に？）。コーヒーは￥1,250（税込）です…もっと飲みたかったっけ、ヴァイオリンとチェロ。']}",
        "{'language':'zh','lines':['他说：“你好！”（然后走了）——再也没回来。《故事》完，价格是￥1,250，太贵了吧……真的吗？「也许」吧。']}",
        "{'language':'zh-Hant','lines':['他說：「你好！」（然後走了）——再也沒回來。《故事》完，價格是＄1,250，太貴了吧……真的嗎？「也許」吧。']}",
    };
    struct view *view = any_card();
    for (size_t i = 0; i < ARRAY_LENGTH(tracks); i++) {
        for (int width_px = 150; width_px < 600; width_px += 14) {
            char *rows = rows_of(view, tracks[i], width_px, 40);
            for (char *rest = rows, *row; (row = strsep(&rest, "|"));) {
                int32_t at = 0, end = (int32_t)strlen(row);
                UChar32 first, last;
                U8_NEXT(row, at, end, first);
                U8_PREV((const uint8_t *)row, 0, end, last);
                if (holds(never_first, first) || holds(never_last, last))
                    fail_msg("at %d px: \"%s\"", width_px, row);
            }
            free(rows);
        }
    }
    view_destroy(view);
}

/* ---- time */

/* What the view shows of the card, from `top` on in the card and `height` px of it. */
static uint64_t look_at(const struct view *view, int top, int height)
{
    const struct node *node = find_card(view, "captions:t");
    const uint32_t *pixels = canvas_pixels(view_canvas(view));
    uint64_t hash = 14695981039346656037u;
    int left = node->drawn.x + 24, right = node->drawn.x + node->drawn.width - 24;
    for (int y = 0; y < height; y++) {
        for (int x = left; x < right; x++)
            hash = (hash ^ pixels[(node->drawn.y + top + y) * 1280 + x]) * 1099511628211u;
    }
    return hash;
}

static int card_height(const struct view *view)
{
    return find_card(view, "captions:t")->card.height;
}

/* Live lines: what stood moves up by whole rows, from where it was, and comes to rest; nothing is repainted then. */
static void test_roll(void **state)
{
    struct view *view = make_view(1280, 720, "en");
    apply(view, LIVE("'one Hxg'"), 0, true);
    assert_false(view_paint(view, 0));
    int low = card_height(view);
    uint64_t one = look_at(view, 12, low - 24);
    apply(view, LIVE("'one Hxg','two Jyq'"), 1000, false);
    assert_true(view_paint(view, 1000));
    int tall = card_height(view), pitch = tall - low;
    assert_true(pitch > 30);
    assert_true(look_at(view, 12 + pitch, low - 24) == one);  // it begins where it stood
    assert_true(view_paint(view, 1100));
    assert_true(look_at(view, 12 + pitch, low - 24) != one);
    assert_false(view_paint(view, 1300));
    assert_true(look_at(view, 12, low - 24 - 6) != 0);
    uint64_t paints = find_card(view, "captions:t")->count.paints;
    assert_false(view_paint(view, 1400));
    assert_int_equal(find_card(view, "captions:t")->count.paints, paints);
    // The window is full: its height stays. The word that is being said grows without any movement.
    apply(view, LIVE("'one Hxg','two Jyq','three'"), 2000, false);
    view_paint(view, 2000);
    assert_false(view_paint(view, 2300));
    assert_int_equal(card_height(view), tall);
    uint64_t upper = look_at(view, 12, pitch - 12);
    apply(view, LIVE("'one Hxg','two Jyq','three four'"), 3000, false);
    assert_false(view_paint(view, 3000));
    assert_true(look_at(view, 12, pitch - 12) == upper);
    // The oldest line's time is over: it is out of sight already, nothing moves.
    uint64_t whole = look_at(view, 0, tall);
    apply(view, LIVE("'two Jyq','three four'"), 4000, false);
    assert_false(view_paint(view, 4000));
    assert_true(look_at(view, 0, tall) == whole);
    // Two more at once, while the first is still on its way.
    apply(view, LIVE("'two Jyq','three four','five'"), 5000, false);
    view_paint(view, 5050);
    apply(view, LIVE("'three four','five','six'"), 5060, false);
    assert_true(view_paint(view, 5060));
    assert_false(view_paint(view, 5400));
    uint64_t rolled = look_at(view, 0, tall);
    view_destroy(view);
    // And it looks as if it had always stood there.
    view = make_view(1280, 720, "en");
    apply(view, LIVE("'three four','five','six'"), 0, true);
    view_paint(view, 0);
    assert_true(look_at(view, 0, tall) == rolled);
    view_destroy(view);
}

/* Timed lines change at once. */
static void test_pop(void **state)
{
    struct view *view = make_view(1280, 720, "en");
    apply(view, TRACK("en", "'lines':['one']"), 0, true);
    view_paint(view, 0);
    apply(view, TRACK("en", "'lines':['one','two']"), 1000, false);
    assert_false(view_paint(view, 1000));
    view_destroy(view);
}

/* Whatever script comes into a live line, the window keeps its height and the row above its pixels. */
static void test_steady_rows(void **state)
{
    static const char *const tails[] = {"x", "سلام گفت", "שלום", "你好", "กี่ญี่ปุ่น", "क्षेत्र", "Ở đây", "👋", "ΆΈ", "ქართული"};
    struct view *view = make_view(1280, 720, "en");
    int height = 0;
    uint64_t above = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(tails); i++) {
        char lines[200];
        snprintf(lines, sizeof(lines), TRACK("en", "'live':true,'lines':['Hxg one','two %s']"), tails[i]);
        apply(view, lines, (int64_t)i * 1000, true);
        view_paint(view, (int64_t)i * 1000);
        height = i > 0 ? height : card_height(view);
        above = i > 0 ? above : look_at(view, 12, height / 2 - 16);
        if (card_height(view) != height || look_at(view, 12, height / 2 - 16) != above)
            fail_msg("with \"%s\" the row above moved (%d px high instead of %d)", tails[i], card_height(view), height);
    }
    view_destroy(view);
}

/* No letter touches the card's upper or lower edge: neither stacks of vowels nor Nastaliq is cut, at any size. */
static void test_nothing_is_cut(void **state)
{
    static const int sizes[][2] = {{320, 180}, {640, 360}, {1080, 1920}, {1920, 1080}, {2560, 1440}};
    static const struct {
        const char *language, *text;
    } tall[] = {{"ur", "گھُٹّے ٹخنے نستعلیق پہنچے ہے"}, {"th", "ที่นี่ น้ำแข็ง ปู่ย่า ญี่ปุ่น ฐูฏู"}, {"bo", "བསྒྲུབས་ཀྱི་རྒྱུ་སྐྱོབ།"}, {"km", "ស្ត្រី ក្រុង ប៊្លុក"},
        {"my", "ကြွေးကြော်သံ ဩဘာ ဣန္ဒြေ"}, {"vi", "Ẩn Ễ Ộ Ỷ ữ ặ gjy"}, {"ar", "الْعَرَبِيَّةُ إٍ أٌّ ﷺ"}, {"en", "Z̃̂̈a̧̭̤l̃̂̈g̱̤̭õ̂̈"}};
    for (size_t i = 0; i < ARRAY_LENGTH(sizes) * ARRAY_LENGTH(tall); i++) {
        const int *size = sizes[i / ARRAY_LENGTH(tall)];
        const char *language = tall[i % ARRAY_LENGTH(tall)].language, *text = tall[i % ARRAY_LENGTH(tall)].text;
        struct view *view = make_view(size[0], size[1], language);
        char lines[800];
        snprintf(lines, sizeof(lines), "{'captions':[{'track':'t','language':'%s','lines':['%s','%s']}]}", language, text, text);
        apply(view, lines, 0, true);
        view_paint(view, 0);
        const struct node *node = find_card(view, "captions:t");
        const uint32_t *pixels = canvas_pixels(node->layer);
        size_t stride = canvas_stride(node->layer) / 4;
        for (int x = 20 * size[1] / 1080 + 4; x < node->card.width - 20 * size[1] / 1080 - 4; x++) {
            for (int edge = 0; edge < 2; edge++) {
                int y = node->card.y + (edge ? node->card.height - 2 : 1);
                uint32_t pixel = pixels[(size_t)y * stride + (size_t)(node->card.x + x)];
                if ((pixel >> 8 & 0xff) > 100)
                    fail_msg("%s at %d x %d: a letter reaches the card's %s edge", language, size[0], size[1],
                        edge ? "lower" : "upper");
            }
        }
        view_destroy(view);
    }
}

/* Words that should not be: the card stays inside the view, and the time bounded. */
static void test_hostile(void **state)
{
    struct buffer name = {0}, lines = {0}, all = {0};
    for (int i = 0; i < 5000; i++)
        buffer_add_string(&name, i % 2 ? "W" : "\u0645\u0301");
    for (int i = 0; i < 300; i++)
        buffer_printf(&lines, "%s\"a\\n\\n\\n\u0301\u0301\u0301\u0301 line %d\"", i ? "," : "", i);
    for (int is_live = 0; is_live < 2; is_live++) {
        struct view *view = make_view(1280, 720, "en");
        for (int round = 0; round < 3; round++) {
            buffer_clear(&all);
            buffer_printf(&all, "{\"captions\":[{\"track\":\"t\",\"language\":\"zz-????\",\"live\":%s,\"speakers\":[7,\"%.*s\",null],"
                "\"lines\":[%.*s,null,{},\"%d\"]}]}", is_live ? "true" : "false", (int)name.len, name.data, (int)lines.len,
                lines.data, round);
            struct error err = {0};
            json_t *on_air = json_parse(all.data, all.len, &err);
            if (!on_air)
                fail_msg("%s", err.text);
            view_apply(view, on_air, round * 50, false);
            view_paint(view, round * 50);
            json_decref(on_air);
            assert_true(card_height(view) < 400);
        }
        view_destroy(view);
    }
    buffer_fini(&name);
    buffer_fini(&lines);
    buffer_fini(&all);
}

/* Rows are as many as the theme wants, at most three. */
static void test_row_count(void **state)
{
    for (int lines = 1; lines <= 4; lines++) {
        char theme[200], *path = xasprintf("/tmp/antiphon-rows-%d.json", (int)getpid());
        snprintf(theme, sizeof(theme), "{\"name\":\"rows\",\"captions\":{\"lines\":%d}}", lines);
        FILE *file = fopen(path, "we");
        fputs(theme, file);
        fclose(file);
        struct view *view = view_with(engine, path, "en");
        apply(view, LIVE("'one','two','three','four'"), 0, true);
        int padding = view_scene(view)->stage.theme->cards[THEME_CAPTIONS].padding_y_px;
        int rows = (card_height(view) - 2 * padding) / 42;
        assert_int_equal(rows, lines < 3 ? lines : 3);
        view_destroy(view);
        remove(path);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_goldens), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_kinsoku), cmocka_unit_test(test_roll), cmocka_unit_test(test_pop),
        cmocka_unit_test(test_steady_rows), cmocka_unit_test(test_row_count),
        cmocka_unit_test(test_nothing_is_cut), cmocka_unit_test(test_hostile)};
    return cmocka_run_group_tests_name("captions", tests, make_stage, drop_stage);
}
