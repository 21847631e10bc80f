/* The store of pictures against a server of ours: what comes, what does not, what is kept, and what is said about it. */
#include "../net/kit.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "net/resolver.h"
#include "net/server.h"
#include "net/signature.h"
#include "net/url.h"
#include "overlay/foreseen.h"
#include "overlay/picture_disk.h"
#include "overlay/picture_hosts.h"
#include "overlay/pictures.h"
#include "pictures_made.h"

enum { USES_MAX = 200, SLOW_MS = 100 };

struct world {
    struct kit kit;
    struct server *server;
    struct pictures *pictures;
    struct picture_use *uses[USES_MAX];
    size_t use_count;
    struct server_request *slow;     // is never answered
    const char *hosts[3];
    char origin[64], elsewhere[64];  // http://127.0.0.1:port; the same by another name
    char *folder, *poison, *asked;   // asked: the own picture
    int requests, wanted_changes, changes, timeout_ms;
    struct buffer picture, broken, large, gif;
    FILE *log;
    int real_log;
};

static void respond(struct server_request *request, int status, const struct buffer *body)
{
    server_respond(request, status, "image/png", NULL, 0, body->data, body->len);
}

static void redirect(struct server_request *request, const char *to, const char *path)
{
    char *target = xasprintf("%s%s", to, path);
    const struct net_header header = {"location", target};
    server_respond(request, 302, "text/plain", &header, 1, "", 0);
    free(target);
}

static void forget_slow(void *data)
{
    ((struct world *)data)->slow = NULL;
}

static void handle_request(void *data, struct server_request *request)
{
    struct world *world = data;
    const char *path = server_request_path(request);
    world->requests++;
    if (strncmp(path, "/good", 5) == 0)
        respond(request, 200, &world->picture);
    else if (strcmp(path, "/large") == 0)
        respond(request, 200, &world->large);
    else if (strcmp(path, "/frames") == 0)
        respond(request, 200, &world->gif);
    else if (strcmp(path, "/bomb") == 0)
        server_respond(request, 200, "image/png", NULL, 0,
            "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x75\x30\0\0\x75\x30\x08\x02\0\0\0\xe9\x45\x6f\xed\0\0\0\0IEND\xae\x42\x60\x82", 45);
    else if (strcmp(path, "/cut") == 0)
        server_respond(request, 200, "image/png", NULL, 0, world->picture.data, world->picture.len - 20);
    else if (strcmp(path, "/broken") == 0)
        respond(request, 200, &world->broken);
    else if (strcmp(path, "/svg") == 0)
        server_respond(request, 200, "image/svg+xml", NULL, 0, "<svg/>", 6);
    else if (strcmp(path, "/html") == 0)
        server_respond(request, 200, "image/png", NULL, 0, "<!doctype html>", 15);
    else if (strcmp(path, "/empty") == 0)
        server_respond(request, 200, "image/png", NULL, 0, "", 0);
    else if (strcmp(path, "/away") == 0)
        redirect(request, "https://evil.example", "/x.png");
    else if (strcmp(path, "/inside") == 0)
        redirect(request, world->elsewhere, "/good");
    else if (strcmp(path, "/near") == 0)
        redirect(request, world->origin, "/good");
    else if (strcmp(path, "/round") == 0)
        redirect(request, world->origin, "/round");
    else if (strcmp(path, "/slow") == 0) {
        world->slow = request;
        server_request_on_gone(request, forget_slow, world);
    } else
        server_respond_text(request, strcmp(path, "/busy") == 0 ? 503 : 404, "no");
}

/* ---- the store, and what it says */

static void handle_change(void *data)
{
    struct world *world = data;
    if (++world->changes == world->wanted_changes)
        loop_stop(world->kit.loop);
}

static void ask_own(void *data, const char *hash)
{
    struct world *world = data;
    free(world->asked);
    world->asked = xstrdup(hash);
    loop_stop(world->kit.loop);
}

static void open_store(struct world *world, size_t memory_bytes, int cache_mb)
{
    struct error err = {0};
    world->pictures = pictures_open(&(struct pictures_options){.loop = world->kit.loop, .hosts = world->hosts,
        .cache_folder = world->folder, .cache_mb = cache_mb, .poison_path = world->poison, .timeout_ms = world->timeout_ms,
        .memory_bytes = memory_bytes, .ask_own = ask_own, .data = world}, &err);
    if (!world->pictures)
        fail_msg("%s", err.text);
}

static void close_store(struct world *world)
{
    for (size_t i = 0; i < world->use_count; i++)
        picture_use_destroy(world->uses[i]);
    world->use_count = 0;
    pictures_close(world->pictures);
    world->pictures = NULL;
}

static int set_up(void **state)
{
    struct world *world = xcalloc(1, sizeof(*world));
    struct error err = {0};
    kit_init(&world->kit);
    world->server = server_create(world->kit.loop, &(struct server_options){.on_request = handle_request, .data = world}, &err);
    if (!world->server)
        fail_msg("%s", err.text);
    snprintf(world->origin, sizeof(world->origin), "http://127.0.0.1:%u", server_port(world->server));
    snprintf(world->elsewhere, sizeof(world->elsewhere), "http://localhost:%u", server_port(world->server));
    world->hosts[0] = world->origin;
    world->picture = make_png(40, 20, 0xff00ff00);
    buffer_add(&world->broken, world->picture.data, world->picture.len);
    world->broken.data[world->broken.len / 2] ^= 0x10;
    world->gif = make_gif(10000, 8);
    buffer_add(&world->large, world->picture.data, world->picture.len);
    buffer_reserve(&world->large, 20 << 20);
    memset(world->large.data + world->large.len, 7, (20 << 20) - world->large.len);
    world->large.len = 20 << 20;
    char folder[] = "/tmp/antiphon-test-XXXXXX";
    world->folder = xstrdup(mkdtemp(folder));
    world->poison = xasprintf("%s/poison", folder);
    // What is said goes to a file, to be read.
    world->log = tmpfile();
    fflush(stderr);
    world->real_log = dup(STDERR_FILENO);
    dup2(fileno(world->log), STDERR_FILENO);
    open_store(world, 0, 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    dup2(world->real_log, STDERR_FILENO);
    close(world->real_log);
    fclose(world->log);
    close_store(world);
    server_destroy(world->server);
    kit_fini(&world->kit);
    char *command = xasprintf("rm -rf %s", world->folder);
    assert_int_equal(system(command), 0);
    free(command);
    free(world->folder);
    free(world->poison);
    free(world->asked);
    buffer_fini(&world->picture);
    buffer_fini(&world->broken);
    buffer_fini(&world->large);
    buffer_fini(&world->gif);
    free(world);
    return 0;
}

/* Where it is seen. */
#define fail_aloud(...)                              \
    do {                                             \
        dup2(world->real_log, STDERR_FILENO);        \
        fail_msg(__VA_ARGS__);                       \
    } while (0)

/* All that was said since the last call. */
static struct buffer take_log(const struct world *world)
{
    struct buffer text = {0};
    long len = lseek(fileno(world->log), 0, SEEK_END);
    char *to = buffer_reserve(&text, (size_t)len + 1);
    assert_int_equal(pread(fileno(world->log), to, (size_t)len, 0), len);
    to[len] = '\0';
    text.len = (size_t)len;
    assert_int_equal(ftruncate(fileno(world->log), 0), 0);
    lseek(fileno(world->log), 0, SEEK_SET);
    return text;
}

static int count_lines(const struct buffer *text)
{
    int count = 0;
    for (size_t i = 0; i < text->len; i++)
        count += text->data[i] == '\n';
    return count;
}

static struct picture_use *ask_sized(struct world *world, const char *url, int side)
{
    struct picture_use *use = picture_use_create(world->pictures, &(struct picture_want){.url = url, .width_px = side,
        .height_px = side}, handle_change, world);
    world->uses[world->use_count++] = use;
    return use;
}

static struct picture_use *ask(struct world *world, const char *path)
{
    char *url = path[0] == '/' ? xasprintf("%s%s", world->origin, path) : xstrdup(path);
    struct picture_use *use = ask_sized(world, url, 20);
    free(url);
    return use;
}

static void wait_for_changes(struct world *world, int count)
{
    world->wanted_changes = count;
    if (world->changes < count)
        kit_run(&world->kit);
    world->changes = world->wanted_changes = 0;
}

/* ---- */

static void test_comes(void **state)
{
    struct world *world = *state;
    int width = 0, height = 0;
    int64_t until_ms;
    struct picture_use *use = ask(world, "/good?a=1");
    assert_int_equal(picture_use_state(use), PICTURE_WAITING);
    assert_null(picture_use_image(use, 0));
    wait_for_changes(world, 1);
    assert_int_equal(picture_use_state(use), PICTURE_HERE);
    assert_true(picture_use_size(use, &width, &height));
    assert_int_equal(width, 20);
    assert_int_equal(height, 10);
    assert_non_null(picture_use_image(use, 0));
    assert_int_equal(picture_use_frame_at(use, 1234, &until_ms), 0);
    assert_int_equal(until_ms, 0);
    // Shown twice, it is there at once and asked for once.
    struct picture_use *second = ask(world, "/good?a=1");
    assert_int_equal(picture_use_state(second), PICTURE_HERE);
    assert_int_equal(world->requests, 1);
    // In another size it comes from the disk.
    char *url = xasprintf("%s/good?a=1", world->origin);
    struct picture_use *third = ask_sized(world, url, 64);
    free(url);
    wait_for_changes(world, 1);
    assert_int_equal(picture_use_state(third), PICTURE_HERE);
    assert_int_equal(world->requests, 1);
    assert_int_equal(pictures_stats(world->pictures).from_disk, 1);
}

static void test_no_store(void **state)
{
    struct picture_use *use = picture_use_create(NULL, &(struct picture_want){.url = "https://cdn.7tv.app/x"}, handle_change,
        *state);
    assert_int_equal(picture_use_state(use), PICTURE_ABSENT);
    assert_null(picture_use_image(use, 0));
    picture_use_destroy(use);
}

static const struct {
    const char *name, *url, *expected;  // NULL: it comes
} bad[] = {
    {"20 MB", "/large", "longer than 2097152 bytes"},
    {"10,000 frames", "/frames", NULL},
    {"a picture bomb", "/bomb", "30000 x 30000 px"},
    {"cut off", "/cut", "the PNG is cut off"},
    {"broken inside", "/broken", "cut off or damaged"},
    {"SVG", "/svg", "looks like SVG"},
    {"HTML", "/html", "looks like HTML"},
    {"nothing in it", "/empty", "empty"},
    {"not found", "/missing", "HTTP status 404"},
    {"busy", "/busy", "HTTP status 503"},
    {"redirected within", "/near", NULL},
    {"redirected elsewhere", "/away", "https://evil.example: this is no address that may be connected to"},
    {"redirected to loopback by another name", "/inside", "no address that may be connected to"},
    {"redirected without end", "/round", "HTTP status 302"},
    {"another host", "https://evil.example/a.png", "overlay.pictures.hosts"},
    {"another port", "https://cdn.7tv.app:444/a.png", "overlay.pictures.hosts"},
    {"without TLS", "http://cdn.7tv.app/a.png", "overlay.pictures.hosts"},
    {"loopback", "https://127.0.0.1/a.png", "overlay.pictures.hosts"},
    {"a private address behind a known name", "https://cdn.7tv.app/a.png", "no address that may be connected to"},
    {"a file", "file:///etc/passwd", "not a URL"},
    {"data", "data:image/png;base64,AAAA", "not a URL"},
    {"no address at all", "Kappa", "not a URL"},
    {"not ours", "antiphon:../../etc", "not a URL"},
};

static void resolve(void *data, const char *name, struct resolver_answer *answer)
{
    answer->count = 1;
    snprintf(answer->addresses[0], sizeof(answer->addresses[0]), "%s", strcmp(name, "cdn.7tv.app") == 0 ? "10.0.0.7" : "127.0.0.1");
}

/* One line for each, with what it is; and another picture comes meanwhile. */
static void test_bad(void **state)
{
    struct world *world = *state;
    resolver_set_lookup(world->kit.loop, resolve, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        char good[32];
        close_store(world);
        open_store(world, 0, 0);
        snprintf(good, sizeof(good), "/good?%zu", i);
        struct picture_use *use = ask(world, bad[i].url), *other = ask(world, good);
        // What is refused at once is absent at once.
        wait_for_changes(world, picture_use_state(use) == PICTURE_ABSENT ? 1 : 2);
        struct buffer log = take_log(world);
        if (picture_use_state(other) != PICTURE_HERE)
            fail_aloud("%s: the other picture has not come; %s", bad[i].name, log.data);
        if (picture_use_state(use) != (bad[i].expected ? PICTURE_ABSENT : PICTURE_HERE))
            fail_aloud("%s: %d; %s", bad[i].name, picture_use_state(use), log.data);
        if (count_lines(&log) != (bad[i].expected ? 1 : 0) || (bad[i].expected && !strstr(log.data, bad[i].expected)))
            fail_aloud("%s: said: %s", bad[i].name, log.data);
        if (strstr(log.data, "passwd") || strstr(log.data, "/a.png"))
            fail_aloud("%s: the log names what was asked for: %s", bad[i].name, log.data);
        buffer_fini(&log);
    }
}

static void test_slow(void **state)
{
    struct world *world = *state;
    close_store(world);
    world->timeout_ms = SLOW_MS;
    open_store(world, 0, 0);
    struct picture_use *use = ask(world, "/slow");
    wait_for_changes(world, 1);
    assert_int_equal(picture_use_state(use), PICTURE_ABSENT);
    struct buffer log = take_log(world);
    assert_int_equal(count_lines(&log), 1);
    assert_non_null(strstr(log.data, "no answer in time"));
    buffer_fini(&log);
}

/* A hundred at once fail: few lines, each asked for once, and the next good one comes. */
static void test_storm(void **state)
{
    struct world *world = *state;
    char path[32];
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "/missing?%d", i);
        ask(world, path);
    }
    struct picture_use *good = ask(world, "/good");
    wait_for_changes(world, 101);
    assert_int_equal(picture_use_state(good), PICTURE_HERE);
    assert_int_equal(world->requests, 101);
    for (int i = 0; i < 50; i++) {
        snprintf(path, sizeof(path), "/missing?%d", i);
        assert_int_equal(picture_use_state(ask(world, path)), PICTURE_ABSENT);
    }
    assert_int_equal(world->requests, 101);
    struct buffer log = take_log(world);
    assert_int_equal(count_lines(&log), 11);
    assert_non_null(strstr(log.data, "more pictures cannot be had"));
    buffer_fini(&log);
}

/* What a ready question will show is here before it is on air, and let go when the question is. */
static void test_foreseen(void **state)
{
    struct world *world = *state;
    char *avatar = xasprintf("%s/good?avatar", world->origin), *emote = xasprintf("%s/good?emote", world->origin);
    struct foreseen *foreseen = foreseen_create(world->pictures);
    json_t *question = json_pack("{s:i, s:s, s:{s:s}, s:[{s:s}, {}]}", "id", 7, "state", "new", "author", "avatar", avatar,
        "emotes", "url", emote);
    foreseen_look(foreseen, question);
    assert_int_equal(world->requests, 0);
    json_object_set_new(question, "state", json_string("ready"));
    foreseen_look(foreseen, question);
    foreseen_look(foreseen, question);  // told again
    for (int turns = 0; pictures_stats(world->pictures).here < 2 && turns < 5000; turns++)
        kit_turn(&world->kit, 1);
    assert_int_equal(world->requests, 2);
    // On air it comes from the disk.
    struct picture_use *use = ask(world, "/good?avatar");
    wait_for_changes(world, 1);
    assert_int_equal(picture_use_state(use), PICTURE_HERE);
    assert_int_equal(world->requests, 2);
    foreseen_forget(foreseen, 7);
    foreseen_destroy(foreseen);
    json_decref(question);
    free(avatar);
    free(emote);
}

/* ---- the disk */

static char *file_of(const struct world *world, const char *path)
{
    char key[PICTURE_KEY_BYTES], *url = xasprintf("%s%s", world->origin, path);
    picture_disk_key(url, key);
    free(url);
    return xasprintf("%s/%s", world->folder, key);
}

static void flip_last_byte(const char *path)
{
    struct buffer bytes = {0};
    assert_true(file_read(path, 1 << 20, &bytes, NULL));
    bytes.data[bytes.len - 1] ^= 1;
    assert_true(file_write_atomic(path, bytes.data, bytes.len, 0600, NULL));
    buffer_fini(&bytes);
}

static void cut_in_half(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(truncate(path, info.st_size / 2), 0);
}

/* Instead of the file, something that would never end, or that is somebody else's. */
static void put_fifo(const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void put_link(const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/zero", path), 0);
}

static void put_folder(const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void put_link_to_write_through(const char *path)
{
    char *beside = xasprintf("%s.new", path), *victim = xasprintf("%s.notes", path);
    assert_true(file_write_atomic(victim, "mine", 4, 0600, NULL));
    assert_int_equal(rmdir(path), 0);  // of the case before
    assert_int_equal(symlink(victim, beside), 0);
    free(beside);
    free(victim);
}

static void leave(const char *path)
{
    assert_int_equal(access(path, R_OK), 0);
}

static void test_kept(void **state)
{
    static const struct {
        const char *name;
        void (*harm)(const char *path);
        int requests;
    } cases[] = {{"whole", leave, 0}, {"a byte changed", flip_last_byte, 1}, {"torn", cut_in_half, 1}, {"a pipe", put_fifo, 1},
        {"a link", put_link, 1}, {"a folder", put_folder, 1}, {"a link where it is written", put_link_to_write_through, 1}};
    struct world *world = *state;
    char *path = file_of(world, "/good");
    ask(world, "/good");
    wait_for_changes(world, 1);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        close_store(world);
        cases[i].harm(path);
        world->requests = 0;
        open_store(world, 0, 0);
        struct picture_use *use = ask(world, "/good");
        wait_for_changes(world, 1);
        assert_int_equal(picture_use_state(use), PICTURE_HERE);
        if (world->requests != cases[i].requests)
            fail_aloud("%s: asked for %d times", cases[i].name, world->requests);
    }
    char *victim = xasprintf("%s.notes", path);
    struct buffer notes = {0};
    assert_true(file_read(victim, 1 << 20, &notes, NULL));
    if (notes.len != 4)
        fail_aloud("somebody's file has %zu bytes now", notes.len);
    buffer_fini(&notes);
    free(victim);
    free(path);
}

static size_t count_files(const struct world *world, size_t *bytes)
{
    char *command = xasprintf("find %s -type f -name '????????????????*' -printf '%%s\\n'", world->folder);
    FILE *list = popen(command, "r");
    size_t count = 0, size;
    for (*bytes = 0; fscanf(list, "%zu", &size) == 1; *bytes += size)
        count++;
    pclose(list);
    free(command);
    return count;
}

/* The cap holds, and 0 MB erases all; what is not ours is never touched. */
static void test_cap(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    char *other = xasprintf("%s/somebody-elses-file-of-notes.txt", world->folder), key[PICTURE_KEY_BYTES];
    assert_true(file_write_atomic(other, "x", 1, 0600, NULL));
    struct picture_disk *disk = picture_disk_open(world->folder, 100000, &err);
    char *block = xcalloc(1, 9000);
    for (int i = 0; i < 40; i++) {
        char url[32];
        snprintf(url, sizeof(url), "https://x.example/%d", i);
        picture_disk_key(url, key);
        picture_disk_write(disk, key, block, 9000);
    }
    size_t bytes, count = count_files(world, &bytes);
    assert_in_range(count, 8, 12);
    assert_in_range(bytes, 50000, 100000);
    assert_in_range(picture_disk_bytes(disk), 50000, 100000);
    struct buffer out = {0};
    assert_true(picture_disk_read(disk, key, &out));  // the newest
    assert_int_equal(out.len, 9000);
    picture_disk_close(disk);
    close_store(world);
    open_store(world, 0, PICTURES_CACHE_NONE);
    ask(world, "/good");
    wait_for_changes(world, 1);
    assert_int_equal(count_files(world, &bytes), 1);
    assert_int_equal(access(other, R_OK), 0);
    buffer_fini(&out);
    free(block);
    free(other);
}

static void test_no_folder(void **state)
{
    struct world *world = *state;
    close_store(world);
    free(world->folder);
    world->folder = xstrdup("/proc/antiphon-pictures");
    open_store(world, 0, 0);
    struct picture_use *use = ask(world, "/good");
    wait_for_changes(world, 1);
    assert_int_equal(picture_use_state(use), PICTURE_HERE);
    struct buffer log = take_log(world);
    assert_int_equal(count_lines(&log), 1);
    assert_non_null(strstr(log.data, "are not kept"));
    buffer_fini(&log);
}

/* ---- memory */

static void test_memory(void **state)
{
    struct world *world = *state;
    enum { SIDE = 256, BOUND = 2 << 20 };
    close_store(world);
    open_store(world, BOUND, 0);
    for (int i = 0; i < 40; i++) {
        char *url = xasprintf("%s/good?%d", world->origin, i);
        struct picture_use *use = ask_sized(world, url, SIDE);
        wait_for_changes(world, 1);
        picture_use_destroy(use);
        world->use_count--;
        free(url);
        assert_true(pictures_stats(world->pictures).bytes <= BOUND);
    }
    struct pictures_stats stats = pictures_stats(world->pictures);
    assert_in_range(stats.here, 10, 16);  // each 128 KiB
    assert_int_equal(stats.decoded, 40);
}

/* Of all the addresses that cannot be had, a bounded number is remembered, whatever is shown besides. */
static void test_absent_ones(void **state)
{
    struct world *world = *state;
    enum { ROUND = 2500 };
    struct picture_use *shown = ask(world, "/good");
    wait_for_changes(world, 1);
    picture_use_destroy(shown);  // in memory, as what was shown longest ago
    world->use_count = 0;
    size_t before = 0;
    for (int i = 0; i < 2 * ROUND; i++) {
        char url[64];
        snprintf(url, sizeof(url), "https://elsewhere.example/%d.png", i);
        struct picture_use *use = ask(world, url);
        wait_for_changes(world, 1);
        assert_int_equal(picture_use_state(use), PICTURE_ABSENT);
        picture_use_destroy(use);
        world->use_count = 0;
        if (i == ROUND)
            before = mallinfo2().uordblks;
    }
    size_t now = mallinfo2().uordblks;
    if (now > before + 300000)
        fail_aloud("%d addresses left %zu bytes behind", ROUND, now - before);
}

/* ---- the host's own */

static void test_own(void **state)
{
    struct world *world = *state;
    unsigned char digest[SIGNATURE_BYTES];
    char hash[SIGNATURE_HEX_BYTES], url[80];
    signature_sha256(world->picture.data, world->picture.len, digest);
    signature_to_hex(digest, hash);
    snprintf(url, sizeof(url), "antiphon:%s", hash);
    struct picture_use *use = ask(world, url);
    kit_run(&world->kit);
    assert_string_equal(world->asked, hash);
    pictures_take_own(world->pictures, "0000", "x", 1, NULL);  // nobody asked for that
    pictures_take_own(world->pictures, hash, world->picture.data, world->picture.len, NULL);
    wait_for_changes(world, 1);
    assert_int_equal(picture_use_state(use), PICTURE_HERE);
    assert_int_equal(world->requests, 0);
}

static void test_own_is_another(void **state)
{
    struct world *world = *state;
    char url[80];
    snprintf(url, sizeof(url), "antiphon:%064d", 7);
    struct picture_use *use = ask(world, url);
    kit_run(&world->kit);
    pictures_take_own(world->pictures, url + 9, world->picture.data, world->picture.len, NULL);
    assert_int_equal(picture_use_state(use), PICTURE_ABSENT);
    struct buffer log = take_log(world);
    assert_non_null(strstr(log.data, "another file"));
    buffer_fini(&log);
}

/* ---- a picture that ends the program */

static int die_of(struct world *world, const char *path)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);  // not cmocka's
        setenv("ANTIPHON_TEST_ABORT_ON_PICTURE", "IHDR", 1);
        struct kit kit;
        kit_init(&kit);
        world->kit = kit;
        open_store(world, 0, 0);
        char *url = xasprintf("antiphon:%s", path);
        ask(world, url);
        kit_run(&world->kit);
        pictures_take_own(world->pictures, path, world->picture.data, world->picture.len, NULL);
        kit_run(&world->kit);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_poison(void **state)
{
    struct world *world = *state;
    unsigned char digest[SIGNATURE_BYTES];
    char hash[SIGNATURE_HEX_BYTES], url[80];
    signature_sha256(world->picture.data, world->picture.len, digest);
    signature_to_hex(digest, hash);
    close_store(world);
    int status = die_of(world, hash);
    assert_true(WIFSIGNALED(status));
    free(take_log(world).data);
    open_store(world, 0, 0);
    snprintf(url, sizeof(url), "antiphon:%s", hash);
    struct picture_use *use = ask(world, url), *other;
    kit_run(&world->kit);
    pictures_take_own(world->pictures, hash, world->picture.data, world->picture.len, NULL);
    wait_for_changes(world, 1);
    assert_int_equal(picture_use_state(use), PICTURE_ABSENT);
    struct buffer log = take_log(world);
    assert_non_null(strstr(log.data, "the last run died decoding a picture"));
    assert_non_null(strstr(log.data, "not decoded again"));
    buffer_fini(&log);
    buffer_fini(&world->picture);
    world->picture = make_png(10, 10, 0xff0000ff);
    other = ask(world, "/good?other");
    wait_for_changes(world, 1);
    assert_int_equal(picture_use_state(other), PICTURE_HERE);
}

/* ---- the list */

static void test_entries(void **state)
{
    static const struct {
        const char *entry;
        bool is_good;
    } entries[] = {
        {"cdn.example.org", true}, {"*.example.org", true}, {"http://127.0.0.1:8080", true}, {"https://cdn.example.org", true},
        {"https://cdn.example.org/", true}, {"localhost", true}, {"", false}, {"*", false}, {"*.org", false},
        {"cdn.example.org/path", false}, {"https://cdn.example.org/path", false}, {"ftp://cdn.example.org", false},
        {"a b", false}, {".example.org", false}, {"cdn.*.org", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(entries); i++) {
        struct error err = {0};
        if (picture_hosts_check(entries[i].entry, &err) != entries[i].is_good)
            fail_msg("\"%s\": %s", entries[i].entry, err.text);
    }
}

static void test_allowed(void **state)
{
    static const struct {
        const char *scheme, *host;
        int port;
        const char *address;
        bool is_allowed;
    } cases[] = {
        {"https", "static-cdn.jtvnw.net", 0, NULL, true},
        {"https", "static-cdn.jtvnw.net", 0, "151.101.1.2", true},
        {"https", "STATIC-cdn.JTVNW.net", 0, "2a04:4e42::1", true},
        {"https", "d3aqoihi2n8ty8.cloudfront.net", 0, NULL, true},
        {"https", "d111111abcdef8.cloudfront.net", 0, NULL, false},
        {"https", "jtvnw.net", 0, NULL, false},
        {"https", "eviljtvnw.net", 0, NULL, false},
        {"https", "static-cdn.jtvnw.net.evil.example", 0, NULL, false},
        {"http", "static-cdn.jtvnw.net", 0, NULL, false},
        {"https", "static-cdn.jtvnw.net", 0, "10.1.2.3", false},
        {"https", "static-cdn.jtvnw.net", 0, "169.254.169.254", false},
        {"https", "static-cdn.jtvnw.net", 0, "172.31.0.1", false},
        {"https", "static-cdn.jtvnw.net", 0, "172.32.0.1", true},
        {"https", "static-cdn.jtvnw.net", 0, "192.168.1.1", false},
        {"https", "static-cdn.jtvnw.net", 0, "100.64.0.1", false},
        {"https", "static-cdn.jtvnw.net", 0, "0.0.0.0", false},
        {"https", "static-cdn.jtvnw.net", 0, "224.0.0.1", false},
        {"https", "static-cdn.jtvnw.net", 0, "::1", false},
        {"https", "static-cdn.jtvnw.net", 0, "fe80::1", false},
        {"https", "static-cdn.jtvnw.net", 0, "fd00::1", false},
        {"https", "static-cdn.jtvnw.net", 0, "::ffff:127.0.0.1", false},
        {"https", "static-cdn.jtvnw.net", 0, "::ffff:151.101.1.2", true},
        {"https", "static-cdn.jtvnw.net", 0, "64:ff9b::a00:1", false},
        {"https", "static-cdn.jtvnw.net", 0, "2002:7f00:1::", false},
        {"https", "static-cdn.jtvnw.net", 0, "nonsense", false},
        {"https", "nas.local", 0, "192.168.1.9", true},
        {"https", "cdn.example.org", 0, "192.168.1.9", false},
        {"https", "cdn.example.org", 0, "93.184.216.34", true},
        {"http", "127.0.0.1", 8080, "127.0.0.1", true},
        {"http", "127.0.0.1", 8081, NULL, false},
        {"https", "127.0.0.1", 8080, NULL, false},
    };
    static const char *const entries[] = {"nas.local", "*.example.org", "http://127.0.0.1:8080", NULL};
    struct picture_hosts *hosts = picture_hosts_create(entries);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct url url = {0};
        char *text = cases[i].port ? xasprintf("%s://%s:%d/x", cases[i].scheme, cases[i].host, cases[i].port)
            : xasprintf("%s://%s/x", cases[i].scheme, cases[i].host);
        assert_true(url_parse(text, "http https", &url, NULL));
        if (picture_hosts_allow(hosts, &url, cases[i].address) != cases[i].is_allowed)
            fail_msg("%s at %s", text, cases[i].address ? cases[i].address : "any address");
        url_fini(&url);
        free(text);
    }
    picture_hosts_destroy(hosts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_store, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_storm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreseen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_absent_ones, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_own_is_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_poison, set_up, tear_down),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
