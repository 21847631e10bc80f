"""bench_browser.py - the same cards from antiphon's overlay and from headless Chromium, in one run: a question, a poll and a
subtitle stand on air, and a chat box takes five lines a second, each of which glides in.

Both paint 1920 x 1080. CPU is that of all threads of all processes of a side, memory their share of what they map (PSS), so
that pages which processes have in common count once. The relay is not counted: a browser overlay has a server as well.
"""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../e2e"))
from show import Show, wait_until  # noqa: E402

SETTLE_S, MEASURE_S, LINES_A_SECOND = 6, 12, 5
TEXTS = ["سلام از تهران 👋", "Good evening from Berlin", "今晚的节目真好看", "What a song!", "چه آهنگ قشنگی بود، لطفاً دوباره",
         "I have not heard this one for years, thank you for playing it tonight", "😂😂😂", "谢谢你们的演出，希望很快再见"]


def family(pid):
    """The process and all that it started."""
    children = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(path.split("/")[2]))
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found


def cpu_ns(pid):
    total = 0
    for member in family(pid):
        for path in glob.glob(f"/proc/{member}/task/*/schedstat"):
            try:
                with open(path, encoding="ascii") as stat:
                    total += int(stat.read().split()[0])
            except OSError:
                pass
    return total


def memory_mb(pid):
    total = 0
    for member in family(pid):
        try:
            with open(f"/proc/{member}/smaps_rollup", encoding="ascii") as rollup:
                total += next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except OSError:
            pass
    return total / 1024


def measure(pid):
    """Share of a core, and MB."""
    time.sleep(SETTLE_S)
    before, begin = cpu_ns(pid), time.monotonic()
    time.sleep(MEASURE_S)
    return (cpu_ns(pid) - before) / 1e9 / (time.monotonic() - begin), memory_mb(pid)


def measure_browser(browser):
    folder = tempfile.mkdtemp(prefix="antiphon-bench-")
    page = os.path.join(folder, "overlay.html")
    with open(os.path.join(HERE, "browser_overlay.html"), encoding="utf-8") as source, open(page, "w", encoding="utf-8") as out:
        out.write(source.read().replace("__TEXTS__", json.dumps(TEXTS, ensure_ascii=False)))
    process = subprocess.Popen(
        [browser, "--headless=new", "--no-sandbox", "--no-first-run", "--disable-extensions", "--hide-scrollbars",
         "--remote-debugging-port=0", "--window-size=1920,1080",
         f"--user-data-dir={folder}/profile", "file://" + page],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env={**os.environ, "HOME": folder})
    try:
        return measure(process.pid)
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def write_transcript(path):
    names = [("1", "anna", "#1E90FF"), ("2", "نیلوفر", "#FF7F50"), ("3", "小明", "#9ACD32"), ("4", "max", "#DA70D6")]
    with open(path, "w", encoding="utf-8") as out:
        for i in range((SETTLE_S + MEASURE_S + 30) * LINES_A_SECOND):
            number, name, color = names[i % 4]
            print(json.dumps({"at_ms": 1000 + i * 1000 // LINES_A_SECOND, "kind": "chat", "platform": "twitch", "source": "twitch:band",
                              "native_id": f"b{i}", "author": {"id": number, "login": "user" + number, "name": name, "color": color},
                              "text": TEXTS[i % len(TEXTS)]}, ensure_ascii=False), file=out)


def measure_overlay():
    views = [{"name": "main", "size": [1920, 1080], "cards": ["question", "poll", "captions", "chat"]}]
    with Show(views=views, gate={"hold_ms": 0}) as show:
        transcript = os.path.join(show.folder, "transcript.jsonl")
        write_transcript(transcript)
        show.config["sources"] = show.rehearse(transcript)["sources"]
        show.start_part("relay")
        show.wait_for_relay()
        pid = show.start_part("overlay").pid
        show.api("question.air", id=show.api("question.add", text="این آهنگ برای شما چه معنایی دارد و چرا آن را برای پایان کنسرت انتخاب کردید؟")["id"])
        show.api("poll.air", id=show.api("poll.open", question="Which game should we play next?", options=["Chess", "شطرنج", "Go"])["id"])
        show.api("captions.line", track="host", language="en", text="Good evening everyone, and welcome back.", seconds=60)
        on_air = show.socket(topics=["on_air"])

        def lines():
            event = on_air.next()
            views = (event.get("on_air") or event).get("views", {})
            return len(views.get("main", {}).get("chat", []))
        wait_until("chat is on air", lambda: lines() >= 5)
        on_air.close()
        return measure(pid)


def main():
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        sys.exit("bench_browser: there is no chromium here")
    ours_cpu, ours_mb = measure_overlay()
    theirs_cpu, theirs_mb = measure_browser(browser)
    print(f"chat_overlay_cpu {ours_cpu * 100:.2f} %\nchat_browser_cpu {theirs_cpu * 100:.2f} %")
    print(f"chat_overlay_memory {ours_mb:.0f} MB\nchat_browser_memory {theirs_mb:.0f} MB")
    print(f"chat_against_browser_cpu {ours_cpu / theirs_cpu:.3f} x\nchat_against_browser_memory {ours_mb / theirs_mb:.3f} x")


sys.exit(main())
