// outputs.mjs - where the picture goes: its health in words, small pictures for who looks, delay, blank, the input; and what is
// said of it while the video process is silent or gone. The process is played by a page that speaks as it would.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, openPlace, shoot, Stage, until } from "./stage.mjs";

let stage, page, video;
const problems = [];

const youtube = { name: "youtube", view: "main", to: "rtmps://a.rtmps.youtube.com/live2/SECRETKEY", state: "live", text: "", why: "", retry_ms: 0, is_blank: false, is_recording: false,
  is_shared: true, bitrate_kbps: 5900, dropped: 0, frames: 54000, bytes: 1e9, restarts: 0, delay_ms: 1500, encoder: "x264enc", width_px: 1920, height_px: 1080, encode_ms: 6.1, encode_worst_ms: 11.8, budget_ms: 16.667, captions: "en" };
const twitch = { ...youtube, name: "twitch", view: "own", to: "rtmp://live.twitch.tv/app/SECRETKEY", delay_ms: 0, bitrate_kbps: 5950 };
const tape = { ...youtube, name: "tape", to: "/home/anna/shows/show-2.mkv", is_recording: true, is_shared: false, delay_ms: 0, bitrate_kbps: 11800 };
const live = { state: "live", text: "", age_ms: 12, fps: 60, frames: 1000, live: 990, repeated: 4, held: 6, jumped: 0, attempts: 1, shown: "main", selected: "auto", is_holding: false, since_ms: 0,
  backup: { state: "live", text: "", age_ms: 20, attempts: 1 } };

// Speaks as antiphon video does; orders it was given stand in `orders`, and each is answered.
class Video {
  report = { is_blank: false, outputs: [youtube, twitch, tape], input: live };
  begun = 0;

  async open(context) {
    this.page = await context.newPage();
    await this.page.goto(new URL("icon.svg", page.url()).href);
    return this.connect();
  }

  connect() {
    return this.page.evaluate(() => new Promise((take) => {
      const socket = globalThis.socket = new WebSocket(new URL("/api/v1/socket", location.href).href.replace("http", "ws"), "antiphon.v1");
      globalThis.orders = [];
      socket.onopen = () => socket.send(JSON.stringify({ type: "hello", client: "video", name: "video", topics: ["outputs"] }));
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === "welcome") take();
        if (message.type !== "command") return;
        globalThis.orders.push(message);
        if (message.ref) socket.send(JSON.stringify({ type: "reply", ref: message.ref, ok: true, result: {} }));
      };
    }));
  }

  // Said now, and again every second as a process that lives does, until hush().
  send(message) {
    return this.page.evaluate((text) => {
      clearInterval(globalThis.again);
      globalThis.again = setInterval(() => globalThis.socket.readyState === WebSocket.OPEN && globalThis.socket.send(text), 1000);
      globalThis.socket.send(text);
    }, JSON.stringify(message));
  }

  hush() { return this.page.evaluate(() => clearInterval(globalThis.again)); }

  tell(change = {}) {
    Object.assign(this.report, change);
    this.report.outputs = this.report.outputs.map((one) => ({ ...one, frames: ++this.begun }));
    return this.send({ type: "report", ...this.report });
  }

  change(name, change) { return this.tell({ outputs: this.report.outputs.map((one) => (one.name === name ? { ...one, ...change } : one)) }); }

  // The next order of this kind; those before it are dropped.
  order(command) {
    return until(command, () => this.page.evaluate((wanted) => {
      const at = globalThis.orders.findIndex((one) => one.command === wanted);
      return at < 0 ? null : globalThis.orders.splice(0, at + 1).at(-1);
    }, command));
  }

  // A picture of one colour, as JPEG.
  picture(output, colour) {
    return this.page.evaluate(async ([name, fill]) => {
      const canvas = new OffscreenCanvas(320, 180), context = canvas.getContext("2d");
      context.fillStyle = fill;
      context.fillRect(0, 0, 320, 180);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg", quality: 0.7 })).arrayBuffer());
      globalThis.socket.send(JSON.stringify({ type: "report", output_picture: { output: name, jpeg: btoa(String.fromCharCode(...bytes)) } }));
    }, [output, colour]);
  }

  close() { return this.page.evaluate(() => globalThis.socket.close()); }
}

const one = (name) => page.locator(`.output[data-output="${name}"]`);
const says = (name, words) => one(name).locator(".output-words", { hasText: words }).waitFor();
const pixel = (name, where = page) => where.locator(`canvas[data-output="${name}"]`).evaluate((canvas) => [...canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data]);

before(async () => {
  stage = await new Stage().open([{ at_ms: 50, kind: "chat", platform: "twitch", native_id: "t1", source: "twitch:rehearsal", author: { id: "1", login: "anna", name: "anna" }, text: "hello" }]);
  page = await stage.signIn("owner", { problems, reducedMotion: "reduce" });
  await openPlace(page, "outputs");
});
after(async () => stage.close());

test("without a video process it says what would stand here", async () => {
  await page.locator("#place-outputs .empty", { hasText: "No outgoing picture" }).waitFor();
  assert.equal(await page.locator("#blank").isVisible(), false);
});

test("each output's health in words and figures, and where it goes without its key", async () => {
  video = new Video();
  await video.open(page.context());
  await video.tell();
  await says("youtube", "Live, 5.9 Mb/s, no drops.");
  await says("tape", "Recording, 11.8 Mb/s, no drops.");
  const place = await one("youtube").locator(".place-line").innerText();
  assert.equal(place.replace(/[\u2066-\u2069]/g, "").replaceAll("\u00a0", " "), "View main · rtmps://a.rtmps.youtube.com · 1920 × 1080 · shared encoding · CC en");
  assert.match(await one("tape").locator(".place-line").innerText(), /show-2\.mkv/);
  assert.ok(!(await page.content()).includes("SECRETKEY") && !(await page.content()).includes("/home/anna"));
  assert.match(await one("youtube").locator(".output-figures").innerText(), /6\.1 ms of 17 ms[^]*worst 12 ms/);
  await shoot(page, "outputs-live");
  await video.change("youtube", { dropped: 120 });
  await says("youtube", "Too slow: 120 pictures left out");
  await video.change("twitch", { encode_ms: 41 });
  await says("twitch", "The encoder is too slow: 41 ms for a picture, and there are 17 ms.");
  await video.change("twitch", { encode_ms: 6, state: "failed", why: "unreachable", text: "rtmp://live.twitch.tv/app/***: timed out; trying again", retry_ms: 8400 });
  await says("twitch", /twitch does not answer\. Trying again in [78] seconds\./);
  await page.locator("#tab-outputs .badge.urgent", { hasText: "1" }).waitFor();
  await shoot(page, "outputs-failed");
  await video.change("twitch", { why: "", text: "a trouble of its own; trying again", retry_ms: 0 });
  await says("twitch", "a trouble of its own. Trying again now.");
  await video.change("twitch", { why: "unknown_host" });
  await says("twitch", /it may be mistyped, or there is no network\. Trying again now\./);
  await video.change("twitch", { why: "folder" });
  await says("twitch", "The folder for twitch is not there, or nothing may be written into it. Trying again now.");
  await one("twitch").getByText("No picture", { exact: true }).waitFor();
  await video.change("twitch", { state: "live", why: "encoder", text: "the encoder failed: no device" });
  await says("twitch", "No encoder works for twitch. Trying again now.");
  await video.change("twitch", { why: "", text: "" });
  await says("twitch", "Live");
});

test("pictures come while somebody looks, and to nobody else", async () => {
  assert.equal((await video.order("output.watch")).on, true);
  const other = await stage.signIn("viewer");
  await other.locator("#place-chat").waitFor();
  await video.picture("youtube", "#00ff00");
  await until("a green picture", async () => (await pixel("youtube"))[1] > 200);
  assert.ok((await one("youtube").locator(".veil").innerText()) === "");
  const drawn = await other.evaluate(() => document.querySelector('canvas[data-output="youtube"]').width);
  assert.equal(drawn, 16, "who does not look was sent a picture");
  await openPlace(page, "sources");
  assert.equal((await video.order("output.watch")).on, false);
  await openPlace(page, "outputs");
  assert.equal((await video.order("output.watch")).on, true);
  await other.context().close();
});

test("a viewer looks, and can do nothing", async () => {
  const viewer = await stage.signIn("viewer");
  await openPlace(viewer, "outputs");
  await viewer.locator('.output[data-output="youtube"] .output-words', { hasText: "Live, 5.9 Mb/s, 120 frames dropped." }).waitFor();
  assert.equal(await viewer.locator(".output .tools:visible").count(), 0);
  assert.ok(await viewer.locator("#blank").isDisabled());
  await viewer.keyboard.press("Shift+B");
  assert.equal(await viewer.locator(".output .output-delay input:enabled").count(), 0);
  await viewer.context().close();
  assert.equal(await video.page.evaluate(() => globalThis.orders.some(({ command }) => command === "blank")), false);
});

test("the delay is changed in place, and a report does not take it from under the fingers", async () => {
  const field = one("youtube").locator(".output-delay input");
  assert.equal(await field.inputValue(), "1.5");
  await field.fill("2.5");
  await video.tell();
  assert.equal(await field.inputValue(), "2.5");
  await field.press("Enter");
  const order = await video.order("output.delay");
  assert.deepEqual([order.name, order.ms], ["youtube", 2500]);
  await video.change("youtube", { delay_ms: 2500 });
  await page.locator("#place-outputs").focus();
  assert.equal(await field.inputValue(), "2.5");
});

test("blank: one key, no question, and a line across the page until it is undone", async () => {
  await page.locator("#place-outputs").focus();
  const began = Date.now();
  await page.keyboard.press("Shift+B");
  assert.notEqual((await video.order("blank")).on, false);
  console.log(`${Date.now() - began} ms from the key to the order at the video process`);
  assert.equal(await page.locator("dialog[open]").count(), 0);
  const dark = (blank) => video.tell({ is_blank: blank, outputs: video.report.outputs.map((output) => ({ ...output, is_blank: blank && !output.is_recording })) });
  await dark(true);
  await page.locator("#blank-banner", { hasText: "Every audience sees the holding picture" }).waitFor();
  await page.locator("#blank-banner", { hasText: "Pressed by" }).waitFor();
  await says("youtube", "The audience sees the holding picture");
  await says("tape", "Recording");
  assert.equal(await page.locator("#blank").getAttribute("aria-pressed"), "true");
  assert.ok(await one("youtube").locator('[data-key="blank:youtube"]').isDisabled());
  await shoot(page, "outputs-blank");
  assert.deepEqual(await faults(page), []);
  await page.locator("#blank-back").click();
  assert.equal((await video.order("blank")).on, false);
  await dark(false);
  await page.locator("#blank-banner").waitFor({ state: "hidden" });
  await one("youtube").getByRole("button", { name: "Blank youtube" }).click();
  const order = await video.order("output.blank");
  assert.deepEqual([order.name, order.on], ["youtube", true]);
});

test("stopping asks, starting does not", async () => {
  await one("twitch").getByRole("button", { name: "Stop twitch" }).click();
  await page.locator("dialog[open]").getByRole("button", { name: "Stop" }).click();
  assert.equal((await video.order("output.stop")).name, "twitch");
  await video.change("twitch", { state: "off", bitrate_kbps: 0 });
  await says("twitch", "Off.");
  await one("twitch").getByRole("button", { name: "Start twitch" }).click();
  assert.equal((await video.order("output.start")).name, "twitch");
});

test("the input: what is shown since when, and the switch", async () => {
  await page.locator(".input-row", { hasText: "The main input is shown." }).waitFor();
  await page.locator("[data-which=backup]").click();
  assert.equal((await video.order("input.select")).which, "backup");
  await video.tell({ input: { ...live, state: "failed", text: "srt: the other side left", shown: "backup", selected: "backup", since_ms: Date.now() - 34000 } });
  await page.locator(".input-row", { hasText: "The backup is shown." }).waitFor();
  await page.locator(".input-row .clock", { hasText: "0:3" }).waitFor();
  await page.locator(".input-facts .bad", { hasText: "the other side left" }).waitFor();
  assert.equal(await page.locator("[data-which=backup]").getAttribute("aria-pressed"), "true");
  await video.tell({ input: { ...live, shown: "holding", is_holding: true, since_ms: Date.now(), backup: undefined } });
  await page.locator(".input-row", { hasText: "The holding picture is shown: nothing comes in." }).waitFor();
  assert.equal(await page.locator("[data-which=backup]").isVisible(), false);
  await video.tell({ input: live });
});

test("a report of a newer or an older process is taken for what is known of it", async () => {
  await video.tell({ outputs: [...video.report.outputs, { name: "old", view: "main", state: "live", bitrate_kbps: 400, unheard_of: { a: 1 } }, { name: "new", state: "dreaming" }] });
  await says("old", "Live, 400 kb/s, no drops.");
  await one("new").waitFor();
  await video.tell({ outputs: video.report.outputs.filter(({ name }) => name !== "new" && name !== "old") });
  await one("old").waitFor({ state: "detached" });
});

test("on a phone in Persian and in Arabic, dark and light: nothing wider than the screen, nothing wrong", async () => {
  for (const [locale, colorScheme] of [["fa-IR", "light"], ["ar-EG", "dark"]]) {
    const phone = await stage.signIn("moderator", { viewport: { width: 360, height: 780 }, locale, colorScheme, reducedMotion: "reduce", hasTouch: true, isMobile: true });
    await openPlace(phone, "outputs");
    await phone.locator(".output").first().waitFor();
    await video.picture("youtube", "#3060c0");
    await until("a picture", async () => (await pixel("youtube", phone))[2] > 120);
    await shoot(phone, `outputs-phone-${locale}`);
    assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    const low = await phone.locator("#place-outputs").locator("button:visible, input:visible").evaluateAll((nodes) => nodes.map((node) => [node.textContent || node.id, node.getBoundingClientRect().height]).filter(([, height]) => height < 44));
    assert.deepEqual(low, []);
    assert.deepEqual(await faults(phone), []);
    await phone.context().close();
  }
});

test("a process that says nothing, or is gone, is not shown as live", async () => {
  await video.hush();
  await page.locator("#video-state", { hasText: "does not answer since" }).waitFor();
  await says("youtube", "What stands here is old.");
  assert.deepEqual(await faults(page), []);
  await shoot(page, "outputs-silent");
  await video.tell();
  await page.locator("#video-state").waitFor({ state: "hidden" });
  await video.close();
  await page.locator("#video-state", { hasText: "No contact with the video process since" }).waitFor();
  await says("youtube", "No contact");
  await shoot(page, "outputs-lost");
  await video.connect();
  await video.tell();
  assert.equal((await video.order("output.watch")).on, true);
  await page.locator("#video-state").waitFor({ state: "hidden" });
});

test("nothing is wrong for those who cannot see or use a mouse (axe)", async () => {
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await faults(page), [], colorScheme);
    await shoot(page, `outputs-${colorScheme}`);
  }
});
test("the page raised no error", () => assert.deepEqual(problems, []));
