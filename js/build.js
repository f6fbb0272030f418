// Builds dynamite_widget/static/widget.js and widget.css; `--check` only says whether they are fresh.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const targets = {
  "widget.js": {
    entryPoints: [here("src/widget.ts")],
    format: "esm",
    target: "es2022",
  },
  "widget.css": { entryPoints: [here("src/widget.css")], target: "chrome111" },
};
const largest = 150_000;

let stale = false;
for (const [name, options] of Object.entries(targets)) {
  const { outputFiles } = await build({ ...options, bundle: true, minify: true, write: false });
  const built = outputFiles[0].contents;
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
