// Builds the page into the Python package. `--check` compares with what is committed instead of writing it.
import { build } from "esbuild";
import { readFile, writeFile, mkdir } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const LIMIT = 150 * 1024;
const here = fileURLToPath(new URL(".", import.meta.url));
const assets = join(here, "..", "src", "pellucid", "studio", "assets");
const checking = process.argv.includes("--check");

const shared = { bundle: true, minify: true, write: false, legalComments: "inline", logLevel: "warning" };

async function output(options) {
  const result = await build({ ...shared, ...options, absWorkingDir: here });
  return result.outputFiles[0].contents;
}

/** The licences of what is bundled: a copy of the code must carry them. */
async function notices() {
  const packages = ["preact", "@preact/signals", "@preact/signals-core", "uplot"];
  const texts = await Promise.all(
    packages.map(async (name) => {
      const licence = await readFile(join(here, "node_modules", name, "LICENSE"), "utf8");
      return `${name}\n\n${licence.trim()}`;
    }),
  );
  return `/*! This file contains:\n\n${texts.join("\n\n---\n\n")}\n*/\n`;
}

const files = {
  "lab.js": await output({
    entryPoints: ["src/main.ts"],
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".css": "text" },
    banner: { js: await notices() },
  }),
  "lab.css": await output({ entryPoints: ["src/page.css"] }),
  "index.html": await readFile(join(here, "src", "index.html")),
};

let total = 0;
const different = [];
await mkdir(assets, { recursive: true });
for (const [name, contents] of Object.entries(files)) {
  const size = gzipSync(contents, { level: 9 }).length;
  total += size;
  console.log(`${name}: ${contents.length} bytes, ${size} gzipped`);
  if (!checking) await writeFile(join(assets, name), contents);
  else if (!Buffer.from(contents).equals(await readFile(join(assets, name)))) different.push(name);
}
if (total > LIMIT) throw new Error(`the page is ${total} bytes gzipped; ${LIMIT} are allowed`);
if (different.length) throw new Error(`not what page/ builds: ${different.join(", ")}; run npm run build`);
