/* test_base.c - errors, clocks, UTF-8, hashes, buffers, JSON bounds, files and the poison note. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/poison.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/utf8.h"

static char *temporary(const char *name)
{
    static char folder[] = "/tmp/antiphon-base-XXXXXX";
    static bool is_made;
    if (!is_made)
        assert_non_null(mkdtemp(folder));
    is_made = true;
    return xasprintf("%s/%s", folder, name);
}

static void test_error_context(void **state)
{
    struct error err = {0};
    assert_false(error_set(&err, ERROR_DATA, "line %d", 7));
    assert_false(error_prefix(&err, "file"));
    assert_string_equal(err.text, "file: line 7");
    assert_int_equal(err.code, ERROR_DATA);
    assert_false(error_set(NULL, ERROR_DATA, "nobody listens"));
}

static void test_error_cuts_whole_characters(void **state)
{
    char text[1200];
    for (size_t i = 0; i + 3 <= sizeof(text) - 1; i += 3)
        memcpy(text + i, "字", 3);
    text[1197] = '\0';
    struct error err = {0};
    error_set(&err, ERROR_DATA, "%s", text);
    assert_true(strlen(err.text) > 470);
    assert_true(utf8_is_valid(err.text, strlen(err.text)));
}

static void test_rfc3339(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;  // -1: not RFC 3339
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-22T18:20:45.123456+00:00", 1795371645123},
        {"2026-11-22T18:20:45.1Z", 1795371645100},
        {"2026-11-22T14:56:51.634234626Z", 1795359411634},
        {"2026-11-22T21:50:45+03:30", 1795371645000},
        {"2024-02-29T12:00:00-05:00", 1709226000000},
        {"2026-11-22T18:20:45", -1},
        {"2026-13-22T18:20:45Z", -1},
        {"2026-11-22T18:20:45Zx", -1},
        {"", -1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int64_t ms = -1;
        clock_parse_rfc3339(cases[i].text, strlen(cases[i].text), &ms);
        if (ms != cases[i].ms)
            fail_msg("%s: %lld", cases[i].text, (long long)ms);
    }
    char text[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(1795371645123, text);
    assert_string_equal(text, "2026-11-22T18:20:45.123Z");
}

static void test_utf8(void **state)
{
    static const struct {
        const char *name, *text, *repaired;
        bool is_valid;
    } cases[] = {
        {"ascii", "hello, world", "hello, world", true},
        {"mixed", "سلام 你好 🎉", "سلام 你好 🎉", true},
        {"lone continuation", "a\x80z", "a\xef\xbf\xbdz", false},
        {"overlong", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", false},
        {"surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", false},
        {"above the range", "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", false},
        {"cut short", "long enough text \xe4\xbd", "long enough text \xef\xbf\xbd\xef\xbf\xbd", false},
        {"noncharacter is fine", "\xef\xbf\xbf", "\xef\xbf\xbf", true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        size_t len = strlen(cases[i].text);
        char out[256];
        if (utf8_is_valid(cases[i].text, len) != cases[i].is_valid)
            fail_msg("%s", cases[i].name);
        size_t written = utf8_repair(cases[i].text, len, out);
        out[written] = '\0';
        assert_string_equal(out, cases[i].repaired);
    }
    assert_int_equal(utf8_count("سلام🎉", strlen("سلام🎉")), 5);
    assert_int_equal(utf8_cut("字字", 4), 3);
    for (uint32_t scalar = 0; scalar <= 0x10ffff; scalar++) {
        if (scalar >= 0xd800 && scalar < 0xe000)
            continue;
        char out[4];
        size_t size, len = utf8_encode(scalar, out);
        if (utf8_decode(out, len, &size) != scalar || size != len)
            fail_msg("U+%04X", scalar);
    }
}

/* The check is another way than the decoder: held against it over every string of three bytes, and cut four-byte ones. */
static void test_utf8_check_agrees(void **state)
{
    for (uint32_t bits = 0; bits < 1 << 24; bits++) {
        char text[4] = {(char)0xf1, (char)(bits >> 16), (char)(bits >> 8), (char)bits};
        bool is_valid = true;
        for (size_t i = 1, size; i < 4 && is_valid; i += size)
            is_valid = utf8_decode(text + i, 4 - i, &size) != UTF8_REPLACEMENT || size > 1;
        if (utf8_is_valid(text + 1, 3) != is_valid)
            fail_msg("%06x", bits);
        size_t size;
        bool is_one = utf8_decode(text, 4, &size) != UTF8_REPLACEMENT && size == 4;
        if (is_one && !utf8_is_valid(text, 4))
            fail_msg("f1%06x", bits);
    }
}

/* Reference values: an independent SipHash-1-3 with the key 00 01 … 0f over 0, 1, 2 … bytes. */
static void test_hash_spreads(void **state)
{
    struct hash_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
    unsigned char data[64];
    uint64_t seen[64];
    for (size_t i = 0; i < 64; i++) {
        data[i] = (unsigned char)i;
        seen[i] = hash_bytes(&key, data, i);
        for (size_t j = 0; j < i; j++)
            assert_true(seen[i] != seen[j]);
    }
    assert_true(seen[0] == UINT64_C(0xabac0158050fc4dc));
}

static void test_buffer_json(void **state)
{
    static const char text[] = "a\"b\\\n</script>\x01 \xe2\x80\xa8 سلام";
    struct buffer buffer = {0};
    buffer_add_json(&buffer, text, sizeof(text) - 1);
    json_t *back = json_parse(buffer.data, buffer.len, NULL);
    assert_string_equal(json_string_value(back), text);
    json_decref(back);
    buffer_clear(&buffer);
    buffer_add_int(&buffer, INT64_MIN);
    buffer_add_char(&buffer, ' ');
    buffer_add_int(&buffer, 4711);
    buffer_printf(&buffer, "%s", " x");
    char *taken = buffer_take(&buffer);
    assert_string_equal(taken, "-9223372036854775808 4711 x");
    free(taken);
    buffer_fini(&buffer);
}

static void test_json_bounds(void **state)
{
    char deep[2001];
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    struct error err = {0};
    assert_null(json_parse(deep, 2000, &err));
    assert_string_equal(err.text, "JSON deeper than 64 levels");
    static const char text[] = "{\"n\":\"5000000\",\"b\":true,\"s\":\"[[[\",\"big\":1e30,\"t\":7}";
    json_t *object = json_parse(text, sizeof(text) - 1, &err);
    assert_non_null(object);
    assert_int_equal(json_get_int(object, "n", 0), 5000000);
    assert_int_equal(json_get_int(object, "big", -1), -1);
    assert_int_equal(json_get_int(object, "s", -1), -1);
    assert_true(json_get_bool(object, "b", false));
    assert_null(json_get_text(object, "t"));
    json_decref(object);
    assert_null(json_parse("{\"a\":1} x", 9, &err));

    object = json_parse("\xef\xbb\xbf{}", 5, &err);
    assert_true(json_is_object(object));
    json_decref(object);
    assert_null(json_parse("\xef\xbb\xbf", 3, &err));

    // A platform's broken bytes cost themselves only; the bounds hold for what is repaired, too.
    object = json_parse_repaired("{\"a\":\"x\xff\xfey\"}", 12, &err);
    assert_string_equal(json_get_text(object, "a"), "x\xef\xbf\xbd\xef\xbf\xbdy");
    json_decref(object);
    assert_null(json_parse_repaired(deep, 2000, &err));
    assert_null(json_parse_repaired("{\"secret\xff", 9, &err));
    assert_null(strstr(err.text, "secret"));
}

static void test_files(void **state)
{
    char *path = temporary("deep/er/secret");
    char *folder = temporary("deep/er");
    struct error err = {0};
    assert_true(file_make_folder(folder, &err));
    assert_true(file_make_folder(folder, &err));
    assert_true(file_write_atomic(path, "one", 3, 0600, &err));
    assert_true(file_write_atomic(path, "two!", 4, 0600, &err));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    struct buffer out = {0};
    assert_true(file_read(path, 100, &out, &err));
    assert_int_equal(out.len, 4);
    assert_false(file_read(path, 3, &out, &err));
    assert_false(file_read("/nonexistent/x", 3, &out, &err));
    assert_non_null(strstr(err.text, "/nonexistent/x: No such file"));
    buffer_fini(&out);
    free(path);
    free(folder);
}

enum death { CRASH, KILL, CRASH_OF_ANOTHER_THREAD };

static void *crash(void *data)
{
    abort();
}

/* A child works on `thing` and ends so; what was quarantined before, it does not touch. */
static void die_on(const char *path, const char *thing, enum death death)
{
    pid_t child = fork();
    if (child == 0) {
        struct rlimit no_core = {0};
        setrlimit(RLIMIT_CORE, &no_core);
        struct poison *poison = poison_open(path, NULL);
        if (!poison_begin(poison, "twitch:anna", thing, strlen(thing)))
            _exit(0);
        pthread_t thread;
        if (death == CRASH)
            abort();
        if (death == KILL)
            kill(getpid(), SIGKILL);
        pthread_create(&thread, NULL, crash, NULL);
        pthread_join(thread, NULL);
    }
    waitpid(child, NULL, 0);
}

static bool is_refused(const char *path, const char *thing)
{
    struct poison *poison = poison_open(path, NULL);
    bool is_free = poison_begin(poison, "twitch:anna", thing, strlen(thing));
    poison_end(poison);
    poison_close(poison);
    return !is_free;
}

static void test_poison_crash(void **state)
{
    char *path = temporary("poison");
    die_on(path, "evil", CRASH);
    struct poison *poison = poison_open(path, NULL);
    struct poison_case found;
    assert_true(poison_found(poison, &found));
    assert_string_equal(found.where, "twitch:anna");
    assert_int_equal(found.len, 4);
    assert_false(poison_begin(poison, "twitch:anna", "evil", 4));
    assert_true(poison_begin(poison, "twitch:bert", "evil", 4));
    poison_end(poison);
    poison_close(poison);
    poison = poison_open(path, NULL);
    assert_false(poison_found(poison, &found));
    assert_false(poison_begin(poison, "twitch:anna", "evil", 4));
    poison_close(poison);
    assert_int_equal(truncate(path, 10), 0);
    assert_false(is_refused(path, "evil"));
    free(path);
}

/* kill -9 at an innocent frame must not cost the frame; two in a row at the same one are no chance. */
static void test_poison_kill(void **state)
{
    char *path = temporary("poison-kill");
    die_on(path, "innocent", KILL);
    assert_false(is_refused(path, "innocent"));
    die_on(path, "other", KILL);
    die_on(path, "innocent", KILL);
    assert_false(is_refused(path, "innocent"));
    die_on(path, "innocent", KILL);
    assert_true(is_refused(path, "innocent"));
    die_on(path, "bystander", CRASH_OF_ANOTHER_THREAD);
    assert_false(is_refused(path, "bystander"));
    free(path);
}

/* What a viewer wrote may be deleted on its platform: the file that outlives the process holds none of it. */
static void test_poison_keeps_no_text(void **state)
{
    char *path = temporary("poison-text");
    struct error err = {0};
    die_on(path, "what a viewer wrote", CRASH);
    struct buffer file = {0};
    assert_true(file_read(path, 1 << 20, &file, &err));
    assert_null(memmem(file.data, file.len, "viewer", 6));
    buffer_fini(&file);
    free(path);
}

static void test_secret_keys(void **state)
{
    static const char *const secret[] = {"api_key", "token", "client_secret", "Password", "cookie", "session_id"};
    static const char *const open[] = {"channel", "video", "url", "connector"};
    for (size_t i = 0; i < ARRAY_LENGTH(secret); i++)
        assert_true(secret_is_key(secret[i]));
    for (size_t i = 0; i < ARRAY_LENGTH(open); i++)
        assert_false(secret_is_key(open[i]));
    assert_true(secret_is_reference("secret:youtube"));
    assert_false(secret_is_reference("secretive"));
}

struct item {
    int number;
    struct list link;
};

static void test_list(void **state)
{
    struct list head;
    list_init(&head);
    struct item items[3] = {{.number = 1}, {.number = 2}, {.number = 3}}, *item, *following;
    for (size_t i = 0; i < 3; i++)
        list_append(&head, &items[i].link);
    int sum = 0;
    list_for_each(item, &head, link)
        sum = sum * 10 + item->number;
    assert_int_equal(sum, 123);
    list_for_each_safe(item, following, &head, link)
        list_remove(&item->link);
    assert_true(list_is_empty(&head));
}

/* What the log writes of this text. The caller frees. */
static char *logged(const char *text)
{
    char *path = temporary("log");
    int kept = dup(STDERR_FILENO);
    struct buffer read = {0};
    struct error err = {0};
    assert_non_null(freopen(path, "w", stderr));
    log_error("test", "%s", text);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_true(file_read(path, 65536, &read, &err));
    free(path);
    return buffer_take(&read);
}

/* As many as a long show brings together; and one that another one begins with. */
static void test_log_hides(void **state)
{
    char secret[32];
    for (int i = 0; i < 300; i++) {
        snprintf(secret, sizeof(secret), "hunter-%d", i);
        log_hide(secret);
    }
    char *line = logged("hunter-299 hunter-29 hunter-1 short");
    assert_non_null(strstr(line, "test: *** *** *** short\n"));
    free(line);
    log_unhide("hunter-29");
    line = logged("hunter-299 hunter-28 hunter-7x");
    assert_non_null(strstr(line, "test: *** *** ***x\n"));
    free(line);
    for (int i = 0; i < 300; i++) {
        snprintf(secret, sizeof(secret), "hunter-%d", i);
        log_unhide(secret);
    }
    line = logged("hunter-299");
    assert_non_null(strstr(line, "test: hunter-299\n"));
    free(line);
}

static void test_random(void **state)
{
    for (int i = 0; i < 1000; i++) {
        assert_true(random_below(3) < 3);
        int64_t delay = random_jitter(1000, 20);
        assert_true(delay >= 800 && delay <= 1200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_context), cmocka_unit_test(test_error_cuts_whole_characters),
        cmocka_unit_test(test_rfc3339),       cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_utf8_check_agrees),
        cmocka_unit_test(test_hash_spreads),  cmocka_unit_test(test_buffer_json),
        cmocka_unit_test(test_json_bounds),   cmocka_unit_test(test_files),
        cmocka_unit_test(test_poison_crash),  cmocka_unit_test(test_poison_kill), cmocka_unit_test(test_poison_keeps_no_text),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_secret_keys), cmocka_unit_test(test_log_hides),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
