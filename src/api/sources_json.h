/* sources_json.h - sources and gaps as clients read them: configurations without their secrets. Thread: the loop's. */
#pragma once

struct buffer;
struct journal_gap;
struct relay;
struct source;

void source_write_json(const struct source *source, struct buffer *out);
void gap_write_json(const struct journal_gap *gap, struct buffer *out);

/* Appends ,"sources":[…],"gaps":[…]. */
void sources_write_snapshot(const struct relay *relay, struct buffer *out);
