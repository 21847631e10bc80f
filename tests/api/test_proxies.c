/* Whose X-Forwarded-For is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "api/proxies.h"
#include "base/error.h"
#include "base/memory.h"

static void test_who_asks(void **state)
{
    static const struct {
        const char *peer, *forwarded, *found;
    } cases[] = {
        {"127.0.0.1", NULL, "127.0.0.1"},
        {"127.0.0.1", "", "127.0.0.1"},
        {"127.0.0.1", "203.0.113.7", "203.0.113.7"},
        {"127.0.0.1", "6.6.6.6, 203.0.113.7", "203.0.113.7"},           // what the peer's peer says of itself
        {"127.0.0.1", "203.0.113.7, 10.1.2.3", "203.0.113.7"},          // two of our proxies
        {"127.0.0.1", "203.0.113.7 ,10.1.2.3,\t10.255.0.1", "203.0.113.7"},
        {"127.0.0.1", "6.6.6.6, unknown, 10.1.2.3", "10.1.2.3"},
        {"127.0.0.1", "6.6.6.6, <script>", "127.0.0.1"},
        {"127.0.0.1", "203.0.113.7:5123", "203.0.113.7"},
        {"127.0.0.1", "[2001:db8::1]:5123", "2001:db8::1"},
        {"127.0.0.1", "2001:db8::1", "2001:db8::1"},
        {"127.0.0.1", "[2001:db8::1", "127.0.0.1"},
        {"::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"},
        {"fd00::5", "203.0.113.7", "203.0.113.7"},
        {"fe00::5", "203.0.113.7", "fe00::5"},
        {"203.0.113.9", "127.0.0.1", "203.0.113.9"},                    // no proxy of ours
        {"11.0.0.1", "203.0.113.7", "11.0.0.1"},
        {"192.168.7.16", "203.0.113.7", "192.168.7.16"},
        {"192.168.7.15", "203.0.113.7", "203.0.113.7"},
        {"unix", "203.0.113.7", "unix"},
        {"127.0.0.1", ",,,", "127.0.0.1"},
        {"127.0.0.1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "127.0.0.1"},
    };
    static const char *const trusted[] = {"127.0.0.1", "10.0.0.0/8", "fd00::/8", "192.168.7.0/28"};
    struct error err = {0};
    struct proxies *proxies = proxies_create(trusted, ARRAY_LENGTH(trusted), &err);
    assert_non_null(proxies);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char found[PROXY_ADDRESS_BYTES];
        proxies_find(proxies, cases[i].peer, cases[i].forwarded, found);
        if (strcmp(found, cases[i].found) != 0)
            fail_msg("%s, \"%s\": %s instead of %s", cases[i].peer, cases[i].forwarded, found, cases[i].found);
    }
    proxies_destroy(proxies);
}

static void test_wrong_lists(void **state)
{
    static const char *const wrong[] = {"localhost", "", "127.0.0.1/33", "::1/129", "10.0.0.0/", "10.0.0.0/8x", "10.0.0.0/-1", "*"};
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        const char *list[] = {"127.0.0.1", wrong[i]};
        struct error err = {0};
        assert_null(proxies_create(list, 2, &err));
        if (!strstr(err.text, "panel.trusted_proxies[1]"))
            fail_msg("\"%s\": %s", wrong[i], err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_who_asks), cmocka_unit_test(test_wrong_lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
