/*
 * twitch_line.h - one IRC line as Twitch sends it, taken apart in one pass without copying.
 * Grammar: RFC 1459, 2.3.1, and IRCv3 message tags. Only the tags that we use are kept; Twitch adds others without
 * notice, and their order is not stable. Thread: the loop's (a table is built on first use).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct error;

#define TWITCH_TAGS(X)                                                                                     \
    X(BADGE_INFO, "badge-info") X(BADGES, "badges") X(BITS, "bits") X(BAN_DURATION, "ban-duration")        \
    X(COLOR, "color") X(CUSTOM_REWARD_ID, "custom-reward-id") X(DISPLAY_NAME, "display-name")              \
    X(EMOTE_ONLY, "emote-only") X(EMOTES, "emotes") X(FIRST_MSG, "first-msg")                              \
    X(FOLLOWERS_ONLY, "followers-only") X(HISTORICAL, "historical") X(ID, "id") X(LOGIN, "login")          \
    X(MOD, "mod") X(MSG_ID, "msg-id") X(PAID_AMOUNT, "pinned-chat-paid-amount")                            \
    X(PAID_CURRENCY, "pinned-chat-paid-currency") X(PAID_EXPONENT, "pinned-chat-paid-exponent")            \
    X(PAID_LEVEL, "pinned-chat-paid-level") X(R9K, "r9k") X(REPLY_NAME, "reply-parent-display-name")       \
    X(REPLY_BODY, "reply-parent-msg-body") X(REPLY_ID, "reply-parent-msg-id")                              \
    X(REPLY_LOGIN, "reply-parent-user-login") X(ROOM_ID, "room-id") X(SLOW, "slow")                        \
    X(SOURCE_ID, "source-id") X(SOURCE_MSG_ID, "source-msg-id") X(SOURCE_ONLY, "source-only")              \
    X(SOURCE_ROOM_ID, "source-room-id") X(SUBS_ONLY, "subs-only") X(SUBSCRIBER, "subscriber")              \
    X(SYSTEM_MSG, "system-msg") X(TARGET_MSG_ID, "target-msg-id") X(TARGET_USER_ID, "target-user-id")      \
    X(TMI_SENT_TS, "tmi-sent-ts") X(USER_ID, "user-id") X(USER_TYPE, "user-type") X(VIP, "vip")            \
    X(P_AMOUNT, "msg-param-amount") X(P_CURRENCY, "msg-param-currency")                                    \
    X(P_EXPONENT, "msg-param-exponent") X(P_ANON_GIFT, "msg-param-anon-gift")                              \
    X(P_BADGE_LEVEL, "msg-param-current-badge-level")                                                      \
    X(P_BENEFIT_END, "msg-param-sub-benefit-end-month") X(P_CATEGORY, "msg-param-category")                \
    X(P_CHARITY, "msg-param-charity-name") X(P_COLOR, "msg-param-color")                                   \
    X(P_COMMUNITY_GIFT_ID, "msg-param-community-gift-id") X(P_COPO_REWARD, "msg-param-copoReward")         \
    X(P_CUMULATIVE_MONTHS, "msg-param-cumulative-months")                                                  \
    X(P_DONATION_AMOUNT, "msg-param-donation-amount")                                                      \
    X(P_DONATION_CURRENCY, "msg-param-donation-currency") X(P_GIFT_MONTHS, "msg-param-gift-months")        \
    X(P_GIFT_NAME, "msg-param-gift-name") X(P_GIFTER_ID, "msg-param-gifter-id")                            \
    X(P_GIFTER_NAME, "msg-param-gifter-name") X(P_GIFT_RECIPIENT, "msg-param-recipient")                   \
    X(P_MASS_GIFT_COUNT, "msg-param-mass-gift-count") X(P_MONTHS, "msg-param-months")                      \
    X(P_MULTIMONTH, "msg-param-multimonth-duration")                                                       \
    X(P_PRIOR_GIFTER, "msg-param-prior-gifter-display-name") X(P_PROMO_NAME, "msg-param-promo-name")       \
    X(P_RITUAL, "msg-param-ritual-name") X(P_SELECTED_COUNT, "msg-param-selected-count")                   \
    X(P_TOTAL_REWARDS, "msg-param-total-reward-count") X(P_TRIGGER, "msg-param-trigger-type")              \
    X(P_ORIGIN_ID, "msg-param-origin-id") X(P_PROFILE_IMAGE, "msg-param-profileImageURL")                  \
    X(P_RECIPIENT_ID, "msg-param-recipient-id") X(P_RECIPIENT_LOGIN, "msg-param-recipient-user-name")      \
    X(P_RECIPIENT_NAME, "msg-param-recipient-display-name") X(P_SENDER_COUNT, "msg-param-sender-count")    \
    X(P_SENDER_LOGIN, "msg-param-sender-login") X(P_SENDER_NAME, "msg-param-sender-name")                  \
    X(P_STREAK_MONTHS, "msg-param-streak-months") X(P_SUB_PLAN, "msg-param-sub-plan")                      \
    X(P_THRESHOLD, "msg-param-threshold") X(P_VALUE, "msg-param-value")                                    \
    X(P_VIEWER_COUNT, "msg-param-viewerCount") X(P_WAS_GIFTED, "msg-param-was-gifted")

enum twitch_tag {
#define X(name, text) TAG_##name,
    TWITCH_TAGS(X)
#undef X
    TAG_COUNT,
};

enum {
    TWITCH_LINE_BYTES_MAX = 16 * 1024,  // IRCv3 allows 8191 bytes of tags alone
    TWITCH_PARAMS_MAX = 15,
};

struct twitch_line {
    bool is_present[TAG_COUNT];
    struct str tags[TAG_COUNT];     // as on the wire, escaped; only those present are set
    struct str nick;                // of "nick!user@host", or the whole prefix
    struct str command;
    struct str params[TWITCH_PARAMS_MAX];  // the last one may hold spaces
    size_t param_count;
};

/* text: one line without its end. All views point into it. False: too long, or no IRC. */
bool twitch_line_parse(struct twitch_line *line, const char *text, size_t len, struct error *err);

static inline bool twitch_line_has(const struct twitch_line *line, enum twitch_tag tag)
{
    return line->is_present[tag];
}

/* As on the wire; empty (never NULL) if absent, which means the same. */
static inline struct str twitch_line_tag(const struct twitch_line *line, enum twitch_tag tag)
{
    return twitch_line_has(line, tag) ? line->tags[tag] : STR("");
}

/* Digits, at most 18; otherwise: anything else. */
int64_t twitch_number(struct str text, int64_t otherwise);

/* The tag as a whole number that is not negative; otherwise: absent, or something else. */
int64_t twitch_line_int(const struct twitch_line *line, enum twitch_tag tag, int64_t otherwise);

/* "1": Twitch's truth. */
static inline bool twitch_line_is(const struct twitch_line *line, enum twitch_tag tag)
{
    struct str value = twitch_line_tag(line, tag);
    return value.len == 1 && value.data[0] == '1';
}

/* The last parameter, if there are at least `count`: what was said. */
struct str twitch_line_trailing(const struct twitch_line *line, size_t count);
