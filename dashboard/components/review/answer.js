/** How an answer of the commands route is read while more is on its way. No DOM. */

/** Verdicts whose outcome can be drawn before the server has answered; undo and bulk accept cannot. */
export const SINGLE = new Set(["accept", "reject", "none", "skip", "unsure", "relabel"]);

/** Whether what waits can be drawn from itself. @param {{verdict: string}[]} waiting */
export function isPlain(waiting) {
  return waiting.every((command) => SINGLE.has(command.verdict));
}

/** @param {{outcomes: object[], changed: {id: number}[]}} answer @param {object[]} commands what it answers
 * @param {object[]} waiting what is not answered yet: its images stay as the hand has drawn them, and while an undo
 *   waits all do, but for refused ones, which go back to what the server says
 * @returns {{rows: object[], refused: Set<string>, reasons: string, isWide: boolean}} */
export function read(answer, commands, waiting) {
  const outcomes = answer.outcomes.filter((outcome) => outcome.status === "refused");
  const refused = new Set(outcomes.map((outcome) => outcome.command_id));
  const reverted = new Set(commands.filter((command) => refused.has(command.command_id)).map((command) => command.image_id));
  const later = new Set(waiting.map((command) => command.image_id));
  const rows = answer.changed.filter((row) => !later.has(row.id) && (isPlain(waiting) || reverted.has(row.id)));
  const reasons = [...new Set(outcomes.map((outcome) => outcome.reason))].join(" ");
  return { rows, refused, reasons, isWide: !isPlain(commands) };
}
