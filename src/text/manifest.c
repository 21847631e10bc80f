#include "text/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

static void read_scripts(struct family *family, const json_t *names)
{
    size_t i;
    const json_t *name;
    json_array_foreach(names, i, name) {
        UErrorCode status = U_ZERO_ERROR;
        UScriptCode code;
        bool is_one = json_is_string(name) && uscript_getCode(json_string_value(name), &code, 1, &status) == 1;
        if (is_one && family->script_count < MANIFEST_SCRIPTS_MAX)
            family->scripts[family->script_count++] = code;
    }
}

static void read_languages(struct family *family, const json_t *names)
{
    size_t i;
    const json_t *name;
    json_array_foreach(names, i, name) {
        if (json_is_string(name) && family->language_count < MANIFEST_LANGUAGES_MAX)
            family->languages[family->language_count++] = xstrdup(json_string_value(name));
    }
}

static char *path_in(const char *folder, const char *file)
{
    return file ? xasprintf("%s/%s", folder, file) : NULL;
}

static bool read_family(struct family *family, const json_t *entry, const char *folder, struct error *err)
{
    family->name = xstrdup(json_get_text(entry, "name"));
    family->regular = path_in(folder, json_get_text(entry, "regular"));
    family->bold = path_in(folder, json_get_text(entry, "bold"));
    family->ascent_em = (float)json_get_real(entry, "ascent", 0);
    family->descent_em = (float)json_get_real(entry, "descent", 0);
    read_scripts(family, json_object_get(entry, "scripts"));
    read_languages(family, json_object_get(entry, "languages"));
    if (!family->name || !family->regular)
        return error_set(err, ERROR_DATA, "a family needs name and regular");
    if (access(family->regular, R_OK) != 0)
        return error_errno(err, "%s", family->regular);
    if (family->bold && access(family->bold, R_OK) != 0)
        return error_errno(err, "%s", family->bold);
    return true;
}

static char *find_file(const json_t *folders, const char *file)
{
    size_t i;
    const json_t *folder;
    if (!file)
        return NULL;
    json_array_foreach(folders, i, folder) {
        char *path = path_in(json_is_string(folder) ? json_string_value(folder) : "", file);
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

static void read_system(struct system_font *font, const json_t *system, const char *key, bool is_without)
{
    const json_t *entry = json_object_get(system, key);
    const json_t *folders = json_object_get(system, "folders");
    font->package = xstrdup(json_get_text(entry, "package"));
    font->what = xstrdup(json_get_text(entry, "what"));
    if (is_without)
        return;
    font->regular = find_file(folders, json_get_text(entry, "regular"));
    font->bold = find_file(folders, json_get_text(entry, "bold"));
}

static bool read_all(struct manifest *manifest, const json_t *root, const char *folder, bool is_without_system,
    struct error *err)
{
    const json_t *families = json_object_get(root, "families");
    size_t i;
    const json_t *entry;
    if (json_array_size(families) == 0)
        return error_set(err, ERROR_DATA, "families: an array with one family or more is expected");
    manifest->families = xcalloc(json_array_size(families), sizeof(*manifest->families));
    json_array_foreach(families, i, entry) {
        manifest->family_count++;
        if (!read_family(&manifest->families[i], entry, folder, err))
            return error_prefix(err, "families[%zu]", i);
    }
    const json_t *system = json_object_get(root, "system");
    read_system(&manifest->cjk, system, "cjk", is_without_system);
    read_system(&manifest->emoji, system, "emoji", is_without_system);
    read_system(&manifest->others, system, "others", is_without_system);
    return true;
}

bool manifest_read(struct manifest *manifest, const char *folder, bool is_without_system, struct error *err)
{
    *manifest = (struct manifest){0};
    char *path = path_in(folder, "manifest.json");
    struct buffer file = {0};
    bool is_read = file_read(path, 1 << 20, &file, err);
    if (is_read) {
        json_t *root = json_parse(file.data, file.len, err);
        is_read = (root && read_all(manifest, root, folder, is_without_system, err)) || error_prefix(err, "%s", path);
        json_decref(root);
    }
    buffer_fini(&file);
    free(path);
    return is_read;
}

static void fini_system(struct system_font *font)
{
    free(font->regular);
    free(font->bold);
    free(font->package);
    free(font->what);
}

void manifest_fini(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->family_count; i++) {
        struct family *family = &manifest->families[i];
        free(family->name);
        free(family->regular);
        free(family->bold);
        for (size_t k = 0; k < family->language_count; k++)
            free(family->languages[k]);
    }
    free(manifest->families);
    fini_system(&manifest->cjk);
    fini_system(&manifest->emoji);
    fini_system(&manifest->others);
    *manifest = (struct manifest){0};
}
