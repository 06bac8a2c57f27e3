// How strongly the loss speaks to each layer, and how far each step moves it; what the diagnostics found.
import { count, short } from "./numbers";
import { Reason, sentence, useLab } from "./parts";
import type { Finding } from "./protocol";
import { Twin } from "./table";

interface FlowLayer {
  path: string;
  gradient: number | null;
  ratio: number | null;
  dead: number | null;
  saturated: number | null;
  units: number | null;
}

interface FlowView {
  layers: FlowLayer[];
  findings?: Finding[];
}

export function Flow() {
  const lab = useLab();
  const view = lab.view<FlowView>("flow");
  if (!view) return <Reason view="flow" />;
  const findings = view.findings?.length ? view.findings : lab.state.value!.findings;
  const name = (path: string): string => lab.layerAt(path)?.title ?? path;
  return (
    <>
      <div class="flow">
        <Bars title="Gradient norm" layers={view.layers} of="gradient" name={name} />
        <Bars title="Update ÷ weight" layers={view.layers} of="ratio" name={name} healthy={[1e-4, 1e-2]} />
        <section aria-label="Units">
          <h3>Units at rest</h3>
          <ul class="units">
            {view.layers.map(({ path, dead, saturated, units }) => (
              <li key={path}>
                <span>{name(path)}</span>
                <span class={dead ? "warn" : "quiet"}>{dead ?? "–"} dead</span>
                <span class={saturated ? "warn" : "quiet"}>{saturated ?? "–"} saturated</span>
                <span class="quiet">of {units ?? "–"}</span>
              </li>
            ))}
          </ul>
        </section>
        <Findings findings={findings} />
      </div>
      <Twin
        of="Gradient flow"
        sheets={() => [
          {
            caption: "Layers",
            columns: ["layer", "gradient norm", "update ÷ weight", "dead", "saturated", "units"],
            rows: view.layers.map(({ path, gradient, ratio, dead, saturated, units }) => [
              name(path), gradient ?? "–", ratio ?? "–", dead ?? "–", saturated ?? "–", units ?? "–",
            ]),
          },
        ]}
      />
    </>
  );
}

/** Whole powers of ten around the values, at least three of them. */
export function decades(values: readonly (number | null)[]): [number, number] {
  const sizes = values.filter((value): value is number => value !== null && value > 0 && Number.isFinite(value)).map(Math.log10);
  if (!sizes.length) return [-4, 0];
  const low = Math.max(-20, Math.floor(Math.min(...sizes) - 0.001));
  const high = Math.ceil(Math.max(...sizes) + 0.001);
  return high - low < 3 ? [high - 3, high] : [low, high];
}

const POWERS: Record<string, string> = { "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹" };
const power = (exponent: number): string => `10${[...String(exponent)].map((sign) => POWERS[sign]).join("")}`;

function Bars(props: { title: string; layers: FlowLayer[]; of: "gradient" | "ratio"; name: (path: string) => string; healthy?: [number, number] }) {
  const { title, layers, of, name, healthy } = props;
  const [low, high] = decades(layers.map((layer) => layer[of]).concat(healthy ?? []));
  const place = (value: number): number => Math.max(0, Math.min(1, (Math.log10(value) - low) / (high - low))) * 100;
  const marks = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  return (
    <section class="bars" aria-label={title}>
      <h3>{title}</h3>
      {layers.map((layer) => {
        const value = layer[of];
        const text = value === null ? "not yet" : value === 0 ? "0" : short(value, 3);
        return (
          <div class="bar-row" key={layer.path}>
            <span class="name">{name(layer.path)}</span>
            <svg viewBox="0 0 100 16" preserveAspectRatio="none" role="img" aria-label={`${name(layer.path)}: ${text}`}>
              {healthy && <rect class="healthy" x={place(healthy[0])} width={place(healthy[1]) - place(healthy[0])} y="0" height="16" />}
              {marks.map((mark) => (
                <line key={mark} x1={((mark - low) / (high - low)) * 100} x2={((mark - low) / (high - low)) * 100} y1="0" y2="16" />
              ))}
              {value !== null && value > 0 && <rect class="value" x="0" y="4" height="8" width={Math.max(place(value), 0.5)} />}
            </svg>
            <span class="number">{text}</span>
          </div>
        );
      })}
      <div class="bar-row" aria-hidden="true">
        <span />
        <span class="decades">
          <span>{power(low)}</span>
          <span>{power(high)}</span>
        </span>
        <span />
      </div>
      {healthy && <p class="quiet">Shaded: a thousandth, give or take ten times.</p>}
    </section>
  );
}

function Findings({ findings }: { findings: Finding[] }) {
  return (
    <section class="findings" aria-label="Findings">
      <h3>Findings</h3>
      {findings.length === 0 && <p class="quiet">None: this training looks healthy.</p>}
      {findings.map((one, i) => (
        <article key={i} class={`finding ${one.severity}`}>
          <h4>
            {sentence(one.message)} <span class="quiet">{one.code}</span>
          </h4>
          {one.evidence !== undefined && one.evidence !== null && <p class="quiet">{evidence(one.evidence)}</p>}
          {one.remedy && <p>{sentence(one.remedy)}</p>}
          {typeof one.step === "number" && <p class="quiet">at step {count(one.step)}</p>}
        </article>
      ))}
    </section>
  );
}

function evidence(told: unknown): string {
  if (typeof told === "string") return told;
  if (typeof told === "number") return short(told);
  if (Array.isArray(told)) return told.map(evidence).join(", ");
  if (typeof told === "object" && told !== null) {
    return Object.entries(told).map(([name, value]) => `${name}: ${evidence(value)}`).join(", ");
  }
  return String(told);
}
