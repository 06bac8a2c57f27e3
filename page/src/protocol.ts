// What page and server say to each other. The server's own names are kept.

export interface DataChoice {
  name: string;
  options: Record<string, number | string | boolean | null>;
  target: string | null;
  test: number;
}

export interface LayerChoice {
  type: string;
  arguments: Record<string, unknown>;
}

/** Everything a user has chosen. */
export interface Setting {
  data: DataChoice;
  hidden: number[];
  activation: string;
  layers: LayerChoice[] | null;
  loss: string | null;
  optimizer: string;
  learning_rate: number;
  batch_size: number;
  dropout: number;
  batch_norm: boolean;
  weight_decay: number;
  prepare: string | null;
  axes: [number, number];
  seed: number;
}

export type Change = Partial<Omit<Setting, "data">> & { data?: Partial<DataChoice> };

export interface DataInfo {
  name: string;
  title: string;
  task: "classification" | "regression";
  rows: number;
  train: number;
  test: number;
  features: string[];
  classes: string[] | null;
  image: [number, number, number] | null;
  target: string | null;
  /** What was left out of a table, in sentences. */
  notes: string[];
}

export interface LayerInfo {
  index: number;
  path: string;
  type: string;
  title: string;
  units: number;
  shape: number[];
  activation: string | null;
  parameters: number;
  shown: number[];
  kernel: number[] | null;
}

export interface Finding {
  code: string;
  severity: string;
  message: string;
  evidence?: unknown;
  remedy?: string | null;
  step?: number | null;
}

export interface State {
  setting: Setting;
  data: DataInfo;
  network: { parameters: number; layers: LayerInfo[] };
  playing: boolean;
  step: number;
  epoch: number;
  last: number;
  viewed: number | null;
  steps_per_epoch: number;
  speed: "max" | number;
  edited: boolean;
  findings: Finding[];
  /** By layer, the units whose output counts as nothing. */
  silent?: Record<string, number[]>;
}

export interface Catalogue {
  data: { name: string; title: string; task: string; image: boolean; description: string; options?: Record<string, number> }[];
  activations: string[];
  optimizers: string[];
  losses: Record<string, string[]>;
  limits: { layers: number; units: number; rows: number; columns: number; upload: number; racers: number; cells: number; seeds: number; epochs: number };
}

/** An error of the library: what was wrong and what to do instead. */
export interface Problem {
  what: string;
  where?: string | null;
  got?: string | null;
  wanted?: string | null;
  mend?: string | null;
}

export interface Reply {
  id: number;
  ok: boolean;
  error?: Problem;
  state?: State;
  catalogue?: Catalogue;
}

export type Event =
  | { event: "state"; state: State }
  | { event: "worker"; alive: boolean; what?: string }
  | { event: "notice"; severity: "info" | "warning" | "error"; what: string; mend?: string | null };

export interface Mark {
  step: number;
  kind: string;
  text: string;
}

export interface NetworkView {
  x: [number, number];
  y: [number, number];
  resolution: number;
  features: string[];
  layers: { path: string; units: number[]; low: number; high: number; silent?: number[] }[];
  reason?: string;
}

export interface Racer {
  optimizer: string;
  learning_rate: number;
}

/** How a race or a sweep stands. */
export type JobState = "none" | "running" | "ending" | "done" | "stopped" | "failed";

export interface RaceView {
  state: JobState;
  offered: { name: string; title: string; rate: number }[];
  start?: "first" | "present";
  epochs?: number;
  first?: number;
  steps?: number;
  error?: string | null;
  racers?: (Racer & { title: string; steps: number; loss: number | null; test: number | null; broken: string | null; beneath: number | null })[];
  /** Of the variance of all ways, what each direction of the plane shows. */
  shares?: [number, number];
  x?: [number, number];
  y?: [number, number];
  measured?: number;
  logarithmic?: boolean;
}

export type Value = number | string;

/** A run; one that diverged has no numbers. */
export interface SweepRun {
  cell: number;
  seed: number;
  steps: number;
  loss: number | null;
  score: number | null;
}

export interface SweepView {
  state: JobState;
  offered: { name: string; title: string; values: Value[] }[];
  by?: string;
  seeds?: number[];
  epochs?: number;
  axes?: { name: string; title: string; values: Value[] }[];
  done?: number;
  total?: number;
  seconds?: number;
  best?: number | null;
  opened?: number | null;
  logarithmic?: boolean;
  greater_is_better?: boolean;
  error?: string | null;
  /** By cell, the run that is nearest to its median. */
  middle?: (number | null)[];
}

export interface MicroscopeRow {
  name: string;
  symbol: string;
  formula: string;
  substituted: string | null;
  shape: number[];
  checked: number | null;
  direction: "forward" | "backward";
  cut?: boolean;
}

export type Options = Record<string, unknown>;

/** What the server read of an uploaded table. */
export interface Uploaded {
  name: string;
  rows: number;
  columns: { name: string; kind: string; missing: number }[];
  suggested_target: string | null;
}
