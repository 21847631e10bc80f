/*
 * tiktok_fold.h - what several events of TikTok's say together: a streak that went silent is closed, likes are summed
 * up, one subscription that is told by up to three messages is taken once, and what comes again is known.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "chat/message.h"

struct connector;
struct loop;
struct tiktok_fold;

struct tiktok_fold *tiktok_fold_create(struct connector *base);
void tiktok_fold_destroy(struct tiktok_fold *fold);  // accepts NULL

/*
 * From now on time counts; before, every like is passed on and no streak is closed. streak_ms: a streak so long without an
 * event is over. likes_ms: one person's are summed up for so long.
 */
void tiktok_fold_start(struct tiktok_fold *fold, struct loop *loop, int64_t streak_ms, int64_t likes_ms);

/* An open or closed streak is about to be delivered. key: sender, gift and group. */
void tiktok_fold_note_streak(struct tiktok_fold *fold, struct str key, const struct message_draft *draft);

/*
 * The native id of the open streak of that key, borrowed; empty: none. Where TikTok names no group, the streak's first
 * event has named it.
 */
struct str tiktok_fold_streak(const struct tiktok_fold *fold, struct str key);

/* True: taken, and delivered later in a sum of the same person's. detail: {"count":…,"total":…}. */
bool tiktok_fold_add_like(struct tiktok_fold *fold, const struct message_draft *draft);

/* False: this person's subscription was told within the last minute. now_ms: TikTok's clock or ours. */
bool tiktok_fold_is_new_subscription(struct tiktok_fold *fold, struct str author_id, int64_t now_ms);

/* True: the id was here before, among the last 2,048 at least. Remembers it. */
bool tiktok_fold_is_known(struct tiktok_fold *fold, int64_t id);
