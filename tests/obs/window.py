"""
window.py KIT ANTIPHON - a real show in the real OBS, the two ways: antiphon's source, and screen capture of the overlay's window with a
key. (Capturing the window by itself, over XComposite, shows nothing with software GL.)
"""
import itertools
import os
import sys

from obs_studio import SKIPPED, Kit, Screen, Studio, judge, lacking_programs
from show import Show, wait_until  # where obs_studio has said it is

WIDTH, HEIGHT = 640, 360
GROUND = (40, 110, 190)
KEY = "#00FF00"
TEXT = "این آهنگ برای شما چه معنایی دارد؟ What does this song mean to you? 🎹"


def begin_show(show, screen):
    """A question of the host's on air, painted by the overlay and in its window on the key colour."""
    show.config.update(views=[{"name": "main", "size": [WIDTH, HEIGHT]}], window={"view": "main", "background": KEY, "borderless": True})
    show.start_part("relay")
    show.wait_for_relay()
    show.start_part("overlay", env={"DISPLAY": screen.display})
    show.api("question.air", id=show.api("question.add", text=TEXT)["id"])


def save_pictures(kit, show):
    """The view at rest, over the ground: as a source of its own, and as a key leaves it."""
    view, pictures = Kit(kit, "fetch", os.path.join(show.runtime, "frames-main.sock")), {}
    for mode in ("plain", "keyed"):
        pictures[mode] = os.path.join(show.folder, mode + ".rgb")
        view.say(f"save {pictures[mode]} {GROUND[0]} {GROUND[1]} {GROUND[2]} {WIDTH} {HEIGHT} {mode}")
    view.end()
    pictures["bare"] = os.path.join(show.folder, "bare.rgb")
    with open(pictures["bare"], "wb") as out:
        out.write(bytes(GROUND) * (WIDTH * HEIGHT))
    return pictures


def add_capture(studio, scene, screen, filter_kind, settings):
    studio.add_scene(scene, GROUND, "xshm_input", {"screen": 0, "show_cursor": False, "advanced": True, "server": screen.display})
    studio.ask("CreateSourceFilter", sourceName=f"{scene} source", filterName="key", filterKind=filter_kind, filterSettings=settings)


def record(studio, show, scenes):
    """All scenes in one recording, in this order; then the source again, whose overlay dies and stays away."""
    studio.ask("SetCurrentSceneTransition", transitionName="Cut")
    studio.ask("SetCurrentProgramScene", sceneName=scenes[0])
    wait_until("the source is live", lambda: "'source source': live" in studio.log())
    recording = studio.start_recording()
    for scene in scenes:
        studio.ask("SetCurrentProgramScene", sceneName=scene)
        recording.go_on()
    studio.ask("SetCurrentProgramScene", sceneName=scenes[0])
    recording.go_on()
    show.kill("overlay")
    wait_until("the picture of the dead is kept", lambda: "the last picture stays a while" in studio.log())
    wait_until("it is taken away", lambda: "'source source': nothing to show" in studio.log())
    recording.go_on()
    return recording.stop()


# Channels that may differ by more than 3: Chroma Key looks at a pixel's neighbours, too, and softens edges (1,703 measured).
SOFTENED_MAX = WIDTH * HEIGHT * 3 // 100


def check(frames):
    """One after the other: the view itself by the source, as the keys leave the window, and the source of a dead overlay."""
    stages = [("source", "plain", 0, 0), ("Color Key", "keyed", 0, 0), ("Chroma Key", "keyed", 1, SOFTENED_MAX),
              ("source", "plain", 0, 0), ("overlay away", "bare", 0, 0)]
    for stage, picture, least, most in stages:
        own = list(itertools.takewhile(lambda frame: frame[0] == picture and least <= frame[1] <= most, frames))
        assert len(own) >= 3, f"{stage}: {frames[:12]}"
        frames = frames[len(own):]
        if stage == "Chroma Key":  # hidden meanwhile: it comes a frame or two after its scene
            frames = list(itertools.dropwhile(lambda frame: frame[0] == "bare", frames))
        print(f"{stage}: {len(own)} frames, {max(frame[1] for frame in own)} of {WIDTH * HEIGHT * 3} channels differ by more than 3")
    assert not frames, f"frames that are none of these: {frames[:12]}"


def main():
    kit, antiphon = sys.argv[1:]
    lacking = lacking_programs("obs", "Xvfb", "ffmpeg")
    if lacking:
        print("skipped:", ", ".join(lacking), "not here; tools/setup test installs them")
        return SKIPPED
    with Screen(f"{WIDTH}x{HEIGHT}") as stage, Screen() as desk, Show() as show:
        begin_show(show, stage)
        with Studio(kit, antiphon, desk, WIDTH, HEIGHT, show.folder) as studio:
            studio.start()
            studio.add_scene("source", GROUND, "antiphon_view", {"view": "main"})
            # As docs/obs.md has it: Color Key as it comes, Chroma Key with other values.
            add_capture(studio, "color", stage, "color_key_filter_v2", {"key_color_type": "green"})
            add_capture(studio, "chroma", stage, "chroma_key_filter_v2", {"key_color_type": "green", "similarity": 150, "smoothness": 50})
            pictures = save_pictures(kit, show)
            path = record(studio, show, ["source", "color", "chroma"])
            check(judge(kit, path, WIDTH, HEIGHT, pictures))
            print("window capture (XComposite): skipped, it shows nothing on software GL")
    return 0


if __name__ == "__main__":
    sys.exit(main())
