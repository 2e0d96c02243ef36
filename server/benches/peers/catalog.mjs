// The catalogs that `scripts/bench-pages` imports.

/** The catalog page of this shop is compared with other servers' pages of the same products. */
const CATEGORIES = [
  ["Tea & Coffee", [
    ["Assam \"Golden Tips\"", "A malty black tea from the second harvest. Four minutes, a drop of"
      + " milk, and the morning is saved.", 1450],
    ["Darjeeling, First Flush", "Light and flowery, picked in March & flown in by April. Keep the"
      + " water below 90 degrees.", 2180],
    ["Sencha from Shizuoka", "Steamed, rolled and dried within a day of picking. It tastes of"
      + " grass after rain, and of the sea.", 1890],
    ["Peppermint, Whole Leaves", "From a garden near Munich. Whole leaves keep their oil, so that"
      + " one spoon makes a pot.", 780],
    ["Rooibos with Orange Peel", "No caffeine, and no flavouring either: just rooibos and the peel"
      + " of organic oranges.", 920],
    ["House Espresso, Beans", "Roasted slowly on Tuesdays & sent on Wednesdays. Chocolate first,"
      + " then hazelnut, then a short sour end.", 1650],
    ["Filter Coffee \"Yirgacheffe\"", "A washed coffee with jasmine and lemon. Best by hand, with a"
      + " paper filter and a little time.", 1790],
    ["Decaf, Swiss Water", "Ninety-nine point nine per cent of the caffeine stays behind; what"
      + " makes it a good cup doesn't.", 1720],
  ]],
  ["Kitchen", [
    ["Teapot, Cast Iron", "Holds 1.1 litres and keeps it warm for an hour. Enamelled inside, with a"
      + " strainer of stainless steel.", 8900],
    ["Stoneware Mug, Blue Glaze", "Holds 350 ml and sits well in the hand. No two glazes run the"
      + " same way.", 2200],
    ["Hand Grinder, 20 g", "A burr of hardened steel and 36 steps from espresso to French press."
      + " Takes a minute, and wakes nobody.", 12900],
    ["Kettle with a Long Spout", "Pours as thin as you like. The thermometer in its lid is right"
      + " to within one degree.", 7450],
    ["Espresso Machine, Two Boilers", "Heats in eight minutes & holds its temperature. Every part"
      + " can be bought, and replaced with a screwdriver.", 189000],
    ["Oak Cutting Board", "One piece of oak, 40 × 25 cm, oiled with linseed. It will outlive the"
      + " knife, and perhaps the kitchen.", 4950],
    ["Linen Tea Towel, Set of Two", "Woven in Saxony from European flax. Rough for a week, then"
      + " softer with every wash.", 2690],
    ["Milk Jug, Hammered Copper", "Copper outside, tin inside, 250 ml. The hammer marks are not for"
      + " show: they make the sheet stiff.", 5600],
  ]],
  ["Paper & Pens", [
    ["Notebook A5, Dotted", "192 pages of 90 g paper that takes ink on both sides. Sewn, so that it"
      + " lies flat from the first page on.", 1890],
    ["Fountain Pen No. 3", "A steel nib, a piston, no cartridge. Small enough for a shirt <&> made"
      + " for people who write every day.", 14500],
    ["Ink \"Midnight\", 50 ml", "Blue by day, nearly black at night. Dries in nine seconds, washes"
      + " out of cotton, not out of linen.", 1290],
    ["Pencils, Box of Twelve", "Cedar from California and graphite from 6B to 4H. They sharpen"
      + " without a splinter.", 1980],
    ["Letter Paper, 50 Sheets", "Deckle edges on two sides, 120 g, with matching envelopes lined in"
      + " grey tissue.", 2450],
    ["Postcards from Lübeck", "Twelve views of roofs, bricks & ships, printed on a press of 1961."
      + " Stamps aren't included.", 1150],
    ["Brass Ruler, 15 cm", "Etched, not printed, so the lines stay. Heavy enough to hold the page"
      + " that you are drawing on.", 2350],
    ["Desk Lamp, Folding", "Warm light, a joint that doesn't sink, and a plug with a real switch."
      + " Folds to the size of a pencil case.", 9900],
  ]],
];

/** As an owner would name the address of a product. */
const slug = (name) =>
  name.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/**
 * The products in the order of the page. Prices are in cents. A checkout that holds a unit of a
 * product with `stock` below `limit` changes what the page says can be bought.
 */
export const PRODUCTS = CATEGORIES.flatMap(([category, products]) =>
  products.map(([name, description, price], index) => {
    const changes = index % 2 === 0;
    return {
      slug: slug(name),
      name,
      description,
      category,
      price,
      stock: changes ? 800 : 5000,
      limit: changes ? 999 : 10,
    };
  }),
);

const HEADER = "slug,name,description,category,variant,sku,price,currency,stock,max_per_order";

const quoted = (cell) => `"${String(cell).replaceAll("\"", "\"\"")}"`;
const file = (rows) => `${[HEADER, ...rows].join("\n")}\n`;

/** The product file of these products. */
export function productFile() {
  return file(PRODUCTS.map((product, index) => [
    product.slug,
    product.name,
    product.description,
    product.category,
    "",
    `SKU-${index}`,
    product.price,
    "EUR",
    product.stock,
    product.limit,
  ].map(quoted).join(",")));
}

/**
 * A product file of any length. The first page of a long catalog shows 48 products: 16 products
 * with three variants each and longer texts make a page of that size.
 */
export function longProductFile(products, variants, description) {
  const rows = [];
  for (let product = 0; product < products; product += 1) {
    for (let variant = 0; variant < variants; variant += 1) {
      const first = variant === 0;
      rows.push([
        `product-${product}`,
        first ? `Product No. ${product}` : "",
        first ? description : "",
        first ? `Category ${product % 3}` : "",
        variants > 1 ? `Size ${variant} in dark green` : "",
        `SKU-${product * variants + variant}`,
        1000 + ((product * 37) % 9000),
        "EUR",
        500,
        10,
      ].join(","));
    }
  }
  return file(rows);
}
