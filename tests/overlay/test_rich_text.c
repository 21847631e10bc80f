/* Text with emotes, avatars, and pictures at their places in a card: what is drawn before, when and after they come. */
#include "../net/kit.h"
#include "stage.h"

#include "base/memory.h"
#include "base/str.h"
#include "net/signature.h"
#include "overlay/avatar.h"
#include "overlay/pictures.h"
#include "overlay/rich_text.h"
#include "overlay/theme.h"
#include "overlay/wants.h"
#include "pictures_made.h"

enum { TEXT_PX = 40, EMOTE_PX = 52, AVATAR_PX = 48 };

/* ---- a card of an avatar and a text */

struct card {
    struct node base;
    struct avatar *avatar;
    struct rich_text *rich;
    int laid_out;
};

static struct card *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card, base);
}

static struct node *create(void)
{
    return &((struct card *)xcalloc(1, sizeof(struct card)))->base;
}

static void forget(struct card *card)
{
    avatar_destroy(card->avatar);
    rich_text_destroy(card->rich);
}

static void destroy(struct node *node)
{
    struct card *card = get(node);
    forget(card);
    free(card);
}

static void update(struct node *node, const json_t *json, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card *card = get(node);
    const struct text_span span = {0, 2, true, true};
    const json_t *author = json_object_get(json, "author");
    forget(card);
    card->avatar = avatar_create(node, &(struct avatar_options){json_get_text(author, "avatar"), json_get_text(author, "name"),
        json_get_text(author, "color"), AVATAR_PX});
    card->rich = rich_text_create(node, &(struct rich_text_options){.text = {.text = str_from(json_get_text(json, "text")),
        .size_px = TEXT_PX, .width_px = 600, .spans = &span, .span_count = 1}, .emotes = json_object_get(json, "emotes"),
        .emotes_at = (uint32_t)json_get_int(json, "at", 0)});
    card->laid_out++;
    node_place(node, 700, 300);
}

static void paint(struct node *node, struct canvas *layer)
{
    struct card *card = get(node);
    avatar_paint(card->avatar, layer, 0, 0);
    rich_text_paint(card->rich, layer, 60, 0, (struct color){1, 1, 1, 1});
}

static void read_words(const json_t *json, struct buffer *words)
{
    buffer_add_string(words, json_get_text(json, "text"));
}

static void want(const json_t *state, struct wants *wants)
{
}

static const struct node_impl card_impl = {.name = "question", .kind = THEME_QUESTION, .want = want, .create = create,
    .update = update, .paint = paint, .read = read_words, .destroy = destroy};

/* ---- a stage with a store into which the test puts what it likes */

struct world {
    struct kit kit;
    struct pictures *pictures;
    struct theme *theme;
    struct stage stage;
    struct node *node;
    int wakes, asked;
};

static void wake(void *data)
{
    struct world *world = data;
    world->wakes++;
    loop_stop(world->kit.loop);
}

static void ask_own(void *data, const char *hash)
{
    struct world *world = data;
    world->asked++;
    loop_stop(world->kit.loop);
}

static int set_up(void **state)
{
    struct world *world = xcalloc(1, sizeof(*world));
    struct error err = {0};
    kit_init(&world->kit);
    world->theme = theme_load(NULL, &(struct theme_options){.width_px = 1920, .height_px = 1080}, &err);
    world->pictures = pictures_open(&(struct pictures_options){.loop = world->kit.loop, .ask_own = ask_own, .data = world}, &err);
    if (!world->theme || !world->pictures)
        fail_msg("%s", err.text);
    world->stage = (struct stage){.painter = painter, .text = engine, .theme = world->theme, .language = "en", .width_px = 1920,
        .height_px = 1080, .pictures = world->pictures, .wake = wake, .wake_data = world};
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    node_destroy(world->node);
    pictures_close(world->pictures);
    theme_destroy(world->theme);
    kit_fini(&world->kit);
    free(world);
    return 0;
}

static void url_of(const struct buffer *picture, char url[80])
{
    unsigned char digest[SIGNATURE_BYTES];
    strcpy(url, "antiphon:");
    signature_sha256(picture->data, picture->len, digest);
    signature_to_hex(digest, url + 9);
}

static void show(struct world *world, json_t *json, int64_t now_ms)
{
    world->node = node_create(&card_impl, &world->stage, "question:1", 0);
    node_enter(world->node, now_ms, 0, true);
    node_update(world->node, json, now_ms, true);
    node_advance(world->node, now_ms);
    node_paint(world->node);
    damage_clear(&world->node->damage);
    json_decref(json);
}

/* The text "ab E cd" with one emote in the place of E. */
static json_t *say(const char *url)
{
    return json_pack("{s:s, s:{s:s}, s:[{s:s, s:i, s:i, s:s}]}", "text", "ab E cd", "author", "name", "Anna", "emotes",
        "name", "Kappa", "from", 3, "to", 4, "url", url);
}

/* Until the store wants the picture, and then until the card is woken. */
static void bring(struct world *world, const struct buffer *picture)
{
    char url[80];
    url_of(picture, url);
    while (world->asked == 0)
        kit_run(&world->kit);
    pictures_take_own(world->pictures, url + 9, picture->data, picture->len, NULL);
    while (world->wakes == 0)
        kit_run(&world->kit);
}

static const struct text_run *find_image(const struct node *node)
{
    const struct text_layout *layout = rich_text_layout(get(node)->rich);
    for (size_t i = 0; i < layout->line_count; i++) {
        for (size_t k = 0; k < layout->lines[i].run_count; k++) {
            if (layout->lines[i].runs[k].image >= 0)
                return &layout->lines[i].runs[k];
        }
    }
    return NULL;
}

static uint32_t pixel_in_image(const struct node *node, int x)
{
    const struct text_box *box = &find_image(node)->image_box;
    const uint32_t *pixels = canvas_pixels(node->layer);
    return pixels[(size_t)(box->y_px + box->height_px / 2) * (canvas_stride(node->layer) / 4) + (size_t)(60 + box->x_px + x)];
}

/* One step of the scene. */
static void step(struct world *world, int64_t now_ms)
{
    node_advance(world->node, now_ms);
    if (world->node->is_stale)
        node_refresh(world->node, now_ms);
}

/* ---- names in place of pictures */

static const struct {
    const char *name, *text, *emotes;
    int at;
    const char *shown;
    uint32_t span_to;  // a span of the first two bytes
} names[] = {
    {"none", "hello", NULL, 0, "hello", 2},
    {"a name in the text stays", "hi Kappa you", "[{'from':3,'to':8,'name':'Kappa','url':'https://x.example/1'}]", 0, "hi Kappa you", 2},
    {"a nameless one gets its name", "\xef\xbf\xbc you", "[{'from':0,'to':3,'name':'smile','url':'https://x.example/1'}]", 0,
        "smile you", 5},
    {"nameless and without a name", "hi \xef\xbf\xbc you", "[{'from':3,'to':6}]", 0, "hi  you", 2},
    {"behind a name of the card", "An: \xef\xbf\xbc!", "[{'from':0,'to':3,'name':'wow'}]", 4, "An: wow!", 2},
    {"two", "\xef\xbf\xbc \xef\xbf\xbc", "[{'from':4,'to':7,'name':'b'},{'from':0,'to':3,'name':'a'}]", 0, "a b", 1},
    {"out of bounds", "hi", "[{'from':0,'to':3},{'from':-1,'to':1},{'from':5,'to':9},{'from':2,'to':2}]", 0, "hi", 2},
    {"overlapping", "\xef\xbf\xbc" "abc", "[{'from':0,'to':3,'name':'x'},{'from':2,'to':5,'name':'y'},{'from':0,'to':4,'name':'z'}]", 0,
        "xabc", 1},
    {"within a letter", "\xc3\xa9" "ta", "[{'from':1,'to':3,'name':'x'}]", 0, "\xc3\xa9" "ta", 2},
    {"nonsense", "hi", "[7,'x',{},{'from':'a','to':[]}]", 0, "hi", 2},
    {"no list", "hi", "{'from':0,'to':2}", 0, "hi", 2},
};

static void test_names(void **state)
{
    struct world *world = *state;
    world->stage.pictures = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        json_t *emotes = names[i].emotes ? parse(names[i].emotes) : json_null();
        show(world, json_pack("{s:s, s:i, s:o}", "text", names[i].text, "at", names[i].at, "emotes", emotes), 0);
        const struct text_layout *layout = rich_text_layout(get(world->node)->rich);
        if (strcmp(layout->text, names[i].shown) != 0)
            fail_msg("%s: \"%s\"", names[i].name, layout->text);
        const struct text_run *run = &layout->lines[0].runs[0];
        if (run->span != 0 || run->to != names[i].span_to)
            fail_msg("%s: the span ends at %u", names[i].name, run->to);
        node_destroy(world->node);
        world->node = NULL;
    }
}

/* An emote's name is no word of the line: it decides no direction, and its neighbours stay where they belong. */
static void test_names_turn_nothing(void **state)
{
    struct world *world = *state;
    world->stage.pictures = NULL;
    static const struct {
        const char *text, *emotes;
        bool is_rtl;
    } lines[] = {
        {"\U0001F44D Kappa \u0633\u0644\u0627\u0645", "[{'from':5,'to':10,'name':'Kappa','url':'https://x.example/1'}]", true},
        {"\U0001F44D Kappa hi", "[{'from':5,'to':10,'name':'Kappa','url':'https://x.example/1'}]", false},
        {"\U0001F44D \uFFFC \u0633\u0644\u0627\u0645", "[{'from':5,'to':8,'name':'smile'}]", true},
        {"\U0001F44D Kappa \u0633\u0644\u0627\u0645", "[]", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
        show(world, json_pack("{s:s, s:o}", "text", lines[i].text, "emotes", parse(lines[i].emotes)), 0);
        const struct text_layout *layout = rich_text_layout(get(world->node)->rich);
        if (layout->lines[0].is_rtl != lines[i].is_rtl)
            fail_msg("line %zu: \"%s\"", i, layout->text);
        node_destroy(world->node);
        world->node = NULL;
    }
}

static void test_many_emotes(void **state)
{
    struct world *world = *state;
    json_t *emotes = json_array();
    char text[2001];
    for (int i = 0; i < 1000; i++) {
        memcpy(text + 2 * i, "E ", 2);
        char url[80];
        snprintf(url, sizeof(url), "antiphon:%064d", i);
        json_array_append_new(emotes, json_pack("{s:i, s:i, s:s}", "from", 2 * i, "to", 2 * i + 1, "url", url));
    }
    text[2000] = '\0';
    show(world, json_pack("{s:s, s:o}", "text", text, "emotes", emotes), 0);
    assert_int_equal(list_count(&world->node->places), RICH_TEXT_EMOTES_MAX);
}

/* ---- pictures that come */

static void test_comes(void **state)
{
    struct world *world = *state;
    struct buffer picture = make_png(64, 64, 0xff00ff00);
    char url[80];
    url_of(&picture, url);
    show(world, say(url), 0);
    // A square is kept free for it.
    assert_non_null(find_image(world->node));
    assert_int_equal(find_image(world->node)->image_box.width_px, EMOTE_PX);
    assert_int_equal(pixel_in_image(world->node, 10), 0);
    bring(world, &picture);
    step(world, 20);
    // Only its place is painted anew, and nothing is laid out again.
    struct box boxes[DAMAGE_BOXES_MAX];
    assert_int_equal(damage_boxes(&world->node->damage, boxes), 1);
    assert_in_range(boxes[0].width, EMOTE_PX, EMOTE_PX + 2);
    assert_int_equal(get(world->node)->laid_out, 1);
    node_paint(world->node);
    damage_clear(&world->node->damage);
    assert_int_equal(pixel_in_image(world->node, 10), 0xff00ff00);
    // And from then on it costs nothing.
    step(world, 40);
    assert_true(damage_is_empty(&world->node->damage));
    assert_int_equal(world->node->wake_ms, 0);
    buffer_fini(&picture);
}

static void test_comes_wide(void **state)
{
    struct world *world = *state;
    struct buffer picture = make_png(96, 32, 0xff0000ff);
    char url[80];
    url_of(&picture, url);
    show(world, say(url), 0);
    bring(world, &picture);
    step(world, 20);
    assert_int_equal(get(world->node)->laid_out, 2);
    assert_int_equal(find_image(world->node)->image_box.width_px, 3 * EMOTE_PX);
    node_paint(world->node);
    assert_int_equal(pixel_in_image(world->node, 3 * EMOTE_PX - 4), 0xff0000ff);
    step(world, 40);
    assert_int_equal(get(world->node)->laid_out, 2);
    buffer_fini(&picture);
}

static void test_never_comes(void **state)
{
    struct world *world = *state;
    char url[80];
    struct error gone = {0};
    error_set(&gone, ERROR_DATA, "there is no such picture");
    snprintf(url, sizeof(url), "antiphon:%064d", 3);
    show(world, say(url), 0);
    while (world->asked == 0)
        kit_run(&world->kit);
    pictures_take_own(world->pictures, url + 9, NULL, 0, &gone);
    step(world, 20);
    assert_int_equal(get(world->node)->laid_out, 2);
    assert_null(find_image(world->node));
    assert_string_equal(rich_text_layout(get(world->node)->rich)->text, "ab E cd");
    // The next card with it knows at once.
    node_destroy(world->node);
    show(world, say(url), 40);
    assert_null(find_image(world->node));
    assert_int_equal(world->asked, 1);
}

/* It moves at its own pace, in its own place only, and a view that wants no motion has its first frame. */
static void test_moves(void **state)
{
    static const struct {
        bool is_reduced;
        int64_t now_ms, wake_ms;
        bool is_damaged;
    } steps[] = {{false, 1000, 1040, true}, {false, 1039, 1040, false}, {false, 1040, 1080, true}, {true, 2000, 0, true}, {true, 2040, 0, false}};
    struct world *world = *state;
    struct buffer gif = make_gif(2, 8);  // 40 ms each
    char url[80];
    url_of(&gif, url);
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        if (i == 0 || steps[i].is_reduced != steps[i - 1].is_reduced) {
            node_destroy(world->node);
            world->asked = world->wakes = 0;
            world->stage.is_motion_reduced = steps[i].is_reduced;
            show(world, say(url), steps[i].now_ms - 20);
            bring(world, &gif);
            step(world, steps[i].now_ms);
            node_paint(world->node);
            damage_add_all(&world->node->damage);
        } else {
            step(world, steps[i].now_ms);
        }
        if (world->node->wake_ms != steps[i].wake_ms || damage_is_empty(&world->node->damage) == steps[i].is_damaged)
            fail_msg("step %zu: wakes at %lld", i, (long long)world->node->wake_ms);
        node_paint(world->node);
        damage_clear(&world->node->damage);
    }
    buffer_fini(&gif);
}

/* ---- real cards on a view */

static const char view_state[] =
    "{'question':{'id':1,'text':'سلام Y این آهنگ E برای شما چه معنایی دارد؟ Kappa',"
    "'author':{'name':'نیلوفر','roles':['moderator']},'people':14,'platform':'twitch','emotes':[{'from':9,'to':10,'url':'%1$s'},{'from':27,'to':28,'url':'%2$s'},{'from':74,'to':79,'url':'%3$s'}]},"
    "'chat':[{'id':1,'author':{'name':'Anna','roles':['moderator']},'platform':'twitch','text':'hello Y and E for you','emotes':[{'from':6,'to':7,'url':'%1$s'},{'from':12,'to':13,'url':'%2$s'}]},"
    "{'id':2,'author':{'name':'Ming','roles':['moderator']},'platform':'twitch','text':'hi'},"
    "{'id':3,'author':{'name':'نیلوفر','roles':['moderator']},'platform':'twitch','text':'سلام Y این آهنگ E برای شما چه معنایی دارد؟ Kappa','emotes':[{'from':9,'to':10,'url':'%1$s'},{'from':27,'to':28,'url':'%2$s'},{'from':74,'to':79,'url':'%3$s'}]}]}";

/* Cards whose pictures need other room all at once are all on the view again soon, and then it is still. */
static void test_view(void **state)
{
    struct world *world = *state;
    struct buffer wide = make_png(300, 100, 0xff00ff00), square = make_png(100, 100, 0xff0000ff);
    char url[3][80];
    struct error gone = {0};
    error_set(&gone, ERROR_DATA, "there is no such picture");
    url_of(&square, url[0]);
    url_of(&wide, url[1]);
    snprintf(url[2], sizeof(url[2]), "antiphon:%064d", 9);
    struct error err = {0};
    struct view *view = view_create(&(struct view_options){.name = "main", .width_px = 1920, .height_px = 1080, .painter = painter,
        .language = "fa", .text = engine, .pictures = world->pictures}, &err);
    if (!view)
        fail_msg("%s", err.text);
    char *text = xasprintf(view_state, url[0], url[1], url[2]);
    apply(view, text, 0, true);
    view_paint(view, 0);
    while (world->asked < 3)
        kit_run(&world->kit);
    pictures_take_own(world->pictures, url[2] + 9, NULL, 0, &gone);
    pictures_take_own(world->pictures, url[0] + 9, square.data, square.len, NULL);
    pictures_take_own(world->pictures, url[1] + 9, wide.data, wide.len, NULL);
    for (int turns = 0; pictures_stats(world->pictures).here < 4 && turns < 5000; turns++)
        kit_turn(&world->kit, 1);
    assert_int_equal(pictures_stats(world->pictures).here, 4);
    for (int64_t now_ms = 20; now_ms < 4000; now_ms += 20)
        view_paint(view, now_ms);
    assert_true(find_card(view, "question:1")->drawn_opacity == 1);
    assert_true(find_card(view, "chat:box")->drawn_opacity == 1);
    assert_int_equal(view_wake_ms(view), 0);
    uint64_t frames = view_stats(view).frames;
    view_paint(view, 5000);
    assert_int_equal(view_stats(view).frames, frames);
    view_destroy(view);
    free(text);
    buffer_fini(&wide);
    buffer_fini(&square);
}

/* ---- avatars */

static void paint_avatar(struct world *world, const char *name, const char *color, struct buffer *pixels)
{
    show(world, json_pack("{s:s, s:{s:s, s:s}}", "text", "", "author", "name", name, "color", color), 0);
    buffer_clear(pixels);
    for (int y = 0; y < AVATAR_PX; y++)
        buffer_add(pixels, canvas_pixels(world->node->layer) + (size_t)y * (canvas_stride(world->node->layer) / 4), AVATAR_PX * 4);
    node_destroy(world->node);
    world->node = NULL;
}

static void test_letters(void **state)
{
    static const struct {
        const char *a, *b;
        bool is_same;
    } pairs[] = {
        {"anna", "Amir", true}, {"anna", "bob", false}, {"@anna", "A", true}, {"__anna__", "a", true}, {"نیلوفر", "ن", true},
        {"نیلوفر", "سارا", false}, {"\u200f\u202eanna", "A", true}, {"élodie", "É", true}, {"e\u0301lodie", "É", true},
        {"ǆ", "ǅ", true}, {"…", "…!", true}, {"1up", "1", true}, {"", "", true}, {"", "a", false}, {"\xff\xfe", "\xff", true},
    };
    struct world *world = *state;
    struct buffer a = {0}, b = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(pairs) - 1; i++) {
        paint_avatar(world, pairs[i].a, "#336699", &a);
        paint_avatar(world, pairs[i].b, "#336699", &b);
        if ((memcmp(a.data, b.data, a.len) == 0) != pairs[i].is_same)
            fail_msg("%s and %s", pairs[i].a, pairs[i].b);
    }
    char *name = xmalloc(5001);
    memset(name, 'm', 5000);
    name[5000] = '\0';
    paint_avatar(world, name, "#336699", &a);
    paint_avatar(world, "M", "#336699", &b);
    assert_memory_equal(a.data, b.data, a.len);
    free(name);
    // Without a colour of his own a person has always the same one of ours.
    paint_avatar(world, "anna", "", &a);
    paint_avatar(world, "anna", "red", &b);
    assert_memory_equal(a.data, b.data, a.len);
    buffer_fini(&a);
    buffer_fini(&b);
}

static void test_avatar_comes(void **state)
{
    struct world *world = *state;
    struct buffer picture = make_png(64, 64, 0xff00ff00);
    char url[80];
    url_of(&picture, url);
    show(world, json_pack("{s:s, s:{s:s, s:s}}", "text", "hello", "author", "name", "Anna", "avatar", url), 0);
    const uint32_t *pixels = canvas_pixels(world->node->layer);
    size_t middle = (size_t)AVATAR_PX / 2 * (canvas_stride(world->node->layer) / 4) + 4;
    assert_int_equal(pixels[middle] >> 24, 255);
    assert_int_not_equal(pixels[middle], 0xff00ff00);
    bring(world, &picture);
    step(world, 20);
    node_paint(world->node);
    assert_int_equal(pixels[middle], 0xff00ff00);
    assert_int_equal(pixels[0], 0);
    assert_int_equal(get(world->node)->laid_out, 1);
    buffer_fini(&picture);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_names), WORLD(test_names_turn_nothing), WORLD(test_many_emotes), WORLD(test_comes), WORLD(test_comes_wide), WORLD(test_never_comes),
        WORLD(test_moves), WORLD(test_view), WORLD(test_letters), WORLD(test_avatar_comes),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
