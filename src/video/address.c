#include "video/address.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "video/screen.h"

/* A shorter "secret" would blot out innocent letters, and guards nothing. */
enum { MASKED_BYTES_MIN = 4 };

static const struct {
    const char *scheme;
    enum address_kind kind;
    bool is_here;  // something of this machine: written without slashes, and without secrets
} schemes[] = {
    {"file", ADDRESS_FILE},
    {"srt", ADDRESS_SRT},
    {"udp", ADDRESS_UDP},
    {"rtmp", ADDRESS_RTMP},
    {"rtmps", ADDRESS_RTMP},
    {"rtsp", ADDRESS_RTSP},
    {"rtsps", ADDRESS_RTSP},
    {"v4l2", ADDRESS_V4L2, true},
    {"screen", ADDRESS_SCREEN, true},
    {"pipewire", ADDRESS_PIPEWIRE, true},
    {"pulse", ADDRESS_PULSE, true},
    {"shm", ADDRESS_SHM, true},
    {"hls", ADDRESS_HLS, true},
    {"window", ADDRESS_WINDOW, true},
};

static const struct {
    const char *ending;
    enum address_container container;
} endings[] = {
    {".mkv", CONTAINER_MKV}, {".mp4", CONTAINER_MP4}, {".m4v", CONTAINER_MP4},
    {".ts", CONTAINER_TS}, {".flv", CONTAINER_FLV},
};

static enum address_kind find_kind(const char *text)
{
    size_t len = strcspn(text, ":");
    bool is_uri = strncmp(text + len, "://", 3) == 0;
    for (size_t i = 0; text[len] && i < G_N_ELEMENTS(schemes); i++) {
        if (strlen(schemes[i].scheme) == len && strncasecmp(schemes[i].scheme, text, len) == 0
            && (is_uri || schemes[i].is_here))
            return schemes[i].kind;
    }
    return is_uri ? ADDRESS_URI : ADDRESS_FILE;
}

static bool is_here(enum address_kind kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (schemes[i].kind == kind)
            return schemes[i].is_here;
    }
    return kind == ADDRESS_TEST;
}

const char *address_place(const struct address *address)
{
    bool is_whole = address->kind == ADDRESS_FILE || address->kind == ADDRESS_TEST;
    return is_whole ? address->text : address->text + strcspn(address->text, ":") + 1;
}

static void add_secret(struct address *address, const char *secret, size_t len)
{
    if (len == 0)
        return;
    guint count = address->secrets ? g_strv_length(address->secrets) : 0;
    address->secrets = xreallocarray(address->secrets, count + 2, sizeof(char *));
    address->secrets[count] = xstrndup(secret, len);
    address->secrets[count + 1] = NULL;
    log_hide(address->secrets[count]);
}

static void add_plain(struct address *address, const char *text, size_t len)
{
    g_autofree char *coded = g_strndup(text, len), *plain = g_uri_unescape_string(coded, NULL);
    add_secret(address, text, len);
    if (plain && strcmp(plain, coded) != 0)
        add_secret(address, plain, strlen(plain));
}

/* What a query may say openly: it chooses a way of working and lets nobody in. */
static bool is_open(const char *pair, size_t name_len)
{
    static const char *const open[] = {"mode", "latency", "rcvlatency", "peerlatency", "pbkeylen", "localport",
        "localaddress",
        "transtype", "poll-timeout", "timeout", "pkt_size"};
    for (size_t i = 0; i < G_N_ELEMENTS(open); i++) {
        if (strlen(open[i]) == name_len && strncmp(pair, open[i], name_len) == 0)
            return true;
    }
    return false;
}

/* Notes the secrets of a query and writes it, without them, to shown. */
static void hide_query(struct address *address, const char *query, GString *shown)
{
    g_auto(GStrv) pairs = g_strsplit_set(query, "&#", -1);
    for (size_t i = 0; pairs[i]; i++) {
        size_t name_len = strcspn(pairs[i], "=");
        const char *value = pairs[i][name_len] ? pairs[i] + name_len + 1 : pairs[i];
        g_string_append_c(shown, i == 0 ? '?' : '&');
        if (is_open(pairs[i], name_len)) {
            g_string_append(shown, pairs[i]);
            continue;
        }
        g_string_append_len(shown, pairs[i], value - pairs[i]);
        g_string_append(shown, "***");
        add_plain(address, value, strlen(value));
    }
}

/*
 * The end of user and password, of which people write all letters as they are: a password may have any of @/?#. A port
 * has digits only. NULL: there is none.
 */
static const char *find_at(const char *rest)
{
    const char *path = rest + strcspn(rest, "/?#"), *colon = memchr(rest, ':', (size_t)(path - rest));
    const char *at = g_strrstr_len(rest, path - rest, "@");
    bool is_port = colon && colon + 1 + strspn(colon + 1, "0123456789") == path;
    bool is_bracketed = *rest == '[';  // an address of IPv6
    return at || !colon || is_port || is_bracketed ? at : strrchr(rest, '@');
}

/* GStreamer's debug output shows the password alone, and as HTTP and RTSP send it. */
static void add_login(struct address *address, const char *login, size_t len)
{
    g_autofree char *coded = g_strndup(login, len), *plain = g_uri_unescape_string(coded, NULL);
    const char *sent = plain ? plain : coded, *colon = strchr(coded, ':'), *at = strchr(coded, '@');
    g_autofree char *basic = g_base64_encode((const guchar *)sent, strlen(sent));
    add_plain(address, coded, len);
    add_secret(address, basic, strlen(basic));
    if (colon)
        add_plain(address, colon + 1, strlen(colon + 1));
    if (at)
        add_secret(address, at + 1, strlen(at + 1));  // a library may take it for the host
}

/*
 * Secret in a URL are user and password, most of the query, and of RTMP the last part of the path with its query: the
 * stream key. Writes the URL without them to shown.
 */
static void hide_secrets(struct address *address, GString *shown)
{
    const char *rest = strstr(address->text, "://") + 3, *at = find_at(rest);
    g_string_append_len(shown, address->text, rest - address->text);
    if (at) {
        add_login(address, rest, (size_t)(at - rest));
        g_string_append(shown, "***");
        rest = at;
    }
    const char *path = rest + strcspn(rest, "/?#");
    const char *query = path + strcspn(path, "?#");
    const char *end = query;
    while (end > path && end[-1] == '/')
        end--;
    const char *key = end;
    while (key > path && key[-1] != '/')
        key--;
    bool has_key = address->kind == ADDRESS_RTMP && key < end;
    g_string_append_len(shown, rest, (has_key ? key : query) - rest);
    if (has_key) {
        add_secret(address, key, (size_t)(end - key));
        add_secret(address, key, strlen(key));  // path and query are one name to RTMP
        g_string_append(shown, "***");
    }
    if (*query)
        hide_query(address, query + 1, shown);
}

/* Longer secrets first: one may hold another. */
static int by_length(const void *a, const void *b)
{
    size_t left = strlen(*(char *const *)a), right = strlen(*(char *const *)b);
    return left < right ? 1 : left > right ? -1 : 0;
}

static bool parse(struct address *address, const char *text, struct error *err)
{
    *address = (struct address){.kind = find_kind(text), .text = xstrdup(text)};
    if (address->kind == ADDRESS_FILE && strncasecmp(text, "file://", 7) == 0) {
        g_autofree char *path = g_filename_from_uri(text, NULL, NULL);
        if (!path)
            return error_set(err, ERROR_DATA, "\"%s\": no path of this machine; expected file:///FOLDER/FILE", text);
        free(address->text);
        address->text = xstrdup(path);
    }
    g_autoptr(GString) shown = g_string_new(NULL);
    if (address->kind == ADDRESS_FILE || is_here(address->kind))
        g_string_append(shown, address->text);
    else
        hide_secrets(address, shown);
    address->shown = xstrdup(shown->str);
    if (address->secrets)
        qsort(address->secrets, g_strv_length(address->secrets), sizeof(char *), by_length);
    if (address->kind == ADDRESS_SRT)
        address->is_listener = strstr(text, "mode=listener") || strncasecmp(text, "srt://:", 7) == 0;
    return true;
}

static bool is_loopback(const char *uri)
{
    const char *host = strstr(uri, "://") + 3, *at = find_at(host);
    host = at ? at + 1 : host;
    static const char *const names[] = {"127.", "localhost:", "[::1]:"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strncmp(host, names[i], strlen(names[i])) == 0)
            return true;
    }
    return false;
}

/* Behind the host and its last colon stands a number from 1 to 65535; where one is to be called, there is a host. */
static bool has_port(const char *uri, bool needs_host)
{
    const char *host = strstr(uri, "://") + 3;
    const char *end = host + strcspn(host, "/?#"), *colon = end;
    while (colon > host && colon[-1] != ':' && colon[-1] != ']')
        colon--;
    char *behind;
    unsigned long port = colon > host && g_ascii_isdigit(*colon) ? strtoul(colon, &behind, 10) : 0;
    return port > 0 && port <= 65535 && behind == end && (!needs_host || colon > host + 1);
}

/* rtmp://HOST/APP/KEY: the last part is the key, and there is one before it. */
static bool has_key(const char *uri)
{
    const char *host = strstr(uri, "://") + 3;
    const char *app = host + strcspn(host, "/?#");
    const char *end = app + strcspn(app, "?#"), *key = end;
    while (key > app && key[-1] != '/')
        key--;
    return app > host && *app == '/' && key < end && key > app + 2;
}

/* What GStreamer takes and never finds: a server without its port, a service without the stream key. */
static bool check_peer(const struct address *address, struct error *err)
{
    bool is_srt = address->kind == ADDRESS_SRT;
    if ((is_srt || address->kind == ADDRESS_UDP) && !has_port(address->text, is_srt && !address->is_listener))
        return error_set(err, ERROR_DATA, "\"%s\": expected %s://HOST:PORT, as in %s://127.0.0.1:7001", address->shown,
            is_srt ? "srt" : "udp", is_srt ? "srt" : "udp");
    if (address->kind == ADDRESS_RTMP && !has_key(address->text))
        return error_set(err, ERROR_DATA, "\"%s\": expected rtmp://HOST/APP/KEY: what the service calls server, a slash, and the "
            "stream key", address->shown);
    return true;
}

/* SRT takes 10 to 79 letters, and an empty one for none. */
static bool has_passphrase(const char *text)
{
    const char *query = strchr(text, '?'), *name = "passphrase=";
    while (query && strncmp(query + 1, name, strlen(name)) != 0)
        query = strchr(query + 1, '&');
    return query && strcspn(query + 1 + strlen(name), "&#") >= 10;
}

/* Whoever reaches such a port puts a picture on air, or takes the one that goes out. */
static bool check_listener(const struct address *address, const char *what_then, struct error *err)
{
    const char *text = address->text;
    if (!address->is_listener || has_passphrase(text) || (is_loopback(text) && !strstr(text, "localaddress=")))
        return true;
    return error_set(err, ERROR_DATA, "\"%s\": anyone who reaches this port could %s; "
        "listen on 127.0.0.1, or add passphrase=SECRET (10 to 79 letters)", address->shown, what_then);
}

/* "rtmp:/host/app/KEY" would be a file, whose name is shown. */
static bool is_misspelt(const struct address *address)
{
    size_t len = strcspn(address->text, ":");
    bool is_scheme = strncasecmp(address->text, "http", 4) == 0 && (len == 4 || len == 5);
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++)
        is_scheme = is_scheme || (strlen(schemes[i].scheme) == len && strncasecmp(schemes[i].scheme, address->text, len) == 0);
    return address->kind == ADDRESS_FILE && is_scheme && address->text[len] == ':' && strchr(address->text + len, '/');
}

/* What this machine's own inputs need. */
static bool check_place(const struct address *address, struct error *err)
{
    const char *place = address_place(address);
    size_t scheme_len = strcspn(address->text, ":");
    if (is_misspelt(address))
        return error_set(err, ERROR_DATA, "\"%.*s:***\": expected %.*s://, with two slashes", (int)scheme_len, address->text,
            (int)scheme_len, address->text);
    if (address->kind == ADDRESS_V4L2 && *place != '/')
        return error_set(err, ERROR_DATA, "\"%s\": expected v4l2:/dev/videoN, a camera's device", address->text);
    if (address->kind == ADDRESS_SHM && !*place)
        return error_set(err, ERROR_DATA, "\"%s\": expected shm:PATH, the socket of a shmsink", address->text);
    if (address->kind == ADDRESS_HLS || address->kind == ADDRESS_WINDOW)
        return error_set(err, ERROR_DATA, "\"%s\": an output, and no input", address->text);
    struct screen screen;
    return address->kind != ADDRESS_SCREEN || screen_parse(&screen, place, err);
}

bool address_parse_input(struct address *address, const char *text, struct error *err)
{
    if (!parse(address, text, err))
        return false;
    if (address->kind == ADDRESS_FILE && strcmp(text, "test") == 0)
        address->kind = ADDRESS_TEST;
    if (!*text)
        return error_set(err, ERROR_DATA,
            "the input is empty; expected test, a file, srt://, rtmp://, rtsp://, udp://, v4l2:, screen:, pipewire:, "
            "shm: or another URI");
    return check_place(address, err) && check_peer(address, err)
        && check_listener(address, "put a picture on air", err);
}

/*
 * What is no file that can be written may be a service's address without its scheme: behind the last slash is the stream key.
 * Of a file that is left its ending.
 */
static char *show_refused(const struct address *address)
{
    const char *name = strrchr(address->shown, '/'), *dot = name ? strrchr(name, '.') : NULL;
    if (address->kind != ADDRESS_FILE || !name)
        return g_strdup(address->shown);
    bool is_ending = dot && strlen(dot) <= 5;
    return g_strdup_printf("%.*s/***%s", (int)(name - address->shown), address->shown, is_ending ? dot : "");
}

static bool refuse(const struct address *address, struct error *err)
{
    g_autofree char *shown = show_refused(address);
    if (strncasecmp(address->text, "whip", 4) == 0)
        return error_set(err, ERROR_DATA, "\"%s\": WHIP wants GStreamer's whipsink (gst-plugins-rs), which Debian 12 "
            "and Ubuntu 24.04 do not have; use rtmps:// or srt://", shown);
    return error_set(err, ERROR_DATA,
        "\"%s\": antiphon cannot write there; expected FILE.mkv, .mp4, .ts or .flv, srt://, rtmp://, rtmps://, hls:FOLDER, "
        "v4l2:/dev/videoN, pipewire:NAME or window:", shown);
}

static bool check_destination(const struct address *address, struct error *err)
{
    const char *place = address_place(address);
    switch (address->kind) {
    case ADDRESS_SRT: return check_peer(address, err) && check_listener(address, "watch, before the viewers do", err);
    case ADDRESS_RTMP: return check_peer(address, err);
    case ADDRESS_PIPEWIRE: return true;
    case ADDRESS_HLS: return *place || error_set(err, ERROR_DATA, "\"hls:\": expected hls:FOLDER");
    case ADDRESS_V4L2: return *place == '/'
        || error_set(err, ERROR_DATA, "\"%s\": expected v4l2:/dev/videoN, a loopback device", address->text);
    case ADDRESS_WINDOW: return !*place || error_set(err, ERROR_DATA, "\"%s\": expected window: alone", address->text);
    default: return refuse(address, err);
    }
}

bool address_parse_output(struct address *address, const char *text, struct error *err)
{
    if (!parse(address, text, err))
        return false;
    if (address->kind != ADDRESS_FILE)
        return check_destination(address, err);
    const char *dot = strrchr(address->text, '.');
    for (size_t i = 0; dot && i < G_N_ELEMENTS(endings); i++) {
        if (strcasecmp(dot, endings[i].ending) == 0)
            address->container = endings[i].container;
    }
    return address->container != CONTAINER_NONE || refuse(address, err);
}

void address_fini(struct address *address)
{
    for (size_t i = 0; address->secrets && address->secrets[i]; i++)
        free(address->secrets[i]);
    free(address->secrets);
    free(address->text);
    free(address->shown);
    *address = (struct address){0};
}

char *address_mask(const struct address *address, const char *text)
{
    char *masked = xstrdup(text);
    for (size_t i = 0; address->secrets && address->secrets[i]; i++) {
        if (strlen(address->secrets[i]) < MASKED_BYTES_MIN)
            continue;
        g_auto(GStrv) parts = g_strsplit(masked, address->secrets[i], -1);
        g_autofree char *joined = g_strjoinv("***", parts);
        free(masked);
        masked = xstrdup(joined);
    }
    return masked;
}
