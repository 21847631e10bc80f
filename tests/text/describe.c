#include "describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int open_engine(void **state)
{
    struct error err = {0};
    *state = text_engine_create(&(struct text_engine_options){.is_unhinted = true}, &err);
    if (!*state)
        print_error("%s\n", err.text);
    return *state ? 0 : -1;
}

int close_engine(void **state)
{
    text_engine_destroy(*state);
    return 0;
}

char *describe_lines(const struct text_layout *layout)
{
    struct buffer out = {0};
    for (size_t i = 0; i < layout->line_count; i++) {
        const struct text_line *line = &layout->lines[i];
        if (i > 0)
            buffer_add_char(&out, '|');
        uint32_t to = line->to;
        while (to > line->from && layout->text[to - 1] == ' ')
            to--;
        buffer_add(&out, layout->text + line->from, to - line->from);
        if (line->has_ellipsis)
            buffer_add_string(&out, "…");
    }
    return buffer_take(&out);
}

static void add_face(struct buffer *out, const char *face)
{
    face += strncmp(face, "Noto", 4) == 0 ? 4 : 0;
    const char *weight = strstr(face, "-Regular");
    size_t len = weight ? (size_t)(weight - face) : strlen(face);
    buffer_add(out, face, len);
    if (weight)
        buffer_add_string(out, weight + strlen("-Regular"));
}

static void add_run(struct buffer *out, const struct text_layout *layout, const struct text_run *run)
{
    if (run->image >= 0) {
        buffer_printf(out, "%d [%d]", run->level, run->image);
        return;
    }
    buffer_printf(out, "%d %s ", run->level, run->script);
    add_face(out, run->face);
    buffer_add_char(out, ' ');
    if (run->from == run->to)
        buffer_add_string(out, "…");
    buffer_add(out, layout->text + run->from, run->to - run->from);
}

char *describe_runs(const struct text_layout *layout)
{
    struct buffer out = {0};
    for (size_t i = 0; i < layout->line_count; i++) {
        for (size_t k = 0; k < layout->lines[i].run_count; k++) {
            if (i + k > 0)
                buffer_add_string(&out, k > 0 ? ", " : " | ");
            add_run(&out, layout, &layout->lines[i].runs[k]);
        }
    }
    return buffer_take(&out);
}

int differs(const char *name, char *got, const char *expected)
{
    int is_different = strcmp(got, expected) != 0;
    if (is_different)
        print_error("%s:\n  expected %s\n  got      %s\n", name, expected, got);
    free(got);
    return is_different;
}
