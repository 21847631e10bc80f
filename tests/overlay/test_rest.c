/* A still overlay with all three cards on air: no repaint, no time, little memory. */
#include "stage.h"

#include <signal.h>

#include "frame/frame.h"
#include "relay.h"

enum { REST_MS = 3000, MEMORY_KB_MAX = 100 * 1024 };

#define STATE "{'views':{'main':{'question':{'id':1,'text':'این آهنگ برای شما چه معنایی دارد؟','author':{'name':'نیلوفر'}}," \
    "'poll':{'id':1,'question':'Next game?','options':[{'text':'圍棋','votes':3},{'text':'Chess 🎉','votes':4}],'total':7}," \
    "'captions':[{'track':'t','language':'en','lines':['Good evening']}]}},'is_blank':false}"

static long read_kb(pid_t pid, const char *key)
{
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    long value = -1;
    while (file && value < 0 && fgets(line, sizeof(line), file)) {
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtol(line + strlen(key) + 1, NULL, 10);
    }
    if (file)
        fclose(file);
    return value;
}

/* ms of processor time that the process has used. */
static long read_busy_ms(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    unsigned long user = 0, system = 0;
    if (!file || fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        fail_msg("%s cannot be read", path);
    fclose(file);
    return (long)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

struct rest {
    struct relay relay;
    struct frame_reader *reader;
    int64_t until_ms;
};

static bool is_shown(void *data)
{
    struct rest *rest = data;
    frame_reader_poll(rest->reader);
    return frame_reader_picture(rest->reader) && rest->relay.previews >= 1 && rest->relay.applied;
}

static bool is_over(void *data)
{
    return clock_monotonic_ms() >= ((struct rest *)data)->until_ms;
}

static void wait_ms(struct rest *rest, int64_t ms)
{
    rest->until_ms = clock_monotonic_ms() + ms;
    relay_serve_until(&rest->relay, is_over, rest);
}

static void test_rest(void **state)
{
    struct rest rest = {0};
    relay_start(&rest.relay, STATE);
    relay_listen(&rest.relay);
    const struct overlay_view view = {.name = "main", .width_px = 1920, .height_px = 1080};
    char *url = xasprintf("unix:%s", rest.relay.path), *path = xasprintf("%s/frames-main.sock", rest.relay.folder);
    rest.reader = frame_reader_create(&(struct frame_reader_options){.path = path});
    pid_t pid = spawn_overlay(&(struct overlay_options){.relay = url, .views = &view, .view_count = 1,
        .frames_folder = rest.relay.folder});
    assert_true(relay_serve_until(&rest.relay, is_shown, &rest));
    wait_ms(&rest, 1500);  // the last preview is on its way
    frame_reader_poll(rest.reader);
    uint64_t sequence = frame_reader_picture(rest.reader)->sequence;
    int previews = rest.relay.previews;
    long before_ms = read_busy_ms(pid);
    wait_ms(&rest, REST_MS);
    long busy_ms = read_busy_ms(pid) - before_ms, memory_kb = read_kb(pid, "VmRSS");
    frame_reader_poll(rest.reader);
    print_message("at rest: %ld ms of %d busy, %ld MB\n", busy_ms, REST_MS, memory_kb / 1024);
    assert_int_equal(frame_reader_picture(rest.reader)->sequence, sequence);
    assert_int_equal(rest.relay.previews, previews);
#ifndef __SANITIZE_ADDRESS__
    assert_true(memory_kb > 0 && memory_kb < MEMORY_KB_MAX);
    assert_true(busy_ms * 200 <= REST_MS + 10 * 200);  // 0.5 %, and one tick of the clock it is counted by
#endif
    end_overlay(pid, SIGTERM);
    frame_reader_destroy(rest.reader);
    relay_stop(&rest.relay);
    free(url);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
