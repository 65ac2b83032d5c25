/** Undo stack of this session: shows an undo at once and undoes a whole selection. No DOM. */

/** @typedef {{id:number, rank?:number, verdict?:string, label?:number|null, note?:any, flag?:any}} CardState what a step changed of a card */

export class UndoStack {
  constructor() {
    /** @type {{commands: Set<string>, before: CardState[], text: string, hidden: number|null}[]} hidden: a change of hidden images */
    this.steps = [];
  }

  /** @param {string[]} commands their ids @param {CardState[]} before empty where only the server knows
   * @param {string} text the step in words @param {number|null} hidden the change of hidden images that it is, in place of commands */
  push(commands, before, text = "", hidden = null) {
    this.steps.push({ commands: new Set(commands), before, text, hidden });
  }

  /** The change of hidden images that an undo takes back; null where the latest step is none. */
  get hidden() {
    return this.steps.at(-1)?.hidden ?? null;
  }

  /** Remove a change of hidden images that was taken back. @param {number} change */
  forgetHidden(change) {
    this.steps = this.steps.filter(({ hidden }) => hidden !== change);
  }

  /** The step that an undo takes back, in words; "" when this session has none. */
  get text() {
    return this.steps.at(-1)?.text ?? "";
  }

  /** Remove and return the latest step; null when this session has none (an earlier session may). */
  pop() {
    return this.steps.pop() ?? null;
  }

  /** The states of images before commands of this session. @param {Set<string>} commands @param {Set<number>} images
   * @returns {CardState[]} */
  statesBefore(commands, images) {
    return this.steps.filter((step) => [...step.commands].some((id) => commands.has(id)))
      .flatMap((step) => step.before.filter(({ id }) => images.has(id)));
  }

  /** Remove commands that the server refused or that were undone by id. @param {Iterable<string>} commands */
  remove(commands) {
    for (const step of this.steps) for (const id of commands) step.commands.delete(id);
    this.steps = this.steps.filter((step) => step.commands.size || step.hidden !== null);
  }
}
