// crew.mjs - the crew: who is here, duty and notes, invitations and their end, panic and back, and the log of it all.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, openPlace, shoot, Stage, until } from "./stage.mjs";

const hostile = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", `a${"\u0301".repeat(10)}`];
const ask = (number, author, text) => ({ at_ms: 100 + number, kind: "chat", platform: "twitch", source: "twitch:rehearsal", native_id: `q${number}`, author: { id: author, login: author, name: author }, text });
const transcript = [ask(1, "reza", "این آهنگ برای شما چه معنایی دارد؟"), ...["tom", "kim", "ann"].map((name, index) => ask(2 + index, name, "What is the name of this instrument?")), { at_ms: 110, kind: "chat", platform: "twitch", source: "twitch:rehearsal", native_id: "t1", author: { id: "1", login: "v", name: "viewer" }, text: "What does this song mean to you?" }];

let stage, owner;
const problems = [];
before(async () => {
  stage = await new Stage().open(transcript);
  owner = await stage.signIn("owner", { problems, permissions: ["clipboard-read", "clipboard-write"] });
  owner.on("dialog", (dialog) => problems.push(`a dialog of the browser: ${dialog.message()}`));
  await openPlace(owner, "crew");
});
after(async () => stage.close());

// By the panel itself: the dialog, the link, another browser that opens it.
async function invite(name, role, life) {
  await owner.locator("#invite").click();
  await owner.locator("#invite-name").fill(name);
  await owner.locator("#invite-role").selectOption(role);
  await owner.locator("#invite-life").selectOption(life);
  await owner.locator("#invite-make").click();
  const url = await owner.locator("#invite-url").inputValue();
  await shoot(owner, `crew-link-${role}`);
  assert.match(url, /#link=[\w-]{43}$/);
  await owner.keyboard.press("Escape");
  return url;
}

async function enter(url, options = {}) {
  const context = await stage.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(url);
  await page.locator("#sign-in-button").click();
  await page.locator("html[data-link=open]").waitFor();
  return page;
}

const person = (page, name) => page.locator(`#crew-people .person[data-name="${CSS_escape(name)}"]`);
const CSS_escape = (text) => text.replaceAll('"', '\\"');

test("an invitation lets one in, and its end throws him out within a second", async () => {
  const url = await invite("نیلوفر", "moderator", "show");
  const guest = await enter(url, { locale: "fa-IR", timezoneId: "Asia/Tehran" });
  await openPlace(guest, "crew");
  await person(owner, "نیلوفر").locator(".chip").first().waitFor();
  assert.equal(await person(owner, "نیلوفر").getAttribute("class").then((text) => text.includes("is-here")), true);
  // The same link again is told why not.
  const again = await (await stage.browser.newContext()).newPage();
  await again.goto(url);
  await again.locator("#sign-in-button").click();
  await again.locator(".error-text", { hasText: /used|too old/ }).waitFor();
  await again.context().close();
  await shoot(guest, "crew-fa");
  const row = owner.locator("#invitations .invitation", { hasText: "نیلوفر" });
  await row.getByRole("button").click();
  const since = Date.now();
  await owner.locator("dialog .danger-fill").click();
  await guest.locator("html:not([data-link=open])").waitFor();
  const took = Date.now() - since;
  await guest.getByRole("dialog").waitFor();
  console.log(`revoked and out of the page after ${took} ms`);
  assert.ok(took < 1000, `${took} ms`);
  await row.waitFor({ state: "detached" });
  await guest.context().close();
});

test("duty, languages and notes are the same for all, and survive kill -9", async () => {
  const mina = await enter(await invite("mina", "moderator", "forever"), { locale: "en-GB", timezoneId: "Asia/Tehran" });
  await openPlace(mina, "crew");
  await mina.locator("#crew-duty").check();
  await person(owner, "mina").locator(".chip.good").waitFor();
  assert.match(await person(owner, "mina").locator(".local-time").textContent(), /^\d\d:\d\d$/);
  await mina.locator("#crew-languages").click();
  await mina.locator("#reads-fa").check();
  await mina.locator("#reads-zh-Hant").check();
  await shoot(mina, "crew-languages");
  await mina.getByRole("button", { name: "Save" }).click();
  await person(owner, "mina").getByText("Persian and Traditional Chinese").waitFor();
  assert.deepEqual(await faults(mina), []);
  // What she reads is offered to her first, though more people asked the other one.
  const found = (page) => page.locator("#questions .question.new .text").allTextContents();
  await until("the Persian one stands first", async () => (await found(mina))[0]?.includes("آهنگ"));
  assert.match((await found(owner))[0], /instrument/);
  await stage.api("crew.note", { text: "Reza wants short questions <b>now</b>" });
  await owner.locator("#crew-note-add").click();
  await owner.locator("dialog textarea").fill("یادداشت برای شیفت بعد");
  await owner.locator("dialog .primary").click();
  await mina.locator("#crew-notes .crew-note").nth(1).waitFor();
  assert.equal(await mina.locator("#crew-notes b").count(), 0);
  await stage.killRelay();
  await stage.startRelay();
  await owner.locator("html[data-link=open]").waitFor();
  await mina.locator("html[data-link=open]").waitFor();
  await person(owner, "mina").locator(".chip.good").waitFor();
  assert.equal(await owner.locator("#crew-notes .crew-note").count(), 2);
  // Who comes on duty reads the notes first.
  await mina.locator("#crew-duty").uncheck();
  await person(owner, "mina").locator(".chip.good").waitFor({ state: "detached" });
  await mina.locator("#crew-duty").check();
  await mina.locator("dialog .crew-note").first().waitFor();
  await mina.keyboard.press("Escape");
  await mina.context().close();
});

test("a viewer sees who is here and can press nothing", async () => {
  const viewer = await enter(await invite("guest", "viewer", "show"));
  await openPlace(viewer, "crew");
  await person(viewer, "guest").waitFor();
  assert.equal(await viewer.locator("#place-crew button:visible, #place-crew input:visible").count(), 0);
  assert.equal(await viewer.locator("#panic").isDisabled(), true);
  await stage.api("panic");
  await viewer.locator("#panic-banner").waitFor();
  assert.equal(await viewer.locator("#panic-banner button:visible").count(), 0);
  await stage.api("panic", { on: false });
  await viewer.locator("#panic-banner").waitFor({ state: "hidden" });
  await viewer.context().close();
});

test("panic by the keyboard: empty and locked, and back, or back and empty", async () => {
  await stage.api("question.add", { text: "Why a santur?" });
  await stage.api("next");
  await owner.locator("#tally.is-live").waitFor();
  await owner.locator("#place-crew").focus();
  await owner.keyboard.press("Shift+P");
  await owner.locator("#panic-banner", { hasText: "Pressed by" }).waitFor();
  await shoot(owner, "crew-panic");
  assert.deepEqual(await faults(owner), []);
  await assert.rejects(stage.api("question.air", { id: 1 }), /locked/);
  await owner.locator("#panic-back").click();
  await owner.locator("#tally.is-live").waitFor();
  await owner.keyboard.press("Shift+P");
  await owner.locator("#panic-empty").click();
  await owner.locator("#panic-banner").waitFor({ state: "hidden" });
  await owner.locator("#tally:not(.is-live)").waitFor();
});

test("the log shows it, by person, deed and words", async () => {
  const rows = owner.locator("#audit-list .audit-row");
  await owner.locator("#audit-open").click();
  await rows.first().waitFor();
  await owner.locator("#audit-action").selectOption("panic");
  await until("only panic", async () => (await rows.count()) === 6);
  await owner.locator("#audit-action").selectOption("invite");
  await until("invitations", async () => (await rows.count()) >= 4);
  assert.match(await rows.last().textContent(), /invited/);
  await owner.locator("#audit-action").selectOption("");
  await owner.locator("#audit-actor").fill("mina");
  await until("mina's alone", async () => (await rows.locator(".who").allTextContents()).every((name) => name === "mina") && (await rows.count()) > 0);
  await owner.locator("#audit-text").fill("Tehran");
  await until("of Tehran", async () => (await rows.count()) > 0 && (await rows.locator(".detail").allTextContents()).every((text) => text.includes("Tehran")));
  await owner.locator("#audit-text").fill("nothing has these words");
  await owner.locator("#audit-list .empty").waitFor();
  await owner.locator("#audit-text").fill("");
  await owner.locator("#audit-actor").fill("");
  await rows.nth(5).waitFor();
  assert.deepEqual(await faults(owner), []);
  await shoot(owner, "crew-audit");
  await owner.keyboard.press("Escape");
});

test("hostile names are harmless words, on the desk and in the log", async () => {
  for (const name of hostile) {
    const guest = await enter((await stage.api("invite", { role: "moderator", name })).url);
    await openPlace(guest, "crew");
    await guest.locator("#crew-duty").check();
    await person(owner, name).locator(".chip.good").waitFor();
    assert.equal(await person(owner, name).locator(".who").textContent(), name);
    await guest.context().close();
  }
  await assert.rejects(stage.api("invite", { role: "viewer", name: `a${"\u0301".repeat(10000)}` }), /at most 63 bytes/);
  await assert.rejects(stage.api("invite", { role: "viewer", name: "turn\u202ethis" }), /control characters/);
  // What has no check of ours: a program of this machine names itself.
  await owner.locator("#audit-open").click();
  await owner.locator("#audit-actor").fill(hostile[1]);
  await owner.locator("#audit-list .audit-row").first().waitFor();
  assert.equal(await owner.locator("#audit-list img, #audit-list script, #crew-people img, #crew-people script").count(), 0);
  await owner.keyboard.press("Escape");
});

test("a phone, right to left, light and dark", async () => {
  for (const [locale, colorScheme] of [["fa-IR", "light"], ["en-GB", "dark"]]) {
    const phone = await enter((await stage.api("invite", { role: "owner", name: `phone ${locale}` })).url,
      { locale, colorScheme, viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    await phone.locator(".bottom-nav .nav-entry").last().click();
    if (await phone.locator(".menu").count()) await phone.locator(".menu [role=menuitem]").last().click();
    await phone.locator("#crew-people .person").first().waitFor();
    assert.deepEqual(await faults(phone), [], locale);
    assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    await shoot(phone, `crew-phone-${locale}`);
    await phone.locator("#audit-open").click();
    await phone.locator("#audit-list .audit-row").first().waitFor();
    assert.deepEqual(await faults(phone), [], `${locale}, log`);
    await shoot(phone, `crew-phone-audit-${locale}`);
    await phone.context().close();
  }
});

test("the page raised no error", () => assert.deepEqual(problems.filter((text) => !/WebSocket connection|401|403|400|net::ERR/.test(text)), []));
