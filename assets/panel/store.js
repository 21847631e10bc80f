// store.js - what the relay told us, kept; views subscribe to the parts they draw.

import { Feed, isShown } from "./feed.js";
import { Rates } from "./rates.js";

const CROWD_MS = 1000, GONE_MS = 90, PRESS_MS = 1000, GAPS_MAX = 200, SENT_MAX = 100;

export class Store extends EventTarget {
  role = "viewer";
  onAir = { views: {}, is_blank: false };
  feed = new Feed();
  received = 0;           // messages of the feed that came, ever
  sample = null;          // the last second above 500 messages: {shown, skipped, over_ms, sources}
  rates = new Rates();    // messages a second and a source
  languages = {};         // tag → how many messages of the last minutes
  questions = new Map();  // id → question
  polls = new Map();
  savedPolls = [];        // as poll.open takes them
  hostCards = new Map();  // the host's own cards, by id
  nativePolls = [];       // the platforms' own that none of ours counts
  captions = new Map();   // track name → track
  sources = new Map();
  logins = new Map();     // platform → login
  outputs = new Map();
  input = null;           // of the outgoing picture
  video = null;           // the process that makes it: {state, is_blank, heard_ms}
  caught = new Map();     // message id → what was caught before air
  gate = null;            // {is_wanted, hold_ms, settings, words}
  sent = new Map();       // number → what was done on the platforms
  gaps = [];
  heard = null;           // who was on air in this show, and who asked
  overlay = null;
  revision = "";          // of the on-air state
  views = [];             // {name, …}, in the configuration's order
  crew = { people: [], notes: [] };
  name = "";              // ours, as the record has it

  isConnected = false;

  // As link.js tells it; "link" is dispatched at once.
  setLink(state) {
    this.isConnected = state === "open";
    this.dispatchEvent(new Event("link"));
  }

  // One event of the link. Views redraw once per animation frame, however many events came.
  apply(event) {
    const handler = this[`on_${event.type}`];
    if (handler) handler.call(this, event);
  }

  #changed(...parts) {
    for (const part of parts) {
      if (this.#pending.has(part)) continue;
      if (this.#pending.size === 0) requestAnimationFrame(() => this.#flush());
      this.#pending.add(part);
    }
  }
  #pending = new Set(); #heldUntil = 0;

  // A redraw takes the button from under the finger, and the press is lost: while one is pressed, what changed waits, a second at most.
  hold(isPressed) { this.#heldUntil = isPressed ? performance.now() + PRESS_MS : 0; }

  #flush() {
    if (performance.now() < this.#heldUntil) return void requestAnimationFrame(() => this.#flush());
    const parts = [...this.#pending];
    this.#pending.clear();
    for (const part of parts) this.dispatchEvent(new Event(part));
  }

  on_welcome(event) {
    this.role = event.role;
    this.name = event.name;
    this.#changed("role");
  }

  on_snapshot(event) {
    const byKey = (items, key) => new Map((items ?? []).map((item) => [item[key], item]));
    this.onAir = event.on_air ?? this.onAir;
    this.revision = event.revision ?? this.revision;
    this.views = event.views ?? this.views;
    this.overlay = event.overlay ?? null;
    this.questions = byKey(event.questions, "id");
    this.polls = byKey(event.polls, "id");
    this.savedPolls = event.saved_polls ?? [];
    this.nativePolls = event.native_polls ?? [];
    this.hostCards = byKey(event.host_cards, "id");
    this.captions = byKey(event.captions, "track");
    this.sources = byKey(event.sources, "id");
    this.logins = byKey(event.logins, "platform");
    this.outputs = byKey(event.outputs, "name");
    this.input = event.input ?? null;
    this.video = event.video ?? null;
    this.sent = byKey(event.sent, "id");
    this.caught = byKey(event.caught, "id");
    this.gate = event.gate ?? this.gate;
    this.gaps = event.gaps ?? [];
    this.heard = event.heard ?? null;
    this.crew = event.crew ?? this.crew;
    this.rates.load(event.rates);
    this.languages = { ...(event.rates?.languages ?? {}) };
    this.sample = null;
    this.feed.replace(event.feed ?? [], { isLive: true });
    this.#changed("reset", "role", "on_air", "questions", "heard", "polls", "host_cards", "captions", "sources", "logins", "outputs", "sent", "gaps", "rates", "feed", "crew", "caught");
  }

  on_on_air(event) { this.onAir = event.on_air; this.revision = event.revision; this.#changed("on_air", "questions", "polls"); }
  on_question({ question }) { this.questions.set(question.id, question); this.#changed("questions"); }
  // What the crowd asks comes five times a second; nobody reads a list that changes so often: it is drawn once a second.
  on_questions({ questions }) {
    questions.forEach((question) => this.questions.set(question.id, question));
    this.#drawCrowdBy(this.#crowdDrawn + CROWD_MS);
  }

  // A deleted one is gone at once; in a flood, where each new one pushes an old one out, ten times a second is at once.
  on_question_removed({ id }) {
    this.questions.delete(id);
    this.#drawCrowdBy(this.#crowdDrawn + GONE_MS);
  }
  #crowdDrawn = -Infinity; #crowdDue = Infinity; #crowdTimer = 0;

  #drawCrowdBy(due) {
    if (due >= this.#crowdDue) return;
    clearTimeout(this.#crowdTimer);
    this.#crowdDue = due;
    if (due <= performance.now()) this.#drawCrowd();
    else this.#crowdTimer = setTimeout(() => this.#drawCrowd(), due - performance.now());
  }

  #drawCrowd() {
    clearTimeout(this.#crowdTimer);
    this.#crowdDue = Infinity;
    this.#crowdDrawn = performance.now();
    this.#changed("questions");
  }

  // With it comes how fair each waiting question is by now.
  on_heard({ heard, fairness = {} }) {
    this.heard = heard;
    for (const [id, value] of Object.entries(fairness)) {
      const question = this.questions.get(Number(id));
      if (question) this.questions.set(question.id, { ...question, fairness: value });
    }
    this.#changed("heard");
    this.#drawCrowdBy(this.#crowdDrawn + CROWD_MS);
  }
  on_poll({ poll }) { this.polls.set(poll.id, poll); this.#changed("polls"); }
  on_saved_polls(event) { this.savedPolls = event.saved_polls; this.#changed("polls"); }
  on_native_polls(event) { this.nativePolls = event.native_polls; this.#changed("polls"); }
  on_host_card(event) { this.hostCards.set(event.host_card.id, event.host_card); this.#changed("host_cards"); }
  on_host_card_removed({ id }) { this.hostCards.delete(id); this.#changed("host_cards"); }
  on_caught({ items }) { items.forEach((item) => this.caught.set(item.id, item)); this.#changed("caught"); }
  on_caught_removed({ id }) { this.caught.delete(id); this.#changed("caught"); }
  on_gate({ gate }) { this.gate = gate; this.#changed("caught"); }
  on_captions({ captions }) { this.captions.set(captions.track, captions); this.#changed("captions"); }
  on_source({ source }) { this.sources.set(source.id, source); this.#changed("sources"); }
  on_login({ login }) { this.logins.set(login.platform, login); this.#changed("logins"); }
  on_source_removed({ source }) { this.sources.delete(source); this.#changed("sources"); }
  on_gap({ gap }) { this.gaps.push(gap); this.gaps.splice(0, this.gaps.length - GAPS_MAX); this.#changed("gaps"); }
  on_sent({ sent }) {
    this.sent.set(sent.id, sent);
    if (this.sent.size > SENT_MAX) this.sent.delete(this.sent.keys().next().value);
    this.#changed("sent");
  }
  on_crew({ crew }) { Object.assign(this.crew, crew); this.#changed("crew"); }
  on_output({ output }) { this.outputs.set(output.name, output); this.#changed("outputs"); }
  on_output_removed({ output }) { this.outputs.delete(output); this.#changed("outputs"); }
  on_input({ input }) { this.input = input; this.#changed("outputs"); }
  on_video({ video }) { this.video = video; this.#changed("outputs"); }
  on_overlay({ overlay }) { this.overlay = overlay; this.#changed("on_air"); }
  // Not kept here: who draws it has it.
  on_output_picture(event) { this.dispatchEvent(new CustomEvent("output_picture", { detail: event })); }
  on_preview(event) { this.dispatchEvent(new CustomEvent("picture", { detail: event })); }
  on_sample(sample) { this.sample = sample; this.feed.newer += sample.skipped; this.#changed("sample"); }
  skipSample() { this.sample = null; this.#changed("sample"); }
  on_rates(event) {
    this.rates.add(event, this.sources);
    for (const [name, count] of Object.entries(event.languages ?? {})) this.languages[name] = (this.languages[name] ?? 0) + count;
    this.#changed("rates");
  }
  on_messages({ messages }) { this.#add(messages); }

  // Deleted means gone: from the list that views draw, before anything else.
  // The relay may have let go of it long ago: then there is no id, and it is the one that its platform calls so.
  on_removed({ ids = [], author, message: named }) {
    const gone = new Set(ids);
    this.#drop((message) => gone.has(message.id)
      || (author && message.platform === author.platform && message.author?.id === author.id)
      || (named && message.platform === named.platform && message.native_id === named.native_id));
  }

  on_cleared({ source }) { this.#drop((message) => message.source === source); }

  #drop(isGone) {
    this.feed.drop(isGone);
    for (const { id, message } of this.caught.values()) if (isGone(message)) { this.caught.delete(id); this.#changed("caught"); }
    this.dispatchEvent(new CustomEvent("removed", { detail: isGone }));
  }

  on_notice(event) { this.dispatchEvent(new CustomEvent("notice", { detail: event })); }

  // A message whose id is known already was edited: it stands in its old place with its new text.
  #add(messages) {
    this.received += messages.filter(isShown).length;
    const edited = this.feed.add(messages);
    if (edited.length) this.dispatchEvent(new CustomEvent("edited", { detail: edited }));
    this.#changed("feed");
  }
}
