#!/usr/bin/env node
// Checks of the source that no compiler makes:
//
//   - lines of code and comments end at column 100;
//   - identifiers and phrases that were replaced by the field's terms do not come back;
//   - two files of app/ui alone use elements whose content Leptos does not escape;
//   - the files of a crate do not use each other in a circle.
//
// Prints every finding as `file:line: reason` and fails if there is one.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MAX_COLUMNS = 100;

// The source folders of the crates, each with one module tree.
const CRATES = [
  "app/src", "app/admin/src", "app/ui/src", "server/core/src", "server/locale/src",
  "server/picture/src", "server/product-file/src", "server/shop/src", "server/sandbox/src",
  "server/src", "migration/src",
];

const OLD_IDENTIFIERS = `
  Alone Begun Books ForBack InVain Led MoneyBack Patience Promise Rhythm Shelf Swept Told
  TroublePage Turn Waited Whose Worked AGAIN_AFTER LASTS LOOK_EVERY TRY_WITHIN TURNS
  by_hand money_back nobodys put_together
`.trim().split(/\s+/);

const OLD_PHRASES = [
  // Logged so, an error loses its causes in JSON: use `shop::error_chain::with_causes`.
  "as &dyn std::error::Error",
  "at most so many",
  "by itself",
  "for whatever reason",
  "in vain",
  "is not to be had",
  "money back",
  "nobody's",
  "once more",
  "stranger's event",
  "the time for it was over",
];

/** Lines over the limit. A word that cannot be broken, such as an address, may be longer. */
export function longLines(file, text) {
  const findings = [];
  text.split("\n").forEach((line, index) => {
    const length = [...line].length;
    const unbreakable = line.split(/\s+/).some((word) => word.length > MAX_COLUMNS - 30);
    if (length > MAX_COLUMNS && !unbreakable) {
      findings.push(`${file}:${index + 1}: ${length} columns, at most ${MAX_COLUMNS}`);
    }
  });
  return findings;
}

/** Identifiers and phrases that must not come back. */
export function oldWords(file, text) {
  const findings = [];
  const identifier = new RegExp(`(?<![\\w-])(${OLD_IDENTIFIERS.join("|")})(?![\\w-])`);
  const phrase = new RegExp(`\\b(${OLD_PHRASES.join("|")})\\b`, "i");
  text.split("\n").forEach((line, index) => {
    const code = file.endsWith(".rs") ? identifier.exec(line.replace(/"[^"]*"|\/\/.*/g, "")) : null;
    const found = code ?? phrase.exec(line);
    if (found) findings.push(`${file}:${index + 1}: "${found[1]}" is not used any more`);
  });
  return findings;
}

/** The files that escape what Leptos does not. */
const ESCAPING = ["app/ui/src/head.rs", "app/ui/src/text_area.rs"];

/**
 * Elements whose content Leptos does not escape, outside of the files that do it. A script or a
 * noscript without content of its own is harmless.
 */
export function unescaped(file, text) {
  if (!/^app\/.*\.rs$/.test(file) || ESCAPING.includes(file)) return [];
  const findings = [];
  text.split("\n").forEach((line, index) => {
    if (/^\s*\/\//.test(line)) return;
    const found = /<(textarea|style|Title)\b|\bleptos_meta::.*\bTitle\b/.exec(line)
      ?? /<(script)\b(?![^>]*src=)/.exec(line)
      ?? /<(noscript)>(?!<meta [^<{]*\/><\/noscript>)/.exec(line);
    if (found) findings.push(`${file}:${index + 1}: ${found[0]} is not escaped: use app/ui/src`);
  });
  return findings;
}

/** The module that a file holds: `src/checkout/begin.rs` is `checkout::begin`. */
function moduleOf(folder, file) {
  const path = file.slice(folder.length + 1, -".rs".length);
  return path === "lib" || path === "main" ? "" : path.replaceAll("/", "::");
}

/** Splits `a::{b, c::{d, e}}` into `a::b`, `a::c::d`, `a::c::e`. */
function expandUse(tree) {
  const open = tree.indexOf("{");
  if (open < 0) return [tree];
  const prefix = tree.slice(0, open);
  const parts = [];
  let depth = 0;
  let part = "";
  for (const character of tree.slice(open + 1, tree.lastIndexOf("}"))) {
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    if (character === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else {
      part += character;
    }
  }
  parts.push(part);
  return parts.filter(Boolean).flatMap((each) => expandUse(prefix + each));
}

/** Which modules of its crate a file names, its unit tests left aside. */
function usedModules(module, text, modules) {
  const code = text
    .replace(/#\[cfg\(test\)\]\s*mod \w+ \{[\s\S]*$/, "")
    .replace(/\/\/.*$/gm, "")
    .replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const paths = [];
  for (const [, tree] of code.matchAll(/\buse\s+([^;]+);/g)) paths.push(...expandUse(tree.replace(/\s+/g, "")));
  for (const [path] of code.matchAll(/\b(?:crate|super)(?:::\w+)+/g)) paths.push(path);
  const parent = module.split("::").slice(0, -1);
  const used = new Set();
  for (const path of paths) {
    let names = path.split("::");
    if (names[0] === "crate") names = names.slice(1);
    else if (names[0] === "super") {
      let base = module === "" ? [] : parent;
      names = names.slice(1);
      while (names[0] === "super") {
        base = base.slice(0, -1);
        names = names.slice(1);
      }
      names = [...base, ...names];
    } else if (names[0] === "self") names = [...module.split("::").filter(Boolean), ...names.slice(1)];
    else if (modules.has([module, names[0]].filter(Boolean).join("::"))) names = [...module.split("::").filter(Boolean), ...names];
    else continue;
    while (names.length > 0 && !modules.has(names.join("::"))) names.pop();
    const name = names.join("::");
    if (name !== module && name !== "") used.add(name);
  }
  return used;
}

/** The groups of files that use each other. A parent module and its own children count as one. */
export function circles(folder, files) {
  const modules = new Map();
  for (const [file, text] of files) modules.set(moduleOf(folder, file), text);
  const names = new Set(modules.keys());
  const edges = new Map();
  for (const [module, text] of modules) edges.set(module, usedModules(module, text, names));
  const related = (one, other) => one.startsWith(`${other}::`) || other.startsWith(`${one}::`);
  for (const [module, used] of edges) {
    for (const name of used) if (related(module, name)) used.delete(name);
  }
  return components(edges).filter((group) => group.length > 1);
}

/** Tarjan's strongly connected components. */
function components(edges) {
  const index = new Map();
  const low = new Map();
  const stack = [];
  const groups = [];
  const visit = (node) => {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) {
        visit(next);
        low.set(node, Math.min(low.get(node), low.get(next)));
      } else if (stack.includes(next)) {
        low.set(node, Math.min(low.get(node), index.get(next)));
      }
    }
    if (low.get(node) === index.get(node)) {
      groups.push(stack.splice(stack.indexOf(node)).sort());
    }
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return groups;
}

function main() {
  const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { encoding: "utf8" });
  const source = /\.(rs|ts|js|mjs|scss|md|py)$|^scripts\/|^Makefile$/;
  const files = list.split("\n").filter((file) => source.test(file));
  const findings = [];
  const texts = new Map();
  for (const file of files) {
    // This list itself is not meant, and a file may have been moved since the last commit.
    if (/^scripts\/check-source/.test(file) || !existsSync(file)) continue;
    const text = readFileSync(file, "utf8");
    texts.set(file, text);
    if (!file.endsWith(".md")) findings.push(...longLines(file, text));
    findings.push(...oldWords(file, text));
    findings.push(...unescaped(file, text));
  }
  for (const folder of CRATES) {
    const own = [...texts].filter(([file]) => file.startsWith(`${folder}/`) && file.endsWith(".rs"));
    for (const group of circles(folder, own)) findings.push(`${folder}: these files use each other in a circle: ${group.join(", ")}`);
  }
  for (const finding of findings) console.error(finding);
  if (findings.length > 0) {
    console.error(`${findings.length} findings`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
