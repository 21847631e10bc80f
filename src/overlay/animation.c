#include "overlay/animation.h"

/* One coordinate of the curve; its ends are 0 and 1. */
static float bezier(float first, float second, float t)
{
    float left = 1 - t;
    return 3 * left * left * t * first + 3 * left * t * t * second + t * t * t;
}

float curve_at(const struct curve *curve, float time)
{
    if (time <= 0 || time >= 1)
        return time <= 0 ? 0 : 1;
    if (curve->x1 == 0 && curve->y1 == 0 && curve->x2 == 0 && curve->y2 == 0)
        return 1 - (1 - time) * (1 - time) * (1 - time);
    // x grows with t: twenty halvings find it to within a millionth.
    float low = 0, high = 1;
    for (int step = 0; step < 20; step++) {
        float middle = (low + high) / 2;
        *(bezier(curve->x1, curve->x2, middle) < time ? &low : &high) = middle;
    }
    return bezier(curve->y1, curve->y2, low);
}

void tween_set(struct tween *tween, float value)
{
    *tween = (struct tween){value, value, 0, 0, tween->curve};
}

float tween_at(const struct tween *tween, int64_t now_ms)
{
    if (!tween_is_moving(tween, now_ms))
        return tween->to;
    if (now_ms <= tween->start_ms)
        return tween->from;
    float done = curve_at(&tween->curve, (float)(now_ms - tween->start_ms) / (float)tween->duration_ms);
    return tween->from + (tween->to - tween->from) * done;
}

void tween_start(struct tween *tween, float to, int64_t now_ms, int delay_ms, int duration_ms)
{
    float from = tween_at(tween, now_ms);
    *tween = (struct tween){from, to, now_ms + delay_ms, duration_ms, tween->curve};
    if (from == to)
        tween_set(tween, to);
}

bool tween_is_moving(const struct tween *tween, int64_t now_ms)
{
    return tween->duration_ms > 0 && now_ms < tween->start_ms + tween->duration_ms;
}
