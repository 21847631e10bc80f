// chat.mjs - reading the chat: the place that is kept, filters, search, hostile names, keyboard and thumb, and a phone that slept.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, shoot, Stage, until } from "./stage.mjs";

const rooms = { twitch: "twitch:rehearsal", youtube: "youtube:rehearsal01" };
let number = 0, stage, page;
const problems = [];

// A chat message as a platform would send it, now.
const message = (platform, name, text, more = {}) => ({
  kind: "chat", platform, native_id: `${platform}${++number}`, ...(rooms[platform] ? { source: rooms[platform] } : {}),
  author: { id: `${platform === "twitch" ? "" : "UC"}${500000 + number}`, login: `viewer${number}`, name, ...more.author }, text, ...more.fields,
});
const say = (...args) => stage.say(message(...args));
const rows = (where = page) => where.locator("#messages .message");
const list = () => page.locator("#messages");
const shown = (text, where = page) => where.locator("#messages .message", { hasText: text }).first();
const isAtEnd = () => list().evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight < 3);

before(async () => {
  stage = await new Stage().open([
    { at_ms: 100, ...message("twitch", "نیلوفر", "سلام به همه از تهران، چطورید") },
    { at_ms: 120, ...message("youtube", "@阿明", "今天的圍棋比賽什麼時候開始") },
    { at_ms: 140, ...message("twitch", "أحمد", "هذا كتاب علي الجديد") },
    { at_ms: 160, ...message("twitch", "สมชาย", "สวัสดีครับทุกคน") },
    ...Array.from({ length: 120 }, (_, index) => ({ at_ms: 200 + index, ...message("twitch", `Viewer ${index}`, `line ${index} of the evening`) })),
    { at_ms: 390, ...message("discord", "olga", "good evening from the server") },
    { at_ms: 400, ...message("twitch", "Otto", "the last line of the start") },
  ]);
  page = await stage.signIn("owner", { problems });
  await shown("the last line of the start").waitFor();
});
after(() => stage.close());

test("the newest is shown, and only what is near the screen exists", async () => {
  await until("at the end", isAtEnd);
  assert.ok((await rows().count()) < 60, `${await rows().count()} rows`);
  await shoot(page, "chat-list");
});

test("scrolled up, the place is kept; what came is counted; one press goes to the newest", async () => {
  await list().evaluate((node) => { node.scrollTop -= 700; });
  const there = () => rows().evaluateAll((all) => {
    const edge = document.querySelector("#messages").getBoundingClientRect().top;
    const row = all.find((one) => one.getBoundingClientRect().bottom > edge + 1);
    return { id: row.dataset.id, top: Math.round(row.getBoundingClientRect().top) };
  });
  const before = await until("a place", async () => ((await isAtEnd()) ? null : there()));
  for (let i = 0; i < 7; i++) await say("twitch", "Newcomer", `while you read ${i}`);
  await page.locator("#newer", { hasText: "7 new" }).waitFor();
  assert.deepEqual(await there(), before);
  await shoot(page, "chat-held");
  await page.locator("#newer").click();
  await shown("while you read 6").waitFor();
  await until("at the end", isAtEnd);
  await page.locator("#newer").waitFor({ state: "hidden" });
});

test("what is deleted above vanishes without a jump", async () => {
  await list().evaluate((node) => { node.scrollTop -= 500; });
  await page.locator("#newer").waitFor();
  const target = await rows().nth(14);
  const text = await target.locator(".text").innerText(), top = await target.evaluate((node) => node.getBoundingClientRect().top);
  const above = await rows().nth(3).getAttribute("data-id");
  await stage.api("message.remove", { message: Number(above) });
  await page.locator(`#messages [data-id="${above}"]`).waitFor({ state: "detached" });
  const after_ = await shown(text).evaluate((node) => node.getBoundingClientRect().top);
  assert.ok(Math.abs(after_ - top) < 1.5, `moved by ${after_ - top} px`);
  await page.locator("#newer").click();
});

test("space pauses and goes on, the pointer holds while it aims", async () => {
  await page.locator("#chat-title, #place-chat-title").first().evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("Space");
  assert.equal(await page.locator("#chat-pause").getAttribute("aria-pressed"), "true");
  await say("twitch", "Newcomer", "said in the pause");
  await page.locator("#newer", { hasText: "1 new" }).waitFor();
  await page.keyboard.press("Space");
  await shown("said in the pause").waitFor();
  const box = await list().boundingBox();
  await page.mouse.move(box.x + 50, box.y + 80);
  await say("twitch", "Newcomer", "said under the pointer");
  await page.locator("#newer", { hasText: "1 new" }).waitFor();
  await page.mouse.move(5, 5);
  await shown("said under the pointer").waitFor();
});

test("money, membership, quotes and roles are to be seen", async () => {
  await stage.say(message("youtube", "@patron", "for the next song", { fields: { kind: "gift", money: { micros: 5000000, currency: "EUR" } } }));
  const row = shown("for the next song");
  await row.waitFor();
  assert.match(await row.locator(".money").innerText(), /5/);
  await stage.say(message("twitch", "Mod", "please be kind", { author: { roles: ["moderator"] } }));
  await shown("please be kind").locator(".role", { hasText: "moderator" }).waitFor();
  await shoot(page, "chat-money");
});

test("hostile names are harmless text in rows like any other", async () => {
  const names = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "abc\u202egnp.exe\u2066x", `Z${"\u0301\u0489\u0316".repeat(3334)}`];
  let dialogs = 0;
  page.on("dialog", (dialog) => { dialogs++; dialog.dismiss(); });
  for (const [index, name] of names.entries()) await stage.say(message("discord", name, `hostile ${index} ${name.slice(0, 40)}`));
  await shown("hostile 3").waitFor();
  for (let index = 0; index < names.length; index++) {
    const height = (await shown(`hostile ${index}`).boundingBox()).height;
    assert.ok(height < 180, `row ${index} is ${height} px high`);
  }
  assert.equal(dialogs, 0);
  assert.equal(await page.locator("#messages script, #messages img").count(), 0);
  assert.equal(await shown("hostile 0").locator(".who").innerText(), names[0]);
  assert.doesNotMatch(await list().innerText(), /[\u202a-\u202e\u2066-\u2069]/);
  await shoot(page, "chat-hostile");
});

test("a filter shows a part, is kept by the browser, and comes off", async () => {
  await page.locator("#place-chat").getByRole("button", { name: "Filter the chat" }).click();
  await page.locator("#chat-filter").getByRole("button", { name: /Persian/ }).click();
  await until("only Persian", async () => (await rows().count()) > 0 && (await rows().allInnerTexts()).every((text) => /سلام/.test(text)));
  await shoot(page, "chat-filter");
  await say("twitch", "Otto", "not to be seen");
  await say("twitch", "بهار", "من هم اینجا هستم، سلام");
  await shown("من هم اینجا").waitFor();
  assert.equal(await shown("not to be seen").count(), 0);
  await page.reload();
  await page.locator("html[data-link=open]").waitFor();
  await shown("من هم اینجا").waitFor();
  assert.ok((await rows().allInnerTexts()).every((text) => /سلام/.test(text)), "after a reload");
  await page.locator(".filter-chips").getByRole("button", { name: /Without/ }).click();
  await shown("not to be seen").waitFor();
  await until("at the end", isAtEnd);
});

test("text, role and money filters ask the relay", async () => {
  const filter = page.locator("#place-chat").getByRole("button", { name: /^Filter the chat/ });
  await filter.click();
  await page.locator("#filter-text").fill("PLEASE kind");
  await until("one row", async () => (await rows().count()) === 1);
  await page.locator("#filter-text").fill("");
  await until("many rows", async () => (await rows().count()) > 5);
  await page.locator("#filter-money").check();
  await until("money only", async () => (await rows().count()) === 1 && /for the next song/.test(await rows().first().innerText()));
  await page.locator("#filter-money").uncheck();
  await page.locator("#chat-filter").press("Escape");
});

test("search finds other forms of letters, marks them, and leads to the place", async () => {
  await page.locator("#chat-search-open").click();
  const field = page.locator("#search-text"), hits = page.locator("#search-hits .hit");
  for (const [query, mark] of [["کتاب علی", "كتاب"], ["围棋", "圍棋"], ["สวัสดี", "สวัสดี"], ["سلام", "سلام"]]) {
    await until(`a hit for ${query}`, async () => {
      await field.fill("");
      await field.fill(query);
      await field.press("Enter");
      return hits.locator("mark", { hasText: mark }).first().waitFor({ timeout: 1500 }).then(() => true, () => false);
    });
  }
  await shoot(page, "chat-search");
  assert.deepEqual(await faults(page), []);
  await field.fill("line 3 evening");
  await field.press("Enter");
  await hits.filter({ hasText: "line 3 of the evening" }).first().waitFor();
  await hits.filter({ hasText: "line 3 of the evening" }).locator("button").first().click();
  await shown("line 3 of the evening").waitFor();
  assert.ok(await shown("line 3 of the evening").evaluate((node) => node === document.activeElement));
  await shoot(page, "chat-context");
  await page.keyboard.press("Escape");
  await until("at the end", isAtEnd);
});

test("a hit that is deleted leaves the results at once", async () => {
  await page.locator("#chat-search-open").click();
  await page.locator("#search-text").fill("please be kind");
  const hit = page.locator("#search-hits .hit", { hasText: "please be kind" });
  await hit.waitFor();
  await stage.api("message.remove", { message: Number(await hit.getAttribute("data-id")) });
  await hit.waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await page.locator("#chat-search").waitFor({ state: "hidden" });
});

test("the keyboard alone: to a row, up, what can be done, pick, copy, back", async () => {
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("j");
  const focused = () => page.evaluate(() => document.activeElement?.dataset?.id ?? null);
  const newest = await until("a row", focused);
  await page.keyboard.press("ArrowUp");
  const second = await until("another row", async () => ((await focused()) !== newest ? focused() : null));
  assert.ok(Number(second) < Number(newest));
  for (let i = 0; i < 40; i++) await page.keyboard.press("ArrowUp");
  assert.ok(await focused(), "the focus went with the rows");
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Show in context" }).waitFor();
  await shoot(page, "chat-menu");
  await page.keyboard.press("Escape");
  await page.locator(".menu").waitFor({ state: "detached" });
  const row = page.locator(`#messages [data-id="${second}"]`);
  await page.keyboard.press("End");
  await say("twitch", "Asker", "what is your favourite opening");
  await page.evaluate(() => document.activeElement?.blur());
  await shown("favourite opening").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("p");
  await page.locator("#questions", { hasText: "favourite opening" }).waitFor();
  assert.ok(row);
  await page.keyboard.press("Escape");
});

test("axe finds nothing wrong with filter and list", async () => {
  await page.locator("#place-chat").getByRole("button", { name: /^Filter the chat/ }).click();
  assert.deepEqual(await faults(page), []);
  await page.locator("#chat-filter").press("Escape");
});

test("sources show rates and health in pictures with words", async () => {
  await page.locator("#tab-sources").click();
  const card = page.locator("#sources .source", { hasText: "twitch" });
  await card.getByRole("img", { name: /Messages a second/ }).waitFor();
  await until("a second's number", async () => /\d/.test(await card.locator(".plot-number").innerText()));
  await card.locator("svg.strip").waitFor({ timeout: 15000 });
  await shoot(page, "chat-sources");
});

test("a phone: a tap opens what can be done; after sleep the same place, without what was deleted", async () => {
  const phone = await stage.signIn("moderator", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, problems });
  await rows(phone).first().waitFor();
  await shoot(phone, "chat-phone");
  await rows(phone).last().locator(".text").tap();
  await phone.locator("dialog.sheet").getByRole("button", { name: "Show in context" }).waitFor();
  await shoot(phone, "chat-sheet");
  await phone.locator("dialog").getByRole("button", { name: "Close" }).click();
  await phone.locator("#messages").evaluate((node) => { node.scrollTop -= 2200; });
  await phone.locator("#newer").waitFor();
  const read = rows(phone).nth(9), text = await read.locator(".text").innerText(), top = (await read.boundingBox()).y;
  const doomed = await rows(phone).nth(7).getAttribute("data-id");
  await phone.evaluate(() => { Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true }); document.dispatchEvent(new Event("visibilitychange")); });
  await stage.killRelay();
  await phone.locator("html[data-link=lost]").waitFor();
  await stage.startRelay();
  await stage.api("message.remove", { message: Number(doomed) });
  for (let i = 0; i < 5; i++) await say("twitch", "Night", `while it slept ${i}`).catch(() => {});
  await phone.evaluate(() => { delete document.visibilityState; document.dispatchEvent(new Event("visibilitychange")); });
  await phone.locator("html[data-link=open]").waitFor();
  await phone.locator(`#messages [data-id="${doomed}"]`).waitFor({ state: "detached" });
  await until("the same place", async () => {
    const now = await shown(text, phone).boundingBox();
    return now && Math.abs(now.y - top) < 60;
  });
  await phone.context().close();
  problems.length = 0;  // the browser reports each refused connection as an error
});

test("right to left, in the dark", async () => {
  const persian = await stage.signIn("owner", { locale: "fa-IR", colorScheme: "dark", problems });
  await rows(persian).first().waitFor();
  await persian.locator("#place-chat").getByRole("button", { name: /پالایش/ }).click();
  await shoot(persian, "chat-persian");
  assert.ok(await persian.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await persian.context().close();
});

test("the page raised no error", () => assert.deepEqual(problems, []));
