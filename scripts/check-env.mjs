#!/usr/bin/env node
// Reports the lines of `.env` that cargo-leptos cannot parse, because its own error message repeats
// the value, which may be a secret. Till itself parses every line that this accepts, and more.
//
//   check-env.mjs [file, default .env]
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Returns the problems, as "line 3: …", without values. */
export function problems(text) {
  return text.split("\n").flatMap((line, index) => {
    const trimmed = line.replace(/^\uFEFF/, "").trimEnd();
    const setting = /^\s*(?:export\s+)?[A-Za-z_]\w*\s*=(.*)$/.exec(trimmed);
    // Till itself reports lines that are neither comments nor settings.
    if (!setting || readable(setting[1].trim())) return [];
    const quote = setting[1].includes("'") ? '"' : "'";
    return [
      `line ${index + 1}: put the value into quotes (${quote}…${quote}): ` +
        "cargo-leptos reads this file too, and cannot parse the value without them.",
    ];
  });
}

/** Whether dotenvy 0.15, which cargo-leptos uses, can parse the value. */
function readable(value) {
  const comment = String.raw`(?:\s+#.*)?`;
  if (value.startsWith("'")) return new RegExp(`^'[^']*'${comment}$`).test(value);
  if (value.startsWith('"')) {
    return new RegExp(`^"[^"\\\\]*"${comment}$`).test(value) && !value.includes("${");
  }
  return !/[\s"'\\]/.test(value) && !value.includes("${");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = process.argv[2] ?? ".env";
  const found = existsSync(file) ? problems(readFileSync(file, "utf8")) : [];
  for (const problem of found) console.error(`${file}, ${problem}`);
  process.exitCode = found.length ? 1 : 0;
}
