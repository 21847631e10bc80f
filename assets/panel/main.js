/*
 * main.js - wiring: session, link, store, the shell, and the list of parts.
 *
 * A part is one module and one class, `new Part(desk)`. It makes its own markup with element() and puts it into a place
 * (desk.shell.place("show").append(…), desk.shell.tools("chat") beside the title), and draws what it shows when the store says
 * that it changed (desk.store.addEventListener("polls", …)). desk holds:
 *   store              what the relay told us (store.js); store.role
 *   act(command, …)    a command; its refusal is shown as a notice, and the promise still rejects, for who must know
 *   ask(command, …)    the same without the notice
 *   shell              place(), tools(), badge(), open() (shell.js)
 *   crew               reads(tag): does this reader read that language; offered(list): what he reads first
 *   shoutOut           (message, name): a card for whoever wrote it
 *   replies            answer(message): the field to write in the chats
 *   blank              isThere, isOn, press(on): the picture away from every audience
 * Words come from t("part.name") (i18n.js) and strings/, keys of the keyboard from register() (keys.js), questions to the person from
 * dialog.js, choices from menu.js, results from notify() (notices.js), what only the ear needs from announce(). Others' names and texts
 * stand in <bdi> or dir="auto". A redraw keeps the focus: the buttons carry data-key. docs/panel.md says more.
 */
import { startAnnouncing } from "./announce.js";
import { Captions } from "./captions.js";
import { Caught } from "./caught.js";
import { Chat } from "./chat.js";
import { Crew } from "./crew.js";
import { element } from "./dom.js";
import { Header } from "./header.js";
import { HostCards } from "./host_cards.js";
import { loadLanguage, t } from "./i18n.js";
import { startKeeping, restorePlace } from "./keep.js";
import { startKeys } from "./keys.js";
import { Link } from "./link.js";
import { Logins } from "./logins.js";
import { notify } from "./notices.js";
import { OnAir } from "./on_air.js";
import { Outputs } from "./outputs.js";
import { Panic } from "./panic.js";
import { Polls } from "./polls.js";
import { Questions } from "./questions.js";
import { Replies } from "./replies.js";
import { currentRole, signInAgain, signInFirst } from "./session.js";
import { followTheme } from "./settings.js";
import { Shell } from "./shell.js";
import { SourceForm } from "./source_form.js";
import { Sources } from "./sources.js";
import { Store } from "./store.js";

// In the order of their use: on a wide screen the first have columns of their own.
const places = [
  { name: "chat", icon: "chat", scrolls: false },
  { name: "questions", icon: "question", scrolls: false },
  { name: "show", icon: "air" },
  { name: "caught", icon: "shield" },
  { name: "outputs", icon: "output" },
  { name: "sources", icon: "sources" },
  { name: "crew", icon: "crew" },
];

// One a line, from the top of its place to the bottom.
function addParts(desk) {
  new Header(desk);
  new Chat(desk);
  desk.replies = new Replies(desk);
  new Questions(desk);
  new OnAir(desk);
  new Polls(desk);
  new HostCards(desk);
  new Captions(desk);
  new Caught(desk);
  const form = new SourceForm(desk);
  new Sources(desk, form);
  desk.shell.place("sources").append(form.node);
  new Logins(desk);
  new Outputs(desk);
  desk.crew = new Crew(desk);
  new Panic(desk);
}

const store = new Store();
const link = new Link((event) => store.apply(event), handleState);
const desk = { store, link, greet: (key, value) => link.greetings.set(key, value), act, ask: (command, fields) => link.command(command, fields), shell: null, replies: null, crew: null, blank: null, shoutOut: null };

function act(command, fields) {
  const promise = link.command(command, fields);
  promise.catch((error) => notify("error", refusal(error)));
  return promise;
}

// The relay's words are English: what they come to is said in the reader's language. What this page says itself stands alone.
function refusal({ code, message }) {
  if (["offline", "silent", "lost"].includes(code)) return message;
  return store.onAir.is_blank && /\blocked\b/.test(message) ? t("panic.help") : t("link.not_done", { why: message });
}

function handleState(state) {
  desk.shell.showLink(state, () => link.wake());
  store.setLink(state.state);
  // A relay that knows our session no more refuses the socket without a reason: ask why.
  if (state.state === "refused") currentRole().then((role) => role === null && renewSession(), () => {});
}

async function renewSession() {
  link.close();
  await signInAgain();
  link.open();
}

// Nothing of the show is done while nobody hears it; and nothing that was typed is lost.
function holdBack(event) {
  if (document.documentElement.dataset.link !== "lost") return;
  const pressed = event.type === "click" ? event.target.closest("button:not([data-local], [type=submit])") : event.target.matches("form:not([data-local])");
  if (!pressed || event.target.closest(".banner, .notices, dialog, .menu")) return;
  event.preventDefault();
  event.stopPropagation();
  notify("warn", t("link.offline"));
}

// A finger's click comes a moment after it was lifted.
const LIFTED_MS = 60;
let lifted = 0;

function holdWhilePressed(event) {
  clearTimeout(lifted);
  if (event.type === "pointerdown") store.hold(Boolean(event.target.closest?.("button, summary, label, a")));
  else lifted = setTimeout(() => store.hold(false), LIFTED_MS);
}

async function start() {
  followTheme();
  await loadLanguage();
  startAnnouncing();
  if ((await currentRole()) === null) await signInFirst(t("session.title"));
  desk.shell = new Shell(places);
  document.body.prepend(desk.shell.node);
  addParts(desk);
  startKeys();
  startKeeping();
  for (const name of ["click", "submit"]) document.addEventListener(name, holdBack, true);
  for (const name of ["pointerdown", "pointerup", "pointercancel"]) document.addEventListener(name, holdWhilePressed, true);
  store.addEventListener("notice", ({ detail }) => notify(detail.level, detail.text));
  store.addEventListener("reset", () => requestAnimationFrame(restorePlace), { once: true });
  desk.shell.node.hidden = false;
  link.open();
}

start().catch((error) => {
  console.error(error);
  document.body.append(element("p", { class: "start-failed", role: "alert" }, t("shell.no_answer")));
});
