// cards.mjs - the host's own cards: made, changed, shown, counted, forgotten and brought back; a shout-out from a line of chat; a picture.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";
import { faults, openPlace, shoot, Stage, until } from "./stage.mjs";

const transcript = [
  { at_ms: 300, kind: "chat", platform: "twitch", native_id: "t1", source: "twitch:rehearsal", author: { id: "117166826", login: "niloufar", name: "نیلوفر", color: "#1E90FF" }, text: "سلام به همه" },
];

let stage, page;
const problems = [];
before(async () => {
  stage = await new Stage().open(transcript);
  page = await stage.signIn("owner", { locale: "en-GB", timezoneId: "Asia/Tehran", viewport: { width: 1440, height: 1600 }, problems });
  page.setDefaultTimeout(8000);
  await openPlace(page, "show");
});
after(async () => stage.close());

const card = (text) => page.locator("#host-cards .host-card", { hasText: text });
const onAir = (text) => page.locator("#on-air .air-card", { hasText: text });
const dialog = () => page.locator("dialog[open]").last();
// Notices lie over the corner for some seconds: a person waits or closes them.
const closeNotices = () => page.evaluate(() => document.querySelectorAll(".notice").forEach((one) => one.remove()));
const make = async (kind) => {
  await closeNotices();
  await page.getByRole("button", { name: "New card" }).click();
  await page.getByRole("menuitem", { name: kind }).click();
  await page.locator(".host-card-form").waitFor();
};

// One square of one colour, as small as a PNG can be.
function png(side) {
  const crcs = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0; });
  const crc = (bytes) => (bytes.reduce((sum, byte) => crcs[(sum ^ byte) & 255] ^ (sum >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]), all = Buffer.alloc(body.length + 8);
    all.writeUInt32BE(data.length, 0);
    body.copy(all, 4);
    all.writeUInt32BE(crc(body), body.length + 4);
    return all;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.concat(Array.from({ length: side }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(side * 3, 0xb4)])));
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

test("a goal is made, shown and counted by hand, and each step has a way back", async () => {
  await page.locator("#host-cards .empty").waitFor();
  await make("Goal");
  await page.getByLabel("Title", { exact: true }).fill("New microphone");
  await page.getByLabel("What counts").selectOption({ label: "money" });
  await page.getByLabel("Currency").fill("eur");
  await page.getByLabel("Target").fill("۲۵۰");  // as a Persian keyboard writes it
  await page.getByLabel("Already there").fill("80.50");
  assert.deepEqual(await faults(page), []);
  await shoot(page, "cards-goal-form");
  await page.getByRole("button", { name: "Save and put on air" }).click();
  await onAir("New microphone").waitFor();
  await card("New microphone").getByText("€80.50 of €250.00").waitFor();
  await page.getByRole("button", { name: "Add +€20 to New microphone" }).click();
  await card("New microphone").getByText("€100.50 of €250.00").waitFor();
  await page.locator(".notice", { hasText: "added to" }).getByRole("button", { name: "Undo" }).click();
  await card("New microphone").getByText("€80.50 of €250.00").waitFor();
  await page.getByRole("button", { name: "More for New microphone" }).click();
  await page.getByRole("menuitem", { name: "Set the number" }).click();
  await dialog().getByRole("textbox").fill("250");
  await dialog().getByRole("button", { name: "Save" }).click();
  await card("New microphone").getByText("reached").waitFor();
  await onAir("New microphone").getByRole("button").click();
  await onAir("New microphone").waitFor({ state: "detached" });
});

test("house rules grow line by line, are changed on air, forgotten and brought back", async () => {
  await make("House rules");
  for (const [index, text] of ["Be kind", "No spoilers", "این‌جا فارسی هم می‌نویسیم"].entries()) await page.getByLabel(`Rule ${index + 1}`, { exact: true }).fill(text);
  assert.equal(await page.locator(".host-card-lines .row").count(), 4);
  await shoot(page, "cards-rules-form");
  await page.getByRole("button", { name: "Save and put on air" }).click();
  await onAir("House rules").waitFor();
  await card("House rules").getByText("3 rules").waitFor();
  await page.getByRole("button", { name: "More for House rules" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await page.getByRole("button", { name: "Remove rule 2" }).click();
  await page.getByLabel("Title", { exact: true }).fill("Our rules");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await onAir("Our rules").waitFor();
  await card("Our rules").getByText("2 rules").waitFor();
  await page.getByRole("button", { name: "More for Our rules" }).click();
  await page.getByRole("menuitem", { name: "Forget" }).click();
  await card("Our rules").waitFor({ state: "detached" });
  await page.locator(".notice", { hasText: "Forgotten" }).getByRole("button", { name: "Undo" }).click();
  await onAir("Our rules").waitFor();
});

test("a countdown runs from when it is shown; the next show has its time in two zones, and a zone that is none is told", async () => {
  await make("Countdown");
  await page.getByLabel("Minutes", { exact: true }).fill("2.5");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await card("We begin in").getByText("runs 2:30").waitFor();
  await card("We begin in").getByRole("button", { name: "Put on air" }).click();
  await card("We begin in").getByText(/2:2\d left/).waitFor();
  await make("Next show");
  await page.getByLabel("Date and time").fill("2031-03-21T20:30");
  assert.equal(await page.getByLabel("Time zone 1", { exact: true }).inputValue(), "Asia/Tehran");
  await page.getByLabel("Time zone 2", { exact: true }).fill("Asia/Atlantis");
  await page.getByRole("button", { name: "Save and put on air" }).click();
  await page.locator(".host-card-form [role=alert]", { hasText: "Asia/Atlantis" }).waitFor();
  await page.getByLabel("Time zone 2", { exact: true }).fill("America/New_York");
  await page.getByRole("button", { name: "Save and put on air" }).click();
  await onAir("Next show").waitFor();
  await onAir("We begin in").waitFor({ state: "detached" });  // of one kind: it made room
  const shown = (await stage.api("history", { limit: 1 })) && (await page.evaluate(() => document.querySelector("#host-cards").innerText));
  assert.match(shown, /21 Mar 2031 20:30/);
});

test("a note takes a picture of the host's; what is no picture is refused in words", async () => {
  await make("Text or picture");
  const file = page.locator("#card-picture");
  await file.setInputFiles({ name: "x.png", mimeType: "image/png", buffer: Buffer.from("<svg onload=alert(1)>") });
  await page.locator(".notice.error", { hasText: "PNG, JPEG, WebP or GIF is expected" }).waitFor();
  problems.length = 0;  // the browser reports the refusal as an error
  await file.setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: png(64) });
  const picture = page.locator(".host-card-picture");
  await picture.waitFor();
  await until("the picture is drawn", () => picture.evaluate((image) => image.complete && image.naturalWidth === 64));
  await page.getByLabel("Text", { exact: true }).fill("Tea is on.\nBack at nine.");
  assert.deepEqual(await faults(page), []);
  await shoot(page, "cards-note-form");
  await page.getByRole("button", { name: "Save and put on air" }).click();
  await onAir("Tea is on.").waitFor();
  await card("Tea is on.").getByText("with a picture").waitFor();
});

test("whoever writes is one press away from a shout-out; when the person is removed it leaves", async () => {
  await page.locator("#place-chat .message, #place-chat [role=row], #place-chat li", { hasText: "سلام به همه" }).first().hover();
  await page.getByRole("button", { name: /^More.*نیلوفر/ }).first().click();
  await page.getByRole("menuitem", { name: "Shout-out" }).click();
  await onAir("نیلوفر").waitFor();
  await card("نیلوفر").getByText(/left/).waitFor();
  await page.locator("#new-shoutout").click();
  await page.getByLabel("Name", { exact: true }).fill("@Mina");
  await page.getByLabel("A sentence about them (optional)").fill("She paints on Fridays");
  await dialog().getByRole("button", { name: "Put on air" }).click();
  await card("Mina").getByText("waits").waitFor();
  assert.deepEqual(await faults(page), []);
  await shoot(page, "cards-list");
  await stage.api("author.remove", { platform: "twitch", author: "117166826" });
  await onAir("نیلوفر").waitFor({ state: "detached" });
  await onAir("Mina").waitFor();
});

test("on a phone, in Persian and the dark: all of it by thumb, nothing wider than the screen", async () => {
  const phone = await stage.signIn("moderator", { locale: "fa-IR", colorScheme: "dark", viewport: { width: 360, height: 740 }, hasTouch: true, problems });
  phone.setDefaultTimeout(8000);
  await openPlace(phone, "show");
  await phone.locator("#new-card").scrollIntoViewIfNeeded();
  await shoot(phone, "cards-phone");
  await phone.locator("#new-card").tap();
  await phone.getByRole("menuitem", { name: "هدف" }).tap();
  await phone.getByLabel("عنوان", { exact: true }).fill("صد عضو");
  await phone.getByLabel("اندازهٔ هدف").fill("۱۰۰");
  assert.deepEqual(await faults(phone), []);
  await shoot(phone, "cards-phone-form");
  await phone.getByRole("button", { name: "ذخیره", exact: true }).tap();
  const goal = phone.locator(".host-card", { hasText: "صد عضو" });
  await goal.locator('[data-key$=":5"]').tap();
  await goal.getByText("۵ از ۱۰۰").waitFor();
  await goal.scrollIntoViewIfNeeded();
  await shoot(phone, "cards-phone-goal");
  assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  for (const box of await phone.locator("#host-cards button:visible").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))) assert.ok(box >= 44, `a button of ${box} px`);
  await phone.context().close();
});

test("who only reads sees the cards and has no buttons", async () => {
  const viewer = await stage.signIn("viewer", { problems });
  await openPlace(viewer, "show");
  await viewer.locator(".host-card").first().waitFor();
  assert.equal(await viewer.locator("#host-cards button, #host-card-start button").count(), 0);
  await viewer.context().close();
});

test("the page raised no error", () => assert.deepEqual(problems, []));
