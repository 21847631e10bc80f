/* Whatever cards there are, in whatever area: none covers another, all stay inside, the face stays free. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "overlay/layout.h"

enum { GAP = 20, PART_MAX = 8 };

static const struct box full_hd = {0, 0, 1920, 1080}, inside = {54, 54, 1812, 972};

/* A question, a poll, two tracks of captions, a chat box … as the built-in theme has them, at 1920 x 1080. */
#define QUESTION {-1, 1, 96, 240, 1120, 300, 480, 160, {54, 54, 1812, 972}, 100, LAYOUT_BY_RANK}
#define SMALL_QUESTION {-1, 1, 96, 240, 600, 200, 480, 160, {54, 54, 1812, 972}, 100, LAYOUT_BY_RANK}
#define POLL(height) {1, -1, 96, 72, 560, height, 560, 400, {54, 54, 1812, 972}, 90, LAYOUT_BY_RANK}
#define TRACK {0, 1, 0, 54, 1360, 164, 0, 0, {54, 54, 1812, 972}, 10, LAYOUT_YIELDS}
#define CHAT {-1, 1, 96, 240, 520, 480, 520, 160, {54, 54, 1812, 972}, 20, LAYOUT_BY_RANK}
#define GOAL {0, -1, 0, 54, 760, 110, 400, 110, {54, 54, 1812, 972}, 70, LAYOUT_BY_RANK}
#define CENTRE(rank) {0, 0, 0, 0, 1100, 500, 900, 400, {54, 54, 1812, 972}, rank, LAYOUT_BY_RANK}
#define TICKER {0, -1, 0, 0, 1920, 48, 0, 0, {0, 0, 1920, 1080}, 40, LAYOUT_FIRST}

static const struct {
    const char *name;
    struct layout_card cards[PART_MAX];
    struct box face;
    struct box boxes[PART_MAX];
} table[] = {
    {"alone, each at its own place", {QUESTION, POLL(600), TRACK}, {0},
        {{96, 540, 1120, 300}, {1264, 72, 560, 600}, {280, 862, 1360, 164}}},
    {"a second track lifts the question", {SMALL_QUESTION, TRACK, TRACK}, {0},
        {{96, 458, 600, 200}, {280, 862, 1360, 164}, {280, 678, 1360, 164}}},
    {"a poll that is too tall gives up as little as it must", {POLL(860), TRACK}, {0},
        {{1264, 72, 560, 770}, {280, 862, 1360, 164}}},
    {"captions leave their place when the poll has given its share", {POLL(940), TRACK, TRACK}, {0},
        {{1264, 72, 560, 586}, {280, 862, 1360, 164}, {280, 678, 1360, 164}}},
    {"the chat box stands above the question, lower than it would like", {SMALL_QUESTION, CHAT, TRACK}, {0},
        {{96, 640, 600, 200}, {96, 140, 520, 480}, {280, 862, 1360, 164}}},
    {"a goal slides away from the poll", {POLL(600), GOAL}, {0}, {{1264, 72, 560, 600}, {484, 54, 760, 110}}},
    {"all keep off the ticker", {GOAL, TICKER}, {0}, {{580, 68, 760, 110}, {0, 0, 1920, 48}}},
    {"a face in the corner moves the question up", {QUESTION}, {0, 700, 600, 380}, {{96, 380, 1120, 300}}},
    {"two in the middle: the weaker one waits", {CENTRE(80), CENTRE(60)}, {0}, {{410, 290, 1100, 500}, {0}}},
    {"a weaker one comes first in the list", {CENTRE(60), CENTRE(80)}, {0}, {{0}, {410, 290, 1100, 500}}},
};

static void test_table(void **state)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        size_t count = 0;
        while (count < PART_MAX && table[i].cards[count].width_px > 0)
            count++;
        struct box boxes[PART_MAX];
        layout_place(&(struct layout_area){full_hd, table[i].face, GAP}, table[i].cards, count, boxes);
        for (size_t j = 0; j < count; j++) {
            const struct box *is = &boxes[j], *wanted = &table[i].boxes[j];
            if (memcmp(is, wanted, sizeof(*is)) != 0)
                fail_msg("%s: card %zu is at %d %d, %d x %d; expected %d %d, %d x %d", table[i].name, j, is->x, is->y,
                    is->width, is->height, wanted->x, wanted->y, wanted->width, wanted->height);
        }
    }
}

/* ---- any cards */

static uint64_t seed = 20;

static int any(int from, int to)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return from + (int)((seed >> 33) % (uint64_t)(to - from + 1));
}

static const struct {
    int width, height;
} sizes[] = {{1920, 1080}, {1080, 1920}, {1080, 1080}, {1440, 1080}, {640, 360}, {3840, 2160}, {2560, 1080}, {64, 36}};

static struct layout_card any_card(const struct box *view, const struct box *safe)
{
    struct layout_card card = {.across = any(-1, 1), .down = any(-1, 1), .x_px = any(0, view->width / 8), .y_px = any(0, view->height / 4),
        .width_px = any(1, view->width), .height_px = any(1, view->height * 2 / 3), .bounds = *safe, .rank = any(0, 12) * 10,
        .turn = (enum layout_turn)any(0, 9)};
    card.turn = card.turn > LAYOUT_YIELDS ? LAYOUT_BY_RANK : card.turn;
    card.width_least_px = any(0, card.width_px);
    card.height_least_px = any(0, card.height_px);
    if (card.turn == LAYOUT_FIRST)
        card.bounds = *view;
    return card;
}

static bool is_inside(const struct box *box, const struct box *outer)
{
    return box->x >= outer->x && box->y >= outer->y && box->x + box->width <= outer->x + outer->width &&
        box->y + box->height <= outer->y + outer->height;
}

static bool do_meet(const struct box *a, const struct box *b, int gap)
{
    return a->width > 0 && b->width > 0 && a->x < b->x + b->width + gap && b->x < a->x + a->width + gap &&
        a->y < b->y + b->height + gap && b->y < a->y + a->height + gap;
}

static void check(const struct layout_area *area, const struct layout_card *cards, size_t count, const struct box *boxes, int round)
{
    for (size_t i = 0; i < count; i++) {
        const struct box *box = &boxes[i];
        if (box->width == 0)
            continue;
        if (!is_inside(box, &cards[i].bounds))
            fail_msg("round %d: card %zu leaves its bounds", round, i);
        if (do_meet(box, &area->face, area->gap_px))
            fail_msg("round %d: card %zu covers the face", round, i);
        if (box->height < 1 || (cards[i].width_px <= cards[i].bounds.width && box->width > cards[i].width_px))
            fail_msg("round %d: card %zu has %d x %d px", round, i, box->width, box->height);
        for (size_t j = 0; j < i; j++) {
            if (do_meet(box, &boxes[j], area->gap_px))
                fail_msg("round %d: cards %zu and %zu meet", round, i, j);
        }
    }
}

static void test_any_cards(void **state)
{
    for (int round = 0; round < 3000; round++) {
        int size = any(0, 7), margin = any(0, 2) * sizes[size].height / 40;
        struct layout_area area = {{0, 0, sizes[size].width, sizes[size].height}, {0}, sizes[size].height / 54};
        struct box safe = {margin, margin, area.view.width - 2 * margin, area.view.height - 2 * margin};
        if (any(0, 1))
            area.face = (struct box){any(0, area.view.width / 2), any(0, area.view.height / 2), area.view.width / any(2, 5), area.view.height / any(2, 5)};
        struct layout_card cards[12];
        size_t count = (size_t)any(0, 12);
        for (size_t i = 0; i < count; i++)
            cards[i] = any_card(&area.view, &safe);
        struct box boxes[12], again[12];
        layout_place(&area, cards, count, boxes);
        check(&area, cards, count, boxes, round);
        layout_place(&area, cards, count, again);
        assert_memory_equal(boxes, again, count * sizeof(*boxes));
    }
}

/* A card that is alone is always shown, and one that stands free is where it would be alone. */
static void test_unrelated_cards_hold_still(void **state)
{
    for (int round = 0; round < 1000; round++) {
        const struct layout_card left = {-1, any(-1, 1), 96, any(0, 300), any(100, 700), any(50, 800), 0, 0, inside, any(0, 99), LAYOUT_BY_RANK};
        const struct layout_card right = {1, any(-1, 1), 96, any(0, 300), any(100, 700), any(50, 800), 0, 0, inside, any(0, 99), LAYOUT_BY_RANK};
        struct box both[2], alone[1];
        const struct layout_area area = {full_hd, {0}, GAP};
        layout_place(&area, (struct layout_card[]){left, right}, 2, both);
        layout_place(&area, &left, 1, alone);
        assert_true(alone[0].width == left.width_px && alone[0].height == left.height_px);
        assert_memory_equal(&both[0], &alone[0], sizeof(*alone));
    }
}

static void test_more_cards_than_it_takes(void **state)
{
    struct layout_card cards[LAYOUT_CARDS_MAX + 3];
    struct box boxes[LAYOUT_CARDS_MAX + 3];
    for (size_t i = 0; i < LAYOUT_CARDS_MAX + 3; i++)
        cards[i] = (struct layout_card){-1, -1, 0, 0, 40, 40, 0, 0, inside, (int)i, LAYOUT_BY_RANK};
    const struct layout_area area = {full_hd, {0}, GAP};
    layout_place(&area, cards, LAYOUT_CARDS_MAX + 3, boxes);
    check(&area, cards, LAYOUT_CARDS_MAX + 3, boxes, 0);
    assert_int_equal(boxes[LAYOUT_CARDS_MAX].width, 0);
}

/* What a crowded view costs: every card of it is worth microseconds, when something changes. */
static void test_cost(void **state)
{
    static const struct layout_card crowd[] = {QUESTION, POLL(700), CENTRE(80), GOAL, CHAT, TRACK, TRACK, TICKER,
        {1, 1, 96, 240, 328, 380, 200, 200, {54, 54, 1812, 972}, 55, LAYOUT_BY_RANK},
        {0, -1, 0, 96, 700, 200, 400, 120, {54, 54, 1812, 972}, 50, LAYOUT_BY_RANK}};
    enum { COUNT = sizeof(crowd) / sizeof(*crowd), ROUNDS = 200 };
    struct box boxes[COUNT];
    const struct layout_area area = {full_hd, {0}, GAP};
    const size_t counts[] = {4, COUNT};
    for (size_t i = 0; i < 2; i++) {
        int64_t from = clock_monotonic_ns();
        for (int round = 0; round < ROUNDS; round++)
            layout_place(&area, crowd, counts[i], boxes);
        int64_t each_ns = (clock_monotonic_ns() - from) / ROUNDS;
        print_message("%zu cards: %lld.%lld us\n", counts[i], (long long)each_ns / 1000, (long long)each_ns / 100 % 10);
        assert_true(each_ns < 20000000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table), cmocka_unit_test(test_any_cards), cmocka_unit_test(test_unrelated_cards_hold_still),
        cmocka_unit_test(test_more_cards_than_it_takes), cmocka_unit_test(test_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
