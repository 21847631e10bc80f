/* docs/api.md and the code name the same commands, arguments, roles and events. */
#include "desk.h"

#include <dirent.h>

#include "api/command.h"
#include "base/buffer.h"
#include "base/file.h"

static struct buffer read_file(const char *path)
{
    struct buffer text = {0};
    struct error err = {0};
    char *whole = xasprintf("%s/%s", getenv("ANTIPHON_SOURCE_ROOT"), path);
    if (!file_read(whole, 4 << 20, &text, &err))
        fail_msg("%s", err.text);
    buffer_add_char(&text, '\0');
    free(whole);
    return text;
}

/* The table's row whose first cell names it, as a text of its own; NULL: there is none. */
static char *find_row(const char *page, const char *table, const char *name)
{
    const char *row = strstr(page, table);
    char *quoted = xasprintf("`%s`", name), *found = NULL;
    assert_non_null(row);
    while (!found && (row = strchr(row, '\n')) && row[1] == '|') {
        row++;
        size_t cell = strcspn(row + 1, "|") + 1, len = strcspn(row, "\n");
        char *first = xstrndup(row, cell);
        if (strstr(first, quoted))
            found = xstrndup(row, len);
        free(first);
    }
    free(quoted);
    return found;
}

/* "`id`", "`id` of it", but not "`identity`". */
static bool has_word(const char *row, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = row; (at = strstr(at, word)); at++) {
        bool begins = at == row || !strchr("abcdefghijklmnopqrstuvwxyz_0123456789", at[-1]);
        if (begins && !strchr("abcdefghijklmnopqrstuvwxyz_0123456789", at[len] ? at[len] : ' '))
            return true;
    }
    return false;
}

static bool ends_with_role(const char *row, const char *role)
{
    char *end = xasprintf("| %s |", role);
    size_t len = strlen(end), row_len = strlen(row);
    bool is_same = row_len >= len && strcmp(row + row_len - len, end) == 0;
    free(end);
    return is_same;
}

static void test_commands(void **state)
{
    struct buffer page = read_file("docs/api.md");
    const struct command *command;
    size_t wrong = 0;
    for (size_t i = 0; (command = command_at(i)); i++) {
        char *row = find_row(page.data, "| `command` | arguments | role |", command->name);
        if (!row) {
            print_error("docs/api.md has no row of %s\n", command->name);
            wrong++;
            continue;
        }
        if (!ends_with_role(row, api_role_name(command->role))) {
            print_error("%s is for role %s: %s\n", command->name, api_role_name(command->role), row);
            wrong++;
        }
        bool is_elsewhere = strstr(row, "as `poll.open`") || strstr(row, "a filter");
        for (size_t k = 0; k < COMMAND_ARGUMENTS_MAX && command->arguments[k].name; k++) {
            if (is_elsewhere || has_word(row, command->arguments[k].name))
                continue;
            print_error("%s takes %s: %s\n", command->name, command->arguments[k].name, row);
            wrong++;
        }
        free(row);
    }
    assert_int_equal(wrong, 0);
    buffer_fini(&page);
}

static bool is_command(const char *name, size_t len)
{
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++) {
        if (strlen(command->name) == len && strncmp(command->name, name, len) == 0)
            return true;
    }
    return false;
}

/* And no row names what is not there. */
static void test_rows(void **state)
{
    struct buffer page = read_file("docs/api.md");
    const char *row = strstr(page.data, "| `command` | arguments | role |");
    row = strchr(strchr(row, '\n') + 1, '\n') + 1;  // behind |---|
    size_t count = 0;
    for (; *row == '|'; row = strchr(row, '\n') + 1) {
        size_t cell = strcspn(row + 1, "|");
        for (const char *at = row; (at = memchr(at, '`', cell - (size_t)(at - row))); count++) {
            size_t len = strcspn(at + 1, "`");
            if (!is_command(at + 1, len))
                fail_msg("docs/api.md: there is no command %.*s", (int)len, at + 1);
            at += len + 2;
        }
    }
    assert_true(count > 60);
    buffer_fini(&page);
}

/* Every {"type":"…" that a file of api/ writes has a row. */
static void test_events(void **state)
{
    static const char begin[] = "{\\\"type\\\":\\\"";
    struct buffer page = read_file("docs/api.md");
    char *path = xasprintf("%s/src/api", getenv("ANTIPHON_SOURCE_ROOT"));
    DIR *folder = opendir(path);
    size_t count = 0;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        size_t len = strlen(entry->d_name);
        if (len < 3 || strcmp(entry->d_name + len - 2, ".c") != 0)
            continue;
        char *name = xasprintf("src/api/%s", entry->d_name);
        struct buffer source = read_file(name);
        for (const char *at = source.data; (at = strstr(at, begin)); at += strlen(begin)) {
            size_t type_len = strspn(at + strlen(begin), "abcdefghijklmnopqrstuvwxyz_");
            char *type = xstrndup(at + strlen(begin), type_len), *quoted = xasprintf("| `%s` |", type);
            bool is_named = strcmp(type, "welcome") == 0 || strcmp(type, "snapshot") == 0 ? has_word(page.data, type)
                                                                                         : strstr(page.data, quoted) != NULL;
            if (type_len > 0 && !is_named)
                fail_msg("%s sends \"%s\", of which docs/api.md has no row", name, type);
            count += type_len > 0;
            free(quoted);
            free(type);
        }
        buffer_fini(&source);
        free(name);
    }
    assert_true(count > 20);
    closedir(folder);
    free(path);
    buffer_fini(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands), cmocka_unit_test(test_rows), cmocka_unit_test(test_events)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
