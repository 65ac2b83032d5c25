/** What the hand decided in this session, so that an undo shows at once and as a whole. No DOM. */

/** @typedef {{id:number, rank?:number, verdict:string, label:number|null}} Before how a card stood before */

export class Memory {
  constructor() {
    /** @type {{commands: Set<string>, before: Before[]}[]} */
    this.steps = [];
  }

  /** @param {string[]} commands their ids @param {Before[]} before empty where only the server knows */
  add(commands, before) {
    this.steps.push({ commands: new Set(commands), before });
  }

  /** The latest step, taken out; null where this session has none (an earlier session may). */
  take() {
    return this.steps.pop() ?? null;
  }

  /** How images stood before commands of this session. @param {Set<string>} commands @param {Set<number>} images
   * @returns {Before[]} */
  before(commands, images) {
    return this.steps.filter((step) => [...step.commands].some((id) => commands.has(id)))
      .flatMap((step) => step.before.filter(({ id }) => images.has(id)));
  }

  /** Commands that no longer count, refused or taken back by name: there is nothing to undo. @param {Iterable<string>} commands */
  forget(commands) {
    for (const step of this.steps) for (const id of commands) step.commands.delete(id);
    this.steps = this.steps.filter((step) => step.commands.size);
  }
}
