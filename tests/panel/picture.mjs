// picture.mjs FOLDER - the README's pictures of the panel: two minutes of the demo's chat in one, a question in each of three scripts.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { openPlace, Stage, until } from "./stage.mjs";

const folder = process.argv[2];
const transcript = readFileSync(resolve(import.meta.dirname, "../../assets/demo/transcript.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
const stage = await new Stage().open(transcript.map((line) => ({ ...line, at_ms: Math.round(line.at_ms / 2) })), { config: { languages: ["fa", "en", "zh-Hant"] } });

// The first candidate whose text has such a letter.
async function find(page, script) {
  const card = page.locator(".question", { has: page.locator(".text", { hasText: script }) }).first();
  await card.waitFor({ timeout: 60000 });
  return Number(await card.getAttribute("data-id"));
}

try {
  stage.startOverlay();
  const owner = await stage.signIn("owner", { name: "niloufar", locale: "en-GB", colorScheme: "dark" });
  const moderator = await stage.signIn("moderator", { name: "Mina", locale: "fa-IR", colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const host = await stage.signIn("viewer", { name: "host", path: "host.html", locale: "en-GB", viewport: { width: 1280, height: 720 } });
  const { id: poll } = await stage.api("poll.open", { question: "What shall I play next?", question2: "بعدی چه بزنم؟", language: "en", language2: "fa", options: ["مرغ سحر", "نسّم علينا الهوى", "茉莉花"] });
  await stage.api("poll.air", { id: poll });
  const persian = await find(owner, /[\u06a9\u06af\u067e\u0686\u06cc]/), latin = await find(owner, /[a-z]{4}/), chinese = await find(owner, /[\u4e00-\u9fff]{3}/);
  for (const id of [persian, latin, chinese]) await stage.api("question.pick", { id });
  await stage.api("question.air", { id: persian });
  await stage.api("question.note", { id: latin, text: "Ask shorter" });
  await until("the overlay's picture", () => owner.locator("canvas.preview").first().evaluate((canvas) => canvas.width > 16));
  await until("votes", async () => (await stage.api("poll.recount", { id: poll })).total >= 14);
  await owner.screenshot({ path: join(folder, "desk.png") });
  await openPlace(moderator, "questions");
  await moderator.screenshot({ path: join(folder, "desk-phone.png") });
  await host.screenshot({ path: join(folder, "host.png") });
} finally {
  await stage.close();
}
