/* Which input is shown: stories of what main and backup have, tick by tick; and how sounds are added up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "video/chooser.h"
#include "video/mix.h"

/* ---- One line a story ---- */

struct story {
    const char *name;
    /*
     * "M" "B" "MB" "-": who has a picture from here on, "m" "b": sound alone; "a" "om" "ob": a person's wish. "=main",
     * "=backup", "=none": what is shown at the next tick; "+500": 500 ms later.
     */
    const char *steps;
};

static const struct story stories[] = {
    {"nothing came: hold", "- =none +5000 =none"},
    {"main comes at once", "- =none +33 M =main"},
    {"backup only while main has nothing", "B =backup +10000 =backup - =none"},
    {"main stops: backup at the same tick", "MB =main +60000 B =backup"},
    {"neither: hold at the same tick", "MB =main +60000 B =backup +60000 - =none"},
    {"main is back for good after 2 s", "B =backup +100 MB =backup +1999 =backup +1 =main"},
    {"a break counts anew", "B =backup MB =backup +1900 B =backup +33 MB =backup +1900 =backup +100 =main"},
    {"main flaps below 2 s: backup stays", "B =backup MB +1500 =backup B +400 =backup MB +1500 =backup"},
    {"backup stops while main is on trial: main at once", "B =backup MB +300 =backup M =main"},
    {"hold to main at the first picture", "M =main +60000 - =none +60000 M =main"},
    {"lost once early: still at once", "M =main +3000 - =none +500 M =main"},
    {"lost twice early: it must last 2 s",
        "M =main +3000 - =none +500 M =main +3000 - =none +500 M =none +1999 =none +1 =main"},
    {"lost twice early and back: a long show forgives",
        "M =main +99 - =none M =main +99 - =none M =none +2000 =main +10000 - =none +33 M =main"},
    {"a person wants backup: at once", "MB =main ob =backup +9999 =backup a =main"},
    {"a person's backup is not overruled", "MB ob =backup M =none +9999 =none"},
    {"a person's main is not overruled", "B =backup om =none +9999 =none a =backup"},
    {"a person's main comes without its 2 s", "B =backup MB +100 =backup om =main"},
    {"sound alone is shown when nothing else is there", "m =main +9999 =main - =none b =backup"},
    {"a picture goes before sound alone", "m =main +100 mB =backup +9999 =backup"},
    {"sound alone on trial is no picture", "B =backup mB +9999 =backup MB =backup +2000 =main"},
};

static void set_has(enum chooser_has has[CHOOSER_INPUTS], const char *step)
{
    has[0] = strchr(step, 'M') ? CHOOSER_PICTURE : strchr(step, 'm') ? CHOOSER_SOUND_ONLY : CHOOSER_NOTHING;
    has[1] = strchr(step, 'B') ? CHOOSER_PICTURE : strchr(step, 'b') ? CHOOSER_SOUND_ONLY : CHOOSER_NOTHING;
}

static void expect_shown(const char *name, const char *step, enum chooser_input shown)
{
    static const char *const names[] = {"main", "backup", "none"};
    if (strcmp(names[shown], step + 1) != 0)
        fail_msg("%s: %s is shown, expected %s", name, names[shown], step);
}

static void test_stories(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(stories); i++) {
        struct chooser chooser;
        enum chooser_has has[CHOOSER_INPUTS] = {0};
        int64_t now_ns = 0;
        chooser_init(&chooser);
        char *steps = xstrdup(stories[i].steps), *rest = steps;
        for (char *step; (step = strtok_r(rest, " ", &rest));) {
            if (*step == '=')
                expect_shown(stories[i].name, step, chooser_tick(&chooser, now_ns, has));
            else if (*step == '+')
                now_ns += strtol(step + 1, NULL, 10) * NS_PER_MS;
            else if (strcmp(step, "a") == 0)
                chooser.wish = CHOOSER_AUTO;
            else if (*step == 'o')
                chooser.wish = step[1] == 'm' ? CHOOSER_ONLY_MAIN : CHOOSER_ONLY_BACKUP;
            else
                set_has(has, step);
            if (*step != '=' && *step != '+')
                chooser_tick(&chooser, now_ns, has);
        }
        free(steps);
    }
}

/* ---- Mixing ---- */

static void test_ramps(void **state)
{
    enum { FRAMES = 1000 };
    float one[FRAMES * 2], out[FRAMES * 2] = {0}, gains[2] = {1, 0};
    for (size_t i = 0; i < FRAMES * 2; i++)
        one[i] = 0.5f;
    mix_add(out, one, FRAMES, &gains[0], 0, 1.0f / 240);
    mix_add(out, one, FRAMES, &gains[1], 1, 1.0f / 240);
    for (size_t i = 0; i < FRAMES * 2; i++) {
        if (fabsf(out[i] - 0.5f) > 1e-4f)
            fail_msg("from one to the other: %g at %zu, expected 0.5", (double)out[i], i);
    }
    assert_true(gains[0] == 0 && gains[1] == 1);
    memset(out, 0, sizeof(out));
    mix_add(out, one, FRAMES, &gains[0], 0, 1.0f / 240);
    assert_true(out[0] == 0 && out[FRAMES] == 0);
    mix_add(out, one, FRAMES, &gains[0], 1, 1.0f / 24000);
    for (size_t i = 2; i < FRAMES * 2; i += 2) {
        float step = out[i] - out[i - 2];
        if (step < 0 || step > 0.5f / 24000 + 1e-6f)
            fail_msg("the fade steps by %g at %zu", (double)step, i / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stories), cmocka_unit_test(test_ramps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
