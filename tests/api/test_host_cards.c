/* The host's own cards through the API: what each kind takes, what stands on air in which view, what counts, and what ends. */
#include "desk.h"

#include <dirent.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "relay/host_cards.h"
#include "relay/host_pictures.h"
#include "relay/on_air.h"

static const char *const persian[] = {"fa"}, *const twitch[] = {"twitch"};
static const struct on_air_view views[] = {
    {.name = "main"},
    {.name = "fa", .languages = persian, .language_count = 1, .cards = ON_AIR_RULES | ON_AIR_GOAL | ON_AIR_NOTE},
    {.name = "strict", .platforms = twitch, .platform_count = 1, .foreign = ON_AIR_FOREIGN_ANONYMOUS},
};

static void begin(struct desk *desk, struct caller *caller)
{
    desk_init(desk);
    desk->relay_options.views = views;
    desk->relay_options.view_count = ARRAY_LENGTH(views);
    desk_start(desk);
    caller_open(caller, desk, NULL);
}

static void end(struct desk *desk, struct caller *caller)
{
    caller_close(caller);
    desk_fini(desk);
}

static void restart(struct desk *desk, struct caller *caller)
{
    journal_wait(desk->relay->journal, 10000);
    caller_close(caller);
    desk_stop(desk);
    desk_start(desk);
    caller_open(caller, desk, NULL);
}

/* A card of a view as the overlays are told it, a new reference; NULL: there is none. */
static json_t *find_card(struct desk *desk, const char *view, const char *kind)
{
    struct str text = on_air_json(desk->relay->on_air);
    json_t *state = json_loadb(text.data, text.len, 0, NULL);
    json_t *card = json_object_get(json_object_get(json_object_get(state, "views"), view), kind);
    json_incref(card);
    json_decref(state);
    return card;
}

/* The id of what a view shows of this kind; 0: nothing. Waits until the journal holds what was put on air. */
static int64_t shown(struct desk *desk, const char *view, const char *kind)
{
    int64_t limit = clock_monotonic_ms() + 10000;
    while (host_cards_is_waiting(desk->relay->host_cards)) {
        assert_true(clock_monotonic_ms() < limit);
        kit_turn(&desk->kit, 20);
    }
    json_t *card = find_card(desk, view, kind);
    int64_t id = json_get_int(card, "id", 0);
    json_decref(card);
    return id;
}

/* The card is what this JSON says, no member more. */
static void assert_card(struct desk *desk, const char *view, const char *kind, const char *json)
{
    shown(desk, view, kind);
    json_t *card = find_card(desk, view, kind), *expected = json_loads(json, 0, NULL);
    assert_non_null(expected);
    if (!json_equal(card, expected))
        fail_msg("%s: %s instead of %s", kind, card ? json_dumps(card, JSON_COMPACT) : "nothing", json);
    json_decref(card);
    json_decref(expected);
}

static void air(struct caller *caller, int64_t id, bool is_on_air)
{
    char members[64];
    snprintf(members, sizeof(members), "\"id\":%lld,\"on_air\":%s", (long long)id, is_on_air ? "true" : "false");
    caller_must(caller, "card.air", members);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *command, *members, *words;
    } cases[] = {
        {"card.add", "\"kind\":\"shoutout\"", "kind \"shoutout\": goal, countdown"},
        {"card.add", "\"kind\":\"goal\"", "title is missing"},
        {"card.add", "\"kind\":\"goal\",\"title\":\"a\\nb\",\"target\":5,\"unit\":\"count\"", "no line breaks"},
        {"card.add", "\"kind\":\"goal\",\"title\":\"a\\u001bb\",\"target\":5,\"unit\":\"count\"", "control character at byte 1"},
        {"card.add", "\"kind\":\"goal\",\"title\":\"a\",\"target\":0,\"unit\":\"count\"", "target is missing"},
        {"card.add", "\"kind\":\"goal\",\"title\":\"a\",\"target\":-5,\"unit\":\"count\"", "target -5"},
        {"card.add", "\"kind\":\"goal\",\"title\":\"a\",\"target\":5,\"unit\":\"coins\"", "unit \"coins\": \"money\" or \"count\""},
        {"card.add", "\"kind\":\"goal\",\"title\":\"a\",\"target\":5,\"unit\":\"money\"", "currency \"\": three letters"},
        {"card.add", "\"kind\":\"goal\",\"title\":\"a\",\"target\":5,\"unit\":\"count\",\"currency\":\"EUR\"", "only a goal of unit"},
        {"card.add", "\"kind\":\"goal\",\"title\":\"a\",\"target\":5,\"unit\":\"count\",\"what\":\"Bits!\"", "what \"Bits!\""},
        {"card.add", "\"kind\":\"goal\",\"title\":\"a\",\"target\":5,\"unit\":\"count\",\"now\":-1", "now: a whole number"},
        {"card.add", "\"kind\":\"goal\",\"title\":\"a\",\"target\":5,\"unit\":\"count\",\"items\":[\"x\"]", "kind goal has no items"},
        {"card.add", "\"kind\":\"rules\",\"title\":\"a\",\"items\":[\"x\"],\"now\":3", "kind rules has no now"},
        {"card.add", "\"kind\":\"rules\",\"title\":\"a\"", "items is missing"},
        {"card.add", "\"kind\":\"rules\",\"title\":\"a\",\"items\":[\"x\",\"\"]", "items[1]: a text is expected"},
        {"card.add", "\"kind\":\"rules\",\"title\":\"a\",\"items\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\",\"13\"]", "13 given, at most 12"},
        {"card.add", "\"kind\":\"countdown\",\"mode\":\"countdown\",\"title\":\"a\"", "either at_ms or seconds"},
        {"card.add", "\"kind\":\"countdown\",\"mode\":\"countdown\",\"title\":\"a\",\"at_ms\":5,\"seconds\":5", "either at_ms or seconds"},
        {"card.add", "\"kind\":\"countdown\",\"mode\":\"countdown\",\"title\":\"a\",\"seconds\":-5", "seconds -5"},
        {"card.add", "\"kind\":\"countdown\",\"mode\":\"next_show\",\"title\":\"a\",\"seconds\":5", "the next show has a time"},
        {"card.add", "\"kind\":\"countdown\",\"mode\":\"up\",\"title\":\"a\",\"seconds\":5", "mode \"up\""},
        {"card.add", "\"kind\":\"countdown\",\"mode\":\"countdown\",\"title\":\"a\",\"seconds\":5,\"zones\":[\"Asia/Atlantis\"]", "zones[0] \"Asia/Atlantis\""},
        {"card.add", "\"kind\":\"countdown\",\"mode\":\"countdown\",\"title\":\"a\",\"seconds\":5,\"zones\":[\"../../etc/passwd\"]", "a name like"},
        {"card.add", "\"kind\":\"countdown\",\"mode\":\"countdown\",\"title\":\"a\",\"seconds\":5,\"zones\":[\"UTC\",\"UTC\"]", "it stands there twice"},
        {"card.add", "\"kind\":\"qr\"", "text is missing"},
        {"card.add", "\"kind\":\"note\",\"language\":\"fa\"", "a title, a text or a picture"},
        {"card.add", "\"kind\":\"note\",\"picture\":\"antiphon:0000\"", "there is none of this name"},
        {"card.add", "\"kind\":\"note\",\"picture\":\"https://evil.example/x.png\"", "there is none of this name"},
        {"card.add", "\"kind\":\"note\",\"text\":\"x\",\"name\":\"y\"", "\"name\" is no argument"},
        {"card.change", "\"id\":9,\"title\":\"x\"", "there is no card 9"},
        {"card.forget", "\"id\":9", "there is no card 9"},
        {"card.air", "\"id\":9", "there is no card 9"},
        {"goal.add", "\"id\":9", "there is no goal 9"},
        {"shoutout", "", "message or person is expected"},
        {"shoutout", "\"message\":4711", "message 4711 is not among the newest"},
        {"shoutout", "\"person\":\"x\",\"author\":\"7\"", "with its platform only"},
        {"shoutout", "\"person\":\"x\",\"seconds\":500", "seconds 500"},
        {"card.preview", "\"view\":\"main\"", "a poll or a card is expected"},
        {"card.preview", "\"view\":\"main\",\"id\":1,\"card\":{}", "a poll or a card is expected"},
        {"card.preview", "\"view\":\"main\",\"card\":{}", "kind \"\": goal, countdown"},
        {"card.preview", "\"view\":\"main\",\"card\":{\"kind\":\"qr\"}", "text is missing"},
        {"card.preview", "\"view\":\"none\",\"card\":{\"kind\":\"qr\",\"text\":\"x\"}", "there is no view"},
        {"card.preview", "\"view\":\"main\",\"card\":{\"kind\":\"qr\",\"text\":\"x\"}", "no overlay"},
        {"picture.get", "\"name\":\"../../etc/passwd\"", "there is no picture"},
    };
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        caller_refused(&caller, cases[i].command, cases[i].members, cases[i].words);
    assert_int_equal(host_cards_count(desk.relay->host_cards), 0);
    for (int i = 0; i < HOST_CARDS_MAX; i++)
        caller_must(&caller, "card.add", "\"kind\":\"qr\",\"text\":\"x\"");
    caller_refused(&caller, "card.add", "\"kind\":\"qr\",\"text\":\"x\"", "100 cards are prepared");
    end(&desk, &caller);
}

static char *chinese(int letters)
{
    struct buffer text = {0};
    for (int i = 0; i < letters; i++)
        buffer_add_string(&text, "問");
    return buffer_take(&text);
}

/* As many letters as the panel's fields take (host_card_form.js, host_cards.js), in a script of three bytes a letter. */
static void test_full_fields(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    char *title = chinese(120), *words = chinese(150), *note = chinese(500), *praise = chinese(140);
    char *members[] = {
        xasprintf("\"kind\":\"goal\",\"title\":\"%s\",\"title2\":\"%s\",\"target\":5,\"unit\":\"count\"", title, title),
        xasprintf("\"kind\":\"countdown\",\"mode\":\"countdown\",\"title\":\"%s\",\"seconds\":5,\"text_after\":\"%s\"", title, words),
        xasprintf("\"kind\":\"rules\",\"title\":\"%s\",\"items\":[\"%s\"]", title, words),
        xasprintf("\"kind\":\"note\",\"title\":\"%s\",\"text\":\"%s\"", title, note),
    };
    char *shoutout = xasprintf("\"person\":\"nilu\",\"text\":\"%s\"", praise);
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
        caller_must(&caller, "card.add", members[i]);
        free(members[i]);
    }
    caller_must(&caller, "shoutout", shoutout);
    restart(&desk, &caller);
    assert_int_equal(host_cards_count(desk.relay->host_cards), ARRAY_LENGTH(members) + 1);
    free(title);
    free(words);
    free(note);
    free(praise);
    free(shoutout);
    end(&desk, &caller);
}

/* Prepared, changed, shown, hidden, forgotten; and all of it over a restart. */
static void test_life(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    int64_t rules = caller_must_id(&caller, "card.add", "\"kind\":\"rules\",\"title\":\"Rules\",\"items\":[\"Be kind\",\"No spoilers\"]");
    assert_int_equal(shown(&desk, "main", "rules"), 0);
    air(&caller, rules, true);
    assert_card(&desk, "main", "rules", "{\"id\":1,\"title\":\"Rules\",\"items\":[\"Be kind\",\"No spoilers\"]}");
    assert_card(&desk, "fa", "rules", "{\"id\":1,\"title\":\"Rules\",\"items\":[\"Be kind\",\"No spoilers\"]}");
    caller_must(&caller, "card.change", "\"id\":1,\"items\":[\"Be kind\"],\"language\":\"en\"");
    assert_card(&desk, "main", "rules", "{\"id\":1,\"title\":\"Rules\",\"items\":[\"Be kind\"],\"language\":\"en\"}");
    assert_int_equal(shown(&desk, "fa", "rules"), 0);  // not in its language
    caller_refused(&caller, "card.change", "\"id\":1,\"title\":\"\"", "title is missing");

    int64_t ghavanin = caller_must_id(&caller, "card.add", "\"kind\":\"rules\",\"title\":\"قوانین\",\"items\":[\"مهربان باش\"],\"language\":\"fa\",\"on_air\":true");
    assert_int_equal(shown(&desk, "fa", "rules"), ghavanin);
    assert_int_equal(shown(&desk, "main", "rules"), ghavanin);  // it shows all languages: the one that came last
    int64_t third = caller_must_id(&caller, "card.add", "\"kind\":\"rules\",\"title\":\"Other\",\"items\":[\"x\"],\"language\":\"en\"");
    air(&caller, third, true);
    assert_false(host_cards_find(desk.relay->host_cards, (uint64_t)rules)->is_on_air);  // of one language: made room
    assert_true(host_cards_find(desk.relay->host_cards, (uint64_t)ghavanin)->is_on_air);
    assert_int_equal(shown(&desk, "main", "rules"), third);

    char *before = xstrdup(on_air_json(desk.relay->on_air).data), *revision = xstrdup(on_air_revision(desk.relay->on_air));
    restart(&desk, &caller);
    assert_string_equal(on_air_json(desk.relay->on_air).data, before);
    assert_string_equal(on_air_revision(desk.relay->on_air), revision);
    free(before);
    free(revision);

    caller_must(&caller, "card.forget", "\"id\":3");
    assert_int_equal(shown(&desk, "main", "rules"), ghavanin);
    assert_int_equal(caller_must_id(&caller, "card.add", "\"kind\":\"qr\",\"text\":\"https://example.org\",\"on_air\":true"), 4);
    restart(&desk, &caller);
    caller_must(&caller, "card.forget", "\"id\":4");
    restart(&desk, &caller);  // no number comes twice
    assert_int_equal(caller_must_id(&caller, "card.add", "\"kind\":\"qr\",\"text\":\"x\""), 5);

    caller_must(&caller, "panic", "");
    caller_refused(&caller, "card.air", "\"id\":5", "locked");
    caller_refused(&caller, "card.add", "\"kind\":\"qr\",\"text\":\"x\",\"on_air\":true", "locked");
    caller_refused(&caller, "shoutout", "\"person\":\"ann\"", "locked");
    caller_must(&caller, "card.air", "\"id\":5,\"on_air\":false");
    caller_must(&caller, "panic", "\"on\":false");
    air(&caller, 5, true);
    caller_must(&caller, "shoutout", "\"person\":\"ann\"");
    caller_must(&caller, "clear", "");
    assert_int_equal(shown(&desk, "main", "qr"), 0);
    assert_int_equal(shown(&desk, "main", "rules"), 0);
    assert_int_equal(shown(&desk, "main", "shoutout"), 0);
    assert_int_equal(host_cards_count(desk.relay->host_cards), 3);
    end(&desk, &caller);
}

/* --- Goals --- */

static void push(struct desk *desk, enum message_kind kind, const char *native_id, const struct money *money, const char *detail, bool is_history)
{
    json_t *object = detail ? json_loads(detail, 0, NULL) : NULL;
    desk_push(desk, &(struct message_draft){
        .kind = kind, .platform = STR("twitch"), .source = STR("twitch:show"), .native_id = str_from(native_id),
        .author = {.id = STR("u1"), .name = STR("Ann")}, .money = money ? *money : (struct money){0}, .detail = object,
        .is_history = is_history});
    json_decref(object);
}

static int64_t goal(struct desk *desk, uint64_t id)
{
    host_cards_flush(desk->relay->host_cards);
    return host_cards_find(desk->relay->host_cards, id)->now;
}

static void test_goals(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    caller_must(&caller, "card.add", "\"kind\":\"goal\",\"title\":\"Mic\",\"target\":10000000,\"unit\":\"money\",\"currency\":\"EUR\",\"now\":1000000,\"on_air\":true");
    caller_must(&caller, "card.add", "\"kind\":\"goal\",\"title\":\"Subs\",\"target\":7,\"unit\":\"count\",\"what\":\"members\"");
    caller_must(&caller, "card.add", "\"kind\":\"goal\",\"title\":\"Bits\",\"target\":100,\"unit\":\"count\",\"what\":\"bits\"");
    caller_must(&caller, "card.add", "\"kind\":\"goal\",\"title\":\"Follows\",\"target\":2,\"unit\":\"count\",\"what\":\"follows\"");
    caller_must(&caller, "card.add", "\"kind\":\"goal\",\"title\":\"Gifts\",\"target\":2,\"unit\":\"count\",\"what\":\"gifts\"");
    caller_must(&caller, "card.add", "\"kind\":\"goal\",\"title\":\"Deaths\",\"target\":9,\"unit\":\"count\"");

    push(&desk, MESSAGE_GIFT, "g1", &(struct money){.micros = 4000000, .currency = STR("EUR")}, NULL, false);
    push(&desk, MESSAGE_GIFT, "g2", &(struct money){.micros = 9000000, .currency = STR("USD")}, NULL, false);
    push(&desk, MESSAGE_GIFT, "g3", &(struct money){.micros = 9000000, .currency = STR("EUR")}, NULL, true);
    assert_int_equal(goal(&desk, 1), 5000000);
    // A streak: the total is repeated, the increase counts.
    push(&desk, MESSAGE_GIFT, "rose", &(struct money){.units = 10, .unit = STR("bits"), .count = 2, .is_streak_open = true}, NULL, false);
    push(&desk, MESSAGE_GIFT, "rose", &(struct money){.units = 25, .unit = STR("bits"), .count = 5}, NULL, false);
    assert_int_equal(goal(&desk, 3), 25);
    assert_int_equal(goal(&desk, 5), 7);  // g1 and g2 one each, and five roses
    push(&desk, MESSAGE_GIFT, "sticker", NULL, NULL, false);
    assert_int_equal(goal(&desk, 5), 8);
    push(&desk, MESSAGE_MEMBERSHIP, "s1", NULL, "{\"event\":\"new\"}", false);
    push(&desk, MESSAGE_MEMBERSHIP, "s2", &(struct money){.count = 5}, "{\"event\":\"gifted\"}", false);
    push(&desk, MESSAGE_MEMBERSHIP, "s3", NULL, "{\"event\":\"received\"}", false);
    push(&desk, MESSAGE_MEMBERSHIP, "s4", NULL, "{\"event\":\"milestone\"}", false);
    assert_int_equal(goal(&desk, 2), 6);
    push(&desk, MESSAGE_FOLLOW, "f1", NULL, NULL, false);
    assert_int_equal(goal(&desk, 4), 1);
    assert_int_equal(goal(&desk, 6), 0);

    // Deleted: the words are gone, the gift was made.
    desk_push(&desk, &(struct message_draft){.kind = MESSAGE_DELETE, .platform = STR("twitch"), .source = STR("twitch:show"), .target = {.native_id = STR("g1")}});
    assert_int_equal(goal(&desk, 1), 5000000);

    // By hand.
    json_decref(caller_ask(&caller, "goal.add", "\"id\":6,\"amount\":2"));
    caller_must(&caller, "goal.add", "\"id\":6");
    assert_int_equal(goal(&desk, 6), 3);
    caller_must(&caller, "goal.add", "\"id\":6,\"amount\":-50");
    assert_int_equal(goal(&desk, 6), 0);
    caller_must(&caller, "card.change", "\"id\":1,\"now\":10000000");
    assert_card(&desk, "main", "goal", "{\"id\":1,\"title\":\"Mic\",\"target\":10000000,\"unit\":\"money\",\"currency\":\"EUR\",\"now\":10000000,\"is_reached\":true}");

    // What the journal has is counted once, over any restart.
    for (int i = 0; i < 2; i++) {
        restart(&desk, &caller);
        assert_int_equal(goal(&desk, 1), 10000000);
        assert_int_equal(goal(&desk, 2), 6);
        assert_int_equal(goal(&desk, 3), 25);
    }
    end(&desk, &caller);
}

/* Killed between the gift's commit and the count's: the next start counts what the journal has. */
static void test_counts_after_a_kill(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    caller_must(&caller, "card.add", "\"kind\":\"goal\",\"title\":\"Bits\",\"target\":100,\"unit\":\"count\",\"what\":\"bits\"");
    push(&desk, MESSAGE_GIFT, "g1", &(struct money){.units = 10, .unit = STR("bits")}, NULL, false);
    assert_int_equal(goal(&desk, 1), 10);
    const char *kept = journal_state(desk.relay->journal, "host_card:00000000000000000001");
    const char *handled = journal_state(desk.relay->journal, "relay:handled");
    char *card = xstrdup(kept), *noted = xstrdup(handled ? handled : "0");
    push(&desk, MESSAGE_GIFT, "g2", &(struct money){.units = 7, .unit = STR("bits")}, NULL, false);
    assert_int_equal(goal(&desk, 1), 17);
    caller_close(&caller);
    api_destroy(desk.api);
    desk.api = NULL;
    relay_destroy(desk.relay);
    // What a kill before the flush leaves: the messages, and the states of before.
    struct error err = {0};
    struct journal *journal = journal_open(&(struct journal_options){.folder = desk.folder}, &err);
    journal_set_state(journal, "host_card:00000000000000000001", card);
    journal_set_state(journal, "relay:handled", noted);
    assert_true(journal_wait(journal, 10000));
    journal_close(journal);
    desk_start(&desk);
    assert_int_equal(goal(&desk, 1), 17);
    free(card);
    free(noted);
    desk_fini(&desk);
}

/* --- Countdown --- */

static void test_countdowns(void **state)
{
    struct desk desk;
    struct caller caller;
    char members[300];
    begin(&desk, &caller);
    struct host_cards *cards = desk.relay->host_cards;
    int64_t now_ms = clock_unix_ms();
    caller_must(&caller, "card.add", "\"kind\":\"countdown\",\"mode\":\"countdown\",\"title\":\"Soon\",\"seconds\":300,\"text_after\":\"Welcome\"");
    snprintf(members, sizeof(members), "\"kind\":\"countdown\",\"mode\":\"next_show\",\"title\":\"Next\",\"at_ms\":%lld,\"zones\":[\"Asia/Tehran\",\"America/New_York\"]",
             (long long)now_ms + 3600000);
    caller_must(&caller, "card.add", members);
    caller_must(&caller, "card.add", "\"kind\":\"countdown\",\"mode\":\"countdown\",\"title\":\"Past\",\"at_ms\":1000");
    caller_refused(&caller, "card.air", "\"id\":3", "its time is past");
    json_t *late = caller_ask(&caller, "card.add", "\"kind\":\"countdown\",\"mode\":\"countdown\",\"title\":\"Past\",\"at_ms\":1000,\"on_air\":true");
    assert_non_null(json_get_text(json_object_get(late, "result"), "not_on_air"));
    json_decref(late);

    air(&caller, 1, true);
    const struct host_card *card = host_cards_find(cards, 1);
    assert_in_range(card->at_ms, now_ms + 300000, now_ms + 300000 + 10000);  // from now on
    snprintf(members, sizeof(members), "{\"id\":1,\"mode\":\"countdown\",\"title\":\"Soon\",\"text_after\":\"Welcome\",\"at_ms\":%lld}", (long long)card->at_ms);
    assert_card(&desk, "main", "countdown", members);
    restart(&desk, &caller);
    cards = desk.relay->host_cards;
    assert_card(&desk, "main", "countdown", members);
    assert_int_equal(host_cards_handle_time(cards, now_ms), host_cards_find(cards, 1)->at_ms);
    host_cards_handle_time(cards, host_cards_find(cards, 1)->at_ms);
    json_t *shows = find_card(&desk, "main", "countdown");
    assert_true(json_get_bool(shows, "is_over", false));
    json_decref(shows);

    // By itself, when the clock says so: what has words for after it changes, what has none leaves.
    snprintf(members, sizeof(members), "\"kind\":\"countdown\",\"mode\":\"countdown\",\"title\":\"Now\",\"at_ms\":%lld,\"on_air\":true", (long long)clock_unix_ms() + 200);
    int64_t soon = caller_must_id(&caller, "card.add", members);
    assert_int_equal(shown(&desk, "main", "countdown"), soon);
    while (host_cards_find(cards, (uint64_t)soon)->is_on_air)
        kit_run(&desk.kit);
    assert_int_equal(shown(&desk, "main", "countdown"), 0);

    air(&caller, 2, true);
    assert_int_equal(shown(&desk, "main", "countdown"), 2);
    assert_false(host_cards_find(cards, 1)->is_on_air);
    assert_int_equal(host_cards_handle_time(cards, now_ms + 3600000), 0);
    assert_int_equal(shown(&desk, "main", "countdown"), 0);  // without words for after it leaves
    end(&desk, &caller);
}

/* --- Shout-outs --- */

static uint64_t say(struct desk *desk, const char *platform, const char *login, const char *text, uint32_t roles)
{
    char native_id[32];
    snprintf(native_id, sizeof(native_id), "c%llu", (unsigned long long)++desk->last_native);
    desk_push(desk, &(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = str_from(platform), .source = str_from(platform), .native_id = str_from(native_id), .event_key = str_from(native_id),
        .time_ms = clock_unix_ms(), .text = str_from(text),
        .author = {.id = str_from(login), .login = str_from(login), .name = strcmp(login, "nilu") == 0 ? STR("نیلوفر") : str_from(login), .roles = roles,
                   .color = STR("#1E90FF"), .avatar = STR("https://static-cdn.jtvnw.net/a.png")}});
    return queue_last_id(desk->relay->queue);
}

static void ban(struct desk *desk, const char *author)
{
    desk_push(desk, &(struct message_draft){.kind = MESSAGE_BAN, .platform = STR("twitch"), .source = STR("twitch"), .target = {.author_id = str_from(author)}});
}

static void test_shoutouts(void **state)
{
    struct desk desk;
    struct caller caller;
    char members[300];
    begin(&desk, &caller);
    struct host_cards *cards = desk.relay->host_cards;
    say(&desk, "twitch", "nilu", "hello", 0);
    uint64_t message = say(&desk, "kick", "ben", "hi", 0);
    caller_must(&caller, "shoutout", "\"person\":\"NILU\",\"text\":\"She paints\"");
    const struct host_card *first = host_cards_at(cards, 0);
    assert_int_equal(first->until_ms - first->aired_ms, 8000);
    snprintf(members, sizeof(members), "{\"id\":1,\"name\":\"نیلوفر\",\"platform\":\"twitch\",\"login\":\"nilu\",\"avatar\":\"https://static-cdn.jtvnw.net/a.png\","
             "\"color\":\"#1E90FF\",\"text\":\"She paints\",\"author\":\"nilu\",\"since_ms\":%lld,\"until_ms\":%lld}", (long long)first->aired_ms, (long long)first->until_ms);
    assert_card(&desk, "main", "shoutout", members);
    assert_card(&desk, "strict", "shoutout", members);
    assert_int_equal(shown(&desk, "fa", "shoutout"), 0);  // that view has no such cards
    caller_refused(&caller, "shoutout", "\"person\":\"nilu\"", "this shout-out is on air");
    snprintf(members, sizeof(members), "\"message\":%llu,\"seconds\":20", (unsigned long long)message);
    json_t *reply = caller_ask(&caller, "shoutout", members);
    assert_true(json_get_bool(json_object_get(reply, "result"), "is_waiting", false));
    json_decref(reply);
    for (int i = 0; i < HOST_SHOUTOUTS_MAX - 2; i++) {
        snprintf(members, sizeof(members), "\"person\":\"unknown%d\"", i);
        caller_must(&caller, "shoutout", members);
    }
    caller_refused(&caller, "shoutout", "\"person\":\"one more\"", "5 shout-outs wait already");
    restart(&desk, &caller);
    cards = desk.relay->host_cards;
    assert_int_equal(shown(&desk, "main", "shoutout"), 1);
    // Its time is over: forgotten, and the next one comes.
    host_cards_handle_time(cards, host_cards_at(cards, 0)->until_ms);
    assert_int_equal(shown(&desk, "main", "shoutout"), 2);
    assert_int_equal(shown(&desk, "strict", "shoutout"), 0);  // a platform that may not be named there
    assert_int_equal(host_cards_at(cards, 0)->until_ms - host_cards_at(cards, 0)->aired_ms, 20000);
    // The message that it came from is deleted.
    snprintf(members, sizeof(members), "\"message\":%llu", (unsigned long long)message);
    caller_must(&caller, "message.remove", members);
    assert_int_equal(shown(&desk, "main", "shoutout"), 3);
    caller_must(&caller, "card.air", "\"id\":3,\"on_air\":false");
    assert_int_equal(shown(&desk, "main", "shoutout"), 4);
    assert_null(host_cards_find(cards, 3));
    end(&desk, &caller);
}

static void test_shoutout_in_chat(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    say(&desk, "twitch", "nilu", "hello", 0);
    say(&desk, "twitch", "guest", "!so nilu", 0);
    assert_int_equal(host_cards_count(desk.relay->host_cards), 0);
    say(&desk, "twitch", "mod", "!so @nilu come and see her paintings", ROLE_MODERATOR);
    assert_int_equal(host_cards_count(desk.relay->host_cards), 1);
    const struct host_card *card = host_cards_at(desk.relay->host_cards, 0);
    assert_true(str_equal(host_card_text(card, "text"), STR("come and see her paintings")));
    assert_true(str_equal(host_card_text(card, "name"), STR("نیلوفر")));
    assert_string_equal(card->changed_by, "mod@twitch");
    assert_int_equal(shown(&desk, "main", "shoutout"), card->id);
    // Banned: gone at once, also for who looks into the journal.
    ban(&desk, "nilu");
    json_t *shows = find_card(&desk, "main", "shoutout");
    assert_null(shows);
    assert_int_equal(host_cards_count(desk.relay->host_cards), 0);
    assert_null(journal_next_state(desk.relay->journal, "shoutout:", "shoutout:"));
    end(&desk, &caller);
}

/* Names for show are everybody's to choose: who calls himself as another one's login is not meant, however new. */
static void test_shoutout_of_a_namesake(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    say(&desk, "tiktok", "ann", "hello", 0);
    desk_push(&desk, &(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("tiktok"), .source = STR("tiktok"), .native_id = STR("x1"), .event_key = STR("x1"),
        .time_ms = clock_unix_ms(), .text = STR("it is me"), .author = {.id = STR("666"), .login = STR("stranger"), .name = STR("Ann")}});
    caller_must(&caller, "shoutout", "\"person\":\"ann\"");
    assert_true(str_equal(host_card_text(host_cards_at(desk.relay->host_cards, 0), "login"), STR("ann")));
    caller_must(&caller, "card.forget", "\"id\":1");
    caller_must(&caller, "shoutout", "\"person\":\"stranger\"");
    assert_true(str_equal(host_card_text(host_cards_at(desk.relay->host_cards, 0), "author"), STR("666")));
    end(&desk, &caller);
}

/* --- Pictures --- */

static const char *upload(struct desk *desk, const char *token, const char *bytes, size_t len)
{
    // desk_http() formats a text: these have no NUL and no percent sign.
    return desk_http(desk, "POST /api/v1/pictures HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n%.*s",
                     api_port(desk->api), token, len, (int)len, bytes);
}

static const char *add_token(struct caller *owner, const char *role)
{
    static char token[80];
    char members[100];
    snprintf(members, sizeof(members), "\"role\":\"%s\",\"name\":\"the %s\"", role, role);
    json_t *reply = caller_ask(owner, "token.add", members);
    snprintf(token, sizeof(token), "%s", json_get_text(json_object_get(reply, "result"), "token"));
    json_decref(reply);
    return token;
}

static size_t count_files(const struct desk *desk)
{
    size_t count = 0;
    char path[128];
    snprintf(path, sizeof(path), "%s/pictures", desk->folder);
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        count += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return count;
}

static void test_pictures(void **state)
{
    static const char gif[] = "GIF89a and what the overlay makes of it";
    struct desk desk;
    struct caller caller;
    char name[80], members[200], token[80];
    begin(&desk, &caller);
    assert_non_null(strstr(upload(&desk, add_token(&caller, "viewer"), gif, strlen(gif)), "403"));
    assert_non_null(strstr(upload(&desk, add_token(&caller, "button"), gif, strlen(gif)), "403"));
    assert_non_null(strstr(upload(&desk, "of nobody", gif, strlen(gif)), "401"));
    snprintf(token, sizeof(token), "%s", add_token(&caller, "moderator"));
    assert_non_null(strstr(upload(&desk, token, "<svg onload=\"x\"/>", 17), "PNG, JPEG, WebP or GIF is expected"));
    assert_non_null(strstr(upload(&desk, token, "", 0), "400"));
    assert_non_null(strstr(desk_http(&desk, "POST /api/v1/pictures HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n",
        api_port(desk.api), token, HOST_PICTURE_BYTES_MAX + 1), "413"));
    for (int i = 0; i < 2; i++) {
        const char *answer = strstr(upload(&desk, token, gif, strlen(gif)), "antiphon:");
        assert_non_null(answer);
        snprintf(name, sizeof(name), "%.73s", answer);
    }
    assert_int_equal(host_pictures_count(desk.relay->host_pictures), 1);  // the same bytes, the same name
    assert_int_equal(count_files(&desk), 1);
    snprintf(members, sizeof(members), "\"name\":\"%s\",\"from\":4", name + 9);
    json_t *reply = caller_ask(&caller, "picture.get", members);
    const json_t *result = json_object_get(reply, "result");
    assert_string_equal(json_get_text(result, "type"), "image/gif");
    assert_int_equal(json_get_int(result, "bytes", 0), strlen(gif));
    assert_null(json_object_get(result, "next"));
    assert_string_equal(json_get_text(result, "data"), "OWEgYW5kIHdoYXQgdGhlIG92ZXJsYXkgbWFrZXMgb2YgaXQ=");
    json_decref(reply);
    const char *answer = desk_http(&desk, "GET /api/v1/pictures/%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n",
        name + 9, api_port(desk.api), token);
    assert_non_null(strstr(answer, "image/gif"));
    assert_non_null(strstr(answer, "nosniff"));
    assert_non_null(strstr(answer, "sandbox"));
    assert_non_null(strstr(answer, gif));

    snprintf(members, sizeof(members), "\"kind\":\"note\",\"text\":\"two\\nlines\",\"picture\":\"%s\",\"on_air\":true", name);
    int64_t id = caller_must_id(&caller, "card.add", members);
    restart(&desk, &caller);
    assert_true(host_pictures_has(desk.relay->host_pictures, name));
    snprintf(members, sizeof(members), "{\"id\":%lld,\"text\":\"two\\nlines\",\"picture\":\"%s\"}", (long long)id, name);
    assert_card(&desk, "main", "note", members);
    // Forgotten when no card uses it: not at once, so that an undo finds it; with the next start at the latest.
    snprintf(members, sizeof(members), "\"id\":%lld,\"picture\":\"\"", (long long)id);
    caller_must(&caller, "card.change", members);
    assert_true(host_pictures_has(desk.relay->host_pictures, name));
    restart(&desk, &caller);
    assert_false(host_pictures_has(desk.relay->host_pictures, name));
    assert_int_equal(count_files(&desk), 0);
    end(&desk, &caller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),        cmocka_unit_test(test_full_fields), cmocka_unit_test(test_life),       cmocka_unit_test(test_goals),
        cmocka_unit_test(test_counts_after_a_kill), cmocka_unit_test(test_countdowns), cmocka_unit_test(test_shoutouts),
        cmocka_unit_test(test_shoutout_in_chat), cmocka_unit_test(test_shoutout_of_a_namesake), cmocka_unit_test(test_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
