/* What was damaged is always painted, few boxes, none twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "painter/damage.h"

enum { WIDTH = 200, HEIGHT = 150 };

static void mark(uint8_t *map, const struct box *box)
{
    for (int y = box->y; y < box->y + box->height; y++) {
        for (int x = box->x; x < box->x + box->width; x++) {
            if (x >= 0 && y >= 0 && x < WIDTH && y < HEIGHT)
                map[y * WIDTH + x]++;
        }
    }
}

static void check_boxes(struct damage *damage, const uint8_t *wanted)
{
    struct box boxes[DAMAGE_BOXES_MAX];
    size_t count = damage_boxes(damage, boxes);
    static uint8_t painted[WIDTH * HEIGHT];
    memset(painted, 0, sizeof(painted));
    for (size_t i = 0; i < count; i++) {
        assert_true(boxes[i].x >= 0 && boxes[i].y >= 0);
        assert_true(boxes[i].x + boxes[i].width <= WIDTH && boxes[i].y + boxes[i].height <= HEIGHT);
        mark(painted, &boxes[i]);
    }
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        assert_true(painted[i] <= 1);
        assert_true(!wanted[i] || painted[i]);
    }
}

static void test_random(void **state)
{
    unsigned seed = 3;
    for (int round = 0; round < 200; round++) {
        struct damage damage;
        damage_init(&damage, WIDTH, HEIGHT);
        assert_true(damage_is_empty(&damage));
        static uint8_t wanted[WIDTH * HEIGHT];
        memset(wanted, 0, sizeof(wanted));
        for (int i = 0; i < 1 + round / 4; i++) {
            struct box box = {rand_r(&seed) % 240 - 20, rand_r(&seed) % 190 - 20, rand_r(&seed) % 30,
                rand_r(&seed) % 30};
            damage_add(&damage, &box);
            mark(wanted, &box);
        }
        check_boxes(&damage, wanted);
        damage_clear(&damage);
        assert_true(damage_is_empty(&damage));
        damage_fini(&damage);
    }
}

static void test_outside(void **state)
{
    struct damage damage;
    damage_init(&damage, WIDTH, HEIGHT);
    damage_add(&damage, &(struct box){WIDTH, 0, 50, 50});
    damage_add(&damage, &(struct box){0, -50, 50, 50});
    damage_add(&damage, &(struct box){10, 10, 0, 5});
    damage_add(&damage, &(struct box){10, 10, -5, 5});
    assert_true(damage_is_empty(&damage));
    damage_add_all(&damage);
    struct box boxes[DAMAGE_BOXES_MAX];
    assert_int_equal(damage_boxes(&damage, boxes), 1);
    assert_int_equal(boxes[0].width, WIDTH);
    damage_fini(&damage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random), cmocka_unit_test(test_outside)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
