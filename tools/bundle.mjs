/**
 * `pnpm bundle`: the gateway as one package that has all it needs, which is what is published. Node spends most of a start on
 * finding and reading modules; some dozens of files in place of two thousand start in a third of the processor time.
 *
 *   node tools/bundle.mjs [--one-file] [folder]      apps/gateway/dist-bundle unless told otherwise
 *
 * The folder is a whole package: the program and its source maps, the command that starts it, a manifest whose only
 * dependency is the database driver (native code cannot be part of a file), and the licences of what is inside. What a
 * start does not need stands in files of its own below lib/, which are read when they are needed; with `--one-file`
 * all of it is one file, which takes a quarter more processor time and memory to start.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";
import { fail, Failure, root } from "./setup.mjs";

const app = join(root, "apps/gateway");
const { values, positionals } = parseArgs({
  options: { "one-file": { type: "boolean", default: false } },
  allowPositionals: true,
});
const out = resolve(positionals[0] ?? join(app, "dist-bundle"));
const FILE = "mcp-flowgate.mjs";
const DRIVER = "better-sqlite3";
/** What its packages load only where it is installed, and say so themselves. */
const OPTIONAL = ["pg-native", "bufferutil", "utf-8-validate"];
/** Whether a package is imported or required is added where that is known: some give each a form of its own. */
const SOURCE = { conditionNames: ["@mcp-flowgate/source", "node"] };

try {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, "bin"), { recursive: true });
  const { packages, files, bytes } = await bundle();
  writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest(), null, 2)}\n`);
  writeFileSync(join(out, "THIRD-PARTY-NOTICES.txt"), notices(packages));
  for (const file of ["compile-cache.mjs", "mcp-flowgate.mjs"])
    cpSync(join(app, "bin", file), join(out, "bin", file));
  cpSync(join(app, "README.md"), join(out, "README.md"));
  cpSync(join(root, "LICENSE"), join(out, "LICENSE"));
  const size = (bytes / 1e6).toFixed(1);
  console.error(`${out}: ${size} MB in ${files} files, with ${packages.size} packages`);
} catch (error) {
  fail(error);
}

/** Writes the program. Resolves with the folders of the packages that are in it, and what it measures. */
async function bundle() {
  const build = await rolldown({
    input: "entry",
    platform: "node",
    external: [/^node:/, ...OPTIONAL],
    resolve: SOURCE,
    logLevel: "warn",
    plugins: [entry(), driver(), ownFiles()],
  });
  const { output } = await build.write({
    dir: out,
    format: "esm",
    entryFileNames: FILE,
    chunkFileNames: "lib/[name]-[hash].mjs",
    codeSplitting: !values["one-file"],
    sourcemap: true,
    // Names and lines stay: stack traces are read by people.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
    comments: false,
  });
  await build.close();
  const chunks = output.filter(({ type }) => type === "chunk");
  let bytes = 0;
  for (const { fileName, sourcemapFileName } of chunks) {
    const file = join(out, fileName);
    const code = toAscii(readFileSync(file, "utf8"));
    writeFileSync(file, code);
    bytes += code.length;
    if (sourcemapFileName === null) continue;
    const map = join(out, sourcemapFileName);
    const { sourcesContent: _, ...places } = JSON.parse(readFileSync(map, "utf8"));
    writeFileSync(map, JSON.stringify(places));
  }
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
  const packages = new Set(modules.filter((id) => id.includes("/node_modules/")).map(packageFolder));
  return { packages, files: chunks.length, bytes };
}

/**
 * The same program in ASCII: a source with any other character takes two bytes for each of its characters in memory,
 * for as long as the process runs.
 */
function toAscii(code) {
  // There an escape would be text.
  if (/String\.raw\s*`[^`]*[^\0-\x7f]/.test(code)) throw new Failure("a raw text is not ASCII", 1);
  return code.replaceAll(
    // oxlint-disable-next-line no-control-regex -- ASCII begins with them
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function entry() {
  const main = JSON.stringify(join(app, "src/main.ts"));
  return {
    name: "entry",
    resolveId: (id) => (id === "entry" ? "\0entry" : undefined),
    load: (id) =>
      id === "\0entry" ? `import { main } from ${main};\nawait main(process.argv.slice(2));\n` : undefined,
  };
}

/** Loaded where a database is opened. An import would load it at every start where all is one file. */
function driver() {
  return {
    name: "driver",
    resolveId(id, importer, { kind }) {
      if (id !== DRIVER) return undefined;
      return kind === "require-call" ? { id, external: true } : "\0driver";
    },
    load: (id) =>
      id === "\0driver"
        ? `import { createRequire } from "node:module";\nexport default createRequire(import.meta.url)("${DRIVER}");\n`
        : undefined,
  };
}

/** Files that modules look for beside themselves become part of them. */
function ownFiles() {
  return {
    name: "own-files",
    async transform(code, id) {
      if (id.includes("/node_modules/") || id.startsWith("\0") || !code.includes("import.meta")) return null;
      const single = code
        .replaceAll("const require = createRequire(import.meta.url);", "")
        .replaceAll(
          /readFileSync\(new URL\("\.\.\/package\.json", import\.meta\.url\), "utf8"\)/g,
          JSON.stringify(JSON.stringify({ version: gatewayManifest().version })),
        );
      const program = /\[\s*new URL\(file, import\.meta\.url\)\.pathname,?\s*\]/;
      const thread = /new Worker\(new URL\(file, import\.meta\.url\)\)/;
      let whole = single;
      if (program.test(single)) {
        const args = JSON.stringify(["--input-type=module", "-e", await ownProgram(id, "process")]);
        whole = single.replace(/const file =[^;]*;/, "").replace(program, () => args);
      } else if (thread.test(single)) {
        const url = `data:text/javascript,${encodeURIComponent(await ownProgram(id, "worker"))}`;
        whole = single
          .replace(/const file =[^;]*;/, "")
          .replace(thread, () => `new Worker(new URL(${JSON.stringify(url)}))`);
      }
      if (whole.includes("import.meta"))
        throw new Failure(`${id} looks for a file beside itself, and there is none beside a bundle`, 1);
      return { code: whole, map: null };
    },
  };
}

/** What `<name>.ts` starts as a process or a thread of its own, which stands beside it as `<name>-process.ts` or `<name>-worker.ts`. */
async function ownProgram(id, form) {
  const build = await rolldown({
    input: id.replace(/\.ts$/, `-${form}.ts`),
    platform: "node",
    external: [/^node:/],
    resolve: SOURCE,
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  await build.close();
  return output[0].code;
}

function gatewayManifest() {
  return JSON.parse(readFileSync(join(app, "package.json"), "utf8"));
}

function manifest() {
  const { name, version, description, keywords, license, repository, engines } = gatewayManifest();
  const sqlite = createRequire(join(root, "packages/stores/sqlite/package.json"));
  return {
    name,
    version,
    description,
    keywords,
    license,
    repository,
    bin: { "mcp-flowgate": "bin/mcp-flowgate.mjs" },
    type: "module",
    sideEffects: false,
    dependencies: { [DRIVER]: sqlite(`${DRIVER}/package.json`).version },
    engines,
  };
}

function packageFolder(id) {
  let folder = dirname(id);
  for (;;) {
    const file = join(folder, "package.json");
    if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name !== undefined) return folder;
    if (basename(dirname(folder)) === "node_modules") throw new Failure(`${id} is of no package`, 1);
    folder = dirname(folder);
  }
}

/** Names, versions and licence texts, as most licences ask of whoever passes the code on. */
function notices(folders) {
  const parts = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (license === undefined) throw new Failure(`${name} says no licence`, 1);
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
      .map((file) => readFileSync(join(folder, file), "utf8").trim());
    return { name, text: [`${name} ${version} (${license})`, ...texts].join("\n\n") };
  });
  const rule = `\n\n${"-".repeat(80)}\n\n`;
  const known = new Map(parts.map(({ name, text }) => [`${name}\n${text}`, text]));
  const sorted = [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  return `mcp-flowgate contains the following packages.${rule}${sorted.join(rule)}\n`;
}
