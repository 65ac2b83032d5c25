/** How an answer of the commands route is read while more is on its way. No DOM. */

/** Verdicts whose outcome can be drawn before the server has answered; undo and bulk accept cannot. */
export const SINGLE = new Set(["accept", "reject", "none", "skip", "unsure", "relabel"]);

/** @typedef {{command_id: string, verdict: string, image_id?: number, suggestion?: number, label?: number,
 *   params?: {images?: [number, number][]}}} Command */

/** The images that a command names, one or a whole page; none where only the server knows. @param {Command} command */
export function imagesOf(command) {
  if (!SINGLE.has(command.verdict)) return [];
  if (Array.isArray(command.params?.images)) return command.params.images.map(([id]) => id);
  return command.image_id === undefined ? [] : [command.image_id];
}

/** Whether what waits can be drawn from itself. @param {Command[]} waiting */
export function isPlain(waiting) {
  return waiting.every((command) => imagesOf(command).length);
}

/** How cards stand once a command is applied. @param {Command} command
 * @returns {{id: number, verdict: string, label: number|null}[]} */
export function rowsOf({ verdict, image_id, suggestion, label, params }) {
  const pairs = params?.images ?? [[image_id, suggestion]];
  return pairs.map(([id, suggested]) => {
    const kept = verdict === "relabel" ? label : verdict === "accept" || verdict === "reject" ? suggested : null;
    return { id, verdict, label: kept ?? null };
  });
}

/** @param {{outcomes: object[], changed: {id: number}[]}} answer @param {Command[]} commands what it answers
 * @param {Command[]} waiting what is not answered yet: its images stay as the hand has drawn them, and while an undo
 *   waits all do, but for refused ones, which go back to what the server says
 * @returns {{rows: object[], refused: Set<string>, reasons: string, isWide: boolean}} */
export function read(answer, commands, waiting) {
  const outcomes = answer.outcomes.filter((outcome) => outcome.status === "refused");
  const refused = new Set(outcomes.map((outcome) => outcome.command_id));
  const reverted = new Set(commands.filter((command) => refused.has(command.command_id)).flatMap(imagesOf));
  const later = new Set(waiting.flatMap(imagesOf));
  const rows = answer.changed.filter((row) => !later.has(row.id) && (isPlain(waiting) || reverted.has(row.id)));
  const reasons = [...new Set(outcomes.map((outcome) => outcome.reason))].join(" ");
  return { rows, refused, reasons, isWide: !isPlain(commands) };
}
