// caught.mjs - before air: what was caught and why, let through, dropped, deleted and muted there; the rules.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { faults, openPlace, shoot, Stage, until } from "./stage.mjs";

const config = { languages: ["en", "fa"], views: [{ name: "main", cards: ["question", "chat", "alerts"] }], gate: { hold_ms: 300 } };
let stage, owner, last = 0;
const problems = [];
const say = (text, name = "Niloufar") => stage.say({ at_ms: 0, kind: "chat", platform: "twitch", source: "twitch:rehearsal", native_id: `c${++last}`, author: { id: "71", login: "niloufar", name }, text });
const item = (page, text) => page.locator("#caught .caught-item", { hasText: text });
const lines = (page) => page.locator(".shown-lines li");

before(async () => {
  stage = await new Stage().open([{ at_ms: 100, kind: "chat", platform: "twitch", source: "twitch:rehearsal", native_id: "t1", author: { id: "1", login: "v", name: "viewer" }, text: "hello" }], { config });
  owner = await stage.signIn("owner", { problems });
  await openPlace(owner, "caught");
});
after(async () => stage.close());

test("what is clean comes on air, what is listed waits with its reason", async () => {
  await lines(owner).filter({ hasText: "hello" }).waitFor();
  await say("oh $h1t, what a s h o w");
  await item(owner, "what a s h o w").waitFor();
  assert.equal(await item(owner, "s h o w").locator("mark").textContent(), "$h1t");
  assert.match(await item(owner, "s h o w").locator(".chip").textContent(), /English.*shit\*/);
  await say("سلام، ک‌ی‌ر"); // zero-width between the letters
  await say("look at evil dot com");
  await item(owner, "evil dot com").locator(".chip", { hasText: "evil.com" }).waitFor();
  await owner.locator("#tab-caught .badge, .nav-entry .badge", { hasText: "3" }).first().waitFor();
  await shoot(owner, "caught");
  await say("all is well");
  await lines(owner).filter({ hasText: "all is well" }).waitFor();
  assert.equal(await lines(owner).filter({ hasText: "h1t" }).count(), 0);
});

test("let through by one, gone for both; dropped stays off", async () => {
  const other = await stage.signIn("moderator", { problems });
  await openPlace(other, "caught");
  await item(other, "evil dot com").waitFor();
  await item(owner, "evil dot com").getByRole("button", { name: /through/ }).click();
  await lines(owner).filter({ hasText: "evil dot com" }).waitFor();
  await until("gone at the other's", async () => (await item(other, "evil dot com").count()) === 0);
  await item(other, "سلام").getByRole("button", { name: /Never show/ }).click();
  await until("gone at the owner's", async () => (await item(owner, "سلام").count()) === 0);
  assert.equal(await lines(owner).filter({ hasText: "سلام" }).count(), 0);
  assert.equal(await other.locator("#caught-rules:visible").count(), 0);
  await other.context().close();
});

test("muted and deleted on the platform, with the result", async () => {
  await stage.api("login.start", { platform: "twitch" });
  const row = item(owner, "s h o w");
  await row.getByRole("button", { name: /Mute/ }).click();
  await owner.locator(".notices", { hasText: /Mute Niloufar.*accepted/s }).first().waitFor();
  await until("Twitch takes back what a muted one wrote", async () => (await row.count()) === 0);
  await say("shit again");
  await item(owner, "shit again").getByRole("button", { name: /Delete/ }).click();
  await until("gone", async () => (await item(owner, "shit again").count()) === 0);
  await owner.locator(".notices", { hasText: /Delete the message.*accepted/s }).first().waitFor();
});

test("a question with a listed word says so before it is brought on air", async () => {
  await say("What kind of sh1t is this?");
  await openPlace(owner, "questions");
  await owner.locator("#questions .question", { hasText: "What kind" }).locator(".chip.warned", { hasText: "shit*" }).waitFor();
  await shoot(owner, "caught-question");
  await openPlace(owner, "caught");
});

test("deleted means gone from the list", async () => {
  await say("one more shit");
  await item(owner, "one more shit").waitFor();
  await stage.say({ at_ms: 0, kind: "delete", platform: "twitch", source: "twitch:rehearsal", target: { native_id: `c${last}` } });
  await until("gone", async () => (await item(owner, "one more shit").count()) === 0);
});

test("the rules are the owner's, and stand in the configuration", async () => {
  await owner.locator("#caught-rules").click();
  await owner.locator("#caught-hold").fill("2.5");
  await owner.locator("#caught-links").selectOption("allow");
  await owner.locator("#caught-ignore").fill("nonsense");
  await owner.locator("#caught-form [type=submit]").click();
  await owner.locator("#caught-form .error-text", { hasText: "PLATFORM:LOGIN" }).waitFor();
  await owner.locator("#caught-ignore").fill("twitch:mybot");
  await owner.locator("#caught-try").fill("you a55hole");
  await owner.locator(".word-said mark", { hasText: "a55hole" }).waitFor();
  await shoot(owner, "caught-rules");
  await owner.locator("#caught-read").click();
  await owner.locator(".word-said", { hasText: "entries" }).waitFor();
  assert.deepEqual(await faults(owner), []);
  await owner.locator("#caught-form [type=submit]").click();
  await until("written", () => {
    const { gate } = JSON.parse(readFileSync(join(stage.runtime, "antiphon.json"), "utf8"));
    return gate.hold_ms === 2500 && gate.links === "allow" && gate.ignore[0] === "twitch:mybot";
  });
});

test("on a phone, in Persian, from right to left", async () => {
  await say("what a sh!t show");
  const phone = await stage.signIn("moderator", { problems, locale: "fa-IR", viewport: { width: 360, height: 740 }, hasTouch: true, colorScheme: "light" });
  await phone.locator(".nav-entry", { hasText: "نگه‌داشته" }).click();
  await item(phone, "sh!t show").waitFor();
  await shoot(phone, "caught-fa");
  for (const button of await phone.locator("#caught button").all()) {
    const box = await button.boundingBox();
    assert.ok(box.width >= 44 && box.height >= 44, `a target of ${box.width} x ${box.height}`);
  }
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  assert.deepEqual(await faults(phone), []);
});

test("no problem on any page", () => assert.deepEqual(problems, []));
