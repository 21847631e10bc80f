// question_actions.js - what a moderator does to a question, with a way back for each.
import { announce } from "./announce.js";
import { isForeign, steps } from "./question_card.js";
import { editDialog, historyDialog, sameAsDialog, splitDialog } from "./question_dialogs.js";
import { askText } from "./dialog.js";
import { shortTime, t } from "./i18n.js";
import { openMenu } from "./menu.js";
import { notify } from "./notices.js";
import { showPreview } from "./preview.js";

const UNDO_MAX = 50, RENEW_MS = 20000, SEEN_MS = 600;

export class QuestionActions {
  returned = null;  // (id): a dialog about it was closed; its card was drawn anew meanwhile
  #mine = [];  // what this desk did: {id, change}, newest last
  #air = { id: 0, before: 0, since_ms: 0 }; #pressed_ms = -SEEN_MS;

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    this.store.addEventListener("questions", () => this.#watchAir());
  }

  // What is on air changed. What this desk did itself is known here at once; what another did takes a moment to be seen, and so
  // does what one's own press of "next" brought: a finger may press twice.
  #watchAir() {
    const id = [...this.store.questions.values()].find(({ state }) => state === "on_air")?.id ?? 0;
    if (id === this.#air.id) return;
    const now = performance.now(), by = this.get(id || this.#air.id)?.changed_by;
    const isKnown = by === this.store.name && now - this.#pressed_ms > SEEN_MS;
    this.#air = { id, before: this.#air.id, since_ms: isKnown ? 0 : now };
  }

  get(id) { return this.store.questions.get(id); }

  // A command with its number for undo. Its refusal was shown; resolves with the result, or null.
  async run(command, fields) {
    const question = this.get(fields.id);
    if (question && isForeign(question, this.store.name) && !fields.take_over) {  // as the relay would, in the reader's language
      notify("warn", t("questions.held", { name: question.claim.by, time: shortTime(question.claim.until_ms) }));
      return null;
    }
    try {
      const result = await this.desk.act(command, fields);
      if (result?.change) this.#remember(result.id, result.change);
      return result ?? {};
    } catch {
      return null;
    }
  }

  #remember(id, change) {
    this.#mine.push({ id, change });
    this.#mine.splice(0, this.#mine.length - UNDO_MAX);
  }

  // What was just done, in words, and the button that takes it back.
  #tell(words, result) {
    if (!result?.change) return;
    const { id, change } = result;
    notify("info", words, { action: { label: t("common.undo"), run: () => this.undoChange(id, change) } });
  }

  async undoChange(id, change) {
    this.#mine = this.#mine.filter((one) => one.id !== id || one.change !== change);
    await this.desk.act("question.undo", { id, change }).then(() => announce(t("questions.undone")), () => {});
  }

  // Takes back what this desk did last.
  undoMine() {
    const last = this.#mine.at(-1);
    if (last) this.undoChange(last.id, last.change);
    else notify("info", t("questions.nothing_to_undo"));
  }

  undo(id) {
    const change = this.get(id)?.undo?.change;
    if (change) this.undoChange(id, change);
    else notify("info", t("questions.nothing_to_undo"));
  }

  // --- From state to state ---

  step(id) {
    const question = this.get(id);
    if (!question) return;
    const commands = { ready: "question.pick", air: "question.air", answer: "question.answer", back: "question.pick" };
    this.run(commands[steps[question.state]], { id });
  }

  async dismiss(id) { this.#tell(t("questions.did_dismiss"), await this.run("question.dismiss", { id })); }
  air(id) { this.run("question.air", { id }); }
  confirm(id) { this.run("question.confirm", { id }); }

  // The press says which one it saw: two desks at one moment, or one finger twice, put up one. Who presses right after another did
  // has not seen it yet, although it stands there.
  async next() {
    const now = performance.now(), isAgain = now - this.#pressed_ms < SEEN_MS, { id, before, since_ms } = this.#air;
    this.#pressed_ms = now;
    const result = await this.run("next", { after: since_ms && now - since_ms < SEEN_MS ? before : id });
    if (result?.is_late && !isAgain) notify("info", t("questions.was_late"));
  }

  // --- Work on it ---

  async claim(id, isTakingOver = false) {
    const question = this.get(id);
    const isMine = question?.claim?.by === this.store.name;
    return this.run("question.claim", isTakingOver ? { id, take_over: true } : { id, on: !isMine });
  }

  pin(id) { this.run("question.pin", { id, on: !this.get(id)?.is_pinned }); }

  // The others see that somebody works on it, until the dialog is closed.
  async #holding(id, work) {
    const wasMine = this.get(id)?.claim?.by === this.store.name;
    if (!(await this.run("question.claim", { id }))) return undefined;
    const renewal = setInterval(() => document.visibilityState === "visible" && this.desk.ask("question.claim", { id }).catch(() => {}), RENEW_MS);
    try {
      return await work();
    } finally {
      clearInterval(renewal);
      if (!wasMine) this.desk.ask("question.claim", { id, on: false }).catch(() => {});
      this.returned?.(id);
    }
  }

  edit(id) {
    return this.#holding(id, async () => {
      const question = this.get(id), text = question && await editDialog(question);
      if (text && text !== question.text) this.#tell(t("questions.did_edit"), await this.run("question.edit", { id, text }));
    });
  }

  note(id) {
    return this.#holding(id, async () => {
      const text = await askText({ title: t("questions.note"), label: t("questions.note_label"), value: this.get(id)?.note ?? "", isLong: true, maxlength: 400, help: t("questions.note_help") });
      if (text !== null) await this.run("question.note", { id, text: text.trim() });
    });
  }

  // --- Order ---

  // where: {before} or {after}, a ready question's id.
  move(id, where) { return this.run("question.move", { id, ...where }); }

  // Along the list as it is drawn: ids of the ready ones that are pinned as this one is.
  async moveBy(id, direction, ids) {
    const at = ids.indexOf(id), other = ids[at + direction];
    if (at < 0 || other === undefined) return;
    if (await this.move(id, direction < 0 ? { before: other } : { after: other }))
      announce(t("questions.moved", { place: at + direction + 1, of: ids.length }));
  }

  // --- Groups ---

  async merge(id, into) { this.#tell(t("questions.did_merge"), await this.run("question.merge", { id, into })); }

  async sameAs(id) {
    const into = await sameAsDialog(this.get(id), [...this.store.questions.values()]);
    if (into) this.merge(id, into);
  }

  split(id) {
    return splitDialog(this.desk, this.get(id), async (message) => this.#tell(t("questions.did_split"), await this.run("question.split", { id, message })));
  }

  history(id) { return historyDialog(this.desk, this.get(id)); }

  // As the overlay would draw it; nothing goes on air.
  preview(id) {
    const question = this.get(id);
    if (question) showPreview({ question });
  }

  more(id, anchor) {
    const question = this.get(id);
    if (!question) return;
    const mayAct = this.store.role !== "viewer" && !isForeign(question, this.store.name);
    const isDone = question.state === "answered" || question.state === "dismissed";
    const entry = (name, sign, run, isWanted = true) => isWanted && { label: t(`questions.${name}`), icon: sign, run, isDisabled: !mayAct };
    openMenu(anchor, [
      !isDone && this.store.role !== "viewer" && { label: t("preview.title"), icon: "eye", run: () => this.preview(id) },
      entry("to_air", "air", () => this.air(id), question.state === "new" && !question.is_marked),
      entry("note", "note", () => this.note(id), !isDone),
      !isDone && { label: t(question.is_pinned ? "questions.unpin" : "questions.pin"), icon: "pin", run: () => this.pin(id), isDisabled: !mayAct },
      entry("same_as", "merge", () => this.sameAs(id), !isDone && question.state !== "on_air"),
      entry("split", "split", () => this.split(id), question.messages.length > 1),
      question.can_undo && { label: t("questions.undo_what", { what: t(`questions.action_${question.undo.action}`) }), icon: "undo", run: () => this.undo(id), isDisabled: !mayAct },
      { label: t("questions.history"), icon: "history", run: () => this.history(id) },
    ].filter(Boolean), { label: t("questions.more") });
  }
}
