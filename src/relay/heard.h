/*
 * heard.h - who has been heard in this show: how often and how long questions were on air, by language, platform, and by who
 * asked for the first time. From it comes a question's fairness. Survives kill -9. Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct heard;
struct journal;
struct question;
struct questions;

enum { HEARD_GROUPS_MAX = 32, FAIRNESS_EVEN = 50 };

struct heard_options {
    struct journal *journal;  // borrowed; NULL: nothing survives
    void *data;
    void (*changed)(void *data);  // required
};

struct heard *heard_create(const struct heard_options *options);
void heard_destroy(struct heard *heard);  // accepts NULL

/* What relay_listener_impl tells of questions: one came on air, left it, or is gone. */
void heard_handle_question(struct heard *heard, const struct question *question, int64_t now_ms);
void heard_handle_removed(struct heard *heard, uint64_t id, int64_t now_ms);

/* A new show: nobody has been heard. */
void heard_begin_show(struct heard *heard, int64_t now_ms);

/* 0..100; docs/api.md says how it is made. NULL or a question without author: FAIRNESS_EVEN. */
int heard_fairness(const struct heard *heard, const struct question *question);

/*
 * {"since_ms":…,"languages":[{"language":"fa","heard":2,"asked":14,"seconds":90}],"platforms":[…],"first_timers":{…},"others":{…}}
 * questions: who asked; NULL: only who was heard.
 */
void heard_write_json(const struct heard *heard, const struct questions *questions, struct buffer *out);
