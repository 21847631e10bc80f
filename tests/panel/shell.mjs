// shell.mjs - the frame of the panel: languages and directions, sizes, keys, and the way back after the relay is gone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, openPlace, shoot, Stage } from "./stage.mjs";

const chat = (number, name, text) => ({
  at_ms: 100 + number, kind: "chat", platform: "twitch", source: "twitch:rehearsal", native_id: `twitch${number}`,
  author: { id: String(100000 + number), login: `viewer${number}`, name }, text,
});
const lines = Array.from({ length: 60 }, (_, index) => chat(index + 10, `viewer ${index}`, `line number ${index} of the evening`));
const transcript = [chat(1, "نیلوفر", "این آهنگ برای شما چه معنایی دارد؟"), chat(2, "阿明", "這首歌對你有什麼意義？"), ...lines];

let stage;
const problems = [];
before(async () => { stage = await new Stage().open(transcript); });
after(async () => stage.close());

test("every language has its direction, its digits and nothing for axe to find", async () => {
  for (const [locale, tag, direction, title] of [["en-GB", "en", "ltr", "Questions"], ["fa-IR", "fa", "rtl", "پرسش‌ها"], ["ar-EG", "ar", "rtl", "الأسئلة"],
    ["zh-TW", "zh-Hant", "ltr", "提問"], ["zh-CN", "zh-Hans", "ltr", "提问"], ["es-AR", "es", "ltr", "Preguntas"]]) {
    for (const colorScheme of ["en", "fa"].includes(tag) ? ["light", "dark"] : ["dark"]) {
      const page = await stage.signIn("owner", { locale, colorScheme, problems });
      await page.locator("#messages .message").first().waitFor();
      assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), [tag, direction]);
      await page.getByRole("heading", { name: title, exact: true }).waitFor();
      assert.deepEqual(await faults(page), [], `${tag}, ${colorScheme}`);
      await openPlace(page, "sources");
      assert.deepEqual(await faults(page), [], `${tag}, ${colorScheme}, sources`);
      await shoot(page, `shell-${tag}-${colorScheme}`);
      await page.context().close();
    }
  }
});

test("the page raised no error", () => assert.deepEqual(problems, []));
