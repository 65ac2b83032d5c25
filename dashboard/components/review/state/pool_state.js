/** State of errors that calibration images give: guaranteed, estimated or not valid here, in sentences. */

import { make } from "../controls/dom.js";

export const NOT_VALID = "not valid here";
const AVERAGE = "This is an average over draws; only an audit certifies this selection.";

/** @typedef {{state: string, reason: string, shift: string, origin: string}} PoolCheck */

/** State and reason as a sentence. @param {PoolCheck|null} check null where the server cannot say */
export function stateSentence(check) {
  return check?.state ? `${check.state[0].toUpperCase()}${check.state.slice(1)}: ${check.reason}` : "";
}

/** Whether the shares of the classes alone explain how calibration images and pool differ, so that weights can be offered.
 * @param {PoolCheck|null} check */
export function isClassMix(check) {
  return check?.shift === "class_mix";
}

/** What a target error means with calibration images weighed by class mix, and what limits it. @param {PoolCheck} stated
 * state and reason of the thresholds @param {string} target @returns {[string, string]} */
export function classMixSentences(stated, target) {
  if (stated.state === NOT_VALID) return targetSentences(stated, target);
  return [`About ${target} of what is accepted or less is wrong, approximately.`, stateSentence(stated)];
}

/** What a target error means in this state, and what limits it; how many images it accepts stands on the button alone.
 * @param {PoolCheck|null} check @param {string} target @returns {[string, string]} */
export function targetSentences(check, target) {
  if (check?.state === NOT_VALID) return ["Not valid here: how much of what is accepted is wrong is not known.", `The reason: ${check.reason}`];
  return [`At most ${target} of what is accepted is wrong, on average.`, [AVERAGE, stateSentence(check)].join(" ").trim()];
}

/** A link to the form that draws calibration images, where the number is no guarantee. @param {PoolCheck|null} check
 * @returns {HTMLElement[]} */
export function calibrationLink(check) {
  if (!check || check.state === "guaranteed") return [];
  const { search } = window.location;
  return [make("a", { href: `audit${search}`, target: "_self" }, "Calibrate on the pool")];
}

/** The words that go before an estimated error. @param {PoolCheck|null} check */
export function errorWords(check) {
  return check?.state === NOT_VALID ? "not valid here: estimated error " : "estimated error ";
}
