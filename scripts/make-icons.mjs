// Draws the PNG icons in style/assets from favicon.svg there. Run it after a change of the drawing:
// node scripts/make-icons.mjs (needs `make setup`, for Playwright and Chromium)
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { execFileSync } from "node:child_process";

const root = resolve(import.meta.dirname, "..");
const { chromium } = createRequire(resolve(root, "end2end/package.json"))("@playwright/test");
const assets = resolve(root, "style/assets");
const drawing = readFileSync(resolve(assets, "favicon.svg"), "utf8");
const ground = /<rect [^>]*fill="(#[0-9a-f]{6})"/.exec(drawing)[1];

// On a whole square of the ground's colour, systems round the corners themselves. Of a maskable
// icon they may cut off everything but a circle of 80 % of its width:
// https://www.w3.org/TR/appmanifest/#icon-masks
const icons = [
  { name: "favicon-32.png", size: 32 },
  { name: "icon-192.png", size: 192 },
  { name: "icon-512.png", size: 512 },
  { name: "apple-touch-icon.png", size: 180, square: true, scale: 1 },
  { name: "icon-maskable-512.png", size: 512, square: true, scale: 0.8 },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? installed(),
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
for (const { name, size, square, scale = 1 } of icons) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(
    `<style>body { margin: 0; height: 100vh; display: grid; place-items: center;
       ${square ? `background: ${ground};` : ""} }
     svg { width: ${scale * 100}vw; height: ${scale * 100}vh; }</style>${drawing}`,
  );
  writeFileSync(resolve(assets, name), await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();

/** The system's Chromium; without one, Playwright uses its own. */
function installed() {
  try {
    return execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}
