/*
 * The host's cards in three scripts, on dark and on light ground, wide and upright, against pictures that were looked at.
 * Han needs the system's face, so it is only compared where that is installed, as tools/setup does.
 */
#include "stage.h"

#include "../painter/golden.h"

/* 23 November 2026, 12:00 UTC. */
static int64_t noon(void)
{
    return INT64_C(1795435200000);
}

#define DARK 0xff15171c
#define LIGHT 0xffe9e6df

static const struct {
    const char *name, *card, *language;
    uint32_t ground;
    bool is_upright;
    const char *state;
} cases[] = {
    {"goal-en", "goal:1", "en", LIGHT, false,
        "{'goal':{'id':1,'title':'A new microphone for the band','title2':'میکروفون تازه برای گروه','now':1250000000,"
        "'target':5000000000,'unit':'money','currency':'EUR'}}"},
    {"goal-fa", "goal:1", "fa", DARK, true,
        "{'goal':{'id':1,'title':'میکروفون تازه برای گروه','now':5250500000,'target':5000000000,'unit':'money',"
        "'currency':'USD','is_reached':true}}"},
    {"goal-zh", "goal:1", "zh-Hans", DARK, false,
        "{'goal':{'id':1,'title':'直播间关注目标','now':9876,'target':10000,'unit':'count','what':'follows'}}"},
    {"countdown-en", "countdown:1", "en", DARK, false,
        "{'countdown':{'id':1,'mode':'countdown','title':'We begin in','at_ms':1795709554000}}"},
    {"countdown-fa", "countdown:1", "fa", LIGHT, true,
        "{'countdown':{'id':1,'mode':'countdown','title':'تا آغاز برنامه','at_ms':1795450154000}}"},
    {"countdown-over", "countdown:1", "zh-Hans", LIGHT, false,
        "{'countdown':{'id':1,'mode':'countdown','title':'倒计时','at_ms':1795435200000,'text_after':'直播开始了'}}"},
    {"next-en", "countdown:1", "en", LIGHT, true,
        "{'countdown':{'id':1,'mode':'next_show','title':'The next show','at_ms':1796230800000,"
        "'zones':['Asia/Tehran','Europe/Berlin','America/New_York','Etc/UTC']}}"},
    {"next-fa", "countdown:1", "fa", DARK, false,
        "{'countdown':{'id':1,'mode':'next_show','title':'برنامه‌ی بعدی','at_ms':1796230800000,"
        "'zones':['Asia/Tehran','Europe/Berlin','Asia/Tokyo']}}"},
    {"next-zh", "countdown:1", "zh-Hans", DARK, true,
        "{'countdown':{'id':1,'mode':'next_show','title':'下一场直播','at_ms':1796230800000,"
        "'zones':['Asia/Shanghai','Asia/Tehran','Europe/London']}}"},
    {"rules-en", "rules:1", "en", DARK, false,
        "{'rules':{'id':1,'title':'House rules','items':['Be kind to one another.','No spoilers: not everybody has seen the end,"
        " and some watch it tonight for the first time','English or فارسی, please']}}"},
    {"rules-fa", "rules:1", "fa", LIGHT, false,
        "{'rules':{'id':1,'title':'قوانین گفتگو','items':['با هم مهربان باشید.','داستان را لو ندهید؛ همه پایان سریال را "
        "ندیده‌اند','No links','چهار','پنج','شش','هفت','هشت','نه','ده']}}"},
    {"rules-zh", "rules:1", "zh-Hans", LIGHT, true,
        "{'rules':{'id':1,'title':'直播间规则','items':['请互相尊重，友善交流，不要刷屏。','不要发布与直播内容无关的广告或者链接']}}"},
    {"qr-en", "qr:1", "en", DARK, false,
        "{'qr':{'id':1,'title':'Ask us on the site','text':'https://antiphon.example/ask?show=1234'}}"},
    {"qr-fa", "qr:1", "fa", LIGHT, true,
        "{'qr':{'id':1,'title':'این کد را با دوربین گوشی بخوانید','text':'https://antiphon.example/ask?show=1234'}}"},
    {"holding-en", "holding:input", "en", LIGHT, false, "{'holding':{'since_ms':1,'languages':['en','es','fa']}}"},
    {"holding-fa", "holding:input", "fa", DARK, true, "{'holding':{'since_ms':1,'languages':['fa','ar','de']}}"},
    {"holding-zh", "holding:input", "zh-Hans", DARK, false, "{'holding':{'since_ms':1,'languages':['zh-Hans','en','zh-TW']}}"},
    {"note-en", "note:1", "en", LIGHT, false,
        "{'note':{'id':1,'title':'Tonight','text':'Anna plays three songs that nobody has heard yet, and then we talk.'}}"},
    {"note-fa", "note:1", "fa", DARK, true,
        "{'note':{'id':1,'title':'امشب','text':'نیلوفر سه ترانه می‌نوازد که هنوز کسی نشنیده است، و سپس گفتگو می‌کنیم.'}}"},
    {"note-zh", "note:1", "zh-Hans", DARK, false, "{'note':{'id':1,'text':'今晚安娜将演奏三首新歌，然后我们一起聊天。'}}"},
};

static void check_on_ground(const char *name, uint32_t ground, const struct canvas *canvas, const struct box *box)
{
    size_t stride = canvas_stride(canvas) / 4, count = (size_t)box->width * (size_t)box->height;
    uint32_t *pixels = malloc(count * 4);
    for (size_t i = 0; i < count; i++) {
        size_t x = (size_t)box->x + i % (size_t)box->width, y = (size_t)box->y + i / (size_t)box->width;
        uint32_t top = canvas_pixels(canvas)[y * stride + x], rest = 255 - (top >> 24);
        pixels[i] = 0xff000000;
        for (int shift = 0; shift < 24; shift += 8)
            pixels[i] |= ((top >> shift & 0xff) + ((ground >> shift & 0xff) * rest + 127) / 255) << shift;
    }
    golden_check("overlay", name, pixels, (size_t)box->width, box->width, box->height);
    free(pixels);
}

static void check_case(size_t index, struct text_engine *faces)
{
    int width = cases[index].is_upright ? 720 : 1280, height = cases[index].is_upright ? 1280 : 720;
    struct error err = {0};
    struct view *view = view_create(&(struct view_options){.name = "main", .width_px = width, .height_px = height,
        .language = cases[index].language, .painter = painter, .text = faces, .unix_ms = noon}, &err);
    if (!view)
        fail_msg("%s", err.text);
    apply(view, cases[index].state, 0, true);
    view_paint(view, 0);
    const struct node *node = find_card(view, cases[index].card);
    assert_non_null(node);
    if (node->missing.len > 0)
        fail_msg("%s: no face for some of it", cases[index].name);
    const struct box whole = {0, 0, width, height};
    struct box box = box_intersect(&node->drawn, &whole);
    check_on_ground(cases[index].name, cases[index].ground, view_canvas(view), &box);
    view_destroy(view);
}

static void test_cards(void **state)
{
    struct error err = {0};
    struct text_engine *system = text_engine_create(&(struct text_engine_options){.is_unhinted = true}, &err);
    assert_non_null(system);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        bool is_han = strcmp(cases[i].language, "zh-Hans") == 0;
        check_case(i, is_han ? system : engine);
    }
    text_engine_destroy(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cards)};
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
