// host.mjs - the host's page: current and next question as large as they go, the note, the poll, in every direction, and after a kill.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, shoot, Stage, until } from "./stage.mjs";

const chat = (number, name, text) => ({
  at_ms: 50 + number, kind: "chat", platform: "twitch", source: "twitch:rehearsal", native_id: `twitch${number}`,
  author: { id: String(100000 + number), login: `viewer${number}`, name }, text,
});
const long = "What did you feel when you played this live for the very first time, and would you change anything about the arrangement today? ".repeat(3).trim();
const transcript = [chat(1, "نیلوفر", "این آهنگ برای شما چه معنایی دارد؟"), chat(2, "阿明", "這首歌對你有什麼意義？"), chat(3, "Otto", long)];

let stage, page;
const problems = [], ids = {};

before(async () => {
  stage = await new Stage().open(transcript);
  const messages = await until("the chat has come", async () => {
    const found = (await stage.api("history", { limit: 10 })).messages.filter(({ kind }) => kind === "chat");
    return found.length === 3 && found;
  });
  for (const { id, text } of messages) ids[text] = (await stage.api("question.pick", { message: id })).id;
  page = await stage.signIn("viewer", { path: "host", viewport: { width: 1280, height: 720 }, problems });
});
after(async () => stage.close());

const words = (name) => page.locator(`#host-${name} .host-words`);
const sizeOf = (name) => words(name).evaluate((node) => parseFloat(getComputedStyle(node).fontSize));
const isWhole = (name) => words(name).evaluate((node) => node.scrollHeight <= node.clientHeight + 1 && node.scrollWidth <= node.clientWidth + 1);

test("nothing is on air: the next question is the large one", async () => {
  await words("next").filter({ hasText: "این آهنگ" }).waitFor();
  assert.ok((await sizeOf("next")) > (await sizeOf("now")));
  assert.deepEqual(await faults(page), []);
});

test("current and next question, with the note, as large as they fit", async () => {
  await stage.api("question.note", { id: ids[transcript[0].text], text: "کوتاه‌تر بپرسید" });
  await stage.api("question.air", { id: ids[transcript[0].text] });
  await words("now").filter({ hasText: "این آهنگ" }).waitFor();
  await page.locator("#host-now .host-note", { hasText: "کوتاه‌تر" }).waitFor();
  await words("next").filter({ hasText: "這首歌" }).waitFor();
  assert.equal(await words("now").evaluate((node) => getComputedStyle(node).direction), "rtl");
  assert.ok((await sizeOf("now")) > 70, `${await sizeOf("now")} px`);
  for (const name of ["now", "next"]) assert.ok(await isWhole(name), `${name} is cut off`);
  assert.match(await page.locator(".host-clock").innerText(), /^\d\d:\d\d$/);
  assert.match(await page.locator(".host-aired").innerText(), /\d:\d\d$/);
  await shoot(page, "host");
});

test("a long question is smaller, and whole, on every screen", async () => {
  const before = await sizeOf("now");
  await stage.api("question.air", { id: ids[long] });
  await words("now").filter({ hasText: "arrangement" }).waitFor();
  for (const [width, height] of [[1280, 720], [768, 1024], [360, 740]]) {
    await page.setViewportSize({ width, height });
    await until(`it fits ${width}×${height}`, () => isWhole("now"));
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight));
    await shoot(page, `host-long-${width}`);
  }
  await page.setViewportSize({ width: 1280, height: 720 });
  await until("it fits again", () => isWhole("now"));
  assert.ok((await sizeOf("now")) < before);
});

test("the poll stands beside it with bars", async () => {
  const { id } = await stage.api("poll.open", { question: "بازی بعدی؟", options: ["شطرنج", "圍棋"] });
  await stage.api("poll.air", { id });
  await page.locator(".host-poll", { hasText: "圍棋" }).waitFor();
  assert.equal(await page.locator(".host-poll progress").count(), 2);
  assert.ok(await isWhole("now"));
  assert.deepEqual(await faults(page), []);
  await shoot(page, "host-poll");
});

test("ten long answers are all to be seen, on every screen: nobody scrolls here", async () => {
  const { id } = await stage.api("poll.open", { question: "Which of the pieces of the last ten years shall we play once more at the end?", options: Array.from({ length: 10 }, (_, n) => `${n} شطرنج و تخته نرد و گو با هم، همین امشب`) });
  await stage.api("poll.air", { id });
  await until("ten bars", async () => (await page.locator(".host-poll progress").count()) === 10);
  for (const [width, height] of [[1280, 720], [820, 1180]]) {
    await page.setViewportSize({ width, height });
    await until(`all is seen at ${width}×${height}`, () => page.locator(".host-poll").evaluate((poll) => [...poll.querySelectorAll("h2, progress")].every((node) => {
      const box = node.getBoundingClientRect(), around = poll.getBoundingClientRect();
      return box.bottom <= around.bottom && box.top >= around.top && node.scrollHeight <= node.clientHeight + 1;
    })));
    await until("and the question too", () => isWhole("now"));
    await shoot(page, `host-poll-ten-${width}`);
  }
  await page.setViewportSize({ width: 1280, height: 720 });
  await stage.api("poll.close", { id });
  await stage.api("poll.air", { id, on_air: false });
});

test("it holds no control, and a viewer's session is enough", async () => {
  assert.equal(await page.locator("button, input, select, textarea, a").count(), 0);
});

test("panic is seen at once", async () => {
  await stage.api("panic");
  await page.locator(".host.is-blank").waitFor();
  await stage.api("panic", { on: false });
  await page.locator(".host:not(.is-blank)").waitFor();
});

test("after kill -9 of the relay it says so, keeps what it shows, and comes back", async () => {
  await stage.killRelay();
  await page.locator(".host.is-lost").waitFor();
  assert.match(await words("now").innerText(), /arrangement/);
  await page.locator("#announce-assertive", { hasText: "No connection" }).waitFor({ state: "attached" });
  await stage.startRelay();
  await page.locator(".host:not(.is-lost)").waitFor();
  assert.match(await words("now").innerText(), /arrangement/);
  problems.length = 0;  // the browser reports each refused connection as an error
});

test("in Persian everything is mirrored", async () => {
  const other = await stage.signIn("viewer", { path: "host", locale: "fa-IR", viewport: { width: 1024, height: 768 }, problems });
  await other.locator("#host-now .host-words", { hasText: "arrangement" }).waitFor();
  assert.equal(await other.evaluate(() => document.documentElement.dir), "rtl");
  const clock = await other.locator(".host-clock").boundingBox();
  assert.ok(clock.x > 512, "the clock stands where lines begin");
  assert.match(await other.locator(".host-clock").innerText(), /^[۰-۹]{2}:[۰-۹]{2}$/);
  assert.deepEqual(await faults(other), []);
  await shoot(other, "host-fa");
  await other.context().close();
});

test("the panel's menu makes a link for another device, with a code for its camera", async () => {
  const desk = await stage.signIn("owner", { problems });
  await desk.locator("#menu").click();
  await desk.getByRole("menuitem", { name: "Host’s page" }).click();
  assert.equal(await desk.locator("#host-here").getAttribute("href"), "host");
  await desk.locator("#host-invite").click();
  const url = await desk.locator("#invite-url").inputValue();
  assert.match(url, /\/host#link=/);
  assert.ok(await desk.locator("dialog .qr path").getAttribute("d"));
  await shoot(desk, "host-invite");
  const tablet = await (await stage.browser.newContext({ viewport: { width: 1024, height: 768 } })).newPage();
  await tablet.goto(url);
  await tablet.locator("#sign-in-button").click();
  await tablet.locator("#host-now .host-words", { hasText: "arrangement" }).waitFor();
  assert.equal(new URL(tablet.url()).hash, "");
  await tablet.context().close();
  await desk.context().close();
});

test("the page raised no error", () => assert.deepEqual(problems, []));
