/** What the benchmark of the review desk runs inside the page: each answers with milliseconds to the painted change. */

const desk = () => [...document.querySelectorAll("*")].map((one) => one.shadowRoot).find((root) => root?.querySelector(".desk"));
const frame = () => new Promise(requestAnimationFrame);
const painted = async () => { await frame(); await frame(); return performance.now(); };
const until = async (test) => { while (!test()) await frame(); return painted(); };
const key = (name) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, composed: true }));
const pointer = (plot) => {
  const box = plot.getBoundingClientRect();
  plot.setPointerCapture = () => {};
  return (type, share) => plot.dispatchEvent(new PointerEvent(type, {
    clientX: box.left + share * box.width, clientY: box.top + 40, pointerId: 1, bubbles: true, composed: true, cancelable: true,
  }));
};

window.isReady = () => Boolean(desk()?.querySelector(".strip .edge"));

/** A verdict in the focus view until the next image has been painted. */
window.pressKey = async (name) => {
  const large = () => desk().querySelector(".large");
  const [before, start] = [large().dataset.image, performance.now()];
  key(name);
  return (await until(() => large().dataset.image !== before && large().complete)) - start;
};

/** A page key until the other page has been painted. */
window.turnPage = async (name) => {
  const where = () => desk().querySelector(".where").textContent;
  const [before, start] = [where(), performance.now()];
  key(name);
  return (await until(() => where() !== before)) - start;
};

/** Drag the line for so many frames: frames a second, changed counts, requests meanwhile. */
window.dragLine = async (frames) => {
  const fire = pointer(desk().querySelector(".plot"));
  const words = () => desk().querySelector(".readout .words b").textContent;
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

/** Let go of the line until the grid closest to it has been painted. */
window.releaseLine = async (share) => {
  const fire = pointer(desk().querySelector(".plot"));
  const grid = () => desk().querySelector(".tile").getAttribute("aria-label") + desk().querySelector(".where").textContent;
  fire("pointerdown", share);
  await painted();
  const [before, start] = [grid(), performance.now()];
  fire("pointerup", share);
  return (await until(() => grid() !== before)) - start;
};

/** One batch of commands: milliseconds to the answer, and what became of the first. */
window.sendCommands = async ([address, commands]) => {
  const start = performance.now();
  const body = JSON.stringify({ client: "bench", sequence: 1, reviewer: "bulk", commands });
  const answer = await (await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body })).json();
  return [performance.now() - start, answer.outcomes[0].status, answer.outcomes[0].reason];
};
