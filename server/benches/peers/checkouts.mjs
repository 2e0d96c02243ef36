// Shoppers who begin checkouts at a steady rate, without a browser.
import { page, request } from "./servers.mjs";

/** The hidden fields of the catalog's form, and the most that can be bought of each product. */
function read(html) {
  const form = /<form id="buy".*?<\/form>/s.exec(html)?.[0];
  if (!form) throw new Error("the catalog has no form.");
  const attribute = (tag, name) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  const hidden = [];
  const most = new Map();
  for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
    const [name, type] = [attribute(tag, "name"), attribute(tag, "type")];
    if (type === "hidden") hidden.push([name, attribute(tag, "value") ?? ""]);
    const variant = /^quantity\[(\d+)\]$/.exec(name ?? "")?.[1];
    if (variant) most.set(variant, Number(attribute(tag, "max")));
  }
  return { hidden, most };
}

/** Begins one checkout for one unit of a variant, with the fields of a fresh page. */
async function checkout(server, variant) {
  const { hidden } = read((await page(server, "/")).body.toString());
  const fields = new URLSearchParams(hidden);
  fields.set(`quantity[${variant}]`, "1");
  const response = await request(server, "/api/checkout", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", origin: server.url },
    body: fields.toString(),
  });
  if (response.status !== 302) throw new Error(`a checkout was answered ${response.status}.`);
}

/** Waits until the page shows these units fewer. A kept page may be late by a moment. */
async function untilSold(server, variants, before, expected) {
  const deadline = Date.now() + 2000;
  let units;
  do {
    const { most } = read((await page(server, "/")).body.toString());
    const sold = variants.map((variant) => before.get(variant) - most.get(variant));
    units = sold.reduce((sum, units) => sum + units, 0);
    if (units === expected) return;
    await new Promise((done) => setTimeout(done, 50));
  } while (Date.now() < deadline);
  throw new Error(`${expected} checkouts changed the visible stock by ${units} units.`);
}

/**
 * Begins so many checkouts a second, of one product after the other of which the page shows the
 * stock. Returns a function that stops them, and fails if a checkout failed, if there were too few,
 * or if the page did not change.
 */
export async function beginCheckouts(server, rate) {
  const before = read((await page(server, "/")).body.toString()).most;
  // Of the others, the limit of an order is shown.
  const variants = [...before.keys()].filter((variant) => before.get(variant) > 10);
  const checkouts = [];
  const begin = Date.now();
  const timer = setInterval(() => {
    // After a pause of this process, those that were left out are made up for.
    while (checkouts.length < ((Date.now() - begin) / 1000) * rate) {
      const attempt = checkout(server, variants[checkouts.length % variants.length]);
      checkouts.push(attempt.then(() => undefined, (error) => error));
    }
  }, 1000 / rate / 4);
  return async () => {
    clearInterval(timer);
    const seconds = (Date.now() - begin) / 1000;
    const results = await Promise.all(checkouts);
    const failed = results.find((error) => error !== undefined);
    if (failed) throw failed;
    if (results.length < seconds * rate * 0.9) {
      throw new Error(`${results.length} checkouts in ${seconds} seconds are too few.`);
    }
    await untilSold(server, variants, before, results.length);
    return { count: results.length, seconds };
  };
}
