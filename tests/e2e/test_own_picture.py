"""The host's own picture: uploaded to the relay, asked for by the overlay in pieces over their link, seen on a note's card."""
import base64
import json
import subprocess
import sys

from show import Show, UnixConnection, decode_png

PICTURE_BYTES_MIN = 3 * 128 * 1024  # three pieces at least


def make_picture():
    """Noise over red: it hardly packs, and is told from everything else on a card."""
    return subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=c=0xD02020:s=480x360,noise=alls=40:allf=t:all_seed=1",
                           "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"], capture_output=True, check=True).stdout


def upload(show, picture):
    connection = UnixConnection(show.socket_path)
    connection.request("POST", "/api/v1/pictures", picture, {"Content-Type": "application/octet-stream"})
    answer = connection.getresponse()
    body = answer.read().decode()
    assert answer.status == 200, f"{answer.status} {body}"
    return json.loads(body)["picture"]


def count_red(png):
    pixels = decode_png(png)[2]
    return sum(pixels[i] > 120 and pixels[i + 1] < 110 and pixels[i + 2] < 110 and pixels[i + 3] > 200 for i in range(0, len(pixels), 4))


def wait_for_red(socket, wanted):
    """The first preview in which there is as much red; previews without it may come before."""
    def has_red(event):
        return event["type"] == "preview" and "png" in event and (count_red(base64.b64decode(event["png"])) > 400) == wanted
    return socket.wait_for(has_red)


def main():
    picture = make_picture()
    assert len(picture) > PICTURE_BYTES_MIN, len(picture)
    with Show(views=[{"name": "main", "size": [1280, 720]}]) as show:
        show.start_part("relay")
        show.wait_for_relay()
        show.start_part("overlay")
        address = upload(show, picture)
        assert upload(show, picture) == address, "the same picture has two names"
        socket = show.socket()
        card = show.api("card.add", kind="note", title="Look", picture=address, on_air=True)["id"]
        wait_for_red(socket, True)

        # An overlay that begins anew asks again; a card that is taken off takes the picture with it.
        show.kill("overlay")
        show.start_part("overlay")
        wait_for_red(socket, True)
        show.api("card.air", id=card, on_air=False)
        socket.wait_for(lambda event: event["type"] == "preview" and event.get("is_empty"))

        # What is no picture is refused, with what would be one.
        try:
            upload(show, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
            raise RuntimeError("an SVG was taken")
        except AssertionError as refusal:
            assert "PNG" in str(refusal), refusal
        socket.close()
    print(f"{len(picture)} bytes, seen twice")


sys.exit(main())
