#include "cli/relay_config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/config.h"
#include "cli/folders.h"
#include "cli/secrets.h"
#include "relay/on_air.h"
#include "relay/question_words.h"
#include "relay/relay.h"

struct relay_config {
    char *path;             // as given; NULL: the usual place
    struct config *config;  // owned; replaced by a reload
};

struct relay_config *relay_config_load(const char *path, struct error *err)
{
    struct config *loaded = config_load(path, err);
    if (!loaded)
        return NULL;
    struct relay_config *config = xcalloc(1, sizeof(*config));
    config->path = xstrdup(path);
    config->config = loaded;
    return config;
}

void relay_config_destroy(struct relay_config *config)
{
    if (!config)
        return;
    config_destroy(config->config);
    free(config->path);
    free(config);
}

const struct config *relay_config_get(const struct relay_config *config)
{
    return config->config;
}

static bool save_sources(void *data, const json_t *sources, struct error *err)
{
    struct relay_config *config = data;
    return config_write_sources(config->config, sources, err);
}

static bool save_gate(void *data, const json_t *gate, struct error *err)
{
    struct relay_config *config = data;
    return config_write_gate(config->config, gate, err);
}

static json_t *check_source(void *data, const json_t *source, struct error *err)
{
    const struct relay_config *config = data;
    return config_check_source(config->config, source, err);
}

static char *load_login(void *data, const char *platform)
{
    const struct relay_config *config = data;
    return secrets_load_login(config->config->path, platform);
}

/* Waits for the disk, a few times a day: until a token is stored nothing is to be done with it anyway. */
static bool save_login(void *data, const char *platform, const char *json, struct error *err)
{
    const struct relay_config *config = data;
    return secrets_save_login(config->config->path, platform, json, err);
}

/* folder: where the files of words are; NULL: nowhere. */
static struct question_words_options make_words(const struct config *config, const char *folder)
{
    return (struct question_words_options){
        .folder = folder,
        .languages = (const char *const *)config->languages,
        .language_count = config_count_texts(config->languages),
        .commands = (const char *const *)config->questions.commands,
        .command_count = config_count_texts(config->questions.commands),
    };
}

static enum on_air_foreign foreign(const char *word)
{
    if (strcmp(word, "hide") == 0)
        return ON_AIR_FOREIGN_HIDDEN;
    return strcmp(word, "anonymous") == 0 ? ON_AIR_FOREIGN_ANONYMOUS : ON_AIR_FOREIGN_SHOWN;
}

static unsigned make_cards(char *const *names)
{
    unsigned cards = 0;
    for (size_t i = 0; names && names[i]; i++)
        cards |= on_air_card_from_name(names[i]);
    return cards;
}

/* The user's own list of words, beside the configuration. */
static char *own_words_path(const struct config *config)
{
    const char *slash = strrchr(config->path, '/');
    return slash ? xasprintf("%.*s/words.txt", (int)(slash - config->path), config->path) : xstrdup("words.txt");
}

static json_t *languages_json(const struct config *config)
{
    json_t *languages = json_array();
    for (size_t i = 0; config->languages[i]; i++)
        json_array_append_new(languages, json_string(config->languages[i]));
    return languages;
}

static struct on_air_view make_view(const struct config_view *view)
{
    bool has_language = *view->language;
    return (struct on_air_view){
        .name = view->name,
        .languages = has_language ? (const char *const *)&view->language : NULL,
        .language_count = has_language ? 1 : 0,
        .platforms = (const char *const *)view->platforms,
        .platform_count = config_count_texts(view->platforms),
        .cards = make_cards(view->cards),
        .foreign = foreign(view->foreign),
        .hides_votes = view->hides_votes,
    };
}

struct relay *relay_config_create_relay(struct relay_config *config, struct loop *loop, const char *data_folder,
    const char *runtime_folder, struct error *err)
{
    const struct config *read = config->config;
    struct on_air_view *views = xcalloc(read->view_count, sizeof(*views));
    for (size_t i = 0; i < read->view_count; i++)
        views[i] = make_view(&read->views[i]);
    char *cache = folder_cache(NULL), *questions = folder_asset("questions", NULL);
    char *word_lists = folder_asset("words", NULL), *own_words = own_words_path(read);
    json_t *languages = languages_json(read);
    const struct question_words_options words = make_words(read, questions);
    const struct relay_options options = {
        .loop = loop,
        .data_folder = data_folder,
        .runtime_folder = runtime_folder,
        .cache_folder = cache,
        .views = views,
        .view_count = read->view_count,
        .sources = json_object_get(read->root, "sources"),
        .crosspost = json_object_get(read->root, "crosspost"),
        .chat_commands = json_object_get(read->root, "chat_commands"),
        .question_words = &words,
        .retention_days = read->retention_days,
        .save_sources = save_sources,
        .check_source = check_source,
        .logins = read->logins,
        .load_login = load_login,
        .save_login = save_login,
        .gate = json_object_get(read->root, "gate"),
        .languages = languages,
        .words_folder = word_lists,
        .own_words = own_words,
        .save_gate = save_gate,
        .data = config,
    };
    struct relay *relay = relay_create(&options, err);
    free(cache);
    free(questions);
    free(word_lists);
    free(own_words);
    json_decref(languages);
    free(views);
    return relay;
}

/* What its processes read when they start, and only then: nobody is to believe that it took effect. */
static void tell_what_waits(const struct config *old, const struct config *fresh)
{
    static const char *const keys[] = {"languages", "views", "window", "windows", "video", "panel", "door", "retention_days"};
    struct buffer names = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        const json_t *before = json_object_get(old->root, keys[i]), *now = json_object_get(fresh->root, keys[i]);
        if ((before || now) && !json_equal(before, now))
            buffer_printf(&names, "%s%s", names.len > 0 ? ", " : "", keys[i]);
    }
    if (names.len > 0)
        log_warn("relay", "%s: changed, but read only at a start: %.*s; start antiphon again for that", fresh->path,
            (int)names.len, names.data);
    buffer_fini(&names);
}

bool relay_config_reload(struct relay_config *config, struct relay *relay, struct error *err)
{
    struct config *fresh = config_load(config->path, err);
    if (!fresh)
        return false;
    // First, so that new sources begin with them; they were checked with the file.
    relay_set_logins(relay, fresh->logins, NULL);
    if (!relay_set_sources(relay, fresh->sources, json_object_get(fresh->root, "sources"), err)) {
        config_destroy(fresh);
        return false;
    }
    relay_set_gate(relay, json_object_get(fresh->root, "gate"), NULL);
    relay_set_crosspost(relay, json_object_get(fresh->root, "crosspost"), NULL);  // config_load() has checked it
    relay_set_chat_commands(relay, json_object_get(fresh->root, "chat_commands"), NULL);
    char *questions = folder_asset("questions", NULL);
    const struct question_words_options words = make_words(fresh, questions);
    relay_set_question_words(relay, &words);
    free(questions);
    tell_what_waits(config->config, fresh);
    config_destroy(config->config);
    config->config = fresh;
    return true;
}
