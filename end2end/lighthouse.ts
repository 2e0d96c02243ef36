// Lighthouse's audits of the shop's pages, on a phone.
import { chromium, type Browser, type Page } from "@playwright/test";
import lighthouse, { type Result } from "lighthouse";
import { createServer, type AddressInfo } from "node:net";
import { shopUrl } from "./addresses";
import * as shopper from "./shopper";
import { products } from "./shopper";

/** Without a live key, every page tells search engines to stay away (a test of the server). */
const skipAudits = ["is-crawlable"];

/** The pages that shoppers come to, and one order. */
export async function pages(page: Page): Promise<Record<string, string>> {
  await page.goto("/products/postcards");
  await shopper.waitUntilLive(page);
  await shopper.field(page, products.postcards).fill("1");
  const session = await shopper.toPayment(page);
  await shopper.payElsewhere(page.request, session, { name: "Ada Shopper" });
  const order = (await shopper.session(page.request, session)).success_url;
  await page.goto(order);
  await shopper.expectPaid(page, "€9.50");
  return {
    catalog: `${shopUrl}/`,
    category: `${shopUrl}/categories/garden`,
    product: `${shopUrl}/products/fountain-pen-no-3`,
    search: `${shopUrl}/search?q=oak`,
    order: page.url(),
  };
}

export const isOrder = (name: string) => name === "order";

/** A Chromium of its own, because Lighthouse drives it from outside. */
export async function open(executablePath?: string, args: string[] = []) {
  const port = await freePort();
  const browser: Browser = await chromium.launch({
    executablePath,
    args: [...args, `--remote-debugging-port=${port}`],
  });
  return {
    async audit(url: string, categories: string[]): Promise<Result> {
      const run = await lighthouse(url, {
        port,
        logLevel: "error",
        output: "json",
        onlyCategories: categories,
        skipAudits,
      });
      if (!run || run.lhr.runtimeError) {
        throw new Error(`Lighthouse: ${run?.lhr.runtimeError?.message ?? "no result"}`);
      }
      return run.lhr;
    },
    close: () => browser.close(),
  };
}

/** What an audit that is not perfect names, for a failed test's message. */
export function shortcomings(result: Result): string[] {
  return Object.values(result.categories).flatMap((category) =>
    category.auditRefs
      .filter(({ weight }) => weight > 0)
      .map(({ id }) => result.audits[id])
      .filter((audit) => audit.score !== null && audit.score < 1)
      .map((audit) => `${category.id}: ${audit.id}: ${audit.title} ${audit.displayValue ?? ""}`),
  );
}

function freePort(): Promise<number> {
  return new Promise((found) => {
    const listener = createServer().listen(0, "127.0.0.1", () => {
      const { port } = listener.address() as AddressInfo;
      listener.close(() => found(port));
    });
  });
}
