#!/usr/bin/env node
// Builds the shop: the server, and the files for browsers in target/site. A release contains them.
//
//   build.mjs [--release]
//
// It makes the same files as `cargo leptos build`, with what the shop needs anyway: cargo, and the
// npm packages in style/. `make watch` uses cargo-leptos, which also rebuilds after each change;
// both share what they have compiled.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { extname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const root = resolve(import.meta.dirname, "..");
const release = process.argv.includes("--release");
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
// cargo-leptos uses the same folder, so that both can compile at the same time.
const frontTarget = join(target, "front");
const site = join(root, "target/site");
const pkg = join(site, "pkg");
const name = "till";
const started = Date.now();

// From style/node_modules.
const packages = createRequire(join(root, "style/package.json"));

// What `Cargo.toml` says to cargo-leptos.
const WASM_OPT = [
  "-Oz",
  "--converge",
  "--enable-bulk-memory",
  "--enable-nontrapping-float-to-int",
];

/** Browsers of the last four years, by their major versions. Older ones lack what it needs. */
const BROWSERS = { chrome: 100, edge: 100, firefox: 100, ios_saf: 15, safari: 15, samsung: 17 };

try {
  await build();
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}

async function build() {
  mkdirSync(pkg, { recursive: true });
  if (release) {
    say("compiling the WASM module");
    await front();
  } else {
    say("compiling the server and the WASM module, unoptimized");
    await Promise.all([server(), front()]);
  }
  say("writing the style sheet and copying files");
  writeFileSync(join(pkg, `${name}.css`), styleSheet());
  cpSync(join(root, "style/assets"), site, { recursive: true, preserveTimestamps: true });
  const hashes = join(target, release ? "release" : "debug", "hash.txt");
  if (release) {
    mkdirSync(join(target, "release"), { recursive: true });
    hash(hashes);
    say("compressing files");
    await compress();
    say("compiling the server, which takes some minutes");
    await server();
    // Two fifths of the file are names of functions.
    execFileSync("strip", ["--strip-all", join(target, "release/till")]);
  } else {
    rmSync(hashes, { force: true });
  }
  say("done");
}

function server() {
  const profile = release ? ["--release", "--features=server/embed"] : [];
  return cargo(["build", "--locked", "--package=server", "--bin=till", ...profile]);
}

/** Compiles the module and makes its JavaScript. */
async function front() {
  const profile = release ? "wasm-release" : "dev";
  const triple = "wasm32-unknown-unknown";
  const folder = `--target-dir=${frontTarget}`;
  await cargo([
    "build",
    "--locked",
    "--package=frontend",
    "--lib",
    folder,
    `--target=${triple}`,
    `--profile=${profile}`,
  ]);
  const module = join(frontTarget, triple, release ? profile : "debug", "frontend.wasm");
  const made = join(frontTarget, "pkg");
  rmSync(made, { recursive: true, force: true });
  say("making the module's JavaScript");
  const debug = release ? [] : ["--debug"];
  const xtask = ["run", "--locked", "--quiet", "--package=xtask", folder];
  await cargo([...xtask, "--", module, made, name, ...debug]);
  if (release) {
    say("optimizing the module; this takes a minute");
    const wasm = join(made, `${name}.wasm`);
    execFileSync(join(root, "style/node_modules/.bin/wasm-opt"), [...WASM_OPT, wasm, "-o", wasm]);
    const js = join(made, `${name}.js`);
    writeFileSync(js, await minified(readFileSync(js, "utf8")));
  }
  // Files of earlier builds had other hashes.
  if (release) rmSync(pkg, { recursive: true, force: true });
  cpSync(made, pkg, { recursive: true });
}

async function minified(source) {
  const { minify } = packages("terser");
  const { code } = await minify(source, { module: true, compress: { passes: 2 }, mangle: true });
  return code;
}

function styleSheet() {
  const sass = packages("sass");
  const { transform } = packages("lightningcss");
  const targets = Object.fromEntries(
    Object.entries(BROWSERS).map(([browser, version]) => [browser, version << 16]),
  );
  const { css } = sass.compile(join(root, "style/main.scss"), {
    style: release ? "compressed" : "expanded",
    quietDeps: true,
    loadPaths: [join(root, "style")],
  });
  const { code } = transform({
    filename: "main.scss",
    code: Buffer.from(css),
    minify: release,
    targets,
  });
  return code;
}

/** Puts hashes into the files' names, so that browsers may keep them, and writes a list of them. */
function hash(list) {
  const lines = ["js", "wasm", "css"].map((extension) => {
    const file = join(pkg, `${name}.${extension}`);
    const digest = createHash("sha256").update(readFileSync(file)).digest("base64url").slice(0, 22);
    renameSync(file, join(pkg, `${name}.${digest}.${extension}`));
    return [`${name}.${extension}`, `${name}.${digest}.${extension}`, `${extension}: ${digest}\n`];
  });
  const js = join(pkg, lines[0][1]);
  const source = readFileSync(js, "utf8");
  writeFileSync(js, source.replaceAll(`${name}_bg.wasm`, lines[1][1]));
  writeFileSync(list, lines.map(([, , line]) => line).join(""));
}

/** Writes each text file and the module compressed as well: servers send that to most browsers. */
async function compress() {
  const texts = [".css", ".js", ".json", ".svg", ".txt", ".wasm", ".webmanifest"];
  const files = readdirSync(site, { recursive: true })
    .map((file) => join(site, file))
    .filter((file) => texts.includes(extname(file)) && statSync(file).isFile());
  for (const file of files) {
    const bytes = readFileSync(file);
    const brotli = await promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    });
    writeFileSync(`${file}.br`, brotli);
    writeFileSync(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
  }
}

function cargo(options) {
  return new Promise((done, failed) => {
    const child = spawn("cargo", options, { cwd: root, stdio: "inherit" });
    child.once("error", failed);
    child.once("exit", (code) => {
      if (code === 0) done();
      else failed(new Error(`cargo ${options[0]} failed.`));
    });
  });
}

function say(what) {
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`build: ${what}${seconds > 0 ? ` (after ${seconds} s)` : ""}`);
}
