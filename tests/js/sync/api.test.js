import assert from "node:assert/strict";
import test from "node:test";

import { Api } from "../../../dashboard/components/review/sync/api.js";

const makeApi = () => new Api({ project: "leaves", run: "001", fingerprint: "0123456789" }, { name: "ann" });

/** A server that takes a question and never answers; limits pass at once. @returns {number[]} the limits in milliseconds */
function silentServer(context) {
  const limits = [];
  const passed = (milliseconds) => {
    limits.push(milliseconds);
    return AbortSignal.abort(new DOMException("too long", "TimeoutError"));
  };
  context.mock.method(AbortSignal, "timeout", passed);
  context.mock.method(globalThis, "fetch", (url, { signal }) => (signal ? Promise.reject(signal.reason) : new Promise(() => {})));
  return limits;
}

test("a question that is not answered ends in a sentence, and does not say that the server is gone", async (context) => {
  const limits = silentServer(context), api = makeApi();
  for (const ask of [() => api.page({}), () => api.histogram("margin"), () => api.count({}), () => api.history(5), () => api.card(3, {})]) {
    await assert.rejects(ask, ({ message, cause }) => /not answered in time\. It may be busy: try again, or look into its terminal\./.test(message) && !cause);
  }
  assert.deepEqual([...new Set(limits)], [30_000]);
});

test("a search for words may take the start of the text tower", async (context) => {
  const limits = silentServer(context);
  await assert.rejects(() => makeApi().page({ words: "red car" }));
  assert.deepEqual(limits, [120_000]);
});

test("decisions have no limit: they wait in the outbox until the server has taken them", async (context) => {
  const limits = silentServer(context);
  const answer = makeApi().commands({ commands: [] });
  assert.equal(await Promise.race([answer, new Promise((done) => setTimeout(done, 20, "waits"))]), "waits");
  assert.deepEqual(limits, []);
});

test("an answer that breaks off is a server that is gone", async (context) => {
  context.mock.method(globalThis, "fetch", async () => ({ ok: true, headers: new Headers({ "content-type": "application/json" }), json: () => Promise.reject(new TypeError("network error")) }));
  await assert.rejects(() => makeApi().live(), ({ message, cause }) => cause === "away" && /does not answer/.test(message));
});
