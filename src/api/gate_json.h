/* gate_json.h - what was caught before air, for clients: batched by the turn of the loop. Thread: the loop's. */
#pragma once

#include "api/api_private.h"

struct gate_caught;
struct question;

/* {"type":"caught","items":[…]} at the end of the turn, and {"type":"caught_removed","id":…} behind it at once. */
void caught_send(struct api *api, const struct gate_caught *caught);
void caught_send_removed(struct api *api, uint64_t message);
void caught_flush(void *data);  // of api.caught_timer

/* {"type":"gate","gate":{…}} */
void gate_send(struct api *api);

/* Members "caught" and "gate" of the snapshot, a comma before. */
void gate_write_snapshot(const struct api *api, struct buffer *out);

/* A question with the member "warning" where a word list holds something of its text or its author's name. */
void question_write_warned(const struct api *api, const struct question *question, struct buffer *out);
