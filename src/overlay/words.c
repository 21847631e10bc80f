#include "overlay/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unicode/upluralrules.h>
#include <unicode/ustring.h>

#include "base/memory.h"
#include "overlay/digits.h"

/* CLDR's names of plural forms; a form that a language does not need is left out. */
enum plural { OTHER, ONE, TWO, FEW, MANY, PLURALS };
static const char *const plurals[PLURALS] = {"other", "one", "two", "few", "many"};

struct language {
    const char *tag;
    const char *words[WORD_COUNT][PLURALS];
};

static const struct language languages[] = {
    {"en", {
        [WORD_ASKED_BY] = {"asked by {n}"},
        [WORD_MORE] = {"and {n} more"},
        [WORD_MEMBER] = {"became a member"},
        [WORD_MEMBER_MONTHS] = {"member for {n} months", "member for {n} month"},
        [WORD_GIFTED_MEMBERS] = {"gifted {n} memberships", "gifted {n} membership"},
        [WORD_SUBSCRIBER] = {"subscribed"},
        [WORD_SUBSCRIBER_MONTHS] = {"subscribed for {n} months", "subscribed for {n} month"},
        [WORD_GIFTED_SUBSCRIBERS] = {"gifted {n} subscriptions", "gifted {n} subscription"},
        [WORD_RAID] = {"came with a raid"},
        [WORD_RAID_VIEWERS] = {"raided with {n} viewers", "raided with {n} viewer"},
        [WORD_GIFT] = {"sent a gift"},
        [WORD_BITS] = {"{n} bits", "{n} bit"},
        [WORD_BOOST] = {"boosted the server"},
    }},
    {"fa", {
        [WORD_ASKED_BY] = {"پرسش {n} نفر"},
        [WORD_MORE] = {"و {n} مورد دیگر"},
        [WORD_MEMBER] = {"عضو شد"},
        [WORD_MEMBER_MONTHS] = {"{n} ماه عضویت"},
        [WORD_GIFTED_MEMBERS] = {"{n} عضویت هدیه داد"},
        [WORD_SUBSCRIBER] = {"مشترک شد"},
        [WORD_SUBSCRIBER_MONTHS] = {"{n} ماه اشتراک"},
        [WORD_GIFTED_SUBSCRIBERS] = {"{n} اشتراک هدیه داد"},
        [WORD_RAID] = {"با بینندگانش آمد"},
        [WORD_RAID_VIEWERS] = {"با {n} بیننده آمد"},
        [WORD_GIFT] = {"هدیه فرستاد"},
        [WORD_BITS] = {"{n} بیت"},
        [WORD_BOOST] = {"سرور را تقویت کرد"},
    }},
    {"ar", {
        [WORD_ASKED_BY] = {"سأله {n} شخص", "سأله شخص واحد", "سأله شخصان", "سأله {n} أشخاص", "سأله {n} شخصًا"},
        [WORD_MORE] = {"و{n} تنبيه آخر", "وتنبيه آخر", "وتنبيهان آخران", "و{n} تنبيهات أخرى", "و{n} تنبيهًا آخر"},
        [WORD_MEMBER] = {"عضوية جديدة"},
        [WORD_MEMBER_MONTHS] = {"عضوية منذ {n} شهر", "عضوية منذ شهر", "عضوية منذ شهرين", "عضوية منذ {n} أشهر",
            "عضوية منذ {n} شهرًا"},
        [WORD_GIFTED_MEMBERS] = {"أهدى {n} عضوية", "أهدى عضوية واحدة", "أهدى عضويتين", "أهدى {n} عضويات",
            "أهدى {n} عضوية"},
        [WORD_SUBSCRIBER] = {"اشتراك جديد"},
        [WORD_SUBSCRIBER_MONTHS] = {"اشتراك منذ {n} شهر", "اشتراك منذ شهر", "اشتراك منذ شهرين", "اشتراك منذ {n} أشهر",
            "اشتراك منذ {n} شهرًا"},
        [WORD_GIFTED_SUBSCRIBERS] = {"أهدى {n} اشتراك", "أهدى اشتراكًا واحدًا", "أهدى اشتراكين", "أهدى {n} اشتراكات",
            "أهدى {n} اشتراكًا"},
        [WORD_RAID] = {"جاء مع جمهوره"},
        [WORD_RAID_VIEWERS] = {"جاء مع {n} مشاهد", "جاء مع مشاهد واحد", "جاء مع مشاهدَين", "جاء مع {n} مشاهدين",
            "جاء مع {n} مشاهدًا"},
        [WORD_GIFT] = {"أرسل هدية"},
        [WORD_BITS] = {"{n} بت"},
        [WORD_BOOST] = {"عزّز الخادم"},
    }},
    {"zh-Hant", {
        [WORD_ASKED_BY] = {"{n} 人提問"},
        [WORD_MORE] = {"還有 {n} 則"},
        [WORD_MEMBER] = {"成為會員"},
        [WORD_MEMBER_MONTHS] = {"加入會員 {n} 個月"},
        [WORD_GIFTED_MEMBERS] = {"贈送了 {n} 份會員資格"},
        [WORD_SUBSCRIBER] = {"訂閱了頻道"},
        [WORD_SUBSCRIBER_MONTHS] = {"已訂閱 {n} 個月"},
        [WORD_GIFTED_SUBSCRIBERS] = {"贈送了 {n} 份訂閱"},
        [WORD_RAID] = {"帶著觀眾來了"},
        [WORD_RAID_VIEWERS] = {"帶著 {n} 位觀眾來了"},
        [WORD_GIFT] = {"送出禮物"},
        [WORD_BITS] = {"{n} 小奇點"},
        [WORD_BOOST] = {"加成了伺服器"},
    }},
    {"zh", {
        [WORD_ASKED_BY] = {"{n} 人提问"},
        [WORD_MORE] = {"还有 {n} 条"},
        [WORD_MEMBER] = {"成为会员"},
        [WORD_MEMBER_MONTHS] = {"加入会员 {n} 个月"},
        [WORD_GIFTED_MEMBERS] = {"赠送了 {n} 个会员"},
        [WORD_SUBSCRIBER] = {"订阅了频道"},
        [WORD_SUBSCRIBER_MONTHS] = {"已订阅 {n} 个月"},
        [WORD_GIFTED_SUBSCRIBERS] = {"赠送了 {n} 个订阅"},
        [WORD_RAID] = {"带着观众来了"},
        [WORD_RAID_VIEWERS] = {"带着 {n} 位观众来了"},
        [WORD_GIFT] = {"送出礼物"},
        [WORD_BITS] = {"{n} 小奇点"},
        [WORD_BOOST] = {"助力了服务器"},
    }},
    {"es", {
        [WORD_ASKED_BY] = {"lo preguntan {n} personas", "lo pregunta {n} persona"},
        [WORD_MORE] = {"y {n} más"},
        [WORD_MEMBER] = {"ya es miembro"},
        [WORD_MEMBER_MONTHS] = {"miembro desde hace {n} meses", "miembro desde hace {n} mes"},
        [WORD_GIFTED_MEMBERS] = {"regaló {n} membresías", "regaló {n} membresía"},
        [WORD_SUBSCRIBER] = {"se ha suscrito"},
        [WORD_SUBSCRIBER_MONTHS] = {"suscripción de {n} meses", "suscripción de {n} mes"},
        [WORD_GIFTED_SUBSCRIBERS] = {"regaló {n} suscripciones", "regaló {n} suscripción"},
        [WORD_RAID] = {"llegó con una raid"},
        [WORD_RAID_VIEWERS] = {"llegó con {n} espectadores", "llegó con {n} espectador"},
        [WORD_GIFT] = {"envió un regalo"},
        [WORD_BITS] = {"{n} bits", "{n} bit"},
        [WORD_BOOST] = {"mejoró el servidor"},
    }},
};

/* "zh-TW" is written in Hant, as the panel knows too (i18n.js). */
static const char *tag_of(const char *language)
{
    static const char *const hant[] = {"Hant", "TW", "HK", "MO", "tw", "hk"};
    bool is_chinese = strncmp(language, "zh", 2) == 0 && (language[2] == '\0' || language[2] == '-' || language[2] == '_');
    for (size_t i = 0; is_chinese && i < ARRAY_LENGTH(hant); i++) {
        if (strstr(language, hant[i]) && !strstr(language, "Hans"))
            return "zh-Hant";
    }
    return language;
}

static bool is_language(const char *tag, const char *wanted)
{
    size_t len = strlen(tag);
    return strncmp(tag, wanted, len) == 0 && (wanted[len] == '\0' || wanted[len] == '-' || wanted[len] == '_');
}

static const struct language *find(const char *language)
{
    const char *wanted = tag_of(language);
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++) {
        if (is_language(languages[i].tag, wanted))
            return &languages[i];
    }
    return &languages[0];
}

static enum plural plural_of(const char *language, int64_t count)
{
    UErrorCode status = U_ZERO_ERROR;
    UPluralRules *rules = uplrules_open(language, &status);
    UChar units[16];
    char name[16] = "";
    int32_t len = uplrules_select(rules, (double)count, units, ARRAY_LENGTH(units) - 1, &status);
    if (U_SUCCESS(status))
        u_UCharsToChars(units, name, len + 1);
    uplrules_close(rules);
    for (int i = 0; i < PLURALS; i++) {
        if (strcmp(plurals[i], name) == 0)
            return (enum plural)i;
    }
    return OTHER;
}

void words_write(char out[WORDS_BYTES], enum word word, const char *language, int64_t count)
{
    const struct language *of = find(language);
    const char *const *forms = of->words[word];
    const char *form = forms[plural_of(of->tag, count)];
    form = form ? form : forms[OTHER];
    const char *place = strstr(form, "{n}");
    char digits[DIGITS_BYTES];
    digits_count(digits, count, language);
    snprintf(out, WORDS_BYTES, "%.*s%s%s", place ? (int)(place - form) : (int)strlen(form), form, place ? digits : "",
        place ? place + 3 : "");
}
