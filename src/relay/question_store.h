/* question_store.h - under which names the journal keeps questions. */
#pragma once

#define QUESTION_KEY "question:"
#define QUESTION_LAST_ID_KEY "questions:last_id"
#define QUESTION_SHOWS_KEY "questions:shows"
