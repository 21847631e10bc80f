/*
 * animation.h - values on their way: opacity, position, a bar's length, a count.
 * {0} stands still at 0. Time is clock_monotonic_ms(). Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tween {
    float from, to;
    int64_t start_ms;
    int duration_ms;  // 0: stands still at `to`
};

/* There at once. */
void tween_set(struct tween *tween, float value);

/* From where it is at now_ms; leaves after delay_ms. */
void tween_start(struct tween *tween, float to, int64_t now_ms, int delay_ms, int duration_ms);

/* Fast first, then slower (cubic): things arrive instead of stopping. */
float tween_at(const struct tween *tween, int64_t now_ms);

bool tween_is_moving(const struct tween *tween, int64_t now_ms);
