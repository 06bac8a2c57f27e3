// What the page knows, and how messages change it. Pure functions first, then the signals of one mounted page.
import { batch, computed, effect, signal } from "@preact/signals";
import { encoded } from "./address";
import { decode, type Frame, FrameError, type NamedArray } from "./decode";
import type { Spot } from "./layout";
import type {
  Catalogue, Change, Event, LayerInfo, NetworkView, Options, Problem, Racer, RaceView, Reply, Setting, State, Uploaded,
} from "./protocol";
import type { Transport } from "./transport";

export interface Notice {
  severity: "info" | "warning" | "error";
  what: string;
  mend: string | null;
}

export interface Known {
  state: State | null;
  worker: { alive: boolean; what: string };
  notices: Notice[];
}

export const NOTHING: Known = { state: null, worker: { alive: true, what: "" }, notices: [] };

const NOTICES = 4;

/** What is known after an event. */
export function known(before: Known, event: Event): Known {
  switch (event.event) {
    case "state":
      return { ...before, state: event.state };
    case "worker":
      return { ...before, worker: { alive: event.alive, what: event.what ?? "" } };
    case "notice": {
      const next = { severity: event.severity, what: event.what, mend: event.mend ?? null };
      const others = before.notices.filter(({ what }) => what !== next.what);
      return { ...before, notices: [...others, next].slice(-NOTICES) };
    }
    default:
      return before;
  }
}

/** The newest frame, keeping what is still asked for and not in it. */
export function merged(before: Frame | null, next: Frame, wanted: readonly string[]): Frame {
  if (!before) return next;
  const kept = wanted.filter((view) => !(view in next.views) && view in before.views);
  if (!kept.length) return next;
  const views = { ...next.views };
  const arrays = new Map(next.arrays);
  for (const view of kept) {
    views[view] = before.views[view]!;
    for (const [name, array] of before.arrays) if (name.startsWith(`${view}/`)) arrays.set(name, array);
  }
  return { ...next, views, arrays };
}

/** The index of the last entry that is not after `step`; -1 where all are. */
export function lastUntil(steps: ArrayLike<number>, step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export const TABS = ["curves", "microscope", "flow", "convolution", "errors", "race", "sweep", "python"] as const;
export type Tab = (typeof TABS)[number];
export type Connection = "connecting" | "open" | "lost" | "refused";
export interface RaceForm {
  racers: Racer[];
  start: "first" | "present";
  epochs: number;
}

/** What a user has written; the values are read when the sweep begins. */
export interface SweepForm {
  across: string;
  down: string;
  values: Record<string, string>;
  seeds: number;
  epochs: number;
}

export type Place = { layer: string | null; channel: number; place: [number, number] };

const LATE = 400; // milliseconds after which a wait is told
const REFUSED = [4400, 4401, 4403, 1008];

export class Lab {
  readonly known = signal<Known>(NOTHING);
  readonly state = computed(() => this.known.value.state);
  readonly catalogue = signal<Catalogue | null>(null);
  readonly frame = signal<Frame | null>(null);
  readonly connection = signal<Connection>("connecting");
  readonly problems = signal<Record<string, Problem>>({});
  readonly tab = signal<Tab>("curves");
  readonly inspected = signal<Spot | null>(null);
  readonly hovered = signal<Spot | null>(null);
  /** The place before the inspected unit whose weight is to be edited. */
  readonly editing = signal<number | null>(null);
  readonly uploaded = signal<Uploaded | null>(null);
  readonly microscopeLayer = signal<string | null>(null);
  readonly convolution = signal<Place>({ layer: null, channel: 0, place: [0, 0] });
  readonly errorsPart = signal<"train" | "test">("test");
  readonly race = signal<RaceForm>({
    racers: [
      { optimizer: "sgd", learning_rate: 0.1 },
      { optimizer: "momentum", learning_rate: 0.03 },
      { optimizer: "nesterov", learning_rate: 0.03 },
      { optimizer: "rmsprop", learning_rate: 0.01 },
      { optimizer: "adam", learning_rate: 0.03 },
    ],
    start: "first",
    epochs: 20,
  });
  readonly sweep = signal<SweepForm>({ across: "learning_rate", down: "width", values: {}, seeds: 5, epochs: 20 });
  /** The step of the race that is looked at: it may be later than the last one of the run. */
  readonly raced = signal<number | null>(null);
  readonly scrubbing = signal<number | null>(null);
  readonly stepUnit = signal<"example" | "batch" | "epoch">("epoch");
  /** How many requests have waited long for their answers. */
  readonly busy = signal(0);
  readonly keysShown = signal(false);
  readonly visible = signal(true);
  readonly dark = signal(false);
  readonly announced = signal("");
  readonly viewed = computed(() => this.scrubbing.value ?? this.state.value?.viewed ?? null);
  /** Where the timeline stands: in the run, or in a race while it is on screen. */
  readonly moment = computed(() => (this.tab.value === "race" ? this.raced.value : null) ?? this.viewed.value);
  /** The layers that have weights, which are the columns of the network view. */
  readonly columns = computed(() => this.view<NetworkView>("network")?.layers ?? []);

  /** Whether the last thing that was done was done with a pointer. */
  pointing = false;

  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private readonly ends: (() => void)[] = [];
  private next = 1;
  private pending: Frame | null = null;
  private subscribed = "";
  private seeking: { step: number | null } | null = null;
  private seekBusy = false;
  private training: boolean | null = null;
  private moving: [number, number, number] | null = null;

  constructor(
    readonly transport: Transport,
    private readonly token: string,
    private opening: Partial<Setting> | null = null,
  ) {
    transport.onText((text) => this.hear(text));
    transport.onBinary((buffer) => this.see(buffer));
    transport.onClose(({ code }) => {
      this.connection.value = REFUSED.includes(code) ? "refused" : "lost";
      this.waiting.clear();
      this.seekBusy = false;
      this.training = null;
      this.moving = null;
      this.busy.value = 0;
    });
    this.ends.push(effect(() => this.subscribe(this.connection.value === "open" ? this.wanted() : null)));
    this.hello();
  }

  private hello(): void {
    this.connection.value = "connecting";
    this.subscribed = "";
    this.waiting.set(0, (reply) => this.welcome(reply));
    this.transport.send(JSON.stringify({ id: 0, op: "hello", token: this.token, version: 1 }));
  }

  private welcome(reply: Reply): void {
    if (!reply.ok || !reply.state) {
      this.learn({ event: "worker", alive: false, what: reply.error?.what ?? "" });
      return;
    }
    batch(() => {
      this.catalogue.value = reply.catalogue ?? null;
      this.learn({ event: "state", state: reply.state! });
      this.learn({ event: "worker", alive: true });
      this.connection.value = "open";
    });
    const { opening } = this;
    this.opening = null;
    if (opening && encoded(opening as Setting) !== encoded(reply.state.setting)) void this.set(opening, "lab");
  }

  reconnect(): void {
    this.transport.reopen?.();
    this.hello();
  }

  close(): void {
    for (const end of this.ends) end();
    this.transport.close();
  }

  learn(event: Event): void {
    this.known.value = known(this.known.value, event);
  }

  private hear(text: string): void {
    const message = JSON.parse(text) as Reply | Event;
    if ("event" in message) this.learn(message);
    else {
      const answer = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      answer?.(message);
    }
  }

  private see(buffer: ArrayBuffer): void {
    let frame: Frame;
    try {
      frame = decode(buffer);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.learn({ event: "notice", severity: "error", what: `A picture could not be read: ${error.message}` });
      return;
    }
    this.transport.send(JSON.stringify({ ack: frame.seq }));
    const idle = this.pending === null;
    this.pending = frame;
    if (idle) requestAnimationFrame(() => this.show());
  }

  private show(): void {
    const next = this.pending;
    this.pending = null;
    if (next) this.frame.value = merged(this.frame.value, next, Object.keys(this.wanted()));
  }

  /** Ask the server; an error is kept under `where`, so that it is shown where it belongs. */
  request<Answer = object>(op: string, fields: Options = {}, where = op): Promise<Reply & Partial<Answer>> {
    const id = this.next++;
    return new Promise((resolve) => {
      let late = false;
      const watch = setTimeout(() => {
        late = this.waiting.has(id);
        if (late) this.busy.value++;
      }, LATE);
      this.waiting.set(id, (reply) => {
        clearTimeout(watch);
        if (late) this.busy.value = Math.max(0, this.busy.value - 1);
        this.judge(reply, where);
        resolve(reply as Reply & Partial<Answer>);
      });
      this.transport.send(JSON.stringify({ id, op, ...fields }));
    });
  }

  private judge(reply: Reply, where: string): void {
    batch(() => {
      if (!reply.ok) this.report(where, reply.error ?? { what: "The server gave no reason." });
      else if (where in this.problems.value) this.forgive(where);
      if (reply.state) this.learn({ event: "state", state: reply.state });
    });
  }

  report(where: string, problem: Problem): void {
    this.problems.value = { ...this.problems.value, [where]: problem };
  }

  forgive(where: string): void {
    const { [where]: _, ...others } = this.problems.value;
    this.problems.value = others;
  }

  set(setting: Change, where: string): Promise<Reply> {
    return this.request("set", { setting }, where);
  }

  /** Train or pause; a second wish counts from the first, even before its answer. */
  toggle(): void {
    const training = !(this.training ?? this.state.peek()?.playing ?? false);
    this.training = training;
    void this.request(training ? "play" : "pause", {}, "bar").then(() => {
      if (this.training === training) this.training = null;
    });
  }

  step(): void {
    void this.request("step", { unit: this.stepUnit.value }, "bar");
  }

  /** Look at a recorded step. While one is being fetched only the newest wish is kept. */
  seek(step: number | null): void {
    this.raced.value = step;
    const own = step !== null && step >= this.last() ? null : step;
    this.scrubbing.value = own;
    this.seeking = { step: own };
    if (!this.seekBusy) void this.fetchSeek();
  }

  private async fetchSeek(): Promise<void> {
    this.seekBusy = true;
    while (this.seeking) {
      const { step } = this.seeking;
      this.seeking = null;
      await this.request("seek", { step }, "timeline");
    }
    this.seekBusy = false;
    this.scrubbing.value = null;
  }

  /** Move over the recording by a share of its length. */
  scrub(direction: -1 | 1): void {
    const last = this.reach();
    const now = this.moment.value ?? last;
    const by = Math.max(1, Math.round(last / 50));
    const next = Math.max(0, now + direction * by);
    this.seek(next >= last ? null : next);
  }

  last(): number {
    return Math.max(this.frame.value?.last ?? 0, this.state.value?.last ?? 0);
  }

  /** The last step of the timeline: that of the run, or of the race that is on screen. */
  reach(): number {
    const race = this.tab.value === "race" ? this.view<Partial<RaceView>>("race") : null;
    return Math.max(this.last(), (race?.first ?? 0) + (race?.steps ?? 0));
  }

  view<T = Record<string, unknown>>(name: string): T | null {
    const found = this.frame.value?.views[name];
    return found === undefined || "reason" in found ? null : (found as T);
  }

  reason(name: string): string | null {
    const told = this.frame.value?.views[name]?.["reason"];
    return typeof told === "string" ? told : null;
  }

  array(name: string): NamedArray | null {
    return this.frame.value?.arrays.get(name) ?? null;
  }

  layerAt(path: string): LayerInfo | undefined {
    return this.state.value?.network.layers.find((layer) => layer.path === path);
  }

  /** Everything that is on screen, and nothing else: the server computes what is asked for. */
  wanted(): Record<string, Options> {
    if (!this.visible.value) return { timeline: {} };
    const units = this.state.value?.network.layers.reduce((sum, { shown }) => sum + shown.length, 0) ?? 0;
    const views: Record<string, Options> = {
      network: { resolution: units > 64 ? 24 : 40 },
      surface: { resolution: 100 },
      curves: { points: 400 },
      timeline: {},
    };
    const tab = this.tab.value;
    if (tab === "microscope") views["microscope"] = { layer: this.microscopeLayer.value };
    if (tab === "flow") views["flow"] = {};
    if (tab === "convolution") views["convolution"] = { ...this.convolution.value };
    if (tab === "race") views["race"] = {};
    if (tab === "sweep") views["sweep"] = {};
    if (tab === "errors") views["errors"] = { part: this.errorsPart.value, limit: 60 };
    return views;
  }

  private subscribe(views: Record<string, Options> | null): void {
    if (!views) return;
    const text = JSON.stringify(views);
    if (text === this.subscribed) return;
    this.subscribed = text;
    void this.request("subscribe", { views, fps: 30 }, "subscribe");
  }

  silence(layer: string, unit: number, silent: boolean): void {
    void this.request("silence", { layer, unit, silent }, "weights");
  }

  /** Drag a point. While one place is being sent only the newest is kept. */
  async movePoint(index: number, x: number, y: number): Promise<void> {
    const idle = this.moving === null;
    this.moving = [index, x, y];
    if (!idle) return;
    for (let sent = null as Lab["moving"]; this.moving !== sent; ) {
      sent = this.moving;
      await this.request("points", { move: [sent] }, "points");
    }
    this.moving = null;
  }

  reset(): void {
    void this.request("reset", {}, "bar");
  }

  async restart(): Promise<void> {
    const reply = await this.request("restart", {}, "restart");
    if (!reply.ok) return;
    this.learn({ event: "worker", alive: true });
    if (!this.catalogue.value) this.hello();
  }

  dismiss(what: string): void {
    this.known.value = { ...this.known.value, notices: this.known.value.notices.filter((one) => one.what !== what) };
  }

  /** Look at one example in the microscope. */
  async look(index: number, part: "train" | "test"): Promise<void> {
    const reply = await this.request("example", { index, part }, "microscope");
    if (reply.ok) this.tab.value = "microscope";
  }

  /** Say something to those who hear the page. */
  announce(text: string): void {
    this.announced.value = text;
  }
}
