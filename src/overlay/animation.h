/*
 * animation.h - values on their way: opacity, position, a bar's length, a count.
 * {0} stands still at 0. Time is clock_monotonic_ms(). Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * How the way is shared out over the time: a cubic Bezier from 0,0 to 1,1 with these two handles (CSS Easing 1). {0}: fast
 * first, then slower, so that things arrive instead of stopping.
 */
struct curve {
    float x1, y1, x2, y2;  // x within 0..1; y beyond swings past the end
};

/* How much of the way is behind it at 0..1 of the time. */
float curve_at(const struct curve *curve, float time);

struct tween {
    float from, to;
    int64_t start_ms;
    int duration_ms;     // 0: stands still at `to`
    struct curve curve;  // set by the owner, and kept
};

/* There at once. */
void tween_set(struct tween *tween, float value);

/* From where it is at now_ms; leaves after delay_ms. */
void tween_start(struct tween *tween, float to, int64_t now_ms, int delay_ms, int duration_ms);

float tween_at(const struct tween *tween, int64_t now_ms);

bool tween_is_moving(const struct tween *tween, int64_t now_ms);
