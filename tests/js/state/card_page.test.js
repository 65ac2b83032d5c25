import assert from "node:assert/strict";
import test from "node:test";

import { Deck } from "../../../dashboard/components/review/state/card_page.js";
import { Pool, deal, decide } from "./pool.js";

test("after a decision the cursor is on the next undecided card", async () => {
  const { deck } = await deal(10);
  deck.apply([{ id: 1001, verdict: "accept", label: 1 }]);
  assert.equal(decide(deck, "accept"), true);
  assert.equal(deck.cursor, 2);
});

test("at the end of a page the cursor goes back to what was left open", async () => {
  const { deck } = await deal(3);
  deck.cursor = 2;
  assert.equal(decide(deck, "accept"), true);
  assert.equal(deck.cursor, 0);
});

test("skipping a whole page leads on to the next one", async () => {
  const { deck } = await deal(100, { show: "undecided" });
  for (let place = 0; place < 47; place++) assert.equal(decide(deck, "skip"), true);
  assert.equal(decide(deck, "skip"), false);
});

test("the skipped ones can be gone through one by one", async () => {
  const { pool, deck } = await deal(5);
  for (const card of pool.cards) card.verdict = "skip";
  await deck.change({ show: "skip" });
  assert.equal(decide(deck, "accept"), true);
  assert.equal(deck.cursor, 1);
});

test("the next page is fetched ahead and turned without asking", async () => {
  const { pool, deck } = await deal(100);
  const before = pool.asked.length;
  await deck.forward();
  assert.equal(deck.cards[0].rank, 48);
  assert.deepEqual(pool.asked.slice(before), [{ start: 96, direction: "next" }]);
});

test("a page fetched ahead is not shown once something else was decided on it", async () => {
  const { pool, deck } = await deal(100);
  pool.cards[48].verdict = "bulk_accept";
  deck.forget();
  await deck.forward();
  assert.equal(deck.cards[0].verdict, "bulk_accept");
});

test("going back by an arrow ends on the last card of the page before", async () => {
  const { deck } = await deal(100);
  await deck.forward();
  await deck.back("end");
  assert.deepEqual([deck.cards[0].rank, deck.card.rank], [0, 47]);
});

test("the cursor comes back to the image that the address names", async () => {
  const { deck } = await deal(100, { show: "all", rank: "48", image: "1050" });
  assert.equal(deck.card.id, 1050);
});

test("a late answer to an old question is not shown", async () => {
  const { pool, deck } = await deal(100);
  const answer = pool.page.bind(pool);
  pool.page = async (run, query) => {
    if (query.show === "skip") await new Promise((resolve) => setTimeout(resolve, 20));
    return answer(run, query);
  };
  const late = deck.change({ show: "skip" });
  await deck.change({ show: "all" });
  await late;
  assert.equal(deck.cards.length, 48);
});

test("past the end of the ranking the deck begins again with what was left, once", async () => {
  const { pool, deck } = await deal(60, { show: "undecided" });
  await deck.forward();
  assert.equal(deck.cards[0].rank, 48);
  for (const card of pool.cards) if (card.rank !== 5) card.verdict = "accept";
  deck.forget();
  await deck.forward();
  assert.deepEqual(deck.cards.map((card) => card.rank), [5]);
  pool.cards[5].verdict = "accept";
  deck.forget();
  const before = pool.asked.length;
  await deck.forward();
  assert.deepEqual(deck.cards, []);
  assert.deepEqual(pool.asked.slice(before), [{ start: 6, direction: "next" }, { start: 0, direction: "next" }]);
});

test("the page before ends where this one begins, and before the first there is none", async () => {
  const { pool, deck } = await deal(100);
  await deck.forward();
  await deck.back();
  assert.deepEqual([deck.cards[0].rank, deck.cards.at(-1).rank, deck.cursor], [0, 47, 0]);
  const before = pool.asked.length;
  await deck.back();
  assert.equal(pool.asked.length, before);
});

test("a queue of undecided images is done when its page is; a queue of all images never is", async () => {
  for (const [show, isDone] of [["undecided", true], ["all", false]]) {
    const { deck } = await deal(3, { show });
    assert.equal(deck.isDone, false);
    for (const card of deck.cards) card.verdict = "accept";
    assert.equal(deck.isDone, isDone);
  }
});

test("a visit to one image leads back to the page, the cursor and what was decided meanwhile", async () => {
  const { pool, deck } = await deal(100);
  pool.card = async (run, id) => ({ ...pool.cards.find((card) => card.id === id) });
  deck.cursor = 7;
  await deck.visit(1090);
  assert.deepEqual([deck.cards.length, deck.card.id], [1, 1090]);
  deck.apply([{ id: 1007, verdict: "reject", label: 1 }]);
  await deck.forward();
  assert.deepEqual([deck.cards.length, deck.cursor, deck.card.verdict], [48, 7, "reject"]);
  await deck.visit(1003);
  assert.deepEqual([deck.cards.length, deck.cursor], [48, 3]);
});

test("a drawn queue is asked for again by its draw, and a decision says where it was shown", async () => {
  const pool = new Pool(60);
  const asked = [];
  const whole = pool.page.bind(pool);
  pool.page = async (run, query) => { asked.push(query.drawn); return { ...(await whole(run, query)), drawn: query.ranking === "mixed" ? 7 : null }; };
  const deck = new Deck(pool, "run", { show: "all", ranking: "mixed", eta: "0.5" });
  await deck.load(0);
  assert.deepEqual(deck.origin(deck.card), { ranking: "mixed", rank: 0, eta: 0.5, drawn: 7 });
  assert.deepEqual(asked, ["", 7]); // the page fetched ahead is of the same draw
  await deck.change({ eta: "0.7" });
  assert.equal(asked[2], "");
  await deck.change({ ranking: "entropy" });
  assert.deepEqual(deck.origin(deck.card), { ranking: "entropy", rank: 0 });
});

test("a decision on this page keeps the page fetched ahead; one behind it is fetched again", async () => {
  const { pool, deck } = await deal(100);
  assert.deepEqual([deck.isAhead(47), deck.isAhead(48), deck.isAhead(undefined)], [false, true, true]);
  const before = pool.asked.length;
  deck.renew();
  assert.deepEqual(pool.asked.slice(before), [{ start: 48, direction: "next" }]);
  pool.cards[48].verdict = "bulk_accept"; // fetched before that: what is known meanwhile is written on it
  await deck.ahead.page;
  deck.apply([{ id: 1048, verdict: "bulk_accept", label: 0 }]);
  await deck.forward();
  assert.equal(deck.cards[0].verdict, "bulk_accept");
});

test("a late page ahead is not taken for the one that was asked for after it", async () => {
  const { pool, deck } = await deal(100);
  const heard = [];
  deck.onAhead = (cards) => heard.push(cards[0].verdict);
  const slow = [];
  const quick = pool.page.bind(pool);
  pool.page = (run, query) => new Promise((done) => slow.push(async () => done(await quick(run, query))));
  deck.renew();
  deck.renew();
  pool.cards[48].verdict = "accept";
  await slow[1]();
  await deck.ahead.page;
  pool.cards[48].verdict = "reject";
  await slow[0]();
  await Promise.resolve();
  assert.deepEqual([heard, deck.next[0].verdict], [["accept"], "accept"]);
});

test("decided ones are looked through again one by one, to the end of the page", async () => {
  const { pool, deck } = await deal(4);
  for (const card of pool.cards) card.verdict = "accept";
  await deck.change({ show: "accept" });
  assert.deepEqual([decide(deck, "reject"), deck.cursor], [true, 1]);
  assert.deepEqual([decide(deck, "accept"), deck.cursor], [true, 2]);
  deck.cursor = 3;
  assert.equal(decide(deck, "accept"), false);
  await deck.change({ show: "undecided" });
  assert.equal(deck.cards.length, 0);
});

test("a page that was asked for earlier does not take the place of the one turned to since", async () => {
  const { pool, deck } = await deal(200);
  const page = pool.page.bind(pool);
  let arrive;
  pool.page = (run, query) => new Promise((done) => { arrive = () => done(page(run, query)); });
  const slow = deck.load(0);
  const late = arrive;
  await deck.forward(); // fetched ahead
  late();
  await slow;
  assert.equal(deck.start, 48);
});

test("the same page once more leaves the cursor on its image, also where it was moved meanwhile", async () => {
  const { deck } = await deal(100);
  const again = deck.again();
  deck.move(7, false);
  await again;
  assert.deepEqual([deck.start, deck.card.id], [0, 1007]);
});
