/* session.h - the course of a websocket of antiphon.v1: who may come in, hello, what is said, its end. Thread: the loop's. */
#pragma once

struct server_protocol;

/* For server_create(), whose data is the struct api. */
extern const struct server_protocol session_protocol;
