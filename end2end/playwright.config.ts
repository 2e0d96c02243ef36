import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { defineConfig } from "@playwright/test";
import {
  foundSandboxAddress,
  foundShopAddress,
  oddSandboxAddress,
  oddShopAddress,
  ownedSandboxAddress,
  ownedShopAddress,
  sandboxAddress,
  shippingSandboxAddress,
  shippingShopAddress,
  shopAddress,
  shopUrl,
  variantsSandboxAddress,
  variantsShopAddress,
} from "./addresses";

const root = resolve(import.meta.dirname, "..");

// `make test` sets TILL_BIN to the binary that it has built.
const target = process.env.CARGO_TARGET_DIR ?? "target";
const till = resolve(root, process.env.TILL_BIN ?? join(target, "release/till"));

// Every run begins with an empty shop. Playwright evaluates this file in its own process and in
// each worker; only the first creates the folder.
if (!process.env.TILL_TEST_DATA) {
  const folder = mkdtempSync(join(tmpdir(), "till-end2end-"));
  process.env.TILL_TEST_DATA = folder;
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results/files",
  // All tests share one shop and its stock, so they run one at a time.
  workers: 1,
  // A flaky test is a finding.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  // `make looks` visits each page twelve times as often.
  globalTimeout: (process.env.LOOKS === "all" ? 75 : 25) * 60_000,
  reporter: [["list"], ["json", { outputFile: "test-results/report.json" }]],
  use: {
    baseURL: shopUrl,
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: chromium(),
      args: [
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-gpu",
        // The browser connects to the shop and the sandbox only.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  webServer: [
    serve("shop", shopAddress, sandboxAddress, { SHOP_LANGUAGES: "en,de,fr" }),
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
        SHOP_ADDRESS:
          "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenmachereigebaeude; 1 Hauptstraße",
        SHOP_EMAIL: "kapitaensmuetzenmacherei@donaudampfschifffahrtsgesellschaft.example",
        SHOP_PHONE: "+43 1 000 00 00 00 00 00 00 00 00 00",
        SHOP_LINKS:
          "Terms=/pages/terms, " +
          "Datenschutzgrundverordnungserklaerung=https://shop.example/privacy",
      },
      "end2end/odd-products.csv",
    ),
    serve("variants-shop", variantsShopAddress, variantsSandboxAddress, {}, "end2end/variants.csv"),
    serve(
      "found-shop",
      foundShopAddress,
      foundSandboxAddress,
      {
        SHOP_LANGUAGES: "en,de,fr",
        SHOP_COUNTRY: "DE",
        SHOP_ADDRESS: "Pens & Paper GmbH; Marktplatz 3; 10115 Berlin",
        SHOP_EMAIL: "hello@shop.example",
        SHOP_PHONE: "+49 30 123456",
        SHIPPING_COUNTRIES: "DE,AT,CH",
        SHIPPING_RATES: "Standard:490,Express:990",
        PRICE_TAX: "included",
        TAX_IDS: "on",
        ORDER_NOTE: "on",
        LIMIT_OPEN_CHECKOUTS: "off",
      },
      "server/demo/products.csv",
      ["import end2end/hostile-product.csv", "pages import server/demo/pages"],
    ),
    serve(
      "owned-shop",
      ownedShopAddress,
      ownedSandboxAddress,
      {
        SHIPPING_COUNTRIES: "DE",
        SHIPPING_RATES: "Standard:490",
        ORDER_NOTE: "on",
        LIMIT_OPEN_CHECKOUTS: "off",
      },
      "none",
      ["staff", "owner"].map(
        (role) =>
          `admin create ${role}@shop.example --role ${role} --password-stdin <end2end/password.txt`,
      ),
    ),
  ],
});

/**
 * A shop with its own sandbox and an empty database, configured only by these settings; with this
 * catalog, the demo catalog or none, and after these further commands.
 */
function serve(
  name: string,
  address: string,
  sandbox: string,
  settings: Record<string, string> = {},
  catalog?: string,
  commands: string[] = [],
) {
  const further = commands.map((command) => `'${till}' ${command} && `).join("");
  const imported = catalog === "none" ? "" : `'${till}' import '${catalog}' && `;
  return {
    command: catalog
      ? `'${till}' migrate && ${imported}${further}exec '${till}' serve`
      : `'${till}' serve --demo`,
    cwd: root,
    url: `http://${address}/readyz`,
    env: {
      ...unset(),
      DATA_DIR: join(process.env.TILL_TEST_DATA ?? "", name),
      LEPTOS_SITE_ADDR: address,
      SANDBOX_ADDR: sandbox,
      RUST_LOG: "warn",
      WITHDRAWALS: "on",
      ...settings,
    },
    // A server that is running already has another database.
    reuseExistingServer: false,
    timeout: 30_000,
    stdout: "pipe" as const,
    stderr: "pipe" as const,
    gracefulShutdown: { signal: "SIGTERM" as const, timeout: 10_000 },
  };
}

/**
 * Empties every variable that the shop documents, so that a developer's .env or environment does
 * not point the tests at a real account, database or mail server. Empty means unset.
 */
function unset(): Record<string, string> {
  const example = readFileSync(join(root, ".env.example"), "utf8");
  const documented = example.matchAll(/^#([A-Z_]+)=/gm);
  return Object.fromEntries([...documented].map(([, name]) => [name, ""]));
}

/** CHROMIUM, the system's Chromium, or undefined: then Playwright uses the one it has installed. */
function chromium(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // Not installed.
    }
  }
  return undefined;
}
