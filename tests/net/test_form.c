#include "kit.h"

#include "base/memory.h"
#include "net/form.h"

static const struct {
    const char *name, *text, *path, *form;
} escapes[] = {
    {"nothing", "", "", ""},
    {"unreserved", "aZ09-._~", "aZ09-._~", "aZ09-._~"},
    {"blank and plus", "a b+c", "a%20b%2Bc", "a+b%2Bc"},
    {"reserved", "/?#[]@!$&'()*,;=:%", "%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2C%3B%3D%3A%25",
     "%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2C%3B%3D%3A%25"},
    {"Persian, Chinese, emoji", "سلام 你🎉", "%D8%B3%D9%84%D8%A7%D9%85%20%E4%BD%A0%F0%9F%8E%89",
     "%D8%B3%D9%84%D8%A7%D9%85+%E4%BD%A0%F0%9F%8E%89"},
    {"controls", "\r\n\x7f", "%0D%0A%7F", "%0D%0A%7F"},
};

static void expect(const char *name, struct buffer *got, const char *text)
{
    if (got->len != strlen(text) || (got->len && memcmp(got->data, text, got->len) != 0))
        fail_msg("%s: got \"%.*s\", not \"%s\"", name, (int)got->len, got->data, text);
    buffer_clear(got);
}

static void test_escape(void **state)
{
    struct buffer out = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(escapes); i++) {
        form_escape(&out, escapes[i].text, strlen(escapes[i].text));
        expect(escapes[i].name, &out, escapes[i].path);
        form_unescape(&out, escapes[i].path, strlen(escapes[i].path), false);
        expect(escapes[i].name, &out, escapes[i].text);
        form_unescape(&out, escapes[i].form, strlen(escapes[i].form), true);
        expect(escapes[i].name, &out, escapes[i].text);
        form_add(&out, "", escapes[i].text);
        buffer_consume(&out, 1);
        expect(escapes[i].name, &out, escapes[i].form);
    }
    form_unescape(&out, "100%+%4+%zz%e4%BD%a0+%", 22, false);
    expect("half an escape stays", &out, "100%+%4+%zz你+%");
    form_escape(&out, "a\0b", 3);
    expect("a NUL", &out, "a%00b");
    buffer_fini(&out);
}

static void test_build(void **state)
{
    struct buffer form = {0};
    form_add(&form, "grant_type", "device code");
    form_add(&form, "absent", NULL);
    form_add(&form, "empty", "");
    form_add_int(&form, "limit", -9007199254740993);
    form_add(&form, "نام", "&=");
    expect("built", &form, "grant_type=device+code&empty=&limit=-9007199254740993&%D9%86%D8%A7%D9%85=%26%3D");
    buffer_fini(&form);
}

static const struct {
    const char *name, *form, *pairs;  // "name=value;" each, unescaped
} forms[] = {
    {"nothing", "", ""},
    {"one", "a=1", "a=1;"},
    {"several", "a=1&b=2+3&c=%D8%B3", "a=1;b=2 3;c=س;"},
    {"empty pairs are skipped", "&&a=1&&", "a=1;"},
    {"no value, no name", "a&=b&=", "a=;=b;=;"},
    {"value with equals", "a=b=c==", "a=b=c==;"},
    {"escaped marks are no marks", "a%26b=%3D", "a&b==;"},
};

static void test_parse(void **state)
{
    struct buffer name = {0}, value = {0}, all = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        struct str rest = str_from(forms[i].form);
        while (form_next(&rest, &name, &value)) {
            buffer_add(&all, name.data, name.len);
            buffer_add_char(&all, '=');
            buffer_add(&all, value.data, value.len);
            buffer_add_char(&all, ';');
        }
        expect(forms[i].name, &all, forms[i].pairs);
    }
    buffer_fini(&name);
    buffer_fini(&value);
    buffer_fini(&all);
}

static void test_find(void **state)
{
    static const char form[] = "hub.mode=subscribe&hub.challenge=11+58&x=a%00b&hub.mode=other";
    char *mode = form_find(form, strlen(form), "hub.mode"), *challenge = form_find(form, strlen(form), "hub.challenge");
    assert_string_equal(mode, "subscribe");
    assert_string_equal(challenge, "11 58");
    assert_null(form_find(form, strlen(form), "hub"));
    assert_null(form_find(form, strlen(form), "x"));
    assert_null(form_find("", 0, "x"));
    free(mode);
    free(challenge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape), cmocka_unit_test(test_build),
        cmocka_unit_test(test_parse), cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
