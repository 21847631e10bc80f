#include "ircd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/lines.h"

enum { START_MS = 15000 };

static const char *const programs[] = {[IRCD_INSPIRCD] = "/usr/sbin/inspircd", [IRCD_NGIRCD] = "/usr/sbin/ngircd"};

/* InspIRCd 3: all of IRCv3 that it has, and a websocket. Nobody is held back for speed. */
static const char inspircd_config[] =
    "<config format=\"xml\">\n"
    "<server name=\"irc.test\" description=\"Loopback test server\" network=\"TestNet\" id=\"00A\">\n"
    "<admin name=\"Test\" email=\"test@irc.test\" nick=\"test\">\n"
    "<path configdir=\"@DIR@\" datadir=\"@DIR@\" logdir=\"@DIR@\">\n"
    "<pid file=\"@DIR@/ircd.pid\">\n"
    "<bind address=\"127.0.0.1\" port=\"@PORT@\" type=\"clients\">\n"
    "<bind address=\"127.0.0.1\" port=\"@TLS@\" type=\"clients\" sslprofile=\"Test\">\n"
    "<bind address=\"127.0.0.1\" port=\"@WEB@\" type=\"clients\" hook=\"websocket\">\n"
    "<module name=\"ssl_gnutls\">\n"
    "<sslprofile name=\"Test\" provider=\"gnutls\" certfile=\"@DIR@/cert.pem\" keyfile=\"@DIR@/key.pem\">\n"
    "<module name=\"sha1\"><module name=\"websocket\"><websocket defaultmode=\"text\"><wsorigin allow=\"https://127.0.0.1\">\n"
    "<module name=\"cap\"><module name=\"ircv3\"><module name=\"ircv3_accounttag\"><module name=\"ircv3_batch\">\n"
    "<module name=\"ircv3_capnotify\"><module name=\"ircv3_ctctags\"><module name=\"ircv3_echomessage\">\n"
    "<module name=\"ircv3_labeledresponse\"><module name=\"ircv3_msgid\"><module name=\"ircv3_servertime\">\n"
    "<connect name=\"main\" allow=\"127.0.0.0/8\" timeout=\"30\" pingfreq=\"60\" hardsendq=\"1M\" softsendq=\"1M\" recvq=\"64K\"\n"
    " threshold=\"0\" fakelag=\"no\" localmax=\"50\" globalmax=\"50\" resolvehostnames=\"no\" useident=\"no\">\n"
    "<options prefixquit=\"Quit: \" defaultmodes=\"not\" syntaxhints=\"no\">\n"
    "<performance netbuffersize=\"10240\" somaxconn=\"128\" clonesonconnect=\"no\">\n"
    "<security hidebans=\"no\" userstats=\"Pu\">\n"
    "<log method=\"file\" type=\"*\" level=\"default\" target=\"@DIR@/ircd.log\">\n";

/* ngIRCd: the classic, with nothing of IRCv3 but multi-prefix. */
static const char ngircd_config[] =
    "[Global]\n"
    "\tName = irc.test\n\tInfo = Loopback test server\n\tAdminInfo1 = Test\n\tAdminEMail = test@irc.test\n"
    "\tListen = 127.0.0.1\n\tPorts = @PORT@\n\tMotdPhrase = \"test\"\n\tPidFile = @DIR@/ircd.pid\n\tNetwork = TestNet\n"
    "@ROOT@"
    "[Limits]\n"
    "\tConnectRetry = 60\n\tMaxConnections = 0\n\tMaxConnectionsIP = 0\n\tMaxJoins = 0\n\tMaxNickLength = 30\n"
    "\tMaxPenaltyTime = 0\n\tPingTimeout = 60\n\tPongTimeout = 20\n"
    "[Options]\n\tDNS = no\n\tIdent = no\n\tPAM = no\n"
    "[SSL]\n\tCertFile = @DIR@/cert.pem\n\tKeyFile = @DIR@/key.pem\n\tPorts = @TLS@\n";

/* ---- files ---- */

static void replace(struct buffer *out, const char *text, const char *name, const char *value)
{
    buffer_clear(out);
    for (const char *at; (at = strstr(text, name)); text = at + strlen(name)) {
        buffer_add(out, text, (size_t)(at - text));
        buffer_add_string(out, value);
    }
    buffer_add_string(out, text);
    buffer_add_char(out, '\0');
}

static void write_file(const struct ircd *ircd, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", ircd->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void write_config(const struct ircd *ircd)
{
    char ports[3][8];
    snprintf(ports[0], 8, "%u", ircd->port);
    snprintf(ports[1], 8, "%u", ircd->tls_port);
    snprintf(ports[2], 8, "%u", ircd->web_port);
    const char *const root = geteuid() == 0 ? "\tServerUID = irc\n\tServerGID = irc\n" : "";
    const char *const pairs[][2] = {
        {"@DIR@", ircd->folder}, {"@PORT@", ports[0]}, {"@TLS@", ports[1]}, {"@WEB@", ports[2]}, {"@ROOT@", root}};
    struct buffer text[2] = {{0}};
    replace(&text[1], ircd->kind == IRCD_INSPIRCD ? inspircd_config : ngircd_config, "@NOTHING@", "");
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++)
        replace(&text[i % 2], text[(i + 1) % 2].data, pairs[i][0], pairs[i][1]);
    write_file(ircd, "ircd.conf", text[0].data);
    buffer_fini(&text[0]);
    buffer_fini(&text[1]);
}

/* A CA of the test's own, and a certificate of it for this machine. */
static void make_certificates(const struct ircd *ircd)
{
    char command[1400];
    const char *d = ircd->folder;
    snprintf(command, sizeof(command),
             "cd %s && printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' >san && "
             "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=Test CA' -keyout ca.key -out ca.pem && "
             "openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out csr && "
             "openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile san -out cert.pem && "
             "chmod 644 key.pem", d);
    char quiet[1500];
    snprintf(quiet, sizeof(quiet), "(%s) >/dev/null 2>&1", command);
    if (system(quiet) != 0)
        fail_msg("no certificates: is openssl installed?");
}

/* ---- the process ---- */

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    close(fd);
    return ntohs(address.sin_port);
}

static bool answers(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return ok;
}

static void exec_server(const struct ircd *ircd)
{
    char config[128], log[128];
    snprintf(config, sizeof(config), "%s/ircd.conf", ircd->folder);
    snprintf(log, sizeof(log), "%s/output", ircd->folder);
    if (!freopen("/dev/null", "r", stdin) || !freopen(log, "a", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
        _exit(126);
    if (ircd->kind == IRCD_NGIRCD)
        execl(programs[ircd->kind], "ngircd", "-n", "-f", config, NULL);
    else if (geteuid() == 0)
        execl(programs[ircd->kind], "inspircd", "--config", config, "--nofork", "--runasroot", NULL);
    else
        execl(programs[ircd->kind], "inspircd", "--config", config, "--nofork", NULL);
    _exit(127);
}

/* There is nothing to be told by: its ports are asked until they answer. */
void ircd_restart(struct ircd *ircd)
{
    ircd->pid = fork();
    if (ircd->pid == 0)
        exec_server(ircd);
    int64_t until_ms = clock_monotonic_ms() + START_MS;
    while (!answers(ircd->port) || !answers(ircd->tls_port) || (ircd->web_port && !answers(ircd->web_port))) {
        if (waitpid(ircd->pid, NULL, WNOHANG) != 0 || clock_monotonic_ms() > until_ms)
            fail_msg("%s did not start: see %s/output", programs[ircd->kind], ircd->folder);
        nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
    }
}

bool ircd_start(struct ircd *ircd, enum ircd_kind kind)
{
    if (access(programs[kind], X_OK) != 0)
        return false;
    *ircd = (struct ircd){.kind = kind, .folder = "/tmp/antiphon-ircd-XXXXXX"};
    assert_non_null(mkdtemp(ircd->folder));
    chmod(ircd->folder, 0777);  // ngircd changes to a user of its own
    ircd->port = free_port();
    ircd->tls_port = free_port();
    ircd->web_port = kind == IRCD_INSPIRCD ? free_port() : 0;
    make_certificates(ircd);
    write_config(ircd);
    ircd_restart(ircd);
    return true;
}

void ircd_kill(struct ircd *ircd)
{
    kill(ircd->pid, SIGKILL);
    waitpid(ircd->pid, NULL, 0);
    ircd->pid = 0;
}

void ircd_stop(struct ircd *ircd)
{
    if (ircd->pid > 0)
        ircd_kill(ircd);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", ircd->folder);
    if (system(command) != 0)
        print_message("%s stays\n", ircd->folder);
}

/* ---- people ---- */

void person_say(struct person *person, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    assert_true(lines_send(person->lines, line, (size_t)len, NULL));
}

static void handle_open(void *data)
{
    struct person *person = data;
    person_say(person, "NICK %s", person->nick);
    person_say(person, "USER %s 0 * :%s", person->nick, person->nick);
}

static void take_words(struct person *person, const char *text)
{
    char from[64];
    snprintf(from, sizeof(from), ":%s!", person->listens_to ? person->listens_to : "antiphon");
    const char *words = strstr(text, " PRIVMSG #live :");
    if (words && strncmp(text, from, strlen(from)) == 0)
        buffer_add_string(&person->said, words + strlen(" PRIVMSG #live :"));
}

static void handle_line(void *data, const char *text, size_t len, bool is_cut)
{
    struct person *person = data;
    buffer_add(&person->heard, text, len);
    buffer_add_char(&person->heard, '\n');
    if (strncmp(text, "PING", 4) == 0)
        person_say(person, "PONG%s", text + 4);
    else if (strstr(text, " 001 "))
        person_say(person, "JOIN #live");
    else if (strstr(text, " 366 "))
        person->is_in = true;
    take_words(person, text);
}

static void handle_close(void *data, const struct lines_close *end)
{
    struct person *person = data;
    person->is_gone = true;
}

static const struct lines_handler handler = {.on_open = handle_open, .on_line = handle_line, .on_close = handle_close};

void person_start(struct person *person, struct loop *loop, const struct ircd *ircd, const char *nick)
{
    *person = (struct person){.loop = loop};
    snprintf(person->nick, sizeof(person->nick), "%s", nick);
    struct error err = {0};
    struct lines_options options = {.host = "127.0.0.1", .port = ircd->port, .handler = &handler, .data = person};
    person->lines = lines_create(loop, &options, &err);
    assert_string_equal(err.text, "");
}

void person_stop(struct person *person)
{
    lines_destroy(person->lines);
    buffer_fini(&person->heard);
    buffer_fini(&person->said);
    *person = (struct person){0};
}

bool person_heard(const struct person *person, const char *words)
{
    return person->heard.len > 0 && memmem(person->heard.data, person->heard.len, words, strlen(words));
}
