#include "overlay/animation.h"

void tween_set(struct tween *tween, float value)
{
    *tween = (struct tween){value, value, 0, 0};
}

float tween_at(const struct tween *tween, int64_t now_ms)
{
    if (!tween_is_moving(tween, now_ms))
        return tween->to;
    if (now_ms <= tween->start_ms)
        return tween->from;
    float left = 1 - (float)(now_ms - tween->start_ms) / (float)tween->duration_ms;
    return tween->to + (tween->from - tween->to) * left * left * left;
}

void tween_start(struct tween *tween, float to, int64_t now_ms, int delay_ms, int duration_ms)
{
    float from = tween_at(tween, now_ms);
    *tween = (struct tween){from, to, now_ms + delay_ms, duration_ms};
    if (from == to)
        tween_set(tween, to);
}

bool tween_is_moving(const struct tween *tween, int64_t now_ms)
{
    return tween->duration_ms > 0 && now_ms < tween->start_ms + tween->duration_ms;
}
