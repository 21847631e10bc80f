// questions.mjs - the questions' course in a browser: to the air and back, two moderators at one card, order, groups, keys alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, openPlace, shoot, Stage, until } from "./stage.mjs";

const chat = (number, platform, name, text) => ({
  at_ms: 100 + number, kind: "chat", platform, source: platform === "twitch" ? "twitch:rehearsal" : "youtube:rehearsal01", native_id: `${platform}${number}`,
  author: { id: `${platform === "twitch" ? "" : "UC"}${100000 + number}`, login: `viewer${number}`, name }, text,
});
const transcript = [
  chat(1, "twitch", "نیلوفر", "این آهنگ برای شما چه معنایی دارد؟"),
  chat(2, "youtube", "@阿明", "這首歌對你有什麼意義？"),
  chat(3, "twitch", "Otto", "Which microphone is that?"),
  chat(4, "youtube", "@olga", "which microphone is that"),
  chat(5, "twitch", "mallory", "<img src=x onerror=alert(1)>\u202e why?"),
  chat(6, "twitch", "carol", "Do you ever rehearse at night, when everybody sleeps?"),
];

let stage, mina, boris;
const problems = [];

const card = (page, text) => page.locator("#questions .question", { hasText: text });
const group = (page, state) => page.locator(`#questions [data-state=${state}]`);
const act = (page, text, name) => card(page, text).getByRole("button", { name, exact: true }).click();
const toast = (page, name) => page.locator("#notices").getByRole("button", { name, exact: true }).last().click();
const inGroup = (page, state, text) => group(page, state).locator(".question", { hasText: text });
const texts = (page, state) => group(page, state).locator(".question .text").allInnerTexts();
const choose = async (page, text, name) => {
  await act(page, text, "More");
  await page.getByRole("menuitem", { name }).click();
};

before(async () => {
  stage = await new Stage().open(transcript);
  mina = await stage.signIn("moderator", { name: "Mina", problems });
  boris = await stage.signIn("moderator", { name: "Boris", problems });
  await card(mina, "rehearse at night").waitFor();
  await card(mina, "Which microphone").waitFor();
});
after(async () => stage.close());

test("from the chat to the air, and back", async () => {
  await act(mina, "rehearse at night", "Ready");
  await inGroup(boris, "ready", "rehearse at night").waitFor();
  await act(mina, "rehearse at night", "On air");
  await inGroup(boris, "on_air", "rehearse at night").waitFor();
  await act(mina, "rehearse at night", "Answered");
  await inGroup(boris, "answered", "rehearse at night").waitFor({ state: "attached" });
  await mina.locator("#questions").press("Control+z");
  await inGroup(boris, "on_air", "rehearse at night").waitFor();
  await act(mina, "rehearse at night", "Dismiss");
  await group(boris, "on_air").waitFor({ state: "hidden" });
  await toast(mina, "Undo");
  await inGroup(boris, "on_air", "rehearse at night").waitFor();
  await choose(mina, "rehearse at night", "What was done");
  await mina.locator("dialog .history li").first().waitFor();
  assert.match(await mina.locator("dialog .history").innerText(), /Mina.*put it on air/);
  await mina.keyboard.press("Escape");
  await act(mina, "rehearse at night", "Answered");
});

test("the wording is edited beside the original", async () => {
  await act(mina, "microphone", "Edit");
  await card(boris, "microphone").getByText("Mina is on it").waitFor();  // the others see that she is at it
  const dialog = mina.locator("dialog");
  await dialog.getByText("As it was asked").waitFor();
  await shoot(mina, "questions-edit");
  await dialog.getByLabel("The question as it shall be shown").fill("What microphone do you use?");
  await dialog.getByRole("button", { name: "Save" }).click();
  await card(boris, "What microphone do you use?").getByText("Which microphone is that?").waitFor();
  await card(boris, "What microphone").getByText("Mina is on it").waitFor({ state: "detached" });
  await choose(mina, "What microphone", "Note for the host");
  await mina.locator("dialog textarea").fill("ask it shorter");
  await mina.locator("dialog").getByRole("button", { name: "Save" }).click();
  await card(boris, "What microphone").getByText("ask it shorter").waitFor();
});

test("two moderators at one card", async () => {
  await act(mina, "這首歌", "I work on it");
  await card(boris, "這首歌").getByText("Mina is on it").waitFor();
  assert.equal(await card(boris, "這首歌").getByRole("button", { name: "Ready", exact: true }).isDisabled(), true);
  await card(boris, "這首歌").focus();
  await boris.keyboard.press("Enter");
  await boris.locator("#notices").getByText(/Mina is on it until \d/).waitFor();
  const id = Number(await card(boris, "這首歌").getAttribute("data-id"));
  await assert.rejects(stage.api("question.air", { id }), new RegExp(`Mina works on question ${id} until`));
  await shoot(boris, "questions-claimed");
  await act(mina, "這首歌", "I work on it");
  await card(boris, "這首歌").getByText("Mina is on it").waitFor({ state: "detached" });
  await act(mina, "這首歌", "I work on it");
  await card(boris, "這首歌").getByText("Mina is on it").waitFor();
  await mina.context().close();  // who leaves lets go
  await card(boris, "這首歌").getByText("Mina is on it").waitFor({ state: "detached" });
  mina = await stage.signIn("moderator", { name: "Mina", problems });
});

test("two press next at one moment: one question goes up", async () => {
  for (const text of ["這首歌", "این آهنگ", "microphone"]) await act(boris, text, "Ready");
  await inGroup(mina, "ready", "microphone").waitFor();
  assert.deepEqual((await texts(mina, "ready")).length, 3);
  await Promise.all([mina.locator("#next").click(), boris.locator("#next").click()]);
  await Promise.all([mina, boris].map((page) => until("one on air", async () => (await group(page, "on_air").locator(".question").count()) === 1)));
  assert.equal((await texts(mina, "ready")).length, 2);
  assert.match((await texts(mina, "on_air"))[0], /這首歌/);
  await until("one of them was told", async () => (await Promise.all([mina, boris].map((page) => page.locator("#notices").getByText("Somebody else has just").count()))).some(Boolean));
});

test("order by the pointer and by keys", async () => {
  await act(mina, "onerror", "Ready");
  const order = () => texts(mina, "ready");
  await until("three are ready", async () => (await order()).length === 3);
  assert.match((await order())[2], /onerror/);
  const from = await card(mina, "onerror").locator(".grip").boundingBox(), to = await card(mina, "این آهنگ").boundingBox();
  await mina.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await mina.mouse.down();
  await mina.mouse.move(from.x + 20, to.y + 40, { steps: 6 });
  await mina.mouse.move(from.x + 20, to.y + 4, { steps: 3 });
  assert.equal(await card(mina, "این آهنگ").getAttribute("data-drop"), "before");
  await shoot(mina, "questions-drag");
  await mina.mouse.up();
  await until("it stands first", async () => /onerror/.test((await order())[0]));
  await until("for the others too", async () => /onerror/.test((await texts(boris, "ready"))[0]));
  await card(mina, "onerror").focus();
  await mina.keyboard.press("Alt+ArrowDown");
  await until("it stands second", async () => /onerror/.test((await order())[1]));
  assert.match(await mina.evaluate(() => document.activeElement.textContent), /onerror/);
  await mina.keyboard.press("p");
  await until("pinned stands first", async () => /onerror/.test((await order())[0]));
  await mina.keyboard.press("u");
  await until("and not any more", async () => /onerror/.test((await order())[1]));
});

test("merged and split", async () => {
  const from = await card(mina, "این آهنگ").locator(".grip").boundingBox(), to = await card(mina, "microphone").boundingBox();
  await mina.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await mina.mouse.down();
  await mina.mouse.move(from.x + 20, to.y + to.height / 2, { steps: 8 });
  assert.equal(await card(mina, "microphone").getAttribute("data-drop"), "merge");
  await mina.mouse.up();
  await card(boris, "microphone").getByText(/asked by \d people/).waitFor();
  await card(boris, "این آهنگ").waitFor({ state: "detached" });
  await toast(mina, "Undo");
  await card(boris, "این آهنگ").waitFor();
  await choose(boris, "این آهنگ", "Same as …");
  await boris.locator("dialog").getByRole("button", { name: /What microphone/ }).click();
  await card(mina, "این آهنگ").waitFor({ state: "detached" });
  await choose(mina, "microphone", "Who asked");
  await mina.locator("dialog .asks li").first().waitFor();
  await shoot(mina, "questions-split");
  await mina.locator("dialog").getByRole("button", { name: /Split off نیلوفر|Split off .*نیلوفر/ }).click();
  await inGroup(boris, "new", "این آهنگ").waitFor();
});

test("with keys alone", async () => {
  await inGroup(mina, "new", "این آهنگ").waitFor();
  await mina.keyboard.press("2");
  await mina.keyboard.press("j");
  assert.equal(await mina.evaluate(() => document.activeElement.classList.contains("question")), true);
  for (let i = 0; i < 9 && !/این آهنگ/.test(await mina.evaluate(() => document.activeElement.textContent)); i++) await mina.keyboard.press("j");
  await mina.keyboard.press("Enter");
  await inGroup(boris, "ready", "این آهنگ").waitFor();
  await until("the focus stays with the card", () => mina.evaluate(() => document.activeElement.matches(".question.ready") && /این آهنگ/.test(document.activeElement.textContent)));
  await mina.keyboard.press("Enter");
  await inGroup(boris, "on_air", "این آهنگ").waitFor();
  await mina.keyboard.press("Enter");
  await group(boris, "on_air").waitFor({ state: "hidden" });
  await mina.keyboard.press("2");
  await mina.keyboard.press("n");
  await group(boris, "on_air").locator(".question").waitFor();
  await card(mina, "microphone").focus();
  await mina.keyboard.press("e");
  await mina.locator("dialog textarea:focus").waitFor();
  await mina.keyboard.type("Which microphone?");
  await mina.keyboard.press("Control+Enter");
  await card(boris, "Which microphone?").first().waitFor();
  await until("the focus is back", () => mina.evaluate(() => document.activeElement.matches(".question") && /microphone/.test(document.activeElement.textContent)));
  const { id: other } = await stage.api("question.add", { text: "Which one comes after?" });
  await card(mina, "Which one comes after?").waitFor();
  await mina.keyboard.press("d");
  await inGroup(boris, "dismissed", "Which microphone?").waitFor({ state: "attached" });
  // It was folded away under the keys: they go on with the card that stands in its place, and never into what is folded.
  await until("a card has the focus", () => mina.evaluate(() => document.activeElement.matches(".question:not(.dismissed)")));
  for (let i = 0; i < 12; i++) await mina.keyboard.press("j");
  assert.equal(await mina.evaluate(() => document.activeElement.matches(".question:is(.on_air, .ready, .new)")), true);
  await stage.api("question.dismiss", { id: other });
});

test("chapters of the recording", async () => {
  await mina.locator("#questions-more").click();
  await mina.getByRole("menuitem", { name: "Chapters of the recording" }).click();
  const dialog = mina.locator("dialog");
  await dialog.getByLabel("Format").selectOption("csv");
  await until("the table is there", async () => (await dialog.getByLabel("Chapters of the recording").last().inputValue()).includes("rehearse at night"));
  const [download] = await Promise.all([mina.waitForEvent("download"), dialog.getByRole("link", { name: "Download" }).click()]);
  assert.equal(download.suggestedFilename(), "chapters.csv");
  await shoot(mina, "questions-chapters");
  await mina.keyboard.press("Escape");
});

test("what its platform deletes leaves the list, also where it was merged", async () => {
  assert.equal(await mina.locator("img[src=x]").count(), 0);
  await stage.api("author.remove", { platform: "twitch", author: "100005" });
  await card(mina, "onerror").waitFor({ state: "detached" });
});

test("on a phone, in Persian, by day", async () => {
  await stage.api("question.add", { text: "چرا این آهنگ را انتخاب کردید؟", language: "fa" });
  await stage.api("question.add", { text: "پرسش دوم چیست؟", language: "fa" });
  const page = await stage.signIn("moderator", { name: "Nilu", locale: "fa-IR", colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, problems });
  await page.locator(".nav-entry:visible", { hasText: "پرسش" }).click();
  await page.locator("#questions .question").first().waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  const small = await page.locator("#questions .question button:visible").evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().height < 43.5 || one.getBoundingClientRect().width < 43.5).map((one) => one.outerHTML.slice(0, 90)));
  assert.deepEqual(small, []);
  await shoot(page, "questions-phone");

  const cdp = await page.context().newCDPSession(page);  // a finger
  const finger = (type, x, y) => cdp.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
  await card(page, "دوم").scrollIntoViewIfNeeded();
  const from = await card(page, "دوم").locator(".grip").boundingBox(), to = await card(page, "چرا این آهنگ").boundingBox();
  const x = from.x + from.width / 2, y = from.y + from.height / 2;
  await finger("touchStart", x, y);
  for (const at of [y - 10, y - 40, to.y + 40, to.y + 6]) await finger("touchMove", x, at);
  await finger("touchEnd");
  await until("the second stands first", async () => /دوم/.test((await texts(page, "ready"))[0]));
  assert.deepEqual(await faults(page), []);
  await page.context().close();
});

test("a panic that somebody meets by a key is told in the reader's language", async () => {
  await stage.api("question.add", { text: "Which one comes last?", language: "en" });
  const page = await stage.signIn("moderator", { name: "Zhen", locale: "zh-TW", problems });
  await card(page, "Which one comes last?").waitFor();
  await stage.api("panic", { on: true });
  await page.locator("html.is-blank").waitFor();
  await card(page, "Which one comes last?").focus();
  await page.keyboard.press("Enter");
  await page.locator("#notices .notice", { hasText: "所有畫面都是空的" }).waitFor();
  assert.doesNotMatch(await page.locator("#notices").innerText(), /locked/);
  await stage.api("panic", { on: false });
  await page.context().close();
});

test("who has been heard, and the least heard first", async () => {
  await mina.locator(".heard summary").click();
  const english = mina.locator(".heard li", { hasText: "English" });
  await until("English was heard", async () => /[1-9]\d* \/ \d+/.test(await english.innerText()));
  await mina.locator(".heard .mark.youtube").waitFor();
  assert.deepEqual(await faults(mina), []);
  const asked = [chat(31, "twitch", "Ned", "How are you feeling tonight, my friend?"), chat(32, "twitch", "Amy", "Where did you learn the violin?"), chat(33, "twitch", "سارا", "چه سازی را بیش از همه دوست دارید؟")];
  for (const { at_ms, ...message } of asked) await stage.say(message);
  for (const { text } of asked) await card(mina, text).waitFor();
  const id = Number(await card(mina, "feeling tonight").getAttribute("data-id"));
  for (const command of ["question.pick", "question.air"]) await stage.api(command, { id });
  await until("it is on air for a while", async () => /0:0[3-9]/.test(await mina.locator("#on-air .clock").first().innerText()));
  await stage.api("question.answer", { id });
  const waiting = () => group(mina, "new").locator(".question .text").allInnerTexts();
  await mina.locator("#questions-sort").click();
  await mina.getByRole("menuitemradio", { name: "Least heard first" }).click();
  await shoot(mina, "questions-heard");
  await until("Persian stands before English", async () => { const list = await waiting(); return list.findIndex((text) => /سازی/.test(text)) < list.findIndex((text) => /violin/.test(text)); });
  await mina.locator("#questions-sort").click();
  await mina.getByRole("menuitemradio", { name: "By hand" }).click();
});

test("what comes does not push away the card at which somebody points", async () => {
  const target = card(boris, "Where did you learn the violin?");
  await target.hover();
  const top = async () => Math.round((await target.boundingBox()).y), before = await top();
  for (const { at_ms, ...message } of [chat(41, "youtube", "@mia", "How many hours do you practise?"), chat(42, "twitch", "Leo", "When will the new album be out?")]) await stage.say(message);
  for (const text of ["hours do you practise", "new album"]) await card(boris, text).waitFor({ state: "attached" });
  assert.equal(await top(), before);
});

test("a viewer reads, and is offered nothing that would be refused", async () => {
  const page = await stage.signIn("viewer", { name: "Guest", problems });
  await page.locator("#questions .question").first().waitFor();
  const offered = await page.locator("#place-questions button:visible:enabled").evaluateAll((all) => all.map(({ id, textContent }) => id || textContent));
  assert.deepEqual(offered, ["questions-sort", "questions-more"]);
  await page.context().close();
});

test("nothing for axe to find, no error", async () => {
  await openPlace(mina, "questions");
  await shoot(mina, "questions");
  assert.deepEqual(await faults(mina), []);
  assert.deepEqual(problems, []);
});
