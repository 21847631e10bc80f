/*
 * test_unicode.c - Unicode's BidiCharacterTest.txt through the door: our own steps (direction, items, pieces, their
 * order on the line) on top of ICU's levels. Lines with characters that are cleaned away, tabs, or that NFC changes
 * are left out; so are the spaces at both ends of a line, which we do not draw.
 * From Debian's package unicode-data; skipped without it.
 */
#include "describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

enum { SCALARS_MAX = 64 };

/* ICU 72 itself gives the mark behind "]", U+200B, U+200D another level than rule N0 does in this one (Unicode 15.0). */
static const char icu_differs[] = "0041 200F 005B 200D 200B 20D6 05D0 005D 200B 200D 20D6;0;0;";

struct bidi_case {
    uint32_t scalars[SCALARS_MAX];
    int count, direction, level;  // direction 0 left to right, 1 right to left, 2 automatic
    int order[SCALARS_MAX], order_count;
    bool is_removed[SCALARS_MAX];  // by rule X9: invisible, in no order
    char text[SCALARS_MAX * 4 + 1];
    size_t offsets[SCALARS_MAX + 1];
};

/* "05D0 0028 …;2;1;levels;order" */
static bool parse(char *line, struct bidi_case *this)
{
    *this = (struct bidi_case){0};
    char *rest = line, *codes = strsep(&rest, ";"), *direction = strsep(&rest, ";"), *level = strsep(&rest, ";");
    char *levels = strsep(&rest, ";");
    if (!rest || *codes == '#')
        return false;
    this->direction = atoi(direction);
    this->level = atoi(level);
    for (char *code; (code = strsep(&codes, " "));) {
        if (this->count == SCALARS_MAX)
            return false;
        this->offsets[this->count + 1] = this->offsets[this->count] +
            utf8_encode((uint32_t)strtoul(code, NULL, 16), this->text + this->offsets[this->count]);
        this->scalars[this->count++] = (uint32_t)strtoul(code, NULL, 16);
    }
    for (int i = 0; levels && i < this->count; i++)
        this->is_removed[i] = *strsep(&levels, " ") == 'x';
    for (char *index; (index = strsep(&rest, " \n"));) {
        if (*index)
            this->order[this->order_count++] = atoi(index);
    }
    return true;
}

static bool is_space(uint32_t scalar)
{
    return scalar == ' ' || scalar == 0x2000 || scalar == 0x3000 || scalar == 0x1680 || scalar == 0x205f;
}

/* The expected order without the spaces at both ends of the text. */
static int trim(const struct bidi_case *this, int *order)
{
    int first = 0, end = this->count, count = 0;
    while (first < end && is_space(this->scalars[first]))
        first++;
    while (end > first && is_space(this->scalars[end - 1]))
        end--;
    for (int i = 0; i < this->order_count; i++) {
        if (this->order[i] >= first && this->order[i] < end)
            order[count++] = this->order[i];
    }
    return count;
}

static int index_at(const struct bidi_case *this, size_t offset)
{
    int index = 0;
    while (index < this->count && this->offsets[index] < offset)
        index++;
    return index;
}

static int drawn_order(const struct bidi_case *this, const struct text_line *line, int *order)
{
    int count = 0;
    for (size_t i = 0; i < line->run_count; i++) {
        const struct text_run *run = &line->runs[i];
        int from = index_at(this, run->from), to = index_at(this, run->to);
        for (int k = 0; k < to - from; k++) {
            int index = run->level & 1 ? to - 1 - k : from + k;
            if (!this->is_removed[index])
                order[count++] = index;
        }
    }
    return count;
}

static bool is_right(const struct bidi_case *this, const struct text_layout *layout)
{
    int expected[SCALARS_MAX], drawn[SCALARS_MAX];
    int count = trim(this, expected);
    if (layout->line_count == 0)
        return count == 0;
    return layout->lines[0].is_rtl == (this->level & 1) && drawn_order(this, &layout->lines[0], drawn) == count &&
        memcmp(drawn, expected, (size_t)count * sizeof(*drawn)) == 0;
}

static void test_bidi_characters(void **state)
{
    static const enum text_direction directions[] = {TEXT_DIRECTION_LTR, TEXT_DIRECTION_RTL, TEXT_DIRECTION_AUTO};
    FILE *file = fopen("/usr/share/unicode/BidiCharacterTest.txt", "re");
    if (!file) {
        print_message("unicode-data is missing\n");
        skip();
    }
    char line[4096];
    int tried = 0, wrong = 0;
    for (int number = 1; fgets(line, sizeof(line), file); number++) {
        struct bidi_case this;
        if (strncmp(line, icu_differs, strlen(icu_differs)) == 0 || !parse(line, &this))
            continue;
        struct text_layout *layout = text_layout_create(*state,
            &(struct text_options){.text = str_from(this.text), .direction = directions[this.direction]});
        bool is_kept = strcmp(layout->text, this.text) == 0;
        tried += is_kept;
        if (is_kept && !is_right(&this, layout) && wrong++ < 10)
            print_error("BidiCharacterTest.txt line %d differs\n", number);
        text_layout_destroy(layout);
    }
    fclose(file);
    print_message("%d lines tried, %d wrong\n", tried, wrong);
    assert_true(tried > 20000);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bidi_characters)};
    return cmocka_run_group_tests_name("text-unicode", tests, open_engine, close_engine);
}
