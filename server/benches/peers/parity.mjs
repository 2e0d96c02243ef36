// Proves that contestants show the same text.

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'", nbsp: "\u00a0" };

const decoded = (text) =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name] ?? entity;
  });

/** What a browser shows of this HTML. */
const text = (html) => decoded(html.replace(/<!?[^>]*>/g, "")).replace(/\s+/g, " ").trim();

// The elements of a catalog, in the order of a page.
const ELEMENT = new RegExp(
  [
    "<h2\\b[^>]*>(?<category>.*?)</h2>",
    "<h3\\b[^>]*>(?<name>.*?)</h3>",
    "<p\\b[^>]*class=\"[^\"]*product-summary[^\"]*\"[^>]*>(?<description>.*?)</p>",
    "<span class=\"price\">(?<price>.*?)</span>",
  ].join("|"),
  "gs",
);

/** A page's products: what it shows of each, and the heading above it. */
export function shownProducts(html) {
  const products = [];
  let category;
  for (const { groups } of html.matchAll(ELEMENT)) {
    const [field, found] = Object.entries(groups).find(([, found]) => found !== undefined);
    const shown = text(found);
    if (field === "category") category = shown;
    else if (field === "name") products.push({ category, name: shown });
    else if (products.length > 0) products.at(-1)[field] = shown;
  }
  return products;
}

/** Fails unless all pages show these products: pages by the name of their server. */
export function checkParity(products, pages) {
  const expected = products.map(({ category, name, description, price }) => {
    const euros = price / 100;
    const shown = euros.toLocaleString("en", { style: "currency", currency: "EUR" });
    return { category, name, description, price: shown };
  });
  for (const [server, html] of Object.entries(pages)) {
    const shown = shownProducts(html);
    if (shown.length !== expected.length) {
      throw new Error(`${server} shows ${shown.length} products, not ${expected.length}.`);
    }
    expected.forEach((product, index) => {
      for (const [field, words] of Object.entries(product)) {
        const found = shown[index][field];
        if (found !== words) {
          const place = `the ${field} of product ${index + 1}`;
          throw new Error(`${place} is "${found}" on the page of ${server}, not "${words}".`);
        }
      }
    });
  }
}
