"""Main, backup and neither: what is shown and heard, how soon, and that picture and sound change together.

Main is red with 1000 Hz, backup blue with 400 Hz, both by UDP; the music of holding has 2500 Hz, and the last picture
holds, dimmed. A relay of the test's own orders and hears the reports.
"""
import array, math
from fake_relay import *

FPS = 30
TONES = {"main": 1000, "backup": 400, "music": 2500}
ports = {name: free_port(socket.SOCK_DGRAM) for name in ("main", "backup")}


def start(name, colour):
    """A box that moves, so that a picture that repeats can be told from a new one."""
    picture = (f"color=c={colour}:s=320x180:r={FPS}[all];color=c=gray:s=40x140:r={FPS}[box];"
               "[all][box]overlay=x=mod(t*100\\,280):y=20")
    sound = f"sine=frequency={TONES[name]}:sample_rate=48000"
    return send(f"udp://127.0.0.1:{ports[name]}?pkt_size=1316", "mpegts", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound,
                name=name + "-sender")


def kill(process):
    process.kill()
    process.wait()


def shown(what, selected="auto"):
    """The next report that says so."""
    report = relay.next(lambda m: m["type"] == "report" and m["input"]["shown"] == what and m["input"]["selected"] == selected)
    check(report["input"]["is_holding"] == (what == "holding"), report["input"])
    return report["input"]


music = path("music.ogg")
subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"sine=frequency={TONES['music']}:d=1.5", music], check=True)
address = path("relay.sock")
relay = Relay(address)
out = path("out.mkv")
video = Video("--input", f"udp://127.0.0.1:{ports['main']}", "--backup", f"udp://127.0.0.1:{ports['backup']}", "--holding", "dim",
              "--music", music, "--output", out, size="320x180", relay="unix:" + address)
relay.accept()
shown("holding")
backup = start("backup", "blue")
seen = shown("backup")
check(seen["backup"]["state"] == "live" and seen["state"] == "connecting" and "sound" not in seen, seen)
main = start("main", "red")
before = time.time() * 1000
seen = shown("main")
check(before < seen["since_ms"] < time.time() * 1000 + 1000, f"since_ms {seen['since_ms']}")
video.run_for(1)
kill(main)
shown("backup")
video.run_for(1)

# A person's choice is carried out at once and not overruled.
main = start("main", "red")
shown("main")
video.run_for(0.7)
for which in ("backup", "main"):
    check(relay.order(command="input.select", which=which)["ok"], which)
    shown(which, selected=which)
    video.run_for(0.7)
answer = relay.order(command="input.select", which="third")
check(not answer["ok"] and "third" in answer["error"]["text"], answer)
kill(main)
shown("holding", selected="main")
video.run_for(1.5)
check(relay.order(command="input.select", which="auto")["ok"], "auto")
shown("backup")
video.run_for(0.5)
video.stop()
check_continuous(out)

# ---- What went out ----

stats = subprocess.run(["ffmpeg", "-v", "error", "-i", out, "-vf", "signalstats,metadata=print:file=-", "-f", "null", "-"],
                       capture_output=True, text=True).stdout


def values(key):
    return [float(x) for x in re.findall(key + r"[=:](-?[\d.]+)", stats)]


def name_of(y, u, v):
    if v > 180:
        return "main"
    if u > 180:
        return "backup"
    return "dim main" if v > 140 and y < 60 else "dim backup" if u > 150 and y < 40 else "still"


frames = [(at, name_of(y, u, v), change)
          for at, y, u, v, change in zip(values("pts_time"), values("YAVG"), values("UAVG"), values("VAVG"), values("YDIF"))]
runs = [(at, name) for i, (at, name, _) in enumerate(frames) if i == 0 or frames[i - 1][1] != name]
print("shown:", " ".join(f"{at:.2f}:{name}" for at, name in runs))
names = [name for _, name in runs]
check(names == ["still", "backup", "main", "backup", "main", "backup", "main", "dim main", "backup"], names)


def frozen_before(at):
    """How long the picture had stood still when another came."""
    index = next(i for i, frame in enumerate(frames) if frame[0] >= at)
    count = 1
    while frames[index - count][2] < 0.02:
        count += 1
    return count / FPS


for index, cut in ((3, "backup after main's end"), (7, "holding after main's end")):
    stood = frozen_before(runs[index][0])
    print(f"{cut}: {stood * 1000:.0f} ms after the last picture")
    check(stood <= 0.5, f"{cut} came after {stood:.3f} s")

# ---- What was heard, in windows of 20 ms ----

RATE, WINDOW = 16000, 320
samples = array.array("h", subprocess.run(["ffmpeg", "-v", "error", "-i", out, "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"],
                                          capture_output=True).stdout)
waves = {name: [(math.cos(2 * math.pi * hz * i / RATE), math.sin(2 * math.pi * hz * i / RATE)) for i in range(WINDOW)]
         for name, hz in TONES.items()}


def level(name, at):
    first = int(at * RATE)
    part = samples[first:first + WINDOW]
    a = sum(s * c for s, (c, _) in zip(part, waves[name]))
    b = sum(s * c for s, (_, c) in zip(part, waves[name]))
    return math.hypot(a, b) * 2 / WINDOW


def loudest(at):
    levels = {name: level(name, at) for name in TONES}
    best = max(levels, key=levels.get)
    return best if levels[best] > 200 else "nothing"


def heard_from(name, around):
    """When it becomes the loudest, near a change of the picture."""
    at = around - 0.3
    while at < around + 0.6 and loudest(at) != name:
        at += 0.01
    return at + 0.01  # half a window in, it is the louder one


for at, name in runs[1:]:
    if name.startswith("dim"):
        early, late = level("music", at + 0.1), level("music", at + 0.9)
        print(f"music: {early:.0f} after 0.1 s, {late:.0f} after 0.9 s")
        check(late > 1000 and early < late / 2, "music is faded in")
        check(loudest(at + 1.2) == "music", "music is heard while the last picture holds")
    elif at > runs[3][0] and frozen_before(at) < 0.1:
        apart = heard_from(name, at) - at
        print(f"{name} at {at:.3f}: sound {apart * 1000:+.0f} ms")
        check(abs(apart) <= 0.06, f"{name} is heard {apart:.3f} s apart from its picture at {at:.3f}")
