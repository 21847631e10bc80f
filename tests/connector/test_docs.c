/*
 * The pages under docs/sources/ and the connectors' tables of keys say the same: every key stands on its platform's page, every
 * example there is taken as it is, and keys in the first column of a page's tables exist.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/connector.h"

static char *read_page(const char *platform)
{
    const char *root = getenv("ANTIPHON_SOURCE_ROOT");
    char *path = xasprintf("%s/docs/sources/%s.md", root ? root : ".", platform);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s: every connector has a page", path);
    char *text = xcalloc(1, 65536);
    size_t len = fread(text, 1, 65535, file);
    assert_true(len > 0 && len < 65535);
    fclose(file);
    free(path);
    return text;
}

static bool stands_in(const char *page, const char *key)
{
    char *code = xasprintf("`%s`", key), *quoted = xasprintf("\"%s\":", key);
    bool is_there = strstr(page, code) || strstr(page, quoted);
    free(code);
    free(quoted);
    return is_there;
}

static void test_each_key_is_on_its_page(void **state)
{
    const char *platform;
    for (size_t i = 0; (platform = connector_name_at(i)); i++) {
        char *page = read_page(platform);
        for (const struct connector_key *key = connector_keys(platform); key->name; key++) {
            if (!stands_in(page, key->name))
                fail_msg("docs/sources/%s.md says nothing of `%s`", platform, key->name);
        }
        free(page);
    }
}

/* A secret's place is taken by something that could be one: a token of the door, a key. */
static void fill_secrets(json_t *config)
{
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(config, next, name, value) {
        if (json_is_string(value) && strncmp(json_string_value(value), "secret:", 7) == 0)
            json_object_set_new(config, name, json_string("0123456789abcdef0123456789abcdef"));
    }
}

/* Examples are indented by four, and may go over several lines. */
static size_t try_examples(const char *platform, const char *page)
{
    size_t count = 0;
    for (const char *at = page; (at = strstr(at, "\n    {\"connector\"")); at++) {
        json_error_t why;
        struct error err = {0};
        json_t *config = json_loads(at, JSON_DISABLE_EOF_CHECK, &why);
        if (!config)
            fail_msg("docs/sources/%s.md: %.60s: %s", platform, at + 5, why.text);
        fill_secrets(config);
        char *id = connector_source_id(config, &err);
        if (!id)
            fail_msg("docs/sources/%s.md: %.60s: %s", platform, at + 5, err.text);
        free(id);
        json_decref(config);
        count++;
    }
    return count;
}

static void test_each_example_is_taken(void **state)
{
    const char *platform;
    for (size_t i = 0; (platform = connector_name_at(i)); i++) {
        char *page = read_page(platform);
        if (try_examples(platform, page) == 0)
            fail_msg("docs/sources/%s.md has no example", platform);
        free(page);
    }
}

static bool is_key(const char *platform, const char *name, size_t len)
{
    const struct connector_key *const tables[] = {connector_keys(platform), connector_common_keys()};
    for (size_t i = 0; i < 2; i++) {
        for (const struct connector_key *key = tables[i]; key->name; key++) {
            if (strlen(key->name) == len && strncmp(key->name, name, len) == 0)
                return true;
        }
    }
    return strncmp(name, "connector", len) == 0;
}

/* "| `a`, `b` | …": of a table whose head begins with "| key |". */
static void check_row(const char *platform, const char *row)
{
    const char *end = strchr(row + 1, '|');
    for (const char *at = strchr(row, '`'); at && at < end; at = strchr(at, '`')) {
        const char *close = strchr(at + 1, '`');
        assert_non_null(close);
        if (!is_key(platform, at + 1, (size_t)(close - at - 1)))
            fail_msg("docs/sources/%s.md: %.*s is no key", platform, (int)(close - at + 1), at);
        at = close + 1;
    }
}

static void test_each_row_is_a_key(void **state)
{
    const char *platform;
    for (size_t i = 0; (platform = connector_name_at(i)); i++) {
        char *page = read_page(platform), *rest = NULL;
        bool is_table = false;
        size_t rows = 0;
        for (char *line = strtok_r(page, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
            is_table = *line == '|' && (is_table || strncmp(line, "| key |", 7) == 0);
            if (is_table && strncmp(line, "| `", 3) == 0) {
                check_row(platform, line);
                rows++;
            }
        }
        if (rows == 0)
            fail_msg("docs/sources/%s.md has no table of keys", platform);
        free(page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_key_is_on_its_page),
        cmocka_unit_test(test_each_example_is_taken),
        cmocka_unit_test(test_each_row_is_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
