/*
 * test_hostile.c - writers that lie, truncate, rewrite, flood, say nothing or die. Whatever they do, a reader shows
 * the last good picture or none, returns at once, reads nothing out of bounds and leaks no descriptor.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "frame/layout.h"
#include "frame/wire.h"

enum { WIDTH = 70, HEIGHT = 20 };

static char folder[] = "/tmp/antiphon-hostile-XXXXXX";

static char *socket_name(void)
{
    static int count;
    return xasprintf("%s/%d.sock", folder, count++);
}

static int count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* ---- a server that does what it is told ---- */

struct liar {
    char *path;
    int lock_fd, listen_fd, fd;
    struct frame_reader *reader;
    int descriptors;  // before all
};

static void liar_init(struct liar *liar)
{
    liar->descriptors = count_descriptors();
    liar->path = socket_name();
    liar->listen_fd = wire_listen(liar->path, &liar->lock_fd, NULL);
    assert_true(liar->listen_fd >= 0);
    liar->reader = frame_reader_create(&(struct frame_reader_options){.path = liar->path});
    assert_false(frame_reader_poll(liar->reader));
    liar->fd = accept(liar->listen_fd, NULL, NULL);
    assert_true(liar->fd >= 0);
}

static void liar_fini(struct liar *liar)
{
    frame_reader_destroy(liar->reader);
    close(liar->fd);
    close(liar->listen_fd);
    close(liar->lock_fd);
    free(liar->path);
    assert_int_equal(count_descriptors(), liar->descriptors);
}

static void poll_often(struct liar *liar)
{
    for (int i = 0; i < 20; i++)
        frame_reader_poll(liar->reader);
}

static void assert_nothing_shown(struct liar *liar, const char *name, const char *trouble)
{
    poll_often(liar);
    if (frame_reader_picture(liar->reader) || frame_reader_state(liar->reader) != FRAME_NONE)
        fail_msg("%s: a picture is shown", name);
    if (!strstr(frame_reader_trouble(liar->reader), trouble))
        fail_msg("%s: \"%s\" does not say \"%s\"", name, frame_reader_trouble(liar->reader), trouble);
}

/* ---- a stream made by hand: honest, until a case spoils it ---- */

struct forgery {
    int fd;
    uint8_t *map;
    struct layout layout;
    struct layout_header *header;
};

static struct layout_slot *get_slot(struct forgery *forgery, uint64_t sequence)
{
    return (struct layout_slot *)(void *)(forgery->map + layout_slot_offset(&forgery->layout, sequence));
}

static struct frame_row *get_rows(struct forgery *forgery, uint64_t sequence)
{
    return (struct frame_row *)(void *)(forgery->map + layout_slot_offset(&forgery->layout, sequence) +
                                        sizeof(struct layout_slot));
}

static void forge_picture(struct forgery *forgery, uint64_t sequence)
{
    struct layout_damage *damage = &forgery->header->damage[sequence % LAYOUT_RING];
    damage->count = 1;
    damage->boxes[0] = (struct layout_box){0, 0, WIDTH, HEIGHT};
    damage->sequence = sequence;
    for (int y = 0; y < HEIGHT; y++)
        get_rows(forgery, sequence)[y] = (struct frame_row){1, {{0, WIDTH}}};
    memset((uint8_t *)get_slot(forgery, sequence) + forgery->layout.pixels_offset, (int)sequence,
           forgery->layout.stride_bytes * HEIGHT);
    get_slot(forgery, sequence)->sequence = sequence;
    forgery->header->newest = sequence;
    forgery->header->heartbeat_ns++;
}

static void forgery_init(struct forgery *forgery, int seals)
{
    struct layout *layout = &forgery->layout;
    assert_true(layout_init(layout, WIDTH, HEIGHT, 3));
    forgery->fd = memfd_create("forgery", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(forgery->fd, (off_t)layout->size_bytes), 0);
    forgery->map = mmap(NULL, layout->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, forgery->fd, 0);
    assert_ptr_not_equal(forgery->map, MAP_FAILED);
    forgery->header = (struct layout_header *)(void *)forgery->map;
    *forgery->header = (struct layout_header){
        .magic = LAYOUT_MAGIC, .version = LAYOUT_VERSION, .header_bytes = LAYOUT_HEADER_BYTES, .width_px = WIDTH,
        .height_px = HEIGHT, .stride_bytes = (uint32_t)layout->stride_bytes, .format = LAYOUT_FORMAT_BGRA, .slots = 3,
        .slot_bytes = layout->slot_bytes, .size_bytes = layout->size_bytes};
    assert_int_equal(fcntl(forgery->fd, F_ADD_SEALS, seals), 0);
    forge_picture(forgery, 1);
}

static void forgery_fini(struct forgery *forgery)
{
    munmap(forgery->map, forgery->layout.size_bytes);
    close(forgery->fd);
}

static const int seals_enough = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

/* ---- descriptors ---- */

static int open_directory(void)
{
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_plain_file(void)
{
    return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}

static int open_device(void)
{
    return open("/dev/zero", O_RDWR | O_CLOEXEC);
}

static int open_pipe(void)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close(ends[1]);
    return ends[0];
}

static int open_sealed(off_t size, int seals)
{
    int fd = memfd_create("liar", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static int open_tiny(void)
{
    return open_sealed(100, seals_enough);
}

static int open_zeros(void)
{
    return open_sealed(1 << 20, seals_enough);
}

static int open_huge(void)
{
    struct forgery forgery;
    forgery_init(&forgery, 0);
    assert_int_equal(ftruncate(forgery.fd, (off_t)1 << 40), 0);
    assert_int_equal(fcntl(forgery.fd, F_ADD_SEALS, seals_enough), 0);
    int fd = dup(forgery.fd);
    forgery_fini(&forgery);
    return fd;
}

static int open_forgery(int seals)
{
    struct forgery forgery;
    forgery_init(&forgery, seals);
    int fd = dup(forgery.fd);
    forgery_fini(&forgery);
    return fd;
}

static int open_unsealed(void)
{
    return open_forgery(F_SEAL_SEAL);
}

static int open_growing(void)
{
    return open_forgery(F_SEAL_SHRINK | F_SEAL_SEAL);
}

static int open_shrinking(void)
{
    return open_forgery(F_SEAL_GROW | F_SEAL_SEAL);
}

static void test_descriptors(void **state)
{
    static const struct {
        const char *name;
        int (*open)(void);
        const char *trouble;
    } cases[] = {
        {"directory", open_directory, "no memfd"},
        {"plain file", open_plain_file, "no memfd"},
        {"device", open_device, "no memfd"},
        {"pipe", open_pipe, "no memfd"},
        {"too small", open_tiny, "too small"},
        {"zeros", open_zeros, "no frame stream"},
        {"huge", open_huge, "bytes, but 70x20 needs"},
        {"not sealed", open_unsealed, "not sealed"},
        {"may grow", open_growing, "not sealed"},
        {"may shrink", open_shrinking, "not sealed"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct liar liar;
        liar_init(&liar);
        int fd = cases[i].open();
        assert_true(wire_send(liar.fd, WIRE_MEMORY, 1, fd));
        close(fd);
        assert_nothing_shown(&liar, cases[i].name, cases[i].trouble);
        liar_fini(&liar);
    }
}

/* Huge pages can be sealed too, but a page that is not there ends in SIGBUS. */
static void test_huge_pages(void **state)
{
    int fd = memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
    if (fd < 0 || ftruncate(fd, 4 << 20) < 0 || fcntl(fd, F_ADD_SEALS, seals_enough) < 0) {
        close(fd);
        skip();
    }
    struct liar liar;
    liar_init(&liar);
    assert_true(wire_send(liar.fd, WIRE_MEMORY, 1, fd));
    assert_nothing_shown(&liar, "huge pages", "another kind");
    liar_fini(&liar);
    close(fd);
}

static void test_honest_forgery(void **state)
{
    struct liar liar;
    struct forgery forgery;
    liar_init(&liar);
    forgery_init(&forgery, seals_enough);
    assert_true(wire_send(liar.fd, WIRE_MEMORY, 1, forgery.fd));
    assert_true(frame_reader_poll(liar.reader));
    assert_int_equal(frame_reader_picture(liar.reader)->pixels[0], 1);
    /* The kernel keeps the seals' promise. */
    assert_int_equal(ftruncate(forgery.fd, 100), -1);
    assert_int_equal(errno, EPERM);
    forgery_fini(&forgery);
    liar_fini(&liar);
}

/* ---- headers ---- */

static void test_headers(void **state)
{
    static const struct {
        const char *name;
        size_t offset, size;
        uint64_t value;
        const char *trouble;
    } cases[] = {
#define FIELD(member) offsetof(struct layout_header, member), sizeof(((struct layout_header *)0)->member)
        {"magic", FIELD(magic), 1, "no frame stream"},
        {"next version", FIELD(version), 2, "version 2"},
        {"header size", FIELD(header_bytes), 4096, "offsets"},
        {"no width", FIELD(width_px), 0, "impossible size"},
        {"width beyond", FIELD(width_px), 8193, "impossible size"},
        {"width wraps", FIELD(width_px), 0xffffffff, "impossible size"},
        {"width grows", FIELD(width_px), WIDTH + 64, "offsets"},
        {"height grows", FIELD(height_px), 1000, "offsets"},
        {"no height", FIELD(height_px), 0, "impossible size"},
        {"stride 0", FIELD(stride_bytes), 0, "offsets"},
        {"stride huge", FIELD(stride_bytes), 0x7fffffff, "offsets"},
        {"format", FIELD(format), 7, "pixel format 7"},
        {"no slots", FIELD(slots), 0, "impossible size"},
        {"many slots", FIELD(slots), 9, "impossible size"},
        {"more slots", FIELD(slots), 4, "offsets"},
        {"slot size", FIELD(slot_bytes), 64, "offsets"},
        {"slot size huge", FIELD(slot_bytes), UINT64_MAX - 4095, "offsets"},
        {"file size", FIELD(size_bytes), 1, "offsets"},
#undef FIELD
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct liar liar;
        struct forgery forgery;
        liar_init(&liar);
        forgery_init(&forgery, seals_enough);
        memcpy((uint8_t *)forgery.header + cases[i].offset, &cases[i].value, cases[i].size);
        assert_true(wire_send(liar.fd, WIRE_MEMORY, 1, forgery.fd));
        assert_nothing_shown(&liar, cases[i].name, cases[i].trouble);
        forgery_fini(&forgery);
        liar_fini(&liar);
    }
}

/* Sizes are taken once: a writer that changes them later changes nothing. */
static void test_header_changes_later(void **state)
{
    struct liar liar;
    struct forgery forgery;
    liar_init(&liar);
    forgery_init(&forgery, seals_enough);
    assert_true(wire_send(liar.fd, WIRE_MEMORY, 1, forgery.fd));
    assert_true(frame_reader_poll(liar.reader));
    forgery.header->width_px = forgery.header->height_px = FRAME_SIDE_MAX;
    forgery.header->slots = forgery.header->stride_bytes = 0;
    forgery.header->slot_bytes = UINT64_MAX;
    forge_picture(&forgery, 2);
    assert_true(frame_reader_poll(liar.reader));
    assert_int_equal(frame_reader_picture(liar.reader)->width_px, WIDTH);
    assert_int_equal(frame_reader_picture(liar.reader)->pixels[0], 2);
    forgery_fini(&forgery);
    liar_fini(&liar);
}

/* ---- pictures ---- */

static void spoil_count(struct forgery *forgery)
{
    get_rows(forgery, 2)[HEIGHT - 1].count = FRAME_ROW_SPANS + 1;
}

static void spoil_count_wraps(struct forgery *forgery)
{
    get_rows(forgery, 2)[0].count = UINT32_MAX;
}

static void spoil_width(struct forgery *forgery)
{
    get_rows(forgery, 2)[3].spans[0].to = WIDTH + 1;
}

static void spoil_far(struct forgery *forgery)
{
    get_rows(forgery, 2)[3].spans[0] = (struct frame_span){65000, 65535};
}

static void spoil_order(struct forgery *forgery)
{
    get_rows(forgery, 2)[3].spans[0] = (struct frame_span){20, 10};
}

static void spoil_overlap(struct forgery *forgery)
{
    get_rows(forgery, 2)[3] = (struct frame_row){2, {{0, 30}, {29, 40}}};
}

static void spoil_damage_count(struct forgery *forgery)
{
    forgery->header->damage[2].count = UINT32_MAX;
}

static void spoil_damage_box(struct forgery *forgery)
{
    forgery->header->damage[2].boxes[0] = (struct layout_box){0, 0, WIDTH, HEIGHT + 1};
}

static void spoil_damage_order(struct forgery *forgery)
{
    forgery->header->damage[2].boxes[0] = (struct layout_box){9, 0, 3, HEIGHT};
}

static void test_pictures(void **state)
{
    static const struct {
        const char *name;
        void (*spoil)(struct forgery *);
    } cases[] = {
        {"17 spans", spoil_count},
        {"4 billion spans", spoil_count_wraps},
        {"span beyond the row", spoil_width},
        {"span far beyond", spoil_far},
        {"span backwards", spoil_order},
        {"spans overlap", spoil_overlap},
        {"4 billion boxes", spoil_damage_count},
        {"box beyond the picture", spoil_damage_box},
        {"box backwards", spoil_damage_order},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct liar liar;
        struct forgery forgery;
        liar_init(&liar);
        forgery_init(&forgery, seals_enough);
        assert_true(wire_send(liar.fd, WIRE_MEMORY, 1, forgery.fd));
        assert_true(frame_reader_poll(liar.reader));
        forge_picture(&forgery, 2);
        cases[i].spoil(&forgery);
        poll_often(&liar);
        /* Picture 1 is still shown, and it is what it was. */
        const struct frame_picture *picture = frame_reader_picture(liar.reader);
        if (!picture || picture->sequence != 1 || picture->pixels[0] != 1 || picture->rows[3].spans[0].to != WIDTH)
            fail_msg("%s: picture 1 was lost", cases[i].name);
        if (!strstr(frame_reader_trouble(liar.reader), "spans or damage"))
            fail_msg("%s: %s", cases[i].name, frame_reader_trouble(liar.reader));
        forgery_fini(&forgery);
        liar_fini(&liar);
    }
}

static void test_sequences(void **state)
{
    static const uint64_t newest[] = {UINT64_MAX, UINT64_MAX - 1, 4, 1000, (uint64_t)1 << 63, 0};
    for (size_t i = 0; i < ARRAY_LENGTH(newest); i++) {
        struct liar liar;
        struct forgery forgery;
        liar_init(&liar);
        forgery_init(&forgery, seals_enough);
        assert_true(wire_send(liar.fd, WIRE_MEMORY, 1, forgery.fd));
        assert_true(frame_reader_poll(liar.reader));
        forgery.header->newest = newest[i];
        poll_often(&liar);
        assert_int_equal(frame_reader_picture(liar.reader)->sequence, 1);
        /* Believed only when the slot says the same. */
        if (newest[i] != 0) {
            forge_picture(&forgery, newest[i]);
            assert_true(frame_reader_poll(liar.reader));
            assert_int_equal(frame_reader_picture(liar.reader)->sequence, newest[i]);
        }
        forgery_fini(&forgery);
        liar_fini(&liar);
    }
}

/* A picture that is being written is not taken; the next one is. */
static void test_torn_picture(void **state)
{
    struct liar liar;
    struct forgery forgery;
    liar_init(&liar);
    forgery_init(&forgery, seals_enough);
    assert_true(wire_send(liar.fd, WIRE_MEMORY, 1, forgery.fd));
    assert_true(frame_reader_poll(liar.reader));
    forge_picture(&forgery, 2);
    get_slot(&forgery, 2)->sequence = 0;
    poll_often(&liar);
    assert_int_equal(frame_reader_picture(liar.reader)->pixels[0], 1);
    assert_int_equal(frame_reader_state(liar.reader), FRAME_LIVE);
    get_slot(&forgery, 2)->sequence = 2;
    assert_true(frame_reader_poll(liar.reader));
    assert_int_equal(frame_reader_picture(liar.reader)->pixels[0], 2);
    forgery_fini(&forgery);
    liar_fini(&liar);
}

/* ---- messages ---- */

static void test_silence(void **state)
{
    struct liar liar;
    liar_init(&liar);
    assert_nothing_shown(&liar, "silence", "no picture yet");
    liar_fini(&liar);
}

static void test_garbage(void **state)
{
    static const char *const messages[] = {"x", "0123456789abcdef", "a message that is longer than ours"};
    for (size_t i = 0; i < ARRAY_LENGTH(messages); i++) {
        struct liar liar;
        liar_init(&liar);
        assert_true(send(liar.fd, messages[i], strlen(messages[i]), 0) > 0);
        assert_nothing_shown(&liar, messages[i], "cannot be read");
        liar_fini(&liar);
    }
}

static void test_no_descriptor(void **state)
{
    struct liar liar;
    liar_init(&liar);
    assert_true(wire_send(liar.fd, WIRE_MEMORY, 1, -1));
    assert_true(wire_send(liar.fd, WIRE_NEWS, 1, -1));
    assert_true(wire_send(liar.fd, 77, 1, STDERR_FILENO));
    assert_nothing_shown(&liar, "no descriptor", "no picture yet");
    liar_fini(&liar);
}

/* Twenty descriptors at once, with a good message: none of them stays open. */
static void test_many_descriptors(void **state)
{
    enum { COUNT = 20 };
    struct liar liar;
    liar_init(&liar);
    struct wire_message message = {WIRE_MAGIC, WIRE_MEMORY, 1};
    struct iovec part = {&message, sizeof(message)};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(COUNT * sizeof(int))];
    } control = {0};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                            .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(COUNT * sizeof(int));
    for (int i = 0; i < COUNT; i++)
        memcpy(CMSG_DATA(header) + (size_t)i * sizeof(int), &liar.fd, sizeof(int));
    assert_true(sendmsg(liar.fd, &packet, 0) > 0);
    assert_nothing_shown(&liar, "many descriptors", "cannot be read");
    liar_fini(&liar);
}

/* As many messages as the socket holds, over and over: each poll takes a bounded number and returns. */
static void test_flood(void **state)
{
    struct liar liar;
    struct forgery forgery;
    liar_init(&liar);
    forgery_init(&forgery, seals_enough);
    assert_int_equal(fcntl(liar.fd, F_SETFL, O_NONBLOCK), 0);
    for (int i = 0; i < 200; i++) {
        for (int j = 0; j < 1000; j++)
            wire_send(liar.fd, j % 3 ? WIRE_NEWS : WIRE_MEMORY, 1, j % 3 ? -1 : forgery.fd);
        int64_t begin_ms = clock_monotonic_ms();
        frame_reader_poll(liar.reader);
        assert_true(clock_monotonic_ms() - begin_ms < 2000);
    }
    assert_int_equal(frame_reader_picture(liar.reader)->pixels[0], 1);
    forgery_fini(&forgery);
    liar_fini(&liar);
}

/* ---- other people ---- */

static void test_other_users(void **state)
{
    if (geteuid() != 0)
        skip();
    /* A reader of another user, for whom the socket was opened by mistake. */
    char *path = socket_name();
    struct frame_writer *writer =
        frame_writer_create(&(struct frame_writer_options){.path = path, .width_px = 10, .height_px = 10}, NULL);
    assert_non_null(writer);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(path, 0666), 0);
    pid_t child = fork();
    if (child == 0) {
        struct wire_message message;
        int memory_fd;
        if (setuid(65534) != 0)
            _exit(3);
        int fd = wire_connect(path);
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        poll(&wait, 1, 10000);
        _exit(fd >= 0 && wire_receive(fd, &message, &memory_fd) == WIRE_CLOSED ? 0 : 4);
    }
    struct pollfd wait = {.fd = frame_writer_fd(writer), .events = POLLIN};
    assert_int_equal(poll(&wait, 1, 10000), 1);
    frame_writer_handle(writer);
    assert_int_equal(frame_writer_readers(writer), 0);
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    frame_writer_destroy(writer);

    /* A writer of another user, at the path that we were told. */
    free(path);
    path = socket_name();
    assert_int_equal(chmod(folder, 0777), 0);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        int lock_fd;
        if (setuid(65534) != 0 || wire_listen(path, &lock_fd, NULL) < 0)
            _exit(3);
        (void)!write(ready[1], "x", 1);
        pause();
    }
    char byte;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct frame_reader *reader = frame_reader_create(&(struct frame_reader_options){.path = path});
    frame_reader_poll(reader);
    assert_non_null(strstr(frame_reader_trouble(reader), "another user"));
    frame_reader_destroy(reader);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    assert_int_equal(chmod(folder, 0700), 0);
    free(path);
}

/* ---- at full speed, and killed ---- */

/* Publishes pictures of one colour, as fast as it can, until it is killed. */
static void publish_for_ever(const char *path)
{
    enum { SIDE = 400 };
    struct frame_writer *writer = NULL;
    static uint8_t pixels[SIDE * SIDE * 4];
    while (!writer)
        writer = frame_writer_create(&(struct frame_writer_options){.path = path, .width_px = SIDE, .height_px = SIDE},
                                     NULL);
    for (unsigned n = 1;; n++) {
        memset(pixels, (int)(1 + n % 255), sizeof(pixels));
        frame_writer_handle(writer);
        frame_writer_publish(writer, pixels, SIDE * 4, NULL, 0);
    }
}

static void assert_whole(const struct frame_picture *picture)
{
    for (int32_t y = 0; y < picture->height_px; y++) {
        const uint8_t *row = picture->pixels + (size_t)y * picture->stride_bytes;
        assert_int_equal(row[0], picture->pixels[0]);
        assert_memory_equal(row, row + 1, (size_t)picture->width_px * 4 - 1);
    }
}

static void test_rewritten_and_killed(void **state)
{
    char *path = socket_name();
    struct frame_reader *reader = frame_reader_create(&(struct frame_reader_options){.path = path, .keep_ms = FRAME_KEEP});
    for (int round = 0; round < 8; round++) {
        uint64_t generation = frame_reader_picture(reader) ? frame_reader_picture(reader)->generation : 0;
        pid_t child = fork();
        if (child == 0)
            publish_for_ever(path);
        int64_t limit_ms = clock_monotonic_ms() + 30000;
        for (int pictures = 0; pictures < 60 && clock_monotonic_ms() < limit_ms;) {
            struct pollfd wait = {.fd = frame_reader_fd(reader), .events = POLLIN};
            poll(&wait, 1, frame_reader_wait_ms(reader));
            bool is_new = frame_reader_poll(reader);
            const struct frame_picture *picture = frame_reader_picture(reader);
            if (picture)
                assert_whole(picture);
            pictures += is_new && picture && picture->generation > generation;
        }
        assert_true(frame_reader_picture(reader)->generation > generation);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        for (int i = 0; i < 5; i++) {
            frame_reader_poll(reader);
            assert_whole(frame_reader_picture(reader));
        }
    }
    frame_reader_destroy(reader);
    free(path);
}

int main(void)
{
    log_set_level(LOG_ERROR);
    assert_non_null(mkdtemp(folder));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descriptors),     cmocka_unit_test(test_huge_pages),
        cmocka_unit_test(test_honest_forgery),  cmocka_unit_test(test_headers),
        cmocka_unit_test(test_header_changes_later), cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_sequences),       cmocka_unit_test(test_torn_picture),
        cmocka_unit_test(test_silence),         cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_no_descriptor),   cmocka_unit_test(test_many_descriptors),
        cmocka_unit_test(test_flood),           cmocka_unit_test(test_other_users),
        cmocka_unit_test(test_rewritten_and_killed),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char *command = xasprintf("rm -rf '%s'", folder);
    if (system(command) != 0)
        failed++;
    free(command);
    return failed;
}
