/*
 * moderation.h - what touches several parts of the relay at once. Each is written to the journal's audit with its
 * actor. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct message;
struct relay;

/*
 * Off overlay, lists and journal, as if the platform had deleted it. False: the queue holds it no more. Its row is
 * overwritten all the same; what journal_read_one() then says of it goes to moderation_remove_rest(), so that the quotes
 * of it go too.
 */
bool moderation_remove_message(struct relay *relay, uint64_t message, const char *by);
void moderation_remove_rest(struct relay *relay, const struct message *message, const char *by);

/* All of an author's messages, questions and votes, as if the platform had banned him. */
void moderation_remove_author(struct relay *relay, const char *platform, const char *author_id, const char *by);

/* The same, with the author's name out of the journal. done: in the loop, when the bytes have left the files. */
void moderation_erase_author(struct relay *relay, const char *platform, const char *author_id, const char *by,
                             void (*done)(void *data, size_t rows, int64_t took_ms), void *data);

/* All cards leave the air: the question is ready again, polls go on counting, caption tracks stop. */
void moderation_clear(struct relay *relay, const char *by);

/* Blank at once and locked: nothing goes on air until it is over. Or back to what is on air. Stands over kill -9. */
void moderation_panic(struct relay *relay, bool is_blank, const char *by);

/* May something go on air now? False in a panic: err says so. For whoever is about to bring it there. */
bool moderation_may_air(const struct relay *relay, struct error *err);

/* As questions_next(), by whoever wrote "!next". False: in a panic, or none was ready. */
bool moderation_next(struct relay *relay, const char *by, struct error *err);
