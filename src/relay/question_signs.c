/* What finding a question tells of it: score, reasons, language. */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/language_guess.h"
#include "relay/question_reading.h"
#include "relay/questions_private.h"

static void guess_language(const struct questions *questions, struct question *question)
{
    struct question_reading reading;
    struct str text = str_from(question->text_original);
    question_reading_fill(&reading, text);
    free(question->language);
    question->language = xstrdup(language_guess(questions->options.words, &reading, text));
}

void question_note_signs(const struct questions *questions, struct question *question, const struct question_hint *hint)
{
    if (hint->score > question->score)
        question->score = hint->score;
    question->reasons |= hint->reasons;
    if (*question->language == '\0')
        guess_language(questions, question);
}

void question_write_signs(const struct question *question, struct buffer *out)
{
    if (question->score == 0)
        return;
    buffer_printf(out, ",\"score\":%d,\"reasons\":", question->score);
    question_reasons_write(question->reasons, out);
}

void question_read_signs(struct question *question, const json_t *object)
{
    const json_t *reasons = json_object_get(object, "reasons");
    question->score = (int)json_get_int(object, "score", 0);
    for (size_t i = 0; i < json_array_size(reasons); i++)
        question->reasons |= question_reason_from_name(json_string_value(json_array_get(reasons, i)));
}
