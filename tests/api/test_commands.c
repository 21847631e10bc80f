/* Every command, good and bad: what it does and what its refusal says. */
#include "desk.h"

#include "relay/sources.h"

static void begin(struct desk *desk, struct caller *caller)
{
    desk_init(desk);
    desk_start(desk);
    caller_open(caller, desk, NULL);
}

static void end(struct desk *desk, struct caller *caller)
{
    caller_close(caller);
    desk_fini(desk);
}

/* What is refused before anything is looked at, or because there is no such thing. */
static void test_refusals(void **state)
{
    static const struct {
        const char *command, *members, *words;
    } cases[] = {
        {"", "", "there is no command \"\""},
        {"question", "", "there is no command \"question\""},
        {"question.pick", "", "question.pick: message is missing"},
        {"question.pick", "\"message\":\"12\"", "question.pick: message \"12\": an id above 0 is expected"},
        {"question.pick", "\"message\":-1", "message -1: an id above 0"},
        {"question.pick", "\"message\":1.5", "message 1.5: an id above 0"},
        {"question.pick", "\"message\":4711", "question.pick: there is no message 4711"},
        {"question.pick", "\"id\":9", "there is no question 9"},
        {"question.pick", "\"mesage\":9", "\"mesage\" is no argument of this command"},
        {"question.add", "", "text is missing"},
        {"question.add", "\"text\":\"  \"", "text is empty"},
        {"question.add", "\"text\":[\"x\"]", "text [\"x\"]: a text is expected"},
        {"question.add", "\"text\":\"x\",\"language\":\"0123456789012345678901234567890123456789\"", "language"},
        {"question.edit", "\"id\":1,\"text\":\"x\"", "there is no question 1"},
        {"question.edit", "\"id\":1", "text is missing"},
        {"question.air", "\"id\":1", "question.air: there is no question 1"},
        {"question.air", "", "id is missing: an id above 0 is expected"},
        {"question.answer", "\"id\":1", "there is no question 1"},
        {"question.dismiss", "\"id\":1", "there is no question 1"},
        {"question.confirm", "\"id\":1", "there is no question 1"},
        {"question.undo", "\"id\":1", "there is no question 1"},
        {"next", "\"id\":1", "\"id\" is no argument"},
        {"poll.open", "\"question\":\"q\",\"options\":[\"a\"]", "poll.open: options: 1 given"},
        {"poll.open", "\"question\":\"q\",\"options\":[\"a\",7]", "an array of texts is expected"},
        {"poll.open", "\"question\":\"q\",\"options\":{}", "options {}: an array of texts"},
        {"poll.open", "\"question\":\"q\",\"options\":[\"a\",\"A\"]", "read the same"},
        {"poll.open", "\"question\":\"q\",\"options\":[\"a\",\"b\"],\"seconds\":-4", "seconds -4"},
        {"poll.open", "\"question\":\"q\",\"options\":[\"a\",\"b\"],\"seconds\":\"4\"", "a whole number is expected"},
        {"poll.close", "\"id\":1", "there is no poll 1"},
        {"poll.air", "\"id\":1,\"on_air\":true", "there is no poll 1"},
        {"poll.air", "\"id\":1,\"on_air\":1", "on_air 1: true or false is expected"},
        {"captions.load", "\"track\":\"t\",\"language\":\"fa\",\"format\":\"doc\",\"text\":\"x\"", "format \"doc\": srt or vtt"},
        {"captions.load", "\"track\":\"t\",\"language\":\"fa\",\"format\":\"srt\",\"text\":\"x\"", "no cue in 1 lines: is this SubRip?"},
        {"captions.load", "\"track\":\"\",\"language\":\"fa\",\"format\":\"srt\",\"text\":\"x\"", "track \"\""},
        {"captions.load", "\"track\":\"a\\u0000b\",\"language\":\"fa\",\"format\":\"srt\",\"text\":\"x\"", "track \"\""},
        {"captions.start", "\"track\":\"t\"", "there is no track \"t\""},
        {"captions.stop", "\"track\":\"t\"", "there is no track \"t\""},
        {"captions.line", "\"track\":\"t\",\"language\":\"fa\",\"text\":\"\"", "text is empty"},
        {"captions.line", "\"track\":\"t\",\"language\":\"fa\",\"text\":\"x\",\"seconds\":1000", "seconds 1000"},
        {"message.remove", "\"message\":4711", "there is no message 4711"},
        {"author.remove", "\"platform\":\"\",\"author\":\"x\"", "neither may be empty"},
        {"author.remove", "\"author\":\"x\"", "platform is missing"},
        {"erase", "\"platform\":\"x\",\"author\":\"\"", "neither may be empty"},
        {"clear", "\"now\":true", "\"now\" is no argument"},
        {"panic", "\"on\":\"yes\"", "on \"yes\": true or false is expected"},
        {"output.start", "\"name\":\"youtube\"", "no video process is connected"},
        {"output.stop", "", "name is missing"},
        {"output.blank", "\"name\":7", "name 7: a text is expected"},
        {"source.add", "\"config\":\"twitch\"", "an object is expected"},
        {"source.add", "\"config\":{}", "connector"},
        {"source.add", "\"config\":{\"connector\":\"myspace\"}", "myspace"},
        {"source.add", "\"config\":{\"connector\":\"twitch\",\"channel\":\"an na\"}", "an na"},
        {"source.remove", "\"source\":\"twitch:anna\"", "there is no source \"twitch:anna\""},
        {"source.change", "\"source\":\"twitch:anna\",\"config\":{}", "there is no source \"twitch:anna\""},
        {"source.change", "\"source\":\"twitch:anna\"", "config is missing"},
        {"say", "", "say: text is missing"},
        {"say", "\"text\":\" \"", "text is empty"},
        {"say", "\"text\":\"hello\"", "no source can do that now"},
        {"say", "\"text\":\"hello\",\"to\":[\"irc:anna\"]", "there is no source \"irc:anna\""},
        {"say", "\"text\":\"hello\",\"to\":\"irc:anna\"", "an array of texts is expected"},
        {"say", "\"text\":\"hello\",\"reply_to\":4711", "message 4711 is not among the last ones"},
        {"say", "\"text\":\"hello\",\"reply_to\":4711,\"to\":[\"irc:anna\"]", "leave to out"},
        {"source.moderate", "\"action\":\"kill\"", "action \"kill\": delete, timeout"},
        {"source.moderate", "\"action\":\"ban\"", "message or source is missing"},
        {"source.moderate", "\"action\":\"ban\",\"message\":4711", "message 4711 is not among"},
        {"source.moderate", "\"action\":\"ban\",\"source\":\"irc:anna\"", "whom it is about is missing"},
        {"source.moderate", "\"action\":\"delete\",\"source\":\"irc:anna\"", "what it is about is missing"},
        {"source.moderate", "\"action\":\"clear\",\"source\":\"irc:anna\"", "there is no source \"irc:anna\""},
        {"source.poll", "\"question\":\"q\",\"options\":[\"a\"]", "options: 1 given"},
        {"source.poll_end", "\"source\":\"irc:anna\",\"native_id\":\"\"", "what it is about"},
        {"invite", "\"role\":\"king\"", "role \"king\": viewer, moderator or owner"},
        {"invite", "\"role\":\"viewer\",\"minutes\":0", "minutes 0"},
        {"invite", "\"role\":\"viewer\",\"name\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"", "name: at most 63"},
        {"token.add", "\"role\":\"viewer\",\"name\":\"\"", "name is empty"},
        {"token.remove", "\"name\":\"nobody\"", "no token or session of \"nobody\""},
        {"history", "\"limit\":0", "limit 0: 1 to 1000"},
        {"history", "\"limit\":100000", "limit 100000"},
        {"history", "\"before\":0", "before 0: an id above 0"},
        {"search", "\"text\":\"\"", "text: 1 to 400"},
        {"search", "\"limit\":3", "text is missing"},
    };
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        caller_refused(&caller, cases[i].command, cases[i].members, cases[i].words);
    end(&desk, &caller);
}

static const char *state_of(struct caller *caller, int64_t id)
{
    static char state[32];
    while (true) {
        json_t *event = caller_wait(caller, "question");
        const json_t *question = json_object_get(event, "question");
        snprintf(state, sizeof(state), "%s", json_get_text(question, "state"));
        bool is_it = json_get_int(question, "id", 0) == id;
        json_decref(event);
        if (is_it)
            return state;
    }
}

static void test_questions(void **state)
{
    struct desk desk;
    struct caller caller;
    char members[128];
    begin(&desk, &caller);
    int64_t own = caller_must_id(&caller, "question.add", "\"text\":\"What now?\",\"language\":\"en\"");
    assert_string_equal(state_of(&caller, own), "ready");
    snprintf(members, sizeof(members), "\"id\":%lld", (long long)own);
    caller_must(&caller, "question.air", members);
    assert_string_equal(state_of(&caller, own), "on_air");
    caller_must(&caller, "question.answer", members);
    assert_string_equal(state_of(&caller, own), "answered");
    caller_must(&caller, "question.undo", members);
    assert_string_equal(state_of(&caller, own), "on_air");
    caller_must(&caller, "question.dismiss", members);
    assert_string_equal(state_of(&caller, own), "dismissed");
    caller_must(&caller, "question.pick", members);
    assert_string_equal(state_of(&caller, own), "ready");
    caller_must(&caller, "question.confirm", members);
    snprintf(members, sizeof(members), "\"id\":%lld,\"text\":\"What then?\"", (long long)own);
    caller_must(&caller, "question.edit", members);
    json_t *event = caller_wait(&caller, "question");
    const json_t *question = json_object_get(event, "question");
    assert_string_equal(json_get_text(question, "text"), "What then?");
    assert_string_equal(json_get_text(question, "text_original"), "What now?");
    assert_string_equal(json_get_text(question, "changed_by"), "anna");
    json_decref(event);
    assert_int_equal(caller_must_id(&caller, "next", ""), own);
    assert_int_equal(caller_must_id(&caller, "next", ""), own);  // the same press twice skips nobody
    snprintf(members, sizeof(members), "\"after\":%lld", (long long)own);
    assert_int_equal(caller_must_id(&caller, "next", members), 0);
    assert_int_equal(caller_must_id(&caller, "next", members), 0);  // another was faster
    end(&desk, &caller);
}

/* A message that left the queue long ago is picked out of the journal. */
static void test_pick_old_message(void **state)
{
    struct desk desk;
    struct caller caller;
    desk_init(&desk);
    desk.relay_options.queue_messages = 16;
    desk_start(&desk);
    caller_open(&caller, &desk, NULL);
    uint64_t old = desk_say(&desk, "twitch", "u1", "an old one");
    for (int i = 0; i < 40; i++)
        desk_say(&desk, "twitch", "u2", "newer");
    assert_null(queue_find(desk.relay->queue, old));
    assert_true(journal_wait(desk.relay->journal, 10000));
    char members[64];
    snprintf(members, sizeof(members), "\"message\":%llu", (unsigned long long)old);
    int64_t id = caller_must_id(&caller, "question.pick", members);
    assert_true(id > 0);
    json_t *event = caller_wait(&caller, "question");
    assert_string_equal(json_get_text(json_object_get(event, "question"), "text"), "an old one");
    json_decref(event);
    end(&desk, &caller);
}

/* Also what quotes it goes, though the queue does not know it any more. */
static void test_remove_old_message(void **state)
{
    struct desk desk;
    struct caller caller;
    desk_init(&desk);
    desk.relay_options.queue_messages = 16;
    desk_start(&desk);
    caller_open(&caller, &desk, NULL);
    uint64_t old = desk_say(&desk, "twitch", "u1", "an awful one");
    for (int i = 0; i < 40; i++)
        desk_say(&desk, "twitch", "u2", "newer");
    desk_push(&desk, &(struct message_draft){.kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:show"),
        .native_id = STR("r"), .author = {.id = STR("u3")}, .text = STR("why?"),
        .reply_to = {.native_id = STR("n1"), .author = STR("u1"), .text = STR("an awful one")}});
    assert_null(queue_find(desk.relay->queue, old));
    assert_true(journal_wait(desk.relay->journal, 10000));
    char members[64];
    snprintf(members, sizeof(members), "\"message\":%llu", (unsigned long long)old);
    caller_must(&caller, "message.remove", members);
    const struct message *reply = queue_previous(desk.relay->queue, 0);
    assert_int_equal(reply->is.reply_to.text.len, 0);
    json_t *answer = caller_ask(&caller, "history", "\"limit\":1000");
    char *text = json_dumps(answer, 0);
    assert_non_null(strstr(text, "why?"));
    assert_null(strstr(text, "awful"));
    free(text);
    json_decref(answer);
    caller_must(&caller, "message.remove", members);  // by another moderator, at the same time
    end(&desk, &caller);
}

/* What antiphon cannot do on the platform is said, and in the way of nothing here. */
static void test_removed_on_the_platform(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    caller_must(&caller, "source.add", "\"config\":{\"connector\":\"twitch\",\"channel\":\"show\",\"url\":\"ws://127.0.0.1:1\"}");
    char members[96];
    snprintf(members, sizeof(members), "\"message\":%llu,\"on_platform\":true",
             (unsigned long long)desk_say(&desk, "twitch", "u1", "rude"));
    json_t *reply = caller_ask(&caller, "message.remove", members);
    assert_true(json_get_bool(reply, "ok", false));
    const json_t *sent = json_object_get(json_object_get(reply, "result"), "sent");
    const json_t *result = json_array_get(json_object_get(sent, "results"), 0);
    assert_string_equal(json_get_text(sent, "action"), "delete");
    assert_string_equal(json_get_text(sent, "by"), "anna");
    assert_string_equal(json_get_text(result, "source"), "twitch:show");
    assert_string_equal(json_get_text(result, "outcome"), "unable");
    assert_non_null(json_get_text(result, "text"));
    json_decref(reply);
    json_decref(caller_wait(&caller, "sent"));
    assert_int_equal(queue_count(desk.relay->queue), 0);
    desk_say(&desk, "twitch", "u2", "rude again");
    reply = caller_ask(&caller, "author.remove", "\"platform\":\"twitch\",\"author\":\"u2\",\"on_platform\":true");
    assert_string_equal(json_get_text(json_object_get(json_object_get(reply, "result"), "sent"), "action"), "ban");
    json_decref(reply);
    reply = caller_ask(&caller, "author.remove", "\"platform\":\"kick\",\"author\":\"u2\",\"on_platform\":true");
    assert_non_null(strstr(json_get_text(json_object_get(reply, "result"), "not_on_platform"), "no source of this platform"));
    json_decref(reply);
    assert_int_equal(queue_count(desk.relay->queue), 0);
    // Who comes later sees what was tried.
    struct caller late;
    caller_open(&late, &desk, NULL);
    json_t *snapshot = caller_wait(&late, "snapshot");
    assert_int_equal(json_array_size(json_object_get(snapshot, "sent")), 2);
    json_decref(snapshot);
    caller_close(&late);
    end(&desk, &caller);
}

/* A platform's form is made of what it says about itself. */
static void test_kinds(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    json_t *reply = caller_ask(&caller, "source.kinds", "");
    const json_t *kinds = json_object_get(json_object_get(reply, "result"), "kinds"), *youtube = NULL;
    size_t index;
    json_t *kind, *key;
    assert_true(json_array_size(kinds) >= 2);
    json_array_foreach(kinds, index, kind) {
        if (strcmp(json_get_text(kind, "connector"), "youtube") == 0)
            youtube = kind;
        assert_true(json_array_size(json_object_get(kind, "keys")) > 0);
    }
    assert_string_equal(json_get_text(youtube, "title"), "YouTube");
    bool has_secret = false;
    json_array_foreach(json_object_get(youtube, "keys"), index, key) {
        if (strcmp(json_get_text(key, "name"), "api_key") != 0)
            continue;
        has_secret = json_get_bool(key, "secret", false);
        assert_string_equal(json_get_text(key, "type"), "text");
        assert_non_null(json_get_text(key, "help"));
    }
    assert_true(has_secret);
    assert_true(json_array_size(json_object_get(json_object_get(reply, "result"), "common")) >= 2);
    json_decref(reply);
    end(&desk, &caller);
}

static char written_back[1000];

static bool write_back(void *data, const json_t *sources, struct error *err)
{
    char *text = json_dumps(sources, JSON_COMPACT);
    snprintf(written_back, sizeof(written_back), "%s", text);
    free(text);
    return true;
}

/* A changed source keeps what the form showed as "***", goes on at its cursor, and may become another one. */
static void test_changed_source(void **state)
{
    struct desk desk;
    struct caller caller;
    desk_init(&desk);
    desk.relay_options.save_sources = write_back;
    desk_start(&desk);
    caller_open(&caller, &desk, NULL);
    caller_must(&caller, "source.add", "\"config\":{\"connector\":\"youtube\",\"channel\":\"@anna\",\"api_key\":\"AIzaReal\","
                "\"api_url\":\"http://127.0.0.1:1\"}");
    json_t *reply = caller_ask(&caller, "source.list", "");
    char *text = json_dumps(reply, 0);
    assert_null(strstr(text, "AIzaReal"));
    assert_non_null(strstr(text, "\"***\""));
    free(text);
    json_decref(reply);
    caller_must(&caller, "source.change", "\"source\":\"youtube:@anna\",\"config\":{\"connector\":\"youtube\",\"channel\":\"@anna\","
                "\"api_key\":\"***\",\"api_url\":\"http://127.0.0.1:2\"}");
    assert_non_null(strstr(written_back, "\"api_key\":\"AIzaReal\""));
    assert_non_null(strstr(written_back, "127.0.0.1:2"));
    assert_non_null(journal_cursor(desk.relay->journal, "youtube:@anna"));  // what was spent of the day is in it
    caller_refused(&caller, "source.change", "\"source\":\"youtube:@anna\",\"config\":{\"connector\":\"youtube\",\"chanel\":\"@bob\"}", "chanel");
    assert_non_null(sources_find(desk.relay->sources, "youtube:@anna"));
    caller_must(&caller, "source.change", "\"source\":\"youtube:@anna\",\"config\":{\"connector\":\"youtube\",\"channel\":\"@bob\","
                "\"api_key\":\"***\",\"api_url\":\"http://127.0.0.1:2\"}");
    assert_null(sources_find(desk.relay->sources, "youtube:@anna"));
    assert_non_null(sources_find(desk.relay->sources, "youtube:@bob"));
    assert_non_null(strstr(written_back, "\"api_key\":\"AIzaReal\""));
    assert_null(strstr(written_back, "@anna"));
    assert_null(journal_cursor(desk.relay->journal, "youtube:@anna"));
    end(&desk, &caller);
}

static void test_polls(void **state)
{
    struct desk desk;
    struct caller caller;
    char members[128];
    begin(&desk, &caller);
    int64_t id = caller_must_id(&caller, "poll.open", "\"question\":\"Next?\",\"options\":[\"شطرنج\",\"圍棋\"],\"seconds\":600");
    snprintf(members, sizeof(members), "\"id\":%lld,\"on_air\":true", (long long)id);
    caller_must(&caller, "poll.air", members);
    desk_say(&desk, "twitch", "u1", "۲");
    desk_say(&desk, "youtube", "u2", "围棋");
    desk_say(&desk, "kick", "u3", "I have 2 cats");
    json_t *poll = NULL;
    do {
        json_decref(poll);
        poll = caller_wait(&caller, "poll");
    } while (json_get_int(json_object_get(poll, "poll"), "total", 0) < 2);
    const json_t *options = json_object_get(json_object_get(poll, "poll"), "options");
    assert_int_equal(json_get_int(json_array_get(options, 1), "votes", 0), 2);
    json_decref(poll);
    snprintf(members, sizeof(members), "\"id\":%lld", (long long)id);
    caller_must(&caller, "poll.close", members);
    poll = caller_wait(&caller, "poll");
    assert_string_equal(json_get_text(json_object_get(poll, "poll"), "state"), "closed");
    json_decref(poll);
    end(&desk, &caller);
}

static void test_captions(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    json_t *reply = caller_ask(&caller, "captions.load",
        "\"track\":\"talk\",\"language\":\"fa\",\"format\":\"srt\",\"text\":\"1\\n00:00:00,000 --> 00:10:00,000\\nسلام\\n\"");
    assert_int_equal(json_get_int(json_object_get(reply, "result"), "cues", 0), 1);
    json_decref(reply);
    caller_must(&caller, "captions.start", "\"track\":\"talk\",\"at_ms\":1000");
    json_t *event = caller_wait(&caller, "on_air");
    char *text = json_dumps(event, JSON_COMPACT);
    assert_non_null(strstr(text, "\"lines\":[\"سلام\"]"));
    free(text);
    json_decref(event);
    caller_must(&caller, "captions.stop", "\"track\":\"talk\"");
    caller_must(&caller, "captions.line", "\"track\":\"live\",\"language\":\"fa\",\"text\":\"خوش آمدید\",\"seconds\":0.2");
    event = NULL;
    do {  // it comes, and goes by itself
        json_decref(event);
        event = caller_wait(&caller, "on_air");
        text = json_dumps(event, JSON_COMPACT);
    } while (strstr(text, "\"captions\"") && (free(text), true));
    free(text);
    json_decref(event);
    end(&desk, &caller);
}

static void test_clear_and_panic(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    int64_t id = caller_must_id(&caller, "question.add", "\"text\":\"one\"");
    caller_must_id(&caller, "next", "");
    caller_must(&caller, "captions.line", "\"track\":\"live\",\"language\":\"fa\",\"text\":\"x\"");
    json_t *event = caller_wait(&caller, "on_air");
    json_decref(event);
    caller_must(&caller, "panic", "");
    caller_must(&caller, "panic", "\"on\":false");
    caller_must(&caller, "clear", "");
    char *text = NULL;
    event = NULL;
    do {
        json_decref(event);
        free(text);
        event = caller_wait(&caller, "on_air");
        text = json_dumps(event, JSON_COMPACT);
    } while (!strstr(text, "\"views\":{\"main\":{}},\"is_blank\":false"));
    free(text);
    json_decref(event);
    char members[32];
    snprintf(members, sizeof(members), "\"id\":%lld", (long long)id);
    caller_must(&caller, "question.air", members);  // it is ready again
    end(&desk, &caller);
}

static size_t count_of(struct caller *caller, const char *command, const char *members)
{
    json_t *reply = caller_ask(caller, command, members);
    if (!json_get_bool(reply, "ok", false))
        fail_msg("%s {%s}: %s", command, members, json_get_text(json_object_get(reply, "error"), "text"));
    size_t count = json_array_size(json_object_get(json_object_get(reply, "result"), "messages"));
    json_decref(reply);
    return count;
}

/* Three messages, "the first words" (u1) to "the third words" (u1): pages, conditions, marks, shows. */
static void check_pages(struct caller *caller, uint64_t third)
{
    char members[96];
    snprintf(members, sizeof(members), "\"after\":%llu", (unsigned long long)third - 1);
    assert_int_equal(count_of(caller, "history", members), 1);
    assert_int_equal(count_of(caller, "history", "\"text\":\"FIRST\""), 1);
    assert_int_equal(count_of(caller, "history", "\"platforms\":[\"kick\"]"), 0);
    assert_int_equal(count_of(caller, "history", "\"to_ms\":1000"), 0);
    assert_int_equal(count_of(caller, "search", "\"platform\":\"twitch\",\"author\":\"u1\""), 2);
    assert_int_equal(count_of(caller, "search", "\"platform\":\"twitch\",\"author\":\"u1\",\"text\":\"third\""), 1);
    assert_int_equal(count_of(caller, "search", "\"text\":\"words\",\"roles\":[\"moderator\"]"), 0);
    json_t *reply = caller_ask(caller, "search", "\"text\":\"WORDS\",\"limit\":2");
    const json_t *result = json_object_get(reply, "result"), *messages = json_object_get(result, "messages");
    assert_int_equal(json_array_size(messages), 2);
    assert_int_equal(json_get_int(json_array_get(messages, 0), "id", 0), third);
    const json_t *mark = json_array_get(json_object_get(json_array_get(messages, 0), "marks"), 0);
    assert_int_equal(json_integer_value(json_array_get(mark, 0)), 10);
    assert_int_equal(json_integer_value(json_array_get(mark, 1)), 15);
    assert_int_equal(json_array_size(json_object_get(result, "shows")), 1);
    snprintf(members, sizeof(members), "\"text\":\"words\",\"before\":%lld", (long long)json_get_int(result, "next", 0));
    json_decref(reply);
    assert_int_equal(count_of(caller, "search", members), 1);
    caller_refused(caller, "history", "\"before\":5,\"after\":3", "one of them");
    caller_refused(caller, "history", "\"from_ms\":5,\"to_ms\":5", "the end must lie behind");
    caller_refused(caller, "search", "\"author\":\"u1\"", "both or none");
    caller_refused(caller, "search", "\"text\":\"a\",\"kinds\":[\"ban\"]", "no kind of message to read");
}

static void test_history_search_erase(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    desk_say(&desk, "twitch", "u1", "the first words");
    desk_say(&desk, "twitch", "u2", "the second words");
    uint64_t third = desk_say(&desk, "twitch", "u1", "the third words");
    assert_true(journal_wait(desk.relay->journal, 10000));
    json_t *reply = caller_ask(&caller, "history", "\"limit\":2");
    json_t *messages = json_object_get(json_object_get(reply, "result"), "messages");
    assert_int_equal(json_array_size(messages), 2);
    assert_int_equal(json_get_int(json_array_get(messages, 1), "id", 0), third);
    json_decref(reply);
    char members[64];
    snprintf(members, sizeof(members), "\"before\":%llu,\"limit\":1", (unsigned long long)third);
    reply = caller_ask(&caller, "history", members);
    messages = json_object_get(json_object_get(reply, "result"), "messages");
    assert_string_equal(json_get_text(json_array_get(messages, 0), "text"), "the second words");
    json_decref(reply);
    do {  // the index follows the commits
        reply = caller_ask(&caller, "search", "\"text\":\"words\"");
        messages = json_object_get(json_object_get(reply, "result"), "messages");
        size_t count = json_array_size(messages);
        json_decref(reply);
        if (count == 3)
            break;
        kit_turn(&desk.kit, 10);
    } while (true);
    check_pages(&caller, third);
    reply = caller_ask(&caller, "erase", "\"platform\":\"twitch\",\"author\":\"u1\"");
    assert_true(json_get_bool(reply, "ok", false));
    assert_true(json_get_int(json_object_get(reply, "result"), "rows", -1) >= 0);
    json_decref(reply);
    reply = caller_ask(&caller, "history", "");
    messages = json_object_get(json_object_get(reply, "result"), "messages");
    assert_int_equal(json_array_size(messages), 1);
    json_decref(reply);
    reply = caller_ask(&caller, "search", "\"text\":\"words\"");
    messages = json_object_get(json_object_get(reply, "result"), "messages");
    assert_int_equal(json_array_size(messages), 1);
    json_decref(reply);
    end(&desk, &caller);
}

static json_t *saved;

static bool save_sources(void *data, const json_t *sources, struct error *err)
{
    json_decref(saved);
    saved = json_deep_copy(sources);
    return true;
}

static void test_sources(void **state)
{
    struct desk desk;
    struct caller caller;
    desk_init(&desk);
    desk.relay_options.save_sources = save_sources;
    desk_start(&desk);
    caller_open(&caller, &desk, NULL);
    caller_must(&caller, "source.add", "\"config\":{\"connector\":\"youtube\",\"video\":\"abcdefghijk\","
                "\"api_key\":\"AIzaVerySecret\",\"api_url\":\"http://127.0.0.1:1\"}");
    const char *plain = "\"config\":{\"connector\":\"twitch\",\"channel\":\"anna\",\"url\":\"ws://127.0.0.1:1/\"}";
    json_t *reply = caller_ask(&caller, "source.add", plain);
    assert_string_equal(json_get_text(json_object_get(reply, "result"), "source"), "twitch:anna");
    json_decref(reply);
    json_t *event = caller_wait(&caller, "source");
    json_decref(event);
    char *all = json_dumps(saved, JSON_COMPACT);
    assert_non_null(strstr(all, "\"channel\":\"anna\""));
    assert_non_null(strstr(all, "AIzaVerySecret"));  // written back whole, shown to nobody
    free(all);
    caller_refused(&caller, "source.add", plain, "there already");
    struct caller second;
    caller_open(&second, &desk, NULL);
    json_t *snapshot = caller_wait(&second, "snapshot");
    all = json_dumps(snapshot, JSON_COMPACT);
    assert_non_null(strstr(all, "\"id\":\"twitch:anna\""));
    assert_non_null(strstr(all, "\"api_key\":\"***\""));
    assert_null(strstr(all, "AIzaVerySecret"));
    free(all);
    json_decref(snapshot);
    caller_close(&second);
    caller_must(&caller, "source.remove", "\"source\":\"twitch:anna\"");
    event = caller_wait(&caller, "source_removed");
    assert_string_equal(json_get_text(event, "source"), "twitch:anna");
    json_decref(event);
    json_decref(saved);
    saved = NULL;
    end(&desk, &caller);
}

/* Commands to outputs go on to the video process, and its answer comes back. */
static void test_outputs(void **state)
{
    struct desk desk;
    struct caller caller, video;
    begin(&desk, &caller);
    caller_open(&video, &desk, "{\"type\":\"hello\",\"client\":\"video\",\"name\":\"video\",\"topics\":[\"outputs\"]}");
    caller_say(&video, "{\"type\":\"report\",\"outputs\":[{\"name\":\"youtube\",\"view\":\"main\",\"state\":\"off\",\"to\":\"rtmp://a/SECRETKEY\","
                       "\"bitrate_kbps\":0}],\"input\":{\"state\":\"live\",\"fps\":60.0}}");
    json_t *event = caller_wait(&caller, "output");
    const json_t *output = json_object_get(event, "output");
    assert_string_equal(json_get_text(output, "state"), "off");
    assert_string_equal(json_get_text(output, "to"), "rtmp://a");
    json_decref(event);
    event = caller_wait(&caller, "input");
    assert_string_equal(json_get_text(json_object_get(event, "input"), "state"), "live");
    json_decref(event);

    caller_say(&caller, "{\"type\":\"command\",\"ref\":\"x\",\"command\":\"output.blank\",\"name\":\"youtube\",\"on\":false}");
    json_t *order = caller_wait(&video, "command");
    assert_string_equal(json_get_text(order, "command"), "output.blank");
    assert_string_equal(json_get_text(order, "name"), "youtube");
    assert_true(json_is_false(json_object_get(order, "on")));
    char answer[200];
    snprintf(answer, sizeof(answer), "{\"type\":\"reply\",\"ref\":%lld,\"ok\":true,\"result\":{}}", (long long)json_get_int(order, "ref", 0));
    json_decref(order);
    caller_say(&video, answer);
    json_t *reply = caller_wait(&caller, "reply");
    assert_string_equal(json_get_text(reply, "ref"), "x");
    assert_true(json_get_bool(reply, "ok", false));
    json_decref(reply);

    caller_say(&caller, "{\"type\":\"command\",\"ref\":\"y\",\"command\":\"output.start\",\"name\":\"youtube\"}");
    order = caller_wait(&video, "command");
    snprintf(answer, sizeof(answer), "{\"type\":\"reply\",\"ref\":%lld,\"ok\":false,\"error\":{\"code\":\"system\",\"text\":\"no encoder\"}}",
             (long long)json_get_int(order, "ref", 0));
    json_decref(order);
    caller_say(&video, answer);
    reply = caller_wait(&caller, "reply");
    assert_string_equal(json_get_text(json_object_get(reply, "error"), "text"), "output.start: no encoder");
    json_decref(reply);

    caller_say(&caller, "{\"type\":\"command\",\"ref\":\"z\",\"command\":\"output.start\",\"name\":\"youtube\"}");
    json_decref(caller_wait(&video, "command"));
    caller_close(&video);
    reply = caller_wait(&caller, "reply");  // it went before it answered
    assert_string_equal(json_get_text(json_object_get(reply, "error"), "code"), "again");
    json_decref(reply);
    event = caller_wait(&caller, "output");
    assert_string_equal(json_get_text(json_object_get(event, "output"), "state"), "lost");
    json_decref(event);
    end(&desk, &caller);
}

static void test_invite(void **state)
{
    struct desk desk;
    struct caller caller;
    begin(&desk, &caller);
    json_t *reply = caller_ask(&caller, "invite", "\"role\":\"moderator\",\"minutes\":5,\"name\":\"boris\"");
    const char *url = json_get_text(json_object_get(reply, "result"), "url");
    assert_non_null(url);
    assert_non_null(strstr(url, "/#link="));
    const char *answer = desk_http(&desk,
        "POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\nContent-Length: 54\r\n\r\n{\"link\":\"%s\"}",
        api_port(desk.api), strstr(url, "#link=") + 6);
    assert_non_null(strstr(answer, "\"role\":\"moderator\",\"name\":\"boris\""));
    json_decref(reply);
    reply = caller_ask(&caller, "token.list", "");
    char *text = json_dumps(reply, JSON_COMPACT);
    assert_non_null(strstr(text, "\"sessions\":[{\"name\":\"boris\",\"role\":\"moderator\""));
    free(text);
    json_decref(reply);
    caller_must(&caller, "token.remove", "\"name\":\"boris\"");
    end(&desk, &caller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_questions),
        cmocka_unit_test(test_pick_old_message), cmocka_unit_test(test_remove_old_message),
        cmocka_unit_test(test_removed_on_the_platform), cmocka_unit_test(test_kinds), cmocka_unit_test(test_changed_source),
        cmocka_unit_test(test_polls),
        cmocka_unit_test(test_captions), cmocka_unit_test(test_clear_and_panic),
        cmocka_unit_test(test_history_search_erase), cmocka_unit_test(test_sources),
        cmocka_unit_test(test_outputs),  cmocka_unit_test(test_invite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
