// main.js - wiring.
import { byId } from "./dom.js";
import { Chat } from "./chat.js";
import { Link } from "./link.js";
import { Logins } from "./logins.js";
import { notify } from "./notices.js";
import { Outputs } from "./outputs.js";
import { Questions } from "./questions.js";
import { Replies } from "./replies.js";
import { currentRole, signIn } from "./session.js";
import { Show } from "./show.js";
import { SourceForm } from "./source_form.js";
import { Sources } from "./sources.js";
import { Store } from "./store.js";

const store = new Store();
const link = new Link((event) => store.apply(event), showState);

// A command whose refusal is shown; the promise still rejects, for who must know.
function act(command, fields) {
  const promise = link.command(command, fields);
  promise.catch((error) => notify("error", error.message));
  return promise;
}

function showState(state, text) {
  const line = byId("link-state");
  line.textContent = text;
  line.classList.toggle("lost", state === "lost" || state === "refused");
  // A relay that knows our session no more refuses the socket without a reason: ask why.
  if (state === "refused") currentRole().then((role) => role === null && location.reload(), () => {});
}

function chooseTab(name) {
  byId("desk").dataset.tab = name;
  for (const tab of byId("tabs").children) tab.setAttribute("aria-pressed", String(tab.dataset.tab === name));
}

async function start() {
  if ((await currentRole()) === null) await signIn();
  byId("desk").hidden = byId("tabs").hidden = false;
  const replies = new Replies(store, act);
  new Chat(store, act, replies);
  new Questions(store, act);
  new Show(store, act);
  new Sources(store, act, new SourceForm(store, act));
  new Logins(store, act);
  new Outputs(store, act);
  store.addEventListener("notice", ({ detail }) => notify(detail.level, detail.text));
  store.addEventListener("role", () => { byId("clear").disabled = byId("panic").disabled = store.role === "viewer"; });
  byId("clear").addEventListener("click", () => act("clear"));
  byId("panic").addEventListener("click", () => act("panic", { on: !store.onAir.is_blank }));
  byId("tabs").addEventListener("click", ({ target }) => target.dataset.tab && chooseTab(target.dataset.tab));
  link.open();
}

start().catch(() => { byId("link-state").textContent = "The relay does not answer; reload the page."; });
