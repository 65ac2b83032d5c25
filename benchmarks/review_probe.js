/** What the benchmark of the review page runs inside the page.
 *
 * `arm(what)` waits for the next real event of the keyboard or mouse (the benchmark makes it through the browser's own
 * input) and counts from the event's own time stamp to the frame after the change is painted, its pictures decoded;
 * `answer` holds the milliseconds. */

const reviewApp = () => [...document.querySelectorAll("*")].map((one) => one.shadowRoot).find((root) => root?.querySelector(".review-app"));
const frame = () => new Promise(requestAnimationFrame);
const painted = async () => { await frame(); await frame(); return performance.now(); };
const until = async (test) => { while (!test()) await frame(); };
const text = (name) => reviewApp().querySelector(name)?.textContent ?? "";

/** All pictures that can be seen: loaded and decoded. */
const pictured = async () => {
  const isSeen = (one) => { const box = one.getBoundingClientRect(); return box.bottom > 0 && box.top < window.innerHeight; };
  const addresses = [...reviewApp().querySelectorAll(".tile")].filter(isSeen).flatMap((one) => [
    one.querySelector("img")?.src,
    /url\("(.+?)"\)/.exec(getComputedStyle(one.querySelector(".picture")).backgroundImage)?.[1],
  ]).filter(Boolean);
  await Promise.all([...new Set(addresses)].map((address) => Object.assign(new Image(), { src: address }).decode()));
};

const large = () => reviewApp().querySelector(".large");
const sheet = () => text(".position") + reviewApp().querySelector(".tile")?.getAttribute("aria-label");
const cursor = () => reviewApp().querySelector(".tile.cursor")?.dataset.index;
const accept = () => [...reviewApp().querySelectorAll(".selection-summary button")].find((one) => /^Accept/.test(one.textContent));

/** For each measurement: the event it counts from, and what must have changed since. */
const MEASURES = {
  focus: ["keydown", () => large().dataset.image, async (before) => until(() => large().dataset.image !== before && large().complete)],
  grid: ["keydown", cursor, async (before) => until(() => cursor() !== before)], // its pictures are on the page already
  page: ["keydown", () => text(".position"), async (before) => { await until(() => text(".position") !== before); await pictured(); }],
  threshold: ["pointerup", sheet, async (before) => { await until(() => sheet() !== before); await pictured(); }],
  bulk: ["pointerup", () => accept().textContent, async (before) => { await until(() => accept().textContent !== before); await pictured(); }],
  undo: ["keydown", () => accept().textContent, async (before) => { await until(() => accept().textContent !== before); await pictured(); }],
};

window.arm = (what) => {
  const [event, look, change] = MEASURES[what];
  window.answer = new Promise((resolve) => window.addEventListener(event, async ({ timeStamp }) => {
    const before = look();
    await change(before);
    resolve((await painted()) - timeStamp);
  }, { capture: true, once: true }));
};

window.isReady = () => Boolean(reviewApp()?.querySelector(".boundary-strip .thumbnail"));

/** Where a share of the histogram's width lies on the screen. */
window.placeOf = (share) => {
  const box = reviewApp().querySelector(".plot").getBoundingClientRect();
  return [box.left + share * box.width, box.top + 40];
};

/** Where the button is that accepts everything above the threshold, or the one that confirms it. */
window.buttonOf = (isConfirmed) => {
  const box = (isConfirmed ? reviewApp().querySelector("dialog[open] button.primary") : accept()).getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
};

/** Drag the threshold for so many frames: frames a second, changed counts, requests meanwhile. */
window.dragThreshold = async (frames) => {
  const plot = reviewApp().querySelector(".plot");
  const box = plot.getBoundingClientRect();
  plot.setPointerCapture = () => {};
  const fire = (type, share) => plot.dispatchEvent(new PointerEvent(type, {
    clientX: box.left + share * box.width, clientY: box.top + 40, pointerId: 1, bubbles: true, composed: true, cancelable: true,
  }));
  const words = () => text(".selection-summary .summary-line b");
  fire("pointerdown", 0.9);
  await painted();
  const [asked, start] = [performance.getEntriesByType("resource").length, performance.now()];
  let [changes, last] = [0, words()];
  for (let number = 0; number < frames; number++) {
    fire("pointermove", 0.9 - 0.7 * Math.abs(((number / 60) % 2) - 1));
    await frame();
    if (words() !== last) changes++;
    last = words();
  }
  const seconds = (performance.now() - start) / 1000;
  const calls = performance.getEntriesByType("resource").length - asked;
  fire("pointerup", 0.5);
  return { fps: frames / seconds, changes, calls };
};

/** One batch of commands: milliseconds from sending to the answer, which comes when they are on disk; and what became of the first. */
window.sendCommands = async ([address, commands]) => {
  const start = performance.now();
  const body = JSON.stringify({ client: "bench", sequence: 1, reviewer: "bulk", commands });
  const answer = await (await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body })).json();
  return [performance.now() - start, answer.outcomes[0].status, answer.outcomes[0].reason];
};
