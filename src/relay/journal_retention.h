/* journal_retention.h - what has been kept for long enough goes. Thread: the keeper's. */
#pragma once

struct journal;

/* Deletes the files, but for the newest, in which nothing is younger than retention_days; damaged ones by their time. */
void journal_remove_old(struct journal *journal);
