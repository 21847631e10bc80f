#include "api/command_rules.h"

#include <stddef.h>
#include <string.h>

#include "base/memory.h"

static const struct {
    const char *name;
    unsigned rules;
} table[] = {
    {"audit", COMMAND_READS},
    {"author.remove", COMMAND_READS},
    {"blank", COMMAND_BUTTON},
    {"captions.line", COMMAND_AIRS | COMMAND_OFTEN},
    {"captions.start", COMMAND_AIRS},
    {"caught.allow", COMMAND_AIRS},
    {"card.add", COMMAND_MAY_AIR},
    {"card.air", COMMAND_AIRS | COMMAND_BUTTON},
    {"card.preview", COMMAND_READS},
    {"caught.allow", COMMAND_AIRS},
    {"clear", COMMAND_BUTTON | COMMAND_READS},
    {"erase", COMMAND_READS},
    {"gate.read_words", COMMAND_READS},
    {"goal.add", COMMAND_BUTTON | COMMAND_OFTEN},
    {"invite.list", COMMAND_READS},
    {"login.list", COMMAND_READS},
    {"message.remove", COMMAND_READS},
    {"next", COMMAND_AIRS | COMMAND_BUTTON},
    {"output.blank", COMMAND_BUTTON},
    {"output.watch", COMMAND_READS},
    {"panic", COMMAND_BUTTON | COMMAND_READS},
    {"poll.air", COMMAND_AIRS},
    {"poll.close", COMMAND_BUTTON},
    {"poll.export", COMMAND_READS},
    {"poll.open", COMMAND_MAY_AIR},
    {"poll.recount", COMMAND_READS},
    {"poll.saved", COMMAND_READS},
    {"question.air", COMMAND_AIRS},
    {"question.claim", COMMAND_OFTEN},
    {"say", COMMAND_READS},
    {"shoutout", COMMAND_AIRS | COMMAND_READS},
    {"source.moderate", COMMAND_READS},
    {"source.poll", COMMAND_READS},
    {"source.poll_end", COMMAND_READS},
    {"token.list", COMMAND_READS},
};

unsigned command_rules(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (strcmp(table[i].name, name) == 0)
            return table[i].rules;
    }
    return 0;
}

const char *command_rules_name(unsigned index)
{
    return index < ARRAY_LENGTH(table) ? table[index].name : NULL;
}
