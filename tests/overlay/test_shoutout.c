/* A shout-out: deleted means gone, and no name or address breaks the card. */
#include "stage.h"

#define SHOUTOUT "'shoutout':{'id':7,'name':'Niloufar','platform':'twitch','login':'niloufar','author':'55','message':4711," \
    "'text':'She paints on Fridays'}"

static const struct removal removals[] = {
    {"its message", "[1, 4711]", NULL, true},
    {"its person", NULL, "{'platform':'twitch','id':'55'}", true},
    {"another message", "[4712]", NULL, false},
    {"another platform's person", NULL, "{'platform':'kick','id':'55'}", false},
};

static void test_deleted_leaves_at_once(void **state)
{
    for (size_t i = 0; i < sizeof(removals) / sizeof(*removals); i++)
        check_removal("{" SHOUTOUT "}", &removals[i]);
}

/* Where to find somebody, as read for the poison note. */
static const struct {
    const char *state, *address;  // NULL: none
} addresses[] = {
    {"'platform':'twitch','login':'anna'", "twitch.tv/anna"},
    {"'platform':'youtube','login':'@anna'", "youtube.com/@anna"},
    {"'platform':'youtube','login':'UCabcdefghijklmnopqrstuv'", NULL},
    {"'platform':'kick','login':'anna_7'", "kick.com/anna_7"},
    {"'platform':'tiktok','login':'a.n'", "tiktok.com/@a.n"},
    {"'platform':'irc','login':'anna'", NULL},
    {"'platform':'twitch','login':'a/../b'", NULL},
    {"'platform':'twitch','login':'анна'", NULL},
    {"'platform':'twitch','login':''", NULL},
    {"'platform':'twitch','login':7", NULL},
    {"'login':'anna'", NULL},
};

static void test_addresses(void **state)
{
    for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
        char text[200];
        snprintf(text, sizeof(text), "{'shoutout':{'id':1,'name':'A',%s}}", addresses[i].state);
        struct view *view = make_view(960, 540, "fa");
        apply(view, text, 0, true);
        view_paint(view, 0);
        const char *words = find_card(view, "shoutout:1")->words.data;
        const char *expected = addresses[i].address;
        if (expected ? !strstr(words, expected) : strcmp(words, "A\n\n") != 0)
            fail_msg("%s: \"%s\"", addresses[i].state, words);
        view_destroy(view);
    }
}

static const char *const hostile[] = {
    "{'shoutout':{}}", "{'shoutout':7}", "{'shoutout':{'id':1,'name':7,'platform':[],'login':{},'avatar':'x','text':null}}",
    "{'shoutout':{'id':2,'name':'\\u202e\\u2066','text':'\\n\\n\\n\\n\\n\\n\\n\\n','platform':'?','color':'blue'}}",
};

static void test_hostile(void **state)
{
    for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
        struct view *view = make_view(640, 360, "ar");
        apply(view, hostile[i], 0, false);
        for (int64_t now_ms = 0; now_ms < 1000; now_ms += 16)
            view_paint(view, now_ms);
        view_destroy(view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deleted_leaves_at_once), cmocka_unit_test(test_addresses), cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
