// shell.mjs - the frame of the panel: sizes and directions, keys, dialogs, announcements, and the way back to the same place.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPlace, shoot, Stage, until } from "./stage.mjs";

const chat = (number, name, text) => ({
  at_ms: 20 + number, kind: "chat", platform: "twitch", source: "twitch:rehearsal", native_id: `twitch${number}`,
  author: { id: String(100000 + number), login: `viewer${number}`, name }, text,
});
const lines = Array.from({ length: 120 }, (_, index) => chat(index + 10, `viewer ${index}`, `line number ${index} of the evening`));
const transcript = [chat(1, "نیلوفر", "این آهنگ برای شما چه معنایی دارد؟"), chat(2, "阿明", "這首歌對你有什麼意義？"), ...lines];

let stage, page;
const problems = [];

before(async () => {
  stage = await new Stage().open(transcript);
  page = await stage.signIn("owner", { problems });
  await page.locator("#messages .message", { hasText: "line number 119" }).waitFor();
});
after(async () => stage.close());

const isFocused = (selector) => page.locator(selector).evaluate((node) => node === document.activeElement);
const heard = (level, text) => page.locator(`#announce-${level}`, { hasText: text }).waitFor({ state: "attached" });
const reload = async () => {
  await page.reload();
  await page.locator("html[data-link=open]").waitFor();
  await page.locator("#messages .message").first().waitFor();
};

test("columns by width, places at the bottom on a phone, and nothing wider than the screen", async () => {
  for (const [width, columns] of [[1700, 4], [1440, 3], [1024, 2], [768, 2], [360, 1]]) {
    await page.setViewportSize({ width, height: 740 });
    await page.locator(`html[data-columns="${columns}"]`).waitFor();
    assert.equal(await page.locator(".bottom-nav").isVisible(), columns === 1);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `wider than ${width}`);
  }
  const openers = page.locator(".bottom-nav .nav-entry");
  for (let index = 0; index < await openers.count(); index++) {
    const box = await openers.nth(index).boundingBox();
    assert.ok(box.height >= 44 && box.width >= 44, `${box.width}×${box.height}`);
    assert.ok(box.y > 740 / 2, "within the thumb's reach");
  }
});

test("on a phone everything that can be pressed is 44 pixels high at least", async () => {
  for (const place of ["chat", "questions", "show"]) {
    await page.locator(`.bottom-nav .nav-entry`).nth(["chat", "questions", "show"].indexOf(place)).click();
    const small = await page.locator(`#place-${place}, .bar`).locator("button:visible, input:visible:not([type=checkbox]), select:visible").evaluateAll((nodes) => nodes
      .map((node) => [node.textContent || node.id, node.getBoundingClientRect().height]).filter(([, height]) => height < 44));
    assert.deepEqual(small, [], place);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${place} is wider than the screen`);
    await shoot(page, `phone-360-${place}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
});

test("Persian is mirrored: the first column stands on the right, digits and dates are Persian", async () => {
  await page.evaluate(() => localStorage.setItem("antiphon.language", '"fa"'));
  await reload();
  const [first, second] = await Promise.all(["chat", "questions"].map((name) => page.locator(`#place-${name}`).boundingBox()));
  assert.ok(first.x > second.x);
  assert.match(await page.locator("#messages .when").first().innerText(), /^[۰-۹]{2}:[۰-۹]{2}:[۰-۹]{2}$/);
  const message = page.locator("#messages .text", { hasText: "line number 119" });
  assert.equal(await message.evaluate((node) => getComputedStyle(node).direction), "ltr");
  await page.locator("#menu").click();
  await page.getByRole("menuitem", { name: "تنظیمات" }).click();
  assert.match(await page.locator("#set-calendar-hint").innerText(), /[۰-۹]{4}/);
  await shoot(page, "settings-fa");
  await page.keyboard.press("Escape");
});

test("the language is changed in the menu, and typed text stays", async () => {
  await page.locator("#own-text").fill("نیمه‌کاره");
  await page.locator("#language").click();
  await Promise.all([page.waitForNavigation(), page.getByRole("menuitemradio", { name: "English" }).click()]);
  await page.getByText("Connected as owner").waitFor();
  await until("the text is back", async () => (await page.locator("#own-text").inputValue()) === "نیمه‌کاره");
  await page.locator("#own-text").fill("");
});

test("? shows every key; Escape closes, and the focus returns", async () => {
  await page.locator("#menu").focus();
  await page.keyboard.press("?");
  const dialog = page.locator("dialog[open]");
  await dialog.getByRole("heading", { name: "Keyboard" }).waitFor();
  assert.ok((await dialog.locator("kbd").count()) > 5);
  await shoot(page, "keys");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.ok(await isFocused("#menu"));
});

test("keys mean nothing while somebody types", async () => {
  await page.locator("#own-text").focus();
  await page.keyboard.type("2?n");
  assert.equal(await page.locator("#own-text").inputValue(), "2?n");
  assert.equal(await page.locator("dialog[open]").count(), 0);
  await page.locator("#own-text").fill("");
});

test("a Persian keyboard's letters work by their place", async () => {
  await page.locator("#menu").focus();
  await page.evaluate(() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "؟", code: "Slash", shiftKey: true, bubbles: true, cancelable: true })));
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
});

test("with the keyboard alone: a question is asked, aired, answered; panic and back", async () => {
  await page.keyboard.press("2");
  assert.ok(await isFocused("#place-questions"));
  const press = async (name) => {
    for (let steps = 0; steps < 40; steps++) {
      if (await page.evaluate((wanted) => (document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).trim() === wanted || document.activeElement.id === wanted, name)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`Tab does not come to ${name}`);
  };
  await press("own-text");
  await page.keyboard.type("By keys alone?");
  await page.keyboard.press("Enter");
  await page.locator("#questions .question.ready", { hasText: "By keys alone?" }).waitFor();
  await page.locator("#place-questions").focus();
  await page.keyboard.press("n");
  await page.locator("#tally.is-live", { hasText: "By keys alone?" }).waitFor();
  await page.keyboard.press("Shift+P");
  await page.locator("html.is-blank").waitFor();
  await page.keyboard.press("Shift+P");
  await page.locator("html:not(.is-blank)").waitFor();
  await stage.api("clear");
});

test("tabs move by arrows, menus by arrows and letters", async () => {
  await openPlace(page, "show");
  await page.locator("#tab-show").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator("#tab-show").getAttribute("aria-selected"), "false");
  await page.keyboard.press("Home");
  assert.equal(await page.locator("#tab-show").getAttribute("aria-selected"), "true");
  await page.locator("#menu").click();
  await page.keyboard.press("End");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Sign out");
  await page.keyboard.press("Escape");
  assert.ok(await isFocused("#menu"));
});

test("after kill -9 of the relay: it is said, reading and typing go on, and the place is the same", async () => {
  await openPlace(page, "show");
  await page.locator("#own-text").fill("half a sentence");
  const list = page.locator("#messages");
  await list.evaluate((node) => { node.scrollTop = node.scrollHeight / 2; });
  const topLine = () => list.evaluate((node) => {
    const top = node.getBoundingClientRect().top;
    return [...node.querySelectorAll(".message")].find((row) => row.getBoundingClientRect().bottom > top + 4)?.dataset.id;
  });
  // A virtual list draws what it shows one frame later.
  await page.evaluate(() => new Promise((drawn) => { requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(drawn))); }));
  const before = await topLine();
  await stage.killRelay();
  await page.locator("#banner").waitFor();
  await heard("assertive", "You can read and type");
  await shoot(page, "disconnected");
  // Commands wait, and nothing typed is lost.
  await page.locator("#own-question").getByRole("button", { name: "Add" }).click({ force: true });
  await page.locator(".notice.warn", { hasText: "Not connected" }).waitFor();
  assert.equal(await page.locator("#own-text").inputValue(), "half a sentence");
  await stage.startRelay();
  await page.locator("html[data-link=open]").waitFor();
  await page.locator("#banner").waitFor({ state: "hidden" });
  await heard("polite", "Connected again");
  await page.locator("#messages .message").first().waitFor();
  await until("the same line stands on top", async () => (await topLine()) === before);
  assert.equal(await page.locator("#own-text").inputValue(), "half a sentence");
  assert.equal(await page.locator("#tab-show").getAttribute("aria-selected"), "true");
  await page.locator("#own-text").fill("");
  problems.length = 0;  // the browser reports each refused connection as an error
});

test("a phone that wakes up reconnects at once", async () => {
  await stage.killRelay();
  await page.locator("#banner").waitFor();
  await stage.startRelay();
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await page.locator("html[data-link=open]").waitFor({ timeout: 2000 });
  problems.length = 0;
});

test("a reload comes back to the same text", async () => {
  await page.locator("#own-text").fill("to be kept");
  await reload();
  await until("the text is back", async () => (await page.locator("#own-text").inputValue()) === "to be kept");
  await page.locator("#own-text").fill("");
});

test("a session that ended asks for a new link over the desk, and typed text stays", async () => {
  await page.locator("#own-text").fill("not lost");
  await page.evaluate(() => fetch("api/v1/session", { method: "DELETE" }));
  const dialog = page.locator("dialog[open]");
  await dialog.getByRole("heading", { name: "Your session has ended" }).waitFor();
  await shoot(page, "session-ended");
  const { url } = await stage.api("invite", { role: "moderator" });
  await dialog.getByLabel("Or paste the link here").fill(url);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Connected as moderator").waitFor();
  assert.equal(await dialog.count(), 0);
  assert.equal(await page.locator("#own-text").inputValue(), "not lost");
  problems.length = 0;
});

test("the page raised no error", () => assert.deepEqual(problems, []));
