/* crosspost_inside.h - what the files behind crosspost.h share. */
#pragma once

#include "relay/crosspost.h"

struct rule {
    json_t *from, *to;    // owned; arrays of sources' ids
    uint32_t kinds;       // bits 1 << enum message_kind
    uint32_t roles;       // one of them is needed; 0: none is
    int per_minute;
    double tokens;        // messages that may go now
    int64_t filled_ms;    // monotonic
    uint64_t held;        // since it was told
};

/* from: checked. */
struct rule *rules_read(const json_t *from, size_t *count);
void rules_free(struct rule *rules, size_t count);

bool rule_means(const struct rule *rule, const struct message *message);
