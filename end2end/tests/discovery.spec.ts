// What search engines, feed readers and browsers are told, read by libraries that did not write it.
import Validator from "@adobe/structured-data-validator";
import { expect, test, type APIRequestContext, type Page } from "@playwright/test";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { parseAtomFeed, parseRssFeed } from "feedsmith";
import jsonld from "jsonld";
import { foundShopUrl } from "../addresses";

test.use({ baseURL: foundShopUrl });

const hostile = "</script><img src=x onerror=alert(1)>";

/** The vocabulary without its context document, which lies on another server. */
const documentLoader = async (url: string) => {
  expect(url).toBe("https://schema.org");
  const document = { "@context": { "@vocab": "https://schema.org/" } };
  return { documentUrl: url, document, contextUrl: undefined };
};

/** A page's structured data, as Chromium finds it. */
async function structuredData(page: Page, path: string) {
  await page.goto(path);
  const texts = await page.locator('script[type="application/ld+json"]').allTextContents();
  return texts.map((text) => JSON.parse(text));
}

for (const prefix of ["", "/de", "/fr"]) {
  test(`structured data of "${prefix}/" is linked data as Google wants it`, async ({
    page,
  }) => {
    for (const [path, types] of [
      ["/", ["Organization"]],
      ["/categories/desk", ["BreadcrumbList"]],
      ["/products/fountain-pen-no-3", ["Product", "BreadcrumbList"]],
      ["/products/wildflower-seeds", ["Product", "BreadcrumbList"]],
      ["/products/evil", ["Product", "BreadcrumbList"]],
    ] as const) {
      const found = await structuredData(page, prefix + path);
      expect(found.map((data) => data["@type"]), path).toEqual(types);
      for (const data of found) {
        const [node] = await jsonld.expand(data, { documentLoader });
        expect(node["@type"]).toEqual([`https://schema.org/${data["@type"]}`]);
        const issues = await new Validator().validate({ jsonld: { [data["@type"]]: [data] } });
        const errors = issues.filter(({ severity }: { severity: string }) => severity === "ERROR");
        // The shop does not know how long shipping takes.
        const told = errors.map((error: { issueMessage: string }) => error.issueMessage);
        expect(told.filter((text: string) => !text.includes("deliveryTime"))).toEqual([]);
      }
    }
  });
}

test("offers of variants share one return policy and the same rates", async ({ page }) => {
  const [product] = await structuredData(page, "/products/wildflower-seeds");
  // Flattening joins what has the same id.
  const flat = await jsonld.flatten(product, undefined, { documentLoader });
  const of = (type: string) =>
    (flat as { "@type"?: string[] }[]).filter((node) =>
      node["@type"]?.includes(`https://schema.org/${type}`),
    );
  expect(of("AggregateOffer")).toHaveLength(1);
  expect(of("Offer").length).toBeGreaterThan(1);
  expect(of("MerchantReturnPolicy")).toHaveLength(1);
  expect(of("OfferShippingDetails")).toHaveLength(2);
  for (const offer of of("Offer") as Record<string, unknown[]>[]) {
    expect(offer["https://schema.org/shippingDetails"]).toHaveLength(2);
    expect(offer["https://schema.org/hasMerchantReturnPolicy"]).toHaveLength(1);
  }
});

const xml = new XMLParser({ ignoreAttributes: false, parseTagValue: false });

async function read(request: APIRequestContext, path: string) {
  const answer = await request.get(path);
  expect(answer.status(), path).toBe(200);
  const text = await answer.text();
  expect(XMLValidator.validate(text), path).toBe(true);
  return text;
}

test("every address of the sitemap is a page with the same alternates", async ({ request }) => {
  const { sitemapindex } = xml.parse(await read(request, "/sitemap.xml"));
  expect(sitemapindex.sitemap.loc).toBe(`${foundShopUrl}/sitemaps/1.xml`);
  const { urlset } = xml.parse(await read(request, "/sitemaps/1.xml"));
  const pages: { loc: string; "xhtml:link"?: { "@_hreflang": string; "@_href": string }[] }[] =
    urlset.url;
  const addresses = pages.map((page) => page.loc);
  expect(new Set(addresses).size).toBe(addresses.length);
  for (const path of ["/", "/fr/categories/garden", "/de/products/evil", "/de/pages/terms"]) {
    expect(addresses).toContain(foundShopUrl + path);
  }
  // Not written in French.
  expect(addresses).not.toContain(`${foundShopUrl}/fr/pages/terms`);
  for (const page of pages) {
    const answer = await request.get(page.loc, {
      headers: { "accept-language": "en" },
      maxRedirects: 0,
    });
    expect(answer.status(), page.loc).toBe(200);
    const html = await answer.text();
    expect(html).toContain(`<link href="${page.loc}" rel="canonical">`);
    for (const alternate of page["xhtml:link"] ?? []) {
      const { "@_hreflang": code, "@_href": href } = alternate;
      expect(addresses).toContain(href);
      expect(html).toContain(`<link href="${href}" hreflang="${code}" rel="alternate">`);
    }
  }
});

for (const [language, prefix] of [
  ["en", ""],
  ["de", "/de"],
  ["fr", "/fr"],
]) {
  test(`feeds in ${language} are read by a feed reader`, async ({ request }) => {
    const atom = parseAtomFeed(await read(request, `${prefix}/feeds/products.atom`));
    expect(atom.id).toBe(`${foundShopUrl}${prefix}/feeds/products.atom`);
    expect(atom.authors).toHaveLength(1);
    const dates = [atom.updated, ...(atom.entries ?? []).map((entry) => entry.updated)];
    expect(dates.every((date) => date && Date.parse(date) > 0)).toBe(true);
    const ids = (atom.entries ?? []).map((entry) => entry.id);
    expect(ids).toContain(`${foundShopUrl}${prefix}/products/evil`);
    expect(new Set(ids).size).toBe(ids.length);
    const evil = atom.entries?.find((entry) => entry.id?.endsWith("/evil"));
    const name = language === "de" ? "</title><script>alert(1)</script>" : hostile;
    expect(evil?.title?.value).toBe(name);

    const text = await read(request, `${prefix}/feeds/products.xml`);
    expect(parseRssFeed(text).title).toBe("Till");
    const items: Record<string, string>[] = xml.parse(text).rss.channel.item;
    expect(items.length).toBeGreaterThan(18);
    expect(new Set(items.map((item) => item["g:id"])).size).toBe(items.length);
    for (const item of items) {
      expect(item["g:price"]).toMatch(/^\d+\.\d\d EUR$/);
      expect(item["g:link"]).toMatch(new RegExp(`^${foundShopUrl}${prefix}/products/`));
      expect(item["g:availability"]).toMatch(/^(in|out_of)_stock$/);
      expect(item["g:shipping"]).toHaveLength(6);
    }
    const item = items.find((item) => item["g:id"] === "EVIL");
    expect(item?.["g:title"]).toBe(name);
    expect(item?.["g:gtin"]).toBe("4006381333931");
  });
}

test("a product named like a script runs nothing, on no page", async ({ page }) => {
  const dialogs: string[] = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    return dialog.dismiss();
  });
  for (const prefix of ["", "/de"]) {
    for (const path of ["/", "/categories/desk", "/products/evil", "/search?q=onerror"]) {
      await page.goto(prefix + path);
      await expect(page.locator("h1")).toBeVisible();
      expect(await page.locator("img[onerror], script:text('alert(1)')").count(), path).toBe(0);
    }
  }
  expect(dialogs).toEqual([]);
});

type RuleSet = { url?: string; errorMessage?: string; sourceText: string };

test("Chromium takes the speculation rules and loads a product before the click", async ({
  page,
}) => {
  const problems: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  const client = await page.context().newCDPSession(page);
  const ruleSets: RuleSet[] = [];
  const prefetched: { prefetchUrl: string; status: string }[] = [];
  client.on("Preload.ruleSetUpdated", ({ ruleSet }) => ruleSets.push(ruleSet));
  client.on("Preload.prefetchStatusUpdated", (status) => prefetched.push(status));
  await client.send("Preload.enable");
  await page.goto("/de");
  await expect.poll(() => ruleSets.map((rules) => rules.url)).toEqual([
    `${foundShopUrl}/speculation-rules.json`,
  ]);
  expect(ruleSets[0].errorMessage).toBeUndefined();

  const of = (path: string) => prefetched.filter(({ prefetchUrl }) => prefetchUrl.endsWith(path));
  await page.getByRole("contentinfo").getByRole("link", { name: /Bestellung/ }).first().hover();
  const card = page.locator('main a[href="/de/products/fountain-pen-no-3"]');
  await card.hover();
  await expect.poll(() => of("/de/products/fountain-pen-no-3").at(-1)?.status).toBe("Ready");
  expect(of("/orders/find")).toEqual([]);
  await card.click();
  await expect(page.locator("h1")).toHaveText("Füllfederhalter Nr. 3");
  const delivery = await page.evaluate(
    () => (performance.getEntriesByType("navigation")[0] as { deliveryType?: string }).deliveryType,
  );
  expect(delivery).toBe("navigational-prefetch");
  expect(problems).toEqual([]);
});

/** Whether a change to or from this page fades: its rule for that is in force. */
const fades = (page: Page) =>
  page.evaluate(() => {
    const inForce = (rules: CSSRuleList): boolean =>
      [...rules].some((rule) => {
        if (rule instanceof CSSMediaRule) {
          return matchMedia(rule.conditionText).matches && inForce(rule.cssRules);
        }
        return "navigation" in rule && rule.navigation === "auto";
      });
    return [...document.styleSheets].some((sheet) => inForce(sheet.cssRules));
  });

/** The products' pictures that a transition carries over: browsers take only one. */
const carriedOver = (page: Page) =>
  page
    .locator("img")
    .evaluateAll((images) =>
      images
        .filter((image) => getComputedStyle(image).viewTransitionName === "picture")
        .map((image) => image.getAttribute("src")),
    );

test("pages fade into each other, and the picture of a product stays", async ({ page }) => {
  await page.goto("/");
  expect(await fades(page)).toBe(true);
  expect(await carriedOver(page)).toEqual([]);
  await page.locator('main a[href="/products/fountain-pen-no-3"]').focus();
  expect(await carriedOver(page)).toEqual(["/pictures/fountain-pen.svg"]);
  await page.goto("/products/fountain-pen-no-3");
  expect(await carriedOver(page)).toEqual(["/pictures/fountain-pen.svg"]);
  await page.locator(".related-products a").first().focus();
  expect(await carriedOver(page)).toHaveLength(1);
  expect(await carriedOver(page)).not.toEqual(["/pictures/fountain-pen.svg"]);
});

test("nothing fades for those who want less motion", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const path of ["/", "/products/fountain-pen-no-3"]) {
    await page.goto(path);
    expect(await fades(page)).toBe(false);
    expect(await carriedOver(page)).toEqual([]);
  }
});

test("the icons have the sizes that the manifest names", async ({ page, request }) => {
  const manifest = await (await request.get("/site.webmanifest")).json();
  await page.goto("/");
  type Icon = { src: string; sizes: string };
  const drawn = manifest.icons.filter((icon: Icon) => icon.sizes !== "any");
  for (const { src, sizes } of drawn as Icon[]) {
    const size = await page.evaluate(async (src) => {
      const image = new Image();
      image.src = src;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, src);
    expect(size, src).toBe(sizes);
  }
});
