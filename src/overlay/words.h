/*
 * words.h - the few words that cards say by themselves, in the language of their viewers.
 * Thread: any.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum word {
    WORD_ASKED_BY,           // "asked by 14"
    WORD_MORE,               // "and 12 more", of alerts that were not shown
    WORD_MEMBER,             // "became a member"
    WORD_MEMBER_MONTHS,      // "member for 5 months"
    WORD_GIFTED_MEMBERS,     // "gifted 5 memberships"
    WORD_SUBSCRIBER,         // the same where the platform says subscription
    WORD_SUBSCRIBER_MONTHS,
    WORD_GIFTED_SUBSCRIBERS,
    WORD_RAID,               // "came with a raid"
    WORD_RAID_VIEWERS,       // "raided with 120 viewers"
    WORD_GIFT,               // "sent a gift"
    WORD_BITS,               // "100 bits"
    WORD_BOOST,              // "boosted the server"
    WORD_BACK_SOON,          // while the holding picture stands for the input
    WORD_COUNT,
};

enum { WORDS_BYTES = 256 };

/*
 * With count in the language's digits and its plural form (CLDR's rules, by ICU). A language that we have no words in
 * gets English ones.
 */
void words_write(char out[WORDS_BYTES], enum word word, const char *language, int64_t count);
