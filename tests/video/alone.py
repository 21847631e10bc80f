"""The video process on its own: it outlives its parent, its terminal and its reader, holds its lock, and obeys its signals."""
from harness import *

out = path("show.mkv")
runtime = path("run")
os.makedirs(runtime, mode=0o700)
env = dict(os.environ, XDG_RUNTIME_DIR=runtime)
arguments = ["--size", "320x240", "--relay", "none", "--input", "test", "--output", out]

# A parent that starts it with a pipe nobody reads for standard error, and is killed.
read_end, write_end = os.pipe()
parent = spawn([sys.executable, "-c", f"""
import subprocess, sys, time
child = subprocess.Popen({[ANTIPHON, "video", "--verbose", *arguments]!r}, stderr={write_end}, pass_fds=[{write_end}])
print(child.pid, flush=True)
time.sleep(1000)
"""], stdout=subprocess.PIPE, pass_fds=[write_end], env=env)
os.close(write_end)
pid = int(parent.stdout.readline())


def alive():
    return os.path.exists(f"/proc/{pid}/exe") and open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"


def size():
    return os.path.getsize(out) if os.path.exists(out) else 0


def grows(what):
    before = size()
    wait_for(what, lambda: alive() and size() > before + 20000)


try:
    grows("the recording")
    parent.kill()
    parent.wait()
    grows("pictures after the parent's death")
    os.kill(pid, signal.SIGHUP)
    grows("pictures after SIGHUP")

    # The pipe is full, then its reader is gone: neither stops the show.
    for _ in range(3):
        os.kill(pid, signal.SIGHUP)
    os.close(read_end)
    os.kill(pid, signal.SIGHUP)
    grows("pictures without a reader")

    # One at a time.
    second = subprocess.run([ANTIPHON, "video", *arguments], env=env, capture_output=True, text=True)
    check(second.returncode == 1 and f"process {pid}" in second.stderr, f"a second one is refused: {second.stderr}")
    check(len(second.stderr.strip().splitlines()) == 1, f"in one line: {second.stderr}")

    # Stopped and continued, as by a debugger or a sleeping machine: it goes on at the present.
    os.kill(pid, signal.SIGSTOP)
    time.sleep(1.5)
    os.kill(pid, signal.SIGCONT)
    grows("pictures after SIGCONT")
    os.kill(pid, signal.SIGTERM)
    wait_for("its end", lambda: not alive(), 8)
finally:
    if alive():
        os.kill(pid, signal.SIGKILL)

times = packet_times(out, "v:0")
gaps = [b - a for a, b in zip(times, times[1:]) if b - a > 0.0345]
print(f"{len(times)} pictures, gaps {gaps}")
check(len(gaps) <= 1, f"one gap at most, where the process stood still: {gaps}")
check(all(b > a for a, b in zip(times, times[1:])), "time never goes back")

# A pipe that stays full while the process has much to say.
read_end, write_end = os.pipe()
os.set_blocking(write_end, False)
try:
    while True:
        os.write(write_end, b"x" * 4096)
except BlockingIOError:
    os.set_blocking(write_end, True)
full = path("full.mkv")
video = spawn([ANTIPHON, "video", "--verbose", *arguments[:-1], full, "--output", f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}",
               "--seconds", "4"], stderr=write_end, env=env)
check(video.wait(GENEROUS_S) == 0, "it ended well behind a full pipe")
check_continuous(full, seconds=3.5)

# What is wrong with a call is said in one line, with place, value and way out.
for words, says in ((["--size", "33x17"], "33x17"), (["--size", "big"], "WIDTHxHEIGHT"), (["--fps", "0"], "--fps"),
                    (["--output", path("a.avi")], ".mkv"), (["--output", path("b.mkv"), "--relay", "gopher://x"], "--relay"),
                    (["--config", path("none.json")], "none.json")):
    done = subprocess.run([ANTIPHON, "video", "--input", "test", *words], env=env, capture_output=True, text=True, timeout=GENEROUS_S)
    lines = [x for x in done.stderr.strip().splitlines() if x.startswith("antiphon video:")]
    check(done.returncode in (1, 2) and len(lines) >= 1 and says in lines[0], f"{words}: {done.returncode} {done.stderr}")
done = subprocess.run([ANTIPHON, "video", "--help"], capture_output=True, text=True)
check(done.returncode == 0 and "--output" in done.stdout, "--help")
