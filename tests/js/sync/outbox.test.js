import assert from "node:assert/strict";
import test from "node:test";

import { Outbox } from "../../../dashboard/components/review/sync/outbox.js";

/** The browser's storage, in memory. */
class Box {
  constructor() { this.items = new Map(); }
  get length() { return this.items.size; }
  key(place) { return [...this.items.keys()][place] ?? null; }
  getItem(key) { return this.items.get(key) ?? null; }
  setItem(key, value) { this.items.set(key, String(value)); }
  removeItem(key) { this.items.delete(key); }
}

/** A server that keeps each command once; it can be down, and lose its answer after it has saved. */
class Server {
  constructor() { Object.assign(this, { log: [], batches: [], isDown: false, losesAnswers: false }); }
  async send(batch, isLast) {
    this.batches.push({ ...batch, isLast });
    const bad = batch.commands.find((command) => command.isBad);
    if (bad || this.isFull) throw Object.assign(new Error(bad ? "This command cannot be read." : "The disk is full."), { isFinal: true });
    if (this.isDown) throw new Error("Winnow does not answer.");
    for (const { command_id } of batch.commands) if (!this.log.includes(command_id)) this.log.push(command_id);
    if (this.losesAnswers) throw new Error("The answer was lost.");
    const outcomes = batch.commands.map(({ command_id }) => ({ command_id, status: "saved", reason: "" }));
    return { outcomes, saved: this.log.length, changed: [], counts: {} };
  }
}

function open(server, storage, told = [], answers = []) {
  return new Outbox({ key: "winnow-p", storage, reviewer: "me", api: { commands: (batch, isLast) => server.send(batch, isLast) },
    onResponse: (answer) => answers.push(answer), onState: (state) => told.push(state) });
}

const stop = (outbox) => clearTimeout(outbox.timer);

/** Let promises run under stopped timers. */
const settle = async () => { for (let turn = 0; turn < 20; turn++) await Promise.resolve(); };

test("what is acknowledged leaves the storage and the corner says its number", async () => {
  const [server, storage, told] = [new Server(), new Box(), []];
  const outbox = open(server, storage, told);
  outbox.add({ verdict: "accept", image_id: 1 });
  outbox.add({ verdict: "reject", image_id: 2 });
  assert.equal(JSON.parse([...storage.items.values()][0]).length, 2);
  await outbox.flush();
  assert.deepEqual([server.log.length, storage.length, outbox.waiting.length], [2, 0, 0]);
  assert.deepEqual(told.at(-1), { waiting: 0, saved: 2, problem: "", cause: "", refused: 0, reason: "" });
});

test("each batch carries all that is not acknowledged, in order", async () => {
  const [server, storage] = [new Server(), new Box()];
  const outbox = open(server, storage);
  server.isDown = true;
  const ids = [outbox.add({ verdict: "accept", image_id: 1 }).command_id];
  await outbox.flush();
  ids.push(outbox.add({ verdict: "accept", image_id: 2 }).command_id);
  await outbox.flush();
  assert.deepEqual(server.batches.at(-1).commands.map((command) => command.command_id), ids);
  server.isDown = false;
  await outbox.flush();
  stop(outbox);
  assert.deepEqual(server.log, ids);
});

test("a lost answer saves nothing twice", async () => {
  const [server, storage] = [new Server(), new Box()];
  const outbox = open(server, storage);
  server.losesAnswers = true;
  outbox.add({ verdict: "accept", image_id: 1 });
  await outbox.flush();
  assert.equal(outbox.waiting.length, 1);
  server.losesAnswers = false;
  await outbox.flush();
  stop(outbox);
  assert.deepEqual([server.log.length, server.batches.length, outbox.waiting.length], [1, 2, 0]);
});

test("a failure is told and kept, and the wait before the next try grows", async () => {
  const [server, storage, told] = [new Server(), new Box(), []];
  const outbox = open(server, storage, told);
  server.isDown = true;
  outbox.add({ verdict: "accept", image_id: 1 });
  const waits = [];
  outbox._schedule = (delay) => waits.push(delay);
  for (let time = 0; time < 7; time++) await outbox.flush();
  stop(outbox);
  assert.deepEqual(told.at(-1), { waiting: 1, saved: 0, problem: "Winnow does not answer.", cause: "", refused: 0, reason: "" });
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 15000, 15000, 15000]);
});

test("a new page takes over what an earlier one could not deliver, and only of its project", async () => {
  const [server, storage] = [new Server(), new Box()];
  server.isDown = true;
  const first = open(server, storage);
  const { command_id } = first.add({ verdict: "accept", image_id: 1 });
  await first.flush();
  stop(first);
  storage.setItem("winnow-other-1", JSON.stringify([{ command_id: "theirs" }]));
  server.isDown = false;
  const second = open(server, storage);
  await second.flush();
  assert.deepEqual(server.log, [command_id]);
  assert.deepEqual([...storage.items.keys()], ["winnow-other-1"]);
});

test("a project whose key begins as another's keeps its decisions to itself", () => {
  const [server, storage] = [new Server(), new Box()];
  const theirs = `winnow-p-2-${crypto.randomUUID()}`;
  storage.setItem(theirs, JSON.stringify([{ command_id: "theirs" }]));
  assert.deepEqual(open(server, storage).waiting, []);
  assert.ok(storage.getItem(theirs));
});

/** Send until nothing is sent at once any more. */
async function work(outbox, most = 40) {
  let isAgain = true;
  outbox._schedule = (delay) => { isAgain = delay < 500; };
  for (; isAgain && outbox.waiting.length && most > 0; most--) { isAgain = false; await outbox.flush(); }
}

for (const place of [0, 3, 6]) {
  test(`a command that the server will never take, number ${place + 1} of 7, stops no other and is kept beside`, async () => {
    const [server, storage, told, answers] = [new Server(), new Box(), [], []];
    const outbox = open(server, storage, told, answers);
    const ids = Array.from({ length: 7 }, (_, image) => outbox.add({ verdict: "accept", image_id: image, isBad: image === place }).command_id);
    await work(outbox);
    assert.deepEqual(server.log, ids.filter((_, image) => image !== place), "the others, in their order");
    if (place === 6) return; // the last one: see below
    assert.deepEqual(outbox.waiting, []);
    assert.deepEqual([told.at(-1).refused, told.at(-1).reason, told.at(-1).problem], [1, "This command cannot be read.", ""]);
    assert.deepEqual(answers.flatMap((answer) => answer.outcomes).filter((outcome) => outcome.status === "refused").map((outcome) => outcome.command_id), [ids[place]]);
    assert.equal(JSON.parse(storage.getItem("refused:winnow-p"))[0].command_id, ids[place]);
  });
}

test("a bad command alone is kept and reported, and given up once another was saved", async () => {
  const [server, storage, told] = [new Server(), new Box(), []];
  const outbox = open(server, storage, told);
  const bad = outbox.add({ verdict: "accept", image_id: 1, isBad: true });
  await work(outbox);
  await outbox.flush();
  assert.deepEqual([outbox.waiting, told.at(-1).problem], [[bad], "This command cannot be read."]);
  const good = outbox.add({ verdict: "accept", image_id: 2 });
  await work(outbox);
  assert.deepEqual([server.log, outbox.waiting.length, told.at(-1).refused], [[good.command_id], 0, 1]);
});

test("where every command is refused something else is wrong: none is given up, and all arrive in the end", async () => {
  const [server, storage, told] = [new Server(), new Box(), []];
  const outbox = open(server, storage, told);
  server.isFull = true;
  const ids = [1, 2, 3].map((image) => outbox.add({ verdict: "accept", image_id: image }).command_id);
  for (let time = 0; time < 12; time++) await outbox.flush();
  assert.deepEqual([outbox.waiting.length, told.at(-1).refused, told.at(-1).problem], [3, 0, "The disk is full."]);
  server.isFull = false;
  ids.push(outbox.add({ verdict: "accept", image_id: 4 }).command_id); // saved first: the three are tried again, not given up
  await work(outbox);
  stop(outbox);
  assert.deepEqual([...server.log].sort(), [...ids].sort());
  assert.equal(told.at(-1).refused, 0);
});

test("a page that goes away sends no more than a browser lets it", async () => {
  const [server, storage] = [new Server(), new Box()];
  const outbox = open(server, storage);
  outbox.isSending = true;
  for (let image = 0; image < 500; image++) outbox.add({ verdict: "accept", image_id: image, reviewer: "somebody with a long name", params: { ranking: "entropy", rank: image } });
  await outbox.flush(true);
  stop(outbox);
  const last = server.batches.at(-1);
  assert.ok(last.commands.length > 150 && JSON.stringify(last).length < 64 * 1024);
  assert.deepEqual(last.commands.map((command) => command.image_id), last.commands.map((_, image) => image));
});

test("what is decided while a batch flies goes with the next one", async () => {
  const [server, storage] = [new Server(), new Box()];
  const outbox = open(server, storage);
  outbox.add({ verdict: "accept", image_id: 1 });
  const flight = outbox.flush();
  outbox.add({ verdict: "accept", image_id: 2 });
  await flight;
  assert.deepEqual([server.log.length, outbox.waiting.length], [1, 1]);
  await outbox.flush();
  stop(outbox);
  assert.equal(server.log.length, 2);
});

test("twenty-five decisions do not wait for the pause", async () => {
  const server = new Server();
  const outbox = open(server, new Box());
  for (let image_id = 0; image_id < 25; image_id++) outbox.add({ verdict: "accept", image_id });
  await new Promise((resolve) => setTimeout(resolve, 50));
  stop(outbox);
  assert.equal(server.log.length, 25);
});

test("a leaving page sends what fits a keepalive request, in order; the rest stays in storage", async () => {
  const [server, storage] = [new Server(), new Box()];
  const outbox = open(server, storage);
  outbox._schedule = () => {};
  const run_id = "012-self_training-small_cnn";
  for (let image_id = 0; image_id < 500; image_id++) {
    outbox.add({ verdict: "relabel", run_id, image_id, suggestion: 3, label: 4, params: { ranking: "most_confident", rank: image_id } });
  }
  await outbox.flush(true);
  const { isLast, ...body } = server.batches[0];
  assert.ok(isLast);
  assert.ok(JSON.stringify(body).length < 65536, "browsers refuse a keepalive body of 64 KiB");
  assert.equal(body.commands[0].image_id, 0);
  assert.equal(JSON.parse([...storage.items.values()][0]).length, 500 - body.commands.length);
});

test("a storage that is full does not keep a decision from being sent", async () => {
  const [server, storage] = [new Server(), new Box()];
  const outbox = open(server, storage);
  storage.setItem = () => { throw new Error("QuotaExceededError"); };
  outbox.add({ verdict: "accept", image_id: 1 });
  await outbox.flush();
  assert.equal(server.log.length, 1);
});

test("the timers alone deliver once the server is back, one batch in the air at a time", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const [server, storage, told] = [new Server(), new Box(), []];
  const outbox = open(server, storage, told);
  server.isDown = true;
  outbox.add({ verdict: "accept", image_id: 1 });
  context.mock.timers.tick(249);
  await settle();
  assert.equal(server.batches.length, 0);
  context.mock.timers.tick(1);
  await settle();
  assert.equal(server.batches.length, 1);
  context.mock.timers.tick(999);
  await settle();
  assert.equal(server.batches.length, 1, "the first wait is a second");
  server.isDown = false;
  context.mock.timers.tick(1);
  await settle();
  assert.deepEqual([server.log.length, storage.length, told.at(-1).problem], [1, 0, ""]);
});

test("while a batch is in the air no second one starts, and its successor starts by itself", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const [server, gates] = [new Server(), []];
  const send = server.send.bind(server);
  server.send = async (...batch) => { await new Promise((open) => gates.push(open)); return send(...batch); };
  const outbox = open(server, new Box());
  outbox.add({ verdict: "accept", image_id: 1 });
  context.mock.timers.tick(250);
  outbox.add({ verdict: "accept", image_id: 2 });
  context.mock.timers.tick(5000);
  await settle();
  assert.equal(gates.length, 1);
  gates[0]();
  await settle();
  context.mock.timers.tick(250);
  await settle();
  assert.equal(gates.length, 2);
  gates[1]();
  await settle();
  assert.deepEqual(server.batches.map((batch) => batch.commands.map((command) => command.image_id)), [[1], [2]]);
  assert.deepEqual(server.batches.map((batch) => batch.sequence), [1, 2]);
});

test("a page that leaves while a batch is in the air sends all that is not acknowledged", async () => {
  const server = new Server();
  const [send, gates] = [server.send.bind(server), []];
  server.send = async (batch, isLast) => {
    if (!isLast) await new Promise((open) => gates.push(open));
    return send(batch, isLast);
  };
  const outbox = open(server, new Box());
  outbox.add({ verdict: "accept", image_id: 1 });
  const flight = outbox.flush();
  outbox.add({ verdict: "accept", image_id: 2 });
  await outbox.flush(true);
  gates[0]();
  await flight;
  stop(outbox);
  assert.deepEqual([server.log.length, outbox.waiting.length], [2, 0]);
});
