"""Bad input, each kind with the real processes: one clear line (place, value, way out), no crash, no hang, nothing lost."""
import contextlib
import ctypes
import glob
import json
import os
import re
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import time

from show import BINARY, SOURCE_ROOT, Show, check_continuous, wait_until

LIMIT_S = 60
NOBODY = 65534


def call(show, *arguments, status, words, env=None, stdin=None, as_nobody=False, lines=1):
    """One command that must fail with `status`, saying all `words` in `lines` lines; returns standard output."""
    def become_nobody():
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    binary = BINARY
    if as_nobody:  # the build may lie where only its owner comes
        binary = shutil.copy(BINARY, os.path.join(show.folder, "binary"))
    done = subprocess.run([binary, *arguments], capture_output=True, timeout=LIMIT_S, input=stdin or b"", cwd=show.folder,
                          env={**show.env, **(env or {})}, preexec_fn=become_nobody if as_nobody else None)
    err = done.stderr.decode()
    said = f"antiphon {' '.join(arguments)}: status {done.returncode}, said: {done.stdout[-2000:].decode(errors='replace')}{err}"
    assert done.returncode == status, said
    assert all(word in err for word in words), f"{words} missing; {said}"
    assert len(err.splitlines()) == lines, said
    assert all(len(line) < 600 for line in err.splitlines()), "a line that nobody reads: " + said
    return done.stdout


def count_lines(show, *words):
    return sum(all(word in line for word in words) for line in show.log().splitlines())


# ---- frames

def check_decode():
    irc = b"@id=%d;tmi-sent-ts=1 :ann!ann@ann.tmi.twitch.tv PRIVMSG #ann :%s\n"
    item = b'{"items":[{"id":"%s","snippet":{"type":"textMessageEvent","publishedAt":"2024-01-01T00:00:00Z","displayMessage":"%s",' \
           b'"textMessageDetails":{"messageText":"%s"}},"authorDetails":{"channelId":"UCx","displayName":"n"}}]}\n'
    nested = {"brackets": b"[" * 1000 + b"]" * 1000, "braces": b'{"a":' * 1000 + b"1" + b"}" * 1000,
              "items": b'{"items":[' + b"[" * 1000 + b"]" * 1000 + b"]}"}
    with Show() as show:
        cases = [("twitch", b"x" * 1048576, "an IRC line of 1048576 bytes"), ("twitch", b":only-a-prefix", "without a command"),
                 ("twitch", b'{"not":"irc"}', "a frame of EventSub without metadata"), ("youtube", b"x" * 1048576, "got the byte 0x78"),
                 ("youtube", b'{"items":[', "ends too early"), ("youtube", b'{"items":[{"id":3}]}', "without snippet.type")]
        cases += [("twitch", nested["brackets"], "no IRC line"), ("twitch", nested["braces"], "JSON deeper than"),
                  ("twitch", nested["items"], "JSON deeper than")]
        cases += [("youtube", nested["brackets"], "array in an array"), ("youtube", nested["braces"], "nested too deeply"),
                  ("youtube", nested["items"], "nested too deeply")]
        for platform, bad, words in cases:
            good = [irc % (i, b"hi") if platform == "twitch" else item % (b"%d" % i, b"hi", b"hi") for i in (1, 2)]
            out = call(show, "decode", platform, status=1, words=[f"antiphon decode: standard input: line 2: ", words],
                       stdin=good[0] + bad + b"\n" + good[1])
            messages = [json.loads(line) for line in out.splitlines()]
            assert [m["text"] for m in messages] == ["hi", "hi"], f"what stands around {bad[:20]!r} is lost: {out}"
        # Text that is no UTF-8 is a message all the same: what cannot be read becomes U+FFFD.
        for platform, frame in (("twitch", irc % (1, b"a\xff\xfe\xc0\x80b")), ("youtube", item % ((b"1",) + (b"a\xff\xfe\xc0\x80b",) * 2))):
            out = call(show, "decode", platform, status=0, words=[], stdin=frame, lines=0)
            text = json.loads(out)["text"]
            assert text[0] == "a" and text[-1] == "b" and set(text[1:-1]) == {"\ufffd"}, text
        call(show, "decode", "twitch", "/nonexistent/frames", status=1, words=["/nonexistent/frames: No such file or directory"])


def check_garbage_on_the_wire():
    """The platforms send what nobody can read, in the midst of a show: the chat goes on."""
    with Show() as show:
        transcript = os.path.join(show.folder, "transcript.jsonl")
        with open(transcript, "w", encoding="utf-8") as out:
            for i in range(60):
                platform = ("twitch", "youtube")[i % 2]
                out.write(json.dumps({"at_ms": i * 100, "kind": "chat", "platform": platform, "native_id": f"m{i}", "text": f"line {i}",
                                      "source": {"twitch": "twitch:rehearsal", "youtube": "youtube:rehearsal01"}[platform],
                                      "author": {"id": "1", "login": "ann", "name": "ann"}}) + "\n")
        addresses = show.rehearse(transcript)
        show.config["sources"] = addresses["sources"]
        show.start_part("relay")
        show.wait_for_relay()
        show.wait_for_message("line 5")
        for _ in range(3):
            show.control(addresses, "garbage")
        show.wait_for_message("line 59")
        wait_until("all are there", lambda: {f"line {i}" for i in range(60)} <= {
            m.get("text") for m in show.api("history", limit=200)["messages"]})
        said = [line for line in show.log().splitlines() if " warn " in line or " error " in line]
        assert 1 <= len(said) <= 12, f"{len(said)} lines about 6 bad frames:\n" + "\n".join(said)


# ---- configuration, secrets, fonts

def check_configuration():
    with Show() as show:
        path = os.path.join(show.folder, "typo.json")
        table = [('{"langauges":["fa"]}', ["typo.json: langauges: there is no such key", '"languages" is meant?']),
                 ('{"panel":{"listen":8470}}', ["typo.json: panel.listen 8470: expected a text in quotes"]),
                 ('{"views":[{"name":"main"}', ["typo.json: line 1"]),
                 ("[" * 1000 + "]" * 1000, ["typo.json", "deep"])]
        for text, words in table:
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            for name in ("relay", "overlay", "video", "run"):
                call(show, name, "--config", path, status=1, words=words)
        table = [('{"views":[{"name":"main","theme":"evning"}]}', ["MISSING", "theme", "evning"]),
                 ('{"overlay":{"sounds":{"gift":"bel"}}}', ["MISSING", "sound", "overlay.sounds.gift", "bel.wav"]),
                 ('{"overlay":{"sounds":{"raid":"/nonexistent/x.ogg"}}}', ["MISSING", "overlay.sounds.raid: /nonexistent/x.ogg: No such file"]),
                 ('{"sources":[{"connector":"irc","server":"irc.example","channel":"#a"}],"views":[{"name":"main","platforms":["twich"]}]}',
                  ["note", 'platforms[0] "twich": no source brings it'])]
        for text, words in table:
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            out = subprocess.run([BINARY, "check", "--offline", "--config", path], capture_output=True, text=True, timeout=LIMIT_S, env=show.env)
            assert any(all(word in line for word in words) for line in out.stdout.splitlines()), f"{text}: {out.stdout}{out.stderr}"
        call(show, "run", "--config", "/nonexistent/a.json", status=1, words=["/nonexistent/a.json", "No such file"])

        # A running relay keeps the old one.
        show.start_part("relay")
        show.wait_for_relay()
        config = os.path.join(show.runtime, "antiphon.json")
        with open(config, "w", encoding="utf-8") as out:
            out.write('{"soruces":[]}')
        show.processes["relay"].send_signal(1)
        wait_until("the refusal is logged", lambda: count_lines(show, "error", "soruces", "the old configuration stays") == 1)
        show.wait_for_relay()


def check_secrets():
    with Show() as show:
        config = os.path.join(show.runtime, "antiphon.json")
        secrets = os.path.join(show.runtime, "secrets.json")

        def write(text, mode):
            with open(secrets, "w", encoding="utf-8") as out:
                out.write(text)
            os.chmod(secrets, mode)

        show.config["sources"] = [{"connector": "youtube", "video": "abcdefghijk", "api_key": "secret:youtube"}]
        show.write_config()
        run = ("run", "--config", config)
        call(show, *run, status=1, words=['sources[0].api_key', 'secrets.json beside this file has no "youtube"'])
        write('{"youtube":"AIzaHidden"}', 0o644)
        call(show, *run, status=1, words=["secrets.json: others can read it", "chmod 600"])
        write('{"youtube":', 0o600)
        call(show, *run, status=1, words=["secrets.json: line 1"])
        write('{"youtube":"AIzaHidden"}', 0o600)
        out = subprocess.run([BINARY, "check", "--config", config], capture_output=True, timeout=LIMIT_S, env=show.env)
        assert b"AIzaHidden" not in out.stdout + out.stderr, "a secret is shown"
        if os.geteuid() == 0:
            for folder, _, files in os.walk(show.folder):
                for name in [folder] + [os.path.join(folder, file) for file in files]:
                    os.chown(name, NOBODY, NOBODY)
        os.chmod(secrets, 0)
        call(show, *run, status=1, words=["secrets.json: Permission denied"], as_nobody=os.geteuid() == 0)


def check_fonts():
    with Show() as show:
        empty = os.path.join(show.folder, "fonts")
        os.makedirs(empty)
        env = {"ANTIPHON_FONTS": empty}
        call(show, "text", status=1, words=["ANTIPHON_FONTS", empty, "No such file"], env=env, stdin="سلام".encode())
        call(show, "overlay", "--config", show.write_config(), status=1, words=["ANTIPHON_FONTS", empty], env=env, lines=1)
        # A system with our own faces only: what they lack is said before air, with the package that helps.
        ours = os.path.join(show.folder, "ours")
        shutil.copytree(os.path.join(SOURCE_ROOT, "fonts"), ours)
        with open(os.path.join(ours, "manifest.json"), "r+", encoding="utf-8") as manifest:
            changed = re.sub(r'"folders": \[.*?\]', json.dumps({"folders": [empty]})[1:-1], manifest.read())
            manifest.seek(0)
            manifest.truncate()
            manifest.write(changed)
        fontconfig = os.path.join(show.folder, "fonts.conf")
        with open(fontconfig, "w", encoding="utf-8") as out:
            out.write(f'<?xml version="1.0"?><fontconfig><dir>{empty}</dir><cachedir>{show.folder}/cache</cachedir></fontconfig>')
        env = {"FONTCONFIG_FILE": fontconfig, "ANTIPHON_FONTS": ours}
        done = subprocess.run([BINARY, "check", "--config", show.write_config()], capture_output=True, text=True, timeout=LIMIT_S,
                              env={**show.env, **env})
        lines = [line for line in done.stdout.splitlines() if line.startswith("MISSING  fonts")]
        assert done.returncode == 1 and any("fonts-noto-cjk" in line and "apt install" in line for line in lines), done.stdout
        show.start_part("relay")
        show.wait_for_relay()
        show.start_part("overlay", env=env)
        client = show.socket()
        question = show.api("question.add", text="這首歌？")["id"]
        show.api("question.air", id=question)
        client.wait_for(lambda event: event["type"] == "overlay" and "這" in json.dumps(event, ensure_ascii=False))
        client.close()
        assert show.processes["overlay"].poll() is None


# ---- ports, disks, inputs, outputs

def check_busy_port():
    """The chat is read and journalled; the panel comes when the port is free. One line says so."""
    with Show() as show, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        show.config["panel"]["listen"] = f"127.0.0.1:{port}"
        done = subprocess.run([BINARY, "check", "--config", show.write_config()], capture_output=True, text=True, timeout=LIMIT_S, env=show.env)
        assert done.returncode == 1 and f"127.0.0.1:{port}: Address already in use" in done.stdout and "end the other program" in done.stdout
        show.start_part("run")
        show.wait_for_relay()
        wait_until("the port is named", lambda: count_lines(show, "error", f"127.0.0.1:{port}", "another program holds this port"))
        time.sleep(5)  # two retries
        assert count_lines(show, "another program holds this port") == 1, show.log()
        assert count_lines(show, "relay started") == 1, "the relay was started again"
        other.close()
        wait_until("the panel listens", lambda: count_lines(show, f"port {port} is free now"))
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            client.sendall(f"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            assert b"200" in client.recv(4096)


class SmallDisk:
    """A file system of 48 MB in the journal's place where we may mount one, else a bound on the size of the relay's files."""

    def __init__(self, show):
        self.show = show
        self.folder = os.path.join(show.folder, "disk")
        os.makedirs(self.folder)
        show.env["XDG_DATA_HOME"] = self.folder
        self.is_mounted = ctypes.CDLL(None, use_errno=True).mount(b"none", self.folder.encode(), b"tmpfs", 0, b"size=48m,mode=0700") == 0

    def fill(self):
        if not self.is_mounted:
            resource.prlimit(self.show.pid_of("relay"), resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
            return
        with open(os.path.join(self.folder, "filler"), "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass

    def make_room(self):
        if self.is_mounted:
            os.unlink(os.path.join(self.folder, "filler"))
        else:
            resource.prlimit(self.show.pid_of("relay"), resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def close(self):
        if self.is_mounted:
            subprocess.run(["umount", "-l", self.folder], check=True)


def check_full_disk():
    with Show() as show:
        disk = SmallDisk(show)
        try:
            play_on_full_disk(show, disk)
        finally:
            show.kill("relay", 15)
            disk.close()


def play_on_full_disk(show, disk):
    transcript = os.path.join(show.folder, "transcript.jsonl")
    with open(transcript, "w", encoding="utf-8") as out:
        for i in range(3000):
            out.write(json.dumps({"at_ms": 1000 + i * 5, "kind": "chat", "platform": "twitch", "native_id": f"m{i}",
                                  "source": "twitch:rehearsal", "author": {"id": "1", "login": "ann", "name": "ann"},
                                  "text": f"line {i} " + "x" * 200}) + "\n")
    show.config["sources"] = show.rehearse(transcript)["sources"]
    show.start_part("relay")
    show.wait_for_relay()
    panel = show.socket(topics=["feed"])

    def wait_for_line(number):
        panel.wait_for(lambda event: event["type"] == "messages" and any(int(m["text"].split()[1]) >= number for m in event["messages"]))

    wait_for_line(100)
    disk.fill()
    wait_until("the full disk is named", lambda: count_lines(show, "relay/journal", "the show goes on"), 20)
    wait_for_line(1500)  # chat goes on in memory
    line = [line for line in show.log().splitlines() if "the show goes on" in line]
    assert len(line) == 1 and ("make room" in line[0] or "check it" in line[0]), line
    disk.make_room()
    wait_until("the journal works again", lambda: count_lines(show, "relay/journal", "works again"), 20)
    wait_for_line(2999)
    panel.close()
    wait_until("every line is in the journal once", lambda: rows(show, disk) == (3000, 3000))
    assert count_lines(show, "relay/journal", "warn") <= 2, show.log()


def rows(show, disk):
    """(rows, different native ids) of the journal on the disk."""
    ids = []
    for path in glob.glob(os.path.join(disk.folder, "**", "journal-*.db"), recursive=True):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
            messages = [json.loads(row[0]) for row in database.execute("SELECT json FROM messages")]
            ids += [message["native_id"] for message in messages if message["kind"] == "chat"]
    return len(ids), len(set(ids))


def check_missing_input():
    """The holding picture stands, the input is tried again, and it is said once; when the file comes, it is shown."""
    with Show() as show:
        output = os.path.join(show.folder, "show.mkv")
        missing = os.path.join(show.folder, "missing.mkv")
        show.start("video", "--input", missing, "--output", output, "--size", "320x240", "--relay", "none")
        wait_until("the input is named", lambda: count_lines(show, "video", missing))
        wait_until("the output runs", lambda: os.path.exists(output) and os.path.getsize(output) > 20000)
        time.sleep(8)  # three or four more attempts
        assert count_lines(show, "warn", missing) == 1, "one line, not one an attempt:\n" + show.log()
        line, = [line for line in show.log().splitlines() if "warn" in line and missing in line]
        assert "no such file" in line and "trying again" in line, line
        assert show.kill("video", 15) == 0
        check_continuous(output, 30)
        for uri, words in (("nonsense://x", "nonsense"), ("http://127.0.0.1:9/x.mkv", "127.0.0.1")):
            show.start("video", "--input", uri, "--output", output, "--size", "320x240", "--relay", "none")
            wait_until(f"{uri} is named", lambda words=words: count_lines(show, "warn", "input failed", words))
            time.sleep(4)
            assert show.kill("video", 15) == 0
            assert count_lines(show, "warn", "input failed", words) <= 2, show.log()


def check_unwritable_output():
    with Show() as show:
        good = os.path.join(show.folder, "good.mkv")
        bad = "/proc/nowhere/show.mkv"
        show.start("video", "--input", "test", "--output", bad, "--output", good, "--size", "320x240", "--relay", "none")
        wait_until("the output is named", lambda: count_lines(show, "warn", "output1", bad))
        wait_until("the other output runs", lambda: os.path.exists(good) and os.path.getsize(good) > 20000)
        time.sleep(6)
        assert count_lines(show, "warn", bad) == 1, show.log()
        assert show.kill("video", 15) == 0
        check_continuous(good, 30)
        done = subprocess.run([BINARY, "demo", "--headless", "--seconds", "2", "--output", bad], capture_output=True, text=True,
                              timeout=LIMIT_S, env={**show.env, "TMPDIR": show.folder})
        assert done.returncode == 1 and done.stdout == "", f"status {done.returncode}, {done.stdout}{done.stderr}"
        assert done.stderr.splitlines()[-1].startswith(f"antiphon demo: {bad}: not recorded"), done.stderr


def main():
    checks = [check_decode, check_configuration, check_secrets, check_fonts, check_garbage_on_the_wire, check_busy_port, check_full_disk,
              check_missing_input, check_unwritable_output]
    wanted = sys.argv[1:]
    failed = []
    for check in checks:
        if wanted and check.__name__ not in wanted:
            continue
        begin = time.monotonic()
        try:
            check()
            print(f"ok      {check.__name__} ({time.monotonic() - begin:.1f} s)")
        except Exception as problem:  # the other kinds are to be seen too
            import traceback
            traceback.print_exc()
            failed.append(check.__name__)
            print(f"FAILED  {check.__name__}: {problem}")
    return 1 if failed else 0


sys.exit(main())
