/* test_facebook_frames.c - recorded comments and pages; what Meta's errors and headers of usage ask of us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connector/connector_impl.h"
#include "connector/graph.h"
#include "decoding.h"

static void test_cases(void **state)
{
    check_cases("facebook", 9);
}

#define META(code, subcode) \
    "{\"error\":{\"message\":\"words\",\"type\":\"OAuthException\",\"code\":" #code ",\"error_subcode\":" #subcode "}}"

static void test_errors(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum graph_act act;
        bool has_remedy;
    } table[] = {
        {400, META(190, 463), GRAPH_LOGIN, true}, {400, META(10, 0), GRAPH_FORBIDDEN, true},
        {403, META(200, 0), GRAPH_FORBIDDEN, true}, {403, META(299, 0), GRAPH_FORBIDDEN, true},
        {400, META(368, 0), GRAPH_FORBIDDEN, true}, {400, META(4, 0), GRAPH_SLOWER, false},
        {400, META(17, 0), GRAPH_SLOWER, false}, {400, META(32, 0), GRAPH_SLOWER, false},
        {403, META(613, 0), GRAPH_SLOWER, false}, {400, META(80001, 0), GRAPH_SLOWER, false},
        {400, META(100, 33), GRAPH_UNKNOWN, true}, {400, META(100, 0), GRAPH_PARAMETER, false},
        {500, META(1, 0), GRAPH_RETRY, false}, {500, META(2, 0), GRAPH_RETRY, false},
        {401, "", GRAPH_LOGIN, true}, {403, "<html>", GRAPH_FORBIDDEN, true}, {404, "{}", GRAPH_UNKNOWN, true},
        {429, "", GRAPH_SLOWER, false}, {502, "<html>bad gateway", GRAPH_RETRY, false}, {0, "", GRAPH_RETRY, false},
        {200, META(190, 0), GRAPH_LOGIN, true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        struct graph_failure failure = graph_explain(table[i].status, table[i].body, strlen(table[i].body), "otherwise");
        if (failure.act != table[i].act || !!*failure.remedy != table[i].has_remedy)
            fail_msg("status %d, %s: act %d, remedy \"%s\"", table[i].status, table[i].body, failure.act, failure.remedy);
        assert_true(failure.act != GRAPH_SLOWER || failure.retry_ms > 0);
        assert_non_null(strstr(failure.text, strstr(table[i].body, "words") ? "words" : "otherwise"));
    }
}

static void test_usage(void **state)
{
    int64_t regain_ms;
    assert_int_equal(graph_usage(NULL, NULL, &regain_ms), -1);
    assert_int_equal(graph_usage("nonsense", "[7]", &regain_ms), -1);
    assert_int_equal(graph_usage("{\"call_count\":28,\"total_time\":25,\"total_cputime\":81}", NULL, &regain_ms), 81);
    assert_int_equal(regain_ms, 0);
    assert_int_equal(graph_usage("{\"call_count\":28}", "{\"123\":[{\"type\":\"pages\",\"call_count\":100,"
                                 "\"estimated_time_to_regain_access\":7}]}", &regain_ms), 100);
    assert_int_equal(regain_ms, 7 * 60000);
}

static void check_refused(const char *config, const char *part)
{
    struct error err = {0};
    json_t *object = json_loads(config, 0, NULL);
    assert_non_null(object);
    char *source = connector_source_id(object, &err);
    if (source || !strstr(err.text, part) || strstr(err.text, "EAAB"))
        fail_msg("%s: \"%s\"", config, err.text);
    json_decref(object);
}

static void test_configuration(void **state)
{
    check_refused("{\"connector\":\"facebook\"}", "access_token: missing");
    check_refused("{\"connector\":\"facebook\",\"access_token\":\" \"}", "access_token");
    check_refused("{\"connector\":\"facebook\",\"access_token\":\"EAAB one two\"}", "access_token");
    check_refused("{\"connector\":\"facebook\",\"access_token\":\"x\",\"page\":\"a page\"}", "page \"a page\"");
    check_refused("{\"connector\":\"facebook\",\"access_token\":\"x\",\"video\":\"https://facebook.com/1\"}", "video");
    check_refused("{\"connector\":\"facebook\",\"access_token\":\"x\",\"method\":\"sse\"}", "method \"sse\"");
    struct error err = {0};
    json_t *good = json_loads("{\"connector\":\"facebook\",\"access_token\":\"\\n EAAB \\r\\n\",\"page\":\"1234\"}", 0, NULL);
    char *source = connector_source_id(good, &err);
    assert_non_null(source);
    assert_string_equal(source, "facebook:1234");
    free(source);
    json_decref(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_configuration),
    };
    return cmocka_run_group_tests_name("facebook_frames", tests, NULL, NULL);
}
