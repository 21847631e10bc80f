// panel.mjs - a moderator's evening in a real browser: sign in, read, pick, air, poll, remove; on a desk and on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, openPlace, shoot as shootPage, Stage, until } from "./stage.mjs";

const hostile = "<img src=x onerror=alert(1)>\u202e </script> &amp;";
const rooms = { twitch: "twitch:rehearsal", youtube: "youtube:rehearsal01" };
const chat = (at_ms, platform, number, name, text) => ({
  at_ms, kind: "chat", platform, native_id: `${platform}${number}`, ...(rooms[platform] ? { source: rooms[platform] } : {}),
  author: { id: `${platform === "twitch" ? "" : "UC"}${100000 + number}`, login: `viewer${number}`, name }, text,
});
const transcript = [
  chat(300, "twitch", 1, "نیلوفر", "این آهنگ برای شما چه معنایی دارد؟"),
  chat(400, "youtube", 2, "@阿明", "這首歌對你有什麼意義？"),
  chat(500, "twitch", 3, "Otto", "hello from Berlin 🎹"),
  chat(600, "twitch", 4, "أحمد", "ما هي أغنيتك المفضلة؟"),
  chat(700, "twitch", 5, "mallory", hostile),
  chat(800, "twitch", 6, "spammer", "buy followers"),
  chat(900, "discord", 7, "olga", "good evening from the server"),
];

let stage, page, dialogs = 0;
const problems = [];

before(async () => {
  stage = await new Stage().open(transcript);
  const context = await stage.browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("dialog", (dialog) => { dialogs++; dialog.accept(); });
});
after(async () => stage.close());

const shoot = (name) => shootPage(page, name);
const confirm = (name) => page.locator("dialog").getByRole("button", { name, exact: true }).click();

test("without a link there is nothing to see", async () => {
  const { url } = await stage.api("invite", { role: "owner" });
  await page.goto(url.split("#")[0]);
  await page.getByText("antiphon link").waitFor();
  assert.equal(await page.locator("#desk").count(), 0);
  problems.length = 0;  // the refused question for a session is a 401 on purpose
});

test("a link signs in once, after a click", async () => {
  const { url } = await stage.api("invite", { role: "owner" });
  await page.goto("about:blank");
  await page.goto(url);
  await shoot("sign-in");
  await page.getByRole("button", { name: "Sign in with this link" }).click();
  await page.getByText("Connected as owner").waitFor();
  assert.equal(new URL(page.url()).hash, "");
  const other = await (await stage.browser.newContext()).newPage();
  await other.goto(url);
  await other.getByRole("button", { name: "Sign in with this link" }).click();
  await other.getByText("used already").waitFor();
  await other.close();
  problems.length = 0;
});

test("messages of both platforms stand in their own direction", async () => {
  await page.getByText("hello from Berlin").first().waitFor();
  await page.locator("#messages").getByText("buy followers").waitFor();
  const direction = (text) => page.locator("#messages .text", { hasText: text }).evaluate((node) => getComputedStyle(node).direction);
  assert.equal(await direction("این آهنگ"), "rtl");
  assert.equal(await direction("ما هي"), "rtl");
  assert.equal(await direction("hello from"), "ltr");
  assert.equal(await page.locator("#messages .mark.twitch").count() > 0, true);
  assert.equal(await page.locator("#messages .mark.youtube").count(), 1);
  await shoot("chat");
});

test("hostile text is only text", async () => {
  await page.locator("#messages .text", { hasText: "onerror=alert" }).waitFor();
  assert.equal(await page.locator("#messages img[src=x]").count(), 0);
  assert.equal(dialogs, 0);
  assert.doesNotMatch(await page.locator("#messages").innerText(), /\u202e/);
});

test("a question goes from chat to the air and back", async () => {
  const card = page.locator("#questions .question", { hasText: "این آهنگ" });
  await card.getByRole("button", { name: "Ready" }).click();
  await card.getByRole("button", { name: "On air" }).click();
  await page.locator("#on-air", { hasText: "این آهنگ" }).waitFor();
  await shoot("on-air");
  await card.getByRole("button", { name: "Answered" }).click();
  await page.locator("#on-air", { hasText: "Nothing" }).waitFor();
  await page.getByLabel("A question in the host’s own words").fill("What shall we play next?");
  await page.getByRole("button", { name: "Add", exact: true }).first().click();
  await page.locator("#questions .question", { hasText: "What shall we play next?" }).waitFor();
});

test("the overlay's picture of the view is shown", async () => {
  stage.startOverlay();
  await stage.api("question.add", { text: "Who is there? 誰？" });
  const card = page.locator("#questions .question", { hasText: "Who is there?" });
  await card.getByRole("button", { name: "On air" }).click();
  const picture = page.locator("canvas.preview");
  await picture.waitFor();
  await until("the picture is loaded", () => picture.evaluate((node) => node.width > 100));
  await shoot("preview");
  await card.getByRole("button", { name: "Answered" }).click();
});

test("a poll opens, shows its votes and closes", async () => {
  await page.getByRole("button", { name: "New poll" }).click();
  await page.getByLabel("Question", { exact: true }).fill("بازی بعدی؟");
  for (const [index, text] of ["شطرنج", "圍棋", "Backgammon"].entries()) await page.getByLabel(`Answer ${index + 1}`, { exact: true }).fill(text);
  await page.getByLabel("On air at once").uncheck();
  await page.locator("#poll-form").getByRole("button", { name: "Start" }).click();
  await page.locator("#poll", { hasText: "圍棋" }).waitFor();
  await page.getByRole("button", { name: "Put on air" }).click();
  await page.locator("#on-air", { hasText: "بازی بعدی؟" }).waitFor();
  await shoot("poll");
  await page.locator("#poll").getByRole("button", { name: "Close" }).click();
  await page.locator("#poll", { hasText: "closed" }).waitFor();
});

test("a typed line of subtitles is on air", async () => {
  await page.getByLabel("A line, shown at once").fill("Welcome, everybody");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.locator("#on-air", { hasText: "Welcome, everybody" }).waitFor();
});

test("panic blanks and shows again; clear empties", async () => {
  await page.getByRole("button", { name: "Panic" }).click();
  await page.locator("#overlay-state", { hasText: "blank" }).waitFor();
  await page.locator("#panic-back").click();
  await page.getByRole("button", { name: "Clear all" }).click();
  await page.locator("#on-air", { hasText: "Nothing" }).waitFor();
});

test("a removed message leaves every list at once", async () => {
  const { messages } = await stage.api("history", { limit: 50 });
  await stage.api("message.remove", { message: messages.find(({ text }) => text === "buy followers").id });
  await page.locator("#messages .text", { hasText: "buy followers" }).waitFor({ state: "detached" });
});

test("a source shows its state; another is added and removed", async () => {
  await openPlace(page, "sources");
  await page.locator("#sources .state.live").first().waitFor();
  await page.locator("#source-connector").selectOption("twitch");
  await page.getByLabel("Channel", { exact: true }).fill("no such channel !");
  await page.locator("#source-form").getByRole("button", { name: "Add" }).click();
  await page.locator(".notice.error").waitFor();
  await page.locator("#sources li", { hasText: "youtube" }).getByRole("button", { name: "Remove" }).click();
  await confirm("Remove");
  await until("the source is gone", async () => (await page.locator("#sources li", { hasText: "youtube" }).count()) === 0);
});

test("each platform's form is made of what it says of its keys", async () => {
  const { kinds } = await stage.api("source.kinds");
  const choice = page.locator("#source-connector");
  assert.deepEqual(await choice.locator("option").allInnerTexts(), kinds.map(({ title }) => title));
  for (const { connector, keys } of kinds) {
    await choice.selectOption(connector);
    const labels = await page.locator("#source-form label:visible").allInnerTexts();
    assert.equal(new Set(labels).size, labels.length, `${connector}: two fields of one name: ${labels}`);
    for (const { name, secret, required } of keys.filter(({ help }) => help)) {
      const field = page.locator(`#source-key-${name}`);
      if (secret) assert.equal(await field.getAttribute("type"), "password", `${connector}: ${name} is shown`);
      assert.equal(await field.evaluate((node) => node.required), required, `${connector}: ${name}`);
    }
  }
});

test("a source is changed in place, and its secret stays unseen", async () => {
  await stage.api("source.add", { config: { connector: "youtube", channel: "@anna", api_key: "AIzaVerySecret", api_url: "http://127.0.0.1:1" } });
  await page.getByRole("button", { name: "Change youtube:@anna" }).click();
  await page.getByRole("heading", { name: "Change youtube:@anna" }).waitFor();
  assert.equal(await page.getByLabel("API key", { exact: true }).inputValue(), "");
  assert.equal(await page.getByLabel("API key", { exact: true }).getAttribute("placeholder"), "unchanged");
  await shoot("source-change");
  await page.getByLabel("Channel", { exact: true }).fill("@bob");
  await page.locator("#source-form").getByRole("button", { name: "Save" }).click();
  await page.locator("#sources li", { hasText: "youtube:@bob" }).waitFor();
  const { sources } = await stage.api("source.list");
  const changed = sources.find(({ id }) => id === "youtube:@bob");
  assert.equal(changed.config.api_url, "http://127.0.0.1:1");  // no field shows it, and it stays
  assert.ok(!JSON.stringify(sources).includes("AIzaVerySecret"));
  assert.ok(!(await page.content()).includes("AIzaVerySecret"));
  await page.getByRole("button", { name: "Remove youtube:@bob" }).click();
  await confirm("Remove");
  await until("it is gone", async () => (await page.locator("#sources li", { hasText: "youtube" }).count()) === 0);
});

test("what is said stands in the chat as ours, with what became of it", async () => {
  const box = page.getByLabel("Say in the chats");
  assert.equal(await page.locator("#say-targets input").count(), 1, "only Discord lets us write");
  await box.fill("خوش آمدید, everybody?");
  await page.getByRole("button", { name: "Say", exact: true }).click();
  await page.locator("#sent .result.accepted", { hasText: "discord:" }).waitFor();
  const own = page.locator("#messages .message.is-own", { hasText: "خوش آمدید" });
  await own.getByText("from here").waitFor();
  assert.equal(await own.getByRole("button", { name: "Pick as a question" }).count(), 0);
  assert.equal(await page.locator("#questions .question", { hasText: "everybody?" }).count(), 0);
  assert.equal(await box.inputValue(), "");
  // The results took room from the chat: it still shows its newest line.
  await until("the chat is at its end", () => page.locator("#messages").evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight < 2));
  assert.equal(await page.locator("#newer").isVisible(), false);
  const row = page.locator("#messages .message", { hasText: "good evening from the server" });
  await row.hover();
  await row.getByRole("button", { name: "Reply to olga" }).click();
  await page.locator("#say-reply", { hasText: "To olga (discord)" }).waitFor();
  await box.fill("and to you");
  await box.press("Enter");
  await page.locator("#messages .message.is-own", { hasText: "and to you" }).waitFor();
  await page.locator("#say-reply").waitFor({ state: "hidden" });
});

test("where we cannot write, it says why, and what is removed here is removed", async () => {
  await stage.api("say", { text: "سلام", to: ["twitch:rehearsal"] });
  await page.locator("#sent .result.unable", { hasText: "twitch:rehearsal: not sent" }).waitFor();
  await page.getByLabel("Remove and ban on the platform too").check();
  const row = page.locator("#messages .message", { hasText: "hello from Berlin" });
  await row.hover();
  await row.getByRole("button", { name: "Remove the message of Otto" }).click();
  await row.waitFor({ state: "detached" });
  await page.locator("#sent .sent", { hasText: "delete" }).first().waitFor();
  await page.getByLabel("Remove and ban on the platform too").uncheck();
  assert.ok(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight), "the page is longer than the screen");
  await shoot("replies");
});

test("logging in shows address, code and QR code to the owner, and who is logged in afterwards", async () => {
  const row = page.locator("#logins .source", { hasText: "youtube" }).first();
  await row.getByRole("button", { name: "Log in at youtube" }).click();
  const prompt = page.locator(".login-prompt");
  await prompt.locator(".login-code", { hasText: /^REHE\d+$/ }).waitFor();
  assert.equal(await prompt.getByRole("link").getAttribute("href"), "https://www.google.com/device");
  assert.ok(await prompt.getByRole("img", { name: "The address as a QR code" }).locator("path").getAttribute("d"));
  await shoot("login");
  await page.locator("#logins .source", { hasText: "@rehearsal" }).locator(".state.live", { hasText: "logged in" }).waitFor();
  assert.equal(await prompt.count(), 0);
  await page.getByRole("button", { name: "Log out of youtube" }).click();
  await confirm("Log out");
  await page.locator("#logins .source", { hasText: "nobody is logged in" }).first().waitFor();
});

test("after kill -9 of the relay the panel comes back by itself, with nothing twice", async () => {
  const rows = () => page.locator("#messages .message").allInnerTexts();
  const before = await rows();
  await stage.killRelay();
  await page.locator("#link-state.lost").waitFor();
  await stage.startRelay();
  await page.getByText("Connected as owner").waitFor();
  await page.locator("#messages .message").first().waitFor();
  assert.deepEqual(await rows(), before);
  problems.length = 0;  // the browser reports each refused connection as an error
});

test("a moderator sees no sources form, a viewer no buttons", async () => {
  for (const role of ["moderator", "viewer"]) {
    const { url } = await stage.api("invite", { role });
    const other = await (await stage.browser.newContext()).newPage();
    await other.goto(url);
    await other.getByRole("button", { name: "Sign in with this link" }).click();
    await other.getByText(`Connected as ${role}`).waitFor();
    await other.locator("#messages .message").first().waitFor();
    assert.equal(await other.locator("#source-form").isVisible(), false);
    await other.locator("#messages .message").first().hover();
    assert.equal((await other.locator("#messages .tools").count()) > 0, role === "moderator");
    await other.context().close();
  }
});

test("nothing is wrong for those who cannot see or use a mouse (axe)", async () => {
  assert.deepEqual(await faults(page), []);
});

test("on a phone there are tabs, and nothing is wider than the screen", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const name of ["Chat", "Questions", "Show", "Sources"]) {
    await openPlace(page, name.toLowerCase());
    await shoot(`phone-${name.toLowerCase()}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is wider than the screen`);
  }
});

test("the page raised no error", () => assert.deepEqual(problems, []));
