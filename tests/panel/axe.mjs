// axe.mjs - nothing is wrong for those who cannot see or use a mouse: six languages, dark and light, a desk and a phone, dialogs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, openPlace, shoot, Stage } from "./stage.mjs";

const chat = (number, name, text) => ({
  at_ms: 20 + number, kind: "chat", platform: "twitch", source: "twitch:rehearsal", native_id: `twitch${number}`,
  author: { id: String(100000 + number), login: `viewer${number}`, name, roles: number === 2 ? ["moderator"] : [] }, text,
});
const transcript = [chat(1, "نیلوفر", "این آهنگ برای شما چه معنایی دارد؟"), chat(2, "阿明", "這首歌對你有什麼意義？"), chat(3, "Otto", "hello from Berlin"), chat(4, "mallory", "<b>?</b>")];
const titles = { en: "Questions", fa: "پرسش‌ها", ar: "الأسئلة", "zh-Hant": "提問", "zh-Hans": "提问", es: "Preguntas" };

let stage, page;
const problems = [];

before(async () => {
  stage = await new Stage().open(transcript);
  page = await stage.signIn("owner", { problems });
  await page.locator("#questions .question").first().waitFor();
  const { id } = await stage.api("question.add", { text: "What shall we play next?" });
  await stage.api("question.air", { id });
  const poll = await stage.api("poll.open", { question: "بازی بعدی؟", options: ["شطرنج", "圍棋"] });
  await stage.api("poll.air", { id: poll.id });
});
after(async () => stage.close());

// As the menu does it, and then with the light of the system.
async function show(language, colorScheme) {
  await page.emulateMedia({ colorScheme });
  await page.evaluate((tag) => localStorage.setItem("antiphon.language", JSON.stringify(tag)), language);
  await page.reload();
  await page.locator("html[data-link=open]").waitFor();
  await page.locator("#questions .question").first().waitFor({ state: "attached" });
}

for (const [language, title] of Object.entries(titles)) {
  test(`${language}: its direction, its words, dark and light`, async () => {
    for (const colorScheme of ["dark", "light"]) {
      await show(language, colorScheme);
      assert.equal(await page.evaluate(() => document.documentElement.lang), language);
      assert.equal(await page.evaluate(() => getComputedStyle(document.body).direction), ["fa", "ar"].includes(language) ? "rtl" : "ltr");
      await page.getByRole("heading", { name: title, exact: true, level: 2 }).first().waitFor();
      assert.deepEqual(await faults(page), [], colorScheme);
      await shoot(page, `axe-${language}-${colorScheme}`);
    }
  });
}

test("sources, dialogs and menus, in English and Persian", async () => {
  for (const language of ["en", "fa"]) {
    await show(language, "dark");
    await openPlace(page, "sources");
    assert.deepEqual(await faults(page), [], `${language}: sources`);
    await page.keyboard.press("?");
    await page.locator("dialog[open]").waitFor();
    assert.deepEqual(await faults(page), [], `${language}: keys`);
    await page.keyboard.press("Escape");
    await page.locator("#menu").click();
    assert.deepEqual(await faults(page), [], `${language}: menu`);
    await page.keyboard.press("Escape");
  }
});

test("on a phone", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await show("fa", "light");
  for (const entry of await page.locator(".bottom-nav .nav-entry").all()) {
    await entry.click();
    assert.deepEqual(await faults(page), []);
    if (await page.locator(".menu").count()) await page.keyboard.press("Escape");
  }
});

test("while there is no connection", async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await show("en", "light");
  await stage.killRelay();
  await page.locator("#banner").waitFor();
  assert.deepEqual(await faults(page), []);
  await shoot(page, "lost");
  problems.length = 0;
});

test("the page raised no error", () => assert.deepEqual(problems.filter((text) => !text.includes("CONNECTION_REFUSED")), []));
