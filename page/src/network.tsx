// The diagram: columns of neurons, each a heatmap of its response, joined by their weights.
import { useComputed } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { diverging, ink, range, reach } from "./colours";
import type { NamedArray } from "./decode";
import { paint } from "./heatmap";
import { Inspector } from "./inspector";
import { arrange, edge, type Edge, type Layout, nearestEdge, neighbour, ROOM, type Spot, strongest, TITLES } from "./layout";
import { count, short } from "./numbers";
import { Reason, Trouble, useDrawing, useLab, useSize } from "./parts";
import type { NetworkView } from "./protocol";
import type { Lab } from "./state";
import { type Sheet, Twin } from "./table";

const EDGES = 640;
const MARGIN = 8; // around the drawing, above and below

interface Structure {
  picture: boolean;
  inputs: string[];
  layers: { path: string; units: number[] }[];
}

/** What does not change from frame to frame, as text, so that only a change of it is drawn anew. */
function structure(lab: Lab): string {
  const view = lab.view<NetworkView>("network");
  if (!view) return "";
  const input = lab.array("network/input");
  const names = view.features;
  const inputs = Array.from({ length: input?.shape[0] ?? 0 }, (_, i) => names[i] ?? `input ${i + 1}`);
  const layers = view.layers.map(({ path, units }) => ({ path, units }));
  return JSON.stringify({ picture: Boolean(lab.state.value?.data.image), inputs, layers } satisfies Structure);
}

export function weightsOf(lab: Lab): (NamedArray & { fits: boolean })[] {
  let before = lab.array("network/input")?.shape[0] ?? 0;
  return lab.columns.value.map(({ units }, k) => {
    const found = lab.array(`network/weights/${k}`);
    const fits = found?.shape.length === 2 && found.shape[0] === units.length && found.shape[1] === before;
    before = units.length;
    return found && fits ? { ...found, fits } : { shape: [0, 1], values: new Float32Array(), fits: false };
  });
}

export function NetworkDiagram() {
  const lab = useLab();
  const text = useComputed(() => structure(lab)).value;
  const [box, size] = useSize<HTMLDivElement>();
  const known = useMemo(() => (text ? (JSON.parse(text) as Structure) : null), [text]);
  const counts = known ? [known.inputs.length, ...known.layers.map(({ units }) => units.length)] : [];
  const layout = arrange(counts, { ...ROOM, ...size, largest: Math.max(ROOM.largest, Math.min(112, size.width / 12)), height: Math.max(size.height - TITLES, 160) });
  const least = arrange(counts, { ...ROOM, width: 0, height: 0, largest: ROOM.smallest }).height;
  return (
    <section class="network" aria-labelledby="network-title">
      <div class="heading">
        <h2 id="network-title">Network</h2>
        <p class="quiet">{count(lab.state.value?.network.parameters ?? 0)} parameters</p>
      </div>
      <div class="diagram" ref={box} style={{ minHeight: `min(${least + TITLES + MARGIN}px, 80vh)` }}>
        {known ? <Drawing known={known} counts={counts} layout={layout} /> : <Reason view="network" />}
      </div>
      <Inspector />
      <Trouble at="weights" />
      <Twin of="Network" sheets={() => sheets(lab)} />
    </section>
  );
}

function Drawing({ known, counts, layout }: { known: Structure; counts: number[]; layout: Layout }) {
  const lab = useLab();
  const root = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLParagraphElement>(null);
  const edges = useEdges(root, layout, known);
  useTiles(root, layout, known);

  const spotAt = (event: Event): Spot | null => {
    const tile = (event.target as Element).closest<HTMLElement>("[data-spot]");
    if (!tile) return null;
    const [column, unit] = tile.dataset["spot"]!.split(",").map(Number) as [number, number];
    return { column, unit };
  };
  const focus = ({ column, unit }: Spot): void =>
    root.current?.querySelector<HTMLElement>(`[data-spot="${column},${unit}"]`)?.focus();
  const onKeyDown = (event: KeyboardEvent): void => {
    const spot = spotAt(event);
    const direction = ARROWS[event.key];
    if (!spot || !direction) return;
    event.preventDefault();
    focus(neighbour(counts, spot, direction));
  };
  const onPointerMove = (event: PointerEvent): void => {
    const frame = root.current!.getBoundingClientRect();
    const found = spotAt(event) ? null : nearestEdge(layout, edges.current, event.clientX - frame.x, event.clientY - frame.y);
    tell(tip.current!, found === null ? "" : sayEdge(lab, known, found), event.clientX - frame.x, event.clientY - frame.y);
    root.current!.classList.toggle("on-edge", found !== null);
  };
  const onClick = (event: MouseEvent): void => {
    const spot = spotAt(event);
    const frame = root.current!.getBoundingClientRect();
    const found = spot ? null : nearestEdge(layout, edges.current, event.clientX - frame.x, event.clientY - frame.y);
    if (spot) lab.inspected.value = spot;
    else if (found) {
      lab.inspected.value = { column: found.layer + 1, unit: found.to };
      lab.editing.value = found.from;
    }
  };
  return (
    <div
      class="drawing"
      ref={root}
      role="group"
      aria-label="Neurons. Arrow keys move between them, Enter inspects."
      style={{ width: `${layout.width}px`, height: `${layout.height + TITLES}px` }}
      onKeyDown={onKeyDown}
      onPointerMove={onPointerMove}
      onPointerLeave={() => tell(tip.current!, "", 0, 0)}
      onClick={onClick}
    >
      <svg class="edges" width={layout.width} height={layout.height} aria-hidden="true" />
      {layout.columns.map((tiles, column) => (
        <Column key={column} known={known} column={column} tiles={tiles} size={layout.size} />
      ))}
      <p class="tip" ref={tip} hidden />
    </div>
  );
}

const ARROWS: Record<string, "up" | "down" | "left" | "right"> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

function tell(tip: HTMLElement, text: string, x: number, y: number): void {
  tip.hidden = !text;
  tip.textContent = text;
  // On the right half it stands to the left of the pointer, where there is room.
  const left = x > tip.parentElement!.clientWidth / 2;
  tip.style.transform = `translate(${x + (left ? -12 : 12)}px, ${y + 12}px) translateX(${left ? "-100%" : "0"})`;
}

export function unitName(lab: Lab, inputs: string[], { column, unit }: Spot): string {
  if (column === 0) return inputs[unit] ?? `input ${unit + 1}`;
  const layer = lab.columns.value[column - 1];
  const number = (layer?.units[unit] ?? unit) + 1;
  const last = column === lab.columns.value.length;
  const classes = lab.state.value?.data.classes;
  if (last) return classes && classes.length === layer?.units.length ? `output “${classes[unit]}”` : "output";
  return `layer ${column}, unit ${number}`;
}

function sayEdge(lab: Lab, known: Structure, { layer, from, to }: Edge): string {
  const weights = lab.array(`network/weights/${layer}`);
  const value = weights?.values[to * (weights.shape[1] ?? 1) + from];
  const names = [{ column: layer, unit: from }, { column: layer + 1, unit: to }].map((spot) => unitName(lab, known.inputs, spot));
  return `${names.join(" → ")}: ${short(value)}`;
}

function Column(props: { known: Structure; column: number; tiles: { x: number; y: number }[]; size: number }) {
  const { known, column, tiles, size } = props;
  const lab = useLab();
  const last = column === known.layers.length;
  const end = column === 0 ? " first" : last ? " last" : "";
  const name = column === 0 ? (known.picture ? "Image" : "Inputs") : last ? "Output" : `Layer ${column}`;
  const all = lab.state.value?.network.layers[column - 1]?.units ?? 0;
  const title = all > tiles.length ? `${name}: ${tiles.length} of ${count(all)}` : name;
  const inspected = lab.inspected.value;
  const x = tiles[0]?.x ?? 0;
  return (
    <>
      <p class={`column-title${end}`} style={{ left: `${x + (end === " last" ? size : end ? 0 : size / 2)}px` }}>
        {title}
      </p>
      {tiles.map(({ x: left, y }, unit) => {
        const here = inspected?.column === column && inspected.unit === unit;
        const first = column === 0 && unit === 0;
        return (
          <button
            key={unit}
            type="button"
            class={`tile${here ? " inspected" : ""}`}
            data-spot={`${column},${unit}`}
            tabIndex={here || (!inspected && first) ? 0 : -1}
            aria-label={`Inspect ${unitName(lab, known.inputs, { column, unit })}`}
            aria-pressed={here}
            style={{ left: `${left}px`, top: `${y + TITLES}px`, width: `${size}px`, height: `${size}px` }}
            onPointerEnter={() => (lab.hovered.value = { column, unit })}
            onPointerLeave={() => (lab.hovered.value = null)}
          >
            <canvas width={1} height={1} aria-hidden="true" />
          </button>
        );
      })}
    </>
  );
}

/** The response of one neuron as a grid, with the extent its colours span. */
export function response(lab: Lab, { column, unit }: Spot): { grid: NamedArray; low: number; high: number } | null {
  const array = lab.array(column === 0 ? "network/input" : `network/maps/${column - 1}`);
  if (!array || array.shape.length !== 3 || unit >= array.shape[0]!) return null;
  const [, rows, columns] = array.shape as [number, number, number];
  const cells = rows * columns;
  const values = array.values.subarray(unit * cells, (unit + 1) * cells);
  const layer = column === 0 ? null : lab.columns.value[column - 1];
  if (!layer) {
    const [low, high] = range(values);
    return { grid: { shape: [rows, columns], values }, low, high };
  }
  const most = Math.max(Math.abs(layer.low), Math.abs(layer.high)) || 1;
  return { grid: { shape: [rows, columns], values }, low: -most, high: most };
}

function useTiles(root: { current: HTMLDivElement | null }, layout: Layout, known: Structure): void {
  const lab = useLab();
  useDrawing(() => {
    const map = diverging(lab.dark.value);
    const picture = ink(lab.dark.value);
    if (!lab.frame.value || !root.current) return;
    for (const tile of root.current.querySelectorAll<HTMLElement>("[data-spot]")) {
      const [column, unit] = tile.dataset["spot"]!.split(",").map(Number) as [number, number];
      const found = response(lab, { column, unit });
      if (!found) continue;
      const [rows, columns] = found.grid.shape as [number, number];
      const grid = { values: found.grid.values, rows, columns };
      const own = column && lab.columns.value[column - 1];
      tile.classList.toggle("silent", Boolean(own && own.silent?.includes(own.units[unit]!)));
      paint(tile.firstElementChild as HTMLCanvasElement, grid, known.picture && !column ? picture : map, [found.low, found.high], !known.picture);
    }
  }, [layout.size, known]);
}

const SVG = "http://www.w3.org/2000/svg";

function useEdges(root: { current: HTMLDivElement | null }, layout: Layout, known: Structure): { current: Edge[] } {
  const lab = useLab();
  const edges = useRef<Edge[]>([]);
  const key = `${layout.width} ${layout.height} ${layout.size}`;
  useDrawing(() => {
    const svg = root.current?.querySelector("svg");
    if (!lab.frame.value || !svg) return;
    const weights = weightsOf(lab);
    edges.current = strongest(weights, EDGES);
    while (svg.childElementCount > edges.current.length) svg.lastElementChild!.remove();
    while (svg.childElementCount < edges.current.length) svg.append(document.createElementNS(SVG, "path"));
    const most = Math.max(1, ...weights.map(({ values }) => reach(values)));
    // A frame of the next network may come before the diagram of it is drawn.
    if (edges.current.some(({ layer, from, to }) => !layout.columns[layer]?.[from] || !layout.columns[layer + 1]?.[to])) return;
    const widest = Math.max(2, Math.min(7, layout.size / 6));
    edges.current.forEach(({ layer, from, to }, i) => {
      const path = svg.children[i] as SVGPathElement;
      const { values, shape } = weights[layer]!;
      const weight = values[to * shape[1]! + from]!;
      const width = String(0.5 + Math.round((Math.abs(weight) / most) * (widest - 0.5) * 4) / 4);
      change(path, "d", edge(layout.columns[layer]![from]!, layout.columns[layer + 1]![to]!, layout.size));
      change(path, "stroke-width", width);
      change(path, "class", weight < 0 ? "negative" : "positive");
    });
  }, [key, known]);
  useDrawing(() => {
    const spot = lab.hovered.value ?? lab.inspected.value;
    const svg = root.current?.querySelector("svg");
    svg?.classList.toggle("choosing", spot !== null);
    if (!svg || !spot || !lab.frame.value) return;
    edges.current.forEach(({ layer, from, to }, i) => {
      const near = (layer + 1 === spot.column && to === spot.unit) || (layer === spot.column && from === spot.unit);
      svg.children[i]?.toggleAttribute("data-near", near);
    });
  }, [key, known]);
  return edges;
}

function change(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function sheets(lab: Lab): Sheet[] {
  const inputs = lab.view<NetworkView>("network")?.features ?? [];
  const weights: Sheet["rows"] = weightsOf(lab).flatMap(({ values, shape }, k) =>
    Array.from(values, (value, place) => {
      const [to, from] = [Math.floor(place / shape[1]!), place % shape[1]!];
      return [unitName(lab, inputs, { column: k, unit: from }), unitName(lab, inputs, { column: k + 1, unit: to }), value];
    }),
  );
  const biases: Sheet["rows"] = lab.columns.value.flatMap((_, k) =>
    Array.from(lab.array(`network/biases/${k}`)?.values ?? [], (value, unit) => [
      unitName(lab, inputs, { column: k + 1, unit }),
      value,
      ...responseRange(lab, { column: k + 1, unit }),
    ]),
  );
  return [
    { caption: "Weights", columns: ["from", "to", "weight"], rows: weights },
    { caption: "Units", columns: ["unit", "bias", "lowest response", "highest response"], rows: biases },
  ];
}

function responseRange(lab: Lab, spot: Spot): number[] {
  const found = response(lab, spot);
  return found ? [Math.min(...found.grid.values), Math.max(...found.grid.values)] : [];
}
