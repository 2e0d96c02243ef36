import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { defineConfig } from "@playwright/test";
import { oddSandboxAddress, oddShopAddress, sandboxAddress, shippingSandboxAddress, shippingShopAddress, shopAddress, shopUrl } from "./addresses";

const root = resolve(import.meta.dirname, "..");

// `make test` names the binary that it has just built.
const till = resolve(root, process.env.TILL_BIN ?? join(process.env.CARGO_TARGET_DIR ?? "target", "release/till"));

// Every run begins with an empty shop. Playwright reads this file once in its own process and once in each worker: only the first makes the folder.
if (!process.env.TILL_TEST_DATA) {
  const folder = mkdtempSync(join(tmpdir(), "till-end2end-"));
  process.env.TILL_TEST_DATA = folder;
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results/files",
  // One shop and one stock for all tests: they take turns.
  workers: 1,
  // A test that passes only at the second try has found something.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  globalTimeout: 15 * 60_000,
  reporter: [["list"], ["json", { outputFile: "test-results/report.json" }]],
  use: {
    baseURL: shopUrl,
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: chromium(),
      args: [
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-gpu",
        // The browser talks to the shop only.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  webServer: [
    serve("shop", shopAddress, sandboxAddress),
    serve("shipping-shop", shippingShopAddress, shippingSandboxAddress, {
      SHIPPING_COUNTRIES: "DE,AT",
      SHIPPING_RATES: "Standard:490,Express:990",
      AUTOMATIC_TAX: "exclusive",
      PROMOTION_CODES: "yes",
    }),
    serve(
      "odd-shop",
      oddShopAddress,
      oddSandboxAddress,
      {
        SHOP_NAME: "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenmacherei",
        SHOP_ADDRESS: "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenmachereigebaeude; 1 Hauptstraße",
        SHOP_EMAIL: "kapitaensmuetzenmacherei@donaudampfschifffahrtsgesellschaft.example",
        SHOP_PHONE: "+43 1 000 00 00 00 00 00 00 00 00 00",
        SHOP_LINKS: "Terms=/pages/terms, Datenschutzgrundverordnungserklaerung=https://shop.example/privacy",
      },
      "end2end/odd-products.csv",
    ),
  ],
});

/** A shop with its sandbox and an empty database, configured by nothing but these settings; with the demo catalog or this one. */
function serve(name: string, address: string, sandbox: string, settings: Record<string, string> = {}, catalog?: string) {
  return {
    command: catalog ? `'${till}' migrate && '${till}' import '${catalog}' && exec '${till}' serve` : `'${till}' serve --demo`,
    cwd: root,
    url: `http://${address}/readyz`,
    env: {
      ...unset(),
      DATA_DIR: join(process.env.TILL_TEST_DATA ?? "", name),
      LEPTOS_SITE_ADDR: address,
      SANDBOX_ADDR: sandbox,
      RUST_LOG: "warn",
      ...settings,
    },
    // A server that is there already is another one, with another database.
    reuseExistingServer: false,
    timeout: 30_000,
    stdout: "pipe" as const,
    stderr: "pipe" as const,
    gracefulShutdown: { signal: "SIGTERM" as const, timeout: 10_000 },
  };
}

/**
 * A developer's own .env or environment must not point the tests at a real account, database or mail server.
 * Every variable that the shop documents is emptied; empty counts as not set.
 */
function unset(): Record<string, string> {
  const documented = readFileSync(join(root, ".env.example"), "utf8").matchAll(/^#([A-Z_]+)=/gm);
  return Object.fromEntries([...documented].map(([, name]) => [name, ""]));
}

/** CHROMIUM, the system's own, or nothing: then Playwright takes the one it has installed. */
function chromium(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // Not this one.
    }
  }
  return undefined;
}
