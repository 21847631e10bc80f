/*
 * cache.h - shaped and drawn runs, by text, face, size, outline, script and direction; bounded by bytes, the
 * longest unused go first. Entries are counted: one in use outlives its place in the cache. Thread: the engine's.
 */
#pragma once

#include "text/raster.h"

struct run_cache;

struct run_entry {
    // Read-only for users.
    struct shape shape;
    struct drawing drawing;  // {0} until run_entry_draw()
    // The cache's own.
    struct list link;        // in run_cache.used, the newest first
    struct run_entry *next;  // in its bucket
    struct shape_run run;    // text owned
    uint64_t hash;
    int outline_px, references;
    bool is_drawn, is_kept;
    size_t bytes;
};

struct run_cache *run_cache_create(size_t bytes_max);
void run_cache_destroy(struct run_cache *cache);  // accepts NULL; no entry may be in use

/* Shaped; the caller releases it. */
struct run_entry *run_cache_get(struct run_cache *cache, const struct shape_run *run, int outline_px);
void run_cache_draw(struct run_cache *cache, struct run_entry *entry);
void run_cache_release(struct run_cache *cache, struct run_entry *entry);  // accepts NULL

struct text_engine_stats run_cache_stats(const struct run_cache *cache);
