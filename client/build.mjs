// Bundles the client into ../pyview/static: hashed names, precompressed copies, a manifest and icons for the server.

import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "pyview", "static");
const scratch = join(here, "..", ".build", `static.${process.pid}`);
const TYPES = { js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8" };

const packageOf = async (name) => JSON.parse(await readFile(join(here, "node_modules", name, "package.json")));

// Style sheets that the script for developers contains: they style shadow trees, and no element loads them.
const styleAsText = {
  name: "style as text",
  setup({ onLoad }) {
    onLoad({ filter: /(development|failures)\/[a-z_]+\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code, loader: "text" };
    });
  },
};

// The script of plots comes first: the main script contains its name, and loads it with the first plot of a page.
async function bundle() {
  const [style] = await built({ plots: "src/plots/plots.css" });
  const [plots] = await built({ plots: "src/plots/index.js" }, { PLOTS_STYLE: JSON.stringify(style.name) });
  const others = {
    pyview: "src/pyview.js",
    components: "src/components.css",
    default: "src/default.css",
    development: "src/development/index.js",
  };
  return [style, plots, ...(await built(others, { PLOTS_SCRIPT: JSON.stringify(plots.name) }))];
}

async function built(entryPoints, define = {}) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints,
    define,
    entryNames: "[name]-[hash]",
    outdir: "out",
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    plugins: [styleAsText],
  });
  return outputFiles.map(({ path, contents }) => ({ name: basename(path), contents: Buffer.from(contents) }));
}

// Stable names: for `import {start} from ".../pyview.js"`, and /static/assets/app.js of PyView 0.9.
const aliases = (script) => [
  { name: "pyview.js", contents: Buffer.from(`export * from "./${script}";\n`) },
  { name: "assets/app.js", contents: Buffer.from(`import("../${script}");\n`) },
];

function compressed({ name, contents }) {
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length } };
  return [
    { name: `${name}.br`, contents: brotliCompressSync(contents, best) },
    { name: `${name}.gz`, contents: gzipSync(contents, { level: 9 }) },
  ];
}

async function manifest(hashed, stable) {
  const named = (start, extension) =>
    hashed.find(({ name }) => name.startsWith(`${start}-`) && name.endsWith(`.${extension}`)).name;
  const entry = (immutable) => ({ name }) => [name, { type: TYPES[name.split(".").pop()], immutable }];
  return {
    liveview_version: (await packageOf("phoenix_live_view")).version,
    phoenix_version: (await packageOf("phoenix")).version,
    script: named("pyview", "js"),
    style: named("pyview", "css"),
    components: named("components", "css"),
    development: named("development", "js"),
    default: named("default", "css"),
    module: "pyview.js",
    files: Object.fromEntries([...hashed.map(entry(true)), ...stable.map(entry(false))]),
  };
}

// The icons for the server, which writes those that a page uses into its HTML: a line for each, name and shapes.
async function icons() {
  const folder = join(here, "node_modules", "lucide", "dist", "esm", "icons");
  const names = (await readdir(folder)).filter((file) => file.endsWith(".mjs")).map((file) => basename(file, ".mjs"));
  const line = async (name) => {
    const { default: shapes } = await import(join(folder, `${name}.mjs`));
    return `${name}\t${shapes.map(element).join("")}\n`;
  };
  return (await Promise.all(names.sort().map(line))).join("");
}

function element([tag, attributes]) {
  const text = Object.entries(attributes).filter(([name]) => name !== "key").map(([name, value]) => ` ${name}="${value}"`);
  return `<${tag}${text.join("")}/>`;
}

async function write(files) {
  for (const { name, contents } of files) {
    await mkdir(dirname(join(scratch, name)), { recursive: true });
    await writeFile(join(scratch, name), contents);
  }
  await rm(target, { recursive: true, force: true });
  await rename(scratch, target);
}

const hashed = await bundle();
const script = hashed.find(({ name }) => /^pyview-.*\.js$/.test(name)).name;
const [module, app] = aliases(script);
const index = await manifest(hashed, [module]);
const manifestFile = { name: "manifest.json", contents: `${JSON.stringify(index, null, 2)}\n` };
const iconFile = { name: "icons.txt", contents: await icons() };
await write([...hashed, ...hashed.flatMap(compressed), module, app, manifestFile, iconFile]);
