/* Cards in both directions, with the bundled faces only, against pictures that were looked at. */
#include "stage.h"

#include "../painter/golden.h"

#define TICKER "{'ticker':[{'id':5,'kind':'gift','author':{'name':'نیلوفر','color':'#1E90FF'},'platform':'tiktok','money':{'count':12," \
    "'item':'Rose','streak':'open'}},{'id':6,'kind':'membership','event':'gifted','author':{'name':'Max'},'platform':'twitch','money':{'count':5}}]}"
#define SHOUTOUT "{'shoutout':{'id':7,'name':'Niloufar نیلوفر','platform':'twitch','login':'niloufar_paints','color':'#1E90FF'," \
    "'text':'She paints on Fridays, and every picture tells a story'}}"

static const struct {
    const char *name, *card, *language, *state;
} cases[] = {
    {"question-ltr", "question:1", "en",
        "{'question':{'id':1,'text':'What does this song mean to you, and why did you choose it?','platform':'twitch',"
        "'author':{'name':'anna_of_the_hills','color':'#8A2BE2'}}}"},
    {"question-rtl", "question:1", "fa",
        "{'question':{'id':1,'text':'این آهنگ برای شما چه معنایی دارد و چرا آن را انتخاب کردید؟','platform':'youtube',"
        "'author':{'name':'نیلوفر','color':'#1E90FF'}}}"},
    // The name reads the other way than the question, and neither turns the other around.
    {"question-mixed", "question:1", "ar",
        "{'question':{'id':1,'text':'هل ستلعب Minecraft (نسخة 1.20) اليوم؟','platform':'kick',"
        "'author':{'name':'Max (mod) 7!','color':'#FF7F50'}}}"},
    {"question-host", "question:1", "en", "{'question':{'id':1,'text':'Why here?'}}"},
    {"question-urdu", "question:1", "ur",
        "{'question':{'id':1,'text':'کیا آپ کو یاد ہے کہ آپ نے یہ گانا پہلی بار کب سنا تھا؟','author':{'name':'زینب'}}}"},
    // Two languages, each in its own direction; who asks and where; answered.
    {"question-full", "question:1", "fa",
        "{'question':{'id':1,'text':'این آهنگ برای شما چه معنایی دارد؟','language':'fa','platform':'kick','is_answered':true,"
        "'author':{'name':'Max 7','roles':['moderator','subscriber']},'people':14,'platforms':{'kick':9,'youtube':4,'irc':1},"
        "'original':{'text':'What does this song mean to you?','language':'en'}}}"},
    {"poll-ltr", "poll:1", "en",
        "{'poll':{'id':1,'question':'Which game should we play next?','state':'open','total':30,'options':["
        "{'text':'Chess','votes':12},{'text':'A long option that needs its two lines','votes':15},{'text':'עברית','votes':3},"
        "{'text':'Nobody wants this','votes':0}]}}"},
    {"poll-rtl", "poll:1", "fa",
        "{'poll':{'id':1,'question':'بازی بعدی کدام باشد؟','state':'closed','total':2511,'options':["
        "{'text':'شطرنج','votes':1243},{'text':'تخته نرد','votes':877},{'text':'Chess960','votes':391}]}}"},
    {"poll-two-languages", "poll:1", "fa",
        "{'poll':{'id':1,'question':'بازی بعدی کدام باشد؟','question2':'Which game should we play next?','state':'open','total':26,"
        "'options':[{'text':'شطرنج','text2':'Chess','votes':12},{'text':'تخته نرد','text2':'Backgammon','votes':14}]}}"},
    {"poll-platforms", "poll:1", "en",
        "{'poll':{'id':1,'question':'Next?','state':'open','total':90,'options':[{'text':'Chess','votes':12},{'text':'Go','votes':48},"
        "{'text':'Backgammon','votes':30}],'platforms':[{'platform':'twitch','votes':[6,30,10]},{'platform':'youtube','votes':[6,18,20]}]}}"},
    {"poll-hidden", "poll:1", "en",
        "{'poll':{'id':1,'question':'Which game should we play next?','state':'open','is_hidden':true,'options':["
        "{'text':'Chess'},{'text':'Go'},{'text':'عربي'}]}}"},
    {"captions-ltr", "captions:talk", "en",
        "{'captions':[{'track':'talk','language':'en','lines':['Good evening everyone, and welcome back.',"
        "'Tonight we talk about music.']}]}"},
    {"captions-rtl", "captions:talk", "fa",
        "{'captions':[{'track':'talk','language':'fa','lines':['سلام به همه، خوش آمدید','امشب درباره موسیقی حرف می‌زنیم']}]}"},
    {"chat-mixed", "chat:box", "en",
        "{'chat':[{'id':1,'author':{'name':'anna_of_the_hills','color':'#8A2BE2','roles':['moderator','subscriber']},'platform':'twitch',"
        "'text':'hello everyone, what a lovely evening it is today, is it not? I have been waiting for this all week'},"
        "{'id':2,'author':{'name':'نیلوفر','color':'#1E90FF'},'platform':'youtube','text':'سلام به همه! این آهنگ را از کجا پیدا کردید؟'},"
        "{'id':3,'author':{'name':'Max (mod) 7!','color':'#FF7F50','roles':['vip']},'platform':'kick','text':'هل ستلعب Minecraft (نسخة 1.20) اليوم؟'},"
        "{'id':4,'author':{'name':'عليّ','color':'#DAA520','roles':['verified']},'platform':'youtube','text':'ok then'},"
        "{'id':5,'author':{'name':'Bob','color':'#101010','roles':['broadcaster']},'platform':'other','text':'dances around','is_action':true}]}"},
    {"alert-streak", "alert:5", "en",
        "{'alert':{'id':5,'kind':'gift','author':{'name':'نیلوفر','color':'#1E90FF'},'platform':'tiktok','text':'for you, from all of us',"
        "'money':{'micros':0,'units':0,'count':12,'item':'Rose','streak':'open'}}}"},
    {"alert-money-rtl", "alert:5", "fa",
        "{'alert':{'id':5,'kind':'gift','author':{'name':'Anna','color':'#8A2BE2'},'platform':'youtube',"
        "'text':'آهنگ بعدی را برای مادرم بخوانید، تولدش است','money':{'micros':5000000,'currency':'EUR'}}}"},
    {"alert-raid", "alert:5", "ar",
        "{'alert':{'id':5,'kind':'raid','viewers':120,'author':{'name':'BigStreamer'},'platform':'twitch'}}"},
    {"alert-sum", "alert:5", "es", "{'alert':{'id':5,'kind':'more','count':12}}"},
    {"ticker-ltr", "ticker:strip", "en", TICKER},
    {"ticker-rtl", "ticker:strip", "fa", TICKER},
    {"shoutout-ltr", "shoutout:7", "en", SHOUTOUT},
    {"shoutout-rtl", "shoutout:7", "fa", SHOUTOUT},
};

static void test_cards(void **state)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char theme[600];
        snprintf(theme, sizeof(theme), "%s/assets/themes/evening", getenv("ANTIPHON_SOURCE_ROOT"));
        struct error err = {0};
        struct view *view = view_create(&(struct view_options){.name = "main", .width_px = 1280, .height_px = 720,
            .theme_path = theme, .language = cases[i].language, .painter = painter, .text = engine}, &err);
        if (!view)
            fail_msg("%s", err.text);
        apply(view, cases[i].state, 0, true);
        view_paint(view, 0);
        const struct node *node = find_card(view, cases[i].card);
        assert_non_null(node);
        assert_int_equal(node->missing.len, 0);
        const struct canvas *canvas = view_canvas(view);
        const struct box whole = {0, 0, 1280, 720};
        struct box box = box_intersect(&node->drawn, &whole);
        size_t stride = canvas_stride(canvas) / 4;
        golden_check("overlay", cases[i].name, canvas_pixels(canvas) + (size_t)box.y * stride + box.x, stride, box.width,
            box.height);
        view_destroy(view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cards)};
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
