#include "connector/irc_line.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

static const struct {
    struct str name;
    enum irc_tag tag;
} names[] = {
    {{"time", 4}, IRC_TIME},      {{"msgid", 5}, IRC_MSGID},  {{"draft/msgid", 11}, IRC_MSGID},
    {{"account", 7}, IRC_ACCOUNT}, {{"batch", 5}, IRC_BATCH},  {{"label", 5}, IRC_LABEL},
    {{"draft/label", 11}, IRC_LABEL}, {{"bot", 3}, IRC_BOT},   {{"draft/bot", 9}, IRC_BOT},
    {{"inspircd.org/bot", 16}, IRC_BOT}, {{"+draft/reply", 12}, IRC_REPLY}, {{"+reply", 6}, IRC_REPLY},
    {{"+draft/react", 12}, IRC_REACT}, {{"+react", 6}, IRC_REACT},
};

/* The bytes up to the next space; *at moves behind the spaces. */
static struct str take_word(const char **at, const char *end)
{
    const char *start = *at, *space = memchr(start, ' ', (size_t)(end - start));
    const char *stop = space ? space : end;
    *at = stop;
    while (*at < end && **at == ' ')
        (*at)++;
    return (struct str){start, (size_t)(stop - start)};
}

/* The last of duplicates wins. */
static void keep_tag(struct irc_line *line, struct str pair)
{
    const char *equals = memchr(pair.data, '=', pair.len);
    struct str key = {pair.data, equals ? (size_t)(equals - pair.data) : pair.len};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (!str_equal(names[i].name, key))
            continue;
        line->has_tag[names[i].tag] = true;
        line->tags[names[i].tag] = equals ? (struct str){equals + 1, pair.len - key.len - 1} : STR("");
        return;
    }
}

static void parse_tags(struct irc_line *line, struct str tags)
{
    const char *at = tags.data, *end = tags.data + tags.len;
    while (at < end) {
        const char *mark = memchr(at, ';', (size_t)(end - at));
        struct str pair = {at, (size_t)((mark ? mark : end) - at)};
        if (pair.len > 0)
            keep_tag(line, pair);
        at += pair.len + 1;
    }
}

static void parse_source(struct irc_line *line, struct str source)
{
    const char *bang = source.len ? memchr(source.data, '!', source.len) : NULL;
    const char *at = source.len && !bang ? memchr(source.data, '@', source.len) : NULL;
    const char *end = bang ? bang : at;
    line->source = source;
    line->nick = (struct str){source.data, end ? (size_t)(end - source.data) : source.len};
    if (bang)
        line->userhost = (struct str){bang + 1, source.len - line->nick.len - 1};
}

static void parse_params(struct irc_line *line, const char *at, const char *end)
{
    while (at < end && line->param_count < IRC_PARAMS_MAX) {
        bool is_last = *at == ':' || line->param_count == IRC_PARAMS_MAX - 1;
        if (is_last) {
            at += *at == ':';
            line->params[line->param_count++] = (struct str){at, (size_t)(end - at)};
            return;
        }
        line->params[line->param_count++] = take_word(&at, end);
    }
}

static bool read_command(struct irc_line *line, struct error *err)
{
    struct str word = line->command;
    size_t digits = 0, letters = 0;
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.data[i], lower = c | 0x20;
        digits += c >= '0' && c <= '9';
        letters += lower >= 'a' && lower <= 'z';
    }
    if (word.len == 0)
        return error_set(err, ERROR_DATA, "an IRC line without a command");
    if (digits == 3 && word.len == 3)
        line->numeric = (word.data[0] - '0') * 100 + (word.data[1] - '0') * 10 + (word.data[2] - '0');
    else if (letters != word.len)
        return error_set(err, ERROR_DATA, "no IRC line: the command is \"%.*s\"; expected letters or three digits",
                         (int)(word.len < 20 ? word.len : 20), word.data);
    return true;
}

bool irc_line_parse(struct irc_line *line, const char *text, size_t len, struct error *err)
{
    const char *at = text, *end = text + len;
    *line = (struct irc_line){0};
    if (len > IRC_LINE_BYTES_MAX)
        return error_set(err, ERROR_DATA, "an IRC line of %zu bytes; at most %d are read", len, IRC_LINE_BYTES_MAX);
    while (end > at && (end[-1] == '\r' || end[-1] == '\n'))
        end--;
    if (at < end && memchr(at, '\0', (size_t)(end - at)))
        return error_set(err, ERROR_DATA, "an IRC line with a NUL in it");
    if (at < end && *at == '@') {
        at++;
        parse_tags(line, take_word(&at, end));
    }
    if (at < end && *at == ':') {
        at++;
        parse_source(line, take_word(&at, end));
    }
    line->command = take_word(&at, end);
    if (!read_command(line, err))
        return false;
    parse_params(line, at, end);
    return true;
}

bool irc_line_is(const struct irc_line *line, const char *command)
{
    return strlen(command) == line->command.len && strncasecmp(line->command.data, command, line->command.len) == 0;
}

struct str irc_line_param(const struct irc_line *line, size_t index)
{
    return index < line->param_count ? line->params[index] : STR("");
}

struct str irc_line_trailing(const struct irc_line *line, size_t count)
{
    return line->param_count >= count && count > 0 ? line->params[line->param_count - 1] : STR("");
}

int64_t irc_line_time_ms(const struct irc_line *line)
{
    int64_t time_ms = 0;
    struct str time = line->tags[IRC_TIME];
    return time.len > 0 && clock_parse_rfc3339(time.data, time.len, &time_ms) && time_ms > 0 ? time_ms : 0;
}
