/*
 * x_rules.h - the filtered stream's rules as X keeps them: of the whole app, over all connections. The rehearsal knows no
 * search language: every post is for every rule. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct server_request;

enum { X_RULES_MAX = 25 };

struct x_rules {  // {0} is ready
    struct {
        uint64_t id;        // 0: free
        char *value, *tag;  // owned
    } rules[X_RULES_MAX];
    uint64_t made;
};

void x_rules_fini(struct x_rules *rules);
bool x_rules_any(const struct x_rules *rules);

/* {"id":…,"tag":…} of each, commas between: what matching_rules holds. */
void x_rules_write_matching(const struct x_rules *rules, struct buffer *out);

/* GET lists, POST adds or deletes; the request is answered. */
void x_rules_handle(struct x_rules *rules, struct server_request *request);
