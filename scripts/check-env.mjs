#!/usr/bin/env node
// Says which lines of `.env` cargo-leptos cannot read, before it does: its own message repeats the value, which may be a
// secret. Till itself reads every line that this accepts, and more.
//
//   check-env.mjs [file, default .env]
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What is wrong with each line, as "line 3: …"; never a value. */
export function problems(text) {
  return text.split("\n").flatMap((line, index) => {
    const setting = /^\s*(?:export\s+)?[A-Za-z_]\w*\s*=(.*)$/.exec(line.replace(/^\uFEFF/, "").trimEnd());
    // Comments, and what is not a setting: Till itself says that, with a reason.
    if (!setting || readable(setting[1].trim())) return [];
    const quote = setting[1].includes("'") ? '"' : "'";
    return [`line ${index + 1}: put the value into quotes (${quote}…${quote}): cargo-leptos reads this file as well, and cannot read it without.`];
  });
}

/** Whether dotenvy 0.15, which cargo-leptos uses, reads the value to its end. */
function readable(value) {
  const comment = String.raw`(?:\s+#.*)?`;
  if (value.startsWith("'")) return new RegExp(`^'[^']*'${comment}$`).test(value);
  if (value.startsWith('"')) return new RegExp(`^"[^"\\\\]*"${comment}$`).test(value) && !value.includes("${");
  return !/[\s"'\\]/.test(value) && !value.includes("${");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = process.argv[2] ?? ".env";
  const found = existsSync(file) ? problems(readFileSync(file, "utf8")) : [];
  for (const problem of found) console.error(`${file}, ${problem}`);
  process.exitCode = found.length ? 1 : 0;
}
