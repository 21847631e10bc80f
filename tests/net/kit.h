/*
 * kit.h - what the tests of net/ share: a loop that gives up with a failure after a generous limit.
 */
#pragma once

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "net/loop.h"

enum { KIT_LIMIT_MS = 20000 };

struct kit {
    struct loop *loop;
    struct timer limit;
    bool is_late;
};

static inline void kit_handle_limit(void *data)
{
    struct kit *kit = data;
    kit->is_late = true;
    loop_stop(kit->loop);
}

static inline void kit_init(struct kit *kit)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    for (int i = 0; i < 5; i++)
        unsetenv(proxies[i]);  // the names of the tests are no proxy's to resolve
    struct error err = {0};
    kit->is_late = false;
    kit->loop = loop_create(&err);
    assert_string_equal(err.text, "");
    timer_init(&kit->limit, kit->loop, kit_handle_limit, kit);
}

/* Runs until something calls loop_stop(). */
static inline void kit_run(struct kit *kit)
{
    struct error err = {0};
    timer_start(&kit->limit, KIT_LIMIT_MS);
    bool ok = loop_run(kit->loop, &err);
    timer_stop(&kit->limit);
    if (!ok)
        fail_msg("%s", err.text);
    if (kit->is_late)
        fail_msg("nothing happened within %d ms", KIT_LIMIT_MS);
}

static inline void kit_stop(void *data)
{
    loop_stop(data);
}

/* Lets the loop turn for so long: for what must not happen, and for what needs no more than a few turns. */
static inline void kit_turn(struct kit *kit, int64_t ms)
{
    struct timer timer;
    timer_init(&timer, kit->loop, kit_stop, kit->loop);
    timer_start(&timer, ms);
    kit_run(kit);
    timer_stop(&timer);
}

static inline void kit_fini(struct kit *kit)
{
    timer_stop(&kit->limit);
    loop_destroy(kit->loop);
}
