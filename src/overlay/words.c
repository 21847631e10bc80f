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
        [WORD_BACK_SOON] = {"Back soon"},
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
        [WORD_BACK_SOON] = {"به‌زودی برمی‌گردیم"},
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
        [WORD_BACK_SOON] = {"سنعود قريبًا"},
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
        [WORD_BACK_SOON] = {"馬上回來"},
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
        [WORD_BACK_SOON] = {"马上回来"},
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
        [WORD_BACK_SOON] = {"Volvemos enseguida"},
    }},
    {"de", {
        [WORD_ASKED_BY] = {"gefragt von {n}"},
        [WORD_MORE] = {"und {n} weitere"},
        [WORD_MEMBER] = {"ist jetzt Mitglied"},
        [WORD_MEMBER_MONTHS] = {"seit {n} Monaten Mitglied", "seit {n} Monat Mitglied"},
        [WORD_GIFTED_MEMBERS] = {"verschenkt {n} Mitgliedschaften", "verschenkt {n} Mitgliedschaft"},
        [WORD_SUBSCRIBER] = {"hat abonniert"},
        [WORD_SUBSCRIBER_MONTHS] = {"Abo seit {n} Monaten", "Abo seit {n} Monat"},
        [WORD_GIFTED_SUBSCRIBERS] = {"verschenkt {n} Abos", "verschenkt {n} Abo"},
        [WORD_RAID] = {"kommt mit einem Raid"},
        [WORD_RAID_VIEWERS] = {"Raid mit {n} Zuschauern", "Raid mit {n} Zuschauer"},
        [WORD_GIFT] = {"schickt ein Geschenk"},
        [WORD_BITS] = {"{n} Bits", "{n} Bit"},
        [WORD_BOOST] = {"boostet den Server"},
        [WORD_BACK_SOON] = {"Gleich zurück"},
    }},
    {"fr", {
        [WORD_ASKED_BY] = {"demandé par {n}"},
        [WORD_MORE] = {"et {n} autres", "et {n} autre"},
        [WORD_MEMBER] = {"devient membre"},
        [WORD_MEMBER_MONTHS] = {"membre depuis {n} mois"},
        [WORD_GIFTED_MEMBERS] = {"offre {n} adhésions", "offre {n} adhésion"},
        [WORD_SUBSCRIBER] = {"nouvel abonnement"},
        [WORD_SUBSCRIBER_MONTHS] = {"abonnement depuis {n} mois"},
        [WORD_GIFTED_SUBSCRIBERS] = {"offre {n} abonnements", "offre {n} abonnement"},
        [WORD_RAID] = {"arrive avec un raid"},
        [WORD_RAID_VIEWERS] = {"raid avec {n} spectateurs", "raid avec {n} spectateur"},
        [WORD_GIFT] = {"envoie un cadeau"},
        [WORD_BITS] = {"{n} bits", "{n} bit"},
        [WORD_BOOST] = {"booste le serveur"},
        [WORD_BACK_SOON] = {"De retour dans un instant"},
    }},
    {"he", {
        [WORD_ASKED_BY] = {"{n} שאלו", "שאלה אחת"},
        [WORD_MORE] = {"ועוד {n}"},
        [WORD_MEMBER] = {"הצטרפות לחברים"},
        [WORD_MEMBER_MONTHS] = {"חודשי חברות: {n}"},
        [WORD_GIFTED_MEMBERS] = {"מתנה: {n} חברויות", "מתנה: חברות אחת"},
        [WORD_SUBSCRIBER] = {"מינוי חדש"},
        [WORD_SUBSCRIBER_MONTHS] = {"חודשי מינוי: {n}"},
        [WORD_GIFTED_SUBSCRIBERS] = {"מתנה: {n} מינויים", "מתנה: מינוי אחד"},
        [WORD_RAID] = {"הגיע ריד"},
        [WORD_RAID_VIEWERS] = {"ריד עם {n} צופים", "ריד עם צופה אחד"},
        [WORD_GIFT] = {"נשלחה מתנה"},
        [WORD_BITS] = {"{n} ביטים", "ביט אחד"},
        [WORD_BOOST] = {"בוסט לשרת"},
        [WORD_BACK_SOON] = {"מיד חוזרים"},
    }},
    {"hi", {
        [WORD_ASKED_BY] = {"{n} लोगों ने पूछा", "{n} व्यक्ति ने पूछा"},
        [WORD_MORE] = {"और {n} अन्य"},
        [WORD_MEMBER] = {"सदस्य बने"},
        [WORD_MEMBER_MONTHS] = {"{n} महीने से सदस्य"},
        [WORD_GIFTED_MEMBERS] = {"{n} सदस्यताएँ भेंट कीं", "{n} सदस्यता भेंट की"},
        [WORD_SUBSCRIBER] = {"सब्सक्राइब किया"},
        [WORD_SUBSCRIBER_MONTHS] = {"{n} महीने से सब्सक्राइबर"},
        [WORD_GIFTED_SUBSCRIBERS] = {"{n} सब्सक्रिप्शन भेंट किए", "{n} सब्सक्रिप्शन भेंट किया"},
        [WORD_RAID] = {"रेड के साथ आए"},
        [WORD_RAID_VIEWERS] = {"{n} दर्शकों के साथ रेड", "{n} दर्शक के साथ रेड"},
        [WORD_GIFT] = {"उपहार भेजा"},
        [WORD_BITS] = {"{n} बिट्स", "{n} बिट"},
        [WORD_BOOST] = {"सर्वर को बूस्ट किया"},
        [WORD_BACK_SOON] = {"जल्द ही वापस आते हैं"},
    }},
    {"ja", {
        [WORD_ASKED_BY] = {"{n}人が質問"},
        [WORD_MORE] = {"ほか{n}件"},
        [WORD_MEMBER] = {"メンバーになりました"},
        [WORD_MEMBER_MONTHS] = {"メンバー歴{n}か月"},
        [WORD_GIFTED_MEMBERS] = {"メンバーシップを{n}件ギフト"},
        [WORD_SUBSCRIBER] = {"サブスク登録"},
        [WORD_SUBSCRIBER_MONTHS] = {"サブスク{n}か月"},
        [WORD_GIFTED_SUBSCRIBERS] = {"サブスクを{n}件ギフト"},
        [WORD_RAID] = {"レイドで来ました"},
        [WORD_RAID_VIEWERS] = {"視聴者{n}人とレイド"},
        [WORD_GIFT] = {"ギフトを贈りました"},
        [WORD_BITS] = {"{n}ビッツ"},
        [WORD_BOOST] = {"サーバーをブースト"},
        [WORD_BACK_SOON] = {"まもなく再開します"},
    }},
    {"ko", {
        [WORD_ASKED_BY] = {"{n}명이 질문"},
        [WORD_MORE] = {"외 {n}건"},
        [WORD_MEMBER] = {"멤버가 되었어요"},
        [WORD_MEMBER_MONTHS] = {"멤버 {n}개월"},
        [WORD_GIFTED_MEMBERS] = {"멤버십 {n}개 선물"},
        [WORD_SUBSCRIBER] = {"구독했어요"},
        [WORD_SUBSCRIBER_MONTHS] = {"구독 {n}개월"},
        [WORD_GIFTED_SUBSCRIBERS] = {"구독권 {n}개 선물"},
        [WORD_RAID] = {"레이드로 왔어요"},
        [WORD_RAID_VIEWERS] = {"시청자 {n}명과 레이드"},
        [WORD_GIFT] = {"선물을 보냈어요"},
        [WORD_BITS] = {"{n}비트"},
        [WORD_BOOST] = {"서버를 부스트했어요"},
        [WORD_BACK_SOON] = {"잠시 후 돌아옵니다"},
    }},
    {"pt", {
        [WORD_ASKED_BY] = {"perguntado por {n}"},
        [WORD_MORE] = {"e mais {n}"},
        [WORD_MEMBER] = {"virou membro"},
        [WORD_MEMBER_MONTHS] = {"membro há {n} meses", "membro há {n} mês"},
        [WORD_GIFTED_MEMBERS] = {"deu {n} assinaturas de membro", "deu {n} assinatura de membro"},
        [WORD_SUBSCRIBER] = {"nova inscrição"},
        [WORD_SUBSCRIBER_MONTHS] = {"inscrição há {n} meses", "inscrição há {n} mês"},
        [WORD_GIFTED_SUBSCRIBERS] = {"deu {n} inscrições", "deu {n} inscrição"},
        [WORD_RAID] = {"chegou com uma raid"},
        [WORD_RAID_VIEWERS] = {"raid com {n} espectadores", "raid com {n} espectador"},
        [WORD_GIFT] = {"enviou um presente"},
        [WORD_BITS] = {"{n} bits", "{n} bit"},
        [WORD_BOOST] = {"impulsionou o servidor"},
        [WORD_BACK_SOON] = {"Voltamos já"},
    }},
    {"ru", {
        [WORD_ASKED_BY] = {[OTHER] = "спросили {n} человека", [ONE] = "спросил {n} человек",
            [FEW] = "спросили {n} человека", [MANY] = "спросили {n} человек"},
        [WORD_MORE] = {"и ещё {n}"},
        [WORD_MEMBER] = {"новый участник"},
        [WORD_MEMBER_MONTHS] = {[OTHER] = "участник {n} месяца", [ONE] = "участник {n} месяц",
            [FEW] = "участник {n} месяца", [MANY] = "участник {n} месяцев"},
        [WORD_GIFTED_MEMBERS] = {[OTHER] = "подарок: {n} участия", [ONE] = "подарок: {n} участие",
            [FEW] = "подарок: {n} участия", [MANY] = "подарок: {n} участий"},
        [WORD_SUBSCRIBER] = {"новая подписка"},
        [WORD_SUBSCRIBER_MONTHS] = {[OTHER] = "подписка {n} месяца", [ONE] = "подписка {n} месяц",
            [FEW] = "подписка {n} месяца", [MANY] = "подписка {n} месяцев"},
        [WORD_GIFTED_SUBSCRIBERS] = {[OTHER] = "подарок: {n} подписки", [ONE] = "подарок: {n} подписка",
            [FEW] = "подарок: {n} подписки", [MANY] = "подарок: {n} подписок"},
        [WORD_RAID] = {"пришёл рейд"},
        [WORD_RAID_VIEWERS] = {[OTHER] = "рейд: {n} зрителя", [ONE] = "рейд: {n} зритель",
            [FEW] = "рейд: {n} зрителя", [MANY] = "рейд: {n} зрителей"},
        [WORD_GIFT] = {"подарок"},
        [WORD_BITS] = {[OTHER] = "{n} бита", [ONE] = "{n} бит", [FEW] = "{n} бита", [MANY] = "{n} битов"},
        [WORD_BOOST] = {"буст сервера"},
        [WORD_BACK_SOON] = {"Скоро вернёмся"},
    }},
    {"tr", {
        [WORD_ASKED_BY] = {"{n} kişi sordu"},
        [WORD_MORE] = {"ve {n} tane daha"},
        [WORD_MEMBER] = {"üye oldu"},
        [WORD_MEMBER_MONTHS] = {"{n} aydır üye"},
        [WORD_GIFTED_MEMBERS] = {"{n} üyelik hediye etti"},
        [WORD_SUBSCRIBER] = {"abone oldu"},
        [WORD_SUBSCRIBER_MONTHS] = {"{n} aydır abone"},
        [WORD_GIFTED_SUBSCRIBERS] = {"{n} abonelik hediye etti"},
        [WORD_RAID] = {"baskınla geldi"},
        [WORD_RAID_VIEWERS] = {"{n} izleyiciyle baskın"},
        [WORD_GIFT] = {"hediye gönderdi"},
        [WORD_BITS] = {"{n} bit"},
        [WORD_BOOST] = {"sunucuyu destekledi"},
        [WORD_BACK_SOON] = {"Birazdan dönüyoruz"},
    }},
    {"ur", {
        [WORD_ASKED_BY] = {"{n} افراد نے پوچھا", "{n} فرد نے پوچھا"},
        [WORD_MORE] = {"اور {n} مزید"},
        [WORD_MEMBER] = {"رکن بنے"},
        [WORD_MEMBER_MONTHS] = {"{n} ماہ سے رکن"},
        [WORD_GIFTED_MEMBERS] = {"{n} رکنیتیں تحفے میں دیں", "{n} رکنیت تحفے میں دی"},
        [WORD_SUBSCRIBER] = {"سبسکرائب کیا"},
        [WORD_SUBSCRIBER_MONTHS] = {"{n} ماہ سے سبسکرائبر"},
        [WORD_GIFTED_SUBSCRIBERS] = {"{n} سبسکرپشن تحفے میں دیں", "{n} سبسکرپشن تحفے میں دی"},
        [WORD_RAID] = {"ریڈ کے ساتھ آئے"},
        [WORD_RAID_VIEWERS] = {"{n} ناظرین کے ساتھ ریڈ", "{n} ناظر کے ساتھ ریڈ"},
        [WORD_GIFT] = {"تحفہ بھیجا"},
        [WORD_BITS] = {"{n} بٹس", "{n} بٹ"},
        [WORD_BOOST] = {"سرور کو بوسٹ کیا"},
        [WORD_BACK_SOON] = {"ہم جلد واپس آتے ہیں"},
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
