/* qr_view.h - views with a code in them, for the tests that read it. */
#pragma once

#include "stage.h"

static const struct {
    const char *text;
    int width, height;
} qr_texts[] = {
    {"https://antiphon.example/ask?show=1234", 1920, 1080},
    {"https://antiphon.example/پرسش/شماره-۱۲۳۴", 1920, 1080},
    {"https://antiphon.example/?utm_source=stream&utm_campaign=autumn-2026&session=0123456789abcdef0123456789abcdef0123", 1920, 1080},
    {"12345", 1080, 1920},
    {"直播间：一二三", 1280, 720},
};
enum { QR_TEXTS = sizeof(qr_texts) / sizeof(*qr_texts) };

static inline struct view *make_qr_view(const char *text, int width, int height)
{
    struct view *view = make_view(width, height, "en");
    json_t *state = json_pack("{s:{s:i,s:s}}", "qr", "id", 1, "text", text);
    view_apply(view, state, 0, true);
    view_paint(view, 0);
    json_decref(state);
    return view;
}
