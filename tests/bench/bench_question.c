/*
 * bench_question.c - a question of 200 Persian characters from its on-air state to the pixels of a 1080p view, as shared
 * frames: with fonts that are open but words that nobody has seen yet, and with everything cold (a new engine, the first
 * of the process apart, since it also reads ICU's rules).
 * Times are the thread's own. Prints `name value unit`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "overlay/view.h"
#include "painter/painter.h"
#include "text/text.h"

enum { LETTERS = 200, COLD_ROUNDS = 5, WARM_ROUNDS = 40 };

static const char *const words[] = {"این", "آهنگ", "برای", "شما", "چه", "معنایی", "دارد", "و", "چرا", "آن", "را", "امشب",
    "انتخاب", "کردید", "می‌خواهم", "بدانم", "که", "نخستین", "بار", "کجا", "شنیدید", "دوست", "دارم", "دوباره", "بشنوم", "پایان",
    "کنسرت", "همیشه", "زیباست", "۱۴۰۲", "سپاس", "گزاریم"};

static uint32_t seed = 1;

static uint32_t next(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

/* Words in an order that has not been yet. */
static char *make_question(int id)
{
    struct buffer text = {0};
    buffer_printf(&text, "{\"question\":{\"id\":%d,\"author\":{\"name\":\"نیلوفر\"},\"platform\":\"twitch\",\"text\":\"", id);
    size_t from = text.len, letters = 0;
    while (letters < LETTERS - 1) {
        const char *word = words[next() % ARRAY_LENGTH(words)];
        buffer_printf(&text, "%s%s", text.len > from ? " " : "", word);
        letters = utf8_count(text.data + from, text.len - from);
    }
    buffer_add_string(&text, "؟\"}}");
    return buffer_take(&text);
}

static double spent_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

/* From the state's text to the published picture. */
static double show(struct view *view, int id)
{
    char *text = make_question(id);
    double from_ms = spent_ms();
    json_t *state = json_parse(text, strlen(text), NULL);
    view_apply(view, state, id, true);
    view_paint(view, id);
    double took_ms = spent_ms() - from_ms;
    json_decref(state);
    free(text);
    return took_ms;
}

struct scene_of_bench {
    struct painter *painter;
    struct text_engine *text;
    struct view *view;
};

static bool open_scene(struct scene_of_bench *scene, const char *frames_path)
{
    struct error err = {0};
    scene->painter = painter_create();
    scene->text = text_engine_create(&(struct text_engine_options){0}, &err);
    scene->view = scene->text ? view_create(&(struct view_options){.name = "main", .width_px = 1920, .height_px = 1080,
        .language = "fa", .painter = scene->painter, .text = scene->text, .frames_path = frames_path}, &err) : NULL;
    if (!scene->view)
        fprintf(stderr, "bench_question: %s\n", err.text);
    return scene->view != NULL;
}

static void close_scene(struct scene_of_bench *scene)
{
    view_destroy(scene->view);
    text_engine_destroy(scene->text);
    painter_destroy(scene->painter);
}

static void measure_cold(const char *frames_path)
{
    double worst_ms = 0;
    for (int i = 0; i <= COLD_ROUNDS; i++) {
        struct scene_of_bench scene;
        if (!open_scene(&scene, frames_path))
            return;
        double took_ms = show(scene.view, i + 1);
        if (i == 0)
            printf("question_200_first_of_process %.2f ms\n", took_ms);
        else
            worst_ms = took_ms > worst_ms ? took_ms : worst_ms;
        close_scene(&scene);
    }
    printf("question_200_cold_worst %.2f ms\n", worst_ms);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void measure_warm(struct view *view)
{
    double took_ms[WARM_ROUNDS];
    show(view, 1);
    for (int i = 0; i < WARM_ROUNDS; i++)
        took_ms[i] = show(view, i + 2);
    qsort(took_ms, WARM_ROUNDS, sizeof(*took_ms), compare);
    printf("question_200_warm %.2f ms\nquestion_200_warm_worst %.2f ms\n", took_ms[WARM_ROUNDS / 2], took_ms[WARM_ROUNDS - 1]);
}

int main(void)
{
    char folder[] = "/tmp/antiphon-bench-XXXXXX";
    char *path = mkdtemp(folder) ? xasprintf("%s/frames.sock", folder) : NULL;
    measure_cold(path);
    struct scene_of_bench scene;
    bool is_open = open_scene(&scene, path);
    if (is_open)
        measure_warm(scene.view);
    close_scene(&scene);
    rmdir(folder);
    free(path);
    return is_open ? 0 : 1;
}
