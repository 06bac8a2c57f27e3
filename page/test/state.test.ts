// Messages change what is known; requests find their replies; frames are acknowledged and merged.
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { decoded, encoded, fragment } from "../src/address";
import type { Setting, State } from "../src/protocol";
import { known, Lab, lastUntil, merged, NOTHING } from "../src/state";
import { decode } from "../src/decode";
import type { Transport } from "../src/transport";

const setting = { data: { name: "xor", options: { noise: 0.1 }, target: "größe", test: 0.25 }, hidden: [4] } as unknown as Setting;
const state = { setting, network: { layers: [] }, playing: false, step: 3, last: 100, viewed: null } as unknown as State;
const golden = (): ArrayBuffer =>
  new Uint8Array(readFileSync(new URL("../../tests/studio/golden.plf", import.meta.url))).buffer;

class Wire implements Transport {
  sent: Record<string, unknown>[] = [];
  text: (text: string) => void = () => undefined;
  binary: (buffer: ArrayBuffer) => void = () => undefined;
  closed: (end: { code: number; reason: string }) => void = () => undefined;
  send = (text: string): void => void this.sent.push(JSON.parse(text) as Record<string, unknown>);
  onText = (listener: Wire["text"]): void => void (this.text = listener);
  onBinary = (listener: Wire["binary"]): void => void (this.binary = listener);
  onClose = (listener: Wire["closed"]): void => void (this.closed = listener);
  close = (): void => undefined;
  say(message: object): void {
    this.text(JSON.stringify(message));
  }
  ops(op: string): Record<string, unknown>[] {
    return this.sent.filter((message) => message["op"] === op);
  }
}

let wire: Wire;
let lab: Lab;
beforeEach(() => {
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => setTimeout(run, 0));
  wire = new Wire();
  lab = new Lab(wire, "secret");
});
const welcome = (): void => wire.say({ id: 0, ok: true, state, catalogue: { data: [] } });

describe("what is known", () => {
  it("follows the events", () => {
    const first = known(NOTHING, { event: "state", state });
    expect(first.state).toBe(state);
    expect(known(first, { event: "worker", alive: false, what: "killed" }).worker).toEqual({ alive: false, what: "killed" });
  });
  it("says a notice once, and keeps the last four", () => {
    let now = NOTHING;
    for (const what of ["a", "b", "a", "c", "d", "e"]) now = known(now, { event: "notice", severity: "info", what });
    expect(now.notices.map(({ what }) => what)).toEqual(["a", "c", "d", "e"]);
  });
  it("leaves what it had unchanged", () => {
    known(NOTHING, { event: "notice", severity: "info", what: "a" });
    expect(NOTHING.notices).toEqual([]);
  });
});

describe("frames", () => {
  it("keep the views that the next one does not have, while they are wanted", () => {
    const before = decode(golden());
    const next = { ...decode(golden()), seq: 8, views: { timeline: {} }, arrays: new Map() };
    const kept = merged(before, next, ["network", "timeline"]);
    expect(Object.keys(kept.views).sort()).toEqual(["network", "timeline"]);
    expect([...kept.arrays.keys()].every((name) => name.startsWith("network/"))).toBe(true);
    expect(kept.arrays.size).toBeGreaterThan(0);
    expect(merged(before, next, ["timeline"]).arrays.size).toBe(0);
  });
  it("are acknowledged at once and shown once a picture, the newest wins", async () => {
    welcome();
    wire.binary(golden());
    wire.binary(golden());
    expect(wire.sent.filter((message) => "ack" in message)).toEqual([{ ack: 7 }, { ack: 7 }]);
    expect(lab.frame.value).toBeNull();
    await new Promise((done) => setTimeout(done, 5));
    expect(lab.frame.value?.step).toBe(1200);
  });
  it("that are none become a notice", () => {
    welcome();
    wire.binary(new ArrayBuffer(3));
    expect(lab.known.value.notices[0]?.what).toMatch(/could not be read/);
  });
});

describe("the conversation", () => {
  it("begins with the token and asks for what is on screen", () => {
    expect(wire.sent).toEqual([{ id: 0, op: "hello", token: "secret", version: 1 }]);
    welcome();
    expect(Object.keys(wire.ops("subscribe")[0]!["views"] as object)).toEqual(["network", "surface", "curves", "timeline"]);
  });
  it("asks for a view when it is opened, once", () => {
    welcome();
    lab.tab.value = "flow";
    lab.tab.value = "flow";
    expect(wire.ops("subscribe")).toHaveLength(2);
    expect(wire.ops("subscribe")[1]!["views"]).toHaveProperty("flow");
    lab.visible.value = false;
    expect(wire.ops("subscribe")[2]!["views"]).toEqual({ timeline: {} });
  });
  it("keeps an error where it belongs until the next success there", async () => {
    welcome();
    const asked = lab.set({ hidden: [99] }, "network");
    wire.say({ id: wire.ops("set")[0]!["id"], ok: false, error: { what: "too many units", mend: "use at most 32" } });
    await asked;
    expect(lab.problems.value["network"]?.mend).toBe("use at most 32");
    const again = lab.set({ hidden: [9] }, "network");
    wire.say({ id: wire.ops("set")[1]!["id"], ok: true, state: { ...state, step: 0 } });
    await again;
    expect(lab.problems.value).toEqual({});
    expect(lab.state.value?.step).toBe(0);
  });
  it("fetches one step at a time while scrubbing, the last wish last", async () => {
    welcome();
    for (const step of [1, 2, 3]) lab.seek(step);
    expect(wire.ops("seek").map(({ step }) => step)).toEqual([1]);
    expect(lab.viewed.value).toBe(3);
    wire.say({ id: wire.ops("seek")[0]!["id"], ok: true });
    await Promise.resolve();
    await Promise.resolve();
    expect(wire.ops("seek").map(({ step }) => step)).toEqual([1, 3]);
  });
  it("scrubs by a share of the recording and returns to the present at its end", () => {
    welcome();
    lab.scrub(-1);
    expect(lab.viewed.value).toBe(98);
    lab.scrub(1);
    expect(lab.scrubbing.value).toBeNull();
  });
  it("says when it was refused and when it was lost", () => {
    wire.closed({ code: 4401, reason: "" });
    expect(lab.connection.value).toBe("refused");
    wire.closed({ code: 1006, reason: "" });
    expect(lab.connection.value).toBe("lost");
  });
});

describe("the address", () => {
  it("carries a setting there and back", () => expect(decoded(encoded(setting))).toEqual(setting));
  it("reads the token beside it", () => {
    expect(fragment(`#token=abc&s=${encoded(setting)}`)).toEqual({ token: "abc", setting });
  });
  it("takes nothing that is no setting", () => {
    expect([decoded("%%"), decoded(btoa("[1]")), fragment("").setting]).toEqual([null, null, null]);
  });
});

it("finds the entry at a step", () => {
  expect([0, 1, 5, 9].map((step) => lastUntil([1, 4, 6], step))).toEqual([-1, 0, 1, 2]);
});
