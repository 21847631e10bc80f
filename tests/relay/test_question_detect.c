/* What looks like a question, and when two are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "relay/language_guess.h"
#include "relay/question_detect.h"
#include "relay/question_reading.h"
#include "relay/text_key.h"
#include "words_fixture.h"

/* A row: by the words of which languages, the text, its reasons (m mark, w word, c command; "" none). */
struct row {
    const char *languages, *text, *reasons;
};

static const struct row rows[] = {
    // marks of all scripts, whatever the language
    {"en", "what does this song mean to you?", "mw"},
    {"en", "این آهنگ برای شما چه معنایی دارد؟", "m"},
    {"en", "ما هو اسمك؟", "m"},
    {"en", "這首歌對你有什麼意義？", "m"},
    {"en", "誰？", "m"},
    {"en", "Πώς σε λένε;", "m"},
    {"en", "Πώς σε λένε;", "m"},
    {"en", "¿Cuándo tocas aquí?", "m"},
    {"en", "ስምህ ማን ነው፧", "m"},
    {"en", "Ի՞նչ է քո անունը՞", "m"},
    {"en", "you play tomorrow❓", "m"},
    {"en", "you play tomorrow⁇", "m"},
    {"en", "you play tomorrow?😂", "m"},
    {"en", "you play tomorrow ? thanks", "m"},
    {"en", "why?! tell us", "m"},
    {"en", "really?! no way", "m"},
    {"en", "see https://a.example/?v=1 is that you?", "mw"},
    // no marks: addresses, noise
    {"en", "", ""}, {"en", "?", ""}, {"en", "???", ""}, {"en", "ok?", ""}, {"en", "😂?", ""}, {"en", "？？？", ""}, {"en", "؟؟؟", ""},
    {"en", "lol?", ""}, {"en", "hello??", ""}, {"en", "haha ok?", ""},
    {"en", "https://a.example/watch?v=1", ""}, {"en", "look at https://a.example/?", ""}, {"en", "youtu.be/x?t=12 nice", ""},
    {"en", "great; really great;", ""}, {"en", "hello everybody", ""}, {"en", "1080p?", ""},
    // English
    {"en", "how did you learn this", "w"}, {"en", "hey man, what time is it there", "w"}, {"en", "@anna do you like tea", "w"},
    {"en", "where are you from", "w"}, {"en", "bro are you gonna play ranked today", "w"}, {"en", "Whats ur favourite song", "w"},
    {"en", "anyone know this track", "w"}, {"en", "i was wondering if you ever tour", "w"}, {"en", "nice. how old is that guitar", "w"},
    {"en", "what a play!", ""}, {"en", "what a beautiful voice", ""}, {"en", "how cute", ""}, {"en", "how beautiful is that song", ""},
    {"en", "who cares about that", ""}, {"en", "no matter what they say", ""}, {"en", "thats why we love you", ""},
    {"en", "when i was young i played this", ""}, {"en", "can not wait for the album", ""}, {"en", "guess what i got today", ""},
    {"en", "WHAT THE HELL IS HAPPENING", ""}, {"en", "so what we are here anyway", ""}, {"en", "i know how you feel", ""},
    {"en", "what a goal?", "m"}, {"en", "love from brazil", ""}, {"en", "this is the best stream", ""},
    // Persian
    {"fa", "چرا این را می‌خوانی", "w"}, {"fa", "کی میای ایران", "w"}, {"fa", "سلام اسم این آهنگ چیه", "w"}, {"fa", "چند سالته داداش", "w"},
    {"fa", "آيا كنسرت داريد", "w"}, {"fa", "نظرت درباره بازی جدید", "w"}, {"fa", "میشه یه بار دیگه بخونی", "w"}, {"fa", "تو اهل کجایی", "w"},
    {"fa", "چه قشنگ خوندی", ""}, {"fa", "چقدر خوب بود این", ""}, {"fa", "چقدر دوستت دارم من", ""}, {"fa", "هر چی بگی حق داری", ""},
    {"fa", "سلام به همه", ""}, {"fa", "من از ایران تماشا میکنم", ""}, {"fa", "من عاشق این آهنگم", ""}, {"fa", "نمی‌دونم چرا گریه‌ام گرفت", ""},
    {"fa", "وقتی که میخونی حالم خوب میشه", ""}, {"fa", "چه عجب اومدی", ""},
    // Arabic
    {"ar", "هل تحب القهوة", "w"}, {"ar", "كيف حالك اليوم", "w"}, {"ar", "شو اسم هالأغنية", "w"}, {"ar", "ما هي لعبتك المفضلة", "w"},
    {"ar", "ليش ما تلعب معنا", "w"}, {"ar", "من هو مغنيك المفضل", "w"}, {"ar", "إمتى البث الجاي", "w"}, {"ar", "عندي سؤال عن الكاميرا", "w"},
    {"ar", "ما شاء الله عليك", ""}, {"ar", "ماشاء الله صوتك جميل", ""}, {"ar", "من مصر مع التحية", ""}, {"ar", "انا من السعودية", ""},
    {"ar", "ما أجمل هذا الصوت", ""}, {"ar", "ما عندي مشكلة معك", ""}, {"ar", "كم أحب هذه الأغنية", ""}, {"ar", "تحية لك من العراق", ""},
    {"ar fa", "من از تهران میبینم", ""}, {"ar fa", "من هستم از شیراز", ""}, {"ar fa", "من اللي كتب الاغنية", "w"}, {"ar fa", "ما همه اینجا هستیم", ""},
    // Chinese
    {"zh-Hant", "你會再來嗎", "w"}, {"zh-Hans", "你会再来吗", "w"}, {"zh-Hant", "請問這首歌叫什麼名字", "w"}, {"zh-Hans", "你几岁开始玩的", "w"},
    {"zh-Hant", "主播為什麼不開鏡頭", "w"}, {"zh-Hans", "有没有吃晚饭", "w"}, {"zh-Hant", "你是哪裡人", "w"}, {"zh-Hant", "點解唔玩嗰隻game", "w"},
    {"zh-Hans", "能不能唱一首情歌", "w"}, {"zh-Hant", "今天玩多久", "w"},
    {"zh-Hant", "很好聽", ""}, {"zh-Hans", "没什么好说的", ""}, {"zh-Hant", "怎麼這麼可愛", ""}, {"zh-Hans", "什么都好吃", ""},
    {"zh-Hans", "谁知道呢哈哈", ""}, {"zh-Hant", "我還沒有", ""}, {"zh-Hant", "大家好我是新來的", ""},
    // Spanish
    {"es", "cuándo vienes a México", "w"}, {"es", "hola cómo te llamas", "w"}, {"es", "de donde eres amigo", "w"}, {"es", "que juego es ese", "w"},
    {"es", "te gusta el café", "w"}, {"es", "cuantos años tienes bro", "w"}, {"es", "por qué no juegas hoy", "w"},
    {"es", "que lindo juego", ""}, {"es", "como siempre el mejor", ""}, {"es", "que golazo hermano", ""}, {"es", "como me gusta esta cancion", ""},
    {"es", "saludos desde perú", ""}, {"es", "creo que es la mejor", ""},
    // Turkish
    {"tr", "bu şarkının adı ne", "w"}, {"tr", "kaç yaşındasın abi", "w"}, {"tr", "yarın yayın var mı", "w"}, {"tr", "ne zaman geliyorsun", "w"},
    {"tr", "beni duyuyor musun", "w"}, {"tr", "NASILSIN kral nasıl gidiyor", "w"},
    {"tr", "ne güzel söyledin", ""}, {"tr", "ne kadar tatlısın ya", ""}, {"tr", "selam herkese", ""}, {"es tr", "te quiero mi amor", ""},
    // German
    {"de", "wie alt bist du", "w"}, {"de", "wann spielst du wieder", "w"}, {"de", "hast du Geschwister", "w"}, {"de", "warum ist das so laut", "w"},
    {"de", "wie geil ist das denn", ""}, {"de", "wie geil!", ""}, {"de", "was ein Spiel heute", ""}, {"de en", "was a great stream today", ""},
    {"de", "wie immer der Beste", ""}, {"de en", "that was the best song", ""},
    // French
    {"fr", "pourquoi tu joues pas", "w"}, {"fr", "c'est quoi le nom du morceau", "w"}, {"fr", "est-ce que tu viens à Lyon", "w"}, {"fr", "tu as quel âge", "w"},
    {"fr", "quel match incroyable", ""}, {"fr", "pourquoi pas", ""}, {"fr", "salut tout le monde", ""},
    // Portuguese
    {"pt", "quantos anos você tem", "w"}, {"pt", "qual é o nome da música", "w"}, {"pt", "quando vai ter live de novo", "w"},
    {"pt", "que golaço mano", ""}, {"pt", "que saudade dessa voz", ""}, {"pt", "tanto faz o jogo", ""},
    // Italian
    {"it", "come ti chiami", "w"}, {"it", "quando torni a Roma", "w"}, {"it", "da dove vieni amico", "w"}, {"it en", "come on guys let's go to the boss", ""},
    {"it", "che bello questo pezzo", ""}, {"it", "come sempre grande", ""},
    // Russian, Ukrainian
    {"ru", "сколько тебе лет", "w"}, {"ru", "когда следующий стрим", "w"}, {"ru", "почему ты не играешь", "w"}, {"ru", "чё за песня кто поёт", ""},
    {"ru", "как красиво поёшь", ""}, {"ru", "какой гол вообще", ""}, {"ru", "как всегда топ", ""}, {"ru", "привет из Казани", ""},
    {"uk", "скільки тобі років", "w"}, {"uk", "чому так тихо сьогодні", "w"}, {"uk", "як гарно співаєш", ""}, {"uk", "привіт з Києва", ""},
    // Hebrew, Hindi, Urdu
    {"he", "בן כמה אתה", "w"}, {"he", "למה אתה לא מנגן", "w"}, {"he", "מתי ההופעה הבאה", "w"}, {"he", "איזה יופי של שיר", ""}, {"he", "שלום לכולם", ""},
    {"hi", "आप कब आओगे दिल्ली", "w"}, {"hi", "ये गाना कौन सा है", "w"}, {"hi", "kya aap live ho", "w"}, {"hi", "क्या बात है भाई", ""}, {"hi", "बहुत अच्छा", ""},
    {"ur", "آپ کہاں سے ہیں", "w"}, {"ur", "یہ گانا کون سا ہے", "w"}, {"ur", "کیا بات ہے بھائی", ""}, {"ur", "بہت خوب", ""},
    // Japanese, Korean, Thai
    {"ja", "好きな色は何ですか", "w"}, {"ja", "いつから始めましたか", "w"}, {"ja", "この曲の名前教えて", "w"}, {"ja", "どうして日本語上手なの", "w"},
    {"ja", "いつもありがとう", ""}, {"ja", "どうぞよろしく", ""}, {"ja", "かわいい", ""},
    {"ko", "몇 살이에요", "w"}, {"ko", "이 노래 제목이 뭐예요", "w"}, {"ko", "언제 한국 와요", "w"}, {"ko", "언제나 응원해요", ""}, {"ko", "안녕하세요", ""},
    {"th", "อายุเท่าไหร่", "w"}, {"th", "เล่นเกมอะไรอยู่", "w"}, {"th", "ชอบกาแฟไหม", "w"}, {"th", "ไม่เป็นไร", ""}, {"th", "น่ารักมาก", ""},
    // Indonesian, Vietnamese
    {"id", "umur berapa bang", "w"}, {"id", "kapan live lagi", "w"}, {"id", "lagu apa ini", "w"}, {"id", "apapun yang terjadi", ""}, {"id", "entah kenapa sedih", ""},
    {"vi", "anh bao nhiêu tuổi", "w"}, {"vi", "bai nay ten gi vay", "w"}, {"vi", "khi nào live tiếp", "w"}, {"vi", "không sao đâu anh", ""}, {"vi", "hay lắm", ""},
    // words of a language that is not the show's ask nothing
    {"en", "چرا این را می‌خوانی", ""}, {"fa", "how did you learn this", ""}, {"en", "你會再來嗎", ""}, {"tr", "cuantos años tienes bro", ""},
};

static void test_questions(void **state)
{
    size_t wrong = 0;
    struct question_words *words = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (i == 0 || strcmp(rows[i].languages, rows[i - 1].languages) != 0) {
            question_words_destroy(words);
            words = fixture_words(rows[i].languages);
        }
        struct question_hint hint = question_detect(words, str_from(rows[i].text));
        char reasons[4] = "", *at = reasons;
        if (hint.reasons & QUESTION_REASON_MARK)
            *at++ = 'm';
        if (hint.reasons & QUESTION_REASON_WORD)
            *at++ = 'w';
        *at = '\0';
        if (strcmp(reasons, rows[i].reasons) != 0 || hint.is_question != (*reasons != '\0') ||
            (hint.score > 0) != hint.is_question) {
            print_error("%s \"%s\": \"%s\", not \"%s\" (score %d)\n", rows[i].languages, rows[i].text, reasons, rows[i].reasons, hint.score);
            wrong++;
        }
    }
    question_words_destroy(words);
    print_message("%zu rows\n", ARRAY_LENGTH(rows));
    assert_int_equal(wrong, 0);
}

static void test_commands(void **state)
{
    static const struct {
        const char *text, *shown;  // shown NULL: no question
    } cases[] = {
        {"!ask your favourite city", "your favourite city"},
        {"!ASK   your favourite city ", "your favourite city"},
        {"！ask your favourite city", "your favourite city"},
        {"!q: your age", "your age"},
        {"!q：your age", "your age"},
        {"!سوال بهترین شهر", "بهترین شهر"},
        {"!سؤال عن البث", "عن البث"},
        {"!問 你的年齡", "你的年齡"},
        {"!提问 你的年龄", "你的年龄"},
        {"!pregunta tu ciudad", "tu ciudad"},
        {"!ask 42", "42"},
        {"  !ask me anything", "me anything"},
        {"!ask", NULL}, {"!ask  ", NULL}, {"!asking price", NULL}, {"ask me", NULL}, {"hello !ask me", NULL}, {"!vote 2", NULL},
    };
    struct question_words *words = question_words_create(&(struct question_words_options){0});
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct question_hint hint = question_detect(words, str_from(cases[i].text));
        if (hint.is_question != (cases[i].shown != NULL) || (hint.is_question && hint.reasons != QUESTION_REASON_COMMAND))
            fail_msg("\"%s\": %s", cases[i].text, hint.is_question ? "a question" : "no question");
        if (cases[i].shown && !str_equal(hint.text, str_from(cases[i].shown)))
            fail_msg("\"%s\": shown as \"%.*s\"", cases[i].text, (int)hint.text.len, hint.text.data);
    }
    question_words_destroy(words);
    const char *own[] = {"?frage"};
    words = question_words_create(&(struct question_words_options){.commands = own, .command_count = 1});
    assert_true(question_detect(words, STR("?frage deine Stadt")).is_question);
    assert_false(question_detect(words, STR("!ask your city")).is_question);
    question_words_destroy(words);
}

/* The score sorts: what is surer stands above. */
static void test_scores(void **state)
{
    static const char *const falling[] = {
        "!ask what is your favourite game?",
        "!ask your favourite game",
        "what is your favourite game?",
        "your favourite game is what you play?",
        "is it? i thought you play chess",
        "what is your favourite game",
        "what?",
    };
    struct question_words *words = fixture_words("en");
    int before = 101;
    for (size_t i = 0; i < ARRAY_LENGTH(falling); i++) {
        struct question_hint hint = question_detect(words, str_from(falling[i]));
        if (!hint.is_question || hint.score > before)
            fail_msg("\"%s\": %d behind %d", falling[i], hint.score, before);
        before = hint.score;
    }
    assert_true(question_detect(words, STR("what a game is this?")).score < question_detect(words, STR("what game is this?")).score);
    assert_int_equal(question_detect_native(words, STR("my city")).score, 100);
    assert_int_equal(question_detect_native(words, STR("😂")).score, 100);
    assert_false(question_detect_native(words, STR(" ")).is_question);
    question_words_destroy(words);
}

static void test_languages(void **state)
{
    static const struct {
        const char *text, *language;
    } cases[] = {
        {"what is the name of this song?", "en"}, {"how did you get into this?", "en"}, {"چرا این آهنگ را دوست داری؟", "fa"},
        {"کی میای تهران؟", "fa"}, {"آهنگ بعدی چیه؟", "fa"}, {"هل تحب هذه الأغنية؟", "ar"}, {"متى البث القادم؟", "ar"},
        {"شو اسمك؟", "ar"}, {"یہ گانا کس نے لکھا ہے؟", "ur"}, {"آپ کا نام کیا ہے؟", "ur"},
        {"這首歌叫什麼名字？", "zh-Hant"}, {"这首歌叫什么名字？", "zh-Hans"}, {"你好？", "zh"}, {"好きな曲は？", "ja"},
        {"이 노래 뭐예요?", "ko"}, {"ชอบเพลงไหน?", "th"}, {"מה השם שלך?", "he"}, {"आपका नाम क्या है?", "hi"},
        {"как тебя зовут?", "ru"}, {"ты откуда?", "ru"}, {"як тебе звати?", "uk"}, {"який твій улюблений гравець?", "uk"},
        {"¿cuál es tu canción favorita?", "es"}, {"qual é a sua música favorita?", "pt"}, {"quelle est ta chanson préférée ?", "fr"},
        {"was ist dein Lieblingslied?", "de"}, {"qual è la tua canzone preferita?", "it"}, {"en sevdiğin şarkı nedir?", "tr"},
        {"lagu favorit kamu apa?", "id"}, {"bài hát yêu thích của bạn là gì?", "vi"}, {"Πώς σε λένε;", "el"},
        {"minecraft?", ""}, {"123?", ""}, {"", ""}, {"Kappa Kappa?", ""},
    };
    struct question_words *words = fixture_words("");
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct question_reading reading;
        struct str text = str_from(cases[i].text);
        question_reading_fill(&reading, text);
        const char *language = language_guess(words, &reading, text);
        if (strcmp(language, cases[i].language) != 0) {
            print_error("\"%s\": \"%s\", not \"%s\"\n", cases[i].text, language, cases[i].language);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    assert_string_equal(language_of_tag(words, "zh-TW"), "zh-Hant");
    assert_string_equal(language_of_tag(words, "zh-CN"), "zh-Hans");
    assert_string_equal(language_of_tag(words, "PT-br"), "pt");
    assert_string_equal(language_of_tag(words, "sv"), "sv");
    question_words_destroy(words);
}

/* --- Files of words --- */

struct complaints {
    char texts[16][200];
    size_t count;
};

static void take_complaint(void *data, const char *text)
{
    struct complaints *complaints = data;
    if (complaints->count < ARRAY_LENGTH(complaints->texts))
        snprintf(complaints->texts[complaints->count++], sizeof(complaints->texts[0]), "%s", text);
}

static void test_bad_lines(void **state)
{
    static const char text[] = "# a comment\n\nopen why, how\nopne what\nword\nalias u you\nperson me = ten\nopen a = b\n"
                               "open \xff\xfe\nskip …\nopen 、، why  ,,\nword does it work\n";
    static const char *const expected[] = {"en.txt:4: ", "en.txt:5: ", "en.txt:6: ", "en.txt:7: ", "en.txt:8: ", "en.txt:9: ", "en.txt:10: "};
    char folder[] = "/tmp/antiphon-words-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = xasprintf("%s/en.txt", folder);
    struct error err = {0};
    assert_true(file_write_atomic(path, text, sizeof(text) - 1, 0600, &err));
    struct complaints complaints = {0};
    const struct question_words_options options = {.folder = folder, .data = &complaints, .on_bad_line = take_complaint};
    struct question_words *words = question_words_create(&options);
    for (size_t i = 0; i < complaints.count && i < ARRAY_LENGTH(expected); i++) {
        if (strncmp(complaints.texts[i], expected[i], strlen(expected[i])) != 0)
            fail_msg("\"%s\" does not begin with \"%s\"", complaints.texts[i], expected[i]);
    }
    assert_int_equal(complaints.count, ARRAY_LENGTH(expected));
    assert_true(question_detect(words, STR("i say does it work")).is_question);
    assert_true(question_detect(words, STR("why is that")).is_question);
    question_words_destroy(words);
    unlink(path);
    words = question_words_create(&options);  // and with nothing there marks still ask
    assert_true(question_detect(words, STR("why is that?")).is_question);
    assert_false(question_detect(words, STR("why is that")).is_question);
    assert_int_equal(complaints.count, ARRAY_LENGTH(expected) + 1);
    question_words_destroy(words);
    rmdir(folder);
    free(path);
}

/* What comes with the program has no line that is left out. */
static void test_own_files(void **state)
{
    struct complaints complaints = {0};
    char *folder = xasprintf("%s/assets/questions", getenv("ANTIPHON_SOURCE_ROOT"));
    struct question_words *words = question_words_create(
        &(struct question_words_options){.folder = folder, .data = &complaints, .on_bad_line = take_complaint});
    if (complaints.count > 0)
        fail_msg("%s", complaints.texts[0]);
    assert_true(question_words_language_count(words) >= 20);
    question_words_destroy(words);
    free(folder);
}

static char *key_of(const char *text)
{
    struct buffer key = {0};
    text_key_add(&key, text, strlen(text));
    return buffer_take(&key);
}

static void test_same(void **state)
{
    static const struct {
        const char *first, *second;
        bool is_same;
    } cases[] = {
        {"What's your name?", "WHATS YOUR NAME", true},
        {"چرا؟ كي مي‌آيي", "چرا؟ کی می آیی", true},
        {"هَلْ تُحِبُّ القَهْوَةَ؟", "هل تحب القهوه", true},
        {"這首歌叫什麼名字？", "这首歌叫什么名字?", true},
        {"Ｗｈｙ？", "why", true},
        {"۲ تا چرا؟", "2 تا چرا", true},
        {"Straße?", "STRASSE", true},
        {"كـــيف حالك", "كيف حالك", true},
        {"why now?", "why not?", false},
        {"राम कौन है", "रोम कौन है", false},
        {"ไก่", "ไข่", false},
        {"?!…", "", true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *first = key_of(cases[i].first), *second = key_of(cases[i].second);
        if ((strcmp(first, second) == 0) != cases[i].is_same)
            fail_msg("\"%s\" → \"%s\", \"%s\" → \"%s\"", cases[i].first, first, cases[i].second, second);
        free(first);
        free(second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_own_files),
        cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
