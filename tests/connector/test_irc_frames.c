/* Recorded lines of IRC and what they must become, with the pitfalls of tests/data/irc; addresses and masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/connector.h"
#include "connector/irc_room.h"
#include "decoding.h"

static void test_cases(void **state)
{
    (void)state;
    check_cases("irc", 13);
}

static const struct {
    const char *name, *config, *source, *error;
} configs[] = {
    {"a host", "\"server\":\"irc.libera.chat\",\"channel\":\"#live\"", "irc:irc.libera.chat/#live", NULL},
    {"without the mark", "\"server\":\"irc.libera.chat\",\"channel\":\"live\"", "irc:irc.libera.chat/#live", NULL},
    {"letters alike", "\"server\":\"IRC.Libera.Chat:6697\",\"channel\":\"#Live\"", "irc:irc.libera.chat/#live", NULL},
    {"all in one", "\"server\":\"ircs://irc.libera.chat:7000/#live\"", "irc:irc.libera.chat/#live", NULL},
    {"all in one, without the mark", "\"server\":\"irc://irc.libera.chat/live\"", "irc:irc.libera.chat/#live", NULL},
    {"websocket", "\"server\":\"wss://web.example/irc?x=1\",\"channel\":\"##چت\"", "irc:web.example/##چت", NULL},
    {"IPv6", "\"server\":\"[::1]:6667\",\"channel\":\"&local\"", "irc:::1/&local", NULL},
    {"a password with a line end", "\"server\":\"a\",\"channel\":\"b\",\"account\":\"c\",\"password\":\" d\\n\"", "irc:a/#b", NULL},
    {"no channel", "\"server\":\"a\"", NULL, "channel \"\": expected a channel's name like \"#live\""},
    {"a channel with blanks", "\"server\":\"a\",\"channel\":\"an na\"", NULL, "channel \"#an na\": expected"},
    {"two channels", "\"server\":\"a\",\"channel\":\"#a,#b\"", NULL, "channel \"#a,#b\": expected"},
    {"an empty server", "\"server\":\"\",\"channel\":\"a\"", NULL, "server \"\": expected a host"},
    {"a web page", "\"server\":\"https://libera.chat\",\"channel\":\"a\"", NULL, "server \"https://libera.chat\": expected"},
    {"a port that is none", "\"server\":\"a:99999\",\"channel\":\"a\"", NULL, "server \"a:99999\": expected"},
    {"port 0", "\"server\":\"a:0\",\"channel\":\"a\"", NULL, "server \"a:0\": expected"},
    {"a path", "\"server\":\"a/b\",\"channel\":\"a\"", NULL, "server \"a/b\": expected"},
    {"a nick with blanks", "\"server\":\"a\",\"channel\":\"b\",\"nick\":\"my bot\"", NULL, "nick \"my bot\": expected a word"},
    {"a command in the nick", "\"server\":\"a\",\"channel\":\"b\",\"nick\":\"a\\r\\nQUIT\"", NULL, "expected a word of at most 30"},
    {"a password with blanks", "\"server\":\"a\",\"channel\":\"b\",\"account\":\"c\",\"password\":\"hunter 2\"", NULL, "password"},
    {"a password of nobody", "\"server\":\"a\",\"channel\":\"b\",\"password\":\"hunter2\"", NULL, "set \"account\" too"},
    {"an encoding", "\"server\":\"a\",\"channel\":\"b\",\"encoding\":\"koi8-r\"", NULL, "encoding \"koi8-r\": expected"},
};

static void test_configs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(configs); i++) {
        struct error err = {0};
        char *text = xasprintf("{\"connector\":\"irc\",%s}", configs[i].config);
        json_t *config = json_parse(text, strlen(text), &err);
        assert_non_null(config);
        char *source = connector_source_id(config, &err);
        bool is_right = configs[i].source ? source && strcmp(source, configs[i].source) == 0
                                          : !source && strstr(err.text, configs[i].error);
        if (!is_right || strstr(err.text, "hunter"))
            fail_msg("%s: %s %s", configs[i].name, source ? source : "-", err.text);
        free(source);
        free(text);
        json_decref(config);
    }
}

static const struct {
    const char *mask, *text;
    bool fits;
} masks[] = {
    {"*!*@host", "nick!user@host", true},   {"*!*@host", "nick!user@hosts", false},
    {"N?ck!*@*", "nick!a@b", true},          {"n?ck!*@*", "nck!a@b", false},
    {"*", "", true},                         {"", "", true},
    {"", "a", false},                        {"a*b*c", "a-b-b-c", true},
    {"a*b*c", "a-c-b", false},               {"[x]*", "{X}!u@h", true},
    {"***", "abc", true},                    {"?", "", false},
};

static void test_masks(void **state)
{
    (void)state;
    struct irc_room room;
    irc_room_init(&room);
    for (size_t i = 0; i < ARRAY_LENGTH(masks); i++) {
        if (irc_room_matches(&room, str_from(masks[i].mask), str_from(masks[i].text)) != masks[i].fits)
            fail_msg("%s against %s", masks[i].mask, masks[i].text);
    }
    // Many stars take no time that grows without end.
    char mask[401], text[2001];
    memset(text, 'a', 2000);
    text[2000] = '\0';
    for (size_t i = 0; i < 400; i++)
        mask[i] = i % 2 ? 'a' : '*';
    mask[399] = 'b';
    mask[400] = '\0';
    assert_false(irc_room_matches(&room, str_from(mask), str_from(text)));
    irc_room_fini(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases), cmocka_unit_test(test_configs), cmocka_unit_test(test_masks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
