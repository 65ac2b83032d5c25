/** Undo stack of this session: shows an undo at once and undoes a whole selection. No DOM. */

/** @typedef {{id:number, rank?:number, verdict?:string, label?:number|null, note?:any, flag?:any}} CardState what a step changed of a card */

export class UndoStack {
  constructor() {
    /** @type {{commands: Set<string>, before: CardState[], text: string}[]} */
    this.steps = [];
  }

  /** @param {string[]} commands their ids @param {CardState[]} before empty where only the server knows
   * @param {string} text the step in words */
  push(commands, before, text = "") {
    this.steps.push({ commands: new Set(commands), before, text });
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
    this.steps = this.steps.filter((step) => step.commands.size);
  }
}
