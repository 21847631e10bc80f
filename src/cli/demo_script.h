/*
 * demo_script.h - a moderator's part in the demo: timed commands to the relay, one JSON object a line.
 *     {"at_ms":9000,"command":"question.pick","find":"چه معنایی دارد","as":"song"}
 *     {"at_ms":10000,"command":"question.air","arguments":{"id":"$song"}}
 * `find` puts the id of the newest message that holds the text into arguments.message; `as` names the id of the result,
 * and "$NAME" stands for it later. Commands go over the API like anybody's. Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct error;
struct demo_script;

struct demo_script *demo_script_load(const char *path, struct error *err);
void demo_script_destroy(struct demo_script *script);  // accepts NULL

/*
 * Sends what is due at `now_ms` of the show. A command whose message is not there yet is tried again for ten seconds;
 * one that is refused is logged and passed over.
 */
void demo_script_play(struct demo_script *script, const char *runtime_folder, int64_t now_ms);

/* The next command's time, or -1 when all are sent. */
int64_t demo_script_next_ms(const struct demo_script *script);
