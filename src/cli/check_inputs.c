#include "cli/check_inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "cli/config.h"
#include "video/address.h"
#include "video/input_chain.h"
#include "video/output_chain.h"

struct teller {
    check_place_fn say;
    void *data;
};

static void tell(const struct teller *teller, bool is_good, const char *what, const char *name, char *text)
{
    teller->say(teller->data, is_good, what, name, text);
    free(text);
}

/* ---- inputs */

/* What somebody types into OBS is the caller's half of the listener's address. */
static char *describe_input(const struct address *address)
{
    size_t len = strcspn(address->shown, "?");
    if (address->is_listener)
        return xasprintf("%s: waits for a sender; in OBS: Settings, Stream, Custom, server %.*s?mode=caller%s", address->shown,
            (int)len, address->shown, strstr(address->shown, "passphrase") ? "&passphrase=…" : "");
    return xstrdup(address->shown);
}

static void check_input(const struct teller *teller, const char *name, const char *text)
{
    if (!*text)
        return;
    struct address address;
    struct error err = {0};
    bool ok = address_parse_input(&address, text, &err) && input_chain_check(&address, &err);
    tell(teller, ok, "input", name, ok ? describe_input(&address) : xasprintf("%s; the picture holds until it is there", err.text));
    address_fini(&address);
}

static void check_file(const struct teller *teller, const char *name, const char *path, const char *otherwise)
{
    if (!*path || strcmp(path, "dim") == 0)
        return;
    bool ok = access(path, R_OK) == 0;
    tell(teller, ok, "input", name, ok ? xstrdup(path) : xasprintf("%s: %s; %s until then", path, strerror(errno), otherwise));
}

void check_inputs(const struct config *config, check_place_fn say, void *data)
{
    const struct teller teller = {say, data};
    check_input(&teller, "main", config->video.input);
    check_input(&teller, "backup", config->video.backup);
    check_input(&teller, "sound", config->video.sound);
    check_file(&teller, "holding", config->video.holding, "the built-in picture is shown");
    check_file(&teller, "music", config->video.music, "holding is silent");
}

/* ---- outputs */

static char *find_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == path ? xstrdup("/") : slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
}

/* A folder that antiphon would write into; of HLS it may be made yet. */
static bool can_write(const char *folder, struct error *err)
{
    return access(folder, W_OK | X_OK) == 0
        || error_set(err, ERROR_SYSTEM, "folder \"%s\": %s; make it, or give it to this user", folder, strerror(errno));
}

static bool can_write_hls(const char *folder, struct error *err)
{
    if (access(folder, F_OK) == 0)
        return can_write(folder, err);
    size_t len = strlen(folder);
    char *bare = xstrndup(folder, len && folder[len - 1] == '/' ? len - 1 : len), *parent = find_folder(bare);
    bool ok = can_write(parent, err);
    free(bare), free(parent);
    return ok;
}

static bool has_display(struct error *err)
{
    const char *display = getenv("DISPLAY");
    return (display && *display)
        || error_set(err, ERROR_SYSTEM, "window: needs an X11 display, and DISPLAY is not set; start antiphon from the desktop");
}

static bool can_begin(const struct address *address, struct error *err)
{
    const char *place = address_place(address);
    if (!output_chain_check(address, err))
        return false;
    if (address->kind == ADDRESS_FILE) {
        char *folder = find_folder(place);
        bool ok = can_write(folder, err);
        free(folder);
        return ok;
    }
    if (address->kind == ADDRESS_HLS)
        return can_write_hls(place, err);
    if (address->kind == ADDRESS_V4L2 && access(place, W_OK) < 0)
        return error_set(err, ERROR_SYSTEM, "%s: %s; `modprobe v4l2loopback` makes a loopback device", place, strerror(errno));
    return address->kind != ADDRESS_WINDOW || has_display(err);
}

void check_output_places(const struct config *config, check_place_fn say, void *data)
{
    const struct teller teller = {say, data};
    for (size_t i = 0; i < config->video.output_count; i++) {
        struct address address;
        struct error err = {0};
        if (!address_parse_output(&address, config->video.outputs[i].to, &err) || !can_begin(&address, &err))
            tell(&teller, false, "output", config->video.outputs[i].name, xstrdup(err.text));
        address_fini(&address);
    }
}
