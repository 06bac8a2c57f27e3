// A window that slides over a picture: the numbers under it, the kernel, their products, and the map they make.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { diverging, ink, range, reach } from "./colours";
import type { NamedArray } from "./decode";
import { paint } from "./heatmap";
import { Cells } from "./microscope";
import { Choose, Reason, Trouble, useDrawing, useLab } from "./parts";
import type { Lab } from "./state";
import { grid } from "./microscope";
import { type Sheet, Twin } from "./table";

interface ConvolutionView {
  layer: string;
  channel: number;
  place: [number, number];
  kernel?: [number, number] | number;
  stride?: [number, number] | number;
  padding?: [number, number] | number;
  substituted?: string;
}

const pair = (value: [number, number] | number | undefined, otherwise: number): [number, number] =>
  Array.isArray(value) ? value : [value ?? otherwise, value ?? otherwise];

export function Convolution() {
  const lab = useLab();
  const before = useSignal(0);
  const view = lab.view<ConvolutionView>("convolution");
  const layers = lab.state.value!.network.layers.filter(({ kernel }) => kernel);
  if (!view) return <Reason view="convolution" />;
  const layer = view.layer ?? layers[0]?.path ?? "";
  const channels = lab.array("convolution/maps")?.shape[0] ?? lab.layerAt(layer)?.kernel?.[0] ?? 1;
  const inputs = lab.array("convolution/input")?.shape[0] ?? 1;
  const input = Math.min(before.value, inputs - 1);
  const go = (change: object): void => {
    lab.convolution.value = { layer, channel: view.channel ?? 0, place: view.place ?? [0, 0], ...change };
  };
  return (
    <>
      <div class="row">
        <Choose
          label="Layer"
          value={layer}
          choices={layers.map(({ path, title }) => ({ value: path, text: `${path}: ${title}` }))}
          onChoose={(path) => go({ layer: path, channel: 0, place: [0, 0] })}
        />
        <Choose
          label="Feature map"
          value={String(view.channel ?? 0)}
          choices={Array.from({ length: channels }, (_, i) => ({ value: String(i), text: String(i + 1) }))}
          onChoose={(channel) => go({ channel: Number(channel) })}
        />
        {inputs > 1 && (
          <Choose
            label="Of input map"
            value={String(input)}
            choices={Array.from({ length: inputs }, (_, i) => ({ value: String(i), text: String(i + 1) }))}
            onChoose={(one) => (before.value = Number(one))}
          />
        )}
        <p class="quiet">Click or use the arrow keys on the picture to slide the window.</p>
      </div>
      <Trouble at="subscribe" />
      <div class="convolution">
        <Figure title="Input" name="convolution/input" index={input} view={view} onPlace={(place) => go({ place })} />
        <NumbersOf title="Kernel" name="convolution/kernel" index={input} />
        <NumbersOf title="Window × kernel" name="convolution/product" index={input} />
        <Figure title="Feature map" name="convolution/map" index={0} view={view} onPlace={(place) => go({ place })} />
      </div>
      {view.substituted && <p class="formula substituted">{view.substituted}</p>}
      <Strip title="All feature maps" name="convolution/maps" chosen={view.channel ?? 0} onChoose={(channel) => go({ channel })} />
      <Strip title="All kernels" name="convolution/kernels" chosen={view.channel ?? 0} onChoose={(channel) => go({ channel })} />
      <Twin of="Convolution" sheets={() => sheets(lab)} />
    </>
  );
}

function sheets(lab: Lab): Sheet[] {
  return ["input", "kernel", "product", "map"].flatMap((name) => {
    const array = lab.array(`convolution/${name}`);
    if (!array) return [];
    const rows = grid(array).map((row, i) => [i, ...row]);
    return [{ caption: name, columns: ["row", ...(rows[0] ?? []).slice(1).map((_, i) => String(i))], rows }];
  });
}

/** One channel of (C, H, W); of (H, W) the whole. */
function channelOf({ shape, values }: NamedArray, index: number): NamedArray {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return { shape: [rows, columns], values: values.subarray(index * rows * columns, (index + 1) * rows * columns) };
}

function NumbersOf({ title, name, index }: { title: string; name: string; index: number }) {
  const whole = useLab().array(name);
  if (!whole) return null;
  const array = channelOf(whole, index);
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <Cells array={array} label={title} />
    </figure>
  );
}

interface Sliding {
  place: [number, number];
  /** Extents of the picture, of what may be chosen, and of the window with its steps. */
  picture: [number, number];
  places: [number, number];
  window: { size: [number, number]; stride: [number, number]; padding: [number, number] };
  onPlace: (place: [number, number]) => void;
}

/** Pointer and arrow keys move the window over the picture. */
function useSliding({ place, picture, places, window, onPlace }: Sliding) {
  const lab = useLab();
  const bounded = (i: number, j: number): [number, number] => [
    Math.max(0, Math.min(places[0] - 1, i)),
    Math.max(0, Math.min(places[1] - 1, j)),
  ];
  const onPointer = (event: PointerEvent): void => {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const at = [((event.clientY - box.y) / box.height) * picture[0], ((event.clientX - box.x) / box.width) * picture[1]];
    const middle = ([0, 1] as const).map((axis) =>
      Math.floor((at[axis]! + window.padding[axis] - (window.size[axis] - 1) / 2) / window.stride[axis]),
    );
    const next = bounded(middle[0]!, middle[1]!);
    if (next[0] !== place[0] || next[1] !== place[1]) onPlace(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const { place: now } = lab.convolution.peek();
    if (!by) return;
    event.preventDefault();
    onPlace(bounded(now[0] + by[0]!, now[1] + by[1]!));
  };
  return { onPointerDown: onPointer, onPointerMove: onPointer, onKeyDown };
}

/** A picture with a frame: on the input around the window, on the map around the one number it makes. */
function Figure(props: { title: string; name: string; index: number; view: ConvolutionView; onPlace: (place: [number, number]) => void }) {
  const { title, name, index, view, onPlace } = props;
  const lab = useLab();
  const canvas = useRef<HTMLCanvasElement>(null);
  const array = lab.array(name);
  const [rows, columns] = (array?.shape.slice(-2) ?? [1, 1]) as [number, number];
  const input = name.endsWith("input");
  // The first layer looks at the picture itself, later ones at feature maps.
  const picture = input && view.layer === lab.state.value!.network.layers[0]?.path;
  const kernel = lab.array("convolution/kernel")?.shape.slice(-2) ?? [1, 1];
  const size = (input ? [kernel[0]!, kernel[1]!] : [1, 1]) as [number, number];
  const stride = input ? pair(view.stride, 1) : pair(1, 1);
  const padding = input ? pair(view.padding, 0) : pair(0, 0);
  const map = lab.array("convolution/map")?.shape.slice(-2) ?? [rows, columns];
  // Where it is wished, which the server's answer follows: keys may come faster than frames.
  const wished = lab.convolution.value;
  const place = wished.layer === view.layer ? wished.place : (view.place ?? [0, 0]);
  useDrawing(() => {
    const found = lab.array(name);
    if (!found || !canvas.current) return;
    const { values, shape } = channelOf(found, index);
    const most = reach(values);
    const grid = { values, rows: shape[0]!, columns: shape[1]! };
    if (picture) paint(canvas.current, grid, ink(lab.dark.value), range(values), false);
    else paint(canvas.current, grid, diverging(lab.dark.value), [-most, most], false);
  }, [name, index, picture]);
  const sliding = useSliding({
    place,
    picture: [rows, columns],
    places: [map[0]!, map[1]!],
    window: { size, stride, padding },
    onPlace,
  });
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div
        class="sliding"
        tabIndex={0}
        role="application"
        aria-label={`${title}: the window is at row ${place[0] + 1}, column ${place[1] + 1}. Arrow keys slide it.`}
        {...sliding}
      >
        <canvas ref={canvas} class="picture" role="img" aria-label={title} />
        <svg viewBox={`0 0 ${columns} ${rows}`} aria-hidden="true">
          <rect
            x={place[1] * stride[1]! - padding[1]!}
            y={place[0] * stride[0]! - padding[0]!}
            width={size[1]}
            height={size[0]}
          />
        </svg>
      </div>
    </figure>
  );
}

function Strip({ title, name, chosen, onChoose }: { title: string; name: string; chosen: number; onChoose: (channel: number) => void }) {
  const array = useLab().array(name);
  const count = array?.shape[0] ?? 0;
  if (!count) return null;
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <div class="strip">
        {Array.from({ length: count }, (_, i) => (
          <Small key={i} name={name} index={i} label={`${title}, ${i + 1}`} chosen={i === chosen} onChoose={() => onChoose(i)} />
        ))}
      </div>
    </section>
  );
}

function Small(props: { name: string; index: number; label: string; chosen: boolean; onChoose: () => void }) {
  const lab = useLab();
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(() => {
    const array = lab.array(props.name);
    if (!array || !canvas.current) return;
    const [rows, columns] = array.shape.slice(-2) as [number, number];
    const start = (array.values.length / array.shape[0]!) * props.index;
    const most = reach(array.values);
    const values = array.values.subarray(start, start + rows * columns);
    paint(canvas.current, { values, rows, columns }, diverging(lab.dark.value), [-most, most], false);
  }, [props.name, props.index]);
  return (
    <button type="button" class="tile small" aria-pressed={props.chosen} aria-label={props.label} onClick={props.onChoose}>
      <canvas ref={canvas} aria-hidden="true" />
    </button>
  );
}
