// Builds dynamite_widget/static/widget.js and widget.css; `--check` only says whether they are fresh.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const targets = {
  "widget.js": {
    entryPoints: [here("src/widget.ts")],
    format: "iife",
    globalName: "widget",
    target: "es2022",
    finish: sharedModule,
  },
  "widget.css": { entryPoints: [here("src/widget.css")], target: "chrome111" },
};
const largest = 150_000;

let stale = false;
for (const [name, { finish = Buffer.from, ...options }] of Object.entries(targets)) {
  const { outputFiles } = await build({ ...options, bundle: true, minify: true, write: false });
  const built = finish(outputFiles[0].contents);
  if (built.length > largest)
    throw new Error(`${name} has ${built.length} bytes, at most ${largest}`);
  const path = here(`../dynamite_widget/static/${name}`);
  if (process.argv.includes("--check")) {
    const committed = await readFile(path).catch(() => new Uint8Array());
    if (!Buffer.from(built).equals(committed)) {
      console.error(`${name} is not what js/src builds: run "npm run build"`);
      stale = true;
    }
  } else {
    await writeFile(path, built);
    console.log(`${name}: ${built.length} bytes`);
  }
}
process.exitCode = stale ? 1 : 0;

/**
 * A module that runs its code once on a page, however often it is loaded.
 *
 * anywidget loads the front end anew for every widget, from an address of its own each time, and a
 * browser keeps what it loaded until the page goes: cells that run again would pile up code.
 */
function sharedModule(code) {
  const version = createHash("sha256").update(code).digest("hex").slice(0, 16);
  const key = `Symbol.for("dynamite_widget ${version}")`;
  const text = new TextDecoder().decode(code);
  return Buffer.from(
    `const make=()=>{${text}return widget.default};export default globalThis[${key}]??=make();\n`,
  );
}
