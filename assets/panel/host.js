/*
 * host.js - the host's page: the question on air and the next one as large as they go, the poll, the clock. It only reads. For a
 * second screen or a tablet: it keeps the screen awake, and comes back by itself. `host?view=NAME` follows one view.
 */
import { announce, startAnnouncing } from "./announce.js";
import { element, meter, platformMark, refill } from "./dom.js";
import { fit } from "./fit.js";
import { loadLanguage, number, percent, shortTime, stopwatch, t } from "./i18n.js";
import { Link } from "./link.js";
import { nextQuestion, readyQuestions } from "./ready.js";
import { currentRole, signInFirst } from "./session.js";
import { followTheme } from "./settings.js";
import { shares } from "./shares.js";
import { Store } from "./store.js";

const TICK_MS = 250, LEAST_PX = 14, LEAST_OPTION_PX = 8;
const wantedView = new URLSearchParams(location.search).get("view");

class HostPage {
  #now = block("now"); #next = block("next"); #poll = element("section", { class: "host-poll", "aria-label": t("show.poll"), hidden: true });
  #clock = element("time", { class: "host-clock" }); #aired = element("span", { class: "host-aired", role: "timer" });
  #waiting = element("span", { class: "host-waiting" }); #state = element("p", { class: "host-state", role: "status" });
  #since = 0; #said = null;

  constructor(store) {
    this.store = store;
    this.node = element("main", { class: "host" },
      element("header", { class: "host-bar" }, element("h1", { class: "visually-hidden" }, t("host.title")), this.#clock, this.#state, this.#waiting, this.#aired),
      this.#now.node, this.#poll, this.#next.node);
    for (const part of ["on_air", "questions", "polls"]) store.addEventListener(part, () => this.#draw());
    new ResizeObserver(() => this.#fit()).observe(this.node);
    setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
    this.#draw();
  }

  showLink({ state }) {
    const isLost = state !== "open";
    document.documentElement.dataset.link = isLost ? "lost" : "open";
    this.node.classList.toggle("is-lost", isLost);
    refill(this.#state, isLost && [element("span", { class: "dot" }), state === "connecting" ? t("link.connecting") : t("link.lost")]);
    if (state === "lost") announce(t("host.lost"), "assertive");
  }

  // The view that was asked for; else the first that has something.
  #view() {
    const views = this.store.onAir.views ?? {};
    return wantedView ? views[wantedView] ?? {} : Object.values(views).find(({ question, poll }) => question || poll) ?? {};
  }

  #draw() {
    const { onAir, questions } = this.store, view = this.#view(), now = view.question, next = nextQuestion(this.store);
    this.#since = now?.since_ms ?? 0;
    this.node.classList.toggle("is-idle", !now);
    this.node.classList.toggle("is-blank", onAir.is_blank);
    this.#now.draw(onAir.is_blank ? t("host.blank") : t("show.on_air"), now && { ...questions.get(now.id), ...now }, t("host.nothing"));
    this.#next.draw(t("host.next"), next, this.store.questions.size ? t("host.none_ready") : t("host.none"));
    const waiting = readyQuestions(this.store).length;
    refill(this.#waiting, waiting > 1 && t("host.waiting", { n: waiting }));
    this.#drawPoll(view.poll);
    this.#fit();
    this.#tick();
    this.#say(now);
  }

  #say(now) {
    if (now && now.id !== this.#said) announce(`${t("show.on_air")}: ${now.text}`);
    this.#said = now?.id ?? null;
  }

  // The crew's own figures: the audience may not see them yet.
  #drawPoll(onAir) {
    const poll = this.store.polls.get(onAir?.id) ?? onAir ?? [...this.store.polls.values()].find(({ state }) => state === "open");
    this.#poll.hidden = !poll;
    this.node.classList.toggle("has-poll", Boolean(poll));
    if (!poll) return;
    const parts = shares(poll.options.map(({ votes }) => votes ?? 0)), most = Math.max(...poll.options.map(({ votes }) => votes ?? 0));
    refill(this.#poll, element("p", { class: "host-label" }, t("show.poll"), element("span", { class: `chip ${poll.state === "open" ? "good" : ""}` }, t(`poll.state_${poll.state}`)), element("span", {}, t("poll.votes", { n: poll.total ?? 0 }))),
      element("h2", { dir: "auto", class: "host-poll-question" }, poll.question),
      element("ol", { class: "host-options" }, ...poll.options.map(({ text, votes = 0 }, index) => element("li", { class: votes === most && most > 0 ? "is-first" : "" },
        element("p", { class: "host-option" }, element("span", { class: "host-number" }, number(index + 1)), element("span", {}, element("bdi", {}, text)), element("span", { class: "host-share" }, percent(parts[index]))),
        meter(parts[index], text)))));
  }

  // The poll first: what its answers leave is the questions'.
  #fit() {
    const most = Math.min(innerWidth, innerHeight);
    this.#fitPoll(most);
    this.#now.fit(most * 0.2);
    this.#next.fit(most * (this.node.classList.contains("is-idle") ? 0.16 : 0.075));
  }

  // Nobody scrolls here: ten answers are to be seen as two are.
  #fitPoll(most) {
    const [title, options] = [".host-poll-question", ".host-options"].map((name) => this.#poll.querySelector(name));
    if (!title || this.#poll.hidden) return;
    fit(title, LEAST_PX, Math.min(46, Math.max(18, most * 0.038)));
    fit(options, LEAST_OPTION_PX, Math.min(38, Math.max(16, most * 0.03)));
  }

  #tick() {
    const now = Date.now();
    this.#clock.textContent = shortTime(now);
    this.#clock.dateTime = new Date(now).toISOString();
    refill(this.#aired, this.#since ? [element("span", { class: "visually-hidden" }, t("host.aired")), stopwatch(now - this.#since)] : null);
  }
}

// One question: what it is, who asks, the words, the note.
function block(name) {
  const label = element("p", { class: "host-label" }), words = element("p", { class: "host-words", dir: "auto" }), note = element("p", { class: "host-note", dir: "auto", hidden: true });
  const node = element("section", { class: `host-block ${name}`, id: `host-${name}` }, label, words, note);
  let shown = "";
  return {
    node,
    draw(title, question, nothing) {
      node.classList.toggle("is-empty", !question);
      refill(label, element("span", { class: "host-kind" }, title), question?.platform && platformMark(question.platform), question?.author?.name && element("bdi", {}, question.author.name),
        (question?.people ?? question?.count) > 1 && element("span", { class: "chip" }, t("questions.people", { n: question.people ?? question.count })));
      const text = question ? question.text : nothing;
      if (text !== shown) refill(words, text);
      shown = text;
      note.hidden = !question?.note;
      refill(note, question?.note);
    },
    fit: (most) => fit(words, LEAST_PX, node.classList.contains("is-empty") ? Math.min(most, 40) : most),
  };
}

// Where the browser lets a page keep the screen on; it lets go whenever the page is hidden.
function keepAwake() {
  const ask = () => document.visibilityState === "visible" && navigator.wakeLock?.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", ask);
  ask();
}

async function start() {
  followTheme();
  await loadLanguage();
  document.title = `antiphon · ${t("host.title")}`;
  startAnnouncing();
  if ((await currentRole()) === null) await signInFirst(t("host.title"));
  const store = new Store();
  let page = null;
  const link = new Link((event) => store.apply(event), (state) => {
    page.showLink(state);
    if (state.state === "refused") currentRole().then((role) => role === null && location.reload(), () => {});
  }, { name: "host", topics: ["on_air", "desk"] });
  page = new HostPage(store);
  document.body.prepend(page.node);
  keepAwake();
  link.open();
}

start().catch((error) => {
  console.error(error);
  document.body.append(element("p", { class: "start-failed", role: "alert" }, t("shell.no_answer")));
});
