#include "../net/kit.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "rehearsal/rehearsal.h"
#include "rehearsal/side.h"

/* What all sides have in common: the table, settings, one platform's show on another, what the control refuses. */

struct hall {
    struct kit kit;
    struct rehearsal *rehearsal;
    struct error error;
};

static void start(struct hall *hall, struct rehearsal_options options)
{
    memset(hall, 0, sizeof(*hall));
    kit_init(&hall->kit);
    hall->rehearsal = rehearsal_create(hall->kit.loop, &options, &hall->error);
}

static void finish(struct hall *hall)
{
    rehearsal_destroy(hall->rehearsal);
    kit_fini(&hall->kit);
}

static void test_table(void **state)
{
    for (size_t i = 0; side_at(i); i++) {
        const struct side_impl *impl = side_at(i);
        if (i > 0)
            assert_true(strcmp(side_at(i - 1)->name, impl->name) < 0);
        if (!impl->create || !impl->destroy || !impl->say || (impl->accept && (!impl->receive || !impl->close)))
            fail_msg("%s lacks what is required", impl->name);
        for (const struct side_setting *at = impl->settings; at && at->key; at++)
            assert_non_null(at->help);
    }
}

static void test_addresses(void **state)
{
    struct hall hall;
    start(&hall, (struct rehearsal_options){0});
    assert_string_equal(hall.error.text, "");
    json_t *addresses = rehearsal_addresses(hall.rehearsal);
    const json_t *sources = json_object_get(addresses, "sources");
    json_t *state_now = rehearsal_state(hall.rehearsal);
    for (size_t i = 0; side_at(i); i++) {
        const char *name = side_at(i)->name;
        if (!json_object_get(state_now, name))
            fail_msg("%s is not in the state", name);
        // The account servers are no source: theirs is the section "logins".
        bool is_named = !side_at(i)->address || (strcmp(name, "login") == 0 && json_object_get(addresses, "logins"));
        for (size_t k = 0; k < json_array_size(sources); k++)
            is_named = is_named || strcmp(json_get_text(json_array_get(sources, k), "connector"), name) == 0;
        if (!is_named)
            fail_msg("%s has no entry for the configuration", name);
    }
    json_decref(state_now);
    json_decref(addresses);
    finish(&hall);
}

static void test_settings(void **state)
{
    static const struct {
        const char *setting, *expected;  // NULL: no error
    } cases[] = {
        {"twitch.ping_ms=5", NULL},
        {"twitch.target=http://127.0.0.1:1/x=y", NULL},
        {"twitch.pin_ms=5", "ping_ms"},
        {"twich.ping_ms=5", "youtube"},
        {"twitch.ping_ms", "expected PLATFORM.KEY=VALUE"},
        {"=", "expected PLATFORM.KEY=VALUE"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct hall hall;
        start(&hall, (struct rehearsal_options){.settings = &cases[i].setting, .setting_count = 1});
        assert_int_equal(hall.rehearsal == NULL, cases[i].expected != NULL);
        if (cases[i].expected && !strstr(hall.error.text, cases[i].expected))
            fail_msg("\"%s\": %s", cases[i].setting, hall.error.text);
        finish(&hall);
    }
    char *text = rehearsal_settings();
    assert_non_null(strstr(text, "twitch.ping_ms\t300000\t"));
    free(text);
}

/* Twitch's and YouTube's lines alike on one platform, with its ids, and in its room. */
static void test_one_platform_for_all(void **state)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/assets/demo/transcript.jsonl", getenv("ANTIPHON_SOURCE_ROOT"));
    for (size_t i = 0; side_at(i); i++) {
        struct hall hall;
        start(&hall, (struct rehearsal_options){.transcript = path, .as = side_at(i)->name});
        assert_string_equal(hall.error.text, "");
        json_t *addresses = rehearsal_addresses(hall.rehearsal);
        const json_t *sources = json_object_get(addresses, "sources");
        for (size_t k = 0; k < json_array_size(sources); k++)
            assert_string_equal(json_get_text(json_array_get(sources, k), "connector"), side_at(i)->name);
        json_decref(addresses);
        finish(&hall);
    }
    struct hall hall;
    start(&hall, (struct rehearsal_options){.transcript = path, .as = "vine"});
    assert_null(hall.rehearsal);
    assert_non_null(strstr(hall.error.text, "\"vine\""));
    finish(&hall);
}

static void test_what_the_control_refuses(void **state)
{
    struct hall hall;
    struct error err = {0};
    start(&hall, (struct rehearsal_options){0});
    assert_false(rehearsal_fault(hall.rehearsal, "quota", "twitch", 0, &err));
    assert_non_null(strstr(err.text, "\"quota\" for \"twitch\""));
    assert_false(rehearsal_fault(hall.rehearsal, "flood", "youtube", 0, &err));
    assert_non_null(strstr(err.text, "restart"));
    assert_false(rehearsal_set_target(hall.rehearsal, "vine", "http://127.0.0.1/", &err));
    assert_null(rehearsal_writes(hall.rehearsal, "vine"));
    assert_int_equal(json_array_size(rehearsal_writes(hall.rehearsal, "twitch")), 0);
    finish(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_one_platform_for_all),
        cmocka_unit_test(test_what_the_control_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
