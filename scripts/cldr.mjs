#!/usr/bin/env node
// Writes app/locales/LANGUAGE/cldr.json from the Unicode CLDR's JSON, which npm has:
//
//     node scripts/cldr.mjs LANGUAGE [LOCALE OF DATES]
//     node scripts/cldr.mjs en en-GB
//
// It holds what ICU4X does not: the patterns and symbols of currencies, and names of countries.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const VERSION = "48.2.0";
// Countries whose full name in CLDR is longer than what people say, such as "Hong Kong SAR China".
const SHORT_NAMES = ["HK", "MM", "MO", "PS"];

const root = fileURLToPath(new URL("..", import.meta.url));
const [language, datesLocale = language] = process.argv.slice(2);
if (!language) throw new Error("usage: node scripts/cldr.mjs LANGUAGE [LOCALE OF DATES]");

const folder = mkdtempSync(join(tmpdir(), "cldr-"));
try {
  const numbers = read("cldr-numbers-full", "numbers").numbers;
  const currencies = read("cldr-numbers-full", "currencies").numbers.currencies;
  const territories = read("cldr-localenames-full", "territories").localeDisplayNames.territories;
  const formats = numbers["currencyFormats-numberSystem-latn"];
  const data = {
    source: `CLDR ${VERSION}: cldr-numbers-full, cldr-localenames-full`,
    datesLocale,
    standard: formats.standard,
    "standard-alphaNextToNumber": formats["standard-alphaNextToNumber"] ?? formats.standard,
    symbols: Object.fromEntries(
      currencyCodes()
        .map((code) => [code, currencies[code].symbol ?? code])
        .filter(([code, symbol]) => code !== symbol),
    ),
    territories: Object.fromEntries(
      countryCodes().map((code) => [
        code,
        (SHORT_NAMES.includes(code) && territories[`${code}-alt-short`]) || territories[code],
      ]),
    ),
  };
  // Spaces and marks that an editor does not show are escaped.
  const text = JSON.stringify(data, null, 2).replace(
    /[\u00a0\u061c\u200e\u200f\u202f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  writeFileSync(join(root, "app/locales", language, "cldr.json"), `${text}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Reads a file of the language from a package. */
function read(name, file) {
  const pack = ["pack", `${name}@${VERSION}`, "--silent", "--pack-destination", folder];
  execFileSync("npm", pack, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const path = `package/main/${language}/${file}.json`;
  execFileSync("tar", ["xzf", `${name}-${VERSION}.tgz`, path], { cwd: folder });
  return JSON.parse(readFileSync(join(folder, path), "utf8")).main[language];
}

/** The currencies that a shop can sell in. */
function currencyCodes() {
  const source = readFileSync(join(root, "server/core/src/money.rs"), "utf8");
  return [...source.matchAll(/^ {4}info\("([a-z]{3})"/gm)].map(([, code]) => code.toUpperCase());
}

/** The countries that a shop can deliver to. */
function countryCodes() {
  const source = readFileSync(join(root, "server/shop/src/country/names.txt"), "utf8");
  return source.trim().split("\n").map((line) => line.slice(0, 2)).sort();
}
