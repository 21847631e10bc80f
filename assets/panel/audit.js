// audit.js - who did what and when: read back from the journal page by page, filtered by person, deed, words and day.
import { button, element, empty, field, refill, skeleton } from "./dom.js";
import { openDialog } from "./dialog.js";
import { clockTime, compare, date, has, languageName, list, number, t } from "./i18n.js";

// Numbers that say nothing to a reader, and what has no other name than its number.
const aside = new Set(["invite", "minutes", "seconds", "change", "after"]), plain = /^(crew|invite)/;
const PAGE = 100, PAUSE_MS = 300, DAY_MS = 86400000;

// Beginnings of the relay's own names; what is not among them is found under all.
const groups = ["", "question", "poll", "captions", "panic", "message", "platform", "source", "output", "crew", "invite", "session", "token", "refused"];

export function openAudit(desk) {
  new Audit(desk).open();
}

class Audit {
  #entries = []; #number = 0; #timer = 0; #isOver = false;
  #list = element("ol", { id: "audit-list", class: "audit-list", tabindex: "0", "aria-label": t("audit.title") });
  #more = button(t("audit.more"), () => this.#load(), { id: "audit-more", class: "quiet", hidden: true, "data-local": true });
  #count = element("p", { class: "hint", role: "status" });

  constructor(desk) {
    this.desk = desk;
    this.actor = element("input", { dir: "auto", autocomplete: "off", list: "audit-people", maxlength: 60 });
    this.action = element("select", {}, ...groups.map((name) => element("option", { value: name }, t(`audit.group_${name || "all"}`))));
    this.text = element("input", { dir: "auto", type: "search", autocomplete: "off", maxlength: 60 });
    this.day = element("input", { type: "date" });
    this.people = element("datalist", { id: "audit-people" }, ...[...desk.store.crew.people].sort((a, b) => compare(a.name, b.name)).map(({ name }) => element("option", { value: name })));
  }

  open() {
    for (const input of [this.actor, this.text]) input.addEventListener("input", () => this.#restartSoon());
    for (const input of [this.action, this.day]) input.addEventListener("change", () => this.#restart());
    openDialog({ title: t("audit.title"), kind: "wide" },
      element("div", { class: "audit-filters" },
        field({ id: "audit-actor", label: t("audit.person") }, this.actor), this.people,
        field({ id: "audit-action", label: t("audit.deed") }, this.action),
        field({ id: "audit-text", label: t("audit.words") }, this.text),
        field({ id: "audit-day", label: t("audit.day") }, this.day)),
      this.#count, this.#list, this.#more);
    this.#restart();
  }

  #restartSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#restart(), PAUSE_MS);
  }

  #restart() {
    this.#entries = [];
    this.#isOver = false;
    refill(this.#list, element("li", {}, skeleton(4)));
    this.#load();
  }

  // A page later than another that was asked after it is not drawn.
  async #load() {
    const asked = ++this.#number, filter = { limit: PAGE, actor: this.actor.value.trim(), action: this.action.value, text: this.text.value.trim() };
    const from = this.day.value ? new Date(`${this.day.value}T00:00:00`).getTime() : 0;
    if (from) Object.assign(filter, { from_ms: from, to_ms: from + DAY_MS - 1 });
    if (this.#entries.length > 0) filter.before = this.#entries.at(-1).id;
    try {
      const { entries } = await this.desk.ask("audit", filter);
      if (asked !== this.#number) return;
      this.#entries.push(...entries);
      this.#isOver = entries.length < PAGE;
      this.#draw();
    } catch (error) {
      if (asked === this.#number) refill(this.#list, element("li", { class: "error-text", role: "alert" }, error.message));
    }
  }

  #draw() {
    let day = "";
    const rows = this.#entries.flatMap((entry) => {
      const now = date(entry.time_ms), isNew = now !== day;
      day = now;
      return [isNew && element("li", { class: "group" }, now), this.#row(entry)];
    });
    refill(this.#list, rows.length ? rows : element("li", {}, empty("log", t("audit.none"), t("audit.none_help"))));
    refill(this.#count, rows.length ? t(this.#isOver ? "audit.count" : "audit.count_more", { n: this.#entries.length }) : "");
    this.#more.hidden = this.#isOver;
  }

  #row({ time_ms: timeMs, actor, action, detail }) {
    return element("li", { class: `audit-row ${action.startsWith("refused") ? "is-refused" : ""}` },
      element("time", {}, clockTime(timeMs)), element("bdi", { class: "who" }, actor),
      element("span", { class: "deed" }, deed(action)), element("span", { class: "detail" }, ...this.#detail(action, detail)));
  }

  // The words of a question that is still there; of what is gone the record keeps none.
  #detail(action, detail) {
    if (!detail || typeof detail !== "object") return [String(detail ?? "")];
    if (detail.more) return [t("audit.times", { n: detail.more })];
    const { question, poll } = { question: action.startsWith("question") || action === "next" ? this.desk.store.questions.get(detail.id) : null,
      poll: action.startsWith("poll") ? this.desk.store.polls.get(detail.id) : null };
    const said = question?.text ?? poll?.question;
    const isNamed = said || "name" in detail, rest = Object.entries(detail).filter(([key, value]) => value !== "…" && value !== "" && !aside.has(key) && !(key === "id" && (isNamed || plain.test(action))));
    return [said && element("bdi", {}, said), said && rest.length ? " · " : null, ...rest.flatMap(([key, value], index) => [index ? " · " : null, ...words(key, value)])];
  }
}

function deed(action) {
  const key = `audit.do_${action.replaceAll(".", "_")}`;
  return has(key) ? t(key) : element("bdi", {}, action);
}

function words(key, value) {
  if (key === "why" || key === "name") return [element("bdi", {}, value)];
  if (key === "on") return [t(value ? "audit.on" : "audit.off")];
  if (key === "role" && has(`role.${value}`)) return [t(`role.${value}`)];
  if (key === "life" && has(`invite.life_${value}`)) return [t(`invite.life_${value}`)];
  if (key === "languages" && Array.isArray(value)) return [element("bdi", {}, list(value.map(languageName)))];
  if (key === "time_zone" || key === "platform" || key === "source" || key === "author") return [element("bdi", {}, value)];
  return [`${key} `, element("bdi", {}, typeof value === "number" ? number(value, { useGrouping: false }) : Array.isArray(value) ? value.join(", ") : String(value))];
}
