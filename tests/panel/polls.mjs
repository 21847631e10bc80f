// polls.mjs - polls: two clicks to one, votes in five scripts through the rehearsal, the result, its table, its count anew.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { faults, openPlace, shoot, Stage, until } from "./stage.mjs";
import { shares } from "../../assets/panel/shares.js";

// Each says the same again every second: whenever the poll opens, his vote comes.
const voters = ["2", "۲", "٢", "२", "二", "2️⃣", "!vote 1", "1st!", "I have 2 cats", "۲ تا گربه دارم"];
const SECONDS = 90;
const transcript = Array.from({ length: SECONDS }, (_, second) => voters.map((text, voter) => ({
  at_ms: 100 + second * 1000 + voter * 20, kind: "chat", platform: "twitch", source: "twitch:rehearsal", native_id: `t${second}-${voter}`,
  author: { id: String(5000 + voter), login: `voter${voter}`, name: voter === 1 ? "=نیلوفر" : `voter ${voter}` }, text,
}))).flat();

let stage, page;
const problems = [];
before(async () => {
  stage = await new Stage().open(transcript);
  page = await stage.signIn("owner", { locale: "en-GB", problems });
  page.setDefaultTimeout(15000);
  await openPlace(page, "show");
});
after(async () => stage.close());

const poll = (text) => page.locator(".poll", { hasText: text });

test("whole percents add up to a hundred", () => {
  for (const [votes, expected] of [[[1, 1, 1], [34, 33, 33]], [[2, 3, 2], [29, 43, 28]], [[7, 9, 8], [29, 38, 33]], [[0, 0], [0, 0]], [[5, 0], [100, 0]], [[1, 1, 1, 1, 1, 1], [17, 17, 17, 17, 16, 16]]]) {
    assert.deepEqual(shares(votes).map((share) => Math.round(100 * share)), expected);
  }
});

test("two clicks make a poll", async () => {
  await page.getByRole("button", { name: "Yes / No" }).click();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await poll("Yes or no?").getByText("open", { exact: true }).waitFor();
  await page.locator("#on-air", { hasText: "Yes or no?" }).waitFor();
  await poll("Yes or no?").getByRole("button", { name: "Close", exact: true }).click();
  await page.locator(".poll.is-open").waitFor({ state: "detached" });
});

test("the form grows with its answers, in two languages, and is kept for another day", async () => {
  await page.getByRole("button", { name: "New poll" }).click();
  await page.getByLabel("Question", { exact: true }).fill("Next game?");
  const answers = page.locator("#poll-form .poll-field");
  assert.equal(await answers.count(), 2);
  for (const [index, text] of ["Chess", "圍棋", "Backgammon"].entries()) await page.getByLabel(`Answer ${index + 1}`, { exact: true }).fill(text);
  assert.equal(await answers.count(), 4);
  await page.getByText("In a second language too").click();
  await page.getByLabel("Question in the second language").fill("بازی بعدی؟");
  for (const [index, text] of ["شطرنج", "گو", "تخته نرد"].entries()) await page.getByLabel(`Answer ${index + 1}, second language`).fill(text);
  await page.getByLabel("Numbers").selectOption({ label: "hidden until it closes" });
  assert.deepEqual(await faults(page), []);
  await shoot(page, "polls-form");
  await page.locator("#poll-form").getByRole("button", { name: "Save" }).click();
  await page.getByText("The poll is saved").first().waitFor();
  await page.locator("#poll-form").getByRole("button", { name: "Cancel" }).click();
});

test("a saved poll with a long title is cut at its end, not at its beginning", async () => {
  const { id } = await stage.api("poll.save", { question: "Which of the games of last year shall we play once more tonight?", options: ["Chess", "Go"] });
  const saved = page.locator(".poll-saved", { hasText: "Which of the games" });
  await saved.waitFor();
  const [button, words] = await saved.evaluate((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [node, range].map((one) => one.getBoundingClientRect().left);
  });
  assert.ok(words >= button, `the words begin ${button - words} px before the button`);
  await stage.api("poll.forget", { id });
});

test("votes in five scripts are one result, and sentences are none", async () => {
  await page.locator(".poll-saved", { hasText: "Next game?" }).click();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await poll("Next game?").getByText("numbers hidden").waitFor();
  const rows = poll("Next game?").locator(".poll-option");
  await until("seven votes", async () => (await rows.allTextContents()).join("|").includes("686%"));
  assert.deepEqual(await rows.locator(".poll-count").allTextContents(), ["114%", "686%", "00%"]);  // the number and its share
  assert.ok((await rows.nth(2).textContent()).includes("تخته نرد"));
  await poll("Next game?").locator(".poll-split .chip", { hasText: "7" }).waitFor();
  assert.deepEqual(await faults(page), []);
  await shoot(page, "polls-open");
});

test("what is hidden does not leave the relay before it is revealed", async () => {
  const onAir = await page.evaluate(async () => {
    const socket = new WebSocket(new URL("api/v1/socket", document.baseURI.replace(/^http/, "ws")), "antiphon.v1");
    const next = () => new Promise((take) => socket.addEventListener("message", ({ data }) => take(JSON.parse(data)), { once: true }));
    await new Promise((open) => socket.addEventListener("open", open, { once: true }));
    socket.send(JSON.stringify({ type: "hello", client: "overlay", topics: ["on_air"] }));
    for (;;) {
      const event = await next();
      if (event.on_air) { socket.close(); return event.on_air.views.main.poll; }
    }
  });
  assert.equal(onAir.is_hidden, true);
  assert.equal(onAir.question2, "بازی بعدی؟");
  assert.ok(onAir.options.every((option) => !("votes" in option)) && !("total" in onAir));
  await page.getByRole("button", { name: "Reveal numbers" }).click();
  await poll("Next game?").getByText("numbers shown").waitFor();
});

test("closed, its votes come as a table, and a count anew says the same", async () => {
  await poll("Next game?").getByRole("button", { name: "Close", exact: true }).click();
  await poll("Next game?").getByText("closed", { exact: true }).waitFor();
  await poll("Next game?").getByRole("button", { name: "More" }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "Download votes (CSV)" }).click()]);
  assert.match(download.suggestedFilename(), /^poll-\d+\.csv$/);
  const lines = readFileSync(await download.path(), "utf8").trimEnd().split("\n");
  assert.equal(lines[0], "\ufeffplatform,source,author_id,author,option,text,time,message");
  assert.equal(lines.length, 8);
  const row = lines.find((line) => line.includes("نیلوفر"));
  assert.match(row, /^"twitch","twitch:rehearsal","5001","'=نیلوفر",2,"圍棋",\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ,\d+$/);
  await poll("Next game?").getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Count again from the journal" }).click();
  await page.getByText("Counted again: 7 votes, the same").first().waitFor();
});

test("on a phone, from the right, in the dark", async () => {
  const phone = await stage.signIn("moderator", { locale: "fa-IR", colorScheme: "dark", viewport: { width: 360, height: 740 }, hasTouch: true, problems });
  phone.setDefaultTimeout(15000);
  await phone.locator(".nav-entry", { hasText: "برنامه" }).tap();
  await phone.getByRole("button", { name: "بله / نه" }).tap();
  await phone.locator("#poll-form").waitFor();
  await phone.getByText("به زبان دوم هم").tap();
  assert.deepEqual(await faults(phone), []);
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
  await phone.locator("#poll-form").scrollIntoViewIfNeeded();
  await shoot(phone, "polls-phone-form");
  await phone.getByRole("button", { name: "آغاز", exact: true }).tap();
  await phone.locator(".poll.is-open").waitFor();
  await until("votes", async () => (await phone.locator(".poll.is-open").textContent()).includes("۷ رأی"));
  await phone.locator(".poll.is-open").scrollIntoViewIfNeeded();
  await shoot(phone, "polls-phone-open");
  await phone.context().close();
});

test("a press that is slower than the votes is not lost", async () => {
  await stage.api("poll.open", { question: "Who is late?", options: ["Nobody", "Everybody"] });
  const close = poll("Who is late?").getByRole("button", { name: "Close", exact: true });
  await close.waitFor();
  const box = await close.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await stage.say({ kind: "chat", platform: "twitch", source: "twitch:rehearsal", native_id: "late", author: { id: "9999", login: "late", name: "late" }, text: "Everybody" });
  await page.evaluate(() => new Promise((seen) => { const start = performance.now(), look = () => (performance.now() - start > 600 ? seen() : requestAnimationFrame(look)); look(); }));
  await page.mouse.up();
  await poll("Who is late?").getByText("closed", { exact: true }).waitFor({ state: "attached" });
});

test("the page raised no error", () => assert.deepEqual(problems, []));
