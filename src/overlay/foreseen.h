/*
 * foreseen.h - pictures of questions that are ready: fetched before the question is on air, so that its card is whole when
 * it enters. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct foreseen;
struct pictures;

enum { FORESEEN_MAX = 64 };  // questions; of more, the first ones

struct foreseen *foreseen_create(struct pictures *pictures);  // borrowed
void foreseen_destroy(struct foreseen *foreseen);             // accepts NULL

/* A question of the desk: its pictures are held while it is ready or on air. */
void foreseen_look(struct foreseen *foreseen, const json_t *question);
void foreseen_forget(struct foreseen *foreseen, int64_t id);
void foreseen_forget_all(struct foreseen *foreseen);
