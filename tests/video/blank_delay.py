"""Blank on an output that is late: what waits is never sent, sound neither; shown again after the delay.

Every picture of the input is one step brighter than the one before, so that each that was sent tells when it was made.
"""
import json

from fake_relay import *

DELAY_S, STEPS, DARKEST = 1.6, 140, 90  # 1.6 s are 48 pictures and 75 packets of sound
source = ["-f", "lavfi", "-i", "color=s=64x36:r=30:d=12,format=yuv420p,geq=lum='%d+mod(N,%d)':cb=128:cr=128" % (DARKEST, STEPS),
          "-f", "lavfi", "-i", "aevalsrc=0.5*sin(2*PI*1000*t):s=48000:d=12"]
subprocess.run(["ffmpeg", "-v", "error", *source, "-c:v", "libx264", "-qp", "4", "-preset", "ultrafast", "-c:a", "aac", path("steps.mkv")],
               check=True)
late, plain, beside = path("late.mkv"), path("plain.mkv"), path("beside.mkv")
with open(path("antiphon.json"), "w") as file:
    outputs = [{"name": "late", "to": late, "delay_ms": int(DELAY_S * 1000)}, {"name": "plain", "to": plain}, {"name": "beside", "to": beside}]
    file.write(json.dumps({"views": [{"name": "main", "size": [64, 36]}], "video": {"input": path("steps.mkv"), "outputs": outputs}}))
relay = Relay(path("relay.sock"))
video = Video("--config", path("antiphon.json"), relay="unix:" + path("relay.sock"), size="64x36")
relay.accept()


def blank(is_on):
    for name in ("late", "plain"):
        check(relay.order(command="output.blank", name=name, on=is_on)["ok"], f"blank {name}")


video.wait_log("main is on air")
video.run_for(DELAY_S + 1)  # what is on air has come out
blank(True)
video.run_for(0.7)
blank(False)
video.run_for(DELAY_S + 1)
video.stop()


def read(file):
    """[(picture number, luma, None: the holding picture)]"""
    return [(round(at * 30), luma if luma > DARKEST - 15 else None) for at, luma in brightness(file)]


def pause(file):
    """The numbers of the last picture before the blank, the first one after it; and the first at all."""
    pictures = read(file)
    shown = [number for number, luma in pictures if luma]
    gaps = [(a, b) for a, b in zip(shown, shown[1:]) if b > a + 5]
    check(len(gaps) == 1, f"{file}: shown, blank, shown again: {gaps}")
    return *gaps[0], shown[0]


for file in (late, plain, beside):
    print(os.path.basename(file), check_continuous(file), "pictures, every one in its time")
last, back, first = pause(late)
plain_last, plain_back, _ = pause(plain)
lumas = dict(read(late))
print(f"late: shown to {last}, again from {back}; without delay {plain_last}, {plain_back}")
check(back - last >= DELAY_S * 30, f"nothing that was made before the blank came after it: {back - last} pictures")
check(abs((back - last) - (plain_back - plain_last) - DELAY_S * 30) <= 12, "the blank began at once, and ended one delay later")
made = {round(luma - number) % STEPS for number, luma in lumas.items() if luma and number > first + 10}
check(max(made) - min(made) <= 3 or max(made) - min(made) >= STEPS - 3, f"before and after, each is as late as the others: {made}")
heard = subprocess.run(["ffmpeg", "-v", "info", "-i", late, "-af", "silencedetect=n=-40dB:d=0.3", "-f", "null", "-"], capture_output=True,
                       text=True).stderr
starts, ends = ([float(x) for x in re.findall(rf"silence_{word}: (-?[\d.]+)", heard)] for word in ("start", "end"))
print("silent from", starts, "to", ends)
check(abs(starts[-1] - last / 30) < 0.15 and abs(ends[-1] - back / 30) < 0.15, "the sound is silent with the picture")
